"""Files in a bucket, tried against a server that speaks as S3 does: through the same doors, copied, put back, away."""

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from moto.server import ThreadedMotoServer
from PIL import Image as Picture

from portal import demo
from portal.background import clock
from portal.files import bucket_address
from portal.files.bucket import PrivateBucket
from portal.files.storage import PrivateStorage, file_store
from portal.models import Document
from portal.models.media import Image
from portal.upkeep import doctor, status, terms
from tests.installation import copy
from tests.portal.test_backup import OWN_KEY, Machine, empty_machine

KEYS = {"aws_access_key_id": "chiave", "aws_secret_access_key": "segreto/con+segni"}
QUOTED = "chiave:segreto%2Fcon%2Bsegni"


class Server:
    """A server of buckets on this machine."""

    def __init__(self) -> None:
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server.start()
        self.host, self.port = self.server.get_host_and_port()
        self.s3 = boto3.resource(
            "s3", endpoint_url=f"http://{self.host}:{self.port}", region_name="us-east-1", **KEYS
        )  # fmt: skip

    def bucket(self, name: str) -> str:
        """A new one; returns its FILES_URL."""
        self.s3.create_bucket(Bucket=name)
        return f"s3+http://{QUOTED}@{self.host}:{self.port}/{name}"

    def files(self, name: str) -> dict[str, bytes]:
        return {row.key: row.get()["Body"].read() for row in self.s3.Bucket(name).objects.all()}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.server.stop()


@pytest.fixture
def bucket(server: Server, settings: Any, request: pytest.FixtureRequest, db: None) -> str:
    """The site keeps its files in a bucket of this test's own, to which the demo's were moved."""
    name = f"secchio-{abs(hash(request.node.name)) % 10**9}"
    url, root = server.bucket(name), PrivateStorage()
    for file in root.everything():
        server.s3.Bucket(name).upload_file(root.path(file.name), file.name)
    settings.STORAGES = settings.STORAGES | {"default": bucket_address.read(url)}
    return name


def upload(title: str, text: bytes) -> Document:
    file = ContentFile(text, f"{title}.txt")
    return Document.objects.create(title=title, file=file, collection=demo.space("SP-RETE").collection)


