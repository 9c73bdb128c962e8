"""HTML as text: taking tags off, reading attributes, closing what an author left open."""

from __future__ import annotations

import re
from html import escape, unescape

_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_ELEMENT = re.compile(r"<!--.*?(?:-->|\Z)|<(/?)([A-Za-z][A-Za-z0-9-]*)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*+)>", re.DOTALL)

# Elements without an end tag, and those whose end tag HTML lets an author leave out.
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_OPTIONAL = frozenset(["li", "p", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "colgroup"])


def text_of(html: str) -> str:
    """Return the text of a piece of HTML, blanks made one."""
    return " ".join(unescape(_TAG.sub("", html) if "<" in html else html).split())


def attributes_of(source: str) -> dict[str, str]:
    """Return a tag's attributes, names in lower case, values unescaped; the first of two of one name counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


def write_attributes(attributes: dict[str, str]) -> str:
    """Return attributes as they stand in a tag, each with a blank before it."""
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def balance(html: str) -> str:
    """Return the HTML with stray end tags dropped and open elements closed, so that it cannot break the page around it.

    A linear pass over the tags, for pages in which an author wrote HTML; what is balanced comes back as it was.
    """
    stack: list[str] = []
    out: list[str] = []
    done = 0
    for match in _ELEMENT.finditer(html):
        name = (match[2] or "").lower()
        if not name or name in VOID or (match[3] or "").endswith("/"):
            continue
        if not match[1]:
            stack.append(name)
        elif name not in stack:
            out.append(html[done : match.start()])
            done = match.end()
        else:
            out.append(html[done : match.start()])
            while stack[-1] != name:
                open_name = stack.pop()
                out.append("" if open_name in _OPTIONAL else f"</{open_name}>")
            stack.pop()
            out.append(match[0])
            done = match.end()
    out.append(html[done:])
    out.extend("" if name in _OPTIONAL and name != "p" else f"</{name}>" for name in reversed(stack))
    return "".join(out)
