// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Vouchers {
    address public issuer;
    mapping(address => uint256) public nonces;
    mapping(address => uint256) public balanceOf;

    bytes32 private constant VOUCHER =
        keccak256("Voucher(address to,uint256 amount,uint256 nonce,uint256 deadline)");

    constructor(address issuer_) {
        issuer = issuer_;
    }

    function domain() public view returns (bytes32) {
        return keccak256(abi.encode(
            keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
            keccak256("Vouchers"),
            block.chainid,
            address(this)
        ));
    }

    function digestOf(address to, uint256 amount, uint256 nonce, uint256 deadline) public view returns (bytes32) {
        bytes32 content = keccak256(abi.encode(VOUCHER, to, amount, nonce, deadline));
        return keccak256(bytes.concat(hex"1901", domain(), content));
    }

    function redeem(address to, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        require(block.timestamp <= deadline, "expired");
        bytes32 digest = digestOf(to, amount, nonces[to]++, deadline);
        address who = ecrecover(digest, v, r, s);
        require(who != address(0) && who == issuer, "not signed by the issuer");
        balanceOf[to] += amount;
    }
}
