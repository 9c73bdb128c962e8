"""Text to the terms under which it is found; assets/js/terms.js reads queries by the same rules.

A term is a word in lower case without accents. What programmers write is found whole and in parts: ``transferFrom`` is
also ``transfer`` and ``from``, ``MAX_SUPPLY`` also ``max`` and ``supply``. Scripts without spaces are cut in pairs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")

# Longer runs are hashes, bytecode, encoded data: nobody types them.
LONGEST = 40


def terms(text: str) -> Iterator[str]:
    """Yield the terms of a text, repeated as often as they occur."""
    for word in _WORD.findall(text):
        if len(word) > LONGEST:
            continue
        if not word.isascii() and _UNSPACED.search(word):
            yield from _pairs(word)
            continue
        yield fold(word)
        if word.isascii() and ("_" in word or not (word.islower() or word[1:].islower() or word.isdecimal())):
            parts = _PART.findall(word)
            if len(parts) > 1:
                yield from (part.lower() for part in parts if len(part) > 1)


def fold(word: str) -> str:
    """Return a word in lower case and without the marks that people leave out when they type."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word).casefold() if not unicodedata.combining(c))


def _pairs(word: str) -> Iterator[str]:
    end = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > end:
            yield fold(word[end : run.start()])
        end = run.end()
        yield from (run[0][place : place + 2] for place in range(len(run[0])))
    if end < len(word):
        yield fold(word[end:])
