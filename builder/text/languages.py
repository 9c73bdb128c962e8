"""Languages told from names, for trees that say nothing of them: ``translations/ar/``, or ``de/ fr/ pt-BR/``.

A folder is a language's where it is named by a tag and stands among others of its kind, or in a folder that says so. A
folder ``cs`` between ``js`` and ``python`` is about a programming language. A page is in the language that its name
ends in, ``README.de.md``, where ``README.md`` stands beside it, or where the folder says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from builder.text.urls import page_stem

# ISO 639-1.
_CODES = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "  # noqa: SIM905 - legible
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
# Of ISO 639-3 those into which courses are translated. A folder of such a name may be anything else (``min``, ``war``),
# so they count only where a folder says so.
_LONGER = frozenset(
    "ace ast awa ban bho brx ceb chr ckb cmn crh doi dsb fil fur gom gsw hak haw hil hmn hne hsb ilo jam kab kmr kok "  # noqa: SIM905 - legible
    "lij lmo mag mai min mni nan nap nds pam pap pcm pms sah sat scn sco szl tzm vec war wuu yue zgh".split()
)
_TAG = re.compile(r"([a-z]{2,3})(?:[-_](?:[a-z]{2}|[a-z]{4}|[0-9]{3}))?", re.IGNORECASE)
# What people call a folder of translations.
_SAYS_SO = frozenset(["translations", "i18n", "l10n", "locale", "locales", "lang", "langs", "language", "languages"])
# Fewer folders than this are no company, and a folder among others of which one in four is no language is none.
_COMPANY = 3
# What files of code end in, too: `config.ts.md` is about a script, until another language stands beside it.
_CODE = frozenset(["cs", "ml", "ps", "tk", "ts"])


def tag_of(name: str, *, said: bool = False) -> str:
    """Return the language tag that a name is, nothing where it is none; longer ones where a folder has ``said`` so."""
    found = _TAG.fullmatch(name)
    code = found[1].lower() if found else ""
    return name.replace("_", "-") if code in _CODES or (said and code in _LONGER) else ""


def languages_of(folders: Iterable[str]) -> dict[str, str]:
    """Return the folders that are a language's, by path, with their tags."""
    inside: dict[str, list[str]] = {}
    for folder in folders:
        if folder:
            inside.setdefault(folder.rpartition("/")[0], []).append(folder)
    found: dict[str, str] = {}
    for parent, children in inside.items():
        said = _says_so(parent)
        tags = {child: tag for child in children if (tag := tag_of(child.rpartition("/")[2], said=said))}
        if said or (len(tags) >= _COMPANY and 4 * len(tags) > 3 * len(children)):
            found.update(tags)
    return found


def languages_of_pages(pages: Collection[str]) -> dict[str, str]:
    """Return the pages whose names end in a language, by path, with their tags."""
    ending: dict[tuple[str, str], dict[str, str]] = {}
    for path in pages:
        # Nearly every page ends here: its only dot is before `md`.
        if path.count(".") < 2:  # noqa: PLR2004 - the language's and the suffix's
            continue
        folder, _, name = path.rpartition("/")
        original, dot, last = page_stem(name).rpartition(".")
        if dot and original and (tag := tag_of(last, said=_says_so(folder))):
            ending.setdefault((folder, original.lower()), {})[path] = tag
    if not ending:
        return {}
    there = {(path.rpartition("/")[0], page_stem(path.rpartition("/")[2]).lower()) for path in pages}
    found: dict[str, str] = {}
    for (folder, original), tags in ending.items():
        told = (folder, original) in there and not _CODE.issuperset(tag.lower() for tag in tags.values())
        if told or _says_so(folder):
            found.update(tags)
    return found


def _says_so(folder: str) -> bool:
    return folder.rpartition("/")[2].lower() in _SAYS_SO
