"""The ODT of a described form: its words under named styles, with an empty place for each thing to write.

Whoever wants another look changes a style, not each paragraph; and the same edition is the same bytes each time.
"""

import io
import zipfile

from django.template.loader import render_to_string

from portal.files.sheets import UNREADABLE

from . import described
from .models import EditionCopy

PARTS = {"content.xml": "content.xml", "styles.xml": "styles.xml", "meta.xml": "meta.xml",
         "META-INF/manifest.xml": "manifest.xml"}  # fmt: skip
ALWAYS = (1980, 1, 1, 0, 0, 0)  # the day of each part; that of the form stands in its words


def odt(copy: EditionCopy) -> bytes:
    context = {**described.said(copy), "kind": described.KINDS["odt"]}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        # The kind of file stands first and uncompressed, as the format wants it.
        _put(archive, "mimetype", described.KINDS["odt"], zipfile.ZIP_STORED)
        for name, template in PARTS.items():
            words = render_to_string(f"protocols/form_odt/{template}", context).translate(UNREADABLE)
            _put(archive, name, words, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _put(archive: zipfile.ZipFile, name: str, words: str, packed: int) -> None:
    part = zipfile.ZipInfo(name, ALWAYS)
    part.compress_type = packed
    archive.writestr(part, words.encode())
