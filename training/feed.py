"""Where the person is in the paths begun."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.feed import Resume, sources
from portal.navigation import Entry, entries
from portal.requests import PersonRequest

from .models import PathPage
from .progress import path_progress


def paths(request: PersonRequest) -> Iterable[Resume]:
    """Paths not finished yet: begun ones, and for trainees the one to begin."""
    user = request.user
    for path in access.allowed(PathPage.objects.all(), user)[:3]:
        progress = path_progress(path, user)
        now = progress.now
        if now is None or now.next is None or not (progress.done or user.is_learner):
            continue
        verb = _("Continua") if progress.done else _("Comincia")
        yield Resume(now.next.title, now.next.url, path.title, progress.done, progress.of, verb)


sources.resume.append(paths)
entries.append(Entry(50, "formazione", gettext_lazy("Formazione"), "/formazione/", "modulepage"))
