"""Pictures of the content tree: looked at, rendered, and remembered by their bytes and the site's wishes.

Rendering is the dearest work of a build, so it runs in processes, one picture a task; each is remembered when it is
done, and a build that is stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from builder.engine.store import Record
from builder.engine.task import Task, key_of, task
from builder.errors import Problem
from builder.image import Effort, ImageSettings, Renderings
from builder.io.config import locked_tools
from builder.io.write import write_file
from builder.manifest import File
from builder.model import Offer, Published
from builder.stages.work import Work, done
from builder.text.hashed import hashed_name
from builder.text.settings import table

# What is looked at as a picture; by name, so that nothing need be opened to know.
ENDINGS = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp")

# What cameras write into, and what can be handed out without that.
NOTED = (".jpeg", ".jpg", ".png", ".webp")

# What a rendering's file is called.
SUFFIX = {"jpeg": "jpg", "apng": "png"}

# Two pictures are worth a process of their own: starting one takes no longer than rendering one.
FEW = 2


class Wishes(NamedTuple):
    """How this site wants its pictures, how much effort that is worth, and what stands for both in the memory."""

    settings: ImageSettings
    effort: Effort
    key: bytes


def wishes_of(values: Mapping[str, Any], *, release: bool) -> Wishes:
    """Return the wishes in site.toml's ``[images]``; raise ``SettingError`` where they can't be met."""
    settings = table(values, "images", ImageSettings)
    effort: Effort = "best" if release else "fast"
    made_of = msgspec.msgpack.encode((settings, effort)) + locked_tools()
    return Wishes(settings, effort, hashlib.sha256(made_of).digest())


def render_pictures(
    work: Work, sources: Mapping[str, bytes], wishes: Wishes, present: Mapping[str, File]
) -> tuple[dict[str, Published], dict[str, str]]:
    """Return what became of each picture, and where the files are staged that the output folder lacks."""
    drawings = {path: data for path, data in sources.items() if path.endswith(".svg")}
    published: dict[str, Published] = {}
    staged: dict[str, str] = {}
    for path, data in drawings.items():
        published[path] = _drawing(work, path, data, present, staged)
    pixels = {path: data for path, data in sources.items() if path not in drawings}
    for path, records in _rendered(work, pixels, wishes):
        made: Renderings = work.read(records[0], Renderings)
        published[path] = _publish(work, path, sources[path], made)
        for offer, record in zip(published[path].offers, records[1:], strict=True):
            if offer.name not in present or present[offer.name].digest != offer.digest:
                hold(work, offer.name, work.read(record, bytes), staged)
    for path, data in pixels.items():
        if path not in published:
            published[path] = _draft(work, path, data, present, staged)
    return published, staged


def originals(
    work: Work, sources: Mapping[str, bytes], wishes: Wishes, present: Mapping[str, File]
) -> tuple[dict[str, Offer], dict[str, str]]:
    """Return pictures as they are handed out, and where those are staged that the output folder lacks."""
    from builder.text.metadata import bare

    found: dict[str, Offer] = {}
    staged: dict[str, str] = {}
    for path, data in sources.items():
        given = data if wishes.settings.metadata else bare(data) or data
        digest = hashlib.sha256(given).hexdigest()
        name = hashed_name(path, digest)
        found[path] = Offer(f"{work.site.base_path}/{name}", name, "", 0, digest, len(given))
        if name not in present or present[name].digest != digest:
            hold(work, name, given, staged)
    return found, staged


def order_of(data: bytes, wishes: Wishes) -> Task:
    """Return the task that makes a picture."""
    from builder.steps.image import encoders, render

    return task(render, data, wishes.settings, wishes.effort, encoders())


def _rendered(work: Work, pixels: Mapping[str, bytes], wishes: Wishes) -> Iterator[tuple[str, tuple[Record, ...]]]:
    """Yield each picture's records, recalled or made now; equal pictures are made once.

    Where there is a darkroom, what is not there yet is ordered, and left out.
    """
    tasks = {path: order_of(data, wishes) for path, data in pixels.items()}
    keys = {path: key_of(made) for path, made in tasks.items()}
    waiting: dict[bytes, Task] = {}
    for path, key in keys.items():
        if work.store.find(key) is None:
            waiting[key] = tasks[path]
        else:
            work.recalled["image.render"] += 1
    if work.darkroom:
        for path, key in keys.items():
            if key in waiting:
                work.darkroom.take(path, key)
        waiting.clear()
    if len(waiting) >= FEW:
        work.pool.start()
    for key, outcome in zip(waiting, work.pool.run(waiting.values(), len(waiting)), strict=True):
        work.store.append(key, done(outcome).parts)
        work.ran["image.render"] += 1
    for path, key in keys.items():
        records = work.store.find(key)
        if records is not None:
            yield path, records


def _publish(work: Work, path: str, data: bytes, made: Renderings) -> Published:
    digest = hashlib.sha256(data).hexdigest()
    offers = []
    for one in made.kept:
        suffix = SUFFIX.get(one.variant.format, one.variant.format)
        name = hashed_name(f"{path.rpartition('.')[0]}.{suffix}", one.digest)
        url = f"{work.site.base_path}/{name}"
        offers.append(Offer(url, name, one.variant.format, one.variant.width, one.digest, one.size))
    problems = (_broken(path, made.broken),) if made.broken else ()
    size = (made.info.width, made.info.height) if made.info else (0, 0)
    url = offers[-1].url if offers else ""
    return Published(url, digest, *size, size=len(data), offers=tuple(offers), colors=made.colors, problems=problems)


def _draft(work: Work, path: str, data: bytes, present: Mapping[str, File], staged: dict[str, str]) -> Published:
    """Return a picture as it lies there, in a box of its size."""
    from builder.steps.image import probe

    info = probe(data).info
    digest = hashlib.sha256(data).hexdigest()
    if info is None:
        return Published("", digest, size=len(data), draft=True)
    name = hashed_name(path, digest)
    offer = Offer(f"{work.site.base_path}/{name}", name, info.format, info.width, digest, len(data))
    if name not in present or present[name].digest != digest:
        hold(work, name, data, staged)
    return Published(offer.url, digest, info.width, info.height, size=len(data), offers=(offer,), draft=True)


def _drawing(work: Work, path: str, data: bytes, present: Mapping[str, File], staged: dict[str, str]) -> Published:
    """Return what became of a drawing: made small, and without what runs."""
    from builder.asset import BUILD, Compiled
    from builder.steps.drawing import compile_drawing
    from builder.text.svgsize import svg_size

    (record,) = work.run(task(compile_drawing, path, data, BUILD))
    compiled: Compiled = work.read(record, Compiled)
    problems = tuple(msgspec.structs.replace(found, root="content") for found in compiled.problems)
    digest = hashlib.sha256(data).hexdigest()
    if not compiled.pieces:
        return Published("", digest, size=len(data), problems=problems)
    # What it refers to stays as it is written: a drawing that is shown as a picture loads nothing.
    between = [*(reference.text for reference in compiled.references), ""]
    content = b"".join(piece + text.encode() for piece, text in zip(compiled.pieces, between, strict=True))
    final = hashlib.sha256(content).hexdigest()
    name = hashed_name(path, final)
    width, height = svg_size(content) or (0, 0)
    offer = Offer(f"{work.site.base_path}/{name}", name, "svg", width, final, len(content))
    if name not in present or present[name].digest != final:
        hold(work, name, content, staged)
    return Published(offer.url, digest, width, height, size=len(data), offers=(offer,), problems=problems)


def hold(work: Work, name: str, content: bytes, staged: dict[str, str]) -> None:
    """Stage a picture's bytes under the name they will have."""
    from pathlib import Path

    # Named by what it will be: equal pictures in two places are one file.
    staged[name] = "picture-" + hashlib.sha256(name.encode()).hexdigest()[:16]
    write_file(Path(work.staging) / staged[name], content)


def _broken(path: str, reason: str) -> Problem:
    return Problem(
        "warning",
        "image-broken",
        f"This picture can't be used as it should: {reason}.",
        "Open it in a browser; if it shows, save it again, else take it from a backup.",
        "content",
        path,
    )
