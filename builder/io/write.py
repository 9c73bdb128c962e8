"""Writing a release: staged first, then renamed into place in release order, behind a journal.

    <out>.release/staging/     files as they were made, under any name
    <out>.release/journal.json {"moves": [[staged, path], …], "deletes": [path, …]}   there only while files move
    <out>.release/manifest.json

Nothing in ``out`` changes until everything has been made. A build that is killed while files move is finished by the
next one, which reads the journal before anything else; moving is a rename, so each file is whole at every moment,
and assets are there before the pages that name them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import msgspec

from builder import manifest
from builder.engine.lock import try_lock
from builder.engine.naming import named
from builder.errors import UsageError
from builder.manifest import File, Manifest

# So many bytes of a large file are held at a time.
_PIECE = 1024 * 1024


class Folder:
    """The output folder of a build and what stands beside it, held by one build at a time."""

    def __init__(self, out: Path, staging: Path | None = None) -> None:
        self.out = out
        self.beside = out.with_name(out.name + ".release")
        self.staging = staging or self.beside / "staging"
        self._journal = self.beside / "journal.json"
        self._lock: IO[Any] | None = None

    def take(self, say: Callable[[str], None]) -> None:
        """Wait for another build into the same folder, then finish what a killed one has left."""
        if not self.try_take():
            say(f"Another build is writing {self.out}; waiting for it.")
            while not self.try_take():
                time.sleep(0.05)

    def try_take(self) -> bool:
        """Take the folder if no other build has it, finish what a killed one has left, and tell whether it is ours."""
        if self.out.exists() and not self.out.is_dir():
            raise UsageError(f"{self.out} is a file", hint="--out names a folder.")
        self.beside.mkdir(parents=True, exist_ok=True)
        self._lock = (self.beside / "lock").open("a")
        if not try_lock(self._lock):
            self._lock.close()
            self._lock = None
            return False
        self._finish_journal()
        shutil.rmtree(self.staging, ignore_errors=True)
        return True

    def release(self) -> None:
        """Let others write the folder; leave nothing half-made behind, but what a journal still has to move."""
        if not (self._lock and self._journal.exists()):
            shutil.rmtree(self.staging, ignore_errors=True)
        if self._lock:
            self._lock.close()
            self._lock = None

    def manifest_bytes(self) -> bytes:
        """Return the last release's manifest; nothing where the folder does not hold that release (it was deleted)."""
        try:
            encoded = (self.beside / "manifest.json").read_bytes()
            build_id = json.loads((self.out / "build.json").read_bytes())["build_id"]
        except (OSError, ValueError, KeyError, TypeError):
            return b""
        return encoded if str(build_id).encode() in encoded else b""

    def manifest(self) -> dict[str, File]:
        """Return the files of the last release, or none."""
        return manifest.files_of(self.manifest_bytes())

    def commit(self, change: Change, release: Manifest, extra: Mapping[str, bytes]) -> bytes:
        """Move the change into place; the manifest comes last, says what is there, and is returned.

        Whatever takes room on the disk is done before anything moves: a full one leaves the last release as it was.
        """
        encoded = manifest.encode(release)
        beside = {**extra, "manifest.json": encoded}
        for name, data in beside.items():
            write_file(self.staging / name, data)
        made = self._prepare(change.moves)
        if change.moves or change.deletes:
            document = {"moves": [*change.moves, ["manifest.json", ""]], "deletes": change.deletes}
            write_file(self._journal, json.dumps(document).encode())
        self._move(change.moves, made)
        self._delete(change.deletes)
        for name in beside:
            os.replace(self.staging / name, self.beside / name)
        self._journal.unlink(missing_ok=True)
        return encoded

    def show(self, change: Change) -> None:
        """Move files into place ahead of their commit; until that comes no manifest says what the folder holds."""
        (self.beside / "manifest.json").unlink(missing_ok=True)
        self._move(change.moves, set())

    def _finish_journal(self) -> None:
        try:
            document = json.loads(self._journal.read_bytes())
            moves = [(staged, path) for staged, path in document["moves"] if path]
            deletes = [str(path) for path in document["deletes"]]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError):
            # Whatever had been moved, all of it is made again.
            self._doubt()
            self._journal.unlink(missing_ok=True)
            return
        try:
            self._move([[staged, path] for staged, path in moves if (self.staging / staged).exists()], set())
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            # It will never move, and what is built next may not have it any more.
            self._doubt()
            self._journal.unlink(missing_ok=True)
            return
        self._delete(deletes)
        if (self.staging / "manifest.json").exists():
            os.replace(self.staging / "manifest.json", self.beside / "manifest.json")
        self._journal.unlink(missing_ok=True)

    def _doubt(self) -> None:
        """Forget what the files of the last release hold, not which they are: the ones no longer wanted still go."""
        try:
            last = manifest.decode(self.manifest_bytes())
        except msgspec.MsgspecError:
            return
        write_file(
            self.beside / "manifest.json", manifest.encode(msgspec.structs.replace(last, files=doubted(last.files)))
        )

    def _prepare(self, moves: list[list[str]]) -> set[str]:
        """Make the folders that are missing, and return those that are there; where one can't be made none is left."""
        folders = dict.fromkeys(f"{self.out}/{path}".rpartition("/")[0] for _, path in moves)
        made: set[str] = set()
        try:
            for folder in folders:
                # Where a file stands in the way, it is moved out of it when its time comes.
                with suppress(FileExistsError, NotADirectoryError):
                    _make_folder(folder)
                    made.add(folder)
        except OSError:
            for folder in made:
                self._clear(Path(folder))
            raise
        return made

    def _move(self, moves: list[list[str]], made: set[str]) -> None:
        out, staging = str(self.out), str(self.staging)
        for staged, path in moves:
            target = f"{out}/{path}"
            folder = target.rpartition("/")[0]
            if folder not in made:
                _make_way(Path(folder), self.out)
                made.add(folder)
            try:
                os.replace(f"{staging}/{staged}", target)
            except IsADirectoryError:
                shutil.rmtree(target)
                os.replace(f"{staging}/{staged}", target)

    def _delete(self, paths: list[str]) -> None:
        for path in paths:
            target = self.out / path
            target.unlink(missing_ok=True)
            self._clear(target.parent)

    def _clear(self, folder: Path) -> None:
        """Remove a folder and those above it as far as they are empty."""
        for each in (folder, *folder.parents):
            if each == self.out:
                return
            try:
                each.rmdir()
            except OSError:
                return


