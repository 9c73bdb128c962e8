"""``build.py deploy``: the options, the questions asked, the exit codes.

deploy --to dir:/srv/course --yes                          the build in dist becomes the live release
deploy --to s3://bucket/site --plan                        what would happen
deploy --to s3://bucket/site --cdn cloudfront:E1 --yes     … and the CDN forgets what changed
deploy --to dir:/srv/course --rollback                     back to the release before
deploy --to dir:/srv/course --releases --json              what is kept
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from builder.errors import CoursewrightError, DeployRefused, UsageError
from builder.io.deploy import build as builds
from builder.io.deploy import door, history, previews, show, verify, watch, web
from builder.io.deploy.deployment import Options, deploy, unchanged
from builder.io.deploy.history import Standing
from builder.io.deploy.inspection import Candidate, Draft, draft, removed_share, settled
from builder.io.deploy.progress import Console
from builder.io.deploy.target import Target
from builder.steps.release import record as records
from builder.steps.release.item import items
from builder.steps.release.record import ModeName

REMOVED_SHARE = 0.25  # a build that lost a quarter of its pages is more often an accident than a wish
PREVIEW_DAYS = 14


class Arguments(msgspec.Struct, frozen=True):
    """The options of one call; ``rollback`` is "" for the release before."""

    to: str
    out: Path = Path("dist")
    mode: ModeName | None = None
    plan: bool = False
    yes: bool = False
    endpoint_url: str | None = None
    cdn: str | None = None
    preview: str | None = None
    rollback: str | None = None
    releases: bool = False
    keep: int | None = None
    verify_url: str | None = None
    watch: float | None = None
    json: bool = False


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``deploy`` to ``parser``."""
    add = parser.add_argument
    add("--to", required=True, metavar="TARGET", help="dir:PATH or s3://bucket/prefix")
    add("--out", type=Path, default=Path("dist"), metavar="DIR", help="the build (default: dist)")
    add(
        "--mode",
        choices=("releases", "in-place"),
        help="default: what the target is; new: releases for dir:, else in-place",
    )
    add("--plan", action="store_true", help="show what would be done, and do nothing")
    add("--yes", action="store_true", help="don't ask")
    add("--endpoint-url", metavar="URL", help="of an S3-compatible service")
    add("--cdn", metavar="CDN", help="cloudfront:ID or cloudflare:ZONE")
    add("--preview", metavar="NAME", help="a preview below the target, which must not be a live site's")
    add("--rollback", nargs="?", const="", metavar="RELEASE", help="make an earlier release live again")
    add("--releases", action="store_true", help="list the releases that are kept")
    add("--keep", type=int, metavar="N", help="keep exactly N releases (default: 5, and all of the last week)")
    add("--verify-url", metavar="URL", help="the site's address, to look at it after the switch")
    add("--watch", type=float, metavar="MINUTES", help="then follow the live site for so long")
    add("--json", action="store_true", help="one document on stdout")


def run(namespace: Namespace) -> int:
    """Run ``deploy`` with parsed options; return the exit code or raise one of ``builder.errors``."""
    names = Arguments.__struct_fields__
    return execute(Arguments(**{name: value for name, value in vars(namespace).items() if name in names}))


def execute(arguments: Arguments, patience: float = verify.PATIENCE) -> int:
    """Run ``deploy``; with ``--json`` a failure is a document, too. ``patience`` is what a CDN may take to catch up."""
    document: dict[str, Any] = {"version": 1, "target": arguments.to, "from": None, "to": None, "operations": []}
    console = Console(quiet=arguments.json)
    try:
        _check(arguments)
        code = _releases(arguments) if arguments.releases else _deploy(arguments, document, console, patience)
    except CoursewrightError as error:
        if arguments.json:
            told = {"message": error.message, "place": error.place, "hint": error.hint, "exit": error.exit_code}
            print(json.dumps(document | {"error": told}))
        raise
    finally:
        console.close()
    if arguments.json and not arguments.releases:
        print(json.dumps(document))
    return code


def _check(arguments: Arguments) -> None:
    if arguments.keep is not None and arguments.keep < 1:
        raise UsageError("--keep needs a number from 1.")
    if arguments.watch is not None and (arguments.watch <= 0 or not arguments.verify_url):
        raise UsageError("--watch needs a number of minutes, and --verify-url to know what to look at.")
    if arguments.verify_url:
        web.checked(arguments.verify_url)
    silent = arguments.yes or arguments.plan or arguments.releases
    if not silent and not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask on.", hint="Say --yes to deploy, or --plan to look.")


def _releases(arguments: Arguments) -> int:
    target, standing = door.opened(arguments.to, arguments.mode, arguments.endpoint_url, None, arguments.preview, None)
    del target
    if arguments.json:
        print(json.dumps(show.releases_json(standing.record)))
    else:
        print(show.releases_text(standing.record))
    return 0


