"""From a publication to what is found: one transaction, an outbox, an index that can be rebuilt."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from portal import access
from portal.accounts.handover import hand_page
from portal.background import jobs
from portal.models import Activity, Document, Space
from portal.models.jobs import Job, JobState
from portal.models.pages import TextPage
from portal.pages.atomic_acts import NotDone
from search import index as search_index
from search.engines.contract import IndexBusy, Query
from search.engines.embedded.engine import EmbeddedEngine
from search.models import SearchDocument


@pytest.fixture
def page(person):
    """A page in SP-RETE, published with a word that stands nowhere else."""
    from portal.demo import body_of, publish, space

    page = TextPage(title="Prova di ricerca", body=body_of([{"heading": "Dove", "text": "Il zufolamento notturno."}]))
    return publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"), note="Una nota.")


def found(words, user):
    return search_index.engine().search(Query(words=words, tokens=access.tokens(user)))


def test_what_is_published_is_found_with_a_deep_link_once_the_outbox_is_applied(page, person, index):
    assert SearchDocument.objects.filter(group=f"page:{page.pk}", pending=True).count() == 2
    assert found("zufolamento", person("worker")).total == 0
    index.refresh()
    results = found("zufolamento", person("worker"))
    assert results.total == 1
    assert results.hits[0].sections[0].url.endswith("#dove")
    assert not SearchDocument.objects.filter(pending=True).exists()
    assert found("zufolamento", person("partner")).total == 0


def test_a_publication_that_fails_leaves_neither_activity_nor_search_rows(page, monkeypatch):
    acts, rows = Activity.objects.count(), set(SearchDocument.objects.values_list("key", "stamp"))

    def fail(*args, **kwargs):
        raise RuntimeError("the last thing that a publication does")

    monkeypatch.setattr(search_index, "refresh_page", fail)
    revision = page.save_revision()
    with pytest.raises(NotDone), transaction.atomic():
        revision.publish()
    assert Activity.objects.count() == acts
    assert set(SearchDocument.objects.values_list("key", "stamp")) == rows


def test_a_withdrawn_or_deleted_page_is_found_no_more(page, person, index):
    index.refresh()
    page.unpublish()
    index.refresh()
    assert found("zufolamento", person("worker")).total == 0
    page.save_revision().publish()
    index.refresh()
    assert found("zufolamento", person("worker")).total == 1
    Page.objects.get(pk=page.pk).delete()
    index.refresh()
    assert found("zufolamento", person("worker")).total == 0
    assert not SearchDocument.objects.filter(group=f"page:{page.pk}").exists()


def test_sharing_a_page_opens_it_to_search_and_taking_it_back_closes_it(page, person, index):
    from portal.demo import space
    from portal.spaces.shares import share_page, unshare_page

    share = share_page(page, space("SP-TERZO"), by=person("coordinator"))
    index.refresh()
    assert found("zufolamento", person("partner")).total == 1
    unshare_page(share, by=person("coordinator"))
    index.refresh()
    assert found("zufolamento", person("partner")).total == 0


def test_a_moved_page_follows_its_new_space(page, person, index):
    from portal.demo import space

    index.refresh()
    page.move(space("SP-MINORI").root_page, pos="last-child")
    index.refresh()
    assert found("zufolamento", person("worker")).total == 0
    assert found("zufolamento", person("worker_minors")).total == 1


def work():
    """What the worker was asked for meanwhile."""
    for job in Job.objects.filter(state=JobState.WAITING, function__startswith="search.index"):
        jobs.run(job.pk)


def bodies_counted(client, words, **more):
    shown = client.get("/cerca/", {"q": words, "format": "json", **more}).json()
    return {each["value"]: each["count"] for each in shown["facets"]["organisation"]}, shown["total"]


def test_a_body_is_found_filtered_and_counted_by_the_name_that_it_has_now(person, as_, index):
    body = person("worker").organisation
    before = bodies_counted(as_("worker"), "sportello")[0][body.name]
    assert before and bodies_counted(as_("worker"), "zufolaria sportello")[0].get("Comune di Zufolaria") is None
    former, body.name = body.name, "Comune di Zufolaria"
    body.save()
    work()
    index.refresh()
    counted, _all = bodies_counted(as_("worker"), "sportello")
    assert counted["Comune di Zufolaria"] == before and former not in counted
    assert bodies_counted(as_("worker"), "sportello", ente="Comune di Zufolaria")[1] == before
    assert "sportello-quarrata" in str(as_("worker").get("/cerca/", {"q": "zufolaria"}).content)


def test_the_pages_of_a_person_who_changes_body_stand_under_the_new_one(page, person, as_, index):
    page.responsible = person("worker")
    page.save_revision().publish()
    index.refresh()
    old = person("worker").organisation.name
    assert bodies_counted(as_("coordinator"), "zufolamento") == ({old: 1}, 1)
    moved = person("worker")
    moved.organisation = person("partner").organisation
    moved.save()
    work()
    index.refresh()
    assert bodies_counted(as_("coordinator"), "zufolamento") == ({moved.organisation.name: 1}, 1)


def test_a_page_that_is_handed_over_stands_under_the_body_of_who_answers_for_it_now(page, person, as_, index):
    page.responsible = person("worker")
    page.save_revision().publish()
    hand_page(TextPage.objects.get(pk=page.pk), person("worker"), ("responsible",))(
        person("partner"), person("administrator")
    )
    index.refresh()
    assert bodies_counted(as_("coordinator"), "zufolamento") == ({person("partner").organisation.name: 1}, 1)


def test_a_busy_engine_leaves_the_rows_for_the_next_run(page, monkeypatch, index, settings):
    class Busy(EmbeddedEngine):
        def write(self, add, remove=(), turn=None):
            raise IndexBusy

    monkeypatch.setattr(search_index, "engine", lambda: Busy(settings.SEARCH_INDEX_DIR))
    assert search_index.apply_pending() == 0
    assert SearchDocument.objects.filter(group=f"page:{page.pk}", pending=True).exists()


def test_a_row_changed_while_the_engine_writes_stays_pending(page, monkeypatch, index, settings):
    class Slow(EmbeddedEngine):
        def write(self, add, remove=(), turn=None):
            SearchDocument.objects.filter(group=f"page:{page.pk}").update(stamp=99)
            monkeypatch.undo()

    monkeypatch.setattr(search_index, "engine", lambda: Slow(settings.SEARCH_INDEX_DIR))
    search_index.apply_pending()
    # The second round, with the real engine, has applied the newer state.
    assert not SearchDocument.objects.filter(pending=True).exists()
    assert search_index.engine().count() >= SearchDocument.objects.filter(gone=False).count()


def test_the_index_is_rebuilt_aside_and_holds_the_same(page, person, index, capsys):
    index.refresh()
    before = found("zufolamento", person("worker")).total
    call_command("rebuild_search")
    assert "Indice pronto" in capsys.readouterr().out
    assert found("zufolamento", person("worker")).total == before == 1


def test_what_waited_to_be_written_waits_no_more_once_the_index_is_written_anew(page, person, index):
    assert SearchDocument.objects.filter(pending=True).exists()  # the new page
    search_index.write_anew()
    assert not SearchDocument.objects.filter(pending=True).exists()
    assert found("zufolamento", person("worker")).total == 1


def test_the_misspelt_main_job_finds_the_protocol_first(as_, index):
    answer = as_("worker").get("/cerca/?q=dimisioni protete&format=json").json()
    assert answer["results"][0]["code"] == "PR-02"
    assert answer["corrected"] == "dimissioni protette"
    assert {"code", "title", "kind", "space", "address", "snippet", "sections"} <= set(answer["results"][0])
    assert answer["total"] >= 5 and answer["facets"]["kind"]
    outsider = as_("anonymous").get("/cerca/?q=dimissioni protette&format=json").json()
    assert "PR-02" not in [result["code"] for result in outsider["results"]]


@pytest.mark.parametrize("words", ["PR-02", "pr02", "PR 02"])
def test_a_code_leads_to_its_page_however_it_is_typed(as_, words, index):
    answer = as_("worker").get("/cerca/", {"q": words, "format": "json"}).json()
    assert answer["results"][0]["code"] == "PR-02"


def test_an_ambiguous_word_offers_its_senses_and_an_old_word_leads_to_the_current_one(as_, index):
    page = as_("worker").get("/cerca/?q=ADI").content.decode()
    assert "Assistenza Domiciliare Integrata" in page and "Assegno di Inclusione" in page
    answer = as_("worker").get("/cerca/?q=SerT&format=json").json()
    assert any("SerD" in result["title"] for result in answer["results"])


def test_of_many_values_of_a_facet_the_largest_are_listed_and_the_chosen_one(as_, index, monkeypatch):
    def kinds(address):
        html = BeautifulSoup(as_("worker").get(address).content.decode(), "html.parser")
        facet = html.select_one("nav.filters .facet")
        links = {" ".join(link.get_text().split()): link["href"] for link in facet.select("a")}
        return links, " ".join(facet.get_text().split())

    whole, _said = kinds("/cerca/?q=dimissioni")
    labels = list(whole)
    assert len(labels) > 3
    monkeypatch.setattr("search.views.CHOICES", 2)
    shown, said = kinds("/cerca/?q=dimissioni")
    assert list(shown) == labels[:2]
    assert said.endswith(f"E altri {len(labels) - 2}: dopo le parole scrivi «tipo:» e quale vuoi.")
    shown, said = kinds(whole[labels[-1]])
    assert list(shown) == [*labels[:2], labels[-1]]


def test_facets_narrow_the_results_and_count_what_they_lead_to(as_, index):
    client = as_("worker")
    answer = client.get("/cerca/?q=dimissioni&format=json").json()
    kinds = {"Protocolli": "protocollo", "Procedure": "procedura", "Riunioni": "riunione"}
    counts = {facet["value"]: facet["count"] for facet in answer["facets"]["kind"]}
    assert kinds.keys() <= counts.keys()
    for label, kind in kinds.items():
        narrowed = client.get("/cerca/", {"q": "dimissioni", "tipo": kind, "format": "json"}).json()
        assert narrowed["total"] == counts[label]
        assert {result["kind"] for result in narrowed["results"]} == {kind}


def test_suggestions_show_only_what_the_person_may_read(as_, index):
    assert "Dimissioni protette" in as_("worker").get("/cerca/suggerimenti/?q=dimiss").content.decode()
    assert "Dimissioni protette" not in as_("partner").get("/cerca/suggerimenti/?q=dimiss").content.decode()


@pytest.mark.parametrize("words", ["", " ", '"', "l'università", "a:b", "((", "x" * 5000, "-", "è", "\x00"])
def test_no_words_break_the_search(as_, words, index):
    shown = as_("worker").get("/cerca/", {"q": words})
    assert shown.status_code == 200
    assert "Risultati della ricerca" in shown.content.decode() or "Scrivi nella casella" in shown.content.decode()


@pytest.mark.parametrize("how", ["dropped", "deleted"])
def test_a_file_that_a_shared_page_carries_no_more_is_closed_again_in_search(page, how):
    from django.core.files.base import ContentFile

    from portal.demo import body_of, space
    from portal.models import Document
    from portal.spaces.shares import share_page

    home = space("SP-RETE")
    file = Document.objects.create(title="Prova", file=ContentFile(b"testo", name="p.txt"), collection=home.collection)
    share_page(page, space("SP-TERZO"), by=None)
    link = f'<a linktype="document" id="{file.pk}">file</a>'
    page.body = [("section", {"heading": "File", "text": f"<p>{link}</p>", "rows": []})]
    page.save_revision().publish()
    rows = SearchDocument.objects.filter(group=f"file:{file.pk}")
    assert rows.get().audience == sorted([f"editors:{home.pk}", f"space:{home.pk}", f"space:{space('SP-TERZO').pk}"])
    if how == "dropped":
        page.body = body_of([{"heading": "File", "text": "Niente."}])
        page.save_revision().publish()
    else:
        Page.objects.get(pk=page.pk).delete()
    assert rows.get().audience == [f"editors:{home.pk}"]


# --- Editions that hold no more --------------------------------------------------------------------------


@pytest.fixture
def protocol(person):
    """A protocol of SP-RETE that asked for a lamp, and in its second version asks for a torch."""
    from portal.demo import body_of, publish, space
    from protocols.models import ProtocolPage

    page = ProtocolPage(title="Visite notturne", code="PR-77", version="1.0", summary="Come si va di notte.")
    page.valid_from = timezone.localdate() - timedelta(days=9)
    page.body = body_of([{"heading": "Che cosa serve", "text": "Serve una lampada smerigliata."}])
    page = publish(space("SP-RETE").root_page, page, on=-9, by=person("coordinator"), note="Prima.")
    page.version, page.valid_from, page.change_note = "2.0", timezone.localdate(), "Non più la lampada."
    page.body = body_of([{"heading": "Che cosa serve", "text": "Serve una torcia zigrinata."}])
    page.save_revision(user=person("coordinator")).publish()
    return page


def test_an_edition_that_holds_no_more_is_found_and_says_so_first(protocol, as_, index):
    index.refresh()
    shown = as_("worker").get("/cerca/?q=smerigliata").content.decode()
    assert shown.index("Edizione superata.") < shown.index("/p/PR-77/edizioni/1.0/")
    assert "Vai alla versione 2.0, in vigore" in shown
    now = as_("worker").get("/cerca/?q=zigrinata").content.decode()
    assert "Edizione superata." not in now
    data = as_("worker").get("/cerca/?q=smerigliata&format=json").json()["results"]
    assert [(each["address"][-24:], each["superseded"]) for each in data] == [("er/p/PR-77/edizioni/1.0/", True)]


def test_what_said_the_same_before_stands_under_what_is_in_force(protocol, as_, index):
    index.refresh()
    results = as_("worker").get("/cerca/?q=visite notturne&format=json").json()["results"]
    ours = [each["superseded"] for each in results if "PR-77" in each["address"]]
    assert ours == [False]
    shown = as_("worker").get("/cerca/?q=visite notturne").content.decode()
    assert shown.index("/p/PR-77/") < shown.index("Anche in") < shown.index("/p/PR-77/edizioni/1.0/")
    assert "edizioni" not in as_("worker").get("/cerca/suggerimenti/?q=visite not").content.decode()
    assert "edizioni" not in as_("worker").get("/cerca/?q=PR-77&format=json").json()["results"][0]["address"]


def test_an_old_edition_is_read_by_whoever_reads_the_page_and_goes_with_it(protocol, person, index):
    index.refresh()
    assert found("smerigliata", person("worker")).total == 1
    assert found("smerigliata", person("partner")).total == 0
    protocol.unpublish()
    index.refresh()
    assert found("smerigliata", person("worker")).total == 0
    protocol.save_revision().publish()
    index.refresh()
    assert found("smerigliata", person("worker")).total == 1


def test_a_rebuilt_index_holds_a_file_that_is_found_alone(person, index):
    where = Space.objects.get(code="SP-RETE").collection
    file = Document.objects.create(title="Zufolatori", file=ContentFile(b"testo", name="z.txt"), collection=where)
    search_index.refresh_file(file)
    index.refresh()
    assert found("zufolatori", person("coordinator")).total == 1
    search_index.rebuild()
    assert found("zufolatori", person("coordinator")).total == 1


def test_a_rebuilt_index_holds_the_old_editions_too(protocol, person, index):
    index.refresh()
    before = SearchDocument.objects.filter(gone=False).count()
    search_index.rebuild()
    assert SearchDocument.objects.filter(gone=False).count() == before
    assert found("smerigliata", person("worker")).total == 1


def test_an_index_of_another_shape_is_written_anew_at_the_next_turn_of_the_clock(person, index, settings):
    index.refresh()
    before = found("assistenza", person("worker")).total
    current = settings.SEARCH_INDEX_DIR / "current"
    name = current.read_text()
    (settings.SEARCH_INDEX_DIR / name.strip()).rename(settings.SEARCH_INDEX_DIR / "v0-prima")
    current.write_text("v0-prima")
    meanwhile = found("assistenza", person("worker"))
    assert (meanwhile.total, meanwhile.outdated) == (before, True)
    assert search_index.apply_pending() == 0
    after = found("assistenza", person("worker"))
    assert (after.total, after.outdated) == (before, False) and before > 0


def test_whoever_types_a_code_finds_its_page_and_those_that_name_it(as_, index):
    results = as_("worker").get("/cerca/?q=pr 2&format=json").json()["results"]
    assert results[0]["code"] == "PR-02"
    for each in results[1:]:
        page = as_("worker").get(each["address"]).content.decode()
        assert "PR-02" in page, each["title"]
    assert len(results) > 1
    several = as_("worker").get("/cerca/?q=pr 2 ospedale&format=json").json()
    assert several["total"] > as_("worker").get("/cerca/?q=pr 2&format=json").json()["total"]


def test_the_results_say_how_many_hold_all_the_words(as_, index):
    shown = as_("worker").get("/cerca/?q=dimissioni protette medico").content.decode()
    assert " con tutte le parole" in shown
    assert " con tutte le parole" not in as_("worker").get("/cerca/?q=dimissioni").content.decode()


def test_snippets_hold_words_and_no_signs_of_form_or_bold(person, as_, index):
    from portal.demo import body_of, publish, space

    sections = [{"heading": "Dove", "text": "Il zufolamento ____________ notturno **di notte** continua."}]
    page = TextPage(title="Prova di segni", body=body_of(sections))
    publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
    index.refresh()
    (found_page,) = as_("worker").get("/cerca/?q=zufolamento&format=json").json()["results"]
    assert "notturno" in found_page["snippet"]
    assert "__" not in found_page["snippet"] and "**" not in found_page["snippet"]
