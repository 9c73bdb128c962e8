"""The cache's rules: RFC 9111 and its neighbours, as functions of a stored answer, a request and a clock."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from edge_api.services.cache import fields, rules
from edge_api.services.cache.rules import Ask, Asked, Fresh, Other, Policy, Stale, Stored

NOW = 1_795_000_000.0
CDN = Policy(("cdn-cache-control",))
GET = Asked("GET")


def answer(cache_control: str = "", *, status: int = 200, old: float = 0, **more: Any) -> Stored:
    """Return an answer that came ``old`` seconds ago and was under way for no time at all."""
    said = (("cache-control", cache_control),) if cache_control else ()
    rest = tuple((name.replace("_", "-"), value) for name, value in more.items())
    return Stored(status, (*said, *rest), b"body", NOW - old, NOW - old)


def asked(**more: str) -> Asked:
    return Asked("GET", tuple((name.replace("_", "-"), value) for name, value in more.items()))


@pytest.mark.parametrize(
    ("cache_control", "more", "lifetime"),
    [
        ("max-age=60", {}, 60),
        ("max-age=60, s-maxage=5", {}, 5),
        ("s-maxage=5, max-age=60", {}, 5),
        ('max-age="60"', {}, 60),
        ("MAX-AGE=60", {}, 60),
        ("max-age=60, max-age=1", {}, 60),
        ("max-age=-1", {}, 0),
        ("max-age=1.5", {}, 0),
        ("max-age=sixty", {}, 0),
        ("max-age", {}, 0),
        ("max-age=99999999999999999999", {}, 2**31),
        ("extension, max-age=60; x", {}, 0),
        ('private="a, max-age=1", max-age=60', {}, 60),
        ("", {}, 0),
        ("", {"expires": formatdate(NOW + 30, usegmt=True), "date": formatdate(NOW, usegmt=True)}, 30),
        ("max-age=7", {"expires": formatdate(NOW + 30, usegmt=True)}, 7),
        ("", {"expires": "0", "date": formatdate(NOW, usegmt=True)}, 0),
        ("", {"expires": formatdate(NOW - 30, usegmt=True)}, 0),
        ("", {"last_modified": formatdate(NOW - 1000, usegmt=True)}, 100),
        ("", {"last_modified": formatdate(NOW - 10**8, usegmt=True)}, 86_400),
        ("", {"last_modified": "yesterday"}, 0),
    ],
)
def test_how_long_an_answer_is_fresh(cache_control: str, more: dict[str, Any], lifetime: float) -> None:
    """s-maxage before max-age before Expires before a guess; the first of two; what is no number is none."""
    assert rules.lifetime_of(answer(cache_control, **more)) == lifetime


def test_statuses_without_a_guess_need_a_word() -> None:
    """Heuristic freshness is for the statuses that RFC 9110 lists, or where the answer is public."""
    changed = formatdate(NOW - 1000, usegmt=True)
    assert rules.lifetime_of(answer(status=302, last_modified=changed)) == 0
    assert rules.lifetime_of(answer("public", status=302, last_modified=changed)) == 100


@pytest.mark.parametrize(
    ("more", "age"),
    [
        ({}, 10),
        ({"age": "30"}, 40),
        ({"age": "30, 99"}, 40),
        ({"age": "-1"}, 10),
        ({"age": "soon"}, 10),
        ({"date": formatdate(NOW - 60, usegmt=True)}, 60),
        ({"date": formatdate(NOW - 60, usegmt=True), "age": "200"}, 210),
        ({"date": formatdate(NOW + 900, usegmt=True)}, 10),
        ({"date": "today"}, 10),
        ({"age": "9" * 30}, 2**31),
    ],
)
def test_how_old_an_answer_is(more: dict[str, Any], age: float) -> None:
    """The larger of what Age and Date say, and the time since it came; clocks ahead of ours make nothing younger."""
    assert rules.age_of(answer(old=10, **more), NOW) == age


def test_time_under_way_counts() -> None:
    """An answer may have been old when it left."""
    slow = Stored(200, (("age", "5"),), b"", NOW - 9, NOW - 2)
    assert rules.age_of(slow, NOW) == 5 + 7 + 2


@pytest.mark.parametrize(
    ("cache_control", "status", "kept"),
    [
        ("max-age=60", 200, True),
        ("public", 200, True),
        ("", 200, True),
        ("", 302, False),
        ("max-age=60", 302, True),
        ("max-age=60", 299, True),
        ("no-store", 200, False),
        ("max-age=60, no-store", 200, False),
        ("private, max-age=60", 200, False),
        ('private="x", max-age=60', 200, False),
        ("max-age=60", 206, False),
        ("max-age=60", 304, False),
        ("max-age=60", 103, False),
        ("", 404, True),
        ("max-age=60, must-understand", 299, False),
        ("max-age=60, must-understand, no-store", 200, True),
    ],
)
def test_what_may_be_stored(cache_control: str, status: int, kept: object) -> None:
    """RFC 9111, 3, for a shared cache."""
    assert rules.storable(GET, answer(cache_control, status=status)) is kept


@pytest.mark.parametrize(
    ("cache_control", "kept"),
    [("max-age=60", False), ("public", True), ("s-maxage=1", True), ("max-age=1, must-revalidate", True)],
)
def test_answers_to_credentials_are_kept_only_where_they_say_so(cache_control: str, kept: object) -> None:
    """RFC 9111, 3.5."""
    assert rules.storable(asked(authorization="Basic x"), answer(cache_control)) is kept


def test_other_methods_and_vary_star_are_not_stored() -> None:
    """Only answers to GET, and only those that another request can select."""
    assert not rules.storable(Asked("POST"), answer("max-age=60"))
    assert not rules.storable(Asked("HEAD"), answer("max-age=60"))
    assert not rules.storable(GET, answer("max-age=60", vary="*"))
    assert not rules.storable(GET, answer("max-age=60", vary="accept, *"))
    assert not rules.storable(asked(cache_control="no-store"), answer("max-age=60"))


WINDOWS = "max-age=10, stale-while-revalidate=20, stale-if-error=60"


@pytest.mark.parametrize(
    ("cache_control", "age", "verdict"),
    [
        ("max-age=10", 9, Fresh(9, 1)),
        ("max-age=10", 10, Ask(10, 0)),
        ("max-age=10", 11, Ask(11, -1)),
        (WINDOWS, 11, Stale(11, -1)),
        (WINDOWS, 30, Stale(30, -20)),
        (WINDOWS, 31, Ask(31, -21, on_error=True)),
        (WINDOWS, 71, Ask(71, -61)),
        (WINDOWS + ", must-revalidate", 11, Ask(11, -1)),
        (WINDOWS + ", proxy-revalidate", 11, Ask(11, -1)),
        (WINDOWS + ", no-cache", 1, Ask(1, 9)),
        ('max-age=10, no-cache="set-cookie"', 1, Ask(1, 9)),
        (WINDOWS.replace("max-age", "s-maxage"), 11, Stale(11, -1)),
        ("s-maxage=10, max-age=99", 11, Ask(11, -1)),
    ],
)
def test_what_a_stored_answer_is_good_for(cache_control: str, age: float, verdict: object) -> None:
    """Fresh, stale within the windows of RFC 5861, or only after asking; must-revalidate closes the windows."""
    assert rules.decide(answer(cache_control, old=age), GET, NOW) == verdict


@pytest.mark.parametrize(
    ("cache_control", "age", "kind"),
    [
        ("no-cache", 1, Ask),
        ("max-age=0", 1, Ask),
        ("max-age=5", 5, Fresh),
        ("max-age=5", 6, Ask),
        ("max-age=5, max-stale=2", 6, Fresh),
        ("min-fresh=9", 2, Ask),
        ("min-fresh=8", 2, Fresh),
        ("max-stale", 5000, Stale),
        ("max-stale=2", 12, Stale),
        ("max-stale=2", 13, Ask),
    ],
)
def test_what_a_request_may_wish(cache_control: str, age: float, kind: type) -> None:
    """Younger, fresh for longer, or stale after all (RFC 9111, 5.2.1)."""
    assert isinstance(rules.decide(answer("max-age=10", old=age), asked(cache_control=cache_control), NOW), kind)


def test_a_wish_for_the_stale_ends_where_the_answer_forbids_it() -> None:
    """must-revalidate and s-maxage say no to max-stale."""
    for said in ("max-age=10, must-revalidate", "s-maxage=10"):
        assert isinstance(rules.decide(answer(said, old=11), asked(cache_control="max-stale"), NOW), Ask)


def test_the_old_pragma_counts_where_nothing_newer_is_said() -> None:
    """RFC 9111, 5.4."""
    stored = answer("max-age=10")
    assert isinstance(rules.decide(stored, asked(pragma="no-cache"), NOW), Ask)
    assert isinstance(rules.decide(stored, asked(pragma="no-cache", cache_control="max-age=9"), NOW), Fresh)


@pytest.mark.parametrize(
    ("field", "lifetime"),
    [
        ("max-age=5", 5),
        ("s-maxage=5, max-age=7", 5),
        ("max-age=5;a=b, x=(1 2)", 5),
        ("no-cache, max-age=5", 5),
        ("max-age=5, max-age=7", 7),
        ("", 60),
        ("max-age=5,", 60),
        ("max-age=&", 60),
        ('max-age="5"', 60),
        ("max-age=5.0", 60),
        ("max-age", 60),
        ("Max-Age=5", 60),
    ],
)
def test_a_targeted_field_counts_where_it_is_valid(field: str, lifetime: float) -> None:
    """CDN-Cache-Control (RFC 9213) is a Dictionary; what is none, is ignored, and Cache-Control holds."""
    stored = answer("max-age=60", cdn_cache_control=field)
    assert rules.lifetime_of(stored, CDN) == lifetime
    assert rules.lifetime_of(stored) == 60


def test_a_targeted_field_stands_for_everything() -> None:
    """Where it counts, Cache-Control and Expires don't."""
    late = formatdate(NOW + 99, usegmt=True)
    assert rules.storable(GET, answer("no-store", cdn_cache_control="max-age=5"), CDN)
    assert not rules.storable(GET, answer("max-age=60", cdn_cache_control="no-store"), CDN)
    assert rules.lifetime_of(answer(cdn_cache_control="public", expires=late), CDN) == 0
    assert isinstance(rules.decide(answer("max-age=9", cdn_cache_control="no-cache"), GET, NOW, CDN), Ask)
    assert isinstance(
        rules.decide(answer("max-age=9", cdn_cache_control="no-cache=?0, max-age=9"), GET, NOW, CDN), Fresh
    )


