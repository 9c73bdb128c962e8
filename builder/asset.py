"""The values of the asset graph: what one file is made of, and what the whole set of files becomes.

A build meets each file of ``assets/`` twice. *Compiling* sees one file alone: it minifies, finds what the file refers
to and cuts its bytes at those places; this is the expensive half, and it is remembered per file. *Linking* sees all
compiled files: it names each by its final bytes, leaves first, and fills the cuts. Linking is cheap.

    app.js  →  pieces  b'import"'  b'";run()'          →  import"./core.1f0c9b2ad6e3.js";run()
               references       core.js
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from builder.errors import Problem

# static: a module imported at the top · dynamic: import() · worker: its own thread · url: bytes fetched by address.
Kind = Literal["static", "dynamic", "worker", "url"]


class Shipping(msgspec.Struct, frozen=True):
    """How files are made ready: minified, without ``console.log`` and ``.debug``, or readable with a source map.

    ``tools`` stands for the versions of what does it, so that another version makes everything anew.
    """

    minify: bool = True
    quiet: bool = False
    map: bool = False
    tools: str = ""


# What ``serve``, ``build`` and ``build --release`` do.
DRAFT = Shipping(minify=False, map=True)
BUILD = Shipping()
RELEASE = Shipping(quiet=True)


class Reference(msgspec.Struct, frozen=True):
    """One place in a file that names another; ``target`` is that file's logical path, ``tail`` its ?query#fragment.

    ``names`` are what a script takes from a package: ``*`` for all of it, nothing where it only runs it.
    """

    kind: Kind
    target: str
    tail: str = ""
    text: str = ""
    line: int | None = None
    column: int | None = None
    names: tuple[str, ...] = ()


class Import(msgspec.Struct, frozen=True):
    """One statement at the head of a style sheet: an ``@layer`` list (``text``) or an ``@import`` of a file or host.

    ``wraps`` are the openings of the rules that stand for the import's conditions once it is inlined; ``tail`` is the
    conditions as written, for an import that stays one.
    """

    text: str = ""
    reference: Reference | None = None
    wraps: tuple[str, ...] = ()
    tail: str = ""


class Compiled(msgspec.Struct, frozen=True):
    """One file, compiled alone: its bytes cut at its references.

    A file that nothing is done to has no pieces: its bytes are its source's, known here by digest and size only.
    ``sealed`` says why a style sheet can't be inlined into another; empty when it can.
    """

    path: str
    digest: str = ""
    size: int = 0
    pieces: tuple[bytes, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    sealed: str = ""
    problems: tuple[Problem, ...] = ()


def targets_of(file: Compiled) -> Iterator[str]:
    """Yield the logical paths that a file names."""
    for head in file.imports:
        if head.reference is not None:
            yield head.reference.target
    for reference in file.references:
        yield reference.target


class Output(msgspec.Struct, frozen=True):
    """One file as it is published; ``data`` is ``None`` where the bytes are the source's.

    ``preload`` names the scripts that its static imports bring, nearest first, itself left out; ``uses`` are the
    logical paths it refers to.
    """

    path: str
    name: str
    digest: str
    size: int
    type: str
    data: bytes | None
    preload: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


class Bundle(msgspec.Struct, frozen=True):
    """All files of ``assets/`` under their final names, sorted by logical path, and what was found wrong on the way.

    ``inlined`` are the style sheets that stand in others; nobody need ask for them.
    """

    outputs: tuple[Output, ...]
    problems: tuple[Problem, ...]
    inlined: tuple[str, ...] = ()
