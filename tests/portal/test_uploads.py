"""Uploading: into the space of the page being written, never into one that nobody chose; and what is said at once."""

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as PILImage
from wagtail.log_actions import LogContext
from wagtail.models import Page

from portal.background import jobs
from portal.models import Activity, Document, Image, Job, Space
from portal.models.activity import Verb
from portal.models.pages import TextPage
from portal.notices import feed
from protocols.models import FormPage

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 ciao"


def space(code: str) -> Space:
    return Space.objects.select_related("collection", "root_page").get(code=code)


def draft(where: str) -> TextPage:
    page = TextPage(title="Bozza", change_note="Nuova.", live=False)
    Page.objects.get(pk=space(where).root_page_id).add_child(instance=page)
    return page


def png(size: tuple[int, int] = (20, 20)) -> bytes:
    kept = io.BytesIO()
    PILImage.new("1", size).save(kept, "PNG")
    return kept.getvalue()


CONTENT = {"document": ("carta.pdf", PDF), "image": ("foto.png", png())}


def choose(client: Client, kind: str, behind: str, content: Any = None, name: str = "", **more: Any) -> Any:
    """Upload in a chooser that stands in the page at this address."""
    own_name, own = CONTENT[kind]
    prefix = f"{kind}-chooser-upload"
    sent = {f"{prefix}-title": "Carta", f"{prefix}-file": SimpleUploadedFile(name or own_name, content or own)}
    values = sent | {f"{prefix}-{key}": value for key, value in more.items()}
    return client.post(f"/admin/{kind}s/chooser/create/", values, headers={"referer": f"http://testserver{behind}"})


@pytest.fixture(params=["document", "image"])
def kind(request: Any) -> str:
    return str(request.param)


def last(kind: str) -> Any:
    return (Document if kind == "document" else Image).objects.order_by("-pk").first()


# --- Where it goes -----------------------------------------------------------------------------------------


def test_a_file_from_a_pages_editor_goes_to_the_space_of_that_page(kind: str, as_: Callable[[str], Client]) -> None:
    client = as_("coordinator")
    for behind in (
        f"/admin/pages/{draft('SP-COORD').pk}/edit/",
        f"/admin/pages/add/portal/textpage/{space('SP-COORD').root_page_id}/",
    ):
        shown = client.get(f"/admin/{kind}s/chooser/", headers={"referer": f"http://testserver{behind}"})
        assert f'name="{kind}-chooser-upload-file' in shown.json()["html"]
        assert "chooser-upload-collection" not in shown.json()["html"]
        response = choose(client, kind, behind, collection=space("SP-PUBBLICO").collection.pk)
        assert response.json()["step"] in ("chosen", "duplicate_found")
        assert last(kind).collection == space("SP-COORD").collection


def test_nobody_reads_the_file_of_a_draft_but_those_who_write_there(as_: Callable[[str], Client]) -> None:
    page = draft("SP-PUBBLICO")
    choose(as_("coordinator"), "document", f"/admin/pages/{page.pk}/edit/")
    document = last("document")
    assert document.collection == space("SP-PUBBLICO").collection
    page.attachments = [("attachment", {"file": document})]
    page.save()
    answers = {name: as_(name).get(document.url).status_code for name in ("anonymous", "worker", "coordinator")}
    assert answers == {"anonymous": 302, "worker": 404, "coordinator": 200}


@pytest.mark.parametrize("behind", ["/admin/", "/admin/users/", "/niente/", "//[", "/admin/pages/999999/edit/"])
def test_elsewhere_the_space_is_asked_for(behind: str, kind: str, as_: Callable[[str], Client]) -> None:
    before = last(kind)
    response = choose(as_("coordinator"), kind, behind)
    assert response.json()["step"] == "reshow_creation_form"
    assert "Scegli lo spazio" in response.json()["htmlFragment"]
    assert last(kind) == before
    response = choose(as_("coordinator"), kind, behind, collection=space("SP-COORD").collection.pk)
    assert last(kind).collection == space("SP-COORD").collection


def test_a_page_that_one_may_not_edit_names_no_space(as_: Callable[[str], Client]) -> None:
    before = last("document")
    choose(as_("office"), "document", f"/admin/pages/{draft('SP-MINORI').pk}/edit/")
    assert last("document") == before


