"""Image files without what they tell of their makers, byte for byte the same picture.

Cameras write where a picture was taken, editors who made it. The pixels and the colour profile stay as they are; a file
that is not understood is returned as it is only where its format has no such notes.
"""

from __future__ import annotations

import struct
import zlib

# Pixels and how to show them; everything else in a PNG is talk.
PNG_CHUNKS = frozenset(
    {
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD"),
        *(b"acTL", b"fcTL", b"fdAT", b"pHYs"),
    },
)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# JFIF, colour profile and Adobe's colour transform; the other application segments and comments are talk.
JPEG_KEEP = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}

ORIENTATION = 0x0112

# More tags than this are none.
MOST_TAGS = 512

WEBP_DROP = frozenset({b"EXIF", b"XMP "})


def strip(data: bytes) -> bytes | None:
    """Return ``data`` without metadata, or ``None`` where its structure is not understood."""
    if data.startswith(PNG_SIGNATURE):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return data if data[:6] in {b"GIF87a", b"GIF89a"} else None


def bare(data: bytes) -> bytes | None:
    """Return a picture to hand out: with nothing in it but how it was held, or ``None`` where it is unknown."""
    plain = strip(data)
    held = orientation(data)
    if plain is None or held == 1:
        return plain
    note = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, held, 0, 0)
    if plain.startswith(b"\xff\xd8"):
        note = b"Exif\0\0" + note
        return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note + plain[2:]
    if plain.startswith(PNG_SIGNATURE):
        chunk = b"eXIf" + note
        end = len(PNG_SIGNATURE) + 25
        return plain[:end] + struct.pack(">I", len(note)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + plain[end:]
    return plain


def orientation(data: bytes) -> int:
    """Return how the camera was held, from 1 (upright) to 8, as a JPEG or PNG says it."""
    start = data.find(b"Exif\0\0", 0, 1 << 16) + 6 if data.startswith(b"\xff\xd8") else data.find(b"eXIf") + 4
    tiff = data[start : start + (1 << 16)]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for number in range(min(count, MOST_TAGS)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + number * 12)
            if tag == ORIENTATION:
                return value if value in range(1, 9) else 1
    except struct.error:
        pass
    return 1


def _png(data: bytes) -> bytes | None:
    out, at = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            return None
        if kind in PNG_CHUNKS:
            out.append(data[at:end])
        if kind == b"IEND":
            return b"".join(out)
        at = end
    return None


def _jpeg(data: bytes) -> bytes | None:
    out, at = [b"\xff\xd8"], 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker begins so
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - padding before a marker
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        is_talk = marker == 0xFE or 0xE0 <= marker <= 0xEF  # noqa: PLR2004 - comment, application segments
        kept = JPEG_KEEP.get(marker)
        if not is_talk or (kept is not None and data.startswith(kept, at + 4)):
            out.append(data[at:end])
        at = end
        if marker == 0xDA:  # noqa: PLR2004 - the scan: all that follows is picture
            stop = data.rfind(b"\xff\xd9")
            return b"".join([*out, data[at : stop + 2] if stop >= at else data[at:]])
    return None


def _webp(data: bytes) -> bytes | None:
    out, at = [], 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        chunk = data[at:end]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~0b1100]) + chunk[9:]
        if kind not in WEBP_DROP:
            out.append(chunk)
        at = end
    body = b"WEBP" + b"".join(out)
    return b"RIFF" + len(body).to_bytes(4, "little") + body if out else None
