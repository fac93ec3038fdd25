"""A file in a minute: one more on a page, or one at the address of another; by the space's way of approval."""

import io
import time
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook
from openpyxl.comments import Comment
from pypdf import PdfWriter
from pypdf.annotations import Text
from wagtail.models import Page

from portal import demo
from portal.files import looking, reading
from portal.models import (
    Activity,
    Document,
    PersonalDataReason,
    PersonalDataReport,
    ProposedFile,
    UnfinishedWords,
)
from portal.models.activity import Verb
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.spaces import roles
from tests.portal import test_extraction as extraction

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]
NOTE = "Gli orari dell’inverno."


@pytest.fixture
def page() -> TextPage:
    """Of SP-RETE, with one file."""
    home = demo.space("SP-RETE")
    file = Document.objects.create(
        title="Orari", collection=home.collection, file=ContentFile(b"estate", name=f"orari-{uuid4().hex[:8]}.txt")
    )
    made = TextPage(title="Lo sportello", slug="lo-sportello", change_note="Nuova.")
    made.attachments = [("attachment", {"file": file, "title": ""})]
    Page.objects.get(pk=home.root_page_id).add_child(instance=made)
    made.save_revision().publish()
    return TextPage.objects.get(pk=made.pk)


@pytest.fixture
def file(page: TextPage) -> Document:
    found: Document = page.attachments[0].value["file"]
    return found


@pytest.fixture
def writer(person: Any) -> str:
    """Writes in SP-RETE, and approves nothing there."""
    roles.give_role(demo.space("SP-RETE"), person("newcomer"), Role.EDITOR, by=person("coordinator"), reason="Prova")
    return "newcomer"


def upload(name: str = "inverno.txt", content: bytes = b"inverno") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return unescape(" ".join(answer.content.decode().split()))


