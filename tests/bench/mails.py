"""The digests of a Monday: so many people, each told of so many pages; and a mail server that takes them all."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

WEEK = timedelta(days=7)


@contextmanager
def sink() -> Iterator[str]:
    """The address of a mail server that keeps nothing."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        controller.stop()


def prepare(server: str, people: int, changes: int) -> None:
    """Readers of the space that everybody reads, and news in it; what the demo's own people had to hear has left."""
    from portal.models import Space
    from portal.models.activity import Activity, Verb
    from portal.models.pages import TextPage
    from portal.notices import digests
    from tests import network

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.split(":")[0], int(server.split(":")[1])
    digests.send_due()
    space = Space.objects.get(code="SP-RETE")
    network.people(people, space=space)
    titles = [f"Pagina di prova {number}" for number in range(changes)]
    pages = network.pages_below(space.root_page, TextPage, titles, change_note="-")
    hour_ago = timezone.now() - timedelta(hours=1)
    Activity.objects.bulk_create(
        Activity(verb=Verb.PUBLISHED, page=page, space=space, note="Cambia l’orario.", at=hour_ago) for page in pages
    )


def make_due(people: int) -> None:
    """A window more for each of them."""
    from portal.models import Delivery, User

    now = timezone.now()
    readers = User.objects.filter(email__endswith="@rete.example").order_by("-pk")[:people]
    Delivery.objects.bulk_create(Delivery(user=user, window_start=now - WEEK, window_end=now) for user in readers)


def send(people: int) -> None:
    from portal.notices import digests

    assert digests.send_due() == people
