"""Words typed outside the editors' admin are kept on the server until they are sent: a closed tab or an ended session
costs nothing, and they are offered again where they were typed.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.models.people import User
from portal.models.spaces import Space
from portal.models.unfinished import UnfinishedWords

KEPT = timedelta(days=30)
LONGEST_TEXT = 20_000
FILES = "kept"  # the field of the files that came through already, by their numbers
LEFT = "unfinished_words"  # in the session of whoever's had ended; the login leads back
access.own(UnfinishedWords, "person")


def of(person: User, space: Space, about: str) -> UnfinishedWords | None:
    return UnfinishedWords.objects.filter(person=person, space=space, about=about).first()


def keep(person: User, space: Space, about: str, words: dict[str, str], telling: Iterable[str]) -> None:
    """Keep what was typed; where none of the fields that tell something holds anything, there is nothing to keep."""
    mine = UnfinishedWords.objects.filter(person=person, space=space, about=about)
    if any(words[name].strip() for name in telling):
        mine.update_or_create(person=person, space=space, about=about, defaults={"words": words, "at": timezone.now()})
    else:
        mine.delete()


def drop(person: User, space: Space, about: str) -> None:
    UnfinishedWords.objects.filter(person=person, space=space, about=about).delete()


def typed(data: Any, names: Iterable[str]) -> dict[str, str]:
    """What stands in these fields, as long as a text may be."""
    several = {FILES: ",".join(data.getlist(FILES))} if FILES in data and hasattr(data, "getlist") else {}
    return {name: str(several.get(name, data.get(name, "")))[:LONGEST_TEXT] for name in names}


def enter_first(request: HttpRequest, names: Iterable[str]) -> HttpResponse:
    """The session has ended: the words wait until the person has entered again, at the same address."""
    if request.method == "POST":
        files = [file.name for _name, several in request.FILES.lists() for file in several]
        request.session[LEFT] = {"path": request.path, "words": typed(request.POST, names), "files": files}
        messages.warning(request, _("La sessione era finita. Entra: ritrovi quello che hai scritto."))
    return redirect_to_login(request.path)


def left_at(request: HttpRequest) -> dict[str, str] | None:
    """What was typed at this address as the session ended; once."""
    left = request.session.get(LEFT)
    if not left or left["path"] != request.path:
        return None
    del request.session[LEFT]
    if files := left.get("files"):
        said = _("I file che avevi appena scelto non sono arrivati, sceglili di nuovo: %(names)s.")
        messages.warning(request, said % {"names": ", ".join(files)})
    words: dict[str, str] = left["words"]
    return words


def begun(request: HttpRequest, space: Space, about: str, names: Iterable[str]) -> dict[str, str]:
    """What a form begins with: what was typed as the session ended, or what was kept meanwhile."""
    names, person = list(names), request.user
    if not isinstance(person, User):
        return {}
    if left := left_at(request):
        keep(person, space, about, typed(left, names), names)
    kept = of(person, space, about)
    return {name: kept.words.get(name, "") for name in names} if kept else {}


def purge() -> int:
    """Take away what nobody came back to."""
    count, _rows = UnfinishedWords.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return count
