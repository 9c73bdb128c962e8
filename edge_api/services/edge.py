"""All services of an instance, introduced to each other once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from edge_api.data_folder import prepare, secret
from edge_api.keys import Sealer, name_of_fleet
from edge_api.services.accounts import Accounts
from edge_api.services.boards import Boards, Source
from edge_api.services.cache.cache import Cache
from edge_api.services.cache.memory import Memory
from edge_api.services.cache.relay import Relay
from edge_api.services.cache.tally import Tally
from edge_api.services.clock import Clock
from edge_api.services.documents import Documents
from edge_api.services.feed import Feed
from edge_api.services.ledger import Ledger
from edge_api.services.live import Hub
from edge_api.services.passkeys import Passkeys
from edge_api.services.redis_boards import RedisBoards
from edge_api.services.session_cache import SessionCache, SessionRows, SessionSource
from edge_api.services.sessions import Sessions
from edge_api.services.sql_boards import SqlBoards
from edge_api.services.standings import Standings
from edge_api.settings import Settings
from edge_api.stores import engines, updates
from edge_api.stores.answers import Answers
from edge_api.stores.database import Database
from edge_api.stores.limits import MemoryLimiter, NoLimiter, Rate, SharedLimiter
from edge_api.stores.redis import Reader, Redis

if TYPE_CHECKING:
    from edge_api.metrics import Metrics
    from edge_api.services.scoring import Book


class Limiter(Protocol):
    """Counts requests against rates."""

    async def take(self, rate: Rate, key: str, /) -> float:
        """Take one token; return 0, or how many seconds to wait for one."""


class Edge(msgspec.Struct, frozen=True):
    """What endpoints may ask."""

    settings: Settings
    database: Database
    clock: Clock
    documents: Documents
    limiter: Limiter
    sessions: Sessions
    ledger: Ledger
    boards: Boards
    accounts: Accounts
    passkeys: Passkeys
    live: Hub
    feed: Feed
    cache: Cache
    relay: Relay
    tally: Tally
    standings: Standings | None = None
    session_cache: SessionCache | None = None
    redis: Redis | None = None
    redis_cache: Redis | None = None
    """The response cache's own, or the same one."""

    @property
    def redises(self) -> tuple[Redis, ...]:
        """Every Redis there is, once."""
        return tuple(dict.fromkeys(each for each in (self.redis, self.redis_cache) if each is not None))


def connect(settings: Settings) -> Database:
    """Return the doors to the database that the settings name; nothing is asked of it yet."""
    if settings.database_url:
        return engines.postgresql(settings.database_url, settings.pool, settings.statement_ms)
    prepare(settings.data)
    return engines.sqlite(settings.data / "edge.sqlite3")


def connect_redis(settings: Settings, fleet: str = "") -> tuple[Redis | None, Redis | None]:
    """Return the Redis of the settings and the cache's, which may be the same; nothing is asked of them yet."""
    if not settings.redis_url:
        return None, None

    def redis(url: str, name: str) -> Redis:
        # A connection for each request at work: nobody waits for one while Redis keeps up.
        places = settings.concurrency
        return Redis(url, name=name, milliseconds=settings.redis_ms, connections=places, fleet=fleet)

    first = redis(settings.redis_url, "redis")
    return first, redis(settings.redis_cache_url, "redis-cache") if settings.redis_cache_url else first


def assemble(settings: Settings, metrics: Metrics) -> Edge:
    """Return the services that these settings describe."""
    documents = Documents(settings.catalog, settings.awards)
    database = connect(settings)
    database.waited = partial(metrics.observe, "db_client_connection_wait_time_seconds")
    sealing = secret(settings)
    fleet = name_of_fleet(sealing)
    redis, redis_cache = connect_redis(settings, fleet)
    clock = Clock(database)
    memory = Memory(settings.cache_entries, settings.cache_megabytes << 20)
    answers = Answers(redis_cache) if redis_cache is not None else None
    standings = None if redis is None else Standings(database, redis, clock)
    rows = SessionRows(database)
    session_cache = None if redis is None else SessionCache(rows, redis)
    relay = Relay(database, memory, answers, metrics, projection=standings, copies=session_cache)
    session_source: SessionSource = session_cache or rows
    source: Source = SqlBoards(database)
    if redis is not None and standings is not None and session_cache is not None:
        source = RedisBoards(database, redis, standings, SqlBoards(database), relay)
        database.followers += [session_cache.follow, standings.follow]
    # After copies and projections: what is made from then on is made from what is new.
    database.recorder = relay.record
    database.followers.append(relay.deliver)
    hub = Hub(settings.streams)
    # Whoever hears of a change here asks here: what is remembered from before must not be the answer.
    hub.hearing = relay.hear
    # The reader blocks on a connection of its own until there is an update; three times that is a Redis that is hung.
    patience = int(3000 * updates.BLOCK_SECONDS)
    url = settings.redis_url
    reader = Reader(url, name="updates", milliseconds=patience, connections=1, fleet=fleet) if redis else None
    feed = Feed(hub, database, redis, reader, settings.poll_seconds)
    # Last: whoever hears that a board has changed must not read what others still have to forget.
    database.followers.append(feed.follow)

    def book() -> Book:
        return documents.book

    return Edge(
        settings=settings,
        database=database,
        clock=clock,
        documents=documents,
        limiter=_limiter(settings, redis),
        sessions=Sessions(database, clock, session_source, settings.board_default),
        ledger=Ledger(database, book, settings.active_days),
        boards=Boards(source, clock, Sealer(sealing), book),
        accounts=Accounts(database, settings.active_days),
        passkeys=Passkeys(database, book, settings.active_days),
        live=hub,
        feed=feed,
        standings=standings,
        session_cache=session_cache,
        redis=redis,
        redis_cache=redis_cache,
        cache=Cache(memory, answers, relay, metrics),
        relay=relay,
        tally=Tally(answers, metrics),
    )


def _limiter(settings: Settings, redis: Redis | None) -> Limiter:
    if not settings.rate_limits:
        return NoLimiter()
    alone = MemoryLimiter(instances=settings.instances)
    return alone if redis is None else SharedLimiter(redis, alone)
