"""The search index: small files of JSON, of which a search fetches only what its words need.

    search/index.json                    {"version": 1, "courses": [{"id", "title", "lang", "size", "sections",
                                          "terms": [[first term, url], …], "texts": [url, …]}]}
    assets/search-terms.<hash>.json      {term: [section, weight, sections further, weight, …]}   about SHARD bytes
    assets/search-texts.<hash>.json      [[url, page's title, heading, text], …]                 SIZE sections

What is found is a section: a heading and the text under it. The answers of quizzes, the solutions and tests of
exercises are not found, so that nobody meets them by accident. Everything stands by course, so that a course that is
saved can be searched offline.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

import msgspec

from builder.text.hashed import hashed_name
from builder.text.html import text_of
from builder.text.terms import terms

# A search fetches one or two such files a word; a tenth of this travels.
SHARD = 60_000
# Sections in a file of texts: results of one page share it mostly.
SIZE = 40
# A term in a page's title, or in a section's heading, weighs as much as so many in its text.
TITLE, HEADING = 12, 6
# However often a text says a word, it is not named after it: what being named adds, where the name is that word alone.
# With others beside it, it adds down to half as much; at the top of a page its title's, twice as much.
NAMED = 0.5
# Okapi BM25's usual constants, and a scale that keeps two digits.
_K, _B, _SCALE = 1.2, 0.6, 40

_HIDDEN = re.compile(r'<details class="(?:answer|solution|tests)">.*?</details>|<math\b.*?</math>', re.DOTALL)
_HEADING = re.compile(r'<h([2-4]) id="([^"]*)"[^>]*>(.*?)</h\1>', re.DOTALL)
_FIRST = re.compile(r"<h1\b.*?</h1>", re.DOTALL)
_ANCHOR = re.compile(r'<a class="anchor".*?</a>', re.DOTALL)
_BREAK = re.compile(r"</(?:p|li|td|th|pre|h\d|dt|dd|figcaption|summary|div)>")


class Page(msgspec.Struct, frozen=True):
    """A page to be found: its URL, its title and its HTML."""

    url: str
    title: str
    html: str


class Section(msgspec.Struct, frozen=True):
    """A heading of a page and the text under it."""

    url: str
    title: str
    heading: str
    text: str


class Course(msgspec.Struct, frozen=True):
    """What is found together: a course and its pages."""

    id: str
    title: str
    language: str
    pages: tuple[Page, ...]


class Index(msgspec.Struct, frozen=True):
    """The index: its first file, the others by their published names, and the names that each course has."""

    first: bytes
    files: dict[str, bytes]
    by_course: dict[str, tuple[str, ...]]


def index(courses: tuple[Course, ...], base: str) -> Index:
    """Return the index of all courses; ``base`` is the path under which the site stands."""
    files: dict[str, bytes] = {}
    by_course: dict[str, tuple[str, ...]] = {}
    rows = []
    for course in courses:
        sections = [section for page in course.pages for section in sections_of(page)]
        texts = [
            _publish("search-texts.json", [msgspec.structs.astuple(each) for each in sections[at : at + SIZE]], files)
            for at in range(0, len(sections), SIZE)
        ]
        shards = [(first, _publish("search-terms.json", shard, files)) for first, shard in _shards(sections)]
        by_course[course.id] = (*texts, *(name for _, name in shards))
        rows.append(
            {
                "id": course.id,
                "title": course.title,
                "lang": course.language,
                "size": SIZE,
                "sections": len(sections),
                "terms": [(first, f"{base}/{name}") for first, name in shards],
                "texts": [f"{base}/{name}" for name in texts],
            }
        )
    return Index(_json({"version": 1, "courses": rows}), files, by_course)


def sections_of(page: Page) -> list[Section]:
    """Return a page's sections, the first being what stands above all headings."""
    html = _HIDDEN.sub(" ", _FIRST.sub("", page.html))
    found: list[Section] = []
    url, heading, start = page.url, "", 0
    for match in _HEADING.finditer(html):
        found.append(Section(url, page.title, heading, _text(html[start : match.start()])))
        url, heading, start = f"{page.url}#{match[2]}", _text(match[3]), match.end()
    found.append(Section(url, page.title, heading, _text(html[start:])))
    return [section for section in found if section.text or section.heading or section.url == page.url]


def _text(html: str) -> str:
    return text_of(_BREAK.sub(" ", _ANCHOR.sub("", html)))


def _shards(sections: list[Section]) -> list[tuple[str, dict[str, list[int]]]]:
    """Return the terms with their places, cut into pieces of about one size, each with its first term."""
    counts = [_counted(section) for section in sections]
    named = [_named(section) for section in sections]
    average = sum(sum(count.values()) for count in counts) / max(1, len(counts))
    postings: dict[str, list[int]] = {}
    last: dict[str, int] = {}
    for number, count in enumerate(counts):
        length = _B * sum(count.values()) / average + 1 - _B if average else 1
        for term, times in count.items():
            weight = max(1, round(_SCALE * (times / (times + _K * length) + named[number].get(term, 0))))
            postings.setdefault(term, []).extend((number - last.get(term, 0), weight))
            last[term] = number
    shards: list[tuple[str, dict[str, list[int]]]] = []
    room = 0
    for term in sorted(postings):
        size = len(term) + 4 + 3 * len(postings[term])
        if room < size:
            shards.append((term, {}))
            room = SHARD
        shards[-1][1][term] = postings[term]
        room -= size
    return shards


def _counted(section: Section) -> Counter[str]:
    count = Counter(terms(section.text))
    for text, weight in ((section.heading, HEADING), (section.title, 2 if section.heading else TITLE)):
        for term in terms(text):
            count[term] += weight
    return count


def _named(section: Section) -> dict[str, float]:
    """Return what the terms are worth for which a section is named: the more, the fewer there are beside them."""
    worth = NAMED if section.heading else 2 * NAMED
    words = set(terms(section.heading or section.title))
    return dict.fromkeys(words, worth * (0.5 + 0.5 / max(1, len(words))))


def _publish(name: str, value: Any, files: dict[str, bytes]) -> str:
    data = _json(value)
    published = hashed_name(name, hashlib.sha256(data).hexdigest())
    files[published] = data
    return published


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
