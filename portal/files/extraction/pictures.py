"""Pictures of a document, opened where they can do no harm: those a browser shows, none larger than a page needs."""

import hashlib
import io
import struct
from collections import Counter
from typing import Any

from PIL import Image

from .limits import MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, MAX_PICTURES, MAX_PICTURES_BYTES

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
AS_THEY_ARE = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
WIDEST = 2400  # points; more than any screen shows of a page
SCHEME = "word:"


class Pictures:
    """The pictures in their order; the same one twice is kept once. What cannot be taken is counted."""

    def __init__(self, left: Counter[str]) -> None:
        self.left = left
        self.kept: list[tuple[bytes, str]] = []
        self._known: dict[str, int] = {}
        self._size = 0

    def take(self, image: Any) -> dict[str, str]:
        """For mammoth: the attributes of the tag."""
        with image.open() as source:
            data = source.read()
        key = hashlib.sha256(data).hexdigest()
        if key not in self._known:
            found = self._fitted(data)
            if found is None:
                return {"src": ""}
            self._known[key] = len(self.kept)
            self.kept.append(found)
            self._size += len(found[0])
        return {"src": f"{SCHEME}{self._known[key]}"}

    def _fitted(self, data: bytes) -> tuple[bytes, str] | None:
        if len(data) > MAX_PICTURE_BYTES or len(self.kept) >= MAX_PICTURES or self._size > MAX_PICTURES_BYTES:
            self.left["immagini troppo grandi"] += 1
            return None
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PICTURE_PIXELS:
                    self.left["immagini troppo grandi"] += 1
                    return None
                picture.load()
                return _small(picture, data)
        except Image.DecompressionBombError:
            self.left["immagini troppo grandi"] += 1
        except (OSError, SyntaxError, ValueError, EOFError, struct.error):  # what Pillow raises for what it cannot open
            self.left["immagini illeggibili"] += 1
        return None


def _small(picture: Any, data: bytes) -> tuple[bytes, str]:
    if picture.format in AS_THEY_ARE and max(picture.size) <= WIDEST:
        return data, AS_THEY_ARE[picture.format]
    has_glass = "A" in picture.getbands() or "transparency" in picture.info
    small = picture.convert("RGBA" if has_glass else "RGB")
    small.thumbnail((WIDEST, WIDEST))
    made = io.BytesIO()
    small.save(made, "PNG" if has_glass else "JPEG", quality=85)
    return made.getvalue(), "png" if has_glass else "jpg"
