"""When a burst of saves is over: the clock is the test's."""

from __future__ import annotations

from pathlib import Path

from builder.io.serve.watch import LONGEST, QUIET, QUIET_OPEN, QUIET_SEVERAL, Burst, Event, Watch
from patience import PATIENCE


def burst(*events: tuple[Event, float]) -> Burst:
    """Return the burst of these events, each with its moment."""
    (first, began), *rest = events
    made = Burst(first, began)
    for event, moment in rest:
        made.add(event, moment)
    return made


def test_one_saved_file_is_waited_for_the_shortest() -> None:
    made = burst((Event("a.md", open=True), 0.0), (Event("a.md"), 0.001))
    assert made.due() == 0.001 + QUIET
    assert made.paths() == frozenset({Path("a.md")})


def test_a_file_that_is_being_written_is_waited_for() -> None:
    assert burst((Event("a.md", open=True), 0.0)).due() == QUIET_OPEN


def test_every_event_puts_the_end_off() -> None:
    assert burst((Event("a.md"), 0.0), (Event("a.md"), 0.01)).due() == 0.01 + QUIET


def test_several_files_are_waited_for_longer() -> None:
    assert burst((Event("a.md"), 0.0), (Event("b.md"), 0.0)).due() == QUIET_SEVERAL


def test_a_file_that_an_editor_wrote_beside_it_and_renamed_is_no_second_one() -> None:
    made = burst((Event("a.tmp"), 0.0), (Event("a.tmp", gone=True), 0.001), (Event("a.md"), 0.001))
    assert made.due() == 0.001 + QUIET


def test_a_folder_means_looking_at_everything() -> None:
    made = burst((Event("a.md"), 0.0), (Event(None), 0.0))
    assert made.paths() is None
    assert made.due() == QUIET_SEVERAL


def test_a_folder_in_which_something_never_stops_is_built_all_the_same() -> None:
    made = burst(*((Event("log.txt"), number / 1000) for number in range(5000)))
    assert made.due() == LONGEST


def test_where_the_system_cannot_watch_the_files_are_looked_at(tmp_path: Path, monkeypatch: object) -> None:
    """An observer that the system refuses stands in for a machine whose watches are used up."""
    from watchdog.observers.polling import PollingObserver

    from builder.io.serve import watch as module

    class Full(PollingObserver):
        def schedule(self, *_: object, **__: object) -> object:  # type: ignore[override]  # it never returns
            raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(module, "Observer", Full)  # type: ignore[attr-defined]  # pytest's
    said: list[str] = []
    (tmp_path / "a.md").write_text("# A\n")
    watch = Watch((tmp_path,), (), said.append)
    watch.start()
    try:
        assert "once a second" in said[0]
        (tmp_path / "a.md").write_text("# A, longer\n")
        made = watch.wait(PATIENCE)
        assert made is not None
        assert made.paths() == frozenset({tmp_path / "a.md"})
    finally:
        watch.stop()


def test_the_servers_own_files_are_no_saves(tmp_path: Path) -> None:
    own = tmp_path / "out"
    own.mkdir()
    watch = Watch((tmp_path,), (own,), print)
    watch.start()
    try:
        (own / "page.html").write_text("")
        (tmp_path / "a.md").write_text("")
        made = watch.wait(PATIENCE)
        assert made is not None
        assert made.paths() == frozenset({tmp_path / "a.md"})
    finally:
        watch.stop()
