"""One way to make a bundle from a folder written as a dictionary."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from builder.asset import BUILD, Bundle, Compiled, Shipping
from builder.steps.bundle import link
from builder.steps.data import compile_data
from builder.steps.drawing import compile_drawing
from builder.steps.script import compile_script
from builder.steps.style import compile_style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMPILERS = {
    ".js": compile_script,
    ".mjs": compile_script,
    ".css": compile_style,
    ".svg": compile_drawing,
    ".json": compile_data,
}


def compile_file(path: str, data: bytes, shipping: Shipping) -> Compiled:
    """Compile one file by its ending, as the pipeline does."""
    for ending, compiler in COMPILERS.items():
        if path.endswith(ending):
            return compiler(path, data, shipping)
    return Compiled(path, hashlib.sha256(data).hexdigest(), len(data))


@pytest.fixture
def bundle() -> Callable[..., Bundle]:
    """Return a function that compiles and links a folder given as path → text or bytes."""

    def make(files: Mapping[str, str | bytes], shipping: Shipping = BUILD) -> Bundle:
        sources = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        return link(tuple(compile_file(path, data, shipping) for path, data in sources.items()))

    return make
