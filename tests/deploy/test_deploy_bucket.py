"""``--to s3://``, in place and in releases mode, against a real S3 server, some of it through a proxy with opinions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.call import Deploy
from deploy.course import asset, pages, write
from deploy.front import Answer, Front, Request


@pytest.fixture
def front(moto: str) -> Iterator[Front]:
    proxy = Front(moto)
    yield proxy
    proxy.stop()


@pytest.fixture
def to(bucket: Any, front: Front) -> list[str]:
    return ["--to", f"s3://{bucket.name}/site", "--endpoint-url", front.url, "--yes"]


def text(bucket: Any, key: str) -> str:
    return str(bucket.Object(key).get()["Body"].read().decode())


def keys(bucket: Any, prefix: str = "") -> set[str]:
    return {one.key for one in bucket.objects.filter(Prefix=prefix)}


def test_in_place_the_bucket_holds_the_release_with_headers_by_class(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str]
) -> None:
    manifest = write(tmp_path / "a", pages(1))
    assert deploy(*to, "--out", tmp_path / "a").code == 0
    assert keys(bucket, "site/") == {f"site/{path}" for path in manifest.files}
    style = bucket.Object("site/" + asset("site.css", "body{--version:1}"))
    assert (style.content_type, style.cache_control) == (
        "text/css; charset=utf-8",
        "public, max-age=31536000, immutable",
    )
    home = bucket.Object("site/index.html")
    assert home.content_type == "text/html; charset=utf-8"
    assert home.cache_control == "max-age=0, must-revalidate, s-maxage=300"
    assert home.metadata == {"sha256": manifest.files["index.html"].digest}
    assert bucket.Object("site/sw.js").cache_control == "no-cache"


def test_nothing_to_do_costs_one_request(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    write(tmp_path / "a", pages(1))
    deploy(*to, "--out", tmp_path / "a")
    front.seen.clear()
    assert "Nothing to do" in deploy(*to, "--out", tmp_path / "a").err
    assert [(one.method, one.path) for one in front.seen] == [("GET", f"/{bucket.name}/site.state/record.json")]


def test_one_edited_lesson_sends_one_lesson(deploy: Deploy, tmp_path: Path, to: list[str], front: Front) -> None:
    write(tmp_path / "a", pages(1, lessons=30))
    write(tmp_path / "b", pages(1, lessons=30) | {"lesson-7/index.html": "<h1>Seven</h1>"})
    deploy(*to, "--out", tmp_path / "a")
    front.seen.clear()
    plan = deploy(*to, "--out", tmp_path / "b", "--json").document()
    assert {(one["do"], one["path"]) for one in plan["operations"] if one["phase"] < 10} == {
        *(("upload", path) for path in ("lesson-7/index.html", "sw.js", "build.json")),
        *(("copy", path) for path in ("lesson-7/index.html", "sw.js", "build.json")),
    }
    assert sum(one.method == "PUT" and "/site/" in one.path for one in front.seen) == 3


def test_a_header_change_alone_sends_headers_and_no_page_bytes(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str]
) -> None:
    write(tmp_path / "a", pages(1))
    write(tmp_path / "b", pages(1), headers={"Cache-Control": "no-cache"})
    deploy(*to, "--out", tmp_path / "a")
    operations = deploy(*to, "--out", tmp_path / "b", "--json").document()["operations"]
    carriers = {"sw.js", "build.json"}
    assert {one["do"] for one in operations if one["path"] not in carriers} == {"headers", "switch"}
    assert all(one["bytes"] == 0 for one in operations if one["do"] == "headers")
    home = bucket.Object("site/index.html")
    assert (home.cache_control, home.content_type) == ("no-cache", "text/html; charset=utf-8")
    assert bucket.Object("site/" + asset("main.js", "export const a=1")).cache_control == "no-cache"


def test_headers_that_others_set_are_reported_and_put_right(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str]
) -> None:
    write(tmp_path / "a", pages(1))
    write(tmp_path / "b", pages(1) | {"lesson-1/index.html": "<h1>New</h1>"})
    deploy(*to, "--out", tmp_path / "a")
    home = bucket.Object("site/index.html")
    source = {"Bucket": bucket.name, "Key": home.key}
    home.copy_from(CopySource=source, MetadataDirective="REPLACE", ContentType="text/plain", Metadata=home.metadata)
    called = deploy(*to, "--out", tmp_path / "b")
    assert "its headers were altered by others" in called.err
    assert bucket.Object("site/index.html").content_type == "text/html; charset=utf-8"


def test_pages_that_others_overwrote_or_deleted_are_put_right_and_their_own_files_left_alone(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str]
) -> None:
    write(tmp_path / "a", pages(1))
    write(tmp_path / "b", pages(2))
    bucket.put_object(Key="site/ads.txt", Body=b"not ours")
    deploy(*to, "--out", tmp_path / "a")
    size = len(text(bucket, "site/404.html"))
    bucket.put_object(Key="site/404.html", Body=b"x" * size)
    bucket.Object("site/" + asset("main.js", "export const a=1")).delete()
    called = deploy(*to, "--out", tmp_path / "b")
    assert called.code == 0
    assert "2 objects were altered or removed by others" in called.err
    assert "Not here" in text(bucket, "site/404.html")
    assert text(bucket, "site/" + asset("main.js", "export const a=1")) == "export const a=1"
    assert text(bucket, "site/ads.txt") == "not ours"


def test_rollback_in_place_copies_and_uploads_nothing(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    for version in (1, 2):
        write(tmp_path / f"v{version}", pages(version))
        deploy(*to, "--out", tmp_path / f"v{version}")
    front.seen.clear()
    assert deploy(*to, "--rollback").code == 0
    assert "Home 1" in text(bucket, "site/index.html")
    bodies = [one for one in front.seen if one.method == "PUT" and "/site/" in one.path and one.size]
    assert bodies == []


def test_in_releases_mode_one_pointer_switches_whole_folders(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str]
) -> None:
    ids = []
    for version in (1, 2):
        manifest = write(tmp_path / f"v{version}", pages(version), compress=True)
        assert deploy(*to, "--out", tmp_path / f"v{version}", "--mode", "releases").code == 0
        ids.append(manifest.build_id)
    pointer = json.loads(text(bucket, "site.state/pointer.json"))
    assert pointer == {"release": ids[1], "encodings": ["gz"]}
    for version, build_id in enumerate(ids, 1):
        assert f"Home {version}" in text(bucket, f"site/releases/{build_id}/index.html")
    packed = bucket.Object(f"site/releases/{ids[1]}/index.html.gz")
    assert (packed.content_encoding, packed.content_type) == ("gzip", "text/html; charset=utf-8")
    plain = bucket.Object(
        f"site/releases/{ids[1]}/sw.js.gz"
    )  # no variant was built; the function asks for it all the same
    assert (plain.content_encoding, plain.content_type) == (None, "text/javascript; charset=utf-8")
    assert deploy(*to, "--rollback").code == 0
    assert json.loads(text(bucket, "site.state/pointer.json"))["release"] == ids[0]


def test_a_service_that_refuses_checksums_of_boto3s_own_gets_none(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    """R2 answers 501 to checksum trailers; every request is looked at, deletes and multipart uploads among them."""

    def r2(request: Request) -> Answer:
        names = {
            name
            for name in request.headers
            if name.startswith(("x-amz-checksum", "x-amz-sdk-checksum", "x-amz-trailer"))
        }
        streaming = "STREAMING" in request.headers.get("x-amz-content-sha256", "")
        return (501, "NotImplemented") if names or streaming else None

    front.rule = r2
    big = "x" * (17 << 20)
    for version in (1, 2, 3):
        files = pages(version) | ({asset("video.bin", big): big} if version == 1 else {})
        write(tmp_path / f"v{version}", files)
        called = deploy(*to, "--out", tmp_path / f"v{version}", "--keep", "2")
        assert called.code == 0, called.err
    methods = {(one.method, one.path.partition("?")[2].partition("=")[0]) for one in front.seen}
    assert ("POST", "delete") in methods
    assert ("POST", "uploads") in methods
    assert "site/" + asset("video.bin", big) not in keys(bucket)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "InvalidAccessKeyId", "doesn't know this access key"),
        (403, "SignatureDoesNotMatch", "secret key does not belong"),
        (400, "ExpiredToken", "session has expired"),
        (403, "AccessDenied", "may not"),
        (403, "RequestTimeTooSkewed", "clock is wrong"),
        (404, "NoSuchBucket", "no such bucket"),
        (400, "AuthorizationHeaderMalformed", "region"),
    ],
)
def test_a_refusal_is_a_sentence_with_a_cure_and_no_secret(
    deploy: Deploy, tmp_path: Path, to: list[str], front: Front, status: int, code: str, said: str
) -> None:
    write(tmp_path / "a", pages(1))
    front.rule = lambda _request: (status, code)
    called = deploy(*to, "--out", tmp_path / "a")
    assert called.code == 3
    assert said in called.err
    assert "a-secret-that-must-not-be-printed" not in called.err + called.out
    assert "Traceback" not in called.err


def test_without_credentials_or_network_it_says_so(
    deploy: Deploy, tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a", pages(1))
    given = ["--to", f"s3://{bucket.name}/site", "--out", tmp_path / "a", "--yes"]
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    called = deploy(*given, "--endpoint-url", "http://127.0.0.1:9")
    assert (called.code, "can't be reached" in called.err) == (3, True)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    called = deploy(*given, "--endpoint-url", "http://127.0.0.1:9")
    assert (called.code, "no credentials" in called.err) == (3, True)


def test_a_permission_that_is_missing_for_pages_only_leaves_the_old_release(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    write(tmp_path / "a", pages(1))
    write(tmp_path / "b", pages(2))
    deploy(*to, "--out", tmp_path / "a")
    front.rule = lambda request: (
        (403, "AccessDenied") if request.method == "PUT" and "/objects/" in request.path else None
    )
    assert deploy(*to, "--out", tmp_path / "b").code == 3
    front.rule = lambda request: (
        (403, "AccessDenied")
        if request.method == "PUT" and "/site/" in request.path and "assets" not in request.path
        else None
    )
    called = deploy(*to, "--out", tmp_path / "b")
    assert called.code == 4
    assert "--rollback" in called.err
    assert "Home 1" in text(bucket, "site/index.html")
    front.rule = lambda _request: None
    assert deploy(*to, "--rollback").code == 0
    assert deploy(*to, "--out", tmp_path / "b").code == 0
    assert "Home 2" in text(bucket, "site/index.html")


def test_throttling_and_broken_connections_are_tried_again(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    write(tmp_path / "a", pages(1))
    count = iter(range(10_000))

    def now_and_then(_request: Request) -> Answer:
        number = next(count)
        return (503, "SlowDown") if number % 11 == 5 else (0, "") if number % 11 == 8 else None

    front.rule = now_and_then
    called = deploy(*to, "--out", tmp_path / "a")
    assert called.code == 0, called.err
    assert "Home 1" in text(bucket, "site/index.html")


def test_a_write_whose_answer_was_lost_is_not_taken_for_somebody_elses(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    """The server wrote and the connection broke: the repeated request meets its own object."""
    write(tmp_path / "a", pages(1))
    lost: set[str] = set()

    def first_time(request: Request) -> bool:
        first = request.method == "PUT" and request.path not in lost
        lost.add(request.path)
        return first

    front.loses = first_time
    called = deploy(*to, "--out", tmp_path / "a")
    assert called.code == 0, called.err
    assert "Home 1" in text(bucket, "site/index.html")


def test_a_bucket_without_prefix_keeps_its_state_where_a_policy_can_hide_it(
    deploy: Deploy, tmp_path: Path, bucket: Any, front: Front
) -> None:
    write(tmp_path / "a", pages(1))
    assert (
        deploy("--to", f"s3://{bucket.name}", "--endpoint-url", front.url, "--yes", "--out", tmp_path / "a").code == 0
    )
    assert {one for one in keys(bucket) if "awards" in one} == {
        one for one in keys(bucket, ".state/") if "awards" in one
    }


def test_an_interrupted_deploy_does_not_send_again_what_arrived(
    deploy: Deploy, tmp_path: Path, to: list[str], front: Front
) -> None:
    write(tmp_path / "a", pages(1, lessons=40))
    stored = iter(range(10_000))
    front.rule = lambda one: (
        (403, "AccessDenied") if one.method == "PUT" and "/objects/" in one.path and next(stored) > 30 else None
    )
    assert deploy(*to, "--out", tmp_path / "a").code == 3
    front.rule = lambda _request: None
    front.seen.clear()
    assert deploy(*to, "--out", tmp_path / "a").code == 0
    assert sum(one.method == "PUT" and "/objects/" in one.path for one in front.seen) < 20


def test_a_service_without_conditional_copies_is_deployed_to_all_the_same(
    deploy: Deploy, tmp_path: Path, bucket: Any, to: list[str], front: Front
) -> None:
    def refuse(request: Request) -> Answer:
        conditional = {"if-match", "if-none-match"} & set(request.headers)
        return (501, "NotImplemented") if "x-amz-copy-source" in request.headers and conditional else None

    front.rule = refuse
    for version in (1, 2):
        write(tmp_path / f"v{version}", pages(version))
        called = deploy(*to, "--out", tmp_path / f"v{version}")
        assert called.code == 0, called.err
    assert "Home 2" in text(bucket, "site/index.html")


def test_a_write_that_meets_another_one_under_way_is_tried_again(
    deploy: Deploy, tmp_path: Path, to: list[str], front: Front
) -> None:
    met: set[str] = set()

    def busy(request: Request) -> Answer:
        first = request.method == "PUT" and request.path.endswith("record.json") and request.path not in met
        met.add(request.path)
        return (409, "ConditionalRequestConflict") if first else None

    front.rule = busy
    write(tmp_path / "a", pages(1))
    deploy(*to, "--out", tmp_path / "a")
    met.clear()
    write(tmp_path / "b", pages(2))
    assert deploy(*to, "--out", tmp_path / "b").code == 0
