"""What an image file is, and its renderings.

Promises that the picture stays what it was: upright, in sRGB, moving if it moved, see-through where it was; and that a
picture of a hundred million pixels takes less than 1 GB (``builder.text.pixels``). AVIF is written by one thread,
because its bytes depend on the number.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

from PIL import Image, features

from builder.engine.step import step
from builder.image import Effort, Format, ImageInfo, ImageSettings, Probe, Rendering, Renderings, Variant
from builder.text.metadata import strip
from builder.text.motion import Motion
from builder.text.picture import keep, plan
from builder.text.pixels import describe, opened, pixels
from builder.text.svgsize import svg_size

if TYPE_CHECKING:
    from collections.abc import Iterator

# The decoders of these hold a picture several times over; with more pixels than this they would pass 1 GB.
GREEDY: dict[Format, int] = {"webp": 40_000_000, "avif": 40_000_000}

# All frames of a moving picture together: more takes minutes.
MOVING = 400_000_000

# A picture with no more colours than this is a drawing: WebP without loss keeps its edges.
FEW_COLORS = 4096

# Nine would be much quicker than eight and its files no smaller than WebP's, so that hardly an AVIF would be kept.
AVIF_SPEED: dict[Effort, int] = {"fast": 8, "best": 4}
WEBP_METHOD: dict[Effort, int] = {"fast": 4, "best": 6}
PNG_LEVEL: dict[Effort, int] = {"fast": 6, "best": 9}

BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, ZeroDivisionError, OverflowError)


def encoders() -> str:
    """Return the versions of the encoders; they belong into the key of everything that is encoded."""
    names = ("pil", "avif", "webp", "libjpeg_turbo", "zlib", "littlecms2")
    return " ".join(f"{name}={features.version(name)}" for name in names)


@step(version=1)
def probe(data: bytes) -> Probe:
    """Return what the head of an image file tells, without reading its pixels."""
    if (size := svg_size(data)) is not None:
        return Probe(ImageInfo(*size, "svg", len(data), alpha=True))
    try:
        with opened(data) as image:
            return Probe(describe(image, len(data)))
    except BROKEN as error:
        return Probe(None, _reason(error))


@step(version=1)
def render(data: bytes, settings: ImageSettings, effort: Effort, versions: str) -> tuple[Renderings | bytes, ...]:  # noqa: ARG001 - a key
    """Return what a picture becomes and then the bytes of each rendering; ``versions`` are those of ``encoders``."""
    probed = probe(data)
    if probed.info is None:
        return (Renderings(broken=probed.broken),)
    info = probed.info
    reason = _out_of_reach(info, settings)
    variants = tuple(variant for variant in plan(info, settings) if variant.source or not reason)
    made: dict[Variant, bytes] = {}
    colors: tuple[str, ...] = ()
    try:
        if info.frames > 1:
            made.update(_moving(data, variants, settings, effort))
        elif variants and not reason:
            base = pixels(data, info, _widest(variants))
            made.update(_still(base, info, variants, settings, effort))
            colors = _colors(base)
    except BROKEN as error:
        return (Renderings(broken=_reason(error)),)
    bare = strip(data) if any(variant.source for variant in variants) else None
    made.update((variant, bare) for variant in variants if variant.source and bare is not None)
    kept = keep([(variant, len(made[variant])) for variant in variants if variant in made])
    described = tuple(Rendering(one, hashlib.sha256(made[one]).hexdigest(), len(made[one])) for one in kept)
    return (Renderings(info, described, colors, reason), *(made[variant] for variant in kept))


def _widest(variants: tuple[Variant, ...]) -> tuple[int, int]:
    """Return the size at which the pixels are decoded: once, even of a file that ships as it is, to see it whole."""
    drawn = [variant for variant in variants if not variant.source] or variants
    return max((variant.width, variant.height) for variant in drawn)


def _out_of_reach(info: ImageInfo, settings: ImageSettings) -> str:
    """Say why a file is left as it is, where decoding it would take too much memory or time."""
    limit = min(settings.limit, GREEDY.get(info.format, settings.limit), MOVING // info.frames)
    if info.width * info.height <= limit:
        return ""
    frames = f" in {info.frames} frames" if info.frames > 1 else ""
    return f"it has {info.width} by {info.height} pixels{frames}, more than can be worked on"


def _still(
    base: Image.Image,
    info: ImageInfo,
    variants: tuple[Variant, ...],
    settings: ImageSettings,
    effort: Effort,
) -> Iterator[tuple[Variant, bytes]]:
    """Yield the bytes of each variant that is drawn; the pixels were decoded once, at the widest that is asked for."""
    for variant in variants:
        if not variant.source:
            size = (variant.width, variant.height)
            shown = base if base.size == size else base.resize(size, Image.Resampling.LANCZOS)
            yield variant, _encode(shown, variant.format, info, settings, effort)


def _moving(
    data: bytes,
    variants: tuple[Variant, ...],
    settings: ImageSettings,
    effort: Effort,
) -> Iterator[tuple[Variant, bytes]]:
    with opened(data) as image:
        for variant in variants:
            if not variant.source:
                yield variant, Motion(image, (variant.width, variant.height)).webp(settings.webp_quality, effort)


def _encode(image: Image.Image, format_: Format, info: ImageInfo, settings: ImageSettings, effort: Effort) -> bytes:
    options: dict[str, Any] = {"exif": b"", "icc_profile": None}
    if format_ == "avif":
        depth = "4:4:4" if info.graphic and image.mode != "L" else "4:2:0"
        options |= {"quality": settings.avif_quality, "speed": AVIF_SPEED[effort], "max_threads": 1}
        options |= {"subsampling": "4:0:0" if image.mode == "L" else depth}
        return _saved(image, "AVIF", options)
    if format_ == "webp":
        options |= {"quality": settings.webp_quality, "method": WEBP_METHOD[effort]}
        lossy = _saved(image, "WEBP", options)
        if not info.graphic or image.getcolors(FEW_COLORS) is None:
            return lossy
        exact = _saved(image, "WEBP", options | {"lossless": True, "quality": 75 if effort == "best" else 40})
        return min(exact, lossy, key=len)
    if format_ == "jpeg":
        options = {"quality": settings.jpeg_quality, "progressive": True, "optimize": True}
        return _saved(image if image.mode == "L" else image.convert("RGB"), "JPEG", options)
    return _saved(image, "PNG", {"compress_level": PNG_LEVEL[effort]})


def _saved(image: Image.Image, format_: str, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def _colors(image: Image.Image) -> tuple[str, ...]:
    """Return the colours of the picture's thirds, top to bottom; none where the page must shine through."""
    if image.mode == "RGBA":
        return ()
    small = image.convert("RGB").resize((1, 3), Image.Resampling.BOX)
    return tuple("#{:02x}{:02x}{:02x}".format(*small.getpixel((0, row))) for row in range(3))  # type: ignore[misc]  # RGB


def _reason(error: BaseException) -> str:
    """Return why a file could not be read, in words that do not name memory addresses."""
    if "cannot identify image file" in str(error):
        return "it is no image of a kind that browsers show"
    text = str(error).partition(" <")[0] or type(error).__name__
    return text[:1].lower() + text[1:]
