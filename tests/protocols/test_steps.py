"""A step says whose work it is, why, whom to call today and where else one goes; list and drawing say the same."""

import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import demo
from portal.models import Absence, Position, User
from protocols import editions, flow, procedures
from protocols.fingerprints import fingerprint
from protocols.models import Edition, ProcedurePage
from tests.browser import form, sent

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def step(client: Any, address: str, number: int) -> str:
    """What somebody reads in a step."""
    soup = BeautifulSoup(client.get(address).content, "html.parser")
    return " ".join(soup.select_one(f"#passo-{number}").get_text(" ").split())


def published(steps: list[dict[str, Any]], code: str = "OP-90") -> ProcedurePage:
    page = ProcedurePage(title="Con i passi", code=code, responsible=demo.person("chiara.bonacchi"))
    page.steps = [("step", {"text": "Si fa.", "who": "Chi accoglie", "services": [], **each}) for each in steps]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=None)
    return ProcedurePage.objects.get(pk=page.pk)


def test_a_step_says_its_lane_leads_to_its_rule_and_to_other_ways(as_: Any) -> None:
    shown = BeautifulSoup(as_("worker").get("/p/OP-08/").content, "html.parser")
    assert "corsia amministrativa" in shown.select_one("#passo-5").text
    assert shown.select_one("#passo-4 a[href$='#chi-fa-che-cosa']").text.split()[1:] == ["Chi", "fa", "che", "cosa"]
    assert shown.select_one("#passo-1 a.way")["href"] == "#passo-3"
    assert "OP-10" in shown.select_one("#passo-3 a.way").text
    one = BeautifulSoup(as_("worker").get("/p/OP-08/?passo=1&dal-confronto=2026-11-25").content, "html.parser")
    assert one.select_one("a.way")["href"].endswith("?passo=3&dal-confronto=2026-11-25")
    for view, holds in (("", True), ("?passo=1", False), ("?vista=lista", False)):  # neither in hand nor on paper
        assert ("perche-esiste" in as_("worker").get(f"/p/OP-08/{view}").content.decode()) == holds


def test_what_the_reader_may_not_see_is_neither_named_nor_linked(as_: Any) -> None:
    way = {"when": "c’è un mandato", "text": "", "step": "", "procedure": "OP-09"}
    published([{"title": "Guarda", "rule": "PR-04", "section": "Tempi", "branches": [way]}])
    for view in ("", "?vista=disegno", "?passo=1"):
        address = f"/p/OP-90/{view}"
        assert "PR-04" in step(as_("worker_minors"), address, 1) and "Relazione e indagine" in step(
            as_("worker_minors"), address, 1
        )
        closed = as_("worker").get(address).content.decode()
        assert "Se c’è un mandato" in closed and "PR-04" not in closed and "Relazione e indagine" not in closed


def test_a_role_is_answered_by_who_holds_it_today_in_the_readers_own_body_first(as_: Any, person: Any) -> None:
    role = Position.objects.create(name="Referente affitti")
    holders = [User.objects.get(email=f"{name}@raccordo.example") for name in ("elena.fedi", "nadia.elamrani")]
    for each in holders:
        each.positions.add(role)
    published([{"title": "Chiedi", "position": str(role.pk)}])
    assert "Elena Fedi : 0573 000 131" in step(as_("worker"), "/p/OP-90/", 1)
    assert "Nadia" not in step(as_("worker"), "/p/OP-90/", 1) and "Elena" not in step(
        as_("worker_minors"), "/p/OP-90/", 1
    )
    both = step(as_("coordinator"), "/p/OP-90/", 1)
    assert "Elena Fedi" in both and "Nadia El Amrani" in both
    today = timezone.localdate()
    Absence.objects.create(person=holders[0], since=today, until=today + 3 * DAY, substitute=person("coordinator"))
    away = step(as_("worker"), "/p/OP-90/", 1)
    assert "non c’è fino" in away and "chiama Chiara Bonacchi , 0573 000 140" in away and "0573 000 131" not in away


