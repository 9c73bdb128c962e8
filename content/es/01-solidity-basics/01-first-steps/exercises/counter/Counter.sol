// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Counter {
    uint256 public count;
    address public owner;

    constructor() {
        // Recuerda quién despliega el contrato.
    }

    function increment() external {
        // Cuenta uno más.
    }

    function reset() external {
        // Rechaza a todos menos al propietario; después, vuelve a cero.
    }
}
