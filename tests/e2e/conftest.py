"""Built sites on a host of their own, and a real browser over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from built import build
from course import write_files
from e2e.gallery import FILES
from e2e.host import Host
from edge.instances import Instance
from edge_api.settings import Secret, Settings
from patience import PATIENCE, until
from servers import Browser as Chromium

# What a page may say in its console without failing the test: the network's own lines about what a test breaks.
EXPECTED = ("Failed to load resource", "net::ERR_", "registration blocked by Playwright")
# What Chromium throws in a page that is left before its view transition is over, and where a test has cut the network
# while a script of the page was still on its way.
ABORTED = ("Transition was aborted", "Failed to fetch dynamically imported module")

SECRET = Secret("a secret of thirty-two characters at least")
MakePage = Callable[..., Page]

# What a page is to show is waited for as long as everything else; it is there in a moment unless something is wrong.
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def gallery_dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the built gallery."""
    folder = tmp_path_factory.mktemp("gallery")
    write_files(folder / "site" / "content", FILES)
    return build(folder / "site", folder / "dist", "--release")


@pytest.fixture(scope="session")
def edge(gallery_dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Give the real API over the gallery's catalogue and awards; each test is somebody else to it."""
    settings = Settings(
        data=tmp_path_factory.mktemp("edge"),
        catalog=gallery_dist / "catalog.json",
        awards=gallery_dist.with_name("dist.release") / "awards.json",
        secret_key=SECRET,
    )
    with Instance(settings) as instance:
        yield instance


@pytest.fixture
def site(gallery_dist: Path, edge: Instance) -> Iterator[Host]:
    """Give the gallery with its API beside it."""
    with Host(gallery_dist, api=edge.url) as host:
        yield host


@pytest.fixture
def gallery(gallery_dist: Path) -> Iterator[Host]:
    """Give a host of the gallery."""
    with Host(gallery_dist) as host:
        yield host


@pytest.fixture
def sample(sample_dist: Path) -> Iterator[Host]:
    """Give a host of the sample site."""
    with Host(sample_dist) as host:
        yield host


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """Give a browser; one for each file of tests, since its loop must not be open under other tests' loops."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path, args=list(chromium.flags))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[MakePage]:
    """Give a function that opens a page in a profile of its own; at the end no page may have complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(url: str = "", *, width: int = 1280, height: int = 800, **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]  # Playwright's own names
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        listen(page, complaints)
        if url:
            page.goto(url)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


def soon(page: Page, what: str, is_so: Callable[[], object]) -> None:
    """Wait until something is so, while the page's events are heard."""
    until(what, is_so, lambda seconds: page.wait_for_timeout(1000 * seconds))


def at_rest(page: Page) -> None:
    """Wait until a page has brought in all that it has: what it does last is to register its worker."""
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")


def listen(page: Page, complaints: list[str]) -> None:
    """Write down what a page throws, and what it says that is not expected."""

    def threw(error: object) -> None:
        if not any(words in str(error) for words in ABORTED):
            complaints.append(str(error))

    page.on("pageerror", threw)
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type in ("error", "warning") and not any(known in message.text for known in EXPECTED)
            else None
        ),
    )
