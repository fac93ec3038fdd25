"""Above the results: people, bodies, words of the glossary, what is due; each only to whom it may be told."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone

from coordination.models import MeetingPage
from portal import access
from portal.models import Role, Space, User
from portal.models.glossary import Relation, Term
from portal.models.kept import KeptVersion
from portal.spaces.roles import give_role
from protocols.models import ProcedurePage
from search import answers, vocabulary
from search.query import phrase_key
from tests.shown import body


def read(client, words, **more):
    return BeautifulSoup(client.get("/cerca/", {"q": words, **more}).content, "html.parser").find("main")


def answered(client, words):
    section = read(client, words).find(attrs={"aria-labelledby": "h-risposte"})
    return [" ".join(row.get_text(" ").split()) for row in section.find_all("li")] if section else []


@pytest.mark.parametrize(
    "words", ["elena fedi", "fedi", "Elena", "telefono di Elena Fedi", "fedi quarrata", "ELÉNA fedi"]
)
def test_a_person_is_found_with_profession_body_and_telephone(as_, person, index, words):
    found = next(row for row in answered(as_("coordinator"), words) if "Elena Fedi" in row)
    worker = person("worker")
    assert worker.profession.name in found and worker.organisation.name in found and worker.telephone in found


def test_a_person_is_found_by_the_telephone_however_it_is_spaced(as_, person, index):
    number = person("worker").telephone
    for written in (number, number.replace(" ", ""), number.replace(" ", "/", 1)):
        assert any("Elena Fedi" in row for row in answered(as_("coordinator"), written))


@pytest.fixture
def unknown(person):
    """Somebody who works with the coordinator and with nobody of the partner's spaces."""
    mine = access.allowed(User.objects.current().colleagues(), person("coordinator")).exclude(telephone="")
    return mine.exclude(pk__in=access.allowed(User.objects.all(), person("partner")).values("pk")).earliest("pk")


@pytest.mark.parametrize("words", ["elena feddi", "Elenna Fedi", "telefono feddi", "feddi quarrata"])
def test_a_person_is_found_although_the_name_is_typed_wrong(as_, person, index, words):
    assert any("Elena Fedi" in row for row in answered(as_("coordinator"), words))


def test_a_name_typed_wrong_tells_of_nobody_more_than_one_typed_right(as_, unknown, index):
    unknown.last_name = "Querciagrossa"
    unknown.save()
    for words in ("querciagrosa", "quericagrossa", "telefono querciagrossaa"):
        assert any("Querciagrossa" in row for row in answered(as_("coordinator"), words))
        assert answered(as_("partner"), words) == answered(as_("anonymous"), words) == []


def test_a_word_that_italians_write_is_no_name_typed_wrong(as_, unknown, index):
    unknown.last_name = "Reparta"
    unknown.save()
    assert answered(as_("coordinator"), "zufolo reparto") == []


def test_who_works_with_nobody_of_a_space_finds_none_of_its_people(as_, unknown, index):
    for words in (unknown.last_name, unknown.get_full_name(), unknown.telephone, f"{unknown.last_name} telefono"):
        assert any(unknown.get_full_name() in row for row in answered(as_("coordinator"), words))
        assert not any(unknown.get_full_name() in row for row in answered(as_("partner"), words))
        assert not read(as_("partner"), words).find("a", href=f"/rubrica/persone/{unknown.pk}/")
        assert answered(as_("anonymous"), words) == []


def test_a_role_given_counts_at_once(as_, person, unknown, index):
    assert answered(as_("partner"), unknown.get_full_name()) == []
    give_role(Space.objects.get(code="SP-TERZO"), unknown, Role.READER, by=person("administrator"))
    assert any(unknown.get_full_name() in row for row in answered(as_("partner"), unknown.get_full_name()))


def test_common_words_alone_name_nobody(as_, index):
    assert answered(as_("coordinator"), "assistente") == []
    assert answered(as_("coordinator"), "PIS") == []


def test_a_body_is_found_by_whoever_has_entered(as_, index):
    assert "Comune di Quarrata Ente" in answered(as_("worker"), "comune di quarrata")
    assert answered(as_("anonymous"), "comune di quarrata") == []


def test_a_word_of_the_glossary_is_answered_with_its_meaning(as_, index):
    for words in ("UVM", "u.v.m.", "cosa è la UVM", "unità valutativa"):
        assert "Unità di Valutazione Multidimensionale" in read(as_("worker"), words).find(class_="notice").get_text(
            " "
        )
    assert read(as_("worker"), "UVM urgente").find(class_="notice") is None


