"""In a whole build, assets and pictures are made once, recalled after, and made anew only where they changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from builder.io.config import Request
from builder.manifest import decode
from builder.pipeline import build
from builder.report import Report


class Site:
    """A site on disk with two lessons, one of them with a picture, and a theme of its own beside the tool's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("content/site.toml", b'title = "Course"\n')
        self.write("content/basics/one.md", b"# One\n\n![A gradient](gradient.png) and [the file](notes.txt)\n")
        self.write("content/basics/two.md", b"# Two\n\nText.\n")
        self.write("content/basics/notes.txt", b"notes\n")
        self.paint("content/basics/gradient.png", 600)
        self.write("assets/js/extra.js", b"import { a } from './leaf.js'; console.log(a)\n")
        self.write("assets/js/leaf.js", b"export const a = 1\n")
        self.write("assets/js/other.js", b"export const b = 1\n")

    def write(self, path: str, data: bytes) -> None:
        """Write a file of the site."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def paint(self, path: str, width: int) -> None:
        """Draw a picture of this width."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.effect_mandelbrot((width, 300), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(self.root / path)

    def build(self, **options: object) -> Report:
        """Build the site with these options of the request."""
        request = Request(site=self.root, out=self.root / "dist", cache=self.root / ".cache", jobs=1)
        return build(request._replace(**options), lambda _: None)  # type: ignore[arg-type]  # a request's own fields

    def names(self) -> set[str]:
        """Return what lies in the published assets."""
        return {path.name for path in (self.root / "dist" / "assets").iterdir()}

    def page(self, url: str) -> str:
        """Return a page of the site."""
        return (self.root / "dist" / url / "index.html").read_text()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_lesson_offers_its_picture_in_every_format_and_links_what_it_hands_out(site: Site) -> None:
    site.build()
    lesson = site.page("basics/one")
    offered = re.findall(r"/assets/(gradient\.[0-9a-f]{12}\.\w+)", lesson)
    assert {name.rpartition(".")[2] for name in offered} == {"avif", "webp", "png"}
    assert set(offered) <= site.names()
    assert 'width="600" height="300"' in lesson
    assert re.search(r'href="/assets/notes\.[0-9a-f]{12}\.txt" download="notes.txt"', lesson)


def test_every_file_of_the_manifest_has_the_digest_that_it_says(site: Site) -> None:
    import hashlib

    site.build()
    manifest = decode((site.root / "dist.release" / "manifest.json").read_bytes())
    for path, file in manifest.files.items():
        data = (site.root / "dist" / path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file.digest, file.size), path


def test_a_second_build_makes_no_picture_and_no_asset(site: Site) -> None:
    first = site.build()
    assert first.ran["image.render"] == 1
    assert first.ran["script.compile_script"] >= 3
    site.write("content/basics/two.md", b"# Two\n\nOther text.\n")
    again = site.build()
    assert again.ran == {"page.parse": 1, "render.render": 1}


def test_a_changed_picture_is_rendered_and_its_page_alone_with_it(site: Site) -> None:
    site.build()
    site.paint("content/basics/gradient.png", 500)
    again = site.build()
    assert again.ran == {"image.render": 1, "render.render": 1}
    assert 'width="500"' in site.page("basics/one")


def test_a_changed_leaf_is_compiled_alone_and_renames_what_leads_to_it(site: Site) -> None:
    site.build()
    before = site.names()
    site.write("assets/js/leaf.js", b"export const a = 2\n")
    again = site.build()
    assert again.ran["script.compile_script"] == 1
    gone, come = before - site.names(), site.names() - before
    assert {name.partition(".")[0] for name in gone} == {"leaf", "extra"}
    assert {name.partition(".")[0] for name in come} == {"leaf", "extra"}


def test_a_lost_output_is_made_again_from_the_cache_without_rendering(site: Site) -> None:
    site.build()
    for path in (site.root / "dist" / "assets").glob("gradient.*"):
        path.unlink()
    again = site.build(verify=True)
    assert "image.render" not in again.ran
    assert any(name.startswith("gradient.") for name in site.names())


def test_a_release_drops_what_logs_and_a_build_keeps_it(site: Site) -> None:
    def script() -> str:
        (path,) = (site.root / "dist" / "assets").glob("extra.*.js")
        return path.read_text()

    site.build()
    assert "console.log" in script()
    site.build(release=True)
    assert "console.log" not in script()


