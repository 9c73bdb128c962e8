"""A web font as a style sheet: its faces by the ranges of letters that they hold, and a face that waits in its place.

The face that waits is one that the reader's system has, drawn in the web font's measures: as wide in running text, as
high and as deep. Lines break where they will break, so that nothing moves when the font comes.
"""

from __future__ import annotations

from typing import NamedTuple

from builder.text.woff2 import Measures

# Faces that systems have, and the average width of their letters; Arial's and Roboto's differ by 3 in 1,000.
ARIAL = (("Arial", "ArialMT", "Liberation Sans", "Arimo", "Roboto"), 0.4405)
ARIAL_BOLD = (("Arial Bold", "Arial-BoldMT", "Liberation Sans Bold", "LiberationSans-Bold", "Arimo Bold"), 0.4764)
TIMES = (("Times New Roman", "TimesNewRomanPSMT", "Liberation Serif", "Tinos", "Noto Serif"), 0.3993)
TIMES_BOLD = (
    ("Times New Roman Bold", "TimesNewRomanPS-BoldMT", "Liberation Serif Bold", "LiberationSerif-Bold"),
    0.4256,
)
COURIER = (("Courier New", "CourierNewPSMT", "Liberation Mono", "Cousine", "Droid Sans Mono"), 0.6001)
COURIER_BOLD = (("Courier New Bold", "CourierNewPS-BoldMT", "Liberation Mono Bold", "LiberationMono-Bold"), 0.6001)

STAND_INS = {"serif": (TIMES, TIMES_BOLD), "monospace": (COURIER, COURIER_BOLD)}

# Headings are 550 to 650: nearer to a bold face than to a regular one.
BOLD = 550


class Face(NamedTuple):
    """One file of a font: its logical path, the style and weights that it draws, the letters that it holds."""

    path: str
    style: str
    weight: str
    range: str


class Typeface(NamedTuple):
    """A font as its package describes it; ``regular`` and ``bold`` are the measures of two of its files."""

    family: str
    category: str
    faces: tuple[Face, ...]
    regular: Measures | None
    bold: Measures | None


def sheet(typeface: Typeface, variable: str) -> str:
    """Return the style sheet of a font that stands before the theme's own in the custom property ``variable``."""
    family = f"{typeface.family} Variable" if any(" " in face.weight for face in typeface.faces) else typeface.family
    waiting = f"{family} fallback"
    rules = [_face(family, face) for face in typeface.faces]
    names = [family]
    if typeface.regular and typeface.regular.width:
        # A file with all weights tells of its regular one: the bold stand-in is drawn at the same scale.
        (regular, width), bold = STAND_INS.get(typeface.category, (ARIAL, ARIAL_BOLD))
        scale = typeface.regular.width / width
        heavy = typeface.bold.width / bold[1] if typeface.bold and typeface.bold.width else scale
        rules.append(_waiting(waiting, regular, f"1 {BOLD - 1}", typeface.regular, scale))
        rules.append(_waiting(waiting, bold[0], f"{BOLD} 1000", typeface.bold or typeface.regular, heavy))
        names.append(waiting)
    # The comma at the end goes before what the theme names after it.
    listed = "".join(f'"{name}",' for name in names)
    return "\n".join((*rules, f":root {{ {variable}: {listed} }}", ""))


def _face(family: str, face: Face) -> str:
    return (
        f'@font-face {{ font-family: "{family}"; font-style: {face.style}; font-weight: {face.weight}; '
        f'font-display: swap; src: url("{face.path}") format("woff2"); unicode-range: {face.range} }}'
    )


def _waiting(name: str, local: tuple[str, ...], weight: str, wanted: Measures, scale: float) -> str:
    sources = ", ".join(f'local("{each}")' for each in local)
    overrides = (("ascent", wanted.ascent), ("descent", wanted.descent), ("line-gap", wanted.gap))
    lines = "; ".join(f"{what}-override: {value / scale:.2%}" for what, value in overrides)
    drawn = f"font-weight: {weight}; src: {sources}; size-adjust: {scale:.2%}; {lines}"
    return f'@font-face {{ font-family: "{name}"; {drawn} }}'
