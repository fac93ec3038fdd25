"""Somebody leaves: all that is in those hands, each thing with a new owner or an end, and then the account closes.

Each package says what of its own a person holds (`sources`); what nobody takes over stops the whole.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from portal import access
from portal.models.activity import Verb
from portal.models.coordinators import NetworkCoordinator
from portal.models.delegations import Delegation
from portal.models.invitations import Invitation
from portal.models.network import NetworkProfile, ProblemReport
from portal.models.obligations import Obligation
from portal.models.pages import page_kinds
from portal.models.people import User
from portal.models.spaces import Membership, Role, Space
from portal.models.working_life import Absence
from portal.notices import feed, problem_reports
from portal.notices.activity import record
from portal.spaces import role_mail, roles
from portal.words import dates

from . import absences, coordinators, delegations

Hand = Callable[[User | None, User], None]  # to whom, None for its end; by whom
handed_over = Signal()  # arguments: page, which other persons answer for; inside the transaction
WhyNot = Callable[[User], str]  # why it cannot be this person's, in a sentence; empty where it can


@dataclass(frozen=True)
class Item:
    """One thing in somebody's hands, and what handing it over does."""

    key: str
    what: str  # the heading under which it stands
    title: str
    hand: Hand
    may_end: bool = False
    is_named: bool = False  # passes to whoever is chosen for it alone; else it ends: no access is given in passing
    page: int | None = None  # which the new owner must be allowed to read
    why_not: WhyNot | None = None
    url: str = ""

    def refuses(self, to: User) -> str:
        """Why it cannot be this person's; empty where it can."""
        if self.page and not access.can(to, "view", Page.objects.get(pk=self.page)):
            return _("%(who)s non legge questa pagina: scegli un’altra persona.") % {"who": to}
        return self.why_not(to) if self.why_not else ""


Source = Callable[[User, User], Iterable[Item]]
sources: list[Source] = []  # (whose things, who looks at them) → the things


class Refused(Exception):
    """Things that cannot be whose they were to be: the key of each, and the sentence that says why."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(str(reasons))
        self.reasons = reasons


class SomethingNew(Exception):
    """A thing came into those hands after the page was drawn."""


class NothingLeft(Exception):
    """The account is closed, and all that was in those hands is in others': somebody else was first."""


def items(person: User, reader: User) -> list[Item]:
    """All that the person answers for, owes, and holds; named as far as who looks at it may read."""
    found = list(needed(person, reader))
    return [*found, *_owed(person, reader, {item.key for item in found})]


def needed(person: User, reader: User) -> Iterator[Item]:
    """What others count on; without what the person was only asked to do, to read or to learn."""
    for source in (_pages, _spaces, _roles, _delegations, _stood_in_for, _network, _reports, *sources):
        yield from source(person, reader)


