"""The judge: what was promised, held against the record and against what SQL says in the end. A function.

a write that was acknowledged is there, once, and worth what was said
a board shows it after a second where Redis confirmed it, after four otherwise; so for who left it or came back
nobody has points on a board that they never sent
what learners are told of themselves is never older than four seconds
a session is dead from the moment at which its end was acknowledged
a request fails only where the degraded modes allow it: 503 while the database is away, or cut in the middle with
the instance that was killed
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.soak.growth import Growth, Sent
from benchmarks.soak.periods import WINDOWS, period
from benchmarks.soak.record import (
    Broke,
    Clocks,
    Earned,
    Ended,
    Entry,
    Failed,
    Joined,
    Known,
    Listed,
    Met,
    Shown,
    Told,
    Unsure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What an instance may remember; and what a change may take that Redis did not confirm, with that second.
CONFIRMED, LATE = 1.0, 4.0
# A database that has just returned is not known to have by everybody at once.
_AFTERMATH = 6.0
_DATABASE, _INSTANCE = "postgresql", "instance"
_READINGS = (Shown, Known, Met, Failed)
_MOST = 20


class Truth(msgspec.Struct, frozen=True):
    """What SQL says in the end: rows, points and time of each event, and sentences about what does not agree.

    Times are seconds since 1970 by the clock of the database, which decides to which day and week an event belongs.
    """

    rows: Mapping[str, int]
    points: Mapping[str, int]
    disagreements: Sequence[str] = ()
    received: Mapping[str, float] = msgspec.field(default_factory=dict)


class Verdict(msgspec.Struct, frozen=True):
    """Sentences about broken promises, how often what was seen, and the oldest answers by kind and by fault."""

    broken: list[str]
    counts: Mapping[str, int]
    oldest: Mapping[str, float]
    by_fault: Mapping[str, float]
    faults: Mapping[str, int]

    @property
    def good(self) -> bool:
        """Whether every promise was held."""
        return not self.broken


class _Case:
    """Everything that was acknowledged, and what is found against it."""

    def __init__(self) -> None:
        # From the clock of the record to seconds since 1970.
        self.offset = 0.0
        # Boards by their course and period.
        self.growths: dict[tuple[str, str], dict[int, Growth]] = defaultdict(lambda: defaultdict(Growth))
        self.sums: Counter[tuple[str, str, int]] = Counter()
        self.sent: dict[tuple[str, str, int], Sent] = {}
        self.listed: dict[int, list[tuple[Listed, float]]] = defaultdict(list)
        self.ended: dict[str, float] = {}
        self.faults: list[Broke] = []
        self.broken: list[str] = []
        self.counts: Counter[str] = Counter()
        self.oldest: dict[str, float] = defaultdict(float)
        self.by_fault: dict[str, float] = defaultdict(float)

    def blame(self, sentence: str) -> None:
        """Enter a broken promise; after so many, their number says enough."""
        self.counts["broken promises"] += 1
        if len(self.broken) < _MOST:
            self.broken.append(sentence)

    def age(self, kind: str, asked: float, age: float, limit: float, sentence: str) -> None:
        """Enter how old an answer was."""
        name = f"{kind}, confirmed" if limit == CONFIRMED else f"{kind}, otherwise"
        self.oldest[name] = max(self.oldest[name], age)
        fault = next((each.fault for each in reversed(self.faults) if each.began <= asked), "none yet")
        self.by_fault[fault] = max(self.by_fault[fault], age)
        if age > limit:
            self.blame(f"{asked:.3f}: {sentence} {age:.3f} s after it was acknowledged ({limit:g} allowed; {fault})")


def judge(entries: Iterable[Entry], truth: Truth) -> Verdict:
    """Hold a record, which is read twice, against the promises."""
    case = _Case()
    _acknowledge(case, entries, truth)
    for entry in entries:
        case.counts[type(entry).__name__.lower()] += 1
        match entry:
            case Shown():
                _judge_board(case, entry)
            case Known():
                _judge_self(case, entry)
            case Met() if entry.alive and entry.asked > case.ended[entry.session]:
                late = entry.asked - case.ended[entry.session]
                case.blame(f"{entry.asked:.3f}: a session was alive {late:.3f} s after its end, at {entry.door}")
            case Failed() if not _allowed(case, entry):
                said = f"{entry.status} {entry.code}".strip()
                case.blame(f"{entry.asked:.3f}: {entry.what} at {entry.door} was answered {said}")
            case _:
                pass
    for sentence in truth.disagreements:
        case.blame(sentence)
    faults = Counter(each.fault for each in case.faults)
    return Verdict(case.broken, case.counts, case.oldest, case.by_fault, faults)


def _acknowledge(case: _Case, entries: Iterable[Entry], truth: Truth) -> None:
    """Take down what was acknowledged, in the order of its answers."""
    kept: dict[type[Entry], list[Any]] = defaultdict(list)
    for entry in entries:
        if not isinstance(entry, _READINGS):
            kept[type(entry)].append(entry)
    doubts = [(each.began, each.ended) for each in kept[Unsure]]
    case.faults = sorted(kept[Broke], key=lambda each: each.began)
    case.ended = {each.session: each.answered for each in kept[Ended]}
    for change in sorted(kept[Listed], key=lambda each: each.answered):
        case.listed[change.learner].append((change, LATE if _unsure(doubts, change) else CONFIRMED))
    case.offset = next((each.utc - each.at for each in kept[Clocks]), 0.0)
    told = sorted(kept[Told], key=lambda each: each.answered)
    for each in told:
        limit = LATE if each.again or _unsure(doubts, each) else CONFIRMED
        case.growths["", "all"][each.learner].add(each.xp, each.answered, limit)
        _add_up(case, each, limit, truth)
    sent = defaultdict(list, {("", "all", each.learner): [(0.0, each.xp)] for each in kept[Joined]})
    for each in told:
        for earned in each.earned:
            for board in _boards(case, each, earned, truth):
                sent[*board, each.learner].append((each.asked, earned.xp))
    case.sent = {place: Sent(found) for place, found in sent.items()}
    _judge_ledger(case, told, truth)


def _boards(case: _Case, told: Told, earned: Earned, truth: Truth) -> list[tuple[str, str]]:
    """Return the boards to which an event belongs, by when it was received."""
    received = truth.received.get(earned.id, told.answered + case.offset)
    return [(course, period(window, received)) for course, window in product(("", earned.course), WINDOWS)]


def _add_up(case: _Case, told: Told, limit: float, truth: Truth) -> None:
    """Enter what a batch adds where a learner's sum is not told with it."""
    for earned in told.earned:
        for board in _boards(case, told, earned, truth):
            case.sums[*board, told.learner] += earned.xp
            if board != ("", "all"):
                case.growths[board][told.learner].add(case.sums[*board, told.learner], told.answered, limit)


