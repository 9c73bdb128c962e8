"""The promises of both modes, checked at every prefix of the log of changes, and after every cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from builder.io.deploy.inspection import Candidate
from builder.manifest import Manifest
from deploy.course import pages, write
from deploy.visitor import check_equals, check_pages, check_tabs, visible
from deploy.world import Faulty, attempt, candidate, fail_at, kept_again, kill_at, release

MODES = ("in-place", "releases")


def _without_ids(files: dict[str, str]) -> dict[str, str]:
    """Leave the catalogue out: in these tests lessons may go."""
    return {path: text for path, text in files.items() if path != "catalog.json"}


COURSE_1 = _without_ids(pages(1, lessons=3))
FILES_2 = _without_ids(pages(2, lessons=4)) | {"offline/sol.0a0a0a0a.json": "{}"}


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Candidate]:
    """Four releases: 2 adds a lesson that the home page links to, 3 removes two lessons, 4 is 1 with other headers."""
    top = tmp_path_factory.mktemp("builds")
    courses = {1: COURSE_1, 2: FILES_2, 3: _without_ids(pages(3, lessons=2)), 4: COURSE_1}
    for number, files in courses.items():
        headers = {"Cache-Control": "no-cache"} if number == 4 else {}
        write(top / f"v{number}", files, headers=headers)
    return {number: candidate(top / f"v{number}") for number in courses}


@pytest.mark.parametrize("mode", MODES)
def test_at_every_moment_of_every_deploy_all_that_pages_name_is_there(
    mode: str, versions: dict[int, Candidate]
) -> None:
    """The log of changes of deploys 1 to 4 and a rollback, each prefix of it a state that visitors may see."""
    store = Faulty()
    known = [one.manifest for one in versions.values()]
    live: list[Manifest] = []
    for number in (1, 2, 3, 4, 2):
        before = visible(store, mode)

        def look(_number: int, _do: str, _key: str, before: dict[str, bytes] = before) -> None:
            seen = visible(store, mode)
            check_pages(seen, known, before)
            if mode == "in-place" or before:
                check_tabs(seen, live if mode == "in-place" else live[-1:])

        store.before = store.after = look
        release(store, mode, versions[number])
        check_equals(store, mode, versions[number])
        live.append(versions[number].manifest)
        check_tabs(visible(store, mode), live)


@pytest.mark.parametrize("mode", MODES)
def test_before_the_switch_the_visible_site_is_byte_for_byte_the_old_release(
    versions: dict[int, Candidate], mode: str
) -> None:
    """In releases mode there is one change between the whole old site and the whole new one."""
    store = Faulty()
    release(store, mode, versions[1])
    states: list[dict[str, bytes]] = []

    def look(_number: int, _do: str, _key: str) -> None:
        now = {
            path: data for path, data in visible(store, mode).items() if not path.startswith(("assets/", "offline/"))
        }
        if not states or states[-1] != now:
            states.append(now)

    store.before = store.after = look
    release(store, mode, versions[2])
    assert (len(states) == 2) == (mode == "releases")


def cut(mode: str, versions: dict[int, Candidate], sabotage: Callable[[Faulty, int], None]) -> int:
    """Cut deploy 2 at every change, then deploy something else; return how many cuts there were."""
    known = [versions[1].manifest, versions[2].manifest]
    number = 0
    while True:
        for following in (1, 2, 3):
            store = Faulty()
            release(store, mode, versions[1])
            before = visible(store, mode)
            store.log.clear()
            sabotage(store, number)
            code = attempt(store, mode, versions[2])
            if number >= len(store.log):
                return number
            seen = visible(store, mode)
            check_pages(seen, known, before)
            check_tabs(seen, [versions[1].manifest] if mode == "in-place" else [])
            if code == 3:
                pages_now = {path: data for path, data in seen.items() if path.endswith(".html")}
                assert pages_now == {path: data for path, data in before.items() if path.endswith(".html")}
            store.revive()
            release(store, mode, versions[following])
            check_equals(store, mode, versions[following])
        number += 1


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_killed_at_any_change_the_next_deploy_of_anything_ends_with_exactly_that(
    versions: dict[int, Candidate], mode: str, *, applied: bool
) -> None:
    assert cut(mode, versions, lambda store, number: kill_at(store, number, applied=applied)) >= 15


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_whichever_change_fails_the_exit_code_tells_the_truth_and_the_next_deploy_mends_it(
    versions: dict[int, Candidate], mode: str, *, applied: bool
) -> None:
    assert cut(mode, versions, lambda store, number: fail_at(store, number, applied=applied)) >= 15


@pytest.mark.parametrize("mode", MODES)
def test_killed_at_any_change_a_rollback_needs_no_build(versions: dict[int, Candidate], mode: str) -> None:
    number = 0
    while True:
        store = Faulty()
        release(store, mode, versions[1])
        store.log.clear()
        kill_at(store, number, applied=True)
        attempt(store, mode, versions[2])
        if number >= len(store.log):
            break
        store.revive()
        release(store, mode, kept_again(store, mode, versions[1].manifest.build_id))
        check_equals(store, mode, versions[1])
        number += 1


@pytest.mark.parametrize("mode", MODES)
def test_cut_twice_in_a_row_the_third_deploy_still_knows_every_doubtful_path(
    versions: dict[int, Candidate], mode: str
) -> None:
    """Deploy 2 is cut, deploy 3 over it is cut, then 4 has to end with exactly 4."""
    for first in range(10, 40, 3):
        for second in range(10, 40, 3):
            store = Faulty()
            release(store, mode, versions[1])
            for number, version in ((first, 2), (second, 3)):
                store.log.clear()
                kill_at(store, number, applied=True)
                attempt(store, mode, versions[version])
                store.revive()
            release(store, mode, versions[4])
            check_equals(store, mode, versions[4])


@pytest.mark.parametrize("mode", MODES)
def test_a_build_with_the_same_id_and_another_worker_goes_out_and_can_be_cut(
    versions: dict[int, Candidate], mode: str, tmp_path: Path
) -> None:
    """The service worker is no part of the build id: a mended worker is still a change."""
    write(tmp_path / "mended", FILES_2, worker="// mended")
    mended = candidate(tmp_path / "mended")
    assert mended.manifest.build_id == versions[2].manifest.build_id
    number = 0
    while True:
        store = Faulty()
        release(store, mode, versions[2])
        store.log.clear()
        kill_at(store, number, applied=True)
        attempt(store, mode, mended)
        if number >= len(store.log):
            break
        store.revive()
        following = (mended, versions[2], versions[1])[number % 3]
        release(store, mode, following)
        check_equals(store, mode, following)
        number += 1
    assert number > 5


def test_the_builds_of_this_model_differ_where_it_matters(versions: dict[int, Candidate], tmp_path: Path) -> None:
    """Were they alike, the tests above could not fail."""
    files = {number: set(one.manifest.files) for number, one in versions.items()}
    assert files[2] - files[1] >= {"lesson-3/index.html", "offline/sol.0a0a0a0a.json"}
    assert files[2] - files[3] >= {"lesson-2/index.html", "lesson-3/index.html"}
    assert versions[4].manifest.build_id != versions[1].manifest.build_id
    assert not list(tmp_path.iterdir())
