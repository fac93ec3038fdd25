"""What paths, modules and lessons are shown with: how far the reader is in them."""

from typing import Any

from django.http import HttpRequest

from portal.pages.kinds import shows

from . import progress
from .models import LessonPage, ModulePage, PathPage


@shows(PathPage)
def path(page: PathPage, request: HttpRequest) -> dict[str, Any]:
    return {"progress": progress.path_progress(page, request.user)}


@shows(ModulePage)
def module(page: ModulePage, request: HttpRequest) -> dict[str, Any]:
    return {"place": progress.module_place(page, request.user)}


@shows(LessonPage)
def lesson(page: LessonPage, request: HttpRequest) -> dict[str, Any]:
    return {"place": progress.lesson_place(page, request.user)}
