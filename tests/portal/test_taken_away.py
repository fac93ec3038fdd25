"""A space taken away as one file, by who answers for it; and opened to anybody, or closed to the others."""

import csv
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from wagtail.images.tests.utils import get_test_image_file
from wagtail.log_actions import LogContext

from portal import access
from portal.demo import body_of, publish, space
from portal.files import versions
from portal.models import Document, Image, SpaceExport
from portal.models.activity import Activity, Verb
from portal.models.pages import TextPage
from portal.models.spaces import Role, Visibility
from portal.spaces import export, roles
from protocols.models import Edition, EditionCopy
from tests.shown import body

pytestmark = pytest.mark.django_db
ADDRESS = "/spazi/minori/esporta/"


@pytest.fixture
def page(person: Any) -> TextPage:
    """Of a closed space: a file, a link to a page beside it and one to a page of another space."""
    home, by = space("SP-MINORI"), person("coordinator")
    file = Document.objects.create(
        title="Foglio", collection=home.collection, file=ContentFile(b"il testo del foglio", "foglio.txt")
    )
    beside = publish(home.root_page, TextPage(title="Accanto", slug="accanto"), on=-1, by=by)
    elsewhere = publish(space("SP-RETE").root_page, TextPage(title="Altrove", slug="altrove"), on=-1, by=by)
    [section] = body_of([{"heading": "Che fare", "text": "Si telefona."}])
    section[1]["text"] = (
        f'<p><a linktype="page" id="{beside.pk}">Vedi accanto</a> '
        f'<a linktype="page" id="{elsewhere.pk}">vedi altrove</a> <a href="https://www.inps.it/">INPS</a></p>'
    )
    made = TextPage(title="Che fare a scuola", slug="scuola", attachments=[("attachment", {"file": file, "title": ""})])
    made.body = TextPage.body.field.to_python([{"type": "section", "value": section[1]}])
    publish(home.root_page, made, on=-1, by=by)
    home.root_page.add_child(instance=TextPage(title="Ancora una bozza", slug="bozza", live=False))
    return made


def taken(as_: Any, name: str) -> zipfile.ZipFile:
    """Asked for on the page, made by its job, and fetched where the page leads."""
    client = as_(name)
    assert client.post(ADDRESS).status_code == 302
    row = SpaceExport.objects.get(by=client.get("/").wsgi_request.user)
    export.make(row.pk)
    assert f'href="{ADDRESS}{row.pk}/"' in body(client.get(ADDRESS))
    answer = client.get(f"{ADDRESS}{row.pk}/")
    assert answer["Content-Disposition"].startswith("attachment")
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def text_of(archive: zipfile.ZipFile, part: str) -> str:
    [name] = [name for name in archive.namelist() if part in name]
    return archive.read(name).decode()


def test_who_answers_for_a_space_takes_away_its_pages_files_and_what_they_are(as_: Any, page: TextPage) -> None:
    archive = taken(as_, "coordinator")
    text = text_of(archive, "che-fare-a-scuola")
    [beside] = [name for name in archive.namelist() if "accanto" in name]
    assert f'<a href="../{beside}">Vedi accanto</a>' in text
    assert "vedi altrove" in text and "/altrove/" not in text
    assert '<a href="https://www.inps.it/">INPS</a>' in text
    assert "<nav" not in text and "<form" not in text
    kept = Document.objects.get(title="Foglio", collection=space("SP-MINORI").collection)
    file = f"file/{kept.pk}-{kept.filename}"
    assert archive.read(file) == b"il testo del foglio" and f"../{file}" in text
    table = text_of(archive, "pagine.csv")
    assert "Che fare a scuola" in table and "Ancora una bozza" not in table
    assert not [name for name in archive.namelist() if "bozza" in name or "altrove" in name]
    assert file in text_of(archive, "file.csv")
    assert "Bonacchi" in text_of(archive, "ruoli.csv")
    assert "ha portato via" in text_of(archive, "registro.csv")


