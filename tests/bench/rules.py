"""Rules in the number that a large network has: a register of adoptions, and two editions of a very long text."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.models import Organisation
from protocols.models import Adoption, Edition, ProtocolPage
from protocols.models.adoptions import State

from .grown import BATCH, _page, _write_pages

LONG = "PR-900"
WORDS = "Il servizio avvisa il Comune entro due giorni e scrive il piano con la famiglia. "


def register(protocols: int, bodies: int) -> None:
    """So many protocols more, each to be adopted by so many bodies more, in the space that everybody reads."""
    root, today = Page.objects.get(pk=demo.space("SP-RETE").root_page.pk), timezone.localdate()
    like = ProtocolPage.objects.get(code="PR-02")
    with transaction.atomic():
        signing = [
            Organisation.objects.create(name=f"Comune {at}", slug=f"comune-{at}", kind="comune") for at in range(bodies)
        ]
        rows = [_page(root, root.numchild + 1 + at, like, f"Regola {at}", f"pr-r{at}") for at in range(protocols)]
        pages = _write_pages(like, rows)
        Page.objects.filter(pk=root.pk).update(numchild=root.numchild + protocols)
        editions = Edition.objects.bulk_create(
            Edition(page=page, version="2.0", title=page.title, valid_from=today, sha256="-",
                    published_at=timezone.now())
            for page in pages
        )  # fmt: skip
        Adoption.objects.bulk_create(
            (
                Adoption(edition=edition, organisation=body, state=State.TO_ADOPT, since=today)
                for edition in editions
                for body in signing
            ),
            batch_size=BATCH,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def long_text(sections: int) -> None:
    """A protocol with so many sections, whose second edition changes each of them."""
    today = timezone.localdate()
    page = ProtocolPage(title="Regola lunga", code=LONG, valid_from=today - timedelta(days=9))
    page.body = _body(sections, WORDS)
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=demo.person("chiara.bonacchi"))
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body, page.version, page.valid_from = _body(sections, WORDS.replace("due", "tre")), "2.0", today
    page.change_note = "Tre giorni invece di due."
    page.save_revision().publish(user=demo.person("chiara.bonacchi"))


def _body(sections: int, words: str) -> list[dict[str, object]]:
    return [
        {"type": "section", "id": f"k{at}",
         "value": {"heading": f"Sezione {at}", "text": f"<p>{words * 3}</p>", "rows": []}}
        for at in range(sections)
    ]  # fmt: skip
