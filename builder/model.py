"""The frozen values that flow between the rooms.

A page is remembered in three parts, because three readers ask for them at different rates:

    Outline   what other pages and the site's files can see of it (title, order, tags, quizzes …)
    Links     what it points at, what can be pointed at, and what was wrong with it
    Body      its HTML in pieces, between which the resolved references go
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from builder.errors import Problem

Kind = Literal["home", "course", "module", "lesson", "tag", "tags"]


class Struct(msgspec.Struct, frozen=True, array_like=True):
    """A frozen value, stored as an array: keys would be half of a record."""


class Choice(Struct, frozen=True, array_like=True):
    """One choice of a quiz: whether it is right, its HTML, and the HTML of what is said when it is taken."""

    right: bool
    html: str
    feedback: str = ""


class Item(Struct, frozen=True, array_like=True):
    """A quiz, an exercise or a trace of a page, as the catalogue and the awards need it."""

    id: str
    kind: Literal["quiz", "exercise", "trace"]
    title: str
    xp: int
    answers: tuple[int, ...] = ()
    choices: int = 0
    answer: str = ""
    line: int = 0


class Outline(Struct, frozen=True, array_like=True):
    """What others can see of a page; an edit that leaves it equal concerns nobody else."""

    title: str = ""
    titled: bool = False  # by front matter or a heading, not by its file name
    description: str = ""
    order: float | None = None
    id: str = ""
    slug: str = ""
    draft: bool = False
    date: str = ""
    expires: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    layout: str = ""
    image: str = ""
    xp: int | None = None
    authors: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    summary: tuple[SummaryEntry, ...] = ()
    at: dict[str, int] = {}


class SummaryEntry(Struct, frozen=True, array_like=True):
    """One line of a SUMMARY.md: how deep, what it is called, which file it names (empty: a part's title)."""

    depth: int
    title: str
    target: str


# In ``Ref.before`` of an author's own image that must stay a plain tag, since it may stand in a ``<picture>``.
PLAIN = "plain"


class Ref(Struct, frozen=True, array_like=True):
    """One reference of a page to something else, as written, with what must stand around it when it is resolved.

    ``kind`` says which text takes its place: ``link`` an href, ``image`` a whole ``<img>``, ``src`` an attribute of raw
    HTML, ``srcset`` a list of candidates, ``wiki`` a link and ``embed`` a picture in double brackets. ``before`` and
    ``after`` are the rest of its tag, or what else may stand there.
    """

    kind: Literal["link", "image", "src", "srcset", "wiki", "embed"]
    target: str
    before: str
    after: str = ""
    raw: bool = False
    alt: str | None = None


class Finding(Struct, frozen=True, array_like=True):
    """A reference that leads nowhere, before its place is looked up: the place's kind and ordinal, or the raw tag."""

    code: str
    message: str
    hint: str
    tag: str
    ordinal: int
    raw: str


class Offer(Struct, frozen=True, array_like=True):
    """One rendering of a picture as it is published: its address, its width, what the manifest says of it."""

    url: str
    name: str
    format: str
    width: int
    digest: str
    size: int


class Published(Struct, frozen=True, array_like=True):
    """A file of the content tree as the site has it: its URL, its size in pixels where it is an image.

    ``offers`` are a picture's renderings, ``colors`` what stands in its place until one is there, ``problems`` what was
    wrong with it; ``digest`` and ``size`` are the source's. A ``draft`` is shown as it lies there, and will be made.
    ``original`` is what those get who follow a link to a picture: without what it tells of its maker.
    """

    url: str
    digest: str
    width: int = 0
    height: int = 0
    size: int = 0
    offers: tuple[Offer, ...] = ()
    colors: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    draft: bool = False
    original: Offer | None = None


class Links(Struct, frozen=True, array_like=True):
    """What a page points at, the ids it offers, what was found wrong in it, and how long it takes to read."""

    refs: tuple[Ref, ...] = ()
    anchors: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    minutes: int = 1


class Heading(Struct, frozen=True, array_like=True):
    """One line of the table of contents; ``html`` is its text with inline markup, without links."""

    level: int
    id: str
    html: str


class Body(Struct, frozen=True, array_like=True):
    """A page's HTML: ``pieces`` has one entry more than the page has references; they interleave."""

    pieces: tuple[str, ...] = ("",)
    toc: tuple[Heading, ...] = ()
    titled: bool = False  # the text begins with a heading of its own
    description: str = ""
    features: tuple[str, ...] = ()  # what the page uses: code, math, quiz, exercise, tabs …
    extra: str = "{}"  # the author's own front matter, as JSON, for templates
    foreign: bool = False  # there is HTML in it which is not Markdown's own


class Include(Struct, frozen=True, array_like=True):
    """A file that a page names in ``file=`` and the like; ``text`` is nothing where there is no such file."""

    name: str
    path: str
    text: str | None


class PageSettings(Struct, frozen=True, array_like=True):
    """What of the site's settings a page's own HTML depends on."""

    engine: str = "comrak"
    extensions: tuple[str, ...] = ()
    configured: bool = False
    language: str = "en"
    words: dict[str, str | dict[str, str]] = {}


class Place(Struct, frozen=True, array_like=True):
    """Where a page stands in the site: its URL, its neighbours and its children, by index into ``Layout.places``.

    ``source`` is its file, empty for a page that was generated; ``course`` and ``parent`` are indexes, -1 for none.
    """

    source: str
    url: str
    kind: Kind
    title: str
    id: str = ""
    parent: int = -1
    course: int = -1
    previous: int = -1
    next: int = -1
    children: tuple[int, ...] = ()
    description: str = ""
    date: str = ""
    tags: tuple[str, ...] = ()
    layout: str = ""
    language: str = "en"
    translations: tuple[int, ...] = ()
    image: str = ""  # as written in front matter
    authors: tuple[str, ...] = ()
    xp: int = 0
    hidden: bool = False  # a badge in ``--drafts``: not for the public yet


class Layout(Struct, frozen=True, array_like=True):
    """The whole site's structure; ``redirects`` maps old URLs to new ones, ``unbuilt`` names pages that wait."""

    places: tuple[Place, ...] = ()
    redirects: tuple[tuple[str, str], ...] = ()
    unbuilt: tuple[str, ...] = ()
    tags: tuple[tuple[str, int, tuple[int, ...]], ...] = ()  # name, its page's index, its pages
    problems: tuple[Problem, ...] = ()


class Site(Struct, frozen=True, array_like=True):
    """The settings of a site, read once; everything a page or a site-wide file may depend on.

    ``base_url`` has no slash at its end; ``base_path`` is its path (``/docs``), or empty.
    """

    title: str = ""
    description: str = ""
    language: str = "en"
    languages: tuple[str, ...] = ()
    base_url: str = ""
    base_path: str = ""
    api_url: str = ""
    author: str = ""
    edit_url: str = ""
    logo: str = ""
    engine: str = "comrak"
    extensions: tuple[str, ...] = ()
    configured: bool = False  # a site.toml stands in content/
    day: str = ""
    drafts: bool = False
    release: bool = False
    extra: dict[str, Any] = {}
