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
        require(counter.owner() == address(this), "owner() es la cuenta que ha desplegado el contador");
    }

    function test_CountsUpByOne() public {
        counter.increment();
        require(counter.count() == 1, "tras un increment() la cuenta vale 1");
        counter.increment();
        require(counter.count() == 2, "tras dos llamadas a increment() la cuenta vale 2");
    }

    function test_OwnerResets() public {
        counter.increment();
        counter.reset();
        require(counter.count() == 0, "tras un reset() del propietario la cuenta vale 0");
    }

    function test_StrangersCannotReset() public {
        counter.increment();
        bool ok = new Stranger().tryReset(counter);
        require(!ok, "reset() falla cuando lo llama otra persona");
        require(counter.count() == 1, "un reset() rechazado deja la cuenta como estaba");
    }
}
