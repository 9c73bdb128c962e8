"""Incarnations of Redis: which process, with which data, gave an answer.

An incarnation is named by two fields of INFO. A restart has another run id. A replica that becomes a primary keeps its
run id and gets another replication id, for its data are another server's, and may be older than what it had itself.
"""

from __future__ import annotations

from typing import Any

WHO = ("INFO", "server", "replication")
# Enough to tell two apart; the name stands in every entry.
_DIGITS = 12


def name(info: Any) -> str:
    """Return the name of the incarnation that an answer to ``WHO`` describes."""
    return f"{field(info, 'run_id')}-{field(info, 'master_replid')[:_DIGITS]}"


def field(info: Any, wanted: str) -> str:
    """Return a field of INFO."""
    text = info.decode() if isinstance(info, bytes) else str(info)
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(f"{wanted}:")), "")
