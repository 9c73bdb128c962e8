"""What builds of one output folder share: one build uses it once, the live server for as long as it runs.

It keeps what is dear to make and is the same until its own inputs change: decoded structure, lookups, compiled
templates, the store's index. What a build finds out is learned only when that build has succeeded, so that one that
fails half-way leaves the next one as much to do, and no less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from builder.engine.pool import Pool, default_jobs
from builder.engine.store import Store
from builder.engine.task import Shared
from builder.io.config import Request
from builder.io.write import Folder, doubted
from builder.manifest import File, files_of
from builder.model import Published
from builder.stages.assets import Assets, host_of, publish_assets
from builder.stages.causes import Causes, causes_of, inputs_of
from builder.stages.ground import Ground
from builder.stages.memory import Memory, Rendered, Row, reading_times
from builder.stages.pictures import Wishes, wishes_of
from builder.stages.references import make_table
from builder.stages.rendering import pages_of
from builder.stages.structure import Structure
from builder.stages.theme import read_templates, script_words, warm
from builder.stages.work import Ahead, Work
from builder.text.budget import Overrun
from builder.text.table import Table
from builder.text.views import Views

if TYPE_CHECKING:
    from builder.stages.darkroom import Darkroom

# The kinds of pages that most of a site is.
USUAL = ("lesson", "module", "course", "home")


class Look(NamedTuple):
    """The theme as pages need it: templates and assets."""

    templates: Shared
    assets: Assets


class Draft(NamedTuple):
    """A build whose pages are made and whose site-wide files are not."""

    ground: Ground
    work: Work
    structure: Structure
    views: Views
    theme: Look
    shell: Shared
    rows: dict[str, Row]
    rendered: dict[str, Rendered]
    published: dict[str, Published]
    entries: dict[str, File]
    staged: dict[str, str]
    wishes: bytes


class Workshop:
    """The store, the processes and the memory of the builds of one output folder; ``present`` is what lies in that."""

    def __init__(self, request: Request, folder: Folder, memory: Memory, darkroom: Darkroom | None = None) -> None:
        self.request = request
        self.darkroom = darkroom
        self.folder = folder
        self.memory = memory
        self.store = Store(request.cache if request.use_cache else folder.staging / "cache")
        self.pool = Pool(self.store, request.jobs or default_jobs())
        last = folder.manifest_bytes()
        self.present: dict[str, File] = doubted(files_of(last)) if request.verify else files_of(last)
        # The output folder holds what this memory has made, not what another kind of build has.
        self._own = memory.manifest == hashlib.sha256(last).digest()
        self.structure: Structure | None = None
        self._lookups: tuple[Structure, Views, Table] | None = None
        self._look: tuple[bytes, Look] | None = None
        self._page_files: dict[str, File] = {}
        # For a server: the pages to make first, and the assets that are staged for all of them.
        self.ahead: Ahead | None = None
        self.ready: tuple[dict[str, File], dict[str, str]] = ({}, {})
        self._inputs: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes and close the store."""
        self.pool.__exit__(None, None, None)
        self.store.close()

    def begin(self, ground: Ground) -> Work:
        """Return the next build, which knows what the last one has learned."""
        self.folder.staging.mkdir(parents=True, exist_ok=True)
        return Work(
            self.request,
            ground.roots,
            ground.site,
            ground.tree,
            self.memory,
            self.store,
            self.pool,
            identity=ground.identity,
            staging=str(self.folder.staging),
            saved=ground.saved,
            own=self._own and not self.request.verify,
            ahead=self.ahead,
            darkroom=self.darkroom,
        )

    def lookups(self, work: Work, structure: Structure, rows: Mapping[str, Row], column: int) -> tuple[Views, Table]:
        """Return what is looked up by every page: the views of all places, and what references resolve against."""
        known = self._lookups
        if known is None or known[0] is not structure:
            views = Views(structure.layout, work.site, reading_times(rows))
            known = (structure, views, make_table(work, structure, views.hrefs, column))
        else:
            seen = rows if work.fresh is None else work.fresh
            if any(known[1].reading_times.get(path) != rows[path].minutes for path in seen):
                known = (structure, Views(structure.layout, work.site, reading_times(rows)), known[2])
        self._lookups = known
        return known[1], known[2]

    def wishes(self, ground: Ground) -> Wishes:
        """Return how the site wants its pictures."""
        return wishes_of(ground.values, release=self.request.release)

    def look(self, ground: Ground, work: Work) -> Look:
        """Return the theme, read again when one of its files has changed."""
        host = host_of(ground.values)
        themed = ground.values.get("theme", {})
        stands_for = repr(
            (ground.templates.stats(), ground.assets.stats(), ground.site.base_path, host, themed)
        ).encode()
        trusted = ground.templates.trusted() and ground.assets.trusted()
        if self._look is None or self._look[0] != stands_for or not trusted:
            templates = read_templates(ground.templates)
            warm(work, templates, USUAL)
            made = script_words(templates)
            wanted: tuple[str, ...] = ()
            if themed:
                from builder.stages.fonts import fonts

                typefaces = fonts(work, ground.assets, ground.values)
                made |= typefaces.files
                wanted = typefaces.wanted
            assets = publish_assets(work, ground.assets, made, host, templates.data)
            assets.preloads["fonts"] = tuple(assets.urls[path] for path in wanted)
            self._look = (stands_for, Look(templates, assets))
        return self._look[1]

    def kept_files(self, key: bytes) -> dict[str, File]:
        """Return the site-wide files of the last release where nothing that they are made from has changed."""
        before, digests = self.memory.site_files
        if before != key or not (self.folder.beside / "awards.json").is_file():
            return {}
        # Another kind of build may have written the folder since: what counts is what lies there.
        there = {path: self.present[path] for path in digests if path in self.present}
        kept = {path: msgspec.structs.replace(file, encodings={}) for path, file in there.items()}
        return kept if {path: file.digest for path, file in kept.items()} == digests else {}

    def encoded(self) -> dict[str, File]:
        """Return the files whose compressed siblings are those that this build would make."""
        from builder.stages.compression import encoders

        stands_for, before = encoders(), self.memory.encoders
        self.memory.encoders = stands_for
        return self.present if self._own and before == stands_for else {}

    def overruns(self, draft: Draft, entries: dict[str, File], read: Callable[[str], bytes]) -> tuple[Overrun, ...]:
        """Return the budgets that a release overruns; what travels is known of a release alone."""
        from builder.stages import weights
        from builder.text.budget import budgets_of

        budgets = budgets_of(draft.ground.values.get("budgets", {}))
        if not self.request.release:
            return ()
        return weights.overruns(draft, budgets, entries, weights.weigh(self, entries, read), read)

    def page_files(self, rendered: dict[str, Rendered], staged: dict[str, str]) -> dict[str, File]:
        """Return the pages' manifest entries; of pages that were not made again, the same ones as last time."""
        if self._page_files.keys() == rendered.keys():
            self._page_files = {**self._page_files, **pages_of({path: rendered[path] for path in staged})}
        else:
            self._page_files = pages_of(rendered)
        return self._page_files

    def causes(self, work: Work, ground: Ground, rows: dict[str, Row], published: dict[str, Published]) -> Causes:
        """Return what has changed since the last build."""
        self._inputs = inputs_of(ground)
        return causes_of(self.memory, self._inputs, rows, published, work.fresh)

    def learn(self, draft: Draft) -> None:
        """Remember what a build has found out."""
        memory = self.memory
        memory.identity, memory.stats, memory.rows = draft.ground.identity, draft.ground.tree.files, draft.rows
        memory.rendered, memory.published = draft.rendered, draft.published
        memory.settings = draft.work.settings
        memory.structure, memory.layout = draft.structure.digest, draft.structure.record
        memory.reasons = {**memory.reasons, **draft.work.reasons}
        memory.inputs = self._inputs
        memory.assets_key, memory.assets, memory.wishes = (
            draft.theme.assets.key,
            draft.theme.assets.record,
            draft.wishes,
        )
        self.structure = draft.structure
