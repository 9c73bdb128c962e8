"""nginx serves the ``dir:`` target with the configuration that is shipped."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.errors import Unhealthy
from builder.io.deploy.command import Arguments, execute
from deploy.call import Deploy
from deploy.course import asset, pages, write
from patience import PATIENCE, until
from servers import open_to_all

CONFIGURATION = Path(__file__).parents[2] / "deploy/nginx"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def port(tmp_path: Path, site: Path, nginx_binary: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number = int(probe.getsockname()[1])
    shutil.copytree(CONFIGURATION, tmp_path / "coursewright")
    open_to_all(tmp_path)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"""
        daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;
        events {{ worker_connections 64; }}
        http {{
            access_log off;
            client_body_temp_path {tmp_path}/t1; proxy_temp_path {tmp_path}/t2; fastcgi_temp_path {tmp_path}/t3;
            uwsgi_temp_path {tmp_path}/t4; scgi_temp_path {tmp_path}/t5;
            server {{
                listen 127.0.0.1:{number};
                root {site}/current;
                include coursewright/site.conf;
                location /api/ {{ default_type application/problem+json; return 404 '{{"status": 404}}'; }}
            }}
        }}"""
    )
    process = subprocess.Popen([nginx_binary, "-p", str(tmp_path), "-c", str(configuration)], stderr=subprocess.DEVNULL)

    def answers() -> bool:
        assert process.poll() is None, (tmp_path / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", number)) == 0

    until("nginx answers", answers)
    yield number
    process.terminate()
    process.wait(PATIENCE)


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def test_pages_assets_and_missing_files_are_served_as_promised(
    deploy: Deploy, tmp_path: Path, site: Path, port: int
) -> None:
    write(tmp_path / "v1", pages(1), compress=True)
    assert (
        deploy(
            "--to", f"dir:{site}", "--out", tmp_path / "v1", "--yes", "--verify-url", f"http://127.0.0.1:{port}/"
        ).code
        == 0
    )
    status, headers, body = get(port, "/")
    assert (status, headers["content-type"], b"Home 1" in body) == (200, "text/html; charset=utf-8", True)
    assert headers["cache-control"] == "max-age=0, must-revalidate, s-maxage=300"
    assert headers["x-content-type-options"] == "nosniff"
    status, headers, _ = get(port, "/lesson-1")
    assert (status, headers["location"]) == (301, "/lesson-1/")
    status, headers, _ = get(port, "/" + asset("site.css", "body{--version:1}"))
    assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert headers["content-type"] == "text/css; charset=utf-8"
    status, headers, body = get(port, "/assets/gone.00000000.css")
    assert (status, b"Not here" in body, headers["content-type"]) == (404, True, "text/html; charset=utf-8")
    assert "immutable" not in headers["cache-control"]
    assert "strict-transport-security" in headers
    assert get(port, "/nothing/")[0] == 404
    assert get(port, "/sw.js")[1]["cache-control"] == "no-cache"
    status, headers, body = get(port, "/lesson-1/", Accept_Encoding="gzip")
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")


def test_the_apis_own_404_is_not_replaced_and_the_state_is_out_of_reach(
    deploy: Deploy, tmp_path: Path, site: Path, port: int
) -> None:
    write(tmp_path / "v1", pages(1))
    deploy("--to", f"dir:{site}", "--out", tmp_path / "v1", "--yes")
    status, headers, body = get(port, "/api/nothing")
    assert (status, headers["content-type"], body) == (404, "application/problem+json", b'{"status": 404}')
    for path in ("/state/record.json", "/../state/record.json", "/state/edge/awards.json", "/releases/", "/_headers"):
        assert get(port, path)[0] in {400, 404}


def test_the_next_request_after_a_switch_sees_the_new_release_and_a_tab_keeps_its_assets(
    deploy: Deploy, tmp_path: Path, site: Path, port: int
) -> None:
    """A browser revalidates with the ETag of release 1: it must not be told that nothing changed."""
    for version in (1, 2):
        write(tmp_path / f"v{version}", pages(version))
    deploy("--to", f"dir:{site}", "--out", tmp_path / "v1", "--yes")
    _, first, _ = get(port, "/lesson-1/")
    validators = {"If_None_Match": first["etag"], "If_Modified_Since": first["last-modified"]}
    assert get(port, "/lesson-1/", **validators)[0] == 304
    deploy("--to", f"dir:{site}", "--out", tmp_path / "v2", "--yes")
    status, _, body = get(port, "/lesson-1/", **validators)
    assert (status, b"<p>2" in body) == (200, True)
    assert get(port, "/" + asset("site.css", "body{--version:1}"))[0] == 200
    deploy("--to", f"dir:{site}", "--rollback", "--yes")
    assert get(port, "/lesson-1/", **validators)[0] == 304


def test_a_site_that_does_not_answer_as_released_is_exit_5_with_the_way_back(tmp_path: Path, port: int) -> None:
    write(tmp_path / "v1", pages(1))
    given = Arguments(
        to=f"dir:{tmp_path / 'elsewhere'}", out=tmp_path / "v1", yes=True, verify_url=f"http://127.0.0.1:{port}/"
    )
    with pytest.raises(Unhealthy, match=r"build\.json does not name the new release") as raised:
        execute(given, patience=0.0)
    assert (raised.value.exit_code, "--rollback" in raised.value.hint) == (5, True)
