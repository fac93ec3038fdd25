"""Paths, and saying that a lesson is done."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from portal import access
from portal.requests import PersonRequest

from . import progress
from .models import LessonPage, ModulePage, PathPage


@login_required
def path_list(request: PersonRequest) -> HttpResponse:
    """The paths that the person may follow; modules shared one by one for whoever sees no path."""
    request.section = "formazione"
    paths = access.allowed(PathPage.objects.all(), request.user)
    rows = [(path, progress.path_progress(path, request.user)) for path in paths]
    shown = {module.module.pk for _path, each in rows for module in each.modules}
    single = [each for each in access.allowed(ModulePage.objects.all(), request.user) if each.pk not in shown]
    modules = [progress.module_progress(module, request.user) for module in single]
    return render(request, "training/path_list.html", {"paths": rows, "modules": modules})


@login_required
@require_POST
def finish_lesson(request: PersonRequest, pk: int) -> HttpResponse:
    """«Continua»: the lesson is done, on to the next one."""
    lesson = access.get_or_404(LessonPage.objects.live(), request.user, pk=pk)
    progress.finish(lesson, by=request.user)
    following = progress.lesson_progress(lesson, request.user)
    return redirect(following.next.url if following.next else following.module.module.url)
