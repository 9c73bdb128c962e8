"""What a site's own scripts and styles take from npm packages joins its assets, and only what they take."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from builder.cli import main
from builder.errors import UsageError
from builder.io.config import Request
from builder.pipeline import build
from builder.report import Report

HERE = Path(__file__).parent / "bundled"

SCRIPT = b"""import mitt from "mitt";
import ms from "ms";
import debounce from "just-debounce-it";
export const at = ms("2 days");
export const bus = mitt();
export const map = () => import("leaflet");
debounce(() => {}, 10);
"""


class Site:
    """A site on disk whose theme has a script and a style sheet of its own."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self.cache = cache
        self.write("content/site.toml", b'title = "Course"\nbase_url = "https://course.example"\n')
        self.write("content/one.md", b"# One\n\nText.\n")
        self.write("assets/js/own.js", SCRIPT)
        for name in ("package.json", "package-lock.json"):
            self.write(f"assets/{name}", (HERE / name).read_bytes())

    def write(self, path: str, data: bytes) -> None:
        """Write a file of the site."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def build(self, **options: object) -> Report:
        """Build the site with these options of the request."""
        request = Request(site=self.root, out=self.root / "dist", cache=self.cache, jobs=1)
        return build(request._replace(**options), lambda _: None)  # type: ignore[arg-type]  # a request's own fields

    def names(self) -> set[str]:
        """Return what lies in the published assets."""
        return {path.name for path in (self.root / "dist" / "assets").iterdir()}

    def asset(self, stem: str, ending: str = "js") -> str:
        """Return the text of the one asset of that name."""
        (found,) = (self.root / "dist" / "assets").glob(f"{stem}.????????????.{ending}")
        return found.read_text()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache into which npm has put the packages already."""
    cache = tmp_path_factory.mktemp("shelf")
    Site(tmp_path_factory.mktemp("first"), cache).build()
    return cache / "npm"


@pytest.fixture
def site(tmp_path: Path, shelf: Path) -> Site:
    """Give a site with an empty memory and the packages fetched."""
    shutil.copytree(shelf, tmp_path / "cache" / "npm", symlinks=True)
    return Site(tmp_path / "site", tmp_path / "cache")


def test_a_bare_import_leads_to_the_package_under_a_hashed_name(site: Site) -> None:
    assert site.build().problems == ()
    own = site.asset("own")
    led_to = set(re.findall(r'"\./([\w.-]+)"', own))
    assert {name.partition(".")[0] for name in led_to} == {"mitt", "ms", "just-debounce-it", "leaflet"}
    assert led_to <= site.names()
    assert '"mitt"' not in own


def test_a_script_that_names_no_package_brings_none(tmp_path: Path) -> None:
    plain = Site(tmp_path / "site", tmp_path / "cache")
    plain.write("assets/js/own.js", b"export const a = 1;\n")
    report = plain.build()
    assert not [name for name in report.ran if name.startswith("packages")]
    assert not (tmp_path / "cache" / "npm").exists()


def test_a_page_that_starts_with_a_script_preloads_what_it_takes_at_once_and_no_more(site: Site) -> None:
    head = b'{% extends "base.html" %}{% block head %}{% for url in site.preloads["js/own.js"] %}<i>{{ url }}</i>'
    site.write("templates/lesson.html", head + b"{% endfor %}{% endblock %}")
    site.build()
    page = (site.root / "dist" / "one" / "index.html").read_text()
    stems = re.findall(r"<i>/assets/([\w-]+)\.", page)
    assert stems[:3] == ["mitt", "ms", "just-debounce-it"]
    assert "leaflet" not in stems


def test_only_what_is_imported_is_shipped(site: Site) -> None:
    site.write("assets/js/own.js", b'export * as all from "d3-array";\n')
    site.build()
    whole = len(site.asset("d3-array"))
    site.write("assets/js/own.js", b'import { mean as middle } from "d3-array";\nexport { middle };\n')
    site.build()
    assert len(site.asset("d3-array")) < whole / 10


def test_an_import_of_what_a_package_does_not_export_is_named_with_its_place(site: Site) -> None:
    site.write("assets/js/own.js", b'import { median, meen } from "d3-array";\nmedian(meen);\n')
    with pytest.raises(UsageError, match=r"“d3-array” cannot be bundled: No matching export .* \"meen\"") as caught:
        site.build()
    assert caught.value.place == "assets/js/own.js:1:30"


