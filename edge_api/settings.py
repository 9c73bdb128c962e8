"""What an operator may set, read once at the door into one frozen value.

Five names are the field's own (``DATABASE_URL``, ``REDIS_URL``, ``REDIS_CACHE_URL``, ``SECRET_KEY``, ``RATE_LIMITS``),
the others begin with ``EDGE_``; an ``EDGE_``
name that is not listed here is refused, so that a typing error never becomes a silent default. The table in
docs/operations.md is held to ``SETTINGS`` by a test.
"""

from __future__ import annotations

import difflib
import ipaddress
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
MINIMUM_SECRET = 32


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


class Setting(msgspec.Struct, frozen=True):
    """One row of the table: the variable, the field it fills, how to read it, what it is for."""

    name: str
    field: str
    read: Callable[[str], Any]
    meaning: str


def _flag(text: str) -> bool:
    words = {"on": True, "1": True, "true": True, "yes": True, "off": False, "0": False, "false": False, "no": False}
    if text.lower() not in words:
        message = "on or off"
        raise ValueError(message)
    return words[text.lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _networks(text: str) -> tuple[str, ...]:
    for word in _words(text):
        if word != "unix":
            ipaddress.ip_network(word)
    return _words(text)


def _origin(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    host = parts.hostname or ""
    loopback = host in {"localhost", "127.0.0.1", "::1"}
    if parts.path or parts.query or not host or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        message = "https://host, without a path (http:// on loopback only)"
        raise ValueError(message)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            message = f"a whole number of at least {least}"
            raise ValueError(message)
        return int(text)

    return read


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 600:  # noqa: PLR2004 - ten minutes: longer than any of these waits makes sense
        message = "seconds, from 0 to 600"
        raise ValueError(message)
    return seconds


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            message = " or ".join(words)
            raise ValueError(message)
        return text

    return read


def _database(text: str) -> Secret:
    if text and not text.startswith(("postgresql://", "postgres://")):
        message = "postgresql://user:password@host/name; empty means SQLite in EDGE_DATA"
        raise ValueError(message)
    return Secret(text)


def _redis(text: str) -> Secret:
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        message = "redis://host:6379/0, rediss:// for TLS, or unix:///path/to/socket"
        raise ValueError(message)
    return Secret(text)


def _secret(text: str) -> Secret:
    if text and len(text) < MINIMUM_SECRET:
        message = f"at least {MINIMUM_SECRET} characters"
        raise ValueError(message)
    return Secret(text)


SETTINGS = (
    Setting("DATABASE_URL", "database_url", _database, "PostgreSQL; empty: SQLite in EDGE_DATA, one process."),
    Setting("REDIS_URL", "redis_url", _redis, "Redis or Valkey (redis://, rediss://, unix://); empty: none."),
    Setting("REDIS_CACHE_URL", "redis_cache_url", _redis, "Another one for the response cache; empty: REDIS_URL."),
    Setting(
        "SECRET_KEY",
        "secret_key",
        _secret,
        "Seals cursors; the same on every instance of a fleet, which needs it. Alone, one is made in EDGE_DATA.",
    ),
    Setting("RATE_LIMITS", "rate_limits", _flag, "off for load tests only."),
    Setting(
        "EDGE_INSTANCES",
        "instances",
        _count(1),
        "How many instances share the rate limits while Redis is away, or where there is none.",
    ),
    Setting("EDGE_DATA", "data", Path, "Folder of the SQLite file and the made secret."),
    Setting("EDGE_CATALOG", "catalog", Path, "catalog.json of the live build; read again when it changes."),
    Setting("EDGE_AWARDS", "awards", Path, "awards.json of the live build; read again when it changes."),
    Setting(
        "EDGE_ORIGIN",
        "origin",
        _origin,
        "Where learners see the site; its host is the passkeys' RP ID. Empty: plain HTTP on loopback.",
    ),
    Setting(
        "EDGE_HOSTS",
        "hosts",
        _words,
        "Further Host values that are answered; EDGE_ORIGIN's own always is, loopback where it is empty.",
    ),
    Setting(
        "EDGE_PROXIES", "proxies", _networks, "Networks (or unix) whose X-Forwarded-For is believed, commas between."
    ),
    Setting("EDGE_ACTIVE_DAYS", "active_days", _count(1), "Boards show who learned within so many days."),
    Setting(
        "EDGE_BOARD_DEFAULT",
        "board_default",
        _one_of("visible", "hidden"),
        "Whether a new account appears on boards before it says so; hidden for minors.",
    ),
    Setting("EDGE_POOL", "pool", _count(1), "Database connections of this instance."),
    Setting("EDGE_CONCURRENCY", "concurrency", _count(1), "Requests worked on at once."),
    Setting("EDGE_QUEUE", "queue", _count(0), "Requests that may wait for a place; more are answered 503."),
    Setting("EDGE_STREAMS", "streams", _count(0), "Streams of /api/live at once; a quarter of them for one address."),
    Setting(
        "EDGE_POLL_SECONDS",
        "poll_seconds",
        _seconds,
        "How often boards are looked at for changes of other instances that Redis did not bring.",
    ),
    Setting("EDGE_BODY_SECONDS", "body_seconds", _seconds, "How long a request's body may take to arrive."),
    Setting(
        "EDGE_DRAIN_SECONDS",
        "drain_seconds",
        _seconds,
        "How long a stopping instance answers 503 before it closes its door.",
    ),
    Setting("EDGE_STATEMENT_MS", "statement_ms", _count(1), "The longest a statement may run or wait for a lock."),
    Setting("EDGE_REDIS_MS", "redis_ms", _count(1), "The longest that an answer of Redis is waited for."),
    Setting("EDGE_CACHE_ENTRIES", "cache_entries", _count(0), "Answers that an instance remembers for a second."),
    Setting("EDGE_CACHE_MEGABYTES", "cache_megabytes", _count(0), "What they may weigh, in MiB."),
    Setting("EDGE_DEBUG", "debug", _flag, "Adds statements and durations to Server-Timing; never in public."),
    Setting("EDGE_LOG", "log", _one_of("debug", "info", "warning", "error"), "The least serious line that is logged."),
)


def read(environ: Mapping[str, str]) -> Settings:
    """Return the settings that ``environ`` holds, or raise one ``SettingsError`` that names all that is wrong."""
    wrong = [_unknown(name) for name in sorted(environ) if name.startswith("EDGE_") and name not in _NAMES]
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.name, "").strip()
        if not text:
            continue
        try:
            values[setting.field] = setting.read(text)
        except ValueError as error:
            shown = "" if isinstance(getattr(Settings(), setting.field), Secret) else f" is {text!r}"
            wrong.append(f"{setting.name}{shown}: expected {error}.")
    settings = Settings(**values)
    if settings.shared and not settings.secret_key:
        wrong.append("SECRET_KEY is missing: every instance that shares DATABASE_URL needs the same one.")
    if settings.redis_cache_url and not settings.redis_url:
        wrong.append("REDIS_URL is missing: REDIS_CACHE_URL is a second one, for the cache alone.")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


def secret(settings: Settings) -> bytes:
    """Return the secret, making and keeping one in the data folder where a single instance has none."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data / "secret"
    prepare(settings.data)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_bytes()


def prepare(folder: Path) -> None:
    """Make the data folder, kept out of version control and away from other users of the machine."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")


_NAMES = frozenset(setting.name for setting in SETTINGS)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _NAMES, 1)
    return f"{name} is no setting." + (f" Did you mean {near[0]}?" if near else "")
