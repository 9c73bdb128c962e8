"""The contract's sentences on links, on what they publish, and on where the site will stand."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from builder.io.config import HOME
from builder.model import Layout, Place, Site
from builder.pipeline import build
from builder.steps.sitefile import sitemaps
from builder.text.views import Views
from course import Course, Files, codes, picture
from golden.reading import SITE, built

TREE: Files = {
    "index.md": "# Home",
    "02-b.md": "# B\n\n## Two",
    "part/c.md": "# C",
    "files/Slides (1).pdf": b"%PDF slides",
    "cat.png": picture(),
}


def linked(place: Path, markdown: str) -> str:
    """Build a page with one paragraph and return that."""
    course = Course(place, {**TREE, "part/a.md": f"# A\n\n{markdown}\n"})
    course.build()
    return course.page("part/a/index.html").partition("</h1>")[2].partition("</p>")[0].strip().removeprefix("<p>")


@pytest.mark.parametrize(
    ("target", "href"),
    [
        ("../02-b.md", "/b/"),
        ("../02-b.html", "/b/"),
        ("c.md#c", "/part/c/#c"),
        ("../02-b.md?x=1&amp;y=2#two", "/b/?x=1&amp;y=2#two"),
        ("../part/", "/part/"),
        ("../part", "/part/"),
        ("/02-b.md", "/b/"),
        ("/", "/"),
        ("#a", "#a"),
        ("https://x.test/a.md", "https://x.test/a.md"),
        ("mailto:a@x.test", "mailto:a@x.test"),
    ],
)
def test_links_lead_where_the_file_stands(place: Path, target: str, href: str) -> None:
    """In Markdown and in raw HTML alike; query and fragment are kept, what is elsewhere is left alone."""
    shown = linked(place, f'[x]({target}) <a href="{target}">y</a>')
    assert re.findall('href="([^"]*)"', shown) == [href, href]


def test_any_other_file_is_published_under_assets_with_its_name_for_download(place: Path) -> None:
    """Its address has a digest, its bytes are the same."""
    course = Course(place, {**TREE, "part/a.md": "# A\n\n[s](<../files/Slides (1).pdf>)"})
    assert built(course) == {}
    found = re.search(r'href="/(assets/[^"]+)" download="([^"]+)"', course.page("part/a/index.html"))
    assert found is not None
    assert found[2] == "Slides (1).pdf"
    assert re.fullmatch(r"assets/.+\.[0-9a-f]{8,}\.pdf", found[1])
    assert b"%PDF slides" in course.outputs().values()


def test_a_file_that_nothing_links_to_is_not_published(place: Path) -> None:
    """It may be a note of the author's."""
    course = Course(place, TREE)
    built(course)
    assert b"%PDF slides" not in course.outputs().values()


@pytest.mark.parametrize("target", ["../../outside.txt", "%2e%2e/%2e%2e/outside.txt", "..%2f..%2foutside.txt"])
def test_targets_outside_the_root_are_never_published(place: Path, target: str) -> None:
    """However the way there is written, in Markdown and in raw HTML."""
    course = Course(place, {"part/a.md": f'# A\n\n[x]({target})\n\n<img src="{target}" alt="x">'})
    (course.site / "outside.txt").write_text("Outside word")
    assert "link-outside" in built(course)
    assert not any(b"Outside word" in data for data in course.outputs().values())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[[c]]", '<a href="/part/c/">c</a>'),
        ("[[nothing]]", "[[nothing]]"),
        ("[[c]](../02-b.md)", '<a href="/b/">[c]</a>'),
        ("`[[c]]`", "<code>[[c]]</code>"),
        ("if [[ -n $x ]]; then", "if [[ -n $x ]]; then"),
    ],
)
def test_double_brackets_are_a_link_only_if_they_resolve_and_no_bracket_follows(
    place: Path, written: str, shown: str
) -> None:
    """All else is text."""
    assert linked(place, written) == shown


@pytest.mark.parametrize(
    ("written", "formulas"),
    [
        ("$x$", 1),
        ("so $x$, and ($y$).", 2),
        ("from $5 to $10", 0),
        ("a$x$", 0),
        ("$x$b", 0),
        ("$ x$ and $x $", 0),
        ("`$x$`", 0),
    ],
)
def test_dollars_are_mathematics_only_with_space_outside_and_none_inside(
    place: Path, written: str, formulas: int
) -> None:
    """Prices and shell variables stay as they are."""
    shown = linked(place, written)
    assert shown.count("<math") == formulas
    assert bool(formulas) is ("$" not in shown)


