"""Watching the author's folders: saves come in bursts, and a burst is one build.

An editor writes a file in several steps, or beside it and then renames; a checkout changes hundreds of files. A burst
is over when nothing has happened for a short while, longer the more files it has; a file that is still open for
writing is waited for where the system says so (Linux).
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

# Quiet, in seconds, after which a burst is over: one file, several or a folder, a file that is being written.
QUIET = 0.012
QUIET_SEVERAL = 0.08
QUIET_OPEN = 0.25
# A folder in which something never stops changing is built all the same.
LONGEST = 3.0
# git holds its index while it changes the tree; a lock that is older was left behind by one that crashed.
LONGEST_CHECKOUT = 10.0
# How often folders that were deleted, replaced or not there yet are looked for.
TEND_SECONDS = 1.0

_FILE = (
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileClosedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.FileAttribEvent,
)
_FOLDER = (events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent, events.DirAttribEvent)


class Event(NamedTuple):
    """One thing that happened to a file: it is open for writing since, or gone; a path of None is a folder's."""

    path: str | None
    open: bool = False
    gone: bool = False


class Burst:
    """The events of one burst, and when it is over; the clock is the caller's."""

    def __init__(self, first: Event, now: float) -> None:
        self.began = now
        self.last = now
        self.files: dict[str, Event] = {}
        self.folders = False
        self.add(first, now)

    def add(self, event: Event, now: float) -> None:
        """Take one more event in."""
        self.last = now
        if event.path is None:
            self.folders = True
        else:
            self.files[event.path] = event

    def due(self) -> float:
        """Return when the burst is over if nothing more happens."""
        # What an editor wrote beside the file and took away again is no file of its own.
        there = sum(not event.gone for event in self.files.values())
        quiet = QUIET_SEVERAL if self.folders or there > 1 else QUIET
        if any(event.open for event in self.files.values()):
            quiet = max(quiet, QUIET_OPEN)
        return min(self.last + quiet, self.began + LONGEST)

    def paths(self) -> frozenset[Path] | None:
        """Return the files of the burst; None where only looking at everything can tell."""
        return None if self.folders else frozenset(Path(path) for path in self.files)


class Watch(events.FileSystemEventHandler):
    """The watched folders of one server."""

    def __init__(self, folders: tuple[Path, ...], without: tuple[Path, ...], say: Callable[[str], None]) -> None:
        self.folders = folders
        self.say = say
        self._without = tuple(os.path.realpath(path) + os.sep for path in without)
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._watched: dict[Path, tuple[tuple[int, int] | None, Any]] = {}
        self._observer: Any = None
        # Only where closing is told can a file that was written be waited for until it is closed.
        self._closes = os.name == "posix" and os.uname().sysname == "Linux"
        self._indexes = tuple(index for folder in folders for index in _git_locks(folder))

    def start(self) -> None:
        """Begin to watch; where the system has no room for so many watches, look at the files once a second."""
        self._observer = Observer()
        try:
            self._observer.start()
            self._schedule()
        except OSError as error:
            self._observer.stop()
            self._watched.clear()
            self._closes = False
            self.say(
                f"The system cannot watch so many folders ({error.strerror}): looking at them once a second instead.\n"
                "  On Linux, raise fs.inotify.max_user_watches and fs.inotify.max_user_instances."
            )
            self._observer = PollingObserver(timeout=TEND_SECONDS)
            self._observer.start()
            self._schedule()

    def stop(self) -> None:
        """End watching."""
        self._observer.stop()
        self._observer.join()

    def wake(self) -> None:
        """End a wait that is going on."""
        self._queue.put(Event(None))

    def pending(self) -> bool:
        """Tell whether something has happened since the last burst."""
        return not self._queue.empty()

    def wait(self, seconds: float) -> Burst | None:
        """Return the next burst when it is over; None where nothing has happened for so long."""
        end = time.monotonic() + seconds
        while True:
            try:
                first = self._queue.get(timeout=max(0.0, min(TEND_SECONDS, end - time.monotonic())))
                break
            except queue.Empty:
                if self._schedule():
                    return Burst(Event(None), time.monotonic())
                if time.monotonic() >= end:
                    return None
        burst = Burst(first, time.monotonic())
        while (left := self._due(burst) - time.monotonic()) > 0:
            try:
                burst.add(self._queue.get(timeout=left), time.monotonic())
            except queue.Empty:
                continue
        return burst

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        """Take an event from the system's thread."""
        if isinstance(event, _FOLDER):
            if not self._is_ours(os.fsdecode(event.src_path) + os.sep):
                self._queue.put(Event(None))
            return
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        gone = event.event_type in (events.EVENT_TYPE_MOVED, events.EVENT_TYPE_DELETED)
        writing = self._closes and event.event_type == events.EVENT_TYPE_MODIFIED
        for made in (Event(source, writing, gone), Event(target)):
            if made.path and not self._is_ours(made.path):
                self._queue.put(made)

    def _is_ours(self, path: str) -> bool:
        return path.startswith(self._without)

    def _due(self, burst: Burst) -> float:
        due = burst.due()
        if due <= time.monotonic() and any(_is_held(index) for index in self._indexes):
            return min(time.monotonic() + QUIET_SEVERAL, burst.began + LONGEST_CHECKOUT)
        return due

    def _schedule(self) -> bool:
        """Watch each folder that is there, again where another one has taken its place; tell whether any changed."""
        changed = False
        for folder in self.folders:
            there = _identity(folder)
            before, watch = self._watched.get(folder, (None, None))
            if there == before:
                continue
            changed = True
            if watch is not None:
                self._observer.unschedule(watch)
            self._watched[folder] = (there, None)
            if there is not None:
                made = self._observer.schedule(
                    self, os.path.realpath(folder), recursive=True, event_filter=[*_FILE, *_FOLDER]
                )
                self._watched[folder] = (there, made)
        return changed


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def _is_held(lock: Path) -> bool:
    try:
        return time.time() - lock.stat().st_mtime < LONGEST_CHECKOUT
    except OSError:
        return False


def _git_locks(folder: Path) -> tuple[Path, ...]:
    return tuple(
        above / ".git" / "index.lock" for above in (folder, *folder.absolute().parents) if (above / ".git").is_dir()
    )
