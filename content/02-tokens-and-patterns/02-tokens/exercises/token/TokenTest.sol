// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Token.sol";

contract Holder {
    function tryMint(Token token, uint256 value) external returns (bool ok) {
        (ok, ) = address(token).call(abi.encodeCall(Token.mint, (address(this), value)));
    }

    function tryTransfer(Token token, address to, uint256 value) external returns (bool ok) {
        (ok, ) = address(token).call(abi.encodeCall(Token.transfer, (to, value)));
    }

    function tryBurn(Token token, uint256 value) external returns (bool ok) {
        (ok, ) = address(token).call(abi.encodeCall(Token.burn, (value)));
    }
}

contract TokenTest {
    Token token;
    Holder ana;
    Holder ben;

    function setUp() public {
        token = new Token();
        ana = new Holder();
        ben = new Holder();
    }

    function test_MintingMakesTokens() public {
        token.mint(address(ana), 100);
        require(token.balanceOf(address(ana)) == 100, "mint(ana, 100) gives 100 tokens to Ana");
        require(token.totalSupply() == 100, "minting 100 raises the supply by 100");
    }

    function test_OnlyTheOwnerMints() public {
        require(!ana.tryMint(token, 100), "minting fails for anybody but the owner");
        require(token.totalSupply() == 0, "a refused mint leaves the supply alone");
    }

    function test_TransferMoves() public {
        token.mint(address(ana), 100);
        require(ana.tryTransfer(token, address(ben), 30), "Ana can send 30 of her 100");
        require(token.balanceOf(address(ana)) == 70, "then Ana has 70");
        require(token.balanceOf(address(ben)) == 30, "and Ben has 30");
        require(token.totalSupply() == 100, "a transfer leaves the supply alone");
    }

    function test_TransferToYourselfChangesNothing() public {
        token.mint(address(ana), 100);
        require(ana.tryTransfer(token, address(ana), 30), "sending to yourself is allowed");
        require(token.balanceOf(address(ana)) == 100, "and changes nothing");
    }

    function test_NobodySendsWhatTheyDoNotHave() public {
        token.mint(address(ana), 100);
        require(!ana.tryTransfer(token, address(ben), 101), "sending 101 of 100 fails");
        require(token.balanceOf(address(ben)) == 0, "and nothing arrives");
    }

    function test_NobodySendsToNobody() public {
        token.mint(address(ana), 100);
        require(!ana.tryTransfer(token, address(0), 1), "sending to the zero address fails");
    }

    function test_BurningDestroys() public {
        token.mint(address(ana), 100);
        require(ana.tryBurn(token, 40), "Ana can burn 40 of her own");
        require(token.balanceOf(address(ana)) == 60, "then she has 60");
        require(token.totalSupply() == 60, "and the supply is 60");
    }

    function test_NobodyBurnsMoreThanTheyHave() public {
        token.mint(address(ana), 100);
        require(!ben.tryBurn(token, 1), "Ben has nothing to burn");
        require(!ana.tryBurn(token, 101), "Ana cannot burn 101 of 100");
    }
}
