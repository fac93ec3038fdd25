"""What a page says of its reviews, the acts of who answers for it, and the list of what is due."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.models import Page

from portal import access, paging
from portal.models.pages import SOON, PortalPage
from portal.models.people import User
from portal.models.reviews import PageReview
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.words import dates
from portal.words.days import DayField

from . import reviews
from .feed import name

LONGEST = 5  # years: what is later was mistyped


class AnswerForm(forms.Form):
    """The day that is answered, as it was shown, and the next one."""

    due = forms.DateField(widget=forms.HiddenInput)
    next_on = DayField(label=gettext_lazy("Prossima revisione entro"))

    def clean_next_on(self) -> date:
        day: date = self.cleaned_data["next_on"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("Scrivi un giorno futuro."))
        if day > timezone.localdate() + timedelta(days=366 * LONGEST):
            raise forms.ValidationError(_("Scrivi un giorno entro %(years)d anni.") % {"years": LONGEST})
        return day


class PostponeForm(AnswerForm):
    reason = forms.CharField(
        label=gettext_lazy("Perché"), max_length=240, widget=forms.Textarea(attrs={"rows": 2}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Lo legge chi legge la pagina. Per esempio: «Aspettiamo la delibera regionale»."),
    )  # fmt: skip


class Review:
    """What a page knows of its reviews; asked of the database when it is shown."""

    def __init__(self, page: PortalPage, user: Any) -> None:
        self.page, self.user = page, user

    @cached_property
    def history(self) -> list[PageReview]:
        return reviews.history(self.page)

    @property
    def last(self) -> PageReview | None:
        """The last word, if it is on the text that is read now."""
        return next((row for row in self.history[:1] if row.is_of(self.page)), None)

    @cached_property
    def may(self) -> bool:
        return self.page.review_date is not None and access.may_review(self.user, self.page)

    @property
    def is_asked(self) -> bool:
        return reviews.is_near(self.page) and self.may

    @property
    def is_mine(self) -> bool:
        return isinstance(self.user, User) and self.page.responsible_id == self.user.pk

    @property
    def may_edit(self) -> bool:
        return access.can(self.user, "edit", self.page)

    @cached_property
    def confirming(self) -> AnswerForm:
        proposed = {"due": self.page.review_date, "next_on": reviews.next_of(self.page)}
        return AnswerForm(initial=proposed, prefix=None, auto_id="conferma_%s")

    @cached_property
    def postponing(self) -> PostponeForm:
        return PostponeForm(initial={"due": self.page.review_date}, auto_id="rinvia_%s")


def _reviewed(request: PersonRequest, pk: int) -> Review:
    """What whoever may answer finds; others what they would find of any page that is none of their business."""
    page = access.get_or_404(Page.objects.live(), request.user, pk=pk).specific
    if not isinstance(page, PortalPage) or not access.may_review(request.user, page):
        access.require(request.user, "manage", page)
    return Review(page, request.user)


@login_required
def review(request: PersonRequest, pk: int) -> HttpResponse:
    """The same acts on a page of their own: at any time, not only when the day is near."""
    return _shown(request, _reviewed(request, pk))


@login_required
@require_POST
def confirm(request: PersonRequest, pk: int) -> HttpResponse:
    """One click: from the page, or from what there is to do, whose address says what it sets."""
    found = _reviewed(request, pk)
    form = AnswerForm({**request.GET.dict(), **request.POST.dict()}, auto_id="conferma_%s")
    if form.is_valid():
        return _done(request, found, reviews.confirm, form)
    found.confirming = form
    return _shown(request, found)


@login_required
@require_POST
def postpone(request: PersonRequest, pk: int) -> HttpResponse:
    found = _reviewed(request, pk)
    form = PostponeForm(request.POST, auto_id="rinvia_%s")
    if form.is_valid():
        return _done(request, found, reviews.postpone, form)
    found.postponing = form
    return _shown(request, found)


def _shown(request: PersonRequest, found: Review) -> HttpResponse:
    return render(request, "portal/review.html", {"page": found.page, "review": found, "title": name(found.page)})


def _done(request: PersonRequest, found: Review, act: Any, form: forms.Form) -> HttpResponse:
    try:
        row: PageReview = act(found.page, by=request.user, **form.cleaned_data)
    except reviews.AnsweredMeanwhile:
        messages.warning(request, _("Nel frattempo la data di revisione è cambiata: non ho scritto niente."))
    else:
        said = _("Confermata senza modifiche") if row.is_confirmed else _("Revisione rinviata")
        day = dates.in_words(row.next_on, article="il")
        messages.success(request, _("%(said)s: la prossima revisione è entro %(day)s.") % {"said": said, "day": day})
    return redirect(f"{found.page.url}#revisione")


@login_required
def due_list(request: PersonRequest) -> HttpResponse:
    """All that the person reads and that is to be looked at within two months, or late; the most urgent first."""
    due = reviews.due_by(timezone.localdate() + SOON)
    readable = set(access.allowed(Page.objects.filter(pk__in=due), request.user).values_list("pk", flat=True))
    part = paging.part(request, [pk for pk in due if pk in readable].__getitem__)
    pages = {page.pk: page for page in Page.objects.filter(pk__in=part.rows).specific()}
    people = User.objects.select_related("organisation").in_bulk({page.responsible_id for page in pages.values()})
    last: dict[int, PageReview] = {}
    for row in PageReview.objects.filter(page__in=part.rows).select_related("by"):
        last.setdefault(row.page_id, row)
    homes = access.spaces_of(pages.values(), request.user)
    rows = [
        (pages[pk], homes.get(pk), people.get(pages[pk].responsible_id), last.get(pk)) for pk in part.rows
    ]  # fmt: skip
    return render(request, "portal/reviews_due.html", {"rows": rows, "part": part})
