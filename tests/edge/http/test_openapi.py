"""The OpenAPI document says what the edge does; schemathesis tries to prove it wrong on the running service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from edge.clients import PATIENCE
from edge.instances import Instance
from edge_api.app import create_app
from edge_api.operations import OPERATIONS
from edge_api.settings import Settings

# What ends the session that the run is made with, and what does not end.
LEFT_OUT = r"^/api/(account|sessions?|live)$"


def test_the_document_names_every_route_and_no_probe() -> None:
    """The routes and the document come from one table."""
    paths = create_app(Settings()).state.openapi["paths"]
    said = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert said == {(each.method, each.path) for each in OPERATIONS if each.access != "probe"}


def test_schemathesis_finds_no_failure(settings: Settings, tmp_path: Path) -> None:
    """All its checks, with a session and without: no fault, no undocumented status, no body of another shape.

    Most of what nobody may ask is refused before it reaches a database, so one database hears of it, and briefly.
    """
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    with Instance(settings) as instance, instance.client() as client:
        client.post("/api/session")
        cookie = client.cookies["session"]
        (tmp_path / "nobody.toml").write_text("")
        (tmp_path / "somebody.toml").write_text(f'[auth.openapi.session]\napi_key = "{cookie}"\n')
        runs = [("somebody", ["--phases", "examples,coverage,fuzzing,stateful", "--exclude-path-regex", LEFT_OUT])]
        if not settings.database_url:
            runs.append(("nobody", ["--phases", "examples,coverage", "--exclude-path-regex", "^/api/live$"]))
        for who, more in runs:
            done = subprocess.run(
                [
                    program,
                    "--config-file",
                    f"{who}.toml",
                    "run",
                    f"{instance.url}/api/openapi.json",
                    "-H",
                    f"Origin: {instance.url}",
                    *more,
                    "--max-examples",
                    "4",
                    "--request-timeout",
                    str(PATIENCE),
                    "--suppress-health-check",
                    "all",
                    "--generation-database",
                    "none",
                    "--seed",
                    "1",
                    "--no-color",
                ],
                cwd=tmp_path,
                env={**os.environ, "NO_COLOR": "1"},
                capture_output=True,
                text=True,
                check=False,
                timeout=10 * PATIENCE,
            )
            assert done.returncode == 0, re.sub(r"\n{3,}", "\n\n", done.stdout)[-6000:] + done.stderr[-2000:]
        assert not [line for line in instance.logs if line.get("level") == "error"]
