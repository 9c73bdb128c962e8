"""Quizzes: a task list between two lines of colons, as HTML that works without a script.

A choice is a task, ``[x]`` is right; a quote under a choice is what is said about it, a quote that begins ``Hint:`` is
the hint. One right choice makes radio buttons, more make checkboxes. Without JavaScript the answer is in ``<details>``.
"""

from __future__ import annotations

import re
from html import escape

import msgspec

from builder.model import Choice

_TASK = re.compile(r'<li[^>]*>\s*(?:<p>)?<input type="checkbox"( checked="")? disabled="" />\s*')
_ITEM = re.compile(r"<(/?)(?:li|ul|ol)\b[^>]*>")
_QUOTE = re.compile(r"<blockquote>\s*(.*?)\s*</blockquote>\s*", re.DOTALL)
_HINT = re.compile(r"^<p>\s*(?:<strong>)?Hint:(?:</strong>)?\s*", re.IGNORECASE)
_PARAGRAPH = re.compile(r"^<p>((?:(?!</?p>).)*)</p>$", re.DOTALL)


class Quiz(msgspec.Struct, frozen=True):
    """What was found between the lines: the question's HTML, the hint's, and the choices."""

    question: str
    hint: str
    choices: tuple[Choice, ...]


def read(html: str) -> Quiz:
    """Return the quiz in a directive's content."""
    first = _TASK.search(html)
    if first is None:
        question, hint = _take_hint(html)
        return Quiz(question, hint, ())
    start = html.rfind("<ul", 0, first.start() + 1)
    choices: list[Choice] = []
    end = start = max(start, 0)
    rest = ""
    for found in _TASK.finditer(html, start):
        if found.start() < end:
            continue
        close = _item_end(html, found.end())
        choices.append(_choice(html[found.end() : close], right=bool(found[1])))
        end = close + len("</li>")
    tail = html.find("</ul>", end)
    rest = html[tail + len("</ul>") :] if tail >= 0 else ""
    question, hint = _take_hint(html[:start] + rest)
    return Quiz(question, hint, tuple(choices))


def _item_end(html: str, position: int) -> int:
    depth = 1
    for match in _ITEM.finditer(html, position):
        if match[0][1:3] == "li" or match[0][1:4] == "/li":
            depth += -1 if match[1] else 1
            if depth == 0:
                return match.start()
    return len(html)


def _choice(html: str, *, right: bool) -> Choice:
    feedback = "".join(_bare(match[1]) for match in _QUOTE.finditer(html))
    text = _QUOTE.sub("", html).strip().removesuffix("</p>").removeprefix("<p>").strip()
    return Choice(right=right, html=text, feedback=feedback)


def _take_hint(html: str) -> tuple[str, str]:
    for match in _QUOTE.finditer(html):
        if _HINT.match(match[1]):
            return html[: match.start()] + html[match.end() :], _bare(_HINT.sub("<p>", match[1], count=1))
    return html, ""


def _bare(html: str) -> str:
    found = _PARAGRAPH.match(html)
    return found[1] if found else html


def render(quiz: Quiz, *, identifier: str, title: str, xp: int) -> str:
    """Return the quiz as static HTML; the page's script finds what it needs in ``data-`` attributes."""
    several = sum(choice.right for choice in quiz.choices) > 1
    kind = "checkbox" if several else "radio"
    heading = escape(title, quote=False) or ("Question: choose all that apply" if several else "Question")
    choices = "".join(f'<li data-choice="{number}">{choice.html}</li>' for number, choice in enumerate(quiz.choices))
    answers = "".join(_answer(number, choice) for number, choice in enumerate(quiz.choices))
    hint = f'<details class="hint"><summary>Hint</summary>{quiz.hint}</details>' if quiz.hint else ""
    return (
        f'<section class="quiz" id="{escape(identifier)}" data-kind="{kind}" data-xp="{xp}">'
        f'<p class="quiz-title">{heading}</p><div class="question">{quiz.question}</div>'
        f'<ol class="choices">{choices}</ol>{hint}'
        f'<details class="answer"><summary>Answer</summary><ul class="answers">{answers}</ul></details></section>'
    )


def _answer(number: int, choice: Choice) -> str:
    """Return what is said of one choice where no script asks."""
    kind, sign = (' class="right"', "✓") if choice.right else ("", "✗")
    feedback = f'<div class="feedback">{choice.feedback}</div>' if choice.feedback else ""
    return f'<li data-choice="{number}"{kind}>{sign} {choice.html}{feedback}</li>'
