"""The joint approval of a protocol, from its reviewer's yes to the last body's: asked, signed, refused, reminded.

Bozza → revisione tecnica (the space's own approval) → the bodies sign, each through its delegate, in parallel. What
they sign is one text, kept as its reviewer left it; with enough signatures it is published, or set for its day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page, Revision, TaskState

from portal import access
from portal.accounts import own_data
from portal.background import jobs
from portal.background.schedules import every
from portal.models import Delegation, Organisation, Space, User
from portal.models.delegations import Purpose
from portal.models.jobs import Lane
from portal.models.workflow import ApprovalState
from portal.models.working_life import Absence
from portal.notices import emails, feed, obligations
from portal.notices.obligations import Duty, Need
from portal.pages import approval, publish_approved
from portal.words import dates
from portal.words.terms import Term, Unit

from . import adoptions, consent, discussions, editions
from .models import JointApproval, JointState, ProtocolPage, Signature, SigningRule

access.between(JointApproval, page="page", bodies="bodies", purpose=Purpose.APPROVAL)
BEFORE = Term(3, Unit.DAYS)  # so long before the day whoever is missing is reminded


class AlreadyEnded(Exception):
    """It was decided, or taken back, since the page was shown."""


class AlreadySaid(Exception):
    """Somebody else has said it for the body."""


# --- Opened by the review --------------------------------------------------------------------------------


def open_for(revision: Revision, proposed_by: User | None, reviewed_by: User | None) -> JointApproval:
    """Put the text before its bodies; one that was open for the page asks nothing any more."""
    page = revision.as_object()
    editions.require_no_obstacle(page)
    adoptions.require_bodies(page)
    rule = rule_of(access.space_of(page))
    asked = consent.bodies(page)
    with transaction.atomic():
        Page.objects.select_for_update(no_key=True).get(pk=page.pk)
        for before in JointApproval.objects.select_for_update().filter(page=page.pk, state=JointState.OPEN):
            _end(before, JointState.TAKEN_BACK)
        joint = JointApproval.objects.create(
            page_id=page.pk, revision=revision, title=feed.name(page), version=page.version,
            sha256=editions.agreed(page), needed=min(rule.quorum or len(asked), len(asked)),
            due=Term(rule.days, Unit.DAYS).day(timezone.localdate()), proposed_by=proposed_by, reviewed_by=reviewed_by,
        )  # fmt: skip
        joint.bodies.set(asked)
        discussions.open_for(page, proposed_by)
        obligations.settle(_key_of_answer(page.pk))
        ask_and_settle(joint)
        jobs.ask(f"joint-approval:{joint.pk}", "protocols.joint_approval.tell_delegates", joint.pk, "", lane=Lane.MAIL)
    return joint


def rule_of(space: Space | None) -> SigningRule:
    """As the space has set it; all bodies, where it has set nothing."""
    return SigningRule.objects.filter(space=space).first() or SigningRule(space=space)


def what_follows(page: ProtocolPage) -> str:
    """To whoever reviews: who signs after that."""
    asked = consent.bodies(page)
    rule = rule_of(access.space_of(page))
    needed = min(rule.quorum or len(asked), len(asked))
    names = ", ".join(str(body) for body in asked)
    if needed == len(asked):
        return _("Ora lo firmano gli enti, ognuno con il suo delegato: %(bodies)s. Entra in vigore quando hanno "
                 "firmato tutti.") % {"bodies": names}  # fmt: skip
    return _("Ora lo firmano gli enti, ognuno con il suo delegato: %(bodies)s. Entra in vigore quando hanno "
             "firmato in %(needed)d.") % {"bodies": names, "needed": needed}  # fmt: skip


def has_begun(revision: Revision) -> bool:
    return JointApproval.objects.filter(revision=revision).exists()


def kept_of(person: User) -> Iterable[own_data.Kept]:
    """What the person said in a body's name."""
    rows = Signature.objects.filter(by=person).select_related("organisation", "approval")
    yield own_data.Kept(_("Firme a nome di un ente"), own_data.FOR_GOOD, [
        {_("ente"): str(each.organisation), _("che cosa"): str(each.approval), _("il"): dates.local_day(each.at),
         _("risposta"): _("firmato") if each.agrees else each.reason} for each in rows
    ])  # fmt: skip


