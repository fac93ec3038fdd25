"""Requests as views see them: what the frame is told, and by whom the act is done."""

from django.http import HttpRequest

from .models.people import User


class FramedRequest(HttpRequest):
    """`section` is the word of the navigation in bold, `contact` whom the footer names."""

    section: str
    contact: User | None


class PersonRequest(FramedRequest):
    """Behind `login_required`: the person is known."""

    user: User
