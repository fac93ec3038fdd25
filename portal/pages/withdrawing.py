"""Withdrawing a page: whoever does it says why, and the reason stays with the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from wagtail.admin.api.actions.unpublish import UnpublishPageAPIAction, UnpublishPageAPIActionSerializer
from wagtail.admin.views.pages.bulk_actions import UnpublishBulkAction
from wagtail.admin.views.pages.unpublish import UnpublishView
from wagtail.models import Page

from portal.models.activity import Activity, Verb
from portal.personal_data.guard import no_personal_data

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


class WithdrawView(UnpublishView):
    """Wagtail's page, which asks no reason."""

    form: ReasonForm | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ReasonForm(request.POST)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data())
        with because(self.form.cleaned_data["reason"]):
            response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        form = self.form or ReasonForm()
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
