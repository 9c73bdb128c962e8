"""The pure parts: judging, levels, calendars, achievements, names, settings."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_api import handles, keys
from edge_api.data_folder import secret
from edge_api.environment import SETTINGS, read
from edge_api.main import main
from edge_api.middleware.guard import canonical
from edge_api.problems import Problem
from edge_api.schemas.awards import (
    Achievement,
    Award,
    Awards,
    CountRule,
    CourseRule,
    ItemsRule,
    Rule,
    StreakRule,
    XpRule,
)
from edge_api.schemas.progress import Event
from edge_api.services import calendar, scoring
from edge_api.services.achievements import Facts, fulfilled, newly_earned
from edge_api.settings import Secret, Settings, SettingsError
from edge_api.stores.limits import MemoryLimiter, Rate

# A busy machine is slow, not wrong.
calm = examples(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def quiz(*choices: int) -> Event:
    return Event(id="x", type="quiz.answered", item="c/l#q", choices=choices, at="")


@pytest.mark.parametrize(
    ("answers", "chosen", "right"),
    [
        ((1,), (1,), True),
        ((1,), (0,), False),
        ((1,), (), False),
        ((0, 2), (2, 0), True),
        ((0, 2), (0, 2, 2), True),
        ((0, 2), (0,), False),
        ((0, 2), (0, 1, 2), False),
    ],
)
def test_a_quiz_is_right_with_exactly_the_right_choices(
    answers: tuple[int, ...], chosen: tuple[int, ...], *, right: bool
) -> None:
    """Neither more nor fewer, in any order."""
    assert scoring.right(Award(kind="quiz", course="c", xp=5, answers=answers), quiz(*chosen)) is right


@calm
@given(st.integers(0, 10**7), st.integers(1, 1000))
def test_levels_follow_their_formula(xp: int, step: int) -> None:
    """Level n begins at step * n * (n - 1) / 2 and ends where the next begins."""
    level = scoring.level(xp, step)
    assert step * level * (level - 1) // 2 <= xp < step * (level + 1) * level // 2


def test_levels_begin_where_the_documents_say() -> None:
    """0, 100, 300, 600, 1000."""
    assert [scoring.level(xp, 100) for xp in (0, 99, 100, 299, 300, 599, 600, 999, 1000)] == [1, 1, 2, 2, 3, 3, 4, 4, 5]


def test_aliases_in_a_ring_lead_nowhere() -> None:
    """Nonsense in the awards does not hang the edge."""
    book = scoring.book(Awards(aliases={"c/a": "c/b", "c/b": "c/a"}), "x")
    assert book.present == {}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-23T23:30:00+01:00", "2026-11-23"),
        ("2026-11-23T23:30:00-08:00", "2026-11-23"),
        ("2026-11-23T00:10:00+14:00", "2026-11-23"),
        ("2026-11-23t10:00:00z", "2026-11-23"),
        ("2026-11-23T10:00:00.123456789Z", "2026-11-23"),
    ],
)
def test_a_moment_has_the_learners_own_day(text: str, day: str) -> None:
    """The day on the clock that the learner saw."""
    moment = calendar.moment(text)
    assert moment is not None
    assert calendar.local_day(*moment) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T10:00:00+15:00",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:60Z",
    ],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    """Dates that do not exist and offsets that nobody uses."""
    assert calendar.moment(text) is None


def test_weeks_are_iso_weeks() -> None:
    """The first days of January may belong to last year's last week."""
    moment = calendar.moment("2027-01-01T12:00:00Z")
    assert moment is not None
    assert calendar.periods(moment[0]) == ("all", "2026-W53", "2027-01-01")


def days(*ago: int) -> list[str]:
    return [(date(2026, 11, 23) - timedelta(days=each)).isoformat() for each in ago]


@pytest.mark.parametrize(
    ("ago", "length"),
    [
        ((), 0),
        ((0,), 1),
        ((1,), 1),
        ((2,), 0),
        ((0, 1, 2), 3),
        ((1, 2, 3), 3),
        ((0, 2, 3), 1),
        ((-1, 0, 1), 3),
        ((-2,), 1),
    ],
)
def test_a_streak_ends_today_or_yesterday(ago: tuple[int, ...], length: int) -> None:
    """One missed day ends it; a day that is still tomorrow here, after a flight west, does not."""
    assert calendar.streak(days(*ago), "2026-11-23") == length


FACTS = Facts(
    xp={"": 50, "c": 30},
    counts={("lesson", ""): 4, ("lesson", "c"): 2},
    finished=frozenset({"c/1", "c/2"}),
    lessons={"c": frozenset({"c/1", "c/2"}), "d": frozenset({"d/1"})},
    streak=3,
)


@pytest.mark.parametrize(
    ("rule", "earned"),
    [
        (XpRule(50), True),
        (XpRule(51), False),
        (XpRule(30, "c"), True),
        (XpRule(1, "d"), False),
        (CountRule("lesson", 4), True),
        (CountRule("lesson", 3, "c"), False),
        (ItemsRule(("c/1",)), True),
        (ItemsRule(("c/1", "d/1")), False),
        (CourseRule("c"), True),
        (CourseRule("d"), False),
        (CourseRule("none"), False),
        (StreakRule(3), True),
        (StreakRule(4), False),
    ],
)
def test_rules_are_data(rule: Rule, *, earned: bool) -> None:
    """Each kind of rule asks one thing of the facts; a course that is gone is never finished."""
    assert fulfilled(rule, FACTS) is earned


def test_an_achievement_is_new_once() -> None:
    """What somebody has is not earned again."""
    rules = (Achievement("a", "A", "", XpRule(1)), Achievement("b", "B", "", XpRule(1)))
    assert newly_earned(rules, frozenset({"a"}), FACTS) == ("b",)


