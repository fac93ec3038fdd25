"""«Che cosa non si trova»: words that found nothing are counted of nobody, and coordinators answer them."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from portal import access, demo
from portal.background import jobs
from portal.models import Activity, Job, Obligation, Term
from portal.models.activity import Verb
from portal.models.jobs import JobState
from portal.models.pages import TextPage
from search import followed, gap_pages, gaps
from search.models import Followed, Gap, Pin

WORDS = "gelateria zufolatoio"
SOON = f"{timezone.localdate() + timedelta(days=30):%d/%m/%Y}"


@pytest.fixture(autouse=True)
def spool(db, settings, tmp_path):
    Gap.objects.all().delete()
    settings.DATA_DIR = tmp_path
    return tmp_path / "searches"


def ask(client, words=WORDS):
    return client.get("/cerca/", {"q": words}).content.decode()


def asked(as_, times=gaps.SHOWN_FROM, words=WORDS, who=("worker", "worker_mountain", "hospital_worker")):
    for number in range(times):
        ask(as_(who[number % len(who)]), words)
    gaps.count()
    return Gap.objects.get()


def answer(client, gap, key, **fields):
    data = {"risposta": key, **{f"{key}-{name}": value for name, value in fields.items()}}
    return client.post(f"/rete/ricerche/{gap.pk}/", data)


def line_of(client):
    return " ".join(client.get("/rete/ricerche/").content.decode().split())


def test_what_finds_nothing_is_counted_with_its_bodies_and_nobody_of_them(as_, index, spool):
    gap = asked(as_)
    assert (gap.asks, gap.bodies_count) == (5, 3)
    assert "5 volte senza risultato · 3 enti" in line_of(as_("coordinator"))
    kept = json.dumps(list(Gap.objects.values()), default=str) + str(list(spool.glob("*")))
    assert not list(spool.glob("*.counting"))
    for trace in ("elena", "sara", "irene", "quarrata", "Quarrata"):
        assert trace not in kept


def test_a_search_writes_no_row_and_only_the_worker_counts(as_, index, spool):
    client = as_("worker")
    ask(client)
    line = json.loads((spool / "asked.jsonl").read_text())
    assert set(line) == {"key", "said", "mark"} and not Gap.objects.exists()
    ask(client)  # loaded again
    assert len((spool / "asked.jsonl").read_text().splitlines()) == 1
    assert (gaps.count(), gaps.count()) == (1, 0)
    assert Gap.objects.get().asks == 1


def test_results_of_which_nobody_opens_one_are_counted_once_other_words_are_sought(as_, index, spool):
    for number in range(gaps.SHOWN_FROM):
        client = as_(("worker", "worker_mountain", "hospital_worker")[number % 3])
        ask(client, "ore dal ricovero")
        assert gaps.count() == 0
        ask(client, "ore dal ricovero")  # loaded again
        client.get("/cerca/suggerimenti/", {"q": "asse"})
        ask(client, "assistenza domiciliare")
        assert gaps.count() == 1
    gap = Gap.objects.get()
    assert (gap.said, gap.asks, gap.left, gap.bodies_count) == ("ore dal ricovero", 0, 5, 3)
    assert "5 volte senza aprire niente · 3 enti" in line_of(as_("coordinator"))
    page = " ".join(as_("coordinator").get(f"/rete/ricerche/{gap.pk}/").content.decode().split())
    assert "Cercata 5 volte senza aprire niente, in 3 enti." in page
    assert answer(as_("coordinator"), gap, "lascia").status_code == 302
    assert "ore dal ricovero" not in line_of(as_("coordinator"))


def test_a_search_left_unopened_is_counted_once_whatever_is_sought_after_it(as_, index, spool):
    client = as_("worker")
    ask(client, "ore dal ricovero")
    for words in ("telefono UFSMIA", "xyzzyq", "qwertyz", "zzzyxw", "yxwvzz", "wvzzyx"):  # answered above, or nowhere
        ask(client, words)
    gaps.count()
    assert Gap.objects.get(said="ore dal ricovero").left == 1


@pytest.mark.parametrize("opened", ["/p/PR-02/", "/rubrica/"])
def test_whoever_opens_something_or_reads_the_answer_above_has_found_it(as_, index, spool, opened):
    client = as_("worker")
    ask(client, "ore dal ricovero")
    client.get(opened)
    ask(client, "telefono UFSMIA")  # told above the results
    ask(client, "assistenza domiciliare")
    ask(as_("anonymous"), "servizi")
    assert not spool.exists() and not Gap.objects.exists()


def test_nobody_else_and_no_later_session_is_held_to_have_left_a_search(as_, index, spool):
    client = as_("worker")
    ask(client, "ore dal ricovero")
    other = as_("hospital_worker")
    other.cookies["raccordo_da_aprire"] = client.cookies["raccordo_da_aprire"].value
    ask(other, "assistenza domiciliare")
    assert not spool.exists()


def test_what_fewer_than_five_asked_is_nobodys_to_read(as_, index):
    gap = asked(as_, times=4)
    assert WORDS not in line_of(as_("coordinator"))
    assert as_("coordinator").get(f"/rete/ricerche/{gap.pk}/").status_code == 404


@pytest.mark.parametrize("words", ["zufolatoio RSSMRA85T10A562S", "zufolatoio 333 1234567", "zufolatoio 0573 123456"])
def test_words_with_data_of_a_person_are_never_written(as_, index, spool, words):
    ask(as_("worker"), words)
    assert not (spool / "asked.jsonl").exists()
    as_("worker").post("/cerca/segui/", {"q": words, "aspetta": "1"})
    assert not Followed.objects.exists()


def test_strangers_results_and_a_broken_line_count_for_nothing(as_, index, spool):
    ask(as_("anonymous"))
    ask(as_("worker"), "dimissioni protette")
    assert not spool.exists()
    assert "Nessuna pagina ha tutte queste parole" in ask(as_("worker_mountain"), "dimissioni zufolatoio")
    assert gaps.count() == 1  # a page with some of the words answers nothing
    Gap.objects.all().delete()
    ask(as_("worker"))
    with (spool / "asked.jsonl").open("a") as file:
        file.write('{"key": "a metà')
    gaps.count()
    assert Gap.objects.get().asks == 1


def test_another_name_answers_at_once_and_the_question_begins_anew(as_, index):
    gap = asked(as_)
    refused = answer(as_("coordinator"), gap, "sinonimo", term="niente di simile").content.decode()
    assert "Non è un termine del glossario" in refused and "niente di simile" in refused
    assert answer(as_("coordinator"), gap, "sinonimo", term="uvm").status_code == 302
    assert WORDS in Term.objects.get(term="UVM").synonyms
    assert "OP-03" in ask(as_("worker"))
    assert WORDS not in line_of(as_("coordinator"))


def test_words_that_the_glossary_explains_now_have_their_answer(as_, index):
    gap, form = asked(as_), "/rete/glossario/nuovo/"
    said = {"term": "Zufolo", "meaning": "Si suona", "synonyms": "zufolatoi", "relation": "=", "note": ""}
    assert as_("coordinator").post(form, said).status_code == 302
    assert WORDS in line_of(as_("coordinator"))  # it is another word
    said |= {"term": WORDS.title(), "synonyms": ""}
    assert as_("coordinator").post(form, said).status_code == 302
    assert WORDS not in line_of(as_("coordinator")) and Gap.objects.get(pk=gap.pk).asks == 0
    assert "Si suona" in ask(as_("worker"))


def hidden_page(person):
    page = TextPage(title="Pagina del Bargiglio", slug="bargiglio", summary="Testo.")
    demo.publish(demo.space("SP-COORD").root_page, page, on=0, by=person("coordinator"))
    assert not access.can(person("worker"), "view", page)
    return page


def test_a_page_in_evidence_is_seen_by_who_may_read_it_until_its_day_and_changes_nothing_for_others(
    as_, person, index, monkeypatch
):
    page = hidden_page(person)
    gap = asked(as_)
    before = ask(as_("worker"))
    assert answer(as_("coordinator"), gap, "evidenza", page=page.url, until=SOON).status_code == 302
    found = ask(as_("office"))
    assert "Pagina del Bargiglio" in found and "c’è la pagina qui sotto" in found and "Nessun risultato" not in found
    after = ask(as_("worker"))
    assert "Pagina del Bargiglio" not in after and "In evidenza" not in after
    assert "Nessun risultato" in before and "Nessun risultato" in after and "Dimmi quando c’è" in after
    assert "Pagina del Bargiglio" in line_of(as_("coordinator"))
    assert str(Activity.objects.filter(verb=Verb.WORDS_CHANGED).latest("pk")).endswith(f"per chi cerca «{WORDS}»")
    later = timezone.now() + timedelta(days=31)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert "Pagina del Bargiglio" not in ask(as_("office"))


def test_a_page_that_the_coordinator_does_not_see_is_not_put_in_evidence(as_, person, index):
    page = hidden_page(person)
    gap = asked(as_)
    page.unpublish()
    refused = answer(as_("coordinator"), gap, "evidenza", page=page.url, until="1/1/2020").content.decode()
    assert "Non trovo questa pagina" in refused and "La data è già passata" in refused
    assert not Pin.objects.exists()


def test_the_page_that_is_missing_is_a_duty_of_one_person_who_says_when_it_is_there(as_, person, index):
    gap = asked(as_)
    owner = person("worker")
    given = {"owner": str(owner.pk), "due": SOON, "note": "Dove si chiede."}
    assert answer(as_("coordinator"), gap, "pagina", **given).status_code == 302
    assert f"Scrivi la pagina che manca: «{WORDS}»" in as_("worker").get("/").content.decode()
    address = f"/cerca/mancanze/{gap.pk}/"
    assert as_("worker_mountain").get(address).status_code == 404
    assert as_("coordinator").get(address).status_code == 404
    assert "Dove si chiede." in as_("worker").get(address).content.decode()
    assert as_("worker").post(address, {"risposta": "altro"}).status_code == 404
    written = {"risposta": "pagina", "pagina-page": "MD-01", "pagina-until": SOON}
    assert as_("worker").post(address, written).status_code == 302
    assert not Obligation.objects.filter(person=owner, settled_at=None, key=f"missing-page:{gap.pk}").exists()
    assert "MD-01" in ask(as_("worker_mountain"))
    assert as_("worker").get(address).status_code == 410


def test_whoever_was_asked_answers_in_words_where_no_page_is_needed(as_, person, index, mailoutbox):
    gap, owner = asked(as_), person("worker_mountain")
    wish(as_("worker"))
    answer(as_("coordinator"), gap, "pagina", owner=owner.pk, due=SOON, note="")
    address = f"/cerca/mancanze/{gap.pk}/"
    said = {"risposta": "parole", "parole-words": ""}
    assert as_("worker_mountain").post(address, said).status_code == 200
    assert Obligation.objects.filter(person=owner, settled_at=None, key=f"missing-page:{gap.pk}").exists()
    said["parole-words"] = "Lo fa l’anagrafe, al piano terra."
    assert as_("worker_mountain").post(address, said).status_code == 302
    work()
    [mail] = [mail for mail in mailoutbox if "al piano terra" in mail.body]
    assert mail.to == [person("worker").email] and "coordina" not in mail.body  # who did not answer
    assert not Obligation.objects.filter(person=owner, settled_at=None, key=f"missing-page:{gap.pk}").exists()
    assert as_("worker_mountain").get(address).status_code == 410
    assert WORDS not in line_of(as_("coordinator")) and not Followed.objects.exists()


@pytest.mark.parametrize(
    "given", [{"key": "evidenza", "page": "MD-01", "until": SOON}, {"key": "sinonimo", "term": "UVM"}]
)
def test_a_page_that_is_there_after_all_is_owed_by_nobody(as_, person, index, given):
    gap, owner = asked(as_), person("worker_mountain")
    answer(as_("coordinator"), gap, "pagina", owner=owner.pk, due=SOON, note="")
    assert "Scrivi la pagina che manca" in as_("worker_mountain").get("/").content.decode()
    assert answer(as_("coordinator"), gap, given.pop("key"), **given).status_code == 302
    assert "Scrivi la pagina che manca" not in as_("worker_mountain").get("/").content.decode()
    assert as_("worker_mountain").get(f"/cerca/mancanze/{gap.pk}/").status_code == 410


OURS = {"origin": "http://testserver"}
OVER = "Non serve più"


def asked_of(as_, owner):
    """Words whose page somebody was asked to write, and where that is answered."""
    gap = asked(as_)
    answer(as_("coordinator"), gap, "pagina", owner=owner.pk, due=SOON, note="")
    return gap, f"/cerca/mancanze/{gap.pk}/"


def test_whoever_answers_what_is_answered_already_is_told_so_and_has_the_words_back(as_, person, index):
    gap, address = asked_of(as_, person("worker_mountain"))
    said = {"risposta": "parole", "parole-words": "Lo fa l’anagrafe."}
    assert as_("worker_mountain").post(address, said).status_code == 302
    again = as_("worker_mountain").post(address, said | {"parole-words": "È al secondo piano."}, headers=OURS)
    assert again.status_code == 410
    assert OVER in again.content.decode() and "È al secondo piano." in again.content.decode()
    assert OVER in as_("worker_mountain").get(address).content.decode()
    assert as_("worker").get(address).status_code == 404  # who was never asked
    late = as_("coordinator").post(
        f"/rete/ricerche/{gap.pk}/", {"risposta": "lascia", "lascia-words": "Chiedi all’anagrafe."}, headers=OURS
    )
    assert late.status_code == 410
    assert OVER in late.content.decode() and "Chiedi all’anagrafe." in late.content.decode()


def test_of_two_answers_at_once_the_first_is_the_one_that_is_sent(as_, person, index, mailoutbox, monkeypatch):
    gap, address = asked_of(as_, person("worker_mountain"))
    wish(as_("worker"))

    def meanwhile(form):
        answer(as_("coordinator"), gap, "lascia", words="Lo fa il Comune.")
        return form.cleaned_data

    monkeypatch.setattr(gap_pages.WordsForm, "clean", meanwhile)
    said = {"risposta": "parole", "parole-words": "Lo fa l’anagrafe."}
    assert as_("worker_mountain").post(address, said, headers=OURS).status_code == 410
    work()
    [mail] = mailoutbox
    assert "Lo fa il Comune." in mail.body and "anagrafe" not in mail.body


# --- Who waits -------------------------------------------------------------------------------------------


def wish(client):
    return client.post("/cerca/segui/", {"q": WORDS, "aspetta": "1"}, follow=True).content.decode()


def work():
    while waiting := list(Job.objects.filter(state=JobState.WAITING, key__startswith="wish").order_by("pk")):
        for job in waiting:
            jobs.run(job.pk)


def test_who_waits_is_told_once_by_mail_when_there_is_something_for_them(as_, person, index, mailoutbox):
    """Of a page in evidence that only one of two may read, only that one hears."""
    page = hidden_page(person)
    gap = asked(as_)
    told = wish(as_("worker"))
    assert "Te lo diciamo per mail" in told and "La aspetti già" in told and "Dimmi quando" not in told
    wish(as_("office"))
    assert "2 persone aspettano" in line_of(as_("coordinator"))
    answer(as_("coordinator"), gap, "evidenza", page=page.url, until=SOON)
    work()
    assert [mail.to for mail in mailoutbox] == [[person("office").email]]
    assert WORDS in mailoutbox[0].subject and "Bargiglio" not in mailoutbox[0].body
    assert [each.person for each in Followed.objects.all()] == [person("worker")]
    followed.look()
    work()
    assert len(mailoutbox) == 1
    shared = TextPage(title="La gelateria con lo zufolatoio", slug="gelateria", summary="Testo.")
    demo.publish(demo.space("SP-RETE").root_page, shared, on=0, by=person("coordinator"))
    index.refresh()
    followed.look()
    work()
    assert mailoutbox[1].to == [person("worker").email] and not Followed.objects.exists()


def test_who_waits_for_what_will_not_be_there_is_told_why(as_, person, index, mailoutbox):
    gap = asked(as_)
    wish(as_("worker"))
    answer(as_("coordinator"), gap, "lascia", words="Lo fa il Comune: chiedi all’anagrafe.")
    work()
    [mail] = mailoutbox
    assert mail.to == [person("worker").email] and "chiedi all’anagrafe" in mail.body
    assert not Followed.objects.exists() and WORDS not in line_of(as_("coordinator"))


def test_old_questions_are_forgotten_and_owed_pages_are_not(as_, person, index, monkeypatch):
    asked(as_)
    Gap.objects.create(key="altro", said="altro", owner=person("worker"), due=timezone.localdate())
    later = timezone.now() + timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: later)
    gaps.forget_old()
    assert [each.said for each in Gap.objects.all()] == ["altro"]
