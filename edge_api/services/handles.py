"""The names learners are seen by: made up until they choose one, and hard to mistake for another's.

A handle has 3 to 24 characters: letters of one script and digits, with single ``-``, ``_`` or ``.`` inside. It is
unique when written in one case and one normal form.
"""

from __future__ import annotations

import secrets
import unicodedata
from itertools import pairwise

from edge_api.problems import Refused

SHORTEST, LONGEST = 3, 24
_SEPARATORS = "-_."
_RESERVED = frozenset(
    {"admin", "administrator", "coursewright", "deleted", "mod", "moderator", "root", "support", "system"}
)
# Scripts that one language writes together.
_TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "KATAKANA-HIRAGANA": "CJK", "BOPOMOFO": "CJK"}

_FIRST = tuple(
    """
    amber bold brave bright brisk calm candid clear clever cosy curious dapper deft eager early fair fleet fond
    frank gentle glad golden grand hardy honest humble jolly keen kind lively lucid lucky mellow merry mild modest
    neat nimble noble patient plucky polite proud quick quiet rapid ready royal sage serene sharp shy silver
    simple sleek smart snug solid spry steady still sunny swift tidy trusty upbeat vivid warm wise witty young
    zesty
    """.split()  # noqa: SIM905 - a list of eighty strings is no easier to read
)
_SECOND = tuple(
    """
    badger bear beaver bee bison crane cricket crow deer dolphin dove eagle egret elk falcon ferret finch fox frog
    gecko goat goose hare hawk heron horse ibex ibis jay kestrel kite koala lark lemur linnet llama loon lynx
    magpie marten mole moose moth mouse newt ocelot orca oriole osprey otter owl panda parrot pelican pika plover
    puffin quail rabbit raven robin salmon seal sparrow squid stoat stork swan swift tapir tern thrush toad trout
    turtle viper vole walrus weasel whale wombat wren yak zebra
    """.split()  # noqa: SIM905 - a list of eighty strings is no easier to read
)


def made_up() -> str:
    """Return a name that says nothing about its bearer."""
    return f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}-{secrets.randbelow(9000) + 1000}"


def key(handle: str) -> str:
    """Return what two handles share when people would take one for the other."""
    return unicodedata.normalize("NFKC", handle).casefold()


def checked(handle: str) -> str:
    """Return the handle in its normal form, or refuse it in a sentence."""
    handle = unicodedata.normalize("NFKC", handle.strip())
    if not SHORTEST <= len(handle) <= LONGEST:
        raise Refused("bad-handle", f"A handle has {SHORTEST} to {LONGEST} characters.")
    if handle[0] in _SEPARATORS or handle[-1] in _SEPARATORS:
        raise Refused("bad-handle", "A handle begins and ends with a letter or digit.")
    if any(pair[0] in _SEPARATORS and pair[1] in _SEPARATORS for pair in pairwise(handle)):
        raise Refused("bad-handle", "A handle has single separators only.")
    bad = sorted({letter for letter in handle if not (_belongs(letter) or letter in _SEPARATORS)})
    if bad:
        raise Refused("bad-handle", "A handle has letters, digits and - _ . only.")
    if len({_script(letter) for letter in handle if letter.isalpha()}) != 1:
        raise Refused("bad-handle", "A handle has letters, all of one script.")
    if key(handle).strip("0123456789-_.") in _RESERVED:
        raise Refused("bad-handle", "This handle is reserved.")
    return handle


def _belongs(letter: str) -> bool:
    # Marks belong to the letters of many scripts (Devanagari, Thai); they count as part of a word.
    return letter.isdecimal() or unicodedata.category(letter) in {"Lu", "Ll", "Lt", "Lo", "Lm", "Mn", "Mc"}


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "?").split()[0]
    return _TOGETHER.get(name, name)