@pytest.mark.parametrize("address", ["add/", "multiple/add/"])
def test_where_one_adds_files_no_space_is_chosen_before(address: str, kind: str, as_: Callable[[str], Client]) -> None:
    here = space("SP-PUBBLICO").collection.pk
    html = as_("coordinator").get(f"/admin/{kind}s/{address}?collection_id={here}").content.decode()
    select = re.search(r'<select[^>]*name="collection".*?</select>', html, re.DOTALL)
    assert select is not None
    options = re.findall(r"<option ([^>]*)>([^<]*)", select.group(0))
    assert options[0][1].strip() == "Scegli lo spazio" and 'value=""' in options[0][0]
    assert not any("selected" in attributes for attributes, _words in options[1:])
    words = [unescape(words.strip()) for _attributes, words in options]
    assert f"{space('SP-PUBBLICO').name} (chiunque, anche senza accesso, lo leggerà)" in words
    assert space("SP-COORD").name in words


def test_a_file_added_without_a_space_is_kept_nowhere(kind: str, as_: Callable[[str], Client]) -> None:
    before, (name, content) = last(kind), CONTENT[kind]
    sent = {"title": "Carta di prova", "file": SimpleUploadedFile(name, content)}
    html = as_("coordinator").post(f"/admin/{kind}s/add/", sent).content.decode()
    assert "Carta di prova" in html and last(kind) == before
    answer = as_("coordinator").post(
        f"/admin/{kind}s/multiple/add/",
        {"title": "Carta", "collection": "", "files[]": SimpleUploadedFile(name, content)},
    )
    assert "Scegli lo spazio" in answer.json()["form"] and last(kind) == before


def test_who_writes_in_one_space_only_is_asked_nothing(kind: str, as_: Callable[[str], Client]) -> None:
    html = as_("worker").get(f"/admin/{kind}s/add/").content.decode()
    assert 'name="file"' in html and 'name="collection"' not in html


# --- What is said at once ----------------------------------------------------------------------------------

REFUSED = {
    "programma.exe.pdf": (b"MZ\x90\x00\x03", "È un programma"),
    "finto.pdf": (b"<html>", "Il nome dice .pdf, ma dentro c’è altro"),
    "finto.docx": (b"ciao", "Il nome dice .docx, ma dentro c’è altro"),
    "vecchio.doc": (b"\xd0\xcf\x11\xe0", "salvalo come docx, odt o pdf"),
    "conti.xls": (b"\xd0\xcf\x11\xe0", "salvalo come xlsx o ods"),
    "strano.xyz": (b"ciao", "Qui non si tengono file .xyz"),
    "vuoto.pdf": (b"", "vuoto"),
    "🎉" * 120 + ".pdf": (PDF, "Il nome del file è troppo lungo"),
    "🎉🎉.pdf": (PDF, "Nel nome del file ci vuole almeno una lettera"),
    "relazione.p df": (PDF, "rinominalo, per esempio «relazione.pdf»"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_kept_is_refused_with_one_sentence(name: str, as_: Callable[[str], Client]) -> None:
    content, words = REFUSED[name]
    before = last("document")
    sent = {"title": "Prova", "file": SimpleUploadedFile(name, content), "collection": space("SP-COORD").collection.pk}
    response = as_("coordinator").post("/admin/documents/add/", sent)
    html = unescape(response.content.decode())
    errors = re.findall(r'<p class="error-message">\s*(.*?)\s*</p>', html, re.DOTALL)
    assert response.status_code == 200
    assert len(errors) == 1 and words in errors[0]
    assert last("document") == before


@pytest.mark.parametrize("name", ["foto.jpeg", "FOTO.JPG"])
def test_a_photograph_is_taken_under_either_ending(name: str, as_: Callable[[str], Client]) -> None:
    content = b"\xff\xd8\xff\xe0 ciao"
    sent = {"title": name, "file": SimpleUploadedFile(name, content), "collection": space("SP-COORD").collection.pk}
    assert as_("coordinator").post("/admin/documents/add/", sent).status_code == 302
    assert last("document").title == name


@pytest.mark.parametrize("kind", [0xE1, 0xED, 0xFE])
def test_what_a_photograph_says_of_where_it_was_taken_is_left_at_the_door(
    kind: int, as_: Callable[[str], Client]
) -> None:
    """Exif and XMP, IPTC, remarks; what a picture needs to be drawn stays."""
    drawn = io.BytesIO()
    PILImage.new("RGB", (8, 8)).save(drawn, "JPEG")
    picture, says = drawn.getvalue(), b"Via dei Tigli 3"
    told = picture[:2] + b"\xff" + bytes([kind, 0, len(says) + 2]) + says + picture[2:]
    sent = {
        "title": "Sede",
        "file": SimpleUploadedFile("sede.jpg", told),
        "collection": space("SP-COORD").collection.pk,
    }
    assert as_("coordinator").post("/admin/documents/add/", sent).status_code == 302
    kept = last("document").file.read()
    assert says not in kept and kept == picture


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (png((200, 200))[:60], "incompleta o rovinata"),
        (png((5100, 5000)), "rimpiccioliscila"),
    ],
)
def test_a_cut_or_enormous_picture_is_refused_with_a_sentence(
    content: bytes, words: str, as_: Callable[[str], Client]
) -> None:
    before = last("image")
    response = choose(as_("coordinator"), "image", f"/admin/pages/{draft('SP-COORD').pk}/edit/", content, "foto.png")
    assert response.status_code == 200
    assert words in unescape(response.json()["htmlFragment"])
    assert last("image") == before


