"""Sites built by the command line in a process of its own, with the tool's own theme: what people see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from course import DAY

ROOT = Path(__file__).resolve().parents[1]
MAIN = "import sys; from builder.cli import main; sys.exit(main(sys.argv[1:]))"


def build(site: Path, out: Path, *words: str) -> Path:
    """Build a site into a folder, and return that folder."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": DAY}
    command = [sys.executable, "-c", MAIN, "build", "--site", str(site), "--out", str(out), "--cache", f"{out}.cache"]
    done = subprocess.run([*command, "--quiet", *words], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out
