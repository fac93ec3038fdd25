"""What the bodies of the demo did with the editions that each of them adopts: most, some otherwise, and gaps."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile

from portal.demo import day, moment
from portal.models import Delegation, Organisation
from portal.models.append_only import as_maintenance
from portal.models.delegations import Purpose
from portal.words import dates

from . import adoptions
from .demo_forms import as_bytes
from .models import Adoption, Edition, ProtocolPage
from .models.adoptions import State

RECENT = -30  # days: acts since then have their file


def load(entry: dict[str, Any]) -> None:
    """One edition: opened for its signatories on its day, and what they said since."""
    page = ProtocolPage.objects.get(code=entry["code"])
    edition = Edition.objects.get(page_id=page.pk, version=entry["version"])
    adoptions.open_for(edition, page.signatories.all(), by=None)
    with as_maintenance("the past of the demo"):
        opened = Adoption._base_manager.filter(edition=edition, state=State.TO_ADOPT)
        opened.update(at=dates.midnight(edition.begins))
    for body, on, act in entry["adopted"]:
        _say(edition, body, State.ADOPTED, on, act=act)
    for other in entry.get("others", []):
        _say(edition, other["body"], State(other["state"]), other["day"], **{
            name: other[name] for name in ("act", "sections", "text", "reason", "until") if name in other
        })  # fmt: skip
    adoptions.ask_and_settle(page)


def _say(edition: Edition, body: str, state: State, on: int, *, act: str = "", **words: Any) -> None:
    organisation = Organisation.objects.get(slug=body)
    delegation = Delegation.objects.filter(organisation=organisation, purpose=Purpose.ADOPTION).first()
    content = _act(edition, organisation, act) if act and on > RECENT else b""
    Adoption.objects.create(
        edition=edition, organisation=organisation, state=state, since=day(on), act_number=act,
        act_date=day(on) if act else None, sections=words.get("sections", []), text=words.get("text", ""),
        reason=words.get("reason", ""), until=day(words["until"]) if "until" in words else None,
        act_file=ContentFile(content, f"recepimento-{body}.pdf") if content else "",
        act_sha256=hashlib.sha256(content).hexdigest() if content else "",
        by=delegation.person if delegation else None, at=moment(on, 15),
    )  # fmt: skip


def _act(edition: Edition, body: Organisation, act: str) -> bytes:
    """An act of a few lines, as a real PDF."""
    words = f"{body} recepisce «{edition.title}», versione {edition.version}."
    note = "Atto della dimostrazione: copia di consultazione."
    return as_bytes({"format": "pdf", "code": act, "title": str(body), "version": edition.version, "intro": words,
                     "fields": [], "note": note})  # fmt: skip
