"""A news in a minute, without the admin: published or sent to whoever approves, and nothing typed is lost."""

from collections.abc import Callable
from hashlib import sha256
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as PILImage

from portal import demo
from portal.files import reading
from portal.models import Document, Image, UnfinishedWords
from portal.models.pages import NewsPage
from portal.models.personal_data import PersonalDataReason
from portal.models.spaces import Role
from portal.notices import feed
from portal.pages import unfinished
from portal.spaces import roles

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]
ADDRESS = "/spazi/rete/notizia/"
WORDS = {
    "title": "Sportello chiuso lunedì", "summary": "Lunedì lo sportello resta chiuso.", "news_kind": "notizia",
    "text": "Riapre martedì.\n\nPortate:\n\n- un documento\n- la ricetta <b>rossa</b>",
}  # fmt: skip


def file(name: str, content: bytes = b"testo") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def shown(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_who_may_publish_writes_it_with_its_files_and_it_is_read_at_once(as_: Given, person: Given) -> None:
    answer = as_("coordinator").post(ADDRESS, WORDS | {"uploads": [file("orari.txt"), file("mappa.txt")]})
    assert answer.status_code == 302
    page = NewsPage.objects.get(title=WORDS["title"])
    assert page.live and page.responsible == person("coordinator")
    said = as_("worker").get(page.url).content.decode()
    assert "<li>un documento</li>" in said
    assert "<b>rossa</b>" not in said
    assert "orari" in said
    assert "mappa" in said
    assert [str(block.value["file"]) for block in page.attachments] == ["orari", "mappa"]
    assert as_("worker").get(page.attachments[0].value["file"].url).status_code == 200
    assert WORDS["summary"] in shown(as_("worker").get("/novita/"))


def test_who_only_writes_sends_it_to_whoever_approves(as_: Given, person: Given) -> None:
    writer = "newcomer"
    roles.give_role(demo.space("SP-RETE"), person(writer), Role.EDITOR, by=person("coordinator"), reason="Prova")
    assert "Manda a chi approva" in shown(as_(writer).get(ADDRESS))
    assert as_(writer).post(ADDRESS, WORDS).status_code == 302
    page = NewsPage.objects.get(title=WORDS["title"])
    assert not page.live
    assert page.current_workflow_state.requested_by == person(writer)
    assert "Sportello chiuso lunedì" in shown(as_("coordinator").get("/"))


@pytest.mark.parametrize("who", ["trainee", "partner"])
def test_who_does_not_write_there_finds_no_such_page(who: str, as_: Given) -> None:
    assert as_(who).get(ADDRESS).status_code in {403, 404}
    assert as_(who).post(ADDRESS, WORDS).status_code in {403, 404}
    assert not NewsPage.objects.filter(title=WORDS["title"]).exists()
    assert "Scrivi una notizia" not in shown(as_(who).get("/spazi/rete/"))


def test_what_has_to_be_mended_costs_neither_the_words_nor_the_good_files(as_: Given) -> None:
    bad = WORDS | {"title": "", "uploads": [file("orari.txt"), file("programma.exe")]}
    answer = as_("coordinator").post(ADDRESS, bad)
    said = shown(answer)
    assert "programma.exe:" in said
    assert WORDS["text"].splitlines()[0] in said
    kept = Document.objects.get(title="orari")
    assert f'value="{kept.pk}"' in answer.content.decode()
    assert as_("coordinator").post(ADDRESS, WORDS | {"kept": [str(kept.pk)]}).status_code == 302
    page = NewsPage.objects.get(title=WORDS["title"])
    assert [block.value["file"] for block in page.attachments] == [kept]
    assert Document.objects.filter(title="orari").count() == 1


def test_nobody_attaches_a_file_of_somebody_else(as_: Given) -> None:
    foreign = Document.objects.exclude(uploaded_by_user__email__startswith="chiara").first()
    assert foreign is not None
    answer = as_("coordinator").post(ADDRESS, WORDS | {"kept": [str(foreign.pk)]})
    assert answer.status_code == 200
    assert not NewsPage.objects.filter(title=WORDS["title"]).exists()


def test_a_closed_tab_loses_nothing_and_a_finished_news_leaves_nothing(as_: Given) -> None:
    client = as_("coordinator")
    assert client.post(f"{ADDRESS}bozza/", {"title": "A metà", "text": "Ancora"}).status_code == 204
    again = shown(client.get(ADDRESS))
    assert "Riprendi da dove eri rimasto" in again
    assert "A metà" in again
    assert "A metà" not in shown(as_("director").get(ADDRESS))
    assert client.post(f"{ADDRESS}bozza/", {"butta": "1"}).status_code == 302
    assert "A metà" not in shown(client.get(ADDRESS))
    client.post(f"{ADDRESS}bozza/", {"title": "A metà"})
    client.post(ADDRESS, WORDS)
    assert not UnfinishedWords.objects.exists()


def test_a_session_that_ended_loses_no_word(person: Given) -> None:
    client = Client()
    answer = client.post(ADDRESS, WORDS)
    assert answer.status_code == 302
    assert "/accesso/login/" in answer.headers["Location"]
    client.post("/accesso/login/", {"login": person("coordinator").email, "password": "raccordo-demo"})
    assert WORDS["title"] in shown(client.get(ADDRESS))


def test_files_that_came_through_are_offered_again_after_an_ended_session_and_a_closed_tab(
    as_: Given, person: Given
) -> None:
    as_("coordinator").post(ADDRESS, WORDS | {"title": "", "uploads": [file("orari.txt")]})
    kept = Document.objects.get(title="orari").pk
    box = f'value="{kept}"'
    assert box in shown(as_("coordinator").get(ADDRESS))  # a closed tab
    assert box not in shown(as_("director").get(ADDRESS))
    client = Client()
    login = client.post(ADDRESS, WORDS | {"kept": [kept], "uploads": [file("turni.txt")]}, follow=True)
    assert "La sessione era finita. Entra: ritrovi quello che hai scritto." in shown(login)
    client.post("/accesso/login/", {"login": person("coordinator").email, "password": "raccordo-demo"})
    again = shown(client.get(ADDRESS))
    assert WORDS["title"] in again and "non sono arrivati, sceglili di nuovo: turni.txt." in again
    assert "non sono arrivati" not in shown(client.get(ADDRESS))  # said once
    assert box in again and "checked" in again.split(box)[1][:80]
    client.post(f"{ADDRESS}bozza/", WORDS | {"kept": [kept]})
    assert box in shown(client.get(ADDRESS))
    client.post(f"{ADDRESS}bozza/", WORDS)  # left out on purpose
    assert box not in shown(client.get(ADDRESS))


def test_words_about_a_person_are_refused_and_stay_typed(as_: Given) -> None:
    said = shown(as_("coordinator").post(ADDRESS, WORDS | {"text": "M.R. è diabetico."}))
    assert "iniziali con notizie di salute" in said
    assert "M.R. è diabetico." in said
    assert not NewsPage.objects.filter(title=WORDS["title"]).exists()


def test_nobody_comes_back_to_it_for_a_month_and_it_is_gone(as_: Given) -> None:
    as_("coordinator").post(f"{ADDRESS}bozza/", {"title": "A metà"})
    assert unfinished.purge() == 0
    UnfinishedWords.objects.update(at=UnfinishedWords.objects.get().at - unfinished.KEPT * 2)
    assert unfinished.purge() == 1


def photograph() -> bytes:
    """As a telephone takes it: lying on its side, and saying where."""
    taken, content = PILImage.new("RGB", (60, 40), "green"), BytesIO()
    told = taken.getexif()
    told[0x0112], told[0x010F] = 6, "Telefono di Ada"
    told.get_ifd(0x8825).update({1: "N", 2: (43.0, 55.0, 12.0), 3: "E", 4: (10.0, 54.0, 3.0)})
    taken.save(content, "JPEG", exif=told, comment=b"a casa di Ada")
    return content.getvalue()


def test_a_photograph_does_not_say_where_it_was_taken_and_stands_upright(as_: Given) -> None:
    taken = photograph()
    assert b"Telefono di Ada" in taken and b"a casa di Ada" in taken
    as_("coordinator").post(ADDRESS, WORDS | {"uploads": [file("IMG_1.jpg", taken)]})
    document = Document.objects.get(title="IMG_1")
    kept = b"".join(as_("worker").get(document.url).streaming_content)
    told = PILImage.open(BytesIO(kept)).getexif()
    assert b"Ada" not in kept and not told.get_ifd(0x8825) and told[0x0112] == 6
    assert list(PILImage.open(BytesIO(kept)).getdata()) == list(PILImage.open(BytesIO(taken)).getdata())
    assert document.file_size == len(kept) and document.sha256 == sha256(kept).hexdigest()


def test_a_picture_of_the_editors_does_not_either(as_: Given, person: Given) -> None:
    picture = Image(title="Foto", collection=demo.space("SP-RETE").collection, file=file("IMG_2.jpg", photograph()))
    picture.save()
    assert b"Ada" not in picture.file.read() and picture.file_size == picture.file.size


def test_of_a_photograph_nobody_expects_a_text(as_: Given, person: Given) -> None:
    as_("coordinator").post(ADDRESS, WORDS | {"uploads": [file("IMG_1.jpg", photograph())]})
    reading.read(Document.objects.get(title="IMG_1").pk)
    page = NewsPage.objects.get(title=WORDS["title"])
    assert "non leggibile" not in shown(as_("worker").get(page.url))
    assert not [todo for todo in feed.todos(person("coordinator")) if "IMG_1" in todo.title]


def test_a_number_of_the_office_stays_in_a_circular_for_a_reason_and_a_tax_code_for_none(
    as_: Given, person: Given
) -> None:
    number = WORDS | {"text": "Chiama il 333 1234567, solo di lunedì."}
    assert "Perché può restare" not in shown(as_("coordinator").get(ADDRESS))  # no label without its field
    refused = shown(as_("coordinator").post(ADDRESS, number))
    assert "Qui sembra di leggere" in refused and "scrivi in fondo perché possono restare" in refused
    assert "Perché può restare" in refused and "Chiama il 333 1234567" in refused
    assert not NewsPage.objects.filter(title=WORDS["title"]).exists()
    reason = {"personal_data_reason": "È il telefono di turno dell’ufficio."}
    refused = shown(as_("coordinator").post(ADDRESS, number | {"summary": "Per RSSMRA85T10A562S."} | reason))
    assert "togli quelle parole" in refused and reason["personal_data_reason"] in refused
    assert as_("coordinator").post(ADDRESS, number | reason).status_code == 302
    page = NewsPage.objects.get(title=WORDS["title"])
    [kept] = PersonalDataReason.objects.filter(page=page.pk)
    assert (kept.reason, kept.by) == (reason["personal_data_reason"], person("coordinator"))
    assert reason["personal_data_reason"] not in shown(as_("worker").get(page.url))


def test_a_reason_typed_as_the_session_ended_is_there_after_the_login(as_: Given, person: Given) -> None:
    reason = "È il telefono di turno dell’ufficio."
    number = WORDS | {"text": "Chiama il 333 1234567.", "personal_data_reason": reason}
    client = as_("anonymous")
    assert client.post(ADDRESS, number).status_code == 302
    client.post("/accesso/login/", {"login": person("coordinator").email, "password": "raccordo-demo"})
    again = shown(client.get(ADDRESS))
    assert "Chiama il 333 1234567." in again and f">\n{reason}</textarea>" in again
    assert client.post(ADDRESS, number).status_code == 302
    assert PersonalDataReason.objects.get().reason == reason
