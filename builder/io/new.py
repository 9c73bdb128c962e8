"""Starting something: a site, a course, a lesson. Files are written where they belong and never over others.

    new site PATH      a folder with content/: settings, one course of two lessons, a drawing, a quiz
    new course PATH    a folder with its page, numbered after its siblings
    new lesson PATH    a page, numbered after its siblings

A PATH that does not begin in the content folder is meant from there; each of its names may leave its number out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from builder.errors import UsageError
from builder.io.write import write_file
from builder.text.names import title_of_name
from builder.text.urls import PAGE_SUFFIXES, number_prefix, page_stem, slugify, strip_prefix

SAMPLE = Path(__file__).with_name("sample")


def new_site(path: Path) -> list[Path]:
    """Write a small site that builds as it is, and return its files."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} is there already", hint="Name a folder that does not exist or is empty.")
    title = title_of_name(path.absolute().name).replace('"', "'")
    made = []
    for source in sorted(SAMPLE.rglob("*")):
        if source.is_file():
            target = path / "content" / source.relative_to(SAMPLE)
            text = source.read_text(encoding="utf-8")
            write_file(target, text.replace("A course of mine", title).encode())
            made.append(target)
    return made


def new_course(path: Path, content: Path) -> list[Path]:
    """Write a course's own page into a new folder, and return it."""
    folder = _place(path, content)
    title = title_of_name(strip_prefix(path.name))
    _refuse_twin(folder.parent, path.name)
    page = folder.parent / _numbered(path.name, _folders(folder.parent)) / "index.md"
    text = f"---\ntitle: {_quoted(title)}\ndescription: What this course is about, in a sentence.\n---\n\n# {title}\n"
    return _write(page, f"{text}\nWho it is for, and what they will be able to do.\n")


def new_lesson(path: Path, content: Path) -> list[Path]:
    """Write a lesson, and return it."""
    wanted = _place(path, content)
    stem = page_stem(wanted.name)
    suffix = wanted.name[len(stem) :] or ".md"
    title = title_of_name(strip_prefix(stem))
    _refuse_twin(wanted.parent, stem)
    page = wanted.parent / (_numbered(stem, _lessons(wanted.parent)) + suffix)
    text = f"---\ntitle: {_quoted(title)}\ndescription: What this lesson shows, in a sentence.\n---\n\n# {title}\n"
    return _write(page, f"{text}\nOne idea, then a question about it.\n")


def _write(page: Path, text: str) -> list[Path]:
    if page.exists():
        raise UsageError(f"{page} is there already", hint="Choose another name; nothing was written.")
    write_file(page, text.encode())
    return [page]


def _place(path: Path, content: Path) -> Path:
    """Return where a path is meant to be: in the content folder, in folders that are there but for their numbers."""
    root = content.resolve()
    here = path.absolute()
    inside = here.is_relative_to(root) and here != root
    if not inside and (path.is_absolute() or ".." in path.parts):
        raise UsageError(f"{path} is not in {content}", hint="Name a place in the content folder.")
    names = here.relative_to(root).parts if inside else path.parts
    folder = root
    for name in names[:-1]:
        folder /= _existing(folder, name)
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}", hint="Make it first: python3 build.py new course PATH")
    return folder / names[-1]


def _existing(folder: Path, name: str) -> str:
    """Return the name of a folder that is meant by a name with or without its number."""
    if (folder / name).is_dir():
        return name
    found = [other for other in _folders(folder) if slugify(strip_prefix(other)) == slugify(name)]
    return found[0] if len(found) == 1 else name


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "_"))]
    return sorted(name for name in names if any((folder / name).rglob("*.md")))


def _lessons(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(page_stem(entry.name) for entry in entries if entry.name.lower().endswith(PAGE_SUFFIXES))


def _refuse_twin(folder: Path, name: str) -> None:
    """Refuse a name whose page would stand at the URL of another."""
    slug = slugify(strip_prefix(name))
    for other in (*_folders(folder), *_lessons(folder)):
        if slugify(strip_prefix(other)) == slug:
            raise UsageError(f"{folder / other} is there already", hint="Choose another name; nothing was written.")


def _numbered(name: str, siblings: Iterable[str]) -> str:
    """Return a name as it is best in an address, with the number that follows its siblings', if they have any."""
    siblings = list(siblings)
    numbered = [sibling for sibling in siblings if number_prefix(sibling) is not None]
    slug = slugify(strip_prefix(name)) or name
    if number_prefix(name) is not None:
        return name[: len(name) - len(strip_prefix(name))] + slug
    if not siblings:
        return f"01-{slug}"
    if not numbered:
        return slug
    last = max(numbered, key=lambda sibling: number_prefix(sibling) or 0)
    digits = len(last) - len(last.lstrip("0123456789"))
    between = last[digits : len(last) - len(strip_prefix(last))] or "-"
    return f"{(number_prefix(last) or 0) + 1:0{digits}}{between}{slug}"


def _quoted(title: str) -> str:
    """Return a title as YAML takes it, whatever is in it."""
    return '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
