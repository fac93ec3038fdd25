"""Ten meetings and the cards of the services."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.text import slugify
from wagtail.rich_text import RichText

from portal.demo import Say, day, moment, person, publish, read_toml, space
from portal.models import Organisation
from portal.spaces import shares
from portal.templatetags.portal_tags import plain_to_html

from . import actions, demo_regulations
from .models import (
    Action,
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    MeetingPage,
    Norm,
    Objective,
    Project,
    ServicePage,
    Shift,
)

CONTENT = Path(__file__).parent / "demo_content"
FOR_PARTNERS = {"seus", "aiutodonna", "consultorio", "patronati"}  # beside the desks of the Comuni


def load(say: Say) -> None:
    say("riunioni")
    for path in sorted(CONTENT.glob("R-*.toml")):
        _load_meeting(read_toml(path))
    say("schede dei servizi")
    for entry in read_toml(CONTENT / "services.toml")["services"]:
        _load_service(entry)
    _load_shifts()
    say("regole dei Comuni")
    demo_regulations.load(read_toml(CONTENT / "regulations.toml"))
    say("norme, obiettivi e progetti")
    _load_norms(read_toml(CONTENT / "norms.toml"))


def _load_shifts() -> None:
    """The emergency service, night and day: by turns of twelve hours, some of yesterday and a week of those to come."""
    card, turns = ServicePage.objects.get(slug="seus"), ("nadia.elamrani", "davide.tesi", "sara.begliomini")
    days = [timezone.localdate() + timedelta(days=offset) for offset in range(-2, 7)]  # of rest too
    begins = [timezone.make_aware(datetime.combine(each, time(hour))) for each in days for hour in (8, 20)]
    Shift.objects.bulk_create(
        Shift(service=card, person=person(turns[number % 3]), since=since, until=until, given_by=card.contact)
        for number, (since, until) in enumerate(zip(begins, begins[1:], strict=False))
    )


def _load_norms(entries: dict[str, Any]) -> None:
    for entry in entries["norms"]:
        Norm.objects.create(**{name: entry[name] for name in ("citation", "title", "state", "since") if name in entry})
    known = {norm.citation: norm for norm in Norm.objects.all()}
    for entry in entries["norms"]:
        if "successor" in entry:
            Norm.objects.filter(citation=entry["citation"]).update(successor=known[entry["successor"]])
    years = f"{day(0).year}–{day(0).year + 2}"
    for entry in entries["objectives"]:
        row = Objective.objects.create(code=entry["code"], title=entry["title"], plan=f"Piano di zona {years}")
        row.norms.set([known[citation] for citation in entry["norms"]])
    objectives = {row.code: row for row in Objective.objects.all()}
    for entry in entries["projects"]:
        until = day(entry["until"]) if "until" in entry else None
        project = Project.objects.create(code=entry["code"], title=entry["title"], until=until)
        project.objectives.set([objectives[code] for code in entry["objectives"]])


def _load_meeting(entry: dict[str, Any]) -> None:
    hour, minute = map(int, entry["time"].split(":"))
    chair = person(entry.get("chair"))
    meeting = MeetingPage(
        title=entry["title"], code=entry["code"], summary=entry["summary"], responsible=chair, chair=chair,
        starts_at=moment(entry["day"], hour, minute), minutes_long=entry["minutes_long"], place=entry["place"],
    )  # fmt: skip
    meeting.agenda = [
        AgendaItem(
            title=item["title"],
            text=item["text"].strip(),
            discussion=item.get("discussion", "").strip(),
            readers=_readers(item.get("readers", [])),
        )  # fmt: skip
        for item in entry["agenda"]
    ]
    present = entry.get("attendance", {}).get("present", {})
    meeting.attendance = [
        Attendance(organisation=Organisation.objects.get(slug=key), present=count) for key, count in present.items()
    ]
    meeting.decisions = [Decision(text=item["text"]) for item in entry.get("decisions", [])]
    meeting.actions = [
        ActionItem(text=item["text"][:240], person=person(item["person"]), due=day(item["due"]))
        for item in entry.get("actions", [])
    ]  # fmt: skip
    held = bool(meeting.decisions.all())
    publish(
        space(entry["space"]).root_page, meeting, on=min(entry["day"] + 1, -1), by=chair,
        note="Pubblicato il verbale." if held else "Convocazione e ordine del giorno.",
    )  # fmt: skip
    for line, item in zip(meeting.actions.all(), entry.get("actions", []), strict=True):
        if item.get("done"):
            Action.objects.filter(meeting=meeting, key=line.key).update(done_at=moment(min(item["due"], -1)))
    actions.ask_and_settle(meeting)


def _readers(named: list[str]) -> list[tuple[str, Any]]:
    """«ente:vicinanze»: who reads a point, where not everybody does."""
    return [("body", Organisation.objects.get(slug=each.removeprefix("ente:"))) for each in named]


def _for_colleagues(text: str) -> list[tuple[str, Any]]:
    """A part that only those read who hold a role in the space."""
    return [("reserved", {"readers": [("role", "1")], "content": [("text", RichText(plain_to_html(text)))]})]


def _load_service(entry: dict[str, Any]) -> None:
    body = Organisation.objects.filter(slug=entry.get("organisation", "")).first()
    contact = person(entry.get("contact"))
    service = ServicePage(
        title=entry["name"], slug=slugify(entry["slug"]), summary=entry["summary"], service_kind=entry["kind"],
        organisation=body, state=entry["state"], place=entry.get("place", ""), hours=entry.get("hours", ""),
        telephone=entry.get("telephone", ""), contact=contact, text=entry["text"].strip(),
        responsible=contact or person("chiara.bonacchi"),
        body=_for_colleagues(entry["colleagues"]) if "colleagues" in entry else [],
    )  # fmt: skip
    service = publish(space(entry["space"]).root_page, service, on=-60, by=person("franca.giuntoli"))
    if entry["kind"] == "sportello comunale" or entry["slug"] in FOR_PARTNERS:
        shares.share_page(
            service, space("SP-TERZO"), by=person("chiara.bonacchi"), reason="I partner indicano dove rivolgersi"
        )
