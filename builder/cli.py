"""The command line: options in, one call, an exit code out. Talk goes to stderr; ``--json`` alone to stdout."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from builder import __version__
from builder.errors import CoursewrightError, Mistakes, UsageError
from builder.io.config import Request


def main(arguments: Sequence[str], api: Callable[[], Any] | None = None) -> int:
    """Run one command and return its exit code."""
    commands = ("build", "serve", "check", "explain", "new", "deploy", "bench")
    words = list(arguments)
    if not words or (words[0] not in commands and words[0] not in ("--version", "-h", "--help")):
        words.insert(0, "build")
    if words[0] == "--version":
        print(f"Coursewright {__version__}")
        return 0
    options = _parser(words[0]).parse_args(words)
    options.edge = api
    try:
        return int(options.run(options))
    except CoursewrightError as error:
        return _fail(error, options)
    except OSError as error:
        return _fail(_unusable(error), options)
    except KeyboardInterrupt:
        return 130


def _unusable(error: OSError) -> UsageError:
    """Return what the system has refused as an error for people."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Make room and build again; the last release stands as it was."
        return UsageError(f"The disk is full: {error.filename or ''}", hint=hint)
    return UsageError(f"{error.strerror or error}: {error.filename or ''}")


def _fail(error: CoursewrightError, options: argparse.Namespace) -> int:
    """Say what stood in the way, with ``--json`` as a document, too; return the exit code."""
    if options.command in ("build", "check") and options.json:
        from builder.report import of_error, to_json

        sys.stdout.buffer.write(to_json(of_error(error)) + b"\n")
    elif options.command == "explain" and options.json:
        from builder.explanation import error_to_json

        sys.stdout.buffer.write(error_to_json(error) + b"\n")
    if isinstance(error, Mistakes):
        from builder.io.report import from_here, show

        for problem in error.problems:
            say(show(problem, {"content": from_here(error.folder)}))
        return error.exit_code
    place = f"{error.place}: " if error.place else ""
    say(f"{place}{error.message}" + (f"\n  {error.hint}" if error.hint else ""))
    return error.exit_code


def say(text: str) -> None:
    """Say something to the person at the terminal."""
    print(text, file=sys.stderr)


def _parser(asked: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Turns a folder of Markdown lessons into a course site.",
        epilog="There are also api (runs the edge API), test (runs the tests) and bench (measures).",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, summary in (
        ("build", _build, "build the site (the default)"),
        ("check", _check, "say every problem, write nothing"),
    ):
        command = commands.add_parser(name, help=summary)
        _site_options(command)
        _build_options(command)
        command.set_defaults(run=run)
    serve = commands.add_parser("serve", help="show the site while you write it")
    _site_options(serve)
    _serve_options(serve)
    serve.set_defaults(run=_serve)
    new = commands.add_parser("new", help="start a site, a course or a lesson")
    new.add_argument("what", choices=("site", "course", "lesson"))
    new.add_argument("path", type=Path, metavar="PATH", help="where; a course or lesson is meant from content/")
    _site_options(new)
    new.set_defaults(run=_new)
    why = commands.add_parser("explain", help="say why something was made, from what, and for what")
    why.add_argument("path", metavar="PATH", help="a file of the content, templates/ or assets/, or a page's URL")
    _site_options(why)
    why.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="where the site is (dist)")
    why.add_argument("--cache", type=Path, default=Path(".cache"), metavar="DIR", help="what builds remember (.cache)")
    why.add_argument("--json", action="store_true", help="as JSON on stdout")
    why.set_defaults(run=_explain)
    deploy = commands.add_parser("deploy", help="release the build to a CDN")
    if asked == "deploy":
        from builder.io.deploy.command import add_arguments

        add_arguments(deploy)
        deploy.set_defaults(run=_deploy)
    return parser


def _site_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--site", type=Path, metavar="DIR", help="folder with content/, templates/ or assets/")
    command.add_argument("--content", type=Path, metavar="DIR", help="folder of Markdown")


