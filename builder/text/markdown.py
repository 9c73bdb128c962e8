"""Markdown to HTML: an engine is one function from text to HTML, chosen by name in ``ENGINES``.

``comrak`` is the default: GitHub's dialect, and fast enough that it does not show in a build. ``python-markdown``
serves authors who come from MkDocs, with the extensions their site lists.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import comrak

from builder.errors import SettingError

if TYPE_CHECKING:
    import markdown

Engine = Callable[[str, tuple[str, ...]], str]

_EXTENSIONS = comrak.ExtensionOptions(
    strikethrough=True,
    table=True,
    autolink=True,
    tasklist=True,
    footnotes=True,
    description_lists=True,
    alerts=True,
    math_dollars=True,
)
_RENDER = comrak.RenderOptions(unsafe_=True, full_info_string=True, gfm_quirks=True)
_LOCATE = comrak.RenderOptions(unsafe_=True, full_info_string=True, gfm_quirks=True, sourcepos=True)
_PARSE = comrak.ParseOptions(relaxed_tasklist_matching=False)


def with_comrak(text: str, _extensions: tuple[str, ...] = ()) -> str:
    """Return GitHub-flavoured Markdown as HTML."""
    return comrak.markdown_to_html(text, _EXTENSIONS, _PARSE, _RENDER)


def with_positions(text: str) -> str:
    """Return the same HTML with ``data-sourcepos="line:byte-line:byte"`` in every tag that Markdown made.

    Asked for characters, comrak counts them from the start of the line each time: the square of a long line's length.
    """
    return comrak.markdown_to_html(text, _EXTENSIONS, _PARSE, _LOCATE)


def with_python_markdown(text: str, extensions: tuple[str, ...] = ()) -> str:
    """Return HTML as Python-Markdown makes it, with what every course needs and the site's own extensions."""
    engine = _python_markdown(extensions)
    engine.reset()
    return str(engine.convert(text))


@lru_cache(maxsize=4)
def _python_markdown(extensions: tuple[str, ...]) -> markdown.Markdown:
    import markdown

    needed = ("fenced_code", "tables", "footnotes", "def_list", "sane_lists")
    engine = markdown.Markdown(extensions=needed)
    for number, name in enumerate(extensions):
        try:
            engine.registerExtensions([] if name in needed else [name], {})
        except (ImportError, AttributeError, TypeError) as error:
            message = f"The extension `{name}` of Python-Markdown cannot be loaded: {error}"
            way = ("markdown", "extensions", number)
            raise SettingError(message, way, hint="Install it, or take it out of the list.") from error
    engine.reset()
    return engine


ENGINES: dict[str, Engine] = {"comrak": with_comrak, "python-markdown": with_python_markdown}
