"""The packed store: results of steps, many to a file, appended and never changed.

    <cache>/packs/<name>.pack     entry   "CWR1"  key (32)  parts (1 byte)
                                          then for each part: length (u32) sha256 (32)   then the parts' bytes
    <cache>/packs/<name>.index    entry   key (32)  where the entry begins (u64)  where it ends (u64)

A ``Record`` says where a part lies and what its digest is; reading verifies it, so a truncated, overwritten or borrowed
pack costs a step's run and never a wrong page. One process appends to a pack at a time (an OS lock on it); another
build takes another pack, and so does one that finds a pack and its index of different lengths, as a kill leaves them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from builder.engine.lock import try_lock
from builder.engine.naming import named

_MAGIC = b"CWR1"
_HEAD = struct.Struct("<4s32sB")
_PART = struct.Struct("<I32s")
_INDEX = struct.Struct("<32sQQ")

# A pack that has grown to this is left as it is, so that old results can be swept by the file.
_FULL = 256 * 1024 * 1024


class Record(msgspec.Struct, frozen=True, array_like=True):
    """Where one part of a result lies, and its sha256."""

    pack: str
    offset: int
    size: int
    digest: bytes


class Damaged(Exception):  # noqa: N818 - says what the record is
    """A record's bytes are not what was remembered."""


def digest(data: bytes) -> bytes:
    """Return the sha256 of the data."""
    return hashlib.sha256(data).digest()


