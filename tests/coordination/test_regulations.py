"""The Comuni's rules side by side: each its own, with its act; what held stays; a procedure shows the reader's own."""

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from coordination import regulations
from coordination.models import BodyRule, RegulatedService, RuleConfirmation
from portal import demo
from portal.models import Delegation, Organisation
from portal.models.append_only import Immutable, as_maintenance
from portal.notices import feed
from protocols.models import ProcedurePage

pytestmark = pytest.mark.django_db
Given = Callable[..., Any]
DAY = timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def service() -> RegulatedService:
    """A service of which nobody has written anything yet."""
    return RegulatedService.objects.create(name="Trasporto sociale", space=demo.space("SP-RETE"))


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def field_of(response: Any, name: str) -> str:
    found = BeautifulSoup(response.content, "html.parser").find(attrs={"name": name})
    return str(found.get("value", "")) if found else ""


def written(client: Any, service: RegulatedService, body: str, **values: str) -> Any:
    """Press «Salva la regola» on the body's page, with these words typed."""
    at = f"/regolamenti/{service.slug}/{body}/"
    typed = {"seen": field_of(client.get(at), "seen") or "0", "offered": "on", "act": "Regolamento 12",
             "act_date": "3/3/2026"}  # fmt: skip
    return client.post(at, {key: value for key, value in (typed | values).items() if value}, follow=True)


def told(who: Any) -> list[str]:
    return [todo.title for todo in feed.todos(type(who).objects.get(pk=who.pk))]


def rule_of(service: RegulatedService, body: str, by: Any, **values: Any) -> BodyRule:
    given = {"act": "Regolamento 1", "act_date": TODAY() - DAY, "valid_from": TODAY() - DAY} | values
    row: BodyRule = BodyRule.objects.create(
        service=service, organisation=Organisation.objects.get(slug=body), by=by, **given
    )
    return row


# --- Kept by each Comune ---------------------------------------------------------------------------------


def test_a_delegate_writes_the_rule_and_another_one_takes_its_place_on_its_day(
    service: RegulatedService, as_: Given
) -> None:
    at = f"/regolamenti/{service.slug}/quarrata/"
    answer = text(written(as_("worker"), service, "quarrata", threshold="15.000", threshold_words="di ISEE", fee="6,50",
                          fee_words="a viaggio", documents="Documento\nDelega"))  # fmt: skip
    assert "€ 15.000 di ISEE" in answer and "€ 6,50 a viaggio" in answer and "Regolamento 12 del 3 marzo 2026" in answer
    later = (TODAY() + 10 * DAY).strftime("%d/%m/%Y")
    said = written(as_("worker"), service, "quarrata", fee="7", valid_from=later)
    assert "Cambia dal" in text(said) and "€ 6,50 a viaggio" in text(said)
    organisation = Organisation.objects.get(slug="quarrata")
    assert regulations.standings([service], TODAY() + 10 * DAY, [organisation])[service.pk][0].rule.fee == 7
    assert regulations.standings([service], None, [organisation])[service.pk][0].rule.fee == 6.5
    with pytest.raises(Immutable):
        BodyRule.objects.filter(service=service).update(fee=1)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE coordination_bodyrule SET fee = 1 WHERE service_id = %s", [service.pk])
    # A mistake is corrected, and stays written.
    written(as_("worker"), service, "quarrata", fee="8", valid_from=later, is_correction="on")
    assert regulations.standings([service], TODAY() + 10 * DAY, [organisation])[service.pk][0].rule.fee == 8
    assert "sbagliata, corretta dopo" in text(as_("health_manager").get(at))


def test_nobody_writes_for_another_body_and_partners_do_not_find_the_rules(
    service: RegulatedService, as_: Given
) -> None:
    at = f"/regolamenti/{service.slug}/agliana/"
    assert "Salva la regola" not in text(as_("worker").get(at)) and "Salva la regola" in text(
        as_("worker_minors_plain").get(at)
    )
    for name in ("worker", "coordinator", "administrator"):  # a Comune's word is its own
        assert written(as_(name), service, "agliana", fee="6").status_code == 403
    assert as_("partner").get(at).status_code == 404
    assert "Trasporto sociale" not in text(as_("partner").get("/regolamenti/"))
    assert "Trasporto sociale" in text(as_("trainee").get("/regolamenti/"))
    assert not BodyRule.objects.filter(service=service).exists()
    assert as_("health_manager").get(f"/regolamenti/{service.slug}/sds/").status_code == 404  # no Comune


