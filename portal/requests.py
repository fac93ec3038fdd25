"""Requests as views see them: what the frame is told, and by whom the act is done."""

from django.http import HttpRequest

from .models.people import User

LONGEST_NUMBER = 18  # digits: what both databases keep


def number(text: str | None) -> int | None:
    """A number as somebody may have typed it into an address; None for what cannot be a row or a page."""
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


class FramedRequest(HttpRequest):
    """`section` is the word of the navigation in bold, `contact` whom the footer names."""

    section: str
    contact: User | None


class PersonRequest(FramedRequest):
    """Behind `login_required`: the person is known."""

    user: User
