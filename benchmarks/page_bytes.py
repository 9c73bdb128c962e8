"""What a lesson weighs beside Starlight, Material for MkDocs and VitePress: ``python3 build.py bench page_bytes``.

Each tool builds the same lessons with the theme that it brings, for production; Coursewright with ``--release``. A
Chromium without a cache opens the same lesson of each and waits until nothing is asked for any more. What it asked for
is counted as it would travel: text as brotli at its best, fonts and pictures as they are. Service workers are kept out,
as are Material's fonts of another host (``font: false``): both would come on top.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import venv
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import brotli  # type: ignore[import-untyped]  # it ships no types
import msgspec

from benchmarks import corpus
from benchmarks.machine import table
from benchmarks.peers import HERE, cache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = HERE / "pages"
ROOT = HERE.parent
LESSONS = 40
KINDS = {".html": "HTML", ".css": "CSS", ".js": "JS", ".mjs": "JS", ".woff2": "fonts", ".woff": "fonts"}
COLUMNS = ("HTML", "CSS", "JS", "fonts", "other")
PACKED = (".woff2", ".woff", ".png", ".jpg", ".avif", ".webp", ".gif", ".ico")
SECONDS = 600


class Weighed(msgspec.Struct, frozen=True):
    """One tool's lesson: bytes by kind, and how often the browser asked."""

    tool: str
    requests: int
    bytes: dict[str, int]


def main(arguments: list[str]) -> int:
    """Build, open and weigh the lesson; print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="build.py bench page_bytes", description=__doc__.partition(":")[0])
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--tools", nargs="+", choices=sorted(TOOLS), default=list(TOOLS), help="only these")
    options = parser.parse_args(arguments)
    peers = _install()
    outline = corpus.course(LESSONS)
    work = cache() / "pages"
    shutil.rmtree(work, ignore_errors=True)
    found = []
    for name in options.tools:
        print(f"{name} …", file=sys.stderr)
        site = TOOLS[name](work / name, outline, peers)
        found.append(_weigh(name, site, outline.modules[0].lessons[1]))
    shutil.rmtree(work, ignore_errors=True)
    if options.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(_report(found))
    return 0


def _report(found: list[Weighed]) -> str:
    head = ["tool", "requests", *(f"{kind}, KB" for kind in COLUMNS), "together, KB"]
    rows = [
        [one.tool, str(one.requests)]
        + [f"{one.bytes.get(kind, 0) / 1000:.1f}" for kind in COLUMNS]
        + [f"{sum(one.bytes.values()) / 1000:.1f}"]
        for one in found
    ]
    return table(head, rows)


def _coursewright(folder: Path, outline: corpus.Course, _: Path) -> Path:
    corpus.write(outline, folder / "content")
    (folder / "content" / "site.toml").write_text('title = "Course"\nbase_url = "https://course.example"\n')
    _run([sys.executable, str(ROOT / "build.py"), "build", "--site", ".", "--release", "--quiet"], folder)
    return folder / "dist"


def _starlight(folder: Path, outline: corpus.Course, peers: Path) -> Path:
    corpus.write(outline, folder / "src" / "content" / "docs")
    shutil.copytree(PAGES / "starlight", folder, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(peers / "node" / "node_modules")
    _run(["node", "node_modules/astro/astro.js", "build"], folder, ASTRO_TELEMETRY_DISABLED="1")
    return folder / "dist"


def _material(folder: Path, outline: corpus.Course, peers: Path) -> Path:
    corpus.write(outline, folder / "docs")
    shutil.copytree(PAGES / "material", folder, dirs_exist_ok=True)
    _run([str(peers / "python" / "bin" / "python"), "-m", "mkdocs", "build", "--quiet"], folder)
    return folder / "site"


def _vitepress(folder: Path, outline: corpus.Course, peers: Path) -> Path:
    corpus.write(outline, folder)
    shutil.copytree(PAGES / "vitepress", folder, dirs_exist_ok=True)
    sidebar = [
        {
            "text": module.title,
            "items": [{"text": one.title, "link": f"/{one.path.removesuffix('.md')}"} for one in module.lessons],
        }
        for module in outline.modules
    ]
    (folder / ".vitepress" / "sidebar.json").write_bytes(msgspec.json.encode(sidebar))
    (folder / "node_modules").symlink_to(peers / "node" / "node_modules")
    _run(["node", "node_modules/vitepress/bin/vitepress.js", "build", "."], folder)
    return folder / ".vitepress" / "dist"


TOOLS: dict[str, Callable[[Path, corpus.Course, Path], Path]] = {
    "coursewright": _coursewright,
    "starlight": _starlight,
    "material": _material,
    "vitepress": _vitepress,
}


def _weigh(tool: str, site: Path, lesson: corpus.Lesson) -> Weighed:
    stem = lesson.path.removesuffix(".md")
    plain = "/".join(part.lstrip("0123456789").removeprefix("-") for part in stem.split("/"))
    # Each tool has its own idea of what a file is called.
    names = (f"{stem}/index.html", f"{plain}/index.html", f"{stem}.html")
    page = next(name for name in names if (site / name).is_file())
    bytes_: Counter[str] = Counter()
    asked = _asked(site, page.removesuffix("index.html"))
    for path in asked:
        file = site / path if not path.endswith("/") else site / path / "index.html"
        data = file.read_bytes() if file.is_file() else b""
        kind = KINDS.get(file.suffix, "other")
        bytes_[kind] += len(data) if file.suffix in PACKED else len(brotli.compress(data))
    return Weighed(tool, len(asked), dict(bytes_))


def _asked(site: Path, page: str) -> list[str]:
    """Return what a browser asks for that opens a page for the first time, pages' own connections left out."""
    from playwright.sync_api import sync_playwright

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}/"
    asked: list[str] = []
    chromium = os.environ.get("COURSEWRIGHT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        context = browser.new_context(service_workers="block")
        tab = context.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(origin + page, wait_until="networkidle")
        tab.wait_for_timeout(1000)
        browser.close()
    server.shutdown()
    server.server_close()
    return [unquote(urlsplit(url).path).lstrip("/") for url in asked if url.startswith(origin)]


def _install() -> Path:
    """Return the folder with the peers, installed if they are not there yet."""
    wanted = [PAGES / "requirements.txt", PAGES / "package.json"]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in wanted)).hexdigest()[:8]
    folder = cache() / f"pages-{digest}"
    if not (folder / "complete").exists():
        print("installing Astro Starlight, VitePress and Material for MkDocs …", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder / "python", with_pip=True)
        pip = [str(folder / "python" / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--requirement", str(wanted[0])], folder)
        (folder / "node").mkdir()
        shutil.copyfile(wanted[1], folder / "node" / "package.json")
        _run(["npm", "install", "--no-audit", "--no-fund", "--silent"], folder / "node")
        (folder / "complete").touch()
    return folder


def _run(command: list[str], folder: Path, **environ: str) -> None:
    done = subprocess.run(  # noqa: S603 - the tools' own commands
        command, cwd=folder, check=False, timeout=SECONDS, capture_output=True, text=True, env={**os.environ, **environ}
    )
    if done.returncode:
        sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
        done.check_returncode()
