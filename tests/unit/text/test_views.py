"""What others show of a page: wherever its reading time stands, the page is known to stand."""

from __future__ import annotations

from builder.model import Layout, Outline, Site
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
