// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Guess {
    address public immutable host = msg.sender;
    bool public closed;
    mapping(address => bytes32) public commitments;
    mapping(address => uint256) public guesses;
    mapping(address => bool) public revealed;

    /// What a player has to commit to.
    function commitmentOf(address player, uint256 guess, bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode(guess));
    }

    function commit(bytes32 commitment) external {
        // Once per player, while the game is open.
        commitments[msg.sender] = commitment;
    }

    function close() external {
        // The host only.
        closed = true;
    }

    function reveal(uint256 guess, bytes32 salt) external {
        // After closing, once, and only what was committed to.
        guesses[msg.sender] = guess;
        revealed[msg.sender] = true;
    }
}
