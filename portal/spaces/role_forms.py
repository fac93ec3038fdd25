"""The forms of the sharing page: a role, a reason, a page for another space."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from portal import access
from portal.models import Organisation, Space, User
from portal.models.spaces import Role
from portal.pages.page_field import PageField
from portal.personal_data.guard import no_personal_data
from portal.words.days import DayField

from . import role_mail, roles


def _reason() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Perché"), max_length=240, validators=[no_personal_data],
        help_text=gettext_lazy("Resta scritto nel registro."),
    )  # fmt: skip


class RoleForm(forms.Form):
    """Give a role: to a person by e-mail or name, or to a body. Words that fit more than one are asked about."""

    holder_text = forms.CharField(
        label=gettext_lazy("Persona o ente"),
        max_length=200,
        help_text=gettext_lazy("Scrivi il nome, l’indirizzo di posta o l’ente."),
    )
    role = forms.TypedChoiceField(
        label=gettext_lazy("Ruolo"), choices=Role.choices, coerce=lambda value: Role(int(value))
    )
    reason = _reason()
    expires_on = DayField(
        label=gettext_lazy("Fino a (facoltativo)"), required=False,
        help_text=gettext_lazy("L’accesso finisce alla fine di quel giorno."),
    )  # fmt: skip

    def __init__(self, *args: Any, space: Space, manager: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.space, self.manager = space, manager
        self.candidates: dict[str, User | Organisation] = {}
        if self.is_bound:
            self.candidates = self._candidates(str(self.data.get("holder_text", "")).strip())
        if len(self.candidates) > 1:
            self.fields["holder_key"] = forms.ChoiceField(
                label=gettext_lazy("Chi intendi?"), widget=forms.RadioSelect,
                choices=[(key, in_full(each)) for key, each in self.candidates.items()],
                error_messages={"required": gettext_lazy("Ne trovo più d’uno: scegli, o scrivi l’indirizzo di posta.")},
            )  # fmt: skip
            self.order_fields(["holder_text", "holder_key"])

    def clean_holder_text(self) -> str:
        if not self.candidates:
            raise forms.ValidationError(gettext_lazy("Non trovo nessuna persona e nessun ente con questo nome."))
        return str(self.cleaned_data["holder_text"])

    @property
    def found(self) -> User | Organisation:
        """The one that the words fit, or that was chosen among several."""
        key = self.cleaned_data.get("holder_key") or next(iter(self.candidates))
        return self.candidates[key]

    @property
    def holder(self) -> User | Group:
        return self.found.group if isinstance(self.found, Organisation) else self.found

    @property
    def holder_name(self) -> str:
        return str(self.found)

    @property
    def holder_in_full(self) -> str:
        """With body and address: anybody can write any name into an own profile."""
        return in_full(self.found)

    def _candidates(self, words: str) -> dict[str, User | Organisation]:
        """Whom the words fit: people and bodies alike, whole names before parts of them."""
        if not words:
            return {}
        exact = [*self._people_named(words), *Organisation.objects.filter(name__iexact=words)]
        found = exact or [*self._people_known_by(words), *Organisation.objects.filter(name__icontains=words)[:6]]
        return {f"{'persona' if isinstance(each, User) else 'ente'}-{each.pk}": each for each in found}

    @staticmethod
    def _people_named(words: str) -> list[Any]:
        """Anybody by address or whole name."""
        people = User.objects.current().select_related("organisation")
        return [*people.filter(email__iexact=words), *people.called(words)]

    def _people_known_by(self, words: str) -> list[Any]:
        """By a part of the name only those whom the manager knows."""
        found = access.allowed(User.objects.current().select_related("organisation"), self.manager)
        return list(found.named(words)[:6]) if len(words) > 2 else []

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(gettext_lazy("La data è già passata."))
        return day

    def save(self) -> None:
        day = self.cleaned_data["expires_on"]
        expires_at = timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None
        with transaction.atomic():
            roles.give_role(
                self.space, self.holder, self.cleaned_data["role"], by=self.manager,
                reason=self.cleaned_data["reason"], expires_at=expires_at,
            )  # fmt: skip
            if isinstance(self.found, User):
                role_mail.ask(self.found, self.space, by=self.manager)


def in_full(holder: User | Organisation) -> str:
    """A person with body and address, a body with its kind."""
    if isinstance(holder, Organisation):
        return f"{holder} ({gettext_lazy('ente')}: {gettext_lazy('tutte le sue persone')})"
    return ", ".join(filter(None, [str(holder), str(holder.organisation or ""), holder.email]))


class ReasonForm(forms.Form):
    """Why a role changes."""

    reason = _reason()


class SharePageForm(forms.Form):
    """Let another space read a page of this one."""

    prefix = "condividi"  # it stands beside the form of a role

    page = PageField(label=gettext_lazy("Pagina"))
    space = forms.ModelChoiceField(
        label=gettext_lazy("Con quale spazio"), queryset=Space.objects.none(),
        empty_label=gettext_lazy("Scegli uno spazio"),
        help_text=gettext_lazy("La leggerà chi legge quello spazio, e nient’altro di questo."),
    )  # fmt: skip
    reason = _reason()

    def __init__(self, *args: Any, space: Space, manager: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = Page.objects.live().filter(path__startswith=space.root_page.path, depth__gt=access.SPACE_DEPTH)
        fields: dict[str, Any] = self.fields
        fields["page"].offer(access.allowed(pages, manager, "manage").order_by("title"))
        fields["space"].queryset = access.allowed(Space.objects.exclude(pk=space.pk), manager)