def test_an_ambiguous_acronym_shows_its_senses_though_no_page_has_it(as_, index):
    page = read(as_("worker"), "PIS")
    senses = page.find(class_="senses")
    assert {link.get_text() for link in senses.find_all("a")} == {
        "Piano Integrato di Salute",
        "Pronto Intervento Sociale",
    }
    assert "Nessun risultato" in page.get_text()


def test_an_ambiguous_acronym_among_other_words_is_asked_about_and_the_others_are_kept(as_, index):
    links = read(as_("worker"), "ADI anziani").find(class_="senses").find_all("a")
    assert all(link["href"].endswith("+anziani") for link in links) and len(links) > 1


def test_a_word_that_begins_several_ambiguous_terms_shows_them(as_, index):
    senses = read(as_("worker"), "affido").find(class_="senses").get_text(" ")
    assert "affido familiare" in senses and "affidamento al servizio sociale" in senses


def test_what_is_due_is_answered_to_whoever_decides_and_to_nobody_else(as_, index):
    assert any("in scadenza" in row for row in answered(as_("coordinator"), "protocolli in scadenza"))
    assert any("scadut" in row for row in answered(as_("coordinator"), "azioni scadute"))
    assert answered(as_("partner"), "protocolli in scadenza") == []
    assert answered(as_("anonymous"), "azioni scadute") == []


def test_a_term_that_changes_is_answered_as_it_is_now(as_, index):
    Term.objects.create(term="zuffolo", meaning="Strumento del pastore", synonyms=["zufolo"], relation=Relation.SAME)
    assert "Strumento del pastore" in read(as_("worker"), "zufolo").get_text(" ")


def whole(client, words):
    """How many pages are told to have all of the words."""
    told = " ".join(read(client, words).find(class_="found").get_text(" ").split())
    return int(re.search(r"(\d+) con tutte le parole$|^(?!.*con tutte)(\d+) risultat.*", told)[0].split()[0])


def test_each_name_of_a_term_finds_what_another_finds(as_, index):
    """Pages say «medico di medicina generale», which is neither the term nor its other name."""
    assert whole(as_("worker"), "medico di base") == whole(as_("worker"), "MMG") > 1


def test_an_old_name_leads_to_the_current_one_and_neither_the_reverse_nor_to_another(db, person):
    said = {"meaning": "Chi traduce quando si parla con chi non sa l’italiano.", "synonyms": ["zufolatore", "ciaccio"]}
    Term.objects.create(term="mediazione linguistica", relation=Relation.ONE_WAY, **said)
    known = vocabulary.of(person("worker")).synonyms
    assert known[phrase_key("zufolatore")] == known[phrase_key("ciaccio")] == ["mediazione linguistica"]
    assert phrase_key("mediazione linguistica") not in known


def test_a_service_shows_telephone_and_hours_without_being_opened(as_, index):
    first = read(as_("worker"), "telefono UFSMIA").find(class_="results").find("li")
    assert first.find("a", href=lambda address: address.startswith("tel:"))
    assert "8.30" in first.get_text()


def test_a_form_is_downloaded_from_the_list(as_, index):
    first = read(as_("worker"), "modulo dimissioni protette").find(class_="results").find("li")
    assert "MD-04" in first.get_text()
    address = first.find("a", string="Scarica il modulo")["href"]
    assert as_("worker").get(address).status_code == 200


def test_old_editions_stand_under_their_page(as_, index):
    rows = read(as_("worker"), "segnalazione 72 ore ricovero").find(class_="results").find_all("li", recursive=False)
    assert sum("PR-02" in row.find(class_="eyebrow").get_text() for row in rows) == 1
    [row] = [row for row in rows if "PR-02" in row.find(class_="eyebrow").get_text()]
    assert "Anche in" in row.get_text() and row.find("a", string="2.0")


@pytest.mark.parametrize(
    ("words", "kind"),
    [("riunioni di novembre 2026", "Riunione"), ("Comune di Quarrata sportello", "Servizio"), ("modulo RSA", "Modulo")],
)
def test_a_kind_said_in_words_comes_first(as_, index, words, kind):
    first = read(as_("worker"), words).find(class_="results").find("li")
    assert kind in first.find(class_="eyebrow").get_text()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("verbale", "Riunione"),
        ("verbali 2026", "Riunione"),
        ("procedure", "Procedura"),
        ("moduli", "Modulo"),
        ("protocollo", "Protocollo"),
    ],
)
def test_who_types_nothing_but_a_kind_reads_all_of_it_before_what_only_names_it(as_, index, words, kind):
    rows = read(as_("worker"), words).find(class_="results").find_all("li", recursive=False)
    kinds = [row.find(class_="eyebrow").get_text().split("·")[0].strip() for row in rows]
    assert kinds.count(kind) > 5 and kinds == sorted(kinds, key=lambda each: each != kind)