def leave(person: User, given: dict[str, User | None], *, by: User) -> None:
    """Hand each thing to its new owner, or end it; then nothing is left, and the account closes. Whole, or not."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)  # two who press at once wait for one another
        found, was_open = items(person, by), person.is_current()
        if is_over(person, found):
            raise NothingLeft(_("Le consegne di %(person)s erano già passate.") % {"person": person})
        if any(item.key not in given for item in found):
            raise SomethingNew(_("Nel frattempo è arrivata un’altra cosa: ricarica la pagina."))
        chosen = [(item, given[item.key]) for item in found]
        if reasons := {item.key: why for item, to in chosen if to is not None and (why := item.refuses(to))}:
            raise Refused(reasons)
        for item, to in chosen:
            item.hand(to, by)
        for membership in Membership.objects.filter(user=person).select_related("space"):
            roles.take_role(membership, by=by, reason=_("Lascia la rete"))
        Invitation.objects.waiting().filter(person=person).update(withdrawn_at=timezone.now())
        person.is_active = False
        person.save(update_fields=["is_active"])
        said = _("ha chiuso l’account di %(person)s") if was_open else _("ha passato le consegne di %(person)s")
        record(Verb.PERSON_LEFT, by=by, sentence=said % {"person": person})
    access.forget(person)


def is_over(person: User, found: list[Item]) -> bool:
    """Whether nothing is left to do: the account is closed, holds nothing, and no invitation opens it."""
    return not (found or person.is_active or person.invitations.waiting().exists())


# --- Pages -----------------------------------------------------------------------------------------------


def _pages(person: User, reader: User) -> Iterable[Item]:
    """Live or not, whatever of it names the person as somebody to turn to."""
    mine = Q(owner=person)
    for kind in page_kinds():
        for name in kind.passes_on:
            mine |= Q(pk__in=kind._default_manager.filter(**{name: person}).values("pk"))
    known = set(access.known(Page.objects.filter(mine), reader).values_list("pk", flat=True))
    for page in Page.objects.filter(mine, depth__gt=access.SPACE_DEPTH).order_by("path").specific():
        title = feed.name(page) if page.pk in known else _("una pagina di uno spazio che non leggi")
        hand = hand_page(page, person, getattr(page, "passes_on", ()))
        yield Item(
            f"page:{page.pk}", _("Pagine di cui risponde"), title, hand,
            page=page.pk if page.live else None, url=page.url or "" if page.pk in known else "",
        )  # fmt: skip


def hand_page(page: Page, person: User, named: Iterable[str]) -> Hand:
    """The fields that name the person, in the row and in the texts that may be published yet: else an older draft
    would bring the former one back.
    """
    named = tuple(named)

    def hand(to: User | None, by: User) -> None:
        names = [name for name in named if getattr(page, f"{name}_id") == person.pk]
        type(page)._default_manager.filter(pk=page.pk).update(**dict.fromkeys(names, to))
        Page.objects.filter(pk=page.pk, owner=person).update(owner=to)
        pk = to.pk if to else None
        for revision in Revision.page_revisions.filter(object_id=str(page.pk)).filter(
            Q(pk=page.latest_revision_id) | Q(pk=page.live_revision_id) | Q(approved_go_live_at__isnull=False)
        ):
            held = {key: pk for key in (*named, "owner") if
                    revision.content.get(key) == person.pk}  # fmt: skip
            Revision.objects.filter(pk=revision.pk).update(content={**revision.content, **held})
        handed_over.send(sender=Page, page=page)

    return hand


# --- Roles, delegations, the network ---------------------------------------------------------------------


def _spaces(person: User, reader: User) -> Iterable[Item]:
    """The spaces that nobody else would answer for."""
    with transaction.atomic():
        alone = roles.left_alone([person])
    for space in alone:

        def hand(to: User | None, by: User, space: Space = space) -> None:
            if to is not None:
                roles.give_role(space, to, Role.MANAGER, by=by, reason=_("Passaggio di consegne"))
                role_mail.ask(to, space, by=by)

        yield Item(f"space:{space.pk}", _("Spazi di cui risponde da sola"), space.name, hand, why_not=_does_not_last)


def _does_not_last(to: User) -> str:
    """On that day the space would be nobody's again."""
    if to.valid_until is None:
        return ""
    words = {"who": to, "day": dates.in_words(dates.local_day(to.valid_until), article="il")}
    return _("L’account di %(who)s finisce %(day)s: scegli chi resta senza scadenza.") % words


def _roles(person: User, reader: User) -> Iterable[Item]:
    """Where the person writes, approves or answers beside others: the place may be somebody else's, or end."""
    alone = {item.key for item in _spaces(person, reader)}
    for row in roles.works_in(person):
        if f"space:{row.space_id}" in alone:
            continue

        def hand(to: User | None, by: User, row: Membership = row) -> None:
            if to is not None and roles.take_over(row, to, by=by, reason=_("Passaggio di consegne")):
                role_mail.ask(to, row.space, by=by)

        title = _("%(space)s: %(role)s") % {"space": row.space.name, "role": Role(row.role).label}
        yield Item(f"role:{row.pk}", _("Ruoli negli spazi"), title, hand, may_end=True, is_named=True)


def _delegations(person: User, reader: User) -> Iterable[Item]:
    today = timezone.localdate()
    for row in delegations.held(person):

        def hand(to: User | None, by: User, row: Delegation = row) -> None:
            given = {"organisation": row.organisation, "purpose": row.purpose, "person": to}
            begins = max(today, row.valid_from)
            if to is not None and not delegations.covers(begins, row.valid_until, **given):
                delegations.keep(Delegation(
                    **given, valid_from=begins, valid_until=row.valid_until,
                    substitute=row.substitute if row.substitute != to else None,
                ), by=by)  # fmt: skip
            if row.valid_from > today:
                delegations.end(row, by=by)
                return
            # The person enters no more: a last day in the past where there is one, else today.
            row.valid_until = max(row.valid_from, today - timedelta(days=1))
            row.save()  # and whoever hears of it asks those who act now

        title = f"{row.organisation}: {row.get_purpose_display()}"
        yield Item(f"delegation:{row.pk}", _("Deleghe"), title, hand, may_end=True)


