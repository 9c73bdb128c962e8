// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Allowance.sol";

contract Stranger {
    function spend(Allowance allowance, uint256 amount) external returns (bytes memory reason) {
        try allowance.spend(amount) {
            return "spent";
        } catch (bytes memory data) {
            return data;
        }
    }
}

contract AllowanceTest {
    Allowance allowance;

    function setUp() public {
        allowance = new Allowance(address(this), 10);
    }

    function same(bytes memory a, bytes memory b) private pure returns (bool) {
        return keccak256(a) == keccak256(b);
    }

    function test_TheChildSpends() public {
        allowance.spend(4);
        require(allowance.left() == 6, "after spending 4 of 10, 6 are left");
        allowance.spend(6);
        require(allowance.left() == 0, "the whole allowance may be spent");
    }

    function test_TooMuchNamesTheNumbers() public {
        try allowance.spend(11) {
            revert("spending 11 of 10 fails");
        } catch (bytes memory reason) {
            bytes memory expected = abi.encodeCall(Errors.TooMuch, (10, 11));
            require(same(reason, expected), "the error is TooMuch(10, 11): what is left, and what was asked");
        }
    }

    function test_StrangersAreNamed() public {
        Stranger stranger = new Stranger();
        bytes memory expected = abi.encodeCall(Errors.NotTheChild, (address(stranger)));
        require(same(stranger.spend(allowance, 1), expected), "the error is NotTheChild(caller) when somebody else spends");
    }

    function test_WhoComesBeforeHowMuch() public {
        Stranger stranger = new Stranger();
        bytes memory expected = abi.encodeCall(Errors.NotTheChild, (address(stranger)));
        require(same(stranger.spend(allowance, 99), expected), "a stranger who asks too much is told NotTheChild first");
    }
}

/// An error is encoded like a call of the same name and parameters.
interface Errors {
    function TooMuch(uint256 left, uint256 asked) external;
    function NotTheChild(address caller) external;
}
