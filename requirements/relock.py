"""Make the locks anew from pyproject.toml: ``python requirements/relock.py`` (needs uv on the PATH).

One resolution over all extras comes first and every extra is then locked inside it, so that any two of the files can
be installed together. The locks are universal (Linux, macOS, Windows; markers decide on the spot), carry a sha256 for
each file, and name no index: pip's own configuration says where packages come from.

``esbuild/package-lock.json`` is npm's: ``npm update --package-lock-only --omit-lockfile-registry-resolved`` in there.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXTRAS = ("build", "deploy", "api", "test", "node", "servers")
CONTINUED = " \\"
HEADER = "# Locked from pyproject.toml by requirements/relock.py; change that file and run this one.\n"


def lock_of(extra: str) -> Path:
    """Return where an extra's lock is."""
    return HERE / f"{extra}.txt"


def compile_lock(output: Path, *options: str) -> None:
    """Resolve pyproject.toml for every platform into ``output``; what is locked there already stays where it can."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *options]
    subprocess.run([*command, "--output-file", str(output), "pyproject.toml"], cwd=HERE.parent, check=True)  # noqa: S603 - our own words


def main() -> None:
    """Write requirements/*.txt."""
    with tempfile.TemporaryDirectory() as folder:
        whole, pins = Path(folder, "whole.txt"), Path(folder, "pins.txt")
        locked = [lock.read_text() for lock in map(lock_of, EXTRAS) if lock.exists()]
        whole.write_text("".join(locked))
        compile_lock(whole, "--all-extras")
        names = [line.removesuffix(CONTINUED) for line in whole.read_text().splitlines() if line[:1].isalnum()]
        pins.write_text("\n".join(names))
        for extra in EXTRAS:
            lock = lock_of(extra)
            lock.unlink(missing_ok=True)
            compile_lock(lock, "--extra", extra, "--constraint", str(pins))
            lock.write_text(HEADER + lock.read_text())


if __name__ == "__main__":
    main()
