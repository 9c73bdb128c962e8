"""The service worker in a real browser: what was read opens again, what is kept is whole, and no version is mixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from browser.host import Host
from browser.themed import Themed
from course import Course, Files, picture
from patience import until

COURSE: Files = {
    "site.toml": 'title = "Site"\napi_url = "/api"\n',
    "index.md": "# Home\n",
    "one/index.md": "# One\n",
    "one/a.md": "# A\n\nThe first words.\n\n![A cat](cat.png)\n",
    "one/b.md": "# B\n\nThe second words.\n",
    "one/cat.png": picture(900, 600),
    "two/index.md": "# Two\n",
    "two/c.md": "# C\n\nThe third words.\n",
}

# What a page says to the worker, and the answers up to the last.
ASK = """([message, last]) => new Promise(async (resolve) => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const said = [];
  port1.onmessage = ({ data }) => { said.push(data); if (last.includes(data.type)) resolve(said); };
  active.postMessage(message, [port2]);
})"""

KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    found[name] = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
  }
  return found;
}"""

# The worker is ready and has taken this page.
READY = """async () => {
  await navigator.serviceWorker.ready;
  while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 10));
  const first = async () => (await caches.keys()).length > 1;
  while (!(await first())) await new Promise((resolve) => setTimeout(resolve, 10));
}"""

Hosted = tuple[Course, Host]


@pytest.fixture
def site(place: Path, host: Callable[[Path], Host]) -> Hosted:
    """Give a built course and its host."""
    course = Themed(place, COURSE)
    course.build()
    return course, host(course.out)


def visit(context: BrowserContext, site: Hosted, path: str = "/") -> Page:
    """Return a page of the site, when its worker works."""
    page = context.new_page()
    page.goto(site[1].url + path)
    page.evaluate(READY)
    return page


def ask(page: Page, message: dict[str, Any], *last: str) -> list[dict[str, Any]]:
    """Say something to the worker and return its answers."""
    said: list[dict[str, Any]] = page.evaluate(ASK, [message, last])
    return said


def kept(page: Page, cache: str = "") -> list[str]:
    """Return the addresses that are kept, sorted."""
    found: dict[str, list[str]] = page.evaluate(KEPT)
    return sorted(path for name, paths in found.items() if cache in name for path in paths)


def fulfilled(page: Page, promise: str, argument: object = None) -> None:
    """Wait until what a promise gives is true; ``wait_for_function`` takes the promise itself for true.

    Its own eval is refused by a page's policy, too, unless its first look finds what it waits for.
    """
    until(promise, lambda: page.evaluate(promise, argument), lambda seconds: page.wait_for_timeout(1000 * seconds))


def waits(page: Page, path: str) -> None:
    """Wait until an address is kept."""
    fulfilled(page, "async (path) => !!(await caches.match(path))", path)


def text_of(page: Page, path: str, site: Hosted) -> str:
    """Go to a page and return its text."""
    page.goto(site[1].url + path)
    return page.inner_text("main")


def test_the_first_visit_keeps_the_shell_and_the_page_itself(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site, "/one/a/")
    waits(page, "/one/a/")
    assert {"/", "/offline.html", "/one/a/"} <= set(kept(page, "pages"))
    assert any(path.startswith("/assets/site.") for path in kept(page, "assets"))
    assert "/two/c/" not in kept(page)


def test_without_a_network_what_was_read_opens_and_the_rest_says_so(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site)
    assert "The first words" in text_of(page, "/one/a/", site)
    waits(page, "/one/a/")
    site[1].is_down = True
    assert "The first words" in text_of(page, "/one/a/?utm_source=letter#place", site)
    assert "The first words" in text_of(page, "/one/a", site), "Without its slash it is the same page"
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px", "Its style is there"
    assert "You are offline" in text_of(page, "/two/c/", site)


