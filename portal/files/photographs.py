"""Pictures as telephones take them: what they say of where and when they were taken is left at the door.

A picture taken at somebody's home would tell the home to whoever opens it. Its pixels are not touched; which way up it
stands is kept.
"""

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image as PILImage

START, SCAN = b"\xff\xd8", 0xDA
TELLING = {0xE1, 0xED, 0xFE}  # Exif and XMP, IPTC, remarks; colours (E2) and how it is coded (E0, EE) stay
WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
ORIENTATION = 0x0112
PICTURES = frozenset({"jpg", "jpeg", "png", "gif", "webp", "heic", "heif", "avif", "bmp", "tif", "tiff"})


def is_picture(name: str) -> bool:
    """By its ending: of such a file nobody expects a text."""
    return Path(name).suffix[1:].lower() in PICTURES


def leave_the_place(file: Any) -> None:
    """Take it out of a file that is about to be kept."""
    file.open()
    is_jpeg = file.read(len(START)) == START
    file.seek(0)
    if not is_jpeg:
        return
    content = file.read()
    file.seek(0)
    if (plain := without_place(content)) != content:
        file.file = ContentFile(plain, name=file.name)


def without_place(content: bytes) -> bytes:
    """The JPEG without the parts that tell; what cannot be taken apart stays as it is."""
    found, at = [START], len(START)
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return content
        kind = content[at + 1]
        if kind == SCAN:
            return b"".join([found[0], _upright(content), *found[1:], content[at:]])
        if kind in WITHOUT_LENGTH or kind == 0xFF:
            found.append(content[at : at + (1 if kind == 0xFF else 2)])
            at += 1 if kind == 0xFF else 2
            continue
        end = at + 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
        if kind not in TELLING:
            found.append(content[at:end])
        at = end
    return content


def _upright(content: bytes) -> bytes:
    """Exif with nothing but which way up the picture stands; nothing where that is as it lies."""
    try:
        with PILImage.open(BytesIO(content)) as picture:
            turned = picture.getexif().get(ORIENTATION)
    except (OSError, SyntaxError, ValueError, PILImage.DecompressionBombError):
        return b""
    if turned not in range(2, 9):
        return b""
    entry = struct.pack(">HHIHH", ORIENTATION, 3, 1, turned, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
