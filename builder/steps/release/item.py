"""The objects of a release: every published file with the headers it is to be served with.

A manifest says what was built; the target decides which precompressed variants it wants of it:

    edge     the CDN compresses; only what is too large for it is stored compressed
    rewrite  the CDN's function maps a request to ``<path>.br`` or ``<path>.gz``, so these keys always exist
    static   nginx looks for the siblings itself
"""

from __future__ import annotations

from typing import Literal

import msgspec

from builder.manifest import File, FileClass, Manifest

Encodings = Literal["edge", "rewrite", "static"]

# CloudFront compresses objects from 1,000 to 10,000,000 bytes; what is larger has to arrive compressed.
CDN_COMPRESSES_UP_TO = 10_000_000

# The same list stands in deploy/cloudfront/viewer-request.js and deploy/cloudflare/worker.js; a test compares them.
COMPRESSIBLE = ("css", "html", "js", "json", "mjs", "svg", "txt", "wasm", "webmanifest", "xml")

_HOUR_OF_TRUTH = "max-age=0, must-revalidate, s-maxage=300"  # a failed purge heals within five minutes
_CACHE_CONTROL: dict[FileClass, str] = {
    "asset": "public, max-age=31536000, immutable",
    "page": _HOUR_OF_TRUTH,
    "data": _HOUR_OF_TRUTH,
    "worker": "no-cache",
}
_TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "application/xml")


class Item(msgspec.Struct, frozen=True):
    """One object: its path in the site, the built file its bytes come from, and its headers (names in lower case)."""

    path: str
    source: str
    digest: str
    size: int
    headers: dict[str, str]
    class_: FileClass


def items(manifest: Manifest, encodings: Encodings, carried: frozenset[str]) -> dict[str, Item]:
    """Return what a target shall hold of ``manifest``, by path; headers it can't carry are left out."""
    found: dict[str, Item] = {}
    for path, file in sorted(manifest.files.items()):
        for item in _variants(path, file, encodings, compressed=_compressed(manifest)):
            kept = {name: value for name, value in item.headers.items() if name in carried}
            found[item.path] = msgspec.structs.replace(item, headers=kept)
    return found


def encodings_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the suffixes of the variants that the build made."""
    return tuple(sorted({_SUFFIX.get(name, name) for name in _compressed(manifest)}))


def uncarried(manifest: Manifest, carried: frozenset[str]) -> tuple[str, ...]:
    """Return the header names of ``manifest`` that a target can't carry, for the report."""
    return tuple(sorted({n.lower() for file in manifest.files.values() for n in file.headers} - carried))


def _compressed(manifest: Manifest) -> set[str]:
    return {name for file in manifest.files.values() for name in file.encodings}


def _variants(path: str, file: File, encodings: Encodings, *, compressed: set[str]) -> list[Item]:
    plain = Item(path, path, file.digest, file.size, _headers(file), file.class_)
    if encodings == "edge":
        brotli = file.encodings.get("br")
        if brotli is None or file.size <= CDN_COMPRESSES_UP_TO:
            return [plain]
        coded = plain.headers | {"content-encoding": "br"}
        return [Item(path, brotli.path, brotli.digest, brotli.size, coded, file.class_)]
    siblings = [
        Item(
            f"{path}.{_SUFFIX.get(name, name)}",
            sibling.path,
            sibling.digest,
            sibling.size,
            _coded(plain, name, encodings),
            file.class_,
        )
        for name, sibling in sorted(file.encodings.items())
    ]
    if encodings == "rewrite" and path.rpartition(".")[2] in COMPRESSIBLE:
        # The function can't look: where a variant didn't pay, the plain bytes stand under its key.
        siblings += [
            msgspec.structs.replace(plain, path=f"{path}.{_SUFFIX.get(name, name)}")
            for name in sorted(compressed - set(file.encodings))
        ]
    return [plain, *siblings]


_SUFFIX = {"gzip": "gz"}


def _coded(plain: Item, name: str, encodings: Encodings) -> dict[str, str]:
    if encodings == "static":
        return plain.headers
    return plain.headers | {"content-encoding": "gzip" if name == "gz" else name}


def _headers(file: File) -> dict[str, str]:
    kind = file.type
    if kind.startswith(_TEXT) and "charset" not in kind:
        kind += "; charset=utf-8"
    own = {name.lower(): value for name, value in file.headers.items()}
    return {"cache-control": _CACHE_CONTROL[file.class_]} | own | {"content-type": own.get("content-type", kind)}
