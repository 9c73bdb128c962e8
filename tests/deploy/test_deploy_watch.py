"""The monitor: what it sees, when it gives the alarm, and what it says then."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builder.errors import Unhealthy
from builder.io.deploy import watch
from builder.manifest import Manifest
from builder.steps.release.health import Probe, cache_state, line, summary, troubles
from deploy.call import Deploy
from deploy.course import pages, write


class Site:
    """A live site: ``answer`` says status, body and headers for a path."""

    def __init__(self) -> None:
        self.answer: Callable[[str], tuple[int, bytes, dict[str, str]]] = lambda _path: (200, b"", {})
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                status, body, headers = site.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if self.command == "GET" else b"")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()


@pytest.fixture
def site() -> Iterator[Site]:
    world = Site()
    yield world
    world.server.shutdown()
    world.server.server_close()
    world.thread.join()


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return write(tmp_path / "v1", pages(1))


def follow(site: Site, manifest: Manifest, minutes: float) -> list[str]:
    moment = [0.0]
    said: list[str] = []

    def sleep(seconds: float) -> None:
        moment[0] += seconds

    watch.follow(
        site.url, manifest, minutes, said.append, back="build.py deploy --rollback", now=lambda: moment[0], sleep=sleep
    )
    return said


def of(manifest: Manifest, **headers: str) -> Callable[[str], tuple[int, bytes, dict[str, str]]]:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda path: (
        200,
        json.dumps({"build_id": manifest.build_id}).encode() if "build.json" in path else b"x",
        said,
    )


def test_a_healthy_site_is_a_line_a_probe_and_a_sum(site: Site, manifest: Manifest) -> None:
    site.answer = of(manifest, X_Cache="Hit from cloudfront")
    said = follow(site, manifest, 2)
    assert len(said) == 41
    assert all("200" in one and "hit" in one for one in said[:-1])
    assert manifest.build_id[:12] in said[0]
    assert said[-1].startswith("40 probes, 0 failed")
    assert "40 of 40 from a cache" in said[-1]


def test_failing_pages_raise_the_alarm_with_the_way_back(site: Site, manifest: Manifest) -> None:
    healthy = of(manifest)
    site.answer = lambda path: healthy(path) if "build.json" in path else (502, b"", {})
    with pytest.raises(Unhealthy, match="3 of the last 6 requests failed") as raised:
        follow(site, manifest, 5)
    assert (raised.value.exit_code, raised.value.hint) == (5, "Go back with: build.py deploy --rollback")


def test_a_wrong_release_raises_the_alarm_once_the_edges_had_their_time(site: Site, manifest: Manifest) -> None:
    site.answer = lambda path: (200, b'{"build_id": "0123456789abcdef"}' if "build.json" in path else b"x", {})
    with pytest.raises(Unhealthy, match="instead of"):
        follow(site, manifest, 5)
    assert follow(site, manifest, 0.9)[-1].startswith("40 probes")


def test_a_site_that_is_gone_raises_the_alarm(site: Site, manifest: Manifest) -> None:
    site.server.shutdown()
    site.server.server_close()
    with pytest.raises(Unhealthy, match="no answer"):
        follow(site, manifest, 5)


def test_slow_answers_raise_the_alarm() -> None:
    probes = [Probe(float(n), "/", 200, 2.5) for n in range(3)]
    assert troubles(probes, "r") == ("Half of the answers take longer than 2.5 s.",)
    assert troubles(probes[:2], "r") == ()


def test_one_hiccup_is_no_alarm() -> None:
    probes = [Probe(float(n), "/", 0 if n in {3, 40} else 200, 0.1) for n in range(60)]
    assert all(troubles(probes[: n + 1], "r") == () for n in range(60))
    assert "60 probes, 2 failed" in summary(probes)
    assert "—" in line(probes[3])


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        ({"cache-status": "edge; hit; ttl=30"}, "hit"),
        ({"cache-status": "edge; fwd=miss"}, "miss"),
        ({"x-cache": "Miss from cloudfront"}, "miss"),
        ({"cf-cache-status": "HIT"}, "hit"),
        ({"age": "12"}, "hit"),
        ({"age": "0"}, "miss"),
        ({}, ""),
    ],
)
def test_caches_say_hit_in_three_dialects(headers: dict[str, str], state: str) -> None:
    assert cache_state(headers) == state


@pytest.mark.usefixtures("manifest")
def test_watch_follows_a_deploy_and_a_call_without_an_address_is_refused(
    deploy: Deploy, tmp_path: Path, site: Site
) -> None:
    given = ["--to", f"dir:{tmp_path / 'site'}", "--out", tmp_path / "v1", "--yes"]
    assert deploy(*given, "--watch", "1").code == 2
    assert deploy(*given).code == 0
    looks: list[str] = []

    def served(path: str) -> tuple[int, bytes, dict[str, str]]:
        looks.append(path)
        file = tmp_path / "v1" / (path + "index.html" if path.endswith("/") else path).lstrip("/")
        return (200, file.read_bytes(), {}) if file.is_file() else (404, b"", {})

    def falling(path: str) -> tuple[int, bytes, dict[str, str]]:
        return served(path) if looks.count("/build.json") < 1 or "/build.json" not in path else (500, b"", {})

    site.answer = served
    called = deploy(*given, "--watch", "0.01", "--verify-url", site.url)
    assert (called.code, "probes, 0 failed" in called.err) == (0, True), called.err
    looks.clear()
    site.answer = falling
    called = deploy(*given, "--watch", "0.02", "--verify-url", site.url)
    assert called.code == 5, called.err
    assert (
        f"Go back with: build.py deploy --to dir:{tmp_path / 'site'} --verify-url {site.url} --rollback" in called.err
    )
