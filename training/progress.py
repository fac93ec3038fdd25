"""How far a person is in a path, and the next thing to do."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from portal import access
from portal.models import User

from .models import LessonDone, LessonPage, ModulePage, PathPage


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


@dataclass(frozen=True)
class PathProgress:
    """A path as one person sees it: done, now, next."""

    modules: list[ModuleProgress]

    @property
    def done(self) -> int:
        return sum(module.done for module in self.modules)

    @property
    def of(self) -> int:
        return sum(module.of for module in self.modules)

    @property
    def now(self) -> ModuleProgress | None:
        return next((module for module in self.modules if not module.is_done), None)


@dataclass(frozen=True)
class LessonProgress:
    """Where a lesson stands in its module."""

    module: ModuleProgress
    number: int
    is_done: bool
    next: LessonPage | None


def path_progress(path: PathPage, user: Any) -> PathProgress:
    """The modules of the path that the person may see, in order."""
    modules = access.allowed(ModulePage.objects.descendant_of(path), user).order_by("path")
    return PathProgress(_with_lessons(list(modules), user))


def module_progress(module: ModulePage, user: Any) -> ModuleProgress:
    return _with_lessons([module], user)[0]


def lesson_progress(lesson: LessonPage, user: Any) -> LessonProgress:
    module = ModulePage.objects.get(path=lesson.path[: -lesson.steplen])
    progress = module_progress(module, user)
    order = [each.pk for each, _done in progress.lessons]
    if lesson.pk not in order:  # a draft in its preview
        return LessonProgress(progress, progress.of + 1, False, None)
    place = order.index(lesson.pk)
    following = progress.lessons[place + 1][0] if place + 1 < progress.of else None
    return LessonProgress(progress, place + 1, progress.lessons[place][1], following)


def _with_lessons(modules: list[ModulePage], user: Any) -> list[ModuleProgress]:
    """Two queries, however many modules."""
    lessons = access.allowed(LessonPage.objects.all(), user).filter(
        depth__gt=access.SPACE_DEPTH, path__regex="^(" + "|".join(each.path for each in modules) + ")."
    ) if modules else LessonPage.objects.none()  # fmt: skip
    done = set(LessonDone.objects.filter(user=user.pk).values_list("lesson", flat=True))
    found: dict[str, list[tuple[LessonPage, bool]]] = {module.path: [] for module in modules}
    for lesson in lessons.order_by("path"):
        found[lesson.path[: -lesson.steplen]].append((lesson, lesson.pk in done))
    return [ModuleProgress(module, found[module.path]) for module in modules]


def finish(lesson: LessonPage, *, by: User) -> None:
    """The person says that the lesson is done; saying it twice changes nothing."""
    access.require(by, "view", lesson)
    LessonDone.objects.get_or_create(user=by, lesson=lesson, defaults={"at": timezone.now()})