def test_the_first_target_that_speaks_is_heard() -> None:
    """A list of targets goes from the most specific to the most general."""
    both = Policy(("edge-cache-control", "cdn-cache-control"))
    assert rules.lifetime_of(answer(edge_cache_control="max-age=1", cdn_cache_control="max-age=2"), both) == 1
    assert rules.lifetime_of(answer(edge_cache_control="oh no!", cdn_cache_control="max-age=2"), both) == 2


def test_an_answer_is_for_those_who_asked_alike() -> None:
    """Vary compares the fields that it names, whatever the space around their commas."""
    first = asked(accept_encoding="gzip,  br", accept="a")
    stored = rules.keep(first, answer("max-age=60", vary="Accept-Encoding"))
    assert isinstance(rules.decide(stored, asked(accept_encoding="gzip, br", accept="b"), NOW), Fresh)
    assert rules.decide(stored, asked(accept_encoding="br"), NOW) == Other("vary-miss")
    assert rules.decide(stored, GET, NOW) == Other("vary-miss")
    assert rules.decide(stored, Asked("POST"), NOW) == Other("method")


def test_what_belongs_to_a_connection_is_not_kept() -> None:
    """Connection, what it names, and the other fields of one hop."""
    kept = rules.keep(GET, answer("max-age=60", connection="x-one, close", x_one="1", x_two="2", upgrade="h2c"))
    assert {name for name, _ in kept.fields} == {"cache-control", "x-two"}


