"""How the rules of the network are signed: by edition; a minor one keeps earlier signatures, a major one asks again."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models.acknowledgements import SignableText
from portal.notices import acknowledgements
from portal.notices.acknowledgements import Signed

from . import comparison, editions, touching, versions
from .fingerprints import fingerprint
from .models import Edition
from .models.rules import RulePage
from .reading import readings


@dataclass(frozen=True)
class Changes:
    """What changed since the edition that somebody signed: the notes of those that followed, whether it touches that
    person, and where it is shown."""

    notes: list[str]
    touching: str
    url: str


def _label(page: RulePage) -> str:
    return _("versione %(version)s") % {"version": page.version}


def _fingerprint(page: RulePage) -> str:
    """The edition's own, also while it is about to be kept."""
    kept = Edition.objects.filter(page_id=page.pk, version=page.version).first()
    return kept.sha256 if kept else fingerprint(editions.content(page))


def _keeps(page: RulePage, before: SignableText) -> bool:
    return versions.rank(page.version)[0] == versions.rank(before.key)[0]


def _changes(page: RulePage, before: SignableText, user: Any) -> Changes | None:
    """Of the editions that the person may read: where the signed one is no more among them, nothing is compared."""
    signed = versions.rank(before.key)
    known = editions.history(page, user)
    since = [each for each in reversed(known) if versions.rank(each.version) > signed]
    if not since:
        return None
    notes = [f"{each.version}: {each.change_note}" for each in since]
    old = next((each for each in known if each.version == before.key), None)
    new = next((each for each in known if each.version == page.version), None)
    if old is None or new is None:
        return Changes(notes, "", "")
    url = reverse("compare_editions", args=[page.code or page.slug, old.version, new.version])
    difference = comparison.compare(*readings(page, user, old, new))
    touched = touching.touched(page, difference, known, (old, new), user)
    return Changes(notes, touched.sentence(url) if touched else "", url)


acknowledgements.signed_as(RulePage, Signed(_label, _fingerprint, _keeps, lambda page: page.version, _changes))