def test_a_language_more_costs_the_sitemap_its_own_pages(place: Path) -> None:
    """Pages name their translations; the sitemap of fifty languages is no larger for an address than that of two."""
    codes = [f"x{first}{second}" for first in "abcde" for second in "abcdefghij"]
    weights = []
    for number in (2, 50):
        spoken = ["en", *codes[: number - 1]]
        settings = f'language = "en"\nlanguages = {json.dumps(spoken)}\nbase_url = "https://example.org"\n'
        pages = {f"{code}/c/a.md": "# A" for code in spoken[1:]}
        course = Course(place / str(number), {"site.toml": settings, "c/a.md": "# A", **pages})
        course.build()
        found = course.page("sitemap.xml")
        weights.append(len(found) // found.count("<loc>"))
        assert course.page("c/a/index.html").count(' hreflang="') >= number
    assert weights[1] < weights[0] * 1.2


def test_without_a_base_url_there_is_no_sitemap_no_feed_and_one_notice(place: Path) -> None:
    """The canonical address is relative."""
    course = Course(place, {**TREE, "n.md": "---\ndate: 2026-01-01\n---\n# N"})
    problems = course.build().problems
    assert [(problem.severity, problem.code) for problem in problems] == [("notice", "base-url")]
    assert not {"sitemap.xml", "feed.xml"} & set(course.outputs())
    assert '<link rel="canonical" href="/n/">' in course.page("n/index.html")


def test_the_feed_is_atom_of_dated_pages(place: Path) -> None:
    """Newest first; the sitemap has every page."""
    dated = {"c/a.md": "---\ndate: 2026-01-02\n---\n# a", "c/b.md": "# b"}
    course = Course(place, {**SITE, **TREE, **dated, "c/n.md": "---\ndate: 2026-01-30\n---\n# N & M"})
    built(course)
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(course.page("feed.xml"))
    assert feed.tag == f"{atom}feed"
    assert [entry.findtext(f"{atom}title") for entry in feed.iter(f"{atom}entry")] == ["N & M", "a"]
    assert all(entry.findtext(f"{atom}{key}") for entry in feed.iter(f"{atom}entry") for key in ("id", "updated"))
    assert course.page("sitemap.xml").count("<loc>") == 8  # home, b, part, part/c, c, c/a, c/b, c/n
    assert "Sitemap: https://example.org/sitemap.xml" in course.page("robots.txt")


def test_the_feed_ends_where_readers_of_feeds_stop(place: Path) -> None:
    """A course of many dated lessons hands out the newest fifty."""
    lessons = {f"c/{number}.md": f"---\ndate: 2026-01-01T00:{number:02}:00Z\n---\n# {number}" for number in range(60)}
    course = Course(place, {**SITE, **lessons})
    built(course)
    atom = "{http://www.w3.org/2005/Atom}"
    titles = [entry.findtext(f"{atom}title") for entry in ET.fromstring(course.page("feed.xml")).iter(f"{atom}entry")]
    assert titles == [str(number) for number in range(59, 9, -1)]


def test_a_base_path_prefixes_everything(place: Path) -> None:
    """Links, pictures, downloads, theme, redirects, headers, catalogue, the app's manifest."""
    course = Course(
        place,
        {
            **SITE,
            **TREE,
            "c/a.md": "---\naliases: [old]\n---\n# A\n\n[b](../02-b.md) ![c](../cat.png)\n"
            "[s](<../files/Slides (1).pdf>)\n"
            '\n<a href="/part/c.md">raw</a>',
        },
    )
    assert built(course, base_url="https://example.org/docs/") == {}
    for path, data in course.outputs().items():
        if path.endswith(".html"):
            found = re.findall(r'(?:href|src)="(/[^"]*)', data.decode())
            assert [address for address in found if not address.startswith("/docs/")] == [], path
    assert course.page("_redirects") == "/docs/c/old/ /docs/c/a/ 301\n"
    rules = [line for line in course.page("_headers").splitlines() if not line.startswith(" ")]
    assert all(line.startswith("/docs/") for line in rules)
    assert '"url":"/docs/c/a/"' in course.page("catalog.json")
    assert '"start_url":"/docs/"' in course.page("manifest.webmanifest")
    assert "https://example.org/docs/c/a/</loc>" in course.page("sitemap.xml")


def test_language_folders_have_their_language_and_name_each_other(place: Path) -> None:
    """A page and its translations carry hreflang of both; one without a translation has none."""
    course = Course(
        place,
        {
            "site.toml": 'title = "S"\nbase_url = "https://x.test"\nlanguages = ["en", "ar"]\n',
            "index.md": "# H",
            "c/a.md": "# A",
            "c/b.md": "# B",
            "ar/index.md": "# H",
            "ar/c/a.md": "# A",
        },
    )
    built(course)
    for path in ("c/a/", "ar/c/a/"):
        alternates = re.findall(r'hreflang="(\w+)" href="([^"]*)"', course.page(f"{path}index.html"))
        assert sorted(alternates) == [("ar", "https://x.test/ar/c/a/"), ("en", "https://x.test/c/a/")]
    assert "hreflang" not in course.page("c/b/index.html")
    assert '<html lang="ar" dir="rtl">' in course.page("ar/c/a/index.html")


def test_what_is_learnt_in_one_language_is_learnt(place: Path) -> None:
    """A translation has its original's name in progress, and the catalogue and the awards say so."""
    course = Course(
        place,
        {
            "site.toml": 'title = "S"\nlanguages = ["en", "es"]\n',
            "index.md": "# H",
            "c/a.md": "---\nid: first\n---\n# A\n\n::: quiz {#q}\n- [ ] a\n- [x] b\n:::\n",
            "c/b.md": "# B",
            "es/index.md": "# H",
            # Its own id is not needed; a choice too many does not change what is right.
            "es/c/a.md": "# A\n\n::: quiz {#q}\n- [x] a\n- [ ] b\n:::\n",
            "es/c/solo.md": "# Solo",
        },
    )
    build(course.request(), course.said.append)
    page = course.page("es/c/a/index.html")
    assert 'data-item="c/first"' in page
    assert 'data-course="es-c"' in page
    catalog = json.loads(course.page("catalog.json"))["courses"]
    assert [(one["id"], one.get("original")) for one in catalog] == [("c", None), ("es-c", "c")]
    awards = json.loads((course.folder / "dist.release" / "awards.json").read_bytes())
    assert set(awards["items"]) == {"c/first", "c/first#q", "c/b", "c/solo"}
    assert awards["items"]["c/first#q"]["answers"] == [1]
    assert awards["aliases"]["es-c/first"] == "c/first"
    assert awards["aliases"]["es-c/first#q"] == "c/first#q"


def test_each_language_leads_to_its_own_courses(place: Path) -> None:
    """The bar of a page names the courses in the page's language; a home has no card for the home of another."""
    course = Course(
        place,
        {
            "site.toml": 'title = "S"\nlanguages = ["en", "es"]\n',
            "index.md": "# H",
            "c/a.md": "# A",
            "d/a.md": "# A",
            "es/index.md": "# H",
            "es/c/index.md": "# Curso",
            "es/c/a.md": "---\ntags: [uno]\n---\n# A",
        },
    )
    build(course.request(), course.said.append)
    for path, expected in (("c/a/", ["/c/", "/d/"]), ("es/c/a/", ["/es/c/"]), ("es/profile/", ["/es/c/"])):
        bar = course.page(f"{path}index.html").partition('<nav class="sections"')[2].partition("</nav>")[0]
        assert re.findall('href="([^"]*)"', bar) == expected
        trail = course.page(f"{path}index.html").partition('<nav class="crumbs"')[2].partition("</nav>")[0]
        assert re.findall('href="([^"]*)"', trail)[:1] in ([], ["/es/" if path.startswith("es") else "/"])
    cards = course.page("index.html").partition('<ul class="cards">')[2].partition("</ul>")[0]
    assert re.findall('href="([^"]*)"', cards) == ["/c/", "/d/"]
    assert '<html lang="es"' in course.page("es/tags/uno/index.html")
    assert not (course.out / "tags").exists()


def test_a_language_named_with_a_region_has_its_own_home_and_standing_pages(place: Path) -> None:
    course = Course(
        place,
        {
            "site.toml": 'title = "S"\nlanguages = ["en", "pt-BR"]\n',
            "index.md": "# H",
            "pt-BR/index.md": "# Início",
            "pt-BR/c/a.md": "# A",
        },
    )
    build(course.request(), course.said.append)
    page = course.page("pt-br/c/a/index.html")
    assert '<a class="brand" href="/pt-br/">' in page
    assert 'href="/pt-br/search/"' in page
    assert '<html lang="pt-BR"' in course.page("pt-br/search/index.html")


def test_the_real_theme_has_a_switcher_to_the_same_page_in_other_languages(place: Path) -> None:
    """A reader of a lesson comes to that lesson, in each language's own name; a page without one has no switcher."""
    course = Course(
        place,
        {
            "site.toml": 'title = "S"\nlanguages = ["en", "es"]\n',
            "index.md": "# H",
            "c/a.md": "# A",
            "c/b.md": "# B",
            "es/c/a.md": "# A",
        },
    )
    build(course.request(), course.said.append)
    links = re.findall(r"<a\b[^>]*\bhreflang=[^>]*>", course.page("c/a/index.html"))
    assert any('href="/es/c/a/"' in link and 'hreflang="es"' in link for link in links)
    assert not re.findall(r"<a\b[^>]*\bhreflang=[^>]*>", course.page("c/b/index.html"))


def sitemap_of(addresses: int, letters: int) -> dict[str, bytes]:
    """Return the sitemap of a site of so many pages, each with an address of so many letters."""
    places = tuple(Place("a.md", f"/{number:0{letters}}/", "lesson", "A") for number in range(addresses))
    site = Site(base_url="https://example.org/docs", base_path="/docs")
    return sitemaps(Views(Layout(places), site, {}))


@pytest.mark.parametrize(("addresses", "letters", "parts"), [(50_000, 9, 1), (50_001, 9, 2), (60_000, 1_000, 2)])
def test_a_sitemap_too_large_for_one_file_comes_in_parts(addresses: int, letters: int, parts: int) -> None:
    """Of at most 50,000 addresses and 50 MB each, which the index at the usual place names; nothing is left out."""
    found = sitemap_of(addresses, letters)
    index = found["sitemap.xml"].decode()
    assert len(found) == (parts + 1 if parts > 1 else 1)
    named = re.findall(r"<sitemap><loc>https://example.org/docs/([^<]+)</loc></sitemap>", index)
    assert sorted(named) == sorted(found.keys() - {"sitemap.xml"})
    files = [found[name] for name in named] or [found["sitemap.xml"]]
    assert sum(file.count(b"<url>") for file in files) == addresses
    assert all(file.count(b"<url>") <= 50_000 and len(file) <= 50 * 1024**2 for file in files)


def test_a_page_takes_no_parts_place(place: Path) -> None:
    """A page that is called like a part of the sitemap gets another address."""
    course = Course(place, {"sitemap-1.xml.md": "# A\n", "sitemap-x.xml.md": "# B\n", "index.md": "# Home\n"})
    assert codes(course.build()) == ["url-collision"]
    assert {"sitemap-1.xml-2/index.html", "sitemap-x.xml/index.html"} <= course.outputs().keys()


def test_the_sites_language_is_everybody_elses(place: Path) -> None:
    """A translated page names the one in the site's language as the default; where there is none, no default."""
    files = {"site.toml": 'language = "en"\nlanguages = ["en", "de", "fr"]\n'}
    pages = ("c/a.md", "de/c/a.md", "fr/c/a.md", "de/c/b.md", "fr/c/b.md")
    course = Course(place, {**files, **dict.fromkeys(pages, "# A\n")})
    for folder in ("templates", "assets"):
        shutil.copytree(HOME / folder, course.site / folder)
    course.build()
    for path in ("c/a", "de/c/a", "fr/c/a"):
        assert '<link rel="alternate" hreflang="x-default" href="/c/a/">' in course.page(f"{path}/index.html")
    assert "x-default" not in course.page("de/c/b/index.html")
    assert 'hreflang="fr"' in course.page("de/c/b/index.html")


def test_no_heading_takes_the_place_of_the_frames_own_parts(place: Path) -> None:
    """A heading of any word is the only thing on the page that is called so: what a link to it finds is the heading."""
    words = ("Main", "Outline", "TOC", "Comfort", "Query", "Menu", "Theme main")
    course = Course(place, {"index.md": "# A\n\n" + "".join(f"## {word}\n\nText.\n\n" for word in words)})
    for folder in ("templates", "assets"):
        shutil.copytree(HOME / folder, course.site / folder)
    assert codes(course.build()) == []
    found = re.findall(r'\sid="([^"]+)"', course.page("index.html"))
    assert sorted(set(found)) == sorted(found)
    assert {"main", "outline", "toc", "comfort", "theme-main"} <= set(found)
