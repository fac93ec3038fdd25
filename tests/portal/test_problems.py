"""The report of a problem: it reaches who answers for the page, leads back, lies nowhere in clear, and has an end."""

from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.models import Job, NetworkProfile, ProblemReport, User
from portal.models.pages import FaqPage, TextPage, page_kinds
from portal.notices import feed, problem_reports, who_asked
from protocols.models import ProcedurePage, ProtocolPage
from tests.shown import body

pytestmark = pytest.mark.django_db
TEXT = "Il numero <b>è</b> vecchio.\nGrazie & saluti"


def send(client: Any, page: str, text: str = TEXT, **more: str) -> Any:
    return client.post("/segnala/", {"page": page, "text": text, **more}, follow=True)


def test_it_names_the_page_leads_back_to_it_and_reaches_who_answers_for_it(
    as_: Any, person: Any, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = as_("worker")
    assert "OP-04 Attivare una dimissione protetta" in body(client.get("/segnala/?pagina=/p/OP-04/"))
    answer = send(client, "/p/OP-04/?passo=2")
    assert answer.redirect_chain == [("/p/OP-04/?passo=2", 302)]
    assert "Grazie: la segnalazione è partita." in body(answer)
    row = ProblemReport.objects.get()
    problem_reports.tell(row.pk)
    (mail,) = mailoutbox
    assert mail.to == [person("hospital_worker").email]
    assert mail.reply_to == [person("worker").email]
    assert mail.subject.endswith("OP-04 Attivare una dimissione protetta")
    assert TEXT in mail.body
    html = str(mail.alternatives[0][0])
    assert "<b>è</b>" not in html
    assert "Grazie &amp; saluti" in html


def test_the_link_below_a_page_leads_back_to_the_very_step_and_dates_that_one_was_reading(as_: Any) -> None:
    client, here = as_("worker"), "/p/OP-04/?passo=2&dal-ricovero=2026-11-27"
    (asked,) = BeautifulSoup(client.get(here).content, "html.parser").select(".foot a[href^='/segnala/?pagina']")
    form = BeautifulSoup(client.get(str(asked["href"])).content, "html.parser").select_one("main form")
    assert form
    assert form.select("a")[0]["href"] == here
    given = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    assert send(client, given["page"]).redirect_chain == [(here, 302)]
    far = f"/cerca/?q={'casa+' * 80}"
    assert 'href="/cerca/"' in body(client.get("/segnala/", {"pagina": far}))


def test_the_words_of_a_report_lie_in_no_job(as_: Any) -> None:
    send(as_("worker"), "/p/OP-04/", "Una parola che non deve restare")
    jobs = [job for job in Job.objects.all() if "problem" in job.key]
    assert [job.args for job in jobs] == [[ProblemReport.objects.get().pk]]


def test_whoever_it_reached_reads_it_and_settles_it_and_nothing_stays(as_: Any, person: Any) -> None:
    send(as_("worker"), "/p/OP-04/")
    row = ProblemReport.objects.get()
    problem_reports.tell(row.pk)
    client = as_("hospital_worker")
    assert "Segnalazione su OP-04 Attivare una dimissione protetta" in body(client.get("/"))
    assert "Segnalazione su" not in body(as_("coordinator").get("/"))
    shown = body(client.get(f"/segnala/{row.pk}/"))
    assert "Il numero &lt;b&gt;è&lt;/b&gt; vecchio." in shown
    assert as_("coordinator").get(f"/segnala/{row.pk}/").status_code == 404
    assert "non la conserva" in body(client.post(f"/segnala/{row.pk}/", follow=True))
    assert not ProblemReport.objects.exists()
    problem_reports.tell(row.pk)  # a job that comes late finds nothing and harms nothing


def test_who_may_no_longer_see_the_page_is_not_told_its_title(as_: Any, person: Any, mailoutbox: Any) -> None:
    send(as_("worker"), "/p/OP-04/")
    row = ProblemReport.objects.get()
    demo.space("SP-INTEGRA").memberships.filter(user=person("hospital_worker")).delete()
    Page.objects.get(slug="op-04").shares.all().delete()  # she reads it among those who learn, too
    problem_reports.tell(row.pk)
    assert mailoutbox[0].to == [person("coordinator").email]  # who answers for the space instead
    titles = [todo.title for todo in feed.todos(person("coordinator"))]
    assert "Segnalazione su OP-04 Attivare una dimissione protetta" in titles
    demo.space("SP-INTEGRA").memberships.filter(user=person("coordinator")).delete()
    titles = [todo.title for todo in feed.todos(person("coordinator"))]
    assert "Segnalazione su /p/OP-04/" in titles
    assert not [title for title in titles if "dimissione protetta" in title]


def test_a_page_that_the_reporter_may_not_see_is_only_an_address(as_: Any, person: Any, mailoutbox: Any) -> None:
    shown = body(as_("partner").get("/segnala/?pagina=/p/PR-04/"))
    assert "tutela dei minori" not in shown
    send(as_("partner"), "/p/PR-04/")
    row = ProblemReport.objects.get()
    assert row.page is None
    problem_reports.tell(row.pk)
    assert mailoutbox[0].subject.endswith("/p/PR-04/")


@pytest.mark.parametrize(
    "path", ["//altrove.example/", "https://altrove.example/", "javascript:alert(1)", "/\\altrove"]
)
def test_the_way_back_never_leads_to_another_site(path: str, as_: Any) -> None:
    assert send(as_("worker"), path).redirect_chain[0][0] == "/"


def test_whoever_has_entered_is_limited_too_and_keeps_what_was_typed(as_: Any, settings: Any) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"report": "5/h/ip", "report_known": "3/h/user"}
    client = as_("worker")
    for _turn in range(3):
        send(client, "/p/PR-02/")
    refused = body(send(client, "/p/PR-02/", text="La quarta in un’ora"))
    assert "Ne hai mandate molte in poco tempo" in refused and "La quarta in un’ora" in refused
    assert ProblemReport.objects.count() == 3
    assert send(as_("trainee"), "/p/PR-02/").redirect_chain == [("/p/PR-02/", 302)]


