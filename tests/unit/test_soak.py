"""The judge of a soak: each promise that is broken in a record is named, and none that is held."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.judge import Truth, judge
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
    Record,
    Shown,
    Told,
    Unsure,
)

# Learner 1 begins with 5 points, and has 15 from the second 10 on.
STORY: list[Entry] = [Joined(1, 5), Told(1, 9.9, 10.0, [Earned("e", "c", 10)], 15)]
TRUTH = Truth({"e": 1}, {"e": 10})


def board(asked: float, xp: int | None, course: str = "", window: str = "all") -> Shown:
    return Shown(asked, asked + 0.01, "nginx", course, window, {} if xp is None else {1: xp})


@pytest.mark.parametrize(
    "seen",
    [
        board(9.95, 5),
        board(10.9, 5),
        board(11.1, 15),
        board(10.9, None, "c", "day"),
        board(9.95, 15),
        Known(1, 10.5, 10.6, "nginx", 15),
        Failed(20.0, 20.1, "nginx", "GET /", 503, "database"),
    ],
)
def test_what_was_promised_is_no_news(seen: Entry) -> None:
    verdict = judge([*STORY, Broke("postgresql restarts", 18.0, 19.0), seen], TRUTH)
    assert verdict.good, verdict.broken


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (board(11.1, 5), "did not know points of learner 1 1.100 s after"),
        (board(11.1, None, "c", "day"), "did not know points of learner 1"),
        (board(10.1, 25), "gave learner 1 25 points of 15"),
        (Known(1, 14.1, 14.2, "nginx", 5), "did not know learner 1's own points"),
        (Known(1, 10.1, 10.2, "instance 2", None), "instance 2 did not know learner 1 any more"),
        (Failed(12.0, 12.1, "nginx", "GET /", 503, "database"), "GET / at nginx was answered 503 database"),
        (Failed(20.0, 20.1, "nginx", "GET /", 0, "ReadError"), "GET / at nginx was answered 0 ReadError"),
    ],
)
def test_what_was_not_promised_is_named(seen: Entry, sentence: str) -> None:
    (found,) = judge([*STORY, Broke("postgresql restarts", 18.0, 19.0), seen], TRUTH).broken
    assert sentence in found


def test_what_was_not_confirmed_may_be_told_later() -> None:
    """By an instance's own word, or because it had to be sent again."""
    assert judge([*STORY, Unsure(9.0, 10.5), board(13.9, 5)], TRUTH).good
    assert not judge([*STORY, Unsure(9.0, 10.5), board(14.1, 5)], TRUTH).good
    again = Told(1, 9.9, 10.0, [Earned("e", "c", 10)], 15, again=True)
    assert judge([STORY[0], again, board(13.9, 5)], TRUTH).good


def test_a_session_is_dead_from_its_end_on() -> None:
    story: list[Entry] = [Ended("s", 10.0), Met("s", 9.9, "nginx", alive=True), Met("s", 10.1, "nginx", alive=False)]
    assert judge(story, TRUTH).good
    (found,) = judge([*story, Met("s", 10.1, "instance 1", alive=True)], TRUTH).broken
    assert "a session was alive 0.100 s after its end, at instance 1" in found


def test_who_leaves_is_gone_and_who_comes_back_is_there() -> None:
    left, back = Listed(1, 19.9, 20.0, visible=False), Listed(1, 29.9, 30.0, visible=True)
    seen = [board(20.9, 15), board(21.1, None), board(29.95, 15), board(31.1, 15)]
    assert judge([*STORY, left, back, *seen], TRUTH).good
    (found,) = judge([*STORY, left, back, board(21.1, 15)], TRUTH).broken
    assert "showed learner 1, who was not to be there," in found
    (found,) = judge([*STORY, left, back, board(31.1, None)], TRUTH).broken
    assert "missed learner 1, who was to be there," in found


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        (Truth({}, {}), "e was acknowledged and is there 0 times"),
        (Truth({"e": 2}, {"e": 10}), "e was acknowledged and is there 2 times"),
        (Truth({"e": 1}, {"e": 20}), "e was acknowledged with 10 points and is worth 20"),
        (Truth({"e": 1}, {"e": 10}, ["the sums differ"]), "the sums differ"),
    ],
)
def test_a_write_that_was_acknowledged_is_there_once(truth: Truth, sentence: str) -> None:
    assert judge(STORY, truth).broken == [sentence]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries = [*STORY, board(1.5, 5), Listed(1, 2.0, 3.0, visible=False)]
    with Record(tmp_path / "record") as record:
        for entry in entries:
            record.write(entry)
        assert list(record) == list(record) == entries


def test_a_day_ends_at_midnight_and_everything_goes_on() -> None:
    """What was earned yesterday is on the week's board, not on today's; at the turn itself nobody is blamed."""
    midnight = Clocks(0.0, 1_795_478_400.0 - 100)  # a Tuesday begins at 100
    later = Told(1, 109.9, 110.0, [Earned("f", "c", 20)], 35)
    truth = Truth({"e": 1, "f": 1}, {"e": 10, "f": 20})
    story = [midnight, *STORY, later]
    seen = [board(90.0, 10, "", "day"), board(102.0, 10, "", "day"), board(105.0, None, "", "day")]
    seen += [board(120.0, 20, "c", "day"), board(120.0, 30, "c", "week"), board(120.0, 35)]
    assert judge([*story, *seen], truth).good
    (found,) = judge([*story, board(120.0, 30, "c", "day")], truth).broken
    assert "gave learner 1 30 points of 20" in found
    (found,) = judge([*story, board(105.0, None, "c", "week")], truth).broken
    assert "did not know points of learner 1" in found


def test_the_database_says_when_an_event_was_received() -> None:
    """Sent before midnight, written after it: it is today's."""
    midnight = Clocks(0.0, 1_795_478_400.0 - 100)
    late: list[Entry] = [midnight, Joined(1, 0), Told(1, 99.9, 100.2, [Earned("e", "c", 10)], 10)]
    late.append(board(120.0, 10, "c", "day"))
    assert judge(late, Truth({"e": 1}, {"e": 10}, received={"e": 1_795_478_400.1})).good
    assert not judge(late, Truth({"e": 1}, {"e": 10}, received={"e": 1_795_478_399.9})).good
