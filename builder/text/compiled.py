"""Templates' code: what is generated for a value that is written, and how it is handed from one build to the next.

Compiling what a lesson is made of takes far longer than rendering one. A process that is forked has what was compiled
before; a build that makes one page again gets it from the cache.
"""

from __future__ import annotations

import importlib.util
import marshal
import re
from types import CodeType
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.compiler import Frame


class Compiled(jinja2.BytecodeCache):
    """The code of the templates that this process has met, by name and source."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's code where it was compiled before from the same source."""
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code."""
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code

    def packed(self) -> bytes:
        """Return all that is known, for a process of the same Python and Jinja."""
        return marshal.dumps(self._known)

    def unpack(self, data: bytes) -> None:
        """Know what another process did; the bytes are from a cache that has verified them."""
        self._known.update(marshal.loads(data))  # noqa: S302 - our own cache, as trusted as the bytecode of our modules


COMPILED = Compiled()


def reads_as() -> bytes:
    """Return what code is made for: it means nothing to another Python or Jinja."""
    return importlib.util.MAGIC_NUMBER + jinja2.__version__.encode()


_SPECIAL = re.compile("[&<>\"']")


def shown(value: Any) -> Any:
    """Return a value that is to be written; refuse a function, whose address would be another on each machine."""
    if callable(value) and not isinstance(value, (str, jinja2.Undefined)):
        name = getattr(value, "__name__", "this")
        raise TypeError(f'`{name}` is a function of Python, not a value; write t["{name}"] for a word of that name')
    return value


def written(value: Any) -> str:
    """Return ``escape(shown(value))`` as a template writes it.

    Most values are plain words or markup already, and need no object made that says that they are safe.
    """
    kind = type(value)
    if kind is Markup or (kind is str and not _SPECIAL.search(value)):
        return value  # type: ignore[no-any-return]  # a str by what was just asked
    return escape(shown(value))


class _Generator(CodeGenerator):
    """Jinja's generator of code, which has values written by ``written`` where they are to be escaped."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if _escapes(frame):
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if _escapes(frame):
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)


def _escapes(frame: Frame) -> bool:
    return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


class Environment(jinja2.Environment):
    """Templates whose values are written by ``written``, by ``shown`` where a template wants them unescaped."""

    code_generator_class = _Generator
    written = staticmethod(written)

    def __init__(self, **options: Any) -> None:
        super().__init__(autoescape=True, finalize=shown, bytecode_cache=COMPILED, **options)
