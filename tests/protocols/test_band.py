"""The band above a protocol: what holds in the reader's Comune, elsewhere, and on any day; one text for everybody."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import demo
from portal.models.append_only import as_maintenance
from protocols.holding import Binding, held
from protocols.models import Adoption, Edition
from protocols.models.adoptions import State

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
PR_02 = "/p/PR-02/"
TODAYS_TEXT = "Entro 48 ore dal ricovero."
TEXT_OF_2_0 = "Entro 72 ore dal ricovero."


def words(found: Any) -> str:
    return " ".join(found.get_text(" ").split()).replace(" ,", ",").replace(" .", ".")


def page_of(client: Any, address: str = PR_02) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def band_of(client: Any, address: str = PR_02) -> str:
    return words(page_of(client, address).select_one(".band"))


def asked(body: str, offset: int) -> str:
    day = demo.day(offset) if offset else timezone.localdate()  # the demo's days are working days, today may be none
    return f"{PR_02}?ente={body}&giorno={day:%Y-%m-%d}"


# --- One's own body --------------------------------------------------------------------------------------


def test_where_it_was_adopted_the_band_says_since_when_and_by_which_act(as_: Given) -> None:
    said = band_of(as_("worker"))
    assert said.startswith("Nel tuo Comune : vale questa edizione dal") and "Delibera di Giunta 121" in said


def test_where_it_was_not_the_body_works_by_the_edition_before_one_click_away(as_: Given) -> None:
    found = page_of(as_("newcomer")).select_one(".band")
    assert "vale ancora la versione 2.0" in words(found) and "3.0, che leggi qui sotto, è da recepire" in words(found)
    assert found.select_one('p a[href="/p/PR-02/edizioni/2.0/"]')
    assert as_("newcomer").get("/p/PR-02/edizioni/2.0/").status_code == 200


def test_everybody_reads_the_same_text(as_: Given) -> None:
    texts = set()
    for name in ("worker", "newcomer", "worker_minors", "coordinator", "hospital_worker"):
        found = page_of(as_(name))
        for local in found.select(".local"):
            local.extract()
        texts.add("\n".join(words(section) for section in found.select(".prose section")))
    assert len(texts) == 1 and TODAYS_TEXT in texts.pop()


def test_a_local_adaptation_stands_beside_the_section_that_it_touches(as_: Given) -> None:
    found = page_of(as_("worker_minors"))
    section = found.find(id="tempi").find_parent("section")
    assert "96 ore" in words(section.select_one(".local")) and "Giunta 203" in words(section)
    assert len(found.select(".local")) == 1
    assert found.select_one('.band a[href="#tempi"]')
    assert page_of(as_("worker")).select(".local") == []


def test_a_body_that_refused_reads_why(as_: Given) -> None:
    page = page_of(as_("coordinator"), "/p/PR-11/?ente=abetone-cutigliano")
    assert "non si applica" in words(page.select_one(".band")) and "Unione di Comuni" in words(page)


def test_the_other_bodies_open_without_a_script(as_: Given) -> None:
    details = page_of(as_("worker")).select_one(".band details")
    rows = {words(row.a): words(row) for row in details.select("li") if row.a}
    assert len(rows) == 11
    assert "in esame" in rows["Comune di Agliana"] and "Lavora con la versione 2.0" in rows["Comune di Agliana"]
    assert "recepito con adattamento" in rows["Comune di Pistoia"] and "96 ore" in rows["Comune di Pistoia"]


def test_a_protocol_that_holds_from_its_signature_has_no_band(as_: Given) -> None:
    assert page_of(as_("worker"), "/p/PR-05/").select(".band") == []


def test_a_delegate_finds_the_way_to_the_form_and_nobody_else_does(as_: Given) -> None:
    assert "Registra che cosa fa l’ente: Comune di Agliana" in band_of(as_("worker_minors_plain"))
    assert "Cambia che cosa fa l’ente: Comune di Quarrata" in band_of(as_("worker"))
    assert "che cosa fa" not in band_of(as_("coordinator")).split("Come è")[0]


# --- On any day ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "offset", "said"),
    [
        ("quarrata", 0, "vale questa edizione"),
        ("quarrata", -9, "valeva ancora la versione 2.0"),
        ("quarrata", -30, "valeva la versione 2.0"),
        ("quarrata", -395, "valeva ancora la versione 1.0"),
        ("quarrata", -800, "valeva la versione 1.0"),
        ("quarrata", -2000, "non valeva ancora nessuna edizione"),
        ("pistoia", 0, "Con un adattamento, scritto accanto a: Tempi"),
        ("pistoia", 300, "vale questa edizione"),
        ("sambuca-pistoiese", 0, "vale ancora la versione 1.0"),
    ],
)
def test_it_answers_what_held_there_on_that_day(as_: Given, body: str, offset: int, said: str) -> None:
    assert said in band_of(as_("coordinator"), asked(body, offset)).split("Come è")[0]


def test_the_answer_shows_the_text_of_then_and_its_adaptation(as_: Given) -> None:
    then = page_of(as_("worker"), asked("quarrata", -30))
    assert TEXT_OF_2_0 in words(then) and TODAYS_TEXT not in words(then)
    assert "Testo della versione 2.0" in words(then)
    assert "segnala entro 72 ore dal ricovero, non quando il letto è già libero" in words(then)  # in short, of then too
    now = page_of(as_("worker"), asked("pistoia", 0))
    assert TODAYS_TEXT in words(now) and "96 ore" in words(now.find(id="tempi").find_parent("section"))
    assert page_of(as_("worker"), asked("pistoia", 300)).select(".local") == []


def test_the_answer_has_a_link_to_cite_that_answers_the_same(as_: Given) -> None:
    first = page_of(as_("worker"), f"{PR_02}?ente=quarrata&giorno=1/3/2026")
    link = first.select_one('.band a[href*="giorno=2026-03-01"]')["href"]
    assert link == "/p/PR-02/?ente=quarrata&giorno=2026-03-01"
    assert words(page_of(as_("coordinator"), link).select_one(".band .status")) == words(
        first.select_one(".band .status")
    )


@pytest.mark.parametrize("query", ["ente=atlantide", "ente=quarrata&giorno=mai", "ente=vicinanze", "giorno=32/13/2026"])
def test_a_question_that_is_not_understood_is_said_and_the_page_stays(as_: Given, query: str) -> None:
    found = page_of(as_("worker"), f"{PR_02}?{query}")
    assert found.select_one('.band [role="alert"]') and TODAYS_TEXT in words(found)


def test_of_an_edition_that_one_may_not_read_no_word_is_said(as_: Given) -> None:
    with as_maintenance("a test"):
        Edition._base_manager.filter(page__slug="pr-02", version="2.0").update(space=demo.space("SP-COORD"))
    shown = page_of(as_("newcomer"))
    assert "un’edizione che non puoi aprire" in words(shown) and "2.0" not in words(shown.select_one(".band"))
    answer = page_of(as_("worker"), asked("quarrata", -30))
    assert TEXT_OF_2_0 not in words(answer) and "2.0" not in words(answer.select_one(".band"))


# --- Against a naive oracle ------------------------------------------------------------------------------

BEGINNING = date(2026, 1, 1)
DAYS = 40
said = st.fixed_dictionaries({
    "state": st.sampled_from(list(State)), "since": st.integers(0, DAYS), "until": st.none() | st.integers(0, DAYS),
    "corrects": st.booleans(),
})  # fmt: skip
edition = st.fixed_dictionaries({
    "lasts": st.none() | st.integers(0, DAYS), "signed": st.booleans(), "said": st.none() | st.lists(said, max_size=4),
})  # fmt: skip
histories = st.lists(edition, max_size=4)


def build(history: list[dict[str, Any]]) -> list[Binding]:
    found, pk = [], 0
    for place, each in enumerate(history):
        begins = BEGINNING + timedelta(days=place * 10)
        rows: list[Adoption] = []
        for words_ in each["said"] or []:
            pk += 1
            corrects = rows[-1].pk if words_["corrects"] and rows else None
            until = None if words_["until"] is None else BEGINNING + timedelta(days=words_["until"])
            rows.append(Adoption(pk=pk, state=words_["state"], since=BEGINNING + timedelta(days=words_["since"]),
                                 until=until, corrects_id=corrects))  # fmt: skip
        ends = None if each["lasts"] is None else begins + timedelta(days=each["lasts"])
        own = {} if each["said"] is None else {1: rows, 2: [Adoption(pk=-1, state=State.TO_ADOPT, since=begins)]}
        found.append(Binding(Edition(pk=place + 1), begins, ends, frozenset({1} if each["signed"] else ()), own))
    return found


def oracle(history: list[Binding], day: date) -> tuple[int | None, int | None, bool, bool]:
    """Day by day from the beginning, as somebody with a paper register would: what is written last on top wins."""
    now: tuple[int | None, int | None, bool, bool] = (None, None, False, False)
    for each in history:
        if each.begins > day:
            continue
        over = each.ends is not None and each.ends < day
        if not each.said:
            now = (each.edition.pk, None, False, over) if 1 in each.signed_by else now
            continue
        struck = {row.corrects_id for row in each.said[1]}
        word = None
        for passed in range(-1, (day - BEGINNING).days + 1):
            for row in each.said[1]:
                if row.pk not in struck and row.since == BEGINNING + timedelta(days=passed):
                    word = row
        if word is not None and word.state in (State.ADOPTED, State.ADAPTED, State.NOT_APPLICABLE):
            adapted = word.state == State.ADAPTED and not (word.until and word.until < day)
            now = (each.edition.pk, word.pk, adapted, over)
    return now


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.integers(0, DAYS + 10))
def test_in_force_at_a_body_on_a_day_is_what_a_naive_register_says(history: list[dict[str, Any]], day: int) -> None:
    built, on = build(history), BEGINNING + timedelta(days=day)
    found = held(built, 1, on)
    answer = (found.edition and found.edition.pk, found.adoption and found.adoption.pk, found.is_adapted,
              found.has_expired)  # fmt: skip
    assert answer == oracle(built, on)
    assert found.holds == (found.edition is not None and not found.has_expired and not found.is_refused)
