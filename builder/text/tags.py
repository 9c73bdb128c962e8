"""Tags: for each language a page that lists them, and for each of them a page that lists who bears it.

A list is in one language. A tag that pages of several languages bear has a page in each of them, and each leads to the
others, as do the lists of all tags. Tags that differ in case, blanks, ``-`` or ``_`` are one; ``C``, ``C#`` and ``C++``
are three, of which only the first can have the address ``c``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from unicodedata import normalize

import msgspec

from builder.model import Place
from builder.text.names import Claims
from builder.text.urls import ROOMY, fitting, slugify

# Name, its page's index, its pages.
Tag = tuple[str, int, tuple[int, ...]]
# The pages that bear a tag; the name is as the first of them writes it.
_Bearers = dict[str, tuple[str, list[int]]]


def tag_pages(places: Sequence[Place], language: str, claims: Claims) -> tuple[list[Place], tuple[Tag, ...]]:
    """Return the pages to append to a site's in its own ``language`` first, and each tag with where it is."""
    spoken = _by_language(places, language)
    homes = {place.language: number for number, place in enumerate(places) if place.kind == "home"}
    made: list[Place] = []
    found: list[Tag] = []
    for name, bearers in spoken.items():
        first = len(places) + len(made)
        base = _free(f"/{slugify(name)}/tags/" if name != language else "/tags/", claims)
        slugs = _slugs(bearers)
        children = tuple(range(first + 1, first + 1 + len(slugs)))
        # Its title is a word of the interface, which the theme says in the page's language.
        above = homes.get(name, 0)
        made.append(Place("", base, "tags", "Tags", "tags", above, children=children, language=name))
        for number, (slug, tag) in zip(children, slugs, strict=True):
            title, pages = bearers[tag]
            made.append(Place("", f"{base}{slug}/", "tag", title, f"tags/{slug}", first, language=name))
            found.append((title, number, tuple(pages)))
    return _translated(made, len(places)), tuple(found)


def folded(tag: str) -> str:
    """Return what tags have in common that are written differently and mean the same."""
    return " ".join(normalize("NFC", tag).casefold().replace("-", " ").replace("_", " ").split())


def _slugs(tags: Iterable[str]) -> list[tuple[str, str]]:
    """Return the part of the URL of each tag and the tag, in order; the plainest of several has the plain one."""
    taken: dict[str, str] = {}
    for slug, tag in sorted((slugify(tag), tag) for tag in tags):
        number = 2
        free = slug
        while free in taken:
            free, number = f"{fitting(slug, ROOMY)}-{number}", number + 1
        taken[free] = tag
    return sorted(taken.items())


def _by_language(places: Sequence[Place], language: str) -> Mapping[str, _Bearers]:
    spoken: dict[str, _Bearers] = {}
    for number, place in enumerate(places):
        for tag in place.tags:
            _, pages = spoken.setdefault(place.language, {}).setdefault(folded(tag), (tag, []))
            if number not in pages[-1:]:
                pages.append(number)
    return {name: spoken[name] for name in sorted(spoken, key=lambda name: (name != language, name))}


def _free(url: str, claims: Claims) -> str:
    while claims.owner(url) is not None:
        url = url[:-1] + "-2/"
    claims.take(url, "")
    return url


def _translated(made: list[Place], first: int) -> list[Place]:
    groups: dict[str, list[int]] = {}
    for number, place in enumerate(made, first):
        groups.setdefault(place.id, []).append(number)
    return [
        msgspec.structs.replace(place, translations=tuple(groups[place.id])) if len(groups[place.id]) > 1 else place
        for place in made
    ]
