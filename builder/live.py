"""Builds in a process that stays: what readers see of a save first, what nobody waits for after it.

    open      everything, once
    refresh   pages and assets after a save: parsed, rendered, moved into place
    settle    when it is quiet: everything looked at again, site-wide files, manifest, memory on disk

Between a refresh and the next settling no manifest stands beside the output folder, so that a server that is killed
then makes its pages anew when it starts, and never trusts a page that it has not accounted for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from builder.engine import memory as memory_file
from builder.engine.pool import default_jobs
from builder.engine.store import Damaged
from builder.engine.task import Task
from builder.errors import UsageError
from builder.io.config import Request, find_roots, folders_of
from builder.io.serve.finding import of_problem
from builder.io.serve.shown import Shown, Viewers
from builder.io.write import Folder, plan
from builder.manifest import File
from builder.pipeline import make_pages, make_release, problems_of
from builder.report import Report
from builder.stages.darkroom import Darkroom
from builder.stages.ground import Ground, survey, survey_again
from builder.stages.memory import Memory, Rendered, forget, memory_path, recall, recall_head
from builder.stages.pages import rehearse
from builder.stages.pictures import order_of
from builder.stages.rendering import file_of, pages_of
from builder.stages.work import Ahead
from builder.stages.workshop import Draft, Workshop

Moves = tuple[tuple[str, str], ...]

# As many servers of one site may run beside each other, each with an output folder of its own.
MOST_SERVERS = 20

# So many of the largest pages have most of what any page needs.
REHEARSED = 3


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
        self._shown: Shown | None = None
        self._viewers: Viewers | None = None
        # What was shown already of a build that is not over, or was given up for the next.
        self._early: tuple[str, ...] = ()
        self._darkroom = Darkroom(self.request.cache, request.jobs or default_jobs())
        self._developed = 0
        self._site_wide: dict[str, File] = {}

    def refresh(self, saved: Iterable[Path] | None, viewers: Viewers | None = None) -> Shown:
        """Bring the pages up to date with these saved files, or with everything; raise what stands in the way."""
        self._viewers = viewers
        try:
            return self._refresh(saved)
        except Damaged:
            if self._shop:
                self._shop.close()
            forget(self.request.cache)
            self._shop = Workshop(self.request, self.folder, Memory(), self._darkroom)
            return self._refresh(None)

    def _refresh(self, saved: Iterable[Path] | None) -> Shown:
        started = time.perf_counter()
        last, self._ground = self._ground, None
        if saved is None or last is None:
            ground = survey(self.request, self.folder)
        else:
            ground = survey_again(self.request, self.folder, last, saved)
        shop = self._workshop(ground)
        shop.ahead = self._ahead(shop, ground, started)
        self._developed = 0
        draft = make_pages(shop, ground)
        changed = self._early + self._move(shop, draft.entries, draft.staged)
        self._early = ()
        shop.learn(draft)
        before, self._ground = self._draft, ground
        # What was staged has moved.
        self._draft = draft._replace(staged={})
        self._shown = self._showing(draft, changed, _moved(before, draft), started)
        return self._shown

    def _ahead(self, shop: Workshop, ground: Ground, started: float) -> Ahead | None:
        """Return the pages that are looked at, to be made and shown before the others of a build that makes many."""
        viewers, last = self._viewers, self._shown
        if viewers is None or last is None:
            return None

        def show(rendered: Mapping[str, Rendered], staged: Mapping[str, str]) -> None:
            assets, assets_staged = shop.ready
            entries = {**assets, **pages_of({path: rendered[path] for path in staged})}
            changed = self._move(shop, entries, {**assets_staged, **staged})
            self._early += changed
            files = {**last.files, **entries}
            shown = last._replace(files=files, base=ground.site.base_path, changed=changed, moved=(), errors=())
            viewers.show(shown._replace(seconds=time.perf_counter() - started))

        return Ahead(viewers.pages, show, viewers.patient)

    def _move(self, shop: Workshop, entries: dict[str, File], staged: dict[str, str]) -> tuple[str, ...]:
        """Move what is new into the folder, and return its paths."""
        change = plan(shop.present, entries, staged)
        if change.moves:
            self.folder.show(change)
        shop.present = {**shop.present, **{path: entries[path] for _, path in change.moves}}
        return tuple(path for _, path in change.moves)

    def settle(self) -> tuple[Shown, Report]:
        """Look at everything again, then make and remember what nobody waits for."""
        started = time.perf_counter()
        shown = self.refresh(None)
        assert self._shop
        assert self._draft
        report = make_release(self._shop, self._draft, started)
        entries = self._shop.present
        self._site_wide = {path: file for path, file in entries.items() if path not in self._draft.entries}
        self._shown = shown._replace(files=entries)
        return self._shown, report

    def rehearse(self) -> None:
        """Do once what every save will need: templates compiled, grammars loaded, the store's index read."""
        shop, ground, draft = self._shop, self._ground, self._draft
        if not (shop and ground and draft):
            return
        places = [place for place in draft.structure.layout.places if place.source in draft.rows]
        largest = sorted(places, key=lambda place: ground.tree.files.get(place.source, (0,))[0])[-REHEARSED:]
        if not largest:
            return
        rehearse(shop.begin(ground), draft.theme.templates, [place.source for place in largest])
        reasons, rendered = shop.memory.reasons, shop.memory.rendered
        name = file_of(largest[-1].url)
        if name in rendered:
            rendered[name] = msgspec.structs.replace(rendered[name], key=b"")
        self.refresh([ground.roots.content.resolve() / largest[-1].source])
        shop.memory.reasons = reasons

    @property
    def developing(self) -> bool:
        """Tell whether some pictures are shown as drafts that can be more."""
        return not self._darkroom.idle or self._developed > 0

    def develop(self, pages: frozenset[str]) -> tuple[int, bool]:
        """Go on with the pictures, those of these pages first; tell how many wait to be shown, and if more come."""
        shop, ground, draft = self._shop, self._ground, self._draft
        if not (shop and ground and draft):
            return 0, False
        wishes = shop.wishes(ground)

        def order(path: str) -> Task | None:
            try:
                return order_of(ground.tree.read(path), wishes) if path in ground.tree.files else None
            except OSError:
                return None

        looked_at = (place.source for place in draft.structure.layout.places if file_of(place.url) in pages)
        first = [path for source in looked_at if source in draft.rows for path in draft.rows[source].shown]
        self._developed += self._darkroom.advance(shop.store, order, first)
        return self._developed, not self._darkroom.idle

    def close(self) -> None:
        """Let go of the folder; what was not settled is made again by the next server."""
        self._darkroom.close()
        if self._shop:
            self._shop.close()
        self.folder.release()

    def _workshop(self, ground: Ground) -> Workshop:
        if self._shop is None:
            sections = memory_file.load(memory_path(self.request, ground.roots))
            self._shop = Workshop(self.request, self.folder, recall(sections, recall_head(sections)), self._darkroom)
        return self._shop

    def _showing(self, draft: Draft, changed: tuple[str, ...], moved: Moves, started: float) -> Shown:
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
            return request._replace(out=out, drafts=True, readable=True), folder
    raise UsageError(f"{MOST_SERVERS} servers of this site are running", hint="Stop one of them.")
