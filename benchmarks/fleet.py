"""A fleet that stays until it is interrupted: ``build.py bench fleet``; other benchmarks use ``running``.

It is nginx as it is shipped, three instances, Redis, and PostgreSQL whose commits are on disk before they are answered.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks import edge_crowd, edge_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.fleet import Fleet
    from servers import Redis

SESSIONS = 1000


class Running(msgspec.Struct, frozen=True):
    """What runs."""

    fleet: Fleet
    redis: Redis | None
    database: str
    postgres: int
    """PostgreSQL's first process."""


@contextlib.contextmanager
def running(learners: int, *, with_redis: bool, **environ: str) -> Iterator[Running]:
    """Run a fleet over a crowd for a while."""
    sys.path.insert(0, str(edge_load.ROOT / "tests"))
    import prerequisites
    from edge.fleet import Fleet
    from edge.instances import Quiet
    from edge_api.environment import read
    from servers import Redis

    for need in prerequisites.NEEDS:
        if need.variable in {"COURSEWRIGHT_NGINX", "COURSEWRIGHT_REDIS"}:
            os.environ[need.variable] = str(prerequisites.provide(need))
    with contextlib.ExitStack() as stack:
        place, url = stack.enter_context(edge_load.database("postgresql"))
        redis = stack.enter_context(Redis()) if with_redis else None
        edge_crowd.gather(place, learners, SESSIONS)
        settings = read({**place, "SECRET_KEY": "b" * 32})
        given = {**({"REDIS_URL": redis.tcp_url} if redis else {}), **environ}
        pidfile = Path(url.partition("host=")[2], "data", "postmaster.pid")
        postgres = int(pidfile.read_text(encoding="ascii").split()[0])
        yield Running(stack.enter_context(Fleet(settings, site=None, kind=Quiet, **given)), redis, url, postgres)


def main(arguments: list[str]) -> int:
    """Keep a fleet until interrupted."""
    parser = argparse.ArgumentParser(prog="build.py bench fleet", description=__doc__)
    parser.add_argument("--learners", type=int, default=20_000)
    parser.add_argument("--no-redis", action="store_true")
    words = parser.parse_args(arguments)
    with running(words.learners, with_redis=not words.no_redis) as found:
        print(f"site       {found.fleet.url}/    (cookies: session={edge_crowd.token(0)} and {SESSIONS - 1} more)")
        for instance in found.fleet.instances:
            print(f"instance   {instance.url}/    pid {instance.process.pid}")
        print(f"database   {found.database}")
        if found.redis and found.redis.process:
            print(f"redis      {found.redis.tcp_url}    pid {found.redis.process.pid}")
        print("Interrupt to end.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
