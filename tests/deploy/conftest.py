"""Fixtures of the deploy tests: the command as its user calls it, and an S3 server."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]  # boto3 has no types
import pytest

from builder.errors import CoursewrightError
from builder.io.deploy import command
from deploy.call import Called, Deploy


@pytest.fixture
def deploy(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Deploy:
    """Call ``deploy`` as the command line does, with the error's sentence on stderr."""
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Called:
        parser = ArgumentParser()
        command.add_arguments(parser)
        capsys.readouterr()
        try:
            code = command.run(parser.parse_args([str(one) for one in arguments]))
            more = ""
        except CoursewrightError as error:
            code, more = error.exit_code, f"{error.message}\n{error.place}\n{error.hint}\n"
        out, err = capsys.readouterr()
        return Called(code, out, err + more)

    return call


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Run an S3 server in a process of its own and return its address."""
    serve = (
        "import logging, sys; from moto.server import ThreadedMotoServer as Server\n"
        "logging.getLogger('werkzeug').setLevel(logging.ERROR)\n"
        "server = Server(port=0, verbose=False); server.start()\n"
        "print(server.get_host_and_port()[1], flush=True); sys.stdin.read(); server.stop()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", serve], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


@pytest.fixture
def bucket(moto: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """Return a fresh bucket of the server as a boto3 resource, with credentials in the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a-secret-that-must-not-be-printed",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    name = "bucket-" + str(abs(hash(request.node.nodeid)))
    made = boto3.resource("s3", endpoint_url=moto).Bucket(name)
    made.create()
    return made
