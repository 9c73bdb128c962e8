"""A site's settings, looked at one by one: what a table may hold is a struct, and what it does not hold is named.

Each mistake knows the way to its value; ``in_place`` finds where in the text that stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec

from builder.errors import Mistakes, Problem, SettingError
from builder.text.decode import decode
from builder.text.positions import Lines
from builder.text.toml import Offsets, Slip, Way, read_toml

FILE = "site.toml"

T = TypeVar("T", bound=msgspec.Struct)

# What kinds of values are called.
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_EXPECTED = re.compile(r"Expected `(\w+)`(?: of length)?(?: (>=|<=) (\d+))?")


def read_settings(source: bytes, folder: str) -> tuple[str, dict[str, Any]]:
    """Return the text of a site.toml and its values; raise ``Mistakes`` where it is no TOML."""
    text, wrong = decode(source, FILE)
    values, slip = read_toml(text)
    if wrong:
        slip = Slip(wrong[0].message, wrong[0].line or 1, wrong[0].column or 1)
    if slip:
        hint = "docs/authoring.md has a whole one to begin with."
        message = f"{FILE} cannot be read: {slip.message}"
        raise Mistakes((_problem(message, hint, Lines(text), slip.line, slip.column),), folder)
    return text, values


def in_place(errors: Iterable[SettingError], text: str, folder: str) -> Mistakes:
    """Return what is wrong with the settings as one error, each in its place."""
    lines, offsets = Lines(text), Offsets(text)
    found = []
    for error in errors:
        line, column = lines.place(offsets.of(error.way, name=error.name))
        found.append(_problem(error.message, error.hint, lines, line, column))
    return Mistakes(tuple(sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.column))), folder)


def _problem(message: str, hint: str, lines: Lines, line: int, column: int) -> Problem:
    excerpt = lines.window(line, column)
    return Problem("error", "setting", message, hint, "content", FILE, line, column, excerpt)


def table(values: Mapping[str, Any], name: str, kind: type[T], hints: Mapping[str, str] | None = None) -> T:
    """Return a table of the settings as a struct; raise ``SettingError`` with what is wrong in it."""
    given = values.get(name, {})
    first, *more = [*mistakes_in(given, kind, (name,), hints), None]
    if first:
        first.more = tuple(filter(None, more))
        raise first
    return msgspec.convert(given if isinstance(given, dict) else {}, kind)


def mistakes_in(
    given: Mapping[str, Any], kind: type[msgspec.Struct], way: Way, hints: Mapping[str, str] | None = None
) -> Iterator[SettingError]:
    """Yield what is wrong with a table that should be a struct of this kind; ``hints`` are for its single values.

    What is no table at all is said where tables are looked at by their names.
    """
    given = given if isinstance(given, Mapping) else {}
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in given:
        if name not in fields:
            yield unknown((*way, name), fields)
    for name, field in fields.items():
        example = (hints or {}).get(name) or _example(field)
        if name in given:
            yield from _mistakes(given[name], field.type, (*way, name), example)
        elif field.required:
            yield SettingError(f"`{_called(way)}` needs `{name}`", (*way, name), hint=example)


def unknown(way: Way, known: Iterable[str]) -> SettingError:
    """Return what is said of a setting that does not exist: the one that was probably meant, or all there are."""
    names = sorted(known)
    near = get_close_matches(str(way[-1]), names, n=1)
    others = f"There {'is' if len(names) == 1 else 'are'} {listed(names)}."
    others = others if len(way) > 1 else "Your own values go under [extra]."
    hint = f"Did you mean `{near[0]}`?" if near else others
    return SettingError(f"Unknown setting `{_called(way)}`", way, hint=hint, name=True)


def listed(names: list[str]) -> str:
    """Return names as a sentence has them."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _mistakes(value: object, kind: Any, way: Way, example: str) -> Iterator[SettingError]:
    """Yield what is wrong with a value; of a list or table each thing for itself."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        parts: Iterable[tuple[str | int, object]] = ()
        if get_origin(plain) is tuple and isinstance(value, list):
            parts = enumerate(value)
        elif get_origin(plain) is dict and isinstance(value, dict):
            parts = value.items()
        within = [found for part, item in parts for found in _mistakes(item, _held(plain), (*way, part), example)]
        yield from within or [SettingError(_sentence(_called(way), value, str(error)), way, hint=example)]


def _held(kind: Any) -> Any:
    """Return the kind of what a list (``tuple[kind, ...]``) or a table (``dict[str, kind]``) holds."""
    return get_args(kind)[0 if get_origin(kind) is tuple else 1]


def _sentence(name: str, value: object, reason: str) -> str:
    if match := _EXPECTED.match(reason):
        kind, sign, number = match.groups()
        if sign and kind == "array":
            return f"`{name}` is empty"
        if sign and kind == "str":
            return f"`{name}` is empty" if sign == ">=" else f"`{name}` has more than {number} characters"
        if sign:
            return f"`{name}` should be {'at least' if sign == '>=' else 'at most'} {number}"
        if "matching regex" in reason:
            return f"`{name}` can't be `{value}`"
        return f"`{name}` should be {_KINDS.get(kind, kind)}"
    return f"`{name}` can't be `{value}`"


def _called(way: Way) -> str:
    return ".".join(str(part) for part in way if isinstance(part, str))


def _example(field: msgspec.structs.FieldInfo) -> str:
    """Return how a setting is written: with the value that it has anyway."""
    if field.default_factory is dict:
        return f"Such as [{field.name}] on a line of its own, its settings below"
    if isinstance(field.default, tuple):
        return f"Such as {field.name} = [{', '.join(map(_written, field.default or ('…', '…')))}]"
    return f"Such as {field.name} = {_written(field.default)}"


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value or "…"}"'
