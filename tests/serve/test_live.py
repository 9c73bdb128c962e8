"""Builds in a process that stays: what a save makes, what comes first, and that it ends where a clean build would."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.errors import Superseded, UsageError
from builder.io.config import Request
from builder.io.serve.shown import Shown, Viewers
from builder.live import Live
from builder.pipeline import build
from course import Files, write_files

LESSONS: Files = {
    f"content/course/{number:02}-lesson-{number}.md": f"# Lesson {number}\n\nText.\n" for number in range(1, 61)
}
SITE: Files = {
    "content/site.toml": 'title = "Course"\n',
    "content/index.md": "# Home\n",
    "content/course/index.md": "# Course\n",
    "assets/css/site.css": "body { margin: 0 }\n",
    **LESSONS,
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    write_files(tmp_path, SITE, stamped=False)
    made = Live(Request(site=tmp_path, cache=tmp_path / ".cache", jobs=1))
    try:
        made.settle()
    except BaseException:
        made.close()
        raise
    yield made
    made.close()


def saved(live: Live, files: Files) -> frozenset[Path]:
    """Save files of the site, and return them as the watcher would."""
    site = live.request.site
    assert site
    write_files(site, files, stamped=False)
    return frozenset((site / name).resolve() for name in files)


def test_a_saved_page_is_all_that_is_made(live: Live) -> None:
    shown = live.refresh(saved(live, {"content/course/05-lesson-5.md": "# Lesson 5\n\nOther text.\n"}))
    assert shown.changed == ("course/lesson-5/index.html",)


def test_a_rehearsal_changes_nothing(live: Live) -> None:
    before = contents(live.folder.out)
    live.rehearse()
    live.settle()
    assert contents(live.folder.out) == before


def test_a_save_that_changes_nothing_makes_nothing(live: Live) -> None:
    shown = live.refresh(saved(live, {"content/course/05-lesson-5.md": LESSONS["content/course/05-lesson-5.md"]}))
    assert shown.changed == ()


def test_a_new_title_is_shown_wherever_the_page_is_named(live: Live) -> None:
    shown = live.refresh(saved(live, {"content/course/05-lesson-5.md": "# Renamed\n\nText.\n"}))
    assert "course/lesson-4/index.html" in shown.changed
    assert "course/index.html" in shown.changed


def test_pages_that_are_looked_at_are_shown_before_the_others(live: Live) -> None:
    first: list[Shown] = []
    viewers = Viewers(frozenset({"course/lesson-50/index.html"}), first.append, lambda: True)
    shown = live.refresh(saved(live, {"assets/css/site.css": "body { margin: 1px }\n"}), viewers)
    (ahead,) = first
    assert [name for name in ahead.changed if name.endswith(".html")] == ["course/lesson-50/index.html"]
    assert len([name for name in shown.changed if name.endswith(".html")]) == len(LESSONS) + 2
    style = next(name for name in ahead.changed if name.endswith(".css"))
    assert style in (ahead.folder / "course/lesson-50/index.html").read_text(encoding="utf-8")
    assert (ahead.folder / style).is_file()


def test_a_build_that_nobody_waits_for_any_more_is_given_up_and_the_next_makes_all(live: Live) -> None:
    viewers = Viewers(frozenset(), lambda _: None, lambda: False)
    paths = saved(live, {"assets/css/site.css": "body { margin: 2px }\n"})
    with pytest.raises(Superseded):
        live.refresh(paths, viewers)
    shown = live.refresh(frozenset())
    assert len([name for name in shown.changed if name.endswith(".html")]) == len(LESSONS) + 2


def test_what_cannot_be_built_leaves_the_next_build_as_much_to_do(live: Live) -> None:
    broken = {"templates/lesson.html": "{% nonsense %}", "content/course/05-lesson-5.md": "# Lesson 5\n\nNew.\n"}
    with pytest.raises(UsageError):
        live.refresh(saved(live, broken))
    shown = live.refresh(saved(live, {"templates/lesson.html": None}))
    assert shown.changed == ("course/lesson-5/index.html",)


def test_a_damaged_cache_costs_a_build_and_nothing_else(live: Live) -> None:
    for pack in (live.request.cache / "packs").glob("*.pack"):
        pack.write_bytes(b"x" * pack.stat().st_size)
    shown = live.refresh(saved(live, {"content/course/05-lesson-5.md": "# Renamed\n\nText.\n"}))
    assert "course/lesson-5/index.html" in shown.files


def test_after_any_saves_it_is_what_a_clean_build_makes(live: Live, tmp_path: Path) -> None:
    edits: tuple[Files, ...] = (
        {"content/course/05-lesson-5.md": "# Lesson 5\n\n[Six](06-lesson-6.md#part)\n"},
        {"content/course/06-lesson-6.md": "# Lesson 6\n\n## Part\n"},
        {"content/course/07-lesson-7.md": None},
        {"content/course/61-new.md": "---\ndraft: true\ntags: [new]\n---\n# New\n\n![Dot](dot.svg)\n"},
        {"content/course/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'},
        {"content/site.toml": 'title = "Another"\nbase_url = "https://example.org"\n'},
        {"assets/css/site.css": "body { margin: 3px }\n"},
        {"content/course/05-lesson-5.md": "# Lesson five\n\nText.\n"},
    )
    for files in edits:
        live.refresh(saved(live, files))
    live.settle()
    build(live.request._replace(out=tmp_path / "clean", cache=tmp_path / "other"), print)
    assert contents(live.folder.out) == contents(tmp_path / "clean")
    assert contents(live.folder.beside) == contents(tmp_path / "clean.release")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder that a release consists of."""
    apart = {"lock", "staging"}
    files = (path for path in folder.rglob("*") if path.is_file() and not apart.intersection(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_scripts_are_served_as_they_were_written_with_the_way_back_to_their_files(live: Live) -> None:
    source = "// why\nexport const longName = 1;\nconsole.debug(longName);\n"
    live.refresh(saved(live, {"assets/js/own/deep.js": source, "assets/css/own.css": "b  {  color: red  }\n"}))
    (script,) = (live.folder.out / "assets").glob("deep.*.js")
    text = script.read_text(encoding="utf-8")
    assert text.startswith(source)
    mapped = json.loads(base64.b64decode(text.rpartition("base64,")[2]))
    assert (mapped["sources"], mapped["sourcesContent"]) == (["js/own/deep.js"], [source])
    (style,) = (live.folder.out / "assets").glob("own.*.css")
    assert style.read_text(encoding="utf-8") == "b  {  color: red  }\n"
