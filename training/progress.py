"""How far a person is in a path, and the next thing to do. All of it only as far as the person may see it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.db.models.functions import Length, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.accounts import own_data
from portal.models import User
from portal.words import dates

from .models import LessonDone, LessonPage, ModulePage, PathPage

access.own(LessonDone, "user")


def kept_of(person: User) -> Iterator[own_data.Kept]:
    """The lessons that the person said to have done; named as far as the person reads them still."""
    rows = list(LessonDone.objects.filter(user=person).order_by("at"))
    lessons = access.allowed(LessonPage.objects.filter(pk__in=[row.lesson_id for row in rows]), person)
    titles = dict(lessons.values_list("pk", "title"))
    closed = _("una lezione che non leggi più")
    yield own_data.Kept(_("Lezioni fatte"), _("finché l’account c’è"), [
        {_("lezione"): titles.get(row.lesson_id, closed), _("il"): dates.local_day(row.at)} for row in rows
    ])  # fmt: skip


own_data.sources.append(kept_of)


@dataclass(frozen=True)
class ModuleProgress:
    """One module as one person sees it."""

    module: ModulePage
    lessons: list[tuple[LessonPage, bool]]

    @property
    def done(self) -> int:
        return sum(done for _lesson, done in self.lessons)

    @property
    def of(self) -> int:
        return len(self.lessons)

    @property
    def is_done(self) -> bool:
        return bool(self.lessons) and self.done == self.of

    @property
    def next(self) -> LessonPage | None:
        return next((lesson for lesson, done in self.lessons if not done), None)

    @property
    def place(self) -> int:
        """The number of the lesson to do now."""
        return next((number for number, (_, done) in enumerate(self.lessons, start=1) if not done), self.of)


@dataclass(frozen=True)
class PathProgress:
    """A path as one person sees it: done, now, next."""

    path: PathPage
    modules: list[ModuleProgress]

    @property
    def done(self) -> int:
        return sum(module.done for module in self.modules)

    @property
    def of(self) -> int:
        return sum(module.of for module in self.modules)

    @property
    def is_done(self) -> bool:
        return bool(self.of) and self.done == self.of

    @property
    def now(self) -> ModuleProgress | None:
        return next((module for module in self.modules if module.lessons and not module.is_done), None)

    def after(self, module: ModulePage) -> ModuleProgress | None:
        """The module to do when this one is done: the next one not done, else an earlier one that was left out."""
        left = [each for each in self.modules if each.module.pk != module.pk and each.lessons and not each.is_done]
        return next((each for each in left if each.module.path > module.path), left[0] if left else None)


@dataclass(frozen=True)
class ModulePlace:
    """A module, and where it leads: the path and what follows there, for whoever may see the path."""

    here: ModuleProgress
    path: PathProgress | None

    @property
    def following(self) -> ModuleProgress | None:
        return self.path.after(self.here.module) if self.path else None


@dataclass(frozen=True)
class LessonPlace:
    """A lesson, and where it leads. A lesson shared alone says nothing of its module."""

    module: ModulePlace | None
    number: int
    of: int
    is_done: bool
    next: LessonPage | None


def overview(user: Any) -> tuple[list[PathProgress], list[ModuleProgress]]:
    """The paths that the person may follow, and the modules opened one by one; four queries, however many."""
    modules = _with_lessons(_modules(user), user)
    paths = [_path_of(path, modules) for path in access.allowed(PathPage.objects.all(), user)]
    shown = {each.module.pk for path in paths for each in path.modules}
    return paths, [each for each in modules if each.module.pk not in shown]


def has_begun(user: Any) -> bool:
    """Whether the person has done a lesson, of any path."""
    return bool(access.addressed_rows("one lesson", LessonDone.objects.all, user, "user", most=1))


def path_progress(path: PathPage, user: Any) -> PathProgress:
    """The modules of the path that the person may see, in order."""
    return _path_of(path, _with_lessons(_modules(user).descendant_of(path), user))


def module_place(module: ModulePage, user: Any) -> ModulePlace:
    path = access.allowed(PathPage.objects.filter(path=module.path[: -module.steplen]), user).first()
    if path is not None:
        progress = path_progress(path, user)
        here = next((each for each in progress.modules if each.module.pk == module.pk), None)
        if here is not None:
            return ModulePlace(here, progress)
    return ModulePlace(_with_lessons([module], user)[0], None)  # no path above it, or a draft in its preview


def lesson_place(lesson: LessonPage, user: Any) -> LessonPlace:
    above = lesson.path[: -lesson.steplen]
    module = _modules(user).filter(path=above).first()
    place = module_place(module, user) if module else None
    lessons = place.here.lessons if place else _lessons([above], user).get(above, [])
    order = [each.pk for each, _done in lessons]
    if lesson.pk not in order:  # a draft in its preview
        return LessonPlace(place, len(lessons) + 1, len(lessons) + 1, False, None)
    here = order.index(lesson.pk)
    following = lessons[here + 1][0] if here + 1 < len(lessons) else None
    return LessonPlace(place, here + 1, len(lessons), lessons[here][1], following)


def _modules(user: Any) -> Any:
    return access.allowed(ModulePage.objects.select_related("tutor"), user).order_by("path")


def _path_of(path: PathPage, modules: Iterable[ModuleProgress]) -> PathProgress:
    return PathProgress(path, [each for each in modules if each.module.path.startswith(path.path)])


def _with_lessons(modules: Iterable[ModulePage], user: Any) -> list[ModuleProgress]:
    """Two queries, however many modules."""
    modules = list(modules)
    lessons = _lessons([module.path for module in modules], user) if modules else {}
    return [ModuleProgress(module, lessons.get(module.path, [])) for module in modules]


def _lessons(above: list[str], user: Any) -> dict[str, list[tuple[LessonPage, bool]]]:
    """Path of a module → its lessons that the person may see, each with whether it is done."""
    rows = access.allowed(LessonPage.objects.all(), user).annotate(
        above=Substr("path", 1, Length(F("path")) - LessonPage.steplen)
    )
    done = set(access.allowed(LessonDone.objects.all(), user).values_list("lesson", flat=True))
    found: dict[str, list[tuple[LessonPage, bool]]] = {}
    for lesson in rows.filter(above__in=above).order_by("path"):
        found.setdefault(lesson.above, []).append((lesson, lesson.pk in done))
    return found


def finish(lesson: LessonPage, *, by: User) -> None:
    """The person says that the lesson is done; saying it twice changes nothing."""
    access.require(by, "view", lesson)
    LessonDone.objects.get_or_create(user=by, lesson=lesson, defaults={"at": timezone.now()})
