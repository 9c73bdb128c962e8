"""A site's folders and settings: found and read once, at the door, into frozen values."""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from builder.errors import UsageError
from builder.model import Site

# The tool's own folder: its theme, its locks, its sample site.
HOME = Path(__file__).resolve().parents[2]


class Request(NamedTuple):
    """What the command line asked for; ``readable`` is a server's: scripts and styles as they were written."""

    site: Path | None = None
    content: Path | None = None
    out: Path = Path("dist")
    cache: Path = Path(".cache")
    release: bool = False
    strict: bool = False
    drafts: bool = False
    base_url: str | None = None
    jobs: int = 0
    use_cache: bool = True
    verify: bool = False
    analyze: bool = False
    write: bool = True
    readable: bool = False


class Roots(NamedTuple):
    """The folders a site is made of; templates and assets each have the site's own over the tool's."""

    content: Path
    templates: tuple[Path, ...]
    assets: tuple[Path, ...]


def locked_tools() -> bytes:
    """Return the lock of what the builder is made with, which stands for those versions in keys; nothing without."""
    lock = HOME / "requirements" / "build.txt"
    return lock.read_bytes() if lock.is_file() else b""


def find_roots(request: Request) -> Roots:
    """Return the site's folders; raise ``UsageError`` where there is no content."""
    here = Path.cwd()
    site = request.site or (here if (here / "content").is_dir() else HOME)
    if request.site and not request.site.is_dir():
        raise UsageError(
            f"There is no folder {request.site}", hint="--site names a folder with content/, templates/ or assets/."
        )
    content = request.content or site / "content"
    if not content.is_dir():
        raise UsageError(
            f"There is no folder {content}",
            hint="Name the folder of your Markdown with --content, or start one with: python3 build.py new site PATH",
        )
    own = request.site or (site if request.content is None else None)
    return Roots(content, _over(own, "templates"), _over(own, "assets"))


def folders_of(request: Request) -> tuple[Path, ...]:
    """Return every folder in which a change may change the site, also those that are not there yet."""
    site = request.site or (Path.cwd() if (Path.cwd() / "content").is_dir() else HOME)
    own = () if request.site is None and request.content is not None else (site / "templates", site / "assets")
    found = (request.content or site / "content", *own, HOME / "templates", HOME / "assets")
    return tuple({folder.resolve(): folder for folder in found}.values())


def _over(site: Path | None, name: str) -> tuple[Path, ...]:
    default = HOME / name
    own = site / name if site else default
    return (own, default) if own.resolve() != default.resolve() and own.is_dir() else (default,)


_TEXTS = ("title", "description", "language", "base_url", "api_url", "author", "edit_url", "logo")
_TABLES = ("extra", "markdown", "assets", "images", "budgets", "security", "offline", "theme")
_LISTS = ("languages", "achievements")
_KEYS: dict[str, type] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(_TABLES, dict),
    **dict.fromkeys(_LISTS, list),
}


def read_site(roots: Roots, request: Request, source: bytes | None) -> tuple[Site, dict[str, Any]]:
    """Return the settings and the whole of site.toml; raise ``UsageError`` at the line of what is wrong in it."""
    values: dict[str, Any] = {}
    place = str(roots.content / "site.toml")
    if source is not None:
        try:
            values = tomllib.loads(source.decode("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            hint = "docs/authoring.md has a whole one to begin with."
            raise UsageError(f"site.toml cannot be read: {error}", place=place, hint=hint) from error
    for key, value in values.items():
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            raise UsageError(
                f"Unknown setting `{key}`",
                place=f"{place}:{_line(source, key)}",
                hint=f"Did you mean `{near[0]}`?" if near else "Your own values go under [extra].",
            )
        if not isinstance(value, _KEYS[key]):
            name, example = _NAMES[_KEYS[key]]
            hint = f"Such as {example.format(key)}"
            raise UsageError(f"`{key}` should be {name}", place=f"{place}:{_line(source, key)}", hint=hint)
    for key, value in values.items():
        _check_names(key, value, place, source)
        _check(key, value, f"{place}:{_line(source, key)}")
    markdown = values.get("markdown", {})
    engine = markdown.get("engine", "comrak")
    if engine not in ("comrak", "python-markdown"):
        raise UsageError(
            f"There is no Markdown engine `{engine}`",
            place=f"{place}:{_line(source, 'engine')}",
            hint="Use comrak or python-markdown.",
        )
    base_url = (request.base_url if request.base_url is not None else values.get("base_url", "")).rstrip("/")
    parts = urlsplit(base_url)
    if base_url and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise UsageError(f"`{base_url}` is no base URL", hint="Write it whole, such as https://example.org/course")
    site = Site(
        title=values.get("title", ""),
        description=values.get("description", ""),
        language=values.get("language", "en"),
        languages=tuple(values.get("languages", ())),
        base_url=base_url,
        base_path=parts.path,
        api_url=values.get("api_url", ""),
        author=values.get("author", ""),
        edit_url=values.get("edit_url", ""),
        logo=values.get("logo", ""),
        engine=engine,
        extensions=tuple(markdown.get("extensions", ())),
        configured=source is not None,
        day=build_day(),
        drafts=request.drafts,
        release=request.release,
        extra=values.get("extra", {}),
    )
    return site, values


# What tables hold that no other room looks into.
_WITHIN = {"markdown": ("engine", "extensions"), "assets": ("base_url",)}
# A language is a part of addresses and of files' names.
_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def _check_names(key: str, value: Any, place: str, source: bytes | None) -> None:
    for name in value if key in _WITHIN else ():
        if name not in _WITHIN[key]:
            hint = f"There is {' and '.join(_WITHIN[key])}."
            where = f"{place}:{_line(source, name)}"
            raise UsageError(f"Unknown setting `{key}.{name}`", place=where, hint=hint)


def _check(key: str, value: Any, place: str) -> None:
    """Raise ``UsageError`` for what no setting can hold, whatever it is for."""
    if _is_beyond(value):
        raise UsageError(f"`{key}` holds a number of more than 64 bits", place=place, hint="Put it in quotes.")
    tags = [value] if key == "language" else value if key == "languages" else []
    for tag in tags:
        if not (isinstance(tag, str) and _LANGUAGE.fullmatch(tag)):
            raise UsageError(f"`{tag}` is no language", place=place, hint='Write its tag, such as "en" or "pt-BR".')
    names = value.get("extensions", []) if key == "markdown" else []
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise UsageError("`markdown.extensions` should be a list", place=place, hint='Such as extensions = ["toc"]')


def _is_beyond(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_is_beyond, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not -(2**63) <= value < 2**63


# What kinds of values are called, and how one is written.
_NAMES: dict[Any, tuple[str, str]] = {
    str: ("text", '{0} = "…"'),
    list: ("a list", '{0} = ["…", "…"]'),
    dict: ("a table", "[{0}] on a line of its own, its settings below"),
}


def _line(source: bytes | None, key: str) -> int:
    for number, line in enumerate((source or b"").decode("utf-8", "replace").splitlines(), 1):
        if line.strip().lstrip("[").startswith(key):
            return number
    return 1


def build_day() -> str:
    """Return the day of the build, from ``SOURCE_DATE_EPOCH`` or the clock (UTC)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch else dt.datetime.now(dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH is not a moment: {epoch}", hint="It counts seconds since 1970.") from error
    return moment.date().isoformat()
