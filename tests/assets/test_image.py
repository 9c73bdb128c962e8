"""Pictures stay what they were: upright, in the right colours, moving, see-through; and they get smaller."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageStat

from builder.image import ImageInfo, ImageSettings, Probe, Renderings, Variant
from builder.model import Offer
from builder.steps.image import encoders, probe, render
from builder.text.picture import html, keep, plan

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = ImageSettings(widths=(100, 200), avif_quality=40)


def scene(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """Return a picture whose corners differ, so that a turned one is seen."""
    image = Image.new("RGB", (width, height), "#336699")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2, height // 2), fill="#cc2211")
    draw.rectangle((width // 2, height // 2, width, height), fill="#22aa44")
    draw.ellipse((width // 4, height // 4, width // 2, height // 2), fill="#eeee11")
    wash = Image.effect_mandelbrot((width, height), (-2, -1.5, 1, 1.5), 40).convert("RGB")
    return Image.blend(image, wash, 0.3).convert(mode)


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how far apart two pictures are, as the mean over pixels and channels, from 0 to 255."""
    assert one.size == other.size
    mode = "RGBA" if one.has_transparency_data or other.has_transparency_data else "RGB"
    pair = []
    for image in (one, other):
        shown = image.convert(mode)
        if mode == "RGBA":  # what shows through does not count as colour
            ground = Image.new("RGBA", shown.size, "#808080")
            ground.alpha_composite(shown)
            shown = ground
        pair.append(shown)
    means = ImageStat.Stat(ImageChops.difference(*pair)).mean
    return sum(means) / len(means)


class Shown(NamedTuple):
    """One rendering with its bytes."""

    variant: Variant
    data: bytes


class Made(NamedTuple):
    """What a picture became, each rendering beside its bytes."""

    kept: list[Shown]
    colors: tuple[str, ...]
    broken: str


def rendered(data: bytes, settings: ImageSettings = SETTINGS) -> Made:
    described, *contents = render(data, settings, "fast", encoders())
    assert isinstance(described, Renderings)
    kept = []
    for one, content in zip(described.kept, contents, strict=True):
        assert isinstance(content, bytes)
        assert (one.digest, one.size) == (hashlib.sha256(content).hexdigest(), len(content))
        kept.append(Shown(one.variant, content))
    return Made(kept, described.colors, described.broken)


def assert_shows(data: bytes, wanted: Image.Image, tolerance: float = 6) -> Made:
    """Check that every rendering of ``data`` shows ``wanted``."""
    made = rendered(data)
    assert made.broken == ""
    assert made.kept
    for rendering in made.kept:
        shown = opened(rendering.data)
        if rendering.variant.source:
            continue
        assert shown.size == (rendering.variant.width, rendering.variant.height)
        assert difference(shown, wanted.resize(shown.size, Image.Resampling.LANCZOS)) < tolerance, rendering.variant
    return made


def test_a_photograph_gets_avif_webp_and_a_fallback_never_wider_than_itself() -> None:
    made = assert_shows(saved(scene(), "JPEG", quality=92), scene())
    offers = [(one.variant.format, one.variant.width) for one in made.kept]
    assert offers[-1] == ("jpeg", 200)
    assert {("avif", 200), ("webp", 200), ("webp", 100)} <= set(offers)
    narrow = rendered(saved(scene(150, 100), "JPEG", quality=92))
    assert max(one.variant.width for one in narrow.kept) == 150


ORIENTATIONS = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_picture_from_a_camera_held_any_way_is_upright(orientation: int) -> None:
    turn = ORIENTATIONS[orientation]
    stored = scene() if turn is None else scene().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken at home"
    data = saved(stored, "JPEG", quality=92, exif=exif)
    info = probe(data).info
    assert info is not None
    assert (info.width, info.height) == (320, 240)
    made = assert_shows(data, scene())
    for rendering in made.kept:
        assert b"taken at home" not in rendering.data
        assert opened(rendering.data).getexif().get(0x0112, 1) == 1


