"""Plain text and RTF."""

import codecs
import re

from striprtf.striprtf import rtf_to_text

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Pictures and objects in hexadecimal: striprtf, which goes character by character, would take a minute over them.
HEXADECIMAL = re.compile(rb"[0-9a-fA-F\r\n]{256,}")


def decode(data: bytes, charset: str = "") -> str:
    """The text, in the encoding it declares or the one it seems to have: UTF-8, or else old Windows."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    for encoding in filter(None, (charset, "utf-8")):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace")


def read_txt(data: bytes) -> list[str]:
    return [decode(data)]


def read_rtf(data: bytes) -> list[str]:
    return [rtf_to_text(HEXADECIMAL.sub(b"", data).decode("cp1252", "replace"), errors="replace")]
