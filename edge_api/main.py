"""The command: ``build.py api`` reads its words here, the settings from the environment, and serves or migrates."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING

from edge_api import logs, start
from edge_api.environment import read
from edge_api.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST, PORT = "127.0.0.1", 8001
_USAGE, _FAILED = 2, 2


def main(argv: Sequence[str]) -> int:
    """Run ``api`` with these words; return the exit code."""
    words = _parser().parse_args(argv)
    try:
        settings = read(os.environ)
        _fits(settings, words)
        logs.configure(settings.log)
        return _run(settings, words)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return _USAGE
    except KeyboardInterrupt:
        return 130


def _run(settings: Settings, words: argparse.Namespace) -> int:
    # Wrong words are answered before the second that it takes to import a service.
    from edge_api.server import serve
    from edge_api.stores.database import DatabaseDown

    try:
        if words.cache or words.flush:
            print(asyncio.run(_cache_admin(settings, words)))
            return 0
        if words.migrate:
            asyncio.run(_migrate(settings))
            print("The database has the schema of this release.", file=sys.stderr)
            if words.host is None and words.port is None:
                return 0
        host, port = words.host or HOST, PORT if words.port is None else words.port
        start.check(settings, host, port)
        serve(settings, host, port, words.workers)
    except DatabaseDown as error:
        print(f"The database does not answer: {error}", file=sys.stderr)
        return _FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py api", description="Serve sessions, progress and leaderboards.")
    parser.add_argument("--host", help=f"address to listen on (default {HOST})")
    parser.add_argument("--port", type=int, help=f"port to listen on (default {PORT})")
    parser.add_argument("--workers", type=int, default=1, help="processes; more than one needs REDIS_URL")
    parser.add_argument(
        "--migrate", action="store_true", help="bring the database to this release and stop (with --port: then serve)"
    )
    parser.add_argument("--cache", action="store_true", help="show what the response cache did today, and stop")
    parser.add_argument("--flush", metavar="GROUP", action="append", help="make answers of a group old, and stop")
    return parser


def _fits(settings: Settings, words: argparse.Namespace) -> None:
    if words.workers < 1:
        raise SettingsError("--workers is at least 1.")
    if words.workers > 1:
        if not settings.redis_url:
            raise SettingsError("--workers above 1 needs REDIS_URL: without it they share no limits and no caches.")
        if not settings.database_url:
            raise SettingsError("--workers above 1 needs DATABASE_URL: SQLite serves one process.")
    if not settings.origin and not settings.hosts and words.host not in {None, "localhost", "127.0.0.1", "::1"}:
        raise SettingsError(
            f"--host {words.host} is reachable from outside: set EDGE_ORIGIN to the site's https:// address."
        )


async def _cache_admin(settings: Settings, words: argparse.Namespace) -> str:
    from edge_api import cache_admin

    if words.flush:
        return await cache_admin.flush(settings, words.flush)
    return await cache_admin.show(settings)


async def _migrate(settings: Settings) -> None:
    from edge_api.services.edge import connect
    from edge_api.stores.migrations import migrate

    database = connect(settings)
    try:
        await database.run(migrate)
    finally:
        await database.close()
