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


def tagged(site: Site, **tags: tuple[str, ...]) -> Layout:
    pages = {path.replace("__", "/") + ".md": Outline(title=path, tags=each) for path, each in tags.items()}
    return lay_out(tuple(pages.items()), site)


def test_each_language_lists_its_own_tags_and_each_tag_pages_of_one_language() -> None:
    site = Site(configured=True, languages=("en", "es"))
    layout = tagged(site, index=(), c__a=("gas", "EVM"), c__b=("evm",), es__index=(), es__c__a=("evm", "costes"))
    places = by_url(layout)
    bearers = {
        (layout.places[page].url, name): [layout.places[each].url for each in pages]
        for name, page, pages in layout.tags
    }
    assert bearers == {
        ("/tags/evm/", "EVM"): ["/c/a/", "/c/b/"],
        ("/tags/gas/", "gas"): ["/c/a/"],
        ("/es/tags/costes/", "costes"): ["/es/c/a/"],
        ("/es/tags/evm/", "evm"): ["/es/c/a/"],
    }
    for base, home, language in (("/tags/", "/", "en"), ("/es/tags/", "/es/", "es")):
        listed = [layout.places[child] for child in places[base].children]
        assert all(place.url.startswith(base) for place in listed)
        assert {place.language for place in (*listed, places[base])} == {language}
        assert layout.places[places[base].parent].url == home


def test_a_tag_of_two_languages_and_their_lists_lead_to_each_other() -> None:
    site = Site(configured=True, languages=("en", "es"))
    layout = tagged(site, index=(), c__a=("evm", "gas"), es__c__a=("evm",))
    groups = {place.url: [layout.places[each].url for each in place.translations] for place in layout.places}
    assert groups["/tags/"] == groups["/es/tags/"] == ["/tags/", "/es/tags/"]
    assert groups["/tags/evm/"] == groups["/es/tags/evm/"] == ["/tags/evm/", "/es/tags/evm/"]
    assert groups["/tags/gas/"] == []


def test_the_list_of_tags_stands_where_the_content_leaves_room() -> None:
    site = Site(configured=True, languages=("en", "es"))
    layout = tagged(site, tags__index=(), a=("x",), es__tags=(), es__b=("x",))
    assert [place.url for place in layout.places if place.kind == "tags"] == ["/tags-2/", "/es/tags-2/"]
