"""A page's parts, its view and the theme to the bytes of its file."""

from __future__ import annotations

import json
import re
from functools import lru_cache, partial
from typing import Any

import jinja2
from markupsafe import Markup

from builder.engine.step import step
from builder.errors import TemplateError
from builder.model import Body
from builder.text.compiled import Environment
from builder.text.picture import with_boxes
from builder.text.policy import is_plain, secured
from builder.text.view import Nav, PageView, Shell
from builder.text.words import count, words

Theme = tuple[tuple[str, str], ...]

_BETWEEN_TAGS = re.compile(r"(?<=[>}])([ \t]*\n\s*)(?=[<{])")
_INCLUDE = re.compile(r'\{% include "([^"{}]+)" %\}')
_INDENT = re.compile(r"\n[ \t]+")


# An exercise compiles in the browser, and the compiler is WebAssembly.
_COMPILES = {"script-src": ("'wasm-unsafe-eval'",)}


@step(version=7)
def render(page: PageView, refs: tuple[str, ...], body: Body, nav: Nav, site: Shell, theme: Theme) -> bytes:
    """Return the page's HTML."""
    content = join(body.pieces, refs)
    template = page.template if any(name == f"{page.template}.html" for name, _ in theme) else page.kind
    html = write(
        theme,
        page.language,
        f"{template}.html",
        page=page,
        content=Markup(content),  # noqa: S704 - made by the page step from the author's own Markdown
        toc=body.toc,
        description=page.description or body.description,
        features=body.features,
        extra=json.loads(body.extra),
        titled=body.titled,
        nav=nav,
        outline=_outline(page, nav, site, theme),
        site=site,
    )
    html = with_boxes(html, content)
    more = {**site.security.sources, **(_COMPILES if "exercise" in body.features else {})}
    said = site.security
    return secured(
        html,
        content,
        foreign=body.foreign,
        plain=_is_plain(theme),
        strict=said.strict,
        more=more,
        trusted=said.trusted_types,
    ).encode()


@lru_cache(maxsize=32)
def _is_plain(theme: Theme) -> bool:
    return is_plain(source for name, source in theme if name.endswith(".html"))


# The outlines of the modules that this process has rendered last; a module's pages come one after another.
_OUTLINES: dict[tuple[int, int, str], tuple[Nav, Theme, str]] = {}
_KEPT = 64


def _outline(page: PageView, nav: Nav, site: Shell, theme: Theme) -> Markup:
    """Return ``outline.html``, rendered once for all pages that share it, with the link to this page marked.

    It is a third of a page's rendering and the same on every page of a module but for one attribute.
    """
    name = (id(nav), id(theme), page.language)
    known = _OUTLINES.get(name)
    # An id may have been another value's before: what is kept is compared with what is asked for.
    if known is None or known[0] is not nav or known[1] is not theme:
        if len(_OUTLINES) >= _KEPT:
            _OUTLINES.clear()
        known = _OUTLINES[name] = (nav, theme, write(theme, page.language, "outline.html", nav=nav, site=site))
    link = f'<a href="{Markup.escape(page.url)}"'
    return Markup(known[2].replace(f"{link}>", f'{link} aria-current="page">'))  # noqa: S704 - a template's output


def join(pieces: tuple[str, ...], refs: tuple[str, ...]) -> str:
    """Return the pieces with the resolved references between them."""
    if not refs:
        return pieces[0]
    out = [""] * (len(pieces) + len(refs))
    out[::2] = pieces
    out[1::2] = refs
    return "".join(out)


def write(theme: Theme, language: str, name: str, **values: Any) -> str:
    """Return a template filled with values; what goes wrong in it is said with the template's own line."""
    try:
        return environment(theme, language).get_template(name).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(
            f"The template cannot be read: {error.message}", place=f"templates/{error.name or name}:{error.lineno}"
        ) from error
    except jinja2.TemplateNotFound as error:
        raise TemplateError(f"There is no template {error.name}", place=f"templates/{name}") from error
    except Exception as error:
        raise TemplateError(f"{type(error).__name__}: {error}", place=_place(error, name)) from error


def _place(error: BaseException, name: str) -> str:
    place = f"templates/{name}"
    trace = error.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("templates/"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def tighten(source: str) -> str:
    """Return a template without the white space that only its author needs; lines stay where they were.

    Indentation goes, and a line break between two tags becomes a comment that spans it: nothing is written for it.
    """
    if "<pre" in source or "<textarea" in source or "<script" in source:
        return source
    return _INDENT.sub("\n", _BETWEEN_TAGS.sub(lambda match: "{#" + "\n" * match[1].count("\n") + "#}", source))


class _Loader(jinja2.BaseLoader):
    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def get_source(self, _environment: jinja2.Environment, template: str) -> tuple[str, str, None]:
        if template not in self.sources:
            raise jinja2.TemplateNotFound(template)
        source = _INCLUDE.sub(self._inlined, self.sources[template])
        return tighten(source), f"templates/{template}", None

    def _inlined(self, match: re.Match[str]) -> str:
        """Return an included file's own text where there is nothing in it to render, such as a drawing."""
        text = self.sources.get(match[1], "{{")
        # More than a line would move the lines that errors name.
        return match[0] if "{{" in text or "{%" in text or "{#" in text or "\n" in text.strip() else text.strip()


class _Fixed:
    """``{{ fixed("name.html", site) }}``: a template that shows only ``site`` and words, rendered once."""

    def __init__(self, made: jinja2.Environment) -> None:
        self._made = made
        self._known: dict[str, tuple[Shell, Markup]] = {}

    def __call__(self, name: str, site: Shell) -> Markup:
        known = self._known.get(name)
        if known is None or known[0] is not site:
            text = self._made.get_template(name).render(site=site)
            known = self._known[name] = (site, Markup(text))  # noqa: S704 - a template's output
        return known[1]


# A kind of page in a language; a build has few of either at a time.
@lru_cache(maxsize=32)
def environment(theme: Theme, language: str) -> Environment:
    """Return the templates' environment in one language; its globals and filters are the documented ones."""
    made = Environment(
        loader=_Loader(dict(theme)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["day"] = lambda value: str(value)[:10]
    made.globals["t"] = words(theme, language, "page")
    made.globals["count"] = partial(count, language)
    made.globals["fixed"] = _Fixed(made)
    return made
