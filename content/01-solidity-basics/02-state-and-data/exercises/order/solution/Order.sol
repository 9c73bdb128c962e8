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
        require(msg.sender == buyer, "only the buyer pays");
        require(state == State.Placed, "paid or cancelled already");
        state = State.Paid;
    }

    function ship() external {
        require(msg.sender == seller, "only the seller ships");
        require(state == State.Paid, "not paid");
        state = State.Shipped;
    }

    function confirm() external {
        require(msg.sender == buyer, "only the buyer confirms");
        require(state == State.Shipped, "not shipped");
        state = State.Received;
    }

    function cancel() external {
        require(msg.sender == buyer, "only the buyer cancels");
        require(state == State.Placed || state == State.Paid, "too late to cancel");
        state = State.Cancelled;
    }
}
