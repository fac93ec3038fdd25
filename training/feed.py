"""Where the person is in the paths begun."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.navigation import Entry, entries
from portal.notices.feed import Resume, sources
from portal.requests import PersonRequest

from . import studied  # noqa: F401  says whose study a change touches
from .progress import PathProgress, has_begun, overview

SHOWN = 3


def paths(request: PersonRequest) -> Iterable[Resume]:
    """Paths not finished yet: begun ones, and for trainees the one to begin."""
    if not request.user.is_learner and not has_begun(request.user):
        return ()
    found, _modules = overview(request.user)
    begun = [each for each in found if each.done or request.user.is_learner]
    return filter(None, (_resume(progress) for progress in begun[:SHOWN]))


def _resume(progress: PathProgress) -> Resume | None:
    """The lesson to do now, with module, number, minutes and tutor; None where all is done."""
    now = progress.now
    lesson = now.next if now else None
    if now is None or lesson is None:
        return None
    words = _("%(code)s %(module)s · lezione %(number)d di %(of)d · %(minutes)d minuti") % {
        "code": now.module.code, "module": now.module.title, "number": now.place, "of": now.of,
        "minutes": lesson.minutes,
    }  # fmt: skip
    return Resume(
        lesson.title, lesson.url, progress.path.title, progress.done, progress.of,
        verb=_("Continua") if progress.done else _("Comincia"), where=words.strip(), person=now.module.tutor,
    )  # fmt: skip


sources.resume.append(paths)
entries.append(Entry(50, "formazione", gettext_lazy("Formazione"), "/formazione/", "modulepage"))
