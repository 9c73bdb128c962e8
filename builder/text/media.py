"""Media types by file name: our own table, because the host's differs from machine to machine."""

from __future__ import annotations

import posixpath

TEXT = "; charset=utf-8"

TYPES = {
    ".aac": "audio/aac",
    ".apng": "image/apng",
    ".atom": "application/atom+xml" + TEXT,
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".bz2": "application/x-bzip2",
    ".css": "text/css" + TEXT,
    ".csv": "text/csv" + TEXT,
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".htm": "text/html" + TEXT,
    ".html": "text/html" + TEXT,
    ".ico": "image/x-icon",
    ".ics": "text/calendar" + TEXT,
    ".ipynb": "application/json",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript" + TEXT,
    ".json": "application/json",
    ".jxl": "image/jxl",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".map": "application/json",
    ".md": "text/markdown" + TEXT,
    ".mjs": "text/javascript" + TEXT,
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".py": "text/x-python" + TEXT,
    ".sol": "text/plain" + TEXT,
    ".svg": "image/svg+xml" + TEXT,
    ".tar": "application/x-tar",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".toml": "application/toml" + TEXT,
    ".ttf": "font/ttf",
    ".txt": "text/plain" + TEXT,
    ".vtt": "text/vtt" + TEXT,
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml" + TEXT,
    ".xz": "application/x-xz",
    ".yaml": "application/yaml" + TEXT,
    ".yml": "application/yaml" + TEXT,
    ".zip": "application/zip",
}

# Files whose names say more than their suffix, or have none.
NAMES = {"feed.xml": "application/atom+xml" + TEXT, "_headers": "text/plain" + TEXT, "_redirects": "text/plain" + TEXT}


def media_type(path: str) -> str:
    """Return the media type of the file named ``path``; bytes without a meaning where the table doesn't know it."""
    name = posixpath.basename(path)
    if name in NAMES:
        return NAMES[name]
    return TYPES.get(posixpath.splitext(path)[1].lower(), "application/octet-stream")
