"""``--to dir:``, end to end, as its user sees it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from builder.io.deploy.folder import Folder
from builder.io.deploy.store import StoreError, whole
from deploy.call import Deploy
from deploy.course import asset, pages, write


def read(site: Path, path: str) -> str:
    return (site / "current" / path).read_text()


def built(tmp_path: Path, version: int, **more: object) -> Path:
    out = tmp_path / f"v{version}"
    write(out, pages(version), **more)  # type: ignore[arg-type]  # options pass through
    return out


def test_a_release_becomes_current_with_its_assets_in_reach(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    called = deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1), "--yes")
    assert called.code == 0
    assert "Home 1" in read(site, "index.html")
    assert read(site, asset("main.js", "export const a=1")) == "export const a=1"
    assert str((site / "current").readlink()).startswith("releases/")
    assert json.loads(read(site, "build.json"))["build_id"] == Path(str((site / "current").readlink())).name


def test_a_tab_opened_on_release_1_still_works_after_releases_2_to_7(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    for version in range(1, 8):
        assert deploy("--to", f"dir:{site}", "--out", built(tmp_path, version), "--yes").code == 0
        assert f"Home {version}" in read(site, "index.html")
    assert read(site, asset("site.css", "body{--version:1}")) == "body{--version:1}"
    assert len(json.loads(deploy("--to", f"dir:{site}", "--releases", "--json").out)) == 7


def test_keep_is_taken_at_its_word(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    for version in range(1, 5):
        deploy("--to", f"dir:{site}", "--out", built(tmp_path, version), "--yes", "--keep", 2)
    assert len(list((site / "releases").iterdir())) == 2
    assert not (site / asset("site.css", "body{--version:2}")).exists()
    assert (site / asset("site.css", "body{--version:3}")).exists()
    assert (site / asset("main.js", "export const a=1")).exists()
    assert len(list((site / "state/releases").iterdir())) == 2


def test_nothing_to_do_touches_nothing(deploy: Deploy, tmp_path: Path) -> None:
    site, out = tmp_path / "site", built(tmp_path, 1)
    deploy("--to", f"dir:{site}", "--out", out, "--yes")
    before = {path: path.lstat().st_ctime_ns for path in sorted(site.rglob("*"))}
    called = deploy("--to", f"dir:{site}", "--out", out, "--yes")
    assert (called.code, "Nothing to do" in called.err) == (0, True)
    assert {path: path.lstat().st_ctime_ns for path in sorted(site.rglob("*"))} == before


def test_rollback_goes_to_the_release_before_or_to_a_named_one(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    outs = [built(tmp_path, version) for version in (1, 2, 3)]
    ids = []
    for out in outs:
        deploy("--to", f"dir:{site}", "--out", out, "--yes")
        ids.append(json.loads((out / "build.json").read_text())["build_id"])
    plan = deploy("--to", f"dir:{site}", "--rollback", "--plan", "--json").document()
    assert (plan["from"], plan["to"]) == (ids[2], ids[1])
    assert not [one for one in plan["operations"] if one["do"] == "upload"]
    assert deploy("--to", f"dir:{site}", "--rollback", "--yes").code == 0
    assert "Home 2" in read(site, "index.html")
    assert deploy("--to", f"dir:{site}", "--rollback", ids[0][:10], "--yes").code == 0
    assert "Home 1" in read(site, "index.html")
    listed = json.loads(deploy("--to", f"dir:{site}", "--releases", "--json").out)
    assert [(one["id"], one["live"]) for one in listed] == [(ids[0], True), (ids[1], False), (ids[2], False)]
    assert set(listed[0]) == {"id", "at", "by", "files", "bytes", "live"}


def test_the_plan_names_what_why_how_much_and_when_and_does_nothing(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    called = deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1), "--plan", "--json")
    document = called.document()
    assert (called.code, document["version"], document["target"]) == (0, 1, f"dir:{site}")
    assert document["from"] is None
    assert all(set(one) == {"phase", "do", "path", "why", "bytes"} for one in document["operations"])
    phases = [one["phase"] for one in document["operations"]]
    assert phases == sorted(phases)
    assert [one["path"] for one in document["operations"] if one["do"] == "switch"] == [document["to"]]
    assert not site.exists()


def test_an_unchanged_page_is_linked_and_a_changed_one_written(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    first, second = pages(1), pages(1) | {"lesson-1/index.html": "<h1>New words</h1>"}
    write(tmp_path / "a", first)
    write(tmp_path / "b", second)
    deploy("--to", f"dir:{site}", "--out", tmp_path / "a", "--yes")
    plan = deploy("--to", f"dir:{site}", "--out", tmp_path / "b", "--plan", "--json").document()
    sent = {one["path"] for one in plan["operations"] if one["do"] == "upload"}
    assert sent == {"lesson-1/index.html", "build.json", "sw.js"}
    deploy("--to", f"dir:{site}", "--out", tmp_path / "b", "--yes")
    releases = sorted((site / "releases").iterdir())
    assert len({(one / "lesson-0/index.html").stat().st_ino for one in releases}) == 1
    assert len({(one / "lesson-1/index.html").stat().st_ino for one in releases}) == 2


def test_pages_of_one_size_written_in_one_second_have_different_times_for_their_etags(
    deploy: Deploy, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    times = set()
    for version in (1, 2, 3):
        deploy("--to", f"dir:{site}", "--out", built(tmp_path, version), "--yes")
        times.add((site / "current/index.html").stat().st_mtime)
    assert len(times) == 3


def test_a_page_that_was_edited_on_the_server_is_not_carried_into_the_next_release(
    deploy: Deploy, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    write(tmp_path / "a", pages(1))
    write(tmp_path / "b", pages(1) | {"lesson-1/index.html": "<h1>New words</h1>"})
    deploy("--to", f"dir:{site}", "--out", tmp_path / "a", "--yes")
    page = site / "current/lesson-2/index.html"
    page.write_text("x" * page.stat().st_size)
    deploy("--to", f"dir:{site}", "--out", tmp_path / "b", "--yes")
    assert "Lesson 2" in read(site, "lesson-2/index.html")
    called = deploy("--to", f"dir:{site}", "--rollback", "--yes")
    assert "altered by others" in called.err
    assert "Lesson 2" in read(site, "lesson-2/index.html")


def test_a_release_whose_pages_were_altered_and_stand_nowhere_else_can_not_be_gone_back_to(
    deploy: Deploy, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1), "--yes")
    page = site / "current/lesson-2/index.html"
    page.write_text("x" * page.stat().st_size)
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 2), "--yes")
    called = deploy("--to", f"dir:{site}", "--rollback", "--yes")
    assert (called.code, "can't be restored" in called.err) == (3, True)
    assert "Home 2" in read(site, "index.html")


def test_an_asset_that_was_removed_or_altered_on_the_server_is_put_right(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    script = asset("main.js", "export const a=1")
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1), "--yes")
    (site / script).unlink()
    called = deploy("--to", f"dir:{site}", "--out", built(tmp_path, 2), "--yes")
    assert (called.code, (site / script).read_text()) == (0, "export const a=1")
    assert "removed by others" in called.err
    (site / script).write_text("export const b=2")
    assert "altered by others" in deploy("--to", f"dir:{site}", "--out", built(tmp_path, 3), "--yes").err
    assert (site / script).read_text() == "export const a=1"


def test_the_edge_gets_its_two_files(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1, awards='{"answers": {"q": [1]}}'), "--yes")
    assert json.loads((site / "state/edge/awards.json").read_text()) == {"answers": {"q": [1]}}
    assert json.loads((site / "state/edge/catalog.json").read_text())["version"] == 1
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 2), "--yes")
    deploy("--to", f"dir:{site}", "--rollback", "--yes")
    assert json.loads((site / "state/edge/awards.json").read_text()) == {"answers": {"q": [1]}}
    assert "awards" not in "".join(path.name for path in (site / "current/").rglob("*"))


@pytest.mark.parametrize(
    ("trouble", "code", "said"),
    [
        ("errors", 3, "2 content errors"),
        ("drafts", 3, "drafts"),
        ("manifest", 3, "damaged"),
        ("id", 3, "build id"),
        ("missing", 3, "lesson-1/index.html"),
        ("bytes", 3, "not those the manifest names"),
        ("none", 2, "no build"),
    ],
)
def test_a_build_that_is_not_fit_is_refused_and_nothing_visible_changes(
    deploy: Deploy, tmp_path: Path, trouble: str, code: int, said: str
) -> None:
    site, out = tmp_path / "site", built(tmp_path, 1)
    deploy("--to", f"dir:{site}", "--out", out, "--yes")
    bad = tmp_path / "bad"
    if trouble != "none":
        write(bad, pages(2), errors=2 if trouble == "errors" else 0, drafts=trouble == "drafts")
    manifest = tmp_path / "bad.release/manifest.json"
    page = bad / "lesson-1/index.html"
    if trouble == "manifest":
        manifest.write_bytes(manifest.read_bytes()[:-20])
    if trouble == "id":
        manifest.write_text(manifest.read_text().replace('"page"', '"data"'))
    if trouble == "missing":
        page.unlink()
    if trouble == "bytes":
        page.write_text("x" * page.stat().st_size)
    called = deploy("--to", f"dir:{site}", "--out", bad, "--yes")
    assert called.code == code
    assert said in called.err
    assert "Home 1" in read(site, "index.html")
    assert deploy("--to", f"dir:{site}", "--out", out, "--yes").code == 0


def test_a_build_that_loses_an_id_learners_have_progress_on_is_refused_unless_it_is_retired(
    deploy: Deploy, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1), "--yes")
    fewer = pages(2, lessons=3)
    write(tmp_path / "fewer", fewer)
    called = deploy("--to", f"dir:{site}", "--out", tmp_path / "fewer", "--yes")
    assert called.code == 3
    assert "sol/lesson-3" in called.err
    catalog = json.loads(fewer["catalog.json"]) | {"retired": ["sol/lesson-3"]}
    write(tmp_path / "retired", fewer | {"catalog.json": json.dumps(catalog)})
    assert deploy("--to", f"dir:{site}", "--out", tmp_path / "retired", "--yes").code == 0


def test_a_target_keeps_its_mode(deploy: Deploy, tmp_path: Path) -> None:
    site = tmp_path / "site"
    deploy("--to", f"dir:{site}", "--out", built(tmp_path, 1), "--yes", "--mode", "in-place")
    assert "Home 1" in (site / "index.html").read_text()
    assert deploy("--to", f"dir:{site}", "--out", built(tmp_path, 2), "--yes").code == 0
    assert "Home 2" in (site / "index.html").read_text()
    assert deploy("--to", f"dir:{site}", "--out", built(tmp_path, 3), "--yes", "--mode", "releases").code == 2
    assert not (site / "state").exists()
    assert (tmp_path / "site.state/record.json").exists()


def test_without_a_terminal_it_wants_yes_or_plan(
    deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "nothing").open("w+") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        called = deploy("--to", f"dir:{tmp_path / 'site'}", "--out", built(tmp_path, 1))
    assert (called.code, "--yes" in called.err) == (2, True)


@pytest.mark.parametrize("options", [("--to", "ftp://x"), ("--to", "s3:x"), ("--to", "dir:"), ("--keep", "0")])
def test_a_wrong_option_is_a_sentence_and_exit_2(deploy: Deploy, tmp_path: Path, options: tuple[str, str]) -> None:
    given = [*([] if options[0] == "--to" else ["--to", f"dir:{tmp_path}"]), *options, "--yes"]
    called = deploy(*given)
    assert called.code == 2
    assert called.err.strip()


def test_a_failure_is_a_document_too(deploy: Deploy, tmp_path: Path) -> None:
    called = deploy("--to", f"dir:{tmp_path / 's'}", "--out", tmp_path / "nothing", "--yes", "--json")
    assert called.code == 2
    assert called.document()["error"]["exit"] == 2
    assert called.document()["operations"] == []


def test_a_preview_stands_below_its_own_target_and_ends(deploy: Deploy, tmp_path: Path) -> None:
    live, previews = tmp_path / "site", tmp_path / "previews"
    deploy("--to", f"dir:{live}", "--out", built(tmp_path, 1), "--yes")
    assert deploy("--to", f"dir:{live}", "--out", built(tmp_path, 2), "--yes", "--preview", "pr-1").code == 3
    assert deploy("--to", f"dir:{previews}", "--out", built(tmp_path, 2), "--yes", "--preview", "pr-1").code == 0
    assert "Home 2" in read(previews / "pr-1", "index.html")
    note = previews / ".previews/pr-1.json"
    note.write_text('{"expires": "2020-01-01T00:00:00+00:00"}')
    called = deploy("--to", f"dir:{previews}", "--out", built(tmp_path, 3), "--yes", "--preview", "pr-2")
    assert called.code == 0
    assert "pr-1 has ended" in called.err
    assert not (previews / "pr-1").exists()
    assert "Home 3" in read(previews / "pr-2", "index.html")
    assert deploy("--to", f"dir:{previews}", "--out", built(tmp_path, 3), "--yes", "--preview", "../x").code == 2


def test_a_served_folder_may_be_a_file_system_of_its_own(tmp_path: Path) -> None:
    """A mount: nothing can be renamed into it from the folder of what is half written, or linked."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as mount:
        (tmp_path / "public").symlink_to(mount)
        folder = Folder(tmp_path)
        folder.put("stored", whole(b"first"), {})
        folder.copy("stored", "public/a/index.html", {}, "")
        folder.put("public/b.html", whole(b"second"), {})
        written = {path.name: path.read_bytes() for path in Path(mount).rglob("*") if path.is_file()}
    assert written == {"index.html": b"first", "b.html": b"second"}


def test_a_full_disk_is_named_with_the_file_that_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the system refuses names no file itself."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="The disk is full") as raised:
        Folder(tmp_path).put("a.html", whole(b"text"), {})
    assert raised.value.place == str(tmp_path / "a.html")
