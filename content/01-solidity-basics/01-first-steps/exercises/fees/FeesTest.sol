// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Fees.sol";

contract FeesTest {
    Fees fees;

    function setUp() public {
        fees = new Fees(250);
    }

    function test_TakesTheRate() public view {
        require(fees.feeOf(1 ether) == 0.025 ether, "2.5 % of one ether is 0.025 ether");
    }

    function test_MultipliesBeforeItDivides() public view {
        require(fees.feeOf(1_200) == 30, "2.5 % of 1,200 wei is 30 wei");
    }

    function test_RoundsUp() public view {
        require(fees.feeOf(1) == 1, "even a sale for 1 wei pays a fee of 1 wei");
        require(fees.feeOf(1_201) == 31, "2.5 % of 1,201 wei, rounded up, is 31 wei");
    }

    function test_NothingForNothing() public view {
        require(fees.feeOf(0) == 0, "a sale for nothing pays nothing");
    }

    function test_AcceptsTenPercent() public {
        require(new Fees(1_000).feeOf(100) == 10, "a rate of exactly ten percent is allowed");
    }

    function test_RefusesMoreThanTenPercent() public {
        bool deployed;
        try new Fees(1_001) {
            deployed = true;
        } catch {
            deployed = false;
        }
        require(!deployed, "a rate of 1,001 basis points is refused by the constructor");
    }
}
