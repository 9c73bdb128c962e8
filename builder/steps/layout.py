"""The structure of a site: every page's URL, parent, order, neighbours, id and translations, from all outlines at once.

No page is ever lost: what collides is told apart, what has no page of its own gets one. The result is one value, so
that an edit that leaves all outlines equal leaves it equal, and nothing that depends on it runs.
"""

from __future__ import annotations

from builder.engine.step import step
from builder.errors import Problem
from builder.model import Kind, Layout, Outline, Place, Site
from builder.text.aliases import redirects_of
from builder.text.items import LESSON_XP
from builder.text.names import title_of_name
from builder.text.ordering import read_order
from builder.text.tags import tag_pages
from builder.text.translation import Languages
from builder.text.tree import Node, Tree
from builder.text.urls import strip_prefix

Pages = tuple[tuple[str, Outline], ...]


@step(version=13)
def lay_out(pages: Pages, site: Site) -> Layout:
    """Return the layout of the pages that are to be built."""
    outlines = {path: outline for path, outline in pages if not outline.summary}
    summaries = {path: outline.summary for path, outline in pages if outline.summary}
    unbuilt = tuple(path for path, outline in outlines.items() if not site.drafts and not _published(outline, site.day))
    for path in unbuilt:
        del outlines[path]
    tree = Tree(outlines)
    tree.grow()
    tree.order(read_order(summaries, outlines))
    return _Plan(tree, site).layout(unbuilt)


def _published(outline: Outline, day: str) -> bool:
    return not outline.draft and not outline.date[:10] > day and not (outline.expires and outline.expires[:10] <= day)


def _depth_first(root: Node) -> list[Node]:
    """Return all pages, a parent before its children, in reading order."""
    order: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(reversed(node.children))
    return order


class _Plan:
    """The tree as a value: kinds, courses, identities, neighbours and tags."""

    def __init__(self, tree: Tree, site: Site) -> None:
        self.outlines = tree.outlines
        self.claims = tree.claims
        self.site = site
        self.problems = tree.problems
        self.order = _depth_first(tree.folders[""])
        self.languages = Languages(tree, site, self.order)

    def layout(self, unbuilt: tuple[str, ...]) -> Layout:
        """Return the tree as a value, in reading order."""
        order, languages = self.order, self.languages
        index = {id(node): number for number, node in enumerate(order)}
        kinds = [self._kind(node) for node in order]
        courses = self._courses(order, kinds)
        places = []
        for number, node in enumerate(order):
            course = courses[number]
            previous, following = self._neighbours(number, order, kinds, courses)
            outline = node.outline
            places.append(
                Place(
                    source=node.source,
                    url=node.url,
                    kind=kinds[number],
                    title=outline.title or self._named(node),
                    id=outline.id or self._identity(number, order, courses),
                    parent=index[id(node.parent)] if node.parent is not None else -1,
                    course=course,
                    previous=previous,
                    next=following,
                    children=tuple(index[id(child)] for child in node.children),
                    description=outline.description,
                    xp=LESSON_XP if outline.xp is None else outline.xp,
                    date=outline.date,
                    tags=outline.tags,
                    layout=outline.layout,
                    language=languages.of[number],
                    translations=languages.translations.get(number, ()),
                    image=outline.image,
                    authors=outline.authors,
                    hidden=self.site.drafts and not _published(outline, self.site.day),
                )
            )
        self._check_ids(places)
        redirects, clashes = redirects_of(order, self.claims)
        self.problems.extend(clashes)
        pages, tags = tag_pages(places, self.site.language, self.claims)
        return Layout((*places, *pages), redirects, unbuilt, tags, tuple(sorted(self.problems)))

    def _named(self, node: Node) -> str:
        return title_of_name(strip_prefix(node.name)) if node.name else self.site.title or "Home"

    def _kind(self, node: Node) -> Kind:
        if not node.index:
            return "lesson"
        within = self.languages.within(node.folder)
        depth = len(within.split("/")) if within else 0
        if not self.site.configured:
            return "course" if not node.folder else "module"
        return "home" if depth == 0 else "course" if depth == 1 else "module"

    def _courses(self, order: list[Node], kinds: list[Kind]) -> list[int]:
        """Return for each page the index of its course; parents come first, so one pass will do."""
        found: dict[int, int] = {}
        result = []
        for number, node in enumerate(order):
            course = number if kinds[number] == "course" else found.get(id(node.parent), -1)
            found[id(node)] = course
            result.append(course)
        return result

    def _neighbours(self, number: int, order: list[Node], kinds: list[Kind], courses: list[int]) -> tuple[int, int]:
        """Return the pages before and after in reading order, within the course."""
        course = courses[number]
        if course < 0:
            return -1, -1
        previous = number - 1 if number > course else -1
        following = (
            number + 1
            if number + 1 < len(order) and courses[number + 1] == course and kinds[number + 1] != "course"
            else -1
        )
        return previous, following

    def _identity(self, number: int, order: list[Node], courses: list[int]) -> str:
        if courses[number] in (-1, number):
            return order[number].url.strip("/") or "course"
        # What is learnt in one language is learnt: a lesson is called what the one is called that it translates.
        original = self.languages.originals.get(number, number)
        node, course = order[original], courses[original]
        return node.outline.id or node.url.removeprefix(order[course].url if course >= 0 else "").strip("/")

    def _check_ids(self, places: list[Place]) -> None:
        seen: dict[tuple[int, str], str] = {}
        for place in places:
            other = seen.setdefault((place.course, place.id), place.source)
            if other != place.source and place.source:
                line = self.outlines[place.source].at.get("id")
                self.problems.append(
                    Problem(
                        "error",
                        "slug-clash",
                        f"The id `{place.id}` belongs to {other} already",
                        "Learners' progress is kept under it: give this page another.",
                        "content",
                        place.source,
                        line,
                        1 if line else None,
                    )
                )