own_data.sources.append(kept_of)
publish_approved.further.append(publish_approved.Further(consent.is_asked, open_for, has_begun, what_follows))


def on_task_submitted(sender: Any, instance: TaskState, **kwargs: Any) -> None:
    """Another text of the page was sent to be reviewed: nobody signs the one before it any more."""
    if isinstance(instance.specific, ApprovalState):
        page = int(instance.workflow_state.object_id)
        obligations.settle(_key_of_answer(page))
        for before in JointApproval.objects.select_for_update().filter(page=page, state=JointState.OPEN):
            _end(before, JointState.TAKEN_BACK)


def on_published(sender: Any, page: Page, **kwargs: Any) -> None:
    """What came back to its author is published: nothing of it is to be corrected."""
    obligations.settle(_key_of_answer(page.pk))


# --- Asked of the delegates ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A delegation, and on which days of it whoever stands in for its person is asked too."""

    delegation: Delegation
    away: list[tuple[date, date]]

    def people(self, joint: JointApproval) -> Iterable[tuple[User, date, date | None]]:
        """Who may sign, from when until when; never who proposed the text."""
        begins, ends = self.delegation.valid_from, self.delegation.valid_until
        if self.delegation.person_id != joint.proposed_by_id:
            yield self.delegation.person, begins, ends
        other = self.delegation.substitute
        if other and other.pk != joint.proposed_by_id:
            is_alone = self.delegation.person_id == joint.proposed_by_id
            for first, last in [(begins, ends)] if is_alone else self.away:
                yield other, max(first, begins), min(filter(None, (last, ends)), default=None)


def _acting(bodies: Iterable[int]) -> dict[int, list[Asked]]:
    """Body → the delegations for approval that have not ended, each with its person's absences; two questions."""
    today = timezone.localdate()
    rows = Delegation.objects.filter(organisation__in=list(bodies), purpose=Purpose.APPROVAL)
    rows = rows.select_related("person", "substitute").order_by("valid_from", "pk")
    away: dict[int, list[tuple[date, date]]] = {}
    for each in Absence.objects.filter(person__in=rows.values("person"), until__gte=today).order_by("since"):
        away.setdefault(each.person_id, []).append((each.since, each.until))
    found: dict[int, list[Asked]] = {}
    for row in rows:
        if row.valid_until is None or row.valid_until >= today:
            found.setdefault(row.organisation_id, []).append(Asked(row, away.get(row.person_id, [])))
    return found


def ask_and_settle(joint: JointApproval) -> None:
    """Bring what is asked of the delegates to where the approval stands."""
    said = set(joint.signatures.values_list("organisation", flat=True))
    bodies = {body.pk: body for body in joint.bodies.all()}
    missing = [pk for pk in bodies if joint.is_open and pk not in said]
    obligations.settle(*(_key(joint, pk) for pk in bodies if pk not in missing))
    acting = _acting(missing) if missing else {}
    for pk in missing:
        people = [each for asked in acting.get(pk, []) for each in asked.people(joint) if each[0].is_current()]
        for person, begins, ends in people:
            duty = Duty(
                title=_("%(title)s, versione %(version)s: firma") % {"title": joint.title, "version": joint.version},
                verb=_("Leggi e decidi"),
                why=_("a nome di %(body)s") % {"body": bodies[pk]},
                url=reverse("joint_approval", args=[joint.pk]),
                due=joint.due,
                starts_on=begins,
                ends_on=ends,
                by_mandate=True,
            )
            obligations.ask([person], _key(joint, pk), duty)
        obligations.settle(_key(joint, pk), but=[person for person, _begins, _ends in people])


