"""JSON among the assets."""

from __future__ import annotations

import json

import pytest

from builder.asset import BUILD, DRAFT
from builder.steps.data import compile_data


@pytest.mark.parametrize(
    "source",
    ['{ "a b" : [ 1.0 , 1e400, 12345678901234567890123, -0.0 ] , "a b": " \\" , : " }', " [ ] ", "null", '"\\u2028 x"'],
)
def test_json_loses_space_and_nothing_else(source: str) -> None:
    small = compile_data("a.json", source.encode(), BUILD).pieces[0].decode()

    def pairs(text: str) -> object:
        return json.loads(text, object_pairs_hook=tuple, parse_float=str, parse_int=str)

    assert pairs(small) == pairs(source)
    assert len(small) <= len(source.strip())


def test_a_byte_order_mark_is_no_mistake() -> None:
    """Editors on Windows write it; browsers' JSON.parse would fail on it."""
    for shipping in (BUILD, DRAFT):
        made = compile_data("a.json", b"\xef\xbb\xbf[1]", shipping)
        assert (made.pieces, made.problems) == ((b"[1]",), ())


@pytest.mark.parametrize(
    ("data", "place"), [(b'{"a": }', (1, 7)), (b"[1,\n 2\n 3]", (3, 2)), (b'["\n\xff"]', (2, None))]
)
def test_what_is_no_json_ships_as_it_is_with_a_warning_at_its_place(data: bytes, place: tuple[int, int | None]) -> None:
    made = compile_data("a.json", data, BUILD)
    (problem,) = made.problems
    assert (made.pieces, problem.code, (problem.line, problem.column)) == ((data,), "json-syntax", place)
