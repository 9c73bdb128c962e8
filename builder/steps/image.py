"""Pixels: what an image file is, and its renderings.

Promises that the picture stays what it was: upright, in sRGB, moving if it moved, see-through where it was; and that a
picture of a hundred million pixels takes less than 1 GB. JPEG is decoded at the scale that is needed; all else is
shrunk in strips. AVIF is written by one thread, because its bytes depend on the number.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageCms, features

from builder.engine.step import step
from builder.image import Effort, Format, ImageInfo, ImageSettings, Probe, Rendering, Renderings, Variant
from builder.text.metadata import strip
from builder.text.motion import Motion
from builder.text.picture import keep, plan
from builder.text.svgsize import svg_size

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS: dict[str, Format] = {
    "AVIF": "avif",
    "BMP": "bmp",
    "DIB": "bmp",
    "GIF": "gif",
    "JPEG": "jpeg",
    "MPO": "jpeg",
    "PNG": "png",
    "TIFF": "tiff",
    "WEBP": "webp",
}

# A JPEG with more than one view in it opens as JPEG and calls itself MPO.
OPENED = [name for name in FORMATS if name not in {"MPO", "DIB"}]

GRAPHIC: frozenset[Format] = frozenset({"png", "gif", "bmp", "tiff"})

# The decoders of these hold a picture several times over; with more pixels than this they would pass 1 GB.
GREEDY: dict[Format, int] = {"webp": 40_000_000, "avif": 40_000_000}

# All frames of a moving picture together: more takes minutes.
MOVING = 400_000_000

# A picture with no more colours than this is a drawing: WebP without loss keeps its edges.
FEW_COLORS = 4096

# How each orientation that a camera writes is turned upright.
UPRIGHT = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}

# The first of the orientations that lie on their side.
SIDEWAYS = 5

# Nine would take a third of the time of eight, for a quarter more bytes: hardly an AVIF would be smaller than its WebP,
# and so hardly one be kept.
AVIF_SPEED: dict[Effort, int] = {"fast": 8, "best": 4}
WEBP_METHOD: dict[Effort, int] = {"fast": 4, "best": 6}
PNG_LEVEL: dict[Effort, int] = {"fast": 6, "best": 9}

# Rows that are shrunk at a time, so that a picture is never there twice.
STRIP = 512

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
        with _opened(data) as image:
            return Probe(_describe(image, len(data)))
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
            base = _pixels(data, info, _widest(variants))
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
    with _opened(data) as image:
        for variant in variants:
            if not variant.source:
                yield variant, Motion(image, (variant.width, variant.height)).webp(settings.webp_quality, effort)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """Open an image without Pillow's own limit; ours is in the settings, and looks at the size before the pixels."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=OPENED) as image:
                yield image
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _describe(image: Image.Image, size: int) -> ImageInfo:
    format_ = FORMATS[image.format or ""]
    orientation = _orientation(image)
    width, height = image.size if orientation < SIDEWAYS else image.size[::-1]
    # A camera's MPO holds a second view, not a second frame.
    frames = 1 if image.format in {"MPO", "TIFF"} else getattr(image, "n_frames", 1)
    if format_ == "png" and frames > 1:
        format_ = "apng"
    return ImageInfo(
        width,
        height,
        format_,
        size,
        mode=image.mode,
        frames=frames,
        alpha=image.has_transparency_data,
        orientation=orientation,
        tagged=bool(image.info.get("icc_profile")),
        graphic=format_ in GRAPHIC,
    )


def _orientation(image: Image.Image) -> int:
    """Return how the camera was held; TIFF is turned by its decoder, and asking a PNG itself would decode it."""
    if image.format == "TIFF":
        return 1
    exif = Image.Exif()
    if image.format == "PNG":
        exif.load(image.info.get("exif", b""))
    else:
        exif = image.getexif()
    orientation = exif.get(0x0112, 1)
    return orientation if orientation in UPRIGHT else 1


def _pixels(data: bytes, info: ImageInfo, size: tuple[int, int]) -> Image.Image:
    """Return the picture upright, in sRGB with or without alpha, at exactly ``size``."""
    sideways = info.orientation >= SIDEWAYS
    wanted = size[::-1] if sideways else size
    with _opened(data) as image:
        profile = image.info.get("icc_profile")
        image.draft(None, wanted)
        factor = max(1, min(image.width // wanted[0], image.height // wanted[1]))
        shrunk = _shrink(image, factor)
    turned = shrunk
    for turn in UPRIGHT.get(info.orientation, ()):
        turned = turned.transpose(turn)
    plain = _srgb(turned, profile)
    return plain if plain.size == size else plain.resize(size, Image.Resampling.LANCZOS)


def _shrink(image: Image.Image, factor: int) -> Image.Image:
    """Return the picture reduced by a whole number, in a mode with eight bits a channel and no palette.

    Half of the way is left to the better filter, so that nothing looks coarse.
    """
    factor = max(1, factor // 2)
    image.load()
    mode = _plain_mode(image)
    if factor == 1 and image.width * image.height < STRIP * STRIP * 16:
        return _converted(image, mode)
    rows = STRIP * factor
    small = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, rows):
        band = _converted(image.crop((0, top, image.width, min(top + rows, image.height))), mode)
        small.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    return small


def _plain_mode(image: Image.Image) -> str:
    if image.mode in {"CMYK", "L", "LAB"} and not image.has_transparency_data:
        return image.mode
    if image.mode in {"1", "I;16", "I;16B", "I;16L", "I", "F"}:
        return "L"
    return "RGBA" if image.has_transparency_data else "RGB"


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I"):
        # Sixteen bits, of which the upper eight are shown; Pillow's own conversion clips instead.
        wide = image.convert("I")
        return wide.point(lambda value: value * (1 / 257)).convert("L")
    return image if image.mode == mode else image.convert(mode)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB; a profile that can't be read is as good as none."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    color = image.convert("RGB") if alpha is not None else image
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            fits = {"RGB ": ("RGB",), "GRAY": ("L",), "CMYK": ("CMYK",), "Lab ": ("LAB",)}
            if color.mode == "L" and source.profile.xcolor_space == "RGB ":
                color = color.convert("RGB")
            if color.mode in fits.get(source.profile.xcolor_space, ()):
                target = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(color, source, target, outputMode="RGB")
                color = converted if converted is not None else color
        except (ImageCms.PyCMSError, OSError, TypeError):
            pass
    if color.mode not in {"RGB", "L"}:
        color = color.convert("RGB")
    if alpha is not None:
        color = color.convert("RGB")
        color.putalpha(alpha)
    # Nothing that the file said about itself goes on.
    color.info = {}
    return color


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
