"""Finding the files of a root: their paths and what stands for their contents until they are read.

Hidden names, ``node_modules``, ``dist``, ``.venv`` and the build's own folders are not content. Symbolic links are
followed only inside the root, and each folder once, so that loops end and nothing from outside is ever published.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from builder.errors import Problem, Root, Severity, UsageError
from builder.text.names import SKIPPED

# A file changed so shortly before the scan may change again within its time stamp's grain: it is not trusted next time.
# Coarse file systems (FAT, some network mounts) keep whole or even seconds, which shows in the stamp itself.
_RACY = 100_000_000
_RACY_COARSE = 2_100_000_000

Stat = tuple[int, int, int]
UNTRUSTED: Stat = (-1, -1, -1)


class Tree(NamedTuple):
    """The files of one root, sorted: path → (size, mtime in ns, inode); ``real`` has names that are not UTF-8."""

    root: Path
    files: dict[str, Stat]
    real: dict[str, str]
    problems: tuple[Problem, ...]

    def read(self, path: str, most: int = -1) -> bytes:
        """Return a file's bytes, or the first of them; raise ``OSError`` where it is gone or may not be read."""
        with self.open(path) as file:
            return file.read(most)

    def open(self, path: str) -> BufferedReader:
        """Return a file to be read, for what is too large to be held."""
        return open(os.path.join(self.root, self.real.get(path, path)), "rb")


def scan(root: Path, name: Root, now: int, *, without: tuple[Path, ...] = ()) -> Tree:
    """Return the files under a root; ``without`` are folders that the build writes, ``now`` is when it began, in ns."""
    if not root.is_dir():
        return Tree(root, {}, {}, ())
    search = _Search(os.path.realpath(root), name, now, {os.path.realpath(path) for path in without})
    while search.stack:
        search.visit(*search.stack.pop())
    return Tree(root, dict(sorted(search.files.items())), search.real, tuple(sorted(search.problems)))


class _Search:
    """One walk over a root; ``stack`` has the folders still to visit, with the paths under which they are known."""

    def __init__(self, base: str, name: Root, now: int, avoid: set[str]) -> None:
        self.base = base
        self.name = name
        self.now = now
        self.avoid = avoid
        self.files: dict[str, Stat] = {}
        self.real: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.stack: list[tuple[str, str]] = [(base, "")]
        self.followed: set[tuple[int, int]] = set()

    def visit(self, folder: str, prefix: str) -> None:
        """Take note of what stands in one folder."""
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            if folder == self.base:
                raise UsageError(f"The folder {folder} cannot be read: {error.strerror}") from error
            message = f"This folder cannot be read: {error.strerror}"
            self._problem("unreadable", message, "Its pages are not in the site.", prefix.rstrip("/"), "error")
            return
        for entry in entries:
            if entry.name[0] == "." or entry.name in SKIPPED:
                continue
            path = prefix + (entry.name if entry.name.isascii() else self._readable(prefix, entry))
            if entry.is_symlink():
                self._follow(entry, path)
            elif entry.is_dir(follow_symlinks=False):
                if not self.avoid or entry.path not in self.avoid:
                    self.stack.append((entry.path, path + "/"))
            elif entry.is_file(follow_symlinks=False):
                self.files[path] = _stat(entry, self.now)

    def _readable(self, prefix: str, entry: os.DirEntry[str]) -> str:
        """Return a name that can be printed and encoded; remember the one on disk where it differs."""
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            shown = entry.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            self.real[prefix + shown] = os.path.relpath(entry.path, self.base)
            return shown
        return entry.name

    def _follow(self, entry: os.DirEntry[str], path: str) -> None:
        target = os.path.realpath(entry.path)
        if target != self.base and not target.startswith(self.base + os.sep):
            message = "This symbolic link leads out of the content folder"
            self._problem("link-outside", message, "It is not followed; copy what it points at.", path)
            return
        try:
            found = os.stat(target)
        except OSError:
            self._problem("link-missing", "This symbolic link leads nowhere", "Mend or remove it.", path)
            return
        if stat.S_ISREG(found.st_mode):
            self.files[path] = _trusted(found, self.now)
        if not stat.S_ISDIR(found.st_mode):
            return
        identity = (found.st_dev, found.st_ino)
        # A link to a folder that holds it would go round; any other folder is followed the first time.
        if identity not in self.followed and not (entry.path + os.sep).startswith(target + os.sep):
            self.followed.add(identity)
            self.stack.append((target, path + "/"))

    def _problem(self, code: str, message: str, hint: str, path: str, severity: Severity = "warning") -> None:
        self.problems.append(Problem(severity, code, message, hint, self.name, path))


def look_again(tree: Tree, paths: Iterable[str], now: int) -> Tree | None:
    """Return the tree with a few files looked at again, or None where only a whole scan can tell: folders, links."""
    files = dict(tree.files)
    for path in paths:
        if any(part[0] == "." or part in SKIPPED for part in path.split("/")):
            continue
        try:
            found = os.lstat(os.path.join(tree.root, path))
        except OSError:
            if path in tree.real or any(known.startswith(path + "/") for known in files):
                return None
            # A file that is not known either was there for a moment only: an editor's own.
            files.pop(path, None)
            continue
        if not stat.S_ISREG(found.st_mode) or not path.isascii():
            return None
        files[path] = _trusted(found, now)
    return tree._replace(files=files if files.keys() == tree.files.keys() else dict(sorted(files.items())))


def _stat(entry: os.DirEntry[str], now: int) -> Stat:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return UNTRUSTED
    return _trusted(found, now)


def _trusted(found: os.stat_result, now: int) -> Stat:
    grain = _RACY if found.st_mtime_ns % 1_000_000_000 else _RACY_COARSE
    return (found.st_size, found.st_mtime_ns, found.st_ino) if found.st_mtime_ns < now - grain else UNTRUSTED
