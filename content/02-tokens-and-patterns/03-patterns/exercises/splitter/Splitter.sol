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
        return address(this).balance * percent[partner] / 100;
    }

    function withdraw() external {
        (bool ok, ) = msg.sender.call{value: due(msg.sender)}("");
        require(ok, "the transfer failed");
    }
}
