"""The layout as pages are made from it: hrefs, entries and stretches, looked up and never searched for.

Nothing grows with the square of the site: a page carries its module, its ancestors and the course's top level; of a
list longer than ``WINDOW`` it carries the stretch in which it stands, shared by all pages of that stretch. The whole
outline is one fetched file (catalog.json).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from builder.model import Layout, Place, Site
from builder.text.items import course_id, item_of
from builder.text.tags import folded
from builder.text.urls import href, is_external
from builder.text.view import Alternate, Entry, Nav, PageView, Section

# Entries of a list that a page carries; the course page has them all.
WINDOW = 60
# Steps of the way down to a page that it carries; between the first and the nearest the rest is one step.
STEPS = 12
_RIGHT_TO_LEFT = frozenset(["ar", "arc", "ckb", "dv", "fa", "ha", "he", "khw", "ks", "ps", "sd", "ug", "ur", "yi"])


def direction_of(language: str) -> str:
    """Return the direction in which a language is written."""
    return "rtl" if language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


class _Entries(dict[int, Entry]):
    """The pages' entries by number, each made when it is first asked for: a page that is made alone shows a few."""

    def __init__(self, make: Callable[[int], Entry]) -> None:
        self._make = make

    def __missing__(self, number: int) -> Entry:
        entry = self[number] = self._make(number)
        return entry


