// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Fees {
    uint256 public constant DENOMINATOR = 10_000;
    uint256 public immutable rate;

    constructor(uint256 rate_) {
        require(rate_ <= 1_000, "la tasa supera el diez por ciento");
        rate = rate_;
    }

    /// La comisión de una venta, redondeada hacia arriba.
    function feeOf(uint256 price) external view returns (uint256) {
        return (price * rate + DENOMINATOR - 1) / DENOMINATOR;
    }
}
