// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Counter {
    uint256 public count;
    address public owner;

    constructor() {
        // Remember who deploys the contract.
    }

    function increment() external {
        // Count up by one.
    }

    function reset() external {
        // Refuse everybody but the owner, then start again at zero.
    }
}