def test_a_saved_course_opens_whole(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site)
    (before,) = ask(page, {"type": "COURSES"}, "COURSES")
    assert [(course["id"], course["saved"]) for course in before["courses"]] == [("one", "no"), ("two", "no")]
    said = ask(page, {"type": "SAVE", "course": "one"}, "SAVED", "FAILED")
    assert said[-1]["type"] == "SAVED"
    assert said[-2]["done"] == said[-2]["total"] == said[-1]["bytes"] == before["courses"][0]["bytes"]
    site[1].is_down = True
    assert "The second words" in text_of(page, "/one/b/", site)
    assert "The first words" in text_of(page, "/one/a/", site)
    fulfilled(page, "document.querySelector('main img').naturalWidth > 0")
    assert "You are offline" in text_of(page, "/two/c/", site)
    (after,) = ask(page, {"type": "COURSES"}, "COURSES")
    assert [course["saved"] for course in after["courses"]] == ["yes", "no"]
    ask(page, {"type": "FORGET", "course": "one"}, "FORGOTTEN")
    assert "You are offline" in text_of(page, "/one/b/", site)


def test_a_save_that_fails_says_why_and_goes_on_from_there(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site)
    site[1].gone.add("/one/b/")
    said = ask(page, {"type": "SAVE", "course": "one"}, "SAVED", "FAILED")
    assert (said[-1]["type"], said[-1]["reason"]) == ("FAILED", "offline")
    (state,) = ask(page, {"type": "COURSES"}, "COURSES")
    assert state["courses"][0]["saved"] == "no"
    site[1].gone.clear()
    site[1].asked.clear()
    assert ask(page, {"type": "SAVE", "course": "one"}, "SAVED", "FAILED")[-1]["type"] == "SAVED"
    assert not [path for path in site[1].asked if path.startswith("/assets/")], "They had come the first time"
    assert ask(page, {"type": "SAVE", "course": "none"}, "FAILED")[-1]["reason"] == "unknown-course"


def test_an_update_waits_for_the_reader_and_two_tabs_stay_whole(site: Hosted, context: BrowserContext) -> None:
    course, host = site
    first = visit(context, site, "/one/a/")
    second = visit(context, site, "/one/b/")
    assert ask(first, {"type": "SAVE", "course": "one"}, "SAVED")[-1]["type"] == "SAVED"
    sheet = first.get_attribute("link[rel=stylesheet]", "href")
    assert sheet
    course.write({"one/b.md": "# B\n\nOther words.\n", "/assets/css/site.css": "body{color:#123456}"})
    course.build()
    assert not (course.out / sheet.lstrip("/")).exists()
    host.asked.clear()
    first.evaluate("async () => (await navigator.serviceWorker.getRegistration()).update()")
    fulfilled(first, "async () => !!(await navigator.serviceWorker.getRegistration()).waiting")
    again = "async (sheet) => (await fetch(sheet)).status"
    assert [tab.evaluate(again, sheet) for tab in (first, second)] == [200, 200], "An open tab's old asset is there"
    assert "/one/a/" not in host.asked, "Nobody has asked for the new version yet"
    with first.expect_navigation():
        first.evaluate(
            """async () => {
              navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
              (await navigator.serviceWorker.getRegistration()).waiting.postMessage({ type: "SKIP_WAITING" });
            }"""
        )
    assert first.evaluate("getComputedStyle(document.body).color") == "rgb(18, 52, 86)"
    assert second.evaluate(again, sheet) == 200, "Also when the new version has taken over"
    fulfilled(
        first,
        "async () => (await (await caches.match('/one/b/', {cacheName: 'coursewright / saved one'})).text())"
        ".includes('Other words')",
    )
    host.is_down = True
    assert "Other words" in text_of(second, "/one/b/", site), "What was saved is the new release"


