"""What a build has made, put beside the pages until all of it can move."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from builder.io.write import write_file
from builder.manifest import File
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