def doubted(files: Mapping[str, File]) -> dict[str, File]:
    """Return a release's files as if nothing were known of what they hold."""
    return {
        path: msgspec.structs.replace(
            file,
            digest="",
            encodings={name: msgspec.structs.replace(sibling, digest="") for name, sibling in file.encodings.items()},
        )
        for path, file in files.items()
    }


class Change(NamedTuple):
    """What a build will do to the output folder: staged files to move, in release order, and files to delete."""

    moves: list[list[str]]
    deletes: list[str]


def plan(before: Mapping[str, File], after: Mapping[str, File], staged: Mapping[str, str]) -> Change:
    """Return the change from one release to the next: by class, new pages before changed ones, the home page last.

    A file's precompressed siblings are files of the folder like any other, and move right behind it.
    """
    before, after = manifest.stored(before), manifest.stored(after)
    changed = [path for path in staged if path in after and before.get(path, _NOTHING).digest != after[path].digest]
    changed.sort(key=lambda path: (after[path].phase, path in before, path.startswith("index.html"), path))
    # A page goes before the assets it names.
    gone = sorted((path for path in before if path not in after), key=lambda path: (-before[path].phase, path))
    return Change([[staged[path], path] for path in changed], gone)


_NOTHING = File("", 0, "", {}, "asset", 0)


def _make_folder(folder: str) -> None:
    """Make a folder and those above it that are missing; raise where a file stands in the way."""
    # Ten thousand times in a row, and nearly always the one call: a path is taken apart only where that fails.
    try:
        os.mkdir(folder)  # noqa: PTH102 - as said
    except FileNotFoundError:
        # One by one, since they may nest deeper than a function can call itself.
        missing = [Path(folder)]
        while not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
    except FileExistsError:
        if not os.path.isdir(folder):  # noqa: PTH112 - as said
            raise


def _make_way(folder: Path, root: Path) -> None:
    """Make a folder, in the place of a file where one stands there: a page's file that has become a page's folder."""
    try:
        _make_folder(str(folder))
    except (FileExistsError, NotADirectoryError):
        for part in (folder, *folder.parents):
            if part.is_file():
                part.unlink()
            if part == root:
                break
        _make_folder(str(folder))


def copy_file(source: BinaryIO, target: Path) -> tuple[str, int]:
    """Copy an open file and return the digest and size of the copy: the file may change meanwhile."""
    whole, size = hashlib.sha256(), 0
    try:
        with target.open("wb") as copy:
            while piece := source.read(_PIECE):
                whole.update(piece)
                size += copy.write(piece)
    except OSError as error:
        raise named(error, target) from None
    return whole.hexdigest(), size


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole: beside its place first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise named(error, path) from None
