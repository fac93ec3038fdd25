"""Lets a document be read where it can do no harm, and keeps what was found for whoever uploaded it."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.files import extraction
from portal.models.people import User
from portal.models.spaces import Space
from portal.models.uploaded_documents import UploadedDocument, UploadedPicture, WordUpload
from portal.pages import addresses
from portal.pages.pasting import reading as pasting
from portal.pages.pasting.reading import Part, Pasted

from . import kinds
from .kinds import Target

MOST_BYTES = 20 * 1024 * 1024
MOST_SECTIONS = 150
LONGEST_TITLE = 255
KEPT = timedelta(days=7)
CODE = r"\b({prefixes})[\s._-]{{0,2}}(\d{{1,3}})\b"


@dataclass
class Found:
    """What a document says, as its preview shows it."""

    pasted: Pasted
    title: str
    code: str  # as the document names it, in its one form
    left: dict[str, int]
    notes: list[str]
    margins: list[str]

    @property
    def parts(self) -> list[Part]:
        return self.pasted.parts


def keep(person: User, space: Space, name: str, data: bytes) -> UploadedDocument:
    """A row for the document, with what was found in it; one that cannot be read is not kept, and says why."""
    document = UploadedDocument(name=Path(name).name[-255:])
    opened = opened_by(document, data)
    if not document.problem:
        with transaction.atomic():
            document.upload = WordUpload.objects.create(person=person, space=space)
            save(document, opened)
    return document


def opened_by(document: UploadedDocument, data: bytes) -> extraction.WordDocument:
    """What the document says, written into its row; outside of any transaction, as it may take its time."""
    opened = extraction.open_word(data, document.name)
    document.problem = opened.problem or too_long(opened.html)
    if not document.problem:
        document.html = opened.html
        document.found = {
            "title": opened.title, "left": opened.left, "notes": opened.notes, "margins": opened.margins,
        }  # fmt: skip
    return opened


def save(document: UploadedDocument, opened: extraction.WordDocument) -> None:
    document.save()
    if not document.problem:
        UploadedPicture.objects.bulk_create(
            UploadedPicture(document=document, number=number, data=each.data, ending=each.ending)
            for number, each in enumerate(opened.pictures)
        )


def too_long(html: str) -> str:
    if pasting.is_too_long(html) or html.count("<h1>") + html.count("<h2>") > MOST_SECTIONS:
        return _("Il documento è troppo lungo per una pagina sola: dividilo, e carica una parte alla volta.")
    return ""


def found_in(document: UploadedDocument) -> Found:
    said: dict[str, Any] = document.found
    pasted = pasting.read(document.html, with_pictures=True)
    title = pasted.title or said["title"] or _of_name(document.name)
    where = [title, Path(document.name).stem.replace("_", " "), *said["margins"], _beginning(pasted)]
    code = next(filter(None, map(code_in, where)), "")
    return Found(pasted, _without_code(title)[:LONGEST_TITLE], code, said["left"], said["notes"], said["margins"])


def purge() -> int:
    """Take away what nobody made a draft of, and the reports of the drafts that were made."""
    return WordUpload.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _of_name(name: str) -> str:
    words = re.sub(r"[\s_]+", " ", Path(name).stem).strip(" -–")
    return words[:1].upper() + words[1:]


def _beginning(pasted: Pasted) -> str:
    return kinds.lines(pasted.parts[0])[:400] if pasted.parts and not pasted.parts[0].heading else ""


def code_in(text: str) -> str:
    """The first code of a kind that a document can become."""
    prefixes = "|".join(_prefixes())
    match = re.search(CODE.format(prefixes=prefixes), text) if prefixes else None
    return addresses.normal_code(f"{match[1]}-{match[2]}") if match else ""


def _prefixes() -> list[str]:
    return [form.partition("-")[0] for each in kinds.targets() if (form := each.model.code_form)]


def _without_code(title: str) -> str:
    """«PR-07 Dimissioni» → «Dimissioni»: the page writes its code itself."""
    if not code_in(title):
        return title
    bare = re.sub(r"\s{0,3}\(?" + CODE.format(prefixes="|".join(_prefixes())) + r"\)?[\s:.–—-]*", " ", title, count=1)
    return bare.strip(" -–—:") or title


def kind_of(found: Found, name: str, offered: list[Target]) -> Target:
    """By the code, else by the word with which its title or its file begins to say what it is; else the first."""
    said = f"{found.title} {name}".casefold()
    by_code = [each for each in offered if found.code and found.code.startswith(f"{_prefix(each)}-")]
    by_word = [each for each in offered if str(each.model.kind_label).casefold() in said]
    by_word.sort(key=lambda each: said.index(str(each.model.kind_label).casefold()))
    return (by_code + by_word + offered)[0]


def _prefix(target: Target) -> str:
    return target.model.code_form.partition("-")[0] or "?"


def only_left(pasted: Pasted) -> Counter[str]:
    """What the reading of sections left behind."""
    return Counter({name: count for name, count in pasted.dropped.items() if count})
