// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Bank.sol";

/// An honest customer.
contract Customer {
    Bank private bank;

    constructor(Bank bank_) payable {
        bank = bank_;
        bank.deposit{value: msg.value}();
    }

    function tryWithdraw(uint256 amount) external returns (bool ok) {
        (ok, ) = address(bank).call(abi.encodeCall(Bank.withdraw, (amount)));
    }

    function move(address to, uint256 amount) external {
        bank.move(to, amount);
    }

    receive() external payable {}
}

/// Withdraws again while it is being paid, as long as there is anything.
contract Thief {
    Bank private bank;

    constructor(Bank bank_) payable {
        bank = bank_;
        bank.deposit{value: msg.value}();
    }

    function attack() external returns (bool ok) {
        (ok, ) = address(bank).call(abi.encodeCall(Bank.withdraw, (1 ether)));
    }

    receive() external payable {
        if (address(bank).balance >= 1 ether) {
            (bool ok, ) = address(bank).call(abi.encodeCall(Bank.withdraw, (1 ether)));
            ok; // whatever comes of it
        }
    }
}

/// Moves its balance to a friend while it is being paid.
contract Mover {
    Bank private bank;
    address private friend;

    constructor(Bank bank_, address friend_) payable {
        bank = bank_;
        friend = friend_;
        bank.deposit{value: msg.value}();
    }

    function attack() external returns (bool ok) {
        (ok, ) = address(bank).call(abi.encodeCall(Bank.withdraw, (1 ether)));
    }

    receive() external payable {
        (bool ok, ) = address(bank).call(abi.encodeCall(Bank.move, (friend, 1 ether)));
        ok; // whatever comes of it
    }
}

contract BankTest {
    Bank bank;
    Customer ana;
    Customer ben;

    function setUp() public {
        bank = new Bank();
    }

    function open() private {
        ana = new Customer{value: 5 ether}(bank);
        ben = new Customer{value: 5 ether}(bank);
    }

    function test_CustomersWithdraw() public {
        open();
        require(ana.tryWithdraw(2 ether), "a customer can withdraw a part");
        require(address(ana).balance == 2 ether, "and gets the ether");
        require(bank.balances(address(ana)) == 3 ether, "the rest stays on the books");
        require(ana.tryWithdraw(3 ether), "and can be withdrawn later");
    }

    function test_NotMoreThanTheyHave() public {
        open();
        require(!ana.tryWithdraw(6 ether), "withdrawing more than one has fails");
    }

    function test_CustomersMove() public {
        open();
        ana.move(address(ben), 4 ether);
        require(ben.tryWithdraw(9 ether), "what was moved can be withdrawn by the other");
    }

    function test_TheThiefGetsNoMoreThanTheirs() public {
        open();
        Thief thief = new Thief{value: 1 ether}(bank);
        thief.attack();
        require(address(thief).balance <= 1 ether, "withdrawing again while being paid gains nothing");
        require(address(bank).balance >= 10 ether, "the others' 10 ether are still in the bank");
    }

    function test_TheMoverDuplicatesNothing() public {
        open();
        Customer friend = new Customer(bank);
        Mover mover = new Mover{value: 1 ether}(bank, address(friend));
        mover.attack();
        require(
            address(mover).balance + bank.balances(address(mover)) + bank.balances(address(friend)) <= 1 ether,
            "moving the balance while being paid gains nothing"
        );
    }
}
