"""The spaces that one may enter or ask for."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal import access, paging
from portal.models import Space
from portal.models.spaces import Role
from portal.requests import FramedRequest


def space_list(request: FramedRequest) -> HttpResponse:
    """The spaces that the person may read."""
    request.section = "spazi"
    found = access.allowed(Space.objects.select_related("root_page"), request.user)
    roles = access.standing(request.user).roles
    rows = [(space, str(Role(roles[space.pk]).label) if space.pk in roles else "") for space in found]
    groups: dict[str, list[tuple[Space, str]]] = {}
    rows.sort(key=lambda row: (row[0].is_closed, row[0].heading == "", row[0].heading))
    part = paging.part(request, rows.__getitem__)
    for space, role in part.rows:
        groups.setdefault(_("Chiusi") if space.is_closed else space.heading, []).append((space, role))
    return render(request, "portal/space_list.html", {"groups": groups.items(), "part": part})
