"""How the rules of the network are signed: by edition; a minor one keeps earlier signatures, a major one asks again."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models.acknowledgements import SignableText
from portal.notices import acknowledgements
from portal.notices.acknowledgements import Signed

from . import editions, versions
from .fingerprints import fingerprint
from .models import Edition
from .models.rules import RulePage


@dataclass(frozen=True)
class Changes:
    """What changed since the edition that somebody signed: the notes of those that followed, and where it is shown."""

    notes: list[str]
    url: str


def _label(page: RulePage) -> str:
    return _("versione %(version)s") % {"version": page.version}


def _fingerprint(page: RulePage) -> str:
    """The edition's own, also while it is about to be kept."""
    kept = Edition.objects.filter(page_id=page.pk, version=page.version).first()
    return kept.sha256 if kept else fingerprint(editions.content(page))


def _keeps(page: RulePage, before: SignableText) -> bool:
    return versions.rank(page.version)[0] == versions.rank(before.key)[0]


def _changes(page: RulePage, before: SignableText) -> Changes | None:
    signed = versions.rank(before.key)
    kept = Edition.objects.filter(page_id=page.pk).defer("sections", "content", "cited")
    since = sorted((each for each in kept if versions.rank(each.version) > signed), key=lambda each: each.begins)
    if not since:
        return None
    notes = [f"{each.version}: {each.change_note}" for each in since]
    return Changes(notes, reverse("compare_editions", args=[page.code or page.slug, before.key, page.version]))


acknowledgements.signed_as(RulePage, Signed(_label, _fingerprint, _keeps, lambda page: page.version, _changes))
