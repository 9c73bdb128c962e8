// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Bank {
    mapping(address => uint256) public balances;

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function move(address to, uint256 amount) external {
        balances[msg.sender] -= amount;
        balances[to] += amount;
    }

    function withdraw(uint256 amount) external {
        uint256 before = balances[msg.sender];
        require(before >= amount, "not enough");
        (bool ok, ) = msg.sender.call{value: amount}("");
        require(ok, "the transfer failed");
        balances[msg.sender] = before - amount;
    }
}
