"""Giving and ending delegations: administrators do it, in «Rete»; who did it stays written."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.permission_policies.base import ModelPermissionPolicy
from wagtail.snippets.views.snippets import SnippetViewSet

from portal.models import Absence, Delegation, User
from portal.models.activity import Verb
from portal.notices.activity import record

from . import delegation_mail

GIVEN = ("organisation", "purpose", "person", "valid_from")  # what was done in its name rests on these


def keep(delegation: Delegation, *, by: User) -> Delegation:
    """Write a delegation down, new or changed, and who did it."""
    verb, words = Verb.DELEGATION_CHANGED, _("ha cambiato la delega «%(delegation)s»")
    if delegation.pk is None:
        delegation.given_by = by
        verb, words = Verb.DELEGATION_GIVEN, _("ha dato la delega «%(delegation)s»")
    with transaction.atomic():
        delegation.save()
        until = delegation.valid_until.isoformat() if delegation.valid_until else ""
        record(verb, by=by, sentence=words % {"delegation": delegation}, note=f"{delegation.valid_from} – {until}")
        delegation_mail.ask(delegation, by=by)
    return delegation


def held(person: User) -> QuerySet[Delegation]:
    """What the person does in somebody's name, today or from a day to come."""
    return delegation_mail.lasting(person).filter(person=person)


def unattended(person: User, since: date, until: date) -> list[Delegation]:
    """What nobody does in a body's name on some day of an absence: no delegate or substitute is there then."""
    lasting = Delegation.objects.filter(Q(valid_until=None) | Q(valid_until__gte=since), valid_from__lte=until)
    own = lasting.filter(Q(person=person) | Q(substitute=person)).select_related("organisation")
    mine = list(own.order_by("organisation__name", "purpose", "pk"))
    rows = list(lasting.filter(organisation__in={row.organisation_id for row in mine}))
    others = {pk for row in rows for pk in (row.person_id, row.substitute_id) if pk and pk != person.pk}
    there = set(User.objects.current().filter(pk__in=others).values_list("pk", flat=True))
    away = list(Absence.objects.filter(person__in=there, since__lte=until, until__gte=since))

    def is_served(row: Delegation, day: date) -> bool:
        gone = {each.person_id for each in away if each.since <= day <= each.until}
        acting = {pk for each in rows if _same(each, row) and _holds(each, day)
                  for pk in (each.person_id, each.substitute_id)}  # fmt: skip
        return bool(acting & there - gone)

    days = _days_of_change(since, until, rows, away)
    found = [row for row in mine if any(_holds(row, day) and not is_served(row, day) for day in days)]
    return list({(row.organisation_id, row.purpose): row for row in reversed(found)}.values())[::-1]


def _same(one: Delegation, other: Delegation) -> bool:
    return (one.organisation_id, one.purpose) == (other.organisation_id, other.purpose)


def _holds(row: Delegation, day: date) -> bool:
    return row.valid_from <= day and (row.valid_until is None or day <= row.valid_until)


def _days_of_change(since: date, until: date, rows: list[Delegation], away: list[Absence]) -> list[date]:
    """The first day, and those on which who is there may differ from the day before: an absence may last for years."""
    begins = {row.valid_from for row in rows} | {each.since for each in away}
    ends = {row.valid_until for row in rows if row.valid_until} | {each.until for each in away}
    changes = begins | {day + timedelta(days=1) for day in ends}
    return [since, *sorted(day for day in changes if since < day <= until)]


class AlreadyEnded(Exception):
    """Its last day has passed: another one would bring it back."""


def end(delegation: Delegation, *, by: User) -> bool:
    """Today is its last day; one that has not begun goes away, for nothing was done by it. Whether it had begun."""
    if delegation.valid_until and delegation.valid_until < timezone.localdate():
        raise AlreadyEnded
    if delegation.valid_from <= timezone.localdate():
        delegation.valid_until = timezone.localdate()
        keep(delegation, by=by)
        return True
    with transaction.atomic():
        record(
            Verb.DELEGATION_CHANGED, by=by, note=delegation.valid_from.isoformat(),
            sentence=_("ha ritirato, prima che cominciasse, la delega «%(delegation)s»") % {"delegation": delegation},
        )  # fmt: skip
        delegation_mail.ask(delegation, by=by)
        delegation.delete()
    return False


TWICE = gettext_lazy("Questa persona ha già la stessa delega in quei giorni.")


def covers(begins: date, ends: date | None, **given: Any) -> bool:
    """Whether the same given to the same person holds on all of these days."""
    lasting = Q(valid_until=None) | Q(valid_until__gte=ends) if ends else Q(valid_until=None)
    return Delegation.objects.filter(lasting, valid_from__lte=begins, **given).exists()


def overlapping(begins: date, ends: date | None, **given: Any) -> QuerySet[Delegation]:
    """The same given to the same person on some of the same days."""
    others = Delegation.objects.filter(Q(valid_until=None) | Q(valid_until__gte=begins), **given)
    return others.filter(valid_from__lte=ends) if ends else others


class DelegationForm(WagtailAdminModelForm):
    """Once given, only its substitute and its end change: another person, body or purpose is another delegation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in GIVEN if self.instance.pk else ():
            self.fields[name].disabled = True
        for name in ("person", "substitute"):
            held = getattr(self.instance, f"{name}_id")
            people = User.objects.filter(Q(pk__in=User.objects.current().values("pk")) | Q(pk=held))
            self.fields[name].queryset = people.order_by("last_name", "first_name")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        given = {name: cleaned.get(name) for name in ("organisation", "purpose", "person")}
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        same = overlapping(begins, ends, **given) if begins and all(given.values()) else Delegation.objects.none()
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(TWICE)
        return cleaned

    def save(self, commit: bool = True) -> Delegation:
        delegation: Delegation = super().save(commit=False)
        return keep(delegation, by=self.for_user) if commit else delegation


class KeptPolicy(ModelPermissionPolicy):
    """Nobody deletes one: it says in whose name something was done."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)


class DelegationViewSet(SnippetViewSet):
    model = Delegation
    icon = "key"
    copy_view_enabled = False
    list_display = ["person", "organisation", "purpose", "substitute", "valid_from", "valid_until"]
    list_filter = ["organisation", "purpose"]
    edit_handler = ObjectList(
        [
            FieldPanel("organisation"),
            FieldPanel("purpose"),
            FieldPanel("person"),
            FieldPanel("substitute"),
            FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_until")]),
        ],
        base_form_class=DelegationForm,
    )

    def register_chooser_viewset(self) -> None:
        """None: nothing chooses a delegation, and the list would name everybody's to every editor."""