def test_who_wrote_a_package_travels_with_it(site: Site) -> None:
    site.build()
    named = re.search(r"/\*! Licences: (\S+) \*/", site.asset("mitt"))
    assert named
    text = (site.root / "dist" / "assets" / named[1]).read_text()
    assert text.startswith("mitt 3.0.1 MIT\n")
    assert "Copyright (c)" in text
    assert "@preserve" in site.asset("leaflet")


def test_a_packages_style_sheet_and_its_pictures_join_the_sites(site: Site) -> None:
    site.write("assets/css/own.css", b'@import "npm:leaflet/dist/leaflet.css";\n.own { color: red }\n')
    assert site.build().problems == ()
    style = site.asset("own", "css")
    assert style.endswith(".own{color:red}")
    assert ".leaflet-pane" in style
    pictures = set(re.findall(r"url\(\"?([\w.-]+\.png)", style))
    assert pictures
    assert pictures <= site.names()


def test_what_was_bundled_once_is_recalled(site: Site) -> None:
    assert site.build().ran["packages.bundle"] == 1
    shutil.rmtree(site.cache / "npm")
    site.write("content/one.md", b"# One\n\nOther text.\n")
    assert site.build().ran == {"page.parse": 1, "render.render": 1}
    site.write("assets/js/own.js", SCRIPT + b"// more\n")
    again = site.build()
    assert again.recalled["packages.bundle"] == 1
    assert not (site.cache / "npm").exists()


def test_two_caches_give_the_same_files(site: Site, tmp_path: Path, shelf: Path) -> None:
    site.build()
    deeper = tmp_path / "another place" / "deep" / "cache"
    shutil.copytree(shelf, deeper / "npm", symlinks=True)
    other = Site(tmp_path / "other", deeper)
    other.build()
    assert site.names() == other.names()


def test_one_more_module_leaves_the_names_of_the_others(site: Site) -> None:
    site.write("assets/js/own.js", b'import mitt from "mitt";\nexport { mitt };\n')
    site.build()
    before = {name for name in site.names() if name.startswith("mitt")}
    site.write("assets/js/more.js", b'import { mean } from "d3-array";\nexport { mean };\n')
    site.build()
    assert before <= site.names()


def test_an_import_of_what_is_not_in_package_json_is_named_with_its_place(site: Site) -> None:
    site.write("assets/js/own.js", b'import x from "@scope/other/file.js";\nx();\n')
    (problem,) = site.build().problems
    assert (problem.code, problem.path, problem.line, problem.column) == ("module-missing", "js/own.js", 1, 15)
    assert problem.hint.endswith("npm install @scope/other.")


def test_an_install_that_was_damaged_is_made_anew(site: Site) -> None:
    for folder in (site.cache / "npm").glob("*/node_modules/mitt"):
        shutil.rmtree(folder)
    assert site.build().problems == ()
    assert "mitt" in {name.partition(".")[0] for name in site.names()}


def failing(site: Site, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command says when it ends with 2 and leaves nothing."""
    assert main(["build", "--site", str(site.root), "--out", str(site.root / "dist"), "--cache", str(site.cache)]) == 2
    assert not (site.root / "dist").exists()
    return capsys.readouterr().err


def test_packages_without_a_lock_are_refused(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    (site.root / "assets" / "package-lock.json").unlink()
    assert failing(site, capsys).startswith("assets/package.json has no package-lock.json beside it\n")


def test_a_lock_that_is_behind_is_refused(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    package = (site.root / "assets" / "package.json").read_bytes()
    site.write("assets/package.json", package.replace(b'"mitt": "3.0.1"', b'"mitt": "2.1.0"'))
    assert failing(site, capsys).startswith("assets/package.json and the package-lock.json beside it do not agree\n")


def test_a_machine_without_npm_is_told_what_it_needs(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(site.cache / "npm")
    monkeypatch.setenv("PATH", str(site.root))
    monkeypatch.setattr(sys, "executable", shutil.which("false", path="/bin:/usr/bin"))
    said = failing(site, capsys)
    assert said.startswith("The site's scripts use npm packages, and there is neither npm here nor a way to fetch Node")
    assert "Install Node 20 or newer" in said


def test_a_machine_without_a_network_is_told_so(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(site.cache / "npm")
    monkeypatch.setenv("npm_config_cache", str(site.root / "empty"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    said = failing(site, capsys)
    assert said.startswith("npm could not fetch the packages of assets/package.json: there is no way to the registry")
    assert "Build once with a network" in said
    assert len(said.splitlines()) == 2
