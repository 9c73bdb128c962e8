"""The contract's sentences on what a build leaves: for odd courses and for the site that comes with the tool."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from jsonschema import Draft202012Validator

from builder.io.config import HOME, Request
from builder.pipeline import build
from course import DAY, Course, Files, quick_folder, tree

SCHEMAS = HOME / "tests" / "contract"
HOST = "https://here.test"
QUIZ = "::: quiz {#q}\n- [x] a\n- [ ] b\n:::\n"

# Courses at the edge of what the schemas allow.
ODD: dict[str, Files] = {
    "nothing": {},
    "an empty page": {"index.md": ""},
    "no site.toml": {"a.md": "# A\n\n" + QUIZ, "part/index.md": "# P\n\n" + QUIZ},
    "a page beside the courses": {"site.toml": "", "about.md": "# About\n\n" + QUIZ, "c/a.md": "# A"},
    "names of every kind": {
        "site.toml": "",
        "Größe 日本/01 a b.md": "---\naliases: [an old name, '/Größe 日本/x#y']\n---\n# A <b> & \"c\"\n\n" + QUIZ,
        "!!!/???.md": "# Signs",
        "c/#.md": "---\nid: 'my id #1'\n---\n# Id\n\n" + QUIZ,
    },
    "errors": {"a.md": "---\nid: [x]\ntitle: [\n---\n# A\n\n::: quiz {#q}\n- [ ] a\n:::\n\n::: trace\nWhat?\n:::\n"},
    "no titles": {"site.toml": "", "c/a.md": "#\n\n::: exercise {#e}\n:::\n\n::: trace {#t answer=0}\n:::\n"},
    "clashes": {"site.toml": "", "c/a.md": "---\nid: x\n---\n", "c/b.md": "---\nid: x\naliases: [a, /c/]\n---\n"},
}


@pytest.fixture(scope="module")
def sample() -> Iterator[Path]:
    """The folder ``dist`` of the site in content/, built with a base_url and the theme that learners get."""
    for folder in quick_folder():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOURCE_DATE_EPOCH", DAY)
            build(
                Request(site=HOME, out=folder / "dist", cache=folder / "cache", jobs=1, base_url=f"{HOST}/base/"),
                lambda _: None,
            )
        yield folder / "dist"


def release(dist: Path) -> dict[str, Any]:
    """Return the manifest beside an output folder."""
    found: dict[str, Any] = json.loads((dist.parent / "dist.release" / "manifest.json").read_bytes())
    return found


def check_schemas(dist: Path) -> None:
    """Hold catalogue and awards to their schemas, and to each other."""
    documents = {"catalog": dist / "catalog.json", "awards": dist.parent / "dist.release" / "awards.json"}
    found = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in documents.items()}
    for name, document in found.items():
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(document)
    lessons = {
        f"{course.get('original', course['id'])}/{lesson['id']}"
        for course in found["catalog"]["courses"]
        for module in course["modules"]
        for lesson in module["lessons"]
    }
    assert lessons == {name for name, item in found["awards"]["items"].items() if item["kind"] == "lesson"}


def check_manifest(dist: Path) -> None:
    """Hold the manifest to its form, its formula and the files on disk."""
    manifest, files = release(dist), tree(dist)
    assert set(manifest) == {"version", "build_id", "errors", "drafts", "files"}
    assert manifest["version"] == 1
    siblings = {}
    for path, entry in manifest["files"].items():
        assert set(entry) == {"digest", "size", "type", "headers", "class", "phase", "encodings"}, path
        assert entry["class"] in {"asset", "page", "data", "worker"}
        assert (entry["digest"], entry["size"]) == (hashlib.sha256(files[path]).hexdigest(), len(files[path])), path
        siblings.update({sibling["path"]: sibling for sibling in entry["encodings"].values()})
    for path, sibling in siblings.items():
        assert (sibling["digest"], sibling["size"]) == (hashlib.sha256(files[path]).hexdigest(), len(files[path]))
    assert {*manifest["files"], *siblings} == set(files)
    counted = {path: entry for path, entry in manifest["files"].items() if path not in ("sw.js", "build.json")}
    canonical = json.dumps(counted, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert manifest["build_id"] == hashlib.sha256(canonical).hexdigest()
    assert json.loads(files["build.json"]) == {"build_id": manifest["build_id"]}
    assert manifest["build_id"].encode() in files["sw.js"]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_course_leaves_documents_that_fit_their_schemas(place: Path, name: str) -> None:
    """Catalogue, awards and manifest, however the course is written."""
    course = Course(place, ODD[name])
    report = course.build()
    check_schemas(course.out)
    check_manifest(course.out)
    assert release(course.out)["errors"] == sum(problem.severity == "error" for problem in report.problems)


def test_a_build_with_errors_writes_every_page_and_counts_them_in_the_manifest(place: Path) -> None:
    """The mark goes when the errors do."""
    course = Course(place, {"a.md": "# A\n\n::: trace {#t}\n:::\n", "b.md": "# B"})
    course.build()
    assert release(course.out)["errors"] == 1
    assert (course.out / "a" / "index.html").exists()
    course.write({"a.md": "# A"})
    course.build()
    assert release(course.out)["errors"] == 0


def test_nothing_depends_on_time_or_machine(place: Path) -> None:
    """The same sources elsewhere, with other stamps, in another hour of the day, are the same bytes."""
    files = {"index.md": "# H\n\n" + QUIZ, "c/a.md": "---\ndate: 2026-01-01\n---\n# A"}
    one, two = Course(place / "one", files), Course(place / "elsewhere" / "two", files)
    one.build()
    two.build(day=str(int(DAY) + 7200))
    assert one.outputs() == two.outputs()


def test_the_sample_site_leaves_all_that_is_promised(sample: Path) -> None:
    """The files of the contract's list, each where the list says."""
    files = tree(sample)
    promised = {
        *("index.html", "404.html", "offline.html", "sw.js", "manifest.webmanifest", "build.json", "catalog.json"),
        *("sitemap.xml", "feed.xml", "robots.txt", "_headers", "_redirects"),
    }
    assert promised - set(files) == set()
    assert any(path.startswith("search/") for path in files)
    assert any(re.fullmatch(r"offline/[^/]+\.[0-9a-f]{8,}\.json", path) for path in files)
    assert {path.name for path in (sample.parent / "dist.release").iterdir()} >= {"manifest.json", "awards.json"}
    assert release(sample)["errors"] == 0


