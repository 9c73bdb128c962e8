// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Reader.sol";

contract Feed is IFeed {
    int256 private answer;
    uint256 private age;
    uint8 public immutable decimals;

    constructor(int256 answer_, uint256 age_, uint8 decimals_) {
        answer = answer_;
        age = age_;
        decimals = decimals_;
    }

    function latest() external view returns (int256, uint256) {
        return (answer, block.timestamp - age);
    }
}

contract ReaderTest {
    function ask(Feed first, Feed second) private returns (bool ok, uint256 price) {
        Reader reader = new Reader(first, second);
        try reader.price() returns (uint256 got) {
            return (true, got);
        } catch {
            return (false, 0);
        }
    }

    function fresh(int256 answer, uint8 decimals) private returns (Feed) {
        return new Feed(answer, 0, decimals);
    }

    function test_TwoThatAgree() public {
        (bool ok, uint256 price) = ask(fresh(2_000e8, 8), fresh(2_000e8, 8));
        require(ok && price == 2_000e18, "2,000 with 8 decimals is 2,000e18");
    }

    function test_DifferentDecimals() public {
        (bool ok, uint256 price) = ask(fresh(2_000e18, 18), fresh(2_000e6, 6));
        require(ok && price == 2_000e18, "feeds with 18 and 6 decimals are brought to the same unit");
    }

    function test_TheLowerCounts() public {
        (bool ok, uint256 price) = ask(fresh(2_050e8, 8), fresh(2_000e8, 8));
        require(ok && price == 2_000e18, "of 2,050 and 2,000 the lower counts");
        (ok, price) = ask(fresh(2_000e8, 8), fresh(2_050e8, 8));
        require(ok && price == 2_000e18, "in whichever order they stand");
    }

    function test_FivePercentIsAllowed() public {
        (bool ok, ) = ask(fresh(2_100e8, 8), fresh(2_000e8, 8));
        require(ok, "a difference of exactly five percent is accepted");
    }

    function test_MoreIsNot() public {
        (bool ok, ) = ask(fresh(2_101e8, 8), fresh(2_000e8, 8));
        require(!ok, "a difference of more than five percent is refused");
    }

    function test_MissingPrices() public {
        (bool zero, ) = ask(fresh(0, 8), fresh(0, 8));
        require(!zero, "a price of zero is refused");
        (bool negative, ) = ask(fresh(-1, 8), fresh(-1, 8));
        require(!negative, "a negative price is refused");
    }

    function test_AnHourIsAllowed() public {
        (bool ok, ) = ask(new Feed(2_000e8, 1 hours, 8), fresh(2_000e8, 8));
        require(ok, "a price that is one hour old is accepted");
    }

    function test_OldPrices() public {
        (bool first, ) = ask(new Feed(2_000e8, 1 hours + 1, 8), fresh(2_000e8, 8));
        (bool second, ) = ask(fresh(2_000e8, 8), new Feed(2_000e8, 1 hours + 1, 8));
        require(!first && !second, "a price older than one hour is refused, from either feed");
    }
}
