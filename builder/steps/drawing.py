"""Drawings: one SVG file, in fewer bytes and without anything that runs, cut at what it refers to."""

from __future__ import annotations

from html import escape

from builder.asset import Compiled, Reference, Shipping
from builder.engine.step import step
from builder.errors import Problem
from builder.text import address, drawing, sheetlinks, stylesheet


@step(version=1)
def compile_drawing(path: str, data: bytes, shipping: Shipping) -> Compiled:
    """Return the drawing at ``path``, ready to be linked; one that is no XML is not published at all."""
    try:
        read = drawing.read(data, tight=shipping.minify)
    except drawing.BrokenDrawingError as error:
        problem = Problem(
            "warning",
            "image-broken",
            f"this SVG can't be read ({error.message}), so it is not published.",
            hint="Open it in a browser: it shows the same place.",
            root="assets",
            path=path,
            line=error.line,
            column=error.column,
        )
        return Compiled(path, problems=(problem,))
    problems = [_removed(path, *what) for what in read.removed]
    pieces = [""]
    references: list[Reference] = []
    for part in read.parts:
        if isinstance(part, str):
            pieces[-1] += part
            continue
        for text, reference in _addresses(path, part, problems):
            escaped = escape(text, quote=False).replace('"', "&quot;")
            pieces[-1] += escaped if part.css else escaped.replace("\n", "&#10;")
            if reference is not None:
                references.append(reference)
                pieces.append("")
    return Compiled(
        path,
        pieces=tuple(piece.encode() for piece in pieces),
        references=tuple(references),
        problems=tuple(problems),
    )


def _addresses(
    path: str,
    part: drawing.Address,
    problems: list[Problem],
) -> list[tuple[str, Reference | None]]:
    """Return ``part`` as text and the reference behind it, one pair per address in it."""
    spans = [(0, len(part.text), part.text)]
    if part.css:
        mentions = sheetlinks.mentions(part.text, stylesheet.tokens(part.text))
        spans = [(mention.start, mention.end, mention.address) for mention in mentions]
    out: list[tuple[str, Reference | None]] = []
    end = 0
    for start, stop, text in spans:
        resolved = address.resolve(path, text)
        if resolved is None:
            if address.is_remote(text):
                problems.append(address.remote(path, text, part.line, part.column))
            continue
        out.append((part.text[end:start], Reference("url", *resolved, text, part.line, part.column)))
        end = stop
    return [*out, (part.text[end:], None)]


def _removed(path: str, line: int, column: int, what: str) -> Problem:
    return Problem(
        "warning",
        "svg-script",
        f"“{what}” was taken out of this drawing: pictures of the site must not run scripts.",
        hint="Put what should move or react into a script of the page.",
        root="assets",
        path=path,
        line=line,
        column=column,
    )
