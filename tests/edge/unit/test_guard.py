"""Paths: one resource has one."""

from __future__ import annotations

import pytest

from edge_api.middleware.guard import canonical


@pytest.mark.parametrize("path", [b"/", b"/api/session", b"/api/courses/%E6%97%A5", b"/a/x.y", b"/a/~b"])
def test_canonical_paths(path: bytes) -> None:
    """One spelling each."""
    assert canonical(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"*",
        b"a",
        b"/a/",
        b"//",
        b"/a//b",
        b"/.",
        b"/a/..",
        b"/%2E",
        b"/%61",
        b"/%e6%97%a5",
        b"/a%2Fb",
        b"/%00",
        b"/a b",
        b"/a;b",
        b"/%FF",
        "/日".encode(),
    ],
)
def test_crooked_paths(path: bytes) -> None:
    """Every other spelling is refused."""
    assert not canonical(path)
