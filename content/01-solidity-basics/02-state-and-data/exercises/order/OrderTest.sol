// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Order.sol";

/// Somebody who can be told to do something to an order, and says whether it worked.
contract Party {
    function pay(Order order) external returns (bool) {
        try order.pay() {
            return true;
        } catch {
            return false;
        }
    }

    function ship(Order order) external returns (bool) {
        try order.ship() {
            return true;
        } catch {
            return false;
        }
    }

    function confirm(Order order) external returns (bool) {
        try order.confirm() {
            return true;
        } catch {
            return false;
        }
    }

    function cancel(Order order) external returns (bool) {
        try order.cancel() {
            return true;
        } catch {
            return false;
        }
    }
}

contract OrderTest {
    Party buyer;
    Party seller;
    Order order;

    function setUp() public {
        buyer = new Party();
        seller = new Party();
        order = new Order(address(buyer), address(seller));
    }

    function test_TheUsualWay() public {
        require(buyer.pay(order) && order.state() == Order.State.Paid, "pay() by the buyer makes the order Paid");
        require(seller.ship(order) && order.state() == Order.State.Shipped, "ship() by the seller makes it Shipped");
        require(buyer.confirm(order) && order.state() == Order.State.Received, "confirm() by the buyer makes it Received");
    }

    function test_CancelWhilePlaced() public {
        require(buyer.cancel(order), "the buyer may cancel a Placed order");
        require(order.state() == Order.State.Cancelled, "a cancelled order is Cancelled");
    }

    function test_CancelWhilePaid() public {
        buyer.pay(order);
        require(buyer.cancel(order), "the buyer may cancel a Paid order");
        require(order.state() == Order.State.Cancelled, "a cancelled order is Cancelled");
    }

    function test_NoCancelOnceShipped() public {
        buyer.pay(order);
        seller.ship(order);
        require(!buyer.cancel(order), "a Shipped order cannot be cancelled");
    }

    function test_NothingOutOfTurn() public {
        require(!seller.ship(order), "nothing is shipped before it is paid");
        require(!buyer.confirm(order), "nothing is received before it is shipped");
        buyer.pay(order);
        require(!buyer.pay(order), "nobody pays twice");
    }

    function test_CancelledIsTheEnd() public {
        buyer.cancel(order);
        require(!buyer.pay(order), "a cancelled order cannot be paid");
        require(!buyer.cancel(order), "nor cancelled again");
    }

    function test_EachPartyItsOwnPart() public {
        require(!seller.pay(order), "only the buyer pays");
        require(!seller.cancel(order), "only the buyer cancels");
        buyer.pay(order);
        require(!buyer.ship(order), "only the seller ships");
        seller.ship(order);
        require(!seller.confirm(order), "only the buyer confirms");
    }
}
