"""Pygments' lexers, run faster: the same rules, the same tokens, without trying what cannot match.

A lexer tries the rules of its state one after another until one matches, many for most tokens. Here each state knows
which of its rules can begin with which ASCII character, and tries only those, in their order. Where blanks and bare
text stand it takes a whole run of them at once. Any other character, and any rule that
we cannot read, is tried as ever, so the tokens are the same; a test holds them equal. Lexers that do their own lexing
run as Pygments wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pygments.lexer import Lexer, RegexLexer
from pygments.token import _TokenType

from builder.text.firsts import ANY, ASCII, Opening, opening_of

Matcher = Callable[[str, int], "re.Match[str] | None"]
# The class of a kind of token: empty for bare text, None for blanks, which join what stands before them.
ClassOf = Callable[[_TokenType], "str | None"]

# After so many texts of a language its rules are read, which takes longer than a few texts do without.
MANY = 12


class _Rule(NamedTuple):
    """What to match, the class of what was matched or what makes its tokens, and the change of state."""

    match: Matcher
    name: str | None
    action: Callable[..., Iterable[tuple[int, _TokenType, str]]] | None
    change: Any


_Rules = tuple[_Rule, ...]


class _State(NamedTuple):
    """A state's rules for each ASCII character, the same where bare text stands before it, and for all others."""

    by_character: tuple[_Rules, ...]
    in_bare_text: tuple[_Rules, ...]
    every: _Rules


def spans(lexer: Lexer, text: str, class_of: ClassOf) -> list[tuple[str, str]]:
    """Return the text in pieces of one class each, neighbours of one class made one.

    The tokens are those of ``lexer.get_tokens_unprocessed``.
    """
    states = _states(type(lexer), class_of)
    if states is None:
        return _joined(((class_of(kind), value) for _, kind, value in lexer.get_tokens_unprocessed(text)), [])
    states.meet()
    return _run(lexer, states, text, class_of)


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
    """A lexer's states, each prepared when a text comes to it: most texts see a few of many."""

    def __init__(self, rules: Mapping[str, Iterable[tuple[Any, Any, Any]]], class_of: ClassOf) -> None:
        self._rules = rules
        self._class_of = class_of
        self._texts = 0

    def __missing__(self, name: str) -> _State:
        rules = tuple(_rule(*rule, self._class_of) for rule in self._rules[name])
        whole = (rules,) * ASCII
        state = self[name] = _prepared(rules) if self._texts >= MANY else _State(whole, whole, rules)
        return state

    def meet(self) -> None:
        """Count a text; one edit brings a few, and is over sooner with the rules as they are."""
        self._texts += 1
        if self._texts == MANY:
            self.clear()


@lru_cache(maxsize=64)
def _states(kind: type[Lexer], class_of: ClassOf) -> _States | None:
    if not issubclass(kind, RegexLexer) or kind.get_tokens_unprocessed is not RegexLexer.get_tokens_unprocessed:
        return None
    # The rules as Pygments has processed them; they have no public name.
    return _States(kind()._tokens, class_of)  # type: ignore[attr-defined]  # noqa: SLF001 - as said


def _rule(match: Matcher, action: Any, change: Any, class_of: ClassOf) -> _Rule:
    if type(action) is _TokenType:
        return _Rule(match, class_of(action), None, change)
    # A rule without tokens leaves what it matched, if anything, to the piece before it, as blanks are.
    return _Rule(match, None, action, change)


def _prepared(rules: _Rules) -> _State:
    firsts = [_opening(rule).first for rule in rules]
    by_character = tuple(
        tuple(rule for rule, first in zip(rules, firsts, strict=True) if first >> code & 1) for code in range(ASCII)
    )
    bare = _bare(by_character)
    if bare is None:
        return _State(by_character, by_character, rules)
    run, sure = bare
    in_bare_text = tuple((run, *those) if code in sure else those for code, those in enumerate(by_character))
    # Behind anything else a blank still belongs to what stands before it, and only bare text begins a piece.
    behind = tuple(
        in_bare_text[code] if those and those[0].name is not None else those for code, those in enumerate(by_character)
    )
    return _State(behind, in_bare_text, rules)


def _bare(by_character: tuple[_Rules, ...]) -> tuple[_Rule, frozenset[int]] | None:
    """Return a rule that takes a whole run of blanks and bare text, and the characters of which it takes one.

    A character is sure where the first of its rules takes any such character, changes no state and gives it no class.
    A rule that takes a run of them counts only while every character of its run is sure: else it would go on where
    the longer run ends. For the same reason nothing beyond ASCII may follow.
    """
    runs = {
        code: run
        for code, rules in enumerate(by_character)
        if rules and (run := _bare_run(rules[0])) and run[0] >> code & 1
    }
    while True:
        sure = sum(1 << code for code in runs)
        unsure = [code for code, (characters, many) in runs.items() if many and characters & ~sure]
        if not unsure:
            break
        for code in unsure:
            del runs[code]
    if not runs:
        return None
    inside = "".join(re.escape(chr(code)) for code in runs)
    return _Rule(re.compile(rf"[{inside}]++(?![^\x00-\x7f])").match, "", None, None), frozenset(runs)


def _bare_run(rule: _Rule) -> tuple[int, bool] | None:
    is_bare = not rule.name and rule.action is None and rule.change is None
    return _opening(rule).run if is_bare else None


def _opening(rule: _Rule) -> Opening:
    pattern = getattr(rule.match, "__self__", None)
    return opening_of(pattern) if isinstance(pattern, re.Pattern) else ANY


def _run(  # noqa: C901 - the inner loop of a cold build: a call per token would double it
    lexer: Lexer, states: _States, text: str, class_of: ClassOf
) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    stack = ["root"]
    by_character, in_bare_text, every = states["root"]
    # The piece that is open reaches from ``start`` to ``position``; nothing is copied until its class ends.
    pending, start, position, end = "", 0, 0, len(text)
    while True:
        character = ord(text[position]) if position < end else ASCII
        rules = (by_character if pending else in_bare_text)[character] if character < ASCII else every
        for match, name, action, change in rules:
            found = match(text, position)
            if found is None:
                continue
            if action is None:
                after = found.end()
                # A match of nothing has no class for the blanks behind it to join.
                if name is not None and name != pending and after > position:
                    if position > start:
                        _add(pending, text[start:position], out)
                    pending, start = name, position
                position = after
            else:
                _joined(((pending, text[start:position]),) if position > start else (), out)
                _joined(((class_of(kind), value) for _, kind, value in action(lexer, found)), out)
                pending, position = out[-1][0] if out else "", found.end()
                start = position
            if change is not None:
                _move(stack, change)
                by_character, in_bare_text, every = states[stack[-1]]
            break
        else:
            if position >= end:
                return _joined(((pending, text[start:position]),) if position > start else (), out)
            if text[position] == "\n":
                # A line's end that no rule takes begins anew, as in Pygments.
                stack = ["root"]
                by_character, in_bare_text, every = states["root"]
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
