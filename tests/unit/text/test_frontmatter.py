"""Front matter read without PyYAML says what PyYAML would say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from builder.text.frontmatter import iso_date, split
from builder.text.yamlblock import flat

# Words and signs that YAML gives a meaning, among those that it does not.
ATOMS = st.sampled_from(
    "a Zoë 漢字 title yes No on null ~ true 0 7 010 0x1F 0o17 1_000 1e3 .5 -1 .inf 1:30 12:30:45 2026-01-31 "  # noqa: SIM905 - legible
    ": # - ? , [ ] { } & * ! | > ' \" % @ ` = << \\ --- ... // https://x.org/a#b "
    "c: :d #e f# é\u00a0g \u2028 \u0085 \ufeff "
    "\t [a,b] [a,\u0020b] \"c\\n\" 'it''s' !!str a:b a,b".split(" ")
)
WORDS = st.lists(ATOMS, min_size=1, max_size=5)
TEXTS = st.one_of(
    WORDS.map(" ".join),
    WORDS.map("".join),
    WORDS.map(lambda words: f'"{" ".join(words)}"'),
    WORDS.map(lambda words: f"'{' '.join(words)}'"),
    WORDS.map(lambda words: f"[{', '.join(words)}]"),
    st.integers(-5, 10**12).map(str),
    st.text(max_size=12),
)
KEYS = st.one_of(
    st.sampled_from(["title", "order", "tags", "a-b", "_x", "y", "On", "null", "a b", "1"]),
    st.text("abX_-1", max_size=3),
)
LINES = st.tuples(KEYS, st.sampled_from([": ", ":  ", ":", " : "]), TEXTS, st.sampled_from(["", " ", "  # c"])).map(
    "".join
)
BLOCKS = st.lists(
    st.one_of(LINES, LINES, st.sampled_from(["", " ", "# comment", "  indented", "- item"])), max_size=4
).map("\n".join)


def slow(block: str) -> Any:
    """Return what PyYAML reads."""
    return yaml.safe_load(block) or {}


@given(BLOCKS)
@examples(max_examples=2000, deadline=None, derandomize=True)
@example("title: One\norder: 3\ntags: [a, b c]")
@example("title: a: b")
@example("title: a #b")
@example("title: a\n  b: c")
@example('title: "\u2028"')
def test_a_block_that_is_read_quickly_means_what_it_means_in_yaml(block: str) -> None:
    quick = flat(block)
    if quick is not None:
        assert quick == slow(block)
        assert list(map(type, quick.values())) == list(map(type, slow(block).values()))


@pytest.mark.parametrize(
    ("block", "values"),
    [
        ("title: One and two\norder: 3", {"title": "One and two", "order": 3}),
        ("tags: [solidity, first steps]", {"tags": ["solidity", "first steps"]}),
        ("title: \"A: b\"\nslug: 'c # d'", {"title": "A: b", "slug": "c # d"}),
        ("link: see https://example.org/#top", {"link": "see https://example.org/#top"}),
        ("", {}),
    ],
)
def test_a_plain_block_is_read_quickly(block: str, values: dict[str, Any]) -> None:
    """So the test above is about something."""
    assert flat(block) == values


@given(st.dates(dt.date(1, 1, 1)))
@examples(max_examples=200, deadline=None, derandomize=True)
def test_a_date_is_the_same_written_bare_and_as_text(day: dt.date) -> None:
    written = day.isoformat()
    bare, _ = split(f"---\ndate: {written}\n---\n")
    text, _ = split(f'---\ndate: "{written}"\n---\n')
    toml, _ = split(f"+++\ndate = {written}\n+++\n")
    assert bare.values["date"] == toml.values["date"] == day
    assert iso_date(bare.values["date"]) == iso_date(text.values["date"]) == written


@given(st.datetimes(dt.datetime(1, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))  # noqa: DTZ001 - as written
@examples(max_examples=200, deadline=None, derandomize=True)
def test_a_moment_is_the_same_written_bare_and_as_text(moment: dt.datetime) -> None:
    written = moment.isoformat()
    bare, _ = split(f"---\ndate: {written}\n---\n")
    text, _ = split(f"---\ndate: '{written}'\n---\n")
    assert iso_date(bare.values["date"]) == iso_date(text.values["date"]) == f"{written}+00:00"
