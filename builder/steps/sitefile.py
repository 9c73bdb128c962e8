"""The site-wide files: catalogue and awards, sitemap, feed, robots, redirects, the app's manifest."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from builder.model import Item, Outline, Site
from builder.text.items import course_id, item_of, lesson_id, original_of
from builder.text.policy import secured
from builder.text.urls import href
from builder.text.views import Views


def catalog(views: Views, outlines: dict[str, Outline]) -> bytes:
    """Return catalog.json: courses, modules, lessons, quizzes and exercises, in reading order."""
    layout, language = views.layout, views.site.language
    places = layout.places
    courses: dict[int, dict[str, Any]] = {}
    modules: dict[int, dict[str, Any]] = {}
    for number, place in enumerate(places):
        if place.kind == "course":
            courses[number] = {
                "id": course_id(place),
                "url": views.hrefs[number],
                "title": place.title,
                "description": place.description,
                "lang": place.language,
                "modules": [],
            }
            original = original_of(number, layout, language)
            if original != number:
                courses[number]["original"] = course_id(places[original])
        elif place.course in courses and place.source:
            module = _module(number, views)
            if module not in modules:
                modules[module] = {
                    "id": _inside(module, views),
                    "url": views.hrefs[module],
                    "title": places[module].title,
                    "lessons": [],
                }
                courses[place.course]["modules"].append(modules[module])
            modules[module]["lessons"].append(_lesson(number, views, outlines[place.source]))
    return _json({"version": 1, "courses": list(courses.values())})


def _module(number: int, views: Views) -> int:
    """Return the page under whose heading a lesson stands: the nearest folder's, itself included."""
    places = views.layout.places
    while places[number].kind not in ("module", "course"):
        number = places[number].parent
    return number


def _inside(number: int, views: Views) -> str:
    place = views.layout.places[number]
    return place.url.removeprefix(views.layout.places[place.course].url).strip("/")


def _lesson(number: int, views: Views, outline: Outline) -> dict[str, Any]:
    place = views.layout.places[number]
    return {
        "id": lesson_id(place),
        "url": views.hrefs[number],
        "title": place.title,
        "xp": place.xp,
        "minutes": max(1, views.minutes(number)),
        "quizzes": [
            {"id": item.id, "title": item.title, "xp": item.xp, "kind": _kind(item)}
            for item in outline.items
            if item.kind != "exercise"
        ],
        "exercises": [
            {"id": item.id, "title": item.title, "xp": item.xp} for item in outline.items if item.kind == "exercise"
        ],
    }


def _kind(item: Item) -> str:
    if item.kind == "trace":
        return "trace"
    return "multiple" if len(item.answers) > 1 else "single"


def awards(
    views: Views, outlines: dict[str, Outline], retired: tuple[str, ...], achievements: list[dict[str, Any]]
) -> bytes:
    """Return awards.json: what is worth what, and the right answers; for the edge only."""
    items: dict[str, dict[str, Any]] = {}
    aliases: dict[str, str] = {}
    layout, language = views.layout, views.site.language
    places, former = layout.places, _former(views)
    # What is said twice, in two languages, holds as the site's own language says it.
    for place in sorted(places, key=lambda place: place.language != language):
        lesson = item_of(place, layout, language)
        if not lesson:
            continue
        outline = outlines[place.source]
        course = lesson.partition("/")[0]
        own = f"{course_id(places[place.course])}/{lesson_id(place)}"
        items.setdefault(lesson, {"kind": "lesson", "course": course, "xp": place.xp})
        for item in outline.items:
            entry: dict[str, Any] = {"kind": item.kind, "course": course, "xp": item.xp}
            if item.kind == "quiz" and item.answers:
                entry["answers"] = list(item.answers)
            elif item.kind == "trace" and item.answer:
                entry["answer"] = item.answer
            elif item.kind != "exercise":
                continue
            items.setdefault(f"{lesson}#{item.id}", entry)
        for old in (*former.get(href(place.url), ()), *((own,) if own != lesson else ())):
            aliases[old] = lesson
            aliases.update({f"{old}#{item.id}": f"{lesson}#{item.id}" for item in outline.items})
    return _json(
        {
            "version": 1,
            "items": items,
            "aliases": {old: new for old, new in aliases.items() if old not in items and new in items},
            "retired": sorted(retired),
            "achievements": achievements,
            "levels": {"step": 100},
        }
    )


def _former(views: Views) -> dict[str, list[str]]:
    """Return for each page that has moved the lessons' names that its former URLs gave it."""
    courses = {place.url: course_id(place) for place in views.layout.places if place.kind == "course"}
    found: dict[str, list[str]] = {}
    for url, target in views.layout.redirects:
        names = url.strip("/").split("/")
        # A course that has gone, too, was one or (in another language) two names deep.
        depth = 2 if names[0] in views.site.languages and names[0] != views.site.language else 1
        above = ("/".join(["", *names[:length], ""]) for length in range(len(names) - 1, 0, -1))
        home = next((course for course in (*above, "/") if course in courses), f"/{'/'.join(names[:depth])}/")
        lesson = url.removeprefix(home).strip("/").replace("#", "-").replace(" ", "-")
        if lesson:
            course = courses.get(home) or home.strip("/").replace("/", "-").replace(" ", "-")
            found.setdefault(target, []).append(f"{course}/{lesson}")
    return found


