"""The build on disk: refused where it is unfinished or damaged, and checked by digest as it is read."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from builder import manifest as manifests
from builder.errors import DeployRefused, UsageError
from builder.io.deploy.store import Body
from builder.manifest import Manifest

# Up to this size a file is read once, checked and sent from memory; a larger one is sent in parts from the disk.
IN_MEMORY = 16 << 20
_NAMED = 5  # a message lists so many files, then says how many more


class Build(NamedTuple):
    """A finished build: its folder, its manifest and that document's bytes, and the edge's two files."""

    out: Path
    manifest: Manifest
    document: bytes
    edge: dict[str, bytes]


def load(out: Path) -> Build:
    """Return the build at ``out``; refuse one with errors, with drafts, or that is not what its manifest says."""
    beside = out.with_name(f"{out.name}.release")
    try:
        document = (beside / "manifest.json").read_bytes()
        manifest = manifests.decode(document)
    except FileNotFoundError as error:
        raise UsageError(
            "There is no build to deploy.",
            place=str(beside / "manifest.json"),
            hint="Run build.py build --release first.",
        ) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise _damaged(beside / "manifest.json", str(error)) from error
    if manifest.errors:
        count = f"{manifest.errors} content error" + ("s" if manifest.errors > 1 else "")
        raise DeployRefused(f"This build has {count}.", hint="Run build.py check, mend them, and build again.")
    if manifest.drafts:
        raise DeployRefused("This build contains drafts.", hint="Build again without --drafts.")
    if manifests.build_id(manifest.files) != manifest.build_id:
        raise _damaged(beside / "manifest.json", "its build id is not that of its files")
    _check(out, manifest)
    edge = {"catalog.json": out / "catalog.json", "awards.json": beside / "awards.json"}
    return Build(out, manifest, document, {name: path.read_bytes() for name, path in edge.items() if path.exists()})


def body(build: Build, source: str, digest: str) -> Body:
    """Return the bytes of a built file, which must be those the manifest promises."""
    path = build.out / source
    try:
        size = path.stat().st_size
        if size <= IN_MEMORY:
            data = path.read_bytes()
            found = Body(hashlib.sha256(data).hexdigest(), len(data), data)
        else:
            with path.open("rb") as file:
                found = Body(hashlib.file_digest(file, "sha256").hexdigest(), size, None, path)
    except OSError as error:
        raise _damaged(path, str(error.strerror)) from error
    if found.digest != digest:
        raise _damaged(path, "its bytes are not those the manifest names")
    return found


def _check(out: Path, manifest: Manifest) -> None:
    """Look at every file's size before anything is sent; digests are checked as the bytes are read."""
    wanted = {path: file.size for path, file in manifest.files.items()}
    for file in manifest.files.values():
        wanted |= {variant.path: variant.size for variant in file.encodings.values()}
    wrong: list[str] = []
    for path, size in sorted(wanted.items()):
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not path or "\\" in path:
            raise _damaged(out, f"the manifest names a path outside the site: {path}")
        try:
            if (out / path).stat().st_size != size:
                wrong.append(path)
        except OSError:
            wrong.append(path)
    if wrong:
        listed = ", ".join(wrong[:_NAMED]) + (f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else "")
        raise _damaged(out, f"missing or of another size than built: {listed}")


def _damaged(place: Path, what: str) -> DeployRefused:
    return DeployRefused(f"The build is damaged: {what}.", place=str(place), hint="Run build.py build --release again.")