# --- What comes later --------------------------------------------------------------------------------------


def locked(person: Any, where: str = "SP-COORD") -> Document:
    document = Document.objects.create(
        title="Verbale", file=ContentFile(b"%PDF-1.7 rotto", name="verbale.pdf"),
        collection=space(where).collection, uploaded_by_user=person("coordinator"),
    )  # fmt: skip
    jobs.run(Job.objects.get(key=f"read-file:{document.pk}").pk)
    document.refresh_from_db()
    return document


def test_who_uploaded_a_file_that_cannot_be_read_is_told_why(person: Any, as_: Callable[[str], Client]) -> None:
    document = locked(person)
    assert document.reading_problem
    told = [todo for todo in feed.todos(person("coordinator")) if "non si legge" in todo.title]
    assert [(todo.title, todo.why) for todo in told] == [
        ("Il testo di «Verbale» non si legge", document.reading_problem)
    ]
    assert not [todo for todo in feed.todos(person("director")) if "non si legge" in todo.title]
    assert "Il testo di «Verbale» non si legge" in as_("coordinator").get("/").content.decode()


def test_who_put_a_file_that_cannot_be_read_in_anothers_place_is_told_why(
    person: Any, as_: Callable[[str], Client]
) -> None:
    document = Document.objects.create(
        title="Verbale", file=ContentFile(b"Verbale.", name="verbale.txt"),
        collection=space("SP-COORD").collection, uploaded_by_user=person("office"),
    )  # fmt: skip
    with LogContext(user=person("coordinator")):
        document.file = ContentFile(b"%PDF-1.7 rotto", name="verbale.pdf")
        document.save()
    jobs.run(Job.objects.filter(key=f"read-file:{document.pk}").latest("pk").pk)
    told = {name: [each.title for each in feed.todos(person(name))] for name in ("office", "coordinator")}
    said = "Il testo di «Verbale» non si legge"
    assert said in told["coordinator"] and said not in told["office"]


def test_the_list_and_the_page_of_a_file_say_whether_its_text_was_read(
    person: Any, as_: Callable[[str], Client]
) -> None:
    document = locked(person)
    for address in ("/admin/documents/?q=Verbale", f"/admin/documents/edit/{document.pk}/"):
        html = unescape(as_("coordinator").get(address).content.decode())
        assert f"testo non leggibile: {document.reading_problem}" in html


def test_the_page_of_a_file_says_which_pages_carry_it_and_who_reads_it(as_: Callable[[str], Client]) -> None:
    document = Document.objects.create(
        title="Carta", file=ContentFile(PDF, name="carta.pdf"), collection=space("SP-PUBBLICO").collection
    )
    address = f"/admin/documents/edit/{document.pk}/"
    assert "Lo vede solo chi scrive nello spazio" in as_("coordinator").get(address).content.decode()
    page = draft("SP-PUBBLICO")
    page.title, page.attachments = "Carta dei tigli", [("attachment", {"file": document})]
    page.save()
    assert "(non pubblicata)" in as_("coordinator").get(address).content.decode()
    page.save_revision().publish()
    html = as_("coordinator").get(address).content.decode()
    assert "Carta dei tigli" in html and "Lo legge chiunque, anche senza accesso." in html


def test_the_file_of_a_published_page_is_replaced_only_by_who_approves_and_by_name(
    as_: Callable[[str], Client], person: Any
) -> None:
    home = space("SP-MODULI")
    document = Document.objects.create(title="Carta", file=ContentFile(PDF, name="c.pdf"), collection=home.collection)
    page = draft("SP-MODULI")
    page.attachments = [("attachment", {"file": document})]
    page.save_revision().publish()

    def replace(name: str, content: bytes) -> bytes:
        sent = {"title": "Carta", "file": SimpleUploadedFile("c.pdf", content), "collection": home.collection.pk}
        as_(name).post(f"/admin/documents/edit/{document.pk}/", sent)
        document.refresh_from_db()
        with document.open_file() as file:
            return bytes(file.read())

    assert replace("worker", b"%PDF-1.7 altro") == PDF
    assert not Activity.objects.filter(verb=Verb.FILE_REPLACED).exists()
    assert replace("administrator", b"%PDF-1.7 altro") == b"%PDF-1.7 altro"
    act = Activity.objects.get(verb=Verb.FILE_REPLACED)
    assert (act.by, act.page_id, act.space) == (person("administrator"), page.pk, home)
    assert "«Carta»" in act.sentence


