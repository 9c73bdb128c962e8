"""The live server's answers, over HTTP: what production would say, and what keeps open pages current."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.io.serve import listen
from course import Files
from patience import PATIENCE
from served import Served, serving

SITE: Files = {
    "content/site.toml": 'title = "Course"\nbase_url = "https://example.org/docs"\n',
    "content/index.md": "# Home\n\nWelcome.\n",
    "content/course/index.md": "---\naliases: [/old/place/]\n---\n# Course\n\n![A dot](dot.svg)\n",
    "content/course/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><title>Dot</title></svg>',
    "content/course/01-first.md": "# First\n",
    "content/course/02-draft.md": "---\ndraft: true\n---\n# Draft\n",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("site"), SITE) as server:
        yield server


def test_a_folder_answers_with_its_page(served: Served) -> None:
    status, headers, body = served.get("/docs/course/")
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert b"<h1" in body


def test_a_folder_without_its_slash_leads_to_it(served: Served) -> None:
    status, headers, _ = served.get("/docs/course")
    assert (status, headers["location"]) == (301, "/docs/course/")


def test_the_root_leads_to_the_sites_base(served: Served) -> None:
    status, headers, _ = served.get("/")
    assert (status, headers["location"]) == (302, "/docs/")


def test_an_alias_leads_to_its_page(served: Served) -> None:
    status, headers, _ = served.get("/docs/old/place/")
    assert (status, headers["location"]) == (301, "/docs/course/")


def test_what_is_not_there_gets_the_sites_own_page_and_status_404(served: Served) -> None:
    status, headers, body = served.get("/docs/nowhere/")
    assert status == 404
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert b"Course" in body
    assert served.get("/elsewhere")[0] == 404


def test_a_known_page_is_not_sent_again(served: Served) -> None:
    tag = served.get("/docs/course/")[1]["etag"]
    status, _, body = served.get("/docs/course/", if_none_match=tag)
    assert (status, body) == (304, b"")


def test_head_says_what_get_says_without_the_body(served: Served) -> None:
    status, headers, body = served.get("/docs/course/", "HEAD")
    assert (status, body) == (200, b"")
    assert headers["content-length"] == served.get("/docs/course/")[1]["content-length"]


def test_other_methods_are_refused(served: Served) -> None:
    status, headers, _ = served.get("/docs/course/", "POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_assets_have_their_type_and_may_be_kept_for_ever(served: Served) -> None:
    name = next(served.site.glob(".cache/serve/dist/assets/dot.*.svg")).name
    status, headers, _ = served.get(f"/docs/assets/{name}")
    assert status == 200
    assert headers["content-type"].startswith("image/svg+xml")
    assert "immutable" in headers["cache-control"]


def test_nothing_outside_the_site_is_served(served: Served) -> None:
    for path in (
        "/docs/../../../site.toml",
        "/docs/%2e%2e/dist.release/awards.json",
        "/docs/..%2fdist.release/manifest.json",
    ):
        assert served.get(path)[0] == 404


def test_a_draft_is_shown_with_a_badge(served: Served) -> None:
    status, _, body = served.get("/docs/course/draft/")
    assert status == 200
    assert b'class="badge"' in body


def test_pages_have_the_client_and_the_files_on_disk_do_not(served: Served) -> None:
    assert b"/-/live.js" in served.get("/docs/course/")[2]
    pages = [path.read_bytes() for path in served.site.glob(".cache/serve/dist/**/*.html")]
    assert pages
    assert not [page for page in pages if b"/-/live" in page]


def test_the_service_worker_keeps_nothing(served: Served) -> None:
    served.write({"assets/static/sw.js": "// another\n"})
    served.until(r"^sw\.js|^the site")
    assert b"caches.delete" in served.get("/docs/sw.js")[2]


def test_the_edge_api_answers_on_the_same_origin(served: Served) -> None:
    status, headers, body = served.get("/api/session")
    assert status == 200
    assert headers["content-type"].startswith("application/json")
    assert json.loads(body) == {"learner": None}


def test_another_sites_name_for_this_machine_is_refused(served: Served) -> None:
    assert served.get("/docs/", host="evil.example")[0] == 421
    assert served.get("/docs/", host="localhost")[0] == 200


def test_a_page_that_connects_late_is_told_what_it_missed(served: Served) -> None:
    connection = http.client.HTTPConnection(served.host, timeout=PATIENCE)
    connection.request("GET", "/-/live?page=%2Fdocs%2Fcourse%2F&digest=old")
    answer = connection.getresponse()
    assert answer.getheader("content-type", "").startswith("text/event-stream")
    message = json.loads(answer.readline().removeprefix(b"data: "))
    connection.close()
    assert message["errors"] == []
    assert message["digest"].encode() in served.get("/docs/course/")[2]


def test_a_busy_port_says_so_and_the_next_is_taken(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with serving(tmp_path, SITE, "--port", str(port), "--no-api") as other:
            assert any(line.startswith(f"Port {port} is busy") for line in other.said)
            assert int(other.host.rpartition(":")[2]) > port
            assert other.get("/api/session")[0] == 404


def test_what_is_sent_does_not_wait_for_what_was_sent_before() -> None:
    async def sends_at_once() -> bool:
        met: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def meet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            met.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen("127.0.0.1", 0, lambda _: None) as door:
            async with await asyncio.start_server(meet, sock=door):
                _, writer = await asyncio.open_connection(*door.getsockname())
                found = await met
                writer.close()
        return bool(found)

    assert asyncio.run(sends_at_once())


def test_two_servers_of_one_site_do_not_hurt_each_other(tmp_path: Path) -> None:
    with serving(tmp_path, SITE, "--no-api") as one, serving(tmp_path, {}, "--no-api") as two:
        one.write({"content/course/01-first.md": "# First\n\nBoth see it.\n"})
        for server in (one, two):
            server.until(r"01-first\.md: 1 page|the site: \d+ page")
            assert b"Both see it." in server.get("/docs/course/first/")[2]


def test_it_ends_when_interrupted_also_while_pages_listen(tmp_path: Path) -> None:
    with (
        serving(tmp_path, SITE, "--no-api") as server,
        contextlib.closing(http.client.HTTPConnection(server.host, timeout=PATIENCE)) as connection,
    ):
        connection.request("GET", "/-/live?page=%2Fdocs%2F&digest=x")
        answer = connection.getresponse()
        answer.readline()
        assert server.stop() == 130


def test_a_missing_content_folder_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="There is no folder"), serving(tmp_path, {"readme.txt": ""}, "--no-api"):
        pass


def test_without_the_edge_the_pages_are_served_and_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_NONSENSE", "1")
    with serving(tmp_path, SITE) as server:
        assert any("The edge API is not here" in line for line in server.said)
        assert server.get("/docs/")[0] == 200
