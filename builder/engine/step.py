"""A step is a pure function with a version: what it returns depends on its arguments and on nothing else.

The version is part of every key. It is raised by hand when the function's meaning changes; a test compares the source
with the last version and says so when that was forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


def step(version: int) -> Callable[[F], F]:
    """Mark a module-level function as a step."""

    def mark(function: F) -> F:
        function.__step_version__ = version  # type: ignore[attr-defined]  # a function may carry attributes
        return function

    return mark


def name_of(function: Callable[..., object]) -> str:
    """Return a step's short name, as reports show it: ``builder.steps.page:parse`` is ``page.parse``."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def identity_of(function: Callable[..., object]) -> bytes:
    """Return what stands for the function in keys."""
    version = function.__step_version__  # type: ignore[attr-defined]  # `step` gave it one
    return f"{function.__module__}:{function.__name__}@{version}".encode()
