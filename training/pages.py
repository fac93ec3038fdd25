"""What paths, modules and lessons are shown with: how far the reader is in them."""

from typing import Any

from django.http import HttpRequest

from portal.accounts import looked_up
from portal.pages.kinds import shows

from . import progress
from .models import LessonPage, ModulePage, PathPage


@shows(PathPage)
def path(page: PathPage, request: HttpRequest) -> dict[str, Any]:
    found = progress.path_progress(page, request.user)
    looked_up.expect(request, [each.module.tutor for each in found.modules])
    return {"progress": found}


@shows(ModulePage)
def module(page: ModulePage, request: HttpRequest) -> dict[str, Any]:
    return {"place": progress.module_place(page, request.user)}


@shows(LessonPage)
def lesson(page: LessonPage, request: HttpRequest) -> dict[str, Any]:
    return {"place": progress.lesson_place(page, request.user)}
