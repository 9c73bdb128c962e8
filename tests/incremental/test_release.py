"""A release has its compressed siblings, whatever was built before it, and leaves none behind."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it ships no types
import pytest

from builder import manifest
from course import Course, Files, differences, picture
from incremental.edits import START

COURSE: Files = {
    "site.toml": START["site.toml"],
    "index.md": "# Home\n\n[One](one/a.md)\n" + "Words, words. " * 100,
    "one/index.md": "# One\n",
    "one/a.md": "# A\n\n![A cat](cat.png)\n\n" + "Words, words. " * 100,
    "one/b.md": "# B\n\nWords.\n",
    "one/cat.png": picture(),
}


@pytest.fixture
def course(place: Path) -> Course:
    """Return the course, not built yet."""
    return Course(place, COURSE)


def release_of(course: Course) -> dict[str, manifest.File]:
    """Return the files of the manifest."""
    return manifest.decode((course.out.with_name("dist.release") / "manifest.json").read_bytes()).files


def same_as_clean(course: Course, **options: object) -> bool:
    """Say whether the output is what a build makes that remembers nothing."""
    return differences(course.outputs(), course.clean(**options)[0]) == []


def test_siblings_hold_the_file_and_the_manifest_names_them(course: Course) -> None:
    course.build(release=True)
    files = release_of(course)
    coded = {path: file for path, file in files.items() if file.encodings}
    assert {"index.html", "one/a/index.html"} <= coded.keys()
    assert not any(path.endswith(".png") for path in coded)
    for path, file in coded.items():
        for name, sibling in file.encodings.items():
            data = (course.out / sibling.path).read_bytes()
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (sibling.digest, sibling.size)
            plain = brotli.decompress(data) if name == "br" else gzip.decompress(data)
            assert plain == (course.out / path).read_bytes()


def test_nothing_lies_in_the_folder_that_the_manifest_does_not_name(course: Course) -> None:
    course.build(release=True)
    lying = {path.relative_to(course.out).as_posix() for path in course.out.rglob("*") if path.is_file()}
    assert lying == set(manifest.stored(release_of(course)))


def test_only_what_changed_is_compressed_again(course: Course) -> None:
    course.build(release=True)
    course.write({"one/b.md": "# B\n\nOther words.\n"})
    report = course.build(release=True)
    assert report.ran["encode.compress"] <= 3, "The page, and what carries its digest"
    assert same_as_clean(course, release=True)
    assert course.build(release=True).ran == {}


def test_a_plain_build_after_a_release_leaves_no_siblings_and_back(course: Course) -> None:
    course.build()
    course.build(release=True)
    course.build()
    assert not [path for path in course.out.rglob("*") if path.suffix in {".br", ".gz"}]
    assert same_as_clean(course)
    assert "encode.compress" not in course.build(release=True).ran
    assert same_as_clean(course, release=True)


def test_a_sibling_that_was_damaged_is_mended_by_verify(course: Course) -> None:
    course.build(release=True)
    (course.out / "index.html.br").write_bytes(b"other")
    course.build(release=True, verify=True)
    assert same_as_clean(course, release=True)
