"""A picture that is on its way: its box, its colours, its words, within the page's policy."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext

from browser.host import Host
from browser.themed import Themed


def saved(image: Image.Image) -> bytes:
    """Return a picture as a file."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def course(place: Path) -> Themed:
    """Give a course with a picture of three stripes, and one that is seen through."""
    stripes = Image.new("RGB", (900, 600), "#2060a0")
    stripes.paste("#80c040", (0, 200, 900, 400))
    stripes.paste("#c03020", (0, 400, 900, 600))
    glass = Image.new("RGBA", (300, 200), (10, 20, 30, 90))
    return Themed(
        place,
        {
            "site.toml": 'title = "Site"\n[security]\nstrict = true\n',
            "one/a.md": "# A\n\n![Stripes](s.png)\n\n![Glass](g.png)\n\n![Stripes again](s.png)\n",
            "one/b.md": "# B\n\nWords.\n",
            "one/s.png": saved(stripes),
            "one/g.png": saved(glass),
        },
    )


def test_a_picture_has_its_colours_before_it_is_there(
    course: Themed, context: BrowserContext, host: Callable[[Path], Host]
) -> None:
    course.build()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
    page.route(re.compile(r"/assets/s\."), lambda route: route.abort())
    page.goto(f"{host(course.out).url}/one/a/")
    picture = page.locator("img").first
    shown = picture.evaluate("(image) => getComputedStyle(image).backgroundImage")
    assert "rgb(32, 96, 160), rgb(128, 192, 64), rgb(192, 48, 32)" in shown
    box = picture.bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.01)
    assert page.locator("img").nth(1).evaluate("(image) => getComputedStyle(image).backgroundImage") == "none"
    assert refused == []


def test_the_colours_of_all_pictures_stand_in_one_style_and_once(course: Themed) -> None:
    course.build()
    text = course.page("one/a/index.html")
    (style,) = re.findall(r"<style>(.*?)</style>", text)
    assert style == (
        ':where(img[width="900"][height="600"]){aspect-ratio:auto 900/600}'
        ':where(img[width="300"][height="200"]){aspect-ratio:auto 300/200}'
        '[data-tint="2060a080c040c03020"]{--tint:#2060a0,#80c040,#c03020}'
    )
    assert text.count("data-tint=") == 3
    assert "style=" not in text
    assert "<style>" not in course.page("one/b/index.html")