def test_whoever_has_not_entered_can_report_a_few_times_an_hour(
    client: Any, person: Any, mailoutbox: Any, settings: Any
) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"report": "5/h/ip"}
    page = Page.objects.get(slug="come-si-accede").url
    assert "Segnala un problema in questa pagina" in body(client.get(page))
    shown = body(client.get(f"/segnala/?pagina={page}"))
    assert "La tua e-mail (facoltativa)" in shown
    assert send(client, page, email="lettrice@altrove.example").redirect_chain == [(page, 302)]
    row = ProblemReport.objects.get()
    problem_reports.tell(row.pk)
    assert mailoutbox[0].to == [row.page.specific.responsible.email]
    assert mailoutbox[0].reply_to == ["lettrice@altrove.example"]
    for _turn in range(4):
        send(client, page)
    refused = send(client, page, text="La sesta in un’ora")
    assert "troppe segnalazioni" in body(refused)
    assert "La sesta in un’ora" in body(refused)  # nothing typed is lost
    assert ProblemReport.objects.count() == 5


def test_a_report_that_nobody_settles_goes_after_ninety_days(as_: Any) -> None:
    send(as_("worker"), "/p/OP-04/")
    ProblemReport.objects.update(at=timezone.now() - timedelta(days=89))
    assert problem_reports.purge() == 0
    ProblemReport.objects.update(at=timezone.now() - timedelta(days=91))
    assert problem_reports.purge() == 1


# --- What the network says of itself ---------------------------------------------------------------------


def test_the_declaration_says_state_day_method_and_where_to_turn_to(client: Any) -> None:
    shown = body(client.get("/accessibilita/"))
    for words in ("parzialmente conforme", "15 settembre", "autovalutazione", "Difensore civico per il digitale",
                  "/segnala/?pagina=/accessibilita/", "tel:0573000142", "spegnerlo nel profilo",
                  "rivolgerti qui: Ufficio di Piano della Società della Salute Pistoiese, telefono"):  # fmt: skip
        assert words in shown
    assert "Da completare" not in shown


def test_the_privacy_page_names_controller_officer_bases_terms_cookies_and_rights(client: Any) -> None:
    shown = body(client.get("/riservatezza/"))
    for words in ("Titolare del trattamento: Società della Salute Pistoiese", "mailto:privacy@raccordo.example",
                  "regolamento UE 2016/679", "90 giorni", "Cookie", "Garante"):  # fmt: skip
        assert words in shown


@pytest.mark.parametrize("address", ["/accessibilita/", "/riservatezza/"])
def test_another_network_says_nothing_of_this_one_and_only_administrators_read_what_lacks(
    address: str, as_: Any, client: Any
) -> None:
    NetworkProfile.objects.all().delete()
    TextPage.objects.all().update(responsible=None)
    for reader in (client, as_("worker")):
        shown = body(reader.get(address)).split("<main")[1].split("</main")[0]
        assert "Società della Salute" not in shown
        assert "0573 000 100" not in shown
        assert "Da completare" not in shown
    assert "Da completare" in body(as_("administrator").get(address))


