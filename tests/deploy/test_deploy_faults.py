"""What others do to a target while we deploy: foreign writers, a lost lock, two deploys at once, SIGKILL."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from builder.io.deploy.inspection import Candidate
from builder.io.deploy.lock import LEASE, Claim, Clock, held
from builder.io.deploy.memory import Held
from builder.io.deploy.verify import Finding
from deploy.course import asset, pages, write
from deploy.visitor import check_equals
from deploy.world import Faulty, Quiet, attempt, candidate, expire_lock, release

MODES = ("in-place", "releases")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Candidate]:
    top = tmp_path_factory.mktemp("builds")
    for number in (1, 2, 3):
        write(top / f"v{number}", pages(number))
    return {number: candidate(top / f"v{number}") for number in (1, 2, 3)}


class Time:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def now(self) -> float:
        """Return the moment."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def clock(self) -> Clock:
        """Return it as a deploy's clock."""
        return Clock(self.now, self.sleep)


def foreign(store: Faulty, key: str, text: bytes) -> None:
    """Write as somebody else does: unconditionally, without our metadata."""
    store.held[key] = Held(text, {"content-type": "text/plain"}, "", next(store._clock))


@pytest.mark.parametrize("key", ["site/index.html", "site/lesson-1/index.html", "site/404.html"])
def test_a_foreign_writer_in_the_middle_is_noticed_and_the_next_deploy_puts_it_right(
    versions: dict[int, Candidate], key: str
) -> None:
    """In place: whoever overwrites a page between our look and the end makes the deploy stop, never pass for done."""
    number = 0
    while True:
        store = Faulty()
        release(store, "in-place", versions[1])
        store.log.clear()

        def intrude(at: int, _do: str, _key: str, store: Faulty = store, number: int = number) -> None:
            if at == number:
                foreign(store, key, b"somebody else's page")

        store.before = intrude
        code = attempt(store, "in-place", versions[2])
        changes = list(store.log)
        if number >= len(changes):
            break
        noticed = code in {3, 4}
        after_last_look = "looked.json" in "".join(changed for _, changed in changes[:number])
        assert noticed or after_last_look or store.held[key].digest == versions[2].manifest.files[key[5:]].digest
        store.revive()
        for version in (3, 1):
            release(store, "in-place", versions[version])
        check_equals(store, "in-place", versions[1])
        number += 1
    assert number > 15


def test_a_copy_is_conditional_so_a_page_written_meanwhile_is_not_overwritten(versions: dict[int, Candidate]) -> None:
    store = Faulty()
    release(store, "in-place", versions[1])
    store.log.clear()

    def intrude(_at: int, do: str, key: str) -> None:
        if do == "copy" and key == "site/index.html":
            foreign(store, key, b"an emergency notice")

    store.before = intrude
    assert attempt(store, "in-place", versions[2]) == 4
    assert store.held["site/index.html"].data == b"an emergency notice"


@pytest.mark.parametrize("mode", MODES)
def test_the_owner_of_an_expired_lock_that_wakes_up_stops_and_the_other_deploy_stands(
    versions: dict[int, Candidate], mode: str
) -> None:
    """At every change of deploy 2 it sleeps past its lease, and deploy 3 runs from start to end meanwhile."""
    number = 0
    while True:
        store, moment = Faulty(), Time()
        release(store, mode, versions[1], clock=moment.clock())
        store.log.clear()
        slept = False

        def sleep(
            at: int, _do: str, _key: str, store: Faulty = store, moment: Time = moment, number: int = number
        ) -> None:
            nonlocal slept
            if at == number and not slept:
                slept = True
                moment.seconds += LEASE + 1
                log = list(store.log)
                release(store, mode, versions[3], clock=moment.clock())
                store.log[:] = log

        store.after = sleep
        code = attempt(store, mode, versions[2], clock=moment.clock())
        if not slept:
            break
        if code == 0:
            store.after = lambda _number, _do, _key: None
        else:
            assert code in {3, 4, 5}
            check_equals(store, mode, versions[3])
        number += 1
    assert number > 15


@pytest.mark.parametrize("mode", MODES)
def test_a_living_owner_is_waited_for_and_then_respected(versions: dict[int, Candidate], mode: str) -> None:
    store, moment, quiet = Faulty(), Time(), Quiet()
    release(store, mode, versions[1], clock=moment.clock())

    def renewing(seconds: float) -> None:
        moment.seconds += seconds
        claim = Claim("t", "ada@elsewhere", "elsewhere", 1, moment.seconds + LEASE)
        store.held["site.state/lock.json"] = Held(msgspec.json.encode(claim), {}, "", next(store._clock))

    renewing(0)
    clock = Clock(moment.now, renewing)
    assert attempt(store, mode, versions[2], clock=clock, quiet=quiet) == 3
    assert "ada@elsewhere holds the lock" in quiet.said[0]
    check_equals(store, mode, versions[1])


def test_a_silent_owners_lock_is_taken_over_when_its_time_is_up(versions: dict[int, Candidate]) -> None:
    store, moment = Faulty(), Time()
    claim = Claim("t", "ada@elsewhere", "elsewhere", 1, moment.seconds + LEASE)
    store.held["site.state/lock.json"] = Held(msgspec.json.encode(claim), {}, "", next(store._clock))
    assert attempt(store, "in-place", versions[1], clock=moment.clock()) == 0
    assert "site.state/lock.json" not in store.held


