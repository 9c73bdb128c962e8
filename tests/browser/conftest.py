"""A browser and hosts for the sites that these tests build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from browser.host import Host
from course import quick_folder
from patience import PATIENCE
from servers import Browser as Chromium

place = pytest.fixture(quick_folder, name="place")


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """Give a Chromium; one for each file of tests, since its loop must not be open under other tests' loops."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.path, args=chromium.flags)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a person's browser: caches and workers of its own."""
    made = browser.new_context()
    made.set_default_timeout(PATIENCE * 1000)
    yield made
    made.close()


@pytest.fixture
def host() -> Iterator[Callable[[Path], Host]]:
    """Give what serves a folder, as often as it is asked for."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(Host(folder))
