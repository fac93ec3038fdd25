"""Asking a person into the network: an account that opens when its owner has chosen a password, by a link in a mail.

What opens the account is made by the job and stands in the mail alone. Until then nobody enters with it, and none of
the portal's other mails goes there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from portal.background import jobs
from portal.models.activity import Verb
from portal.models.invitations import Invitation
from portal.models.jobs import Lane
from portal.models.people import Organisation, User
from portal.models.spaces import Membership, Role, Space
from portal.models.vocabulary import Profession
from portal.notices import emails
from portal.notices.activity import record
from portal.spaces import roles

LASTS = timedelta(days=14)
SALT = "raccordo.invitation"


class AlreadyThere(Exception):
    """The address has an account: of somebody at work, of somebody invited, or a closed one."""

    def __init__(self, person: User) -> None:
        super().__init__(str(person))
        self.person = person


class NotWaiting(Exception):
    """The invitation was accepted or withdrawn meanwhile."""


@dataclass(frozen=True)
class Asked:
    """Who is asked, as what, until when, and into which spaces."""

    email: str
    first_name: str
    last_name: str
    organisation: Organisation | None
    profession: Profession | None = None
    telephone: str = ""
    valid_until: datetime | None = None
    roles: list[tuple[Space, Role]] = field(default_factory=list)


def invite(asked: Asked, *, by: User) -> Invitation:
    """Write the account down, closed, with its roles; the mail leaves by a job."""
    email = asked.email.strip().lower()
    with transaction.atomic():
        person = _account(email)
        person.first_name, person.last_name = asked.first_name, asked.last_name
        person.organisation, person.profession = asked.organisation, asked.profession
        person.telephone, person.valid_until = asked.telephone, asked.valid_until
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError:  # somebody else invited the same address at the same moment
            raise AlreadyThere(User.objects.get(email=email)) from None
        for space, role in asked.roles:
            roles.give_role(space, person, role, by=by, reason=_("Invito"), expires_at=asked.valid_until)
        record(Verb.PERSON_INVITED, by=by, sentence=_("ha invitato %(person)s") % {"person": person}, note=email)
        invitation = Invitation.objects.create(person=person, invited_by=by, expires_at=timezone.now() + LASTS)
        _ask_for_mail(invitation)
    return invitation


def _account(email: str) -> User:
    """A new one; or that of somebody whose invitation was withdrawn, and who therefore never came."""
    person = User.objects.filter(email=email).first()
    if person is None:
        person = User(email=email, is_active=False)
        person.set_unusable_password()
        return person
    if not _never_came(person):
        raise AlreadyThere(person)
    return person


def taken(emails: Iterable[str]) -> set[str]:
    """Those of the addresses that cannot be invited: each has an account, and not only an invitation withdrawn."""
    people = User.objects.filter(email__in=[each.strip().lower() for each in emails]).prefetch_related("invitations")
    return {person.email for person in people if not _never_came(person)}


def _never_came(person: User) -> bool:
    """Asked, and the invitation withdrawn before the account was ever opened."""
    last = next(iter(person.invitations.all()), None)
    return not person.is_active and last is not None and not last.accepted_at and last.withdrawn_at is not None


def invite_again(invitation: Invitation, *, by: User) -> None:
    """Another link for as long again; the former one opens nothing any more."""
    with transaction.atomic():
        row = _waiting(invitation)
        row.nonce, row.invited_by = get_random_string(24), by
        row.asked_at, row.expires_at = timezone.now(), timezone.now() + LASTS
        row.save(update_fields=["nonce", "invited_by", "asked_at", "expires_at"])
        record(Verb.PERSON_INVITED, by=by, sentence=_("ha invitato di nuovo %(person)s") % {"person": row.person})
        _ask_for_mail(row)


def withdraw(invitation: Invitation, *, by: User) -> None:
    """The link opens nothing, and the roles that waited for the person are taken back."""
    with transaction.atomic():
        row = _waiting(invitation)
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        held = Membership.objects.filter(user=row.person).select_related("space__root_page", "space__collection")
        for membership in held:
            roles.take_role(membership, by=by, reason=_("Invito ritirato"))
        record(Verb.PERSON_LEFT, by=by, sentence=_("ha ritirato l’invito di %(person)s") % {"person": row.person})


def _waiting(invitation: Invitation) -> Invitation:
    row = Invitation.objects.select_for_update(of=("self",)).select_related("person").get(pk=invitation.pk)
    if row.accepted_at or row.withdrawn_at:
        raise NotWaiting(_("L’invito non è più in attesa: ricarica la pagina."))
    return row


# --- The mail and its link -------------------------------------------------------------------------------


def _ask_for_mail(invitation: Invitation) -> None:
    jobs.ask(f"invitation:{invitation.pk}", "portal.accounts.invitations.send", invitation.pk, lane=Lane.MAIL)


def send(pk: int) -> None:
    """The link, for whoever is still waited for."""
    row = Invitation.objects.waiting().select_related("person__organisation", "invited_by").filter(pk=pk).first()
    if row is None or row.is_over:
        return
    held = Membership.objects.current().filter(user=row.person).select_related("space").order_by("space__name")
    token = signing.dumps([row.pk, row.nonce], salt=SALT)
    url = settings.BASE_URL + reverse("accept_invitation", args=[token])
    emails.invitation_mail(row, url=url, roles=[(each.space, each.get_role_display()) for each in held]).send()


def read(token: str) -> Invitation | None:
    """The invitation that the link names; None for one that was never ours, or is not the last one sent."""
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = Invitation.objects.select_related("person__organisation", "person__profession", "invited_by")
    return rows.filter(pk=pk, nonce=nonce).first()


def accept(invitation: Invitation, password: str) -> User:
    """The account opens, with the password that its owner has chosen. Once."""
    with transaction.atomic():
        row = _waiting(invitation)
        if row.is_over:
            raise NotWaiting(_("L’invito è scaduto."))
        row.accepted_at = timezone.now()
        row.save(update_fields=["accepted_at"])
        person = row.person
        person.is_active = True
        person.set_password(password)
        person.save()
    return person
