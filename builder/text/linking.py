"""References resolved: the text that takes the place of each one that was cut out of a page."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from html import escape

from builder.model import PLAIN, Offer, Published, Ref
from builder.text.picture import html
from builder.text.table import Table, Target, embedded, find
from builder.text.urls import is_external, page_stem

_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(\s+[\d.]+[wx])?\s*(?:,|$)")


def candidates(srcset: str) -> list[tuple[str, str]]:
    """Return the addresses of a ``srcset``, each with its descriptor."""
    return [(url, descriptor) for url, descriptor in _CANDIDATE.findall(srcset)]


def resolve(refs: tuple[Ref, ...], source: str, table: Table, published: Mapping[str, Published]) -> tuple[str, ...]:
    """Return the text for each reference of a page."""
    pictures = 0
    values = []
    links: dict[tuple[str, str], str] = {}
    for ref in refs:
        if ref.kind == "image":
            pictures += 1
            values.append(_image(ref, find(ref.target, source, table), table, published, first=pictures == 1))
        elif ref.kind == "embed":
            target = embedded(ref.target, source, table)
            pictures += target.kind == "file"
            shown = _image(ref, target, table, published, first=pictures == 1)
            values.append(shown if target.kind == "file" else ref.before)
        elif ref.kind == "link":
            written = (ref.target, ref.after)
            if written not in links:
                links[written] = _link(ref, source, table, published)
            values.append(links[written])
        elif ref.kind == "srcset":
            values.append(ref.before + escape(_srcset(ref.target, source, table, published)) + ref.after)
        elif ref.kind == "wiki":
            values.append(_wiki(ref, source, table))
        else:
            url = _url(find(ref.target, source, table), ref.target, table, published)
            values.append(ref.before + escape(url) + ref.after)
    return tuple(values)


def _url(target: Target, written: str, table: Table, published: Mapping[str, Published]) -> str:
    if target.kind == "page":
        return table.pages.get(target.path, "") + target.tail
    if target.kind == "folder":
        return table.folders[target.path] + target.tail
    if target.kind == "file" and target.path in published:
        return published[target.path].url + target.tail
    return written


def _link(ref: Ref, source: str, table: Table, published: Mapping[str, Published]) -> str:
    target = find(ref.target, source, table)
    url = _url(target, ref.target, table, published)
    download = ""
    if target.kind == "file" and "download" not in ref.after:
        download = f' download="{escape(posixpath.basename(target.path))}"'
    return f' href="{escape(url)}"{ref.after}{download}'


def _image(ref: Ref, target: Target, table: Table, published: Mapping[str, Published], *, first: bool) -> str:
    found = published.get(target.path) if target.kind == "file" else None
    if found is None or not found.offers:
        offers: tuple[Offer, ...] = (Offer(_url(target, ref.target, table, published), "", "", 0, "", 0),)
    else:
        offers = found.offers[-1:] if ref.before == PLAIN else found.offers
    width, height = (found.width, found.height) if found else (0, 0)
    colors = found.colors if found else ()
    return html(width, height, offers, column=table.column, first=first, attributes=ref.after, colors=colors)


def _srcset(value: str, source: str, table: Table, published: Mapping[str, Published]) -> str:
    out = []
    for url, descriptor in candidates(value):
        out.append((url if is_external(url) else _url(find(url, source, table), url, table, published)) + descriptor)
    return ", ".join(out)


def _wiki(ref: Ref, source: str, table: Table) -> str:
    from builder.text.wiki import fragment

    name, _, place = ref.target.partition("#")
    target = find(name, source, table) if name else Target("missing", "")
    path = target.path if target.kind == "page" else table.names.get(page_stem(name).lower(), "")
    if path not in table.pages:
        return ref.after
    return f'<a href="{escape(table.pages[path] + fragment(place))}">{ref.before}</a>'
