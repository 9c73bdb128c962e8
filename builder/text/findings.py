"""What is wrong with one page, gathered while it is read and put in its place at the end.

The walk knows the nth link, image or heading; where that stands in the source is looked up once, in ``finish``, and
only for a page that has a finding.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

from builder.errors import Problem, Severity
from builder.text.dialects import Foreign
from builder.text.directives import Line
from builder.text.near import ALIKE, Near
from builder.text.positions import Lines, Places

# So much of a long target is said again.
SHOWN = 80

Kind = Literal["a", "img", "h", "math", "id", "raw"]


class Findings:
    """The findings of one page; lines are counted in the file as stored, front matter included."""

    def __init__(self, path: str, text: str, front_lines: int, problems: list[Problem]) -> None:
        self.path = path
        self.text = text
        self.front_lines = front_lines
        self.first_line = front_lines + 1
        self.problems = problems
        self._lines: Lines | None = None
        self.pending: list[tuple[Problem, Kind, int, str]] = []

    def add(
        self, code: str, severity: Severity, message: str, hint: str, *, line: int | None = None, column: int = 1
    ) -> None:
        """Add a finding whose line in the file is known."""
        excerpt = self._window(line, column) if line else ""
        self.problems.append(
            Problem(severity, code, message, hint, "content", self.path, line, column if line else None, excerpt)
        )

    def _later(
        self, code: str, severity: Severity, message: str, hint: str, kind: Kind, ordinal: int, tag: str = ""
    ) -> None:
        problem = Problem(severity, code, message, hint, "content", self.path)
        self.pending.append((problem, kind, ordinal, tag))

    def skip(self, ordinal: int, level: int, before: int, text: str) -> None:
        """A heading skips a level."""
        self._later(
            "heading-skip",
            "warning",
            f"Heading level {level} follows level {before}: “{text[:60]}”",
            f"Use {'#' * (before + 1)} here, so that the outline has no gap.",
            "h",
            ordinal,
        )

    def duplicate(self, identifier: str) -> None:
        """Two things of the page have one id."""
        self._later(
            "id-duplicate",
            "warning",
            f"The id `{identifier}` stands twice on this page",
            "Links lead to the first; give one of them another id.",
            "id",
            -1,
            identifier,
        )

    def alt(self, ordinal: int, target: str, *, made: bool) -> None:
        """An image has no alternative text."""
        self._later(
            "image-alt",
            "warning",
            f"The image `{_short(target)}` has no alternative text",
            f"Say in a few words what it shows, {'between the square brackets' if made else 'as alt=…'}.",
            "img",
            ordinal,
        )

    def remote(self, target: str, tag: str, ordinal: int = -1) -> None:
        """The page loads something from another host."""
        host = target.split("://", 1)[-1].lstrip("/").split("/", 1)[0]
        self._later(
            "remote-resource",
            "notice",
            f"Loaded from another host: {host}",
            "It is not there offline, and its host sees your readers.",
            "img",
            ordinal,
            tag,
        )

    def own_code(self, tag: str) -> None:
        """The page brings a script or a style of its own."""
        self._later(
            "own-code",
            "notice",
            f"The page brings code of its own: {_short(tag)}",
            "It is admitted by its hash, on this page alone; it may load nothing that the page does not name.",
            "raw",
            -1,
            tag,
        )

    def unread(self, tag: str) -> None:
        """A word between pointed brackets is taken for an element, and nobody sees it."""
        self._later(
            "element-unknown",
            "warning",
            f"`{_short(tag)}` is no element of HTML and has no end: nobody sees it",
            "If it is to be read, write it as code, between backticks, or &lt; for its first sign.",
            "raw",
            -1,
            tag,
        )

    def link(self, code: str, message: str, hint: str, kind: Kind, ordinal: int, tag: str) -> None:
        """A reference leads nowhere."""
        self._later(code, "warning", message, hint, kind, ordinal, tag)

    def formula(self, ordinal: int, error: str) -> None:
        """A formula is not LaTeX."""
        self._later(
            "math", "warning", f"The formula cannot be read: {error}", "It is shown as it was written.", "math", ordinal
        )

    def missing_file(self, name: str) -> None:
        """A code block shows a file that is not there."""
        self._later(
            "code-file",
            "warning",
            f"There is no file `{name}` to show",
            "The path is relative to the page.",
            "raw",
            -1,
            name,
        )

    def dialect(self, piece: Foreign, rest_line: int) -> None:
        """A piece of another tool's syntax."""
        self.add(
            "other-syntax",
            "notice",
            f"`{piece.name}` is {piece.kind}, which is text here",
            piece.hint,
            line=piece.line + rest_line,
            column=piece.column,
        )

    def unknown_directive(self, line: Line) -> None:
        """A directive's name is none that we know."""
        from builder.text.directives import NAMES

        near = get_close_matches(line.name.lower(), NAMES, n=1)
        self._at_line(
            line,
            "directive-unknown",
            "warning",
            f"There is no directive `{line.name}`",
            f"Did you mean `{near[0]}`?" if near else "It is shown as a plain block.",
        )

    def unclosed(self, line: Line) -> None:
        """A directive has no end where it should have one."""
        self._at_line(
            line,
            "directive-unclosed",
            "error",
            f"The directive `{line.name}` is not closed",
            f"End it with a line of {line.colons} colons, in the same list or quote.",
        )

    def too_deep(self, line: Line, limit: int) -> None:
        """Directives nest too deeply; said once a page."""
        if not any(problem.code == "nesting" for problem in self.problems):
            self._at_line(
                line,
                "nesting",
                "error",
                f"Directives nest deeper than {limit}",
                "Close them with a line of colons; deeper ones are shown as they are written.",
            )

    def directive_id(self, line: Line, *, duplicate: bool = False) -> None:
        """A quiz, exercise or trace has no id of its own."""
        message = f"The id `{line.id}` stands twice on this page" if duplicate else f"This {line.name} has no id"
        self._at_line(
            line,
            "directive-id",
            "error",
            message,
            "Learners' progress is kept under it: write {#a-name-of-its-own} after the name.",
        )

    def no_answer(self, line: Line) -> None:
        """A quiz has no right choice."""
        hint = "Write answer=… after its id." if line.name == "trace" else "Mark the right choice with [x]."
        self._at_line(line, "quiz-no-answer", "error", f"This {line.name} has no right answer", hint)

    def exercise_files(self, line: Line, role: str, name: str) -> None:
        """An exercise lacks one of its files."""
        message = f"There is no file `{name}`" if name else f"This exercise names no {role}"
        self._at_line(
            line, "exercise-files", "error", message, f"Put the file beside the page and write {role}=Name.sol."
        )

    def _at_line(self, line: Line, code: str, severity: Severity, message: str, hint: str) -> None:
        self.add(code, severity, message, hint, line=line.number, column=line.column)

    def check_anchors(self, wanted: list[tuple[str, int]], anchors: tuple[str, ...]) -> None:
        """Find links to places of the page itself that are not there."""
        from urllib.parse import unquote

        offered = set(anchors)
        near: Near | None = None
        for fragment, ordinal in wanted:
            name = unquote(fragment)
            if name not in offered and name not in ("top", "") and not name.startswith((":~:", "user-content-")):
                near = near or Near(anchors)
                meant = near.to(name, ALIKE)
                self._later(
                    "anchor-missing",
                    "warning",
                    f"There is no #{_short(name)} on this page",
                    f"Did you mean #{meant}?" if meant else "",
                    "a",
                    ordinal,
                    f"#{fragment}",
                )

    def finish(self, rest: str, marked: str) -> list[Problem]:
        """Return all findings in their places.

        ``rest`` is the page's text after its front matter, ``marked`` the same as Markdown reads it.
        """
        if self.pending:
            places = Places(rest, marked)
            for problem, kind, ordinal, tag in self.pending:
                place = (
                    places.again(tag)
                    if kind == "id"
                    else places.of(kind, ordinal)
                    if ordinal >= 0
                    else places.written(tag, problem.message)
                )
                self.add(
                    problem.code,
                    problem.severity,
                    problem.message,
                    problem.hint,
                    line=place[0] + self.front_lines if place else None,
                    column=place[1] if place else 1,
                )
            self.pending.clear()
        return sorted(self.problems, key=lambda problem: (problem.line or 0, problem.column or 0, problem.code))

    def _window(self, line: int, column: int) -> str:
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines.window(line, column)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
