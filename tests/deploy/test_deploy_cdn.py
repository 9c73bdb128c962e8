"""CloudFront and Cloudflare: purges, the pointer, and the two functions, run by Node."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from builder.errors import UsageError
from builder.io.deploy.cloudflare import Zone
from builder.io.deploy.cloudfront import Distribution, KeySwitch
from builder.io.deploy.store import Conflict, StoreError
from builder.steps.release.item import COMPRESSIBLE
from builder.steps.release.purge import collapsed, urls
from deploy.call import Deploy
from deploy.cloudfront import CloudFront
from deploy.course import pages, write
from patience import PATIENCE

SHIPPED = Path(__file__).parents[2] / "deploy"


@pytest.fixture
def cloudfront(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFront]:
    """The key-value store is reached as through a proxy, because boto3 puts the account before its host's name."""
    assert bucket
    world = CloudFront()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFRONT", world.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE", "http://keys.invalid")
    monkeypatch.setenv("HTTP_PROXY", world.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield world
    world.stop()


def test_few_pages_are_purged_one_by_one_and_many_by_folder() -> None:
    assert urls(["index.html", "a b/index.html", "feed.xml"]) == (
        "/",
        "/a%20b/",
        "/a%20b/index.html",
        "/feed.xml",
        "/index.html",
    )
    many = [f"basics/lesson-{n}/index.html" for n in range(101)]
    assert collapsed([*many, "index.html"]) == ("/", "/basics/*", "/index.html")
    assert collapsed([f"module-{n}/index.html" for n in range(101)]) == ("/*",)


def test_an_invalidation_is_waited_for_and_a_busy_cloudfront_asked_again(cloudfront: CloudFront) -> None:
    cloudfront.busy, cloudfront.slowness = 2, 3
    slept: list[float] = []
    Distribution("E1", sleep=slept.append).purge(["index.html"])
    assert cloudfront.invalidations == [["/", "/index.html"]]
    assert cloudfront.looks == 3
    assert slept == [2.0, 4.0, 1.0, 1.5]


def test_the_key_is_swapped_only_by_who_read_it_last(cloudfront: CloudFront) -> None:
    switch = KeySwitch("E1", None)
    assert switch.read() is None
    switch.swap(None, "one", ("br", "gz"))
    assert (switch.read(), cloudfront.keys) == ("one", {"release": "one br gz"})
    with pytest.raises(Conflict):
        switch.swap(None, "two", ())
    KeySwitch("E1", "pr-1").swap(None, "three", ())
    assert cloudfront.keys["preview/pr-1"] == "three"


def test_in_releases_mode_the_key_follows_the_pointer_object_and_nothing_is_purged(
    deploy: Deploy, tmp_path: Path, bucket: Any, moto: str, cloudfront: CloudFront
) -> None:
    to = ["--to", f"s3://{bucket.name}/site", "--endpoint-url", moto, "--yes", "--cdn", "cloudfront:E1"]
    ids = [write(tmp_path / f"v{version}", pages(version), compress=True).build_id for version in (1, 2)]
    for version in (1, 2):
        called = deploy(*to, "--mode", "releases", "--out", tmp_path / f"v{version}")
        assert called.code == 0, called.err
    assert cloudfront.keys == {"release": f"{ids[1]} gz"}
    assert deploy(*to, "--rollback").code == 0
    assert cloudfront.keys == {"release": f"{ids[0]} gz"}
    assert cloudfront.invalidations == []
    assert json.loads(bucket.Object("site.state/pointer.json").get()["Body"].read())["release"] == ids[0]


def test_in_place_what_changed_is_purged_before_the_worker_and_the_worker_after(
    deploy: Deploy, tmp_path: Path, bucket: Any, moto: str, cloudfront: CloudFront
) -> None:
    to = ["--to", f"s3://{bucket.name}/site", "--endpoint-url", moto, "--yes", "--cdn", "cloudfront:E1"]
    files = {path: text for path, text in pages(1).items() if path != "catalog.json"}
    write(tmp_path / "a", files)
    write(tmp_path / "b", {path: text for path, text in files.items() if "lesson-3" not in path})
    deploy(*to, "--out", tmp_path / "a")
    cloudfront.invalidations.clear()
    called = deploy(*to, "--out", tmp_path / "b")
    assert called.code == 0, called.err
    assert cloudfront.invalidations == [["/build.json"], ["/sw.js"], ["/lesson-3/", "/lesson-3/index.html"]]


class Cloudflare:
    """Cloudflare's purge as far as we use it: remembers orders, answers 429 first."""

    def __init__(self) -> None:
        self.orders: list[dict[str, list[str]]] = []
        self.tokens: list[str] = []
        self.answers = [429]
        world = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = world.answers.pop(0) if world.answers else 200
                world.tokens.append(self.headers["Authorization"])
                if status == 200:
                    world.orders.append(body)
                self.send_response(status)
                self.send_header("Retry-After", "7")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()


@pytest.fixture
def cloudflare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloudflare]:
    world = Cloudflare()
    monkeypatch.setenv("CLOUDFLARE_API_URL", f"http://127.0.0.1:{world.server.server_port}")
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "a-token")
    yield world
    world.server.shutdown()
    world.server.server_close()
    world.thread.join()