def on_delegation(sender: Any, instance: Delegation, **kwargs: Any) -> None:
    """A delegation was given or ended: what waits at its body is asked of whoever acts for it now."""
    if instance.purpose == Purpose.APPROVAL:
        access.forget(instance.person)
        for joint in JointApproval.objects.filter(state=JointState.OPEN, bodies=instance.organisation_id):
            ask_and_settle(joint)


def on_absence(sender: Any, instance: Absence, **kwargs: Any) -> None:
    """Somebody goes away, or comes back before: the substitute of the delegation is asked in those days."""
    bodies = Delegation.objects.filter(person=instance.person_id, purpose=Purpose.APPROVAL).values("organisation")
    for joint in JointApproval.objects.filter(state=JointState.OPEN, bodies__in=bodies).distinct():
        ask_and_settle(joint)


def _key(joint: JointApproval, body: int) -> str:
    return f"joint-approval:{joint.pk}:{body}"


def _key_of_answer(page: int) -> str:
    return f"joint-approval-back:{page}"


# --- Said by a delegate ----------------------------------------------------------------------------------


def may_sign_for(user: User, joint: JointApproval) -> list[Organisation]:
    """The bodies for which the person may say yes or no now."""
    if not joint.is_open or joint.proposed_by_id == user.pk or not access.can(user, "edit", joint):
        return []
    said = joint.signatures.values("organisation")
    mine = access.acts_for(user, Purpose.APPROVAL)
    return list(joint.bodies.filter(pk__in=mine).exclude(pk__in=said).order_by("name"))


def sign(
    joint: JointApproval, bodies: Iterable[Organisation], *, by: User, agrees: bool, reason: str = ""
) -> JointApproval:
    """Write what these bodies say; the last signature that is needed puts the text in force, or sets its day."""
    with transaction.atomic():
        Page.objects.select_for_update(no_key=True).get(pk=joint.page_id)  # as whoever opens the next one does
        joint = JointApproval.objects.select_for_update().get(pk=joint.pk)  # the second of two finds the first
        if not joint.is_open:
            raise AlreadyEnded
        free = {body.pk for body in may_sign_for(by, joint)}
        for body in bodies:
            if body.pk not in free:
                _refuse(joint, body, by)
            Signature.objects.create(
                approval=joint, organisation=body, agrees=agrees, reason=reason, by=by, delegation=_mandate(body, by)
            )
        _conclude(joint, by=by)
        if not agrees:
            _tell_author(joint, by=by, reason=reason)
        ask_and_settle(joint)
    return joint


def _refuse(joint: JointApproval, body: Organisation, by: User) -> None:
    if joint.signatures.filter(organisation=body).exists():
        raise AlreadySaid
    raise PermissionDenied


def _mandate(body: Organisation, by: User) -> Delegation:
    """In whose name: of the person's own delegation, else of the one in which the person is the substitute."""
    rows = Delegation.objects.current().filter(organisation=body, purpose=Purpose.APPROVAL)
    own = rows.filter(person=by).first() or rows.filter(substitute=by).first()
    if own is None:
        raise PermissionDenied
    return own


def _conclude(joint: JointApproval, *, by: User) -> None:
    """Enough said yes: published. So many said no that there will never be enough: over."""
    said = list(joint.signatures.values_list("agrees", flat=True))
    if said.count(True) >= joint.needed:
        _end(joint, JointState.APPROVED)
        discussions.close_for([joint.page_id])
        joint.revision.publish(user=by, skip_permission_checks=True)
        _mail(joint, "tell_of_the_end")
    elif joint.bodies.count() - said.count(False) < joint.needed:
        _end(joint, JointState.REFUSED)


def _end(joint: JointApproval, state: JointState) -> None:
    joint.state, joint.ended_at = state, timezone.now()
    joint.save(update_fields=["state", "ended_at"])
    ask_and_settle(joint)


