"""Directives: blocks between lines of colons.

    ::: quiz [Where does it live?] {#storage-1 xp=5}
    …
    :::

The whole page is parsed once, so that footnotes and reference links work across directives: before the parse each
line of colons becomes a comment that Markdown passes through (``mark``), and after it the comments are found in the
HTML, where they open and close frames. A line inside a code block comes back escaped, and is put back as it was.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html import escape

import msgspec

from builder.text.inline import inline
from builder.text.words import Phrases

_LINE = re.compile(r"^([ \t>]*)(:{3,})[ \t]*(?:\{?([A-Za-z][\w-]*)\}?(?![^\s\[{])([^\n]*))?$", re.MULTILINE)
_RAW = re.compile(r"<!--|<(pre|script|style|textarea)\b", re.IGNORECASE)
_INDENTED = re.compile(r"^[ \t]+:{3,}[ \t]*$", re.MULTILINE)
# Deeper than this, below an empty line, a line is code unless a list holds it.
_LIST = 3
_FENCE = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\{([^{}]*)\}\s*$")
_ATTRIBUTE = re.compile(r"""#([^\s#.{}]+)|\.([\w-]+)|([A-Za-z][\w-]*)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?""")
_BLOCKS = re.compile(r"<(/?)(?:ul|ol|li|blockquote|div|dl|dd|dt|table|section)\b", re.IGNORECASE)

ADMONITIONS = ("note", "tip", "info", "important", "warning", "caution", "danger")
NAMES = (*ADMONITIONS, "quiz", "exercise", "trace", "tabs", "tab", "details", "figure", "video")


class Line(msgspec.Struct, frozen=True):
    """A line of colons: where it stands, what it says, and its text to put back where it turns out to be code."""

    number: int
    column: int
    colons: int
    name: str
    title: str
    id: str
    attributes: dict[str, str]
    text: str


def mark(text: str, first_line: int) -> tuple[str, list[Line]]:
    """Return the text with its directive lines as comments ``<!--cw:N-->``, and the lines, N being their index."""
    raw = _raw(text) if "<" in text else []
    passed = 0
    lines: list[Line] = []
    opened: list[tuple[int, str]] = []
    code = _code(text) if _INDENTED.search(text) else []
    counted, number = 0, first_line

    def replace(match: re.Match[str]) -> str:
        nonlocal counted, number, passed
        while passed < len(raw) and raw[passed][1] <= match.start():
            passed += 1
        if passed < len(raw) and raw[passed][0] < match.start():
            return match[0]
        number += text.count("\n", counted, match.start())
        counted = match.start()
        lines.append(_read(match, number))
        return f"{_indent(match, opened, code)}<!--cw:{len(lines) - 1}-->"

    return _LINE.sub(replace, text), lines


def _indent(match: re.Match[str], opened: list[tuple[int, str]], code: list[tuple[int, int]]) -> str:
    """Return what stands before a line of colons, and keep account of the open ones.

    Formatters indent a closing line along with the list above it, and so would put it into that list: it stands where
    its directive began.
    """
    indent, colons = match[1], len(match[2])
    if match[3]:
        opened.append((colons, indent))
        return indent
    begun = next((number for number in reversed(range(len(opened))) if opened[number][0] == colons), None)
    if begun is None:
        return indent
    before = opened[begun][1]
    del opened[begun:]
    if not indent.startswith(before) or indent.strip() or _is_blank_before(match):
        return indent
    number = bisect_right(code, (match.start(), 0)) - 1
    return indent if number >= 0 and match.start() < code[number][1] else before


def _is_blank_before(match: re.Match[str]) -> bool:
    """Tell whether a line may be code by its indent alone."""
    return len(match[1].expandtabs()) > _LIST and match.string.startswith("\n\n", max(match.start() - 2, 0))


