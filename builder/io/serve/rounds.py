"""The rounds of a running server: wait for a burst of saves, bring the pages up, settle the rest when it is quiet.

Nothing that an author does ends it: what goes wrong is said, on the page and in the terminal, until it is mended.
"""

from __future__ import annotations

import gc
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Protocol

from builder.errors import CoursewrightError, Superseded
from builder.io.report import show
from builder.io.serve.audience import Audience
from builder.io.serve.finding import Finding, as_text, of_error
from builder.io.serve.shown import Shown, Viewers
from builder.io.serve.watch import Watch
from builder.report import Report

# Nobody waits for the sitemap, the catalogue and the memory on disk: they are made when hands are off the keyboard.
SETTLE_SECONDS = 1.0
_LONG = 3600.0
# So often somebody looks whether a picture is done, and no more often than this it is shown.
LOOK_SECONDS = 0.1
SHOW_SECONDS = 1.5
# So many names fit a line of the terminal.
_NAMED = 3


class Builds(Protocol):
    """The builds of one server, as it needs them."""

    folders: tuple[Path, ...]
    own: tuple[Path, ...]
    themes: tuple[Path, ...]
    trouble: Path

    def refresh(self, saved: Iterable[Path] | None, viewers: Viewers | None = None) -> Shown:
        """Bring the pages up to date with these saved files, or with everything."""

    def rehearse(self) -> None:
        """Do once what every save will need."""

    def settle(self) -> tuple[Shown, Report]:
        """Make and remember what nobody waits for."""

    @property
    def developing(self) -> bool:
        """Tell whether some pictures are shown as drafts that can be more."""

    def develop(self, pages: frozenset[str]) -> tuple[int, bool]:
        """Go on with the pictures, those of these pages first; tell how many wait to be shown, and if more come."""


class Rounds(threading.Thread):
    """The thread in which a server builds."""

    def __init__(self, builds: Builds, watch: Watch, audience: Audience, say: Callable[[str], None]) -> None:
        super().__init__(name="builds", daemon=True)
        self.builds = builds
        self.watch = watch
        self.audience = audience
        self.say = say
        self._stopped = False
        self._settled = False
        self._quiet = 0.0
        self._showing = 0.0
        self._said: tuple[object, ...] = ()

    def stop(self) -> None:
        """End the rounds after the build that is under way."""
        self._stopped = True
        self.watch.wake()
        if self.is_alive():
            self.join()

    def first(self) -> None:
        """Build for the first time, before anybody looks."""
        gc.disable()
        self._try(self._settle)

    def run(self) -> None:
        """Go round until stopped."""
        self._try(self.builds.rehearse)
        while not self._stopped:
            burst = self.watch.wait(self._patience())
            if self._stopped:
                return
            if burst is None:
                if self.builds.developing:
                    self._try(self._develop)
                if not self._settled and time.monotonic() >= self._quiet:
                    self._try(self._settle)
                continue
            self._quiet = time.monotonic() + SETTLE_SECONDS
            self._settled = False
            self._try(partial(self._refresh, burst.paths()))

    def _patience(self) -> float:
        if self.builds.developing:
            return LOOK_SECONDS
        return _LONG if self._settled else SETTLE_SECONDS

    def _develop(self) -> None:
        """Look after the pictures; show what is new now and then, and settle when all are there."""
        ready, more = self.builds.develop(self.audience.in_view())
        now = time.monotonic()
        if not ready or (more and now < self._showing):
            return
        self._refresh(frozenset(), f"{ready} {'picture' if ready == 1 else 'pictures'}")
        # However large the site, most of the time is left for saves.
        self._showing = time.monotonic() + max(SHOW_SECONDS, 10 * (time.monotonic() - now))
        self._settled = False

    def _refresh(self, paths: frozenset[Path] | None, what: str = "") -> None:
        viewers = Viewers(self.audience.in_view(), self.audience.show, lambda: not self.watch.pending())
        try:
            shown = self.builds.refresh(paths, viewers)
        except Superseded:
            return
        self.audience.show(shown)
        pages = sum(name.endswith(".html") for name in shown.changed)
        self.say(
            f"{what or _named(paths)}: {pages} {'page' if pages == 1 else 'pages'} in {shown.seconds * 1000:.0f} ms"
        )
        self._tell(shown.errors)

    def _settle(self) -> None:
        shown, report = self.builds.settle()
        self._settled = True
        # What is known of a large site is some hundred thousand objects that stay. To look through them for garbage
        # takes longer than a save's build, so that is done here, and once for each.
        gc.collect()
        gc.freeze()
        self.audience.show(shown)
        found = tuple(problem for problem in report.problems if problem.severity != "notice")
        if found != self._said:
            for problem in found:
                if problem not in self._said:
                    self.say(show(problem))
            self._said = found

    def _tell(self, errors: tuple[Finding, ...]) -> None:
        for error in errors:
            if error not in self._said:
                self.say(as_text(error))
        self._said = (*self._said, *errors)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the server outlives whatever ends a build
            # Settling what cannot be built is tried again by the next save, not by the clock.
            self._settled = True
            if not isinstance(error, (CoursewrightError, OSError)):
                self.builds.trouble.write_text(traceback.format_exc(), encoding="utf-8")
                self.say(f"What happened is in {self.builds.trouble}")
            findings = of_error(error, self.builds.themes)
            for finding in findings:
                self.say(as_text(finding))
            self.audience.find(findings)


def _named(paths: frozenset[Path] | None) -> str:
    """Return what was saved, in a few words."""
    names = sorted(path.name for path in paths or ())
    if not names:
        return "the site"
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
