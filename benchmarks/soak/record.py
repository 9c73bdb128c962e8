"""What the soak writes down while it runs, a line each: what was acknowledged, what was read, what was broken.

Times are seconds by the clock of this process: ``asked`` is before a request left, ``answered`` after its answer came.
So an answer that seems too old was too old.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType


class Earned(msgspec.Struct, frozen=True):
    """An event and the points that it was acknowledged with."""

    id: str
    course: str
    xp: int


class Clocks(msgspec.Struct, frozen=True, tag=True):
    """What time it was by the clock of this process, and in seconds since 1970 (UTC)."""

    at: float
    utc: float


class Joined(msgspec.Struct, frozen=True, tag=True):
    """A learner begins with these points on the board of everything."""

    learner: int
    xp: int


class Told(msgspec.Struct, frozen=True, tag=True):
    """A batch was acknowledged, with the learner's points after it; ``again`` if it was sent more than once."""

    learner: int
    asked: float
    answered: float
    earned: list[Earned]
    xp: int
    again: bool = False


class Shown(msgspec.Struct, frozen=True, tag=True):
    """A board, with the points of everybody on it."""

    asked: float
    answered: float
    door: str
    course: str
    window: str
    points: dict[int, int]
    said: str = ""


class Known(msgspec.Struct, frozen=True, tag=True):
    """What a learner was told of themselves; no points if nobody knew them."""

    learner: int
    asked: float
    answered: float
    door: str
    xp: int | None


class Listed(msgspec.Struct, frozen=True, tag=True):
    """A learner was acknowledged to appear on boards, or no longer."""

    learner: int
    asked: float
    answered: float
    visible: bool


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A session was acknowledged to be over."""

    session: str
    answered: float


class Met(msgspec.Struct, frozen=True, tag=True):
    """Somebody came with the cookie of a session that was over."""

    session: str
    asked: float
    door: str
    alive: bool


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A request failed: with a status and a problem's code, or without an answer (0)."""

    asked: float
    answered: float
    door: str
    what: str
    status: int
    code: str


class Broke(msgspec.Struct, frozen=True, tag=True):
    """A fault, from its first blow until all was mended."""

    fault: str
    began: float
    ended: float


class Unsure(msgspec.Struct, frozen=True, tag=True):
    """An instance could not confirm a change by its own word, or gave none: what was written then may be told late."""

    began: float
    ended: float


Entry = Clocks | Joined | Told | Shown | Known | Listed | Ended | Met | Failed | Broke | Unsure


class Record:
    """Lines of a file, to be written once and read as often as one likes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, entry: Entry) -> None:
        """Write something down."""
        self._file.write(self._encoder.encode(entry) + b"\n")

    def __iter__(self) -> Iterator[Entry]:
        """Return what was written so far."""
        self._file.flush()
        decoder = msgspec.json.Decoder(Entry)
        with self._path.open("rb") as lines:
            for line in lines:
                yield decoder.decode(line)
