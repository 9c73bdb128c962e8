"""A bucket as a store: S3, R2, MinIO and whatever speaks their language.

Bytes are vouched for by the signature, which covers their sha256, so no checksum header or trailer is needed that a
compatible service might refuse. An object's digest travels in its metadata; ETags are receipts, never digests.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import boto3  # type: ignore[import-untyped]  # boto3 has no types
from botocore.config import Config  # type: ignore[import-untyped]  # boto3 has no types
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # boto3 has no types

from builder.io.deploy.s3_errors import BUSY, MISSING, TAKEN, Unknown, explained
from builder.io.deploy.store import ABSENT, Blob, Body, Conflict
from builder.steps.release.survey import Entry, Stamp

_WORKERS = 32  # enough to hide 30 ms of latency behind each other; more only queue for the interpreter
_PART = 16 << 20  # R2 wants equal parts; S3 allows 10,000 of them
_DELETES = 1000  # S3's limit per request
_HEADERS = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
}

_PAUSES = (0.2, 0.5, 1.0)  # seconds; S3 answers 409 while another write of the key is under way

T = TypeVar("T")


class Bucket:
    """Keys are those of the bucket."""

    def __init__(self, bucket: str, endpoint_url: str | None = None) -> None:
        self.name = f"s3://{bucket}"
        self.carries = frozenset(_HEADERS)
        self.workers = _WORKERS
        self._bucket = bucket
        self._endpoint = endpoint_url
        self._copies_on_condition = True
        self._client = self._told("open", "", lambda: _client(endpoint_url))

    def get(self, key: str) -> Blob | None:
        """Return the object, or None."""

        def call() -> Blob:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            return Blob(answer["Body"].read(), _tag(answer), answer["LastModified"].timestamp())

        return self._unless_missing("read", key, call)

    def ask(self, key: str) -> Stamp | None:
        """Return the digest, size and headers of the object, or None."""
        answer = self._unless_missing("read", key, lambda: self._client.head_object(Bucket=self._bucket, Key=key))
        if answer is None:
            return None
        headers = {name: answer[field] for name, field in _HEADERS.items() if answer.get(field)}
        return Stamp(answer["Metadata"].get("sha256", ""), headers, answer["ContentLength"])

    def put(self, key: str, body: Body, headers: dict[str, str], when: str | None = None) -> str:
        """Write the object and return its tag."""
        extra = _fields(headers, body.digest) | _condition(when)

        def call() -> str:
            if body.file is None:
                return _tag(self._client.put_object(Bucket=self._bucket, Key=key, Body=body.data or b"", **extra))
            return self._in_parts(key, body.file, _fields(headers, body.digest), _condition(when))

        return self._written(key, body.digest, headers, call)

    def copy(self, origin: str, key: str, headers: dict[str, str], digest: str, when: str | None = None) -> str:
        """Write a copy of ``origin`` with headers of its own and return its tag."""

        def call(condition: dict[str, str]) -> str:
            answer = self._client.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": origin},
                MetadataDirective="REPLACE",
                **_fields(headers, digest),
                **condition,
            )
            return _tag(answer["CopyObjectResult"])

        condition = _condition(when) if self._copies_on_condition else {}
        try:
            return self._written(key, digest, headers, partial(call, condition))
        except Unknown:
            if not condition:
                raise
            self._copies_on_condition = False  # a compatible service without them: the look afterwards is all there is
            return self._written(key, digest, headers, partial(call, {}))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the keys; those that don't exist are fine."""
        rest = list(keys)
        for start in range(0, len(rest), _DELETES):
            order = {"Objects": [{"Key": key} for key in rest[start : start + _DELETES]], "Quiet": True}
            call = partial(self._client.delete_objects, Bucket=self._bucket, Delete=order)
            answer = self._told("delete", rest[start], call)
            for error in answer.get("Errors", []):
                raise explained(error["Code"], error.get("Message", ""), "delete", error["Key"], self._bucket)

    def list(self, prefix: str) -> Iterator[Entry]:
        """Yield the entries whose keys begin with ``prefix``."""
        pages = iter(self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix))
        while (page := self._told("list", prefix, lambda: next(pages, None))) is not None:
            for one in page.get("Contents", []):
                yield Entry(one["Key"], one["Size"], one["LastModified"].timestamp(), _tag(one))

    def _in_parts(self, key: str, file: Path, fields: dict[str, Any], condition: dict[str, str]) -> str:
        """Upload a large file part by part; boto3's own transfer knows no conditions."""
        own = {"Bucket": self._bucket, "Key": key}
        upload = own | {"UploadId": self._client.create_multipart_upload(**own, **fields)["UploadId"]}
        try:
            parts: list[dict[str, Any]] = []
            with file.open("rb") as source:
                while chunk := source.read(_PART):
                    number = len(parts) + 1
                    answer = self._client.upload_part(**upload, PartNumber=number, Body=chunk)
                    parts.append({"ETag": answer["ETag"], "PartNumber": number})
            done = self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            with suppress(ClientError, BotoCoreError):  # else the lifecycle rule of docs/operations.md clears it away
                self._client.abort_multipart_upload(**upload)
            raise
        return _tag(done)

    def _written(self, key: str, digest: str, headers: dict[str, str], call: Callable[[], str]) -> str:
        """Make a conditional write; a conflict with our own write, whose answer was lost, is none."""
        try:
            return self._told("write", key, call)
        except Conflict:
            answer = self._unless_missing("read", key, lambda: self._client.head_object(Bucket=self._bucket, Key=key))
            ours = answer is not None and digest != "" and answer["Metadata"].get("sha256") == digest
            if answer is None or not ours or any(answer.get(_HEADERS[name]) != headers[name] for name in headers):
                raise
            return _tag(answer)

    def _unless_missing(self, act: str, key: str, call: Callable[[], T]) -> T | None:
        try:
            return self._told(act, key, call, missing=True)
        except KeyError:
            return None

    def _told(self, act: str, key: str, call: Callable[[], T], *, missing: bool = False) -> T:
        """Make a call; turn what boto3 raises into a sentence and a hint, and a missing key into ``KeyError``."""
        for pause in (*_PAUSES, None):
            try:
                return call()
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", ""))
                if code in BUSY and pause is not None:
                    time.sleep(pause)
                    continue
                if missing and code in MISSING:
                    raise KeyError(key) from error
                if code in TAKEN | BUSY:
                    raise Conflict(f"Somebody else wrote {key}.", place=self.name) from error
                told = str(error.response.get("Error", {}).get("Message", ""))
                raise explained(code, told, act, key, self._bucket, self._endpoint) from error
            except BotoCoreError as error:
                raise explained(type(error).__name__, str(error), act, key, self._bucket, self._endpoint) from error
        raise AssertionError("the last try returns or raises")


