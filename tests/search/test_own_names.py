"""«Da noi si chiama…»: a body's own name finds for its people, and changes nothing for the others."""

import pytest

from coordination.models import ServicePage
from portal import access, demo
from portal.models import Delegation, Organisation, Space, Term
from portal.models.activity import Activity, Verb
from portal.spaces.shares import share_page
from search.models import OwnName

PAGE = "/rubrica/enti/quarrata/parole/"


@pytest.fixture(autouse=True)
def _none_of_the_demonstration(db):
    OwnName.objects.all().delete()


def codes(client, words):
    return [each["code"] for each in client.get("/cerca/", {"q": words, "format": "json"}).json()["results"]]


def titles(client, words):
    return [each["title"] for each in client.get("/cerca/", {"q": words, "format": "json"}).json()["results"]]


def test_a_delegate_writes_what_the_body_says_and_only_its_people_find_by_it(as_, index):
    worker, elsewhere = as_("worker"), as_("worker_mountain")
    assert codes(worker, "zufolatoio") == codes(elsewhere, "zufolatoio") == []
    answer = worker.post(PAGE, {"said": "lo  zufolatoio", "meant": "uvm"})
    assert answer.status_code == 302
    assert "OP-03" in codes(worker, "zufolatoio")
    assert codes(elsewhere, "zufolatoio") == []
    said = worker.get("/cerca/?q=zufolatoio").content.decode()
    assert "Da voi «lo zufolatoio» è: <strong>UVM</strong>" in " ".join(said.split())
    assert "Da voi" not in elsewhere.get("/cerca/?q=zufolatoio").content.decode()
    act = Activity.objects.filter(verb=Verb.WORDS_CHANGED).latest("pk")
    assert str(act) == "ha aggiunto «lo zufolatoio» ai nomi usati nell’ente «Comune di Quarrata»"
    row = OwnName.objects.get(said="lo zufolatoio")
    worker.post(f"{PAGE}{row.pk}/togli/")
    assert codes(worker, "zufolatoio") == []


def test_who_is_no_delegate_reads_them_and_keeps_none(as_, person, index):
    newcomer = person("newcomer")
    newcomer.organisation = Organisation.objects.get(slug="quarrata")
    newcomer.save()
    as_("coordinator").post(PAGE, {"said": "zufolatoio", "meant": "UVM"})
    colleague = as_("newcomer")
    assert "«zufolatoio»" in colleague.get(PAGE).content.decode()
    assert "OP-03" in codes(colleague, "zufolatoio")
    row = OwnName.objects.get()
    assert colleague.post(PAGE, {"said": "altro", "meant": "UVM"}).status_code == 403
    assert colleague.post(f"{PAGE}{row.pk}/togli/").status_code == 403
    Delegation.objects.update(valid_from="2020-01-01", valid_until="2020-01-02")  # over: one of its people, no more
    assert as_("worker").post(PAGE, {"said": "altro", "meant": "UVM"}).status_code == 403
    assert OwnName.objects.get() == row


def test_a_name_that_means_nothing_known_is_refused_and_stays_typed(as_):
    refused = as_("worker").post(PAGE, {"said": "zufolatoio", "meant": "Bargiglio"}).content.decode()
    assert "Non è il nome di un servizio che vedi" in refused and 'value="Bargiglio"' in refused
    own = as_("worker").post(PAGE, {"said": "uvm", "meant": "UVM"}).content.decode()
    assert "È già il suo nome nella rete" in own
    assert not OwnName.objects.exists()


@pytest.fixture
def hidden(person, index):
    """A service that the worker of Quarrata does not see."""
    page = ServicePage(title="Pronto Bargiglio", slug="bargiglio", summary="Un servizio.")
    demo.publish(demo.space("SP-COORD").root_page, page, on=0, by=person("coordinator"))
    index.refresh()
    assert not access.can(person("worker"), "view", page)
    return page


def test_a_service_that_is_closed_to_somebody_is_named_to_and_found_by_nobody_of_them(as_, person, index, hidden):
    """Nor can it be meant; once it is open, the same name leads to it."""
    worker, keeper = as_("worker"), as_("administrator")
    assert keeper.post(PAGE, {"said": "zufolatoio", "meant": hidden.title}).status_code == 302
    assert hidden.title in keeper.get(PAGE).content.decode()
    before = worker.get("/cerca/?q=zufolatoio").content.decode()
    assert hidden.title not in worker.get(PAGE).content.decode()
    assert hidden.title not in before and "Da voi" not in before and titles(worker, "zufolatoio") == []
    refused = worker.post(PAGE, {"said": "altro", "meant": hidden.title}).content.decode()
    assert "Non è il nome di un servizio che vedi" in refused
    share_page(hidden.page_ptr, Space.objects.get(code="SP-RETE"), by=person("administrator"))
    index.refresh()
    assert hidden.title in titles(worker, "zufolatoio")
    assert access.can(person("worker"), "view", hidden)


def test_a_word_of_several_senses_is_meant_in_one_of_them(as_, index):
    sense = Term.objects.filter(relation="!", term__contains=" (").earliest("pk")
    as_("worker").post(PAGE, {"said": "zufolatoio", "meant": sense.term})
    said = as_("worker").get("/cerca/?q=zufolatoio").content.decode()
    assert f"<strong>{sense.meaning}</strong>" in said.replace("&#x27;", "'").replace("&#39;", "'")
