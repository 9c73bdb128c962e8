"""What a build has made, put beside the pages until all of it can move: site-wide files, assets, their siblings."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from builder.errors import UsageError
from builder.io.write import write_file
from builder.manifest import File
from builder.stages.work import Work
from builder.stages.workshop import Workshop


def stage(
    shop: Workshop, made: Mapping[str, bytes], sources: Mapping[str, Path], entries: Mapping[str, File]
) -> dict[str, str]:
    """Put what is new beside the pages that are staged already; a release is measured even where none is written."""
    staged: dict[str, str] = {}
    if not (shop.request.write or shop.request.release):
        return staged
    present, staging = shop.present, shop.folder.staging
    for path in (*made, *sources):
        if path not in present or present[path].digest != entries[path].digest:
            staged[path] = "file-" + hashlib.sha256(path.encode()).hexdigest()[:16]
            if path in made:
                write_file(staging / staged[path], made[path])
            else:
                shutil.copyfile(sources[path], staging / staged[path])
    return staged


def reader(
    shop: Workshop, entries: Mapping[str, File], made: Mapping[str, bytes], staged: Mapping[str, str]
) -> Callable[[str], bytes]:
    """Return what gives the bytes of a file of this release: made just now, staged, or in the output folder already."""

    def read(path: str) -> bytes:
        if path in made:
            return made[path]
        if path in staged:
            try:
                return (shop.folder.staging / staged[path]).read_bytes()
            except FileNotFoundError:
                pass  # shown already, ahead of its commit
        data = (shop.folder.out / path).read_bytes()
        if hashlib.sha256(data).hexdigest() != entries[path].digest:
            raise UsageError(f"{shop.folder.out / path} is not what the last build wrote", hint="Build with --verify.")
        return data

    return read


def finish(
    shop: Workshop, work: Work, entries: dict[str, File], made: Mapping[str, bytes], staged: Mapping[str, str]
) -> tuple[dict[str, File], dict[str, str]]:
    """Stage what was made and return the entries and all that is staged, with compressed siblings for the public."""
    staged = {**staged, **stage(shop, made, {}, entries)}
    if not shop.request.release:
        return entries, staged
    from builder.stages.compression import add_siblings

    entries, siblings = add_siblings(work, entries, shop.encoded(), reader(shop, entries, made, staged))
    return entries, {**staged, **siblings}
