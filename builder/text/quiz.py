"""Quizzes: a task list between two lines of colons, as HTML that works without a script.

A choice is a task, ``[x]`` is right; a quote under a choice is what is said about it, a quote that begins ``Hint:`` is
the hint. One right choice makes radio buttons, more make checkboxes. Without JavaScript the answer is in ``<details>``.
"""

from __future__ import annotations

import re
from html import escape

import msgspec

from builder.model import Choice
from builder.text.inline import inline
from builder.text.words import Phrases

_TASK = re.compile(r'<li[^>]*>\s*(?:<p>)?<input type="checkbox"( checked="")? disabled="" />\s*')
_ITEM = re.compile(r"<(/?)(?:li|ul|ol)\b[^>]*>")
_QUOTE = re.compile(r"<blockquote>([^<]*+(?:<(?!/?blockquote>)[^<]*+)*+)</blockquote>\s*")
_HINT = re.compile(r"^<p>\s*(?:<strong>)?Hint:(?:</strong>)?\s*", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:p|div|pre|figure|ul|ol|table)\b")
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
    feedback = "".join(_bare(match[1].strip()) for match in _QUOTE.finditer(html))
    text = _QUOTE.sub("", html).strip().removesuffix("</p>").removeprefix("<p>").strip()
    return Choice(right=right, html=text, feedback=feedback)


def _take_hint(html: str) -> tuple[str, str]:
    for match in _QUOTE.finditer(html):
        said = match[1].strip()
        if _HINT.match(said):
            hint = _bare(_HINT.sub("<p>", said, count=1))
            # What went on after a colon stands alone now.
            return html[: match.start()] + html[match.end() :], hint[:1].upper() + hint[1:]
    return html, ""


def _bare(html: str) -> str:
    found = _PARAGRAPH.match(html)
    return found[1] if found else html


def render(quiz: Quiz, phrases: Phrases, *, identifier: str, title: str, xp: int) -> str:
    """Return the quiz as static HTML; the page's script finds what it needs in ``data-`` attributes."""
    several = sum(choice.right for choice in quiz.choices) > 1
    kind, name = "checkbox" if several else "radio", escape(identifier)
    choices = "".join(_offered(number, choice, kind, name) for number, choice in enumerate(quiz.choices))
    answers = "".join(_answer(number, choice, phrases) for number, choice in enumerate(quiz.choices))
    hint = ""
    if quiz.hint:
        hint = f'<details class="hint"><summary>{phrases.say("hint")}</summary><div>{quiz.hint}</div></details>'
    return (
        f'<section class="quiz" id="{name}" data-kind="{kind}" data-xp="{xp}">'
        f"{heading(inline(title or phrases.say('several' if several else 'question')), xp, phrases)}"
        f'<div class="question" id="{name}-question">{quiz.question}</div>'
        f'<fieldset class="choices" aria-labelledby="{name}-question">{choices}</fieldset>'
        f'<div class="actions">{hint}<details class="answer"><summary>{phrases.say("answer")}</summary>'
        f'<ul class="answers">{answers}</ul></details></div></section>'
    )


def heading(title: str, xp: int, phrases: Phrases) -> str:
    """Return the line above a quiz, trace or exercise: what it is called (HTML), and what it is worth."""
    return f'<p class="quiz-title"><span>{title}</span> <span class="worth">{phrases.count("worth", xp)}</span></p>'


def _offered(number: int, choice: Choice, kind: str, name: str) -> str:
    tag = "div" if _BLOCK.search(choice.html) else "span"
    button = f'<input type="{kind}" name="{name}" value="{number}">'
    return f'<div class="choice" data-choice="{number}"><label>{button}<{tag}>{choice.html}</{tag}></label></div>'


def _answer(number: int, choice: Choice, phrases: Phrases) -> str:
    """Return what is said of one choice where no script asks."""
    kind, word = (' class="right"', "right") if choice.right else ("", "wrong")
    feedback = f'<div class="feedback">{choice.feedback}</div>' if choice.feedback else ""
    verdict = f'<span class="verdict">{phrases.say(word)}:</span>'
    return f'<li data-choice="{number}"{kind}>{verdict} {choice.html}{feedback}</li>'
