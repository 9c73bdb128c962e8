"""Real servers for the tests: each in a folder of its own, on loopback or a socket, gone with its test.

    with Redis() as redis:          redis.url, redis.tcp_url; stop(), start() again, freeze(), thaw()
    with Postgres() as postgres:    postgres.create("name") returns an empty database's URL; stop(), start()

PostgreSQL refuses to run as root; there it runs as the system's "nobody".
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from patience import PATIENCE


@dataclass(frozen=True)
class Browser:
    """A Chromium or Chrome and the flags with which it runs without a screen, a sandbox or talk of its own.

    With Playwright: ``playwright.chromium.launch(executable_path=chromium.path, args=chromium.flags)``.
    """

    path: str
    flags: tuple[str, ...] = (
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )


class Server:
    """A process with a folder: starts, answers, can be stopped and started again on the same address."""

    def __init__(self, name: str) -> None:
        # Not pytest's temporary folder: a socket's path has 107 characters at most, and "nobody" must get in.
        self.folder = Path(tempfile.mkdtemp(prefix=f"cw-{name}-"))
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self) -> list[str]:
        """Return the command line that starts the server."""
        raise NotImplementedError

    def user(self) -> dict[str, Any]:
        """Return who runs it, as ``Popen`` wants it said."""
        return {}

    def answers(self) -> bool:
        """Say whether the server answers."""
        raise NotImplementedError

    def leash(self) -> list[str]:
        """Return the words by which Linux ends the server with the thread that started it, however that ends."""
        setpriv = shutil.which("setpriv")
        return [setpriv, "--pdeathsig", self.goodbye().name.removeprefix("SIG"), "--"] if setpriv else []

    def start(self) -> None:
        """Start the server and return when it answers."""
        log = self.folder / "log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.leash(), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                **self.user(),
            )
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command()[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server at once and wait until it is gone; its data stay for a later ``start``."""
        if self.process is not None:
            self.thaw()
            self.process.send_signal(self.goodbye())
            self.process.wait(PATIENCE)
            self.process = None

    def goodbye(self) -> signal.Signals:
        """Return the signal on which the server ends without waiting for its clients."""
        return signal.SIGTERM

    def freeze(self) -> None:
        """Stop the process in its tracks: connections stay open and nothing is answered."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)


class Redis(Server):
    """A Redis or Valkey without persistence; further words go to its command line (``"--maxmemory", "2mb"``)."""

    def __init__(self, *options: str) -> None:
        super().__init__("redis")
        self.options = options
        self.port = free_port()

    @property
    def socket(self) -> Path:
        """Its socket."""
        return self.folder / "s"

    @property
    def url(self) -> str:
        """Its address for redis-py, by socket."""
        return f"unix://{self.socket}"

    @property
    def tcp_url(self) -> str:
        """Its address for redis-py, by loopback TCP."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """Return the command line that starts the server."""
        words = ["--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", str(self.socket)]
        return [os.environ["COURSEWRIGHT_REDIS"], *words, "--save", "", "--appendonly", "no", *self.options]

    def start(self) -> None:
        """Start the server and return when it answers; a first start takes another port if this one was taken since."""
        try:
            super().start()
        except RuntimeError:
            self.port = free_port()
            super().start()

    def answers(self) -> bool:
        """Say whether the server answers a PING."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def goodbye(self) -> signal.Signals:
        """Return SIGKILL: there is nothing to save."""
        return signal.SIGKILL


class Postgres(Server):
    """A PostgreSQL on a socket in its own folder, with durability off, for speed."""

    def __init__(self) -> None:
        super().__init__("pg")
        self.programs = Path(os.environ["COURSEWRIGHT_POSTGRES"])
        if is_root():
            self.programs = within_reach(self.programs, self.folder)
            shutil.chown(self.folder, user="nobody")
        words = ["--pgdata", str(self.data), "--username", "coursewright", "--auth", "trust", "--no-sync"]
        made = subprocess.run(
            [str(self.programs / "initdb"), *words, "--encoding", "UTF8", "--locale", "C"],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self.user(),
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")

    @property
    def data(self) -> Path:
        """Where its data are."""
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """Return a database's address, as psycopg and libpq read it; SQLAlchemy wants ``postgresql+psycopg://``."""
        return f"postgresql://coursewright@/{database}?host={self.folder}"

    def command(self) -> list[str]:
        """Return the command line that starts the server."""
        settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses="]
        settings += [f"unix_socket_directories={self.folder}", "max_connections=100"]
        return [str(self.programs / "postgres"), "-D", str(self.data), *(w for s in settings for w in ("-c", s))]

    def user(self) -> dict[str, Any]:
        """Return "nobody" where we are root."""
        return (
            {"user": "nobody", "group": "nogroup" if has_group("nogroup") else "nobody", "extra_groups": []}
            if is_root()
            else {}
        )

    def answers(self) -> bool:
        """Say whether the server takes a connection and a query."""
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        self.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def goodbye(self) -> signal.Signals:
        """Return SIGINT, PostgreSQL's "fast" shutdown: it ends its clients' transactions and then itself."""
        return signal.SIGINT


def free_port() -> int:
    """Return a TCP port that was free a moment ago; only for servers that cannot say which port 0 became."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def is_root() -> bool:
    """Say whether we are root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_group(name: str) -> bool:
    """Say whether the system knows a group."""
    import grp

    return any(group.gr_name == name for group in grp.getgrall())


def open_to_all(folder: Path) -> None:
    """Let others into a folder of the run's own: nginx's workers are another user where root runs the tests."""
    temporary = Path(tempfile.gettempdir())
    for each in (folder, *folder.parents):
        if temporary in each.parents:
            each.chmod(0o755)


def within_reach(programs: Path, folder: Path) -> Path:
    """Return ``programs``, or a copy of the installation in ``folder`` if "nobody" cannot get into the original."""
    reach = subprocess.run(["test", "-x", str(programs / "postgres")], user="nobody", extra_groups=[], check=False)
    if reach.returncode == 0:
        return programs
    shutil.copytree(programs.parent, folder / "installation", symlinks=True)
    folder.chmod(0o755)
    return folder / "installation" / programs.name
