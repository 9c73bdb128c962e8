"""Names and folders that nobody should use: every page is there, and nothing from outside is."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from builder.manifest import decode
from course import Course, Files, codes

NAMES: Files = {
    "index.md": "# Home\n",
    "with space.md": "# Space\n",
    'it\'s "quoted".md': "# Quotes\n",
    "100%.md": "# Percent\n",
    "a#b?c&d.md": "# Signs\n",
    "\U0001f600.md": "# Face\n",
    "\U0001f602.md": "# Another face\n",
    "שלום.md": "# Right to left\n",
    "new\nline.md": "# New line\n",
    "Same.md": "# Same\n",
    "same.md": "# same\n",
    "caf\u00e9.md": "# One form\n",
    "cafe\u0301.md": "# The other form\n",
    "a.md/index.md": "# A folder named like a page\n",
    "a.md/b.md": "# In it\n",
    "x/index.html.md": "# A page named like a file\n",
    "assets/page.md": "# Assets\n",
    "api/page.md": "# API\n",
    "sw.js.md": "# Worker\n",
    "empty.md": "",
    "tags/x.md": "---\ntags: [x]\n---\n# Tags\n",
}


def test_every_page_is_there_whatever_its_name(place: Path) -> None:
    """Each has a file of its own; problems are collisions only."""
    course = Course(place, NAMES)
    report = course.build()
    html = [path.read_text() for path in course.out.rglob("*.html")]
    for name, text in NAMES.items():
        title = str(text).rpartition("# ")[2].strip()
        assert not title or any(f"{title}</h1>" in page for page in html), name
    assert set(codes(report)) == {"url-collision"}
    files = decode((place / "dist.release" / "manifest.json").read_bytes()).files
    assert all((course.out / path).is_file() for path in files)
    assert course.build().ran == {}


# Each of these has a name that no file system takes, as it is or behind the number that tells it from another.
LONG: Files = {
    "tag.md": f"---\ntags: [{'x' * 300}, {'漢' * 100}]\n---\n# Tagged\n",
    "slug.md": f"---\nslug: {'x' * 300}\n---\n# Slug\n",
    "alias.md": f"---\naliases: [/{'x' * 300}/, /old/]\n---\n# Alias\n",
    "Ⱥ" * 125 + ".md": "# Longer in lower case\n",
    "\u0958" * 84 + ".md": "# Longer when composed\n",
    "x" * 252 + ".md": "# As long as can be\n",
    "X" * 252 + ".md": "# The same in capitals\n",
}


def test_no_name_is_too_long_for_a_page(place: Path) -> None:
    """What front matter gives is said where it is too long; what is made of a name is cut."""
    course = Course(place, {"index.md": "# Home\n", **LONG})
    found = {(problem.path, problem.code) for problem in course.build().problems if problem.path}
    wrong = {("slug.md", "front-matter"), ("alias.md", "front-matter"), ("x" * 252 + ".md", "url-collision")}
    assert found == wrong
    html = [path.read_text() for path in course.out.rglob("index.html")]
    for text in LONG.values():
        assert any(f"{str(text).rpartition('# ')[2].strip()}</h1>" in page for page in html)


def test_symbolic_links_end_and_lead_nowhere_outside(place: Path) -> None:
    """Loops end; what stands outside of the content is named and not published."""
    (place / "secret.md").write_text("# Secret\n")
    course = Course(place / "c", {"index.md": "# Home\n[s](out.md)\n", "in/page.md": "# Page\n"})
    (course.content / "in" / "loop").symlink_to("..")
    (course.content / "self").symlink_to("self")
    (course.content / "out.md").symlink_to(place / "secret.md")
    (course.content / "again").symlink_to("in")
    report = course.build()
    assert {"link-outside", "link-missing"} <= set(codes(report))
    assert not any("Secret" in path.read_text() for path in course.out.rglob("*.html"))
    assert "Page" in course.page("again/page/index.html")


def test_what_is_no_file_is_not_waited_for(place: Path) -> None:
    """A pipe under a page's name, and a link to it, are not content; reading either would never end."""
    course = Course(place, {"index.md": "# Home\n", "a.md": "# A\n"})
    os.mkfifo(course.content / "pipe.md")
    (course.content / "linked.md").symlink_to("pipe.md")
    done = course.run("--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["pages"] == 2


def test_thousands_of_broken_links_in_one_folder_of_thousands_are_told(place: Path) -> None:
    """Each has the nearest name as a hint; with work that grew with the square, this would take an hour."""
    count = 2_000
    files = {
        f"all/page-{number:04}.md": f"# P{number}\n\n[x](pagee-{(number + 1) % count:04}.md)\n"
        for number in range(count)
    }
    report = Course(place, files).build()
    assert len(codes(report)) == count
    assert all(problem.hint.startswith("Did you mean `page-") for problem in report.problems if problem.line)


def test_folders_nest_deeper_than_calls_can(place: Path, request: pytest.FixtureRequest) -> None:
    """A thousand and more, one in the other: each has its page, which names no more than a few of the others."""
    course = Course(place / "c", {"index.md": "# Home\n"})
    # What clears up after tests calls itself for each folder.
    request.addfinalizer(lambda: subprocess.run(["rm", "-rf", place / "c"], check=True))
    folder = os.open(course.content, os.O_RDONLY)
    for level in range(1_200):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
        page = os.open("index.md", os.O_WRONLY | os.O_CREAT, dir_fd=folder)
        os.write(page, f"# Level {level}\n".encode())
        os.close(page)
    os.close(folder)
    assert codes(course.build()) == []
    deepest = (course.out / ("d/" * 1_200) / "index.html").read_text()
    assert "Level 1199" in deepest
    assert len(deepest) < 200_000
    course.write({"index.md": "# House\n"})
    assert codes(course.build()) == []


def test_one_dead_link_twenty_thousand_times_is_looked_up_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is named at its place, with the same hint; what it may have meant is sought once."""
    from builder.text.near import Near

    asked: list[str] = []
    to = Near.to

    def note(near: Near, name: str, cutoff: float) -> str:
        asked.append(name)
        return to(near, name, cutoff)

    monkeypatch.setattr(Near, "to", note)
    course = Course(place, {"index.md": "# Home\n\n" + "[x](gon.md)\n" * 20_000, "gone.md": "# Gone\n"})
    found = [problem for problem in course.build().problems if problem.code == "link-missing"]
    assert [problem.line for problem in found] == list(range(3, 20_003))
    assert {problem.hint for problem in found} == {"Did you mean `gone.md`?"}
    assert len(asked) == 1
