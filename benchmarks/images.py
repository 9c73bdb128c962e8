"""Pictures beside Hugo: ``python3 build.py bench images [--pictures 12] [--rounds 3]``.

Both tools get the same page with the same pictures, made by arithmetic: photographs of a kind, 1,600 by 1,067 pixels,
as JPEG. Both make of each the same formats at the same widths, from nothing and again with all that they remember. What
is left after the same page without pictures is taken off is the pictures' cost: seconds of all processors together, for
each variant. Hugo is asked for the quality at which its pictures come nearest to ours by SSIM, measured in blocks of
eight by eight against the source shrunk to that size; the table says what came of it.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import statistics
import sys
from typing import TYPE_CHECKING

import msgspec
from PIL import Image, ImageMath

from benchmarks.clock import measure
from benchmarks.machine import number, table
from benchmarks.peers import HERE, cache, install

if TYPE_CHECKING:
    from pathlib import Path

ROOT = HERE.parent
WIDTHS = (480, 960, 1440)
FORMATS = ("webp", "avif")
SIZE = (1600, 1067)
# The qualities of Hugo's that are tried.
QUALITIES = {"webp": (75, 80, 85, 90), "avif": (60, 70, 75, 80)}
SECONDS = 900.0

HUGO = """baseURL = "https://course.example/"
disableKinds = ["taxonomy", "term", "RSS", "sitemap", "404", "section"]
"""
LAYOUT = """<!doctype html><title>Pictures</title>
{{ range .Resources.ByType "image" }}{{ $picture := . }}%s{{ end }}
"""
VARIANT = '{{ with $picture.Resize "%dx %s q%d" }}<img src="{{ .RelPermalink }}">{{ end }}'


class Result(msgspec.Struct, frozen=True):
    """One tool's pictures in one format: processor seconds for each variant, cold and warm; bytes; likeness."""

    tool: str
    format: str
    quality: int
    variants: int
    cold: float
    warm: float
    bytes: int
    ssim: float


def main(arguments: list[str]) -> int:
    """Make the pictures with both tools, format by format, and print what it took."""
    parser = argparse.ArgumentParser(prog="build.py bench images", description=__doc__.partition(":")[0])
    parser.add_argument("--pictures", type=int, default=12, help="how many pictures (12)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--release", action="store_true", help="our best effort, instead of a plain build's")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args(arguments)
    hugo = install().hugo
    work = cache() / "images"
    shutil.rmtree(work, ignore_errors=True)
    pictures = {f"picture-{place:02}.jpg": paint(place) for place in range(options.pictures)}
    found: list[Result] = []
    for format_ in FORMATS:
        print(f"{format_} …", file=sys.stderr)
        ours = _ours(work / f"ours-{format_}", pictures, format_, options)
        found += [ours, _hugo(work / f"hugo-{format_}", pictures, format_, options, hugo, ours)]
    shutil.rmtree(work, ignore_errors=True)
    if options.json:
        print(msgspec.json.encode(found).decode())
        return 0
    head = ("tool", "format", "quality", "variants", "cold, CPU s each", "warm, CPU s each", "KB each", "SSIM")
    rows = [_row(one) for one in found]
    print(table(head, rows))
    return 0


def _row(one: Result) -> tuple[str, ...]:
    costs = (number(one.cold), number(one.warm), f"{one.bytes / one.variants / 1000:.1f}", f"{one.ssim:.4f}")
    return one.tool, one.format, str(one.quality), str(one.variants), *costs


def paint(place: int) -> bytes:
    """Return a picture with soft ground, hard edges and grain, another one for each place."""
    ground = Image.effect_mandelbrot(SIZE, (-2.0 + place / 40, -1.2, 0.6, 1.2 - place / 60), 60)
    grain = Image.effect_noise(SIZE, 18)
    slope = Image.linear_gradient("L").resize(SIZE)
    bands = [Image.blend(Image.blend(ground, slope.rotate(90 * turn), 0.55), grain, 0.12) for turn in range(3)]
    out = io.BytesIO()
    Image.merge("RGB", bands).save(out, "JPEG", quality=92)
    return out.getvalue()


def _ours(folder: Path, pictures: dict[str, bytes], format_: str, options: argparse.Namespace) -> Result:
    from builder.image import ImageSettings

    lines = "".join(f"![A picture]({name})\n\n" for name in pictures)
    site = f'title = "Pictures"\n[images]\nformats = ["{format_}"]\nwidths = [{", ".join(map(str, WIDTHS))}]\n'
    for name, text in (("with", lines), ("without", "")):
        content = folder / name / "content"
        content.mkdir(parents=True)
        (content / "site.toml").write_text(site)
        (content / "index.md").write_text(f"# Pictures\n\n{text}")
        for picture, data in pictures.items():
            (content / picture).write_bytes(data)
    command = [sys.executable, str(ROOT / "build.py"), "build", "--site", ".", "--quiet"]
    command += ["--release"] if options.release else []
    cold, warm = _timed(command, folder, ("dist", "dist.release", ".cache"), ("dist", "dist.release"), options.rounds)
    made = sorted((folder / "with" / "dist" / "assets").glob(f"picture-*.{format_}"))
    quality = ImageSettings().avif_quality if format_ == "avif" else ImageSettings().webp_quality
    return _result("coursewright", format_, quality, made, pictures, (cold, warm))


