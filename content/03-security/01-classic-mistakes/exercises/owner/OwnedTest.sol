// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Owned.sol";

contract Person {
    function tryOffer(Owned thing, address to) external returns (bool ok) {
        (ok, ) = address(thing).call(abi.encodeCall(Owned.offer, (to)));
    }

    function tryAccept(Owned thing) external returns (bool ok) {
        (ok, ) = address(thing).call(abi.encodeCall(Owned.accept, ()));
    }

    function tryRenounce(Owned thing) external returns (bool ok) {
        (ok, ) = address(thing).call(abi.encodeCall(Owned.renounce, ()));
    }
}

contract OwnedTest {
    Owned thing;
    Person ana;
    Person eve;

    function setUp() public {
        thing = new Owned();
        ana = new Person();
        eve = new Person();
    }

    function test_AnOfferChangesNothingYet() public {
        thing.offer(address(ana));
        require(thing.owner() == address(this), "after offer() the old owner is still the owner");
        require(thing.pendingOwner() == address(ana), "and the offer is on record");
    }

    function test_AcceptingMakesTheOwner() public {
        thing.offer(address(ana));
        require(ana.tryAccept(thing), "whoever was offered the ownership can accept it");
        require(thing.owner() == address(ana), "and is then the owner");
        require(thing.pendingOwner() == address(0), "the offer is used up");
    }

    function test_OthersCannotAccept() public {
        thing.offer(address(ana));
        require(!eve.tryAccept(thing), "nobody else can accept");
    }

    function test_NobodyAcceptsWithoutAnOffer() public {
        require(!eve.tryAccept(thing), "without an offer there is nothing to accept");
    }

    function test_OnlyTheOwnerOffers() public {
        require(!eve.tryOffer(thing, address(eve)), "only the owner can offer");
        require(thing.owner() == address(this), "and a refused offer changes nothing");
    }

    function test_TheOwnerMayChangeTheirMind() public {
        thing.offer(address(eve));
        thing.offer(address(ana));
        require(!eve.tryAccept(thing), "a new offer replaces the old one");
        require(ana.tryAccept(thing), "and can be accepted");
    }

    function test_OnlyTheOwnerRenounces() public {
        require(!eve.tryRenounce(thing), "only the owner can give up the ownership");
    }

    function test_RenouncingIsForGood() public {
        thing.offer(address(ana));
        thing.renounce();
        require(thing.owner() == address(0), "after renounce() nobody is the owner");
        require(!ana.tryAccept(thing), "and an offer made before is void");
    }
}
