"""The pixels of an image file: what its head tells, and the picture itself, upright and in sRGB, at a size.

A picture of a hundred million pixels is never there twice: JPEG is decoded at the scale that is needed, all else is
shrunk in strips.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL import Image, ImageCms

from builder.image import Format, ImageInfo

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

# Rows that are shrunk at a time, so that a picture is never there twice.
STRIP = 512


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """Open an image without Pillow's own limit; ours is in the settings, and looks at the size before the pixels."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=OPENED) as image:
                yield image
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def describe(image: Image.Image, size: int) -> ImageInfo:
    """Return what the head of an open image tells."""
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


def pixels(data: bytes, info: ImageInfo, size: tuple[int, int]) -> Image.Image:
    """Return the picture upright, in sRGB with or without alpha, at exactly ``size``."""
    sideways = info.orientation >= SIDEWAYS
    wanted = size[::-1] if sideways else size
    with opened(data) as image:
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
