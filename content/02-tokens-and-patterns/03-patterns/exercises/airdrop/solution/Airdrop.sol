// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Airdrop {
    bytes32 public immutable root;
    mapping(address => uint256) public balanceOf;
    mapping(address => bool) public claimed;

    constructor(bytes32 root_) {
        root = root_;
    }

    function leafOf(address who, uint256 amount) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(who, amount))));
    }

    function claim(address who, uint256 amount, bytes32[] calldata proof) external {
        require(!claimed[who], "claimed already");
        bytes32 node = leafOf(who, amount);
        for (uint256 i = 0; i < proof.length; ++i) {
            bytes32 sibling = proof[i];
            node = node < sibling
                ? keccak256(bytes.concat(node, sibling))
                : keccak256(bytes.concat(sibling, node));
        }
        require(node == root, "not on the list");
        claimed[who] = true;
        balanceOf[who] += amount;
    }
}
