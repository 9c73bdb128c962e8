"""The theme: templates and assets, the site's own files over the tool's, file by file."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from builder.engine.step import identity_of
from builder.engine.store import digest
from builder.engine.task import Shared, share
from builder.errors import UsageError
from builder.io.scan import UNTRUSTED, Tree, scan
from builder.stages.work import Work
from builder.text import words
from builder.text.templates import reached


class Layers(NamedTuple):
    """The files of templates/ or assets/, by name, each from the first folder that has it."""

    files: dict[str, Tree]

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return self.files[name].read(name)

    def place(self, name: str) -> Path:
        """Return where a file lies."""
        tree = self.files[name]
        return tree.root / tree.real.get(name, name)

    def trusted(self) -> bool:
        """Tell whether equal stats mean equal files: not where one changed only just now."""
        return all(tree.files[name] != UNTRUSTED for name, tree in self.files.items())

    def stats(self) -> bytes:
        """Return what stands for all of it: names, sizes, times, and bytes where times tell nothing."""
        return repr([(name, str(tree.root), _stands_for(name, tree)) for name, tree in self.files.items()]).encode()


def _stands_for(name: str, tree: Tree) -> object:
    return tree.files[name] if tree.files[name] != UNTRUSTED else hashlib.sha256(tree.read(name)).digest()


def layers(folders: tuple[Path, ...], name: str, now: int) -> Layers:
    """Return the files of a theme's folders, the first folder's over the others'."""
    files: dict[str, Tree] = {}
    for folder in reversed(folders):
        tree = scan(folder, "templates" if name == "templates" else "assets", now)
        files.update(dict.fromkeys(tree.files, tree))
    return Layers(dict(sorted(files.items())))


def read_templates(found: Layers) -> Shared:
    """Return the templates' sources as one shared value."""
    pairs = []
    for name in found.files:
        if name.endswith((".html", ".js", ".svg", ".toml", ".txt", ".xml")):
            try:
                pairs.append((name, found.read(name).decode()))
                if name.endswith(".toml"):
                    tomllib.loads(pairs[-1][1])
            except UnicodeDecodeError as error:
                raise UsageError("The template is not UTF-8", place=f"templates/{name}") from error
            except tomllib.TOMLDecodeError as error:
                raise UsageError(f"The catalogue cannot be read: {error}", place=f"templates/{name}") from error
    return share(tuple(pairs))


@lru_cache(maxsize=64)
def part(templates: Shared, wanted: tuple[str, ...]) -> Shared:
    """Return the templates that a page depends on: the first of the wanted ones that there is, and what it reaches."""
    sources = msgspec.msgpack.decode(templates.data, type=words.Sources)
    known = {name for name, _ in sources}
    name = next((name for name in wanted if f"{name}.html" in known), wanted[-1])
    return share(reached(sources, (f"{name}.html", "outline.html")))


def warm(work: Work, templates: Shared, kinds: Iterable[str]) -> None:
    """Compile the templates of these kinds of pages, or recall their code; processes that are forked then have it."""
    from jinja2 import TemplateError

    from builder.steps.render import environment, render
    from builder.text.compiled import COMPILED, reads_as

    # The step's own version stands for how its environment has templates compiled.
    key = digest(identity_of(render) + reads_as() + templates.digest)
    known = work.store.find(key)
    if known is not None:
        COMPILED.unpack(work.store.read(known[0]))
        return
    for kind in kinds:
        sources = msgspec.msgpack.decode(part(templates, (kind,)).data, type=words.Sources)
        for name, _ in sources:
            # What is wrong with a template is said by the page that is made of it.
            with suppress(TemplateError):
                if name.endswith(".html"):
                    environment(sources, work.site.language).get_template(name)
    work.store.append(key, (COMPILED.packed(),))


def script_words(templates: Shared) -> dict[str, bytes]:
    """Return what scripts say, a JSON file for each language, by the name it has among the assets."""
    sources = msgspec.msgpack.decode(templates.data, type=words.Sources)
    return {
        f"i18n/{language}.json": msgspec.json.encode(words.words(sources, language, "script"), order="sorted")
        for language in words.languages(sources)
    }
