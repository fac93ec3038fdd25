"""The bin of a space, for who writes there: what lies in it, whose doing it is, and the way back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import access, paging
from portal.models import BinnedThing, Space
from portal.requests import PersonRequest

from . import bin as space_bin


@login_required
def shown(request: PersonRequest, slug: str) -> HttpResponse:
    space = _space(request, slug)
    part = paging.part(request, space_bin.of(space).__getitem__)
    rows = [(row, space_bin.ends(row)) for row in part.rows]
    return render(request, "portal/bin.html", {"space": space, "rows": rows, "part": part})


@login_required
@require_POST
def put_back(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    space = _space(request, slug)
    row = access.allowed(BinnedThing.objects.filter(space=space), request.user, "edit").filter(pk=pk).first()
    if row is None:  # of another space or of none: one answer
        messages.info(
            request,
            _("Nel cestino di questo spazio non c’è più: forse è già tornato al suo posto, o è finito il tempo."),
        )
        return redirect("bin", slug)
    try:
        space_bin.restore(row, by=request.user)
    except ValidationError as problem:  # no place, or its code is another page's by now
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("«%(title)s» è di nuovo al suo posto, come bozza o file.") % {"title": row.title})
    return redirect("bin", slug)


def _space(request: PersonRequest, slug: str) -> Space:
    return access.get_or_404(Space.objects.select_related("root_page"), request.user, "edit", root_page__slug=slug)
