"""What the demo leaves empty, filled for the walk over every page: a bin, links for outsiders, a report to handle.

Run by the site's own shell, in a space of its own that nobody but the administrator enters: no other journey meets it.
Prints the numbers and addresses as JSON.
"""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone

from portal.demo import body_of, person, publish
from portal.models import Document, PageReview, ReadingRequest, Space
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.pages import bin
from portal.personal_data import reports
from portal.spaces import opening, outsiders, roles
from protocols.models import Edition, ProtocolPage

LONG = "Che cosa si fa quando una persona sola torna a casa dall’ospedale e nessuno può venire a prenderla"
SECTION = {
    "heading": "Per la scuola", "text": "Si telefona al mattino, e si lascia il numero.",
    "rows": [("Il lunedì", "dalle 9 alle 12"), ("Il giovedì", "dalle 15 alle 17")],
}  # fmt: skip


def fill() -> None:
    keeper = person("admin")
    home = opening.open_space("SP-COLMO", "Colmo", slug="colmo", by=keeper, purpose="Prova", intro="Prova")
    roles.give_role(home, keeper, Role.MANAGER, by=None)
    page = _page(home, keeper)
    _fill_bin(home, keeper)
    compared = list(Edition.objects.filter(page__slug="pr-02").order_by("pk").values_list("version", flat=True))
    found = {
        "outsider": _given(page, home, keeper), "outsider_edition": _given(_rule(home, keeper), home, keeper, "1.0"),
        "report": _report(home, keeper), "old": compared[0], "new": compared[-1],
        "read": ReadingRequest.objects.order_by("pk").values_list("page", flat=True)[0],
        "reviewed": PageReview.objects.order_by("pk").values_list("page", flat=True)[0],
    }  # fmt: skip
    print(json.dumps(found))


def _page(home: Space, by: Any) -> TextPage:
    page = TextPage(title=LONG, slug="piena", summary="Una pagina con tutto, aperta a una scuola.")
    page.body = [*body_of([SECTION]), ("table", {
        "caption": "Chi risponde", "columns": [{"type": "text", "heading": each} for each in ("Giorno", "Numero")],
        "rows": [{"values": ["Lunedì", "0573 000 100"]}],
    })]  # fmt: skip
    page.attachments = [("attachment", {"file": _file(home, "Modulo per la scuola"), "title": ""})]
    return publish(home.root_page, page, on=-1, by=by)


def _file(home: Space, title: str) -> Document:
    file = ContentFile(b"testo", f"{title}.txt")
    return Document.objects.create(title=title, collection=home.collection, file=file)


def _rule(home: Space, by: Any) -> ProtocolPage:
    rule = ProtocolPage(title="Una regola per la scuola", slug="regola-colmo", summary="Breve.", version="1.0")
    rule.valid_from, rule.body = timezone.localdate(), body_of([SECTION])
    return publish(home.root_page, rule, on=-1, by=by)


def _fill_bin(home: Space, by: Any) -> None:
    draft = TextPage(title=LONG, change_note="Bozza.", live=False, owner=by)
    home.root_page.add_child(instance=draft)
    draft.save_revision(user=by)
    bin.put([draft, _file(home, LONG)], by=by)


def _given(page: Any, home: Space, by: Any, version: str = "") -> str:
    outsiders.allow(home, True, by=by)
    until = timezone.localdate() + timedelta(days=9)
    _link, token = outsiders.give(page, home, "Istituto comprensivo di Montale, segreteria", until=until, by=by,
                                  reason="Lo ha chiesto", asked_as=uuid4(), version=version)  # fmt: skip
    return f"/esterni/{token}/"


def _report(home: Space, by: Any) -> int:
    page = TextPage(title="Segnalata", slug="segnalata", summary="Una pagina che qualcuno ha segnalato.")
    publish(home.root_page, page, on=-1, by=by)
    return int(reports.report(person("tommaso.lenzi"), "storia", seen=page.page_ptr).pk)
