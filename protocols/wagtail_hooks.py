"""Wagtail's doors, where a protocol waits for its bodies or is copied."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page

from portal.requests import number
from portal.words import dates

from .models import JointApproval, JointState


@hooks.register("before_edit_page")
def what_is_being_signed_stays(request: HttpRequest, page: Page) -> None:
    """Autosave never rewrites the text that bodies sign; whoever writes meanwhile is told that it is another one."""
    last = JointApproval.objects.filter(page=page.pk).first()
    if last is None:
        return
    if number(request.POST.get("overwrite_revision_id")) == last.revision_id:
        data = request.POST.copy()
        del data["overwrite_revision_id"]
        request.POST = data  # type: ignore[assignment]
    if request.method == "GET" and last.state == JointState.OPEN:
        words = _("Gli enti stanno firmando questo testo com’era %(day)s. Quello che scrivi qui non ci entra: quando "
                  "chiedi di nuovo l’approvazione le firme ricominciano.")  # fmt: skip
        said = words % {"day": dates.in_words(last.opened_at, article="il")}
        address = reverse("joint_approval", args=[last.pk])
        messages.warning(request, format_html('{} <a href="{}">{}</a>', said, address, _("Chi ha firmato")))
