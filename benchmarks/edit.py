"""The edits whose price is measured: one lesson's body, one lesson's title, the template of all pages.

Each edit carries a token that no page had before, so that its arrival can be seen, and tells which lessons
must show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from benchmarks.corpus import Course, Lesson
from benchmarks.tools import Tool

Edit = Callable[[Tool, Path, Course, int], tuple[str, list[Lesson]]]


def body(tool: Tool, folder: Path, outline: Course, turn: int) -> tuple[str, list[Lesson]]:
    """Add a sentence to one lesson; that lesson must show it."""
    del tool
    lesson = _chosen(outline, turn)
    token = f"Bodyedit{turn}x"
    path = folder / "content" / lesson.path
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{token}.\n", encoding="utf-8")
    return token, [lesson]


def title(tool: Tool, folder: Path, outline: Course, turn: int) -> tuple[str, list[Lesson]]:
    """Change the title of one lesson; it and its neighbours must show it."""
    del tool
    lesson = _chosen(outline, turn)
    token = f"Titleedit{turn}x"
    path = folder / "content" / lesson.path
    changed = re.sub(
        r"^title: .*$",
        f"title: {token} {lesson.number}",
        path.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    path.write_text(changed, encoding="utf-8")
    place = lesson.number - 1
    return token, list(outline.lessons[max(place - 1, 0) : place + 2])


def template(tool: Tool, folder: Path, outline: Course, turn: int) -> tuple[str, list[Lesson]]:
    """Change the head of all pages; the first, a middle and the last lesson must show it."""
    token = f"Templateedit{turn}x"
    path = folder / tool.template
    text = path.read_text(encoding="utf-8")
    unedited = re.sub(r'<meta name="edit" content="\w+">', "", text)
    path.write_text(unedited.replace("</head>", f'<meta name="edit" content="{token}"></head>', 1), encoding="utf-8")
    lessons = outline.lessons
    return token, [lessons[0], lessons[len(lessons) // 2], lessons[-1]]


def _chosen(outline: Course, turn: int) -> Lesson:
    """Return a lesson of the middle, another each turn."""
    return outline.lessons[(len(outline.lessons) // 2 + 7 * turn) % len(outline.lessons)]
