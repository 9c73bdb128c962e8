"""What a web font's own tables tell of its measures: how high, how deep, how wide its letters run.

A WOFF2 file is a directory of tables and one brotli stream of them all; the tables that are read here are kept as they
are in OpenType, but for the widths, whose other half may be left out.

    'wOF2' … count (u16 at 12) … compressed size (u32 at 20)   48 bytes
    per table   flags (6 bits: which, 2 bits: how it is kept)  [its name]  its length  [its length as kept]
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import brotli  # type: ignore[import-untyped]  # it ships no types

# The names that a directory has numbers for, in their order.
_NAMES = (
    "cmap head hhea hmtx maxp name OS/2 post cvt_ fpgm glyf loca prep CFF_ VORG EBDT EBLC gasp hdmx kern LTSH PCLT "
    "VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL SVG_ sbix acnt avar bdat bloc bsln cvar "
    "fdsc feat fmtx fvar gvar hsty just lcar mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill"
)
NAMES = tuple(_NAMES.split())
OWN_NAME = 63

# The table of widths, kept without its other half.
SHORT = "hmtx without bearings"

# How often letters stand in running English text, in a thousand: what the average width is weighed with.
_OFTEN = "e102 t75 a65 o62 i57 n57 s53 h50 r50 d34 l33 c22 u23 m20 w19 f18 g16 y16 p15 b12 v8 k6 j1 x1 q1 z1"
LETTERS = {word[0]: int(word[1:]) for word in _OFTEN.split()} | {" ": 183}


class Measures(NamedTuple):
    """A font's measures, in units of its size; ``width`` is that of an average letter, 0 where it has none of ours."""

    ascent: float
    descent: float
    gap: float
    width: float


def measures(data: bytes) -> Measures | None:
    """Return the measures of a WOFF2 file, or nothing where it is none, or a collection."""
    try:
        tables = _tables(data)
        (units,) = struct.unpack_from(">H", tables["head"], 18)
        ascent, descent, gap = struct.unpack_from(">hhh", tables["hhea"], 4)
        (count,) = struct.unpack_from(">H", tables["hhea"], 34)
        glyphs = _glyphs(tables["cmap"])
        widths = _widths(tables, count)
    except (struct.error, brotli.error, KeyError, IndexError, ValueError):
        return None
    there = {letter: often for letter, often in LETTERS.items() if ord(letter) in glyphs}
    whole = sum(often * widths[min(glyphs[ord(letter)], count - 1)] for letter, often in there.items())
    width = whole / sum(there.values()) / units if len(there) == len(LETTERS) else 0.0
    return Measures(ascent / units, -descent / units, gap / units, width)


def _tables(data: bytes) -> dict[str, bytes]:
    if data[:4] != b"wOF2" or data[4:8] == b"ttcf":
        raise ValueError
    (count,) = struct.unpack_from(">H", data, 12)
    (packed,) = struct.unpack_from(">I", data, 20)
    place, sizes = 48, list[tuple[str, int]]()
    for _ in range(count):
        number, kept = data[place] & 63, data[place] >> 6
        place += 1
        name = NAMES[number] if number < OWN_NAME else data[place : place + 4].decode("latin-1")
        place += 4 if number == OWN_NAME else 0
        size, place = _number(data, place)
        # Outlines are kept otherwise unless it says not; all else as it is unless it says so.
        if (kept != 3) if name in {"glyf", "loca"} else (kept != 0):  # noqa: PLR2004 - the format's "as it is"
            size, place = _number(data, place)
            name = SHORT if name == "hmtx" else name
        sizes.append((name, size))
    whole = brotli.decompress(data[place : place + packed])
    tables: dict[str, bytes] = {}
    start = 0
    for name, size in sizes:
        tables[name] = whole[start : start + size]
        start += size
    return tables


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where the next thing begins."""
    value = 0
    while True:
        value = value << 7 | data[place] & 127
        place += 1
        if data[place - 1] < 128:  # noqa: PLR2004 - the bit that says "more"
            return value, place


def _widths(tables: dict[str, bytes], count: int) -> tuple[int, ...]:
    if SHORT in tables:
        # A byte of flags, then the widths in a row.
        return struct.unpack_from(f">{count}H", tables[SHORT], 1)
    return struct.unpack_from(">" + "Hh" * count, tables["hmtx"])[::2]


def _glyphs(table: bytes) -> dict[int, int]:
    """Return the glyph of each of our letters, from a table of whichever kind a font has."""
    (count,) = struct.unpack_from(">H", table, 2)
    found: dict[int, int] = {}
    for number in range(count):
        (start,) = struct.unpack_from(">I", table, 8 + number * 8)
        (kind,) = struct.unpack_from(">H", table, start)
        if kind == 4:  # noqa: PLR2004 - segments
            found |= _segments(table, start)
        elif kind == 12:  # noqa: PLR2004 - groups
            (groups,) = struct.unpack_from(">I", table, start + 12)
            for first, last, glyph in struct.iter_unpack(">III", table[start + 16 : start + 16 + groups * 12]):
                found |= {ord(each): glyph + ord(each) - first for each in LETTERS if first <= ord(each) <= last}
    return found


def _segments(table: bytes, start: int) -> dict[int, int]:
    (double,) = struct.unpack_from(">H", table, start + 6)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", table, start + 14)
    firsts = struct.unpack_from(f">{count}H", table, start + 16 + double)
    deltas = struct.unpack_from(f">{count}H", table, start + 16 + double * 2)
    offsets = struct.unpack_from(f">{count}H", table, start + 16 + double * 3)
    found: dict[int, int] = {}
    for code in map(ord, LETTERS):
        number = next((number for number, end in enumerate(ends) if end >= code), count - 1)
        if firsts[number] > code:
            continue
        glyph = code
        if offsets[number]:
            place = start + 16 + double * 3 + number * 2 + offsets[number] + (code - firsts[number]) * 2
            (glyph,) = struct.unpack_from(">H", table, place)
        found[code] = (glyph + deltas[number]) & 0xFFFF
    return found
