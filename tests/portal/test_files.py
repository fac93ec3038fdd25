"""Files: read by a job, kept private, and sent so that nothing uploaded ever runs on our address."""

import errno
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client, RequestFactory
from django.urls import reverse
from wagtail.models import Page
from wagtail_factories import ImageFactory

from portal.background import jobs
from portal.files import extraction, looking, reading
from portal.files.serving import file_response
from portal.files.storage import file_store
from portal.models import Document, Image, Job, Space
from portal.models.pages import TextPage
from tests.installation import environment

pytestmark = pytest.mark.django_db
HTML = b"<!doctype html><title>Foglio</title><p>Marmellata <script>alert(1)</script></p>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def space(code: str) -> Space:
    return Space.objects.select_related("collection", "root_page").get(code=code)


def keep(content: bytes, name: str, where: str = "SP-RETE") -> Document:
    """A file, and a live page of the same space that carries it."""
    document = Document.objects.create(
        title=name, file=ContentFile(content, name=name), collection=space(where).collection
    )
    carry(where, "attachments", ("attachment", {"file": document}))
    return document


def carry(where: str, field: str, block: Any) -> TextPage:
    page = TextPage(title="Con allegati", change_note="Nuova.", **{field: [block]})
    Page.objects.get(pk=space(where).root_page_id).add_child(instance=page)
    return page


def move(page: Page, where: str) -> None:
    Page.objects.get(pk=page.pk).move(Page.objects.get(pk=space(where).root_page_id), pos="last-child")


def read_job(document: Document) -> Job:
    return Job.objects.get(key=f"read-file:{document.pk}")


def read(document: Document) -> Document:
    """Do the job that was asked for."""
    jobs.run(read_job(document).pk)
    document.refresh_from_db()
    return document


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def policy(response: Any) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    return {name: value.strip() for name, _space, value in parts if name}


# --- The way in ------------------------------------------------------------------------------------------


