"""«Cambia gli orari»: the telephone, the hours and the place of a service, changed on its card in a minute."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access
from portal.models import User
from portal.models.pages import PortalPage
from portal.pages import approval, concurrent_edits, quick_changes, unfinished
from portal.pages.quick_changes import ChangeNoteField
from portal.personal_data import guard

from .models import ServicePage

SAID = ("telephone", "hours", "place")
TYPED = (*SAID, "change_note")
WORDS = (*TYPED, guard.REASON, concurrent_edits.BEGUN_FROM)


@quick_changes.offered.append
def _offered(page: PortalPage) -> tuple[str, str] | None:
    return (_("Cambia gli orari"), reverse("service_hours", args=[page.pk])) if isinstance(page, ServicePage) else None


class HoursForm(guard.Reasoned, forms.ModelForm):  # type: ignore[type-arg]
    """How to reach the service, and what readers are told of the change. Its telephone is nobody's secret."""

    worded = ("hours", "place")
    change_note = ChangeNoteField()
    personal_data_reason = guard.ReasonField()
    begun_from = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = ServicePage
        fields = SAID
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in ("hours", "place")}  # seen whole on a phone

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.page_pk = person, self.instance.pk
        if not self.initial.get(concurrent_edits.BEGUN_FROM):  # words that were kept know from which card they began
            self.initial[concurrent_edits.BEGUN_FROM] = concurrent_edits.mark(self.instance.latest_revision)

    def clean_hours(self) -> str:
        return " ".join(self.cleaned_data["hours"].split())

    def clean_place(self) -> str:
        return " ".join(self.cleaned_data["place"].split())

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        try:
            concurrent_edits.check(self.instance, self.data, self.person)
        except concurrent_edits.Overtaken as problem:
            words = _("%(problem)s Oggi la scheda dice: %(now)s. Se premi ancora vale quello che hai scritto tu.")
            self.add_error(None, words % {"problem": problem, "now": _in_words(self.instance.pk)})
            self.go_over()
        return data

    def go_over(self) -> None:
        """Whoever was told of the newer text and presses again means it."""
        data: Any = self.data
        self.data = {**data.dict(), concurrent_edits.BEGUN_FROM: concurrent_edits.mark(self.instance.latest_revision)}


def _in_words(pk: int) -> str:
    card = ServicePage.objects.get(pk=pk)
    said = [card.telephone, card.hours, card.place]
    return "; ".join(filter(None, said)) or _("niente")


def service_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Changed at once by who may publish there, else sent to whoever approves."""
    if not isinstance(request.user, User):
        return unfinished.enter_first(request, WORDS)
    page = quick_changes.page_of(request, pk)
    space = access.space_of(page)
    if space is None or not isinstance(page, ServicePage):
        raise Http404
    about = quick_changes.about("hours", page)
    begun = quick_changes.begun_from(page, SAID)
    form = HoursForm(
        request.POST or None, instance=begun, person=request.user, use_required_attribute=False,
        initial=unfinished.begun(request, space, about, WORDS)
        or {"change_note": "" if begun is page else begun.change_note},
    )  # fmt: skip
    blocked = quick_changes.why_not(page, begun)
    if request.method == "POST" and not blocked and form.is_valid():
        _change(begun, form, by=request.user)
        unfinished.drop(request.user, space, about)
        quick_changes.tell(request, page)
        return redirect(page.get_url())
    if form.is_bound:
        unfinished.keep(request.user, space, about, unfinished.typed(request.POST, WORDS), TYPED)
    context = {
        "page": ServicePage.objects.get(pk=pk), "form": form, "blocked": blocked, "space": space, "about": about,
        "kept": unfinished.of(request.user, space, about), "came_back": approval.came_back(page),
        "can_publish": quick_changes.can_publish(page, request.user),
    }  # fmt: skip
    return render(request, "coordination/service_hours.html", context)


@transaction.atomic
def _change(page: PortalPage, form: HoursForm, *, by: User) -> None:
    form.explain(page, by)
    quick_changes.save(page, by=by, note=form.cleaned_data["change_note"])
