"""The spaces that one may enter or ask for."""

from django.http import HttpResponse
from django.shortcuts import render

from portal import access
from portal.models import Space
from portal.models.spaces import Role
from portal.requests import FramedRequest


def space_list(request: FramedRequest) -> HttpResponse:
    """The spaces that the person may read."""
    request.section = "spazi"
    found = access.allowed(Space.objects.select_related("root_page"), request.user)
    roles = access.standing(request.user).roles
    rows = [(space, Role(roles[space.pk]).label if space.pk in roles else "") for space in found]
    return render(request, "portal/space_list.html", {"spaces": rows})
