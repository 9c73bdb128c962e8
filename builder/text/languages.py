"""Languages told from folder names, for trees that say nothing of them: ``translations/ar/``, or ``de/ fr/ pt-BR/``.

A folder is a language's where it is named by a tag and stands among others of its kind, or in a folder that says so. A
folder ``cs`` between ``js`` and ``python`` is about a programming language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# ISO 639-1.
_CODES = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "  # noqa: SIM905 - legible
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
_TAG = re.compile(r"([a-z]{2})(?:[-_](?:[a-z]{2}|[a-z]{4}|[0-9]{3}))?", re.IGNORECASE)
# What people call a folder of translations.
_SAYS_SO = frozenset(["translations", "i18n", "l10n", "locale", "locales", "lang", "langs", "language", "languages"])
# Fewer folders than this are no company, and a folder among others of which one in four is no language is none.
_COMPANY = 3


def tag_of(name: str) -> str:
    """Return the language tag that a folder's name is; nothing where it is none."""
    found = _TAG.fullmatch(name)
    return name.replace("_", "-") if found and found[1].lower() in _CODES else ""


def languages_of(folders: Iterable[str]) -> dict[str, str]:
    """Return the folders that are a language's, by path, with their tags."""
    inside: dict[str, list[str]] = {}
    for folder in folders:
        if folder:
            inside.setdefault(folder.rpartition("/")[0], []).append(folder)
    found: dict[str, str] = {}
    for parent, children in inside.items():
        tags = {child: tag for child in children if (tag := tag_of(child.rpartition("/")[2]))}
        said = parent.rpartition("/")[2].lower() in _SAYS_SO
        if said or (len(tags) >= _COMPANY and 4 * len(tags) > 3 * len(children)):
            found.update(tags)
    return found