def take_back(joint: JointApproval, *, by: User) -> None:
    """Whoever writes there takes the text back: what was signed stays written, and nobody is asked any more."""
    with transaction.atomic():
        joint = JointApproval.objects.select_for_update().get(pk=joint.pk)
        if not joint.is_open:
            raise AlreadyEnded
        access.require(by, "edit", joint.page)
        _end(joint, JointState.TAKEN_BACK)


# --- Told ------------------------------------------------------------------------------------------------


def _tell_author(joint: JointApproval, *, by: User, reason: str) -> None:
    """A body said no, and why: its author has it to correct, even while the others go on signing."""
    duty = Duty(
        title=_("Ti è tornata: %(page)s") % {"page": joint.title},
        verb=_("Leggi"),
        why=_("%(person)s chiede: %(reason)s") % {"person": by, "reason": reason},
        url=reverse("joint_approval", args=[joint.pk]),
        page=joint.page_id,
        needs=Need.EDIT,
    )
    obligations.ask([joint.proposed_by] if joint.proposed_by else [], _key_of_answer(joint.page_id), duty)
    said = joint.signatures.filter(by=by, agrees=False).last()
    jobs.ask(f"joint-refusal:{said.pk}", "protocols.joint_approval.tell_of_refusal", said.pk, lane=Lane.MAIL)  # type: ignore[union-attr]


def _mail(joint: JointApproval, what: str) -> None:
    jobs.ask(f"joint-{what}:{joint.pk}", f"protocols.joint_approval.{what}", joint.pk, lane=Lane.MAIL)


def address(joint: JointApproval) -> str:
    return settings.BASE_URL + reverse("joint_approval", args=[joint.pk])


def tell_of_refusal(signature_id: int) -> None:
    """The reason, to the author, who still writes there."""
    said = Signature.objects.select_related("approval__proposed_by", "approval__page", "by").get(pk=signature_id)
    author = said.approval.proposed_by
    if author and author.is_current() and access.can(author, "edit", said.approval.page):
        emails.given_back_mail(
            author, title=said.approval.title, by=f"{said.by} ({said.organisation})", reason=said.reason,
            url=address(said.approval),
        ).send()  # fmt: skip


def tell_of_the_end(joint_id: int) -> None:
    """It is in force, or will be: to its author."""
    joint = JointApproval.objects.select_related("proposed_by", "page").get(pk=joint_id)
    author, page = joint.proposed_by, joint.page
    if author and author.is_current() and (access.can(author, "view", page) or access.can(author, "edit", page)):
        scheduled = approval.scheduled_for(joint.revision.as_object())
        names = ", ".join(str(each.organisation) for each in joint.signatures.filter(agrees=True))
        url = settings.BASE_URL + (page.specific.url or "")
        emails.approved_mail(author, title=joint.title, by=names, note="", scheduled=scheduled, url=url).send()


def tell_delegates(joint_id: int, when: str) -> None:
    """One mail to each delegate whose body has not said anything: asked now, or reminded before or after the day."""
    joint = JointApproval.objects.filter(pk=joint_id, state=JointState.OPEN).first()
    if joint is None:
        return
    note = joint.revision.content.get("change_note", "")
    for person, bodies in whom(joint).items():
        emails.joint_approval_mail(
            person, title=joint.title, version=joint.version, bodies=bodies, note=note, due=joint.due, when=when,
            asked_by=str(joint.proposed_by or ""), url=address(joint),
        ).send()  # fmt: skip


def whom(joint: JointApproval) -> dict[User, list[str]]:
    """Who is asked today, each with the bodies for which."""
    found = dict[User, list[str]]()
    for body, people in progress_of([joint])[0].missing.items():
        for person in people:
            found.setdefault(person, []).append(str(body))
    return found


