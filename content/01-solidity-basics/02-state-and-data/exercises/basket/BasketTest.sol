// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Basket.sol";

contract BasketTest {
    Basket basket;

    function setUp() public {
        basket = new Basket();
        basket.add(3 ether, 1);
        basket.add(1 ether, 4);
        basket.add(5 ether, 2);
    }

    function test_SetAmountIsRemembered() public {
        basket.setAmount(1, 9);
        (uint256 price, uint256 amount) = basket.lines(1);
        require(amount == 9, "setAmount(1, 9) changes the amount of line 1 in storage");
        require(price == 1 ether, "setAmount leaves the price alone");
    }

    function test_SumsTheChosenLines() public view {
        uint256[] memory indexes = new uint256[](2);
        indexes[0] = 0;
        indexes[1] = 2;
        require(basket.totalOf(indexes) == 13 ether, "lines 0 and 2 cost 3 + 10 ether");
    }

    function test_NoLinesCostNothing() public view {
        require(basket.totalOf(new uint256[](0)) == 0, "the total of no lines is 0");
    }

    function test_UnknownLinesFail() public view {
        uint256[] memory indexes = new uint256[](1);
        indexes[0] = 3;
        bool ok;
        try basket.totalOf(indexes) returns (uint256) {
            ok = true;
        } catch {
            ok = false;
        }
        require(!ok, "a line that does not exist makes totalOf fail");
    }
}
