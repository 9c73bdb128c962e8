"""Style sheets with their imports inlined, so that a page asks for one file.

An imported sheet's rules stand where its import stood, inside rules that say the import's conditions; that is what the
cascade sees, too. An import stays an import where inlining would change the order: a sheet of another host that follows
rules of ours, and a sheet that must be a file of its own. A cycle ends where it closes, as in a browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from builder.asset import Compiled, Import, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Sheet(msgspec.Struct, frozen=True):
    """Bytes cut at references, as in ``Compiled``; ``prefix`` goes before each name that is filled in."""

    pieces: tuple[bytes, ...]
    references: tuple[Reference, ...]
    prefix: str = ""


class _Part(msgspec.Struct, frozen=True):
    """A stretch of the flat sheet, and where it may stand.

    ``first``: before any rule; ``rule``: anywhere behind; ``free``: anywhere; ``never``: it can't be written inlined.
    """

    sheet: Sheet
    order: Literal["first", "rule", "free", "never"]


def flatten(path: str, known: Mapping[str, Compiled]) -> Sheet:
    """Return the sheet at ``path`` as it is published."""
    file = known[path]
    parts = _parts(file, known, (path,))
    orders = [part.order for part in parts if part.order != "free"]
    if "never" in orders or orders != sorted(orders):
        parts = [*(_statement(head) for head in file.imports), _body(file)]
    return _join(parts)


def _parts(file: Compiled, known: Mapping[str, Compiled], trail: tuple[str, ...]) -> list[_Part]:
    parts: list[_Part] = []
    for head in file.imports:
        target = known.get(head.reference.target) if head.reference is not None else None
        if target is None or target.sealed or not target.path.endswith(".css"):
            parts.append(_statement(head))
        elif target.path not in trail:
            inner = _parts(target, known, (*trail, target.path))
            parts.extend(_wrapped(head.wraps, inner) if head.wraps else inner)
    return [*parts, _body(file)]


def _wrapped(wraps: tuple[str, ...], inner: list[_Part]) -> list[_Part]:
    """Return ``inner`` inside the rules that stand for its import's conditions; an import can't stand inside a rule."""
    opens, closes = "".join(wraps).encode(), b"}" * len(wraps)
    whole = _join(inner)
    pieces = (opens + whole.pieces[0], *whole.pieces[1:])
    sheet = Sheet((*pieces[:-1], pieces[-1] + closes), whole.references)
    return [_Part(sheet, "never" if any(part.order in {"first", "never"} for part in inner) else "rule")]


def _statement(head: Import) -> _Part:
    if head.reference is None:
        return _Part(Sheet((head.text.encode(),), ()), "free")
    tail = f'"{" " + head.tail if head.tail else ""};'
    return _Part(Sheet((b'@import"', tail.encode()), (head.reference,)), "first")


def _body(file: Compiled) -> _Part:
    empty = len(file.pieces) == 1 and not file.pieces[0].strip()
    return _Part(Sheet(file.pieces, file.references), "free" if empty else "rule")


def _join(parts: Iterable[_Part]) -> Sheet:
    """Return ``parts`` one after the other."""
    pieces: list[bytes] = [b""]
    references: list[Reference] = []
    for part in parts:
        pieces[-1] += part.sheet.pieces[0]
        pieces.extend(part.sheet.pieces[1:])
        references.extend(part.sheet.references)
    return Sheet(tuple(pieces), tuple(references))
