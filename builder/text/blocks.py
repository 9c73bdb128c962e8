"""Directives that teach or show: quiz, trace, exercise and video, as HTML that needs no script.

What they are worth and what is right goes into ``items``, from which the catalogue and the awards are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from builder.model import Include, Item
from builder.text import code, directives, quiz
from builder.text.directives import Line
from builder.text.findings import Findings
from builder.text.html import text_of
from builder.text.inline import inline, plain
from builder.text.references import CUT, References
from builder.text.words import Phrases

# What an item is worth where its author says nothing.
WORTH = {"quiz": 5, "trace": 5, "exercise": 20}


class Blocks:
    """The directives of one page; ``name_id`` gives an id that is free on the page."""

    def __init__(
        self,
        includes: Mapping[str, Include],
        references: References,
        findings: Findings,
        name_id: Callable[[str], str],
        phrases: Phrases,
    ) -> None:
        self.includes = includes
        self.references = references
        self.findings = findings
        self.name_id = name_id
        self.phrases = phrases
        self.items: list[Item] = []
        self._ids: set[str] = set()

    def close(self, line: Line, content: str) -> str:
        """Return the HTML of a directive around its content."""
        make = {"quiz": self._quiz, "trace": self._trace, "exercise": self._exercise}.get(line.name.lower())
        if make is not None:
            xp = line.attributes.get("xp", "")
            return make(line, self._id(line), int(xp) if xp.isdecimal() else WORTH[line.name.lower()], content)
        if line.id:
            self.name_id(line.id)
        if line.name.lower() == "video" and line.attributes.get("src"):
            return self._video(line, content)
        return directives.wrap(line, content, self.phrases)

    def _id(self, line: Line) -> str:
        if not line.id:
            self.findings.directive_id(line)
        elif line.id in self._ids:
            self.findings.directive_id(line, duplicate=True)
        self._ids.add(line.id)
        return self.name_id(line.id or f"{line.name}-{len(self.items) + 1}")

    def _quiz(self, line: Line, identifier: str, xp: int, content: str) -> str:
        found = quiz.read(content)
        right = tuple(number for number, choice in enumerate(found.choices) if choice.right)
        if not right:
            self.findings.no_answer(line)
        title = plain(line.title) or text_of(CUT.sub("", found.question))[:120]
        self.items.append(Item(line.id or identifier, "quiz", title, xp, right, len(found.choices), line=line.number))
        return quiz.render(found, self.phrases, identifier=identifier, title=line.title, xp=xp)

    def _trace(self, line: Line, identifier: str, xp: int, content: str) -> str:
        answer = line.attributes.get("answer", "")
        if not answer:
            self.findings.no_answer(line)
        self.items.append(Item(line.id or identifier, "trace", plain(line.title), xp, answer=answer, line=line.number))
        name, title = escape(identifier), inline(line.title or self.phrases.say("trace"))
        return (
            f'<section class="quiz trace" id="{name}" data-kind="trace" data-xp="{xp}">'
            f'{quiz.heading(title, xp, self.phrases)}<div class="question" id="{name}-question">{content}</div>'
            f'<p class="reply scripted"><input type="text" aria-label="{escape(self.phrases.say("your_answer"))}" '
            f'aria-describedby="{name}-question" autocomplete="off" autocapitalize="off" spellcheck="false"></p>'
            f'<div class="actions"><details class="answer"><summary>{self.phrases.say("answer")}</summary>'
            f"<p><code>{escape(answer, quote=False)}</code></p></details></div></section>"
        )

    def _exercise(self, line: Line, identifier: str, xp: int, content: str) -> str:
        shown: dict[str, str] = {}
        for role in ("file", "tests", "solution"):
            name = line.attributes.get(role, "")
            found = self.includes.get(name)
            if found is None or found.text is None:
                self.findings.exercise_files(line, role, name)
                continue
            title = name.rpartition("/")[2]
            shown[role] = code.figure(found.text, code.read_info(name.rpartition(".")[2], f'title="{title}"'))
        self.items.append(Item(line.id or identifier, "exercise", plain(line.title), xp, line=line.number))
        parts = [content, shown.get("file", "")]
        parts.extend(
            f'<details class="{role}"><summary>{self.phrases.say(role)}</summary>{shown[role]}</details>'
            for role in ("tests", "solution")
            if role in shown
        )
        title = inline(line.title or self.phrases.say("exercise"))
        return (
            f'<section class="exercise" id="{escape(identifier)}" data-xp="{xp}">'
            f"{quiz.heading(title, xp, self.phrases)}{''.join(parts)}</section>"
        )

    def _video(self, line: Line, content: str) -> str:
        attributes = self.references.attribute("src", line.attributes["src"])
        if line.attributes.get("poster"):
            attributes += self.references.attribute("poster", line.attributes["poster"])
        caption = f"<figcaption>{inline(line.title)}</figcaption>" if line.title else ""
        video = f'<video controls preload="none"{attributes}>{content}</video>'
        return f'<figure class="video">{video}{caption}</figure>'