def test_asking_first_is_a_validation_where_it_can_be() -> None:
    """If-None-Match from the entity tag, If-Modified-Since from the date of change."""
    changed = formatdate(NOW - 1000, usegmt=True)
    verdict = rules.decide(answer("no-cache", etag='W/"x"', last_modified=changed), GET, NOW)
    assert isinstance(verdict, Ask)
    assert verdict.conditions == (("if-none-match", 'W/"x"'), ("if-modified-since", changed))


def test_a_304_makes_a_stored_answer_young() -> None:
    """Its fields replace the stored ones, but those that describe the bytes; the clock starts again."""
    stored = answer("max-age=10", old=50, etag='"x"', content_type="a/b", x_kept="1")
    newer = answer("max-age=20", status=304, etag='"y"', content_type="c/d", x_new="2")
    fresh = rules.freshen(stored, newer)
    assert (fresh.status, fresh.body) == (200, b"body")
    said = dict(fresh.fields)
    assert said["cache-control"] == "max-age=20"
    assert (said["etag"], said["content-type"], said["x-kept"], said["x-new"]) == ('"x"', "a/b", "1", "2")
    assert rules.decide(fresh, GET, NOW) == Fresh(0, 20)


CHANGED = formatdate(NOW - 1000, usegmt=True)


