// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Allowance {
    error NotTheChild(address caller);
    error TooMuch(uint256 left, uint256 asked);

    address public immutable child;
    uint256 public left;

    constructor(address child_, uint256 amount) {
        child = child_;
        left = amount;
    }

    function spend(uint256 amount) external {
        require(msg.sender == child);
        require(amount <= left);
        left -= amount;
    }
}
