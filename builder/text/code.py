"""Code blocks: what their info string asks for, and their highlighting in classes.

    ```solidity title="Counter.sol" {2,4-6} linenos
    ```diff-solidity                       lines that begin with + or - are marked, the rest is Solidity
    ```solidity file=Counter.sol lines=3-9

Pygments does the lexing; the spans are written here, since its own formatter costs as much again and writes a span for
every name and comma that no theme colours.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html import escape, unescape
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

# Beyond this a block is data, not something to read in colours; it bounds the time that a hostile block can take.
LIMIT = 60_000

_LANGUAGE = re.compile(r"[\w+#.-]+")
_META = re.compile(r"""([A-Za-z][\w-]*)=(?:"([^"]*)"|'([^']*)'|([^\s{}]+))|\{([\d,\s-]+)\}|([A-Za-z][\w-]*)""")
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_ALIASES = {"sol": "solidity", "shell-session": "console", "plain": "text", "plaintext": "text", "txt": "text"}


class Info(msgspec.Struct, frozen=True):
    """What an info string says."""

    language: str = ""
    title: str = ""
    file: str = ""
    lines: tuple[int, int] | None = None
    marks: frozenset[int] = frozenset()
    numbered: bool = False
    start: int = 1
    diff: bool = False


def read_info(language: str, meta: str) -> Info:
    """Return what a fence's language word and the rest of its info string ask for."""
    found = _LANGUAGE.match(language.removeprefix("{").removeprefix("."))
    name = found[0].lower() if found else ""
    diff = name.startswith("diff-")
    fields: dict[str, str] = {}
    marks: set[int] = set()
    for key, double, single, bare, ranges, word in _META.findall(meta):
        if ranges:
            marks.update(_numbers(ranges))
        elif key:
            fields[key.lower()] = double or single or bare
        else:
            fields[word.lower()] = ""
    span = _RANGE.fullmatch(fields.get("lines", ""))
    start = fields.get("start", "")
    return Info(
        language=_ALIASES.get(name.removeprefix("diff-"), name.removeprefix("diff-")),
        title=fields.get("title", "") or fields.get("filename", ""),
        file=fields.get("file", ""),
        lines=(int(span[1]), int(span[2] or span[1])) if span else None,
        marks=frozenset(marks),
        numbered="linenos" in fields or "linenums" in fields or "showlinenumbers" in fields,
        start=int(start) if start.isdecimal() else 1,
        diff=diff or "diff" in fields,
    )


def _numbers(ranges: str) -> set[int]:
    numbers: set[int] = set()
    for first, last in _RANGE.findall(ranges):
        low, high = int(first), int(last or first)
        numbers.update(range(low, min(high, low + 10_000) + 1))
    return numbers


def figure(code: str, info: Info) -> str:
    """Return a code block as HTML: highlighted, with its title, line numbers and marks."""
    attributes = f' class="language-{escape(info.language)}"' if info.language else ""
    inner = highlight(code, info.language) if not (info.marks or info.numbered or info.diff) else _in_lines(code, info)
    pre = f'<pre tabindex="0"><code{attributes}>{inner}</code></pre>'
    return f'<figure class="code"><figcaption>{escape(info.title)}</figcaption>{pre}</figure>' if info.title else pre


def _in_lines(code: str, info: Info) -> str:
    lines = code.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    signs = [line[:1] if info.diff and line[:1] in "+-" else "" for line in lines]
    bare = "\n".join(
        line[1:] if sign or (info.diff and line[:1] == " ") else line for line, sign in zip(lines, signs, strict=True)
    )
    out = []
    for number, (html, sign) in enumerate(zip(_split_lines(highlight(bare, info.language)), signs, strict=False), 1):
        names = "line" + (" mark" if number in info.marks else "") + {"+": " added", "-": " removed", "": ""}[sign]
        tag, end = {"+": ("ins", "ins"), "-": ("del", "del"), "": ("span", "span")}[sign]
        counted = f' data-line="{number + info.start - 1}"' if info.numbered else ""
        out.append(f'<{tag} class="{names}"{counted}>{html}\n</{end}>')
    return "".join(out)


def _split_lines(html: str) -> list[str]:
    """Return highlighted code line by line; a token that spans lines is closed and opened again."""
    out = []
    opened = ""
    for line in html.split("\n"):
        text = opened + line
        last_open, last_close = text.rfind("<span"), text.rfind("</span>")
        opened = text[last_open : text.index(">", last_open) + 1] if last_open > last_close else ""
        out.append(text + "</span>" if opened else text)
    return out


def highlight(code: str, language: str) -> str:
    """Return code escaped, its tokens in spans of Pygments' short classes; plain where the language is unknown."""
    lexer = _lexer(language) if language and len(code) <= LIMIT else None
    if lexer is None:
        return escape(code, quote=False)
    from builder.text.lexing import spans

    return "".join(_span(name, text) for name, text in spans(lexer, code, class_of) if text)


def _span(name: str, text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<span class="{name}">{text}</span>' if name else text


# The classes a theme colours; every other token stays bare text, which is a third of a highlighted block's bytes.
_COLOURED = frozenset(
    "c cp k kc kt s se si sr m o na nb nc nd ne nf nl nn nt nv gd ge gh gi gp gr gs gu".split()  # noqa: SIM905 - legible
)


@cache
def class_of(kind: _TokenType) -> str | None:
    """Return the class of a kind of token: empty for bare text, None for blanks."""
    from pygments.token import STANDARD_TYPES, Token, Whitespace

    if kind in (Token.Text, Whitespace):
        return None
    walk = kind
    while walk not in STANDARD_TYPES and walk.parent:
        walk = walk.parent
    name = STANDARD_TYPES.get(walk, "")
    if name in _COLOURED:
        return name
    # A theme that colours comments colours every kind of comment.
    return name[:1] if name[:1] in ("c", "k", "s", "m", "o") else ""


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if language in ("text", "mermaid"):
        return None
    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None


def plain(html: str) -> str:
    """Return a code block's own text from its escaped form."""
    return unescape(html) if "&" in html else html
