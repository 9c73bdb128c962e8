// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Owned {
    address public owner = msg.sender;
    address public pendingOwner;

    modifier onlyOwner() {
        require(msg.sender == owner, "only the owner");
        _;
    }

    /// Offers the ownership. Nothing changes until it is accepted; a new offer replaces the old one.
    function offer(address to) external onlyOwner {
        pendingOwner = to;
    }

    /// Takes the ownership that was offered to the caller.
    function accept() external {
        require(msg.sender == pendingOwner, "not offered to you");
        owner = msg.sender;
        delete pendingOwner;
    }

    /// Gives the ownership up for good, and with it any offer.
    function renounce() external onlyOwner {
        delete owner;
        delete pendingOwner;
    }
}
