"""The file of a form, from whatever address people kept: one of an earlier version leads to the form, and says so."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from portal import access
from portal.files.serving import Successor
from portal.models import Document

from .models import Edition, FormPage

CARRIED = {"document", "signed"}  # the fields in which a form names its files


def successor(file: Document, name: str, user: Any) -> Successor | None:
    """The form in force, where the address is of a file that it carried before, or of the name that its file had."""
    form = _of_today(file)
    if form is not None:
        return None if file.filename == name else _if_readable(form, "", user)
    for edition in _that_carried(file):
        form = FormPage.objects.live().filter(pk=edition.page_id).first()
        found = _if_readable(form, edition.version, user) if form else None
        if found:
            return found
    return None


def _of_today(file: Document) -> FormPage | None:
    forms = FormPage.objects.live()
    found: FormPage | None = (forms.filter(document=file) | forms.filter(signed=file)).first()
    return found


def _that_carried(file: Document) -> list[Edition]:
    key = f"file:{file.pk}"
    forms = ContentType.objects.get_for_model(FormPage)
    rows = Edition.objects.filter(page__content_type=forms, cited__has_key=key).order_by("-published_at", "-pk")
    return [row for row in rows if CARRIED & set(row.cited[key]["where"])]


def _if_readable(form: FormPage, version: str, user: Any) -> Successor | None:
    return leading_to(form, version) if access.can(user, "view", form) else None


def leading_to(form: FormPage, version: str) -> Successor:
    """The form in force, for whoever may read it and comes for a file of this version."""
    words = {"old": version, "version": form.version}
    if version and version != form.version:
        sentence = _(
            "Il file che cercavi è della versione %(old)s, superata: "
            "il modulo in vigore è questo, versione %(version)s."
        )
    else:
        sentence = _("Il file che cercavi è stato sostituito: il modulo in vigore è questo, versione %(version)s.")
    return Successor(form.url, sentence % words)
