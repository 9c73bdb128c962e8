"""Compiling one file by its ending, as the pipeline does."""

from __future__ import annotations

import hashlib

from builder.asset import Compiled, Shipping
from builder.steps.data import compile_data
from builder.steps.drawing import compile_drawing
from builder.steps.script import compile_script
from builder.steps.style import compile_style

COMPILERS = {
    ".js": compile_script,
    ".mjs": compile_script,
    ".css": compile_style,
    ".svg": compile_drawing,
    ".json": compile_data,
}


def compile_file(path: str, data: bytes, shipping: Shipping) -> Compiled:
    """Compile one file by its ending, whatever it is."""
    for ending, compiler in COMPILERS.items():
        if path.endswith(ending):
            return compiler(path, data, shipping)
    return Compiled(path, hashlib.sha256(data).hexdigest(), len(data))