def test_what_is_no_whole_answer_is_never_kept(site: Hosted, context: BrowserContext) -> None:
    course, host = site
    sheet = next(path.name for path in (course.out / "assets").glob("site.*.css"))
    host.instead.add(f"/assets/{sheet}")
    page = visit(context, site)
    page.goto(f"{host.url}/nowhere/")
    host.broken.add("/two/c/")
    page.goto(f"{host.url}/two/c/")
    page.goto(f"{host.url}/one/a")
    page.goto(f"{host.url}/one/a/")
    waits(page, "/one/a/")
    found = kept(page)
    assert f"/assets/{sheet}" not in found, "A page in the place of a style sheet"
    assert not {"/nowhere/", "/two/c/", "/one/a"} & set(found), "A 404, a 500, a redirect"


def test_a_page_that_was_read_is_better_than_a_server_in_trouble(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site)
    text_of(page, "/one/a/", site)
    waits(page, "/one/a/")
    site[1].broken.add("/one/a/")
    assert "The first words" in text_of(page, "/one/a/", site)


def test_the_api_and_ranges_pass_by(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site)
    image = page.evaluate("async () => (await (await fetch('/one/a/')).text()).match(/\\/assets\\/cat[^\" ]+/)[0]")
    headers = {"Range": "bytes=0-9"}
    page.evaluate("async ([path, headers]) => (await fetch(path, { headers })).status", [image, headers])
    assert site[1].ranges[image] == 1
    for method in ("GET", "POST"):
        page.evaluate("async (method) => (await fetch('/api/session', { method })).status", method)
    page.goto(f"{site[1].url}/api/session")
    assert not [path for path in kept(page) if path.startswith("/api") or path == image]
    site[1].is_down = True
    page.goto(f"{site[1].url}/")
    assert page.evaluate("() => fetch('/api/session').then(() => 'answered', () => 'nothing')") == "nothing"


def test_a_full_disk_fails_the_save_and_not_the_page(site: Hosted, context: BrowserContext) -> None:
    page = visit(context, site)
    session = context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": site[1].url, "quotaSize": 1})
    said = ask(page, {"type": "SAVE", "course": "one"}, "SAVED", "FAILED")
    assert (said[-1]["type"], said[-1]["reason"]) == ("FAILED", "full")
    assert not [name for name in page.evaluate("caches.keys()") if "saved" in name], "What it took is given back"
    assert "The first words" in text_of(page, "/one/a/", site)


def test_the_kill_switch_leaves_nothing_behind(site: Hosted, context: BrowserContext) -> None:
    course, _ = site
    page = visit(context, site)
    course.write({"site.toml": 'title = "Site"\napi_url = "/api"\n[offline]\nworker = false\n'})
    course.build()
    assert not (course.out / "offline").exists()
    page.evaluate("async () => (await navigator.serviceWorker.getRegistration()).update()")

    def is_off() -> bool:
        # Where the host is slow, the worker shows what it has kept.
        page.goto(f"{site[1].url}/")
        return page.get_attribute("html", "data-worker") == "off"

    until("the page has heard of it", is_off)
    fulfilled(page, "async () => !(await caches.keys()).length")
    site[1].is_down = True
    with pytest.raises(PlaywrightError, match="ERR_EMPTY_RESPONSE"):
        page.goto(f"{site[1].url}/one/a/")


def test_the_list_names_every_page_of_the_course_by_its_digest(site: Hosted) -> None:
    course, _ = site
    files = json.loads((course.out.with_name("dist.release") / "manifest.json").read_bytes())["files"]
    (path,) = (course.out / "offline").glob("one.*.json")
    made = json.loads(path.read_bytes())
    wanted = {f"/{name.removesuffix('index.html')}": name for name in files if name.startswith("one/")}
    assert made["pages"] == {url: [files[name]["digest"], files[name]["size"]] for url, name in wanted.items()}
    assert all(address.lstrip("/") in files for address in made["assets"])
    assert files["sw.js"]["class"] == "worker"
    assert (files["sw.js"]["phase"], files["sw.js"]["headers"]) == (5, {"Cache-Control": "no-cache"})