def _judge_ledger(case: _Case, told: Sequence[Told], truth: Truth) -> None:
    worth: dict[str, int] = {}
    for earned in (each for batch in told for each in batch.earned):
        if worth.setdefault(earned.id, earned.xp) != earned.xp:
            case.blame(f"{earned.id} was worth {worth[earned.id]} and then {earned.xp} points")
    case.counts["events acknowledged"] = len(worth)
    for name, xp in worth.items():
        rows, points = truth.rows.get(name, 0), truth.points.get(name, 0)
        if rows != 1:
            case.blame(f"{name} was acknowledged and is there {rows} times")
        elif points != xp:
            case.blame(f"{name} was acknowledged with {xp} points and is worth {points}")


def _judge_board(case: _Case, board: Shown) -> None:
    # An answer may be as old as it may be late: at midnight nobody can tell whose day it shows.
    moments = (board.asked - LATE, board.answered)
    first, latest = (period(board.window, moment + case.offset) for moment in moments)
    if first != latest:
        case.counts["boards at the turn of a period"] += 1
        return
    for learner, growth in case.growths[board.course, latest].items():
        shown = board.points.get(learner)
        if learner in case.listed:
            _judge_presence(case, board, learner, growth)
            if shown is None:
                continue
        for age, limit in growth.missing(shown or 0, board.asked):
            case.age("boards", board.asked, age, limit, f"{_where(board)} did not know points of learner {learner}")
    for learner, shown in board.points.items():
        sent = case.sent.get((board.course, latest, learner))
        most = sent.most(board.answered) if sent else 0
        if shown > most:
            case.blame(f"{board.asked:.3f}: {_where(board)} gave learner {learner} {shown} points of {most}")


def _judge_presence(case: _Case, board: Shown, learner: int, growth: Growth) -> None:
    """Judge whether somebody who comes and goes is on a board, unless they were about to change that."""
    changes = case.listed[learner]
    before = [pair for pair in changes if pair[0].answered <= board.asked]
    meanwhile = [each for each, _ in changes if each.asked <= board.answered and each.answered > board.asked]
    there = learner in board.points
    if not before or meanwhile or before[-1][0].visible == there or not growth.missing(0, before[-1][0].answered):
        return
    change, limit = before[-1]
    verb = "showed" if there else "missed"
    sentence = f"{_where(board)} {verb} learner {learner}, who was {'not ' if there else ''}to be there,"
    case.age("leaving and coming back", board.asked, board.asked - change.answered, limit, sentence)


def _judge_self(case: _Case, known: Known) -> None:
    if known.xp is None:
        case.blame(f"{known.asked:.3f}: {known.door} did not know learner {known.learner} any more")
        return
    for age, _ in case.growths["", "all"][known.learner].missing(known.xp, known.asked):
        sentence = f"{known.door} did not know learner {known.learner}'s own points"
        case.age("own points", known.asked, age, LATE, sentence)


def _allowed(case: _Case, failed: Failed) -> bool:
    """Tell whether a failure is one of the degraded modes: no database, or an answer cut with the one who gave it."""
    cause, after = (_DATABASE, _AFTERMATH) if failed.code == "database" else (_INSTANCE, 0.0)
    return (failed.code == "database" or not failed.status) and any(
        each.fault.startswith(cause) and each.began <= failed.answered and failed.asked <= each.ended + after
        for each in case.faults
    )


def _unsure(doubts: list[tuple[float, float]], entry: Told | Listed) -> bool:
    return any(began <= entry.answered and entry.asked <= ended for began, ended in doubts)


def _where(board: Shown) -> str:
    return f"{board.door}, board {board.window}/{board.course} ({board.said})"
