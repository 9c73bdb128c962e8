"""Pygments' lexers, run faster: the same rules, the same tokens, without trying what cannot match.

A lexer tries the rules of its state one after another until one matches, sixteen on average. Here each state knows
which of its rules can begin with which ASCII character, read from the rules' own parsed expressions, and tries only
those, in their order. Any other character, and any rule that we cannot read, is tried as ever, so the tokens are the
same; a test holds them equal. Lexers that do their own lexing run as Pygments wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]  # the parsed form of an expression has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any, NamedTuple

from pygments.lexer import Lexer, RegexLexer
from pygments.token import _TokenType

Matcher = Callable[[str, int], "re.Match[str] | None"]

_ASCII = 128
_ALL = (1 << _ASCII) - 1
_EMPTY = 1 << _ASCII  # a bit beyond the characters: the expression may match nothing at all


class _Rule(NamedTuple):
    match: Matcher
    action: Any
    state: Any


# A state: its rules for each ASCII character, and all of them for the others and for the end.
_State = tuple[tuple[tuple[_Rule, ...], ...], tuple[_Rule, ...]]


def spans(lexer: Lexer, text: str, classes: Mapping[_TokenType, str | None]) -> list[tuple[str, str]]:
    """Return the text in pieces of one class each, neighbours of one class made one.

    ``classes`` gives each kind of token its class, empty for bare text; a kind of class ``None`` (blanks) joins what
    stands before it. The tokens are those of ``lexer.get_tokens_unprocessed``.
    """
    states = _states(type(lexer))
    if states is None:
        return _joined(((classes[kind], value) for _, kind, value in lexer.get_tokens_unprocessed(text)), [])
    return _run(lexer, states, text, classes)


def _joined(pieces: Iterable[tuple[str | None, str]], out: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Append pieces to the list, each to the last one where their classes allow it."""
    for name, value in pieces:
        if value:
            _add(name, value, out)
    return out


def _add(name: str | None, value: str, out: list[tuple[str, str]]) -> None:
    if out and (name is None or out[-1][0] == name):
        out[-1] = (out[-1][0], out[-1][1] + value)
    else:
        out.append((name or "", value))


class _States(dict[str, _State]):
    """A lexer's states, each prepared when a text first comes to it: most texts see a few of many."""

    def __init__(self, rules: Mapping[str, Iterable[tuple[Any, Any, Any]]]) -> None:
        self._rules = rules

    def __missing__(self, name: str) -> _State:
        state = self[name] = _state(tuple(_Rule(*rule) for rule in self._rules[name]))
        return state


@lru_cache(maxsize=64)
def _states(kind: type[Lexer]) -> dict[str, _State] | None:
    if not issubclass(kind, RegexLexer) or kind.get_tokens_unprocessed is not RegexLexer.get_tokens_unprocessed:
        return None
    # The rules as Pygments has processed them; they have no public name.
    return _States(kind()._tokens)  # type: ignore[attr-defined]  # noqa: SLF001 - as said


def _state(rules: tuple[_Rule, ...]) -> _State:
    firsts = [_first_of(rule.match) for rule in rules]
    by_character = tuple(
        tuple(rule for rule, first in zip(rules, firsts, strict=True) if first >> code & 1) for code in range(_ASCII)
    )
    return by_character, rules


@lru_cache(maxsize=4096)
def _first_of(match: Matcher) -> int:
    """Return the ASCII characters with which a match can begin, one bit each; all of them where we cannot tell."""
    pattern = getattr(match, "__self__", None)
    if not isinstance(pattern, re.Pattern):
        return _ALL
    try:
        found = _first(
            parser.parse(
                pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
            ),
            pattern.flags,
        )
    except (re.error, RecursionError, KeyError, TypeError, ValueError):
        return _ALL
    return _ALL if found & _EMPTY else found


def _first(parsed: Any, flags: int) -> int:
    """Return the first characters of a parsed sequence, with ``_EMPTY`` where it may match nothing."""
    found = 0
    for code, argument in parsed:
        here = _first_of_item(code, argument, flags)
        found |= here & ~_EMPTY
        if not here & _EMPTY:
            return found
    return found | _EMPTY


