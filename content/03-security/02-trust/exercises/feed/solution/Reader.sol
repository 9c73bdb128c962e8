// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface IFeed {
    function latest() external view returns (int256 price, uint256 updatedAt);
    function decimals() external view returns (uint8);
}

contract Reader {
    uint256 public constant MAX_AGE = 1 hours;

    IFeed public immutable first;
    IFeed public immutable second;

    constructor(IFeed first_, IFeed second_) {
        first = first_;
        second = second_;
    }

    /// One feed's price with 18 decimals. Fails when it is missing or older than MAX_AGE.
    function read(IFeed feed) public view returns (uint256) {
        (int256 answer, uint256 updatedAt) = feed.latest();
        require(answer > 0, "no price");
        require(block.timestamp - updatedAt <= MAX_AGE, "the price is old");
        return uint256(answer) * 1e18 / 10 ** feed.decimals();
    }

    /// The lower of both prices. Fails when they differ by more than five percent of it.
    function price() external view returns (uint256) {
        uint256 a = read(first);
        uint256 b = read(second);
        (uint256 low, uint256 high) = a < b ? (a, b) : (b, a);
        require((high - low) * 100 <= low * 5, "the feeds disagree");
        return low;
    }
}
