"""What of a difference touches its reader: by what is written of the own profession, roles and body, and why."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import demo
from portal.models import Organisation, Position, User
from portal.models.vocabulary import Profession
from portal.notices import acknowledgements
from protocols.models import Adoption, Edition, ProcedurePage, ProtocolPage
from protocols.models.adoptions import State
from tests.agreed import put_in_force

pytestmark = pytest.mark.django_db
today = timezone.localdate
ADDRESS = "/p/PR-77/edizioni/1.0/confronta/2.0/"
STEPS = "/p/OP-77/edizioni/1.0/confronta/2.0/"


def body(sections: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"type": "section", "value": {"heading": heading, "text": f"<p>{text}</p>", "rows": []}}
        for heading, text in sections.items()
    ]


def rule(
    by: User, then: dict[str, str], now: dict[str, str], code: str = "PR-77", signs: tuple[Any, Any] = ((), ())
) -> ProtocolPage:
    """A rule in two editions, a major one after the first."""
    page: Any = ProtocolPage(title="Regola di prova", code=code, slug=code.lower(), change_note="La prima.")
    demo.space("SP-RETE").root_page.add_child(instance=page)
    page.body, page.valid_from, page.signatories = body(then), today() - timedelta(days=10), list(signs[0])
    publish(page, by)
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body, page.version, page.valid_from, page.change_note = body(now), "2.0", today(), "La 2.0."
    page.signatories = list(signs[1])
    publish(page, by)
    return ProtocolPage.objects.get(pk=page.pk)


def publish(page: ProtocolPage, by: User) -> None:
    if page.signatories.all():
        put_in_force(page)
    else:
        page.save_revision(user=by).publish()


def read(client: Any, address: str = ADDRESS) -> tuple[str, dict[str, list[str]]]:
    """The first line, and of each part that touches the reader its marks."""
    answer = client.get(address)
    assert answer.status_code == 200
    shown: Any = BeautifulSoup(answer.content, "html.parser").main
    first = shown.select_one("[data-touched]")
    marks = {
        section.h2.get_text(" ", strip=True): [_flat(each) for each in found]
        for section in shown.select(".differences.prose section")
        if (found := section.select(".touches"))
    }
    return _flat(first) if first else "", marks


def _flat(tag: Any) -> str:
    return " ".join(tag.get_text().split())


def test_two_persons_see_on_one_difference_what_touches_each_and_why(person: Any, as_: Any) -> None:
    then = {"Tempi": "Entro tre giorni.", "A Quarrata": "Si telefona.", "Reparti": "Chi dimette scrive."}
    now = {
        "Tempi": "Gli assistenti sociali rispondono entro due giorni.",
        "A Quarrata": "Si telefona, poi si scrive.",
        "Reparti": "Chi dimette scrive e telefona.",
    }
    rule(person("coordinator"), then, now)
    first, marks = read(as_("worker"))
    assert first == "Ti riguardano 2 parti: Tempi, A Quarrata."
    assert marks == {
        "Tempi (cambia)": [
            "Ti riguarda: Assistente sociale, la tua professione. "
            "Si legge «Gli assistenti sociali rispondono entro due giorni.»."
        ],
        "A Quarrata (cambia)": ["Ti riguarda: Comune di Quarrata, il tuo ente. Si legge «A Quarrata»."],
    }
    first, marks = read(as_("office"))  # of the Società della Salute, who is named nowhere
    assert first.startswith("Nessuna parte che cambia nomina la tua professione") and marks == {}


def test_the_links_of_the_first_line_lead_to_the_parts(person: Any, as_: Any) -> None:
    rule(person("coordinator"), {"Tempi": "Tre giorni."}, {"Tempi": "A Quarrata due giorni."})
    shown: Any = BeautifulSoup(as_("worker").get(ADDRESS).content, "html.parser").main
    target = shown.select_one("[data-touched] a")["href"]
    assert shown.select_one(target).get_text(strip=True).startswith("Tempi")
    whole: Any = BeautifulSoup(as_("worker").get(f"{ADDRESS}?testo=intero").content, "html.parser").main
    assert len(whole.select(".touches")) == 1


def test_a_word_inside_another_and_a_part_that_stays_do_not_count(person: Any, as_: Any) -> None:
    then = {"Tempi": "Tre giorni.", "Altro": "A Montale si telefona.", "Via": "Serve un assistente."}
    now = {"Tempi": "Il montaletto, Montalese e l’assistente.", "Altro": "A Montale si telefona."}
    rule(person("coordinator"), then, now)
    first, marks = read(as_("newcomer"))  # of Montale
    assert first.startswith("Nessuna parte") and marks == {}


def test_accents_number_and_what_was_taken_away_count(person: Any, as_: Any) -> None:
    Organisation.objects.filter(slug="quarrata").update(name="Comune di Forlì")
    profession = Profession.objects.create(name="Educatrice di comunità")
    User.objects.filter(pk=person("worker").pk).update(profession=profession)
    rule(
        person("coordinator"),
        {"Tempi": "Tre giorni.", "Via": "Gli educatori di comunita scrivono."},
        {"Tempi": "FORLI’: due giorni."},
    )
    marks = read(as_("worker"))[1]
    assert [each for found in marks.values() for each in found] == [
        "Ti riguarda: Comune di Forlì, il tuo ente. Si legge «FORLI’: due giorni.».",
        "Ti riguarda: Educatrice di comunità, la tua professione. "
        "Prima si leggeva «Gli educatori di comunita scrivono.».",
    ]


def test_a_body_is_named_by_what_the_glossary_calls_it_too(person: Any, as_: Any) -> None:
    then = {"Tempi": "Tre giorni.", "Invio": "Per posta.", "Costi": "Nessuno.", "Atto": "Nessuno."}
    now = {"Tempi": "La SdS risponde in due giorni.", "Invio": "All’AUSL per PEC.", "Costi": "Li paga il consorzio.",
           "Atto": "Delibera SDS-0168."}  # fmt: skip
    rule(person("coordinator"), then, now)
    mark = "Ti riguarda: {}, il tuo ente. Si legge «{}»."
    assert read(as_("coordinator"))[1] == {
        "Tempi (cambia)": [mark.format("Società della Salute Pistoiese", "La SdS risponde in due giorni.")]
    }
    assert read(as_("health_manager"))[1] == {
        "Invio (cambia)": [mark.format("Azienda USL Toscana Centro", "All’AUSL per PEC.")]
    }
    assert read(as_("worker"))[1] == {}


def test_a_step_touches_who_has_its_role_or_does_it(person: Any, as_: Any) -> None:
    role = Position.objects.get(name="Referente ospedale e territorio")

    def steps(within: str) -> Any:
        common = {"title": "Avvisa", "text": "Telefona.", "within": within}
        return [
            ("step", {**common, "who": "Chi accoglie", "position": str(role.pk)}),
            ("step", {**common, "title": "Registra", "who": "Istruttore amministrativo"}),
        ]

    page: Any = ProcedurePage(title="Con passi", code="OP-77", valid_from=today() - timedelta(days=9))
    page.steps = steps("entro 5 giorni")
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=person("coordinator"))
    page = ProcedurePage.objects.get(pk=page.pk)
    page.steps, page.version, page.valid_from, page.change_note = steps("entro 3 giorni"), "2.0", today(), "Prima."
    page.save_revision().publish()
    assert read(as_("hospital_worker"), STEPS)[1] == {
        "Avvisa (cambia)": [
            "Ti riguarda: Referente ospedale e territorio, il tuo ruolo nella rete. "
            "Si legge «Ruolo nella rete: Referente ospedale e territorio»."
        ]
    }
    assert read(as_("office"), STEPS)[1] == {
        "Registra (cambia)": [
            "Ti riguarda: Amministrativa, la tua professione. Si legge «Chi: Istruttore amministrativo»."
        ]
    }
    assert "Referente" not in str(read(as_("worker"), STEPS))  # of others' roles nothing is said


def test_an_adaptation_and_a_changed_signature_touch_the_body_alone(person: Any, as_: Any) -> None:
    quarrata, agliana = (Organisation.objects.get(slug=each) for each in ("quarrata", "agliana"))
    signs = ((agliana,), (agliana, quarrata))
    page = rule(person("coordinator"), {"Tempi": "Tre giorni."}, {"Tempi": "Due giorni."}, signs=signs)
    edition = Edition.objects.get(page_id=page.pk, version="1.0")
    Adoption.objects.create(
        edition=edition, organisation=agliana, state=State.ADAPTED, since=edition.begins, act_number="1",
        act_date=today(), sections=[edition.parts[0][0]], text="Un giorno.", reason="Siamo pochi.",
    )  # fmt: skip
    new, mountain = Edition.objects.get(page_id=page.pk, version="2.0"), person("worker_mountain").organisation
    Adoption.objects.create(
        edition=new, organisation=mountain, state=State.ADAPTED, since=new.begins, act_number="2", act_date=today(),
        sections=[new.parts[0][0]], text="Sei giorni.", reason="Siamo lontani.",
    )  # fmt: skip
    assert read(as_("worker_mountain"))[1] == {
        "Tempi (cambia)": [f"Ti riguarda: {mountain}, il tuo ente. Ha un suo adattamento di questa sezione."]
    }
    assert read(as_("worker"))[1] == {
        "Enti firmatari (cambia)": ["Ti riguarda: Comune di Quarrata, il tuo ente. Entra fra gli enti firmatari."]
    }
    assert read(as_("worker_minors_plain"))[1] == {
        "Tempi (cambia)": ["Ti riguarda: Comune di Agliana, il tuo ente. Ha un suo adattamento di questa sezione."]
    }


def test_who_is_asked_to_sign_again_reads_it_above_the_button(person: Any, as_: Any) -> None:
    page: Any = ProtocolPage(title="Regola di prova", code="PR-77", valid_from=today() - timedelta(days=10))
    page.body = body({"Tempi": "Tre giorni."})
    demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=person("coordinator"))
    readers = [person("worker"), person("worker_mountain")]
    due = today() + timedelta(days=10)
    acknowledgements.ask(page, by=person("coordinator"), due=due, is_required=True, people=readers)
    text = acknowledgements.current(page)
    assert text is not None
    for who in readers:
        acknowledgements.sign(page, by=who, seen=text.pk)
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body, page.version, page.valid_from = body({"Tempi": "A Quarrata due giorni."}), "2.0", today()
    page.change_note = "Prima."
    page.save_revision().publish()

    def asked(name: str) -> Any:
        return BeautifulSoup(as_(name).get("/p/PR-77/").content, "html.parser").select_one("#firma")

    assert "Ti riguarda 1 parte: Tempi." in _flat(asked("worker"))
    assert asked("worker").select_one(f"a[href^='{ADDRESS}#']")
    assert "Nessuna parte che cambia nomina" in _flat(asked("worker_mountain"))


def test_of_somebody_of_whom_nothing_is_known_nothing_is_said_to_touch(person: Any, as_: Any) -> None:
    rule(person("coordinator"), {"Tempi": "Tre giorni."}, {"Tempi": "A Quarrata due giorni."})
    User.objects.filter(pk=person("administrator").pk).update(profession=None, organisation=None)
    first, marks = read(as_("administrator"))
    assert first.startswith("Nel tuo profilo non ci sono professione") and marks == {}


def test_marks_are_found_with_the_same_few_questions_however_much_changed(person: Any, as_: Any) -> None:
    def asked(code: str) -> int:
        client, address = as_("worker"), ADDRESS.replace("PR-77", code)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert read(client, address)[1]
        return len(queries)

    many = {f"Sezione {number}": "Tre giorni." for number in range(60)}
    rule(person("coordinator"), {"Tempi": "Tre giorni."}, {"Tempi": "A Quarrata due giorni."})
    rule(person("coordinator"), many, dict.fromkeys(many, "L’assistente sociale di Quarrata risponde."), "PR-78")
    assert asked("PR-77") == asked("PR-78") <= 60
