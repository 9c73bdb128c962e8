"""Third-party browser code: what the site's own scripts and styles take from npm packages, bundled into the same graph.

The packages are those of ``assets/package.json`` and its lock. What comes out is remembered by the lock, by what is
taken, and by the bundler: neither npm nor the bundler starts where that has not changed, and nothing of this module is
loaded for a site whose scripts name no package.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from builder.asset import Compiled, Reference
from builder.engine.store import digest
from builder.errors import Problem, UsageError
from builder.io import esbuild, npm
from builder.io.esbuild import Made, Unbundled
from builder.stages.theme import Layers
from builder.stages.work import Work
from builder.text.address import PACKAGE, package_of
from builder.text.hashed import FOLDER, hashed_name

LOCK = "package-lock.json"

_LICENSE = re.compile(r"(?:un)?licen[cs]e|copying|notice", re.IGNORECASE)


class Taken(NamedTuple):
    """A package's entry that the site asks for: what it takes of it, and the first place that says so."""

    target: str
    names: tuple[str, ...]
    path: str
    line: int | None
    column: int | None

    @property
    def specifier(self) -> str:
        """The entry as npm knows it."""
        return self.target.removeprefix(PACKAGE)

    @property
    def stub(self) -> str:
        """The name of the file that asks the bundler for it."""
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", self.specifier).strip("-")
        return f"{plain}{'.css' if self.specifier.endswith('.css') else '.js'}"

    def text(self) -> str:
        """Return what the stub says: exactly what is taken, so that the rest can stay away."""
        name = msgspec.json.encode(self.specifier).decode()
        if self.stub.endswith(".css"):
            return f"@import {name};\n"
        lines = [] if self.names else [f"import {name};"]
        plain = [each for each in self.names if each != "*"]
        if "*" in self.names:
            # The namespace may have no default, and then there is none; named ones show what CommonJS keeps to itself.
            lines += [f"export * from {name};", f"import * as all from {name};"]
            lines += [] if "default" in plain else ["export default all.default;"]
        if plain:
            lines.append(f"export {{{', '.join(plain)}}} from {name};")
        return "\n".join(lines) + "\n"


class _Package(msgspec.Struct, frozen=True):
    dependencies: dict[str, str] = {}


class Bundled(msgspec.Struct, frozen=True):
    """What came of the packages: files by logical path, and what was found wrong."""

    files: dict[str, bytes]
    problems: tuple[Problem, ...] = ()


def bundled(work: Work, found: Layers, compiled: Iterable[Compiled]) -> Bundled:
    """Return the files of the packages that these files ask for; nothing where they ask for none."""
    taken = _taken(tuple(compiled))
    if not taken or "package.json" not in found.files:
        return Bundled({})
    package, lock = found.read("package.json"), read_lock(found)
    wanted = _dependencies(package)
    entries = tuple(each for each in taken if package_of(each.specifier) in wanted)
    if not entries:
        return Bundled({})
    key = digest(msgspec.msgpack.encode((2, esbuild.version(), package, lock, entries)))
    known = work.store.find(key)
    if known is not None:
        work.recalled["packages.bundle"] += 1
        return work.read(known[0], Bundled)  # type: ignore[no-any-return]  # the type is the second argument
    cache = work.store.folder.parent
    result = _result(entries, *_bundle(cache, found, package, lock, entries))
    work.store.append(key, (msgspec.msgpack.encode(result),))
    work.ran["packages.bundle"] += 1
    return result


def read_lock(found: Layers) -> bytes:
    """Return the lock beside package.json; raise ``UsageError`` where there is none."""
    if LOCK not in found.files:
        raise UsageError(
            "assets/package.json has no package-lock.json beside it", hint="Run npm install in that folder, once."
        )
    return found.read(LOCK)


def installed(cache: Path, found: Layers, package: bytes, lock: bytes) -> Path:
    """Return the folder into which npm has put the site's packages."""
    settings = found.place("package.json").with_name(".npmrc")
    return npm.install(cache, package, lock, whose="assets/package.json", settings=settings)


def dependencies(found: Layers) -> Mapping[str, str]:
    """Return the packages that the site names itself."""
    return _dependencies(found.read("package.json")) if "package.json" in found.files else {}


