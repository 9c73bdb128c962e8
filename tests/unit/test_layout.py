"""The layout of a site as a value, made from outlines alone."""

from __future__ import annotations

from builder.model import Layout, Outline, Place, Site
from builder.steps.layout import lay_out

# A home page, a course of two modules (the second has no page of its own), and another course.
PATHS = ("index.md", "c/index.md", "c/m/index.md", "c/m/a.md", "c/n/b.md", "d/index.md", "d/e.md")


def laid_out(site: Site, *paths: str) -> Layout:
    return lay_out(tuple((path, Outline(title=path)) for path in paths), site)


def by_url(layout: Layout) -> dict[str, Place]:
    return {place.url: place for place in layout.places}


def test_reading_goes_from_a_course_s_page_to_its_last_lesson_and_back() -> None:
    """Generated pages are on the way; the home page and other courses are not."""
    layout = laid_out(Site(configured=True), *PATHS)
    urls = [place.url for place in layout.places]
    way = ["/c/", "/c/m/", "/c/m/a/", "/c/n/", "/c/n/b/"]
    for url, before, after in zip(way, ["", *way], [*way[1:], ""], strict=False):
        place = by_url(layout)[url]
        assert (place.previous, place.next) == (
            urls.index(before) if before else -1,
            urls.index(after) if after else -1,
        ), url
    assert (by_url(layout)["/"].previous, by_url(layout)["/"].next) == (-1, -1)
    assert by_url(layout)["/d/"].previous == -1


def test_pages_of_one_name_in_one_language_translate_nothing() -> None:
    """A folder's two candidates for its page, ``index.md`` and ``README.md``, are two pages."""
    site = Site(configured=True, languages=("en", "es"))
    layout = laid_out(site, "index.md", "c/index.md", "c/README.md", "c/a.md", "es/c/a.md", "es/c/b.md")
    groups = {place.url: [layout.places[each].url for each in place.translations] for place in layout.places}
    assert {url: group for url, group in groups.items() if group} == {
        "/": ["/", "/es/"],
        "/c/": ["/c/", "/es/c/"],
        "/es/": ["/", "/es/"],
        "/es/c/": ["/c/", "/es/c/"],
        "/c/a/": ["/c/a/", "/es/c/a/"],
        "/es/c/a/": ["/c/a/", "/es/c/a/"],
    }
