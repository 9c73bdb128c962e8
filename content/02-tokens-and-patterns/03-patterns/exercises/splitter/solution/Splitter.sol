// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Splitter {
    mapping(address => uint256) public percent;
    mapping(address => uint256) public paid;
    uint256 public paidInAll;

    constructor(address senior, address junior) {
        percent[senior] = 60;
        percent[junior] = 40;
    }

    receive() external payable {}

    /// What this partner could withdraw now.
    function due(address partner) public view returns (uint256) {
        uint256 received = address(this).balance + paidInAll;
        return received * percent[partner] / 100 - paid[partner];
    }

    function withdraw() external {
        uint256 amount = due(msg.sender);
        require(amount > 0, "nothing is due");
        paid[msg.sender] += amount;
        paidInAll += amount;
        (bool ok, ) = msg.sender.call{value: amount}("");
        require(ok, "the transfer failed");
    }
}