def test_an_archive_holds_the_editions_of_its_protocols(as_: Any) -> None:
    edition = Edition.objects.filter(space=space("SP-MINORI"), version="2.0").select_related("page").first()
    EditionCopy.objects.update_or_create(edition=edition, defaults={"pdf": b"%PDF una copia"})
    archive = taken(as_, "coordinator")
    assert ";2.0;" in text_of(archive, "edizioni.csv")
    code = edition.page.specific.code
    assert archive.read(f"edizioni/{code}-2.0.pdf") == b"%PDF una copia"
    assert f"edizioni/{code}-2.0.pdf" in text_of(archive, "edizioni.csv")


def test_an_archive_holds_what_files_were_before_as_far_as_the_person_may_open_it(as_: Any, page: TextPage) -> None:
    file = Document.objects.get(title="Foglio", collection=space("SP-MINORI").collection)
    for content, why in ((b"il secondo testo", "Refusi"), (b"il terzo", "C’erano dati personali")):
        file.file, file.replaced_because = ContentFile(content, file.filename), why
        file.save()
    versions.discard(file.versions.filter(number=2), by=None, reason="Prova")
    archive, earlier = taken(as_, "coordinator"), f"file/prima/{file.pk}-1-{file.filename}"
    assert archive.read(earlier) == b"il testo del foglio"
    assert archive.read(f"file/{file.pk}-{file.filename}") == b"il terzo"
    rows = text_of(archive, "file.csv").splitlines()
    assert sum("precedente, 1;" in row and earlier in row and "Refusi" in row for row in rows) == 1
    assert sum("precedente, 2;" in row and "file/prima/" not in row for row in rows) == 1
    assert sum(";attuale;" in row and "Foglio" in row for row in rows) == 1
    assert not [name for name in archive.namelist() if name.startswith(f"file/prima/{file.pk}-2")]


