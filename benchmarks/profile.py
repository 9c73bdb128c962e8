"""Where a build spends its time: ``python3 build.py bench profile [--lessons 1000] [--step cold] [--sort cumulative]``.

One process (``--jobs 1``) builds the benchmark course under cProfile; the 25 functions with the most time of their own
are printed. The profiler makes Python calls dearer than they are and leaves compiled code as it is, so the order is a
hint about where to look and the seconds are not comparable with those of ``bench build``.
"""

from __future__ import annotations

import argparse
import pstats
import shutil
import sys

from benchmarks import clock, corpus, edit, tools
from benchmarks.peers import cache

LINES = 25
TIMEOUT = 900


def main(arguments: list[str]) -> int:
    """Profile one build and print what it spent its time in; return 1 where the build failed."""
    options = _options(arguments)
    outline = corpus.course(options.lessons)
    tool = tools.coursewright()
    folder = cache() / "courses" / f"{options.lessons}-profile"
    tools.lay(tool, outline, folder, None)
    if options.step != "cold":
        clock.measure(tool.build, folder, timeout=TIMEOUT)
    if options.step == "body":
        edit.body(tool, folder, outline, 1)
    numbers = folder / "profile.out"
    python, *build = tool.build
    profiled = (python, "-m", "cProfile", "-o", str(numbers), *build, "--jobs", "1")
    measured = clock.measure(profiled, folder, timeout=TIMEOUT)
    if measured.code != 0:
        print(f"the build ended with {measured.code}: {measured.said}", file=sys.stderr)
        return 1
    found = pstats.Stats(str(numbers))
    shutil.rmtree(folder)
    found.strip_dirs().sort_stats(options.sort).print_stats(LINES)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py bench profile", description="Where a build spends its time.")
    parser.add_argument("--lessons", type=int, default=1_000)
    parser.add_argument("--step", choices=("cold", "unchanged", "body"), default="cold")
    parser.add_argument("--sort", choices=("tottime", "cumulative"), default="tottime")
    return parser.parse_args(arguments)
