"""«Porta via lo spazio»: asked for here, and fetched here when it is ready."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from portal import access, security_log
from portal.files.serving import file_response
from portal.models import Space, SpaceExport
from portal.requests import PersonRequest

from . import export


@login_required
def take_away(request: PersonRequest, slug: str) -> HttpResponse:
    """What it will hold and, below, what one has asked for already; of others' nothing is said."""
    space = _space(request, slug)
    mine = SpaceExport.objects.filter(space=space, by=request.user)
    if request.method == "POST":
        if not mine.filter(file="").exists():  # a second click is the same wish
            export.ask(space, by=request.user)
        return redirect("take_space_away", slug)
    rows = [(row, row.asked_at + export.KEPT) for row in mine]
    return render(request, "portal/take_space_away.html", {"space": space, "rows": rows})


@login_required
@require_safe
def fetch(request: PersonRequest, slug: str, pk: int) -> HttpResponseBase:
    """The file, to whoever asked for it and may have it still."""
    space = _space(request, slug)
    row = get_object_or_404(SpaceExport.objects.filter(space=space, by=request.user).exclude(file=""), pk=pk)
    security_log.note("export", space=space.pk)
    name = f"{space.slug}-{row.asked_at:%Y-%m-%d}.zip"
    return file_response(request, row.file, name, etag=f"{row.pk}-{row.size}", download=True)


def _space(request: PersonRequest, slug: str) -> Space:
    space = access.get_or_404(Space.objects.select_related("root_page"), request.user, root_page__slug=slug)
    if not access.may_take_away(request.user, space):
        raise Http404
    return space
