// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Till.sol";

contract Stranger {
    function tryEmpty(Till till) external returns (bool ok) {
        (ok, ) = address(till).call(abi.encodeCall(Till.empty, ()));
    }

    receive() external payable {}
}

/// A keeper whose account can be told to refuse ether.
contract Keeper {
    Till public till = new Till();
    bool public refuses;

    function refuse() external {
        refuses = true;
    }

    function tryEmpty() external returns (bool ok) {
        (ok, ) = address(till).call(abi.encodeCall(Till.empty, ()));
    }

    receive() external payable {
        require(!refuses, "no, thank you");
    }
}

contract TillTest {
    Keeper keeper;
    address till;

    function setUp() public {
        keeper = new Keeper();
        till = address(keeper.till());
    }

    function pay(uint256 amount) private returns (bool ok) {
        (ok, ) = till.call{value: amount}(abi.encodeCall(Till.pay, ("bread")));
    }

    function test_TakesPaymentsWithANote() public {
        require(pay(2 ether), "pay() accepts ether");
        require(till.balance == 2 ether, "the till holds what was paid");
    }

    function test_TakesPlainTransfers() public {
        (bool ok, ) = till.call{value: 1 ether}("");
        require(ok, "a plain transfer is accepted");
    }

    function test_KeepsTheFloat() public {
        pay(5 ether);
        require(keeper.tryEmpty(), "the keeper can empty the till");
        require(address(keeper).balance == 4 ether, "the keeper gets everything above the float");
        require(till.balance == 1 ether, "the float of 1 ether stays inside");
    }

    function test_NothingAboveTheFloat() public {
        pay(1 ether);
        require(!keeper.tryEmpty(), "empty() fails when there is nothing above the float");
    }

    function test_OnlyTheKeeper() public {
        pay(5 ether);
        require(!new Stranger().tryEmpty(Till(payable(till))), "empty() fails for anybody but the keeper");
        require(till.balance == 5 ether, "and nothing leaves the till");
    }

    function test_LooksAtTheResult() public {
        pay(5 ether);
        keeper.refuse();
        require(!keeper.tryEmpty(), "empty() fails when the keeper's account refuses the ether");
    }
}
