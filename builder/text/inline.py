"""A line of Markdown inside something else, such as a directive's title: code, emphasis and signs, and no links."""

from __future__ import annotations

import re
from html import escape

import comrak

from builder.text.html import text_of

_MARKED = re.compile(r"[*_`~\\&\[]")
_LINK = re.compile(r"</?a\b[^>]*>")
_EXTENSIONS = comrak.ExtensionOptions(strikethrough=True)
_PARSE = comrak.ParseOptions()
# What looks like HTML in a title is what its author wants to be read.
_RENDER = comrak.RenderOptions(escape=True)


def inline(text: str) -> str:
    """Return a line as HTML; one that is more than a line of words to Markdown (a list, a heading) as it is written."""
    if not _MARKED.search(text):
        return escape(text, quote=False)
    html = comrak.markdown_to_html(text, _EXTENSIONS, _PARSE, _RENDER).strip()
    if not html.startswith("<p>") or not html.endswith("</p>") or html.count("<p>") > 1 or "<img" in html:
        return escape(text, quote=False)
    return _LINK.sub("", html[len("<p>") : -len("</p>")])


def plain(text: str) -> str:
    """Return the words of such a line, where there can be no HTML."""
    return text_of(inline(text)) if _MARKED.search(text) else text
