"""Front matter fields: which there are, what each may hold, and the words other tools use for them.

``FIELDS`` is the whole table: a reader per field, which returns the value or nothing where it is of the wrong kind.
A wrong value is an error at its line; an unknown key is worth a warning only on a site that was made for this tool.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import msgspec

from builder.errors import Severity
from builder.model import Item, Outline
from builder.text.findings import Findings
from builder.text.frontmatter import FrontMatter, iso_date
from builder.text.urls import LONGEST, ROOMY, fitting

# So much of a wrong value is said again.
SHOWN = 40
# Words a minute of a careful reader of technical text.
READING_SPEED = 200

_SLUG = re.compile(r"[^\s/?#%\\<>\"']+")


def _text(value: Any) -> str | None:
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


# Beyond this a number is a slip, and one that is none (``.nan``) has no order.
_MOST = 10**12


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if -_MOST < value < _MOST else None
    return _digits(value)


def _digits(value: Any) -> float | None:
    return float(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value.strip()) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(part, (str, int, float)) for part in value):
        return tuple(dict.fromkeys(str(part).strip() for part in value if str(part).strip()))
    return () if value is None else None


def _tags(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list):
        return _texts([part.get("label", part.get("name")) if isinstance(part, dict) else part for part in value])
    return _texts(value)


def _authors(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list):
        names = [part.get("name", "") if isinstance(part, dict) else part for part in value]
        return _texts(names)
    return _texts([value.get("name", "")] if isinstance(value, dict) else value)


def _slug(value: Any) -> str | None:
    text = _text(value)
    return text if text is not None and _SLUG.fullmatch(text) and text.strip(".") and fitting(text) == text else None


def _aliases(value: Any) -> tuple[str, ...] | None:
    """Return addresses; each part of one becomes a folder or a file, beside which compressed ones stand."""
    texts = _texts(value)
    fit = all(fitting(part, ROOMY) == part for text in texts or () for part in text.split("/"))
    return texts if fit else None


def _table(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


FIELDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "title": (_text, "text"),
    "description": (_text, "text"),
    "order": (_number, "a number"),
    "id": (_text, "text"),
    "slug": (_slug, f"one URL segment, without blanks or slashes, of at most {LONGEST} bytes"),
    "draft": (_flag, "true or false"),
    "date": (iso_date, "a date such as 2026-01-31"),
    "expires": (iso_date, "a date such as 2026-01-31"),
    "tags": (_tags, "a list of words"),
    "layout": (_text, "the name of a template"),
    "image": (_text, "the path of an image"),
    "aliases": (_aliases, f"a list of URLs, no part of them longer than {ROOMY} bytes"),
    "minutes": (_whole, "a whole number"),
    "xp": (_whole, "a whole number"),
    "authors": (_authors, "a list of names"),
    "extra": (_table, "a table of your own values"),
}
# What other tools call the same thing.
SYNONYMS = {"weight": "order", "nav_order": "order", "sidebar_position": "order", "author": "authors"}


class Fields(msgspec.Struct):
    """The fields of one page that were given and right; ``extra`` has the author's own."""

    values: dict[str, Any]
    at: dict[str, int]
    extra: dict[str, Any]

    @property
    def title(self) -> str:
        """The title that front matter gives, or nothing."""
        return str(self.values.get("title", ""))

    def minutes(self, words: int) -> int:
        """Return how long so many words take to read, or what front matter says of it."""
        return int(self.values.get("minutes") or max(1, round(words / READING_SPEED)))

    def outline(self, *, title: str, titled: bool, items: tuple[Item, ...]) -> Outline:
        """Return the page's outline from its fields and what its text has shown."""
        get = self.values.get
        return Outline(
            title=title,
            titled=titled,
            description=get("description", ""),
            order=get("order"),
            id=get("id", ""),
            slug=get("slug", ""),
            draft=get("draft", False),
            date=get("date", ""),
            expires=get("expires", ""),
            tags=get("tags", ()),
            aliases=get("aliases", ()),
            layout=get("layout", ""),
            image=get("image", ""),
            xp=get("xp"),
            authors=get("authors", ()),
            items=items,
            at={key: self.at[key] for key in ("slug", "id", "aliases", "image") if key in self.at},
        )


_HINTS = {"slug": "The last part of the address alone; whole addresses go under `aliases`."}


def read_fields(front: FrontMatter, findings: Findings, *, strict: bool) -> Fields:
    """Return a page's fields; what is wrong with them goes to the findings, at its line."""
    _look_at_block(front, findings, strict=strict)
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in front.values.items():
        name, line = SYNONYMS.get(key, key), front.at.get(key, 1)
        if name not in FIELDS:
            extra[key] = value
            if strict:
                _unknown(key, line, findings)
            continue
        if value is None:
            continue
        read, wanted = FIELDS[name]
        found = read(value)
        if found is None:
            message = f"`{key}` should be {wanted}, not {_show(value)}"
            hint = _HINTS.get(name, "")
            findings.add("front-matter", _severity(name, strict=strict), message, hint, line=line)
        else:
            values.setdefault(name, found)
            front.at.setdefault(name, line)
    given = values.pop("extra", {})
    return Fields(values, front.at, {**extra, **given})


def _look_at_block(front: FrontMatter, findings: Findings, *, strict: bool) -> None:
    """Say what is wrong with the block as a whole: it cannot be read, or keys stand in it twice."""
    if front.error:
        said, line, column, hint = front.error
        message = f"The front matter cannot be read: {said}"
        findings.add("front-matter", "error", message, hint, line=line, column=column)
    for key, line, column in front.again:
        message = f"`{key}` stands twice; the last one counts"
        severity = _severity(key, strict=strict)
        findings.add("front-matter", severity, message, "Keep one of them.", line=line, column=column)


def _unknown(key: str, line: int, findings: Findings) -> None:
    near = get_close_matches(key, [*FIELDS, *SYNONYMS], n=1, cutoff=0.6)
    hint = f"Did you mean `{near[0]}`? " if near else ""
    message = f"Unknown front matter key `{key}`"
    findings.add("front-matter-key", "warning", message, f"{hint}Your own values go under `extra`.", line=line)


def _severity(name: str, *, strict: bool) -> Severity:
    """Return how bad a wrong value is: other tools' values are no loss, but where they decide what is published."""
    return "error" if strict or name in ("slug", "draft", "date", "expires") else "warning"


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
