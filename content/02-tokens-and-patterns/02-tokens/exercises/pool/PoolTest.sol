// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Pool.sol";

contract PoolTest {
    Pool pool;

    function setUp() public {
        pool = new Pool(1_000 ether, 2_000 ether);
    }

    function test_ASmallTradeGetsNearlyTheMargin() public view {
        uint256 out = pool.quote(0.001 ether);
        require(out > 0.00199 ether && out < 0.002 ether, "a tiny trade gets 2 for 1, less the fee");
    }

    function test_ALargeTradeMovesThePrice() public view {
        require(pool.quote(1_000 ether) == 998497746619929894842, "as much again as the pool has gets a little less than half");
    }

    function test_NothingForNothing() public view {
        require(pool.quote(0) == 0, "nothing in, nothing out");
    }

    function test_RoundsDown() public {
        require(new Pool(1_000, 1_000).quote(1) == 0, "less than one unit is rounded down to nothing");
    }

    function test_SwapMovesBothReserves() public {
        uint256 expected = pool.quote(10 ether);
        uint256 out = pool.swap(10 ether, 0);
        require(out == expected, "swap gives what quote promised");
        require(pool.x() == 1_010 ether, "the input is added to x");
        require(pool.y() == 2_000 ether - out, "the output is taken from y");
    }

    function test_TheProductNeverShrinks() public {
        uint256 before = pool.x() * pool.y();
        for (uint256 i = 1; i < 20; ++i) {
            pool.swap(i * 7 + 1, 0);
            pool.swap(i * 1 ether, 0);
        }
        require(pool.x() * pool.y() > before, "the product grows with every trade, never shrinks");
    }

    function test_ThePoolIsNeverEmptied() public {
        pool.swap(1e30, 0);
        require(pool.y() > 0, "even an enormous trade leaves something");
    }

    function test_KeepsTheMinimum() public {
        uint256 out = pool.quote(10 ether);
        try pool.swap(10 ether, out + 1) {
            revert("a swap that would give less than minimumOut fails");
        } catch {}
        require(pool.x() == 1_000 ether && pool.y() == 2_000 ether, "and the reserves stay as they were");
        require(pool.swap(10 ether, out) == out, "exactly minimumOut is enough");
    }
}
