"""The environment variables that fill the settings: one table, from which they are read.

Five names are the field's own (``DATABASE_URL``, ``REDIS_URL``, ``REDIS_CACHE_URL``, ``SECRET_KEY``, ``RATE_LIMITS``),
the others begin with ``EDGE_``. An ``EDGE_`` name that is not in the table is refused, so that a typing error never
becomes a silent default. The table in docs/operations.md is held to ``SETTINGS`` by a test.
"""

from __future__ import annotations

import difflib
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from edge_api.settings import Secret, Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MINIMUM_SECRET = 32


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


_NAMES = frozenset(setting.name for setting in SETTINGS)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _NAMES, 1)
    return f"{name} is no setting." + (f" Did you mean {near[0]}?" if near else "")