def test_a_picture_turned_in_another_format_is_upright_too() -> None:
    for format_ in ("PNG", "WEBP", "AVIF", "TIFF"):
        exif = Image.Exif()
        exif[0x0112] = 6
        assert_shows(saved(scene().transpose(Image.Transpose.ROTATE_90), format_, exif=exif), scene())


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_what_is_see_through_stays_so(format_: str) -> None:
    image = scene(mode="RGBA")
    image.putalpha(Image.radial_gradient("L").resize(image.size))
    made = assert_shows(saved(image, format_), image)
    assert all(opened(one.data).has_transparency_data for one in made.kept)
    assert made.colors == ()


def test_a_transparent_colour_and_a_transparent_palette_stay_see_through() -> None:
    image = scene(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 100, 100))
    assert_shows(saved(image.quantize(64), "PNG"), image, tolerance=9)
    keyed = Image.new("RGB", (300, 200), "#ff00ff")
    keyed.paste("#112233", (50, 50, 250, 150))
    wanted = keyed.convert("RGBA")
    wanted.putalpha(keyed.convert("L").point(lambda value: 255 * (value < 60)))
    made = rendered(saved(keyed, "PNG", transparency=(255, 0, 255)))
    assert opened(made.kept[0].data).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]  # a pixel with alpha is a tuple


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16"])
def test_grey_bitmaps_palettes_and_sixteen_bits_keep_their_tones(mode: str) -> None:
    if mode == "I;16":
        ramp = Image.linear_gradient("L").resize((320, 240))
        stored = Image.frombytes("I;16", ramp.size, b"".join(bytes([value, value]) for value in ramp.tobytes()))
        wanted = ramp
    else:
        stored = scene().convert("L").convert(mode) if mode != "P" else scene().quantize(32)
        wanted = stored
    assert_shows(saved(stored, "PNG"), wanted.convert("RGB"), tolerance=18 if mode == "1" else 9)


def test_cmyk_becomes_the_colours_that_it_stands_for() -> None:
    stored = scene().convert("CMYK")
    made = assert_shows(saved(stored, "JPEG", quality=95), stored.convert("RGB"), tolerance=8)
    assert not any(one.variant.source for one in made.kept)


def test_a_colour_profile_is_applied_and_not_carried_on() -> None:
    """A profile that swaps red and green is seen at once when it is forgotten."""
    import struct

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    tags = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 136 + 12 * n for n in range(count)}
    red, green = (bytes(profile[tags[name] : tags[name] + 8]) for name in (b"rXYZ", b"gXYZ"))
    profile[tags[b"rXYZ"] : tags[b"rXYZ"] + 8], profile[tags[b"gXYZ"] : tags[b"gXYZ"] + 8] = green, red
    red_band, green_band, blue_band = scene().split()
    swapped = Image.merge("RGB", (green_band, red_band, blue_band))
    made = assert_shows(saved(swapped, "JPEG", quality=95, icc_profile=bytes(profile)), scene(), tolerance=8)
    assert all("icc_profile" not in opened(one.data).info for one in made.kept)
    assert_shows(saved(scene(), "JPEG", quality=95, icc_profile=b"no profile at all"), scene())


def moving(colors: list[str], **options: Any) -> bytes:
    frames = [Image.new("RGB", (240, 160), color) for color in colors]
    for number, frame in enumerate(frames):
        ImageDraw.Draw(frame).rectangle((number * 20, 10, number * 20 + 60, 90), fill="white")
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300], **options)


@pytest.mark.parametrize(("loop", "shown"), [(None, 1), (0, 0), (2, 3)])
def test_a_moving_gif_becomes_a_moving_webp_of_the_same_frames_and_times(loop: int | None, shown: int) -> None:
    data = moving(["red", "green", "blue"], **({} if loop is None else {"loop": loop}))
    made = rendered(data)
    assert [(one.variant.format, one.variant.width) for one in made.kept] == [("webp", 200), ("gif", 240)]
    film, source = opened(made.kept[0].data), opened(data)
    assert film.n_frames == 3  # type: ignore[attr-defined]  # of a moving picture
    assert film.info["loop"] == shown
    for number, time in enumerate((100, 200, 300)):
        film.seek(number)
        source.seek(number)
        film.load()
        assert film.info["duration"] == time
        assert difference(film.convert("RGB"), source.convert("RGB").resize((200, 133), Image.Resampling.LANCZOS)) < 6


