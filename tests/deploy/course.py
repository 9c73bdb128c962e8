"""Small releases by hand: a dict of files becomes what a build leaves."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

from builder import manifest as manifests
from builder.manifest import Encoding, File, FileClass, Manifest

TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "wasm": "application/wasm",
    "xml": "application/xml",
    "svg": "image/svg+xml",
}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def kind(path: str) -> FileClass:
    if path.startswith(("assets/", "offline/")):
        return "asset"
    if path == "sw.js":
        return "worker"
    return "page" if path.endswith(".html") else "data"


def asset(name: str, text: str) -> str:
    """Return the hashed path of an asset with this text."""
    stem, _, suffix = name.rpartition(".")
    return f"assets/{stem}.{sha(text.encode())[:8]}.{suffix}"


def pages(version: int, *, lessons: int = 4, css: str = "") -> dict[str, str]:
    """Return version N of a course: a shared script, a style sheet per version, pages that name both and each other."""
    style = css or f"body{{--version:{version}}}"
    script = "export const a=1"
    css_path, js_path = asset("site.css", style), asset("main.js", script)
    head = f'<link rel="stylesheet" href="/{css_path}"><script type="module" src="/{js_path}"></script>'
    links = "".join(f'<a href="/lesson-{n}/">{n}</a>' for n in range(lessons))
    files = {css_path: style, js_path: script}
    files["index.html"] = f"<!doctype html>{head}<h1>Home {version}</h1>{links}"
    for n in range(lessons):
        files[f"lesson-{n}/index.html"] = f'<!doctype html>{head}<h1>Lesson {n}</h1><a href="/">home</a><p>{version}'
    files["404.html"] = f"<!doctype html>{head}<h1>Not here</h1>"
    files["sitemap.xml"] = f"<urlset><!-- {version} --></urlset>"
    lesson_ids = [
        {"id": f"lesson-{n}", "url": f"/lesson-{n}/", "title": f"Lesson {n}", "xp": 10} for n in range(lessons)
    ]
    modules = [{"id": "basics", "title": "Basics", "lessons": lesson_ids}]
    files["catalog.json"] = json.dumps({"version": version, "courses": [{"id": "sol", "modules": modules}]})
    return files


def write(
    out: Path,
    files: dict[str, str],
    *,
    errors: int = 0,
    drafts: bool = False,
    headers: dict[str, str] | None = None,
    compress: bool = False,
    awards: str = '{"answers": {}}',
    worker: str = "",
) -> Manifest:
    """Write ``files`` to ``out`` and the manifest beside it, as a build does; return the manifest."""
    data = {path: text.encode() for path, text in files.items()}
    table = {path: _file(path, content, headers or {}, compress=compress) for path, content in data.items()}
    build = manifests.build_id(table)
    for path, text in {"build.json": json.dumps({"build_id": build}), "sw.js": f"// release {build}{worker}"}.items():
        data[path] = text.encode()
        table[path] = _file(path, data[path], headers or {}, compress=False)
    manifest = Manifest(build_id=build, errors=errors, drafts=drafts, files=table)
    for path, content in data.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if table[path].encodings:
            (out / f"{path}.gz").write_bytes(gzip.compress(content, mtime=0))
    beside = out.with_name(f"{out.name}.release")
    beside.mkdir(parents=True, exist_ok=True)
    (beside / "manifest.json").write_bytes(manifests.encode(manifest))
    (beside / "awards.json").write_text(awards)
    return manifest


def _file(path: str, content: bytes, headers: dict[str, str], *, compress: bool) -> File:
    suffix = path.rpartition(".")[2]
    packed = gzip.compress(content, mtime=0)
    encodings = {"gzip": Encoding(f"{path}.gz", sha(packed), len(packed))} if compress and suffix in TYPES else {}
    phase = {"asset": 1, "page": 2, "data": 4, "worker": 5}[kind(path)]
    return File(
        sha(content), len(content), TYPES.get(suffix, "application/octet-stream"), headers, kind(path), phase, encodings
    )
