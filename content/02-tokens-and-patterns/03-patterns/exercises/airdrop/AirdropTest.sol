// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Airdrop.sol";

contract AirdropTest {
    Airdrop airdrop;
    address[4] people = [address(0xA1), address(0xB2), address(0xC3), address(0xD4)];
    uint256[4] amounts = [uint256(10), 20, 30, 40];
    bytes32[4] leaves;
    bytes32[2] pairs;

    function setUp() public {
        for (uint256 i = 0; i < 4; ++i) {
            leaves[i] = keccak256(bytes.concat(keccak256(abi.encode(people[i], amounts[i]))));
        }
        pairs[0] = sorted(leaves[0], leaves[1]);
        pairs[1] = sorted(leaves[2], leaves[3]);
        airdrop = new Airdrop(sorted(pairs[0], pairs[1]));
    }

    function sorted(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    function proofOf(uint256 i) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        proof[0] = leaves[i ^ 1];
        proof[1] = pairs[1 - i / 2];
    }

    function tryClaim(address who, uint256 amount, bytes32[] memory proof) private returns (bool ok) {
        (ok, ) = address(airdrop).call(abi.encodeCall(Airdrop.claim, (who, amount, proof)));
    }

    function test_EverybodyOnTheListCanClaim() public {
        for (uint256 i = 0; i < 4; ++i) {
            require(tryClaim(people[i], amounts[i], proofOf(i)), "whoever is on the list can claim with their proof");
            require(airdrop.balanceOf(people[i]) == amounts[i], "the amount is credited to the account in the leaf");
        }
    }

    function test_NobodyClaimsTwice() public {
        tryClaim(people[0], 10, proofOf(0));
        require(!tryClaim(people[0], 10, proofOf(0)), "claiming a second time is refused");
        require(airdrop.balanceOf(people[0]) == 10, "and credits nothing");
    }

    function test_NoOtherAmount() public {
        require(!tryClaim(people[0], 11, proofOf(0)), "a proof for 10 is no proof for 11");
    }

    function test_NoStrangers() public {
        require(!tryClaim(address(0xE5), 10, proofOf(0)), "somebody else's proof proves nothing about a stranger");
    }

    function test_NoEmptyProof() public {
        require(!tryClaim(people[0], 10, new bytes32[](0)), "without a proof nothing is claimed");
    }

    function test_NoInnerNode() public {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = pairs[1];
        address who = address(uint160(uint256(leaves[0])));
        require(!tryClaim(who, uint256(leaves[1]), proof), "an inner node does not pass for a leaf");
    }

    function test_TheCallerGetsNothing() public {
        tryClaim(people[2], 30, proofOf(2));
        require(airdrop.balanceOf(address(this)) == 0, "tokens go to the account in the leaf, not to the caller");
    }
}
