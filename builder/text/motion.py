"""Moving pictures, frame by frame: they are read, sized and written one at a time, so that length costs no memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from builder.image import Effort

METHOD: dict[Effort, int] = {"fast": 2, "best": 5}

# Browsers show a frame that asks for less than this for a tenth of a second; WebP has no such custom.
HASTY = 20
USUAL = 100


class Motion:
    """A moving picture at the size it is to have; looks like the rest of an image's frames to the encoder."""

    mode = "RGBA"
    has_transparency_data = True

    def __init__(self, image: Any, size: tuple[int, int]) -> None:
        self.image = image
        self.size = size
        self.total: int = image.n_frames
        self.n_frames = self.total - 1
        self.frame = Image.new("RGBA", size)

    def seek(self, number: int) -> None:
        """Go to the frame after the first that has this number."""
        self.frame = self._frame(number + 1)

    def getim(self) -> Any:
        """Return the frame's pixels."""
        return self.frame.getim()

    def webp(self, quality: int, effort: Effort) -> bytes:
        """Return the whole picture as a moving WebP."""
        durations = []
        for number in range(self.total):
            self.image.seek(number)
            asked = int(self.image.info.get("duration", 0))
            durations.append(asked if asked >= HASTY else USUAL)
        self.image.seek(0)
        repeats = self.image.info.get("loop")
        # A GIF counts repetitions after the first showing, WebP all showings; none asked for means once.
        loop = 1 if repeats is None else 0 if repeats == 0 else repeats + (self.image.format == "GIF")
        out = io.BytesIO()
        self._frame(0).save(
            out,
            "WEBP",
            save_all=True,
            append_images=[self],
            duration=durations,
            loop=loop,
            quality=quality,
            method=METHOD[effort],
            background=(0, 0, 0, 0),
        )
        return out.getvalue()

    def _frame(self, number: int) -> Image.Image:
        self.image.seek(number)
        frame = self.image.convert("RGBA")
        sized = frame if frame.size == self.size else frame.resize(self.size, Image.Resampling.LANCZOS)
        return sized if isinstance(sized, Image.Image) else Image.new("RGBA", self.size)
