"""People in Wagtail's admin, with the fields that Raccordo needs; only administrators get there."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column
from wagtail.admin.widgets import AdminDateInput
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import DeleteView, EditView, IndexView, UserFilterSet, UserViewSet

from portal import access
from portal.models.people import User
from portal.personal_data.guard import no_personal_data
from portal.spaces import roles

from . import ends, left_behind, password_changed

OWN_FIELDS = {"profession", "organisation", "telephone", "valid_until"}
ORDER = ["email", "first_name", "last_name", "organisation", "profession", "telephone", "valid_until"]
# Wagtail's own words under the fields are of another Italian, or say what is not so.
HELP = {
    "is_active": gettext_lazy(
        "Senza spunta la persona non entra più; il suo nome resta in quello che ha scritto e deciso."
    ),
    "is_superuser": gettext_lazy("Vede e cambia tutto, in ogni spazio: serve solo a chi tiene in ordine il portale."),
    "password2": gettext_lazy("La stessa, una seconda volta."),
}
PASSWORD = gettext_lazy(
    "Almeno 10 caratteri, non solo cifre, non una parola comune, non il nome o l’indirizzo della persona."
)


class PersonForm(forms.ModelForm):
    """What both forms about a person share."""

    error_messages = {
        "duplicate_username": gettext_lazy("C’è già una persona con questo indirizzo di posta."),
        "password_mismatch": gettext_lazy("Le due password non sono uguali: scrivile di nuovo."),
    }
    # Groups come from spaces and bodies: nobody is put into one by hand.
    groups = None
    field_order = ORDER
    first_name = forms.CharField(label=gettext_lazy("Nome"), max_length=150, validators=[no_personal_data])
    last_name = forms.CharField(label=gettext_lazy("Cognome"), max_length=150, validators=[no_personal_data])
    valid_until = forms.DateField(
        label=gettext_lazy("Account valido fino al"), required=False, widget=AdminDateInput,
        help_text=gettext_lazy("Compreso quel giorno; poi la persona non entra più. Vuoto: senza scadenza."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in HELP.items():
            if name in self.fields:
                self.fields[name].help_text = words
        self.fields["email"].label = _("E-mail")
        unchanged = _("Lasciala vuota per non cambiarla.") if self.instance.pk else ""
        self.fields["password1"].help_text = f"{unchanged} {PASSWORD}".strip()
        end = self.instance.valid_until
        self.initial["valid_until"] = timezone.localtime(end).date() if end else None

    def clean_email(self) -> str:
        """In small letters, as addresses are kept: else the same one in capitals would pass for another."""
        return str(self.cleaned_data["email"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "valid_until" not in self.errors and ends.is_needed(data.get("organisation")) and not data["valid_until"]:
            self.add_error("valid_until", ends.NEEDED)
        return data

    def clean_valid_until(self) -> datetime | None:
        if "valid_until" not in self.changed_data:
            return self.instance.valid_until  # the day is shown, the minute is kept
        day: date | None = self.cleaned_data["valid_until"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("La data è già passata: per chiudere subito l’account, disattivalo."))
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None


class PersonEditForm(PersonForm, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = (UserEditForm.Meta.fields | OWN_FIELDS) - {"groups"}

    def save(self, commit: bool = True) -> User:
        person: User = super().save(commit)
        if self.cleaned_data.get("password1"):
            password_changed.ask(person)
        return person

    def clean(self) -> dict[str, Any]:
        """Refuse what would leave a space without anybody who answers for it."""
        data = super().clean() or self.cleaned_data
        now, changed = self.instance, set(self.changed_data)
        ends = ("is_active" in changed and now.is_active) or ("valid_until" in changed and now.valid_until is None)
        if ends or "organisation" in changed:
            body = None if ends else data.get("organisation")
            if alone := roles.left_alone([now], staying=not ends, body=body):
                first = next(each for each in ("is_active", "valid_until", "organisation") if each in changed)
                self.add_error(first, left_alone_in_words(alone))
        return data


class PersonCreationForm(PersonForm, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = (UserCreationForm.Meta.fields | OWN_FIELDS) - {"groups"}


def left_alone_in_words(alone: list[Any]) -> str:
    """Why the account must stay: the spaces that nobody else would answer for."""
    names = ", ".join(f"«{space}»" for space in alone)
    return ngettext(
        "Lo spazio %(names)s resterebbe senza responsabile: prima nominane un altro, senza scadenza.",
        "Questi spazi resterebbero senza responsabile: %(names)s. Prima nominane un altro, senza scadenza.",
        len(alone),
    ) % {"names": names}


class PersonFilterSet(UserFilterSet):
    """Without the last entry of each worker (law 300/1970, art. 4)."""

    last_login = None


class PersonIndexView(IndexView):
    @cached_property
    def columns(self) -> list[Any]:
        """With the body; without ticks: persons are changed one at a time."""
        shown = [
            column
            for column in super().columns
            if not isinstance(column, BulkActionsCheckboxColumn) and column.name != "last_login"
        ]
        for column in shown:
            if column.name == User.USERNAME_FIELD:  # Wagtail calls it «Username», in Italian too
                column.label = gettext_lazy("E-mail")
        return [*shown[:2], Column("organisation", label=gettext_lazy("Ente"), sort_key="organisation"), *shown[2:]]

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("organisation")

    def get_delete_url(self, instance: User) -> None:
        return None


class PersonEditView(EditView):
    @method_decorator(transaction.atomic)
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Checked and written in one: of two who close the last two accounts of a space, the second is told."""
        return super().post(request, *args, **kwargs)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.can_delete = False

    def form_valid(self, form: Any) -> Any:
        """An account is closed at once, whatever it leaves behind; but not without a word of that."""
        answer = super().form_valid(form)
        person = self.object
        if "is_active" in form.changed_data and left_behind.is_something(person):
            words = _("Quello che {who} aveva in mano resta senza nessuno: <a href='{url}'>passa le consegne</a>. "
                      "Chi coordina la rete lo trova fra le cose da fare.")  # fmt: skip
            url = reverse("hand_over", args=[person.pk])
            messages.warning(self.request, format_html(words, who=person, url=url))
        return answer


class KeptPersonView(DeleteView):
    """Who worked here stays in what was written and decided: an account is deactivated, never deleted."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        access.require_administrator(request.user)  # else the refusal would tell the name behind any number
        person = self.get_object()
        messages.error(
            request,
            _("«%(person)s» non si elimina: il suo nome resta in quello che ha fatto. Per chiudere l’account, "
              "togli la spunta da «Attivo».") % {"person": person},
        )  # fmt: skip
        return redirect("wagtailusers_users:edit", person.pk)


class PersonViewSet(UserViewSet):
    index_view_class = PersonIndexView
    edit_view_class = PersonEditView
    delete_view_class = KeptPersonView
    filterset_class = PersonFilterSet
    # Wagtail's pages that draw whatever the form has; its own about users list the fields by hand.
    create_template_name = "wagtailadmin/generic/create.html"
    edit_template_name = "wagtailadmin/generic/edit.html"

    def get_form_class(self, for_update: bool = False) -> Any:
        return PersonEditForm if for_update else PersonCreationForm