def content(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def approve(client: Client, page: TextPage) -> Any:
    state = Page.objects.get(pk=page.pk).current_workflow_task_state
    text = client.get(f"/approvazioni/{state.pk}/")
    seen = text.content.decode().partition('name="seen" value="')[2].partition('"')[0]
    return client.post(f"/approvazioni/{state.pk}/", {"seen": seen, "words": "", "approva": ""})


def test_who_may_publish_adds_files_to_a_page_and_they_are_read_at_once(as_: Given, page: TextPage) -> None:
    client, address = as_("coordinator"), f"/pagine/{page.pk}/file/"
    assert address in shown(client.get(page.url))
    assert address in shown(client.get("/spazi/rete/file/?q=sportello"))
    answer = client.post(address, {"change_note": NOTE, "uploads": [upload("mappa.txt"), upload("listino.txt")]})
    assert answer.status_code == 302
    said = shown(as_("worker").get(page.url))
    assert said.index("Orari") < said.index(">mappa<") < said.index(">listino<")
    assert NOTE in shown(as_("worker").get("/novita/"))


def test_a_replaced_file_is_read_at_the_same_address_and_the_news_says_what_changed(
    as_: Given, page: TextPage, file: Document
) -> None:
    client, address = as_("coordinator"), f"/pagine/{page.pk}/file/{file.pk}/"
    assert "quello di oggi resta fra le versioni precedenti" in shown(client.get(address))
    answer = client.post(address, {"change_note": NOTE, "upload": upload(file.filename), "seen": file.sha256})
    assert answer.status_code == 302
    assert content(as_("worker"), file.url) == b"inverno"
    assert NOTE in shown(as_("worker").get("/novita/"))
    version = file.versions.get()
    assert (version.reason, str(version.replaced_by)) == (NOTE, "Chiara Bonacchi")
    assert not ProposedFile.objects.exists()


def test_a_file_of_who_only_writes_waits_with_its_page_for_who_approves(
    as_: Given, page: TextPage, file: Document, writer: str, django_capture_on_commit_callbacks: Any
) -> None:
    address = f"/pagine/{page.pk}/file/{file.pk}/"
    assert "Manda a chi approva" in shown(as_(writer).get(address))
    as_(writer).post(address, {"change_note": NOTE, "upload": upload(file.filename), "seen": file.sha256})
    proposed = ProposedFile.objects.get(document=file)
    assert content(as_("worker"), file.url) == b"estate"
    waiting = f"/pagine/{page.pk}/file/proposti/{proposed.pk}/"
    assert as_("trainee").get(waiting).status_code in {403, 404}
    assert content(as_("coordinator"), waiting) == b"inverno"
    state = Page.objects.get(pk=page.pk).current_workflow_task_state
    asked = shown(as_("coordinator").get(f"/approvazioni/{state.pk}/"))
    assert waiting in asked
    assert "il testo è quello che si legge già" not in asked
    assert "aspetta chi approva" in shown(as_("coordinator").get(address))  # no second change beside it
    place = proposed.file.storage, proposed.file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert approve(as_("coordinator"), page).status_code == 302
    assert content(as_("worker"), file.url) == b"inverno"
    assert str(file.versions.get().replaced_by) == "Tommaso Lenzi"
    assert not place[0].exists(place[1])


def test_a_file_that_was_taken_back_never_comes(as_: Given, page: TextPage, file: Document, writer: str) -> None:
    address = f"/pagine/{page.pk}/file/{file.pk}/"
    as_(writer).post(address, {"change_note": NOTE, "upload": upload(), "seen": file.sha256})
    taken = f"/pagine/{page.pk}/file/proposti/{ProposedFile.objects.get().pk}/togli/"
    assert as_("trainee").post(taken).status_code in {403, 404}
    assert as_(writer).post(taken).status_code == 302
    approve(as_("coordinator"), page)
    assert content(as_("worker"), file.url) == b"estate"
    assert not Activity.objects.filter(verb=Verb.FILE_REPLACED, page=page.pk).exists()


def test_what_has_to_be_mended_costs_neither_words_nor_good_files(as_: Given, page: TextPage, file: Document) -> None:
    client, address = as_("coordinator"), f"/pagine/{page.pk}/file/"
    bad = [upload("x.exe"), upload("vuoto.pdf", b""), upload("senza"), upload("tutti.zip"), upload("foto.heic")]
    said = shown(client.post(address, {"change_note": NOTE, "uploads": [upload("buono.txt"), *bad]}))
    assert "x.exe:" in said and NOTE in said and "vuoto.pdf: Il file è vuoto." in said
    assert "senza: Il nome del file non dice di che tipo è" in said and "salvalo come jpg" in said
    assert "tutti.zip: Qui non si tengono file .zip: aprilo, e carica i file che contiene." in said
    kept = Document.objects.get(title="buono")
    assert f'value="{kept.pk}"' in said
    assert client.post(address, {"change_note": NOTE, "kept": [kept.pk]}).status_code == 302
    assert ">buono<" in shown(as_("worker").get(page.url))
    said = shown(client.post(f"{address}{file.pk}/", {"change_note": NOTE, "upload": upload("x.exe"), "seen": "0"}))
    assert "Qui non si tengono file .exe" in said and NOTE in said and "appena sostituito" in said
    assert not file.versions.exists()


def test_words_outlive_a_closed_tab_and_an_ended_session(as_: Given, page: TextPage, file: Document) -> None:
    client, address = as_("coordinator"), f"/pagine/{page.pk}/file/{file.pk}/"
    keep = f"/pagine/{page.pk}/bozza/file:{page.pk}:{file.pk}/"
    assert keep in shown(client.get(address))
    assert client.post(keep, {"change_note": "Cominciato"}).status_code == 204
    assert "Cominciato" in shown(client.get(address))
    assert "Cominciato" not in shown(as_("office").get(address))
    assert client.post(f"/pagine/{page.pk}/bozza/file:1:1/", {"change_note": "Altrove"}).status_code == 404
    client.post(keep, {"butta": "1", "back": address})
    assert not UnfinishedWords.objects.exists()
    stranger = Client()
    assert stranger.post(address, {"change_note": "Finita la sessione"}).status_code == 302
    session = stranger.session
    stranger.force_login(demo.User.objects.get(email__startswith="chiara.bonacchi"))
    for name, value in session.items():
        found = stranger.session
        if name == "unfinished_words":
            found[name] = value
            found.save()
    assert "Finita la sessione" in shown(stranger.get(address))


@pytest.mark.parametrize("name", ["trainee", "partner"])
def test_who_may_not_correct_a_page_changes_none_of_its_files(
    name: str, as_: Given, page: TextPage, file: Document
) -> None:
    for address in (f"/pagine/{page.pk}/file/", f"/pagine/{page.pk}/file/{file.pk}/", "/spazi/rete/file/"):
        assert as_(name).get(address).status_code in {403, 404}
    as_(name).post(f"/pagine/{page.pk}/file/{file.pk}/", {"change_note": NOTE, "upload": upload(), "seen": file.sha256})
    assert content(as_("worker"), file.url) == b"estate"
    assert not ProposedFile.objects.exists()


def test_a_draft_of_somebody_and_a_rule_are_left_to_the_editor(as_: Given, page: TextPage) -> None:
    page.title = "Mezza bozza"
    page.save_revision()
    client, address = as_("coordinator"), f"/pagine/{page.pk}/file/"
    assert "bozza non ancora pubblicata" in shown(client.get(address))
    client.post(address, {"change_note": NOTE, "uploads": [upload("mappa.txt")]})
    assert Page.objects.get(pk=page.pk).title == "Lo sportello"
    rule = Page.objects.get(slug="pr-02")
    assert "un numero e un giorno" in shown(client.get(f"/pagine/{rule.pk}/file/"))
    assert "Aggiungi o sostituisci un file" not in shown(client.get(rule.url))


CODE = "RSSMRA80A01H501U"
STORY = "M.R. è diabetico e vive solo.".encode()


def commented_sheet() -> bytes:
    book, file = Workbook(), io.BytesIO()
    book.active["A1"] = "Orari"
    book.active["A1"].comment = Comment(CODE, "Anna")
    book.save(file)
    return file.getvalue()


def noted_pdf() -> bytes:
    writer, file = PdfWriter(io.BytesIO(extraction.pdf())), io.BytesIO()
    writer.add_annotation(0, Text(text=CODE, rect=(0, 0, 9, 9)))
    writer.write(file)
    return file.getvalue()


BESIDE: dict[str, Callable[[], bytes]] = {
    "commento.docx": lambda: extraction.docx(
        comments=extraction.word_xml(f"<w:comment>{extraction.paragraph(CODE)}</w:comment>", "comments")
    ),
    "tolto.docx": lambda: extraction.docx(f"<w:p><w:del><w:r><w:delText>{CODE}</w:delText></w:r></w:del></w:p>"),
    "nota.odt": lambda: extraction.odt(
        f"<text:p>Orari<text:annotation><text:p>{CODE}</text:p></text:annotation></text:p>"
    ),
    "commento.xlsx": commented_sheet,
    "nota.pdf": noted_pdf,
    "lungo.txt": lambda: f"{CODE} {'orari ' * 900_000}".encode(),  # longer than any text that is kept for search
}


def test_a_file_with_a_tax_code_comes_through_no_door_whatever_is_said_of_it(
    as_: Given, page: TextPage, file: Document, writer: str
) -> None:
    before, text = Document.objects.count(), f"Relazione su {CODE}.".encode()
    address, said = f"/pagine/{page.pk}/file/", f"un codice fiscale («{CODE}», nel testo)"
    for name in (writer, "coordinator"):
        why = {"change_note": NOTE, "seen": file.sha256, "personal_data_reason": "È il direttore"}
        answer = as_(name).post(f"{address}{file.pk}/", {**why, "upload": upload(content=text)})
        assert said in shown(answer) and NOTE in shown(answer)
        answer = as_(name).post(address, {"change_note": NOTE, "uploads": [upload("relazione.txt", text)]})
        assert f"relazione.txt: Nel file si legge {said}" in shown(answer)
    named = shown(as_("coordinator").post(address, {"change_note": NOTE, "uploads": [upload(f"{CODE}.txt")]}))
    assert named.count(f"Qui sembra di leggere un codice fiscale («{CODE}»)") == 2  # above the form and at the field
    form = {
        "title": "Relazione",
        "file": upload(content=text),
        "collection": page.get_parent().specific.space.collection_id,
    }
    assert said in shown(as_("coordinator").post("/admin/documents/add/", form))
    assert Document.objects.count() == before and not ProposedFile.objects.exists()
    assert content(as_("worker"), file.url) == b"estate"


@pytest.mark.parametrize("name", ["commento.docx", "tolto.docx", "nota.odt", "commento.xlsx", "nota.pdf", "lungo.txt"])
def test_a_tax_code_beside_the_text_comes_through_no_door(as_: Given, page: TextPage, name: str) -> None:
    """In a comment, in words taken out, in a note: no search finds it, but whoever opens the file does."""
    address, uploads = f"/pagine/{page.pk}/file/", [upload(name, BESIDE[name]())]
    said = shown(as_("coordinator").post(address, {"change_note": NOTE, "uploads": uploads}))
    where = "nel testo" if name in ("tolto.docx", "lungo.txt") else "fra commenti, parole cancellate o proprietà"
    assert f"{name}: Nel file si legge un codice fiscale («{CODE}», {where})" in said
    assert not Document.objects.filter(title=name.partition(".")[0]).exists()


def test_what_only_looks_like_it_waits_for_a_reason_before_the_approver_may_open_it(
    as_: Given, page: TextPage, file: Document, writer: str
) -> None:
    address = f"/pagine/{page.pk}/file/{file.pk}/"
    typed = {"change_note": NOTE, "seen": file.sha256}
    asked = shown(as_(writer).post(address, {**typed, "upload": upload(content=STORY)}))
    assert "iniziali con notizie di salute («M.R.», nel testo)" in asked and "Perché può restare" in asked
    assert not ProposedFile.objects.exists()
    why = {**typed, "upload": upload(content=STORY), "personal_data_reason": "È un caso inventato per il corso"}
    assert as_(writer).post(address, why).status_code == 302
    waiting = f"/pagine/{page.pk}/file/proposti/{ProposedFile.objects.get().pk}/"
    assert content(as_("coordinator"), waiting) == STORY
    assert PersonalDataReason.objects.get(page=page.pk).reason == "È un caso inventato per il corso"
    approve(as_("coordinator"), page)
    reading.read(file.pk)
    file.refresh_from_db()
    assert content(as_("worker"), file.url) == STORY


def test_files_and_a_reason_outlive_an_ended_session_at_a_page_s_files_too(
    as_: Given, page: TextPage, file: Document
) -> None:
    client = as_("coordinator")
    client.post(f"/pagine/{page.pk}/file/", {"change_note": "", "uploads": [upload("nuovo.txt")]})
    box = f'value="{Document.objects.get(title="nuovo").pk}"'
    assert box in shown(client.get(f"/pagine/{page.pk}/file/"))
    kept = {"change_note": "Cominciato", "kept": [Document.objects.get(title="nuovo").pk]}
    client.post(f"/pagine/{page.pk}/bozza/file:{page.pk}:/", kept)
    again = shown(client.get(f"/pagine/{page.pk}/file/"))
    assert box in again and "Cominciato" in again
    address, reason = f"/pagine/{page.pk}/file/{file.pk}/", "È un caso inventato"
    client.post(address, {"change_note": "", "seen": file.sha256, "personal_data_reason": reason})
    assert f"> {reason}</textarea>" in shown(client.get(address))


def test_an_added_file_is_opened_by_nobody_else_before_the_portal_has_looked_into_it(
    as_: Given, page: TextPage, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/pagine/{page.pk}/file/"
    sent = {"change_note": NOTE, "uploads": [upload("caso.txt", STORY), upload("mappa.txt")]}
    told = shown(as_(writer).post(address, sent, follow=True))
    assert "«caso» per ora lo vedi solo tu" in told and "«mappa» per ora" not in told
    story = Document.objects.get(title="caso")
    assert content(as_(writer), story.url) == STORY
    assert as_("director").get(story.url).status_code == 404
    told = shown(as_(writer).get(f"/dati-personali/{PersonalDataReport.objects.get(document=story).pk}/"))
    assert "iniziali con notizie di salute («M.R.», nel testo)" in told
    monkeypatch.setattr(looking, "PATIENCE", 0.001)
    slow = {"title": "Manuale", "file": upload("manuale.txt"), "collection": story.collection_id}
    assert as_(writer).post("/admin/documents/add/", slow).status_code == 302
    manual = Document.objects.get(title="Manuale")
    assert content(as_(writer), manual.url) == b"inverno"
    assert as_("coordinator").get(manual.url).status_code == 404
    reading.read(manual.pk)
    assert content(as_("coordinator"), manual.url) == b"inverno"


def test_files_sent_together_are_waited_for_as_long_as_one(
    as_: Given, page: TextPage, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = looking.extraction.extract

    def slowly(*args: Any, within: float) -> Any:
        time.sleep(within)
        return extract(*args, within=5.0)

    monkeypatch.setattr(looking, "PATIENCE", 0.1)
    monkeypatch.setattr(looking.extraction, "extract", slowly)
    names = ("uno.txt", "due.txt", "tre.txt")
    sent = [upload(name, name.encode()) for name in names]
    assert as_(writer).post(f"/pagine/{page.pk}/file/", {"change_note": NOTE, "uploads": sent}).status_code == 302
    states = {row.title: row.reading_state for row in Document.objects.filter(title__in=("uno", "due", "tre"))}
    assert states == {"uno": "letto", "due": "attesa", "tre": "attesa"}


def test_more_files_than_a_form_takes_are_answered_with_what_to_do(as_: Given, page: TextPage, writer: str) -> None:
    sent = [upload(f"{number}.txt") for number in range(101)]
    answer = as_(writer).post(f"/pagine/{page.pk}/file/", {"change_note": NOTE, "uploads": sent})
    assert answer.status_code == 400
    assert "al massimo 100 file alla volta" in unescape(answer.content.decode())
