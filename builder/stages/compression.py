"""Compressed siblings for the public: beside each file that gains by it, the same as brotli and as gzip.

What was compressed before is taken over: from the output folder where that holds this memory's own last release, else
from the store by the file's content. The dearest are started first, so that one large file does not end alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

import msgspec

from builder.engine.store import Record
from builder.engine.task import Task, key_of, task
from builder.io.config import locked_tools
from builder.io.write import write_file
from builder.manifest import Encoding, File
from builder.stages.work import Work, done
from builder.steps.encode import Encodings, compress, pays

# What stays for a year is worth the best there is; pages are many, change often, and live five minutes at the edge.
ASSETS, PAGES = 11, 7

SUFFIX = {"br": "br", "gzip": "gz"}

# As many files travel to a process at once; each carries its bytes with it.
BATCH_BYTES = 64 * 1024**2

Read = Callable[[str], bytes]


def encoders() -> bytes:
    """Return what stands for the encoders and their settings."""
    return hashlib.sha256(key_of(task(compress, b"", ASSETS)) + bytes([PAGES]) + locked_tools()).digest()


def add_siblings(
    work: Work, entries: Mapping[str, File], before: Mapping[str, File], read: Read
) -> tuple[dict[str, File], dict[str, str]]:
    """Return the entries with their siblings, and where those are staged that are new.

    ``before`` are the files whose siblings are known to be what these encoders make; ``read`` gives a file's bytes.
    """
    found: dict[str, File] = {}
    staged: dict[str, str] = {}
    todo: list[str] = []
    for path, file in entries.items():
        known = before.get(path)
        found[path] = file
        if not pays(file.type, file.size):
            continue
        if known is not None and known.digest == file.digest and known.encodings:
            found[path] = msgspec.structs.replace(file, encodings=known.encodings)
            work.recalled["encode.compress"] += 1
        else:
            todo.append(path)
    todo.sort(key=lambda path: (-_price(entries[path]), path))
    for path, record in _records(work, todo, entries, read):
        made: Encodings = work.read(record, Encodings)
        siblings = {}
        for name, data in (("br", made.br), ("gzip", made.gzip)):
            sibling = f"{path}.{SUFFIX[name]}"
            if data and sibling not in entries:
                siblings[name] = Encoding(sibling, hashlib.sha256(data).hexdigest(), len(data))
                staged[sibling] = _stage(work, sibling, data)
        found[path] = msgspec.structs.replace(entries[path], encodings=siblings)
    return found, staged


def _records(work: Work, paths: list[str], entries: Mapping[str, File], read: Read) -> Iterator[tuple[str, Record]]:
    """Yield each file's siblings as the store has them, compressed now where it did not."""
    known: dict[str, tuple[Record, ...]] = {}
    waiting: list[tuple[str, bytes]] = []

    def tasks() -> Iterator[Task]:
        for path in paths:
            single = task(compress, read(path), _quality(entries[path]))
            key = key_of(single)
            records = work.store.find(key)
            if records is not None:
                work.recalled["encode.compress"] += 1
                known[path] = records
            else:
                waiting.append((path, key))
                yield single

    for count, outcome in enumerate(work.pool.run(tasks(), _batches(paths, entries))):
        path, key = waiting[count]
        work.ran["encode.compress"] += 1
        known[path] = work.store.append(key, done(outcome).parts)
    for path in paths:
        yield path, known[path][0]


def _quality(file: File) -> int:
    return PAGES if file.class_ == "page" else ASSETS


def _price(file: File) -> int:
    return file.size * _quality(file) ** 2


def _batches(paths: list[str], entries: Mapping[str, File]) -> int:
    """Return how many tasks the pool should think there are: few where files are large, so that batches are small."""
    total = sum(entries[path].size for path in paths)
    return len(paths) if total < BATCH_BYTES else min(len(paths), 64)


def _stage(work: Work, path: str, data: bytes) -> str:
    from pathlib import Path

    name = "sibling-" + hashlib.sha256(path.encode()).hexdigest()[:16]
    if work.request.write:
        write_file(Path(work.staging) / name, data)
    return name
