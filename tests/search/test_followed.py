"""«Le tue ricerche»: the last ones are erased, the kept ones tell in the digest what is new; nobody else reads them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import demo
from portal.accounts import own_data
from portal.models.pages import TextPage
from portal.notices import digests, emails
from search import followed
from search.models import Followed

MINE = "/cerca/mie/"


def save(client, words, **more):
    return client.post("/cerca/segui/", {"q": words, **more}, follow=True).content.decode()


def test_the_last_searches_are_seen_and_erased(as_, index):
    client = as_("worker")
    client.get("/cerca/?q=dimissioni+protette")
    assert "dimissioni protette" in client.get(MINE).content.decode()
    client.post(f"{MINE}cancella/")
    assert "dimissioni protette" not in client.get(MINE).content.decode()
    assert "dimissioni protette" not in client.get("/").content.decode()


def test_a_kept_search_keeps_its_filters_and_is_ones_own(as_, person, index):
    client = as_("worker")
    assert "Salvata" in save(client, "dimissioni protette", tipo="modulo")
    assert "La tieni già" in save(client, "dimissioni  protetta", tipo="modulo")  # the same question
    assert "Salvata" in save(client, "dimissioni protette") and Followed.objects.count() == 2  # under no filter
    Followed.objects.get(filters={}).delete()
    row = Followed.objects.get()
    assert "/cerca/?q=dimissioni+protette&amp;tipo=modulo" in client.get(MINE).content.decode()
    assert ">dimissioni protette · Moduli</a>" in client.get(MINE).content.decode()  # one may keep the words alone too
    assert "dimissioni protette" not in as_("coordinator").get(MINE).content.decode()
    assert as_("administrator").post(f"{MINE}{row.pk}/togli/").status_code == 404
    assert "dimissioni protette" in str([list(kept.rows) for kept in own_data.of(person("worker"))])
    assert client.post(f"{MINE}{row.pk}/togli/").status_code == 302
    assert not Followed.objects.exists()


def test_one_keeps_no_more_than_twenty(as_, person, index):
    for number in range(followed.MOST):
        followed.follow(person("worker"), f"parola{number}x", {}, is_wish=False)
    assert "Ne tieni già 20" in save(as_("worker"), "un’altra ancora")
    assert Followed.objects.count() == followed.MOST


@pytest.fixture
def published(person, index):
    """Two pages of one word: one of everybody's, one of the coordinators'."""
    for code, title in (("SP-RETE", "Zufolatoio di tutti"), ("SP-COORD", "Zufolatoio nascosto")):
        page = TextPage(title=title, slug=title.lower().replace(" ", "-"), summary="Testo.")
        demo.publish(demo.space(code).root_page, page, on=0, by=person("director"))
    index.refresh()


def digest(user):
    now = timezone.now()
    return digests.build(user, now - timedelta(days=1), now)


def test_the_digest_tells_what_is_new_in_a_kept_search_as_far_as_one_may_read_it(person, published):
    for who, seen in (("worker", {"Zufolatoio di tutti"}), ("office", {"Zufolatoio di tutti", "Zufolatoio nascosto"})):
        followed.follow(person(who), "zufolatoio", {"space": "SP-RETE"} if who == "worker" else {}, is_wish=False)
        [alert] = digest(person(who)).alerts
        assert alert.words == ("zufolatoio · Rete dei servizi sociali" if who == "worker" else "zufolatoio")
        assert {change.title for change in alert.changes} == seen
        mail = emails.digest_mail(person(who), digest(person(who)), "/x/")
        for body in (mail.body, str(mail.alternatives[0][0])):
            assert "uovo nelle tue ricerche".upper() in body.upper()
            assert ("Zufolatoio nascosto" in body) is (who == "office")


def test_a_kept_search_that_finds_nothing_new_is_silent(person, published):
    followed.follow(person("worker"), "amministratore di sostegno", {}, is_wish=False)
    followed.follow(person("worker"), "zufolatoio", {"kind": "modulo"}, is_wish=False)
    assert [alert.words for alert in digest(person("worker")).alerts] == []


def test_the_digest_asks_as_often_for_ten_kept_searches_as_for_one(person, published):
    def queries():
        user, now = person("worker"), timezone.now()
        with CaptureQueriesContext(
            connection,
        ) as seen:
            digests.build(user, now - timedelta(days=1), now)
        return len(seen)

    followed.follow(person("worker"), "zufolatoio", {}, is_wish=False)
    queries()  # whichever test is the first reads what each process keeps in memory
    one = queries()
    for number in range(9):
        followed.follow(person("worker"), f"zufolatoio tutti {number}", {}, is_wish=False)
    assert queries() == one
