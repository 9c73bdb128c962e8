"""Headings: their ids, as GitHub gives them, and the outline they make."""

from __future__ import annotations

import re
import unicodedata
from html import escape, unescape

from builder.model import Heading
from builder.text.findings import Findings
from builder.text.html import attributes_of, text_of, write_attributes
from builder.text.words import Phrases

# ``{#id}``, also as others write it: ``{ #id }``, ``{: #id .class key="value" }``. Such a list is never text.
_GIVEN = re.compile(r"\s*\{:?\s*#([^\s{}]+)[^{}<>]*\}\s*$")
_NOT_WORD = re.compile(r"[^\w\- ]")


class Headings:
    """The headings and ids of one page: ``first`` of any level names the page, ``title`` stands for its ``<h1>``."""

    def __init__(self, findings: Findings, phrases: Phrases) -> None:
        self.findings = findings
        self.label = escape(phrases.say("anchor"))
        self.ids: dict[str, int] = {}
        self.first = ""
        self.title = ""
        self.level = 0
        self.made = 0
        self._linked = ""
        self._given = False

    def open(self, level: int, attributes: str, inner: str, *, ends: bool) -> tuple[str, Heading | None]:
        """Return a heading's tag with its id, and its line of the table of contents; the title is none.

        A link to the heading comes after it, in a frame around both: inside, it would be read as a part of its name.
        The title has none, since the page's own address leads to it; nor has one that does not end.
        """
        text = text_of(inner)
        own = attributes_of(attributes) if attributes else {}
        given = _GIVEN.search(text)
        explicit = given[1] if given else own.pop("id", "")
        self._given = given is not None
        if given:
            text = text[: given.start()]
        if self.level and level > self.level + 1:
            self.findings.skip(self.made, level, self.level, text)
        self.level = level
        self.made += 1
        identifier = self.identifier(explicit) if explicit else self._free(text)
        tag = f'<h{level} id="{escape(identifier)}"{write_attributes(own)}>'
        self.first = self.first or text
        self._linked = ""
        if level == 1 and not self.title:
            self.title = text
            return tag, None
        if ends:
            self._linked = identifier
            tag = f'<div class="heading">{tag}'
        return tag, Heading(level, identifier, escape(text, quote=False))

    def shown(self, html: str) -> str:
        """Return the last text of the heading that is open, without the id that the author gave there."""
        return _GIVEN.sub("", html) if self._given else html

    def close(self, tag: str) -> str:
        """Return the end of the heading that is open, with a link to it behind it."""
        identifier, self._linked = self._linked, ""
        if not identifier:
            return tag
        return f'{tag}<a class="anchor" href="#{escape(identifier)}" aria-label="{self.label}">#</a></div>'

    def reserve(self, identifiers: list[str]) -> None:
        """Take the ids that the author gave in HTML, before any heading is named after its text."""
        for identifier in identifiers:
            self.identifier(unescape(identifier))

    def identifier(self, explicit: str) -> str:
        """Take an id that the author gave; the first thing of that id keeps it."""
        if explicit in self.ids:
            self.findings.duplicate(explicit)
        self.ids.setdefault(explicit, 0)
        return explicit

    def _free(self, text: str) -> str:
        base = named_after(text)
        identifier, count = base, self.ids.get(base)
        while count is not None:
            count += 1
            self.ids[base] = count
            identifier = f"{base}-{count}"
            if identifier not in self.ids:
                break
        self.ids[identifier] = 0
        return identifier


def named_after(text: str) -> str:
    """Return the id that a heading of this text has, where nothing on its page has it already."""
    return _NOT_WORD.sub(_mark, text.lower()).replace(" ", "-") or "section"


def _mark(match: re.Match[str]) -> str:
    """Keep a sign that belongs to a letter, as the vowels of most Indian scripts do; drop punctuation."""
    return match[0] if unicodedata.category(match[0])[0] == "M" else ""
