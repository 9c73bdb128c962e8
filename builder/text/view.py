"""What a template sees of a page and of the site: plain values, made by ``builder.text.views``."""

from __future__ import annotations

from builder.model import Struct


class Entry(Struct, frozen=True, array_like=True):
    """A page in a list: a link with what stands beside it."""

    title: str
    url: str
    kind: str = "lesson"
    description: str = ""
    minutes: int = 0
    lessons: int = 0
    date: str = ""
    id: str = ""
    item: str = ""


class Section(Struct, frozen=True, array_like=True):
    """A part of a course, with the pages in it."""

    page: Entry
    pages: tuple[Entry, ...]


class Nav(Struct, frozen=True, array_like=True):
    """What all pages of a stretch share: their siblings, the way down to them, and the top level of their course.

    ``path`` are the pages from the course's top level (one of ``modules``) to ``parent``, both included.
    """

    parent: Entry | None
    path: tuple[Entry, ...]
    siblings: tuple[Entry, ...]
    before: int
    after: int
    course: Entry | None
    modules: tuple[Entry, ...]
    earlier: int
    more: int


class Alternate(Struct, frozen=True, array_like=True):
    """The same page in another language."""

    language: str
    url: str
    title: str


class PageView(Struct, frozen=True, array_like=True):
    """One page, as templates see it under ``page``."""

    title: str
    url: str
    kind: str
    template: str
    canonical: str
    language: str
    direction: str
    description: str
    id: str
    course: str
    crumbs: tuple[Entry, ...]
    previous: Entry | None
    next: Entry | None
    children: tuple[Entry, ...]
    translations: tuple[Alternate, ...]
    tags: tuple[tuple[str, str], ...]
    tagged: tuple[Entry, ...]
    date: str
    minutes: int
    edit_url: str
    image: str
    hidden: bool
    authors: tuple[str, ...] = ()
    json_ld: str = ""
    item: str = ""
    xp: int = 0
    contents: tuple[Section, ...] = ()


class Security(Struct, frozen=True, array_like=True):
    """What a site says of its pages' policy: whether an author's own code is refused, and what all may load.

    ``trusted_types`` is whether scripts may make elements of text by the theme's own rules only.
    """

    strict: bool = False
    sources: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - msgspec copies defaults
    trusted_types: bool = True


class Shell(Struct, frozen=True, array_like=True):
    """What all pages share, as templates see it under ``site``."""

    title: str
    description: str
    language: str
    base_url: str
    base_path: str
    at: dict[str, dict[str, str]]
    api_url: str
    logo: str
    top: dict[str, tuple[Entry, ...]]
    feed: str
    assets: dict[str, str]
    preloads: dict[str, tuple[str, ...]]
    generator: str
    extra: dict[str, object]
    worker: bool = True
    security: Security = Security()
