"""A Redis of its own for the response cache: it hangs, and neither an old answer nor an old board is seen."""

from __future__ import annotations

import msgspec
import pytest

from edge.clients import HELLO, STORAGE, Site, event, wait_until
from edge.pairs import site_of
from edge_api.settings import Secret, Settings
from servers import Redis


def shown(site: Site) -> list[int]:
    """Return the points on the board as anybody sees them."""
    return [each["xp"] for each in site.browser().get("/api/leaderboard").json()["entries"]]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_while_the_caches_redis_hangs_changes_wait_and_everybody_sees_them(settings: Settings) -> None:
    """Sessions and limits go on by the other one; when it returns nobody is shown what it had kept from before."""
    with Redis() as shared, Redis() as kept:
        urls = {"redis_url": Secret(shared.url), "redis_cache_url": Secret(kept.url)}
        settings = msgspec.structs.replace(settings, redis_ms=150, **urls)
        with site_of(settings) as one, site_of(settings) as two:
            sites = (one, two)
            browser = one.account(event(HELLO))
            wait_until(lambda: shown(two) == [10] and not any(each.app.state.edge.relay.distrust for each in sites))
            kept.freeze()
            browser.tell(event(STORAGE))
            wait_until(lambda: all(each.app.state.edge.relay.distrust == "undelivered" for each in sites))
            wait_until(lambda: shown(two) == [20])
            (degraded,) = two.browser().get("/readyz").json()["degraded"]
            assert degraded.startswith("redis-cache down")
            wait_until(lambda: two.app.state.edge.redis.state == "ok")
            kept.thaw()
            seen: list[list[int]] = []

            def told() -> bool:
                seen.extend(shown(each) for each in sites)
                return not any(each.app.state.edge.relay.distrust for each in sites)

            wait_until(told)
            assert seen == [[20]] * len(seen)
            assert (shown(one), shown(two)) == ([20], [20])
