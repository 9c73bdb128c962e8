// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Fees {
    uint256 public constant DENOMINATOR = 10_000;
    uint256 public immutable rate;

    constructor(uint256 rate_) {
        // Refuse a rate above ten percent (1,000 basis points).
        rate = rate_;
    }

    /// The fee for a sale, rounded up.
    function feeOf(uint256 price) external view returns (uint256) {
        return price / DENOMINATOR * rate;
    }
}
