"""What holds of the cache's rules whatever anybody says: laws, tried on made-up answers and requests."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge.unit.test_cache_rules import CDN, GET, NOW, answer, asked
from edge_api.services.cache import fields, rules
from edge_api.services.cache.rules import Ask, Fresh, Other, Policy, Stale, Stored

calm = examples(deadline=None, max_examples=200)

WORDS = st.sampled_from([
    "max-age", "s-maxage", "no-cache", "no-store", "private", "public", "must-revalidate", "proxy-revalidate",
    "stale-while-revalidate", "stale-if-error", "must-understand", "x",
])  # fmt: skip
VALUES = st.one_of(st.none(), st.integers(-1, 200).map(str), st.text('0123456789,=" abc-', max_size=6))
CONTROLS = st.lists(st.tuples(WORDS, VALUES), max_size=6).map(
    lambda pairs: ", ".join(name if value is None else f"{name}={value}" for name, value in pairs)
)
ANSWERS = st.builds(
    lambda control, status, age, given, delay: Stored(
        status, (("cache-control", control), ("age", given)), b"", NOW - age - delay, NOW - age
    ),
    CONTROLS,
    st.sampled_from([200, 203, 206, 302, 304, 404, 500]),
    st.floats(0, 300),
    st.one_of(st.integers(0, 300).map(str), st.text(max_size=5)),
    st.floats(0, 5),
)


@calm
@given(ANSWERS, CONTROLS, st.floats(0, 400), st.sampled_from([Policy(), CDN]))
def test_no_answer_is_used_beyond_its_word(stored: Stored, wish: str, later: float, policy: Policy) -> None:
    """Whatever is said: fresh means within its lifetime; stale within a window or a wish, never against a veto."""
    said = rules.told(stored.fields, policy)
    request = asked(cache_control=wish)
    verdict = rules.decide(stored, request, NOW + later, policy)
    age, lifetime = rules.age_of(stored, NOW + later), rules.lifetime_of(stored, policy)
    veto = said.keys() & {"must-revalidate", "proxy-revalidate", "no-cache"}
    if isinstance(verdict, Fresh):
        assert age < lifetime
        assert "no-cache" not in said
    if isinstance(verdict, Stale):
        assert not veto
        wished = "max-stale" in fields.directives(wish)
        assert wished or age <= rules.keeping(stored, policy)
    if isinstance(verdict, Ask) and verdict.on_error:
        assert not veto
        assert age <= rules.keeping(stored, policy)
    assert isinstance(verdict, Fresh | Stale | Ask)


@calm
@given(ANSWERS, st.floats(0, 100), st.floats(0, 100))
def test_an_answer_never_gets_younger_or_better(stored: Stored, first: float, more: float) -> None:
    """Time goes one way: age grows, and what was stale does not become fresh."""
    ranks = {Fresh: 0, Stale: 1, Ask: 2, Other: 3}
    early = rules.decide(stored, GET, NOW + first)
    late = rules.decide(stored, GET, NOW + first + more)
    assert rules.age_of(stored, NOW + first + more) >= rules.age_of(stored, NOW + first)
    assert ranks[type(late)] >= ranks[type(early)]


@calm
@given(ANSWERS, CONTROLS)
def test_what_says_no_is_never_stored(stored: Stored, wish: str) -> None:
    """Private is never kept,, no-store unless the answer asks to be understood first."""
    said = rules.told(stored.fields)
    if rules.storable(asked(cache_control=wish), stored):
        assert "private" not in said
        assert "no-store" not in said or "must-understand" in said
        assert stored.status not in {206, 304}


@calm
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_the_reading(one: str, two: str, three: str) -> None:
    """Whatever a field holds, it is read as something or as nothing."""
    stored = answer(one, cdn_cache_control=two, vary=three, expires=one, date=two, last_modified=three, etag=one)
    kept = rules.keep(asked(accept=two), stored)
    request = asked(cache_control=three, if_none_match=one, if_modified_since=two, pragma=three)
    assert rules.decide(kept, request, NOW, CDN)
    assert rules.storable(request, stored, CDN) in {True, False}
    assert rules.not_modified(kept, request) in {True, False}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Stored) == kept
