"""Whatever happens to the cache, the build is right: the cache is a help, never a source."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from course import Course, Files, differences, picture

COURSE: Files = {
    "site.toml": 'title = "A course"\nbase_url = "https://example.org"\n',
    "index.md": "# Home\n\n[One](one/a.md#place) [gone](gone.md)\n",
    "one/a.md": "# A\n\n## Place\n\n![A cat](cat.png)\n",
    "one/b.md": "# B\n\n::: quiz [Which?] {#q}\n- [x] This\n- [ ] That\n:::\n",
    "one/cat.png": picture(),
}
CHANGED: Files = {"one/b.md": "# Beta\n\n[A](a.md#place)\n", "two/c.md": "# C\n"}


@pytest.fixture
def course(place: Path) -> Course:
    """Return the course, built once, changed, and not built since."""
    made = Course(place, COURSE)
    made.build()
    made.write(CHANGED)
    return made


def is_right(course: Course) -> bool:
    """Build; tell whether output and problems are those of a clean build."""
    report = course.build()
    outputs, problems = course.clean()
    return differences(course.outputs(), outputs) == [] and report.problems == problems


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_cache_heals(course: Course, seed: int) -> None:
    """A file of the cache is cut short, overwritten here and there, or gone."""
    chance = random.Random(seed)
    files = sorted(path for path in course.cache.rglob("*") if path.is_file() and path.stat().st_size)
    for path in chance.sample(files, chance.randint(1, len(files))):
        data = bytearray(path.read_bytes())
        harm = chance.choice(("cut", "overwrite", "delete"))
        if harm == "delete":
            path.unlink()
            continue
        if harm == "cut":
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(chance.randint(1, 20)):
                data[chance.randrange(len(data))] ^= chance.randint(1, 255)
        path.write_bytes(data)
    assert is_right(course)
    assert is_right(course), "what healed must stay healed"


def test_a_cache_of_another_time_is_no_lie(course: Course) -> None:
    """An older cache put back beside a newer site: what it remembers of files is not what lies there."""
    shutil.copytree(course.cache, course.folder / "older")
    course.build()
    shutil.rmtree(course.cache)
    shutil.move(course.folder / "older", course.cache)
    assert is_right(course)


def test_a_cache_without_its_site_and_a_site_without_its_cache(course: Course) -> None:
    """Either may be removed, with what stands beside the site or without."""
    shutil.rmtree(course.out)
    shutil.rmtree(course.out.with_name("dist.release"))
    assert is_right(course)
    shutil.rmtree(course.cache)
    assert is_right(course)


def test_builds_of_one_cache_and_several_folders_at_once(course: Course) -> None:
    """Four builds start together: two into one folder, two into others, all with one cache."""
    folders = ["dist", "dist", "other", "third"]
    builds = [course.start("--out", str(course.folder / name), "--quiet") for name in folders]
    for build in builds:
        _, said = build.communicate(timeout=120)
        assert build.returncode == 0, said.decode()
    wanted = course.clean()[0]
    assert differences(course.outputs(), wanted) == []
    for name in ("other", "third"):
        for path, data in wanted.items():
            if not path.startswith("dist.release/"):
                assert (course.folder / name / path).read_bytes() == data
