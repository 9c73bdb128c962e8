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
        require(!isMember(who), "already a member");
        list.push(who);
        position[who] = list.length;
    }

    function quit(address who) external {
        uint256 place = position[who];
        require(place != 0, "not a member");
        address last = list[list.length - 1];
        list[place - 1] = last;
        position[last] = place;
        list.pop();
        delete position[who];
    }
}
