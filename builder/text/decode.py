"""Bytes to text: byte order marks, line ends, and files that are not the UTF-8 they should be."""

from __future__ import annotations

from builder.errors import Problem, window


def decode(source: bytes, path: str) -> tuple[str, list[Problem]]:
    """Return a file's text with plain newlines, and what was wrong with its encoding; what can be read is kept."""
    problems: list[Problem] = []
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = source.decode("utf-16", "replace")
        problems.append(_problem(path, "The file is UTF-16, not UTF-8", 1, 1, text))
    else:
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            text = source.decode("utf-8", "replace")
            line = source.count(b"\n", 0, error.start) + 1
            start = source.rfind(b"\n", 0, error.start) + 1
            column = len(source[start : error.start].decode("utf-8", "replace")) + 1
            problems.append(
                _problem(
                    path,
                    f"The file is not UTF-8: byte 0x{source[error.start]:02x} cannot stand here",
                    line,
                    column,
                    text,
                )
            )
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        offset = text.index("\x00")
        if not problems:
            problems.append(
                _problem(
                    path,
                    "The file has NUL bytes: it looks binary",
                    text.count("\n", 0, offset) + 1,
                    offset - text.rfind("\n", 0, offset),
                    "",
                )
            )
        text = text.replace("\x00", "\ufffd")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, problems


def _problem(path: str, message: str, line: int, column: int, text: str) -> Problem:
    lines = text.replace("\r\n", "\n").split("\n", line)
    excerpt = lines[line - 1] if len(lines) >= line else ""
    return Problem(
        "warning",
        "encoding",
        message,
        "Save it as UTF-8; the page shows � where a character could not be read.",
        "content",
        path,
        line,
        column,
        window(excerpt, column),
    )
