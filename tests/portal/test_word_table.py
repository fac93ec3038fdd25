"""A folder of old protocols in one go: a table to check first, all drafts or none, and nothing lost when one fails."""

import io
import zipfile
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import demo
from portal.background import jobs
from portal.models import Image, Job, UploadedDocument, WordUpload
from portal.models.jobs import Lane
from portal.models.spaces import Role
from portal.pages.from_word import several
from portal.spaces import roles
from protocols.models import ProcedurePage, ProtocolPage
from tests.word_documents import TITLE, corpus, docx, h, p, plain_protocol

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]
ADDRESS = "/spazi/rete/da-word/"
PROCEDURE = docx(p("Procedura per lo sportello", style="Titolo") + h(1)("Passi") + p("Accogliere."))
PERSONAL = docx(TITLE + h(1)("Tempi") + p("Chiamare il 347 1234567."))
TRACKED = corpus()["tracked"]


def packed(**documents: bytes) -> SimpleUploadedFile:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._vecchio.docx", "x")
        for name, data in documents.items():
            archive.writestr(f"vecchi/{name}.docx", data)
    return SimpleUploadedFile("vecchi.zip", file.getvalue())


def work() -> None:
    """What the worker has to do in the lane of files, as it does it."""
    for job in Job.objects.filter(lane=Lane.FILES, state="attesa").order_by("pk"):
        jobs.run(job.pk)


def uploaded(client: Any, *files: SimpleUploadedFile) -> str:
    """The address of the table, once everything is read."""
    address = client.post(ADDRESS, {"file": list(files)}).url
    assert "Sto leggendo: 0 di" in said(client.get(address))
    work()
    return address


def row(name: str) -> UploadedDocument:
    return UploadedDocument.objects.get(name=f"{name}.docx")


def fields(answer: Any) -> dict[str, str]:
    """What the table holds, as a browser would send it."""
    form = answer.context["form"]
    values = {each.html_name: each.value() for each in form}
    return {name: "on" if value is True else str(value) for name, value in values.items() if value not in (None, False)}