def test_who_stands_in_is_told_to_those_alone_who_may_look_that_person_up(as_: Any, person: Any) -> None:
    role, today = Position.objects.create(name="Referente affitti"), timezone.localdate()
    person("worker").positions.add(role)
    stranger = User.objects.create(
        email="zita@raccordo.example", first_name="Zita", last_name="Ignota", telephone="0573 000 777"
    )
    Absence.objects.create(person=person("worker"), since=today, until=today + 3 * DAY, substitute=stranger)
    published([{"title": "Chiedi", "position": str(role.pk)}])
    for name, sees in (("administrator", True), ("newcomer", False)):
        said = step(as_(name), "/p/OP-90/", 1)
        assert "Elena Fedi" in said and "non c’è fino" in said, name
        assert ("Ignota" in said, "777" in said) == (sees, sees), name


def test_who_stands_in_for_whoever_answers_is_told_to_those_alone_who_may_look_that_person_up(
    as_: Any, person: Any
) -> None:
    stranger, today = User.objects.create(email="zita@raccordo.example", last_name="Ignota"), timezone.localdate()
    Absence.objects.create(person=person("coordinator"), since=today, until=today + 3 * DAY, substitute=stranger)
    published([{"title": "Chiedi"}])
    for name, sees in (("administrator", True), ("newcomer", False)):
        said = as_(name).get("/p/OP-90/?passo=1").content.decode()
        assert "non" in said and "c’è fino" in said and ("Ignota" in said) == sees, name


def test_a_role_that_nobody_holds_names_whoever_answers_for_the_procedure(as_: Any) -> None:
    published([{"title": "Chiedi", "position": str(Position.objects.create(name="Referente affitti").pk)}])
    said = step(as_("worker"), "/p/OP-90/", 1)
    assert "Referente affitti: oggi non c’è nessuno, chiedi a Chiara Bonacchi" in said


def test_a_step_at_the_desk_is_the_desk_of_the_readers_own_comune(as_: Any) -> None:
    published([{"title": "Chiedi", "desk": True}])
    assert "Sportello sociale di Quarrata : 0573 000 236" in step(as_("worker"), "/p/OP-90/", 1)
    assert "Sportello sociale di Pistoia" in step(as_("worker_minors"), "/p/OP-90/", 1)
    assert "portello" not in step(as_("coordinator"), "/p/OP-90/", 1)


def test_whoever_answers_is_said_to_be_away_and_who_stands_in(as_: Any, person: Any) -> None:
    published([{"title": "Chiedi"}])
    today = timezone.localdate()
    Absence.objects.create(person=person("coordinator"), since=today, until=today, substitute=person("worker_minors"))
    shown = " ".join(
        BeautifulSoup(as_("worker").get("/p/OP-90/?passo=1").content, "html.parser").main.get_text(" ").split()
    )
    assert "risponde Chiara Bonacchi" in shown and "al suo posto Nadia El Amrani" in shown


# --- Written ---------------------------------------------------------------------------------------------


def saved(client: Any, page: ProcedurePage, **changes: str) -> Any:
    """The procedure's editor with another way in its first step, and nothing else touched."""
    address = f"/admin/pages/{page.pk}/edit/"
    streams = {name: page._meta.get_field(name).stream_block for name in ("steps", "services", "attachments")}
    data = sent(form(client.get(address).content.decode(), "#page-edit-form"), streams)
    way = "steps-0-value-branches"
    written = {
        f"{way}-count": "1",
        f"{way}-0-deleted": "",
        f"{way}-0-order": "0",
        f"{way}-0-type": "item",
        f"{way}-0-value-when": "è tardi",
    }
    blank = {f"{way}-0-value-{name}": "" for name in ("text", "step", "procedure")}
    return client.post(address, data | written | blank | {"change_note": "Una strada in più."} | changes)


def test_the_editor_offers_roles_of_the_network_in_italian(as_: Any) -> None:
    Position.objects.create(name="Referente affitti", retired=True)
    shown = as_("coordinator").get(f"/admin/pages/{ProcedurePage.objects.get(slug='op-04').pk}/edit/").content.decode()
    assert "Referente tutela minori" in shown and "Referente affitti (non si usa più)" in shown.replace("\\u00f9", "ù")
    assert "Nessuna scelta" in shown and "Select an option" not in shown