def test_whoever_lost_the_lock_does_not_give_back_the_other_s() -> None:
    """Its time ran out, and another deploy holds it now: to that one nobody else may come."""
    store, moment = Faulty(), Time()
    with held(store, "lock.json", "ada", Quiet().say, moment.clock()):
        moment.seconds += LEASE + 1
        other = Claim("t", "bob@elsewhere", "elsewhere", 1, moment.seconds + LEASE)
        store.held["lock.json"] = Held(msgspec.json.encode(other), {}, "", next(store._clock))
    assert msgspec.json.decode(store.held["lock.json"].data, type=Claim) == other


def test_somebody_who_deployed_between_our_plan_and_our_lock_is_planned_around(versions: dict[int, Candidate]) -> None:
    """The plan was made over release 1; when the lock is ours, release 3 is live."""
    store = Faulty()
    release(store, "in-place", versions[1])
    store.log.clear()

    def overtake(at: int, _do: str, key: str) -> None:
        if at == 0 and key.endswith("lock.json"):
            store.before = lambda _number, _do, _key: None
            release(store, "in-place", versions[3])

    store.before = overtake
    assert attempt(store, "in-place", versions[2]) == 0
    check_equals(store, "in-place", versions[2])


def test_two_deploys_at_once_both_end_well(versions: dict[int, Candidate]) -> None:
    store = Faulty()
    release(store, "in-place", versions[1])
    codes: list[int | None] = []
    threads = [
        threading.Thread(target=lambda version=version: codes.append(attempt(store, "in-place", versions[version])))
        for version in (2, 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0, 0]
    live = json.loads(store.held["site.state/record.json"].data)["live"]
    check_equals(store, "in-place", next(one for one in versions.values() if one.manifest.build_id == live))


def test_a_check_that_fails_in_place_stops_before_the_service_worker_is_committed(
    versions: dict[int, Candidate],
) -> None:
    store = Faulty()
    release(store, "in-place", versions[1])
    assert attempt(store, "in-place", versions[2], check=lambda _release, _items: (Finding("broken"),)) == 4
    assert json.loads(store.held["site.state/record.json"].data)["live"] == versions[1].manifest.build_id
    release(store, "in-place", versions[1])
    check_equals(store, "in-place", versions[1])


def test_a_check_that_fails_after_the_switch_is_live_but_unhealthy(versions: dict[int, Candidate]) -> None:
    store = Faulty()
    release(store, "releases", versions[1])
    assert attempt(store, "releases", versions[2], check=lambda _release, _items: (Finding("broken"),)) == 5
    check_equals(store, "releases", versions[2])


_SERVE = """
import sys
from argparse import ArgumentParser
from builder.io.deploy import command
parser = ArgumentParser(); command.add_arguments(parser)
sys.exit(command.run(parser.parse_args(sys.argv[1:])))
"""


def _start(*arguments: object) -> subprocess.Popen[bytes]:
    given = [sys.executable, "-c", _SERVE, *map(str, arguments)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(given, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("mode", MODES)
def test_killed_at_random_the_folder_is_whole_at_every_moment_and_the_next_deploy_finishes(
    tmp_path: Path, mode: str
) -> None:
    """SIGKILL after a random time, again and again, while a visitor keeps reading the site."""
    site, lessons, dice = tmp_path / "site", 150, random.Random(20261123)
    for version in range(1, 4):
        write(tmp_path / f"v{version}", pages(version, lessons=lessons))
    given = ["--to", f"dir:{site}", "--yes", "--mode", mode]
    assert _start(*given, "--out", tmp_path / "v1").wait(30) == 0
    served = site / "current" if mode == "releases" else site
    began = time.monotonic()
    assert _start(*given, "--out", tmp_path / "v2").wait(30) == 0
    whole = time.monotonic() - began
    for round_ in range(8):
        version = 1 + round_ % 3
        process = _start(*given, "--out", tmp_path / f"v{version}")
        time.sleep(dice.uniform(0.3, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        for page in ("index.html", *(f"lesson-{n}/index.html" for n in range(0, lessons, 7))):
            text = (served / page).read_text()
            seen = next(number for number in (1, 2, 3) if asset("site.css", f"body{{--version:{number}}}") in text)
            assert (served / asset("site.css", f"body{{--version:{seen}}}")).exists()
    assert _start(*given, "--out", tmp_path / "v3").wait(30) == 0
    for path in json.loads((tmp_path / "v3.release/manifest.json").read_text())["files"]:
        assert (served / path).read_bytes() == (tmp_path / "v3" / path).read_bytes()
    own = set(json.loads((tmp_path / "v3.release/manifest.json").read_text())["files"])
    left = {path.relative_to(served).as_posix() for path in served.rglob("*") if path.is_file()} - own
    assert all(path.startswith("assets/site.") for path in left), "nothing half-written is in reach of visitors"


def test_the_lock_of_a_process_that_died_on_this_machine_is_not_waited_for(versions: dict[int, Candidate]) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    store = Faulty()
    claim = Claim("t", "me", socket.gethostname(), gone.pid, time.time() + LEASE)
    store.held["site.state/lock.json"] = Held(msgspec.json.encode(claim), {}, "", next(store._clock))
    quiet = Quiet()
    assert attempt(store, "releases", versions[1], quiet=quiet) == 0
    assert quiet.said == []
    expire_lock(store)
