"""The account in a browser, with the real API and real ceremonies: made, found elsewhere, shown, left, deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import MakePage
from e2e.gallery import LESSON_URL
from e2e.host import Host
from e2e.learner import Keys, answer_one, read
from e2e.test_access import in_both_lights
from e2e.test_quiz import EVENTS
from served import serving

THREE = "/course/part/three/"

Member = Callable[[], tuple[Page, Keys]]


def account(page: Page, site: Host) -> None:
    """Show the account, loaded."""
    page.goto(site.url + "/profile/")
    expect(page.locator(".account .notice")).to_have_text("")


def sign_up(page: Page, site: Host) -> str:
    """Make an account on this device and return its handle."""
    account(page, site)
    page.get_by_role("button", name="Keep my progress with a passkey").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    return page.get_by_label("Name on the board").input_value()


@pytest.fixture
def member(site: Host, open_page: MakePage) -> Member:
    """Give what makes a device of a learner who has answered a question and made an account."""

    def make() -> tuple[Page, Keys]:
        page = open_page(site.url + LESSON_URL)
        keys = Keys(page)
        answer_one(page)
        expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
        sign_up(page, site)
        return page, keys

    return make


def test_the_first_act_makes_a_session_and_the_server_confirms_it(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + THREE)
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == "session"]
    read(page)
    expect(page.locator(".finish")).to_contain_text(re.compile(r"\+\d+ points$"))
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "session"]
    assert cookie["httpOnly"]
    assert [event["status"] for event in page.evaluate(EVENTS)] == ["accepted"]
    account(page, site)
    expect(page.get_by_text("without an account")).to_be_visible()
    expect(page.locator(".achievements")).to_contain_text("First step")


def test_an_account_is_found_again_on_another_device_with_all_that_both_have_done(
    site: Host, open_page: MakePage, member: Member
) -> None:
    page, keys = member()
    handle = page.get_by_label("Name on the board").input_value()
    other = open_page(site.url + THREE)
    Keys(other, keys.held())
    read(other)
    account(other, site)
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.get_by_text(f"Signed in as {handle}.")).to_be_visible()
    assert {event["item"] for event in other.evaluate(EVENTS)} == {"course/three", "course/everything#one"}
    other.goto(site.url + LESSON_URL)
    other.locator("#one").scroll_into_view_if_needed()
    expect(other.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    # The first device learns of it the next time that it looks.
    page.clock.install()
    page.clock.fast_forward("10:00")
    page.goto(site.url + "/course/")
    expect(page.locator(".contents li[data-item='course/three']")).to_have_attribute("data-state", "done")


def test_a_clock_that_was_wrong_by_a_year_hides_nothing_of_other_devices(
    site: Host, open_page: MakePage, member: Member
) -> None:
    page, keys = member()
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=365))
    with page.expect_response("**/api/session"):
        page.goto(site.url + "/course/")
    page.wait_for_load_state("networkidle")
    other = open_page(site.url + "/profile/")
    Keys(other, keys.held())
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.get_by_text("Signed in as")).to_be_visible()
    other.goto(site.url + THREE)
    read(other)
    expect(other.locator(".finish")).to_contain_text(re.compile(r"\+\d+ points$"))
    page.clock.set_fixed_time(datetime.now(UTC))
    page.goto(site.url + "/course/")
    expect(page.locator(".contents li[data-item='course/three']")).to_have_attribute("data-state", "done")


def test_signing_out_leaves_nothing_on_the_device_and_loses_nothing(member: Member) -> None:
    page, _ = member()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    assert page.evaluate(EVENTS) == []
    expect(page.locator(".figure").nth(1)).to_contain_text("0")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    expect(page.locator(".figure").nth(1)).to_contain_text("5")


def test_nobody_signs_out_while_something_waits_that_the_server_has_not(site: Host, member: Member) -> None:
    page, _ = member()
    site.broken.add("/api/progress")
    page.goto(site.url + LESSON_URL)
    page.locator("#many").get_by_text("Two", exact=True).click()
    page.locator("#many").get_by_text("Four", exact=True).click()
    page.locator("#many").get_by_role("button", name="Check").click()
    expect(page.locator("#many").get_by_role("status")).to_contain_text("once the server has confirmed")
    account(page, site)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator(".account .notice")).to_have_text("Not everything is sent yet, so you are still signed in.")
    assert len(page.evaluate(EVENTS)) == 2
    site.broken.clear()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()


def test_the_board_shows_who_has_an_account_under_the_name_they_chose(site: Host, member: Member) -> None:
    page, _ = member()
    page.get_by_label("Name on the board").fill("!")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.evaluate("document.querySelector('#handle:invalid') !== null")
    page.get_by_label("Name on the board").fill("no good name")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".account .notice")).to_have_text("This name can't be used.")
    page.get_by_label("Name on the board").fill("quiet-heron")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".account .notice")).to_have_text("Saved.")
    page.goto(site.url + "/leaderboard/")
    mine = page.get_by_role("row").filter(has_text="quiet-heron")
    expect(mine).to_contain_text("you")
    expect(mine).to_have_class("mine")
    for name in ("This week", "Today", "Around me"):
        page.get_by_role("radio", name=name).check()
        expect(mine).to_contain_text("you")
    page.get_by_label("Course").select_option("course")
    expect(mine).to_have_count(1)


def test_who_does_not_want_to_be_shown_is_seen_by_nobody_else(site: Host, open_page: MakePage, member: Member) -> None:
    page, _ = member()
    handle = page.get_by_label("Name on the board").input_value()
    page.get_by_label("Show me on the leaderboard").uncheck()
    expect(page.locator(".account .notice")).to_have_text("Saved.")
    page.goto(site.url + "/leaderboard/")
    page.get_by_role("radio", name="Around me").check()
    expect(page.get_by_role("row").filter(has_text=handle)).to_contain_text("you")
    expect(page.get_by_text("you have chosen not to be shown")).to_be_visible()
    other = open_page(site.url + "/leaderboard/")
    expect(other.locator("tr.ghost")).to_have_count(0)
    expect(other.get_by_role("row").filter(has_text=handle)).to_have_count(0)


def test_a_device_that_is_gone_is_signed_out_from_another(site: Host, open_page: MakePage, member: Member) -> None:
    page, keys = member()
    other = open_page()
    Keys(other, keys.held())
    account(other, site)
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.get_by_text("this device", exact=True)).to_be_visible()
    rows = other.locator(".account ul").first.get_by_role("listitem")
    expect(rows).to_have_count(2)
    rows.get_by_role("button", name=re.compile("^Sign out ")).click()
    expect(rows).to_have_count(1)
    account(page, site)
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    assert len(page.evaluate(EVENTS)) == 1, "What was done there stays there"


def test_a_recovery_code_lets_in_whoever_lost_the_passkey(site: Host, open_page: MakePage, member: Member) -> None:
    page, _ = member()
    handle = page.get_by_label("Name on the board").input_value()
    codes = page.get_by_role("group", name="Recovery codes")
    expect(codes).to_be_focused()
    (first, *rest) = codes.locator("pre").inner_text().split()
    assert len(rest) == 7
    with page.expect_download() as download:
        codes.get_by_role("button", name="Save as a file").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").split() == [first, *rest]
    codes.get_by_role("button", name="I have kept them").click()
    expect(codes).to_have_count(0)
    other = open_page()
    account(other, site)
    other.get_by_text("I have lost my passkey").click()
    for code, said in (("wrong-code", "This code was not accepted"), (first, f"Signed in as {handle}.")):
        other.get_by_label("One of your recovery codes").fill(code)
        other.get_by_role("button", name="Sign in with the code").click()
        expect(other.get_by_text(said)).to_be_visible()
    expect(other.get_by_text("7 recovery codes are left.")).to_be_visible()


def test_passkeys_come_and_go_but_the_last_one_stays(site: Host, open_page: MakePage, member: Member) -> None:
    page, _ = member()
    keyring = page.locator(".keyring")
    expect(keyring.get_by_role("listitem")).to_have_count(1)
    expect(keyring.get_by_role("button", name=re.compile("^Remove"))).to_have_count(0)
    page.get_by_role("button", name="I have kept them").click()
    page.get_by_role("button", name="Make new recovery codes").click()
    new = page.get_by_role("group", name="Recovery codes").locator("pre").inner_text().split()
    other = open_page()
    Keys(other)
    account(other, site)
    other.get_by_text("I have lost my passkey").click()
    other.get_by_label("One of your recovery codes").fill(new[0])
    other.get_by_role("button", name="Sign in with the code").click()
    other.get_by_role("button", name="Add a passkey").click()
    keyring = other.locator(".keyring")
    expect(keyring.get_by_role("listitem")).to_have_count(2)
    keyring.get_by_role("button", name=re.compile("^Remove")).first.click()
    expect(keyring.get_by_role("listitem")).to_have_count(1)


def test_what_the_server_keeps_can_be_taken_along(member: Member, tmp_path: Path) -> None:
    page, _ = member()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download what the server keeps").click()
    download.value.save_as(tmp_path / "account.json")
    kept = json.loads((tmp_path / "account.json").read_text(encoding="utf-8"))
    assert kept["learner"]["handle"] == page.get_by_label("Name on the board").input_value()
    assert [event["item"] for event in kept["events"]] == ["course/everything#one"]


def test_a_dangerous_wish_asks_for_the_passkey_once_more(member: Member) -> None:
    page, _ = member()
    stale = {"status": 401, "content_type": "application/problem+json", "body": '{"code": "sign-in-again"}'}
    page.route("**/api/export", lambda route: route.fulfill(**stale), times=1)
    with page.expect_response("**/api/passkeys/sign-in"), page.expect_download():
        page.get_by_role("button", name="Download what the server keeps").click()


def test_deleting_everything_deletes_it_here_and_there(site: Host, open_page: MakePage, member: Member) -> None:
    page, _ = member()
    handle = page.get_by_label("Name on the board").input_value()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("Everything is deleted.")).to_be_visible()
    assert page.evaluate(EVENTS) == []
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey was not accepted.")).to_be_visible()
    other = open_page(site.url + "/leaderboard/")
    expect(other.locator("tr.ghost")).to_have_count(0)
    expect(other.get_by_role("row").filter(has_text=handle)).to_have_count(0)


def test_who_changes_their_mind_in_a_ceremony_has_changed_nothing(site: Host, open_page: MakePage) -> None:
    page = open_page()
    keys = Keys(page)
    keys.refuse()
    account(page, site)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_axe_finds_nothing_in_an_account_or_on_a_board_with_somebody_on_it(site: Host, member: Member) -> None:
    page, _ = member()
    page.set_viewport_size({"width": 360, "height": 740})
    assert not in_both_lights(page)
    page.goto(site.url + "/leaderboard/")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert not in_both_lights(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_live_server_has_accounts_on_its_own_origin(tmp_path: Path, open_page: MakePage) -> None:
    files = {"content/site.toml": 'title = "Course"\napi_url = "/api"\n', "content/index.md": "# Home\n"}
    with serving(tmp_path, files) as served:
        page = open_page(served.url + "/profile/")
        Keys(page)
        page.get_by_role("button", name="Keep my progress with a passkey").click()
        expect(page.get_by_text("Signed in as")).to_be_visible()