def test_cloudflare_purges_by_url_in_hundreds_and_waits_when_told(cloudflare: Cloudflare) -> None:
    slept: list[float] = []
    zone = Zone("z1", "https://learn.example.org/docs/", sleep=slept.append)
    zone.purge([f"lesson-{n}/index.html" for n in range(60)])
    assert [len(order["files"]) for order in cloudflare.orders] == [100, 20]
    assert cloudflare.orders[0]["files"][0] == "https://learn.example.org/docs/lesson-0/"
    assert slept == [7.0]
    cloudflare.answers = [403]
    with pytest.raises(StoreError, match="refused") as refused:
        zone.purge(["index.html"])
    assert "a-token" not in f"{refused.value.message}{refused.value.hint}"


def test_cloudflare_without_a_token_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    with pytest.raises(UsageError):
        Zone("z1", "https://learn.example.org/")


def node(tmp_path: Path, script: str, given: object) -> Any:
    (tmp_path / "run.mjs").write_text(script)
    done = subprocess.run(
        ["node", "run.mjs"],
        cwd=tmp_path,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def viewer(tmp_path: Path, keys: dict[str, str], *requests: dict[str, Any]) -> list[Any]:
    """Run the shipped viewer-request function under Node; only CloudFront's own module is a stand-in."""
    module = tmp_path / "node_modules/cloudfront"
    module.mkdir(parents=True, exist_ok=True)
    (module / "package.json").write_text('{"name": "cloudfront", "type": "module", "main": "index.js"}')
    (module / "index.js").write_text(
        "const keys = " + json.dumps(keys) + ";\n"
        "const get = async (key) => { if (!(key in keys)) throw new Error(key); return keys[key]; };\n"
        "export default { kvs: () => ({ get }) };"
    )
    (tmp_path / "function.mjs").write_text(
        (SHIPPED / "cloudfront/viewer-request.js").read_text() + "\nexport { handler };\n"
    )
    script = """
        import { handler } from './function.mjs';
        import { readFileSync } from 'node:fs';
        const out = [];
        for (const request of JSON.parse(readFileSync(0))) out.push(await handler({ request }));
        console.log(JSON.stringify(out));
    """
    return list(node(tmp_path, script, list(requests)))


def asked(uri: str, host: str = "learn.example.org", accept: str = "", **query: str) -> dict[str, Any]:
    headers = {"host": {"value": host}} | ({"accept-encoding": {"value": accept}} if accept else {})
    return {"method": "GET", "uri": uri, "headers": headers, "querystring": {k: {"value": v} for k, v in query.items()}}


def test_the_viewer_request_function_resolves_each_url_to_one_release(tmp_path: Path) -> None:
    keys = {"release": "r1 br gz", "preview/pr-1": "p1"}
    table = [
        (asked("/"), "/releases/r1/index.html"),
        (asked("/basics/storage/"), "/releases/r1/basics/storage/index.html"),
        (asked("/sw.js"), "/releases/r1/sw.js"),
        (asked("/assets/site.12345678.css"), "/assets/site.12345678.css"),
        (asked("/assets/site.12345678.css", accept="gzip, br"), "/assets/site.12345678.css.br"),
        (asked("/", accept="gzip, br;q=0"), "/releases/r1/index.html.gz"),
        (asked("/", accept="GZIP;q=0.5"), "/releases/r1/index.html.gz"),
        (asked("/", accept="identity"), "/releases/r1/index.html"),
        (asked("/assets/photo.12345678.avif", accept="br"), "/assets/photo.12345678.avif"),
        (asked("/releases/r0/index.html"), "/releases/r1/releases/r0/index.html"),
        (asked("/", host="pr-1.preview.example.org"), "/pr-1/releases/p1/index.html"),
        (asked("/assets/a.12345678.js", host="pr-1.preview.example.org"), "/pr-1/assets/a.12345678.js"),
    ]
    found = viewer(tmp_path, keys, *(request for request, _ in table))
    assert [one["uri"] for one in found] == [uri for _, uri in table]


def test_the_viewer_request_function_redirects_to_the_slash_and_says_503_before_the_first_release(
    tmp_path: Path,
) -> None:
    found = viewer(
        tmp_path,
        {"release": "r1"},
        asked("/basics", a="1"),
        asked("/v1.0"),
        asked("/x", host="gone.preview.example.org"),
    )
    assert [one["statusCode"] for one in found] == [301, 301, 503]
    assert [one["headers"].get("location", {}).get("value") for one in found[:2]] == ["/basics/?a=1", "/v1.0/"]


def test_the_functions_and_the_planner_agree_on_what_has_variants() -> None:
    for name in ("cloudfront/viewer-request.js", "cloudflare/worker.js"):
        listed = re.search(r"COMPRESSIBLE = /\\\.\(([a-z|]+)\)\$/", (SHIPPED / name).read_text())
        assert listed is not None
        assert tuple(listed[1].split("|")) == COMPRESSIBLE


def test_nginx_cloudfront_and_the_worker_send_the_same_security_headers() -> None:
    lines = (SHIPPED / "nginx/security-headers.conf").read_text()
    nginx = {name.lower(): value for name, value in re.findall(r'add_header (\S+) "([^"]*)"', lines)}
    worker = dict(re.findall(r"'([a-z-]+)': '([^']*)',", (SHIPPED / "cloudflare/worker.js").read_text().split("};")[0]))
    policy = json.loads((SHIPPED / "cloudfront/response-headers-policy.json").read_text())
    custom = {one["Header"].lower(): one["Value"] for one in policy["CustomHeadersConfig"]["Items"]}
    own = policy["SecurityHeadersConfig"]
    transport = own["StrictTransportSecurity"]
    cloudfront = {name: value for name, value in custom.items() if name != "vary"} | {
        "strict-transport-security": f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains",
        "x-content-type-options": "nosniff",
        "referrer-policy": own["ReferrerPolicy"]["ReferrerPolicy"],
        "x-frame-options": own["FrameOptions"]["FrameOption"],
    }
    assert nginx == worker == cloudfront


def test_the_worker_serves_the_release_its_pointer_names(
    deploy: Deploy, tmp_path: Path, bucket: Any, moto: str
) -> None:
    """What a deploy left in a bucket, as R2's binding gives it, served by the shipped Worker under Node."""
    ids = [write(tmp_path / f"v{version}", pages(version), compress=True).build_id for version in (1, 2)]
    to = ["--to", f"s3://{bucket.name}/site", "--endpoint-url", moto, "--yes", "--mode", "releases"]
    for version in (1, 2):
        assert deploy(*to, "--out", tmp_path / f"v{version}").code == 0
    held = {}
    for one in bucket.objects.all():
        got = one.get()
        headers = {"content-type": got["ContentType"], "cache-control": got.get("CacheControl", "")}
        headers |= {"content-encoding": got["ContentEncoding"]} if "ContentEncoding" in got else {}
        held[one.key] = {"body": got["Body"].read().decode("latin-1"), "headers": headers, "etag": one.e_tag}
    (tmp_path / "worker.mjs").write_text((SHIPPED / "cloudflare/worker.js").read_text())
    script = """
        import worker from './worker.mjs';
        import { readFileSync } from 'node:fs';
        const { held, asks } = JSON.parse(readFileSync(0));
        const SITE = { async get(key, options) {
          const one = held[key];
          if (!one) return null;
          const base = {
            httpEtag: one.etag,
            writeHttpMetadata: (headers) => { for (const name in one.headers) headers.set(name, one.headers[name]); },
            json: async () => JSON.parse(one.body),
          };
          const known = options && options.onlyIf && options.onlyIf.get('if-none-match') === one.etag;
          return known ? base : Object.assign(base, { body: Buffer.from(one.body, 'latin1') });
        } };
        const out = [];
        for (const [path, headers, method] of asks) {
          const request = new Request('https://learn.example.org' + path, { headers, method: method || 'GET' });
          const answer = await worker.fetch(request, { SITE, PREFIX: 'site' });
          const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
          out.push([answer.status, Object.fromEntries(answer.headers), text]);
        }
        console.log(JSON.stringify(out));
    """
    asks: list[list[object]] = [
        ["/", {}], ["/lesson-1", {}], ["/nothing/", {}], ["/", {"accept-encoding": "gzip"}], ["/assets/gone.js", {}],
        ["/", {"if-none-match": held[f"site/releases/{ids[1]}/index.html"]["etag"]}],
        ["/", {}, "POST"], ["/", {}, "HEAD"],
    ]  # fmt: skip
    answers = node(tmp_path, script, {"held": held, "asks": asks})
    home, redirect, missing, packed, asset, known, post, head = answers
    assert (home[0], "Home 2" in home[2], home[1]["x-content-type-options"]) == (200, True, "nosniff")
    assert (redirect[0], redirect[1]["location"]) == (301, "/lesson-1/")
    assert (missing[0], "Not here" in missing[2], asset[0]) == (404, True, 404)
    assert packed[1]["content-encoding"] == "gzip"
    assert (known[0], post[0], head[0], head[2]) == (304, 405, 200, "")
