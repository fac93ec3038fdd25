"""Withdrawing a page: whoever does it says why, and the reason stays with the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from operator import attrgetter
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import CharField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from wagtail.admin.api.actions.unpublish import UnpublishPageAPIAction, UnpublishPageAPIActionSerializer
from wagtail.admin.views.pages.bulk_actions import UnpublishBulkAction
from wagtail.admin.views.pages.unpublish import UnpublishView
from wagtail.models import Page

from portal import access, prepared
from portal.models.activity import Activity, Verb
from portal.models.old_addresses import OldAddress
from portal.models.replacements import Replacement
from portal.notices.problem_reports import page_named
from portal.personal_data.guard import no_personal_data

from . import addresses

MISSING = _("Scrivi perché la ritiri: lo leggerà chi lavorerà su questa pagina.")
LONGEST = 400
_reason: ContextVar[str] = ContextVar("why the page at hand is withdrawn", default="")


def reason() -> str:
    """Why the page at hand is being withdrawn; empty where nobody was asked."""
    return _reason.get()


@contextmanager
def because(words: str) -> Iterator[None]:
    said = _reason.set(words)
    try:
        yield
    finally:
        _reason.reset(said)


def last(page: Page) -> Activity | None:
    """Who withdrew the page and why, as long as it is withdrawn."""
    if page.live:
        return None
    return Activity.objects.filter(page=page.pk, verb=Verb.WITHDRAWN).select_related("by").first()


class ReasonForm(forms.Form):
    """`include_descendants` is Wagtail's name for the pages below."""

    reason = forms.CharField(
        label=_("Perché la ritiri"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}),
        validators=[no_personal_data], error_messages={"required": MISSING},
        help_text=_("Resta scritto con il tuo nome: lo legge chi lavora su questa pagina."),
    )  # fmt: skip
    include_descendants = forms.BooleanField(label=_("Ritira anche le pagine che contiene"), required=False)


class OneReasonForm(ReasonForm):
    """Of one page, what takes its place too."""

    replaced_by = forms.CharField(
        label=_("Che cosa c’è al suo posto (facoltativo)"), max_length=300, required=False,
        help_text=_("Il codice o l’indirizzo di un’altra pagina: chi arriva dal vecchio indirizzo la trova subito."),
    )  # fmt: skip
    field_order = ["reason", "replaced_by"]

    def __init__(self, *args: Any, user: Any, page: Page, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.page = user, page

    def clean_replaced_by(self) -> Page | None:
        typed = self.cleaned_data["replaced_by"].strip()
        if not typed:
            return None
        found = page_named(typed, self.user)
        if found is None or found.pk == self.page.pk:
            raise forms.ValidationError(
                _("Non trovo questa pagina: scrivi il suo codice, per esempio PR-02, o copia il suo indirizzo.")
            )
        return found


class WithdrawView(UnpublishView):
    """Wagtail's page, which asks no reason."""

    form: OneReasonForm | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Withdrawn meanwhile, in another window or by somebody else: the editor says by whom and why."""
        if not self.object.live and access.can(request.user, "edit", self.object):
            messages.warning(request, _("Non c’è più niente da ritirare: questa pagina adesso non la legge nessuno."))
            return redirect("wagtailadmin_pages:edit", self.object.pk)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = self._form(request.POST)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data())
        with transaction.atomic(), because(self.form.cleaned_data["reason"]):
            replace(self.object, self.form.cleaned_data["replaced_by"])
            response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def _form(self, data: Any = None) -> OneReasonForm:
        return OneReasonForm(data, user=self.request.user, page=self.object)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        form = self.form or self._form()
        if not context["live_descendant_count"]:
            del form.fields["include_descendants"]
        return context | {"form": form}


class WithdrawMany(UnpublishBulkAction):
    """Takes the place of Wagtail's of the same name."""

    form_class = ReasonForm

    def get_execution_context(self) -> dict[str, Any]:
        return {**super().get_execution_context(), "reason": self.cleaned_form.cleaned_data["reason"]}

    @classmethod
    def execute_action(cls, objects: Any, reason: str = "", **kwargs: Any) -> Any:
        with because(reason):
            return super().execute_action(objects, **kwargs)


class _ReasonSerializer(UnpublishPageAPIActionSerializer):
    reason = serializers.CharField(
        validators=[no_personal_data],
        max_length=LONGEST,
        error_messages={"required": MISSING, "blank": MISSING, "null": MISSING},
    )


class WithdrawByApi(UnpublishPageAPIAction):
    serializer = _ReasonSerializer

    def execute(self, instance: Page, data: dict[str, Any]) -> Any:
        with because(data["reason"]):
            return super().execute(instance, data)


# --- Whoever comes by the old address --------------------------------------------------------------------


def replace(page: Page, by: Page | None) -> None:
    """Another page takes its place, or none does any more."""
    Replacement.objects.filter(page=page.pk).delete()
    if by is not None:
        Replacement.objects.create(page_id=page.pk, by_id=by.pk)


def gone(path: str, user: Any) -> dict[str, Any] | None:
    """What to say at the address of a page that was withdrawn: to whoever would read it, were it still there."""
    words = [word for word in path.split("/") if word]
    left = min(_left_at(words, user), key=attrgetter("path"), default=None) if words else None
    page = Page.objects.filter(pk=left.pk).first() if left else None
    if page is None:
        return None
    successor = Page.objects.filter(pk__in=Replacement.objects.filter(page=page.pk).values("by"))
    act = last(page)
    return {
        "gone": page.specific,
        "withdrawn_at": act.at if act else None,
        "successor": next(iter(access.allowed(successor, user).specific()), None),
    }


def _left_at(words: list[str], user: Any) -> list[Any]:
    if words[0] == addresses.CODE_ADDRESS:
        slugs = prepared.several("slug", addresses.slugs_of(words[-1]) if len(words) == 2 else ())
        rows = prepared.answers(("left", len(slugs)), partial(_coded, slugs), **slugs) if slugs else []
    elif words[0] == addresses.PAGES_ADDRESS:
        number = addresses.number_in(words)
        rows = [] if number is None else prepared.by_key(Page, [number], access.LEFT)
    elif words[0] == addresses.SPACES_ADDRESS:
        home = Page.objects.filter(depth=access.SPACE_DEPTH - 1).first()
        return OldAddress.withdrawn_at(home, words, user) if home else []
    else:
        return []
    return access.withdrawn(user, rows)


def _coded(slugs: dict[str, str]) -> QuerySet[Any, Any]:
    there = Page.objects.order_by().filter(slug__in=prepared.places(slugs, CharField()), live=False)
    return there.values_list(*access.LEFT, named=True)
