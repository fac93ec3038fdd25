"""An index that is gone, damaged or of another day: said on the page, served from the database, rebuilt by itself.

The damages are done to real files, as a disk, a restore or a hand would do them.
"""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from portal.demo import body_of, publish, space
from portal.models import Document
from portal.models.pages import TextPage
from search import documents
from search import index as search_index
from search.engines.contract import EngineDown
from search.engines.embedded import engine as engine_module
from search.engines.entries import SCHEMA
from search.models import IndexState, SearchDocument

pytestmark = pytest.mark.django_db
SAID = "L’indice si sta ricostruendo."


def version(folder: Path) -> Path:
    return folder / (folder / "current").read_text().strip()


def biggest(folder: Path, ending: str) -> Path:
    return max(version(folder).glob(f"*{ending}"), key=lambda path: path.stat().st_size)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
    path.write_bytes(content)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def changed_list(folder: Path, **values: Any) -> None:
    path = version(folder) / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def without_segments(folder: Path) -> None:
    changed_list(folder, segments=[])


def swapped(folder: Path) -> None:
    one, other = sorted(version(folder).glob("*.store"))[:2]
    spare = one.with_suffix(".spare")
    one.rename(spare)
    other.rename(one)
    spare.rename(other)


def zeros(folder: Path) -> None:
    for path in version(folder).glob("*.*"):
        path.write_bytes(bytes(path.stat().st_size))


def of_before(folder: Path) -> None:
    """A restore of the folder alone, of which each file is sound: what was written since is not in it."""
    spare = folder.with_name("before")
    shutil.copytree(folder, spare)
    publish(space("SP-RETE").root_page, TextPage(title="Scritta dopo", slug="scritta-dopo"), on=0, by=None)
    search_index.apply_pending()
    shutil.rmtree(folder)
    spare.rename(folder)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "folder gone": shutil.rmtree,
    "pointer gone": lambda folder: (folder / "current").unlink(),
    "pointer empty": lambda folder: (folder / "current").write_text(""),
    "pointer to nothing": lambda folder: (folder / "current").write_text(f"{SCHEMA}-000000000000"),
    "pointer of noise": lambda folder: (folder / "current").write_bytes(b"\xff\xfe\x00../.."),
    "list cut": lambda folder: cut(version(folder) / "meta.json"),
    "list empty": lambda folder: (version(folder) / "meta.json").write_text(""),
    "list of something else": lambda folder: (version(folder) / "meta.json").write_text("[1, 2]"),
    "texts cut": lambda folder: cut(biggest(folder, ".store")),
    "words cut": lambda folder: cut(biggest(folder, ".term")),
    "columns deleted": lambda folder: biggest(folder, ".fast").unlink(),
    "places flipped": lambda folder: flip(biggest(folder, ".idx")),
    "words flipped": lambda folder: flip(biggest(folder, ".term")),
    "version deleted": lambda folder: shutil.rmtree(version(folder)),
    "seal cut": lambda folder: cut(version(folder) / "seal.json"),
    "seal of something else": lambda folder: (version(folder) / "seal.json").write_text("7"),
    "seal gone": lambda folder: (version(folder) / "seal.json").unlink(),
    "seal a folder": lambda folder: a_folder(version(folder) / "seal.json"),
    "seal without end": lambda folder: (version(folder) / "seal.json").write_text("[" * 200_000),
    "seal of no text": lambda folder: (version(folder) / "seal.json").write_bytes(b"\xff\xfe{}"),
    "list a folder": lambda folder: a_folder(version(folder) / "meta.json"),
    "list without end": lambda folder: (version(folder) / "meta.json").write_text("[" * 200_000),
    "list without segments": without_segments,
    "list of segments that are none": lambda folder: changed_list(folder, segments=[7, None, {}]),
    "texts a folder": lambda folder: a_folder(biggest(folder, ".store")),
    "texts of another segment": swapped,
    "all zeros": zeros,
    "pointer to a folder above": lambda folder: (folder / "current").write_text("../index"),
    "pointer of a disk's length": lambda folder: (folder / "current").write_text("v" * 5_000_000),
    "index of an hour ago": of_before,
}


def asked(client: Any, words: str) -> tuple[dict[str, Any], str]:
    data = client.get("/cerca/", {"q": words, "format": "json"})
    shown = client.get("/cerca/", {"q": words})
    assert (data.status_code, shown.status_code) == (200, 200)
    return data.json(), shown.content.decode()


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file where the folder was")


def no_pointer(folder: Path) -> None:
    (folder / "current").unlink()
    (folder / "current").mkdir()


@pytest.mark.parametrize("fault", [no_folder, no_pointer])
def test_an_engine_that_cannot_be_reached_leaves_titles_and_is_said(
    fault: Callable[[Path], None], as_: Any, index: Any, settings: Any
) -> None:
    client = as_("worker")
    fault(settings.SEARCH_INDEX_DIR)
    data, shown = asked(client, "PR-02")
    assert "PR-02" in [row["code"] for row in data["results"]]
    assert "La ricerca nel testo ora non funziona." in shown and SAID not in shown
    assert "PR-02" in client.get("/cerca/suggerimenti/", {"q": "PR-02"}).content.decode()
    with pytest.raises(EngineDown):
        search_index.engine().count()