def test_administrators_and_nobody_else_keep_the_data_of_the_network(as_: Any) -> None:
    address = f"/admin/settings/portal/networkprofile/{NetworkProfile.load().pk}/"
    client = as_("administrator")
    assert "titolare del trattamento" in body(client.get(address)).lower()
    assert as_("coordinator").get(address).status_code == 302


@pytest.mark.parametrize(
    ("declared", "today", "asked"),
    [
        (date(2026, 9, 15), date(2027, 8, 1), False),
        (date(2026, 9, 15), date(2027, 8, 30), True),
        (date(2026, 9, 15), date(2027, 10, 1), True),
        (date(2027, 9, 1), date(2027, 10, 1), False),
    ],
)
def test_the_yearly_declaration_is_asked_of_its_owner_a_month_before(
    declared: Any, today: date, asked: bool, person: Any, monkeypatch: Any
) -> None:
    profile = NetworkProfile.load()
    profile.declared_on = declared
    profile.save()
    monkeypatch.setattr(timezone, "localdate", lambda *_args: today)
    found = [todo for todo in feed.todos(person("office")) if "dichiarazione di accessibilità" in todo.title]
    assert not [todo for todo in feed.todos(person("worker")) if "dichiarazione" in todo.title]
    assert [todo.due and (todo.due.month, todo.due.day) for todo in found] == [(9, 23)] * asked


def test_a_network_that_never_declared_is_asked_to_and_told_of_nothing_expired(as_: Any, person: Any) -> None:
    profile = NetworkProfile.load()
    profile.declared_on = profile.declaration_owner = None
    profile.save()
    (asked,) = [todo for todo in feed.todos(person("administrator")) if "dichiarazione" in todo.title]
    assert asked.title == "Fai la dichiarazione di accessibilità"
    assert asked.due is None and not asked.is_late
    assert asked.title in body(as_("administrator").get("/"))
    assert asked.title not in body(as_("worker").get("/"))


# --- Another wording, and the answer ---------------------------------------------------------------------


def test_who_has_not_entered_proposes_another_wording_too_and_only_where_there_is_a_page(as_: Any) -> None:
    page = Page.objects.get(slug="come-si-accede").url
    assert f"?correzione=1&amp;pagina={page}" in as_("anonymous").get(page).content.decode()
    assert "Segnala dati personali" not in as_("anonymous").get(page).content.decode()
    assert "Proponi una correzione" not in as_("anonymous").get("/riservatezza/").content.decode()
    sent = {"page": page, "text": "Gli orari sono altri.", "proposal": "True", "email": ""}
    assert as_("anonymous").post("/segnala/", sent).status_code == 302
    assert ProblemReport.objects.get(path=page).is_proposal


def test_another_wording_is_proposed_on_the_page_and_comes_back_answered(
    as_: Any, person: Any, mailoutbox: Any
) -> None:
    assert "Proponi una correzione" in as_("worker").get("/p/PR-02/").content.decode()
    form = as_("worker").get("/segnala/?correzione=1&pagina=/p/PR-02/").content.decode()
    assert "Che cosa scriveresti" in form
    sent = {"page": "/p/PR-02/", "text": "«Entro due giorni», non «a breve».", "proposal": "True"}
    assert as_("worker").post("/segnala/", sent).status_code == 302
    row = ProblemReport.objects.get(by=person("worker"))
    assert row.is_proposal
    problem_reports.tell(row.pk)
    mail = mailoutbox[-1]
    html = mail.alternatives[0].content
    assert "una correzione proposta a PR-02" in mail.subject and "propone una correzione" in mail.body
    assert "La propone" in html and not any("problem" in said for said in (mail.subject, mail.body, html))
    owner = ProblemReport.objects.get(pk=row.pk).to
    desk = Client()
    desk.force_login(owner)
    assert "Una correzione proposta" in desk.get("/").content.decode()
    assert "Modifica la pagina" in desk.get(f"/segnala/{row.pk}/").content.decode()
    desk.post(f"/segnala/{row.pk}/", {"answer": "Hai ragione: da oggi è scritto così."})
    assert desk.get(f"/segnala/{row.pk}/").status_code == 404
    mailoutbox.clear()
    problem_reports.send_answer(row.pk)
    mail = mailoutbox[0]
    assert (mail.to, mail.reply_to) == ([person("worker").email], [owner.email])
    assert "Hai ragione: da oggi è scritto così." in mail.body
    assert "PR-02" in mail.body
    html = " ".join(mail.alternatives[0].content.split())
    assert all("La proposta è chiusa" in said and "segnalazione" not in said for said in (mail.body, html))
    assert not ProblemReport.objects.filter(pk=row.pk).exists()
    problem_reports.send_answer(row.pk)
    assert len(mailoutbox) == 1


