"""From file names to URLs, and back from what an author typed to a path: the rules of the contract, nothing else.

A URL is the path, each name made plain: number prefix off once, NFC, lower case, blanks and ``_`` to ``-``, and what is
not a letter, a digit, ``-`` or ``.`` dropped. Letters of any script stay; they are percent-encoded where they are
written.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from urllib.parse import quote, unquote

PAGE_SUFFIXES = (".md", ".markdown", ".mdx")
INDEX_STEMS = ("index", "readme", "_index")

# Every file system takes names of so many bytes. A name that came from one may have more in lower case, or composed.
LONGEST = 255
ROOMY = 240

_PREFIX = re.compile(r"^\d{1,3}[-_. ]+(?=\D)")
_NUMBER = re.compile(r"^(\d{1,3})[-_. ]+(?=\D)")
_PLAIN = re.compile(r"[a-z][a-z0-9-]*")
_DIGITS = re.compile(r"(\d+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

# Characters a path segment may carry unescaped in an href (RFC 3986 pchar, less the quotes and ampersand of HTML).
_SAFE = "/-._~!$()*+,;=:@"


def strip_prefix(name: str) -> str:
    """Return the name without its number prefix: ``02-Storage`` is ``Storage``, ``2024-01-05`` stays."""
    return _PREFIX.sub("", name, count=1)


def number_prefix(name: str) -> int | None:
    """Return the number a name begins with, where it is an order prefix."""
    match = _NUMBER.match(name)
    return int(match[1]) if match else None


def slugify(name: str) -> str:
    """Return one path segment made plain; ``page`` where nothing of the name may stay."""
    if _PLAIN.fullmatch(name):
        return fitting(name)
    out = []
    for char in unicodedata.normalize("NFC", name).lower():
        if char in " _-":
            out.append("-")
        elif char == "." or unicodedata.category(char)[0] in "LNM":
            out.append(char)
    slug = fitting("".join(out))
    # A segment of dots alone would climb or vanish; a name without a letter (an emoji) still needs a place.
    return slug if slug.strip(".-") else "page"


def fitting(slug: str, most: int = LONGEST) -> str:
    """Return a segment as a file system takes it: where it has too many bytes, what leaves room for a number."""
    return (
        slug if len(slug) < most // 4 or len(slug.encode()) <= most else slug.encode()[:ROOMY].decode(errors="ignore")
    )


def page_stem(name: str) -> str:
    """Return a page's file name without its Markdown suffix."""
    stem, suffix = posixpath.splitext(name)
    return stem if suffix.lower() in PAGE_SUFFIXES else name


def is_page(path: str) -> bool:
    """Tell whether a path names a Markdown page."""
    return path[-9:].lower().endswith(PAGE_SUFFIXES)


def index_rank(name: str) -> int | None:
    """Return how strongly a file name claims to be its folder's page (0 first), or nothing."""
    stem = page_stem(name).lower()
    return INDEX_STEMS.index(stem) if is_page(name) and stem in INDEX_STEMS else None


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Return a sort key that reads digits as numbers and ignores case: ``a2`` before ``a10``."""
    parts = _DIGITS.split(unicodedata.normalize("NFC", name).casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)


def href(path: str) -> str:
    """Return a site path percent-encoded for an attribute."""
    return path if path.isascii() and path.replace("/", "").replace("-", "").isalnum() else quote(path, safe=_SAFE)


def is_external(target: str) -> bool:
    """Tell whether a link leaves the site: a scheme, or a protocol-relative host."""
    return target.startswith("//") or bool(_SCHEME.match(target))


def split_target(target: str) -> tuple[str, str, str]:
    """Return a link's path (percent-decoded), its query with ``?`` and its fragment with ``#``."""
    rest, mark, fragment = target.partition("#")
    path, question, query = rest.partition("?")
    return unquote(path), question + query, mark + fragment


def join(folder: str, path: str) -> str | None:
    """Return the path seen from a folder, normalized, both relative to the root; nothing where it leaves the root.

    >>> join("a/b", "../c.md"), join("a", "/c.md"), join("a", "../../c.md")
    ('a/c.md', 'c.md', None)
    """
    if path and path[0] not in "./" and "/." not in path and "//" not in path:
        # Nearly every link: nothing in it climbs or repeats.
        return f"{folder}/{path}".rstrip("/") if folder else path.rstrip("/")
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
    normal = posixpath.normpath(joined) if joined else "."
    if normal == ".." or normal.startswith("../"):
        return None
    return "" if normal == "." else normal
