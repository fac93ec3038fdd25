"""Twelve protocols, twelve procedures, and their forms as real files."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import Page

from coordination.models import RegulatedService, ServicePage
from portal import access
from portal.demo import Say, body_of, day, person, publish, read_toml, space
from portal.models import Document, Organisation, Position
from portal.models.append_only import as_maintenance
from portal.pages import citations
from portal.spaces import shares

from . import demo_adoptions, demo_joint, demo_reasons, demo_reviews, demo_signatures, editions
from .demo_forms import as_bytes, signed
from .fingerprints import fingerprint
from .models import Edition, FormPage, ProcedurePage, ProtocolPage
from .models.protocols import RelatedPage

STEP_FIELDS = (
    "title", "text", "lane", "who", "desk", "within", "number", "unit", "direction", "base", "form", "rule", "section",
    "question", "yes", "no", "note",
)  # fmt: skip
CONTENT = Path(__file__).parent / "demo_content"
SHARED_BECAUSE = {
    "SP-RETE": "Obbliga chiunque lavori nei servizi sociali",
    "SP-FORMA": "Si studia nel percorso di accoglienza",
    "SP-TERZO": "Vale anche per i partner",
}


def load(say: Say) -> None:
    say("moduli, come file veri")
    for entry in read_toml(CONTENT / "forms.toml")["forms"]:
        _load_form(entry)
    say("procedure")
    for path in sorted(CONTENT.glob("OP-*.toml")):
        _load_procedure(read_toml(path))
    say("protocolli")
    for path in sorted(CONTENT.glob("PR-*.toml")):
        _load_protocol(read_toml(path))
    say("recepimenti")
    for entry in read_toml(CONTENT / "adoptions.toml")["editions"]:
        demo_adoptions.load(entry)
    say("un protocollo alla firma")
    waiting = read_toml(CONTENT / "being_signed.toml")
    demo_joint.load(waiting, _related(waiting))
    say("letture e firme")
    for entry in read_toml(CONTENT / "signatures.toml")["readings"]:
        demo_signatures.load(entry)
    say("norme e obiettivi delle regole")
    demo_reasons.load(read_toml(CONTENT / "reasons.toml")["pages"])
    say("revisioni")
    demo_reviews.load(read_toml(CONTENT / "reviews.toml"))


def _load_form(entry: dict[str, Any]) -> None:
    home = space("SP-MODULI")
    responsible = person(entry["responsible"])
    name = f"{entry['code'].lower()}-v{entry['version']}"
    described = _described(entry)
    document = None
    if not described:
        document = _file(f"{entry['code']} {entry['title']}", f"{name}.{entry['format']}", as_bytes(entry), home)
    signed_file = None
    if entry.get("signed"):
        # What is signed is always a PDF, whatever the format that people fill in.
        envelope = signed(as_bytes({**entry, "format": "pdf"}))
        signed_file = _file(f"{entry['code']} {entry['title']}, firmato", f"{name}.pdf.p7m", envelope, home)
    form = FormPage(
        title=entry["title"], code=entry["code"], summary=entry["summary"], version=entry["version"],
        valid_from=day(entry["valid_from"]), responsible=responsible, document=document, signed=signed_file,
        note=entry["note"], form_fields=described,
    )  # fmt: skip
    publish(home.root_page, form, on=entry["valid_from"], by=responsible, note=entry.get("change_note", ""))
    for older in _each(entry.get("superseded")):
        _superseded_form(form, older)
    _share(form, entry)


def _described(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    """The fields of a form that has no file of its own."""
    return [(row["kind"], row.get("text") or _asked(row)) for row in entry.get("asks", [])]


def _asked(row: dict[str, Any]) -> dict[str, Any]:
    choices = {"choices": row["choices"]} if "choices" in row else {}
    return {"label": row["label"], "help": row.get("help", ""), "required": row.get("required", False), **choices}


def _load_procedure(entry: dict[str, Any]) -> None:
    responsible = person(entry["responsible"])
    procedure = ProcedurePage(
        title=entry["title"], code=entry["code"], summary=entry["summary"], version=entry["version"],
        valid_from=day(entry["valid_from"]), review_date=day(entry["review"]), responsible=responsible,
        when_to_use=entry["when_to_use"], when_not=entry["when_not"], starts=entry["starts"],
        total_time=entry["total_time"], protocols=" ".join(entry["protocols"]),
        steps=[("step", _step(step)) for step in entry["steps"]],
        services=[("service", card) for card in _services(entry)],
    )  # fmt: skip
    publish(
        space(entry["space"]).root_page, procedure, on=entry["valid_from"], by=responsible, note=entry["change_note"]
    )
    _share(procedure, entry)


def _step(step: dict[str, Any]) -> dict[str, Any]:
    role = step.get("position")
    said = {name: step.get(name) for name in STEP_FIELDS} | {"services": _services(step)}
    branches = [
        {name: way.get(name, "") for name in ("when", "text", "step", "procedure")}
        for way in _each(step.get("branches"))
    ]
    service = step.get("regulation")
    return said | {
        "branches": branches,
        "position": str(Position.objects.get(name=role).pk) if role else "",
        "regulation": str(RegulatedService.objects.get(slug=service).pk) if service else "",
    }


def _services(entry: dict[str, Any]) -> list[ServicePage]:
    cards = {card.slug: card for card in ServicePage.objects.filter(slug__in=entry.get("services", []))}
    return [cards[slug] for slug in entry.get("services", [])]


def _load_protocol(entry: dict[str, Any]) -> None:
    responsible = person(entry["responsible"])
    protocol = ProtocolPage(
        title=entry["title"], code=entry["code"], summary=entry["summary"], version=entry["version"],
        valid_from=day(entry["valid_from"]), review_date=day(entry["review"]), responsible=responsible,
        in_brief=[("line", line) for line in entry["in_brief"]], body=body_of(entry["sections"]),
        register_number=entry.get("register", ""), norm=entry.get("norm", ""),
        asks_acknowledgement=entry.get("acknowledge", False), by_body=entry.get("by_body", False),
    )  # fmt: skip
    protocol.signatories = list(Organisation.objects.filter(slug__in=entry["signatories"]))
    protocol.related = _related(entry)
    home = space(entry["space"]).root_page
    with as_maintenance("the past of the demo"):  # its bodies signed before there was a portal
        publish(home, protocol, on=entry["valid_from"], by=responsible, note=entry["change_note"])
    for older in _each(entry.get("superseded")):
        _superseded_protocol(protocol, entry, older)
    _share(protocol, entry)
    if draft := entry.get("draft"):
        _draft(protocol, draft)


def _draft(protocol: ProtocolPage, draft: dict[str, Any]) -> None:
    """A next version, waiting for approval."""
    latest = protocol.get_latest_revision_as_object()
    latest.version, latest.change_note = draft["version"], draft["change_note"]
    latest.valid_from = timezone.localdate()
    latest.body = body_of(draft["sections"])
    author = person("chiara.bonacchi")
    latest.save_revision(user=author)
    protocol.refresh_from_db()
    protocol.get_workflow().start(protocol, author)


def _superseded_protocol(page: ProtocolPage, entry: dict[str, Any], older: dict[str, Any]) -> None:
    """Kept as a publication keeps it: with all sections of then, those that stayed the same named one by one."""
    then = {section["heading"]: section for section in older["sections"]}
    then |= {section["heading"]: section for section in entry["sections"] if section["heading"] in older["same"]}
    before = ProtocolPage(
        title=page.title, summary=older.get("summary", page.summary), norm=older.get("norm", page.norm),
        register_number=older.get("register", ""), in_brief=[("line", line) for line in older["in_brief"]],
        body=body_of([then[section["heading"]] for section in entry["sections"]]),
    )  # fmt: skip
    before.signatories = list(Organisation.objects.filter(slug__in=older.get("signatories", entry["signatories"])))
    before.related = _related(older)
    parts = [[part.anchor, part.heading, part.text] for part in before.sections()]
    _keep(page, older, parts, editions.content(before), citations.as_called_now(before))


def _superseded_form(page: FormPage, older: dict[str, Any]) -> None:
    """Its file of then is gone: what one wrote in it is kept."""
    parts = [["campi", "Campi", "\n".join(older["fields"])]]
    _keep(page, older, parts, {"title": page.title, "sections": parts}, {})


def _keep(page: Any, older: dict[str, Any], parts: Any, said: dict[str, Any], cited: dict[str, Any]) -> None:
    Edition.objects.create(
        page_id=page.pk, version=older["version"], title=page.title, change_note=older.get("change_note", ""),
        valid_from=day(older["valid_from"]), sections=parts, content=said, cited=cited, space=access.space_of(page),
        sha256=fingerprint(said),
        published_at=timezone.make_aware(datetime.combine(day(older["valid_from"]), time(10))),
    )  # fmt: skip


def _related(entry: dict[str, Any]) -> list[RelatedPage]:
    related = [slug.lower() for slug in [*entry.get("forms", []), *entry.get("procedures", [])]]
    targets = {page.slug: page for page in Page.objects.filter(slug__in=related)}
    return [RelatedPage(target=targets[slug]) for slug in related if slug in targets]


def _share(page: Any, entry: dict[str, Any]) -> None:
    for code in entry.get("shared_with", []):
        shares.share_page(page, space(code), by=person("chiara.bonacchi"), reason=SHARED_BECAUSE[code])


def _file(title: str, name: str, content: bytes, home: Any) -> Document:
    return Document.objects.create(title=title, file=ContentFile(content, name=name), collection=home.collection)


def _each(value: Any) -> list[dict[str, Any]]:
    return [] if value is None else value if isinstance(value, list) else [value]
