"""Where the values of a TOML text stand, however it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from builder.text.toml import Offsets, Way

TEXT = """# A remark with [brackets] and = signs
title = "A # and a \\" and ["  # end
'quoted key'."a.b" = 1
when = 1979-05-27 07:32:00
long = \"\"\"
[no.table]
key = "no" \"\"\"
literal = '''
[[none]]'''
list = [ 1, # one
  [2, {deep = [3, "]"], other = 4}],
  "}",
]
[ table . "inner one" ] # remark
a.b.c = true
a.b.d = { x = 1, "y y" = [ ] }
[[many]]
name = "first"
[many.sub]
value = 1
[[many.subs]]
value = 2
[[many.subs]]
value = 3
[[many]]
name = "second"
[[many.subs]]
value = 4
"""
OFFSETS = Offsets(TEXT)


def leaves(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Yield each single value and the way to it."""
    if isinstance(value, dict | list) and value:
        for part, held in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(held, (*way, part))
    else:
        yield way, value


@pytest.mark.parametrize(("way", "value"), list(leaves(tomllib.loads(TEXT))), ids=str)
def test_a_value_is_found_where_it_stands(way: Way, value: Any) -> None:
    """What begins at the offset is the value: read by itself, it is the same."""
    rest = TEXT[OFFSETS.of(way) :]
    ends = [number for number, char in enumerate(rest) if char in "\n,]} "]
    found = []
    for end in ends:
        try:
            found.append(tomllib.loads(f"x = {rest[:end]}")["x"])
        except tomllib.TOMLDecodeError:
            continue
    assert value in found
    assert TEXT[OFFSETS.of(way, name=True) :].startswith(('"', "'", str(way[-1]), rest[:1]))


def test_what_is_not_there_is_shown_at_what_should_hold_it() -> None:
    """A key that is missing has no place of its own."""
    assert TEXT[OFFSETS.of(("many", 1, "rule")) :].startswith('[[many]]\nname = "second"')
    assert TEXT[OFFSETS.of(("table", "inner one", "a", "b", "z")) :].startswith("b.c = true")
    assert OFFSETS.of(("nothing",)) == 0
