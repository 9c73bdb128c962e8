"""File names to media types, from a table of our own: the system's differs from machine to machine."""

from __future__ import annotations

_TYPES = {
    "avif": "image/avif", "bin": "application/octet-stream", "c": "text/plain", "cpp": "text/plain", "css": "text/css", "csv": "text/csv",
    "gif": "image/gif", "h": "text/plain", "htm": "text/html", "html": "text/html", "ico": "image/x-icon", "ipynb": "application/json",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript", "json": "application/json", "m4a": "audio/mp4", "map": "application/json",
    "md": "text/markdown", "mjs": "text/javascript", "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "ogg": "audio/ogg",
    "otf": "font/otf", "pdf": "application/pdf", "png": "image/png", "py": "text/x-python", "rs": "text/plain", "sol": "text/plain",
    "svg": "image/svg+xml", "toml": "application/toml", "ts": "text/plain", "ttf": "font/ttf", "txt": "text/plain", "wasm": "application/wasm",
    "wav": "audio/wav", "webm": "video/webm", "webmanifest": "application/manifest+json", "webp": "image/webp", "woff": "font/woff",
    "woff2": "font/woff2", "xml": "application/xml", "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip",
}  # fmt: skip
_TEXT = ("text/", "application/json", "application/xml", "application/yaml", "application/toml", "application/manifest+json", "image/svg+xml")


def media_type(path: str) -> str:
    """Return a file's media type, with its charset where it is text."""
    name = path.rpartition("/")[2]
    if name in ("_headers", "_redirects"):
        return "text/plain; charset=utf-8"
    if name == "feed.xml":
        return "application/atom+xml; charset=utf-8"
    found = _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return f"{found}; charset=utf-8" if found.startswith(_TEXT) else found
