"""HTML as text: taking tags off, reading attributes, closing what an author left open."""

from __future__ import annotations

import re
from collections import Counter
from html import escape, unescape

_TAG = re.compile(r"<[^>]*(?:>|\Z)")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
# Only after its equals sign does a quote begin a value.
_INSIDE = r"""(?:[^<>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+"""
_ELEMENT = re.compile(
    rf"""<!--.*?(?P<comment>-->|\Z)
      | <(?P<end>/?)(?P<name>[A-Za-z][^\s/<>\0]*)(?P<rest>{_INSIDE})>
      | <[!?/][^>]*+>
      | (?P<broken><(?=[A-Za-z!?/]))""",
    re.DOTALL | re.VERBOSE,
)

# Drawings and formulas have elements that a slash ends.
_FOREIGN = ("svg", "math")
# A browser reads these up to their own end tag, whatever stands between.
_RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"])
# Where these have no end, Markdown takes all that follows for theirs; any other would hide it from readers.
_CODE = frozenset(["script", "style"])
_HIDING = re.compile(rf"<!--(?!cw:\d+-->)|<(?P<name>{'|'.join(sorted(_RAW))})\b[^<>]*>", re.IGNORECASE)
# After so many tags that do not end, what follows is text; each of them was looked for up to the page's end.
_BROKEN = 20

# Elements without an end tag, and those whose end tag HTML lets an author leave out.
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_OPTIONAL = frozenset(["li", "p", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "colgroup"])
# Elements whose end ends a paragraph or a list's item inside; the end of any other is passed over by browsers there.
_BLOCKS = """
address article aside blockquote center dd details dialog div dl dt fieldset figcaption figure footer form header
li main menu nav ol pre search section summary table tbody td tfoot th thead tr ul
"""
_IMPLYING = frozenset(_BLOCKS.split())


def hidden(html: str) -> list[tuple[int, int]]:
    """Return where comments and raw text stand, in which nothing is a tag: where each begins and ends, in order."""
    spans: list[tuple[int, int]] = []
    endless: set[str] = set()
    position = 0
    while match := _HIDING.search(html, position):
        position = match.end()
        name = (match["name"] or "").lower()
        if name in endless:
            continue
        end = _end_of(name, html, position) if name else html.find("-->", position)
        if end >= 0 or not name:
            spans.append((position if name else match.start(), position := end if end >= 0 else len(html)))
        else:
            endless.add(name)
    return spans


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


def balance(html: str) -> str:  # noqa: C901 - one branch a kind of tag
    """Return the HTML with stray end tags dropped, open elements closed and broken tags shown as text.

    So an author's HTML cannot break the page around it. One pass over the tags; what is sound comes back as it was.
    """
    stack: list[str] = []
    html = _ended(html) if _HIDING.search(html) else html
    opened: Counter[str] = Counter()
    out: list[str] = []
    done = position = broken = 0
    while match := _ELEMENT.search(html, position):
        position = match.end()
        name = (match["name"] or "").lower()
        if match["broken"] or name == "plaintext":
            out.append(html[done : match.start()])
            done = match.start() + 1
            broken += 1
            out.append("&lt;")
            if broken > _BROKEN:
                out.append(html[done:].replace("<", "&lt;"))
                done = len(html)
                break
        elif match["comment"] == "":
            out.append(html[done:] + "-->")
            done = len(html)
        elif not name or name in VOID:
            continue
        elif not match["end"] and _is_empty(match["rest"]):
            # HTML's own elements would stay open, over all that follows.
            if name not in _FOREIGN and not any(opened[foreign] for foreign in _FOREIGN):
                out.append(f"{html[done:position]}</{match['name']}>")
                done = position
        elif not match["end"]:
            end = _end_of(name, html, position) if name in _RAW else position
            if end < 0:
                out.append(f"{html[done:]}</{name}>")
                done = len(html)
                break
            position = end
            stack.append(name)
            opened[name] += 1
        else:
            out.append(html[done : match.start()])
            done = match.end()
            if opened[name]:
                while stack[-1] != name:
                    out.append(_close(stack, opened, implied=name in _IMPLYING))
                _close(stack, opened, implied=True)
                out.append(match[0])
    out.append(html[done:])
    out.extend("" if name in _OPTIONAL and name != "p" else f"</{name}>" for name in reversed(stack))
    return "".join(out)


def _ended(html: str) -> str:
    """Return the HTML with an end right after each tag that has none and would hide all that follows."""
    for name in sorted(_RAW - _CODE):
        if not re.search(f"<{name}\\b", html, re.IGNORECASE):
            continue
        last = max((end.start() for end in re.finditer(f"</{name}", html, re.IGNORECASE)), default=0)
        html = html[:last] + re.sub(rf"<{name}\b{_INSIDE}>", rf"\g<0></{name}>", html[last:], flags=re.IGNORECASE)
    return html


def _is_empty(rest: str) -> bool:
    """Say whether a tag ends in a slash that is not a bare value's own, as in ``<a href=https://x.org/>``."""
    if not rest.endswith("/"):
        return False
    start = max(map(rest.rfind, " \t\n\f\r\"'")) + 1
    return "=" not in rest[start:] and not rest[:start].rstrip().endswith("=")


def _end_of(name: str, html: str, position: int) -> int:
    found = re.compile(f"</{name}", re.IGNORECASE).search(html, position)
    return found.start() if found else -1


def _close(stack: list[str], opened: Counter[str], *, implied: bool) -> str:
    name = stack.pop()
    opened[name] -= 1
    return "" if implied and name in _OPTIONAL else f"</{name}>"