def read(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_file_sent_by_hand_lies_in_the_bucket_and_is_read_by_who_may_alone(
    server: Server, bucket: str, as_: Any
) -> None:
    assert isinstance(storages["default"], PrivateBucket)
    file = SimpleUploadedFile("orari.txt", b"Si apre alle nove.")
    sent = {"title": "Orari", "file": file, "collection": demo.space("SP-COORD").collection.pk}
    assert as_("coordinator").post("/admin/documents/add/", sent).status_code == 302
    found = Document.objects.get(title="Orari")
    assert server.files(bucket)[found.file.name] == b"Si apre alle nove."
    assert found.url.startswith("/documenti/") and str(server.port) not in found.url
    assert read(as_("coordinator").get(found.url)) == b"Si apre alle nove."
    assert read(as_("coordinator").get(found.url, headers={"range": "bytes=3-6"})) == b"apre"
    assert [as_(stranger).get(found.url).status_code for stranger in ("partner", "anonymous")] == [404, 302]


def test_two_files_of_one_name_are_two_and_a_deleted_one_is_gone(server: Server, bucket: str) -> None:
    one, two = upload("Uguali", b"uno"), upload("Uguali", b"due")
    assert one.file.name != two.file.name
    assert {server.files(bucket)[each.file.name] for each in (one, two)} == {b"uno", b"due"}
    place = one.file.name
    one.file.delete(save=False)
    assert place not in server.files(bucket) and two.file.name in server.files(bucket)


def test_a_picture_and_its_smaller_sizes_come_through_the_portals_own_door(
    server: Server, bucket: str, as_: Any
) -> None:
    drawn = io.BytesIO()
    Picture.new("RGB", (900, 600), "green").save(drawn, "PNG")
    image = Image.objects.create(
        title="Prato", file=ContentFile(drawn.getvalue(), "prato.png"), collection=demo.space("SP-RETE").collection
    )
    small = image.get_rendition("width-200")
    assert small.file.name in server.files(bucket)
    assert small.url == f"/media/{small.file.name}"
    answer = as_("administrator").get(small.url)
    assert Picture.open(io.BytesIO(read(answer))).width == 200
    assert as_("anonymous").get(small.url).status_code == 302


def test_what_no_row_names_goes_after_its_time_and_what_one_names_and_is_gone_is_told(
    server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lost = upload("Resta", b"resta"), upload("Perso", b"perso")
    server.s3.Bucket(bucket).put_object(Key="documents/di-nessuno.txt", Body=b"x")
    clock.keep_terms()
    assert "documents/di-nessuno.txt" in server.files(bucket)  # too young
    monkeypatch.setattr(terms, "UPLOADS", timedelta(seconds=-5))
    clock.keep_terms()
    assert "documents/di-nessuno.txt" not in server.files(bucket) and kept.file.name in server.files(bucket)
    server.s3.Object(bucket, lost.file.name).delete()
    said = next(each.what for each in doctor.examine({"files"}) if lost.file.name in each.what)
    assert "Mancano file che il portale mostra" in said
    count, size = status._files()
    held = server.files(bucket)
    assert (count, size) == (len(held), sum(map(len, held.values())))


def test_while_the_bucket_is_away_pages_are_read_and_what_was_typed_stays(
    server: Server, bucket: str, as_: Any, settings: Any
) -> None:
    found = upload("Orari", b"Si apre alle nove.")
    away = bucket_address.read(f"s3+http://{QUOTED}@127.0.0.1:9/{bucket}")
    settings.STORAGES = settings.STORAGES | {"default": away}
    client: Client = as_("coordinator")
    client.raise_request_exception = False  # what the site answers, not what it raises
    assert client.get("/p/PR-02/").status_code == 200
    answer = client.get(found.url)
    assert answer.status_code == 503 and "I file non si raggiungono" in answer.content.decode()
    sent = {"title": "Orari nuovi", "collection": demo.space("SP-RETE").collection.pk}
    answer = client.post("/admin/documents/add/", sent | {"file": SimpleUploadedFile("o.txt", b"o")})
    assert answer.status_code == 503 and "Orari nuovi" in answer.content.decode()
    assert not Document.objects.filter(title="Orari nuovi").exists()
    assert any("L’archivio dei file non risponde" in each.what for each in doctor.examine({"files"}))
    state = as_("administrator").get("/stato/")  # where one looks when something is wrong
    assert state.status_code == 200
    assert "l’archivio dei file non risponde" in " ".join(state.content.decode().split())


def test_a_copy_holds_what_is_in_the_bucket_and_goes_back_into_another_the_same_byte_for_byte(
    server: Server, prepared_in: Path, tmp_path: Path
) -> None:
    first, second = server.bucket("di-qua"), server.bucket("di-la")
    site = Machine(tmp_path / "site", "raccordo_bucket")
    copy("demo", prepared_in, site.data, site.database)
    (site.data / "raccordo.env").write_text(f"SECRET_KEY={OWN_KEY}\n")
    on_disk = site.files()
    site.manage("backup", str(tmp_path / "dal-disco.tar.gz"))

    other = empty_machine(tmp_path / "other")  # from the disk into a bucket: how one moves there
    other.manage("restore", str(tmp_path / "dal-disco.tar.gz"), FILES_URL=first)
    assert server.files("di-qua") == on_disk and not other.files()
    assert "Copia pronta e riletta" in other.manage("backup", str(tmp_path / "copia.tar.gz"), FILES_URL=first)
    back = empty_machine(tmp_path / "back")
    back.manage("restore", str(tmp_path / "copia.tar.gz"), FILES_URL=second)
    assert server.files("di-la") == on_disk
    once_more = Machine(tmp_path / "full", "raccordo_none")
    done = once_more.run("manage.py", "restore", str(tmp_path / "copia.tar.gz"), FILES_URL=second)
    assert done.returncode != 0 and "ci sono già dei file" in done.stderr


@pytest.mark.parametrize("url", ["https://a:b@c/d", "s3://a:b@host", "s3://host/secchio", "s3://a@host/secchio"])
def test_an_address_that_names_no_bucket_is_refused_with_its_form(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="s3://chiave:segreto@host"):
        bucket_address.read(url)


def test_the_disk_says_the_same_of_itself(db: None) -> None:
    upload("Orari", b"Si apre.")
    store = file_store()
    rows = {file.name: file for file in store.everything("documents/")}
    found = Document.objects.get(title="Orari")
    assert rows[found.file.name].size == 8 and all(name.startswith("documents/") for name in rows)
    found.file.delete(save=False)
