// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Members.sol";

contract MembersTest {
    Members members;
    address constant ANA = address(0xA1);
    address constant BEN = address(0xB2);
    address constant CAI = address(0xC3);

    function setUp() public {
        members = new Members();
        members.join(ANA);
        members.join(BEN);
        members.join(CAI);
    }

    function tryJoin(address who) external {
        members.join(who);
    }

    function tryQuit(address who) external {
        members.quit(who);
    }

    function test_JoiningMakesMembers() public view {
        require(members.isMember(ANA) && members.isMember(CAI), "whoever joined is a member");
        require(!members.isMember(address(0xD4)), "whoever did not join is no member");
    }

    function test_NobodyJoinsTwice() public {
        bool ok;
        try this.tryJoin(ANA) {
            ok = true;
        } catch {
            ok = false;
        }
        require(!ok, "joining twice is refused");
        require(members.size() == 3, "a refused join leaves the list as it was");
    }

    function test_LeavingShortensTheList() public {
        members.quit(ANA);
        require(!members.isMember(ANA), "whoever left is no member any more");
        require(members.size() == 2, "the list is one shorter after quit()");
    }

    function test_TheMovedMemberCanStillLeave() public {
        members.quit(ANA);
        require(members.list(0) == CAI, "the last member takes the free place");
        members.quit(CAI);
        require(members.size() == 1 && members.list(0) == BEN, "the member who was moved can leave, too");
    }

    function test_TheLastMemberCanLeave() public {
        members.quit(CAI);
        require(!members.isMember(CAI), "the last in the list can leave");
        require(members.size() == 2, "and the list is one shorter");
    }

    function test_OnlyMembersLeave() public {
        bool ok;
        try this.tryQuit(address(0xD4)) {
            ok = true;
        } catch {
            ok = false;
        }
        require(!ok, "leaving without being a member is refused");
    }

    function test_ComingBackIsAllowed() public {
        members.quit(BEN);
        members.join(BEN);
        require(members.isMember(BEN) && members.size() == 3, "whoever left may join again");
    }
}
