"""What the rules ask of whoever looks after them, and the words of the navigation that lead to them."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.models import Page

from portal import access
from portal.files import serving
from portal.models import User
from portal.models.pages import SOON
from portal.navigation import Entry, entries
from portal.notices.feed import Figure, Resume, sources
from portal.pages import approval_page, moving
from portal.requests import PersonRequest

from . import discussions, editions, form_files, joint_approval, matrix, remarks
from .models import ProtocolPage


def expiring_protocols(user: User) -> Iterable[Figure]:
    """Protocols to be looked at again within two months, or already late."""
    last = timezone.localdate() + SOON
    found = access.allowed(ProtocolPage.objects.filter(review_date__lte=last), user).order_by("review_date")
    codes = list(found.values_list("code", flat=True))
    what = ngettext("protocollo in scadenza", "protocolli in scadenza", len(codes))
    url = f"/p/{codes[0]}/" if len(codes) == 1 else reverse("reviews_due")
    yield Figure(len(codes), what, url, ", ".join(codes))


def missing_adoptions(user: User) -> Iterable[Figure]:
    """What the bodies have still to adopt, of all protocols that hold body by body."""
    count = matrix.missing(user)
    yield Figure(count, ngettext("recepimento che manca", "recepimenti che mancano", count), "/recepimenti/")


def being_signed(request: PersonRequest) -> Iterable[Resume]:
    """One's own texts that the bodies are signing: who has, and who is missing."""
    waiting = joint_approval.waiting_of(request.user)
    if not waiting:
        return
    people = {who.pk for each in waiting for missing in each.missing.values() for who in missing}
    known = set(access.allowed(User.objects.filter(pk__in=people), request.user).values_list("pk", flat=True))
    for each in waiting:
        yield Resume(
            title=now("In firma: %(page)s") % {"page": each.joint.title},
            url=reverse("joint_approval", args=[each.joint.pk]),
            why=each.in_words(known),
        )


def pages_being_signed(user: User) -> Iterable[int]:
    """They are not «under way» as drafts: others have them in hand."""
    return [row.page_id for row in joint_approval.proposed_by(user)]


def drafts_to_comment(request: PersonRequest) -> Iterable[Resume]:
    """Drafts in review that a body of the person's will sign: now they can still be worded in another way."""
    for each in discussions.asked_of(request.user):
        yield Resume(
            title=now("In revisione: %(page)s") % {"page": each.title},
            url=remarks.address(each),
            why=now("il tuo ente lo firmerà: puoi commentarlo adesso"),
        )


def remarks_beside(page: Page, user: User) -> Iterable[tuple[str, str]]:
    """To whoever approves: where the draft is commented on."""
    if found := discussions.of(page, user):
        yield now("Commenta o proponi un altro testo"), remarks.address(found)


sources.resume.append(drafts_to_comment)
approval_page.beside.append(remarks_beside)
sources.resume.append(being_signed)
sources.sent.append(pages_being_signed)
sources.figures.append(expiring_protocols)
sources.figures.append(missing_adoptions)
moving.sources.append(editions.after_a_move)
serving.successors.append(form_files.successor)

entries.append(Entry(10, "protocolli", _("Protocolli"), "/protocolli/", "protocolpage"))
entries.append(Entry(20, "procedure", _("Procedure"), "/procedure/", "procedurepage"))
entries.append(Entry(30, "moduli", _("Moduli"), "/moduli/", "formpage"))
