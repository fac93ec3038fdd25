"""Two at work on one page, or one in two windows: nobody's older text silently takes the place of a newer one.

A form says from which text it was begun. A save that began from an older one is refused: what was typed stays on
the screen, and whoever wrote it looks at the other's text, or keeps the own one over it knowing so.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from portal.words import dates

BEGUN_FROM = "begun_from"  # the field with the mark of the text that the form was begun from
OVER = "over"  # the mark of the newer text that its author saw named, and goes over
WAGTAILS = ("loaded_revision_id", "loaded_revision_created_at")  # its own guess, which takes one window for another


class Overtaken(PermissionDenied):
    """The page was saved since the form was begun; the words say by whom and when."""

    def __init__(self, newer: Revision, user: Any) -> None:
        self.mark = mark(newer)
        self.address = reverse("wagtailadmin_pages:revisions_view", args=[newer.object_id, newer.pk])
        super().__init__(_said(newer, user))


def mark(revision: Revision | None) -> str:
    """Which text one has before oneself: autosave may write a revision anew, so its number alone does not tell."""
    return f"{revision.pk}-{revision.created_at.isoformat()}" if revision else ""


def check(page: Page, data: Any, user: Any) -> None:
    """Raise `Overtaken` where the form was begun from a text that is not the newest any more."""
    newest, begun_from = mark(page.latest_revision), data.get(BEGUN_FROM, "")
    if begun_from and newest not in {begun_from, data.get(OVER, "")}:
        raise Overtaken(page.latest_revision, user)


def check_again(page: Page) -> None:
    """The same in the moment of saving, when nobody else can save: for two who press at once.

    The row itself does not tell: a form that saves a draft has just written into it what it knew.
    """
    known: str | None = page.__dict__.get("newest_known")
    if known is None:
        return
    Page.objects.select_for_update(of=("self",)).get(pk=page.pk)
    newest = Revision.objects.for_instance(page).order_by("pk").last()
    if newest and mark(newest) != known:
        raise Overtaken(newest, None)


def before_edit(request: HttpRequest, page: Page) -> JsonResponse | None:
    """What saves itself is told so in words of its own; Wagtail's guess is left aside."""
    if request.method != "POST":
        return None
    data = request.POST.copy()
    if data.get(BEGUN_FROM):
        for name in WAGTAILS:
            data.pop(name, None)
        if data.get("overwrite_revision_id") != str(page.latest_revision_id):
            # A new text goes over another's, which stays in the history.
            data.pop("overwrite_revision_id", None)
    request.POST = data  # type: ignore[assignment]
    if request.accepts("text/html"):
        return None  # the form itself says it, above what was typed
    try:
        check(page, request.POST, request.user)
    except Overtaken as problem:
        return refused(problem)
    return None


def refused(problem: Overtaken) -> JsonResponse:
    answer = {"success": False, "error_code": "overtaken", "error_message": str(problem)}
    return JsonResponse(answer | {"address": problem.address, "mark": problem.mark}, status=409)


def ways_on(problem: Overtaken) -> dict[str, str]:
    """For the script that offers a link to the other's text and the button that keeps the own one."""
    return {"data-said": str(problem), "data-address": problem.address, "data-mark": problem.mark}


def _said(newer: Revision, user: Any) -> str:
    at = {
        "hour": timezone.localtime(newer.created_at).strftime("%H:%M"), "person": str(newer.user or ""),
        "day": dates.in_words(newer.created_at, "j F", article="del"),
    }  # fmt: skip
    if newer.user is None:
        said = _("Questa pagina è stata salvata alle %(hour)s %(day)s, mentre la scrivevi.")
    elif user is not None and newer.user_id == user.pk:
        said = _("Hai salvato questa pagina da un’altra finestra alle %(hour)s %(day)s, mentre scrivevi qui.")
    else:
        said = _("%(person)s ha salvato questa pagina alle %(hour)s %(day)s, mentre la scrivevi.")
    return " ".join([said % at, _("Il tuo testo è ancora qui, e non è salvato.")])
