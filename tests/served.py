"""A live server over a course that the test writes, in a process of its own; its words can be waited for."""

from __future__ import annotations

import http.client
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course import Files, write_files
from patience import PATIENCE

ROOT = Path(__file__).resolve().parents[1]


class Served:
    """A running server: where it is, where its site lies, what it has said."""

    def __init__(self, site: Path, *words: str) -> None:
        self.site = site
        command = [sys.executable, str(ROOT / "build.py"), "serve", "--port", "0", "--cache", str(site / ".cache")]
        self.process = subprocess.Popen(
            [*command, "--site", str(site), *words],
            cwd=site,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            self.url = re.findall(r"http://\S+(?=/)", self.until(r"^Serving (\S+)"))[0]
        except AssertionError:
            self.stop()
            raise
        self.host = self.url.removeprefix("http://").partition("/")[0]

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until(self, pattern: str) -> str:
        """Return the next line that matches; fail when there is none."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"never said {pattern}:\n" + "\n".join(self.said)
            self.said.append(line)
            if re.search(pattern, line):
                return line

    def write(self, files: Files) -> None:
        """Save files under the site, or delete those that are None."""
        write_files(self.site, files, stamped=False)

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of one request."""
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def stop(self) -> int:
        """Interrupt the server as a person does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        assert self.process.stderr
        self.process.stderr.close()
        return code


@contextmanager
def serving(site: Path, files: Files, *words: str) -> Iterator[Served]:
    """Serve a site of these files for as long as the block lasts."""
    write_files(site, files, stamped=False)
    served = Served(site, *words)
    try:
        yield served
    finally:
        served.stop()