def _stood_in_for(person: User, reader: User) -> Iterable[Item]:
    """Those whose things the person does while they are away, today or from a day to come."""
    today, heading = timezone.localdate(), _("Chi sostituisce")
    lasting = Q(valid_until=None) | Q(valid_until__gte=today)
    for row in Delegation.objects.filter(lasting, substitute=person).select_related("organisation", "person"):

        def act(to: User | None, by: User, row: Delegation = row) -> None:
            row.substitute = to
            delegations.keep(row, by=by)

        title = _("Al posto di %(delegation)s") % {"delegation": row}
        not_oneself = partial(_oneself, row.person)
        yield Item(f"substitute:{row.pk}", heading, title, act, may_end=True, why_not=not_oneself)
    for away in Absence.objects.filter(substitute=person, until__gte=today).select_related("person"):

        def stand_in(to: User | None, by: User, away: Absence = away) -> None:
            away.substitute = to
            away.save()

        words = {"person": away.person, "since": dates.in_words(away.since, article="dal"),
                 "until": dates.in_words(away.until, article="al")}  # fmt: skip
        title = _("Al posto di %(person)s, via %(since)s %(until)s") % words
        here = partial(_is_away_too, away)
        yield Item(f"standing-in:{away.pk}", heading, title, stand_in, may_end=True, why_not=here)


def _oneself(person: User, to: User) -> str:
    return _("Nessuno sostituisce sé stesso: scegli un’altra persona, o che finisce qui.") if to == person else ""


def _is_away_too(away: Absence, to: User) -> str:
    return _oneself(away.person, to) or absences.why_not(to, max(away.since, timezone.localdate()), away.until)


def _network(person: User, reader: User) -> Iterable[Item]:
    for row in NetworkCoordinator.objects.current().filter(person=person):

        def hand(to: User | None, by: User, row: NetworkCoordinator = row) -> None:
            with suppress(coordinators.AlreadyEnded):
                coordinators.end(row, by=by, reason=_("Lascia la rete"))

        yield Item(f"coordinator:{row.pk}", _("Coordinamento della rete"), row.reason, hand, may_end=True)


def _reports(person: User, reader: User) -> Iterable[Item]:
    """Problems to settle, and the declaration: what is asked follows their rows."""
    for row in ProblemReport.objects.filter(to=person, settled_at=None):

        def hand(to: User | None, by: User, row: ProblemReport = row) -> None:
            problem_reports.hand_over(row, to)

        yield Item(f"problem:{row.pk}", _("Segnalazioni da chiudere"), row.path, hand)
    for profile in NetworkProfile.objects.filter(declaration_owner=person):

        def declare(to: User | None, by: User, profile: NetworkProfile = profile) -> None:
            profile.declaration_owner = to
            profile.save()

        yield Item("declaration", _("Dichiarazione di accessibilità"), _("La tiene aggiornata"), declare)


# --- What is owed ----------------------------------------------------------------------------------------


def _owed(person: User, reader: User, known: set[str]) -> Iterable[Item]:
    """What is asked of the person and follows from none of the above; in the words that its reader may read."""
    rows = Obligation.objects.filter(person=person, settled_at=None).exclude(key__in=known)
    # An approval is asked of a role: it ends with the role, and others are asked.
    rows = rows.exclude(needs=Obligation.Need.APPROVE).order_by("due", "pk")
    for row in access.with_open_page(rows, reader):
        title = row.title if row.page_is_open else row.closed_title or _("una cosa da fare su una pagina che non leggi")

        def hand(to: User | None, by: User, row: Obligation = row) -> None:
            if to is not None and not Obligation.objects.filter(person=to, key=row.key).exists():
                Obligation.objects.filter(pk=row.pk).update(person=to)
            else:
                Obligation.objects.filter(pk=row.pk).update(settled_at=timezone.now())

        yield Item(f"owed:{row.pk}", _("Cose da fare"), title, hand, may_end=True)