def test_made_up_handles_are_good_ones() -> None:
    """Whatever we make up, we would accept."""
    for _ in range(200):
        assert handles.checked(handles.made_up())


@calm
@given(st.lists(st.integers(0, 2**50) | st.text(max_size=20), max_size=5))
def test_a_sealed_position_opens_to_itself_and_nowhere_else(position: list[int | str]) -> None:
    """Sealing is deterministic, opens for its purpose, and for no other purpose or secret."""
    sealer = keys.Sealer(b"secret")
    cursor = sealer.seal("board", tuple(position))
    assert sealer.open("board", cursor) == position
    assert sealer.seal("board", tuple(position)) == cursor
    for stranger, purpose in ((sealer, "other"), (keys.Sealer(b"another"), "board")):
        with pytest.raises(Problem):
            stranger.open(purpose, cursor)


@calm
@given(st.text(max_size=60))
def test_nothing_made_up_opens(cursor: str) -> None:
    """Whatever text is tried, it is refused and breaks nothing."""
    with pytest.raises(Problem):
        keys.Sealer(b"secret").open("board", cursor)


def test_recovery_codes_are_read_as_people_write_them() -> None:
    """Case, spaces, hyphens, O for zero, I and L for one."""
    assert keys.recovery_digest("0123-4567-89ab-1111") == keys.recovery_digest(
        "O I23 4567 89AB 1lIi".replace(" I", "1")
    )
    assert keys.recovery_digest("A") != keys.digest("A")


@pytest.mark.parametrize("path", [b"/", b"/api/session", b"/api/courses/%E6%97%A5", b"/a/x.y", b"/a/~b"])
def test_canonical_paths(path: bytes) -> None:
    """One spelling each."""
    assert canonical(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"*",
        b"a",
        b"/a/",
        b"//",
        b"/a//b",
        b"/.",
        b"/a/..",
        b"/%2E",
        b"/%61",
        b"/%e6%97%a5",
        b"/a%2Fb",
        b"/%00",
        b"/a b",
        b"/a;b",
        b"/%FF",
        "/日".encode(),
    ],
)
def test_crooked_paths(path: bytes) -> None:
    """Every other spelling is refused."""
    assert not canonical(path)


def test_settings_are_read_once_and_hide_their_secrets() -> None:
    """Values of every kind, and a repr that can be logged."""
    settings = read(
        {
            "DATABASE_URL": "postgresql://u:hush@h/d",
            "REDIS_URL": "rediss://:hush@h:6380/0",
            "SECRET_KEY": "s" * 40,
            "EDGE_ORIGIN": "https://Learn.Example/",
            "EDGE_PROXIES": "10.0.0.0/8, unix",
            "RATE_LIMITS": "off",
            "PATH": "/bin",
            "EDGE_POOL": " 7 ",
        }
    )
    assert (settings.origin, settings.pool, settings.rate_limits) == ("https://learn.example", 7, False)
    assert settings.cookie == "__Host-session"
    assert "hush" not in repr(settings)
    assert "ssss" not in repr(settings)
    assert {setting.field for setting in SETTINGS} == set(msgspec.structs.asdict(Settings()))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("SECRET_KEY", "short"),
        ("REDIS_URL", "http://:hush@h"),
        ("REDIS_CACHE_URL", "redis://:hush@h"),
        ("RATE_LIMITS", "perhaps"),
        ("EDGE_ORIGIN", "http://learn.example"),
        ("EDGE_ORIGIN", "https://learn.example/path"),
        ("EDGE_ORIGIN", "learn.example"),
        ("EDGE_PROXIES", "nonsense"),
        ("EDGE_POOL", "0"),
        ("EDGE_POOL", "-1"),
        ("EDGE_BODY_SECONDS", "nan"),
        ("EDGE_LOG", "loud"),
        ("EDGE_NONSENSE", "1"),
    ],
)
def test_wrong_settings_are_refused_by_name(name: str, value: str) -> None:
    """The message names the variable, and never repeats a secret."""
    with pytest.raises(SettingsError, match=name) as refused:
        read({name: value})
    if name in {"DATABASE_URL", "REDIS_URL", "REDIS_CACHE_URL", "SECRET_KEY"}:
        assert value not in str(refused.value)


def test_a_single_instance_makes_its_own_secret(tmp_path: Path) -> None:
    """Once, for itself alone, and the same after a restart."""
    settings = Settings(data=tmp_path / "data")
    assert secret(settings) == secret(settings)
    assert len(secret(settings)) >= 32
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o077 == 0
    assert secret(Settings(secret_key=Secret("x"))) == b"x"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "needs REDIS_URL"),
        ({"REDIS_URL": "redis://localhost"}, "needs DATABASE_URL"),
    ],
)
def test_several_workers_need_what_they_share(
    environ: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence and exit 2, before anything is started."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["--workers", "2"]) == 2
    assert says in capsys.readouterr().err


async def _drain(limiter: MemoryLimiter, rate: Rate, keys_: list[str]) -> list[float]:
    return [await limiter.take(rate, key) for key in keys_]


def test_a_bucket_empties_by_key() -> None:
    """Each key has its own burst, and a wait after it that ends when a token has come."""
    import asyncio

    moments = iter([0.0, 0.0, 0.0, 0.0, 0.75, 1.0])
    waits = asyncio.run(_drain(MemoryLimiter(lambda: next(moments)), Rate("r", 2, 60), ["a", "a", "a", "b", "a", "a"]))
    assert waits == [0, 0, 1, 0, 0.25, 0]
