"""«Vedi come…»: a page with reserved parts, as one of its readers finds them, without acting in that person's name.

Everything else stays as whoever asks may read it: a look at a colleague's parts is no way round one's own rights.
"""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import access
from portal.accounts.person_field import PersonField
from portal.models import User
from portal.requests import PersonRequest

from .approval_page import as_read


class ReaderForm(forms.Form):
    """One of those who read the page, as far as whoever asks knows them."""

    persona = PersonField(label=_("Persona"))

    def __init__(self, *args: object, page: Page, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        readers = access.allowed(access.readers(page), user).select_related("organisation")
        self.fields["persona"].offer(readers.order_by("last_name", "first_name"))  # type: ignore[attr-defined]


@login_required
def page_seen_as(request: PersonRequest, pk: int) -> HttpResponse:
    page = access.get_or_404(Page.objects.live(), request.user, "edit", pk=pk).specific
    form = ReaderForm(request.GET if "persona" in request.GET else None, page=page, user=request.user)
    context = {"page": page, "form": form}
    if form.is_valid():
        request.as_seen_by = form.cleaned_data["persona"]  # type: ignore[attr-defined]
        context |= {"who": form.cleaned_data["persona"], "text": as_read(page, request)}
    return render(request, "portal/page_seen_as.html", context)
