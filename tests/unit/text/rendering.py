"""A page's HTML as these tests compare it: the page step's own, without what a course page adds to Markdown."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from builder.model import PageSettings, Ref
from builder.steps.page import parse
from builder.steps.render import join
from builder.text.html import VOID

_BLANKS = re.compile(r"\s+")
# What a page adds to a tag that Markdown made: for the keyboard, for screen readers, and for loading later.
_ADDED = frozenset(
    ["tabindex", "loading", "decoding", "fetchpriority", "aria-label", "role", "data-meta", "download", "disabled"]
)
# Between these, white space is not seen.
_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|dd|details|div|dl|dt|figure|footer|form|h[1-6]|head|header|hr|html|iframe|"
    "li|link|main|meta|nav|ol|p|pre|script|section|style|summary|table|tbody|td|th|thead|tr|ul"
)


def page_html(source: str) -> str:
    """Return what the page step makes of a page, each reference back as it was written."""
    _, links, body = parse("page.md", source.encode(), (), PageSettings())
    return join(body.pieces, tuple(_written(ref) for ref in links.refs))


def _written(ref: Ref) -> str:
    if ref.kind == "link":
        return f' href="{escape(ref.target)}"{ref.after}'
    if ref.kind == "image":
        return f'<img src="{escape(ref.target)}"{ref.after}>'
    if ref.kind == "wiki":
        return ref.after
    if ref.kind == "embed":
        return ref.before
    return ref.before + escape(ref.target) + ref.after


def reading(html: str) -> list[str]:
    """Return HTML as its tags and texts, one a line, without what only a course page has."""
    reader = _Reader(html)
    return reader.lines()


class _Reader(HTMLParser):
    """Gathers tags and texts; as in a browser, a stray end is nothing and what is open ends with what is around it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self.anchors = 0
        self.coloured: list[bool] = []
        self.framed: list[bool] = []
        self.stack: list[str] = []
        self.feed(html)
        if self.cdata_elem:
            # A style sheet without an end reaches to the end; the parser would drop it.
            self.feed(f"</{self.cdata_elem}>")
        self.close()
        while self.stack:
            self._end()

    def lines(self) -> list[str]:
        """Return what was found, texts joined and their blanks made one where a browser does so."""
        out: list[tuple[str, str]] = []
        for kind, text in self.found:
            if kind in ("text", "code") and out and out[-1][0] == kind:
                out[-1] = (kind, out[-1][1] + text)
            else:
                out.append((kind, text))
        shown = []
        for number, (kind, text) in enumerate(out):
            if kind == "code":
                shown.append(repr(text))
            elif kind == "text":
                said = _BLANKS.sub(" ", text)
                said = said.lstrip() if number == 0 or out[number - 1][0] == "block" else said
                said = said.rstrip() if number + 1 == len(out) or out[number + 1][0] == "block" else said
                if said:
                    shown.append(repr(said))
            else:
                shown.append(text)
        return shown

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag with the attributes that Markdown or its author gave it."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("class") == "anchor":
            self.anchors += 1
            return
        if tag == "span":
            self.coloured.append("pre" in self.stack)
            if self.coloured[-1]:
                return
        if tag == "div":
            self.framed.append(given.get("class") in ("table", "heading"))
            if self.framed[-1]:
                return
        if re.fullmatch("h[1-6]", tag):
            given.pop("id", None)
        if tag == "img" and not given.get("alt"):
            given.pop("alt", None)
        if tag not in VOID:
            self.stack.append(tag)
        kept = "".join(f" {name}={value!r}" for name, value in sorted(given.items()) if name not in _ADDED)
        self.found.append((_kind(tag), f"<{tag}{kept}>"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read ``<br />`` as ``<br>``, and what its author wrote as empty as an element that ends at once."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Keep an end tag."""
        if tag in VOID:
            return
        if tag == "span" and self.coloured and self.coloured.pop():
            return
        if tag == "div" and self.framed and self.framed.pop():
            return
        if tag == "a" and self.anchors:
            self.anchors -= 1
            # The link's own sign stands before its end.
            assert self.found.pop() == ("text", "#")
            return
        if tag in self.stack:
            while self.stack[-1] != tag:
                self._end()
            self._end()

    def _end(self) -> None:
        tag = self.stack.pop()
        self.found.append((_kind(tag), f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        """Keep text; in code its blanks are what they are."""
        self.found.append(("code" if "pre" in self.stack else "text", data))

    def handle_comment(self, data: str) -> None:
        """Keep a comment."""
        self.found.append(("inline", f"<!--{data}-->"))

    def handle_decl(self, decl: str) -> None:
        """Keep a declaration."""
        self.found.append(("inline", f"<!{decl}>"))

    def handle_pi(self, data: str) -> None:
        """Keep a processing instruction."""
        self.found.append(("inline", f"<?{data}>"))

    def unknown_decl(self, data: str) -> None:
        """Keep a section of characters."""
        self.found.append(("inline", f"<![{data}]>"))


def _kind(tag: str) -> str:
    return "block" if _BLOCKS.fullmatch(tag) else "inline"
