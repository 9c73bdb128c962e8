"""Finding the files of a root: their paths and what stands for their contents until they are read.

Hidden names, ``node_modules``, ``dist``, ``.venv`` and the build's own folders are not content. Symbolic links are
followed only inside the root, and each folder once, so that loops end and nothing from outside is ever published.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from builder.errors import Problem, Root, UsageError

_SKIPPED = frozenset({"node_modules", "dist", "dist.release", "__pycache__"})

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

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raise ``OSError`` where it is gone or may not be read."""
        with open(os.path.join(self.root, self.real.get(path, path)), "rb") as file:
            return file.read()


def scan(root: Path, name: Root, now: int, *, without: tuple[Path, ...] = ()) -> Tree:
    """Return the files under a root; ``without`` are folders that the build itself writes; ``now`` is when it began, in ns."""
    files: dict[str, Stat] = {}
    real: dict[str, str] = {}
    problems: list[Problem] = []
    if not root.is_dir():
        return Tree(root, files, real, ())
    base = os.path.realpath(root)
    avoid = {os.path.realpath(path) for path in without}
    stack: list[tuple[str, str]] = [(base, "")]
    seen: set[tuple[int, int]] = set()
    while stack:
        folder, prefix = stack.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            if folder == base:
                raise UsageError(f"The folder {root} cannot be read: {error.strerror}") from error
            problems.append(
                Problem(
                    "warning",
                    "unreadable",
                    f"This folder cannot be read: {error.strerror}",
                    "Its pages are not in the site.",
                    name,
                    prefix.rstrip("/"),
                )
            )
            continue
        for entry in entries:
            if entry.name[0] == "." or entry.name in _SKIPPED:
                continue
            path = prefix + entry.name
            if not entry.name.isascii():
                path = _readable(path, real, prefix, entry.name, folder, base)
            if entry.is_symlink():
                _follow(entry, path, base, stack, seen, files, problems, name, now)
            elif entry.is_dir(follow_symlinks=False):
                if not avoid or entry.path not in avoid:
                    stack.append((entry.path, path + "/"))
            elif entry.is_file(follow_symlinks=False):
                files[path] = _stat(entry, now)
    return Tree(root, dict(sorted(files.items())), real, tuple(sorted(problems)))


def _stat(entry: os.DirEntry[str], now: int, *, follow: bool = False) -> Stat:
    try:
        found = entry.stat(follow_symlinks=follow)
    except OSError:
        return UNTRUSTED
    grain = _RACY if found.st_mtime_ns % 1_000_000_000 else _RACY_COARSE
    return (found.st_size, found.st_mtime_ns, found.st_ino) if found.st_mtime_ns < now - grain else UNTRUSTED


def _readable(path: str, real: dict[str, str], prefix: str, entry_name: str, folder: str, base: str) -> str:
    """Return a path that can be printed and encoded; remember the name on disk where it differs."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = prefix + entry_name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        real[shown] = os.path.relpath(os.path.join(folder, entry_name), base)
        return shown
    return path


def _follow(
    entry: os.DirEntry[str], path: str, base: str, stack: list[tuple[str, str]], seen: set[tuple[int, int]],
    files: dict[str, Stat], problems: list[Problem], name: Root, now: int,
) -> None:  # fmt: skip
    target = os.path.realpath(entry.path)
    if not target.startswith(base + os.sep):
        if target != base:
            problems.append(
                Problem(
                    "warning",
                    "link-outside",
                    "This symbolic link leads out of the content folder",
                    "It is not followed; copy what it points at.",
                    name,
                    path,
                )
            )
        return
    try:
        found = os.stat(target)
    except OSError:
        problems.append(
            Problem("warning", "link-missing", "This symbolic link leads nowhere", "Mend or remove it.", name, path)
        )
        return
    if os.path.isdir(target):
        identity = (found.st_dev, found.st_ino)
        # A link to a folder that holds it would go round; any other folder is followed the first time.
        if identity not in seen and not entry.path.startswith(target + os.sep):
            seen.add(identity)
            stack.append((target, path + "/"))
        return
    files[path] = _stat(entry, now, follow=True)
