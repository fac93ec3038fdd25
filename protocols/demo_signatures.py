"""Which rules of the demo are to be read and signed, and who has signed them: most, and some who are missing."""

from typing import Any

from portal.demo import day, moment, person, space
from portal.models import Acknowledgement, ReadingRequest, SignableText
from portal.models.append_only import as_maintenance
from portal.notices import acknowledgements
from portal.words import dates

from .models import Edition, ProtocolPage


def load(entry: dict[str, Any]) -> None:
    """Asked by the coordinator; the past is written, not lived."""
    page, coordinator = ProtocolPage.objects.get(code=entry["code"]), person("chiara.bonacchi")
    request = acknowledgements.ask(
        page, by=coordinator, due=day(entry["due"]), is_required=entry["required"],
        spaces=[space(code) for code in entry["spaces"]],
    )  # fmt: skip
    ReadingRequest.objects.filter(pk=request.pk).update(asked_at=moment(entry["asked"]))
    text = SignableText.objects.get(page_id=page.pk)
    with as_maintenance("the past of the demo"):
        edition = Edition.objects.get(page_id=page.pk, version=page.version)
        SignableText._base_manager.filter(pk=text.pk).update(since=dates.midnight(edition.begins))
        for who, on in entry["signed"]:
            signature = acknowledgements.sign(page, by=person(who), seen=text.pk)
            Acknowledgement._base_manager.filter(pk=signature.pk).update(at=moment(on, 11))
    if "note" in entry:
        who, words = entry["note"]
        own = Acknowledgement.objects.get(text=text, person=person(who))
        acknowledgements.annotate(own, by=person(who), words=words)
    acknowledgements.refresh(page)
