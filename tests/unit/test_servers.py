"""The fixtures give real servers that answer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest
import redis

from servers import Browser, Postgres, Redis


def test_redis_is_real_and_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        assert client.info("server")["tcp_port"] > 0


def test_redis_comes_back_at_the_same_address() -> None:
    with Redis() as server:
        address = server.url
        server.stop()
        with redis.Redis.from_url(address) as client, pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()
        with redis.Redis.from_url(address) as client:
            assert client.ping()


def test_postgres_gives_each_test_an_empty_database(postgres_server: Postgres, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)
    assert postgres_url.endswith(f"host={postgres_server.folder}")


def test_nginx_chromium_and_node_start(nginx_binary: Path, chromium: Browser, node_folder: Path) -> None:
    commands = [[str(nginx_binary), "-v"], [chromium.path, *chromium.flags, "--version"], [f"{node_folder}/npm", "-v"]]
    for command in commands:
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