def test_an_uploaded_file_that_takes_long_is_read_by_a_job(
    as_: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PATIENCE", 0.001)
    upload = io.BytesIO(b"Il castagno del cortile")
    upload.name = "albero.txt"
    values = {"title": "Albero", "file": upload, "collection": space("SP-RETE").collection.pk}
    answer = as_("office").post(reverse("wagtaildocs:add"), values)
    assert answer.status_code == 302
    document = Document.objects.get(title="Albero")
    assert (document.reading_state, document.text_pages) == ("attesa", [])
    assert (read_job(document).state, read_job(document).function) == ("attesa", "portal.files.reading.read")
    read(document)
    assert (document.reading_state, document.reading_problem) == ("letto", "")
    assert document.text_pages == ["Il castagno del cortile"]
    assert read_job(document).state == "fatto"


def test_nobody_uploads_into_a_space_that_is_not_theirs(as_: Callable[[str], Client]) -> None:
    for name, where in (("office", "SP-MINORI"), ("worker", "SP-RETE"), ("partner", "SP-TERZO")):
        there = space(where).collection
        upload = io.BytesIO(b"Abusivo")
        upload.name = "abusivo.txt"
        as_(name).post(reverse("wagtaildocs:add"), {"title": "Abusivo", "file": upload, "collection": there.pk})
        assert not Document.objects.filter(title="Abusivo", collection=there).exists()


def test_a_file_is_never_kept_without_the_job_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(jobs, "ask", dies)
        keep(b"ciao", "orfano.txt")
    assert not Document.objects.filter(title="orfano.txt").exists()
    assert read_job(keep(b"ciao", "orfano.txt"))


class Torn(ContentFile[bytes]):
    """A file of which the disk takes the first part and no more."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"Una"
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_the_disk_does_not_take_whole_leaves_no_part_of_itself() -> None:
    before = {each.name for each in file_store().everything()}
    with pytest.raises(OSError, match="No space left"):
        Document.objects.create(title="A metà", file=Torn(b"Una nota.", name="meta.txt"))
    assert {each.name for each in file_store().everything()} == before


# In an installation of its own, where what is committed is committed.
UPLOADING = """
import django; django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from wagtail.documents.models import AbstractDocument
from portal import network
from portal.files.storage import file_store
from portal.models import Document, User
from portal.spaces import opening

network.set_up("Prova")
there = opening.open_space("PROVA", "Prova", slug="prova", by=None, visibility="pubblico").collection_id
client = Client(SERVER_NAME="localhost", raise_request_exception=False)
client.force_login(User.objects.create_superuser("dirige@raccordo.example", "una-betulla-alta", first_name="Dina"))
save, commit = AbstractDocument.save, connection._commit

def full(*args, **kwargs):
    raise OperationalError("database or disk is full")

def save_and_fail(document, *args, **kwargs):
    save(document, *args, **kwargs)
    full()

def upload(title):
    before = {each.name for each in file_store().everything()}
    file = SimpleUploadedFile("nota.txt", b"Una nota.")
    status = client.post("/admin/documents/add/", {"title": title, "file": file, "collection": there}).status_code
    AbstractDocument.save, connection._commit = save, commit
    found = sorted({each.name for each in file_store().everything()} - before)
    rows = Document.objects.filter(title=title)
    print(title, status, len(found), found == [row.file.name for row in rows])

AbstractDocument.save = save_and_fail
upload("riga")
connection._commit = full
upload("fine")
upload("bene")
"""


def test_a_file_whose_row_is_not_written_goes_with_the_request_and_one_whose_row_is_stays(
    prepared_in: Path, tmp_path: Path
) -> None:
    env = environment(prepared_in, tmp_path, "raccordo_uploading", 14) | {"PYTHONPATH": str(settings.BASE_DIR)}
    done = subprocess.run([sys.executable, "-c", UPLOADING], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["riga 503 0 True", "fine 503 0 True", "bene 302 1 True"], done.stderr[-2000:]


def test_a_broken_file_is_kept_and_marked_with_the_reason(as_: Callable[[str], Client]) -> None:
    document = read(keep(b"%PDF-1.7 questo non e un PDF", "rotto.pdf"))
    assert document.reading_state == "illeggibile"
    assert re.fullmatch(r"[A-Z].{10,}\.", document.reading_problem)
    assert document.text_pages == []
    assert read_job(document).state == "fatto"  # trying again would read no more
    assert body(as_("worker").get(document.url)) == b"%PDF-1.7 questo non e un PDF"


def test_a_file_gone_from_the_disk_is_marked_and_is_no_error() -> None:
    document = keep(b"ciao", "sparito.txt")
    Path(document.file.path).unlink()
    assert read(document).reading_state == "illeggibile"
    assert "non c’è più" in document.reading_problem


def test_a_replaced_file_is_read_again_and_a_renamed_one_is_not() -> None:
    document = read(keep(b"Prima stesura", "bozza.txt"))
    first = document.sha256
    document.title = "Bozza di regolamento"
    document.save()
    document.refresh_from_db()
    assert (document.reading_state, read_job(document).asked) == ("letto", 1)
    document.file = ContentFile(b"Seconda stesura", name="bozza.txt")
    document.save()
    document.save()  # the same object, which must not bring the text of the first file back
    document.refresh_from_db()
    assert document.sha256 != first
    assert (document.reading_state, document.text_pages, read_job(document).asked) == ("attesa", [], 2)
    assert read(document).text_pages == ["Seconda stesura"]


def test_the_text_of_a_file_replaced_while_it_was_read_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    document = keep(b"Vecchio testo", "gara.txt")
    extract = extraction.extract

    def slowly(data: bytes, filename: str) -> Any:
        found = extract(data, filename)
        newer = Document.objects.get(pk=document.pk)
        newer.file = ContentFile(b"Nuovo testo", name="gara.txt")
        newer.save()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(extraction, "extract", slowly)
        read(document)
    assert (document.reading_state, document.text_pages) == ("attesa", [])
    assert read(document).text_pages == ["Nuovo testo"]


def test_a_file_deleted_before_or_while_it_was_read_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    document = keep(b"ciao", "breve.txt")
    pk = document.pk
    extract = extraction.extract

    def meanwhile(data: bytes, filename: str) -> Any:
        Document.objects.filter(pk=pk).delete()
        return extract(data, filename)

    monkeypatch.setattr(extraction, "extract", meanwhile)
    jobs.run(read_job(document).pk)
    assert Job.objects.get(key=f"read-file:{pk}").state == "fatto"
    assert reading.read(pk) is None


# --- Headers ---------------------------------------------------------------------------------------------

SHOWN = {
    "a.pdf": "application/pdf", "a.png": "image/png", "a.jpg": "image/jpeg", "a.webp": "image/webp",
    "a.txt": "text/plain; charset=utf-8",
}  # fmt: skip
DOWNLOADED = ["a.html", "a.htm", "a.xhtml", "a.svg", "a.xml", "a.docx", "a.eml", "a.csv", "a.pdf.p7m", "a.txt.gz", "a"]


def served(name: str, content: bytes = b"%PDF-1.7", **headers: str) -> Any:
    request = RequestFactory().get("/", headers=headers)
    return file_response(request, ContentFile(content, name=name), name, etag="e1")


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_browser_shows_safely_is_shown(name: str) -> None:
    response = served(name)
    assert response["Content-Type"] == SHOWN[name]
    assert response["Content-Disposition"] == f'inline; filename="{name}"'
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content", [b"MZ\x90\0 programma", b"", b"<html>"])
def test_what_only_bears_the_name_of_a_pdf_is_downloaded_as_it_is(content: bytes) -> None:
    response = served("fattura.exe.pdf", content)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize("name", DOWNLOADED)
def test_anything_else_is_downloaded(name: str) -> None:
    response = served(name)
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_headers_of_a_file_keep_it_private_and_harmless(as_: Callable[[str], Client]) -> None:
    document = keep("Perché no?".encode(), "età & “virgolette”.txt")
    response = as_("worker").get(document.url)
    assert response.status_code == 200
    assert body(response) == "Perché no?".encode()
    assert response["Content-Length"] == str(len("Perché no?".encode()))
    assert re.fullmatch(r"inline; filename\*=utf-8''[A-Za-z0-9%._-]+", response["Content-Disposition"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-cache"} <= set(re.split(r",\s*", response["Cache-Control"]))
    assert "public" not in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
    assert response["ETag"] == f'"{document.sha256}"'
    assert "Last-Modified" not in response
    assert policy(response) == {"default-src": "'none'", "sandbox": "", "frame-ancestors": "'self'"}


@pytest.mark.parametrize(("name", "content"), [("pagina.html", HTML), ("disegno.svg", SVG)])
def test_html_and_svg_are_never_shown_inline(name: str, content: bytes, as_: Callable[[str], Client]) -> None:
    response = as_("worker").get(keep(content, name).url)
    assert (response.status_code, body(response)) == (200, content)
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert policy(response)["sandbox"] == "" and policy(response)["default-src"] == "'none'"


def test_a_file_dressed_as_a_picture_stays_what_its_name_says(as_: Callable[[str], Client]) -> None:
    response = as_("worker").get(keep(HTML, "foto.png").url)
    assert response["Content-Type"] == "image/png"  # with nosniff, no browser looks further
    assert response["X-Content-Type-Options"] == "nosniff"


RANGES = [
    ("bytes=0-3", b"0123", "bytes 0-3/10"),
    ("bytes=4-", b"456789", "bytes 4-9/10"),
    ("bytes=-2", b"89", "bytes 8-9/10"),
    ("bytes=-99", b"0123456789", "bytes 0-9/10"),
    ("bytes=8-99", b"89", "bytes 8-9/10"),
    ("bytes=9-9", b"9", "bytes 9-9/10"),
]


@pytest.mark.parametrize(("asked", "content", "said"), RANGES)
def test_a_part_is_sent_to_whoever_asks_for_a_part(asked: str, content: bytes, said: str) -> None:
    response = served("a.pdf", b"0123456789", range=asked)
    assert (response.status_code, body(response), response["Content-Range"]) == (206, content, said)
    assert response["Content-Length"] == str(len(content))
    assert response["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-120", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused(asked: str) -> None:
    response = served("a.pdf", b"0123456789", range=asked)
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */10")
    assert b"0" not in body(response)


@pytest.mark.parametrize(
    "asked",
    ["bytes=-", "bytes=5-3", "bytes=0-1,4-5", "items=0-3", "bytes=a-b", "bytes=" + "9" * 5000 + "-", "bytes=٣-"],
)
def test_what_is_no_range_is_ignored(asked: str) -> None:
    request = RequestFactory().get("/", HTTP_RANGE=asked)
    response = file_response(request, ContentFile(b"0123456789", name="a.pdf"), "a.pdf", etag="e1")
    assert (response.status_code, body(response)) == (200, b"0123456789")


def test_a_part_of_a_file_that_changed_meanwhile_is_sent_whole() -> None:
    assert served("a.pdf", b"0123456789", range="bytes=0-3", if_range='"e1"').status_code == 206
    response = served("a.pdf", b"0123456789", range="bytes=0-3", if_range='"e0"')
    assert (response.status_code, body(response)) == (200, b"0123456789")


@pytest.mark.parametrize("known", ['"e1"', 'W/"e1"', '"e0", "e1"', '"e0",W/"e1"'])
def test_whoever_has_the_file_is_not_sent_it_again(known: str) -> None:
    response = served("a.pdf", if_none_match=known)
    assert (response.status_code, body(response), response["ETag"]) == (304, b"", '"e1"')
    assert "private" in response["Cache-Control"]
    assert served("a.pdf", if_none_match='"e0"').status_code == 200


def test_a_known_tag_opens_nothing_to_whoever_lost_the_right(as_: Callable[[str], Client]) -> None:
    document = keep(b"ciao", "riservato.txt", "SP-MINORI")
    tag = f'"{document.sha256}"'
    assert as_("worker_minors").get(document.url, headers={"if-none-match": tag}).status_code == 304
    assert as_("worker").get(document.url, headers={"if-none-match": tag}).status_code == 404


def test_asked_for_the_headers_alone_it_sends_no_body(as_: Callable[[str], Client]) -> None:
    response = as_("worker").head(keep(b"ciao", "testa.txt").url)
    assert (response.status_code, response["Content-Length"], body(response)) == (200, "4", b"")


def test_an_empty_file_is_sent_empty(as_: Callable[[str], Client]) -> None:
    response = as_("worker").get(keep(b"", "vuoto.txt").url)
    assert (response.status_code, response["Content-Length"], body(response)) == (200, "0", b"")


# --- Who may -----------------------------------------------------------------------------------------------


def page(response: Any, path: str) -> str:
    """What a page says, without its own address and the token of its forms."""
    words = unquote(response.content.decode()).replace(path, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", words)


def test_a_guessed_address_answers_as_one_that_does_not_exist(as_: Callable[[str], Client]) -> None:
    hidden = keep(b"segreto", "verbale.txt", "SP-MINORI")
    absent = f"/documenti/{hidden.pk + 1000}/verbale.txt"
    for name in ("worker", "partner", "trainee"):
        client = as_(name)
        found, missing = client.get(hidden.url), client.get(absent)
        assert (found.status_code, missing.status_code) == (404, 404)
        assert page(found, hidden.url) == page(missing, absent)
    stranger = Client()
    assert stranger.get(hidden.url).status_code == stranger.get(absent).status_code == 302
    assert as_("worker_minors").get(hidden.url).status_code == 200


def test_an_old_address_of_a_file_leads_to_its_own_for_who_may_open_it(as_: Callable[[str], Client]) -> None:
    document, hidden = keep(b"ciao", "vero.txt"), keep(b"ciao", "nascosto.txt", "SP-MINORI")
    client = as_("worker")
    assert client.get(document.url).status_code == 200
    for name in ("vecchio.txt", "vero.html", "", "vero.txt/", "VERO.TXT"):
        response = client.get(f"/documenti/{document.pk}/{name}")
        assert (response.status_code, response["Location"]) == (302, document.url)
        assert client.get(f"/documenti/{hidden.pk}/{name}").status_code == 404
    assert "nascosto" not in as_("anonymous").get(f"/documenti/{hidden.pk}/vecchio.txt")["Location"]


def test_media_never_serves_documents_nor_anything_else_on_the_disk(as_: Callable[[str], Client]) -> None:
    document = keep(b"ciao", "nascosto.txt")
    (Path(settings.MEDIA_ROOT) / "sciolto.txt").write_text("ciao")
    for name in ("worker", "coordinator", "administrator"):
        client = as_(name)
        assert client.get(document.url).status_code == 200
        for path in (document.file.name, "sciolto.txt", "../raccordo.sqlite3", "", "images/", "/etc/passwd"):
            assert client.get(f"/media/{path}").status_code in (404, 301)
            assert client.get(f"/media/{path}", follow=True).status_code == 404


@pytest.fixture
def picture() -> Image:
    image = ImageFactory(title="Quercia", collection=space("SP-MINORI").collection)
    carry("SP-MINORI", "body", ("picture", {"picture": image, "caption": ""}))
    return image


def test_pictures_and_their_renditions_follow_their_page(picture: Image, as_: Callable[[str], Client]) -> None:
    page = TextPage.objects.get(title="Con allegati")
    small = picture.get_rendition("fill-20x20")
    addresses = [f"/media/{picture.file.name}", small.url]
    assert small.url == f"/media/{small.file.name}"

    def answers(name: str) -> set[int]:
        return {as_(name).get(address).status_code for address in addresses}

    assert answers("worker_minors") == {200}
    assert answers("worker") == answers("partner") == {404}
    assert answers("anonymous") == {302}
    move(page, "SP-TERZO")
    assert answers("worker_minors") == answers("worker") == answers("partner") == {200}
    assert answers("newcomer") == {404}
    move(page, "SP-PUBBLICO")
    assert answers("anonymous") == answers("newcomer") == {200}
    TextPage.objects.get(pk=page.pk).unpublish()
    assert answers("newcomer") == answers("partner") == {404}
    assert answers("anonymous") == {302}
    assert answers("coordinator") == {200}  # who writes in the space


def test_a_picture_is_sent_with_the_headers_of_a_private_file(picture: Image, as_: Callable[[str], Client]) -> None:
    response = as_("worker_minors").get(picture.get_rendition("fill-20x20").url)
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("inline; ")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert policy(response)["sandbox"] == ""
    assert "private" in response["Cache-Control"]
    with picture.get_rendition("fill-20x20").file.open("rb") as file:
        assert body(response) == file.read()
    tag = {"if-none-match": response["ETag"]}
    assert as_("worker_minors").get(picture.get_rendition("fill-20x20").url, headers=tag).status_code == 304


def test_a_document_follows_its_page_to_another_space_and_through_its_life(as_: Callable[[str], Client]) -> None:
    document = keep(b"ciao", "mobile.txt", "SP-MINORI")
    page = TextPage.objects.get(title="Con allegati")

    def answers(*names: str) -> list[int]:
        return [as_(name).get(document.url).status_code for name in names]

    assert answers("worker_minors", "partner") == [200, 404]
    move(page, "SP-TERZO")
    document.refresh_from_db()
    assert document.collection == space("SP-TERZO").collection
    assert answers("partner", "newcomer") == [200, 404]
    TextPage.objects.get(pk=page.pk).unpublish()
    assert answers("partner", "newcomer") == [404, 404]
    TextPage.objects.get(pk=page.pk).save_revision().publish()
    assert answers("partner", "newcomer") == [200, 404]


def test_a_file_that_another_page_carries_too_stays_when_one_moves(as_: Callable[[str], Client]) -> None:
    document = keep(b"ciao", "comune.txt", "SP-MINORI")
    page = TextPage.objects.get(title="Con allegati")
    carry("SP-MINORI", "attachments", ("attachment", {"file": document}))
    move(page, "SP-TERZO")
    document.refresh_from_db()
    assert document.collection == space("SP-MINORI").collection
    assert as_("worker_minors").get(document.url).status_code == 200
    assert as_("partner").get(document.url).status_code == 404
    assert reading.unopened(Page.objects.get(pk=page.pk)) == [document]


def test_whoever_moves_a_page_is_told_which_files_its_new_readers_do_not_get(as_: Callable[[str], Client]) -> None:
    document = keep(b"ciao", "comune.txt", "SP-RETE")
    page = TextPage.objects.get(title="Con allegati")
    carry("SP-RETE", "attachments", ("attachment", {"file": document}))
    there = space("SP-COORD").root_page_id
    response = as_("coordinator").post(f"/admin/pages/{page.pk}/move/{there}/confirm/", follow=True)
    assert "non apre questi file, che stanno in un altro spazio: «comune.txt»" in response.content.decode()
    alone = keep(b"ciao", "sola.txt", "SP-RETE")
    page = TextPage.objects.order_by("-pk")[0]
    page.slug = "sola"  # the one that moved before has its word there
    page.save()
    response = as_("coordinator").post(f"/admin/pages/{page.pk}/move/{there}/confirm/", follow=True)
    assert "stanno in un altro spazio" not in response.content.decode()
    alone.refresh_from_db()
    assert alone.collection == space("SP-COORD").collection


def test_a_draft_opens_no_file_to_readers(as_: Callable[[str], Client]) -> None:
    document = Document.objects.create(
        title="Bozza", file=ContentFile(b"ciao", name="bozza.txt"), collection=space("SP-PUBBLICO").collection
    )
    page = TextPage(title="Bozza", slug="bozza", change_note="Nuova.", live=False)
    page.attachments = [("attachment", {"file": document})]
    Page.objects.get(pk=space("SP-PUBBLICO").root_page_id).add_child(instance=page)
    revision = page.save_revision()
    assert [as_(name).get(document.url).status_code for name in ("worker", "anonymous", "coordinator")] == [
        404, 302, 200,
    ]  # fmt: skip
    revision.publish()
    assert [as_(name).get(document.url).status_code for name in ("worker", "anonymous")] == [200, 200]


def test_files_on_the_disk_are_readable_by_the_portal_alone() -> None:
    kept = Path(keep(b"ciao", "privato.txt").file.path)
    assert kept.stat().st_mode & 0o077 == 0
