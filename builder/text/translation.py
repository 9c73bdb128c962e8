"""Which language each page of a tree is in, and which pages say the same in other languages.

A page of ``de/basics/storage.md`` translates ``basics/storage.md`` where the site names ``de`` among its languages;
where it names none, the language is guessed from folders (``builder.text.languages``) and nothing translates anything.
A page such as ``README.de.md`` is in the language that it names, whose folder it need not stand in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builder.model import Site
from builder.text.languages import languages_of, languages_of_pages
from builder.text.tree import Node, Tree


class Languages:
    """The languages of a tree's pages; pages are named by their place in the order that is handed in."""

    def __init__(self, tree: Tree, site: Site, order: Sequence[Node]) -> None:
        self._site = site
        self._guessed: Mapping[str, str] = {} if site.configured else languages_of(tree.folders)
        self._named = {tag.lower(): tag for tag in site.languages}
        self._ending = languages_of_pages(tree.nodes)
        self.of = [self._language(node) for node in order]
        self.translations = self._translations(order) if site.languages else {}
        self.originals = self._originals()

    def within(self, folder: str) -> str:
        """Return a path without the folder of its language."""
        first, _, rest = folder.partition("/")
        return rest if first in self._site.languages and first != self._site.language else folder

    def _language(self, node: Node) -> str:
        ending = self._ending.get(node.source, "") if self._ending else ""
        if ending and self._site.configured:
            ending = self._named.get(ending.lower(), "")
        if ending:
            return ending
        first = node.folder.partition("/")[0]
        if first in self._site.languages or not self._guessed:
            return first if first in self._site.languages else self._site.language
        above = node.folder
        while above and above not in self._guessed:
            above = above.rpartition("/")[0]
        return self._guessed.get(above, self._site.language)

    def _translations(self, order: Sequence[Node]) -> dict[int, tuple[int, ...]]:
        """Return for each page that has translations all of its group, itself included; each is in another language."""
        groups: dict[tuple[str, str], list[int]] = {}
        for number, node in enumerate(order):
            path = self.within(node.source or node.folder + "/") if node.folder else node.source.rpartition("/")[2]
            folder, _, name = path.rpartition("/")
            # The index pages of a folder are one page, whatever their files are called.
            groups.setdefault((folder, "" if node.index else name), []).append(number)
        return {number: tuple(group) for group in groups.values() if len(group) > 1 for number in group}

    def _originals(self) -> dict[int, int]:
        """Return for each translation the page in the site's own language, or itself where there is none."""
        language = self._site.language
        return {
            number: next((each for each in group if self.of[each] == language), number)
            for number, group in self.translations.items()
            if self.of[number] != language
        }