def test_every_asset_of_the_sample_site_is_named_after_its_digest(sample: Path) -> None:
    """``assets/<name>.<8+ hex of sha256>.<ext>``."""
    for path, entry in release(sample)["files"].items():
        if path.startswith("assets/"):
            assert entry["class"] == "asset"
            assert re.fullmatch(r"assets/[^/]+(/[^/]+)*\.[0-9a-f]{8,}\.\w+", path), path


def test_the_sample_sites_documents_fit_their_schemas(sample: Path) -> None:
    """Catalogue and awards name the same lessons; the manifest names every file with its digest."""
    check_schemas(sample)
    check_manifest(sample)


class Links(HTMLParser):
    """The addresses of one page and the places in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.places: set[str] = {"", "top"}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what a tag names."""
        del tag  # an address is one wherever it stands
        values = {name: value or "" for name, value in attrs}
        self.places.update(values[name] for name in ("id", "name") if name in values)
        self.addresses += [values[name] for name in ("href", "src", "poster", "data", "action") if name in values]
        for srcset in (values.get("srcset", ""), values.get("imagesrcset", "")):
            self.addresses += [part.split()[0] for part in srcset.split(",") if part.strip()]


def test_every_address_and_every_place_that_the_sample_site_names_is_there(sample: Path) -> None:
    """Each href, src and srcset is a file of the release or elsewhere, each fragment an id of the page it names."""
    pages = {
        path.relative_to(sample).as_posix(): Links(path.read_text(encoding="utf-8")) for path in sample.rglob("*.html")
    }
    missing = []
    for path, page in pages.items():
        here = f"{HOST}/base/{path.removesuffix('index.html')}"
        for address in page.addresses:
            whole, fragment = urldefrag(urljoin(here, address))
            parts = urlsplit(whole)
            if f"{parts.scheme}://{parts.netloc}" != HOST or parts.path.startswith("/api/"):
                continue
            target = unquote(parts.path).removeprefix("/base/")
            target += "index.html" if target.endswith("/") or not target else ""
            there = parts.path.startswith("/base/") and (sample / target).is_file()
            if not there or (target in pages and unquote(fragment) not in pages[target].places):
                missing.append((path, address))
    assert len(pages) > 50
    assert missing == []