class Store:
    """The packs of one cache folder, open for reading, and one of them for appending."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "packs"
        self._files: dict[str, BinaryIO] = {}
        self._indexes: list[tuple[str, bytes]] | None = None
        self._new: dict[bytes, tuple[Record, ...]] = {}
        self._index: BinaryIO | None = None
        self._out: BinaryIO | None = None
        self._name = ""
        self._end = 0
        self._dirty = False
        self._used: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, record: Record) -> bytes:
        """Return a part's bytes; raise ``Damaged`` where they are not what they were."""
        if self._dirty and record.pack == self._name:
            self.flush()
        try:
            file = self._file(record.pack)
            file.seek(record.offset)
            data = file.read(record.size)
        except OSError as error:
            raise Damaged(record.pack) from error
        if digest(data) != record.digest:
            raise Damaged(record.pack)
        self._used.add(record.pack)
        return data

    def append(self, key: bytes, parts: tuple[bytes, ...]) -> tuple[Record, ...]:
        """Remember a result under its key."""
        if self._out is None:
            self._open()
        assert self._out is not None
        digests = [digest(part) for part in parts]
        head = _HEAD.pack(_MAGIC, key, len(parts)) + b"".join(
            _PART.pack(len(part), sha) for part, sha in zip(parts, digests, strict=True)
        )
        offset = self._end + len(head)
        records = []
        for part, sha in zip(parts, digests, strict=True):
            records.append(Record(self._name, offset, len(part), sha))
            offset += len(part)
        assert self._index is not None
        try:
            self._out.write(b"".join((head, *parts)))
            self._index.write(_INDEX.pack(key, self._end, offset))
        except OSError as error:
            raise named(error, self.folder / self._name) from None
        self._dirty = True
        self._end = offset
        found = self._new[key] = tuple(records)
        return found

    def find(self, key: bytes) -> tuple[Record, ...] | None:
        """Return the records remembered under a key, from any pack."""
        if key in self._new:
            return self._new[key]
        if self._indexes is None:
            self._indexes = [(path.stem + ".pack", _read_index(path)) for path in sorted(self.folder.glob("*.index"))]
        for pack, index in self._indexes:
            place = index.find(key)
            # Digests do not contain each other's ends in practice; one that seemed to would be passed over.
            if place >= 0 and place % _INDEX.size == 0 and place + _INDEX.size <= len(index):
                _, start, end = _INDEX.unpack_from(index, place)
                found = self._entry(pack, key, start, end)
                if found is not None:
                    return found
        return None

    def _entry(self, pack: str, key: bytes, start: int, end: int) -> tuple[Record, ...] | None:
        try:
            file = self._file(pack)
            file.seek(start)
            magic, found, count = _HEAD.unpack(file.read(_HEAD.size))
            table = file.read(_PART.size * count)
            parts = list(_PART.iter_unpack(table))
        except (OSError, struct.error):
            return None
        if magic != _MAGIC or found != key or len(parts) != count:
            return None
        offset, records = start + _HEAD.size + len(table), []
        for length, sha in parts:
            records.append(Record(pack, offset, length, sha))
            offset += length
        return tuple(records) if offset == end else None

    def _file(self, pack: str) -> BinaryIO:
        file = self._files.get(pack)
        if file is None:
            file = self._files[pack] = (self.folder / pack).open("rb", buffering=0)
        return file

    def flush(self) -> None:
        """Make what was appended visible to other processes."""
        if self._out is not None and self._index is not None:
            # The pack first: an index never names what is not there.
            try:
                self._out.flush()
                self._index.flush()
            except OSError as error:
                raise named(error, self.folder / self._name) from None
            self._dirty = False

    def mark(self) -> None:
        """Mark the packs that were of use as fresh, so that no sweep takes them."""
        for name in self._used | ({self._name} if self._name else set()):
            try:
                os.utime(self.folder / name)
            except OSError:
                continue  # swept by another build meanwhile

    def close(self) -> None:
        """Close the packs."""
        self.mark()
        try:
            self.flush()
        finally:
            for file in (*self._files.values(), self._out, self._index):
                if file is not None:
                    # What could not be flushed is lost with the error that said so.
                    with suppress(OSError):
                        file.close()
            self._files.clear()
            self._out = self._index = None

    def sweep(self, live: Callable[[], set[str]], *, limit: int, days: float) -> int:
        """Delete packs unused for so many days, then the oldest until the rest fits; return the bytes freed.

        ``live`` tells which packs are in use, and is asked only where some pack would have to go.
        """
        packs = []
        for path in self.folder.glob("*.pack"):
            try:
                packs.append((path.stat().st_mtime, path.stat().st_size, path))
            except OSError:
                continue
        total, freed, now = sum(size for _, size, _ in packs), 0, time.time()
        known: set[str] | None = None
        for used, size, path in sorted(packs):
            aged = now - used > days * 86_400
            if path.name == self._name or not (aged or total - freed > limit):
                continue
            known = live() if known is None else known
            if path.name in known and not aged:
                continue
            try:
                path.with_suffix(".index").unlink(missing_ok=True)
                path.unlink()
                freed += size
            except OSError:
                continue  # open in another build, where the system forbids it: next time
        return freed

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.glob("*.pack"), reverse=True):
            file = _appendable(path)
            if file:
                break
        else:
            path = self.folder / f"{int(time.time()):010x}-{secrets.token_hex(4)}.pack"
            file = path.open("ab")
            try_lock(file)
        self._out, self._name, self._end = file, path.name, file.seek(0, os.SEEK_END)
        self._index = path.with_suffix(".index").open("ab")


def _appendable(path: Path) -> BinaryIO | None:
    """Return a pack opened for appending where it is free, not full, and as long as its index says."""
    file = path.open("ab")
    size = file.seek(0, os.SEEK_END)
    if size < _FULL and try_lock(file) and _indexed_end(path) == size:
        return file
    file.close()
    return None


def _indexed_end(path: Path) -> int:
    """Return where the last entry of a pack's index ends; -1 where the index itself is cut short."""
    try:
        with path.with_suffix(".index").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size == 0 or size % _INDEX.size:
                return 0 if size == 0 else -1
            file.seek(size - _INDEX.size)
            return int(_INDEX.unpack(file.read(_INDEX.size))[2])
    except (OSError, struct.error):
        return -1


def _read_index(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
