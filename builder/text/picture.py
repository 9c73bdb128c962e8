"""Pictures on a page: which sizes and formats one gets, and the HTML that offers them to the browser."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from builder.image import Format, ImageInfo, ImageSettings, Variant
from builder.model import Offer

if TYPE_CHECKING:
    from collections.abc import Sequence

# Below this, an icon's several renderings cost more in markup and requests than they save.
SMALL = 1500

# A width this near to the source's own would be a second file for the same screens.
NEAR = 0.85

# What every browser shows; a page's last resort is one of these.
SAFE: frozenset[Format] = frozenset({"jpeg", "png", "gif", "webp", "apng"})

_SIZED = re.compile(r'<img [^>]*? width="([1-9]\d*)" height="([1-9]\d*)"')
_TINT = re.compile(r' data-tint="([0-9a-f]{18})"')

MEDIA: dict[Format, str] = {"avif": "image/avif", "webp": "image/webp"}


def plan(info: ImageInfo, settings: ImageSettings) -> tuple[Variant, ...]:
    """Return the renderings to try for a picture, narrow before wide, the fallback last; none for a drawing."""
    if info.format == "svg":
        return ()
    widest = min(info.width, max(settings.widths, default=info.width))
    widths = [width for width in sorted(settings.widths) if width < widest * NEAR] + [widest]
    if info.frames > 1:
        moving = () if info.format == "webp" or "webp" not in settings.formats else (_sized(info, "webp", widest),)
        return (*moving, _sized(info, info.format, info.width, source=True))
    formats: tuple[Format, ...] = settings.formats if info.size > SMALL else ()
    tried = [_sized(info, format_, width) for format_ in formats for width in widths]
    return (*tried, *_fallbacks(info, widest))


def _fallbacks(info: ImageInfo, widest: int) -> tuple[Variant, ...]:
    """Return the file itself where any browser shows it right, and what stands in for it where it is smaller."""
    upright = info.orientation == 1 and info.mode not in {"CMYK", "YCbCr", "LAB", "I;16", "I", "F"}
    is_shown = info.format in SAFE and upright
    source = (_sized(info, info.format, info.width, source=True),) if is_shown else ()
    drawn: Format = "jpeg" if info.format == "jpeg" or not (info.alpha or info.graphic) else "png"
    if is_shown and widest == info.width:
        return source
    return (*source, _sized(info, drawn, widest))


def _sized(info: ImageInfo, format_: Format, width: int, *, source: bool = False) -> Variant:
    return Variant(format_, width, max(1, round(info.height * width / info.width)), source)


def keep(sizes: Sequence[tuple[Variant, int]]) -> tuple[Variant, ...]:
    """Return the renderings worth publishing, given their lengths in bytes: smaller than what they stand in for.

    The fallback is the smallest of its candidates. A format is kept only with its widest rendering, because a browser
    that knows the format looks no further; a narrower one that is no smaller than a wider one is dropped.
    """
    fallbacks = [(size, number) for number, (variant, size) in enumerate(sizes) if _is_fallback(variant)]
    if not fallbacks:
        return ()
    least, chosen = min(fallbacks)
    fallback = sizes[chosen][0]
    kept: list[Variant] = []
    best: dict[int, int] = {}
    # Old formats first: the new one must beat them at the same width.
    for format_ in ("webp", "avif"):
        wide_first = sorted(
            ((variant, size) for variant, size in sizes if variant.format == format_ and not _is_fallback(variant)),
            key=lambda pair: -pair[0].width,
        )
        bound = least
        chain: list[Variant] = []
        for variant, size in wide_first:
            if size < min(bound, best.get(variant.width, bound)):
                chain.append(variant)
                best[variant.width] = bound = size
            elif not chain:
                break
        kept = [*reversed(chain), *kept]
    return (*kept, fallback)


def _is_fallback(variant: Variant) -> bool:
    return variant.source or variant.format not in MEDIA


def html(
    width: int,
    height: int,
    offers: Sequence[Offer],
    *,
    column: int,
    first: bool = False,
    attributes: str = "",
    colors: Sequence[str] = (),
) -> str:
    """Return the markup of a picture that is offered in these renderings, the fallback last.

    The box has its size before the picture is there; all but the page's first picture wait until they are near.
    ``column`` is the widest that it is shown, in CSS pixels; ``attributes`` are the author's and the theme's (``alt``
    above all), ready to be written, with a space before each, and go before ours. ``colors`` are what the picture
    looks like from afar: ``with_boxes`` shows them until it is there.
    """
    shown = min(width, column)
    sizes = f"(min-width:{shown}px) {shown}px,100vw"
    sources = []
    given = {format_: [offer for offer in offers[:-1] if offer.format == format_] for format_ in MEDIA}
    # Where one format says its widths all do: validators take a picture's sources for one list.
    several = any(len(own) > 1 for own in given.values())
    for format_, media in MEDIA.items():
        own = given[format_]
        if own:
            listed = ",".join(f"{escape(one.url)} {one.width}w" if several else escape(one.url) for one in own)
            wide = f' sizes="{sizes}"' if several else ""
            sources.append(f'<source type="{media}" srcset="{listed}"{wide}>')
    box = f' width="{width}" height="{height}"' if width and not _has(attributes, "width", "height") else ""
    waiting = ' fetchpriority="high"' if first else ' loading="lazy" decoding="async"'
    if _has(attributes, "loading", "fetchpriority"):
        waiting = ""
    tint = f' data-tint="{"".join(colors).replace("#", "")}"' if colors else ""
    image = f'<img src="{escape(offers[-1].url)}"{attributes}{box}{tint}{waiting}>'
    return f"<picture>{''.join(sources)}{image}</picture>" if sources else image


def with_boxes(page: str, content: str) -> str:
    """Return a page with the boxes and colours of its pictures in one style of its head; they stand in ``content``.

    A browser keeps the shape of a picture that never comes only where a style says it.
    """
    if "<img " not in content:
        return page
    sizes = dict.fromkeys(_SIZED.findall(content))
    rules = [f':where(img[width="{wide}"][height="{high}"]){{aspect-ratio:auto {wide}/{high}}}' for wide, high in sizes]
    for tint in dict.fromkeys(_TINT.findall(content)):
        colors = ",".join(f"#{tint[at : at + 6]}" for at in range(0, 18, 6))
        rules.append(f'[data-tint="{tint}"]{{--tint:{colors}}}')
    return page.replace("</head>", f"<style>{''.join(rules)}</style></head>", 1) if rules else page


def _has(attributes: str, *names: str) -> bool:
    return any(f" {name}=" in attributes for name in names)
