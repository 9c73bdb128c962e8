// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Vouchers.sol";

/// Signs with the secret number one, which everybody can compute the key from: for tests only.
library Signer {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant GX = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;

    function sign(uint256 key, bytes32 digest) internal pure returns (uint8 v, bytes32 r, bytes32 s) {
        uint256 value = addmod(uint256(digest), mulmod(GX, key, ORDER), ORDER);
        v = 27;
        if (value > ORDER / 2) {
            value = ORDER - value;
            v = 28;
        }
        return (v, bytes32(GX), bytes32(value));
    }

    function addressOf(uint256 key) internal pure returns (address) {
        bytes32 digest = keccak256("who am I?");
        (uint8 v, bytes32 r, bytes32 s) = sign(key, digest);
        return ecrecover(digest, v, r, s);
    }
}

contract VouchersTest {
    Vouchers vouchers;
    uint256 constant ISSUER = 0x1550e7;
    uint256 constant FORGER = 0xf0e6e7;
    address constant ANA = address(0xA1);

    function setUp() public {
        vouchers = new Vouchers(Signer.addressOf(ISSUER));
    }

    struct Voucher {
        address to;
        uint256 amount;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function voucher(uint256 key, uint256 amount, uint256 deadline) private view returns (Voucher memory made) {
        bytes32 digest = vouchers.digestOf(ANA, amount, vouchers.nonces(ANA), deadline);
        (uint8 v, bytes32 r, bytes32 s) = Signer.sign(key, digest);
        return Voucher(ANA, amount, deadline, v, r, s);
    }

    function redeem(Voucher memory one) private returns (bool ok) {
        (ok, ) = address(vouchers).call(
            abi.encodeCall(Vouchers.redeem, (one.to, one.amount, one.deadline, one.v, one.r, one.s))
        );
    }

    function test_AGoodVoucherIsRedeemed() public {
        require(redeem(voucher(ISSUER, 5, block.timestamp)), "a voucher signed by the issuer is accepted up to its deadline");
        require(vouchers.balanceOf(ANA) == 5, "and its amount is credited");
    }

    function test_TwoVouchersOneAfterTheOther() public {
        redeem(voucher(ISSUER, 5, block.timestamp));
        require(redeem(voucher(ISSUER, 6, block.timestamp)), "a second voucher with the next nonce is accepted");
        require(vouchers.balanceOf(ANA) == 11, "5 and 6 make 11");
    }

    function test_NotTwice() public {
        Voucher memory one = voucher(ISSUER, 5, block.timestamp + 1 days);
        redeem(one);
        require(!redeem(one), "the same voucher is refused the second time");
        require(vouchers.balanceOf(ANA) == 5, "and credits nothing");
    }

    function test_NotTooLate() public {
        require(!redeem(voucher(ISSUER, 5, block.timestamp - 1)), "a voucher past its deadline is refused");
    }

    function test_NotFromAForger() public {
        require(!redeem(voucher(FORGER, 5, block.timestamp)), "a voucher signed by somebody else is refused");
    }

    function test_NoOtherAmount() public {
        Voucher memory one = voucher(ISSUER, 5, block.timestamp);
        one.amount = 500;
        require(!redeem(one), "a voucher whose amount was altered is refused");
    }

    function test_NoOtherReceiver() public {
        Voucher memory one = voucher(ISSUER, 5, block.timestamp);
        one.to = address(0xE5);
        require(!redeem(one), "a voucher whose receiver was altered is refused");
    }

    function test_NonsenseIsNoSignature() public {
        vouchers = new Vouchers(address(0));
        Voucher memory one = voucher(ISSUER, 5, block.timestamp);
        one.v = 99;
        require(!redeem(one), "nonsense is refused, even if the issuer is the zero address");
    }
}
