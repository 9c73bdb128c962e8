"""Incarnations of Redis: which process, with which data, in which era gave an answer.

    <run id>-<replication id>-<era>

A restart has another run id. A replica that becomes a primary keeps its run id and gets another replication id, for its
data are another server's, and may be older than what it had itself. A primary to which an instance comes back, which
has been with another one meanwhile, keeps both and has missed what was written there: whoever comes back begins an era.

So that no answer is taken for another incarnation's, each exchange ends with the question ``WHERE``: what was read
before it was read in the incarnation that it names, or in an earlier one, and then nothing of this one's is there.
"""

from __future__ import annotations

from typing import Any

from redis.exceptions import ReadOnlyError

from edge_api import keys

WHO = ("INFO", "server")
WHERE = (("INFO", "replication"), ("GET", keys.era()))
_PRIMARY, _DATA = b"role:master", b"master_replid:"
# Enough to tell two apart; the name stands in every entry.
_DIGITS = 12


def name(process: str, replication: bytes, era: bytes | None) -> str:
    """Return the name of the incarnation that the answers to ``WHERE`` describe; raise where they are a replica's."""
    if _PRIMARY not in replication:
        raise ReadOnlyError("READONLY a replica has answered")
    start = replication.index(_DATA) + len(_DATA)
    return f"{process}-{replication[start : start + _DIGITS].decode()}-{(era or b'').decode()}"


def source(named: str) -> str:
    """Return the process and the data of an incarnation, without its era."""
    return named.rpartition("-")[0]


def field(info: Any, wanted: str) -> str:
    """Return a field of INFO."""
    text = info.decode() if isinstance(info, bytes) else str(info)
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(f"{wanted}:")), "")