class Views:
    """The layout with what is looked up again and again: hrefs, entries, shared stretches."""

    def __init__(self, layout: Layout, site: Site, minutes: Mapping[str, int]) -> None:
        self.layout = layout
        self.site = site
        self.reading_times = minutes
        self.hrefs = [site.base_path + href(place.url) for place in layout.places]
        self.lessons = _lesson_counts(layout.places)
        self.entries = _Entries(self._entry)
        self.tag_urls = {
            (layout.places[page].language, folded(name)): self.hrefs[page] for name, page, _ in layout.tags
        }
        self.tagged = {page: pages for _, page, pages in layout.tags}
        self._navs: dict[tuple[int, int], Nav] = {}
        self._positions = [0] * len(layout.places)
        for place in layout.places:
            for position, child in enumerate(place.children):
                self._positions[child] = position

    def _entry(self, number: int) -> Entry:
        place = self.layout.places[number]
        return Entry(
            place.title,
            self.hrefs[number],
            place.kind,
            place.description,
            self.minutes(number),
            self.lessons[number],
            place.date[:10],
            place.id,
            item_of(place, self.layout, self.site.language),
        )

    def minutes(self, number: int) -> int:
        """Return how long a page takes to read, in minutes; 0 for one that was generated."""
        return self.reading_times.get(self.layout.places[number].source, 0)

    def shown_by(self, number: int) -> set[int]:
        """Return the pages that may show a page's entry, itself among them; it may be a few too many, never too few."""
        places = self.layout.places
        place = places[number]
        if place.kind != "lesson" and (place.parent <= 0 or places[place.parent].kind == "home"):
            # What a home leads to stands on every page.
            return set(range(len(places)))
        lists = {above for above, other in enumerate(places) if number in other.children}
        found = {number, *lists, *(page for _, page, pages in self.layout.tags if number in pages)}
        # A course's page shows what is in its modules, and its pages list those.
        found |= {places[above].parent for above in lists}
        for page, other in enumerate(places):
            beside = self._folder(page) in lists or other.course in lists
            if beside or number in (other.previous, other.next, other.course) or self._is_under(page, number):
                found.add(page)
        return found - {-1}

    def _folder(self, number: int) -> int:
        """Return the page whose list a page carries: its own where it is a folder's page, which shows what is in it."""
        place = self.layout.places[number]
        return number if place.children and place.kind in ("course", "module") else place.parent

    def _is_under(self, number: int, above: int) -> bool:
        places = self.layout.places
        while number >= 0 and number != above:
            number = places[number].parent
        return number == above

    def nav(self, number: int) -> tuple[tuple[int, int], Nav]:
        """Return what a page shares with its neighbours, and a name for it."""
        places = self.layout.places
        place = places[number]
        parent = self._folder(number)
        siblings = places[parent].children if parent >= 0 else ()
        stretch = 0
        if len(siblings) > WINDOW:
            stretch = self._positions[number] // WINDOW * WINDOW if parent == place.parent else 0
        known = (parent, stretch)
        if known not in self._navs:
            self._navs[known] = self._nav(place, parent, siblings, stretch)
        return known, self._navs[known]

    def _nav(self, place: Place, parent: int, siblings: tuple[int, ...], stretch: int) -> Nav:
        places = self.layout.places
        shown = siblings[stretch : stretch + WINDOW]
        path: list[int] = []
        above = parent
        while above >= 0 and above != place.course and places[above].course == place.course:
            path.append(above)
            above = places[above].parent
        path.reverse()
        modules = places[place.course].children if place.course >= 0 else ()
        begin = modules.index(path[0]) // WINDOW * WINDOW if path and path[0] in modules else 0
        return Nav(
            parent=self.entries[parent] if parent >= 0 else None,
            path=self._way(path),
            siblings=tuple(self.entries[child] for child in shown),
            before=stretch,
            after=max(0, len(siblings) - stretch - WINDOW),
            course=self.entries[place.course] if place.course >= 0 else None,
            modules=tuple(self.entries[child] for child in modules[begin : begin + WINDOW]),
            earlier=begin,
            more=max(0, len(modules) - begin - WINDOW),
        )

    def page(self, number: int, *, image: str = "") -> PageView:
        """Return one page's view."""
        places, entries = self.layout.places, self.entries
        place = places[number]
        crumbs: list[int] = []
        above = place.parent if place.kind != "home" else -1
        while above >= 0:
            crumbs.append(above)
            # A translated home is where its language begins: what lies above is another language's.
            above = places[above].parent if places[above].kind != "home" else -1
        site = self.site
        url = self.hrefs[number]
        return PageView(
            title=place.title,
            url=url,
            kind=place.kind,
            template=place.layout or place.kind,
            canonical=self.absolute(url),
            language=place.language,
            direction=direction_of(place.language),
            description=place.description,
            id=place.id,
            course=course_id(places[place.course]) if place.course >= 0 else "",
            crumbs=self._way(crumbs[::-1]),
            previous=entries[place.previous] if place.previous >= 0 else None,
            next=entries[place.next] if place.next >= 0 else None,
            # Where another language begins is the switcher's to say.
            children=tuple(entries[child] for child in place.children if places[child].kind != "home"),
            translations=tuple(
                Alternate(places[other].language, self.absolute(self.hrefs[other]), places[other].title)
                for other in place.translations
            ),
            tags=tuple((tag, self.tag_urls[place.language, folded(tag)]) for tag in place.tags),
            tagged=tuple(entries[page] for page in self.tagged.get(number, ())),
            date=place.date,
            minutes=self.minutes(number),
            edit_url=site.edit_url.replace("{path}", href(place.source)) if site.edit_url and place.source else "",
            image=self.absolute(image) if image else "",
            authors=place.authors,
            json_ld=self._linked_data(number, image),
            hidden=place.hidden,
            item=entries[number].item,
            xp=place.xp,
            contents=tuple(
                Section(entries[child], tuple(entries[page] for page in places[child].children))
                for child in place.children
            )
            if place.kind == "course"
            else (),
        )

    def _way(self, pages: list[int]) -> tuple[Entry, ...]:
        """Return the way down to a page; of a long one the first step, the nearest, and one in place of the others.

        With all of them, folders that nest grow with the cube of their depth: pages, times steps, times addresses.
        """
        if len(pages) <= STEPS:
            return tuple(self.entries[page] for page in pages)
        first, skipped, *near = pages[0], pages[1 - STEPS], *pages[2 - STEPS :]
        between = msgspec.structs.replace(self.entries[skipped], title="…", item="")
        return self.entries[first], between, *(self.entries[page] for page in near)

    def absolute(self, url: str) -> str:
        """Return a URL of the site with its host, where the site knows it."""
        site = self.site
        return url if is_external(url) or not site.base_url else site.base_url.removesuffix(site.base_path) + url

    def _linked_data(self, number: int, image: str) -> str:
        """Return the page's JSON-LD (schema.org Course or LearningResource); nothing for lists."""
        place = self.layout.places[number]
        if place.kind not in ("course", "lesson", "module"):
            return ""
        data: dict[str, object] = {
            "@context": "https://schema.org",
            "@type": "Course" if place.kind == "course" else "LearningResource",
            "name": place.title,
            "url": self.absolute(self.hrefs[number]),
            "inLanguage": place.language,
        }
        if place.description:
            data["description"] = place.description
        if image:
            data["image"] = self.absolute(image)
        if place.date:
            data["datePublished"] = place.date
        if place.authors:
            data["author"] = [{"@type": "Person", "name": name} for name in place.authors]
        if place.kind == "course":
            data["provider"] = {"@type": "Organization", "name": self.site.author or self.site.title or place.title}
        else:
            data["timeRequired"] = f"PT{max(1, self.minutes(number))}M"
            if place.course >= 0:
                data["isPartOf"] = {
                    "@type": "Course",
                    "name": self.layout.places[place.course].title,
                    "url": self.absolute(self.hrefs[place.course]),
                }
        # A "<" could end the element that holds it.
        return msgspec.json.encode(data).decode().replace("<", "\\u003c")


def _lesson_counts(places: tuple[Place, ...]) -> list[int]:
    """Return how many lessons stand under each page; children come after their parents."""
    counts = [0] * len(places)
    for number in range(len(places) - 1, 0, -1):
        parent = places[number].parent
        if parent >= 0:
            counts[parent] += counts[number] + (places[number].kind == "lesson")
    return counts
