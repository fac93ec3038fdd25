"""What an editor of minutes is told."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from portal import access
from portal.models import User

from .models import MeetingPage


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def tell_who_cannot_read(request: HttpRequest, page: Page) -> None:
    """An action given to somebody who may not read its minutes reaches its owner, who will not know why."""
    if not isinstance(page, MeetingPage) or "application/json" in request.headers.get("Accept", ""):
        return  # autosave asks for JSON, and shows no message
    given = User.objects.filter(pk__in=[item.person_id for item in page.actions.all()])
    without = list(given.exclude(pk__in=access.readers(page).values("pk")))
    if not without:
        return
    words: dict[str, Any] = {"people": ", ".join(str(person) for person in without)}
    sentence = ngettext(
        "%(people)s non può leggere questa pagina: riceve solo la sua azione, con il giorno e il pulsante.",
        "%(people)s non possono leggere questa pagina: ricevono solo la loro azione, con il giorno e il pulsante.",
        len(without),
    )
    space = access.space_of(page)
    if space and access.can(request.user, "manage", space):
        button = messages.button(reverse("sharing", args=[space.slug]), _("Apri la pagina o dai accesso"))
        messages.warning(request, sentence % words, buttons=[button])
    else:
        messages.warning(request, sentence % words + " " + _("Se deve leggerla, chiedilo a chi risponde dello spazio."))
