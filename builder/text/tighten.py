"""Scripts with no more space than they need, by tokens: for the sources that a quicker minifier would break.

A line break stays wherever the next line could otherwise be read as part of the statement before it; everything else
between two tokens goes, or becomes the one space that keeps them apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builder.text.javascript import Token

# No statement ends after these, so the line break behind them says nothing. A slash may close a regular expression and
# is left out; so are ) ] } ++ --.
_OPEN = """
{ ( [ , ; : ? = + - * % & | ^ ~ ! < > . ?. => ... == === != !== <= >= << >> >>> && || ?? ** += -= *= /= %= **=
<<= >>= >>>= &= |= ^= &&= ||= ??= ${
"""
OPEN = frozenset(_OPEN.split())

# A line that begins with these goes on with the statement before it, or ends it by itself.
_CLOSING = """
) ] } , ; . ?. : == === != !== && || ?? = =>
"""
CLOSING = frozenset(_CLOSING.split())

GLUE = frozenset({b"++", b"--", b"//", b"/*", b"<!", b"->"})

WORD = re.compile(rb"[\w$\\#@\x80-\xff]")


def tighten(source: bytes, tokens: list[Token]) -> bytes | None:
    """Return ``source`` with the least space between its ``tokens``, or ``None`` where something else stands there."""
    out: list[bytes] = []
    last, end = b"", 0
    for token in tokens:
        text = source[token.start : token.end]
        if not text:
            continue
        gap = source[end : token.start]
        if gap:
            space = _space(gap, last, text)
            if space is None:
                return None
            out.append(space if last else b"")
        out.append(text)
        last, end = text, token.end
    return b"".join(out)


def _space(gap: bytes, left: bytes, right: bytes) -> bytes | None:
    bare = re.sub(rb"/\*.*?\*/|//[^\n]*|<!--[^\n]*|-->[^\n]*", b"", gap, flags=re.DOTALL)
    if bare.strip() and bare.strip(b"\xef\xbb\xbf\xc2\xa0\xe2\x80\xa8\xa9 \t\r\n\f\v"):
        return None
    if b"\n" in gap and left.decode("latin-1") not in OPEN and right.decode("latin-1") not in CLOSING:
        return b"\n"
    if left.startswith(b"#!"):
        return b"\n"
    words = WORD.match(left[-1:]) and WORD.match(right[:1])
    number = left[-1:].isdigit() and right[:1] == b"."
    return b" " if words or number or left[-1:] + right[:1] in GLUE else b""
