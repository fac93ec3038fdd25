"""Whether a text may be put in force: the bodies that sign it have agreed, to this very text and these days.

Nobody puts a protocol in force alone. The question is asked of the text itself, at the one place where every door
ends: the editor's button, acts on many pages, a day set, an old version put back, a copy, the admin's API, an import.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from wagtail.models import Page

from portal.models import Organisation
from portal.models.append_only import Maintenance
from portal.pages.publication import Refused

from .models import Edition, JointApproval, JointState, ProtocolPage
from .models.rules import RulePage


def bodies(page: RulePage) -> list[Organisation]:
    """Who signs: the bodies that the text names, and those of the text in force. Nobody is left out by being deleted
    from the list by somebody else.
    """
    if not isinstance(page, ProtocolPage):
        return []
    named = {body.pk: body for body in page.signatories.all()}
    if page.pk:
        in_force = Organisation.objects.filter(protocolpage=page.pk, protocolpage__live=True)
        named |= {body.pk: body for body in in_force}
    return sorted(named.values(), key=lambda body: body.name)


def is_asked(page: Page) -> bool:
    """Whether the bodies must agree before the page is published as it is: it says something new, and they sign it."""
    return isinstance(page, ProtocolPage) and _kept(page) is None and bool(bodies(page))


def require(page: RulePage, agreed: str) -> None:
    """Pass, or raise Refused; `agreed` is the fingerprint of the text with its days (`editions.agreed`)."""
    if problem := obstacle(page, agreed):
        raise Refused(problem)


def obstacle(page: RulePage, agreed: str) -> str:
    """Why the page may not be put in force as it is; empty when nothing stands in the way."""
    asked = bodies(page)
    if not asked or Maintenance.objects.exists():  # a demo's past, written and not lived
        return ""
    kept = _kept(page)
    if kept is not None:
        return _prolonged(page, kept)
    given = JointApproval.objects.filter(page=page.pk, state=JointState.APPROVED, version=page.version, sha256=agreed)
    return "" if given.exists() else _missing(asked)


def _kept(page: RulePage) -> Edition | None:
    return Edition.objects.filter(page_id=page.pk, version=page.version).first() if page.pk else None


def _prolonged(page: RulePage, kept: Edition) -> str:
    """What the bodies agreed on for a time does not hold longer because somebody says so."""
    if kept.valid_until is None or (page.valid_until and page.valid_until <= kept.valid_until):
        return ""
    return _("Gli enti l’hanno firmato fino al giorno che c’era: per farlo valere di più alza la versione e chiedi "
             "l’approvazione.")  # fmt: skip


def _missing(asked: Iterable[Organisation]) -> str:
    names = ", ".join(str(body) for body in asked)
    return _("Questo testo entra in vigore quando lo firmano gli enti: %(bodies)s. Salva la bozza e premi «Chiedi "
             "l’approvazione»: nessuno lo pubblica da solo.") % {"bodies": names}  # fmt: skip
