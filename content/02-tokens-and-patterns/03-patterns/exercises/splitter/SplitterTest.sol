// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Splitter.sol";

contract Partner {
    function tryWithdraw(address payable splitter) external returns (bool ok) {
        (ok, ) = splitter.call(abi.encodeCall(Splitter.withdraw, ()));
    }

    receive() external payable {}
}

/// Withdraws once more while the first withdrawal is still running.
contract Greedy {
    address payable public splitter;

    function attack(address payable splitter_) external {
        splitter = splitter_;
        Splitter(splitter_).withdraw();
    }

    receive() external payable {
        if (splitter.balance > 0) {
            (bool ok, ) = splitter.call(abi.encodeCall(Splitter.withdraw, ()));
            ok; // whatever comes of it
        }
    }
}

contract SplitterTest {
    Partner senior;
    Partner junior;
    address payable splitter;

    function setUp() public {
        senior = new Partner();
        junior = new Partner();
        splitter = payable(new Splitter(address(senior), address(junior)));
    }

    function earn(uint256 amount) private {
        (bool ok, ) = splitter.call{value: amount}("");
        require(ok, "the splitter takes ether");
    }

    function test_SharesOfOnePayment() public {
        earn(10 ether);
        require(senior.tryWithdraw(splitter) && address(senior).balance == 6 ether, "60 % of 10 ether are 6");
        require(junior.tryWithdraw(splitter) && address(junior).balance == 4 ether, "40 % of 10 ether are 4");
    }

    function test_TheOrderDoesNotMatter() public {
        earn(10 ether);
        junior.tryWithdraw(splitter);
        senior.tryWithdraw(splitter);
        require(address(senior).balance == 6 ether, "the senior gets 6 of 10, even when the junior comes first");
    }

    function test_NobodyIsPaidTwice() public {
        earn(10 ether);
        senior.tryWithdraw(splitter);
        require(!senior.tryWithdraw(splitter), "a second withdrawal without new income fails");
        require(address(senior).balance == 6 ether, "and pays nothing");
    }

    function test_IncomeInBetween() public {
        earn(10 ether);
        senior.tryWithdraw(splitter);
        earn(20 ether);
        require(Splitter(splitter).due(address(senior)) == 12 ether, "of the next 20 ether, 12 are due to the senior");
        require(Splitter(splitter).due(address(junior)) == 12 ether, "the junior has 12 waiting, of 30 in all");
        senior.tryWithdraw(splitter);
        junior.tryWithdraw(splitter);
        require(address(senior).balance == 18 ether && address(junior).balance == 12 ether, "18 and 12 of 30 in the end");
    }

    function test_StrangersGetNothing() public {
        earn(10 ether);
        require(!new Partner().tryWithdraw(splitter), "nothing is due to a stranger");
    }

    function test_CallingBackGainsNothing() public {
        Greedy greedy = new Greedy();
        splitter = payable(new Splitter(address(greedy), address(junior)));
        earn(10 ether);
        greedy.attack(splitter);
        require(address(greedy).balance == 6 ether, "a partner who calls back gets 6 of 10, no more");
    }
}