def test_the_list_of_files_says_who_put_each_there_how_large_it_is_and_who_replaced_it(
    as_: Any, page: TextPage, person: Any
) -> None:
    file = Document.objects.get(title="Foglio", collection=space("SP-MINORI").collection)
    file.uploaded_by_user = person("worker_minors")
    file.file, file.replaced_because = ContentFile(b"il terzo", file.filename), "Refusi"
    with LogContext(user=person("director")):
        file.save()
    Document.objects.create(title="Vuoto", collection=file.collection, file=ContentFile(b"", "vuoto.txt"))
    table = taken(as_, "coordinator").read("file.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(table.splitlines(), delimiter=";"))
    now, before = ([row for row in rows if row["titolo"] == "Foglio" and row["sostituito da"] == who]
                   for who in ("", str(person("director"))))  # fmt: skip
    assert [(row["byte"], row["caricato da"]) for row in now] == [("8", str(person("worker_minors")))]
    assert [(row["byte"], row["perché"]) for row in before] == [(str(len(b"il testo del foglio")), "Refusi")]
    assert [(row["byte"], row["caricato da"]) for row in rows if row["titolo"] == "Vuoto"] == [("0", "")]


def test_pictures_leave_as_they_were_put_there_and_as_the_pages_show_them(as_: Any, page: TextPage) -> None:
    home = space("SP-MINORI")
    picture = Image.objects.create(title="Quercia", collection=home.collection, file=get_test_image_file())
    shown = [("picture", {"picture": picture, "caption": ""})]
    publish(home.root_page, TextPage(title="Con una quercia", slug="quercia", body=shown), on=-1, by=None)
    archive = taken(as_, "coordinator")
    originals = [name for name in archive.namelist() if name.startswith("file/immagini/")]
    assert f"file/immagini/{picture.pk}-{Path(picture.file.name).name}" in originals
    text = text_of(archive, "con-una-quercia")
    [as_shown] = [name for name in archive.namelist() if name.startswith("immagini/") and f'src="../{name}"' in text]
    with picture.renditions.get(file__endswith=as_shown.removeprefix("immagini/")).file.open("rb") as rendition:
        assert archive.read(as_shown) == rendition.read()
    files = [name for name in archive.namelist() if name.startswith("file/")]
    assert len(files) > len(originals) and f" e {len(files)} file." in text_of(archive, "LEGGIMI.txt")


def test_every_space_of_the_network_can_be_taken_away(person: Any) -> None:
    administrator = person("administrator")
    for each in access.allowed(type(space("SP-RETE")).objects.select_related("root_page"), administrator):
        export.make(export.ask(each, by=administrator).pk)
    sizes = SpaceExport.objects.filter(by=administrator).values_list("size", flat=True)
    assert len(sizes) > 5 and min(sizes) > 500


def test_who_reads_or_writes_there_takes_nothing_away_and_nobody_fetches_anothers(as_: Any, page: TextPage) -> None:
    taken(as_, "coordinator")
    row = SpaceExport.objects.get()
    for name in ("worker_minors", "director", "worker", "partner"):
        client = as_(name)
        assert client.get(ADDRESS).status_code == client.post(ADDRESS).status_code == 404
    other = as_("administrator")
    assert other.get(f"{ADDRESS}{row.pk}/").status_code == 404
    assert f"{ADDRESS}{row.pk}/" not in body(other.get(ADDRESS))
    assert SpaceExport.objects.count() == 1


def test_who_has_lost_the_role_gets_no_file(as_: Any, person: Any) -> None:
    coordinator, home = person("coordinator"), space("SP-MINORI")
    early, late = export.ask(home, by=coordinator), export.ask(home, by=coordinator)
    export.make(early.pk)
    roles.give_role(home, person("director"), Role.MANAGER, by=person("administrator"), reason="prova")
    for held in home.memberships.filter(user=coordinator):
        roles.take_role(held, by=person("administrator"), reason="prova")
    export.make(late.pk)
    assert not SpaceExport.objects.get(pk=late.pk).file
    assert as_("coordinator").get(f"{ADDRESS}{early.pk}/").status_code == 404


def test_an_archive_goes_after_a_week_and_a_second_run_makes_it_once(person: Any) -> None:
    row = export.ask(space("SP-MINORI"), by=person("coordinator"))
    export.make(row.pk)
    first = SpaceExport.objects.get()
    export.make(row.pk)
    assert SpaceExport.objects.get().file.name == first.file.name
    assert export.purge() == 0
    SpaceExport.objects.update(asked_at=timezone.now() - timedelta(days=8))
    assert export.purge() == 1 and not first.file.storage.exists(first.file.name)


WHO_READS = "/spazi/minori/condivisione/chi-legge/"


def test_who_answers_opens_a_space_to_anybody_with_a_reason_and_closes_it(as_: Any, page: TextPage) -> None:
    client, anybody = as_("coordinator"), Client()
    assert anybody.get(page.url).status_code == 302
    assert "si leggono da adesso senza entrare" in body(client.get(WHO_READS))
    client.post(WHO_READS, {"visibilita": Visibility.PUBLIC.value})
    assert anybody.get(page.url).status_code == 302  # without a reason nothing happens
    client.post(WHO_READS, {"visibilita": Visibility.PUBLIC.value, "reason": "Lo chiede l’assemblea"})
    assert anybody.get(page.url).status_code == 200
    client.post(WHO_READS, {"visibilita": Visibility.PUBLIC.value, "reason": "Premuto due volte"})
    assert anybody.get(page.url).status_code == 200
    client.post(WHO_READS, {"visibilita": Visibility.PRIVATE.value, "reason": "Ripensato"})
    assert anybody.get(page.url).status_code == 302
    acts = Activity.objects.filter(space=space("SP-MINORI"), note__in=["Lo chiede l’assemblea", "Ripensato"])
    assert [act.verb for act in acts] == [Verb.UNSHARED, Verb.SHARED]


def test_nobody_else_decides_who_reads_a_space(as_: Any) -> None:
    for name, answer in (("director", 403), ("worker_minors", 403), ("partner", 404)):
        said = as_(name).post(WHO_READS, {"visibilita": Visibility.PUBLIC.value, "reason": "Prova"})
        assert said.status_code == answer
    assert not space("SP-MINORI").is_public
