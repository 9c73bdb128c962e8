"""The markup of a picture: what browsers choose from."""

from __future__ import annotations

from builder.model import Offer
from builder.text.picture import html


def test_where_one_format_says_its_widths_all_do() -> None:
    """A picture whose AVIF is offered in one width and whose WebP in two has widths and sizes in both."""
    offers = (
        Offer("a.avif", "a.avif", "avif", 696, "", 1),
        Offer("a.webp", "a.webp", "webp", 480, "", 1),
        Offer("b.webp", "b.webp", "webp", 696, "", 1),
        Offer("a.png", "a.png", "png", 696, "", 1),
    )
    sources = html(696, 400, offers, column=720).split("<source ")[1:]
    assert ["696w" in source and "sizes=" in source for source in sources] == [True, True]
    single = html(696, 400, (offers[0], offers[3]), column=720)
    assert "696w" not in single
    assert "sizes=" not in single
