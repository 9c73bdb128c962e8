// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Fees.sol";

contract FeesTest {
    Fees fees;

    function setUp() public {
        fees = new Fees(250);
    }

    function test_TakesTheRate() public view {
        require(fees.feeOf(1 ether) == 0.025 ether, "el 2,5 % de un ether son 0,025 ether");
    }

    function test_MultipliesBeforeItDivides() public view {
        require(fees.feeOf(1_200) == 30, "el 2,5 % de 1200 wei son 30 wei");
    }

    function test_RoundsUp() public view {
        require(fees.feeOf(1) == 1, "hasta una venta de 1 wei paga 1 wei");
        require(fees.feeOf(1_201) == 31, "el 2,5 % de 1201 wei, hacia arriba, son 31 wei");
    }

    function test_NothingForNothing() public view {
        require(fees.feeOf(0) == 0, "una venta por nada no paga nada");
    }

    function test_AcceptsTenPercent() public {
        require(new Fees(1_000).feeOf(100) == 10, "se admite una tasa de justo el diez por ciento");
    }

    function test_RefusesMoreThanTenPercent() public {
        bool deployed;
        try new Fees(1_001) {
            deployed = true;
        } catch {
            deployed = false;
        }
        require(!deployed, "el constructor rechaza una tasa de 1001 puntos");
    }
}
