"""After an upgrade that changes the index: the old one answers until the new one is written, and tells no more for it.

The index is really an older one: its fields stand in another order, and some of today's are missing.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from portal.background import schedules
from portal.background.launcher import _catch_up
from portal.demo import body_of, publish, space
from portal.models import Job
from portal.models.jobs import Lane
from portal.models.pages import TextPage
from portal.spaces import shares
from search import checkup, gaps, making_meaning
from search import index as search_index
from search.engines.contract import Document
from search.models import Followed, Gap, IndexState, SearchDocument
from tests.search import older, test_rights
from tests.search.test_healing import SAID, asked
from tests.search.test_rights import NOTHING, told

pytestmark = pytest.mark.django_db
RENEWING = "L’indice si sta rinnovando."
LACKING = ("own", "year", "version", "title_form")


@pytest.fixture(autouse=True)
def _nobody_was_woken() -> None:
    cache.clear()


def leave_an_older(lacking: Iterable[str] = LACKING) -> None:
    """The index of this moment as the version before wrote it."""
    rows = [search_index._document(row) for row in SearchDocument.objects.filter(gone=False)]
    older.write(search_index.engine(), rows, search_index._account, lacking=list(lacking))
    SearchDocument.objects.update(pending=False)


def make(person: Any, title: str = "Flautisti di notte", text: str = f"Il {test_rights.WORD} notturno.") -> TextPage:
    page = TextPage(title=title, body=body_of([{"heading": "Dove", "text": text}]))
    return publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))


def test_the_old_index_answers_and_the_page_says_so_until_the_worker_has_written_the_new_one(
    as_: Any, index: Any
) -> None:
    before, shown = asked(as_("worker"), "lettera di dimissione")
    assert RENEWING not in shown and before["renewing"] is False
    leave_an_older()
    meanwhile, shown = asked(as_("worker"), "lettera di dimissione")
    assert RENEWING in shown and SAID not in shown
    assert (meanwhile["renewing"], meanwhile["rebuilding"]) == (True, False)
    assert [each["title"] for each in meanwhile["results"]][:3] == [each["title"] for each in before["results"]][:3]
    assert meanwhile["total"] == before["total"] and meanwhile["facets"]["kind"] == before["facets"]["kind"]
    assert meanwhile["facets"]["year"] == []
    assert "<mark>" in meanwhile["results"][0]["snippet"]
    assert "Dimissioni protette" in as_("worker").get("/cerca/suggerimenti/?q=dimiss").content.decode()
    assert asked(as_("worker"), "dimisione")[0]["corrected"]
    index.refresh()
    after, shown = asked(as_("worker"), "lettera di dimissione")
    assert RENEWING not in shown and after["renewing"] is False
    assert sorted(each["title"] for each in after["results"]) == sorted(each["title"] for each in before["results"])
    assert search_index.engine().count() == SearchDocument.objects.filter(gone=False).count()


def test_what_is_published_meanwhile_waits_and_is_in_the_new_index(
    as_: Any, index: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_an_older()
    stamp = search_index.engine().stamp()
    make(person)
    assert asked(as_("worker"), test_rights.WORD)[0]["total"] == 0
    seen, rebuild = [], search_index.engine().rebuild

    def slowly(documents: Iterable[Document], *rest: Any) -> None:
        """While it writes, somebody publishes and others search."""

        def and_meanwhile() -> Iterable[Document]:
            yield from documents
            make(person, "Oboisti di notte", "Il gorgheggiare.")
            seen.append(asked(as_("worker"), "dimissioni protette"))
            seen.append(asked(as_("worker"), "gorgheggiare"))

        rebuild(and_meanwhile(), *rest)

    monkeypatch.setattr(search_index.engine(), "rebuild", slowly)
    assert search_index.engine().stamp() == stamp
    index.refresh()
    (during, shown), (unheard, _) = seen
    assert during["total"] > 5 and during["renewing"] and RENEWING in shown
    assert (unheard["total"], unheard["renewing"]) == (0, True)
    for words in (test_rights.WORD, "gorgheggiare"):
        assert asked(as_("worker"), words)[0]["total"] == 1
    assert not SearchDocument.objects.filter(pending=True).exists() and search_index.is_sound()


@pytest.mark.parametrize("act", [getattr(test_rights, name) for name in ("unshare", "withdraw", "move", "delete")])
def test_a_page_hidden_since_is_neither_listed_nor_counted_nor_suggested(
    act: Callable[[Any, Any], None], person: Any, as_: Any, index: Any
) -> None:
    page = make(person)
    shares.share_page(page, space("SP-TERZO"), by=person("coordinator"))
    leave_an_older()
    client = as_("partner")
    seen = told(client)
    assert (seen["total"], seen["page"], seen["suggested"]) == (1, True, True)
    act(page, person)
    assert told(client) == NOTHING
    assert told(client, test_rights.WORD.replace("mento", "mente")) == NOTHING
    assert RENEWING in asked(client, "dimissioni")[1]
    index.refresh()
    assert told(client) == NOTHING


@pytest.mark.parametrize("field", ["audience", "group_no"])
def test_an_index_without_the_field_that_rights_rest_on_is_not_read(
    field: str, as_: Any, index: Any, person: Any
) -> None:
    make(person)
    leave_an_older([field])
    data, shown = asked(as_("worker"), "dimissioni protette")
    assert SAID in shown and RENEWING not in shown and (data["rebuilding"], data["renewing"]) == (True, False)
    assert "PR-02" in [each["code"] for each in data["results"]]
    assert told(as_("partner")) == NOTHING
    assert "Flautisti" in as_("worker").get("/cerca/suggerimenti/?q=flautis").content.decode()
    [fault] = checkup.sound()
    assert fault.is_grave and "si trovano soltanto i titoli" in fault.what
    index.refresh()
    assert SAID not in asked(as_("worker"), "dimissioni protette")[1]


@pytest.mark.parametrize("problem", [ValueError("another world"), KeyError("x"), OverflowError()])
def test_what_the_old_index_answers_and_nobody_understands_leaves_titles(
    problem: Exception, as_: Any, index: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(*args: Any, **kwargs: Any) -> Any:
        raise problem

    leave_an_older()
    monkeypatch.setattr("search.engines.older.OlderReader.every", raising)
    monkeypatch.setattr("search.engines.older.OlderReader.best", raising)
    monkeypatch.setattr("search.engines.older.OlderReader.together", raising)
    data, shown = asked(as_("worker"), "dimissioni protette")
    assert SAID in shown and "PR-02" in [each["code"] for each in data["results"]]
    assert "Dimissioni protette" in as_("worker").get("/cerca/suggerimenti/?q=dimiss").content.decode()
    with pytest.raises(CommandError, match="L’indice non si legge"):
        call_command("explain_search", "dimissioni", "--as", "elena.fedi@raccordo.example")


def test_an_old_index_of_another_moment_than_the_database_is_not_read(as_: Any, index: Any) -> None:
    leave_an_older()
    for known in ({"written": "another", "begun": "day"}, None):
        IndexState.objects.all().delete()
        if known:
            IndexState.objects.create(pk=1, **known)
        else:
            SearchDocument.objects.update(pending=True)
        data, shown = asked(as_("worker"), "dimissioni protette")
        assert SAID in shown and not data["renewing"]


def test_an_old_index_that_keeps_no_account_is_not_taken_for_the_one_begun_before_there_was_any(
    as_: Any, index: Any
) -> None:
    rows = [search_index._document(row) for row in SearchDocument.objects.filter(gone=False)]
    older.write(search_index.engine(), rows)
    IndexState.objects.update(written="", begun="a rebuild that was killed")
    assert SAID in asked(as_("worker"), "dimissioni protette")[1]


# --- What is said of it ----------------------------------------------------------------------------------


def test_the_administrator_reads_that_it_is_being_renewed_and_a_monitor_that_people_can_work(
    as_: Any, index: Any, person: Any
) -> None:
    leave_an_older()
    make(person)
    [fault] = checkup.sound()
    assert not fault.is_grave and "intanto si cerca in quello di prima" in fault.what
    assert "manca" not in fault.what and list(checkup.behind()) == []
    Job.objects.all().delete()
    OrmQ.objects.all().delete()
    assert Client().get("/salute/pronto/").status_code == 200
    assert "intanto si cerca in quello di prima" in as_("administrator").get("/stato/").content.decode()
    with pytest.raises(CommandError, match="si sta rinnovando"):
        call_command("check_search", stdout=StringIO())
    index.refresh()
    assert list(checkup.sound()) == []
    out = StringIO()
    call_command("check_search", stdout=out)
    assert "dicono lo stesso" in out.getvalue()


def test_the_first_who_searches_wakes_the_worker(as_: Any, index: Any) -> None:
    leave_an_older()
    OrmQ.objects.all().delete()
    for _ in range(3):
        asked(as_("worker"), "dimissioni")
    [task] = OrmQ.objects.all()
    assert task.task["func"] == "search.index.apply_pending"


def test_what_the_old_index_does_not_find_is_no_gap_yet(as_: Any, index: Any) -> None:
    client = as_("worker")
    leave_an_older()
    asked(client, "zzinesistente")
    gaps.count()
    assert not Gap.objects.filter(said="zzinesistente").exists()
    index.refresh()
    asked(as_("partner"), "zzinesistente")
    gaps.count()
    assert Gap.objects.filter(said="zzinesistente").exists()


def test_meanings_that_the_old_index_lacks_are_not_called_lost(
    index: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from search import meaning
    from search.models import Meaning
    from tests.search.meanings import ByThings, vector_of

    monkeypatch.setattr(meaning, "encoder", ByThings)
    monkeypatch.setattr(making_meaning, "encoder", ByThings)
    row = SearchDocument.objects.filter(gone=False, superseded=False).first()
    Meaning.objects.create(document=row, encoder=ByThings.name, vector=vector_of("ospedale"))
    leave_an_older(["meaning_no", "meaning"])
    assert making_meaning.lost() == 0
    index.refresh()
    assert making_meaning.lost() == 0 and search_index.engine().meant() == 1


def test_a_wish_and_a_kept_search_are_asked_of_the_old_index(index: Any, person: Any) -> None:
    from search import followed

    page = make(person)
    leave_an_older()
    wish = followed.follow(person("worker"), test_rights.WORD, {}, is_wish=True)
    assert followed._is_there(wish)
    page.unpublish()
    assert not followed._is_there(Followed.objects.get(pk=wish.pk))


# --- The worker's time -----------------------------------------------------------------------------------


def test_the_worker_may_take_longer_for_the_index_than_for_any_other_task(index: Any, settings: Any) -> None:
    """An index of very many texts takes more than the minutes after which a task is taken for dead."""
    OrmQ.objects.all().delete()
    schedules.ensure()
    Schedule.objects.exclude(name="search.index.apply_pending").delete()
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=1))
    scheduler()
    search_index.wake()
    _catch_up(Lane.QUICK)  # as a start of the portal does, after an upgrade
    tasks = [each.task for each in OrmQ.objects.all()]
    asked_for = [task for task in tasks if task["func"] == "search.index.apply_pending"]
    assert len(asked_for) == 3
    for task in asked_for:
        assert task["timeout"] == search_index.LONGEST > 60 * settings.Q_CLUSTER["timeout"]
