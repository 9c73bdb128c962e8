"""Deploys one site as Coursewright, ``aws s3 sync`` and ``hugo deploy`` do, to one local S3 server with latency.

    python3 build.py bench deploy [--lessons 10000] [--latency 30] [--tools coursewright aws hugo] [--json]

Four deploys each: the first; again with nothing changed; with another Cache-Control for all pages; with one lesson
edited. Before each the site is written anew, as a CI machine does that starts from an empty folder, so modification
times say nothing. Pages are 12 KB of text that differs from page to page; fifty assets are shared.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import msgspec

from benchmarks.bucket import Bucket
from benchmarks.machine import facts, table
from benchmarks.peers import cache, install
from builder import manifest as manifests
from builder.manifest import File, Manifest

ROOT = Path(__file__).parent.parent
CHANGES = ("first", "nothing changed", "headers changed", "one lesson edited")
TOOLS = ("coursewright", "aws", "hugo")
_KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
_ENVIRONMENT = os.environ | _KEYS | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
_SENT = "max-age=0, must-revalidate, s-maxage=300"
_SENT_LATER = "max-age=60"
_EDITED = 7


class Deployed(msgspec.Struct, frozen=True):
    """What one deploy took: seconds, requests by kind, bytes the server received; ``note`` says what was missed."""

    tool: str
    change: str
    seconds: float
    requests: dict[str, int]
    received: int
    note: str = ""


def main(arguments: list[str]) -> int:
    """Run the benchmark and print it as a table, or as JSON; return 1 where a tool failed."""
    parser = argparse.ArgumentParser(prog="build.py bench deploy")
    parser.add_argument("--lessons", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=30.0, help="milliseconds before each answer")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    peers = install()
    programs = {"aws": peers.python.parent / "aws", "hugo": peers.hugo}
    found = [
        result
        for tool in options.tools
        for result in _tool(tool, programs.get(tool, ROOT / "build.py"), options.lessons, options.latency / 1000)
    ]
    machine = facts(peers)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({"version": 1, "machine": machine, "results": found})).decode())
    else:
        print(report(found, options.lessons, options.latency, machine))
    return 1 if any(result.note.startswith("failed") for result in found) else 0


def report(found: list[Deployed], lessons: int, latency: float, machine: dict[str, str]) -> str:
    """Return the table that people read."""
    rows = [
        [
            f"{one.change}, {one.tool}",
            f"{one.seconds:.1f}",
            f"{sum(one.requests.values()):,}",
            f"{one.received / 1e6:.1f}",
            one.note,
        ]
        for change in CHANGES
        for one in found
        if one.change == change
    ]
    head = [f"deploy of {lessons:,} lessons, {latency:.0f} ms", "seconds", "requests", "MB sent", ""]
    return "\n\n".join([", ".join(f"{name} {value}" for name, value in machine.items()), table(head, rows)])


def _tool(tool: str, program: Path, lessons: int, latency: float) -> list[Deployed]:
    folder = cache() / "deploy" / tool
    bucket = Bucket(latency)
    found = []
    for change in CHANGES:
        later = CHANGES.index(change) >= CHANGES.index("headers changed")
        edited = change == CHANGES[-1]
        _write(folder / "dist", lessons, edited=edited, cached=_SENT_LATER if later else _SENT)
        for command in _commands(tool, program, folder, bucket.url, _SENT_LATER if later else _SENT):
            print(f"{tool}: {change}", file=sys.stderr, flush=True)
            bucket.reset()
            begin = time.perf_counter()
            done = subprocess.run(command, cwd=folder, env=_ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603 - the tools under measurement
            seconds = time.perf_counter() - begin
            tally = bucket.tally()
            note = f"failed: {done.stderr[-300:]}" if done.returncode else _missed(bucket, folder / "dist", later=later)
            found.append(Deployed(tool, change, seconds, tally.requests, tally.received, note))
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _commands(tool: str, program: Path, folder: Path, url: str, cached: str) -> list[list[str]]:
    if tool == "coursewright":
        given = ["--to", "s3://course/site", "--endpoint-url", url, "--out", str(folder / "dist"), "--yes"]
        return [[sys.executable, str(program), "deploy", *given]]
    if tool == "aws":
        given = ["--delete", "--cache-control", cached, "--endpoint-url", url, "--only-show-errors"]
        return [[str(program), "s3", "sync", str(folder / "dist"), "s3://course/site", *given]]
    address = f"s3://course?prefix=site/&region=us-east-1&endpoint={url}&use_path_style=true&hostname_immutable=true"
    configuration = f"""
        baseURL = "https://course.example/"
        publishDir = "dist"
        disableKinds = ["page", "home", "section", "taxonomy", "term", "RSS", "sitemap", "404", "robotsTXT"]
        [deployment]
        [[deployment.targets]]
        name = "bench"
        URL = "{address}"
        [[deployment.matchers]]
        pattern = "^.+\\\\.html$"
        cacheControl = "{cached}"
    """
    (folder / "hugo.toml").write_text(configuration, encoding="utf-8")
    return [[str(program), "deploy", "--target", "bench", "--maxDeletes", "-1", "--confirm=false"]]


def _missed(bucket: Bucket, dist: Path, *, later: bool) -> str:
    """Return what of the site the bucket does not hold as it should after a deploy."""
    wanted = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    held = bucket.objects
    wrong = [p for p, path in wanted.items() if f"site/{p}" not in held or held[f"site/{p}"].data != path.read_bytes()]
    if wrong:
        return f"{len(wrong):,} files are not as built"
    cached = _SENT_LATER if later else _SENT
    stale = [p for p in wanted if p.endswith(".html") and held[f"site/{p}"].headers.get("cache-control") != cached]
    return f"{len(stale):,} pages have old headers" if stale else ""


def _write(dist: Path, lessons: int, *, edited: bool, cached: str) -> None:
    """Write the site and its manifest anew."""
    shutil.rmtree(dist, ignore_errors=True)
    words = Random(7).choices(["storage", "memory", "event", "gas", "call", "ether", "proof", "token"], k=4000)  # noqa: S311 - text, not secrets
    text = " ".join(words)
    files: dict[str, tuple[bytes, str]] = {}
    for number in range(50):
        data = f"/* {number} */{text[:2000]}".encode()
        files[f"assets/part-{number}.{hashlib.sha256(data).hexdigest()[:8]}.css"] = (data, "text/css")
    for number in range(lessons):
        at = number * 13 % 12_000
        ending = "!" if edited and number == _EDITED else ""
        body = f"<!doctype html><h1>Lesson {number}</h1><p>{text[at : at + 12_000]}{ending}"
        files[f"module-{number // 50}/lesson-{number}/index.html"] = (body.encode(), "text/html; charset=utf-8")
    files["index.html"] = (b"<!doctype html><h1>Home</h1>", "text/html; charset=utf-8")
    table_: dict[str, File] = {}
    for path, (data, kind) in files.items():
        (dist / path).parent.mkdir(parents=True, exist_ok=True)
        (dist / path).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        headers = {"Cache-Control": cached} if path.endswith(".html") else {}
        table_[path] = File(digest, len(data), kind, headers, "asset" if path.startswith("assets/") else "page", 1)
    beside = dist.with_name("dist.release")
    beside.mkdir(exist_ok=True)
    manifest = Manifest(manifests.build_id(table_), 0, drafts=False, files=table_)
    (beside / "manifest.json").write_bytes(manifests.encode(manifest))
