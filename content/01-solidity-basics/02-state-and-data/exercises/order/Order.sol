// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Order {
    enum State {
        Placed,
        Paid,
        Shipped,
        Received,
        Cancelled
    }

    State public state;
    address public immutable buyer;
    address public immutable seller;

    constructor(address buyer_, address seller_) {
        buyer = buyer_;
        seller = seller_;
    }

    function pay() external {
        // The buyer, while the order is Placed.
    }

    function ship() external {
        // The seller, once the order is Paid.
    }

    function confirm() external {
        // The buyer, once the order is Shipped: it becomes Received.
    }

    function cancel() external {
        // The buyer, as long as the order is Placed or Paid.
    }
}