def _hugo(
    folder: Path, pictures: dict[str, bytes], format_: str, options: argparse.Namespace, binary: Path, ours: Result
) -> Result:
    command = [str(binary), "--quiet"]

    def lay(quality: int, shown: dict[str, bytes]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        variants = "".join(VARIANT % (width, format_, quality) for width in WIDTHS)
        for name, given in (("with", shown), ("without", {})):
            bundle = folder / name / "content"
            bundle.mkdir(parents=True)
            (folder / name / "layouts").mkdir()
            (folder / name / "hugo.toml").write_text(HUGO)
            (folder / name / "layouts" / "index.html").write_text(LAYOUT % variants)
            (bundle / "_index.md").write_text("---\ntitle: Pictures\n---\n")
            for picture, data in given.items():
                (bundle / picture).write_bytes(data)

    def made() -> list[Path]:
        return sorted((folder / "with" / "public").rglob(f"*.{format_}"))

    first = dict(list(pictures.items())[:2])
    likeness: dict[int, float] = {}
    for quality in QUALITIES[format_]:
        lay(quality, first)
        measure(command, folder / "with", timeout=SECONDS)
        likeness[quality] = _likeness(made(), first)
    chosen = min(likeness, key=lambda quality: abs(likeness[quality] - ours.ssim))
    lay(chosen, pictures)
    cold, warm = _timed(command, folder, ("public", "resources"), ("public",), options.rounds)
    return _result("hugo", format_, chosen, made(), pictures, (cold, warm))


def _timed(
    command: list[str], folder: Path, everything: tuple[str, ...], site: tuple[str, ...], rounds: int
) -> tuple[float, float]:
    """Return what pictures cost, with nothing there and with all but the site."""
    costs = []
    for gone in (everything, site):
        seconds: dict[str, list[float]] = {"with": [], "without": []}
        for _ in range(rounds):
            for name, found in seconds.items():
                for left in gone:
                    shutil.rmtree(folder / name / left, ignore_errors=True)
                measured = measure(command, folder / name, timeout=SECONDS)
                if measured.code:
                    message = f"{command[0]} failed: {measured.said[-500:]}"
                    raise RuntimeError(message)
                found.append(measured.cpu)
        costs.append(statistics.median(seconds["with"]) - statistics.median(seconds["without"]))
    return costs[0], costs[1]


def _result(
    tool: str,
    format_: str,
    quality: int,
    made: list[Path],
    pictures: dict[str, bytes],
    costs: tuple[float, float],
) -> Result:
    count = len(made)
    size = sum(path.stat().st_size for path in made)
    return Result(tool, format_, quality, count, costs[0] / count, costs[1] / count, size, _likeness(made, pictures))


def _likeness(made: list[Path], pictures: dict[str, bytes]) -> float:
    """Return the mean likeness of variants to their sources."""
    found = []
    for path in made:
        name = re.match(r"picture-\d+", path.name)
        assert name
        with Image.open(path) as variant, Image.open(io.BytesIO(pictures[f"{name[0]}.jpg"])) as source:
            shrunk = source.convert("L").resize(variant.size, Image.Resampling.LANCZOS)
            found.append(ssim(shrunk, variant.convert("L")))
    return statistics.mean(found)


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Return the structural similarity of two grey pictures of one size, the mean of blocks of eight by eight."""
    a, b = one.convert("F"), other.convert("F")

    def mean(image: Image.Image) -> Image.Image:
        return image.reduce(8)

    def work(formula: object, **images: Image.Image) -> Image.Image:
        return ImageMath.lambda_eval(formula, **images)  # type: ignore[arg-type, no-any-return]  # its types know no lambda

    ma, mb = mean(a), mean(b)
    pairs = {"aa": (a, a), "bb": (b, b), "ab": (a, b)}
    squares = {name: mean(work(lambda args: args["x"] * args["y"], x=x, y=y)) for name, (x, y) in pairs.items()}
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    whole = work(
        lambda args: (
            ((args["m"] * args["n"] * 2 + c1) * ((args["ab"] - args["m"] * args["n"]) * 2 + c2))
            / (
                (args["m"] * args["m"] + args["n"] * args["n"] + c1)
                * (args["aa"] - args["m"] * args["m"] + args["bb"] - args["n"] * args["n"] + c2)
            )
        ),
        m=ma,
        n=mb,
        **squares,
    )
    return float(statistics.fmean(whole.getdata()))
