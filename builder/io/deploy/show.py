"""What people and scripts see of a plan and of the releases."""

from __future__ import annotations

from collections import Counter
from typing import Any

from builder.io.deploy.inspection import Draft
from builder.steps.release.operation import Operation, Phase
from builder.steps.release.record import Record

_LISTED = 8  # lines per phase; the rest is counted
_TITLES = {
    Phase.STORE: "store assets and contents",
    Phase.EDGE: "deliver the edge API's files",
    Phase.NEW: "publish new pages",
    Phase.CHANGED: "publish changed pages",
    Phase.HOME: "publish the home page",
    Phase.DATA: "publish data and feeds",
    Phase.PURGE: "purge the CDN and wait",
    Phase.WORKER: "publish the service worker",
    Phase.REPURGE: "purge the service worker",
    Phase.SWITCH: "switch",
    Phase.DELETE: "delete",
    Phase.FORGET: "purge what was deleted",
}


def plan_text(target: str, plan: Draft) -> str:
    """Return the plan for a person: a heading, a block per phase, the sum."""
    before = plan.view.before[:12] if plan.view.before else "nothing"
    lines = [f"{target}: {before} → {plan.view.to[:12]}"]
    for phase in Phase:
        own = [operation for operation in plan.operations if operation.phase == phase]
        if own:
            lines.append(f"  {phase:>2} {_TITLES[phase]} ({_count(own)})")
            lines += [f"       {operation.do:<7} {operation.path}  {operation.why}" for operation in own[:_LISTED]]
            if len(own) > _LISTED:
                lines.append(f"       … and {len(own) - _LISTED} more")
    lines += [f"  note: {note}" for note in plan.notes]
    sent = sum(operation.bytes for operation in plan.operations if operation.do == "upload")
    lines.append(f"  {len(plan.operations)} operations, {size(sent)} to send")
    return "\n".join(lines)


def plan_json(target: str, before: str | None, to: str, operations: tuple[Operation, ...]) -> dict[str, Any]:
    """Return the plan as the document of ``--json``."""
    return {
        "version": 1,
        "target": target,
        "from": before,
        "to": to,
        "operations": [
            {"phase": int(one.phase), "do": one.do, "path": one.path, "why": one.why, "bytes": one.bytes}
            for one in operations
        ],
    }


def releases_json(record: Record | None) -> list[dict[str, Any]]:
    """Return the releases as the document of ``--releases --json``, the newest first."""
    if record is None:
        return []
    return [
        {
            "id": one.id,
            "at": one.at,
            "by": one.by,
            "files": one.files,
            "bytes": one.bytes,
            "live": one.id == record.live,
        }
        for one in reversed(record.releases)
        if not one.cut
    ]


def releases_text(record: Record | None) -> str:
    """Return the releases for a person, the newest first."""
    rows = releases_json(record)
    if not rows:
        return "Nothing was ever released to this target."
    lines = [
        f"{'*' if row['live'] else ' '} {row['id'][:12]}  {row['at']}  "
        f"{row['files']:>6} files  {size(row['bytes']):>9}  {row['by']}"
        for row in rows
    ]
    if record is not None and record.intent:
        lines.append("A deploy stopped half-way; deploy again, or go back with --rollback.")
    return "\n".join(lines)


def size(count: int) -> str:
    """Return a number of bytes for a person."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:  # noqa: PLR2004 - the step between decimal units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _count(operations: list[Operation]) -> str:
    return ", ".join(f"{count} {do}" for do, count in sorted(Counter(one.do for one in operations).items()))
