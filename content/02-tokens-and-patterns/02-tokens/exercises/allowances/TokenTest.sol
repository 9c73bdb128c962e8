// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Token.sol";

contract Spender {
    function take(Token token, address from, address to, uint256 value) external returns (bool ok) {
        (ok, ) = address(token).call(abi.encodeCall(Token.transferFrom, (from, to, value)));
    }
}

contract TokenTest {
    Token token;
    Spender shop;
    Spender thief;
    address constant BEN = address(0xB2);

    function setUp() public {
        token = new Token(1_000);
        shop = new Spender();
        thief = new Spender();
    }

    function test_ApproveIsRemembered() public {
        require(token.approve(address(shop), 100), "approve returns true");
        require(token.allowance(address(this), address(shop)) == 100, "allowance(owner, spender) tells what was approved");
    }

    function test_TheSpenderSpends() public {
        token.approve(address(shop), 100);
        require(shop.take(token, address(this), BEN, 60), "a spender may move what was approved");
        require(token.balanceOf(BEN) == 60, "the tokens arrive");
        require(token.allowance(address(this), address(shop)) == 40, "spending 60 of 100 leaves an allowance of 40");
    }

    function test_NotMoreThanApproved() public {
        token.approve(address(shop), 100);
        require(!shop.take(token, address(this), BEN, 101), "spending 101 of 100 fails");
        shop.take(token, address(this), BEN, 100);
        require(!shop.take(token, address(this), BEN, 1), "an allowance that is used up is used up");
    }

    function test_OnlyTheOneWhoWasApproved() public {
        token.approve(address(shop), 100);
        require(!thief.take(token, address(this), address(shop), 1), "the allowance belongs to the spender who calls");
        require(!thief.take(token, address(this), address(thief), 1), "and to nobody else");
    }

    function test_UnlimitedDoesNotShrink() public {
        token.approve(address(shop), type(uint256).max);
        require(shop.take(token, address(this), BEN, 500), "an unlimited spender may spend");
        require(
            token.allowance(address(this), address(shop)) == type(uint256).max,
            "an unlimited allowance stays unlimited"
        );
    }

    function test_ApprovalCanBeTakenBack() public {
        token.approve(address(shop), 100);
        token.approve(address(shop), 0);
        require(!shop.take(token, address(this), BEN, 1), "after approve(spender, 0) nothing can be spent");
    }
}