@pytest.mark.parametrize(
    ("wish", "more", "same"),
    [
        ({"if_none_match": '"x"'}, {"etag": '"x"'}, True),
        ({"if_none_match": 'W/"x"'}, {"etag": '"x"'}, True),
        ({"if_none_match": '"x"'}, {"etag": 'W/"x"'}, True),
        ({"if_none_match": '"y", W/"x"'}, {"etag": '"x"'}, True),
        ({"if_none_match": '"a,b", "x"'}, {"etag": '"a,b"'}, True),
        ({"if_none_match": "*"}, {"etag": '"x"'}, True),
        ({"if_none_match": '"y"'}, {"etag": '"x"'}, False),
        ({"if_none_match": "x"}, {"etag": '"x"'}, False),
        ({"if_none_match": '"x"'}, {}, False),
        ({"if_none_match": '"y"', "if_modified_since": CHANGED}, {"etag": '"x"', "last_modified": CHANGED}, False),
        ({"if_modified_since": CHANGED}, {"last_modified": CHANGED}, True),
        ({"if_modified_since": formatdate(NOW - 2000, usegmt=True)}, {"last_modified": CHANGED}, False),
        ({"if_modified_since": CHANGED}, {}, False),
        ({"if_modified_since": "soon"}, {"last_modified": CHANGED}, False),
        ({}, {"etag": '"x"'}, False),
    ],
)
def test_who_has_it_already(wish: dict[str, str], more: dict[str, Any], same: object) -> None:
    """Entity tags by weak comparison and before dates; what can't be read, changes nothing."""
    assert rules.not_modified(answer(**more), asked(**wish)) is same


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("Sunday, 06-Nov-60 08:49:37 GMT", 2866956577),
        ("Sun, 06 Nov 1994 08:49:37 UTC", None),
        ("Sun, 06 Nov 1994 08:49:37", None),
        ("Sun, 31 Feb 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("Sun, 6 Nov 1994 08:49:37 GMT", None),
        ("0", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_in_their_three_forms(text: str | None, found: float | None) -> None:
    """And nothing else; a year of two digits is never far in the future."""
    assert fields.date(text, NOW) == found
