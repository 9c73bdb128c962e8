"""The catalogues of words: whole in every language, counted as each language counts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from builder.text.words import SECTIONS, Phrases, count, languages, plural, words

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "i18n"
SOURCES = tuple((f"i18n/{path.name}", path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml")))
CATALOGUES: dict[str, dict[str, Any]] = {name: tomllib.loads(text) for name, text in SOURCES}


def holes(forms: str | dict[str, str]) -> set[str]:
    """Return the names of what is filled in later."""
    form = forms if isinstance(forms, str) else forms["other"]
    return set(re.findall(r"\{(\w+)\}", form))


def test_there_are_three_languages() -> None:
    assert languages(SOURCES) == ("ar", "en", "es")


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_language_says_what_english_says_with_the_same_holes(name: str) -> None:
    english, other = CATALOGUES["i18n/en.toml"], CATALOGUES[name]
    assert set(other) == set(SECTIONS)
    for section in SECTIONS:
        assert set(other[section]) == set(english[section])
        for key, forms in other[section].items():
            assert holes(forms) == holes(english[section][key]), key
            assert isinstance(forms, str) == isinstance(english[section][key], str), key


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_sentence_that_counts_has_the_forms_of_its_language(name: str) -> None:
    language = name.removeprefix("i18n/").removesuffix(".toml")
    wanted = {plural(language, n) for n in range(200)}
    for section in SECTIONS:
        for key, forms in CATALOGUES[name][section].items():
            assert isinstance(forms, str) or set(forms) == wanted, key


def test_no_word_of_templates_is_hidden_by_a_method_of_dictionaries() -> None:
    assert not [key for key in CATALOGUES["i18n/en.toml"]["page"] if hasattr({}, key)]


def test_what_a_language_lacks_is_said_in_its_base_language_then_in_english() -> None:
    sources = (
        ("i18n/en.toml", '[page]\na = "one"\nb = "two"\nc = "three"\n'),
        ("i18n/es.toml", '[page]\nb = "dos"\nc = "tres"\n'),
        ("i18n/es-MX.toml", '[page]\nc = "tres, pues"\n'),
    )
    assert words(sources, "es-MX", "page") == {"a": "one", "b": "dos", "c": "tres, pues"}
    assert words(sources, "fr", "page") == {"a": "one", "b": "two", "c": "three"}


def test_numbers_take_the_form_of_their_language() -> None:
    english = {"one": "{n} day", "other": "{n} days"}
    assert [count("en", english, n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert [plural("ar", n) for n in (0, 1, 2, 3, 10, 11, 99, 100, 103)] == [
        "zero", "one", "two", "few", "few", "many", "many", "other", "few",
    ]  # fmt: skip
    assert plural("ja", 1) == "other"


def test_a_phrase_that_no_catalogue_has_is_said_by_its_own_name() -> None:
    assert Phrases("en", {}).say("hint") == "hint"


def test_every_word_of_scripts_is_asked_for_and_every_word_asked_for_is_there() -> None:
    folder = FOLDER.parents[1] / "assets" / "js"
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.js"))
    script = CATALOGUES["i18n/en.toml"]["script"]
    asked = set(re.findall(r"say\(\"(\w+)\"", scripts))
    assert asked <= set(script)
    assert not [key for key in script if not re.search(rf"[\"`.]{key}\b|verdict_\$|\"{key}\"", scripts)]
