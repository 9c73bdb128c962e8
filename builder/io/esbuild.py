"""esbuild: makes entries of third-party packages that browsers can load; its binary is npm's and needs no Node.

Entries and what they share come out as modules in one folder, with bare names, so that the linker of assets treats
them like any other script. Everything that could show in the bytes is fixed: the version, the options, the paths that
it sees, which are relative to the folder that npm filled.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from builder.errors import UsageError
from builder.io.config import HOME
from builder.io.npm import install
from builder.io.write import write_file

LOCKED = HOME / "requirements" / "esbuild"

# Browsers of the last two years; what is kept as a file is what style sheets of packages name.
OPTIONS = (
    "--bundle --splitting --format=esm --minify --target=es2022 --platform=browser --charset=utf8 --legal-comments=eof "
    "--entry-names=[name] --chunk-names=chunk-[hash] --asset-names=[name]-[hash] --log-level=error --color=false "
    "--define:process.env.NODE_ENV='production' "
    + " ".join(f"--loader:.{kind}=file" for kind in ("woff2", "woff", "ttf", "eot", "svg", "png", "gif", "jpg", "wasm"))
).split()

_ERROR = re.compile(r"\[ERROR\] (.*)")
_STUB = re.compile(r"entries/(\S+?\.(?:js|css)):")


class Made(msgspec.Struct, frozen=True):
    """One file that came out: its name, its bytes, the stub that it is the entry of, the packages in it."""

    name: str
    data: bytes
    stub: str = ""
    packages: tuple[str, ...] = ()
    style: str = ""  # the style sheet that the entry's own code imports, and that nothing loads


class Unbundled(Exception):  # noqa: N818 - it is what happened
    """esbuild gave up: its first words, and the stub that it speaks of."""

    def __init__(self, words: str, stub: str) -> None:
        super().__init__(words)
        self.words = words
        self.stub = stub


class _Source(msgspec.Struct, frozen=True):
    pass


class _Output(msgspec.Struct, frozen=True, rename="camel"):
    inputs: dict[str, _Source] = {}
    entry_point: str = ""
    css_bundle: str = ""


class _Meta(msgspec.Struct, frozen=True):
    outputs: dict[str, _Output]


def version() -> bytes:
    """Return what stands for the bundler and the way it is used."""
    return hashlib.sha256((LOCKED / "package-lock.json").read_bytes() + " ".join(OPTIONS).encode()).digest()


def bundle(cache: Path, packages: Path, stubs: Mapping[str, str]) -> tuple[Made, ...]:
    """Bundle the entries that the stubs describe, from what npm has put into ``packages``; raise ``Unbundled``."""
    tool = _binary(cache)
    # A stub is named by what it says: the same entry has the same path in every build.
    names = {stub: f"entries/{hashlib.sha256(text.encode()).hexdigest()[:8]}-{stub}" for stub, text in stubs.items()}
    (packages / "entries").mkdir(exist_ok=True)
    for stub, text in stubs.items():
        write_file(packages / names[stub], text.encode())
    with tempfile.TemporaryDirectory(dir=packages, prefix="out-") as out:
        folder = Path(out).name
        command = [str(tool), *names.values(), *OPTIONS, f"--outdir={folder}", f"--metafile={folder}/meta.json"]
        done = subprocess.run(command, cwd=packages, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - our own words
        if done.returncode:
            error, place = _ERROR.search(done.stderr), _STUB.search(done.stderr)
            words = error[1] if error else (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            stub = next((stub for stub, name in names.items() if place and name == f"entries/{place[1]}"), "")
            raise Unbundled(words, stub)
        meta = msgspec.json.decode((Path(out) / "meta.json").read_bytes(), type=_Meta)
        stub_of = {name: stub for stub, name in names.items()}
        return tuple(
            Made(
                path.removeprefix(f"{folder}/"),
                (packages / path).read_bytes(),
                stub_of.get(output.entry_point, ""),
                tuple(sorted({found for name in output.inputs if (found := _package(name))})),
                output.css_bundle.removeprefix(f"{folder}/"),
            )
            for path, output in sorted(meta.outputs.items())
        )


def _package(path: str) -> str:
    """Return the folder of the package that a file belongs to."""
    start, _, inside = path.rpartition("node_modules/")
    if not inside or path.startswith("entries/"):
        return ""
    parts = inside.split("/")
    return f"{start}node_modules/{'/'.join(parts[: 2 if parts[0].startswith('@') else 1])}"


def _binary(cache: Path) -> Path:
    package, lock = (LOCKED / "package.json").read_bytes(), (LOCKED / "package-lock.json").read_bytes()
    folder = install(cache, package, lock, whose="the bundler")
    found = [*folder.glob("node_modules/@esbuild/*/bin/esbuild"), *folder.glob("node_modules/@esbuild/*/esbuild.exe")]
    if not found:
        raise UsageError("esbuild, which bundles npm packages, does not come for this platform")
    return found[0].absolute()
