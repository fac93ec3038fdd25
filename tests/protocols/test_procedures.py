"""A procedure on its day: date and sentence agree, dates have a base, and whom to call is named and not guessed."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import holidays
import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from wagtail.models import Page

from coordination.models import ServicePage
from portal import demo
from portal.models import Holiday, Organisation
from portal.templatetags.portal_tags import weekday
from protocols.models import ProcedurePage
from protocols.models.procedures import StepBlock

pytestmark = pytest.mark.django_db
PROCEDURES = [f"OP-{number:02}" for number in range(1, 13)]
STARTS = [date(2026, 11, 25), date(2026, 11, 27), date(2026, 12, 5), date(2026, 12, 24), date(2027, 1, 31)]
HOUR = "15:30"
FEASTS = holidays.country_holidays("IT", years=range(2025, 2030))
DAY = timedelta(days=1)

# How the network writes a term, and what a patient person understands by it.
ENTRO = re.compile(r"entro (\d+) (ore|giorn[oi] lavorativ[oi]|giorn[oi]|mesi) d(?:al |alla |all’)([^,]+)")
PRIMA = re.compile(r"almeno (\d+) giorni prima d(?:el |ella |ell’)(.+)")
LO_STESSO = re.compile(r"il giorno d(?:el |ella |ell’)(.+)")
IL_MESE_DOPO = re.compile(r"entro il (\d+) del mese successivo a(?:l |lla |ll’)([^,]+)")


def open_day(day: date) -> bool:
    return day.strftime("%a") not in ("Sat", "Sun") and day not in FEASTS


def understood(sentence: str, base: datetime) -> tuple[str, date | datetime] | None:
    """The event that a sentence counts from, and the day it leads to; None for words without a number."""
    if found := LO_STESSO.fullmatch(sentence):
        return found[1], base.date()
    if found := PRIMA.fullmatch(sentence):
        return found[2], base.date() - int(found[1]) * DAY
    if found := IL_MESE_DOPO.match(sentence):
        first = base.date().replace(day=28)
        while first.day != 1:
            first += DAY
        return found[2], first.replace(day=int(found[1]))
    if found := ENTRO.match(sentence):
        number, unit, event = int(found[1]), found[2], found[3]
        if unit == "ore":
            return event, base + timedelta(hours=number)
        day = base.date()
        if unit == "mesi":
            month = day.month - 1 + number
            year, month = day.year + month // 12, month % 12 + 1
            for last in (day.day, 30, 29, 28):
                try:
                    return event, date(year, month, min(last, day.day))
                except ValueError:
                    continue
        for _ in range(number):
            day += DAY
            while "lavorativ" in unit and not open_day(day):
                day += DAY
        return event, day
    return None


def steps_of(client: Any, code: str, asked: dict[str, str]) -> list[tuple[str, str, str]]:
    """Of each step: what stands under «Quando», its exact day, and the hour."""
    soup = BeautifulSoup(client.get(f"/p/{code}/", asked).content, "html.parser")
    found = []
    for step in soup.select("li.step"):
        when = next((dt.find_next("dd") for dt in step.find_all("dt") if dt.text == "Quando"), None)
        bold = when.find("b") if when else None
        day = bold.find("time")["datetime"] if bold else ""
        hour = re.search(r"ore (\d\d:\d\d)", " ".join(bold.text.split())) if bold else None
        found.append((" ".join(when.text.split()) if when else "", day, hour[1] if hour else ""))
    return found


def events_of(client: Any, code: str) -> list[str]:
    soup = BeautifulSoup(client.get(f"/p/{code}/").content, "html.parser")
    return [field["name"] for field in soup.select(".start-from input")]


@pytest.mark.parametrize("code", PROCEDURES)
def test_date_and_sentence_agree_whatever_the_day(code: str, as_: Any) -> None:
    client, page = as_("administrator"), ProcedurePage.objects.get(code=code)
    fields = events_of(client, code)
    for start in STARTS:
        asked = {name: HOUR if name.endswith("-ora") else start.isoformat() for name in fields}
        shown = steps_of(client, code, asked)
        assert len(shown) == len(page.steps)
        for block, (text, day, hour) in zip(page.steps, shown, strict=True):
            wanted = understood(block.value["within"], datetime.fromisoformat(f"{start} {HOUR}"))
            assert bool(day) is bool(wanted), (code, block.value["within"])
            if wanted is None:
                continue
            event, due = wanted
            assert event == block.value["base"], (code, block.value["within"])
            assert day == due.isoformat()[:10], (code, start, text)
            assert hour == (HOUR if isinstance(due, datetime) else "")
            named = re.match(r"\w+", text)
            assert named and named[0] == re.match(r"\w+", re.sub("<[^>]*>", "", weekday(due)))[0]  # its weekday
            assert open_day(due) or "lavorativ" not in block.value["within"]


def test_without_a_base_there_is_no_date(as_: Any) -> None:
    for code in PROCEDURES:
        assert [day for _text, day, _hour in steps_of(as_("administrator"), code, {})] == [""] * len(
            ProcedurePage.objects.get(code=code).steps
        )
    only = steps_of(as_("worker"), "OP-04", {"dal-uscita": "2026-12-01"})
    assert [day for _text, day, _hour in only] == ["", "", "", "", "", "2026-12-31"]


def test_hours_are_counted_only_from_an_hour(as_: Any) -> None:
    client = as_("worker")
    first = steps_of(client, "OP-04", {"dal-ricovero": "2026-11-25"})[0]
    assert first == ("entro 48 ore dal ricovero", "", "")
    first = steps_of(client, "OP-04", {"dal-ricovero": "2026-11-25", "dal-ricovero-ora": "9:15"})[0]
    assert first == ("venerdì 27 novembre, ore 09:15, entro 48 ore dal ricovero", "2026-11-27", "09:15")


def test_each_event_is_asked_for_by_name_and_goes_along_from_step_to_step(as_: Any) -> None:
    client = as_("worker")
    shown = BeautifulSoup(client.get("/p/OP-04/").content, "html.parser").select_one(".start-from")
    labels = [label.text for label in shown.select("label")]
    assert labels == [  # and whose working days are counted
        "Ricovero il", "Ricovero, alle ore", "Segnalazione il", "Uscita il", "Uscita, alle ore",
        "Giorni lavorativi di",
    ]  # fmt: skip
    asked = {"dal-ricovero": "2026-11-25", "dal-ricovero-ora": "09:15", "passo": "1"}
    one = BeautifulSoup(client.get("/p/OP-04/", asked).content, "html.parser")
    following = one.select_one("a[rel=next]")["href"]
    assert "dal-ricovero=2026-11-25" in following and "passo=2" in following
    assert "venerdì 27 novembre" in one.select_one("li.step").text


def test_a_procedure_without_terms_asks_for_nothing(as_: Any) -> None:
    assert events_of(as_("worker"), "OP-10") == []
    assert "Un passo alla volta" in as_("worker").get("/p/OP-10/").content.decode()


@pytest.mark.parametrize("typed", ["25/11/2026", "25.11.2026", "25-11-26", "2026-11-25"])
def test_a_day_is_read_as_italians_write_it(typed: str, as_: Any) -> None:
    shown = BeautifulSoup(as_("worker").get("/p/OP-04/", {"dal-ricovero": typed}).content, "html.parser")
    kinds = {field["type"] for field in shown.select(".start-from input")}
    assert kinds == {"text"}  # a picker would show and read the day in the browser's language
    assert shown.select_one("[name=dal-ricovero]")["value"] == typed
    assert steps_of(as_("worker"), "OP-04", {"dal-ricovero": typed})[2][1] == "2026-11-30"


@pytest.mark.parametrize("typed", ["ieri", "31/02/2026", "12/25/2026", "25/11", "9999-01-01"])
def test_what_is_no_day_is_said_and_kept(typed: str, as_: Any) -> None:
    answer = as_("worker").get("/p/OP-04/", {"dal-ricovero": typed})
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Scrivi" in BeautifulSoup(shown, "html.parser").select_one(".start-from .problem").text
    assert f'value="{typed}"' in shown
    assert steps_of(as_("worker"), "OP-04", {"dal-ricovero": typed})[2][1] == ""


def test_steps_from_before_terms_had_a_unit_keep_their_meaning(as_: Any) -> None:
    page = ProcedurePage(title="Di prima", code="OP-91")
    page.steps = as_kept([{"title": "Chiama", "text": "Chiama.", "who": "Tu", "within": "", "days": 3}])
    demo.publish(demo.space("SP-RETE").root_page, page, on=-1, by=None)
    assert events_of(as_("worker"), "OP-91") == ["dal-inizio"]
    assert steps_of(as_("worker"), "OP-91", {"dal-inizio": "2026-11-25"})[0][1] == "2026-11-28"


def as_kept(steps: list[dict[str, Any]]) -> Any:
    """Steps as an older version kept them."""
    stream = ProcedurePage._meta.get_field("steps").stream_block
    return stream.to_python([{"type": "step", "value": step, "id": str(place)} for place, step in enumerate(steps)])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": 3}, "unit"),
        ({"unit": "giorni"}, "number"),
        ({"number": 3, "unit": "ore"}, "base"),
        ({"number": 45, "unit": "giorno-del-mese-dopo", "base": "uscita"}, "number"),
        ({"number": 0, "unit": "giorno-del-mese-dopo", "base": "uscita"}, "number"),
        ({"number": 5, "unit": "giorno-del-mese-dopo", "direction": "prima", "base": "uscita"}, "direction"),
    ],
)
def test_half_a_term_is_refused_with_a_sentence(given: dict[str, Any], field: str) -> None:
    block = StepBlock()
    step = block.normalize({"title": "Chiama", "text": "Chiama.", "who": "Tu", "services": []})
    whole = block.get_default()
    whole.update(step)
    with pytest.raises(ValidationError) as refused:
        block.clean(block.normalize({**whole, **given}))
    assert list(refused.value.block_errors) == [field]
    block.clean(block.normalize({**whole, "number": 3, "unit": "ore", "base": "ricovero"}))


# --- Whom to call ----------------------------------------------------------------------------------------


def whom(client: Any, address: str) -> str:
    soup = BeautifulSoup(client.get(address).content, "html.parser")
    found = [
        dt.find_next("dd") for dt in soup.find("main").find_all("dt") if dt.text in ("Chi chiamare", "Chi risponde")
    ]
    return " ".join(found[0].text.split()) if found else ""


def test_a_procedure_names_the_services_to_call_and_adds_the_readers_own_desk(as_: Any) -> None:
    said = whom(as_("worker"), "/p/OP-04/")
    assert re.match(r"COT – .*: 0573 000 213.*ospedale San Jacopo: 0573 000 212", said)
    assert said.endswith("Lo sportello del tuo Comune, Sportello sociale di Quarrata: 0573 000 236")
    assert "Lo sportello del tuo Comune" not in whom(as_("hospital_worker"), "/p/OP-04/")
    numbers = BeautifulSoup(as_("worker").get("/p/OP-04/").content, "html.parser").select('dl a[href^="tel:"]')
    assert {"0573 000 213", "0573 000 212", "0573 000 236"} <= {link.text for link in numbers}


def test_a_step_names_its_own_services(as_: Any) -> None:
    said = whom(as_("worker"), "/p/OP-04/?passo=3")
    assert "ospedale San Jacopo" in said and "COT" not in said
    assert "COT" in whom(as_("worker"), "/p/OP-04/?passo=4")


def test_where_no_service_is_named_nobody_is_guessed(as_: Any) -> None:
    page = ProcedurePage.objects.get(slug="op-06")
    page.services = []
    for block in page.steps:
        block.value["services"] = []
    page.save()
    said = "Di questa procedura risponde Sara Begliomini, 0573 000 135"
    assert whom(as_("worker"), "/p/OP-06/") == whom(as_("worker"), "/p/OP-06/?passo=1") == said


def test_a_service_that_the_reader_may_not_see_is_not_named(as_: Any) -> None:
    card = ServicePage.objects.get(slug="cot")
    card.move(demo.space("SP-MINORI").root_page, pos="last-child")
    assert "COT" not in whom(as_("worker"), "/p/OP-04/")
    assert "COT" in whom(as_("worker_minors"), "/p/OP-04/")


def test_every_procedure_of_the_demo_names_whom_to_call_or_who_answers(as_: Any) -> None:
    for code in PROCEDURES:
        assert whom(as_("administrator"), f"/p/{code}/"), code
    assert "Telefonia sociale" in whom(as_("partner"), "/p/OP-11/")
    assert Page.objects.filter(slug="pua").exists()


# --- Whose working days ----------------------------------------------------------------------------------


def test_patron_and_closing_days_of_the_readers_comune_are_not_counted_and_are_named(as_: Any, person: Any) -> None:
    base = {"dal-confronto": "2026-08-12"}  # a Wednesday
    fourth = steps_of(as_("worker"), "OP-08", base)[3]
    assert fourth[1] == "2026-08-19"  # Quarrata's own patron is on 15 August, a Saturday that year
    body, other = person("worker").organisation, Organisation.objects.get(slug="agliana")
    Organisation.objects.filter(pk=body.pk).update(patron_saint="San Germano", patron_month=8, patron_day=13)
    Holiday.objects.create(day=date(2026, 8, 14), name="Chiusura di Ferragosto", organisation=None)
    Holiday.objects.create(day=date(2026, 8, 17), name="Fiera di Quarrata", organisation=body)
    Holiday.objects.create(day=date(2026, 8, 18), name="Fiera di Agliana", organisation=other)
    said, day, _hour = steps_of(as_("worker"), "OP-08", base)[3]
    assert day == "2026-08-24"
    assert "senza contare giovedì 13 agosto, San Germano; venerdì 14 agosto, Chiusura di Ferragosto; lunedì 17" in said
    assert "Agliana" not in said
    said, day, _hour = steps_of(as_("worker"), "OP-08", base | {"ente": "agliana"})[3]
    assert day == "2026-08-21" and "Fiera di Agliana" in said and "Quarrata" not in said


def test_days_of_the_calendar_and_hours_know_no_closing_days(as_: Any) -> None:
    Holiday.objects.create(day=date(2026, 11, 30), name="Chiusura", organisation=None)
    assert steps_of(as_("worker"), "OP-04", {"dal-ricovero": "2026-11-25"})[2][1] == "2026-11-30"
    shown = BeautifulSoup(as_("worker").get("/p/OP-04/", {"dal-ricovero": "2026-11-25"}).content, "html.parser")
    assert "passed-over" not in str(shown)
    said = " ".join(shown.select_one(".counted-from").text.split())
    assert said == "Date contate da: ricovero mercoledì 25 novembre. Giorni lavorativi: Comune di Quarrata."


def test_a_body_that_is_none_is_refused_with_a_sentence_and_dates_are_the_readers_own(as_: Any) -> None:
    answer = as_("worker").get("/p/OP-04/", {"dal-ricovero": "2026-11-25", "ente": "atlantide"})
    shown = BeautifulSoup(answer.content, "html.parser")
    assert "Scegli un ente dell’elenco." in shown.select_one(".start-from").text
    assert "Comune di Quarrata" in shown.select_one(".counted-from").text
