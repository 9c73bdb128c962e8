"""The page's security policy: a ``<meta>`` in its head that admits what the page itself holds, by hash or host.

Made from the finished page, so that it is exact: every inline script and style, every handler and style attribute by
the hash of its bytes, every other host by the kind of thing that is loaded from it. What nothing in the page asks for
is refused. The finished page is not parsed: in what the build writes a quote inside text is escaped, so that
`` style="`` and `` onclick="`` with a real quote stand in tags only (or in raw text, where one more hash does no harm).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from builder.text.html import attributes_of

# Code that a browser makes of text needs a policy of the theme's name; where a page brings scripts of its own, it may
# do as it likes. The live server, which compares pages as text, takes this part out.
TRUSTED = "; require-trusted-types-for 'script'; trusted-types coursewright"

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.DOTALL | re.IGNORECASE)
_HANDLER = re.compile(r"""\son[a-z]+\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_STYLED = re.compile(r"""\sstyle\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# Quick looks first, for what most pages do not have; what is spelt so oddly that they miss it is refused, not admitted.
_HANDLED = re.compile(r"""[a-zA-Z]+ ?= ?["']""")
_TAG = re.compile(r"""<([a-zA-Z]+)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'(),<>]+""", re.IGNORECASE)
_IN_STYLE = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^\s"'(),<>]+)""", re.IGNORECASE)
_CHARSET = re.compile(r"<meta\s+charset=[^>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!doctype[^>]*>", re.IGNORECASE)

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

# So much of a page's content is looked for to find all of it.
_BEGINNING = 100

Sources = Mapping[str, tuple[str, ...]]
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
    for tag, attributes_text in _remote(html):
        _hosts(tag, attributes_text, admit)
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


def _remote(html: str) -> Iterator[tuple[str, str]]:
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


def _hosts(tag: str, source: str, admit: Admit) -> None:
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


# What every page may load, besides what is found in it.
_ALWAYS = {"img-src": ("data:",)}


def policy(found: Found, without: Found | None, more: Sources, *, trusted: bool) -> str:
    """Return the policy of a page; ``without`` is what is refused of it, ``more`` what the site admits everywhere."""
    refused = without.sources if without else {}
    lines = ["default-src 'self'"]
    for directive in sorted({*found.sources, *more, *_ALWAYS}):
        left = [name for name in found.sources.get(directive, ()) if name not in refused.get(directive, ())]
        named = dict.fromkeys([*_ALWAYS.get(directive, ()), *left, *more.get(directive, ())])
        if "'unsafe-hashes'" in named:
            named = {"'unsafe-hashes'": None, **named}
        if named:
            own = "" if directive == "object-src" else " 'self'"
            lines.append(f"{directive}{own} {' '.join(named)}")
    closed = [
        f"{name} 'none'" for name in ("object-src", "base-uri") if not any(line.startswith(name) for line in lines)
    ]
    form = [] if any(line.startswith("form-action") for line in lines) else ["form-action 'self'"]
    return "; ".join([*lines, *closed, *form]) + (TRUSTED if trusted else "")


def with_policy(html: str, text: str) -> str:
    """Return the page with its policy, as early in its head as it can stand."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(text, quote=False)}">'
    match = _CHARSET.search(html, 0, 2000) or _HEAD.search(html, 0, 2000) or _DOCTYPE.match(html)
    at = match.end() if match else 0
    return f"{html[:at]}{meta}{html[at:]}"


# What a site may name in ``[security.sources]``.
DIRECTIVES = frozenset(
    f"{name}-src" for name in ("script", "style", "img", "media", "font", "connect", "frame", "object", "worker")
) | {"form-action"}


def secured(
    html: str,
    content: str = "",
    *,
    foreign: bool = False,
    plain: bool = False,
    strict: bool = False,
    more: Sources | None = None,
    trusted: bool = True,
) -> str:
    """Return a page under its exact policy.

    ``content`` is the author's part of it, and ``foreign`` says that it holds HTML which is not Markdown's own; where
    the policy is strict, whatever it asks for is refused. ``plain`` says of the theme's part what ``is_plain`` found.
    """
    own = needs(content) if foreign else Found({}, ())
    if not foreign:
        for tag, attributes in _remote(content):
            _hosts(tag, attributes, own.admit)
    found = needs(_around(html, content), plain=plain)
    for directive, sources in own.sources.items():
        found.admit(directive, *sources)
    text = policy(found, own if strict else None, more or {}, trusted=trusted and (strict or not own.runs))
    return with_policy(html, text)


# What a template says for itself, or takes unescaped from an author: an escaped value has no quote to open an attribute
# with. Two values are known: linked data does not run, and what a table of contents says, the content says, too.
_SPECIAL = re.compile(
    r"(?i:\s(?:on[a-z]+|style)\s*=)|<(?=[A-Z])(?i:script|style)"
    r"|(?<!page\.json_ld )(?<!entry\.html )\|\s*safe\b|\bautoescape\b"
)


def is_plain(templates: Iterable[str]) -> bool:
    """Tell whether no template can write a handler, a style attribute, or a script or style in capitals."""
    return not any(_SPECIAL.search(source) for source in templates)


def _around(html: str, content: str) -> str:
    """Return the page without its content; all of it where a template shows the content in another form."""
    # A search for the whole of it would first learn it by heart, which takes as long as reading the page.
    start, at = content[:_BEGINNING], -1
    while content and (at := html.find(start, at + 1)) >= 0:
        if html.startswith(content, at):
            return html[:at] + html[at + len(content) :]
    return html
