"""What a reader finds: home by week and day, spaces that say a thing once, names that are links, plain words."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import Page

from coordination.models import ServicePage
from portal import demo
from portal.models import Space, User
from portal.notices import feed, reviews
from portal.words import names
from protocols.models import FormPage, ProtocolPage
from tests import network, shown
from tests.conftest import CAST

pytestmark = pytest.mark.django_db


def body(response: Any) -> str:
    return shown.body(response).split("<main", 1)[-1].split("</main", 1)[0]


# --- Home ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [each for each in CAST if each != "administrator"])
def test_each_person_of_the_demo_sees_an_appointment_in_the_next_days(name: str, as_: Any, person: Any) -> None:
    assert [each for each in feed.agenda(person(name)) if each.why == "riunione"]
    shown = body(as_(name).get("/"))
    assert "Niente in calendario" not in shown


def test_deadlines_of_actions_and_reviews_stand_among_the_days(person: Any) -> None:
    worker = person("worker")
    rule = ProtocolPage.objects.get(slug="pr-01")
    rule.responsible, rule.review_date = worker, timezone.localdate() + timedelta(days=2)
    rule.save()
    reviews.ask_due()
    found = [each.title for each in feed.agenda(worker) if each.why == "entro questo giorno"]
    assert [title for title in found if title.startswith("Da rivedere: PR-01")]
    assert [title for title in found if not title.startswith("Da rivedere")]
    assert "PR-01" not in str([each.title for each in feed.agenda(person("newcomer"))])


def test_changes_are_told_week_by_week_and_old_public_pages_are_no_news(as_: Any, person: Any) -> None:
    shown = body(as_("worker").get("/novita/"))
    weeks = [shown.index(words) for words in ("La settimana scorsa", "Settimana del")]
    assert weeks == sorted(weeks)
    assert "Come si accede" not in shown  # a public page, published once
    page = Page.objects.get(slug="come-si-accede").specific
    page.change_note = "Nuovo orario del primo contatto."
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    assert "Nuovo orario del primo contatto." in body(as_("worker").get("/novita/"))


def test_a_week_is_called_by_what_it_is_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """From Monday to Sunday: on a Monday what was yesterday is of last week."""
    now = timezone.make_aware(datetime(2026, 3, 16, 9))  # a Monday
    monkeypatch.setattr(timezone, "now", lambda: now)
    changes: list[Any] = [SimpleNamespace(at=now - timedelta(days=days)) for days in (0, 1, 7, 8, 14)]
    found = [(words, len(of_week)) for words, of_week in feed.by_week(changes)]
    assert found == [("Questa settimana", 1), ("La settimana scorsa", 2), ("Settimana del 2 marzo", 2)]


def test_a_partner_finds_services_to_call_at_home_and_in_the_directory(as_: Any) -> None:
    home, directory = body(as_("partner").get("/")), body(as_("partner").get("/rubrica/"))
    assert "Servizi e sportelli" in home
    assert 'href="tel:' in home.split("Servizi e sportelli")[1]
    assert "Nessun servizio" not in directory
    for desk in ServicePage.objects.filter(service_kind="sportello comunale"):
        assert desk.title.replace("'", "&#x27;") in directory
        assert as_("partner").get(desk.url).status_code == 200
    assert "SerD" not in directory  # not shared with them
    assert "Servizi e sportelli" not in body(as_("worker").get("/"))


# --- Spaces and search -----------------------------------------------------------------------------------


def test_a_space_says_a_summary_once_and_calls_no_first_publication_a_change(as_: Any) -> None:
    for address in ("/spazi/terzo-settore/", "/spazi/modulistica/"):
        shown = as_("worker").get(address).content.decode()
        said = [row.text for row in BeautifulSoup(shown, "html.parser").select(".rows p.quiet")]
        assert "Prima pubblicazione" not in shown
        for summary in filter(None, said):
            assert not [other for other in said if other != summary and other.endswith(f": {summary}")]
    assert ": Un solo modulo per tutti i reparti" in body(as_("worker").get("/spazi/modulistica/"))


def test_the_modules_of_a_path_are_called_by_their_name(as_: Any) -> None:
    assert "<b>6</b>moduli formativi" in body(as_("worker").get("/spazi/formazione/"))
    assert "Moduli formativi" in body(as_("worker").get("/rubrica/persone/5/"))


def test_the_box_finds_people_with_their_telephone(as_: Any) -> None:
    assert "0573 000 131" in body(as_("worker").get("/cerca/?q=Elena Fedi"))


def test_a_space_says_each_thing_once_with_its_state_a_trail_and_a_search(as_: Any) -> None:
    whole = as_("worker").get("/spazi/integrazione/").content.decode()
    shown = body(as_("worker").get("/spazi/integrazione/"))
    assert shown.count('href="/p/PR-02/"') == 1
    assert "In vigore" in shown
    assert "1 in evidenza, qui sopra." in shown
    assert '<a href="/spazi/">Spazi</a>' in whole
    assert 'name="spazio" value="SP-INTEGRA"' in shown
    found = as_("worker").get("/cerca/", {"q": "dimissioni", "spazio": "SP-INTEGRA"})
    assert found.status_code == 200


def test_a_filter_that_empties_the_list_can_be_taken_off(as_: Any) -> None:
    shown = body(as_("worker").get("/cerca/", {"q": "dimissioni protette", "anno": "1999"}))
    assert "Nessun risultato con questo filtro" in shown
    assert 'href="/cerca/?q=dimissioni+protette">Togli il filtro</a>' in shown


def test_a_page_of_results_beyond_the_end_says_so_and_leads_back(as_: Any) -> None:
    shown = body(as_("worker").get("/cerca/", {"q": "dimissioni", "pagina": "90"}))
    assert "i risultati finiscono prima" in shown
    assert 'href="/cerca/?q=dimissioni">Torna ai primi</a>' in shown


# --- Names and files -------------------------------------------------------------------------------------


def test_names_lead_to_people_for_whoever_may_see_them(as_: Any, person: Any) -> None:
    answers, chair = person("hospital_worker"), person("coordinator")
    assert f'href="/rubrica/persone/{answers.pk}/">{answers}</a>' in body(as_("worker").get("/p/OP-04/"))
    assert f'conduce <a class="together" href="/rubrica/persone/{chair.pk}/">' in body(as_("partner").get("/p/R-08/"))
    lesson = body(as_("partner").get("/p/M6/"))
    for who in User.objects.exclude(pk__in=feed.access.allowed(User.objects.all(), person("partner")).values("pk")):
        assert f"/rubrica/persone/{who.pk}/" not in lesson


def test_the_page_of_a_person_says_what_the_person_answers_for_as_far_as_one_may_see(as_: Any, person: Any) -> None:
    address = f"/rubrica/persone/{person('worker_minors').pk}/"
    ProtocolPage.objects.filter(slug="pr-04").update(responsible=person("worker_minors"))
    assert 'href="/p/PR-04/"' in body(as_("worker_minors_plain").get(address))
    assert "PR-04" not in body(as_("partner").get(address))
    desk = ServicePage.objects.filter(contact=person("worker")).first()
    assert desk is not None
    assert desk.title in body(as_("coordinator").get(f"/rubrica/persone/{person('worker').pk}/")).replace("&#x27;", "'")


def test_a_form_is_downloaded_and_not_shown(as_: Any) -> None:
    form = FormPage.objects.get(slug="md-04")
    address = f"{form.document.url}?scarica"
    assert f'href="{address}"' in body(as_("worker").get("/p/MD-04/"))
    assert as_("worker").get(address).headers["Content-Disposition"].startswith("attachment;")
    assert as_("partner").get(address).status_code == 404


# --- Directory -------------------------------------------------------------------------------------------


def test_people_are_found_whatever_accents_and_apostrophes_and_sorted_as_italians_sort(as_: Any) -> None:
    body_of_elena = User.objects.get(email="elena.fedi@raccordo.example").organisation
    for number, (first, last) in enumerate([("Ada", "D’Addio"), ("Bea", "Àlvarez"), ("Ciro", "de Santis")]):
        User.objects.create(email=f"p{number}@raccordo.example", first_name=first, last_name=last,
                            organisation=body_of_elena)  # fmt: skip
    client = as_("coordinator")
    for typed, name in (("daddio", "Ada D’Addio"), ("d'addio", "Ada D’Addio"), ("alvarez", "Bea Àlvarez"),
                        ("desantis", "Ciro de Santis"), ("De Santis", "Ciro de Santis"),
                        ("elamrani", "Nadia El Amrani")):  # fmt: skip
        assert name in body(client.get("/rubrica/", {"nome": typed})), typed
    shown = body(client.get("/rubrica/"))
    order = [shown.index(name) for name in ("Bea Àlvarez", "Chiara Bonacchi", "Ada D’Addio", "Ciro de Santis")]
    assert order == sorted(order)


def test_a_name_that_changes_is_found_and_sorted_by_the_new_one_at_every_door(as_: Any) -> None:
    worker = User.objects.get(email="elena.fedi@raccordo.example")
    worker.last_name = "Àbate"
    worker.save(update_fields=["last_name"])
    client = as_("coordinator")
    for address in ("/rubrica/?nome=abate", "/rete/persone/?nome=abate"):
        assert "Elena Àbate" in body(client.get(address)), address
    assert "Nessuna persona" in body(client.get("/rubrica/?nome=fedi elena"))
    shown = body(client.get("/rubrica/"))
    assert shown.index("Elena Àbate") < shown.index("Chiara Bonacchi")
    User.objects.filter(pk=worker.pk).update(last_name="Zurlì")
    assert "Elena Zurlì" in body(client.get("/rubrica/?nome=zurli"))
    assert "Nessuna persona" in body(client.get("/rubrica/?nome=%27"))  # a sign that is in nobody's name


def test_a_list_of_hundreds_of_people_says_how_many_there_are_about(as_: Any) -> None:
    network.people(600, space=Space.objects.get(code="SP-RETE"))
    assert 'Persone<span class="number">oltre 500</span>' in body(as_("worker").get("/rubrica/"))
    counted = body(as_("worker").get("/rubrica/?nome=bonacchi"))
    assert 'Persone<span class="number">1</span>' in counted


def test_the_account_that_looks_after_the_installation_is_no_colleague(as_: Any) -> None:
    for address in ("/rubrica/", "/rubrica/?nome=amministrazione", "/spazi/rete/", "/rubrica/enti/sds/"):
        assert "Amministrazione del portale" not in body(as_("coordinator").get(address))


def test_letters_of_two_words_of_a_sentence_make_no_name(as_: Any) -> None:
    joined = "Centro di Orientamento Oncologico"  # «Accoglierà chi ha ricevuto una diagnosi»: u-nadia-gnosi
    assert joined in body(as_("worker").get("/rubrica/?nome=oncologico"))
    found = body(as_("worker").get("/rubrica/?nome=nadia"))
    assert "Nadia El Amrani" in found and joined not in found
    assert "Nadia El Amrani" in body(as_("worker").get("/rubrica/?nome=elamrani"))


@pytest.mark.parametrize(
    ("text", "folded"), [("D’Addio", "daddio"), ("ÀLVAREZ", "alvarez"), ("De  Sàntis", "de santis"), ("", "")]
)
def test_a_name_is_folded_as_people_type_it(text: str, folded: str) -> None:
    assert names.fold(text) == folded


# --- Words -----------------------------------------------------------------------------------------------


def test_plain_words_stand_where_jargon_stood(as_: Any, client: Any) -> None:
    worker = as_("worker")
    assert "Passate" in body(worker.get("/riunioni/"))
    assert "Digest" not in worker.get("/profilo/digest/").content.decode()
    assert "impronta" not in body(worker.get("/p/PR-02/")) + body(worker.get("/p/PR-02/edizioni/2.0/"))
    assert "econdo fattore" not in body(worker.get("/profilo/"))
    assert "placeholder" not in body(client.get("/accesso/login/"))
    assert "Torna all’ingresso" in body(client.get("/accesso/password/reset/"))
    assert 'class="eyebrow">Pagina' not in body(client.get(Page.objects.get(slug="come-si-accede").url))


def test_the_preview_of_the_summary_says_what_the_mail_says(as_: Any, person: Any) -> None:
    from portal.notices import digests

    digest, shown = digests.preview(person("worker")), body(as_("worker").get("/profilo/digest/"))
    for each in [*digest.todos, *digest.changes, *digest.agenda]:
        assert each.url in shown
    assert [todo for todo in digest.todos if todo.due]
    assert "Fra " in shown or "Entro " in shown or "Scaduta" in shown
    assert not [each for each in digest.agenda if each.is_todo]


def test_titles_of_the_demo_hold_no_straight_apostrophe() -> None:
    from portal.models import Term

    assert not Term.objects.filter(meaning__contains="'").exists()
    assert demo.CONTENT.exists()
