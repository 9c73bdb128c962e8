// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Counter {
    uint256 public count;
    address public owner;

    constructor() {
        owner = msg.sender;
    }

    function increment() external {
        count += 1;
    }

    function reset() external {
        require(msg.sender == owner, "solo el propietario puede reiniciar");
        count = 0;
    }
}
