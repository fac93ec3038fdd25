"""A replaced file keeps its address; what it was before stays at one of its own, which says what took its place."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.background import jobs
from portal.models import Activity, Document, FileVersion, Job, PersonalDataReport
from portal.models.activity import Verb
from portal.models.pages import TextPage
from portal.pages import bin as space_bin
from portal.upkeep import snapshots, terms
from tests.shown import body

pytestmark = pytest.mark.django_db
Given = Callable[[str], Client]


def carried(where: str = "SP-RETE", live: bool = True) -> tuple[Document, TextPage]:
    """A file «Orari» and a page of the space that carries it."""
    home = demo.space(where)
    file = Document.objects.create(
        title="Orari", file=ContentFile(b"Dalle nove", name=f"orari-{uuid4().hex[:8]}.txt"), collection=home.collection
    )
    page = TextPage(title="Sportello", slug="sportello-orari", change_note="Nuova.", live=live)
    page.attachments = [("attachment", {"file": file, "title": ""})]
    Page.objects.get(pk=home.root_page_id).add_child(instance=page)
    return file, page


def replace(client: Client, file: Document, content: bytes, name: str = "", why: str = "Orari nuovi") -> Any:
    values = {
        "title": file.title, "file": SimpleUploadedFile(name or file.filename, content), "replaced_because": why,
        "collection": file.collection_id,
    }  # fmt: skip
    answer = client.post(reverse("wagtaildocs:edit", args=[file.pk]), values)
    file.refresh_from_db()
    return answer


def content(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_a_replaced_file_keeps_its_address_and_the_earlier_one_says_what_replaced_it(as_: Given) -> None:
    file, page = carried()
    address, worker = file.url, as_("worker")
    assert "versioni precedenti" not in body(worker.get(page.url))
    assert worker.get(f"/documenti/{file.pk}/versioni/").status_code == 404
    assert replace(as_("coordinator"), file, b"Dalle dieci").status_code == 302
    assert file.url == address
    assert content(worker.get(address)) == b"Dalle dieci"
    said = body(worker.get(page.url))
    assert "TXT, 11 byte, aggiornato <time" in said
    assert f'href="/documenti/{file.pk}/versioni/"' in said
    assert f"/documenti/{file.pk}/versioni/1/" in body(worker.get(f"/documenti/{file.pk}/versioni/"))
    before = body(worker.get(f"/documenti/{file.pk}/versioni/1/"))
    assert "Questo file è stato sostituito <time" in before
    assert "Bonacchi" in before
    assert "«Orari nuovi»" in before
    assert f'href="{address}"' in before
    assert content(worker.get(f"/documenti/{file.pk}/versioni/1/{file.filename}")) == b"Dalle nove"
    assert worker.get(f"/documenti/{file.pk}/versioni/1/altro.txt").status_code == 404
    act = Activity.objects.get(page=page.pk, verb=Verb.FILE_REPLACED)
    assert act.note == "Orari nuovi"


def test_a_file_under_another_name_is_led_to_from_the_one_that_it_had(as_: Given) -> None:
    file, _page = carried()
    name = file.filename
    replace(as_("coordinator"), file, b"Dalle dieci", name="orari-inverno.txt")
    answer = as_("worker").get(f"/documenti/{file.pk}/{name}")
    assert (answer.status_code, answer["Location"]) == (302, f"/documenti/{file.pk}/orari-inverno.txt")


def test_versions_are_for_who_may_open_the_file_and_drafts_of_it_for_its_editors(as_: Given) -> None:
    file, page = carried(live=False)
    replace(as_("coordinator"), file, b"Prima bozza rivista")
    page.save_revision().publish()
    replace(as_("coordinator"), file, b"La seconda che si legge")
    addresses = [f"/documenti/{file.pk}/versioni/{number}/" for number in (1, 2)]

    def answers(name: str) -> list[int]:
        return [as_(name).get(f"{each}{end}").status_code for each in addresses for end in ("", file.filename)]

    assert answers("coordinator") == [200, 200, 200, 200]
    assert answers("trainee") == [404, 404, 200, 200]
    assert answers("partner") == [404] * 4
    listed = body(as_("trainee").get(f"/documenti/{file.pk}/versioni/"))
    assert addresses[1] in listed
    assert addresses[0] not in listed
    TextPage.objects.get(pk=page.pk).unpublish()
    assert answers("trainee") == [404] * 4


def test_what_a_file_was_in_another_space_is_not_opened_by_moving_its_page(as_: Given) -> None:
    file, page = carried("SP-MINORI")
    replace(as_("coordinator"), file, b"Per tutti")
    Page.objects.get(pk=page.pk).move(demo.space("SP-TERZO").root_page, pos="last-child")
    file.refresh_from_db()
    assert as_("partner").get(file.url).status_code == 200
    assert as_("partner").get(f"/documenti/{file.pk}/versioni/1/").status_code == 404
    assert "versioni precedenti" not in body(as_("partner").get(Page.objects.get(pk=page.pk).url))
    assert as_("coordinator").get(f"/documenti/{file.pk}/versioni/1/").status_code == 200


def test_who_may_not_approve_replaces_no_file_of_a_published_page(as_: Given) -> None:
    file, _page = carried()
    assert "passa da chi approva" in body(replace(as_("office"), file, b"Di nascosto"))
    assert content(as_("worker").get(file.url)) == b"Dalle nove"
    assert not file.versions.exists()


def test_the_same_file_once_more_is_no_version(as_: Given, django_capture_on_commit_callbacks: Any) -> None:
    file, _page = carried()
    old = Path(file.file.path)
    with django_capture_on_commit_callbacks(execute=True):
        replace(as_("coordinator"), file, b"Dalle nove")
    assert not file.versions.exists()
    assert not old.exists()
    assert content(as_("worker").get(file.url)) == b"Dalle nove"


def test_kept_versions_are_in_the_copies_and_no_sweep_takes_them(as_: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _page = carried()
    first = file.file.name
    replace(as_("coordinator"), file, b"Dalle dieci")
    assert {first, file.file.name} <= snapshots.named_files()
    monkeypatch.setattr(terms, "UPLOADS", -timedelta(days=1))
    terms._files_without_a_row()
    assert (Path(settings.MEDIA_ROOT) / first).read_bytes() == b"Dalle nove"


def test_with_a_file_whose_time_in_the_bin_is_over_go_its_versions(
    as_: Given, person: Any, django_capture_on_commit_callbacks: Any
) -> None:
    file = Document.objects.create(
        title="Bozza", file=ContentFile(b"uno", name="bozza.txt"), collection=demo.space("SP-RETE").collection
    )
    replace(as_("coordinator"), file, b"due")
    places = [Path(file.file.path), Path(settings.MEDIA_ROOT) / file.versions.get().file.name]
    space_bin.put([file], by=person("coordinator"))
    with django_capture_on_commit_callbacks(execute=True):
        space_bin.empty(timezone.now() + timedelta(days=91))
    assert not FileVersion.objects.exists()
    assert [place.exists() for place in places] == [False, False]


def test_a_version_that_must_not_be_kept_is_taken_away_by_who_answers_for_the_space(
    as_: Given, django_capture_on_commit_callbacks: Any
) -> None:
    file, _page = carried()
    replace(as_("coordinator"), file, b"Dalle dieci")
    address, old = f"/documenti/{file.pk}/versioni/1/", Path(settings.MEDIA_ROOT) / file.versions.get().file.name
    assert as_("worker").post(address, {"reason": "Non mi piace"}).status_code == 403
    assert "Togli questa versione" not in body(as_("worker").get(address))
    with django_capture_on_commit_callbacks(execute=True):
        assert as_("coordinator").post(address, {"reason": ""}).status_code == 200
        assert old.exists()
        assert as_("coordinator").post(address, {"reason": "Era di un altro ente"}).status_code == 302
    assert not old.exists()
    assert "non si apre più" in body(as_("worker").get(address))
    assert as_("worker").get(f"{address}{file.filename}").status_code == 404
    act = Activity.objects.get(verb=Verb.VERSION_DROPPED)
    assert (act.note, str(act.by)) == ("Era di un altro ente", "Chiara Bonacchi")


def test_data_taken_out_of_a_file_stay_in_no_earlier_version(
    as_: Given, django_capture_on_commit_callbacks: Any
) -> None:
    file, _page = carried()
    code = "RSSMRA80A01H501U"
    file.file = ContentFile(f"Codice {code}".encode(), name=file.filename)
    file.save()  # no door takes it: so it lies where it was put before they did
    for job in Job.objects.filter(key=f"read-file:{file.pk}"):
        jobs.run(job.pk)
    report = PersonalDataReport.objects.get(document=file, handled_at=None)
    assert as_("worker").get(file.url).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        replace(as_("coordinator"), file, b"Senza codici")
    report.refresh_from_db()
    assert report.handled_at is not None
    assert [version.name for version in file.versions.all()] == ["", ""]
    assert as_("worker").get(f"/documenti/{file.pk}/versioni/2/{file.filename}").status_code == 404
    kept = [path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*.txt")]
    assert not any(code.encode() in each for each in kept)
