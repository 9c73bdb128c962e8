"""What is known of one file or page: why it was made last, what it was made from, what is made from it.

Read from the memory of the last build; nothing is built. A path may be a file of the content, a template, an asset, or
a page or file of the site, as a URL or as it lies in the output folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from builder.engine import memory as memory_file
from builder.engine.store import Damaged, Store
from builder.errors import UsageError
from builder.explanation import Explanation
from builder.io.config import Request
from builder.io.write import Folder
from builder.known import Known
from builder.stages.ground import Ground, survey
from builder.stages.memory import Memory, memory_path, recall, recall_head


def explain(request: Request, path: str) -> Explanation:
    """Return what the last build knew of a path; raise ``UsageError`` where there was none or it knew nothing."""
    folder = Folder(request.out.absolute())
    ground = survey(request, folder)
    memory, out = _latest(request, ground)
    if memory is None or memory.layout is None:
        raise UsageError("There was no build yet", hint="Build first: python3 build.py")
    store = Store(request.cache)
    try:
        known = Known(ground, memory, out, store)
        for name in _names(path, ground, out):
            found = known.page(name) or known.theme(name) or known.file(name) or known.output(name)
            if found is not None:
                return found
    except (Damaged, msgspec.MsgspecError) as error:
        raise UsageError("The cache is damaged", hint="Build once more: python3 build.py") from error
    finally:
        store.close()
    raise UsageError(
        f"The last build knew no {path}", hint="Name a file of the content, templates/… or assets/…, or a page's URL."
    )


def _latest(request: Request, ground: Ground) -> tuple[Memory | None, Folder]:
    """Return the memory of the newest build of this content, of whatever kind it was, and its output folder."""
    live = request.cache.absolute() / "serve" / "dist"
    kinds = [
        request._replace(out=out, release=release, drafts=drafts, write=write)
        for out in (request.out, live)
        for release in (False, True)
        for drafts in (False, True)
        for write in (True, False)
    ]
    there = [
        (path.stat().st_mtime_ns, path, kind) for kind in kinds if (path := memory_path(kind, ground.roots)).is_file()
    ]
    if not there:
        return None, Folder(request.out.absolute())
    _, path, kind = max(there, key=lambda each: each[0])
    sections = memory_file.load(path)
    return recall(sections, recall_head(sections)), Folder(kind.out.absolute())


def _names(path: str, ground: Ground, out: Folder) -> Iterator[str]:
    """Yield what a path may mean: relative to the content, the site, the theme or the output, or a URL."""
    if path.startswith(("http://", "https://")):
        yield urlsplit(path).path
        return
    absolute = Path(path).resolve()
    roots: tuple[tuple[str, Path], ...] = (
        ("", ground.roots.content),
        *(("templates/", root) for root in ground.roots.templates),
        *(("assets/", root) for root in ground.roots.assets),
        ("", out.out),
    )
    for prefix, root in roots:
        if absolute.is_relative_to(root.resolve()):
            yield prefix + absolute.relative_to(root.resolve()).as_posix()
    yield path.removeprefix("./").removeprefix("content/")
    yield path
