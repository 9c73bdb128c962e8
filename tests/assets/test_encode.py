"""Compressed siblings hold the same bytes, are the same on every machine, and exist only where they save."""

from __future__ import annotations

import gzip
import hashlib
import os

import brotli  # type: ignore[import-untyped]  # it ships no types
import pytest

from builder.steps.encode import compress, pays

TEXT = ("<p>Every contract has storage, memory and calldata.</p>\n" * 200).encode()


@pytest.mark.parametrize("quality", [5, 9, 11])
def test_both_siblings_hold_the_file(quality: int) -> None:
    made = compress(TEXT, quality)
    assert brotli.decompress(made.br) == TEXT
    assert gzip.decompress(made.gzip) == TEXT
    assert len(made.br) < len(TEXT) // 10


def test_the_bytes_depend_on_nothing_but_the_file() -> None:
    first = compress(TEXT, 11)
    assert first == compress(TEXT, 11)
    assert first.gzip[4:8] == b"\0\0\0\0"
    assert hashlib.sha256(first.gzip[10:-8]).hexdigest() == hashlib.sha256(compress(TEXT, 5).gzip[10:-8]).hexdigest()


def test_what_does_not_shrink_has_no_sibling() -> None:
    made = compress(os.urandom(5000), 5)
    assert (made.br, made.gzip) == (b"", b"")


@pytest.mark.parametrize(
    ("media_type", "size", "worth"),
    [
        ("text/html; charset=utf-8", 5000, True),
        ("text/css; charset=utf-8", 100, False),
        ("application/wasm", 22_000_000, True),
        ("image/svg+xml; charset=utf-8", 2000, True),
        ("image/avif", 50_000, False),
        ("font/woff2", 50_000, False),
        ("application/zip", 50_000, False),
    ],
)
def test_only_what_is_not_compressed_yet_is_worth_it(media_type: str, size: int, *, worth: bool) -> None:
    assert pays(media_type, size) is worth
