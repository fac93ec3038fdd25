"""Giving and ending delegations: administrators do it, in «Rete»; who did it stays written."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
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
    """What nobody else does in a body's name on some of those days: neither a substitute nor another delegate."""
    begun = Delegation.objects.filter(Q(valid_until=None) | Q(valid_until__gte=since), valid_from__lte=until)
    away = Absence.objects.filter(since__lte=since, until__gte=until).values("person")
    others = begun.filter(
        Q(valid_until=None) | Q(valid_until__gte=until), valid_from__lte=since,
        organisation=OuterRef("organisation"), purpose=OuterRef("purpose"),
    ).exclude(person=person).filter(person__in=User.objects.current()).exclude(person__in=away)  # fmt: skip
    return list(
        begun.filter(person=person, substitute=None)
        .exclude(Exists(others))
        .select_related("organisation")
        .order_by("organisation__name", "purpose")
    )


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
