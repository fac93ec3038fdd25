"""Paths, and saying that a lesson is done."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from portal import access, paging
from portal.requests import PersonRequest

from . import progress
from .models import LessonPage


@login_required
def path_list(request: PersonRequest) -> HttpResponse:
    """The paths that the person may follow; modules shared one by one for whoever sees no path."""
    request.section = "formazione"
    paths, modules = progress.overview(request.user)
    rows = paging.part(request, [*paths, *modules].__getitem__)
    return render(request, "training/path_list.html", {"part": rows})


@login_required
@require_POST
def finish_lesson(request: PersonRequest, pk: int) -> HttpResponse:
    """«Continua»: the lesson is done, on to the next one; after the last to its module, which says what follows."""
    lesson = access.get_or_404(LessonPage.objects.live(), request.user, pk=pk)
    progress.finish(lesson, by=request.user)
    place = progress.lesson_place(lesson, request.user)
    if place.next:
        return redirect(place.next.url)
    return redirect(place.module.here.module.url if place.module else "training")
