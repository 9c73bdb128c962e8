"""A node of a Redis Cluster that has every slot: it refuses whatever would touch two of them at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import msgspec
import pytest
import redis as client

from edge.clients import ERC20, HELLO, STORAGE, Site, event, wait_until
from edge.pairs import site_of
from edge_api import keys
from edge_api.settings import Secret, Settings
from servers import Redis


@pytest.fixture
def node(redis_server: Redis) -> Iterator[Redis]:
    """Give a cluster of one node."""
    assert redis_server
    with Redis("--cluster-enabled", "yes") as server:
        with client.Redis.from_url(server.url) as line:
            line.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_until(lambda: b"cluster_state:ok" in line.execute_command("CLUSTER", "INFO"))
        yield server


def everything(site: Site) -> None:
    """Use whatever keeps something in Redis."""
    browser = site.account(event(HELLO), event(STORAGE))
    other = site.account(event(ERC20))
    wait_until(lambda: client_sees(site, keys.board("", "all")))
    for path in ("/api/leaderboard", "/api/leaderboard?course=learn-solidity&window=week", "/api/courses"):
        for _ in range(2):
            assert site.browser().get(path).status_code == 200
    assert browser.get("/api/leaderboard/around-me").json()["me"]["rank"] == 1
    assert other.put("/api/visibility", {"visible": False}).status_code == 200
    assert browser.delete("/api/session").status_code == 204


def client_sees(site: Site, key: str) -> bool:
    """Ask for the board that a key stands for until it is there."""
    site.browser().get(f"/api/leaderboard?limit={1 + int(time.monotonic() * 100) % 90}")
    with client.Redis.from_url(str(site.settings.redis_url)) as line:
        return bool(line.exists(key))


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_no_script_of_ours_touches_two_slots(settings: Settings, node: Redis, caplog: pytest.LogCaptureFixture) -> None:
    """Sessions, limits, boards and how they are made, kept answers and their locks, updates: nothing is refused."""
    settings = msgspec.structs.replace(settings, redis_url=Secret(node.url), rate_limits=True)
    with caplog.at_level(logging.DEBUG, "edge.redis"), site_of(settings) as site:
        everything(site)
        # Late on a busy machine is not refused.
        wait_until(lambda: site.app.state.edge.redis.state == "ok")
        wait_until(lambda: client_sees(site, keys.updates()))
    assert not [line.__dict__.get("reason") for line in caplog.records if "refused" in line.message]
