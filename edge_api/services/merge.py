"""What an anonymous learner did becomes the account's when they sign in: nothing lost, nothing counted twice.

Events move by their ids, awards by kind and reference (what the account has already earned is dropped with its
points), sums grow by what really moved, in the windows in which it was received. Both rows are locked, in one order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.services import visibility
from edge_api.services.gains import changes_of, gains_of
from edge_api.stores import learners, ledger
from edge_api.stores.writes import execute

if TYPE_CHECKING:
    from edge_api.services.scoring import Book
    from edge_api.stores.database import Connection
    from edge_api.stores.learners import Learner


async def merge(connection: Connection, guest: Learner, account: Learner, book: Book) -> None:
    """Move everything of a locked anonymous learner to a locked account, and forget the guest."""
    awards = _new(await ledger.awards(connection, guest.id), await ledger.awards(connection, account.id), book)
    events = await _new_events(connection, guest, account)
    achievements = await ledger.achievements(connection, guest.id)
    have = await ledger.achievements(connection, account.id)
    days = await ledger.days(connection, guest.id)
    await visibility.leave(connection, guest)
    await learners.forget(connection, guest.id)

    gains = gains_of(awards)
    had = await ledger.boards_of(connection, account.id, sorted({gain.period for gain in gains}))
    new = {name: at for name, at in achievements.items() if name not in have}
    await execute(
        connection,
        ledger.record(account.id, events),
        ledger.award(account.id, awards),
        ledger.add_days(account.id, days),
        ledger.earn(account.id, new),
        ledger.gain(account.id, gains, account.now // 1_000_000, listed=account.listed),
        learners.change(
            account.id,
            xp=account.xp + sum(award.points for award in awards),
            lessons=account.lessons + sum(award.kind == "lesson" for award in awards),
            achievements=account.achievements + len(new),
            pending=account.pending + sum(event.code == "unknown-item" for event in events),
            last_seq=account.last_seq + len(events),
            utc_offset=guest.utc_offset if guest.last_active_at > account.last_active_at else account.utc_offset,
            last_active_at=max(guest.last_active_at, account.last_active_at),
            # Pending events of both may have been judged by different awards: look at them once more.
            judged_with="",
        ),
    )
    if account.listed:
        await visibility.redraw(connection, account, changes_of(gains, had))


def _new(guests: list[ledger.Award], accounts: list[ledger.Award], book: Book) -> list[ledger.Award]:
    """Return the guest's awards for what the account has not earned under any of its names."""
    have = {(award.kind, book.present.get(award.ref, award.ref)) for award in accounts}
    return [award for award in guests if (award.kind, book.present.get(award.ref, award.ref)) not in have]


async def _new_events(connection: Connection, guest: Learner, account: Learner) -> list[ledger.Recorded]:
    events = await ledger.history(connection, guest.id, 0, guest.last_seq)
    known: set[str] = set()
    for start in range(0, len(events), 500):
        ids = [event.id for event in events[start : start + 500]]
        known |= await ledger.known(connection, account.id, ids)
    fresh = [event for event in events if event.id not in known]
    return [
        msgspec.structs.replace(event, seq=account.last_seq + position) for position, event in enumerate(fresh, start=1)
    ]
