"""Pictures in a live server: a page is there at once, its pictures are made while somebody looks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from builder.io.config import Request
from builder.live import Live
from builder.pipeline import build
from course import Files, write_files
from patience import until


def picture(width: int, seed: float) -> bytes:
    """Return a picture that takes some time to make."""
    out = io.BytesIO()
    Image.effect_mandelbrot((width, width // 2), (-2, -1.5, 1, 1.5 + seed), 40).convert("RGB").save(out, "PNG")
    return out.getvalue()


PICTURES = {f"content/course/p{number}.png": picture(700 + number, number / 10) for number in range(4)}
SITE: Files = {
    "content/site.toml": 'title = "Course"\n',
    "content/course/one.md": "# One\n\n![First](p0.png) ![Second](p1.png)\n",
    "content/course/two.md": "# Two\n\n![Third](p2.png) ![Fourth](p3.png)\n",
}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Live]]:
    """Give what starts a server's builds; all are ended after the test."""
    write_files(tmp_path, SITE, stamped=False)
    for name, data in PICTURES.items():
        (tmp_path / name).write_bytes(data)
    started: list[Live] = []

    def begin() -> Live:
        live = Live(Request(site=tmp_path, cache=tmp_path / ".cache", jobs=1))
        started.append(live)
        return live

    yield begin
    for live in started:
        live.close()


def develop(live: Live, enough: Callable[[int, bool], bool], page: str = "") -> None:
    """Go on until it is enough."""
    until("the pictures are there", lambda: enough(*live.develop(frozenset([page] if page else []))))


def page(live: Live, name: str) -> str:
    """Return a page as it lies in the folder of the server."""
    return (live.folder.out / "course" / name / "index.html").read_text(encoding="utf-8")


def test_the_first_page_shows_its_pictures_as_they_lie_there(start: Callable[[], Live]) -> None:
    live = start()
    _, report = live.settle()
    assert "image.render" not in report.ran
    assert live.developing
    html = page(live, "one")
    assert 'width="700" height="350"' in html
    assert "<picture>" not in html
    assert len(list((live.folder.out / "assets").glob("p?.*.png"))) == 4


def test_pictures_of_the_page_that_is_open_come_first(start: Callable[[], Live]) -> None:
    live = start()
    live.settle()
    develop(live, lambda ready, _: ready >= 2, "course/two/index.html")
    shown = live.refresh(frozenset())
    assert "course/two/index.html" in shown.changed
    assert page(live, "two").count("<picture>") == 2
    assert "<picture>" not in page(live, "one")


def test_in_the_end_it_is_what_a_build_leaves(start: Callable[[], Live], tmp_path: Path) -> None:
    live = start()
    live.settle()
    develop(live, lambda _, more: not more)
    _, report = live.settle()
    assert not live.developing
    assert "image.render" not in report.ran
    out = tmp_path / "dist"
    build(Request(site=tmp_path, out=out, cache=tmp_path / "other", jobs=1, drafts=True, readable=True), lambda _: None)
    left = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    served = live.folder.out
    assert {path.relative_to(served): path.read_bytes() for path in served.rglob("*") if path.is_file()} == left


def test_a_save_meanwhile_neither_waits_nor_starts_again(start: Callable[[], Live], tmp_path: Path) -> None:
    live = start()
    live.settle()
    develop(live, lambda ready, _: ready >= 1)
    (tmp_path / "content/course/one.md").write_text("# One\n\nWords. ![First](p0.png) ![Second](p1.png)\n")
    shown = live.refresh([(tmp_path / "content/course/one.md").resolve()])
    assert shown.changed
    assert "Words." in page(live, "one")
    develop(live, lambda _, more: not more)
    live.refresh(frozenset())
    assert (page(live, "one") + page(live, "two")).count("<picture>") == 4


def test_a_server_that_was_stopped_goes_on_where_it_was(start: Callable[[], Live]) -> None:
    live = start()
    live.settle()
    develop(live, lambda ready, _: ready >= 2)
    live.close()
    again = start()
    _, report = again.settle()
    assert report.recalled["image.render"] >= 2
    assert (page(again, "one") + page(again, "two")).count("<picture>") >= 2


def test_a_picture_that_is_replaced_meanwhile_is_made_as_it_is_now(start: Callable[[], Live], tmp_path: Path) -> None:
    live = start()
    live.settle()
    target = tmp_path / "content/course/p0.png"
    target.write_bytes(picture(640, 0.9))
    develop(live, lambda _, more: not more)
    live.refresh([target.resolve()])
    develop(live, lambda _, more: not more)
    live.refresh(frozenset())
    assert 'width="640" height="320"' in page(live, "one")
    assert page(live, "one").count("<picture>") == 2


def test_a_picture_that_is_none_is_named_when_somebody_has_looked(start: Callable[[], Live], tmp_path: Path) -> None:
    (tmp_path / "content/course/p0.png").write_bytes(PICTURES["content/course/p1.png"][:2000])
    (tmp_path / "content/course/p2.png").write_text("nothing of the kind")
    live = start()
    live.settle()
    develop(live, lambda _, more: not more)
    _, report = live.settle()
    assert {problem.path for problem in report.problems if problem.code == "image-broken"} == {
        "course/p0.png",
        "course/p2.png",
    }