def test_what_is_done_with_a_space_is_named_by_it_and_reaches_who_answers_for_it(
    as_: Any, person: Any, mailoutbox: Any
) -> None:
    row = problem_reports.report(person("coordinator"), "/spazi/rete/condivisione/", "Il tasto non si vede.")
    problem_reports.tell(row.pk)
    desk = Client()
    desk.force_login(ProblemReport.objects.get(pk=row.pk).to)
    shown = desk.get(f"/segnala/{row.pk}/").content.decode()
    assert ">Rete dei servizi sociali</a>" in shown and "/spazi/rete/condivisione/</span>" in shown
    assert "un problema in Rete dei servizi sociali" in mailoutbox[0].subject
    closed = problem_reports.report(person("partner"), "/spazi/minori/condivisione/", "Non la vedo.")
    assert closed.page is None  # of a space that its reader may not see nothing is told


def test_an_answer_holds_no_data_of_persons_and_whoever_left_no_address_gets_none(as_: Any, person: Any) -> None:
    row = problem_reports.report(AnonymousUser(), Page.objects.get(slug="come-si-accede").url, "Manca un numero.")
    problem_reports.tell(row.pk)
    owner = ProblemReport.objects.get(pk=row.pk).to
    desk = Client()
    desk.force_login(owner)
    assert "La tua risposta" not in desk.get(f"/segnala/{row.pk}/").content.decode()
    other = problem_reports.report(person("worker"), "/p/PR-02/", "Manca un numero.")
    problem_reports.tell(other.pk)
    desk.force_login(ProblemReport.objects.get(pk=other.pk).to)
    answer = desk.post(f"/segnala/{other.pk}/", {"answer": "M.R. è diabetico"}).content.decode()
    assert "iniziali con notizie di salute" in answer
    assert ProblemReport.objects.filter(pk=other.pk, settled_at=None).exists()


def test_whoever_answers_for_a_page_does_not_ask_oneself(person: Any) -> None:
    page = ProcedurePage.objects.get(code="OP-05")
    assert page.responsible == person("worker")
    for by, to in (("trainee", "worker"), ("worker", "coordinator")):
        row = problem_reports.report(person(by), page.url, "Vale anche per i centri diurni?", is_question=True)
        problem_reports.tell(row.pk)
        row.refresh_from_db()
        assert row.to == person(to)


@pytest.mark.parametrize(
    ("first", "last", "text", "surely", "perhaps"),
    [
        ("Nadia", "El Amrani", "la domanda di EL  AMRANI", True, ""),
        ("Nadia", "El Amrani", "grazie, elamrani nadia", True, ""),
        ("Nicolò", "D’Addio", "lo scrive D'ADDIO", True, ""),
        ("Nicolò", "D’Addio", "nicolo daddio", True, ""),
        ("Davide", "Tesi", "la tesi del Comune", False, "tesi"),
        ("Davide", "Tesi", "l’ipotesi e la Protesi", False, ""),
        ("", "", "chiunque", False, ""),
    ],
)
def test_a_name_is_known_however_it_is_typed_and_a_small_word_is_asked_about(
    first: str, last: str, text: str, surely: bool, perhaps: str
) -> None:
    who = User(first_name=first, last_name=last, email="chi@raccordo.example")
    assert who_asked.named(who, text) == who_asked.Named(surely, perhaps)
    assert who_asked.named(who, "scrive CHI@raccordo.example").surely


# --- A question, and the page that answers it for everybody ----------------------------------------------


