"""Prose for the benchmark course: plain English words in an order that only the seed decides.

What it promises: the same seed gives the same paragraphs on every machine and with every version of Python (of the
generator only ``random()`` is used, whose sequence is documented to stay).
"""

from __future__ import annotations

import random

WORDS = tuple(
    """a able about above account across address after again against agree all almost along already also although
    always amount an and another answer any appear are around as ask at author back balance be because become before
    begin behind below better between block book both branch bring build but by byte call can care carry case cause
    chain change check choose circle clean clear close code cold come common compare compile contract copy could count
    course cover create cross current data day decide deep defend depend describe design detail differ direct do does
    done door down draw each early earn easy edge either else empty end enough even event every exact example except
    expect explain fail fair fall far fast few field fill final find first fit follow for form free from front full
    function gain gas general get give go good grow guard half hand happen hard hash have he hear held help hence here
    hide high hold hope house how idea if in inside instead into is it its join just keep key kind know large last late
    law lead learn least leave less let level lie light like limit line list little live lock long look lose low main
    make many map mark match matter may mean measure meet memory method might mind miss more most move much must name
    near need never new next no none not note nothing now number of off offer often old on once one only open or order
    other our out over own page part pass past pay people place plain plan point power prove pull put question quick
    quite rare reach read real reason record refer remain repeat rest return right round rule run safe same save say
    scope see seem send sense set several shape share short should show side sign simple since size slot slow small so
    some soon sort source space stand start state stay step still stop store such sum sure table take task teach tell
    test than that the their them then there these they thing think this those though through time to together token
    too total toward trace true trust try turn two type under unit until up use user value verify very view wait want
    was watch way we weak well were what when where which while who whole why will wise with without word work world
    would write wrong yet you your""".split()  # noqa: SIM905 - words read better than a list of strings
)

SENTENCE = 15


def words(seed: str, count: int) -> list[str]:
    """Return ``count`` words."""
    dice = random.Random(seed)  # noqa: S311 - a course, not a secret
    return [WORDS[int(dice.random() * len(WORDS))] for _ in range(count)]


def paragraph(chosen: list[str]) -> str:
    """Return the words as sentences, with one word each in emphasis, strong emphasis and code."""
    marked = list(chosen)
    for place, mark in ((2, "*"), (SENTENCE + 4, "**"), (2 * SENTENCE + 6, "`")):
        if place < len(marked):
            marked[place] = f"{mark}{marked[place]}{mark}"
    sentences = [marked[start : start + SENTENCE] for start in range(0, len(marked), SENTENCE)]
    return " ".join(_sentence(sentence) for sentence in sentences)


def _sentence(chosen: list[str]) -> str:
    """Return the words as one sentence; a comma stands where a reader would breathe."""
    middle = len(chosen) // 2
    text = " ".join(word + "," if place == middle else word for place, word in enumerate(chosen))
    return text[0].upper() + text[1:] + "."
