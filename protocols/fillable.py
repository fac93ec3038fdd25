"""The files of a described form, made from its edition alone: a PDF to fill in and an ODT, both always empty.

What people write stays on their own machines. Like every copy of an edition the files name nothing that the text
points at, and come out the same each time they are made.
"""

from typing import Any

from django.db import transaction

from portal.background import jobs

from . import described
from .models import Edition, EditionCopy


def files_of(edition: Edition) -> EditionCopy:
    """The copy that holds the two files; where they are not made yet, that is asked for."""
    with transaction.atomic():
        copy, _new = EditionCopy.objects.defer("pdf", "card").get_or_create(edition=edition)
        if not (copy.form_pdf and copy.form_odt):
            jobs.ask(f"form-files:{copy.pk}", "protocols.fillable.make", copy.pk)
    return copy


def make(pk: int) -> None:
    """Job: make both files and keep them; what was made once stays."""
    from .fillable_odt import odt  # what they rest on is long to read, and a site that only answers never needs it
    from .fillable_pdf import pdf

    copy = EditionCopy.objects.select_related("edition__page").get(pk=pk)
    if not (copy.form_pdf and copy.form_odt):
        EditionCopy.objects.filter(pk=pk).update(form_pdf=pdf(copy), form_odt=odt(copy))


def on_published(sender: Any, page: Any, **kwargs: Any) -> None:
    """Signal of the ground: whoever comes for the form finds its files made."""
    edition = Edition.objects.filter(page_id=page.pk, version=getattr(page, "version", "")).first()
    if edition and described.is_described(edition):
        files_of(edition)