def test_a_question_becomes_a_page_without_who_asked_who_is_told_where_it_stands(
    as_: Any, person: Any, mailoutbox: Any
) -> None:
    asker = person("worker")
    assert "La tua domanda" in body(as_("worker").get("/segnala/?domanda=1&pagina=/spazi/rete/"))
    sent = {"page": "/spazi/rete/", "text": "Chi apre la saletta ginepro il sabato?", "question": "True"}
    assert "La domanda è partita" in body(as_("worker").post("/segnala/", sent, follow=True))
    row = ProblemReport.objects.get(by=asker)
    problem_reports.tell(row.pk)
    assert "Rispondi, o fanne un quesito per tutti" in mailoutbox[0].body
    desk, address = as_("coordinator"), f"/segnala/{row.pk}/quesito/"
    assert f'href="{address}"' in desk.get(f"/segnala/{row.pk}/").content.decode()
    assert as_("worker").get(address).status_code == as_("director").get(address).status_code == 404
    assert 'value="Chi apre la saletta ginepro il sabato?"' in desk.get(address).content.decode()

    home = demo.space("SP-RETE")
    said = {"space": home.pk, "title": "Chi apre la saletta ginepro il sabato?", "summary": "La apre il custode.",
            "text": "Si chiede al custode delle fedi.\n\n- entro giovedì", "read_again": "on",
            "other_word": "on"}  # fmt: skip
    for wrong, told in (
        ({"text": "Lo chiede la collega Fedi."}, "Qui c’è il nome di chi ha chiesto"),
        ({"title": "La apre FEDI?"}, "Qui c’è il nome di chi ha chiesto"),
        ({"text": "Grazie, elena  fedi"}, "Qui c’è il nome di chi ha chiesto"),
        ({"text": "Si portano le fedi.", "other_word": ""}, "spunta la casella in fondo"),
        ({"text": "Fedi porta le fedi.", "other_word": "on"}, "Qui c’è il nome di chi ha chiesto"),
        ({"text": "M.R. è diabetico"}, "iniziali con notizie di salute"),
        ({"read_again": ""}, "obbligatorio"),
        ({"space": demo.space("SP-COORD").pk}, "Scegli"),  # she writes there, who asked does not read it
    ):
        answer = body(desk.post(address, said | wrong))
        assert told in answer and "La apre il custode." in answer  # nothing typed is lost
    assert not FaqPage.objects.filter(title=said["title"]).exists()

    mailoutbox.clear()
    assert "chi ha chiesto riceve una mail" in body(desk.post(address, said, follow=True))
    page = FaqPage.objects.get(title=said["title"])
    problem_reports.send_answer(row.pk)
    mail = next(each for each in mailoutbox if each.to == [asker.email])
    assert page.url in mail.body and "La apre il custode." in mail.body
    shown = body(as_("trainee").get(page.url))
    assert "entro giovedì" in shown and "Fedi" not in shown.split("<main")[1].split("</main")[0]
    assert not ProblemReport.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("what", ["proposal", "question"])
def test_who_was_promised_an_answer_is_not_closed_in_silence(what: str, as_: Any) -> None:
    send(as_("worker"), "/p/PR-02/", **{what: "True"})
    row = ProblemReport.objects.get()
    problem_reports.tell(row.pk)
    desk = Client()
    desk.force_login(ProblemReport.objects.get(pk=row.pk).to)
    assert "facoltativa" not in body(desk.get(f"/segnala/{row.pk}/"))
    assert "Scrivi una riga a chi aspetta la risposta" in body(desk.post(f"/segnala/{row.pk}/", {"answer": " "}))
    assert ProblemReport.objects.filter(pk=row.pk, settled_at=None).exists()
    desk.post(f"/segnala/{row.pk}/", {"answer": "Fatto."})
    assert not ProblemReport.objects.filter(pk=row.pk, settled_at=None).exists()


def test_of_whoever_has_left_a_proposal_is_closed_without_an_answer(as_: Any, person: Any) -> None:
    send(as_("worker"), "/p/PR-02/", proposal="True")
    row = ProblemReport.objects.get()
    problem_reports.tell(row.pk)
    User.objects.filter(pk=person("worker").pk).update(is_active=False)
    desk = Client()
    desk.force_login(ProblemReport.objects.get(pk=row.pk).to)
    desk.post(f"/segnala/{row.pk}/")
    assert not ProblemReport.objects.exists()


def test_a_correction_and_a_report_of_data_stand_on_every_kind_of_page_and_on_its_editions(as_: Any) -> None:
    client, newest = as_("administrator"), {}
    for page in Page.objects.live().filter(depth__gt=3).specific():
        newest[type(page)] = page.url
    assert {kind.__name__ for kind in newest} >= {kind.__name__ for kind in page_kinds() if kind.is_creatable} - {
        "Page"
    }
    first, *_between, last = (
        ProtocolPage.objects.get(code="PR-02").editions.order_by("pk").values_list("version", flat=True)
    )
    old = [f"/p/PR-02/edizioni/{first}/", f"/p/PR-02/edizioni/{first}/confronta/{last}/"]
    for address in [*newest.values(), *old]:
        answer = client.get(address, follow=True)
        shown = answer.content.decode()
        assert answer.status_code == 200, address
        assert "Proponi una correzione" in shown and "Segnala dati personali" in shown, address
