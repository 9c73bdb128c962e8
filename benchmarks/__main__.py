"""One command per number that the README quotes: ``python3 build.py bench NAME``, options after the name.

Without a name, or with one that doesn't exist, it lists what there is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from benchmarks import (
    build,
    deploy,
    edge_cache,
    edge_fleet,
    edge_leaderboard,
    edge_live,
    edge_progress,
    edge_session,
    engine,
    fleet,
    images,
    lighthouse,
    page_bytes,
    profile,
    serve,
)
from benchmarks.soak import command as soak

if TYPE_CHECKING:
    from collections.abc import Callable


class Benchmark(msgspec.Struct, frozen=True):
    """A benchmark: the name on the command line, what runs, and one sentence about it."""

    name: str
    main: Callable[[list[str]], int]
    about: str


BENCHMARKS = (
    Benchmark(
        "build",
        build.main,
        "Builds one course with Coursewright, Hugo, Eleventy and MkDocs, cold and after edits.",
    ),
    Benchmark("serve", serve.main, "Times a save until the page shows it, in each tool's own server."),
    Benchmark("deploy", deploy.main, "Deploys one site with Coursewright, aws s3 sync and hugo deploy to a slow S3."),
    Benchmark("edge_cache", edge_cache.main, "Reads kept answers from two instances: hits, and computations per key."),
    Benchmark("edge_fleet", edge_fleet.main, "Loads three instances behind nginx, by the clock; takes Redis away."),
    Benchmark("edge_leaderboard", edge_leaderboard.main, "Reads boards of a million learners through the edge API."),
    Benchmark("edge_live", edge_live.main, "Holds a thousand streams of live updates, idle and told of changes."),
    Benchmark("edge_progress", edge_progress.main, "Tells the edge API of progress, in batches of three events."),
    Benchmark("edge_session", edge_session.main, "Asks the edge API who one is."),
    Benchmark("engine", engine.main, "Measures what the engine adds to each task, in microseconds."),
    Benchmark("fleet", fleet.main, "Keeps nginx, three instances, PostgreSQL and Redis until it is interrupted."),
    Benchmark("lighthouse", lighthouse.main, "Asks Lighthouse about a lesson of the released sample site."),
    Benchmark("images", images.main, "Makes pictures with Coursewright and Hugo, at the same widths and likeness."),
    Benchmark("page_bytes", page_bytes.main, "Weighs a lesson beside Starlight, Material for MkDocs and VitePress."),
    Benchmark("soak", soak.main, "Breaks what a fleet stands on, for minutes or hours, and judges every answer."),
    Benchmark("profile", profile.main, "Shows where a build of ours spends its time."),
)


def main(arguments: list[str]) -> int:
    """Run the named benchmark with the remaining arguments; without a name list what there is."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    for benchmark in BENCHMARKS:
        if benchmark.name == name:
            return benchmark.main(rest)
    width = max(len(benchmark.name) for benchmark in BENCHMARKS)
    listing = "\n".join(f"  {benchmark.name.ljust(width)}  {benchmark.about}" for benchmark in BENCHMARKS)
    asked = not name or name in {"-h", "--help"}
    print(("" if asked else f"There is no benchmark named {name}.\n\n") + f"python3 build.py bench NAME\n\n{listing}")
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
