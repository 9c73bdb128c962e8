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
        return keccak256(abi.encode(player, guess, salt));
    }

    function commit(bytes32 commitment) external {
        require(!closed, "the game is closed");
        require(commitments[msg.sender] == bytes32(0), "committed already");
        require(commitment != bytes32(0), "an empty commitment");
        commitments[msg.sender] = commitment;
    }

    function close() external {
        require(msg.sender == host, "only the host closes");
        closed = true;
    }

    function reveal(uint256 guess, bytes32 salt) external {
        require(closed, "the game is still open");
        require(!revealed[msg.sender], "revealed already");
        require(commitments[msg.sender] == commitmentOf(msg.sender, guess, salt), "not what you committed to");
        revealed[msg.sender] = true;
        guesses[msg.sender] = guess;
    }
}
