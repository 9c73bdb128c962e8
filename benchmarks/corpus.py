"""The benchmark course: N lessons of Markdown, the same on every machine and for every tool.

    content/
      index.md                              the course's page
      001-storage-1/index.md                a module's page (``_index.md`` where a tool wants that name)
      001-storage-1/01-quiet-ledger-1.md    … 20 lessons to a module

Each lesson has 1,200 words of prose under eight headings with emphasis and inline code, a list, a quote, a table, two
code blocks that occur nowhere else, and three relative links to other lessons. All tools read its front matter alike.

What equal work means: of each lesson every tool makes one page with its title, the navigation of its module, a table
of contents, links to the lessons before and after it, code highlighted in classes and the author's ``.md`` links turned
into URLs; beside the pages it makes a sitemap; and its HTML has no indentation. ``inspection`` proves that on a sample
of pages, and the benchmark fails where a tool does less. What differs is in the peers' favour: MkDocs and Eleventy get
templates that are tight already where others would add a minifier (Hugo runs its own, ``--minify``), and the peers'
themes do nothing else, while Coursewright builds all that its default theme does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from benchmarks.prose import paragraph, words
from benchmarks.snippets import Snippet, snippet

if TYPE_CHECKING:
    from pathlib import Path

LESSONS_PER_MODULE = 20
SECTIONS = 8
# Two paragraphs under each heading: 8 * 2 * 75 = 1,200 words.
WORDS_PER_PARAGRAPH = 75

TOPICS = ("storage", "events", "proxies", "tokens", "testing", "gas", "oracles", "access", "upgrades", "signatures")
ADJECTIVES = ("quiet", "honest", "narrow", "patient", "sudden", "careful", "distant", "bright", "spare", "steady")
NOUNS = ("ledger", "window", "garden", "letter", "harbour", "engine", "bridge", "market", "lantern", "archive")


class Lesson(msgspec.Struct, frozen=True):
    """A lesson: its number from 1, its path inside the content folder, its title."""

    number: int
    path: str
    title: str


class Module(msgspec.Struct, frozen=True):
    """A module: its number from 1, its folder and title, its lessons in order."""

    number: int
    folder: str
    title: str
    lessons: tuple[Lesson, ...]


class Course(msgspec.Struct, frozen=True):
    """The outline of a course; text is made lesson by lesson, so that a large course needs no memory."""

    modules: tuple[Module, ...]

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All lessons in order."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)


def course(lessons: int) -> Course:
    """Return the outline of a course of that many lessons."""
    starts = range(1, lessons + 1, LESSONS_PER_MODULE)
    return Course(tuple(_module(place, start, lessons) for place, start in enumerate(starts, 1)))


def markdown(one: Lesson, others: tuple[Lesson, ...]) -> str:
    """Return the text of a lesson, which links to some of the others."""
    chosen = words(f"lesson {one.number}", SECTIONS * 2 * WORDS_PER_PARAGRAPH)
    blocks = [f"---\ntitle: {one.title}\nweight: {one.number}\n---"]
    for section in range(SECTIONS):
        blocks.append(_heading(one, section))
        for half in (0, 1):
            start = (2 * section + half) * WORDS_PER_PARAGRAPH
            blocks.append(paragraph(chosen[start : start + WORDS_PER_PARAGRAPH]))
        blocks.extend(_inserts(section, one, others))
    blocks.append(f"This is where lesson {one.number} ends.")
    return "\n\n".join(blocks) + "\n"


def write(outline: Course, content: Path, index: str = "index.md") -> None:
    """Write the course into a new folder, with the modules' own pages under the file name ``index``."""
    content.mkdir(parents=True)
    lessons = outline.lessons
    _save(content / index, f"---\ntitle: The benchmark course\n---\n\nA course of {len(lessons)} lessons.\n")
    for module in outline.modules:
        (content / module.folder).mkdir()
        page = f"---\ntitle: {module.title}\nweight: {module.number}\n---\n\nWhat this module is about.\n"
        _save(content / module.folder / index, page)
    for lesson in lessons:
        _save(content / lesson.path, markdown(lesson, lessons))


def _module(place: int, start: int, lessons: int) -> Module:
    topic = TOPICS[place % len(TOPICS)]
    folder = f"{place:03d}-{topic}-{place}"
    numbers = range(start, min(start + LESSONS_PER_MODULE, lessons + 1))
    return Module(place, folder, f"About {topic} {place}", tuple(_lesson(folder, number) for number in numbers))


def _lesson(folder: str, number: int) -> Lesson:
    adjective, noun = ADJECTIVES[number % len(ADJECTIVES)], NOUNS[number // 3 % len(NOUNS)]
    place = (number - 1) % LESSONS_PER_MODULE + 1
    return Lesson(number, f"{folder}/{place:02d}-{adjective}-{noun}-{number}.md", f"The {adjective} {noun} {number}")


def _heading(one: Lesson, section: int) -> str:
    """Return a heading of the second level, or of the third for every third section."""
    level = "###" if section % 3 == 2 else "##"  # noqa: PLR2004 - the third, counted from zero
    subject = " ".join(words(f"heading {one.number}.{section}", 3))
    return f"{level} Part {section + 1}: {subject}"


def _inserts(section: int, one: Lesson, others: tuple[Lesson, ...]) -> list[str]:
    """Return what stands between two sections beside prose."""
    match section:
        case 0:
            return [_links(one, others)]
        case 1:
            return [_fence(snippet(2 * one.number))]
        case 3:
            return [_table(one)]
        case 4:
            return [_list(one), f"> {paragraph(words(f'quote {one.number}', 24))}"]
        case 5:
            return [_fence(snippet(2 * one.number + 1))]
        case _:
            return []


def _links(one: Lesson, others: tuple[Lesson, ...]) -> str:
    """Return links to two lessons nearby and one far away; never the next one, whose link is the theme's to make."""
    targets = (others[(one.number - 1 + step) % len(others)] for step in (2, -3, 41))
    folder = one.path.partition("/")[0]
    return "See also " + ", ".join(f"[{to.title}]({_relative(folder, to.path)})" for to in targets) + "."


def _relative(folder: str, path: str) -> str:
    same, _, name = path.partition("/")
    return name if same == folder else f"../{path}"


def _fence(block: Snippet) -> str:
    return f"```{block.language}\n{block.code}```"


def _table(one: Lesson) -> str:
    cells = words(f"table {one.number}", 15)
    triples = zip(cells[0::3], cells[1::3], cells[2::3], strict=True)
    rows = [f"| {word} | {first} {second} | {one.number + row} |" for row, (word, first, second) in enumerate(triples)]
    return "\n".join(["| word | meaning | number |", "| --- | :-- | --: |", *rows])


def _list(one: Lesson) -> str:
    chosen = words(f"list {one.number}", 24)
    return "\n".join(f"- {' '.join(chosen[start : start + 6])}" for start in range(0, 24, 6))


def _save(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
