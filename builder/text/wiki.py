"""Links and pictures between double brackets, as wikis and Obsidian write them.

    [[Note]]   [[Note|words]]   [[Note#A heading]]        links, where there is such a page
    ![[cat.png]]   ![[cat.png|200]]   ![[cat.png|A cat]]  pictures, where there is such a file, in whatever folder
    ![[Note]]                                             a link: a page does not stand inside another

What is not there stays text, as it is written.
"""

from __future__ import annotations

import posixpath
import re
from html import escape, unescape

from builder.model import Ref
from builder.text.headings import named_after
from builder.text.media import media_type
from builder.text.urls import href

# What stands in code or in a tag is none.
WIKI = re.compile(
    r"<code>.*?(?:</code>|\Z)|<pre\b.*?(?:</pre>|\Z)|<[^<>]*+>?"
    r"|(?P<shown>!?)\[\[(?P<target>[^\[\]|<>\n]{1,200})(?:\|(?P<words>[^\[\]<>\n]{1,200}))?\]\](?!\()",
    re.DOTALL,
)
_SIZE = re.compile(r"(\d{1,4})(?:x\d{1,4})?")


def reference(match: re.Match[str]) -> Ref | None:
    """Return the reference that a match of ``WIKI`` is, nothing where it is code or a tag."""
    written = match["target"]
    if written is None or not written.strip():
        return None
    target = unescape(written).strip()
    if match["shown"] and media_type(target).startswith("image/"):
        return Ref("embed", target, match[0], _attributes(target, match["words"] or ""))
    return Ref("wiki", target, match["words"] or written, match[0])


def _attributes(target: str, words: str) -> str:
    """Return a picture's words, its file's name where none are given, and the width that may follow them."""
    said = [part.strip() for part in unescape(words).split("|") if part.strip()]
    size = _SIZE.fullmatch(said[-1]) if said else None
    alt = " ".join(said[:-1] if size else said) or posixpath.splitext(posixpath.basename(target))[0]
    return f' alt="{escape(alt)}"' + (f' width="{size[1]}"' if size else "")


def fragment(written: str) -> str:
    """Return the fragment for a heading as it reads; a block (``^name``) is no place here, so its page must do."""
    heading = written.rpartition("#")[2].strip()
    return "#" + href(named_after(heading)) if heading and not heading.startswith("^") else ""
