// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Members {
    address[] public list;
    mapping(address => uint256) private position; // index + 1; 0 means not a member

    function isMember(address who) public view returns (bool) {
        return position[who] != 0;
    }

    function size() external view returns (uint256) {
        return list.length;
    }

    function join(address who) external {
        list.push(who);
        // Refuse those who are members already; remember the position.
    }

    function quit(address who) external {
        // Refuse those who are not members; swap and pop.
    }
}
