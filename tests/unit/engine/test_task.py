"""A task's key says all that its result depends on, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder.engine.step import step
from builder.engine.store import Record, digest
from builder.engine.task import encode, key_of, share, task


def made(version: int, name: str = "work") -> Callable[..., int]:
    """Return a step of a version and a name."""

    def work(*values: object) -> int:
        return len(values)

    work.__name__ = name
    return step(version)(work)


def test_the_same_step_and_arguments_have_the_same_key() -> None:
    assert key_of(task(made(1), "a", {"b": [1, 2]})) == key_of(task(made(1), "a", {"b": [1, 2]}))


def test_keys_differ_with_the_version_the_name_and_the_module() -> None:
    elsewhere = made(1)
    elsewhere.__module__ = "elsewhere"
    steps = [made(1), made(2), made(11), made(1, "rest"), elsewhere]
    assert len({key_of(task(each, "a")) for each in steps}) == len(steps)


def test_keys_differ_with_each_argument_their_order_and_their_number() -> None:
    arguments: list[tuple[object, ...]] = [
        (),
        ("",),
        ("", ""),
        (None,),
        ("a", "b"),
        ("b", "a"),
        ("ab",),
        ("ab", ""),
        ("a",),
        (b"a",),
        (["a"],),
        ("1",),
        (1,),
        (1.5,),
        (True,),
        ({"a": 1, "b": 2},),
        ({"b": 2, "a": 1},),
    ]
    assert len({key_of(task(made(1), *values)) for values in arguments}) == len(arguments)


@pytest.mark.parametrize("value", ["text", {"a": [1, None, 2.5]}, b"bytes", ()])
def test_how_an_argument_is_handed_over_makes_no_difference(value: object) -> None:
    """Written here, shared by many tasks or lying in the store: the step sees the same, so the key is the same."""
    data = encode(value)
    record = Record("any.pack", 7, len(data), digest(data))
    keys = {key_of(task(made(1), "x", argument)) for argument in (value, share(value), record)}
    assert len(keys) == 1


def test_where_a_result_goes_is_no_part_of_its_key() -> None:
    assert key_of(task(made(1), "a", into="one")) == key_of(task(made(1), "a", into="other"))
