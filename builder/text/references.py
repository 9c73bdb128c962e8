r"""References: what a page's tags point at, cut out of its HTML to be resolved when everything has its final name.

A cut is ``\x00N\x00`` in the text while the page is being made; Markdown never yields a NUL. Where a reference
stands in the source is not known here: of links and images we keep the ordinal, of other tags the tag itself.
"""

from __future__ import annotations

import re
from html import escape, unescape

from builder.model import PLAIN, Ref
from builder.text.findings import Findings
from builder.text.html import attributes_of, write_attributes
from builder.text.urls import is_external

CUT = re.compile("\x00(\\d+)\x00")
_TAG = re.compile(r"""<(?:a|img)\b(?:[^<>"']++|"[^"]{0,8000}"|'[^']{0,8000}'){0,200}+>""")
_URLS = ("src", "href", "poster", "data", "xlink:href", "srcset")
# Styles, and what is none though it may look so.
_STYLED = re.compile(
    r"""<!--.*?(?:-->|\Z) | <script\b.*?(?:</script|\Z)
      | (?P<css><style\b[^<>]*>.*?(?:</style|\Z)|\sstyle\s*=\s*(?:"[^"]*"|'[^']*'))""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ADDRESS = re.compile(
    r"""url\(\s*(?P<quote>["']?)(?P<target>[^"'()<>\s]+(?:[ ][^"'()<>\s]+)*)(?P=quote)\s*\)""", re.IGNORECASE
)
# In a drawing a slash ends an element.
_DRAWN = ("use", "image")
_FOOTNOTES = ("data-footnote-ref", "footnote-backref")


class References:
    """The references of one page, gathered in the order in which they are found."""

    def __init__(self, text: str, findings: Findings) -> None:
        self.text = text
        self.pictures = "<picture" in text.lower()
        self.findings = findings
        self.refs: list[Ref] = []
        self.own_anchors: list[tuple[str, int]] = []
        self.links = 0
        self.images = 0
        self._written: set[str] | None = None

    def _own(self) -> set[str]:
        """Return the tags that the author wrote; Markdown's own are in one form only, so others need no look."""
        if self._written is None:
            self._written = set(_TAG.findall(self.text)) if "<" in self.text else set()
        return self._written

    def cut(self, ref: Ref) -> str:
        """Keep a reference and return what stands for it in the text."""
        self.refs.append(ref)
        return f"\x00{len(self.refs) - 1}\x00"

    def tag(self, whole: str, tag: str, source: str) -> str:
        """Return a tag with its references cut out."""
        if tag == "a":
            return self._anchor(whole, attributes_of(source))
        attributes = attributes_of(source.removesuffix("/"))
        if tag == "img":
            return self._image(whole, attributes)
        return self._other(whole, tag, attributes, end="/>" if tag in _DRAWN and source.endswith("/") else ">")

    def count(self, tag: str) -> None:
        """Count a link or picture that is passed by."""
        self.links += tag == "a"
        self.images += tag == "img"

    def attribute(self, name: str, target: str) -> str:
        """Return an attribute that we write ourselves, its target cut out where it is of the site."""
        if is_external(target):
            self.findings.remote(target, target)
            return f' {name}="{escape(target)}"'
        return self.cut(Ref("src", target, f' {name}="', '"', raw=True, alt=target))

    def written(self, text: str) -> str:
        """Return a piece of the page as its author wrote it, with nothing cut out."""
        refs = (self.refs[int(number)] for number in CUT.findall(text))
        return CUT.sub(lambda _: f"{(ref := next(refs)).before}{ref.target}{ref.after}", text)

    def styles(self, html: str) -> str:
        """Return the HTML with the addresses in its style sheets and style attributes cut out."""
        return _STYLED.sub(lambda match: _ADDRESS.sub(self._address, match[0]) if match["css"] else match[0], html)

    def _address(self, match: re.Match[str]) -> str:
        target = unescape(match["target"])
        if not target or target.startswith("#") or is_external(target):
            return match[0]
        before, after = f"url({match['quote']}", f"{match['quote']})"
        return self.cut(Ref("src", target, before, after, raw=True, alt=match[0]))

    def _anchor(self, whole: str, attributes: dict[str, str]) -> str:
        ordinal, self.links = self.links, self.links + 1
        target = attributes.pop("href", None)
        if target is None or is_external(target):
            return whole
        if target.startswith("#"):
            if len(target) > 1 and not any(mark in whole for mark in _FOOTNOTES):
                self.own_anchors.append((target[1:], ordinal))
            return whole
        ref = Ref("link", target, "", write_attributes(attributes), alt=str(ordinal))
        return f"<a{self.cut(ref)}>"

    def _image(self, whole: str, attributes: dict[str, str]) -> str:
        ordinal, self.images = self.images, self.images + 1
        made = whole.startswith('<img src="') and whole not in self._own()
        target = attributes.pop("src", "")
        if "alt" not in attributes or (made and not attributes["alt"].strip()):
            self.findings.alt(ordinal, target, made=made)
        attributes.setdefault("alt", "")
        if not target or is_external(target):
            if target and not target.startswith("data:"):
                self.findings.remote(target, whole, ordinal)
            return f'<img src="{escape(target)}"{write_attributes(attributes)} loading="lazy" decoding="async">'
        candidates = attributes.pop("srcset", "")
        rest = write_attributes(attributes)
        if candidates:
            # Its sizes are the author's affair.
            shown = self.cut(Ref("src", target, ' src="', '"', raw=True, alt=whole))
            sized = self.cut(Ref("srcset", candidates, ' srcset="', '"', raw=True, alt=whole))
            return f"<img{shown}{sized}{rest}>"
        plain = PLAIN if not made and self.pictures else ""
        return self.cut(Ref("image", target, plain, rest, alt=str(ordinal)))

    def _other(self, whole: str, tag: str, attributes: dict[str, str], end: str) -> str:
        local = False
        for name, value in attributes.items():
            if name not in _URLS or not value:
                continue
            if not is_external(value):
                local = local or not value.startswith("#")
            elif name in ("src", "href") and tag != "area" and not value.startswith("data:"):
                self.findings.remote(value, whole)
        if not local:
            return whole
        out = f"<{tag}"
        for name, value in attributes.items():
            if name not in _URLS or not value or is_external(value) or value.startswith("#"):
                out += f' {name}="{escape(value)}"'
            elif name == "srcset":
                out += self.cut(Ref("srcset", value, ' srcset="', '"', raw=True, alt=whole))
            elif tag == "area":
                out += self.cut(Ref("link", value, "", "", raw=True, alt=whole))
            else:
                out += self.cut(Ref("src", value, f' {name}="', '"', raw=True, alt=whole))
        return out + end
