"""site.toml as a whole, looked at before anything is made: every table by the room that uses it.

All that is wrong is said at once, each in its place. What can only be seen later, such as a package that is not there,
is put in its place when it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from builder.errors import Mistakes, SettingError
from builder.stages.assets import host_of
from builder.stages.pictures import wishes_of
from builder.stages.security import security_of
from builder.text.achievements import mistakes_of
from builder.text.budget import budgets_of
from builder.text.settings import FILE, in_place, read_settings

if TYPE_CHECKING:
    from builder.stages.ground import Ground


def check(ground: Ground) -> None:
    """Raise ``Mistakes`` where the settings of a build have some."""
    wrong = mistakes(ground.values)
    if wrong:
        raise _placed(wrong, ground)


def mistakes(values: Mapping[str, Any]) -> list[SettingError]:
    """Return what is wrong with the tables of the settings."""
    found = [*mistakes_of(values.get("achievements", []))]
    for read in _readers(values):
        try:
            read(values)
        except SettingError as error:
            found += (error, *error.more)
    return found


@contextmanager
def in_their_place(ground: Ground) -> Iterator[None]:
    """Give a setting that turns out to be wrong meanwhile its place."""
    try:
        yield
    except SettingError as error:
        raise _placed([error], ground) from error


def _readers(values: Mapping[str, Any]) -> Iterator[Callable[[Mapping[str, Any]], object]]:
    yield lambda values: wishes_of(values, release=False)
    yield lambda values: budgets_of(values.get("budgets", {}))
    yield host_of
    yield security_of
    # What few sites have is not loaded for the others.
    if "offline" in values:
        from builder.stages.offline import offline_of

        yield offline_of
    if "theme" in values:
        from builder.stages.fonts import theme_of

        yield theme_of


def _placed(wrong: list[SettingError], ground: Ground) -> Mistakes:
    folder = str(ground.roots.content)
    return in_place(wrong, read_settings(ground.tree.read(FILE), folder)[0], folder)
