"""The theme's assets: each file compiled alone, all linked under names of their final bytes.

What came of it is remembered as one value; a build in which no asset changed reads that and neither compiles nor links.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from builder.asset import BUILD, DRAFT, RELEASE, Bundle, Compiled, Shipping, targets_of
from builder.engine.step import name_of
from builder.engine.store import Record, digest
from builder.engine.task import Task, key_of, task
from builder.errors import Problem, SettingError
from builder.io.config import locked_tools
from builder.manifest import File
from builder.stages.files import IMMUTABLE
from builder.stages.theme import Layers
from builder.stages.work import Work, done
from builder.text.address import PACKAGE
from builder.text.hashed import hashed_name
from builder.text.media import media_type
from builder.text.settings import table

# Files under this folder are published as they are, under their own names, at the root of the site.
STATIC = "static/"

# What npm reads; it is no part of the site.
APART = frozenset({"package.json", "package-lock.json"})

REVALIDATE = {"Cache-Control": "max-age=0, must-revalidate"}


class Assets(NamedTuple):
    """What pages and the release know of assets.

    ``urls`` by logical name; ``preloads`` the URLs that a script's static imports bring; ``files`` the manifest's
    entries; ``data`` the bytes that were made, ``sources`` where those lie that ship as they are, by published name;
    ``record`` is where it is all remembered, under ``key``; ``host`` is where they are served, if not with the pages.
    """

    urls: dict[str, str]
    preloads: dict[str, tuple[str, ...]]
    files: dict[str, File]
    data: dict[str, bytes]
    sources: dict[str, Path]
    problems: tuple[Problem, ...]
    key: bytes
    record: Record
    host: str = ""


def publish_assets(work: Work, found: Layers, made: Mapping[str, bytes], host: str, templates: bytes) -> Assets:
    """Return the site's assets, brought up to date; ``host`` is where they are served, empty for the site itself.

    ``made`` are files that the build itself makes. A style sheet that stands in others is published only if some
    template names it.
    """
    key, record = _bundle(work, found, made)
    bundle: Bundle = work.read(record, Bundle)
    base = work.site.base_path
    prefix = f"{host or base}/"
    assets = Assets({}, {}, {}, {}, {}, bundle.problems, key, record, host)
    for output in bundle.outputs:
        if output.path in bundle.inlined and output.path.encode() not in templates:
            continue
        assets.urls[output.path] = prefix + output.name
        if output.preload:
            assets.preloads[output.path] = tuple(prefix + name for name in output.preload)
        assets.files[output.name] = File(output.digest, output.size, output.type, IMMUTABLE, "asset", 1)
        if output.data is None:
            assets.sources[output.name] = found.place(output.path)
        else:
            assets.data[output.name] = output.data
    for name in found.files:
        if name.startswith(STATIC):
            final, content = name.removeprefix(STATIC), found.read(name)
            assets.urls[name] = f"{base}/{final}"
            entry = File(hashlib.sha256(content).hexdigest(), len(content), media_type(final), REVALIDATE, "data", 4)
            assets.files[final], assets.data[final] = entry, content
    return assets


class AssetSettings(msgspec.Struct, frozen=True):
    """``[assets]``: the host that serves them, where it is another than the site's."""

    base_url: str = ""


def host_of(values: Mapping[str, object]) -> str:
    """Return the address of the host that serves assets, as ``[assets] base_url`` in site.toml has it."""
    hint = "Write it whole, such as https://assets.example.org"
    host = table(values, "assets", AssetSettings, {"base_url": hint}).base_url
    if host and not host.startswith(("https://", "http://", "/")):
        raise SettingError("`assets.base_url` is no address", ("assets", "base_url"), hint=hint)
    return host.rstrip("/")


def _bundle(work: Work, found: Layers, made: Mapping[str, bytes]) -> tuple[bytes, Record]:
    """Return the linked assets, from the last build where no file of theirs has changed, and what stands for them."""
    shipping = _shipping(work)
    whole = digest(msgspec.msgpack.encode((shipping, found.stats(), dict(made))))
    memory = work.memory
    if memory.assets is not None and memory.assets_key == whole and found.trusted():
        work.recalled["bundle.link"] += 1
        return whole, memory.assets
    from builder.steps.bundle import link

    (record,) = work.run(task(link, _compiled(work, found, made, shipping)))
    return whole, record


def _shipping(work: Work) -> Shipping:
    lock = locked_tools()
    tools = hashlib.sha256(lock).hexdigest() if lock else ""
    kind = RELEASE if work.request.release else DRAFT if work.request.readable else BUILD
    return msgspec.structs.replace(kind, tools=tools)


class _Source(NamedTuple):
    """A file to be compiled; ``lies`` where its bytes can be had from the disk again."""

    path: str
    data: bytes
    shipping: Shipping
    lies: bool = False


def _compiled(work: Work, found: Layers, made: Mapping[str, bytes], shipping: Shipping) -> tuple[Compiled, ...]:
    """Return every file compiled, with what the site's own files take from packages."""
    own = [
        _Source(path, made[path] if path in made else found.read(path), shipping, path not in made)
        for path in dict.fromkeys((*found.files, *made))
        if not path.startswith(STATIC) and path not in APART
    ]
    compiled = _compile(work, own)
    if any(target.startswith(PACKAGE) and target not in made for file in compiled for target in targets_of(file)):
        from builder.stages.packages import bundled

        brought = bundled(work, found, compiled)
        compiled = [_with_problems(file, brought.problems) for file in compiled]
        # The bundler has made them small; what they log is their authors' word.
        as_it_is = Shipping(minify=False, tools=shipping.tools)
        compiled += _compile(work, [_Source(path, data, as_it_is) for path, data in brought.files.items()])
    return tuple(sorted(compiled, key=lambda file: file.path))


def _compile(work: Work, sources: Iterable[_Source]) -> list[Compiled]:
    """Return files compiled: recalled where their bytes were met before."""
    from builder.steps.data import compile_data
    from builder.steps.drawing import compile_drawing
    from builder.steps.script import compile_script
    from builder.steps.style import compile_style

    compilers = {
        ".js": compile_script,
        ".mjs": compile_script,
        ".css": compile_style,
        ".svg": compile_drawing,
        ".json": compile_data,
    }
    compiled: list[Compiled] = []
    waiting: list[Task] = []
    for path, data, shipping, lies in sources:
        compiler = compilers.get(_ending(path))
        if compiler is None and lies:
            compiled.append(Compiled(path, hashlib.sha256(data).hexdigest(), len(data)))
        elif compiler is None:
            compiled.append(Compiled(path, pieces=(data,)))
        else:
            single = task(compiler, path, data, shipping)
            known = work.store.find(key_of(single))
            if known is not None:
                work.recalled[name_of(compiler)] += 1
                compiled.append(work.read(known[0], Compiled))
            else:
                waiting.append(single)
    for single, outcome in zip(waiting, work.pool.run(waiting, len(waiting)), strict=True):
        parts = done(outcome).parts
        work.store.append(key_of(single), parts)
        work.ran[name_of(single.step)] += 1
        compiled.append(msgspec.msgpack.decode(parts[0], type=Compiled))
    return compiled


def _ending(path: str) -> str:
    """Return by which ending a file is known; a package's entry by that of its published name."""
    name = hashed_name(path, "") if path.startswith(PACKAGE) else path
    return name[name.rfind(".") :].lower()


def _with_problems(file: Compiled, problems: tuple[Problem, ...]) -> Compiled:
    own = tuple(problem for problem in problems if problem.path == file.path)
    return msgspec.structs.replace(file, problems=(*file.problems, *own)) if own else file
