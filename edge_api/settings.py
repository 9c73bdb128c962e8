"""What an operator may set, as one frozen value that is read once, when a process starts (``edge_api.environment``)."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import msgspec

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class SettingsError(Exception):
    """A setting is unknown, wrong or missing; the message says which and what would be right."""


class Secret(str):
    """A string that never shows itself in a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('…')"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the edge can be told; the defaults are those of one machine and no configuration."""

    data: Path = Path(".edge")
    catalog: Path = Path("dist/catalog.json")
    awards: Path = Path("dist.release/awards.json")
    database_url: Secret = Secret("")
    redis_url: Secret = Secret("")
    redis_cache_url: Secret = Secret("")
    secret_key: Secret = Secret("")
    origin: str = ""
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    rate_limits: bool = True
    instances: int = 1
    active_days: int = 30
    board_default: str = "visible"
    pool: int = 10
    concurrency: int = 64
    queue: int = 256
    streams: int = 2000
    poll_seconds: float = 15.0
    body_seconds: float = 10.0
    drain_seconds: float = 1.0
    statement_ms: int = 5000
    redis_ms: int = 100
    cache_entries: int = 4096
    cache_megabytes: int = 32
    debug: bool = False
    log: str = "info"

    @property
    def shared(self) -> bool:
        """Whether other instances may use the same database."""
        return bool(self.database_url)

    @property
    def secure(self) -> bool:
        """Whether learners come over TLS, so that the cookie is ``__Host-`` and Secure."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """The session cookie's name: bound to host and TLS by its prefix, plain on loopback only."""
        return "__Host-session" if self.secure else "session"

    @property
    def networks(self) -> tuple[Network, ...]:
        """The proxies whose word about a client's address is taken."""
        return tuple(ipaddress.ip_network(name) for name in self.proxies if name != "unix")
