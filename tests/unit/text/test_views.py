"""What others show of a page: wherever its reading time stands, the page is known to stand."""

from __future__ import annotations

import msgspec

from builder.model import Layout, Outline, Place, Site
from builder.steps.layout import lay_out
from builder.text.views import Views

# Two courses, modules in a module, a list longer than a page carries, a page beside the courses, tags, a translation.
SOURCES = (
    "index.md",
    "about.md",
    "a/index.md",
    *(f"a/one/{number:02}.md" for number in range(5)),
    "a/one/deep/index.md",
    *(f"a/one/deep/{number:02}.md" for number in range(3)),
    "a/two/index.md",
    *(f"a/two/{number:03}.md" for number in range(130)),
    *(f"b/{number:02}.md" for number in range(4)),
    "es/a/index.md",
    *(f"es/a/one/{number:02}.md" for number in range(2)),
)
TAGGED = {"a/one/02.md", "b/01.md"}


def layout() -> Layout:
    outlines = (Outline(title=path, tags=("often",) if path in TAGGED else ()) for path in SOURCES)
    return lay_out(tuple(zip(SOURCES, outlines, strict=True)), Site(languages=("es",)))


def test_every_page_that_shows_a_page_s_entry_is_known() -> None:
    """A page that is not, shows what it did before when the reading time of the other one changes."""
    made, site = layout(), Site(languages=("es",))
    usual = dict.fromkeys(SOURCES, 1)
    before = Views(made, site, usual)
    shown = [(before.page(number), before.nav(number)) for number in range(len(made.places))]
    changed = 0
    for number, place in enumerate(made.places):
        if not place.source:
            continue
        after = Views(made, site, {**usual, place.source: 9})
        now = [(after.page(page), after.nav(page)) for page in range(len(made.places))]
        differing = {page for page in range(len(made.places)) if now[page] != shown[page]}
        assert differing <= after.shown_by(number), place.source
        changed += len(differing)
    assert changed > len(SOURCES)


def test_a_lesson_s_entry_concerns_its_module_and_no_other() -> None:
    made = layout()
    views = Views(made, Site(languages=("es",)), {})
    number = next(number for number, place in enumerate(made.places) if place.source == "a/one/01.md")
    pages = {made.places[page].source for page in views.shown_by(number)}
    assert {"a/one/00.md", "a/one/01.md", "a/one/04.md", "a/index.md"} <= pages
    assert not any(path.startswith(("a/two/0", "b/", "es/")) for path in pages)


def test_folders_that_nest_without_end_cost_each_page_the_same() -> None:
    """A page shows where it begins and what is near; the steps between are one, and it leads to the nearest of them."""
    places = [Place("index.md", "/", "course", "Home", "home", course=0, children=(1,))]
    for depth in range(1, 101):
        url = "/" + "d/" * depth
        places.append(
            Place(url[1:] + "index.md", url, "module", f"Level {depth}", url, depth - 1, 0, children=(depth + 1,))
        )
    places[-1] = msgspec.structs.replace(places[-1], children=())
    views = Views(Layout(tuple(places)), Site(), {})
    nearest = [f"Level {depth}" for depth in range(90, 100)]
    assert [step.title for step in views.page(100).crumbs] == ["Home", "…", *nearest]
    assert views.page(100).crumbs[1].url == views.hrefs[89]
    assert [step.title for step in views.page(11).crumbs] == ["Home", *(f"Level {depth}" for depth in range(1, 11))]
    _, nav = views.nav(100)
    assert [step.title for step in nav.path] == ["Level 1", "…", *nearest]


def test_a_lesson_s_tags_lead_to_the_lists_of_its_own_language_however_they_are_written() -> None:
    site = Site(configured=True, languages=("en", "es"))
    sources = {"a.md": ("Gas", "EVM"), "b.md": ("gas",), "es/a.md": ("gas",)}
    made = lay_out(tuple((path, Outline(title=path, tags=tags)) for path, tags in sources.items()), site)
    views = Views(made, site, {})
    shown = {place.source: views.page(number).tags for number, place in enumerate(made.places) if place.tags}
    assert shown == {
        "a.md": (("Gas", "/tags/gas/"), ("EVM", "/tags/evm/")),
        "b.md": (("gas", "/tags/gas/"),),
        "es/a.md": (("gas", "/es/tags/gas/"),),
    }