# What the sitemaps protocol allows of one file; the frame around the addresses is taken off the bytes.
SITEMAP_URLS = 50_000
SITEMAP_BYTES = 50 * 1024 * 1024 - 200


def sitemaps(views: Views) -> dict[str, bytes]:
    """Return sitemap.xml by its name; of a site too large for one file its parts, and in its place their index.

    Translations are named by the pages alone: here each would name each.
    """
    origin = views.site.base_url.removesuffix(views.site.base_path)
    parts: list[list[str]] = [[]]
    room = SITEMAP_BYTES
    for url, place in zip(views.hrefs, views.layout.places, strict=True):
        day = f"<lastmod>{place.date[:10]}</lastmod>" if place.date else ""
        row = f"<url><loc>{escape(origin + url)}</loc>{day}</url>"
        # An address is percent-encoded: a character of it is a byte.
        room -= len(row) + 1
        if room < 0 or len(parts[-1]) == SITEMAP_URLS:
            parts.append([])
            room = SITEMAP_BYTES - len(row) - 1
        parts[-1].append(row)
    if len(parts) == 1:
        return {"sitemap.xml": _sitemap("urlset", parts[0])}
    # They stand beside the index: one may only name what lies at its own level or below.
    named = {f"sitemap-{number}.xml": _sitemap("urlset", part) for number, part in enumerate(parts, 1)}
    rows = [f"<sitemap><loc>{escape(f'{views.site.base_url}/{name}')}</loc></sitemap>" for name in named]
    return {**named, "sitemap.xml": _sitemap("sitemapindex", rows)}


def _sitemap(kind: str, rows: list[str]) -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return (head + "\n".join(rows) + f"\n</{kind}>\n").encode()


# A feed reader asks for what is new, not for a course of a thousand lessons.
FEED_LENGTH = 50


def feed(views: Views) -> bytes:
    """Return feed.xml: an Atom feed of the dated pages, newest first."""
    site = views.site
    origin = site.base_url.removesuffix(site.base_path)
    dated = sorted(
        (number for number, place in enumerate(views.layout.places) if place.date),
        key=lambda number: (views.layout.places[number].date, -number),
        reverse=True,
    )
    entries = []
    for number in dated[:FEED_LENGTH]:
        place, url = views.layout.places[number], origin + views.hrefs[number]
        summary = f"<summary>{escape(place.description)}</summary>" if place.description else ""
        entries.append(
            f'<entry><title>{escape(place.title)}</title><link href="{escape(url)}"/><id>{escape(url)}</id>'
            f"<updated>{_moment(place.date)}</updated>{summary}</entry>"
        )
    updated = _moment(views.layout.places[dated[0]].date) if dated else "1970-01-01T00:00:00Z"
    address = origin + site.base_path
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(site.title)}</title><id>{escape(address)}/</id><updated>{updated}</updated>"
        f'<link href="{escape(address)}/"/><link rel="self" href="{escape(address)}/feed.xml"/>'
        f"<author><name>{escape(site.author or site.title)}</name></author>\n" + "\n".join(entries) + "\n</feed>\n"
    ).encode()


def _moment(date: str) -> str:
    return date if "T" in date else f"{date}T00:00:00Z"


def robots(site: Site) -> bytes:
    """Return robots.txt."""
    lines = ["User-agent: *", "Allow: /"]
    if site.base_url:
        lines.append(f"Sitemap: {site.base_url}/sitemap.xml")
    return ("\n".join(lines) + "\n").encode()


def redirects(views: Views) -> bytes:
    """Return _redirects: one line an alias, in the form that static hosts read."""
    base = views.site.base_path
    return "".join(f"{base}{href(old)} {base}{new} 301\n" for old, new in views.layout.redirects).encode()


def redirect_page(new: str, title: str) -> bytes:
    """Return the page at an old URL, for hosts that do not read _redirects; a fragment is kept by the script."""
    url = escape(new)
    script = "location.replace(document.querySelector('link').href+location.hash)"
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<link rel="canonical" href="{url}"><meta name="robots" content="noindex"><script>{script}</script>'
        f'<meta http-equiv="refresh" content="0; url={url}"></head>'
        f'<body><p>This page has moved to <a href="{url}">{escape(title)}</a>.</p></body></html>\n'
    )
    return secured(page).encode()


def web_manifest(site: Site, icon: str) -> bytes:
    """Return manifest.webmanifest, so that the course can be installed."""
    icons = [{"src": icon, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}] if icon else []
    home = site.base_path + "/"
    return _json(
        {
            "name": site.title,
            "short_name": site.title[:24],
            "description": site.description,
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#3b4cca",
            "icons": icons,
        }
    )


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
