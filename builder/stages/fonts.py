"""``[theme]`` in site.toml: web fonts from Fontsource packages, instead of the reader's own.

    [theme]
    font = "@fontsource-variable/inter"              what is read
    code_font = "@fontsource/jetbrains-mono"         what is typed

A package brings each face cut by ranges of letters, so that a reader fetches what a page needs. What is made of it is a
style sheet of the theme's and the files, remembered by the lock that names the package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from builder.engine.store import digest
from builder.errors import SettingError, UsageError
from builder.stages.packages import dependencies, installed, read_lock
from builder.stages.theme import Layers
from builder.stages.work import Work
from builder.text.address import PACKAGE
from builder.text.hashed import FOLDER, hashed_name
from builder.text.settings import table
from builder.text.typeface import BOLD, Face, Typeface, sheet
from builder.text.woff2 import measures

# The theme's own file of this name is empty.
SHEET = "css/font.css"

HINTS = {
    "font": 'Such as font = "@fontsource-variable/inter"',
    "code_font": 'Such as code_font = "@fontsource/jetbrains-mono"',
}
VARIABLES = {"font": "--font", "code_font": "--code-font"}


class ThemeSettings(msgspec.Struct, frozen=True):
    """``[theme]``: the packages of the fonts; nothing for those that readers have."""

    font: str = ""
    code_font: str = ""


class Fonts(msgspec.Struct, frozen=True):
    """Assets that were made of fonts, by logical path, and which of them every page will want at once."""

    files: dict[str, bytes] = {}
    wanted: tuple[str, ...] = ()


class _Metadata(msgspec.Struct, frozen=True):
    id: str
    family: str
    weights: tuple[int, ...]
    styles: tuple[str, ...]
    def_subset: str = msgspec.field(name="defSubset")
    category: str = "sans-serif"
    variable: Any = False
    license: dict[str, str] = {}


def theme_of(values: Mapping[str, Any]) -> ThemeSettings:
    """Return the settings; raise ``SettingError`` where they can't be used."""
    return table(values, "theme", ThemeSettings, HINTS)


def fonts(work: Work, found: Layers, values: Mapping[str, Any]) -> Fonts:
    """Return what the site's fonts are made into; nothing is fetched that was made before."""
    settings = theme_of(values)
    asked = {key: getattr(settings, key) for key in VARIABLES if getattr(settings, key)}
    if not asked:
        return Fonts()
    known = dependencies(found)
    for key, name in asked.items():
        if name not in known:
            raise SettingError(
                f"`theme.{key}` names “{name}”, which assets/package.json does not have",
                ("theme", key),
                hint=f"Add it: npm install --prefix assets {name}",
            )
    package, lock = found.read("package.json"), read_lock(found)
    made_from = digest(msgspec.msgpack.encode((1, package, lock, asked)))
    record = work.store.find(made_from)
    if record is not None:
        work.recalled["fonts"] += 1
        return work.read(record[0], Fonts)  # type: ignore[no-any-return]  # the type is the second argument
    folder = installed(work.store.folder.parent, found, package, lock)
    made = _made(folder / "node_modules", asked)
    work.store.append(made_from, (msgspec.msgpack.encode(made),))
    work.ran["fonts"] += 1
    return made


def _made(packages: Path, asked: Mapping[str, str]) -> Fonts:
    files: dict[str, bytes] = {}
    wanted: list[str] = []
    sheets: list[str] = []
    for key, package in asked.items():
        about, faces = _read(packages / package, package)
        weights = _weights(about, only_one=key == "code_font")
        drawn = list(_faces(package, about, faces, weights, files, packages))
        first = {
            face.weight: face.path for face, subset in drawn if (subset, face.style) == (about.def_subset, "normal")
        }
        if not first:
            raise UsageError(f"The package “{package}” has no face for its own letters", hint="Take another font.")
        regular, heavy = next(iter(first.values())), list(first.values())[-1]
        files[f"{PACKAGE}{package}/license.txt"] = _license(packages / package, about)
        typeface = Typeface(
            about.family,
            about.category,
            tuple(face for face, _ in drawn),
            measures(files[regular]),
            measures(files[heavy]) if heavy != regular else None,
        )
        # Code comes later on a page, if at all: what every page begins with is fetched at once.
        wanted += [regular] if key == "font" else []
        public = hashed_name("license.txt", hashlib.sha256(files[f"{PACKAGE}{package}/license.txt"]).hexdigest())
        sheets.append(f"/*! {about.family}: {public.removeprefix(FOLDER)} */\n{sheet(typeface, VARIABLES[key])}")
    files[SHEET] = "".join(sheets).encode()
    return Fonts(files, tuple(wanted))


def _read(folder: Path, package: str) -> tuple[_Metadata, dict[str, str]]:
    try:
        about = msgspec.json.decode((folder / "metadata.json").read_bytes(), type=_Metadata)
        return about, msgspec.json.decode((folder / "unicode.json").read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"“{package}” is no package of Fontsource's", hint="Such as @fontsource-variable/inter."
        ) from error


def _weights(about: _Metadata, *, only_one: bool) -> tuple[int, ...]:
    """Return the weights to take of a font that has each in files of its own: what is read, and what stands out."""
    regular = min(about.weights, key=lambda weight: (abs(weight - 400), weight))
    heavier = [weight for weight in about.weights if weight > max(regular, BOLD)]
    return (regular,) if only_one or not heavier else (regular, heavier[0])


def _faces(
    package: str,
    about: _Metadata,
    ranges: Mapping[str, str],
    weights: tuple[int, ...],
    files: dict[str, bytes],
    packages: Path,
) -> Iterator[tuple[Face, str]]:
    """Yield the faces and the subset that each holds, and put their bytes with the files."""
    axis = about.variable.get("wght") if package.startswith("@fontsource-variable/") and about.variable else None
    cuts = [("wght", f"{axis['min']} {axis['max']}")] if axis else [(str(weight), str(weight)) for weight in weights]
    for cut, weight in cuts:
        for style in sorted(set(about.styles) & {"normal", "italic"}, reverse=True):
            for subset, letters in ranges.items():
                name = f"{about.id}-{subset.strip('[]')}-{cut}-{style}.woff2"
                place = packages / package / "files" / name
                if place.is_file():
                    path = f"{PACKAGE}{package}/files/{name}"
                    files[path] = place.read_bytes()
                    yield Face(path, style, weight, letters), subset


def _license(folder: Path, about: _Metadata) -> bytes:
    text = folder / "LICENSE"
    words = text.read_text("utf-8", "replace") if text.is_file() else " ".join(about.license.values())
    return f"{about.family}\n\n{words.strip()}\n".replace("\r\n", "\n").encode()
