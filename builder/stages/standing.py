"""The pages that stand beside the lessons, without a place in the layout: what the theme needs whatever the course is.

404 and offline are one file each; search, profile and leaderboard stand once for each language of the site, under its
prefix. An address that the content has taken stays the content's, and the theme then links to nothing there.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from builder.engine.task import Task, task
from builder.model import Body, Site
from builder.stages.rendering import Theme
from builder.stages.theme import part
from builder.stages.work import Work, done
from builder.steps.render import render
from builder.text.urls import slugify
from builder.text.view import Alternate, Entry, PageView
from builder.text.views import Views, direction_of
from builder.text.words import Sources, words


class Standing(NamedTuple):
    """One such page: its template, the word in the catalogue that is its title, and whether it is one file only."""

    name: str
    title: str
    single: bool = False


STANDING = (
    Standing("404", "not_found", single=True),
    Standing("offline", "offline", single=True),
    Standing("search", "search"),
    Standing("profile", "progress"),
    Standing("leaderboard", "leaderboard"),
)


def prefixes(site: Site) -> dict[str, str]:
    """Return where each language of the site begins; the first has the root."""
    return {name: "" if name == site.language else f"/{slugify(name)}" for name in (site.language, *site.languages)}


# A save on a large site asks for them more than once, and they are the same as long as the views are.
@lru_cache(maxsize=1)
def addresses(views: Views) -> dict[str, dict[str, str]]:
    """Return for each language the site's ``name`` and where its pages are: home, tags, standing ones, "" for none."""
    site, taken = views.site, {place.url for place in views.layout.places}
    called = names(views)
    found = {}
    for language, prefix in prefixes(site).items():
        at = {"home": site.base_path + (f"{prefix}/" if f"{prefix}/" in taken else "/"), "name": called[language]}
        for page in STANDING:
            url = f"{prefix}/{page.name}/"
            free = url not in taken and (page.name != "leaderboard" or bool(site.api_url))
            at[page.name] = site.base_path + url if free and not page.single else ""
        found[language] = at
    # A language told from a folder's name has no standing pages of its own.
    tags: dict[str, str] = {}
    for place, url in zip(views.layout.places, views.hrefs, strict=True):
        found.setdefault(place.language, found[site.language])
        if place.kind == "tags":
            tags[place.language] = url
    return {language: {**at, "tags": tags.get(language, "")} for language, at in found.items()}


def names(views: Views) -> dict[str, str]:
    """Return what the site is called in each language: as its home there, where its own home bears the site's name."""
    site, places = views.site, views.layout.places
    name = site.title or places[0].title
    homes = [places[other] for other in places[0].translations] if places[0].title == name else []
    called = {home.language: home.title for home in homes if home.source}
    return {language: called.get(language, name) for language in prefixes(site)}


def tops(views: Views) -> dict[str, tuple[Entry, ...]]:
    """Return for each language the courses that its home leads to; those of the first where it has no home."""
    places = views.layout.places
    homes = {place.language: place for place in reversed(places) if place.kind == "home"}
    homes[views.site.language] = places[0]
    return {
        language: tuple(
            views.entries[child]
            for child in homes.get(language, places[0]).children[:12]
            if places[child].kind in ("course", "module")
        )
        for language in addresses(views)
    }


def standing_pages(work: Work, views: Views, theme: Theme) -> dict[str, bytes]:
    """Return the standing pages' files by path."""
    at = addresses(views)
    sources = msgspec.msgpack.decode(theme.templates.data, type=Sources)
    made: dict[str, Task] = {}
    for language, prefix in prefixes(work.site).items():
        said = words(sources, language, "page")
        for page in STANDING:
            url = at[language][page.name]
            path = f"{page.name}.html" if page.single else f"{prefix}/{page.name}/index.html".lstrip("/")
            if url or (page.single and not prefix):
                view = _view(views, page, language, url, str(said[page.title]))
                if not page.single:
                    view = msgspec.structs.replace(view, translations=_others(views, page))
                made[path] = _task(views, theme, view, f"{work.staging}/standing-{language}-{page.name}")
    for outcome in work.pool.run(made.values(), len(made)):
        done(outcome)
    return {path: Path(single.into).read_bytes() for path, single in made.items()}


def _task(views: Views, theme: Theme, view: PageView, into: str) -> Task:
    _, nav = views.nav(0)
    return task(render, view, (), Body(), nav, theme.shell, part(theme.templates, (view.kind,)), into=into)


def _others(views: Views, page: Standing) -> tuple[Alternate, ...]:
    """Return where the page is in each of the site's languages; nothing where it is in one alone."""
    at = addresses(views)
    found = [(language, at[language][page.name]) for language in prefixes(views.site)]
    alternates = tuple(Alternate(language, views.absolute(url), at[language]["name"]) for language, url in found if url)
    return alternates if len(alternates) > 1 else ()


def _view(views: Views, page: Standing, language: str, url: str, title: str) -> PageView:
    home, site = views.page(0), views.site
    return msgspec.structs.replace(
        home,
        kind=page.name,
        template=page.name,
        url=url or home.url,
        title=title,
        language=language,
        direction=direction_of(language),
        canonical=(site.base_url.removesuffix(site.base_path) + url if site.base_url else url) if url else "",
        description="",
        crumbs=(),
        children=(),
        contents=(),
        translations=(),
        tags=(),
        tagged=(),
        edit_url="",
        image="",
        hidden=False,
        item="",
        previous=None,
        next=None,
    )
