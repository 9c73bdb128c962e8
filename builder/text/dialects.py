"""Other tools' syntax: named once a page, so that whoever brings a course along knows what became of it.

    ```{toctree}                     directives of MyST (Sphinx, Jupyter Book); those between colons are ours, too
    ```{python}                      cells of Quarto and R Markdown, which run there
    {ref}`there`                     its roles
    {{< figure >}}  {{% note %}}     shortcodes of Hugo
    {% include x %}                  tags of Liquid, Jinja or Nunjucks (Jekyll, Eleventy, GitBook)
    !!! note   ??? note              admonitions of MkDocs
    {"title": …} at the head         front matter in JSON (Hugo)
    import x from "y"   export …     statements of MDX, in its files

All of it is text here, and stays on the page as it is written. What stands in code is an example, and is not named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Where none of these is, nothing of the kind can be; pages of our own pay for this search alone.
_SIGNS = ("```{", "~~~{", "}`", "{{<", "{{%", "{%", "!!! ", "??? ", "???+ ")

_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_MYST = re.compile(r"\{([A-Za-z][\w:+-]*)\}")
_CELL = re.compile(r"\{(r|python|julia|ojs|observable|bash|sh|sql|stan|rcpp|node|perl|ruby)(?=[\s,}])", re.IGNORECASE)
_JSON = re.compile(r'\{[ \t]*\n\s*"\w+"[ \t]*:')
_ROLE = re.compile(r"(?<![\w`}])\{([a-z][\w:+-]*)\}\Z")
_SHORTCODE = re.compile(r"\{\{[<%]\s*/?\s*([\w.-][\w./-]*)")
_TAG = re.compile(r"(?<!\{)\{%-?\s*([a-z]\w*)")
_STATEMENT = re.compile(r"^(import|export)\s", re.MULTILINE)
_ADMONITION = re.compile(r"[ \t]*(?:!!!|\?\?\?\+?) ([a-z][\w-]*)")

# What stands in the place of the commonest.
_BLOCK = "Here it would be a block: ::: {} on a line, and ::: on a line below."
_RUNS = "a cell of Quarto or R Markdown"
_NO_RUN = "It is shown, and not run; ```{0} without braces colours it."
_BLOCKS = frozenset({"note", "tip", "info", "important", "warning", "caution", "danger", "details", "figure", "video"})


class Foreign(NamedTuple):
    """A piece of another tool's syntax: what it is called, whose it is, where it stands, and what to write instead."""

    name: str
    kind: str
    line: int
    column: int
    hint: str


def other_syntax(text: str, path: str) -> list[Foreign]:
    """Return the first piece of each kind and name in a page's text, in their order."""
    head = _JSON.match(text)
    # Any language's code has such lines; only in a file of MDX do they say something outside of it.
    states = path.lower().endswith(".mdx") and _STATEMENT.search(text) is not None
    if not head and not states and not any(sign in text for sign in _SIGNS):
        return []
    found: dict[tuple[str, str], Foreign] = {}
    if head:
        found["{", ""] = Foreign("{", "front matter in JSON", 1, 1, "Write it as YAML, between two lines of ---.")
    for piece in _pieces(text, states=states):
        found.setdefault((piece.name, piece.kind), piece)
    return list(found.values())


def _pieces(text: str, *, states: bool) -> Iterator[Foreign]:
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        opening = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            if opening and opening[1].startswith(fence) and not opening[2].strip():
                fence = ""
            continue
        if opening and not (opening[1][0] == "`" and "`" in opening[2]):
            fence = opening[1]
            if cell := _CELL.match(opening[2].strip()):
                yield Foreign(cell[1], _RUNS, number, line.index("{", opening.start(1)) + 1, _NO_RUN.format(cell[1]))
            elif myst := _MYST.match(opening[2].strip()):
                column = line.index("{", opening.start(1)) + 1
                yield _piece(myst[1], "a directive of MyST", number, column)
            continue
        if states and (statement := _STATEMENT.match(line)):
            yield Foreign(statement[1], "a statement of MDX", number, 1, "It is shown, and does nothing; take it out.")
        yield from _in_line(line, number)


def _in_line(line: str, number: int) -> Iterator[Foreign]:
    if "}`" in line:
        # Before a code span, never inside one: `{a}` and `{b}` are two spans.
        for span in _SPAN.finditer(line):
            if role := _ROLE.search(line[: span.start()]):
                yield _piece(role[1], "a role of MyST", number, role.start() + 1)
    if "{" in line:
        shown = _SPAN.sub(lambda match: " " * len(match[0]), line) if "`" in line else line
        for match in _SHORTCODE.finditer(shown):
            yield _piece(match[1], "a shortcode of Hugo", number, match.start() + 1)
        for match in _TAG.finditer(shown):
            if not match[1].startswith("end"):
                yield _piece(match[1], "a template tag", number, match.start() + 1)
    if admonition := _ADMONITION.match(line):
        yield _piece(admonition[1], "an admonition of MkDocs", number, len(line) - len(line.lstrip()) + 1)


def _piece(name: str, kind: str, line: int, column: int) -> Foreign:
    hint = _BLOCK.format(name) if name.lower() in _BLOCKS else "It is shown as it is written."
    return Foreign(name, kind, line, column, hint)
