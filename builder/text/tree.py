"""Folders and files to a tree of pages, each with a URL of its own.

A folder's page is its index, or one that is generated; what collides is told apart, so that no page is ever lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from builder.errors import Problem
from builder.model import Outline
from builder.text.names import Claims
from builder.text.ordering import order_key
from builder.text.urls import ROOMY, fitting, index_rank, number_prefix, page_stem, slugify, strip_prefix


class Node:
    """One page while the tree is being made."""

    __slots__ = ("children", "folder", "index", "key", "name", "outline", "parent", "slug", "source", "url")

    def __init__(self, source: str, folder: str, name: str, outline: Outline, *, index: bool) -> None:
        self.source = source
        self.folder = folder  # the folder whose page this is, or in which it stands
        self.name = name
        self.outline = outline
        self.index = index
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.slug = ""
        self.url = ""
        self.key: tuple[object, ...] = ()


class Tree:
    """All pages by file and by folder, with their URLs, parents and order; what collided is among its problems."""

    def __init__(self, outlines: Mapping[str, Outline]) -> None:
        self.outlines = outlines
        self.problems: list[Problem] = []
        self.nodes: dict[str, Node] = {}
        self.folders: dict[str, Node] = {}
        self.claims = Claims()
        self.numbers: dict[str, int] = {}

    def grow(self) -> None:
        """Make a node for every folder and every page, and give each its URL."""
        indexes: dict[str, list[tuple[int, str]]] = {}
        lessons: dict[str, list[str]] = {"": []}
        for path in self.outlines:
            folder, _, name = path.rpartition("/")
            rank = index_rank(name)
            if rank is None:
                lessons.setdefault(folder, []).append(path)
            else:
                indexes.setdefault(folder, []).append((rank, path))
        folders = {""}
        for holding in (*lessons, *indexes):
            above = holding
            while above not in folders:
                folders.add(above)
                above = above.rpartition("/")[0]
        inside: dict[str, list[Node]] = {folder: [] for folder in folders}
        for folder in sorted(folders, key=lambda path: (path.count("/"), path)):
            claimants = sorted(indexes.get(folder, ()))
            source = claimants[0][1] if claimants else ""
            outline = self.outlines[source] if source else Outline()
            node = Node(source, folder, folder.rpartition("/")[2], outline, index=True)
            self.folders[folder] = node
            if source:
                self.nodes[source] = node
            if folder:
                node.parent = self.folders[folder.rpartition("/")[0]]
                inside[folder.rpartition("/")[0]].append(node)
            for path in (*lessons.get(folder, ()), *(path for _, path in claimants[1:])):
                page = Node(path, folder, page_stem(path.rpartition("/")[2]), self.outlines[path], index=False)
                page.parent = node
                self.nodes[path] = page
                inside[folder].append(page)
        self.folders[""].url = "/"
        self.claims.take("/", "")
        for folder in sorted(folders, key=lambda path: (path.count("/"), path)):
            self._name(self.folders[folder], inside[folder])

    def _name(self, parent: Node, siblings: list[Node]) -> None:
        """Give siblings their slugs: explicit ones first, prefixes kept where only they tell two apart."""
        siblings.sort(key=lambda node: (node.index, node.source or node.folder))
        plain = {id(node): slugify(strip_prefix(node.name)) for node in siblings}
        counts: dict[str, int] = {}
        for node in siblings:
            counts[plain[id(node)]] = counts.get(plain[id(node)], 0) + (not node.outline.slug)
        for node in sorted(siblings, key=lambda node: not node.outline.slug):
            slug = node.outline.slug or plain[id(node)]
            if not node.outline.slug and counts[slug] > 1:
                slug = slugify(node.name)
            url = f"{parent.url}{slug}/"
            taken = self.claims.owner(url)
            if taken is not None:
                slug, url = self._apart(node, parent, slug, taken)
            node.slug, node.url = slug, url
            self.claims.take(url, node.source or node.folder + "/")

    def _apart(self, node: Node, parent: Node, slug: str, taken: str) -> tuple[str, str]:
        slug = fitting(slug, ROOMY)
        number = self.numbers.get(parent.url + slug, 2)
        while self.claims.owner(f"{parent.url}{slug}-{number}/") is not None:
            number += 1
        # The next of that name begins where this one ended, so that thousands of them cost no more than one pass.
        self.numbers[parent.url + slug] = number + 1
        where = node.source or None
        # Who wrote a slug hears of it, also where it takes the address that another page has by its name.
        rival = self.outlines.get(taken)
        taking = rival is not None and rival.slug == slug and not node.outline.slug
        claimant, holder = (taken, where or node.folder) if taking else (where, taken)
        if node.outline.slug or taking:
            line = self.outlines[claimant].at.get("slug") if claimant else None
            self.problems.append(
                Problem(
                    "error",
                    "slug-clash",
                    f"The slug `{slug}` is taken by {holder or 'the site itself'}",
                    "Give one of them another slug.",
                    "content",
                    claimant,
                    line,
                    1 if line else None,
                )
            )
        else:
            self.problems.append(
                Problem(
                    "warning",
                    "url-collision",
                    f"The URL {parent.url}{slug}/ belongs to {taken or 'the site itself'} already",
                    f"This page is at {parent.url}{slug}-{number}/; give it a slug of its own.",
                    "content",
                    where or node.folder,
                    None,
                    None,
                )
            )
        return f"{slug}-{number}", f"{parent.url}{slug}-{number}/"

    # -- order and nesting
    # -----------------------------------------------------------------------------------------------

    def order(self, summary: dict[str, tuple[int, str | None]]) -> None:
        """Put siblings in order, and pages that a SUMMARY.md nests under their parents."""
        first = _first_places(summary)
        for node in (*self.nodes.values(), *(folder for folder in self.folders.values() if not folder.source)):
            listed = summary.get(node.source)
            if (
                listed
                and listed[1] in self.nodes
                and self.nodes[listed[1]] is not node
                and not self._above(node, self.nodes[listed[1]])
            ):
                node.parent = self.nodes[listed[1]]
            place = listed[0] if listed else first.get(node.folder) if node.index else None
            node.key = order_key(node.outline.order, place, number_prefix(node.name), node.name)
        for node in (*self.nodes.values(), *(folder for folder in self.folders.values() if not folder.source)):
            if node.parent is not None:
                node.parent.children.append(node)
        for node in (*self.nodes.values(), *self.folders.values()):
            node.children.sort(key=lambda child: (child.key, child.url))

    def _above(self, node: Node, other: Node) -> bool:
        walk: Node | None = other
        while walk is not None:
            if walk is node:
                return True
            walk = walk.parent
        return False


def _first_places(summary: Mapping[str, tuple[int, str | None]]) -> dict[str, int]:
    """Return for each folder the place of the first page in it that is listed."""
    first: dict[str, int] = {}
    for path, (place, _) in summary.items():
        folder = path.rpartition("/")[0]
        while folder and first.get(folder, place + 1) > place:
            first[folder] = place
            folder = folder.rpartition("/")[0]
    return first
