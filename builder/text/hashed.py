"""Names with the hash of the bytes in them: ``assets/<stem>.<12 hex of sha256>.<ext>``, safe in any address."""

from __future__ import annotations

import posixpath
import re
import unicodedata

from builder.text.address import PACKAGE
from builder.text.media import TYPES

FOLDER = "assets/"

# 48 bits: two files of the same stem meet by chance once in 10^14 pairs; the contract asks for 8 digits or more.
DIGITS = 12

# Long enough to recognise a file, short enough for every file system and archive.
STEM = 60


def hashed_name(path: str, digest: str) -> str:
    """Return the published name of the file that was ``path``, whose bytes have ``digest``."""
    base = posixpath.basename(path.removeprefix(PACKAGE))
    if path.startswith(PACKAGE) and posixpath.splitext(base)[1] not in TYPES:
        # The entry of a package, called by the package's name.
        base += ".js"
    stem, extension = posixpath.splitext(base)
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:STEM] or "file"
    ending = re.sub(r"[^A-Za-z0-9]", "", extension)
    return f"{FOLDER}{safe}.{digest[:DIGITS]}.{ending or 'bin'}"