def test_a_way_by_number_is_kept_by_title_and_one_that_leads_nowhere_is_refused_as_typed(as_: Any) -> None:
    page, client, way = ProcedurePage.objects.get(slug="op-04"), as_("coordinator"), "steps-0-value-branches-0-value"
    assert (
        saved(client, page, **{f"{way}-step": "3", "action-submit": "1"}).status_code == 200
    )  # the text changed: number
    kept = {f"{way}-step": "3", f"{way}-procedure": "op 3", "version": "2.1", "valid_from": "2099-01-01"}
    answer = saved(client, page, **kept, **{"action-submit": "1"})
    assert answer.status_code == 302
    first = ProcedurePage.objects.get(pk=page.pk).get_latest_revision_as_object().steps[0].value["branches"][0]
    assert (first["step"], first["procedure"]) == ("Parla con la famiglia", "OP-03")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"branches-0-value-step": "Prega"}, "il titolo di un solo passo"),
        ({"branches-0-value-procedure": "OP-777"}, "non trovo nessuna pagina"),
        ({"branches-0-value-text": "si va", "section": "Sogni", "rule": "PR-02"}, "non ha una sezione «Sogni»"),
        ({}, "Scrivi che cosa si fa, oppure a quale passo o procedura si va."),
    ],
)
def test_what_leads_nowhere_is_said_before_publication(typed: dict[str, str], sentence: str, as_: Any) -> None:
    page = ProcedurePage.objects.get(slug="op-04")
    changes = {f"steps-0-value-{name}": value for name, value in typed.items()}
    answer = saved(as_("coordinator"), page, **changes, **{"action-submit": "1"})
    shown = answer.content.decode().replace("\\u00ab", "«").replace("\\u00bb", "»")
    assert answer.status_code == 200 and sentence in shown
    assert all(value in shown for value in typed.values())


def test_what_steps_learned_to_say_later_changes_no_edition_of_before() -> None:
    page = published([{"title": "Chiama"}])
    edition = Edition.objects.get(page_id=page.pk)
    said = edition.content["steps"][0]["value"].keys()
    assert not said & {"lane", "position", "desk", "rule", "section", "branches", "note"}
    assert fingerprint(editions.content(page)) == edition.sha256


def test_an_old_edition_says_the_role_the_lane_and_the_ways_of_then(as_: Any) -> None:
    role = Position.objects.create(name="Referente affitti")
    way = {"when": "è tardi", "text": "chiama", "step": "", "procedure": "OP-10"}
    said_later = {"lane": "amministrativa", "position": str(role.pk), "desk": True, "rule": "PR-01", "section": "Tempi"}
    page = published([{"title": "Chiedi", "branches": [way], "note": "Con calma.", **said_later}])
    Position.objects.filter(pk=role.pk).update(name="Un altro nome")
    said = step(as_("worker"), f"/p/OP-90/edizioni/{page.version}/", 1)
    for words in ("Referente affitti", "corsia amministrativa", "sportello del proprio Comune", "PR-01 , Tempi",
                  "Se è tardi: chiama; segui OP-10", "Con calma."):  # fmt: skip
        assert words in said, said
    assert "Un altro nome: oggi non c’è nessuno" in step(as_("worker"), "/p/OP-90/", 1)


# --- Ticked and drawn ------------------------------------------------------------------------------------


def test_the_list_to_tick_has_each_step_its_day_and_its_ways(as_: Any) -> None:
    answer = as_("worker").get("/p/OP-08/?vista=lista&dal-confronto=2026-11-25")
    shown = BeautifulSoup(answer.content, "html.parser")
    rows = [" ".join(row.get_text(" ").split()) for row in shown.select(".checklist > li")]
    assert len(rows) == 6 and len(shown.select(".checklist .tick")) == 6
    assert "mercoledì 2 dicembre , entro 5 giorni lavorativi dal confronto" in rows[3]
    assert "Se il pericolo è attuale: vai al passo «Valuta l’urgenza»." in rows[0]
    assert not shown.select(".checklist input, .checklist form")  # nothing of it is sent or kept