DAMAGED = {
    "cut short": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "text": lambda _: b"GIF sprites are nice",
    "head only": lambda data: data[:30],
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("format_", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_a_damaged_file_is_a_reason_and_never_an_exception(format_: str, damage: str) -> None:
    change: Callable[[bytes], bytes] = DAMAGED[damage]
    made = rendered(change(saved(scene(), format_)))
    assert made.broken != ""
    assert "<_io" not in made.broken
    assert made.kept == []


def test_a_bomb_is_left_alone() -> None:
    """A few hundred bytes that claim to be 40,000 pixels square are not unpacked."""
    bomb = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    import zlib

    bomb[16:24] = (40_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    made = rendered(bytes(bomb))
    assert "40000 by 40000 pixels" in made.broken
    assert all(one.variant.source for one in made.kept)


MEASURE = r"""
import pathlib, re, resource, sys
from builder.image import ImageSettings
from builder.steps.image import render
data = sys.stdin.buffer.read()
made = render(data, ImageSettings(), "fast", "")[0]
assert made.kept and not made.broken, made.broken
# On Linux the other figure begins with the peak of whoever started this process.
status = pathlib.Path("/proc/self/status")
peak = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
print((int(peak[1]) if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024)
"""


@pytest.mark.parametrize(("format_", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA")])
def test_a_hundred_million_pixels_stay_under_a_gigabyte(format_: str, mode: str) -> None:
    options: dict[str, Any] = {"progressive": True, "quality": 70} if format_ == "JPEG" else {"compress_level": 1}
    data = saved(Image.linear_gradient("L").resize((10_000, 10_000)).convert(mode), format_, **options)
    done = subprocess.run([sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True)
    assert int(done.stdout) < 1000


def test_the_same_picture_gives_the_same_bytes() -> None:
    data = saved(scene(), "PNG")
    assert rendered(data) == rendered(data)


def test_a_rendering_that_is_not_smaller_is_dropped_and_the_source_tells_nothing_of_its_maker() -> None:
    from PIL import PngImagePlugin

    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "somebody")
    data = saved(Image.new("RGB", (180, 90), "#abcdef"), "PNG", pnginfo=notes)
    made = rendered(data)
    assert made.kept[-1].variant.source
    assert b"somebody" not in made.kept[-1].data
    assert all(len(one.data) < len(made.kept[-1].data) for one in made.kept[:-1])
    assert difference(opened(made.kept[-1].data), opened(data)) == 0


def test_metadata_goes_and_every_pixel_stays() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    for format_ in ("JPEG", "WEBP", "PNG"):
        data = saved(scene(90, 60), format_, exif=exif)
        source = next(one for one in rendered(data).kept if one.variant.source)
        assert b"taken at home" in data
        assert b"taken at home" not in source.data
        assert difference(opened(source.data), opened(data)) == 0


def test_a_browser_that_knows_a_format_never_gets_a_narrower_picture_for_it() -> None:
    def sized(*sizes: tuple[str, int, int]) -> list[tuple[Variant, int]]:
        return [(Variant(format_, width, width, format_ == "png"), size) for format_, width, size in sizes]  # type: ignore[arg-type]  # the literals of the call

    kept = keep(sized(("avif", 1, 10), ("avif", 2, 60), ("webp", 1, 20), ("webp", 2, 50), ("png", 2, 100)))
    assert [(one.format, one.width) for one in kept] == [("webp", 1), ("webp", 2), ("png", 2)]
    kept = keep(sized(("avif", 1, 45), ("avif", 2, 40), ("webp", 1, 200), ("webp", 2, 150), ("png", 2, 100)))
    assert [(one.format, one.width) for one in kept] == [("avif", 2), ("png", 2)]


def test_a_drawing_of_few_colours_keeps_its_edges() -> None:
    image = Image.new("RGB", (200, 150), "white")
    draw = ImageDraw.Draw(image)
    for number in range(0, 200, 7):
        draw.line((number, 0, 200 - number, 150), fill="#cc0000")
    made = rendered(saved(image, "PNG"))
    exact = [one for one in made.kept if one.variant.format == "webp" and one.variant.width == 200]
    assert [difference(opened(one.data), image) for one in exact] == [0]


def test_the_placeholder_is_the_colour_of_the_thirds() -> None:
    image = Image.new("RGB", (300, 300), "#ff0000")
    image.paste("#00ff00", (0, 100, 300, 200))
    image.paste("#0000ff", (0, 200, 300, 300))
    tops = rendered(saved(image, "PNG")).colors
    assert [color[1:3] > "e0" for color in tops] == [True, False, False]
    assert [color[5:7] > "e0" for color in tops] == [False, False, True]


@pytest.mark.parametrize(
    ("tag", "size"),
    [
        ('<svg width="40" height="30px" viewBox="0 0 1 1">', (40, 30)),
        ('<?xml version="1.0"?>\n<!-- x --><svg:svg xmlns:svg="s" viewBox="0 0 64 48">', (64, 48)),
        ('<svg width="1in" viewBox="0 0 2 1">', (96, 48)),
        ('<svg width="100%" height="50" viewBox="0,0,3,1">', (150, 50)),
        ("<svg>", (300, 150)),
    ],
)
def test_a_drawing_has_the_size_that_it_says(tag: str, size: tuple[int, int]) -> None:
    info = probe((tag + "<g></g>").encode()).info
    assert info is not None
    assert (info.format, info.width, info.height) == ("svg", *size)


def test_html_is_not_taken_for_a_drawing() -> None:
    assert probe(b"<!doctype html><html><body><svg></svg>").info is None


def offer(format_: str, width: int, url: str) -> Offer:
    return Offer(url, url[1:], format_, width, "", 0)


def test_the_markup_offers_every_rendering_and_reserves_the_box() -> None:
    offers = [
        offer("avif", 480, "/a/1.avif"),
        offer("avif", 960, "/a/2.avif"),
        offer("webp", 960, "/a/3.webp"),
        offer("jpeg", 960, "/a/4.jpg"),
    ]
    assert html(1600, 900, offers, column=720, attributes=' alt="A &quot;cat&quot;"') == (
        '<picture><source type="image/avif" srcset="/a/1.avif 480w,/a/2.avif 960w" '
        'sizes="(min-width:720px) 720px,100vw"><source type="image/webp" srcset="/a/3.webp 960w" '
        'sizes="(min-width:720px) 720px,100vw">'
        '<img src="/a/4.jpg" alt="A &quot;cat&quot;" width="1600" height="900" '
        'loading="lazy" decoding="async"></picture>'
    )
    alone = html(1600, 900, offers[-1:], column=720, first=True, attributes=' alt="" class="p1"')
    assert alone == '<img src="/a/4.jpg" alt="" class="p1" width="1600" height="900" fetchpriority="high">'


def test_what_the_author_says_of_size_and_loading_holds() -> None:
    made = html(1600, 900, [offer("jpeg", 960, "/a.jpg")], column=720, attributes=' alt="" width="80" loading="eager"')
    assert made == '<img src="/a.jpg" alt="" width="80" loading="eager">'


INFO = ImageInfo(1600, 900, "jpeg", 100_000, mode="RGB")


def test_a_plan_has_no_width_above_the_source_and_nothing_for_a_drawing() -> None:
    widths = [one.width for one in plan(INFO, ImageSettings(widths=(480, 960, 1920)))]
    assert max(widths) == 1600
    assert plan(ImageInfo(10, 10, "svg", 5000), ImageSettings()) == ()


def test_what_is_known_of_pictures_survives_the_cache() -> None:
    made = render(saved(scene(), "JPEG"), SETTINGS, "fast", encoders())[0]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Renderings) == made
    probed = probe(saved(scene(), "JPEG"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(probed), type=Probe) == probed
