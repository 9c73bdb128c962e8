"""What the last build knew, asked for one page, template, asset or file at a time; nothing is built."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import msgspec

from builder.engine.pool import Pool
from builder.engine.store import Store, digest
from builder.explanation import Explanation, Lists
from builder.io.config import Request
from builder.io.write import Folder
from builder.manifest import File
from builder.model import Layout, Links, Place
from builder.stages.ground import Ground
from builder.stages.memory import Memory, Row, reading_times
from builder.stages.references import make_table
from builder.stages.rendering import file_of
from builder.stages.structure import Structure
from builder.stages.theme import read_templates
from builder.stages.work import Work
from builder.steps.page import LARGEST
from builder.text.table import find
from builder.text.templates import reached
from builder.text.urls import is_external, is_page
from builder.text.view import Entry
from builder.text.views import Views
from builder.text.words import Sources


class Known:
    """The last build's memory, asked for one thing after another."""

    def __init__(self, ground: Ground, memory: Memory, out: Folder, store: Store) -> None:
        assert memory.layout
        self.ground = ground
        self.memory = memory
        self.store = store
        self.files: dict[str, File] = out.manifest()
        layout = msgspec.msgpack.decode(store.read(memory.layout), type=Layout)
        self.views = Views(layout, ground.site, reading_times(memory.rows))
        self.templates: Sources = msgspec.msgpack.decode(read_templates(ground.templates).data, type=Sources)
        self.table = make_table(self._work(), Structure(layout, memory.layout, {}, b""), self.views.hrefs, 0)
        self._linked: dict[str, set[str]] | None = None
        self.hrefs = dict(zip(self.views.hrefs, layout.places, strict=True))

    def _work(self) -> Work:
        """Return a build that looks and makes nothing."""
        ground, pool = self.ground, Pool(self.store, 1)
        return Work(
            Request(), ground.roots, ground.site, ground.tree, self.memory, self.store, pool, identity=b"", staging=""
        )

    def page(self, name: str) -> Explanation | None:
        """Return what is known of a page, by its source or its URL."""
        places = self.views.layout.places
        base = self.ground.site.base_path
        wanted = {name, unquote(name).strip("/"), unquote(name).removesuffix("index.html").strip("/")}
        for number, place in enumerate(places):
            url = place.url.strip("/")
            if (
                (place.source and place.source == name)
                or (not place.source.endswith(name) and url in wanted and (url or name in ("", "/", "index.html")))
                or (base and name.startswith(base) and url == unquote(name[len(base) :]).strip("/"))
            ):
                return self._page(number, place)
        if name in self.memory.rows:
            row = self.memory.rows[name]
            return Explanation(name, "page", reason="it is not published", depends_on=self._inputs(row))
        return None

    def _page(self, number: int, place: Place) -> Explanation:
        memory, source = self.memory, place.source
        row = memory.rows.get(source)
        view = self.views.page(number)
        _, nav = self.views.nav(number)
        shown: Iterable[Entry | None] = (
            *view.crumbs, view.previous, view.next, *view.children, *view.tagged,
            nav.parent, *nav.siblings, nav.course, *nav.modules,
        )  # fmt: skip
        titles = {self._name(entry.url) for entry in shown if entry is not None} - {source or place.url}
        templates = [name for name, _ in self._reached(view.template, view.kind)]
        depends = {
            **(self._inputs(row) if row else {}),
            "titles": tuple(sorted(titles)),
            "templates": tuple(f"templates/{name}" for name in templates),
            "settings": ("site.toml",) if "site.toml" in self.ground.tree.files else (),
        }
        needed = {
            "linked_by": tuple(sorted(other for other, pages in self._links().items() if source and source in pages)),
            "listed_by": tuple(sorted(self._listing(number))),
            "included_by": tuple(sorted(other.path for other in memory.rows.values() if _includes(other, source))),
        }
        return Explanation(
            path=source or place.url,
            kind=place.kind,
            url=self.views.hrefs[number],
            title=place.title,
            reason=memory.reasons.get(source or place.url, ""),
            stale=row is not None and self._read(source) != row.digest,
            outputs=(file_of(place.url),),
            depends_on=_without_empty(depends),
            needed_by=_without_empty(needed),
        )

    def theme(self, name: str) -> Explanation | None:
        """Return what is known of a template or an asset of the theme."""
        root, _, rest = name.partition("/")
        if root == "templates" and rest in self.ground.templates.files:
            pages = {self._name(self.views.hrefs[number]) for number, place in self._drawn_with(rest)}
            others = (
                other
                for other, _ in self.templates
                if other != rest and rest in dict(reached(self.templates, (other,)))
            )
            needed = {
                "pages": tuple(sorted(pages)),
                "templates": tuple(f"templates/{other}" for other in sorted(others)),
            }
            depends = {
                "templates": tuple(
                    f"templates/{other}" for other, _ in reached(self.templates, (rest,)) if other != rest
                )
            }
            return Explanation(name, "template", depends_on=_without_empty(depends), needed_by=_without_empty(needed))
        if root == "assets" and rest in self.ground.assets.files:
            stem, _, suffix = rest.rpartition("/")[2].rpartition(".")
            outputs = tuple(
                sorted(path for path in self.files if path.startswith(f"assets/{stem}.") and path.endswith(suffix))
            )
            users = (other for other, text in self.templates if rest in text)
            others = (other for other in self.ground.assets.files if other != rest and self._mentions(other, rest))
            needed = {
                "templates": tuple(f"templates/{other}" for other in sorted(users)),
                "assets": tuple(f"assets/{other}" for other in sorted(others)),
            }
            return Explanation(name, "asset", outputs=outputs, needed_by=_without_empty(needed))
        return None

    def _mentions(self, asset: str, other: str) -> bool:
        """Tell whether an asset that is a text names another by its file name."""
        return asset.endswith((".css", ".js", ".svg")) and other.rpartition("/")[2].encode() in self.ground.assets.read(
            asset
        )

    def file(self, name: str) -> Explanation | None:
        """Return what is known of a file of the content that is no page."""
        if name not in self.ground.tree.files and name not in self.memory.stats:
            return None
        rows = self.memory.rows.values()
        published = self.memory.published.get(name)
        needed = {
            "shown_by": tuple(sorted(row.path for row in rows if name in row.shown)),
            "linked_by": tuple(sorted(row.path for row in rows if name in row.wants)),
            "included_by": tuple(sorted(row.path for row in rows if _includes(row, name))),
        }
        if name == "site.toml":
            needed["pages"] = tuple(sorted(self.memory.rows))
        return Explanation(
            path=name,
            kind="settings" if name == "site.toml" else "file",
            url=published.url if published else "",
            stale=published is not None and self._read(name).hex() != published.digest,
            outputs=(published.url.removeprefix(self.ground.site.base_path).lstrip("/"),) if published else (),
            needed_by=_without_empty(needed),
        )

    def output(self, name: str) -> Explanation | None:
        """Return what is known of a file of the output folder that is no page."""
        name = unquote(name).removeprefix(self.ground.site.base_path).lstrip("/")
        if name not in self.files:
            return None
        sources = sorted(path for path, made in self.memory.published.items() if made.url.endswith("/" + name))
        if sources:
            return self.file(sources[0])
        depends: Lists = {"site": ("every page's outline", "site.toml")} if self.files[name].class_ == "data" else {}
        return Explanation(name, self.files[name].class_, url="/" + name, outputs=(name,), depends_on=depends)

    def _inputs(self, row: Row) -> Lists:
        return {
            "source": (row.path,),
            "includes": tuple(sorted(path for _, path, _ in row.includes)),
            "files": tuple(sorted({*row.wants, *row.shown})),
            "links": tuple(sorted(self._links().get(row.path, ()))),
        }

    def _read(self, name: str) -> bytes:
        """Return the digest of a file of the content as it is now; nothing where it cannot be read."""
        try:
            if is_page(name):
                return digest(self.ground.tree.read(name, LARGEST + 1))
            with self.ground.tree.open(name) as file:
                return hashlib.file_digest(file, "sha256").digest()
        except OSError:
            return b""

    def _links(self) -> dict[str, set[str]]:
        """Return for each page the pages that it links to; every page's references are read for it, once."""
        if self._linked is None:
            folders = {
                place.source.rpartition("/")[0]: place.source for place in self.hrefs.values() if place.kind != "lesson"
            }
            self._linked = {}
            for path, row in self.memory.rows.items():
                refs = msgspec.msgpack.decode(self.store.read(row.links), type=Links).refs
                found = (find(ref.target, path, self.table) for ref in refs if not is_external(ref.target))
                pages = {
                    folders.get(each.path, "") if each.kind == "folder" else each.path
                    for each in found
                    if each.kind in ("page", "folder")
                }
                self._linked[path] = pages - {path, ""}
        return self._linked

    def _listing(self, number: int) -> Iterator[str]:
        """Yield the pages that show this one's title: those around it, and those that have it in their outline."""
        places = self.views.layout.places
        place = places[number]
        around = {place.parent, place.previous, place.next, *place.children, place.course}
        for other, candidate in enumerate(places):
            kin = candidate.parent in (place.parent, number) or number in (candidate.parent, candidate.course)
            if other != number and (other in around or kin):
                yield candidate.source or candidate.url

    def _drawn_with(self, template: str) -> Iterator[tuple[int, Place]]:
        known: dict[tuple[str, str], bool] = {}
        for number, place in enumerate(self.views.layout.places):
            wanted = (place.layout or place.kind, place.kind)
            if wanted not in known:
                known[wanted] = template in dict(self._reached(*wanted))
            if known[wanted]:
                yield number, place

    def _reached(self, template: str, kind: str) -> Sources:
        names = {name for name, _ in self.templates}
        name = template if f"{template}.html" in names else kind
        return reached(self.templates, (f"{name}.html", "outline.html"))

    def _name(self, url: str) -> str:
        place = self.hrefs.get(url)
        return (place.source or place.url) if place else url


def _includes(row: Row, path: str) -> bool:
    return any(name == path for _, name, _ in row.includes)


def _without_empty(lists: Lists) -> Lists:
    return {name: names for name, names in lists.items() if names}
