"""Builds in a process that stays: what readers see of a save first, what nobody waits for after it.

    open      everything, once
    refresh   pages and assets after a save: parsed, rendered, moved into place
    settle    when it is quiet: everything looked at again, site-wide files, manifest, memory on disk

Between a refresh and the next settling no manifest stands beside the output folder, so that a server that is killed
then makes its pages anew when it starts, and never trusts a page that it has not accounted for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from builder.engine import memory as memory_file
from builder.engine.store import Damaged
from builder.errors import UsageError
from builder.io.config import Request, find_roots, folders_of
from builder.io.serve.finding import of_problem
from builder.io.serve.shown import Shown
from builder.io.write import Folder, plan
from builder.manifest import File
from builder.pipeline import forget, make_pages, make_release, memory_path, problems_of
from builder.report import Report
from builder.stages.ground import Ground, survey, survey_again
from builder.stages.work import Memory, recall, recall_head
from builder.stages.workshop import Draft, Workshop

Moves = tuple[tuple[str, str], ...]

# As many servers of one site may run beside each other, each with an output folder of its own.
MOST_SERVERS = 20


class Live:
    """The builds of one running server."""

    def __init__(self, request: Request) -> None:
        roots = find_roots(request)
        self.themes = (*roots.templates, *roots.assets)
        self.folders = folders_of(request)
        self.request, self.folder = _free_folder(request)
        self.own: tuple[Path, ...] = (self.request.cache, self.folder.out, self.folder.beside)
        self.trouble = self.folder.out.with_name("trouble.txt")
        self._shop: Workshop | None = None
        self._ground: Ground | None = None
        self._draft: Draft | None = None
        self._site_wide: dict[str, File] = {}

    def refresh(self, saved: Iterable[Path] | None) -> Shown:
        """Bring the pages up to date with these saved files, or with everything; raise what stands in the way."""
        try:
            return self._refresh(saved)
        except Damaged:
            if self._shop:
                self._shop.close()
            forget(self.request.cache)
            self._shop = Workshop(self.request, self.folder, Memory())
            return self._refresh(None)

    def _refresh(self, saved: Iterable[Path] | None) -> Shown:
        started = time.perf_counter()
        last, self._ground = self._ground, None
        if saved is None or last is None:
            ground = survey(self.request, self.folder)
        else:
            ground = survey_again(self.request, self.folder, last, saved)
        shop = self._workshop(ground)
        draft = make_pages(shop, ground)
        change = plan(shop.present, draft.entries, draft.staged)
        if change.moves:
            self.folder.show(change)
        shop.present = {**shop.present, **{path: draft.entries[path] for _, path in change.moves}}
        shop.learn(draft)
        before, self._ground, self._draft = self._draft, ground, draft
        return self._shown(draft, tuple(path for _, path in change.moves), _moved(before, draft), started)

    def settle(self) -> tuple[Shown, Report]:
        """Look at everything again, then make and remember what nobody waits for."""
        started = time.perf_counter()
        shown = self.refresh(None)
        assert self._shop
        assert self._draft
        report = make_release(self._shop, self._draft, started)
        entries = self._shop.present
        self._site_wide = {path: file for path, file in entries.items() if path not in self._draft.entries}
        return shown._replace(files=entries), report

    def close(self) -> None:
        """Let go of the folder; what was not settled is made again by the next server."""
        if self._shop:
            self._shop.close()
        self.folder.release()

    def _workshop(self, ground: Ground) -> Workshop:
        if self._shop is None:
            sections = memory_file.load(memory_path(self.request, ground.roots))
            self._shop = Workshop(self.request, self.folder, recall(sections, recall_head(sections)))
        return self._shop

    def _shown(self, draft: Draft, changed: tuple[str, ...], moved: Moves, started: float) -> Shown:
        errors = tuple(of_problem(problem) for problem in problems_of(draft) if problem.severity == "error")
        return Shown(
            folder=self.folder.out,
            base=draft.ground.site.base_path,
            files={**self._site_wide, **draft.entries},
            changed=changed,
            errors=errors,
            moved=moved,
            seconds=time.perf_counter() - started,
        )


def _moved(before: Draft | None, after: Draft) -> Moves:
    """Return the URLs, old and new, of pages whose files were renamed and are the same otherwise."""
    if before is None or before.rows.keys() == after.rows.keys():
        return ()
    left = {row.digest: path for path, row in before.rows.items() if path not in after.rows}
    come = {row.digest: path for path, row in after.rows.items() if path not in before.rows}
    old, new = _urls(before), _urls(after)
    pairs = ((old.get(path), new.get(come.get(digest, ""))) for digest, path in left.items())
    return tuple((was, now) for was, now in pairs if was and now)


def _urls(draft: Draft) -> dict[str, str]:
    places = draft.structure.layout.places
    return {place.source: href for place, href in zip(places, draft.views.hrefs, strict=True)}


def _free_folder(request: Request) -> tuple[Request, Folder]:
    for number in range(1, MOST_SERVERS + 1):
        out = request.cache.absolute() / "serve" / ("dist" if number == 1 else f"dist-{number}")
        folder = Folder(out)
        if folder.try_take():
            return request._replace(out=out, drafts=True), folder
    raise UsageError(f"{MOST_SERVERS} servers of this site are running", hint="Stop one of them.")