def test_what_cannot_be_is_said_and_nothing_typed_is_lost(service: RegulatedService, as_: Given) -> None:
    client = as_("worker")
    assert "Scrivi un importo" in text(written(client, service, "quarrata", fee="1.5.0"))
    answer = written(client, service, "quarrata", act="", way="Allo sportello.")
    assert "In quale atto si legge" in text(answer) and "Allo sportello." in text(answer)
    assert "Scrivi almeno una cosa" in text(written(client, service, "quarrata"))
    for source in ("javascript:alert(1)", "//altrove.example/x", "albo"):
        assert "Non è un indirizzo che si può aprire" in text(
            written(client, service, "quarrata", fee="6", source=source)
        )
    answer = text(written(client, service, "quarrata", way="Chiama RSSMRA80A01H501U."))
    assert "un codice fiscale" in answer
    assert not BodyRule.objects.filter(service=service).exists()
    written(client, service, "quarrata", fee="6", source="https://albo.example/12")
    assert "Regolamento 12" in text(client.get(f"/regolamenti/{service.slug}/quarrata/"))
    again = text(written(client, service, "quarrata", fee="7"))  # from the same day as the one before
    assert "scrivi un giorno successivo" in again


def test_two_delegates_at_once_and_the_second_is_told(service: RegulatedService, as_: Given, person: Given) -> None:
    client, at = as_("worker"), f"/regolamenti/{service.slug}/quarrata/"
    seen = field_of(client.get(at), "seen")
    rule_of(service, "quarrata", person("worker"), fee=5)
    typed = {"seen": seen, "offered": "on", "act": "Regolamento 12", "act_date": TODAY().strftime("%d/%m/%Y"),
             "fee": "6"}  # fmt: skip
    answer = client.post(at, typed)
    assert "Nel frattempo Elena Fedi ha scritto" in text(answer)
    assert BodyRule.objects.filter(service=service).count() == 1
    assert client.post(at, typed | {"seen": field_of(answer, "seen")}).status_code == 302


def test_whoever_confirms_a_rule_that_another_one_has_just_changed_is_told_and_nothing_is_confirmed(
    service: RegulatedService, as_: Given, person: Given
) -> None:
    client, at = as_("worker"), f"/regolamenti/{service.slug}/quarrata/"
    seen = rule_of(service, "quarrata", person("worker"), fee=5)
    rule_of(service, "quarrata", person("worker"), fee=6, valid_from=TODAY())
    answer = text(client.post(at, {"conferma": str(seen.pk)}))
    assert "Nel frattempo Elena Fedi ha scritto una riga" in answer and "€ 6" in answer
    assert not RuleConfirmation.objects.filter(rule__service=service).exists()


def test_an_act_is_named_in_up_to_160_letters_and_a_longer_name_stays_typed(
    service: RegulatedService, as_: Given
) -> None:
    client, longest = as_("worker"), "Regolamento 12 " + "x" * 145
    refused = written(client, service, "quarrata", fee="6", act=longest + "y")
    assert field_of(refused, "act") == longest + "y" and not BodyRule.objects.filter(service=service).exists()
    written(client, service, "quarrata", fee="6", act=longest)
    assert BodyRule.objects.get(service=service).act == longest


# --- Side by side ----------------------------------------------------------------------------------------


@pytest.fixture
def three(service: RegulatedService, person: Given) -> RegulatedService:
    common = {"threshold": 8000, "fee": 6, "documents": "Documento\nDelega", "way": "Allo sportello."}
    rule_of(service, "agliana", person("worker"), **common)
    rule_of(service, "montale", person("worker"), **common | {"way": "  allo SPORTELLO. "})
    rule_of(service, "quarrata", person("worker"), **common | {"fee": 7.5, "documents": "Documento\nFoto"})
    return service


def test_what_differs_from_most_is_said_in_words_and_the_readers_own_comune_comes_first(
    three: RegulatedService, as_: Given
) -> None:
    page = as_("worker").get(f"/regolamenti/{three.slug}/")
    shown = text(page)
    assert "più alta: i più hanno € 6" in shown and "in più: Foto; non chiede: Delega" in shown
    assert "Soglia: uguale dappertutto · Quota a carico: 1 su 3 non come i più" in shown
    rows = [each.get_text(" ", strip=True) for each in BeautifulSoup(page.content, "html.parser").select("tbody tr")]
    assert rows[0].startswith("Comune di Quarrata il tuo") and len(rows) == 9
    assert "Non l’ha ancora scritta" in rows[-1]
    only = BeautifulSoup(as_("trainee").get(f"/regolamenti/{three.slug}/?diversi=on").content, "html.parser")
    assert [each.th.a.get_text() for each in only.select("tbody tr")] == ["Comune di Quarrata"]
    by_fee = BeautifulSoup(as_("trainee").get(f"/regolamenti/{three.slug}/?ordina=quota").content, "html.parser")
    assert by_fee.select("tbody tr")[2].th.a.get_text() == "Comune di Quarrata"


