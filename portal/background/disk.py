"""Whether the data folder takes what is written: a full or locked disk stops writing, and must stop nothing else."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

ROOM = b"\0" * 65536  # what a small page needs to be saved


def problem() -> str:
    """Why nothing can be written; empty when it can."""
    file = Path(settings.DATA_DIR) / f".prova-{os.getpid()}"
    try:
        file.write_bytes(ROOM)
        file.unlink()
    except OSError as refused:
        return in_words(refused)
    return ""


def in_words(refused: OSError) -> str:
    return _("Non posso scrivere in %(folder)s: %(reason)s.") % {
        "folder": settings.DATA_DIR, "reason": os.strerror(refused.errno or 0),
    }  # fmt: skip