def _deploy(arguments: Arguments, document: dict[str, Any], console: Console, patience: float) -> int:
    build = None if arguments.rollback is not None else builds.load(arguments.out)
    cdn, url = arguments.cdn, arguments.verify_url
    if arguments.preview:
        previews.refuse_live(arguments.to, arguments.endpoint_url)
    target, standing = door.opened(arguments.to, arguments.mode, arguments.endpoint_url, cdn, arguments.preview, url)
    if build is not None:
        candidate = Candidate(build.manifest, build.document, build.edge, build)
    else:
        candidate = _kept(target, standing, arguments.rollback or "")
    before = standing.record.live if standing.record else None
    document.update(show.plan_json(arguments.to, before, candidate.manifest.build_id, ()))
    if arguments.plan:
        return _plan(arguments, target, standing, candidate, document)
    check = partial(verify.by_http, url, state_url=_state_url(target, url), patience=patience) if url else None
    options = Options(
        by=door.who(),
        keep=arguments.keep,
        expires=_expiry(arguments),
        check=check,
        agree=partial(_agree, arguments, document, console),
        firm=arguments.yes,
    )
    done = deploy(target, standing, candidate, options, console)
    console.close()
    if arguments.preview:
        previews.note(arguments.to, arguments.endpoint_url, arguments.preview, options.expires or "")
        previews.sweep(arguments.to, arguments.endpoint_url, datetime.now(UTC), console.say)
    if done is not None:
        console.say(f"Live at {target.name}: release {candidate.manifest.build_id[:12]}.")
    elif settled(standing, candidate):
        console.say(f"Nothing to do: release {candidate.manifest.build_id[:12]} is live at {target.name}.")
        if check:
            own = items(candidate.manifest, target.encodings, target.store.carries)
            verify.healthy(check(candidate.manifest.build_id, own))
    else:
        console.say("Nothing was done.")
        return 0
    if arguments.watch and url:
        watch.follow(url, candidate.manifest, arguments.watch, console.say, back=_back(arguments, before))
    return 0


def _plan(
    arguments: Arguments, target: Target, standing: Standing, candidate: Candidate, document: dict[str, Any]
) -> int:
    if settled(standing, candidate):
        print(f"Nothing to do: release {candidate.manifest.build_id[:12]} is live at {target.name}.", file=sys.stderr)
        return 0
    with unchanged():
        plan = draft(target, candidate, standing, datetime.now(UTC), arguments.keep)
    document.update(show.plan_json(arguments.to, plan.view.before, plan.view.to, plan.operations))
    print(show.plan_text(target.name, plan), file=sys.stderr if arguments.json else sys.stdout)
    return 0


def _agree(arguments: Arguments, document: dict[str, Any], console: Console, plan: Draft) -> bool:
    document.update(show.plan_json(arguments.to, plan.view.before, plan.view.to, plan.operations))
    console.say(show.plan_text(arguments.to, plan))
    console.expect(len(plan.operations))
    if arguments.yes:
        return True
    share = removed_share(plan.view)
    if share > REMOVED_SHARE:
        raise DeployRefused(
            f"This would remove {share:.0%} of the live pages.", hint="If that is what you want, say --yes."
        )
    print("Apply this plan? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _kept(target: Target, standing: Standing, wanted: str) -> Candidate:
    """Return the kept release that ``--rollback`` names."""
    record = standing.record
    if record is None:
        raise DeployRefused("Nothing was ever released to this target.", place=target.name)
    release = records.find(record, wanted) if wanted else records.previous(record)
    if release is None:
        raise DeployRefused(
            f"No single release begins with “{wanted}”." if wanted else "There is no earlier release to go back to.",
            hint="Look at --releases.",
        )
    with unchanged():
        manifest, document = history.manifest(target.store, target.layout, release.id)
        edge = history.edge(target.store, target.layout, release.id)
    return Candidate(manifest, document, edge, None)


def _expiry(arguments: Arguments) -> str | None:
    if not arguments.preview:
        return None
    return (datetime.now(UTC) + timedelta(days=PREVIEW_DAYS)).isoformat(timespec="seconds")


def _state_url(target: Target, url: str) -> str | None:
    """Return where the record would be read if the state area lay inside the served one, as in a bucket's root."""
    layout = target.layout
    inside = layout.state.startswith(layout.site) if target.mode.NAME == "in-place" else False
    return f"{url.rstrip('/')}/{layout.record.removeprefix(layout.site)}" if inside else None


def _back(arguments: Arguments, before: str | None) -> str:
    """Return the command that leads back to what was live before."""
    given = {"--endpoint-url": arguments.endpoint_url, "--cdn": arguments.cdn, "--verify-url": arguments.verify_url}
    more = "".join(f" {name} {value}" for name, value in given.items() if value)
    release = f" {before[:12]}" if before else ""
    return f"build.py deploy --to {arguments.to}{more} --rollback{release} --yes"
