"""What the documentation promises about releasing is what the code does."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.io.deploy import s3
from builder.io.deploy.command import add_arguments
from builder.steps.release.retention import KEEP_DAYS, KEEP_RELEASES
from deploy.call import Deploy
from deploy.course import pages, write

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8").split("## Releasing\n")[1].split("\n## ")[0]
# The actions that S3 asks for, by the calls that a deploy makes.
NEEDED = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObjects": "s3:DeleteObject",
    "ListObjectsV2": "s3:ListBucket",
}


def policy() -> dict[str, Any]:
    block = re.search(r"```json\n(.*?)```", OPERATIONS, re.DOTALL)
    assert block is not None
    return dict(json.loads(block[1]))


@pytest.mark.parametrize("mode", ["in-place", "releases"])
def test_the_policy_allows_every_call_that_a_deploy_makes(
    deploy: Deploy, tmp_path: Path, bucket: Any, moto: str, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    allowed = {action for statement in policy()["Statement"] for action in _listed(statement["Action"])}
    calls: list[tuple[str, str]] = []
    make = s3._client

    def watched(endpoint_url: str | None) -> Any:
        client = make(endpoint_url)

        def note(model: Any, params: dict[str, Any], **_: object) -> None:
            calls.append((model.name, f"{params['url_path']}/{params['query_string'].get('prefix', '')}"))

        client.meta.events.register("before-call.s3", note)
        return client

    monkeypatch.setattr(s3, "_client", watched)
    given = ["--to", f"s3://{bucket.name}/site", "--endpoint-url", moto, "--yes", "--mode", mode, "--keep", "2"]
    for version in (1, 2, 3):
        write(tmp_path / f"v{version}", pages(version))
        assert deploy(*given, "--out", tmp_path / f"v{version}").code == 0
    assert deploy(*given, "--rollback").code == 0
    assert {NEEDED[name] for name, _ in calls} <= allowed
    assert {name for name, _ in calls} >= {"CopyObject", "DeleteObjects", "ListObjectsV2", "PutObject"}
    outside = [call for call in calls if call[0] != "DeleteObjects" and not re.search(r"/site(\.state)?/", call[1])]
    assert outside == []


def test_every_option_is_in_the_documentation_or_in_the_help() -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    named = {option for action in parser._actions for option in action.option_strings}
    written = set(re.findall(r"(?<![-\w])--[a-z][a-z-]*", OPERATIONS))
    assert {"--plan", "--rollback", "--releases", "--keep", "--preview", "--watch", "--verify-url", "--cdn"} <= written
    assert written - named <= {"--release", "--base-url", "--strict", "--response-headers-policy-config"}


def test_the_documentation_says_what_is_kept() -> None:
    assert f"The last {KEEP_RELEASES} releases, and all that were live within the last {KEEP_DAYS} days" in OPERATIONS


def test_the_workflow_checks_builds_previews_deploys_and_rolls_back() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["course"]["steps"]
    runs = "\n".join(step.get("run", "") for step in steps)
    for words in ("check --strict", "build --release", "--preview", "--verify-url", "--watch", "--rollback"):
        assert words in runs
    assert any(step.get("uses", "").startswith("actions/cache@") for step in steps)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