def _dependencies(package: bytes) -> Mapping[str, str]:
    try:
        return msgspec.json.decode(package, type=_Package).dependencies
    except msgspec.MsgspecError as error:
        raise UsageError(f"assets/package.json cannot be read: {error}") from error


def _taken(compiled: tuple[Compiled, ...]) -> tuple[Taken, ...]:
    """Return what is asked for, each entry once with all that anybody takes of it."""
    found: dict[str, Taken] = {}
    there = {file.path for file in compiled}
    for file in compiled:
        heads = (head.reference for head in file.imports if head.reference is not None)
        for reference in (*heads, *file.references):
            if reference.target.startswith(PACKAGE) and reference.target not in there:
                found[reference.target] = _with(found.get(reference.target), file.path, reference)
    return tuple(found[target] for target in sorted(found))


def _with(before: Taken | None, path: str, reference: Reference) -> Taken:
    if before is None:
        return Taken(reference.target, reference.names, path, reference.line, reference.column)
    return before._replace(names=tuple(sorted({*before.names, *reference.names})))


def _bundle(
    cache: Path, found: Layers, package: bytes, lock: bytes, entries: tuple[Taken, ...]
) -> tuple[tuple[Made, ...], Path]:
    folder = installed(cache, found, package, lock)
    stubs = {each.stub: each.text() for each in entries}
    try:
        return esbuild.bundle(cache, folder, stubs), folder
    except Unbundled:
        # What lies in the cache may not be what npm once put there: that is told by putting it there anew.
        npm.discard(folder)
    folder = installed(cache, found, package, lock)
    try:
        return esbuild.bundle(cache, folder, stubs), folder
    except Unbundled as error:
        blamed = next((each for each in entries if each.stub == error.stub), entries[0])
        raise UsageError(
            f"The package “{blamed.specifier}” cannot be bundled: {error.words}",
            place=f"assets/{blamed.path}" + (f":{blamed.line}:{blamed.column}" if blamed.line else ""),
            hint="Import what the package exports, and only what runs in a browser.",
        ) from error


def _result(entries: tuple[Taken, ...], made: tuple[Made, ...], folder: Path) -> Bundled:
    by_stub = {each.stub: each for each in entries}
    idle = {each.style for each in made if each.style}
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for each in made:
        taken = by_stub.get(each.stub)
        if taken is None and each.name in idle:
            continue
        path, data = taken.target if taken else PACKAGE + each.name, each.data
        licenses = _licenses(folder, each.packages)
        if licenses and each.name.endswith((".js", ".css")):
            stem = each.stub.rpartition(".")[0] or each.name.rpartition(".")[0]
            name = f"{PACKAGE}{stem}-licenses.txt"
            files[name] = licenses
            # Nothing is filled in there, so its published name is known already.
            public = hashed_name(name, hashlib.sha256(licenses).hexdigest()).removeprefix(FOLDER)
            data = data.rstrip(b"\n") + f"\n/*! Licences: {public} */\n".encode()
        files[path] = data
        problems.extend([_idle_style(taken)] if taken and each.style else [])
    return Bundled(files, tuple(problems))


def _licenses(folder: Path, packages: tuple[str, ...]) -> bytes:
    """Return who wrote what is in a file, and under which terms, as the packages say it."""
    parts = []
    for place in packages:
        about = msgspec.json.decode((folder / place / "package.json").read_bytes())
        texts = sorted(path for path in (folder / place).iterdir() if path.is_file() and _LICENSE.match(path.name))
        head = " ".join(str(about.get(key, "")) for key in ("name", "version", "license")).strip()
        parts.append("\n\n".join((head, *(path.read_text("utf-8", "replace").strip() for path in texts))))
    return "\n\n\n".join((*parts, "")).replace("\r\n", "\n").encode() if parts else b""


def _idle_style(taken: Taken) -> Problem:
    return Problem(
        "warning",
        "asset-missing",
        f"the package “{taken.specifier}” brings a style sheet that no page asks for.",
        hint=f'Import it in a style sheet of yours: @import "{taken.target}/…";',
        root="assets",
        path=taken.path,
        line=taken.line,
        column=taken.column,
    )
