"""The data folder of a single instance: its SQLite file lies there, and the secret that was made for it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from edge_api.settings import Settings


def secret(settings: Settings) -> bytes:
    """Return the secret, making and keeping one in the data folder where a single instance has none."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data / "secret"
    prepare(settings.data)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_bytes()


def prepare(folder: Path) -> None:
    """Make the data folder, kept out of version control and away from other users of the machine."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")
