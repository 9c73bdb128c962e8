"""A fleet on one machine: nginx with the configuration that is shipped, and instances of the edge behind it."""

from __future__ import annotations

import os
import re
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from edge.clients import PATIENCE
from edge.instances import ROOT, Instance
from edge_api.settings import Settings
from servers import Server, free_port

DEPLOY = ROOT / "deploy"
PAGE = "<!doctype html><title>Course</title>"


class Nginx(Server):
    """deploy/nginx.conf as it is, and what is this machine's own: ports, folders, the site's root."""

    def __init__(self, instances: list[int], site: Path | None = None) -> None:
        super().__init__("nginx")
        # Its workers are another user where root starts it.
        self.folder.chmod(0o755)
        self.port = free_port()
        self._instances = instances
        self._site = site or _small_site(self.folder / "site")
        shutil.copy(DEPLOY / "nginx.conf", self.folder)
        shutil.copytree(DEPLOY / "nginx", self.folder / "coursewright")

    def command(self) -> list[str]:
        """Return the command line that starts nginx."""
        own = f"daemon off; pid {self.folder}/pid; error_log stderr;"
        return [os.environ["COURSEWRIGHT_NGINX"], "-p", str(self.folder), "-c", f"{self.folder}/nginx.conf", "-g", own]

    def start(self) -> None:
        """Start nginx; a first start takes another port if this one was taken since."""
        try:
            self._settle()
            super().start()
        except RuntimeError:
            self.port = free_port()
            self._settle()
            super().start()

    def answers(self) -> bool:
        """Say whether nginx takes connections."""
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    def _settle(self) -> None:
        here = self.folder / "coursewright" / "here"
        for name in ("instances.conf", "streams.conf"):
            shipped = (DEPLOY / "nginx/here" / name).read_text(encoding="utf-8")
            pieces = re.split(r"(?<=127\.0\.0\.1:)\d+", shipped)
            lines = [f"{piece}{port}" for piece, port in zip(pieces, self._instances, strict=False)]
            (here / name).write_text("".join((*lines, pieces[-1])))
        (here / "server.conf").write_text(f"listen 127.0.0.1:{self.port} backlog=4096; root {self._site};")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        (here / "http.conf").write_text("access_log off; " + " ".join(f"{kind}_temp_path t/{kind};" for kind in kinds))
        (self.folder / "t").mkdir(exist_ok=True)


class Fleet:
    """Three instances behind nginx, which share what the settings name."""

    def __init__(
        self, settings: Settings, *, site: Path | None = None, kind: type[Instance] = Instance, **environ: str
    ) -> None:
        given = {"EDGE_PROXIES": "127.0.0.1", **environ}
        self.instances = [kind(settings, words=("-m", "edge_api"), **given) for _ in range(3)]
        self._site = site

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for instance in self.instances:
                stack.enter_context(instance)
            self.nginx = stack.enter_context(Nginx([instance.port for instance in self.instances], self._site))
            self._started = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._started.__exit__(kind, error, at)

    @property
    def url(self) -> str:
        """Where learners come in."""
        return f"http://localhost:{self.nginx.port}"

    def client(self, **more: Any) -> httpx.Client:
        """Return a client with the Origin of a page served here."""
        return httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=PATIENCE, **more)

    def roll(self) -> None:
        """Restart all instances one after the other, each asked to go and waited for."""
        for instance in self.instances:
            instance.terminate()
            assert instance.wait() in {0, -15}
            instance.start()


def _small_site(folder: Path) -> Path:
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "404.html").write_text("<!doctype html><title>Not here</title>")
    return folder
