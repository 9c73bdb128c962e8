"""What keeps a service from beginning is said in a sentence, with exit 2 and no trace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from edge_api.main import main


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start from no configuration, in a folder of the test's own."""
    for name in [*os.environ]:
        if name.startswith("EDGE_") or name in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_an_address_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Most often another one is running: that, and how to choose another port, is all that is said."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()
        port = line.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"Nobody can listen on 127.0.0.1, port {port}: Address already in use. --port chooses another one." in said


@pytest.mark.parametrize("port", ["65536", "-1"])
def test_a_port_that_is_none_is_named(capsys: pytest.CaptureFixture[str], port: str) -> None:
    """There are 65,536 ports, and others are a typing error."""
    assert main([f"--port={port}"]) == 2
    assert f"port {port}" in capsys.readouterr().err


def test_a_folder_that_holds_no_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the folder's place, a folder that can't be made, and a file that is no database."""
    (tmp_path / "file").write_text("")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "edge.sqlite3").write_text("not a database, " * 100)
    for data in (tmp_path / "file", Path("/proc/nowhere"), tmp_path / "torn"):
        monkeypatch.setenv("EDGE_DATA", str(data))
        assert main(["--port", "0"]) == 2
        assert f"{data} can't hold the database" in capsys.readouterr().err