def said(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_a_folder_is_looked_at_tried_and_becomes_drafts(as_: Any, person: Any) -> None:
    client = as_("coordinator")
    first = SimpleUploadedFile("PR-77 dimissioni.docx", plain_protocol())
    address = uploaded(client, first, packed(sportello=PROCEDURE, altro=plain_protocol(), rivisto=TRACKED))
    shown = client.get(address)
    for words in ("5 sezioni", "Per le immagini ho proposto queste parole", "Accetta tutte le modifiche", "rivisto"):
        assert words in said(shown), words
    typed = fields(shown)
    codes = [typed[f"code_{row(name).pk}"] for name in ("PR-77 dimissioni", "altro")]
    assert codes[0] == "PR-77" and codes[1].startswith("PR-") and codes[1] != "PR-77"
    assert typed[f"kind_{row('sportello').pk}"] == "procedurepage" and typed["how"] == "insieme"
    tried = client.post(address, typed | {"prova": "1", f"title_{row('altro').pk}": "Un altro protocollo"})
    assert "3 bozze" in said(tried) and not ProtocolPage.objects.filter(code="PR-77").exists()
    client.post(address, fields(tried) | {"crea": "1"})
    assert "Sto facendo le bozze" in said(client.get(address))
    work()
    pages = [ProtocolPage.objects.get(code="PR-77"), ProtocolPage.objects.get(title="Un altro protocollo")]
    assert all(not page.live and page.get_latest_revision().user == person("coordinator") for page in pages)
    assert ProcedurePage.objects.get(title="Procedura per lo sportello").steps[0].value["text"] == "Accogliere."
    assert f"/admin/pages/{pages[0].pk}/edit/" in said(client.get(address))
    several.make_all(WordUpload.objects.get().pk)  # a job that is done twice
    assert Image.objects.filter(title="Schema del percorso").count() == 2
    assert as_("worker").get("/p/PR-77/").status_code == 404


def test_what_was_left_is_found_again_by_who_left_it(as_: Any, person: Any) -> None:
    def left(name: str) -> list[tuple[str, str]]:
        found = BeautifulSoup(as_(name).get(ADDRESS).content, "html.parser").select("[aria-labelledby=h-aspettano] a")
        return [(" ".join(each.get_text().split()), str(each["href"])) for each in found]

    client, tracked = as_("coordinator"), SimpleUploadedFile("rivisto.docx", TRACKED)
    assert left("coordinator") == []
    table = uploaded(client, packed(uno=plain_protocol(), due=PROCEDURE), tracked)
    single = client.post(ADDRESS, {"file": [SimpleUploadedFile("solo.docx", PROCEDURE)]}).url
    assert left("coordinator") == [("solo.docx", single), ("2 documenti su 3", table)]
    roles.give_role(demo.space("SP-RETE"), person("worker"), Role.EDITOR, by=person("coordinator"))
    assert as_("worker").get(ADDRESS).status_code == 200 and left("worker") == []
    upload = WordUpload.objects.get(documents__name="uno.docx")
    several.ask(upload, together=True)
    several.make_all(upload.pk)
    assert left("coordinator") == [("solo.docx", single)]


def test_of_rows_that_cannot_stand_each_says_why_and_what_was_typed_stays(as_: Any) -> None:
    client = as_("coordinator")
    address = uploaded(client, packed(uno=plain_protocol(), due=plain_protocol(), tre=PERSONAL, quattro=PROCEDURE))
    typed = fields(client.get(address))
    keys = {name: row(name).pk for name in ("uno", "due", "tre", "quattro")}
    bad = typed | {
        f"title_{keys['uno']}": "", f"code_{keys['uno']}": "PR-02", f"code_{keys['due']}": "pr 88",
        f"code_{keys['tre']}": "PR88", f"code_{keys['quattro']}": "PR-99",
    }  # fmt: skip
    answer = client.post(address, bad | {"crea": "1"})
    for words in (
        "Scrivi il titolo", "PR-02 è già usato", "PR-88 è scritto in più righe", "Scrivi perché può restare",
        "PR-99 non è il codice di questo tipo di pagina", "347 1234567",
    ):  # fmt: skip
        assert words in said(answer), words
    assert fields(answer)[f"code_{keys['due']}"] == "pr 88"
    assert not Job.objects.filter(key__startswith="make-drafts").exists()
    left = {name: value for name, value in typed.items() if not name.startswith("take_")}
    assert "spuntane almeno uno" in said(client.post(address, left | {"prova": "1"}))
    assert "1 bozza" in said(client.post(address, left | {f"take_{keys['due']}": "on", "prova": "1"}))


@pytest.mark.parametrize(("how", "made"), [("insieme", 0), ("ognuna", 1)])
def test_when_one_fails_all_or_the_others_are_made_as_was_asked_and_nothing_is_lost(
    how: str, made: int, as_: Any, person: Any
) -> None:
    client = as_("coordinator")
    address = uploaded(client, packed(uno=plain_protocol(), due=plain_protocol()))
    typed = fields(client.get(address)) | {"how": how, "crea": "1"}
    typed |= {f"code_{row('uno').pk}": "PR-71", f"code_{row('due').pk}": "PR-72"}
    assert client.post(address, typed).status_code == 302
    between = ProtocolPage(title="Nel frattempo", code="PR-72", live=False, change_note="x")
    demo.space("SP-RETE").root_page.specific.add_child(instance=between)
    work()
    assert ProtocolPage.objects.filter(code="PR-71").count() == made
    assert "Il codice PR-72 è già usato" in row("due").refused
    shown = client.get(address)
    assert "Non è riuscita: Il codice PR-72 è già usato" in said(shown)
    assert ("aspetta che riesca «due.docx»" in said(shown)) == (how == "insieme")
    again = fields(shown) | {f"code_{row('due').pk}": "PR-73", "crea": "1"}
    client.post(address, again)
    work()
    assert ProtocolPage.objects.filter(code__in=["PR-71", "PR-73"]).count() == 2


def test_the_table_is_its_own_persons_and_who_writes_there_no_longer_makes_nothing(as_: Any, person: Any) -> None:
    space, writer = demo.space("SP-RETE"), person("newcomer")
    roles.give_role(space, writer, Role.EDITOR, by=person("coordinator"), reason="Prova")
    address = uploaded(as_("newcomer"), packed(uno=plain_protocol(), due=plain_protocol()))
    assert as_("coordinator").get(address).status_code == 404
    assert as_("administrator").post(address, {"crea": "1"}).status_code == 404
    as_("newcomer").post(address, fields(as_("newcomer").get(address)) | {"crea": "1"})
    roles.give_role(space, writer, Role.READER, by=person("coordinator"), reason="Prova")
    before = ProtocolPage.objects.count()
    work()
    assert ProtocolPage.objects.count() == before and row("uno").refused == "In questo spazio non scrivi più."
    assert as_("newcomer").get(address).status_code == 403


def test_what_is_no_folder_of_documents_is_refused_with_a_sentence(as_: Any) -> None:
    client = as_("coordinator")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeri.docx", bytes(250_000_000))
    many = packed(**{f"n{number}": b"x" for number in range(several.MOST + 1)})
    for files, words in (
        ([SimpleUploadedFile("bomba.zip", bomb.getvalue())], "una volta decompresso"),
        ([SimpleUploadedFile("rotto.zip", b"PK\x03\x04rotto")], "danneggiato"),
        ([many], "più di 60 documenti"), ([packed()], "nessun documento"),
    ):  # fmt: skip
        assert words in said(client.post(ADDRESS, {"file": files})), words
    assert not WordUpload.objects.exists()
