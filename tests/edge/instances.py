"""Instances of the edge as processes of their own, to be stopped, killed and flooded on purpose."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

import httpx

from edge.clients import PATIENCE, wait_until
from edge_api.settings import Settings
from servers import free_port

ROOT = Path(__file__).resolve().parents[2]


class Instance:
    """One process on a port of its own, started by these words; ``logs`` are its lines so far."""

    def __init__(self, settings: Settings, *, words: tuple[str, ...] = ("-m", "edge_api"), **environ: str) -> None:
        given = {
            "EDGE_DATA": str(settings.data),
            "EDGE_CATALOG": str(settings.catalog),
            "EDGE_AWARDS": str(settings.awards),
            "DATABASE_URL": str(settings.database_url),
            "REDIS_URL": str(settings.redis_url),
            "EDGE_REDIS_MS": str(settings.redis_ms),
            "SECRET_KEY": str(settings.secret_key),
            "RATE_LIMITS": "off",
            "EDGE_DRAIN_SECONDS": "0.2",
            "EDGE_POOL": "4",
            "EDGE_STATEMENT_MS": str(settings.statement_ms),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_")}
        # A start without compiled modules takes three times as long, and these tests start many.
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environ = {**inherited, "PYTHONPATH": str(ROOT), **given, **environ}
        self._words = words
        self._port = "0"
        self.logs: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()

    @property
    def url(self) -> str:
        """Where it listens, by the name that browsers and the edge call loopback."""
        return f"http://localhost:{self._port}"

    @property
    def port(self) -> int:
        """The port, once it has listened."""
        return int(self._port)

    @property
    def source(self) -> str:
        """Where its live updates come from: ``redis`` or ``database``."""
        with self.client() as client:
            found: str = client.get("/healthz").json()["live"]["source"]
        return found

    def start(self) -> None:
        """Start it, and return when it listens; after the first time on the same port."""
        self.process = subprocess.Popen(self._command(), stderr=subprocess.PIPE, text=True, cwd=ROOT, env=self.environ)
        listening = threading.Event()
        threading.Thread(target=self._read, args=(self.process, listening), daemon=True).start()
        assert listening.wait(PATIENCE), self.logs

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def terminate(self) -> None:
        """Ask it to go."""
        self.process.send_signal(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it in its tracks: its door stays open and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def wait(self) -> int:
        """Wait until it is gone and return its exit code."""
        return self.process.wait(PATIENCE)

    def client(self, **more: Any) -> httpx.Client:
        """Return a client with the Origin of a page served here."""
        return httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=PATIENCE, **more)

    def _command(self) -> list[str]:
        return [sys.executable, *self._words, "--host", "127.0.0.1", "--port", self._port]

    def _read(self, process: subprocess.Popen[str], listening: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                try:
                    entry = json.loads(line)
                except ValueError:
                    entry = {"message": line}
                self.logs.append(entry)
                if "Uvicorn running on http" in entry["message"]:
                    self._port = entry["message"].split(" ")[3].rpartition(":")[2]
                    listening.set()


class Quiet(Instance):
    """One that logs errors alone, to where we do: nobody spends time on reading lines that nobody wants."""

    def start(self) -> None:
        """Start it, and return when it listens."""
        if self._port == "0":
            self._port = str(free_port())
        self.environ["EDGE_LOG"] = "error"
        self.process = subprocess.Popen(self._command(), text=True, cwd=ROOT, env=self.environ)
        wait_until(self._listens)

    def _listens(self) -> bool:
        assert self.process.poll() is None
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0