def _build_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="where the site goes (dist)")
    command.add_argument(
        "--cache", type=Path, default=Path(".cache"), metavar="DIR", help="what is remembered between builds (.cache)"
    )
    command.add_argument("--no-cache", action="store_true", help="remember nothing, recall nothing")
    command.add_argument("--release", action="store_true", help="for the public: smallest files, budgets held")
    command.add_argument("--strict", action="store_true", help="warnings fail the build")
    command.add_argument("--drafts", action="store_true", help="build what is not published yet, too")
    command.add_argument("--base-url", metavar="URL", help="where the site will stand")
    command.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (all cores)")
    command.add_argument("--verify", action="store_true", help="check every file of the last build, and mend it")
    command.add_argument("--analyze", action="store_true", help="write a page that shows what weighs what")
    command.add_argument("--json", action="store_true", help="the report as JSON on stdout")
    command.add_argument("--quiet", action="store_true", help="problems only")


def _serve_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    command.add_argument("--port", type=int, default=8000, help="port to listen on (8000, or the next that is free)")
    command.add_argument("--open", action="store_true", help="open the browser")
    command.add_argument("--no-api", action="store_true", help="without the edge API at /api")
    command.add_argument("--drafts", action="store_true", help="has no effect: drafts are always shown, with a badge")
    command.add_argument("--cache", type=Path, default=Path(".cache"), metavar="DIR", help="where the site is built")
    command.add_argument("--base-url", metavar="URL", help="where the site will stand")


def request_of(options: argparse.Namespace, *, write: bool = True) -> Request:
    """Return what the options ask for."""
    return Request(
        site=options.site,
        content=options.content,
        out=options.out,
        cache=options.cache,
        release=options.release,
        strict=options.strict,
        drafts=options.drafts,
        base_url=options.base_url,
        jobs=options.jobs,
        use_cache=not options.no_cache,
        verify=options.verify,
        analyze=options.analyze,
        write=write,
    )


def _build(options: argparse.Namespace) -> int:
    return _run(options, write=True)


def _check(options: argparse.Namespace) -> int:
    return _run(options, write=False)


def _serve(options: argparse.Namespace) -> int:
    from builder.io.serve import Options, edge_of, serve
    from builder.live import Live

    request = Request(site=options.site, content=options.content, cache=options.cache, base_url=options.base_url)
    live = Live(request)
    try:
        edge = None if options.no_api else edge_of(options.edge, live.folder, say)
        serve(live, Options(options.host, options.port, options.open), edge, say)
    finally:
        live.close()
    return 0


def _new(options: argparse.Namespace) -> int:
    from builder.io.config import find_roots
    from builder.io.new import new_course, new_lesson, new_site

    if options.what == "site":
        made = new_site(options.path)
    else:
        content = find_roots(Request(site=options.site, content=options.content)).content
        made = {"course": new_course, "lesson": new_lesson}[options.what](options.path, content)
    for path in made:
        print(path)
    return 0


def _explain(options: argparse.Namespace) -> int:
    from builder.explain import explain
    from builder.explanation import as_text, to_json

    request = Request(site=options.site, content=options.content, out=options.out, cache=options.cache)
    found = explain(request, options.path)
    if options.json:
        sys.stdout.buffer.write(to_json(found) + b"\n")
    else:
        print(as_text(found))
    return 0


def _deploy(options: argparse.Namespace) -> int:
    from builder.io.deploy.command import run

    return run(options)


def _run(options: argparse.Namespace, *, write: bool) -> int:
    from builder.engine.collector import relax
    from builder.io.config import find_roots
    from builder.io.report import Progress, folders_of, print_report
    from builder.pipeline import build
    from builder.report import to_json

    relax()
    request = request_of(options, write=write)
    progress = Progress(sys.stderr) if sys.stderr.isatty() and not options.quiet else None
    try:
        report = build(request, say, progress)
    finally:
        if progress:
            progress.close()
    if options.json:
        sys.stdout.buffer.write(to_json(report) + b"\n")
    print_report(report, sys.stderr, quiet=options.quiet or options.json, folders=folders_of(find_roots(request)))
    return 1 if report.count("error") or (options.strict and report.count("warning")) else 0