def test_two_words_that_are_of_a_kind_name_a_page_first(as_, index):
    first = read(as_("worker"), "orari sportelli").find(class_="results").find("li")
    assert "Sportelli e orari" in first.get_text()


@pytest.mark.parametrize("words", ["anziano solo", "anziani soli", "anziana sola"])
def test_an_elderly_person_alone_leads_to_the_telephone_service(as_, index, words):
    rows = read(as_("worker"), words).find(class_="results").find_all("li", recursive=False)
    assert any("PR-11" in row.find(class_="eyebrow").get_text() for row in rows[:3])


def test_when_no_page_has_all_the_words_it_is_said(as_, index):
    assert "nessuno con tutte le parole" in " ".join(
        read(as_("worker"), "minore scappato di casa").get_text(" ").split()
    )


def test_a_filter_that_leaves_nothing_offers_to_be_taken_off(as_, index):
    page = read(as_("worker"), "reparto", tipo="spazio")
    assert "Nessun risultato con questo filtro" in " ".join(page.get_text(" ").split())
    assert page.find("a", string="Togli il filtro")["href"] == "/cerca/?q=reparto"
    assert page.find(class_="filters").find_all("a")


def test_nobody_is_told_to_ask_themselves(as_, index):
    said = [" ".join(read(as_(who), "zzufolo").get_text(" ").split()) for who in ("worker", "coordinator")]
    assert "Oppure chiedi a Chiara Bonacchi" in said[0] and "Oppure chiedi" not in said[1]


def test_a_page_beyond_the_last_says_so(as_, index):
    for number in ("9", "99999"):
        page = read(as_("worker"), "reparto", pagina=number)
        assert "i risultati finiscono prima" in page.get_text(" ")
        assert page.find(rel="next") is None and page.find(rel="prev") is None


def test_people_and_words_of_the_glossary_are_suggested_while_typing(as_, unknown, index):
    shown = as_("coordinator").get("/cerca/suggerimenti/", {"q": unknown.last_name[:5]}).content.decode()
    assert "Persone" in shown and f"/rubrica/persone/{unknown.pk}/" in shown
    for name in ("partner", "anonymous"):
        hidden = as_(name).get("/cerca/suggerimenti/", {"q": unknown.last_name[:5]}).content.decode()
        assert unknown.last_name not in hidden and f"/rubrica/persone/{unknown.pk}/" not in hidden
    terms = as_("worker").get("/cerca/suggerimenti/", {"q": "uvm"}).content.decode()
    assert "Unità di Valutazione Multidimensionale" in terms


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("anziani tipo:procedura", {"q": "anziani", "tipo": "procedura"}),
        ("tipo:moduli RSA anno:2026", {"q": "RSA", "tipo": "modulo", "anno": "2026"}),
        ('sportello ente:"comune di quarrata"', {"q": "sportello", "ente": "Comune di Quarrata"}),
        ("sportello ente:Quarrata", {"q": "sportello", "ente": "Comune di Quarrata"}),
    ],
)
def test_a_filter_may_be_typed(as_, index, typed, asked):
    answer = as_("worker").get("/cerca/", {"q": typed})
    assert answer.status_code == 302
    assert dict(parse_qsl(urlsplit(answer["Location"]).query)) == asked


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("tipo:procedura", {"q": "procedura", "tipo": "procedura"}),
        ("anno:2026 tipo:verbali", {"q": "2026 verbali", "anno": "2026", "tipo": "riunione"}),
        ('ente:"Comune di Quarrata"', {"q": "Comune di Quarrata", "ente": "Comune di Quarrata"}),
    ],
)
def test_a_filter_typed_alone_is_what_one_looks_for(as_, index, typed, asked):
    answer = as_("worker").get("/cerca/", {"q": typed})
    assert dict(parse_qsl(urlsplit(answer["Location"]).query)) == asked
    found = as_("worker").get("/cerca/", {**asked, "format": "json"}).json()
    assert found["total"] > 0


def test_all_of_a_kind_are_found_by_the_filter_alone(as_, person, index):
    procedures = access.allowed(ProcedurePage.objects.live(), person("worker")).count()
    assert (
        f"{procedures} risultati" in read(as_("worker"), "procedura", tipo="procedura").find(class_="found").get_text()
    )


def test_within_one_space_no_other_is_counted(as_, index):
    space = Space.objects.get(code="SP-RETE")
    assert "spazi" in read(as_("worker"), "sportello").find(class_="found").get_text()
    assert "spazi" not in read(as_("worker"), "sportello", spazio=space.code).find(class_="found").get_text()


