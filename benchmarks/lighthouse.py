"""Lighthouse over the sample site as it is released: mobile and desktop, the median of several runs.

The site is built with ``--release`` for the address at which it is served, with the compressed files that the build
left. What is installed (``browser/package.json`` and its lock) lies in the benchmarks' cache, outside the project. Exit
code 1 means that a median is below the bar.

``longest`` is the longest task as Lighthouse sees it: wall time, which grows with whatever else the machine does, times
the form's slow-down. ``cpu`` is the longest by the processor's time of the page's main thread in the same trace, times
the same slow-down: what the page itself costs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.peers import HERE, INSTALL_SECONDS, cache
from benchmarks.static import Static

LESSON = "/solidity-basics/first-steps/first-contract/"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FORMS = {"mobile": (), "desktop": ("--preset=desktop",)}
# How much slower than this machine the form's own processor is taken to be.
SLOWER = {"mobile": 4, "desktop": 1}
BAR = 100
_CHROMIUM = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


class Run(msgspec.Struct, frozen=True):
    """What one run of Lighthouse says: scores by category, milliseconds, the layout's shift, bytes, what it minds."""

    scores: dict[str, int]
    first_paint: float
    largest_paint: float
    blocking: float
    longest_task: float
    longest_cpu: float
    shift: float
    bytes: int
    minds: tuple[str, ...]


def main(arguments: list[str]) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="build.py bench lighthouse", description=__doc__)
    parser.add_argument("--page", action="append", help=f"a path of the site; {LESSON} otherwise")
    parser.add_argument("--form", action="append", choices=FORMS, help="mobile, desktop, or both")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    node, npm = shutil.which("node"), shutil.which("npm")
    if chromium is None or node is None or npm is None:
        print("Lighthouse needs Chromium, node and npm on the PATH.", file=sys.stderr)
        return 2
    command = (node, str(_installed(npm)))
    worst = BAR
    with tempfile.TemporaryDirectory() as folder, Static(Path(folder) / "dist") as site:
        _build(Path(folder), site.url)
        print(f"{'form':8} {'page':50} perf acce best  seo   FCP ms  LCP ms  TBT ms longest     cpu   CLS     KB")
        for path in options.page or [LESSON]:
            for form in options.form or FORMS:
                runs = [_run(command, chromium, site.url + path, form) for _ in range(options.runs)]
                print(f"{form:8} {path:50} {_line(runs)}")
                for minded in sorted({minded for run in runs for minded in run.minds}):
                    print(f"         {minded}")
                worst = min(worst, *(_median(runs, name) for name in CATEGORIES))
    return 0 if worst >= BAR else 1


def _installed(npm: str) -> Path:
    """Return Lighthouse's command, installed first where it is not there yet."""
    wanted = [HERE / "browser" / name for name in ("package.json", "package-lock.json")]
    folder = cache() / f"lighthouse-{hashlib.sha256(b''.join(path.read_bytes() for path in wanted)).hexdigest()[:8]}"
    command = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not (folder / "complete").exists():
        print("installing Lighthouse …", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in wanted:
            shutil.copyfile(path, folder / path.name)
        words = [npm, "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        subprocess.run(words, cwd=folder, check=True, timeout=INSTALL_SECONDS)  # noqa: S603 - npm's own command
        (folder / "complete").touch()
    return command


def _build(folder: Path, url: str) -> None:
    door = [sys.executable, str(HERE.parent / "build.py"), "build", "--release", "--quiet"]
    words = [*door, "--site", str(HERE.parent), "--out", str(folder / "dist"), "--base-url", url]
    cached = ["--cache", str(cache() / "lighthouse-build")]
    subprocess.run([*words, *cached], check=True)  # noqa: S603 - our own command


def _run(command: tuple[str, ...], chromium: str, url: str, form: str) -> Run:
    with tempfile.TemporaryDirectory() as profile:
        report = Path(profile) / "report.json"
        words = [*command, url, "--quiet", "--output=json", "--save-assets", f"--output-path={report}", *FORMS[form]]
        words += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={_CHROMIUM} --user-data-dir={profile}"]
        environ = {"PATH": f"{Path(command[0]).parent}:/usr/bin:/bin", "CHROME_PATH": chromium, "HOME": profile}
        subprocess.run(words, check=True, env=environ, timeout=180)  # noqa: S603 - the command that was installed above
        trace = json.loads(report.with_name(f"{report.stem}-0.trace.json").read_bytes())["traceEvents"]
        return _read(json.loads(report.read_bytes()), SLOWER[form] * _longest_cpu(trace))


def _longest_cpu(trace: list[dict[str, Any]]) -> float:
    """Return the longest task of the thread that painted the page, in milliseconds of the processor's time."""
    painter = next((each["pid"], each["tid"]) for each in trace if each["name"] == "firstContentfulPaint")
    tasks = (each for each in trace if (each["pid"], each["tid"]) == painter and each["name"].endswith("RunTask"))
    return max(float(task.get("tdur", 0)) / 1000 for task in tasks)


def _read(report: dict[str, Any], longest_cpu: float) -> Run:
    audits, categories = report["audits"], report["categories"]
    tasks = audits["long-tasks"].get("details", {}).get("items", [])
    minds = tuple(
        f"{name}: {audits[each['id']]['title']}"
        for name in CATEGORIES
        for each in categories[name]["auditRefs"]
        if each["weight"] and audits[each["id"]]["score"] is not None and audits[each["id"]]["score"] < 1
    )
    return Run(
        scores={name: round(100 * (categories[name]["score"] or 0)) for name in CATEGORIES},
        first_paint=audits["first-contentful-paint"]["numericValue"],
        largest_paint=audits["largest-contentful-paint"]["numericValue"],
        blocking=audits["total-blocking-time"]["numericValue"],
        longest_task=max((task["duration"] for task in tasks), default=0.0),
        longest_cpu=longest_cpu,
        shift=audits["cumulative-layout-shift"]["numericValue"],
        bytes=audits["total-byte-weight"]["numericValue"],
        minds=minds,
    )


def _median(runs: list[Run], name: str) -> int:
    return int(statistics.median_low(run.scores[name] for run in runs))


def _line(runs: list[Run]) -> str:
    scores = " ".join(f"{_median(runs, name):4}" for name in CATEGORIES)
    names = ("first_paint", "largest_paint", "blocking", "longest_task", "longest_cpu")
    times = " ".join(f"{statistics.median(getattr(run, name) for run in runs):7.0f}" for name in names)
    shift, size = (statistics.median(getattr(run, name) for run in runs) for name in ("shift", "bytes"))
    return f"{scores}  {times} {shift:5.3f} {size / 1000:6.0f}"
