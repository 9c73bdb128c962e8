"""What a build stands on, read before anything is decided: folders, files, settings, theme."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from builder import __version__
from builder.errors import SettingError
from builder.io.config import Request, Roots, find_roots, locked_tools, read_site
from builder.io.scan import Tree, look_again, scan
from builder.io.write import Folder
from builder.model import Site
from builder.stages.memory import identity_of
from builder.stages.theme import Layers, layers


class Ground(NamedTuple):
    """The site's folders, files and settings; ``identity`` stands for all of it but the content."""

    roots: Roots
    tree: Tree
    site: Site
    values: dict[str, Any]
    templates: Layers
    assets: Layers
    identity: bytes
    saved: frozenset[str] | None = None  # the only files that may differ from the last build's; None: any


def survey(request: Request, folder: Folder) -> Ground:
    """Return what a build into this folder stands on."""
    now = time.time_ns()
    roots = find_roots(request)
    return ground_of(request, roots, survey_content(request, roots, folder, now), survey_theme(roots, now))


def survey_again(request: Request, folder: Folder, last: Ground, paths: Iterable[Path]) -> Ground:
    """Return the ground after these files were saved; all of it is read again where that is not enough to tell."""
    now = time.time_ns()
    content, theme = [], False
    root = last.roots.content.resolve()
    themes = [each.resolve() for each in (*last.roots.templates, *last.roots.assets)]
    for path in paths:
        if path.is_relative_to(root):
            content.append(path.relative_to(root).as_posix())
        elif any(path.is_relative_to(each) for each in themes):
            theme = True
        else:
            # A folder that was not there before.
            return survey(request, folder)
    tree = look_again(last.tree, content, now)
    if tree is None:
        return survey(request, folder)
    layers = survey_theme(last.roots, now) if theme else (last.templates, last.assets)
    if not theme and "site.toml" not in content:
        same = tree.files.keys() == last.tree.files.keys()
        return last._replace(tree=tree, saved=frozenset(content) if same else None)
    return ground_of(request, last.roots, tree, layers)


def survey_content(request: Request, roots: Roots, folder: Folder, now: int) -> Tree:
    """Return the files of the content folder."""
    return scan(roots.content, "content", now, without=(folder.out, folder.beside, request.cache))


def survey_theme(roots: Roots, now: int) -> tuple[Layers, Layers]:
    """Return the theme's templates and assets."""
    return layers(roots.templates, "templates", now), layers(roots.assets, "assets", now)


def ground_of(request: Request, roots: Roots, tree: Tree, theme: tuple[Layers, Layers]) -> Ground:
    """Return the ground of a build whose files are known; the settings are read here."""
    source = tree.read("site.toml") if "site.toml" in tree.files else None
    site, values = read_site(roots, request, source, _mistakes)
    templates, assets = theme
    settings = msgspec.msgpack.encode((site, values, tree.problems))
    whole = identity_of(_tool(), settings, templates.stats(), assets.stats())
    return Ground(roots, tree, site, values, templates, assets, whole)


def _mistakes(values: dict[str, Any]) -> list[SettingError]:
    # Loaded where there is something to say: a build in which nothing has changed has no time for it.
    from builder.stages.settings import mistakes

    return mistakes(values)


def _tool() -> bytes:
    """Return what stands for the tool itself: its version, and the locked versions of what it is made with."""
    return __version__.encode() + locked_tools()