def test_what_only_looks_like_a_filter_is_a_word(as_, unknown, index):
    for typed in ("tipo:zufolo reparto", "spazio:minori reparto", "anno:ieri reparto", "ore:9 reparto"):
        assert as_("partner").get("/cerca/", {"q": typed}).status_code == 200
    assert as_("anonymous").get("/cerca/", {"q": "reparto ente:Quarrata"}).status_code == 200


def test_a_decision_and_an_action_are_found_by_themselves_by_who_reads_the_meeting(as_, index):
    """By their number and the day of the meeting; each leads to its own line."""
    for words, name in (
        ("i valori sotto 5 non si pubblicano", "Decisione 1 del "),
        ("traguardo di un assistente sociale ogni 5.000 abitanti", "Decisione 2 del "),
        (MeetingPage.objects.get(code="R-04").actions.first().text, "Azione 1 del "),
    ):
        lines = [link for link in read(as_("coordinator"), words).select(".deep a") if "/p/R-04/" in link["href"]]
        [line] = [link for link in lines if link.get_text().startswith(name)]
        page, _, anchor = line["href"].partition("#")
        assert f'id="{anchor}"' in body(as_("coordinator").get(page))
        assert not [link for link in read(as_("worker"), words).select("a") if "/p/R-04/" in link["href"]]


def test_a_circular_is_called_so_among_results_facets_and_filters(as_, person, index):
    client = as_("coordinator")
    written = {"title": "Zeppelin della rete", "summary": "Una prova.", "text": "Testo."}
    for kind in ("circolare", "notizia", "opportunità"):
        said = {**written, "title": f"Zeppelin {kind[0]}", "news_kind": kind}
        assert client.post("/spazi/rete/notizia/", said).status_code == 302
    index.refresh()
    shown = read(as_("worker"), "zeppelin")
    of_kind = {row.get_text(" ", strip=True).rsplit(" ", 1)[0] for row in shown.select(".facet a")}
    assert {"Circolari", "Notizie", "Opportunità"} <= of_kind, shown
    alone = read(as_("worker"), "zeppelin", tipo="circolare").get_text(" ")
    assert "Zeppelin c" in alone and "Zeppelin n" not in alone and "Circolare" in alone
    titles = [row.get_text(strip=True) for row in read(as_("worker"), "circolare zeppelin").select("h3 a")]
    assert next(title for title in titles if "Zeppelin" in title) == "Zeppelin c"


def test_who_goes_by_keyboard_passes_over_the_filters(as_, index):
    shown = BeautifulSoup(as_("worker").get("/cerca/", {"q": "dimissioni protette"}).content, "html.parser")
    first = shown.find("main").find("a")
    assert first.get_text() == "Vai ai risultati"
    results = shown.find(id=first["href"].removeprefix("#"))
    assert results.select("h3 a") and not results.select("nav.filters")


def test_a_person_and_a_body_are_found_by_the_name_that_they_have_now(as_, person, index):
    worker = person("worker")
    client = as_("coordinator")
    assert any("Elena Fedi" in row for row in answered(client, "fedi"))
    worker.last_name = "Zampognari"
    worker.save()
    worker.organisation.name = "Comune di Borgotrebbia"
    worker.organisation.save()
    assert not any("Elena" in row for row in answered(client, "elena fedi"))
    for words in ("zampognari", "elena borgotrebbia", "zampogn borgotrebbia"):
        assert any("Elena Zampognari" in row for row in answered(client, words))
    assert any("Comune di Borgotrebbia" in row for row in answered(client, "borgotrebbia"))


def test_of_many_people_at_once_one_is_told_of_the_same(as_, unknown, index, monkeypatch):
    words = f"{unknown.last_name} {unknown.organisation.name}"
    few = {name: answered(as_(name), words) for name in ("coordinator", "partner", "anonymous")}
    monkeypatch.setattr(answers, "NAMED", 0)
    assert {name: answered(as_(name), words) for name in few} == few
    assert any(unknown.get_full_name() in row for row in few["coordinator"])
    assert not any(unknown.get_full_name() in row for row in few["partner"])


def test_whose_account_has_ended_is_found_no_more(as_, person, index):
    worker = person("worker")
    User.objects.filter(pk=worker.pk).update(valid_until=timezone.now())  # no signal tells of it
    assert not any("Elena Fedi" in row for row in answered(as_("coordinator"), "fedi"))


def test_to_enter_changes_nothing_that_is_kept(person):
    before = dict(KeptVersion.objects.values_list("name", "version"))
    user_logged_in.send(sender=User, request=None, user=person("worker"))
    assert dict(KeptVersion.objects.values_list("name", "version")) == before
    person("worker").save()
    assert dict(KeptVersion.objects.values_list("name", "version")) != before
