"""A theme of a few lines: what the builder's tests build their courses with.

It shows everything that a page knows in words that a golden file can be read by, weighs nothing, and stays as it is
when the real theme grows. Catalogues of words are the real ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from builder.io.config import HOME

_BASE = """<!doctype html>
<html lang="{{ page.language }}" dir="{{ page.direction }}">
<head>
<meta charset="utf-8">
<title>{{ page.title }} · {{ site.title }}</title>
<link rel="canonical" href="{{ page.canonical }}">
<meta name="description" content="{{ description }}">
{% for other in page.translations %}
<link rel="alternate" hreflang="{{ other.language }}" href="{{ other.url }}">
{% endfor %}
</head>
<body data-kind="{{ page.kind }}" data-id="{{ page.id }}"{% if page.hidden %} data-hidden{% endif %}>
{% for crumb in page.crumbs %}
<a rel="up" href="{{ crumb.url }}">{{ crumb.title }}</a>
{% endfor %}
{{ outline }}
{% if not titled %}
<h1>{{ page.title }}</h1>
{% endif %}
{{ content }}
{% for child in page.children %}
<p><a href="{{ child.url }}">{{ child.title }}</a></p>
{% endfor %}
{% for found in page.tagged %}
<p><a href="{{ found.url }}">{{ found.title }}</a></p>
{% endfor %}
{% for name, url in page.tags %}
<a rel="tag" href="{{ url }}">{{ name }}</a>
{% endfor %}
{% if page.previous %}
<a rel="prev" href="{{ page.previous.url }}">{{ page.previous.title }}</a>
{% endif %}
{% if page.next %}
<a rel="next" href="{{ page.next.url }}">{{ page.next.title }}</a>
{% endif %}
</body>
</html>
"""
_OUTLINE = '{% for entry in nav.siblings %}<a href="{{ entry.url }}">{{ entry.title }}</a>{% endfor %}'
_KINDS = (
    *("home", "course", "module", "lesson", "tag", "tags"),
    *("404", "offline", "search", "profile", "leaderboard"),
)


def write_theme(folder: Path) -> None:
    """Write the theme's templates/ and assets/ into a folder."""
    templates = folder / "templates"
    shutil.copytree(HOME / "templates" / "i18n", templates / "i18n")
    (templates / "base.html").write_text(_BASE)
    (templates / "outline.html").write_text(_OUTLINE)
    for kind in _KINDS:
        (templates / f"{kind}.html").write_text('{% extends "base.html" %}')
    for worker in ("sw.js", "sw-off.js"):
        (templates / worker).write_text('const release = "{{ release }}";\nself.release = release;\n')
    (folder / "assets" / "css").mkdir(parents=True)
    (folder / "assets" / "css" / "site.css").write_text("body { margin: 0 }\n")