def _first_of_item(code: Any, argument: Any, flags: int) -> int:  # noqa: C901, PLR0911 - one line a kind of item
    if code is op.LITERAL:
        return _folded(_bit(argument), flags)
    if code is op.NOT_LITERAL:
        return _ALL
    if code is op.IN:
        return _set(argument, flags)
    if code is op.ANY:
        return _ALL if flags & re.DOTALL else _ALL & ~(1 << ord("\n"))
    if code is op.BRANCH:
        found = 0
        for branch in argument[1]:
            found |= _first(branch, flags)
        return found
    if code is op.SUBPATTERN:
        _, added, removed, inner = argument
        return _first(inner, (flags | added) & ~removed)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return _first(inner, flags) | (0 if least else _EMPTY)
    if code is op.ATOMIC_GROUP:
        return _first(argument, flags)
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return _EMPTY
    return _ALL | _EMPTY


def _bit(character: int) -> int:
    # A letter beyond ASCII may fold onto an ASCII one (the Kelvin sign, the long s).
    return 1 << character if character < _ASCII else 0


def _matching(expression: str) -> int:
    """Return the ASCII characters that an expression for one character matches."""
    return sum(1 << code for code in range(_ASCII) if re.fullmatch(expression, chr(code)))


_CATEGORIES = {
    op.CATEGORY_SPACE: _matching(r"\s"),
    op.CATEGORY_NOT_SPACE: _matching(r"\S"),
    op.CATEGORY_DIGIT: _matching(r"\d"),
    op.CATEGORY_NOT_DIGIT: _matching(r"\D"),
    op.CATEGORY_WORD: _matching(r"\w"),
    op.CATEGORY_NOT_WORD: _matching(r"\W"),
}


def _set(items: Any, flags: int) -> int:
    found, negated = 0, False
    for code, argument in items:
        if code is op.NEGATE:
            negated = True
        elif code is op.LITERAL:
            found |= _bit(argument)
        elif code is op.RANGE:
            low, high = argument
            for character in range(low, min(high, _ASCII - 1) + 1):
                found |= 1 << character
        elif code is op.CATEGORY:
            found |= _CATEGORIES[argument]
        else:
            return _ALL
    if negated:
        return _ALL & ~found if not flags & re.IGNORECASE else _ALL
    return _folded(found, flags)


def _folded(found: int, flags: int) -> int:
    if not flags & re.IGNORECASE:
        return found
    letters = ((1 << 26) - 1) << ord("a")
    lower, upper = found & letters, found & (letters >> 32)
    # With the few letters beyond ASCII that fold onto k and s, their rules are tried for these as well.
    return (
        found
        | lower >> 32
        | upper << 32
        | 1 << ord("k")
        | 1 << ord("s")
        | 1 << ord("K")
        | 1 << ord("S")
        | 1 << ord("i")
        | 1 << ord("I")
    )


def _run(  # noqa: C901 - the inner loop of a cold build: a call per token would double it
    lexer: Lexer, states: dict[str, _State], text: str, classes: Mapping[_TokenType, str | None]
) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    stack = ["root"]
    by_character, every = states["root"]
    # The piece that is open reaches from ``start`` to ``position``; nothing is copied until its class ends.
    pending, start, position, end = "", 0, 0, len(text)
    while True:
        character = ord(text[position]) if position < end else _ASCII
        for match, action, change in by_character[character] if character < _ASCII else every:
            found = match(text, position)
            if found is None:
                continue
            if type(action) is _TokenType:
                name = classes[action]
                # A match of nothing has no class for the blanks behind it to join.
                if name is not None and name != pending and found.end() > position:
                    if position > start:
                        _add(pending, text[start:position], out)
                    pending, start = name, position
            elif action is not None:
                _joined(((pending, text[start:position]),) if position > start else (), out)
                _joined(((classes[kind], value) for _, kind, value in action(lexer, found)), out)
                pending, start = out[-1][0] if out else "", found.end()
            position = found.end()
            if change is not None:
                _move(stack, change)
                by_character, every = states[stack[-1]]
            break
        else:
            if position >= end:
                return _joined(((pending, text[start:position]),) if position > start else (), out)
            if text[position] == "\n":
                # A line's end that no rule takes begins anew, as in Pygments.
                stack = ["root"]
                by_character, every = states["root"]
            elif pending:
                # What no rule takes is bare text.
                _joined(((pending, text[start:position]),), out)
                pending, start = "", position
            position += 1


def _move(stack: list[str], change: Any) -> None:
    """Apply a rule's new state: a name, ``#push``, ``#pop``, how many to drop, or several; one state always stays."""
    for step in change if isinstance(change, tuple) else (change,):
        if isinstance(step, int):
            del stack[max(1, len(stack) + step) :]
        elif step == "#pop":
            del stack[max(1, len(stack) - 1) :]
        else:
            stack.append(stack[-1] if step == "#push" else step)
