"""One way to make a bundle from a folder written as a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from assets.compiling import compile_file
from builder.asset import BUILD, Bundle, Shipping
from builder.steps.bundle import link


@pytest.fixture
def bundle() -> Callable[..., Bundle]:
    """Return a function that compiles and links a folder given as path → text or bytes."""

    def make(files: Mapping[str, str | bytes], shipping: Shipping = BUILD) -> Bundle:
        sources = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        return link(tuple(compile_file(path, data, shipping) for path, data in sources.items()))

    return make