@pytest.mark.parametrize("door", ["/admin/documents/edit/{}/", "/admin/documents/multiple/{}/"])
def test_the_name_that_a_published_page_shows_of_a_file_is_changed_only_by_who_approves(
    door: str, as_: Callable[[str], Client]
) -> None:
    home = space("SP-MODULI")
    document = Document.objects.create(title="Carta", file=ContentFile(PDF, name="c.pdf"), collection=home.collection)
    page = draft("SP-MODULI")
    sent = {"title": "Carta ritirata", "collection": home.collection.pk, "tags": ""}
    sent |= {f"doc-{document.pk}-{name}": value for name, value in sent.items()}  # of several at once

    def renamed(name: str) -> bool:
        Document.objects.filter(pk=document.pk).update(title="Carta")
        as_(name).post(door.format(document.pk), sent, headers={"x-requested-with": "XMLHttpRequest"})
        document.refresh_from_db()
        return document.title == "Carta ritirata"

    assert renamed("worker")  # as long as no page shows it
    Document.objects.filter(pk=document.pk).update(title="Carta")
    document.refresh_from_db()
    page.attachments = [("attachment", {"file": document})]
    page.save_revision().publish()
    assert not renamed("worker")
    assert "Carta" in as_("trainee").get(page.specific.url).content.decode()
    assert renamed("administrator")


def test_who_may_not_rename_the_file_of_a_form_is_sent_to_who_approves_and_not_to_a_page_that_has_no_place_for_it(
    as_: Callable[[str], Client],
) -> None:
    document = FormPage.objects.get(code="MD-01").document
    answer = as_("worker").post(f"/admin/documents/edit/{document.pk}/", {"title": "Altro nome"}).content.decode()
    assert "il suo titolo lo cambia chi approva, chiedilo a lui" in answer
    assert 'value="Altro nome"' in answer


def test_the_picture_of_a_published_page_is_replaced_only_by_who_approves(
    as_: Callable[[str], Client], person: Any
) -> None:
    home = space("SP-MODULI")
    picture = Image.objects.create(title="Pianta", file=ContentFile(drawn("red"), "p.png"), collection=home.collection)
    page = draft("SP-MODULI")
    page.body = [("picture", {"picture": picture, "caption": ""})]
    page.save_revision().publish()

    def replace(name: str, colour: str) -> str:
        sent = {"title": "Pianta", "file": SimpleUploadedFile("p.png", drawn(colour)), "collection": home.collection.pk}
        answer = as_(name).post(f"/admin/images/{picture.pk}/", sent)
        picture.refresh_from_db()
        with picture.open_file() as file:
            assert (file.read() == drawn(colour)) is (answer.status_code == 302)
        return unescape(answer.content.decode())

    assert "Una pagina pubblicata lo usa" in replace("worker", "green")
    assert replace("administrator", "blue") == ""


def drawn(colour: str) -> bytes:
    made = io.BytesIO()
    PILImage.new("RGB", (40, 40), colour).save(made, "PNG")
    return made.getvalue()


def test_nobody_is_asked_for_a_picture_that_nothing_shows(as_: Callable[[str], Client]) -> None:
    html = as_("coordinator").get("/admin/account/").content.decode()
    assert "<form" in html and 'type="file"' not in html


def test_whoever_uploads_is_told_where_an_unreadable_text_will_be_said(as_: Callable[[str], Client]) -> None:
    shown = as_("coordinator").get("/admin/documents/multiple/add/").content.decode()
    assert "se non si può, trovi il perché in «Da fare»" in shown
    assert "Caricamento eseguito con successo" not in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Chiama il 333 1234567.", "In «verbale» si legge un cellulare o un conto: di chi è?"),
        ("La signora abita in via Roma 12.", "«verbale» per ora lo vedi solo tu"),
        ("Verbale.", ""),
    ],
)
def test_whoever_adds_several_files_in_the_admin_is_told_what_was_found_in_each(
    text: str, said: str, as_: Callable[[str], Client]
) -> None:
    sent = {"title": "verbale", "collection": space("SP-COORD").collection.pk,
            "files[]": SimpleUploadedFile("verbale.txt", text.encode())}  # fmt: skip
    answer = as_("coordinator").post("/admin/documents/multiple/add/", sent).json()
    assert answer["success"] and said in unescape(answer["form"])
    assert ("«verbale»" in unescape(answer["form"])) is bool(said)
