"""A web font by setting: fetched early, once, as little of it as a page needs, and nothing moves when it comes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from browser.host import Host
from browser.themed import Themed
from builder.errors import UsageError
from course import Files

PACKAGES = Path(__file__).parent / "typefaces"

WORDS = (
    "A contract keeps its state between calls, and every call that changes it costs whoever makes it. What is written"
    " is written for good: there is no way to take a transaction back, only to send another one after it. "
)
LESSON = "# A lesson in a face of its own\n\n" + "".join(
    f"## What the {number}th part says of storage\n\n{WORDS * 3}\n\n- {WORDS}\n- **{WORDS}**\n\n" for number in range(6)
)

COURSE: Files = {
    "site.toml": 'title = "Site"\nbase_url = "https://site.example"\n[theme]\nfont = "@fontsource-variable/inter"\n',
    "index.md": "# Home\n",
    "one/a.md": LESSON,
    "two/far.md": "# Ждём\n\nЖдём.\n",
}

SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) sum += each.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 300);
})"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where npm has put the fonts, once for all these tests."""
    return tmp_path_factory.mktemp("shelf") / "npm"


@pytest.fixture
def course(place: Path, shelf: Path) -> Themed:
    """Give a course whose theme has fonts to choose from."""
    made = Themed(place, COURSE)
    (made.site / "assets").mkdir()
    for file in PACKAGES.iterdir():
        (made.site / "assets" / file.name).write_bytes(file.read_bytes())
    made.cache.mkdir(exist_ok=True)
    shelf.mkdir(exist_ok=True)
    (made.cache / "npm").symlink_to(shelf)
    return made


def fetched(page: Page) -> list[str]:
    """Return the fonts that a page has asked for, by name without hash."""
    script = "performance.getEntriesByType('resource').map((each) => each.name).filter((name) => /woff2$/.test(name))"
    return sorted(re.sub(r"\.[0-9a-f]{12}\.woff2$", "", name.rpartition("/")[2]) for name in page.evaluate(script))


def test_a_page_fetches_the_letters_it_has_and_the_common_ones_once(
    course: Themed, context: BrowserContext, host: Callable[[Path], Host]
) -> None:
    course.build()
    served = host(course.out)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{served.url}/one/a/", wait_until="networkidle")
    page.evaluate("document.fonts.ready.then(() => 1)")
    assert fetched(page) == ["inter-latin-wght-normal"]
    assert page.evaluate("document.fonts.check('16px \"Inter Variable\"')")
    page.goto(f"{served.url}/two/far/", wait_until="networkidle")
    assert fetched(page) == ["inter-cyrillic-wght-normal", "inter-latin-wght-normal"]
    assert said == [], "What is fetched ahead is used, and nothing breaks the page's policy"


@pytest.mark.parametrize("package", ["@fontsource-variable/inter", "@fontsource/lora"])
@pytest.mark.parametrize("width", [412, 1280])
def test_nothing_moves_when_the_font_comes_late(
    course: Themed, context: BrowserContext, host: Callable[[Path], Host], package: str, width: int
) -> None:
    course.write({"site.toml": str(COURSE["site.toml"]).replace("@fontsource-variable/inter", package)})
    course.build()
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})

    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/*.woff2", late)
    page.goto(f"{host(course.out).url}/one/a/", wait_until="load")
    before = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("document.fonts.ready.then(() => 1)")
    assert page.evaluate(SHIFTS) < 0.002
    after = page.evaluate("document.documentElement.scrollHeight")
    assert abs(after - before) / before < 0.03


def test_a_font_is_part_of_what_is_read_offline(course: Themed) -> None:
    course.build()
    latin = re.search(r'rel="preload" href="/(assets/inter-latin-wght-normal[^"]+)"', course.page("one/a/index.html"))
    assert latin
    assert latin[1] in course.page("sw.js")
    for saved in (course.out / "offline").glob("*.json"):
        assert re.findall(r"[\w-]+\.\w+\.woff2", saved.read_text()) == [latin[1].rpartition("/")[2]]


def test_the_licence_of_a_font_travels_with_it(course: Themed) -> None:
    course.build()
    (style,) = (course.out / "assets").glob("site.*.css")
    name = re.search(r"/\*! Inter: (\S+) \*/", style.read_text())
    assert name
    assert "SIL OPEN FONT LICENSE" in (course.out / "assets" / name[1]).read_text()


def test_a_site_without_fonts_has_none(course: Themed) -> None:
    course.write({"site.toml": 'title = "Site"\n'})
    report = course.build()
    assert "fonts" not in report.ran
    assert not list((course.out / "assets").glob("*.woff2"))
    assert 'as="font"' not in course.page("one/a/index.html")


def test_what_was_made_of_a_font_is_recalled(course: Themed) -> None:
    course.build()
    (course.cache / "npm").unlink()
    course.write({"one/a.md": "# A\n\nOther words.\n"})
    report = course.build()
    assert report.recalled["fonts"] == 1
    assert not (course.cache / "npm").exists()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('font = "@fontsource/none"', "`theme.font` names “@fontsource/none”, which assets/package.json does not have"),
        ('font = "ms"', "“ms” is no package of Fontsource's"),
        ("fount = 1", "Unknown setting `theme.fount`"),
    ],
)
def test_a_font_that_cannot_be_had_is_named(course: Themed, setting: str, said: str) -> None:
    course.write({"site.toml": f'title = "Site"\n[theme]\n{setting}\n'})
    with pytest.raises(UsageError) as caught:
        course.build()
    assert caught.value.message == said
