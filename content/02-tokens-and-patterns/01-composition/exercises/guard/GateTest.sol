// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Gate.sol";

contract Kind is IGuard {
    function mayEnter(address) external pure returns (bool) {
        return true;
    }
}

contract Picky is IGuard {
    address private immutable friend;

    constructor(address friend_) {
        friend = friend_;
    }

    function mayEnter(address visitor) external view returns (bool) {
        return visitor == friend;
    }
}

contract Broken is IGuard {
    function mayEnter(address) external pure returns (bool) {
        revert("out to lunch");
    }
}

contract GateTest {
    address constant ANA = address(0xA1);
    address constant BEN = address(0xB2);

    function gate(IGuard first, IGuard second) private returns (Gate) {
        IGuard[] memory guards = new IGuard[](2);
        guards[0] = first;
        guards[1] = second;
        return new Gate(guards);
    }

    function ask(Gate g, address visitor) private view returns (bool) {
        try g.isOpenFor(visitor) returns (bool open) {
            return open;
        } catch {
            revert("isOpenFor answers, whatever the guards do");
        }
    }

    function test_OpenWhenAllAgree() public {
        require(ask(gate(new Kind(), new Picky(ANA)), ANA), "the gate opens when both guards agree");
    }

    function test_ClosedWhenTheLastRefuses() public {
        require(!ask(gate(new Kind(), new Picky(ANA)), BEN), "one refusal keeps the gate closed");
    }

    function test_ClosedWhenTheFirstRefuses() public {
        require(!ask(gate(new Picky(ANA), new Kind()), BEN), "the first guard's refusal counts as well");
    }

    function test_ABrokenGuardSaysNo() public {
        require(!ask(gate(new Broken(), new Kind()), ANA), "a guard that fails counts as a no");
        require(!ask(gate(new Kind(), new Broken()), ANA), "wherever it stands in the list");
    }

    function test_NoGuardsNoObjection() public {
        require(ask(new Gate(new IGuard[](0)), ANA), "without guards the gate is open");
    }
}
