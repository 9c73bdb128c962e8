"""The words of the interface, one catalogue a language: ``i18n/en.toml`` and its translations among the templates.

    [page]    what templates say, there under ``t``
    [quiz]    what directives say, in a page's text
    [script]  what scripts say, published as ``i18n/<language>.json``

A word that a language lacks is said in its base language (``es`` for ``es-MX``), then in English. A sentence that
counts has a form for each plural category of its language.
"""

from __future__ import annotations

import tomllib

import msgspec

FALLBACK = "en"
SECTIONS = ("page", "quiz", "script")

Forms = str | dict[str, str]
Sources = tuple[tuple[str, str], ...]


class Phrases(msgspec.Struct, frozen=True):
    """One section of a catalogue, to speak from; a word that no catalogue has is said by its own name."""

    language: str
    forms: dict[str, Forms]

    def say(self, key: str) -> str:
        """Return a phrase."""
        return str(self.forms.get(key, key))

    def count(self, key: str, n: int) -> str:
        """Return a phrase that counts."""
        return count(self.language, self.forms.get(key, key), n)


def languages(sources: Sources) -> tuple[str, ...]:
    """Return the languages that have a catalogue."""
    return tuple(name.removeprefix("i18n/").removesuffix(".toml") for name, _ in sources if _is_catalogue(name))


def _is_catalogue(name: str) -> bool:
    return name.startswith("i18n/") and name.endswith(".toml")


def words(sources: Sources, language: str, section: str) -> dict[str, Forms]:
    """Return one section of a language's catalogue over the catalogues that it falls back on."""
    found: dict[str, Forms] = {}
    by_name = {name: text for name, text in sources if _is_catalogue(name)}
    for name in dict.fromkeys((FALLBACK, language.partition("-")[0], language)):
        text = by_name.get(f"i18n/{name}.toml")
        if text is not None:
            found.update(tomllib.loads(text).get(section, {}))
    return found


def count(language: str, forms: Forms, n: int) -> str:
    """Return a sentence in the form that the number asks for, with the number in it."""
    form = forms if isinstance(forms, str) else forms.get(plural(language, n), forms["other"])
    return form.replace("{n}", str(n))


_ARABIC_FEW, _ARABIC_MANY = range(3, 11), range(11, 100)


def plural(language: str, n: int) -> str:
    """Return the plural category of a whole number by the rules we know; else ``one`` or ``other``."""
    base = language.partition("-")[0]
    if base == "ar":
        if n in (0, 1, 2):
            return ("zero", "one", "two")[n]
        return "few" if n % 100 in _ARABIC_FEW else "many" if n % 100 in _ARABIC_MANY else "other"
    if base in ("ja", "zh", "ko", "vi", "th", "id"):
        return "other"
    return "one" if n == 1 or (n == 0 and base == "fr") else "other"
