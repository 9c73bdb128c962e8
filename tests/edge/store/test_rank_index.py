"""Ranks on a large board: counted from the sample above, exact while nothing has changed, near the truth after that."""

from __future__ import annotations

from typing import Any

from edge.clients import HELLO, STORAGE, Site, event, wait_until
from edge.crowds import crowd
from edge_api.services.rank_index import RankIndexes
from edge_api.services.sql_boards import SqlBoards
from edge_api.stores import lines
from edge_api.stores.lines import Place

SIZE = 2 * lines.STEP + 77


def test_every_rank_from_a_rank_index_is_the_one_that_counting_gives(site: Site) -> None:
    """On samples and between them, before the first place and after the last, taken or not."""
    crowd(site, SIZE)
    edge = site.app.state.edge

    async def main() -> list[Any]:
        indexes = RankIndexes(edge.database)
        async with edge.database.read() as connection:
            revision, samples = await lines.samples(connection, "", "all")
            everybody = await lines.members(connection, "", "all", None, SIZE)
        assert samples == everybody[:: lines.STEP]
        nobody = [Place(9999, 0, "a"), Place(50, 0, "a"), Place(50, 2_000_000_000, "a"), Place(0, 0, "a")]
        places = [*everybody[::50], *samples, everybody[-1], *nobody]
        found = [await indexes.before("", "all", place, revision) for place in places]
        return [
            (before, sum(each.order < place.order for each in everybody))
            for place, (before, _) in zip(places, found, strict=True)
        ]

    found = site.client.run(main)
    assert [mine for mine, _ in found] == [counted for _, counted in found]


def test_what_learners_see_of_a_large_board_is_what_they_see_of_a_small_one(site: Site) -> None:
    """Every page and everybody's surroundings: equal values, and called exact."""
    crowd(site, SIZE)
    edge = site.app.state.edge

    async def main() -> list[tuple[Any, Any]]:
        large, small = SqlBoards(edge.database, exact_below=2), SqlBoards(edge.database)
        compared: list[tuple[Any, Any]] = []
        start: Place | None = None
        while True:
            page = await large.page("", "all", start, 100)
            compared.append((page, await small.page("", "all", start, 100)))
            if not page.more:
                break
            start = page.rows[-1].place
        for row in page.rows[:3]:
            around = (row.learner_id, "", "all", 7)
            compared.append((await large.around(*around), await small.around(*around)))
        return compared

    found = site.client.run(main)
    assert len(found) > SIZE // 100
    assert [mine for mine, _ in found] == [theirs for _, theirs in found]


def test_a_rank_of_a_board_that_moved_on_is_called_an_estimate(site: Site) -> None:
    """It is off by no more than the revision has moved, and exact again from the next index on; first pages are."""
    crowd(site, SIZE)
    edge = site.app.state.edge
    risen, mine = site.account(), site.account(event(HELLO))
    learner = site.learner_id(mine)
    sql_boards = SqlBoards(edge.database, RankIndexes(edge.database, lasts=0.0), exact_below=2)

    async def look() -> tuple[Any, ...]:
        top = await sql_boards.page("", "all", None, 1)
        return top, *(await sql_boards.around(learner, "", "all", 3))

    _, part, before = site.client.run(look)
    assert not part.approximate
    risen.tell(event(HELLO), event(STORAGE))
    top, part, after = site.client.run(look)
    assert (top.before, top.approximate) == (0, False)
    assert part.approximate
    assert abs(after.before - before.before) <= 1
    wait_until(lambda: not site.client.run(look)[1].approximate)
    assert site.client.run(look)[2].before == before.before + 1
