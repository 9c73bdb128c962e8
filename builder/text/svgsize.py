"""The size of an SVG drawing, from its first tag."""

from __future__ import annotations

import re
from xml.parsers import expat

# In CSS pixels; a length in per cent depends on the page and says nothing.
UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
    "em": 16,
}

# What browsers assume of a drawing that says nothing.
DEFAULT = (300, 150)


def svg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of the drawing in ``data``, or ``None`` where it is none."""
    if not re.match(rb"\s*<", data.removeprefix(b"\xef\xbb\xbf")[:512]) and b"<\0" not in data[:4]:
        return None
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not found:
            found.append(attributes if name.rpartition(":")[2] == "svg" else {"": ""})

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        for at in range(0, len(data), 4096):
            parser.Parse(data[at : at + 4096], False)  # noqa: FBT003 - expat knows the argument by position only
            if found:
                break
    except expat.ExpatError:
        pass
    return _size(found[0]) if found and "" not in found[0] else None


def _size(attributes: dict[str, str]) -> tuple[int, int]:
    width, height = _length(attributes.get("width", "")), _length(attributes.get("height", ""))
    box = [float(number) for number in re.findall(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", attributes.get("viewBox", ""))]
    ratio = box[2] / box[3] if len(box) == 4 and box[2] > 0 and box[3] > 0 else None  # noqa: PLR2004 - x y w h
    if width and height:
        return round(width), round(height)
    if ratio is None:
        return round(width or DEFAULT[0]), round(height or DEFAULT[1])
    if width:
        return round(width), max(1, round(width / ratio))
    if height:
        return max(1, round(height * ratio)), round(height)
    return max(1, round(box[2])), max(1, round(box[3]))


def _length(text: str) -> float | None:
    match = re.fullmatch(r"\s*\+?(\d*\.?\d+(?:e\d+)?)([a-z]*)\s*", text.lower())
    if match is None or match.group(2) not in UNITS:
        return None
    return float(match.group(1)) * UNITS[match.group(2)] or None
