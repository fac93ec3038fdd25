"""The forms of the ground: a role, the digest, the profile, a problem."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from . import access, role_mail, spaces
from .feed import name
from .models import DigestPreference, Organisation, Space, User
from .models.spaces import Role


class _PageField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return name(obj.specific_deferred)


class RoleForm(forms.Form):
    """Give a role: to a person by e-mail or name, or to a body. Words that fit more than one are asked about."""

    holder_text = forms.CharField(
        label=_("Persona o ente"), max_length=200, help_text=_("Scrivi il nome, l’indirizzo di posta o l’ente.")
    )
    role = forms.TypedChoiceField(label=_("Ruolo"), choices=Role.choices, coerce=lambda value: Role(int(value)))
    reason = forms.CharField(label=_("Perché"), max_length=240, help_text=_("Resta scritto nel registro."))
    expires_on = forms.DateField(
        label=_("Fino a (facoltativo)"), required=False,
        widget=forms.DateInput(attrs={"placeholder": _("gg/mm/aaaa"), "autocomplete": "off"}),
        help_text=_("L’accesso finisce alla fine di quel giorno."),
    )  # fmt: skip

    def __init__(self, *args: Any, space: Space, manager: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.space, self.manager = space, manager
        self.candidates: dict[str, User | Organisation] = {}
        if self.is_bound:
            self.candidates = self._candidates(str(self.data.get("holder_text", "")).strip())
        if len(self.candidates) > 1:
            self.fields["holder_key"] = forms.ChoiceField(
                label=_("Chi intendi?"), widget=forms.RadioSelect,
                choices=[(key, in_full(each)) for key, each in self.candidates.items()],
                error_messages={"required": _("Ne trovo più d’uno: scegli, o scrivi l’indirizzo di posta.")},
            )  # fmt: skip
            self.order_fields(["holder_text", "holder_key"])

    def clean_holder_text(self) -> str:
        if not self.candidates:
            raise forms.ValidationError(_("Non trovo nessuna persona e nessun ente con questo nome."))
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
        named = User.objects.current().select_related("organisation").annotate(
            name=Concat("first_name", Value(" "), "last_name"), reverse=Concat("last_name", Value(" "), "first_name")
        )  # fmt: skip
        return list(named.filter(Q(email__iexact=words) | Q(name__iexact=words) | Q(reverse__iexact=words)))

    def _people_known_by(self, words: str) -> list[Any]:
        """By a part of the name only those whom the manager knows."""
        found = access.allowed(User.objects.current().select_related("organisation"), self.manager)
        for part in words.split():
            found = found.filter(Q(first_name__icontains=part) | Q(last_name__icontains=part))
        return list(found[:6]) if len(words) > 2 else []

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("La data è già passata."))
        return day

    def save(self) -> None:
        day = self.cleaned_data["expires_on"]
        expires_at = timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None
        with transaction.atomic():
            spaces.give_role(
                self.space, self.holder, self.cleaned_data["role"], by=self.manager,
                reason=self.cleaned_data["reason"], expires_at=expires_at,
            )  # fmt: skip
            if isinstance(self.found, User):
                role_mail.ask(self.found, self.space, by=self.manager)


def in_full(holder: User | Organisation) -> str:
    """A person with body and address, a body with its kind."""
    if isinstance(holder, Organisation):
        return f"{holder} ({_('ente')}: {_('tutte le sue persone')})"
    return ", ".join(filter(None, [str(holder), str(holder.organisation or ""), holder.email]))


class ReasonForm(forms.Form):
    """Why a role changes."""

    reason = forms.CharField(label=_("Perché"), max_length=240, help_text=_("Resta scritto nel registro."))


class SharePageForm(forms.Form):
    """Let another space read a page of this one."""

    prefix = "condividi"  # it stands beside the form of a role

    page = _PageField(label=_("Pagina"), queryset=Page.objects.none(), empty_label=_("Scegli una pagina"))
    space = forms.ModelChoiceField(
        label=_("Con quale spazio"), queryset=Space.objects.none(), empty_label=_("Scegli uno spazio"),
        help_text=_("La leggerà chi legge quello spazio, e nient’altro di questo."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Perché"), max_length=240, help_text=_("Resta scritto nel registro."))

    def __init__(self, *args: Any, space: Space, manager: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = Page.objects.live().filter(path__startswith=space.root_page.path, depth__gt=access.SPACE_DEPTH)
        fields: dict[str, Any] = self.fields
        fields["page"].queryset = access.allowed(pages, manager, "manage").order_by("title")
        fields["space"].queryset = access.allowed(Space.objects.exclude(pk=space.pk), manager)


class DigestForm(forms.ModelForm):
    class Meta:
        model = DigestPreference
        fields = ["frequency", "weekday", "hour"]
        widgets = {"frequency": forms.RadioSelect}


class ProfileForm(forms.ModelForm):
    """What everybody says of oneself; the profession is the administrators', because rights follow from it."""

    first_name = forms.CharField(label=_("Nome"), max_length=150)
    last_name = forms.CharField(label=_("Cognome"), max_length=150)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "telephone", "slash_searches"]


LONGEST_PATH = 300


class ProblemForm(forms.Form):
    """What is wrong, and where; whoever has not entered may leave an address for the answer."""

    page = forms.CharField(label=_("Pagina"), max_length=LONGEST_PATH, widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Che cosa non va"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Non scrivere nomi o notizie di persone seguite dai servizi."),
    )  # fmt: skip

    email = forms.EmailField(
        label=_("La tua e-mail (facoltativa)"), required=False, help_text=_("Scrivila se vuoi una risposta.")
    )

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["email"]

    def clean_page(self) -> str:
        """An address of this site, to name the page and to lead back to it."""
        return own_path(self.cleaned_data["page"])


def own_path(path: str) -> str:
    """The path, where it is one of this site, without its question where that is too long; else the home page."""
    if len(path) > LONGEST_PATH:
        path = path.partition("?")[0]
    plain = path.startswith("/") and path.isprintable() and len(path) <= LONGEST_PATH
    return path if plain and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/"


class DecisionForm(forms.Form):
    """«Approva», with a note or without; «Chiedi modifiche», never without a reason."""

    seen = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    words = forms.CharField(
        label=_("Che cosa scrivi a chi l’ha proposta"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Se approvi è facoltativo. Se chiedi modifiche scrivi quali: chi l’ha proposta le legge così."),
    )  # fmt: skip

    @property
    def approves(self) -> bool:
        return "approva" in self.data

    def clean_words(self) -> str:
        words = str(self.cleaned_data["words"]).strip()
        if not words and not self.approves:
            raise forms.ValidationError(_("Scrivi che cosa va cambiato: chi l’ha proposta deve sapere che cosa fare."))
        return words