def test_an_index_whose_disk_takes_nothing_is_searched_as_it_is(as_: Any, index: Any, settings: Any) -> None:
    """On a read-only disk the engine gets no lock to look for news: nobody can have written any."""
    client = as_("worker")
    before, _shown = asked(client, "dimissioni protette")
    lock = version(settings.SEARCH_INDEX_DIR) / ".tantivy-meta.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    after, shown = asked(client, "dimissioni protette")
    assert after == before and SAID not in shown
    search_index.engine.cache_clear()  # a process that has not searched before
    after, shown = asked(client, "dimissioni protette")
    assert "PR-02" in [each["code"] for each in after["results"]]
    assert "La ricerca nel testo ora non funziona." in shown and SAID not in shown
    lock.rmdir()
    assert asked(client, "dimissioni protette")[0] == before


@pytest.mark.parametrize("is_open", [True, False], ids=["while in use", "before the first search"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_said_served_from_the_database_and_written_anew(
    damage: str, is_open: bool, as_: Any, index: Any, settings: Any
) -> None:
    client = as_("worker")
    before, _shown = asked(client, "dimissioni protette")
    if not is_open:
        search_index.engine.cache_clear()
    began = time.monotonic()
    DAMAGES[damage](settings.SEARCH_INDEX_DIR)
    meanwhile, shown = asked(client, "dimissioni protette")
    assert SAID in shown and meanwhile["rebuilding"] is True
    assert "PR-02" in [each["code"] for each in meanwhile["results"]]
    assert "Dimissioni protette" in client.get("/cerca/suggerimenti/?q=dimiss").content.decode()
    index.refresh()
    after, shown = asked(client, "dimissioni protette")
    assert SAID not in shown
    assert after == before
    assert search_index.engine().count() == SearchDocument.objects.filter(gone=False).count()
    assert time.monotonic() - began < 60


def test_meanwhile_titles_are_shown_to_those_who_may_read_and_to_nobody_else(
    as_: Any, index: Any, settings: Any, person: Any
) -> None:
    page = TextPage(title="Flautisti di notte", body=body_of([{"heading": "Dove", "text": "Altro."}]))
    page = publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
    hidden = Document.objects.create(title="Flautisti in disparte", collection=space("SP-COORD").collection)
    search_index.refresh_file(hidden)
    shutil.rmtree(settings.SEARCH_INDEX_DIR)
    assert [each["title"] for each in asked(as_("worker"), "notte FLAUTISTI")[0]["results"]] == ["Flautisti di notte"]
    for name in ("partner", "anonymous"):
        data, shown = asked(as_(name), "flautisti")
        assert (data["total"], data["results"]) == (0, [])
        assert "Flautisti di" not in shown
        assert "Flautisti" not in as_(name).get("/cerca/suggerimenti/?q=flaut").content.decode()
    page.unpublish()
    assert asked(as_("worker"), "flautisti")[0]["total"] == 0


def test_meanwhile_a_kind_alone_lists_its_titles(as_: Any, index: Any, settings: Any) -> None:
    shutil.rmtree(settings.SEARCH_INDEX_DIR)
    for words, filters in (
        ("procedura", {"tipo": "procedura"}),
        ("2026 verbali", {"anno": "2026", "tipo": "riunione"}),
    ):
        found = as_("worker").get("/cerca/", {"q": words, **filters, "format": "json"}).json()
        assert found["total"] > 3 and {each["kind"] for each in found["results"]} == {filters["tipo"]}
    assert as_("worker").get("/cerca/", {"q": "zufolo", "tipo": "procedura", "format": "json"}).json()["total"] == 0


def test_meanwhile_the_filters_chosen_hold(as_: Any, index: Any, settings: Any) -> None:
    shutil.rmtree(settings.SEARCH_INDEX_DIR)
    for filters in ({"tipo": "protocollo"}, {"spazio": "SP-INTEGRA", "tipo": "riunione"}, {"anno": "1999"}):
        wanted = {"q": "dimissioni protette", "format": "json", **filters}
        found = as_("worker").get("/cerca/", wanted).json()["results"]
        assert [each["kind"] for each in found] == [kind for name, kind in filters.items() if name == "tipo"]


def test_a_database_put_back_from_yesterday_is_noticed_and_what_it_never_knew_is_found_no_more(
    as_: Any, index: Any, person: Any
) -> None:
    class PutBack(Exception):
        pass

    with pytest.raises(PutBack), transaction.atomic():
        page = TextPage(title="Di oggi", body=body_of([{"heading": "Dove", "text": "Il zufolamento."}]))
        publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
        index.refresh()
        assert asked(as_("worker"), "zufolamento")[0]["total"] == 1
        raise PutBack
    data, shown = asked(as_("worker"), "zufolamento")
    assert data["total"] == 0 and SAID in shown
    index.refresh()
    data, shown = asked(as_("worker"), "zufolamento")
    assert data["total"] == 0 and SAID not in shown


def test_an_index_put_back_from_yesterday_is_noticed_and_learns_of_today(
    as_: Any, index: Any, person: Any, settings: Any, tmp_path: Path
) -> None:
    shutil.copytree(settings.SEARCH_INDEX_DIR, tmp_path / "yesterday")
    page = TextPage(title="Di oggi", body=body_of([{"heading": "Dove", "text": "Il zufolamento."}]))
    publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
    index.refresh()
    shutil.rmtree(settings.SEARCH_INDEX_DIR)
    shutil.copytree(tmp_path / "yesterday", settings.SEARCH_INDEX_DIR)
    assert SAID in asked(as_("worker"), "di oggi")[1]
    index.refresh()
    data, shown = asked(as_("worker"), "zufolamento")
    assert data["total"] == 1 and SAID not in shown


def test_a_sound_index_is_not_written_anew(index: Any, settings: Any, person: Any) -> None:
    before = version(settings.SEARCH_INDEX_DIR)
    for number in range(12):  # commits, merges and deletions
        page = TextPage(title=f"Pagina {number}", body=body_of([{"heading": "Dove", "text": "Il zufolamento."}]))
        page = publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
        index.refresh()
        assert search_index.is_sound()
        if number % 3 == 0:
            page.unpublish()
            index.refresh()
    assert version(settings.SEARCH_INDEX_DIR) == before
    assert {name.partition(".")[0] for name in json.loads((before / "seal.json").read_text())["files"]}


def test_a_writer_that_dies_between_the_index_and_the_database_costs_nothing(
    index: Any, settings: Any, person: Any, monkeypatch: pytest.MonkeyPatch, as_: Any
) -> None:
    page = TextPage(title="Di oggi", body=body_of([{"heading": "Dove", "text": "Il zufolamento."}]))
    publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
    before = version(settings.SEARCH_INDEX_DIR)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(search_index, "_account", _dying(search_index._account))
        search_index.apply_pending()
    assert search_index.is_sound()
    index.refresh()
    assert asked(as_("worker"), "zufolamento")[0]["total"] == 1
    assert version(settings.SEARCH_INDEX_DIR) == before


def _dying(account: Any) -> Any:
    @contextmanager
    def turn(present: Any) -> Any:
        manager = account(present)
        yield manager.__enter__()
        raise KeyboardInterrupt

    return turn


def test_before_the_first_write_nothing_is_damaged_and_the_first_write_finds_everything(
    as_: Any, index: Any, settings: Any
) -> None:
    shutil.rmtree(settings.SEARCH_INDEX_DIR)
    IndexState.objects.all().delete()
    SearchDocument.objects.update(pending=True)
    data, shown = asked(as_("worker"), "dimissioni protette")
    assert (data["total"], data["rebuilding"]) == (0, False) and SAID not in shown
    index.refresh()
    assert asked(as_("worker"), "dimissioni protette")[0]["total"] > 5
    assert search_index.engine().count() == SearchDocument.objects.filter(gone=False).count()


def test_a_new_schema_is_answered_by_the_old_index_until_the_worker_has_written_its_own(
    as_: Any, index: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an upgrade does that changes the fields of the index."""
    before, _shown = asked(as_("worker"), "dimissioni protette")
    monkeypatch.setattr(engine_module, "SCHEMA", "v999")
    search_index.engine.cache_clear()
    meanwhile, shown = asked(as_("worker"), "dimissioni protette")
    assert meanwhile == before | {"renewing": True}
    assert "L’indice si sta rinnovando." in shown and SAID not in shown
    index.refresh()
    after, shown = asked(as_("worker"), "dimissioni protette")
    assert after == before and "L’indice si sta rinnovando." not in shown
    assert version(settings.SEARCH_INDEX_DIR).name.startswith("v999-")


def test_an_index_of_a_version_that_kept_no_account_is_written_anew(as_: Any, index: Any, settings: Any) -> None:
    IndexState.objects.all().delete()
    (version(settings.SEARCH_INDEX_DIR) / "seal.json").unlink()
    assert SAID in asked(as_("worker"), "dimissioni protette")[1]
    index.refresh()
    assert SAID not in asked(as_("worker"), "dimissioni protette")[1]
    assert search_index.is_sound()


# --- A page that cannot be read --------------------------------------------------------------------------


def test_one_bad_page_is_named_and_stops_nobody_elses(
    index: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_: Any
) -> None:
    bad = SearchDocument.objects.get(code="PR-02", heading="", superseded=False, group__startswith="page:")
    kept = SearchDocument.objects.filter(group=bad.group, gone=False).count()
    original = documents.of_page

    def of_page(page: Any) -> Any:
        if documents.page_group(page.pk) == bad.group:
            raise ValueError("a heading that nothing can be made of")
        return original(page)

    monkeypatch.setattr(documents, "of_page", of_page)
    call_command("rebuild_search")
    told = capsys.readouterr()
    assert "Indice pronto" in told.out
    assert bad.group in told.err and "a heading that nothing can be made of" in told.err
    assert SearchDocument.objects.filter(group=bad.group, gone=False).count() == kept
    assert asked(as_("worker"), "PR-02")[0]["results"][0]["code"] == "PR-02"
