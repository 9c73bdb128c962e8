// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Counter.sol";

contract Stranger {
    function tryReset(Counter counter) external returns (bool ok) {
        try counter.reset() {
            ok = true;
        } catch {
            ok = false;
        }
    }
}

contract CounterTest {
    Counter counter;

    function setUp() public {
        counter = new Counter();
    }

    function test_RemembersItsOwner() public view {
        require(counter.owner() == address(this), "owner() is the account that deployed the counter");
    }

    function test_CountsUpByOne() public {
        counter.increment();
        require(counter.count() == 1, "after one increment() the count is 1");
        counter.increment();
        require(counter.count() == 2, "after two calls of increment() the count is 2");
    }

    function test_OwnerResets() public {
        counter.increment();
        counter.reset();
        require(counter.count() == 0, "after reset() by the owner the count is 0");
    }

    function test_StrangersCannotReset() public {
        counter.increment();
        bool ok = new Stranger().tryReset(counter);
        require(!ok, "reset() fails when somebody else calls it");
        require(counter.count() == 1, "a refused reset() leaves the count as it was");
    }
}
