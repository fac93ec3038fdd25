"""While nothing can be written reading goes on, whoever writes is told why, and nothing typed is lost."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from wagtail.models import Page, Revision

from portal import demo
from portal.files.storage import PrivateStorage
from portal.models import Document, ProblemReport
from tests.portal.test_publication import another_edition, posted
from tests.typed_pages import typed

pytestmark = pytest.mark.django_db
WRITES = ("INSERT", "UPDATE", "DELETE")
LOCKED = "database is locked"
READ_ONLY = "attempt to write a readonly database"


@contextmanager
def nothing_is_written(words: str) -> Iterator[None]:
    """The database refuses what SQLite refuses, in its words, when it is locked or its disk is."""

    def refuse(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if sql.startswith(WRITES):
            raise OperationalError(words)
        return execute(sql, *args)

    with connection.execute_wrapper(refuse):
        yield
    if connection.in_atomic_block:
        connection.set_rollback(False)  # nothing was written: the test's own transaction goes on


def busy(response: Any) -> BeautifulSoup:
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    return BeautifulSoup(response.content.decode(), "html.parser")


def again(page: BeautifulSoup) -> dict[str, str]:
    """What the button sends."""
    form = page.find("form", method="post")
    assert form and form.find("button").text == "Riprova"
    return {each["name"]: each.text.removeprefix("\n") for each in form.find_all("textarea")}


@pytest.fixture
def client_of(as_: Any) -> Callable[[str], Client]:
    def enter(name: str) -> Client:
        client: Client = as_(name)
        client.raise_request_exception = False
        return client

    return enter


def test_who_enters_is_told_and_the_password_is_nowhere_on_the_page(client_of: Any, person: Any) -> None:
    typed = {"login": person("worker").email, "password": "una-password-che-nessuno-sa"}
    person_ = person("worker")
    person_.set_password(typed["password"])
    person_.save()
    client = client_of("anonymous")
    with nothing_is_written(LOCKED):
        response = client.post("/accesso/login/?next=/novita/", typed)
    page = busy(response)
    assert "Il portale è occupato" in page.h1.text
    assert again(page) == {"login": typed["login"]}
    assert page.find("form")["action"] == "/accesso/login/?next=/novita/"
    assert typed["password"] not in response.content.decode()
    assert client.post("/accesso/login/", typed).status_code == 302


@pytest.mark.parametrize(
    ("words", "title"), [(LOCKED, "Il portale è occupato"), (READ_ONLY, "Il portale non può scrivere")]
)
def test_what_was_typed_stands_on_the_page_and_goes_out_with_one_press(client_of: Any, words: str, title: str) -> None:
    typed = {"page": "/p/PR-02/", "text": "Manca il numero\ndi «Quarrata»: <b>chi lo sa?</b>"}
    client = client_of("trainee")
    with nothing_is_written(words):
        page = busy(client.post("/segnala/", typed))
    assert page.h1.text == title
    assert "chi lo sa?" in page.find(class_="notice").text
    assert not ProblemReport.objects.filter(text__contains="Quarrata").exists()
    assert client.post("/segnala/", again(page)).status_code == 302
    assert ProblemReport.objects.filter(text__contains="<b>chi lo sa?</b>").exists()


def test_a_page_that_is_published_meanwhile_is_published_with_the_next_press(client_of: Any) -> None:
    page = Page.objects.get(slug="md-01")
    client, url = client_of("director"), f"/admin/pages/{page.pk}/edit/"
    before = Revision.objects.count()
    changes = {"title": "Il biancospino fiorisce", "change_note": "Titolo.", "action-publish": "1"}
    typed = posted(client, url, **changes, **another_edition(page.specific))
    with nothing_is_written(LOCKED):
        said = busy(client.post(url, typed))
    assert Revision.objects.count() == before
    assert "Il biancospino fiorisce" in said.text
    assert client.post(url, again(said)).status_code == 302
    assert Page.objects.get(pk=page.pk).title == "Il biancospino fiorisce"


def test_the_editor_that_saves_by_itself_is_told_so_that_it_tries_again(client_of: Any) -> None:
    page = Page.objects.live().filter(content_type__model="textpage").first()
    client, url = client_of("coordinator"), f"/admin/pages/{page.pk}/edit/"
    typed = posted(client, url, title="Il biancospino")
    with nothing_is_written(LOCKED):
        response = client.post(url, typed, headers={"accept": "application/json"})
    assert response.status_code == 503
    assert response.json()["error_code"] == "busy"
    assert "Il portale è occupato" in response.json()["error_message"]


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EROFS])
def test_a_file_for_which_there_is_no_room_is_refused_in_words(
    client_of: Any, monkeypatch: pytest.MonkeyPatch, problem: int
) -> None:
    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(problem, "niente da fare")

    monkeypatch.setattr(PrivateStorage, "_save", full)
    client, url = client_of("office"), "/admin/documents/add/"
    space = BeautifulSoup(client.get(url).content, "html.parser").select("select[name=collection] option[value]")[-1]
    file = SimpleUploadedFile("verbale.txt", b"Il verbale")
    page = busy(client.post(url, {"title": "Il verbale nuovo", "file": file, "collection": space["value"]}))
    assert page.h1.text == "Il portale non può scrivere"
    assert "Solo i file vanno scelti di nuovo" in page.text
    assert again(page)["title"] == "Il verbale nuovo"
    assert not Document.objects.filter(title="Il verbale nuovo").exists()


def test_a_file_whose_row_cannot_be_written_is_not_left_lying(client_of: Any) -> None:
    client, url = client_of("office"), "/admin/documents/add/"
    space = BeautifulSoup(client.get(url).content, "html.parser").select("select[name=collection] option[value]")[-1]
    file = SimpleUploadedFile("senza-riga.txt", b"Il verbale")
    with nothing_is_written(LOCKED):
        busy(client.post(url, {"title": "Senza riga", "file": file, "collection": space["value"]}))
    folder = Path(settings.MEDIA_ROOT) / "documents"
    assert not folder.exists() or not [each for each in folder.iterdir() if "senza-riga" in each.name]


def test_a_new_page_is_read_by_nobody_until_its_publication_is_whole(
    client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by killing the site between the two: the page was live, without its act and outside of search."""
    root = demo.space("SP-MODULI").root_page

    def dies(*args: Any, **kwargs: Any) -> None:
        raise OperationalError(LOCKED)

    monkeypatch.setattr(Revision, "publish", dies)
    fields = typed(title="Il nespolo", change_note="Nuova.") | {"action-publish": "1"}
    busy(client_of("coordinator").post(f"/admin/pages/add/portal/textpage/{root.pk}/", fields))
    assert not Page.objects.live().filter(title="Il nespolo").exists()


def test_who_searches_and_reads_finds_all_the_same(client_of: Any, index: Any) -> None:
    client = client_of("worker")
    with nothing_is_written(LOCKED):
        found = client.get("/cerca/", {"q": "modulo"})
        home = client.get("/")
    assert (found.status_code, home.status_code) == (200, 200)
    assert "risultati" in found.content.decode()


def test_a_session_that_somebody_ended_is_still_ended(client_of: Any) -> None:
    """It looks the same to Django: only a database that cannot write is no reason."""
    client = client_of("worker")
    client.get("/cerca/", {"q": "modulo"})
    client.session.flush()
    assert client.get("/novita/").status_code == 302
