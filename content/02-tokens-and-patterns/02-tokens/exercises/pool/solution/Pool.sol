// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Pool {
    uint256 public x;
    uint256 public y;

    constructor(uint256 x_, uint256 y_) {
        x = x_;
        y = y_;
    }

    /// What `amountIn` of x gets in y, after a fee of 0.3 %, rounded down.
    function quote(uint256 amountIn) public view returns (uint256) {
        uint256 net = amountIn * 997;
        return net * y / (x * 1000 + net);
    }

    /// Puts in x, takes out y. Fails when less than `minimumOut` would come out.
    function swap(uint256 amountIn, uint256 minimumOut) external returns (uint256 out) {
        out = quote(amountIn);
        require(out >= minimumOut, "the price has moved");
        x += amountIn;
        y -= out;
    }
}
