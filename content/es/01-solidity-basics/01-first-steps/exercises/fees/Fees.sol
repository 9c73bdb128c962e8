// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Fees {
    uint256 public constant DENOMINATOR = 10_000;
    uint256 public immutable rate;

    constructor(uint256 rate_) {
        // Rechaza una tasa de más del diez por ciento (1000 puntos).
        rate = rate_;
    }

    /// La comisión de una venta, redondeada hacia arriba.
    function feeOf(uint256 price) external view returns (uint256) {
        return price / DENOMINATOR * rate;
    }
}
