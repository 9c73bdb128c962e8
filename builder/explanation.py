"""What is known of one file or page, as one value: shown to people or printed as JSON."""

from __future__ import annotations

import msgspec

from builder.errors import CoursewrightError

Lists = dict[str, tuple[str, ...]]

# Names of one kind that a terminal is told; the JSON has them all.
SHOWN = 12


class Explanation(msgspec.Struct, frozen=True):
    """The document of ``explain --json``; what does not apply is empty."""

    path: str
    kind: str
    url: str = ""
    title: str = ""
    reason: str = ""
    stale: bool = False
    outputs: tuple[str, ...] = ()
    depends_on: Lists = {}
    needed_by: Lists = {}
    version: int = 1


def as_text(found: Explanation) -> str:
    """Return an explanation for the terminal."""
    lines = [
        f"{found.path}: {found.kind}"
        + (f" “{found.title}”" if found.title else "")
        + (f" at {found.url}" if found.url else "")
    ]
    if found.reason:
        lines.append(f"  last made because: {found.reason}")
    if found.stale:
        lines.append("  it has changed since the last build")
    lines += [f"  makes: {name}" for name in found.outputs]
    for title, lists in (("depends on", found.depends_on), ("needed by", found.needed_by)):
        for kind, names in lists.items():
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            lines.append(f"  {title} {kind.replace('_', ' ')} ({len(names)}): {', '.join(names[:SHOWN])}{more}")
    return "\n".join(lines)


def to_json(found: Explanation) -> bytes:
    """Return the document of ``explain --json``."""
    return msgspec.json.encode(found)


def error_to_json(error: CoursewrightError) -> bytes:
    """Return the document of ``explain --json`` where nothing can be explained."""
    told = {"message": error.message, "place": error.place, "hint": error.hint, "exit": error.exit_code}
    return msgspec.json.encode({"version": 1, "error": told})
