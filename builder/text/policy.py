"""The page's security policy: a ``<meta>`` in its head that admits what the page itself holds, by hash or host.

Made from the finished page, so that it is exact (``builder.text.sources``): what nothing in the page asks for is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from builder.text.sources import Found, needs, remote

# Code that a browser makes of text needs a policy of the theme's name; where a page brings scripts of its own, it may
# do as it likes. The live server, which compares pages as text, takes this part out.
TRUSTED = "; require-trusted-types-for 'script'; trusted-types coursewright"

_CHARSET = re.compile(r"<meta\s+charset=[^>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!doctype[^>]*>", re.IGNORECASE)

# So much of a page's content is looked for to find all of it.
_BEGINNING = 100

Sources = Mapping[str, tuple[str, ...]]

# What every page may load, besides what is found in it.
_ALWAYS = {"img-src": ("data:",)}

# What a site may name in ``[security.sources]``.
DIRECTIVES = frozenset(
    f"{name}-src" for name in ("script", "style", "img", "media", "font", "connect", "frame", "object", "worker")
) | {"form-action"}

# What a template says for itself, or takes unescaped from an author: an escaped value has no quote to open an attribute
# with. Two values are known: linked data does not run, and what a table of contents says, the content says, too.
_SPECIAL = re.compile(
    r"(?i:\s(?:on[a-z]+|style)\s*=)|<(?=[A-Z])(?i:script|style)"
    r"|(?<!page\.json_ld )(?<!entry\.html )\|\s*safe\b|\bautoescape\b"
)


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
    own = needs(content) if foreign else remote(content)
    found = needs(_around(html, content), plain=plain)
    for directive, sources in own.sources.items():
        found.admit(directive, *sources)
    text = _policy(found, own if strict else None, more or {}, trusted=trusted and (strict or not own.runs))
    return _with_policy(html, text)


def is_plain(templates: Iterable[str]) -> bool:
    """Tell whether no template can write a handler, a style attribute, or a script or style in capitals."""
    return not any(_SPECIAL.search(source) for source in templates)


def _policy(found: Found, without: Found | None, more: Sources, *, trusted: bool) -> str:
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


def _with_policy(html: str, text: str) -> str:
    """Return the page with its policy, as early in its head as it can stand."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(text, quote=False)}">'
    match = _CHARSET.search(html, 0, 2000) or _HEAD.search(html, 0, 2000) or _DOCTYPE.match(html)
    at = match.end() if match else 0
    return f"{html[:at]}{meta}{html[at:]}"


def _around(html: str, content: str) -> str:
    """Return the page without its content; all of it where a template shows the content in another form."""
    # A search for the whole of it would first learn it by heart, which takes as long as reading the page.
    start, at = content[:_BEGINNING], -1
    while content and (at := html.find(start, at + 1)) >= 0:
        if html.startswith(content, at):
            return html[:at] + html[at + len(content) :]
    return html
