"""Budgets: what a lesson weighs and asks for, how still it stands, and that it needs nothing but itself."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]  # it ships no types
import pytest
from playwright.sync_api import Page

from e2e.conftest import MakePage, soon
from e2e.gallery import LESSON_URL
from e2e.host import Host

LESSON = "/solidity-basics/first-steps/first-contract/"
KINDS = ["/", "/solidity-basics/", "/solidity-basics/first-steps/", LESSON, "/search/", "/profile/", "/leaderboard/"]

SHIFTS = """
() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})
"""


def weight(folder: Path, urls: list[str]) -> int:
    """Return what files weigh on the way, compressed with brotli."""
    files = {urlsplit(url).path.lstrip("/") for url in urls}
    return sum(len(brotli.compress((folder / file).read_bytes())) for file in files)


def links(html: str, pattern: str) -> list[str]:
    """Return the addresses that a page names in a way."""
    return re.findall(pattern, html)


@pytest.mark.parametrize("path", [LESSON, "/security/classic-mistakes/reentrancy/"])
def test_a_lesson_keeps_its_budgets(sample_dist: Path, path: str) -> None:
    """HTML 15 KB, CSS 12 KB, eager JavaScript 15 KB, each compressed."""
    file = sample_dist / path.strip("/") / "index.html"
    html = file.read_text(encoding="utf-8")
    assert len(brotli.compress(html.encode())) <= 15_000
    assert weight(sample_dist, links(html, r'<link rel="stylesheet" href="([^"]+)"')) <= 12_000
    eager = links(html, r'<script type="module" src="([^"]+)"')
    eager += links(html, r'<link rel="modulepreload" href="([^"]+)"')
    assert len(eager) > 1
    assert weight(sample_dist, eager) <= 5_000


def test_all_scripts_together_weigh_less_than_the_budget_of_the_eager_ones(sample_dist: Path) -> None:
    assert weight(sample_dist, [f"/assets/{file.name}" for file in (sample_dist / "assets").glob("*.js")]) <= 30_000


def test_a_lesson_asks_for_little_and_only_its_own_host(sample: Host, open_page: MakePage) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(sample.url + LESSON, wait_until="networkidle")
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(sample.url).netloc}
    assert len(asked) <= 36
    assert len([url for url in asked if url.endswith(".css")]) == 1


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_while_pages_come_alive(sample: Host, open_page: MakePage, width: int) -> None:
    page = open_page(width=width)
    for path in KINDS:
        page.goto(sample.url + path, wait_until="networkidle")
        # A build without an index for the search says so, on a phone in two lines.
        assert page.evaluate(SHIFTS) <= (0.02 if path == "/search/" else 0.002), path


HORIZON = """
() => [...document.querySelectorAll("article > *")].map((element) => ({
  top: element.getBoundingClientRect().top + scrollY,
  waits: getComputedStyle(element).contentVisibility === "auto",
  drawn: element.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }) ?? null,
  heading: element.matches("h1, .heading"),
}))
"""


def test_a_lesson_is_laid_out_no_further_than_two_screens_ahead(sample: Host, open_page: MakePage) -> None:
    """What is far below costs nothing when the page opens: its first drawing is the longest task there is."""
    page = open_page(sample.url + LESSON, width=360, height=740)
    # What is near enough to be drawn is found out by the first frame.
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    parts = page.evaluate(HORIZON)
    assert all(part["waits"] != part["heading"] for part in parts[12:])
    assert not any(part["waits"] for part in parts[:12]), "What is seen first is itself at once: nothing moves"
    assert {part["drawn"] for part in parts if part["top"] < 740} == {True, None}
    # The engine looks one and a half screens ahead; what it then lays out may be taller or shorter than was thought.
    far = [part["drawn"] for part in parts if part["top"] > 4 * 740 and not part["heading"]]
    assert far.count(False) >= 5
    assert True not in far


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_link_to_a_heading_far_below_arrives_there(sample: Host, open_page: MakePage, motion: str) -> None:
    """Neither the opened address nor a click is led astray by heights that are not known yet."""
    page = open_page(f"{sample.url}{LESSON}#now-you", width=360, height=740, reduced_motion=motion)
    arrives(page, "now-you")
    page.goto(sample.url + LESSON)
    page.get_by_role("button", name="On this page").click()
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="How your work").click()
    arrives(page, "how-your-work-is-checked")


def arrives(page: Page, heading: str) -> None:
    """Wait until a heading stands at the top of the window, and see it stay there."""
    tops: list[float] = []

    def stays() -> bool:
        tops.append(page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", heading))
        page.wait_for_timeout(50)
        return len(tops) >= 5 and all(8 <= top <= 64 for top in tops[-5:])

    soon(page, f"#{heading} stands at the top of the window", stays)


def test_every_page_lives_under_the_strictest_policy(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))")
    for path in ("/", "/course/", LESSON_URL, "/search/?q=code", "/profile/", "/leaderboard/", "/offline.html"):
        page.goto(gallery.url + path, wait_until="networkidle")
        file = gallery.folder / urlsplit(path).path.lstrip("/")
        html = (file if file.suffix else file / "index.html").read_text(encoding="utf-8")
        assert not re.search(r"<[^>]+\s(?:on[a-z]+|style)=", html), "an inline handler or style"