def test_whose_service_is_free_comes_before_who_asks_for_little(
    service: RegulatedService, as_: Given, person: Given
) -> None:
    rule_of(service, "agliana", person("worker"), fee=Decimal("0.5"))
    rule_of(service, "quarrata", person("worker"), fee=0)
    page = BeautifulSoup(as_("trainee").get(f"/regolamenti/{service.slug}/?ordina=quota").content, "html.parser")
    assert [row.th.a.get_text() for row in page.select("tbody tr")[:2]] == ["Comune di Quarrata", "Comune di Agliana"]


def test_the_same_leaves_as_a_spreadsheet_and_as_it_was_on_a_day(three: RegulatedService, as_: Given) -> None:
    sheet = as_("worker").get(f"/regolamenti/{three.slug}/tabella.xlsx?comune=quarrata")
    rows = list(load_workbook(io.BytesIO(sheet.content)).active.iter_rows(values_only=True))
    assert rows[1][0] == "Comune di Quarrata" and "€ 7,50" in rows[1][3] and "più alta" in rows[1][6]
    before = (TODAY() - 5 * DAY).strftime("%d/%m/%Y")
    then = text(as_("worker").get(f"/regolamenti/{three.slug}/?giorno={before}"))
    assert "Com’era" in then and "€ 7,50" not in then
    form = BeautifulSoup(as_("worker").get(f"/regolamenti/{three.slug}/").content, "html.parser").select_one(".filters")
    assert form is not None and form.select_one("[name=giorno]") and not form.select("[required]")


# --- Asked once a year -----------------------------------------------------------------------------------


def test_who_acts_for_a_body_is_asked_for_what_is_missing_and_once_a_year_whether_it_still_holds(
    service: RegulatedService, as_: Given, person: Given
) -> None:
    asked = "Trasporto sociale, Comune di Quarrata: la regola"
    regulations.remind()
    assert asked in told(person("worker")) and asked not in told(person("coordinator"))
    written(as_("worker"), service, "quarrata", fee="6")
    assert asked not in told(person("worker"))
    row = BodyRule.objects.get(service=service)
    with as_maintenance("a year ago"):
        BodyRule._base_manager.filter(pk=row.pk).update(at=timezone.now() - 366 * DAY)
    regulations.remind()
    assert asked in told(person("worker"))
    at = f"/regolamenti/{service.slug}/quarrata/"
    assert "Da confermare" in text(as_("coordinator").get(at))
    assert as_("coordinator").post(at, {"conferma": str(row.pk)}).status_code == 403
    as_("worker").post(at, {"conferma": str(row.pk)})
    as_("worker").post(at, {"conferma": str(row.pk)})
    assert RuleConfirmation.objects.filter(rule=row).count() == 1 and asked not in told(person("worker"))
    Delegation.objects.filter(organisation__slug="quarrata", purpose="dati").update(valid_until=TODAY() - DAY)
    assert written(as_("worker"), service, "quarrata", fee="7").status_code == 403


# --- At the step of a procedure --------------------------------------------------------------------------


def test_a_step_shows_the_rule_of_the_readers_own_comune_or_whom_to_call(
    three: RegulatedService, as_: Given, person: Given
) -> None:
    page = ProcedurePage(title="Portare", code="OP-77", summary="Prova.")
    page.steps = [("step", {"title": "Calcola", "text": "Si calcola.", "who": "Chi è", "regulation": str(three.pk)})]
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=person("coordinator"))
    own = text(as_("worker").get("/p/OP-77/"))
    assert "Quota a carico: € 7,50" in own and "Regolamento 1 del" in own
    other = text(as_("worker_mountain").get("/p/OP-77/"))
    assert "€ 7,50" not in other
    assert "San Marcello Piteglio non ha ancora scritto la sua regola: chiama Sportello sociale" in other
    none = text(as_("director").get("/p/OP-77/"))  # of no Comune
    assert "i Comuni a confronto" in none and "€ 7,50" not in none
    kept = page.editions.get().content["steps"][0]["value"]["regulation"]
    assert kept == "Trasporto sociale"
    assert "Regola del proprio Comune Trasporto sociale" in text(as_("worker").get("/p/OP-77/edizioni/1.0/"))


def test_the_table_asks_as_often_for_many_rows_as_for_few(three: RegulatedService, as_: Given, person: Given) -> None:
    client, found = as_("worker"), []
    for count in (2, 30):
        for number in range(count):
            row = rule_of(three, "agliana", person("worker"), fee=number, valid_from=TODAY() - 2 * DAY)
            RuleConfirmation.objects.create(rule=row, by=person("worker"))
        for at in (f"/regolamenti/{three.slug}/", f"/regolamenti/{three.slug}/agliana/", "/regolamenti/"):
            client.get(at)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(at).status_code == 200
            found.append(len(queries))
    assert found[:3] == found[3:]
