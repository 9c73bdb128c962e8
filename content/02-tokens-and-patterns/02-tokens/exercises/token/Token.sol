// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Token {
    event Transfer(address indexed from, address indexed to, uint256 value);

    address public immutable owner = msg.sender;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    function transfer(address to, uint256 value) external returns (bool) {
        // Refuse the zero address; move the value; tell the world.
        return true;
    }

    function mint(address to, uint256 value) external {
        // The owner only.
    }

    function burn(uint256 value) external {
        // From the caller's own balance.
    }
}
