"""The linker of assets: names every file by its final bytes, leaves first, and fills in the names where they are used.

A file's name hashes the bytes that are published, with the names of everything it refers to already in them; so a
change to one file renames that file and what refers to it, directly or not, and nothing else. Files that refer to each
other in a cycle are named as a group: their names hash the whole group's bytes with the group's own names left blank.

All files lie in one folder, so they call each other by bare name: neither a base path nor another host for assets
changes a byte.
"""

from __future__ import annotations

import difflib
import hashlib
import posixpath
from typing import TYPE_CHECKING

from builder.asset import Bundle, Compiled, Output, Reference
from builder.engine.step import step
from builder.errors import Problem
from builder.text.address import PACKAGE, package_of
from builder.text.cycles import components
from builder.text.flat import Sheet, flatten
from builder.text.hashed import FOLDER, hashed_name
from builder.text.media import media_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPTS = (".js", ".mjs")


@step(version=1)
def link(files: tuple[Compiled, ...]) -> Bundle:
    """Return all ``files`` under their final names, with a problem for each reference that leads nowhere."""
    known = {file.path: file for file in sorted(files, key=lambda file: file.path) if file.pieces or file.digest}
    sheets = {path: flatten(path, known) for path in known if path.endswith(".css")}
    bodies = {path: sheets.get(path) or _body(file) for path, file in known.items()}
    uses = {path: _uses(body.references, known) for path, body in bodies.items()}
    names: dict[str, str] = {}
    outputs: dict[str, Output] = {}
    for group in components(uses):
        names |= _name(group, known, bodies, uses, names)
        for path in group:
            outputs[path] = _output(known[path], bodies[path], uses[path], names)
    preloads = _preloads(bodies, known)
    problems = [problem for file in files for problem in file.problems]
    problems.extend(problem for file in files for problem in _missing(file, known))
    return Bundle(
        tuple(_with_preload(outputs[path], preloads[path], names) for path in known),
        tuple(sorted(set(problems), key=lambda found: (found.path or "", found.line or 0, found.column or 0, found))),
        _inlined(known, uses),
    )


def _inlined(known: Mapping[str, Compiled], uses: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    imported = {head.reference.target for file in known.values() for head in file.imports if head.reference is not None}
    asked = {target for targets in uses.values() for target in targets}
    return tuple(path for path in known if path in imported and path not in asked)


def _body(file: Compiled) -> Sheet:
    # To a script a bare word is a package, so its neighbours are called with a dot.
    prefix = "./" if _is_script(file.path) else ""
    return Sheet(file.pieces or (b"",), file.references, prefix)


def _is_script(path: str) -> bool:
    return path.endswith(SCRIPTS) or media_type(hashed_name(path, "")).startswith("text/javascript")


def _uses(references: tuple[Reference, ...], known: Mapping[str, Compiled]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reference.target for reference in references if reference.target in known))


def _name(
    group: tuple[str, ...],
    known: Mapping[str, Compiled],
    bodies: Mapping[str, Sheet],
    uses: Mapping[str, tuple[str, ...]],
    names: Mapping[str, str],
) -> dict[str, str]:
    """Return the names of one group of files, given those of all that it refers to outside itself."""
    first = group[0]
    if len(group) == 1 and first not in uses[first]:
        digest = known[first].digest or hashlib.sha256(_fill(bodies[first], names)).hexdigest()
        return {first: hashed_name(first, digest)}
    blank = {path: f"\0{path}\0" for path in group}
    whole = hashlib.sha256()
    for path in group:
        whole.update(hashlib.sha256(_fill(bodies[path], {**names, **blank})).digest())
    return {path: hashed_name(path, hashlib.sha256(whole.digest() + path.encode()).hexdigest()) for path in group}


def _output(file: Compiled, body: Sheet, uses: tuple[str, ...], names: Mapping[str, str]) -> Output:
    name, kind = names[file.path], media_type(names[file.path])
    if not file.pieces:
        return Output(file.path, name, file.digest, file.size, kind, None)
    data = _fill(body, names)
    return Output(file.path, name, hashlib.sha256(data).hexdigest(), len(data), kind, data, uses=uses)


def _fill(body: Sheet, names: Mapping[str, str]) -> bytes:
    """Return the bytes of ``body`` with each reference under its final name; one that leads nowhere stays as it is."""
    out = [body.pieces[0]]
    for reference, piece in zip(body.references, body.pieces[1:], strict=True):
        name = names.get(reference.target)
        near = reference.text if name is None else body.prefix + name.removeprefix(FOLDER) + reference.tail
        out.extend([near.encode(), piece])
    return b"".join(out)


def _preloads(bodies: Mapping[str, Sheet], known: Mapping[str, Compiled]) -> dict[str, tuple[str, ...]]:
    """Return for each script what its static imports bring, nearest first: the browser need not discover them."""
    direct = {
        path: tuple(
            reference.target
            for reference in body.references
            if reference.kind == "static" and reference.target in known and _is_script(reference.target)
        )
        for path, body in bodies.items()
    }
    return {path: _closure(path, direct) for path in known}


def _closure(path: str, direct: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {path: None}
    level = [path]
    while level:
        level = [target for source in level for target in direct[source] if target not in found]
        found.update(dict.fromkeys(level))
    return tuple(found)[1:]


def _with_preload(output: Output, preload: tuple[str, ...], names: Mapping[str, str]) -> Output:
    if not preload:
        return output
    return Output(
        output.path,
        output.name,
        output.digest,
        output.size,
        output.type,
        output.data,
        preload=tuple(names[path] for path in preload),
        uses=output.uses,
    )


def _missing(file: Compiled, known: Mapping[str, Compiled]) -> Iterator[Problem]:
    heads = (statement.reference for statement in file.imports if statement.reference is not None)
    for reference in (*heads, *file.references):
        if not reference.target or reference.target in known:
            continue
        if reference.target.startswith(PACKAGE):
            name = reference.target.removeprefix(PACKAGE)
            message = f"the package “{name}” is not there."
            hint = f"Add it to assets/package.json: npm install {package_of(name)}."
        else:
            message = f"“{reference.text}” leads to no file of the assets folder."
            near = difflib.get_close_matches(reference.target, known, n=1, cutoff=0.6)
            near = (
                near or [path for path in known if posixpath.basename(path) == posixpath.basename(reference.target)][:1]
            )
            hint = f"Did you mean “{_from(file.path, near[0])}”?" if near else "Paths are relative to this file."
        loads = reference.kind in {"static", "dynamic", "worker"}
        yield Problem(
            "error" if loads else "warning",
            "module-missing" if loads else "asset-missing",
            message,
            hint=hint,
            root="assets",
            path=file.path,
            line=reference.line,
            column=reference.column,
        )


def _from(source: str, target: str) -> str:
    relative = posixpath.relpath(target, posixpath.dirname(source) or ".")
    return relative if relative.startswith(".") else f"./{relative}"