def _code(text: str) -> list[tuple[int, int]]:
    """Return where fenced code stands, in order."""
    found: list[tuple[int, int]] = []
    fence, start = "", 0
    for line in _FENCE.finditer(text):
        if not fence:
            fence, start = line[1], line.start()
        elif line[1].startswith(fence) and not line[2].strip():
            found.append((start, line.end()))
            fence = ""
    return [*found, (start, len(text))] if fence else found


def _raw(text: str) -> list[tuple[int, int]]:
    """Return where comments and raw elements stand, in order; one without an end is none."""
    found: list[tuple[int, int]] = []
    endless: set[str] = set()
    for match in _RAW.finditer(text):
        close = f"</{match[1].lower()}>" if match[1] else "-->"
        if close in endless or (found and match.start() < found[-1][1]):
            continue
        end = re.compile(close, re.IGNORECASE).search(text, match.end())
        if end:
            found.append((match.start(), end.end()))
        else:
            endless.add(close)
    return found


def _read(match: re.Match[str], number: int) -> Line:
    rest = (match[4] or "").strip()
    identifier = ""
    attributes: dict[str, str] = {}
    found = _ATTRIBUTES.search(rest)
    if found:
        rest = rest[: found.start()].rstrip()
        for hash_, class_, key, double, single, bare in _ATTRIBUTE.findall(found[1]):
            if hash_:
                identifier = hash_
            elif class_:
                attributes["class"] = f"{attributes.get('class', '')} {class_}".strip()
            elif key:
                attributes[key] = double or single or bare
    title = rest[1:-1].strip() if rest.startswith("[") and rest.endswith("]") else rest
    return Line(
        number=number,
        column=len(match[1]) + 1,
        colons=len(match[2]),
        name=match[3] or "",
        title=title,
        id=identifier or attributes.get("id", ""),
        attributes=attributes,
        text=match[0][len(match[1]) :],
    )


def is_whole(html: str) -> bool:
    """Tell whether a piece of HTML closes every container that it opens, and no other."""
    depth = 0
    for close in _BLOCKS.findall(html):
        depth += -1 if close else 1
        if depth < 0:
            return False
    return depth == 0


def wrap(line: Line, content: str, phrases: Phrases) -> str:
    """Return the HTML of a plain directive around its content."""
    name, title = line.name.lower(), inline(line.title)
    identifier = f' id="{escape(line.id)}"' if line.id else ""
    if name in ADMONITIONS:
        label = title or escape(phrases.say(name), quote=False)
        return f'<aside class="note {name}"{identifier}><p class="note-title">{label}</p>\n{content}</aside>'
    if name == "details":
        opened = " open" if "open" in line.attributes else ""
        label = title or escape(phrases.say(name), quote=False)
        return f"<details{identifier}{opened}><summary>{label}</summary>\n{content}</details>"
    if name == "figure":
        return f"<figure{identifier}>{_captioned(content, title)}</figure>"
    if name == "tabs":
        # Radio buttons make tabs that need no script; the tabs of one block share a name, and the first is open.
        named = content.replace(' name="tab"', f' name="tabs-{line.number}"').replace(' value="tab"', " checked", 1)
        named = named.replace(' value="tab"', "")
        return f'<div class="tabs"{identifier}>{named}</div>'
    if name == "tab":
        button = f'<input type="radio" name="tab" value="tab">{title or escape(phrases.say(name), quote=False)}'
        return (
            f'<section class="tab"{identifier}><label class="tab-title">{button}</label>'
            f'<div class="tab-body">\n{content}</div></section>'
        )
    head = f'<p class="note-title">{title}</p>\n' if title else ""
    return f'<div class="{escape(line.name)}"{identifier}>{head}{content}</div>'


def _captioned(content: str, title: str) -> str:
    """Return a figure's content with its caption: the title, or else a last paragraph that is words below something."""
    if title:
        return f"{content}<figcaption>{title}</figcaption>"
    before, opening, words = content.rstrip().rpartition("<p>")
    if not opening or not before.strip() or not words.endswith("</p>") or "<img" in words or words.count("</p>") > 1:
        return content
    return f"{before}<figcaption>{words.removesuffix('</p>')}</figcaption>"
