"""The service worker's file, and the lists by which it saves a course.

The worker is a template with the values of this release in it (the head of ``builder/stages/sw.js`` has the messages,
the values and the form of a list). A list names every page and asset of a course with its size: pages by digest, so
that only those that changed are fetched again; assets by name, which is digest enough. Of a picture's renderings one is
saved, and the list says for which others it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from builder.model import Published

# The literal that a template has where the values go; a string, so that the template is a script by itself.
PLACE = b'"{{ release }}"'

# What is no part of saving a course: films and archives are for reading online, or for a download of their own.
LARGE = 20_000_000

# A rendering that every browser of the last five years shows.
SAVED_AS = "webp"


class Course(msgspec.Struct, frozen=True):
    """A course as the worker knows it: what it is called, where it begins, its list, and how much it is."""

    title: str
    url: str
    list: str
    bytes: int


class Release(msgspec.Struct, frozen=True):
    """The values of a release in its worker; the offline page comes first in ``shell``."""

    id: str
    base: str
    assets: tuple[str, ...]
    api: str
    offline: str
    shell: tuple[tuple[str, str], ...]
    courses: dict[str, Course]


def fill(template: bytes, release: Release) -> bytes:
    """Return the worker's script for a release; the template is returned as it is where it has no place for values."""
    return template.replace(PLACE, msgspec.json.encode(release), 1)


def offline_list(
    course: str,
    title: str,
    url: str,
    pages: Mapping[str, tuple[str, int]],
    assets: Mapping[str, int],
    pictures: Mapping[str, str],
) -> tuple[bytes, int]:
    """Return a course's list, and how many bytes all of it is."""
    total = sum(size for _, size in pages.values()) + sum(assets.values())
    document: dict[str, Any] = {
        "version": 1,
        "course": course,
        "title": title,
        "url": url,
        "bytes": total,
        "pages": dict(sorted(pages.items())),
        "assets": dict(sorted(assets.items())),
        "pictures": dict(sorted(pictures.items())),
    }
    return msgspec.json.encode(document) + b"\n", total


def saved_picture(found: Published) -> tuple[str, int, tuple[str, ...]]:
    """Return the rendering that is saved of a picture, its size, and those that it stands in for."""
    modern = [offer for offer in found.offers if offer.format == SAVED_AS]
    chosen = max(modern, key=lambda offer: offer.width) if modern else found.offers[-1]
    return chosen.url, chosen.size, tuple(offer.url for offer in found.offers if offer is not chosen)
