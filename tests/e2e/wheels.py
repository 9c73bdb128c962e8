"""A package index on loopback, with one small package in two versions."""

from __future__ import annotations

import http.server
import io
import threading
import zipfile

from patience import PATIENCE


class Index(http.server.ThreadingHTTPServer):
    """A page of links with the package in two versions; its gate can be shut, and a download then hangs."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shelf)
        self.wheels = dict(map(wheel, ("1.0", "2.0")))
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.downloads = 0

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.server_port}/"


class Shelf(http.server.BaseHTTPRequestHandler):
    """Answers with the page or a wheel."""

    server: Index

    def do_GET(self) -> None:
        """Answer one request."""
        name = self.path.strip("/")
        body = self.server.wheels.get(name, "".join(f'<a href="{n}">{n}</a>' for n in self.server.wheels).encode())
        if name in self.server.wheels:
            self.server.downloads += 1
            self.server.asked.set()
            self.server.gate.wait(PATIENCE)
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream" if name in self.server.wheels else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            return  # the one who asked was ended on purpose

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def wheel(version: str) -> tuple[str, bytes]:
    """Return the file name and the bytes of a package that knows its version."""
    info = f"tinydep-{version}.dist-info"
    name = f"tinydep-{version}-py3-none-any.whl"
    files = {
        "tinydep.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tinydep\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in [*files, f"{info}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for each, text in files.items():
            archive.writestr(zipfile.ZipInfo(each), text)
    return name, buffer.getvalue()
