"""A number, a term, a door: what two pages of the demonstration say of one fact is one thing."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from coordination.models import ServicePage
from portal.models import NetworkProfile, Organisation, User
from protocols.models import ProtocolPage

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parent.parent
CONTENT = sorted(ROOT.glob("*/demo_content/*.toml"))
NUMBER = re.compile(r"0573 000 \d{3}")


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in strings(part)]


def texts(path: Path) -> list[str]:
    """Every string of a content file, each row of a table as one line, without the cards that are the directory."""
    if path.name == "services.toml":
        return []
    return strings(tomllib.loads(path.read_text()))


def test_no_protocol_procedure_or_lesson_holds_a_telephone_of_its_own() -> None:
    typed = {
        path.name: numbers
        for path in CONTENT
        if re.match(r"(PR|OP|M|R)-?\d", path.name) and (numbers := NUMBER.findall(" ".join(texts(path))))
    }
    assert typed == {}


def test_every_number_printed_elsewhere_is_one_of_the_directory() -> None:
    directory = " ".join(
        [f"{card.telephone} {card.place}" for card in ServicePage.objects.live()]
        + [*User.objects.values_list("telephone", flat=True), *Organisation.objects.values_list("telephone", flat=True)]
    )
    printed = {number for path in CONTENT for number in NUMBER.findall(" ".join(texts(path)))}
    assert printed and printed <= set(NUMBER.findall(directory))


def test_the_officer_for_data_has_one_address_in_the_rule_and_on_the_privacy_page(as_: Any) -> None:
    address = NetworkProfile.load().dpo_contact
    for page in ("/p/PR-12/", "/riservatezza/"):
        assert f'href="mailto:{address}"' in as_("worker").get(page).content.decode()
    said = {words for path in CONTENT for words in re.findall(r"[\w.]+@raccordo\.example", " ".join(texts(path)))}
    assert "dpo@raccordo.example" not in said


def test_a_desk_on_the_public_page_has_the_number_of_its_card() -> None:
    lines = [line for text in texts(ROOT / "portal/demo_content/pages.toml") for line in text.splitlines()]
    desks = [line for line in lines if line.startswith("- **") and NUMBER.search(line)]
    assert len(desks) == 9
    for line in desks:
        town = re.match(r"- \*\*(.+?)\*\*", line)
        card = ServicePage.objects.get(title=f"Sportello sociale di {town.group(1) if town else ''}")
        assert NUMBER.findall(line) == [card.telephone]


def test_no_two_persons_or_services_share_a_number_by_mistake() -> None:
    people = {user.get_full_name(): user.telephone for user in User.objects.exclude(telephone="")}
    assert len(set(people.values())) == len(people)
    bodies = list(Organisation.objects.exclude(telephone="").values_list("telephone", flat=True))
    assert len(set(bodies)) == len(bodies)
    cards = ServicePage.objects.live().exclude(telephone="")
    for card in cards:
        holder = next((name for name, number in people.items() if number == card.telephone), None)
        assert holder in {None, card.contact and card.contact.get_full_name()}, card.title
    answering: dict[str, set[int | None]] = {}
    for card in cards:
        answering.setdefault(card.telephone, set()).add(card.organisation_id)
    assert {number: bodies for number, bodies in answering.items() if len(bodies) > 1} == {}


def test_a_contact_in_a_protocol_is_the_directory_of_now(as_: Any, person: Any) -> None:
    User.objects.filter(pk=person("coordinator").pk).update(telephone="0573 000 999")
    shown = as_("worker").get("/p/PR-05/").content.decode()
    assert "0573 000 999" in shown and f"/rubrica/persone/{person('coordinator').pk}/" in shown


def test_a_service_that_the_reader_may_not_open_is_not_named(as_: Any) -> None:
    page = ProtocolPage.objects.get(slug="pr-07")
    assert "Aiutodonna" in as_("worker").get("/p/PR-07/").content.decode()
    card = ServicePage.objects.get(slug="aiutodonna")
    contacts = next(block for block in page.body if block.block_type == "contacts")
    assert card.pk in [row["service"].pk for row in contacts.value if row["service"]]
    card.shares.all().delete()
    hidden = as_("partner").get("/p/PR-07/").content.decode()
    assert "Rosanna Cioni" in hidden and card.telephone not in hidden and card.url not in hidden


@pytest.mark.parametrize(
    ("rule", "its_words", "other", "other_words"),
    [
        ("PR-05", "5 giorni lavorativi dal confronto", "OP-08", "5 giorni lavorativi dal confronto"),
        ("PR-05", "Entro un giorno da quando emerge il fatto", "OP-08", "entro un giorno da quando emerge il fatto"),
        ("PR-05", "entro 24 ore dal collocamento", "OP-08", "avviso orale immediato e atti entro 24 ore"),
        ("PR-03", "3 giorni lavorativi dalla richiesta", "OP-03", "entro 3 giorni lavorativi dalla richiesta"),
        ("PR-03", "al massimo a 15 giorni dalla richiesta", "OP-03", "entro 15 giorni dalla richiesta"),
        ("PR-03", "5 giorni dopo la seduta", "OP-03", "entro 5 giorni dalla seduta"),
        ("PR-02", "Entro 48 ore dal ricovero", "OP-04", "entro 48 ore dal ricovero"),
        ("PR-02", "Entro 5 giorni dal ricovero", "OP-04", "entro 5 giorni dal ricovero"),
        ("PR-02", "Entro 72 ore dall’uscita", "OP-04", "entro 72 ore dall’uscita"),
        ("PR-02", "A 30 giorni", "OP-04", "entro 30 giorni dall’uscita"),
        ("PR-08", "prima delle 10 del giorno feriale successivo", "OP-10", "entro le 10 del primo giorno feriale"),
        ("PR-11", "telefona al Comune in giornata", "OP-11", "si racconta a voce, in giornata"),
        ("PR-11", "in giornata", "M6", "**in giornata**"),
        ("PR-03", "segreteria UVM", "OP-03", "segreteria UVM, dal gestionale"),
        ("PR-03", "senza restituire la pratica", "forms", "senza restituire la pratica"),
        ("PR-01", "5 giorni dal primo appuntamento", "OP-01", "5 giorni dal primo appuntamento"),
        ("PR-02", "il giorno lavorativo dopo la segnalazione", "OP-04", "1 giorno lavorativo dalla segnalazione"),
        ("PR-11", "esamina per area", "R-08", "per area"),
    ],
)
def test_a_rule_and_what_applies_it_state_one_term(rule: str, its_words: str, other: str, other_words: str) -> None:
    said = {path.stem: " ".join(texts(path)) for path in CONTENT}
    assert its_words in said[rule] and other_words in said[other]


def test_who_may_call_the_emergency_line_is_one_list() -> None:
    said = {path.stem: " ".join(texts(path)) for path in CONTENT}
    callers = re.search(r"Forze dell’Ordine, polizia locale.*?sostituisce", said["PR-08"])
    assert callers and callers.group(0) in said["OP-10"]
