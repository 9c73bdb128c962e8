"""A folder as a store. A write is a temporary file renamed into place; a copy is a hard link where the disk allows.

A file's modification time is made from its digest, so that a web server's ETag (time and size) is the same for the
same bytes on every machine, and differs for two pages that were written within one second. When a file last changed
is told by its inode's change time, which nobody can set.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from builder.io.deploy.store import ABSENT, Blob, Body, Conflict, StoreError
from builder.steps.release.survey import Entry, Stamp

_EPOCH = 978_307_200  # 2001-01-01; 29 bits of digest later it is 2018, so no date lies in the future
_CHUNK = 1 << 20
_ABANDONED = 86_400  # seconds after which a half-written file belongs to nobody


class Folder:
    """Keys are POSIX paths below ``root``; files take shape in ``scratch``, which nobody is served from."""

    def __init__(self, root: Path, scratch: str = ".scratch") -> None:
        self.root = root
        self.name = f"dir:{root}"
        self.carries: frozenset[str] = frozenset()
        self.workers = 4
        self._scratch = root / scratch
        self._ready = False

    def get(self, key: str) -> Blob | None:
        """Return the object, or None."""
        try:
            with self._path(key).open("rb") as file:
                data = file.read()
                state = os.fstat(file.fileno())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _explained(error) from error
        return Blob(data, _tag(state), state.st_ctime)

    def ask(self, key: str) -> Stamp | None:
        """Return the digest and size of the file, which is read for it; a folder keeps no headers."""
        digest = hashlib.sha256()
        size = 0
        try:
            with self._path(key).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise _explained(error) from error
        return Stamp(digest.hexdigest(), {}, size)

    def put(self, key: str, body: Body, headers: dict[str, str], when: str | None = None) -> str:  # noqa: ARG002 - a folder keeps none
        """Write the file and return its tag."""

        def fill(path: Path) -> None:
            if body.data is not None:
                path.write_bytes(body.data)
            elif body.file is not None:
                shutil.copyfile(body.file, path)
            _date(path, body.digest)

        return self._write(key, fill, when)

    def copy(self, origin: str, key: str, headers: dict[str, str], digest: str, when: str | None = None) -> str:  # noqa: ARG002 - as above
        """Link or copy the file and return its tag."""

        def fill(path: Path) -> None:
            source = self._path(origin)
            try:
                os.link(source, path)
            except FileNotFoundError:
                raise
            except OSError:  # another file system, too many links, or no links at all
                shutil.copyfile(source, path)
                _date(path, digest)

        return self._write(key, fill, when)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the files, and the folders that are left empty."""
        parents: set[Path] = set()
        try:
            for key in keys:
                path = self._path(key)
                with suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
                parents.update(path.relative_to(self.root).parents)
            for parent in sorted(parents, key=lambda one: -len(one.parts)):
                if parent.parts:
                    _remove_if_empty(self.root / parent)
        except OSError as error:
            raise _explained(error) from error

    def list(self, prefix: str) -> Iterator[Entry]:
        """Yield the entries whose keys begin with ``prefix``; symbolic links are not followed."""
        top = self.root / prefix.rpartition("/")[0]
        for folder, folders, names in os.walk(top, onerror=_unless_missing):
            folders.sort()
            for name in sorted(names):
                path = Path(folder) / name
                key = path.relative_to(self.root).as_posix()
                if key.startswith(prefix) and not path.is_symlink():
                    with suppress(FileNotFoundError):
                        state = path.stat()
                        yield Entry(key, state.st_size, state.st_ctime, _tag(state))

    def _path(self, key: str) -> Path:
        return self.root / key

    def _write(self, key: str, fill: Callable[[Path], None], when: str | None) -> str:
        path = self._path(key)
        temporary = self._scratch / token_hex(8)
        try:
            self._prepare()
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.stat().st_dev != self._scratch.stat().st_dev:
                # The served folder is a file system of its own, into which nothing can be renamed from outside.
                temporary = path.parent / f".{temporary.name}"
            fill(temporary)
            tag = _tag(temporary.stat())
            if when == ABSENT:
                os.link(temporary, path)
            elif when is None:
                temporary.replace(path)
            else:
                _replace_if(temporary, path, when)
        except FileExistsError as error:
            raise Conflict(f"somebody else wrote {key}") from error
        except OSError as error:
            raise _explained(error, path) from error
        finally:
            with suppress(OSError):
                temporary.unlink()
        return tag

    def _prepare(self) -> None:
        """Make the scratch folder, and clear away what a killed process left there."""
        if self._ready:
            return
        self._scratch.mkdir(parents=True, exist_ok=True)
        for path in self._scratch.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_ctime < time.time() - _ABANDONED:
                    path.unlink()
        self._ready = True


def _replace_if(temporary: Path, path: Path, when: str) -> None:
    """Put ``temporary`` in the place of ``path`` if that still has the tag ``when``; the folder's lock is the mutex."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    with locked(path.parent):
        if not path.exists() or _tag(path.stat()) != when:
            raise Conflict(f"somebody else wrote {path.name}")
        temporary.replace(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the advisory lock of a folder, which the system lets go of when a process dies."""
    import fcntl  # POSIX only; buckets are deployed to from anywhere

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _tag(state: os.stat_result) -> str:
    return f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"


def _date(path: Path, digest: str) -> None:
    if digest:
        moment = _EPOCH + (int(digest[:8], 16) >> 3)
        os.utime(path, (moment, moment))


def _remove_if_empty(folder: Path) -> None:
    if not folder.is_dir() or folder.is_symlink():
        return
    left = list(folder.iterdir())
    if [path.name for path in left] == ["assets"] and left[0].is_symlink():
        left[0].unlink()  # a release's link to the assets is all that is left of it
    with suppress(OSError):
        folder.rmdir()


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise _explained(error)


def _explained(error: OSError, path: Path | None = None) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Make room and deploy again; what is there already is not sent twice."
        return StoreError("The disk is full", place=str(path or error.filename or ""), hint=hint)
    place = str(error.filename or path or "")
    return StoreError(f"{error.strerror or error}", place=place, hint=_HINTS.get(type(error), ""))


_HINTS: dict[type[OSError], str] = {
    PermissionError: "The user who deploys needs to own this folder.",
    FileNotFoundError: "Something removed it while the deploy ran; run the deploy again.",
}
