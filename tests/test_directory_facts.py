"""A number, a term, a door: what two pages of the demonstration say of one fact is one thing."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from coordination.models import ServicePage
from portal.models import NetworkProfile, Organisation, User
from protocols.durations import Duration, written
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


CALLERS = (
    "Forze dell’Ordine, polizia locale, Vigili del fuoco, pronto soccorso, guardia medica, assistenti sociali in "
    "servizio, reperibili comunali, il sindaco o chi lo sostituisce"
)
# One fact, as each page that states it says it. Who changes one of them finds the others here.
STATED = {
    "sending to the juvenile prosecutor": {
        "PR-05": "Entro 5 giorni lavorativi dal confronto", "OP-08": "entro 5 giorni lavorativi dal confronto",
    },
    "talking a suspicion over": {
        "PR-05": "Entro un giorno da quando emerge il fatto", "OP-08": "entro un giorno da quando emerge il fatto",
    },
    "a child placed at once": {
        "PR-05": "entro 24 ore dal collocamento", "OP-08": "avviso orale immediato e atti entro 24 ore",
    },
    "who signs to the prosecutor": {
        "PR-05": "lo firma insieme al responsabile del servizio", "OP-08": "chi ha scritto e il responsabile",
        "forms": "Firma dell’assistente sociale e del responsabile del servizio",
    },
    "where a request for the UVM goes, and how": {
        "PR-03": "la segreteria UVM, e ci arriva dal gestionale",
        "OP-03": "manda tutto alla segreteria UVM, dal gestionale",
        "forms": "Manda tutto alla segreteria UVM dal gestionale", "pages": "alla segreteria UVM, dal gestionale",
    },
    "an incomplete request is not sent back": {
        "PR-03": "senza restituire la pratica", "OP-03": "non rimanda indietro il fascicolo",
        "forms": "senza restituire la pratica",
    },
    "who calls an urgent UVM": {
        "PR-03": "Il referente della parte sanitaria e la coordinatrice convocano, anche a distanza, entro 3 giorni",
        "OP-03": "coordinatrice, che con il referente della parte sanitaria convoca, anche a distanza, entro 3 giorni",
        "pages": "Telefona alla coordinatrice",
    },
    "papers of a UVM": {
        "PR-03": "3 giorni lavorativi dalla richiesta", "OP-03": "entro 3 giorni lavorativi dalla richiesta",
    },
    "when a UVM sits": {
        "PR-03": "al massimo a 15 giorni dalla richiesta", "OP-03": "entro 15 giorni dalla richiesta",
    },
    "minutes of a UVM": {"PR-03": "5 giorni dalla seduta", "OP-03": "entro 5 giorni dalla seduta"},
    "invitation to a UVM": {
        "PR-03": "7 giorni prima della seduta", "OP-03": "almeno 7 giorni prima della seduta",
        "pages": "si convoca con sette giorni di anticipo", "M2": "almeno 7 giorni",
    },
    "a ward reports": {
        "PR-02": "Entro 48 ore dal ricovero", "OP-04": "entro 48 ore dal ricovero", "M3": "entro 48 ore dal ricovero",
        "forms": "entro 48 ore dal ricovero",
    },
    "the COT tells the Comune": {
        "PR-02": "Entro il giorno lavorativo dopo la segnalazione",
        "OP-04": "entro 1 giorno lavorativo dalla segnalazione",
    },
    "warning before somebody leaves": {"PR-02": "Almeno 2 giorni lavorativi", "OP-04": "almeno 2 giorni lavorativi"},
    "the plan": {"PR-02": "Firmato prima dell’uscita", "OP-04": "firmato prima dell’uscita", "M3": "prima dell’uscita"},
    "talk with the family": {"PR-02": "Entro 5 giorni dal ricovero", "OP-04": "entro 5 giorni dal ricovero"},
    "first visit at home": {
        "PR-02": "Entro 72 ore dall’uscita", "OP-04": "entro 72 ore dall’uscita", "M3": "entro 72 ore",
    },
    "check after a month": {"PR-02": "A 30 giorni dall’uscita", "OP-04": "entro 30 giorni dall’uscita"},
    "who may call the emergency line": {
        "PR-08": CALLERS, "OP-10": CALLERS,
        "services": "soltanto gli operatori elencati in PR-08; i cittadini chiamano il 112",
    },
    "back to the Comune in the morning": {
        "PR-08": "prima delle 10 del giorno feriale successivo", "OP-10": "entro le 10 del primo giorno feriale",
    },
    "what worries a volunteer": {
        "PR-11": "telefona al Comune in giornata", "OP-11": "si racconta a voce, in giornata", "M6": "**in giornata**",
    },
    "danger on the telephone": {
        "PR-11": "112, poi la referente, che avvisa il Comune",
        "OP-11": "112, poi si avverte la referente, che avvisa il Comune",
        "M6": "112 e poi il referente",
    },
    "first call of the volunteers": {
        "PR-11": "entro 7 giorni dalla consegna della scheda", "OP-11": "entro 7 giorni dalla consegna della scheda",
    },
    "what is counted by area": {"PR-11": "esamina per area", "R-08": "per area"},
    "handing over at the desk": {
        "PR-01": "entro 5 giorni lavorativi", "OP-01": "entro 5 giorni lavorativi dal colloquio",
    },
    "an answer to whoever sent somebody": {
        "PR-01": "5 giorni dal primo appuntamento", "OP-01": "5 giorni dal primo appuntamento",
    },
    "who reads the ISEE": {
        "forms": "l’ufficio legge l’ISEE nella banca dati", "OP-05": "Leggi nella banca dati l’ISEE",
        "OP-07": "Scarica l’attestazione dalla banca dati",
    },
}  # fmt: skip
TERM = re.compile(
    r"(\d+) (ore|giorni lavorativi|giorni|mesi) (?:da|dopo )(?:l |lla |ll’|il |la |l’)(\w+)", re.IGNORECASE
)


def said() -> dict[str, str]:
    """What each file of the demonstration says today; what was superseded may say something else."""
    found = {}
    for path in CONTENT:
        kept = tomllib.loads(path.read_text())
        kept.pop("superseded", None)
        found[path.stem] = " ".join(" ".join(strings(kept)).split())
    return found


def terms_of(text: str) -> dict[str, list[Duration]]:
    """The terms of a text by the event that they are counted from."""
    found: dict[str, list[Duration]] = {}
    for number, unit, event in TERM.findall(text):
        found.setdefault(event.lower(), []).extend(written(f"{number} {unit}"))
    return found


def test_a_fact_is_stated_alike_wherever_it_is_stated() -> None:
    pages = said()
    assert len(STATED) > 20 and all(len(places) > 1 for places in STATED.values())
    stated = [(fact, page, words) for fact, places in STATED.items() for page, words in places.items()]
    assert [(fact, page) for fact, page, words in stated if words not in pages[page]] == []


def test_no_procedure_gives_more_time_than_the_rule_that_it_applies() -> None:
    pages, compared, late = said(), 0, []
    for path in CONTENT:
        kept = tomllib.loads(path.read_text())
        for rule in kept.get("protocols", []):
            given = terms_of(pages[rule])
            for event, terms in terms_of(" ".join(step["within"] for step in kept["steps"])).items():
                compared += len(terms) if event in given else 0
                longest = max((each.most for each in given.get(event, [])), default=float("inf"))
                late += [(path.stem, rule, event) for term in terms if term.most > longest]
    assert compared > 8 and late == []
