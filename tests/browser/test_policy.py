"""The pages' security policy in a real browser: nothing of the site breaks it, and nothing foreign gets past it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from browser.host import Host
from browser.themed import Themed
from course import Course, Files, codes

OWN = """# Own

<p id="styled" style="color: rgb(1, 2, 3)" onclick="document.title = 'clicked'">Press</p>

<script>
document.documentElement.dataset.ran = "yes";
document.getElementById("styled").insertAdjacentHTML("afterend", "<b>made</b>");
</script>

<style>h1 { color: rgb(4, 5, 6) }</style>

<iframe src="https://films.example/1" title="A film"></iframe>

![far](https://pictures.example/a.png)
"""

SITE = 'title = "Site"\nbase_url = "https://site.example"\n'

COURSE: Files = {
    "site.toml": SITE,
    "index.md": "# Home\n",
    "one/index.md": "# One\n",
    "one/a.md": "---\naliases: [/old/]\n---\n# A\n\n```html\n<p style=\"x\" onclick='y'><script>z()</script>\n```\n",
    "one/own.md": OWN,
}


@pytest.fixture
def sample(sample_dist: Path, host: Callable[[Path], Host]) -> Host:
    """Give a host of the sample site."""
    return host(sample_dist)


@pytest.fixture
def site(place: Path, host: Callable[[Path], Host]) -> tuple[Course, Host]:
    """Give a course with an author's own HTML, and its host."""
    course = Themed(place, COURSE)
    course.build()
    return course, host(course.out)


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """Return a tab and what its pages were refused."""
    page = context.new_page()
    refused: list[str] = []
    page.on(
        "console", lambda said: refused.append(f"{page.url}: {said.text}") if "Security Policy" in said.text else None
    )
    return page, refused


def test_no_page_of_the_sample_site_breaks_its_own_policy(sample: Host, context: BrowserContext) -> None:
    page, refused = watched(context)
    pages = sorted(path.relative_to(sample.folder).as_posix() for path in sample.folder.rglob("*.html"))
    for path in pages:
        assert page.goto(f"{sample.url}/{path.removesuffix('index.html')}")
        assert page.locator("meta[http-equiv=Content-Security-Policy]").count() == 1, path
    page.goto(f"{sample.url}/search/?q=storage")
    page.wait_for_load_state("networkidle")
    page.evaluate("(async () => { await navigator.serviceWorker.ready; })()")
    assert refused == []


def test_an_authors_own_html_works_on_its_page_alone(site: tuple[Course, Host], context: BrowserContext) -> None:
    page, refused = watched(context)
    page.goto(f"{site[1].url}/one/own/", wait_until="domcontentloaded")
    assert page.get_attribute("html", "data-ran") == "yes"
    assert page.evaluate("getComputedStyle(document.getElementById('styled')).color") == "rgb(1, 2, 3)"
    assert page.evaluate("getComputedStyle(document.querySelector('main h1')).color") == "rgb(4, 5, 6)"
    page.click("#styled")
    assert page.title() == "clicked"
    assert refused == []
    page.evaluate(
        "{ const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s) }"
    )
    assert page.evaluate("window.bad") is None, "What the page did not bring is refused"
    text = site[0].page("one/own/index.html")
    policy = text.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
    assert "frame-src 'self' https://films.example;" in policy
    assert "img-src 'self' data: https://pictures.example;" in policy
    other = site[0].page("one/a/index.html")
    assert "unsafe-hashes" not in other, "A listing of HTML is text"
    assert "require-trusted-types-for" in other


def test_a_notice_tells_of_every_piece(site: tuple[Course, Host]) -> None:
    report = site[0].build()
    found = [
        (problem.code, problem.line) for problem in report.problems if problem.code in ("own-code", "remote-resource")
    ]
    assert found == [
        ("own-code", 3),
        ("own-code", 3),
        ("own-code", 5),
        ("own-code", 10),
        ("remote-resource", 12),
        ("remote-resource", 14),
    ]
    assert {problem.severity for problem in report.problems} == {"notice"}


def test_a_strict_site_refuses_it(site: tuple[Course, Host], context: BrowserContext) -> None:
    course, host = site
    course.write({"site.toml": SITE + "[security]\nstrict = true\n"})
    report = course.build()
    assert report.count("error") == len(codes(report)) == 6
    page, refused = watched(context)
    page.goto(f"{host.url}/one/own/", wait_until="domcontentloaded")
    assert page.get_attribute("html", "data-ran") is None
    assert page.evaluate("document.documentElement.classList.contains('js')"), "The theme's own script runs"
    assert refused


def test_a_package_that_makes_elements_of_text_works_where_the_site_allows_it(
    place: Path, context: BrowserContext, host: Callable[[Path], Host]
) -> None:
    course = Themed(place, {**COURSE, "site.toml": f"{SITE}[security]\ntrusted_types = false\n"})
    theme = course.site
    (theme / "templates").mkdir()
    (theme / "assets" / "js").mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (theme / "assets" / name).write_bytes((Path(__file__).parents[1] / "assets" / "bundled" / name).read_bytes())
    (theme / "assets" / "js" / "own.js").write_text(
        'import htmx from "htmx.org";\nimport ms from "ms";\n'
        "document.documentElement.dataset.ms = ms('2 days');\n"
        'htmx.swap({ target: "main", swap: "beforeend", text: "<b id=swapped>made</b>" });\n'
    )
    (theme / "templates" / "scripts.html").write_text(
        "{% for url in site.preloads['js/own.js'] %}<link rel=modulepreload href='{{ url }}'>{% endfor %}"
        "<script type=module src='{{ site.assets['js/own.js'] }}'></script>"
    )
    course.build()
    page, refused = watched(context)
    page.goto(f"{host(course.out).url}/one/a/")
    page.wait_for_selector("#swapped", state="attached")
    assert page.get_attribute("html", "data-ms") == "172800000"
    assert refused == []


def test_a_page_that_has_moved_takes_its_reader_along(site: tuple[Course, Host], context: BrowserContext) -> None:
    page, refused = watched(context)
    page.goto(f"{site[1].url}/one/a/")
    (old,) = site[0].out.rglob("old/index.html")
    assert "Content-Security-Policy" in old.read_text(encoding="utf-8")
    page.goto(f"{site[1].url}/{old.relative_to(site[0].out).parent.as_posix()}/#here")
    page.wait_for_url("**/one/a/#here")
    assert refused == []
