"""Highlighting tries fewer of a lexer's rules than Pygments does, and finds the same tokens."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class, get_all_lexers

from builder.text.code import class_of
from builder.text.lexing import MANY, _joined, _states, spans

# What many languages share, what few do, every ASCII character, letters that fold onto ASCII ones, and open ends.
SAMPLES = {
    "C and its family": (
        "#include <a.h>\n/* a\n b */ int main(void) { return 0x1F + 1.5e-3; } // end\n"
        'pragma solidity ^0.8.0;\ncontract A { event B(uint256 indexed c); }\n@tag class X<T> : Y { "s\\n\\"" \'c\' }\n'
    ),
    "Python and its family": (
        'def f(a, *b):\n    """doc"""\n    return f"{a!r:>10}" + r\'\\d\' if a is None else lambda: 0b1\n# comment\n'
        "Begin\n  if x <> 3 then y := 'it''s'; END;\nsub x { my $y = <<EOT; }\ntext\nEOT\n"
    ),
    "markup": (
        '<?xml version="1.0"?><!DOCTYPE a><a b="c" d>&amp; text<!-- c --><script>let x = `a${1}`</script></a>\n'
        "{% if a %}{{ b|c }}{% endif %}\n---\nkey: [1, 'two']\n[section]\nname = value ; comment\n"
    ),
    "shells and logs": (
        "$ echo \"a $b ${c}\" | grep -v 'd' > /dev/null && exit 1\n>>> 1 + 1\n2\n@@ -1 +1 @@\n-a\n+b\n"
        "GET / HTTP/1.1\nHost: example.org\n\n{}\n2026-01-31 12:00:00 [ERROR] failed\n"
    ),
    "every character": "".join(map(chr, range(32, 127))) + "\n\t\r\n\x00\x0b\x0c\x1b\x7f\n" + "aA0 \n" * 2,
    "other letters": "\u017felect K \u017f İ \u0131 été 漢字 ١٢ ½ \u2028 \u00a0 🙂 #\u017f SELECT \u017fet Kelvin\n",
    "open ends": "\"open\n'open\n/* open\n<!-- open\n${ {{ [[ (( `` ''' \"\"\"\n\\",
    "nothing": "",
    "a line's end": "\n\n",
}
# What tokens are made of, blanks and bare text above all: of these a run is taken at once.
PIECES = [
    *" \t\n\u00a0\u2028().,;:{}[]<>=+-*/\\'\"`#$@&|!?%^~_éx0",
    *("  ", "\n\n    ", "if", "function", "uint256", "return", "//", "/*", "*/", "->", "=>", "0x1f", "1.5", "self"),
]
OFTEN = ("Bash", "C", "C++", "CSS", "Go", "HTML", "JavaScript", "Python", "Rust", "Solidity", "SQL", "TypeScript")
CLASSES = sorted({names[0] for names in get_all_lexers(plugins=False)})


def prepare(lexer: Lexer) -> None:
    """Have a lexer's rules read, which is done once it has met many texts."""
    for _ in range(MANY):
        spans(lexer, "", class_of)


def slow(lexer: Lexer, text: str) -> list[tuple[str, str]]:
    """Return the spans as they follow from Pygments' own run."""
    return _joined(((class_of(kind), value) for _, kind, value in lexer.get_tokens_unprocessed(text)), [])


def test_every_lexer_finds_the_tokens_that_pygments_finds() -> None:
    """All but those that do their own lexing, which run as Pygments wrote them."""
    wrong, ours = [], 0
    for name in CLASSES:
        kind = find_lexer_class(name)
        assert kind is not None
        if _states(kind, class_of) is None:
            continue
        ours += 1
        lexer: Lexer = kind()
        prepare(lexer)
        wrong += [
            (name, sample) for sample, text in SAMPLES.items() if spans(lexer, text, class_of) != slow(lexer, text)
        ]
    assert not wrong
    assert ours > len(CLASSES) // 2


@given(st.sampled_from(OFTEN), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_text_has_the_tokens_that_pygments_finds(name: str, text: str) -> None:
    """Whatever stands beside what, in the languages that lessons show most."""
    kind = find_lexer_class(name)
    assert kind is not None
    prepare(kind())
    assert spans(kind(), text, class_of) == slow(kind(), text)


def test_the_first_texts_have_the_same_tokens() -> None:
    """Those that are over before it pays to read the rules of their language."""
    for name, text in {"ABAP": SAMPLES["shells and logs"], "Zig": SAMPLES["C and its family"]}.items():
        kind = find_lexer_class(name)
        assert kind is not None
        # No other test has had these rules read.
        _states.cache_clear()
        for _ in range(MANY + 1):
            assert spans(kind(), text, class_of) == slow(kind(), text)


def test_neighbours_of_one_class_are_one_span() -> None:
    """Also where one of them comes from a rule that calls another lexer, and where one is empty."""
    for name, text in {"Bash": "let x = `a`\n", "Ada": SAMPLES["every character"], "HTML": SAMPLES["markup"]}.items():
        kind = find_lexer_class(name)
        assert kind is not None
        found = spans(kind(), text, class_of)
        assert all(one[0] != other[0] for one, other in pairwise(found)), found
        assert all(value for _, value in found)
        assert "".join(value for _, value in found) == text
