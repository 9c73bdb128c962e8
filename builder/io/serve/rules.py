"""The site's own ``_headers`` and ``_redirects``, read as static hosts read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Rules(NamedTuple):
    """Headers by the pattern of the paths that get them; targets and statuses by the path that leads to them."""

    headers: tuple[tuple[str, str, str], ...] = ()
    redirects: Mapping[str, tuple[str, int]] = {}

    def headers_of(self, path: str) -> dict[str, str]:
        """Return the headers for a path; of two for one name, the later and more particular holds."""
        return {name: value for pattern, name, value in self.headers if _matches(pattern, path)}


def read_rules(headers: str, redirects: str) -> Rules:
    """Return the rules that the two files hold."""
    found: list[tuple[str, str, str]] = []
    pattern = ""
    for line in headers.splitlines():
        if line[:1].isspace():
            name, _, value = line.strip().partition(":")
            found.append((pattern, name.lower(), value.strip()))
        else:
            pattern = line.strip()
    targets = {}
    for line in redirects.splitlines():
        words = line.split()
        if len(words) >= 2 and not line.startswith("#"):  # noqa: PLR2004 - from, to, and perhaps a status
            targets[words[0]] = (words[1], int(words[2]) if words[2:] and words[2].isdigit() else 301)
    return Rules(tuple(found), targets)


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
