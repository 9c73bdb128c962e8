"""CloudFront: invalidations that are waited for, and the key of its function that says which release is live."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import boto3  # type: ignore[import-untyped]  # boto3 has no types
from botocore.config import Config  # type: ignore[import-untyped]  # boto3 has no types
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # boto3 has no types

from builder.io.deploy.store import Conflict, StoreError
from builder.steps.release.purge import collapsed

KEY = "release"
_PATIENCE = 900.0  # seconds; an invalidation takes one to five minutes
_IN_FLIGHT = 3000  # paths that CloudFront takes at once
_BUSY = frozenset({"TooManyInvalidationsInProgress", "Throttling", "ThrottlingException"})

T = TypeVar("T")


class Distribution:
    """A distribution in front of a bucket that is deployed in place."""

    def __init__(self, distribution: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = f"cloudfront:{distribution}"
        self._id = distribution
        self._sleep = sleep
        self._client = _client("cloudfront")

    def purge(self, paths: Sequence[str]) -> None:
        """Invalidate the URLs of the site paths, and return once every edge has forgotten them."""
        wanted = collapsed(paths)
        for start in range(0, len(wanted), _IN_FLIGHT):
            batch = list(wanted[start : start + _IN_FLIGHT])
            found = self._create(batch)
            self._wait(found)

    def _create(self, paths: list[str]) -> str:
        order = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": uuid4().hex}

        def call() -> Any:
            return self._client.create_invalidation(DistributionId=self._id, InvalidationBatch=order)

        waited, pause = 0.0, 2.0
        while True:
            try:
                return str(_told("purge", call)["Invalidation"]["Id"])
            except _BusyError as error:
                if waited >= _PATIENCE:
                    raise StoreError(
                        error.message, hint="Other invalidations are in progress; try again later."
                    ) from error
                self._sleep(pause)
                waited, pause = waited + pause, min(pause * 2, 30.0)

    def _wait(self, invalidation: str) -> None:
        waited, pause = 0.0, 1.0
        while _told("purge", lambda: self._status(invalidation)) != "Completed":
            if waited >= _PATIENCE:
                raise StoreError("CloudFront did not finish its invalidation in 15 minutes.", place=self.name)
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 15.0)

    def _status(self, invalidation: str) -> str:
        answer = self._client.get_invalidation(DistributionId=self._id, Id=invalidation)
        return str(answer["Invalidation"]["Status"])


class KeySwitch:
    """The key ``release`` in the KeyValueStore of the distribution's viewer-request function, ``<id> [encodings…]``.

    A preview has a key of its own, ``preview/<name>``. The store's ETag changes with every write of any key, and a
    write names the one it was read with: that is the compare-and-set.
    """

    def __init__(self, distribution: str, preview: str | None) -> None:
        self._distribution = distribution
        self._key = f"preview/{preview}" if preview else KEY
        self._arn = ""
        self._keys: Any = None

    def read(self) -> str | None:
        """Return the release it points at."""
        self._open()
        value = self._value()
        return value.split()[0] if value else None

    def swap(self, before: str | None, release: str, encodings: tuple[str, ...]) -> None:
        """Point at ``release``, if it still points at ``before``."""
        self._open()
        state = _told("switch", lambda: self._keys.describe_key_value_store(KvsARN=self._arn))
        value = self._value()
        if (value.split()[0] if value else None) != before:
            raise Conflict("Somebody else switched the live release.", place=f"cloudfront:{self._distribution}")
        text = " ".join([release, *encodings])
        _told("switch", lambda: self._keys.put_key(KvsARN=self._arn, Key=self._key, Value=text, IfMatch=state["ETag"]))

    def _value(self) -> str | None:
        try:
            return str(_told("read", lambda: self._keys.get_key(KvsARN=self._arn, Key=self._key))["Value"])
        except KeyError:
            return None

    def _open(self) -> None:
        """Find the store: the distribution's default behavior names the function, the function names the store."""
        if self._keys is not None:
            return
        cloudfront = _client("cloudfront")
        config = _told("read", lambda: cloudfront.get_distribution_config(Id=self._distribution))["DistributionConfig"]
        linked = config["DefaultCacheBehavior"].get("FunctionAssociations", {}).get("Items", [])
        names = [one["FunctionARN"].rpartition("/")[2] for one in linked if one["EventType"] == "viewer-request"]
        for name in names:
            known = _told("read", partial(cloudfront.describe_function, Name=name, Stage="LIVE"))
            stores = known["FunctionSummary"]["FunctionConfig"].get("KeyValueStoreAssociations", {}).get("Items", [])
            if stores:
                self._arn = stores[0]["KeyValueStoreARN"]
                self._keys = _client("cloudfront-keyvaluestore")
                return
        raise StoreError(
            "The distribution has no viewer-request function with a KeyValueStore.",
            place=f"cloudfront:{self._distribution}",
            hint="Set it up once as docs/operations.md says, with deploy/cloudfront/viewer-request.js.",
        )


class _BusyError(StoreError):
    """CloudFront has enough to do."""


def _client(service: str) -> Any:
    config = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10, read_timeout=60)
    # CloudFront is one service for all regions, and answers as us-east-1.
    return boto3.session.Session().client(service, region_name="us-east-1", config=config)


def _told(act: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = str(error.response.get("Error", {}).get("Message", ""))
        if code in {"ResourceNotFoundException", "404"} and act == "read":
            raise KeyError(message) from error
        if code in {"ConflictException", "412", "PreconditionFailed", "ValidationException"} and act == "switch":
            raise Conflict("Somebody else switched the live release.") from error
        if code in _BUSY:
            raise _BusyError("CloudFront asks to wait.") from error
        raise StoreError(
            f"CloudFront refused to {act}: {message or code}",
            hint="The policy in docs/operations.md has all that is needed.",
        ) from error
    except BotoCoreError as error:
        raise StoreError(
            f"CloudFront can't be asked to {act}: {error}", hint=_CRT if "crt" in str(error).lower() else ""
        ) from error


_CRT = "The key-value store wants requests signed by awscrt; install boto3[crt]."