@every(minutes=60)
def remind() -> int:
    """Before the day and after it, once each; claimed first, so that two processes send one. Also asks anew of whoever
    acts today: delegations and absences begin and end by themselves.
    """
    today, now, count = timezone.localdate(), timezone.now(), 0
    open_ones = JointApproval.objects.filter(state=JointState.OPEN)
    for joint in open_ones:
        with transaction.atomic():
            ask_and_settle(joint)
    near = open_ones.filter(due__range=(today, BEFORE.day(today)), opened_at__lt=now - timedelta(days=1))
    for field, when, rows in (
        ("reminded_before", "prima", near.filter(reminded_before=None)),
        ("reminded_after", "dopo", open_ones.filter(due__lt=today, reminded_after=None)),
    ):
        for pk in list(rows.values_list("pk", flat=True)):
            with transaction.atomic():
                if JointApproval.objects.filter(pk=pk, state=JointState.OPEN, **{field: None}).update(**{field: now}):
                    function = "protocols.joint_approval.tell_delegates"
                    jobs.ask(f"joint-reminder:{pk}:{when}", function, pk, when, lane=Lane.MAIL)
                    count += 1
    return count


# --- How it stands ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """What was said, and who has not said anything yet."""

    joint: JointApproval
    said: list[Signature]
    missing: dict[Organisation, list[User]]  # each with who may say it today

    @property
    def agreed(self) -> int:
        return sum(each.agrees for each in self.said)

    def in_words(self, known: set[int]) -> str:
        """«hanno firmato 1 di 3; mancano: AUSL (Andrea Salvestrini)»; names of those whom the reader knows."""
        words = ngettext("ha firmato %(said)d di %(needed)d", "hanno firmato %(said)d di %(needed)d", self.agreed)
        words = words % {"said": self.agreed, "needed": self.joint.needed}
        names = [f"{body} ({_who(people, known)})" for body, people in self.missing.items()]
        return words + (_("; mancano: %(names)s") % {"names": "; ".join(names)} if names else "")


def _who(people: list[User], known: set[int]) -> str:
    named = ", ".join(str(person) for person in people if person.pk in known)
    return named or (_("il suo delegato") if people else _("nessun delegato"))


def progress_of(joints: Iterable[JointApproval]) -> list[Progress]:
    """How each of them stands; as many questions for one as for a hundred."""
    joints, today = list(joints), timezone.localdate()
    prefetch_related_objects(joints, "bodies", "signatures__organisation", "signatures__by")
    said = {joint.pk: list(joint.signatures.all()) for joint in joints}
    silent = {joint.pk: _silent(joint, said[joint.pk]) for joint in joints}
    acting = _acting({body.pk for bodies in silent.values() for body in bodies})
    found = []
    for joint in joints:
        missing = {}
        for body in silent[joint.pk]:
            asked = [each for row in acting.get(body.pk, []) for each in row.people(joint)]
            missing[body] = list(dict.fromkeys(each[0] for each in asked if _is_asked_on(today, *each)))
        found.append(Progress(joint, said[joint.pk], missing))
    return found


def _silent(joint: JointApproval, said: list[Signature]) -> list[Organisation]:
    spoken = {each.organisation_id for each in said}
    return sorted((body for body in joint.bodies.all() if body.pk not in spoken), key=lambda body: body.name)


def _is_asked_on(day: date, person: User, begins: date, ends: date | None) -> bool:
    return begins <= day and (ends is None or day <= ends) and person.is_current()


def waiting_of(user: User) -> list[Progress]:
    """What the person proposed and the bodies have still to sign."""
    mine = proposed_by(user)  # most propose nothing: they are asked no more than that
    rows = JointApproval.objects.filter(pk__in=[row.pk for row in mine])
    return progress_of(access.allowed(rows, user)) if mine else []


def proposed_by(user: User) -> list[JointApproval]:
    """What the person put before bodies that still sign it, whatever of it the person may read."""
    return access.addressed_rows("joint approvals", _open, user, "proposed_by")


def _open() -> QuerySet[JointApproval]:
    return JointApproval.objects.filter(state=JointState.OPEN)
