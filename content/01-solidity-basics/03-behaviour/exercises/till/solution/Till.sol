// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Till {
    event Paid(address indexed by, uint256 amount, string note);

    uint256 public constant FLOAT = 1 ether;
    address public immutable keeper;

    constructor() {
        keeper = msg.sender;
    }

    receive() external payable {
        emit Paid(msg.sender, msg.value, "");
    }

    function pay(string calldata note) external payable {
        emit Paid(msg.sender, msg.value, note);
    }

    /// Sends everything above the float to the keeper.
    function empty() external {
        require(msg.sender == keeper, "only the keeper");
        uint256 balance = address(this).balance;
        require(balance > FLOAT, "nothing above the float");
        (bool ok, ) = keeper.call{value: balance - FLOAT}("");
        require(ok, "the transfer failed");
    }
}
