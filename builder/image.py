"""The values of pictures: what a file is, how a site wants pictures, and what was made of one."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Format = Literal["avif", "webp", "jpeg", "png", "gif", "apng", "svg", "bmp", "tiff", "other"]

Effort = Literal["fast", "best"]


class ImageInfo(msgspec.Struct, frozen=True):
    """What the head of an image file tells: its size as it is shown (turned upright), its format, what is in it.

    ``size`` is the file's length; ``mode`` is Pillow's word for the pixels; ``graphic`` marks formats without loss, in
    which people keep diagrams and screenshots; ``tagged`` says that it carries a colour profile of its own.
    """

    width: int
    height: int
    format: Format
    size: int
    mode: str = ""
    frames: int = 1
    alpha: bool = False
    orientation: int = 1
    tagged: bool = False
    graphic: bool = False


class Probe(msgspec.Struct, frozen=True):
    """What was learnt of a file: its description, or the reason why it has none."""

    info: ImageInfo | None
    broken: str = ""


Pixels = Annotated[int, msgspec.Meta(ge=1)]
Quality = Annotated[int, msgspec.Meta(ge=1, le=100)]


class ImageSettings(msgspec.Struct, frozen=True):
    """How a site wants its pictures.

    ``widths`` in pixels; ``column`` is the widest a picture is shown, in CSS pixels; ``limit`` is the largest picture
    that is opened, in pixels: what is larger is a mistake or an attack, and is shipped as it is. ``metadata`` hands out
    linked pictures with what cameras and editors wrote into them.
    """

    widths: Annotated[tuple[Pixels, ...], msgspec.Meta(min_length=1)] = (480, 960, 1440)
    formats: tuple[Literal["avif", "webp"], ...] = ("avif", "webp")
    avif_quality: Quality = 60
    webp_quality: Quality = 78
    jpeg_quality: Quality = 82
    column: Pixels = 720
    limit: Pixels = 150_000_000
    metadata: bool = False


class Variant(msgspec.Struct, frozen=True):
    """One rendering of a picture; ``source`` marks the file itself, without what it says about its maker."""

    format: Format
    width: int
    height: int
    source: bool = False


class Rendering(msgspec.Struct, frozen=True):
    """A variant that is worth publishing, with the digest and size of its bytes."""

    variant: Variant
    digest: str
    size: int


class Renderings(msgspec.Struct, frozen=True):
    """What one picture became: the renderings worth publishing, the last being what any browser shows.

    ``colors`` are those of its upper, middle and lower third, for the time before it is there; none where the page must
    shine through. ``broken`` says why there are none, or why there are no more.
    """

    info: ImageInfo | None = None
    kept: tuple[Rendering, ...] = ()
    colors: tuple[str, ...] = ()
    broken: str = ""