def test_the_drawing_says_every_step_in_its_lane_and_the_same_in_words(as_: Any) -> None:
    shown = BeautifulSoup(as_("office").get("/p/OP-07/?vista=disegno").content, "html.parser")
    drawing = shown.select_one(".flow svg")
    words, page = " ".join(drawing.get_text(" ").split()), ProcedurePage.objects.get(slug="op-07")
    drawn = " ".join(each.text.strip() for each in drawing.find_all("text"))
    for place, block in enumerate(page.steps, start=1):
        assert f"{place}. {block.value['title']}" in drawn
        assert f"{place}. {block.value['title']} ({block.value['lane']})." in drawing.desc.text
    assert "Corsia professionale" in drawn and "Corsia amministrativa" in drawn and "→ OP-10" in drawn
    assert "Se servono cibo o alloggio stanotte: segui OP-10." in words
    assert drawing["role"] == "img" and not drawing.select("[style], script, style")


def test_no_box_of_any_drawing_lies_on_another_and_no_word_leaves_its_box(person: Any, rf: Any) -> None:
    request = rf.get("/")
    request.user = person("administrator")
    for page in ProcedurePage.objects.live():
        drawn = procedures.plan(page, request)["flow"]
        for number, box in enumerate(drawn.boxes):
            assert box.x >= 0 and box.right <= drawn.width and box.bottom <= drawn.height
            assert all(len(text.text) * flow.LETTER <= box.width - 12 and text.y < box.bottom for text in box.texts)
            for other in drawn.boxes[number + 1 :]:
                apart = box.right <= other.x or other.right <= box.x or box.bottom <= other.y or other.bottom <= box.y
                assert apart, page.code


def test_each_arrow_leads_from_a_step_to_the_next_or_to_the_one_that_its_way_names(person: Any, rf: Any) -> None:
    request = rf.get("/")
    request.user = person("administrator")
    led = 0
    for page in ProcedurePage.objects.live():
        drawn = procedures.plan(page, request)["flow"]
        rows = [box for box in drawn.boxes if box.kind != "way"]
        arrows = [_ends(path.d) for path in drawn.paths]
        for one, other in zip(rows, rows[1:], strict=False):
            below = (one.x + one.width / 2, one.y + one.height), (other.x + other.width / 2, other.y - 1)
            assert below in arrows, page.code
        for box in drawn.boxes:
            place = re.search(r"→ passo (\d+)", " ".join(each.text for each in box.texts))
            if box.kind == "way" and place:
                step = rows[int(place[1]) - 1]
                assert ((box.x, box.y + box.height - 10), (step.x + step.width + 1, step.y + 24)) in arrows, page.code
                led += 1
    assert led


def _ends(drawn: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a line of «M», «V» and «H» begins and where it ends."""
    x, y = (float(each) for each in drawn.split()[0][1:].split(","))
    first = x, y
    for word in drawn.split()[1:]:
        x, y = (float(word[1:]), y) if word[0] == "H" else (x, float(word[1:]))
    return first, (x, y)


def test_a_procedure_asks_as_often_for_thirty_steps_as_for_three(person: Any, rf: Any) -> None:
    role = str(Position.objects.get(name="Referente tutela minori").pk)
    way = {"when": "è minore", "text": "", "step": "", "procedure": "OP-08"}
    whole = {
        "title": "Chiama",
        "position": role,
        "desk": True,
        "rule": "PR-01",
        "section": "Tempi",
        "branches": [way],
        "form": "MD-01",
    }
    request = rf.get("/")
    request.user = person("worker")
    few, many = published([whole] * 3), published([whole] * 30, "OP-91")
    asked = []
    for page in (few, few, many):  # what is read once and kept is not counted
        with CaptureQueriesContext(connection) as queries:
            procedures.plan(ProcedurePage.objects.get(pk=page.pk), request)
        asked.append(len(queries))
    assert asked[1] == asked[2] < 20
