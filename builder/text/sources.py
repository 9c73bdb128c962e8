"""What a piece of HTML needs a security policy to admit: inline code by hash, other hosts by what they send.

Every inline script and style, every handler and style attribute is admitted by the hash of its bytes. The HTML is
searched, not parsed: in what the build writes a quote inside text is escaped, so that `` style="`` and `` onclick="``
with a real quote stand in tags only (or in raw text, where one more hash does no harm).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from builder.text.html import attributes_of

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.DOTALL | re.IGNORECASE)
_HANDLER = re.compile(r"""\son[a-z]+\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_STYLED = re.compile(r"""\sstyle\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# Quick looks first, for what most pages do not have; what is spelt so oddly that they miss it is refused, not admitted.
_HANDLED = re.compile(r"""[a-zA-Z]+ ?= ?["']""")
_TAG = re.compile(r"""<([a-zA-Z]+)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'(),<>]+""", re.IGNORECASE)
_IN_STYLE = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^\s"'(),<>]+)""", re.IGNORECASE)

# A script of another type is data.
_RUNS = frozenset({"", "module", "importmap", "speculationrules", "text/javascript", "application/javascript"})

_DIRECTIVES = {
    "img": ("img-src",),
    "image": ("img-src",),
    "use": ("img-src",),
    "input": ("img-src",),
    "video": ("media-src", "img-src"),
    "audio": ("media-src",),
    "source": ("media-src", "img-src"),
    "track": ("media-src",),
    "iframe": ("frame-src",),
    "frame": ("frame-src",),
    "object": ("object-src",),
    "embed": ("object-src",),
    "form": ("form-action",),
    "script": ("script-src", "connect-src"),
}
_LOADING = frozenset({*_DIRECTIVES, "link"})
_ATTRIBUTES = ("src", "srcset", "poster", "data", "action", "href", "xlink:href")

Admit = Callable[..., None]


class Found(NamedTuple):
    """What a piece of HTML needs a policy to admit: sources by directive, and the tags that need them."""

    sources: dict[str, dict[str, None]]
    tags: Sequence[str]

    def admit(self, directive: str, *sources: str) -> None:
        """Add sources to a directive."""
        self.sources.setdefault(directive, {}).update(dict.fromkeys(sources))

    @property
    def runs(self) -> bool:
        """Tell whether it brings scripts."""
        return "script-src" in self.sources


def needs(html: str, *, plain: bool = False) -> Found:
    """Return what a piece of HTML needs; in ``plain`` HTML no tag has a handler or a style, all in lower case."""
    tags: list[str] = []
    found = Found({}, tags)
    admit = found.admit
    for match in _elements("script", _SCRIPT, html, plain=plain):
        attributes = attributes_of(match[1])
        if "src" not in attributes and attributes.get("type", "").strip().lower() in _RUNS:
            admit("script-src", hash_of(match[2]))
            tags.append(f"<script{match[1]}>")
    for match in _elements("style", _STYLE, html, plain=plain):
        admit("style-src", hash_of(match[1]))
        tags.append(match[0][: match[0].index(">") + 1])
        _styled(match[1], admit)
    if not plain and _handled(html):
        for value, whole in _values(_HANDLER, html):
            admit("script-src", "'unsafe-hashes'", hash_of(value))
            tags.append(whole)
    if not plain and (" style=" in html or "\nstyle=" in html or " STYLE=" in html):
        for value, whole in _values(_STYLED, html):
            admit("style-src", "'unsafe-hashes'", hash_of(value))
            tags.append(whole)
            _styled(value, admit)
    _hosts(html, admit)
    return found


def remote(html: str) -> Found:
    """Return what HTML needs that Markdown has made, in which no code can be: other hosts."""
    found = Found({}, ())
    _hosts(html, found.admit)
    return found


def _elements(name: str, pattern: re.Pattern[str], html: str, *, plain: bool) -> Iterator[re.Match[str]]:
    """Yield the elements of a name, looked for as people write it."""
    for start in (f"<{name}",) if plain else (f"<{name}", f"<{name.upper()}"):
        at = html.find(start)
        while at >= 0:
            match = pattern.match(html, at)
            if match:
                yield match
            at = html.find(start, match.end() if match else at + 1)


def _handled(html: str) -> bool:
    """Tell whether there may be a handler: looked for by how its name begins, which prose does a few times a page."""
    for start in (" on", "\non", " ON"):
        at = html.find(start)
        while at >= 0:
            if _HANDLED.match(html, at + 3):
                return True
            at = html.find(start, at + 3)
    return False


def _values(pattern: re.Pattern[str], html: str) -> Iterator[tuple[str, str]]:
    for match in pattern.finditer(html):
        yield unescape(match[1] if match[1] is not None else match[2]), match[0].strip()


def _hosts(html: str, admit: Admit) -> None:
    for tag, attributes in _loading(html):
        _admit_hosts(tag, attributes, admit)


def _loading(html: str) -> Iterator[tuple[str, str]]:
    """Yield the tags with an address of another host in them: looked for by its slashes, since few tags have one."""
    at, seen = html.find("//"), -1
    while at >= 0:
        start = html.rfind("<", 0, at)
        if start > seen and html.find(">", start, at) < 0:
            seen = start
            match = _TAG.match(html, start)
            if match and match[1].lower() in _LOADING:
                yield match[1].lower(), match[2]
        at = html.find("//", at + 2)


def _styled(text: str, admit: Admit) -> None:
    for address in _IN_STYLE.findall(text):
        for directive in ("style-src", "img-src", "font-src"):
            admit(directive, host_of(address))


def _admit_hosts(tag: str, source: str, admit: Admit) -> None:
    attributes = attributes_of(source)
    directives = _DIRECTIVES.get(tag, ())
    if tag == "link":
        relation = attributes.get("rel", "").lower()
        if "stylesheet" in relation:
            directives = ("style-src", "font-src", "img-src")
        elif "modulepreload" in relation:
            directives = ("script-src", "connect-src")
        elif "icon" in relation:
            directives = ("img-src",)
        elif "preload" in relation:
            directives = ("font-src", "img-src")
    for name in _ATTRIBUTES:
        for address in _ADDRESS.findall(attributes.get(name, "")):
            for directive in directives:
                admit(directive, host_of(address))


def host_of(address: str) -> str:
    """Return the host of an address, as a policy names it."""
    parts = urlsplit(address if "://" in address else f"https:{address}")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"


@lru_cache(maxsize=64)
def hash_of(text: str) -> str:
    """Return the source that admits this very text; a browser has made its line ends one before it looks."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(plain.encode()).digest()).decode()}'"