def _client(endpoint_url: str | None) -> Any:
    config = Config(
        retries={"mode": "standard", "max_attempts": 6},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=_WORKERS,
        # R2 and older MinIO refuse the checksums that boto3 would add by itself.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"payload_signing_enabled": True, "addressing_style": "path" if endpoint_url else "auto"},
    )
    session = boto3.session.Session()
    region = session.region_name or ("us-east-1" if endpoint_url else None)
    client = session.client("s3", endpoint_url=endpoint_url, region_name=region, config=config)
    client.meta.events.register("before-call.s3.DeleteObjects", _digest_by_md5)
    return client


def _digest_by_md5(params: dict[str, Any], **_: Any) -> None:
    """Send Content-MD5 with DeleteObjects: every service knows it, not every one knows boto3's CRC32."""
    params["context"].get("checksum", {}).pop("request_algorithm", None)
    body = params["body"] if isinstance(params["body"], bytes) else str(params["body"]).encode()
    params["headers"]["Content-MD5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _fields(headers: dict[str, str], digest: str) -> dict[str, Any]:
    return {_HEADERS[name]: value for name, value in headers.items()} | {"Metadata": {"sha256": digest}}


def _condition(when: str | None) -> dict[str, str]:
    if when is None:
        return {}
    return {"IfNoneMatch": "*"} if when == ABSENT else {"IfMatch": f'"{when}"'}


def _tag(answer: dict[str, Any]) -> str:
    return str(answer["ETag"]).strip('"')
