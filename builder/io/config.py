"""A site's folders and settings: found and read once, at the door, into frozen values."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from builder.errors import SettingError, UsageError
from builder.model import Site
from builder.text.settings import in_place, mistakes_in, read_settings
from builder.text.toml import Way

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


# A language is a part of addresses and of files' names.
Tag = Annotated[str, msgspec.Meta(pattern="^[A-Za-z][A-Za-z0-9_-]*$")]


class Settings(msgspec.Struct, frozen=True):
    """What a site.toml may hold; the tables are their rooms' own affair."""

    title: str = ""
    description: str = ""
    language: Tag = "en"
    languages: tuple[Tag, ...] = ()
    base_url: str = ""
    api_url: str = ""
    author: str = ""
    edit_url: str = ""
    logo: str = ""
    achievements: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = {}
    markdown: dict[str, Any] = {}
    assets: dict[str, Any] = {}
    images: dict[str, Any] = {}
    budgets: dict[str, Any] = {}
    security: dict[str, Any] = {}
    offline: dict[str, Any] = {}
    theme: dict[str, Any] = {}


class MarkdownSettings(msgspec.Struct, frozen=True):
    """``[markdown]``: which engine reads the pages, and what it loads."""

    engine: Literal["comrak", "python-markdown"] = "comrak"
    extensions: tuple[str, ...] = ()


_HINTS = {
    **dict.fromkeys(("language", "languages"), 'Write its tag, such as "en" or "pt-BR".'),
    "achievements": "Each begins with [[achievements]] on a line of its own.",
    "engine": "Use comrak or python-markdown.",
    "extensions": 'Such as extensions = ["toc"]',
}


def read_site(
    roots: Roots, request: Request, source: bytes | None, others: Callable[[dict[str, Any]], list[SettingError]]
) -> tuple[Site, dict[str, Any]]:
    """Return the settings and the whole of site.toml; raise ``Mistakes`` with the place of what is wrong in it.

    ``others`` finds what is wrong in other rooms' tables: where something is wrong here, all of it is said at once.
    """
    folder = str(roots.content)
    text, values = read_settings(source, folder) if source is not None else ("", {})
    wrong = [*_mistakes(values)]
    if wrong:
        raise in_place([*wrong, *others(values)], text, folder)
    base_url = (request.base_url if request.base_url is not None else values.get("base_url", "")).rstrip("/")
    if not _is_address(base_url):
        raise UsageError(f"`{base_url}` is no base URL", hint=_WHOLE)
    site = Site(
        title=values.get("title", ""),
        description=values.get("description", ""),
        language=values.get("language", "en"),
        languages=tuple(values.get("languages", ())),
        base_url=base_url,
        base_path=urlsplit(base_url).path,
        api_url=values.get("api_url", ""),
        author=values.get("author", ""),
        edit_url=values.get("edit_url", ""),
        logo=values.get("logo", ""),
        engine=values.get("markdown", {}).get("engine", "comrak"),
        extensions=tuple(values.get("markdown", {}).get("extensions", ())),
        configured=source is not None,
        day=build_day(),
        drafts=request.drafts,
        release=request.release,
        extra=values.get("extra", {}),
    )
    return site, values


_WHOLE = "Write it whole, such as https://example.org/course"


def _is_address(base_url: str) -> bool:
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return False
    return not base_url or (parts.scheme in ("http", "https") and bool(parts.netloc))


def _mistakes(values: dict[str, Any]) -> Iterator[SettingError]:
    """Yield what is wrong with the settings but for the tables of other rooms."""
    yield from mistakes_in(values, Settings, (), _HINTS)
    markdown = values.get("markdown")
    if isinstance(markdown, dict):
        yield from mistakes_in(markdown, MarkdownSettings, ("markdown",), _HINTS)
    base_url = values.get("base_url")
    if isinstance(base_url, str) and not _is_address(base_url):
        yield SettingError(f"`{base_url}` is no base URL", ("base_url",), hint=_WHOLE)
    for way in _beyond(values, ()):
        yield SettingError(f"`{way[0]}` holds a number of more than 64 bits", way, hint="Put it in quotes.")


def _beyond(value: Any, way: Way) -> Iterator[Way]:
    """Yield the ways to numbers that no file of ours can hold."""
    if isinstance(value, dict | list):
        for part, held in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _beyond(held, (*way, part))
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield way


def build_day() -> str:
    """Return the day of the build, from ``SOURCE_DATE_EPOCH`` or the clock (UTC)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch else dt.datetime.now(dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH is not a moment: {epoch}", hint="It counts seconds since 1970.") from error
    return moment.date().isoformat()
