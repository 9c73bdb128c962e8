"""The names learners are seen by: made up until they choose one, and hard to mistake for another's.

A handle has 3 to 24 characters: letters of one script and digits, beginning with a letter, with single ``-``, ``_`` or
``.`` between. It is unique when written in one case and one normal form.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

from edge_api.problems import Refused

SHORTEST, LONGEST = 3, 24

# The letters of each script, without signs, marks of their own and forms that look like other letters.
_SCRIPTS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f",  # Latin
    "\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce",  # Greek
    "\u0400-\u0481\u048a-\u052f",  # Cyrillic
    "\u0531-\u0556\u0561-\u0586",  # Armenian
    "\u05d0-\u05ea",  # Hebrew
    "\u0620-\u063f\u0641-\u064a\u066e-\u066f\u0671-\u06d3",  # Arabic
    "\u0900-\u0963\u0971-\u097f",  # Devanagari
    "\u0980-\u09e3",  # Bengali
    "\u0b80-\u0bcd",  # Tamil
    "\u0e01-\u0e3a\u0e40-\u0e4e",  # Thai
    "\u10d0-\u10fa",  # Georgian
    "\u3041-\u3096\u30a1-\u30fa\u30fc\u3005\u4e00-\u9fff\uac00-\ud7a3",  # Chinese, Japanese, Korean
)
PATTERN = "^(" + "|".join(f"[{letters}][{letters}0-9]*([-_.][{letters}0-9]+)*" for letters in _SCRIPTS) + ")$"
_RESERVED = frozenset(
    ("admin", "administrator", "coursewright", "deleted", "mod", "moderator", "root", "support", "system")
)

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
    """Return the handle, or refuse it in a sentence."""
    if not SHORTEST <= len(handle) <= LONGEST:
        raise Refused("bad-handle", f"A handle has {SHORTEST} to {LONGEST} characters.")
    if re.match(PATTERN, handle) is None or handle.endswith("\n"):
        raise Refused(
            "bad-handle", "A handle has letters of one script and digits, begins with a letter, and - _ . only between."
        )
    if key(handle).rstrip("0123456789-_.") in _RESERVED:
        raise Refused("handle-taken", "This one is the site's own.")
    return handle