def test_assets_may_live_on_a_host_of_their_own(site: Site) -> None:
    site.write("content/site.toml", b'title = "Course"\n[assets]\nbase_url = "https://assets.example.org/c/"\n')
    site.build()
    assert re.search(r'href="https://assets\.example\.org/c/assets/site\.[0-9a-f]{12}\.css"', site.page("basics/one"))


def test_a_damaged_picture_is_a_warning_every_time_and_the_page_is_there(site: Site) -> None:
    site.write("content/basics/gradient.png", b"\x89PNG\r\n\x1a\n broken")
    found = [problem for problem in site.build().problems if problem.code == "image-broken"]
    assert [problem.path for problem in found] == ["basics/gradient.png"]
    site.write("content/basics/two.md", b"# Two\n\nOther text.\n")
    assert [problem for problem in site.build().problems if problem.code == "image-broken"] == found
    assert "A gradient" in site.page("basics/one")


def test_a_script_that_imports_what_is_not_there_is_an_error_with_its_place(site: Site) -> None:
    site.write("assets/js/extra.js", b"x()\nimport './laef.js'\n")
    found = [problem for problem in site.build().problems if problem.code == "module-missing"]
    assert [(problem.root, problem.path, problem.line, problem.hint) for problem in found] == [
        ("assets", "js/extra.js", 2, "Did you mean “./leaf.js”?"),
    ]


def test_two_sites_of_the_same_files_have_the_same_bytes(tmp_path: Path) -> None:
    ids = []
    for name in ("here", "there"):
        site = Site(tmp_path / name)
        ids.append(json.dumps([site.build(jobs=len(name) - 3).build_id, sorted(site.names())]))
    assert ids[0] == ids[1]


def photograph(folder: Path) -> bytes:
    """Return a JPEG that was taken lying on its side, at a place that it names."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A maker of cameras"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    Image.linear_gradient("L").convert("RGB").crop((0, 0, 200, 120)).save(folder / "camera.jpg", exif=exif)
    return (folder / "camera.jpg").read_bytes()


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_linked_picture_keeps_its_pixels_and_its_posture_and_tells_nothing_else(
    site: Site, tmp_path: Path, *, is_shown: bool
) -> None:
    site.write("content/basics/photo.jpg", photograph(tmp_path))
    shown = "![A photograph](photo.jpg) " if is_shown else ""
    site.write("content/basics/two.md", f"# Two\n\n{shown}[Large](photo.jpg)\n".encode())
    site.build()
    found = re.search(r'href="/(assets/photo\.[0-9a-f]{12}\.jpg)"', site.page("basics/two"))
    assert found
    with Image.open(site.root / "dist" / found[1]) as given, Image.open(tmp_path / "camera.jpg") as taken:
        assert dict(given.getexif()) == {0x0112: 6}
        assert given.tobytes() == taken.tobytes()
    again = site.build(analyze=True)
    assert not again.ran.get("image.render")
    site.write("content/site.toml", b'title = "Course"\n[images]\nmetadata = true\n')
    site.build()
    found = re.search(r'href="/(assets/photo\.[0-9a-f]{12}\.jpg)"', site.page("basics/two"))
    assert found
    assert (site.root / "dist" / found[1]).read_bytes() == photograph(tmp_path)


def test_no_file_that_is_handed_out_names_a_place(site: Site, tmp_path: Path) -> None:
    site.write("content/basics/photo.jpg", photograph(tmp_path))
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010F] = "A maker of cameras"
    for ending in ("png", "webp"):
        Image.new("RGB", (300, 200), "#4080c0").save(site.root / "content/basics" / f"other.{ending}", exif=exif)
    site.write("content/basics/two.md", b"# Two\n\n[J](photo.jpg) [P](other.png) [W](other.webp)\n")
    site.build()
    handed = [
        path
        for path in (site.root / "dist" / "assets").iterdir()
        if path.name.startswith(("photo", "other")) and path.suffix != ".js"
    ]
    assert len(handed) == 3
    for path in handed:
        assert b"A maker of cameras" not in path.read_bytes()
        with Image.open(path) as image:
            assert not image.getexif().get_ifd(0x8825)
            image.load()
        if path.suffix == ".png":
            assert image.getexif().get(0x0112) == 3
