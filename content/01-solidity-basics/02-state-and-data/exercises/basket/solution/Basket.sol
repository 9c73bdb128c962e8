// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Basket {
    struct Line {
        uint256 price;
        uint256 amount;
    }

    Line[] public lines;

    function add(uint256 price, uint256 amount) external {
        lines.push(Line({price: price, amount: amount}));
    }

    function setAmount(uint256 index, uint256 amount) external {
        Line storage line = lines[index];
        line.amount = amount;
    }

    /// Price times amount, summed over the given lines.
    function totalOf(uint256[] calldata indexes) external view returns (uint256 total) {
        for (uint256 i = 0; i < indexes.length; ++i) {
            Line storage line = lines[indexes[i]];
            total += line.price * line.amount;
        }
    }
}
