"""What stands in the file of a draft, of a withdrawn page or of one that moved away is found nowhere by readers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page

from portal import demo
from portal.files.reading import file_changed
from portal.models import Document, Image
from portal.models.pages import TextPage
from tests.shown import body

pytestmark = pytest.mark.django_db
SECRET = "guazzabuglio"
LIVES = ["draft", "withdrawn", "moved", "expired", "replaced"]
READERS = ["worker", "trainee", "partner", "newcomer", "anonymous"]
PORTAL = ["/", "/novita/", "/spazi/rete/", "/protocolli/", "/moduli/", "/rubrica/", "/sitemap.xml",
          f"/cerca/?q={SECRET}", f"/cerca/?q={SECRET}&format=json", f"/cerca/suggerimenti/?q={SECRET}",
          "/cerca/?q=cerfoglio", "/cerca/?q=cerfoglio&format=json", "/cerca/suggerimenti/?q=cerf"]  # fmt: skip


class Kept:
    """A page of SP-RETE that carries a file and a picture with a secret in name, title and text."""

    def __init__(self) -> None:
        home = demo.space("SP-RETE")
        self.file = Document.objects.create(
            title=f"Cerfoglio {SECRET}", collection=home.collection,
            file=ContentFile(SECRET.encode(), name=f"{SECRET}.txt"),
        )  # fmt: skip
        Document.objects.filter(pk=self.file.pk).update(text_pages=[f"Cerfoglio {SECRET}"], reading_state="letto")
        self.file.refresh_from_db()
        self.image = Image.objects.create(
            title=SECRET, collection=home.collection, file=get_test_image_file(f"{SECRET}.png")
        )
        self.small = self.image.get_rendition("width-100")
        page = TextPage(title="Erbe", slug="erbe", change_note="Nuova.", live=False)
        page.attachments = [("attachment", {"file": self.file, "title": ""})]
        page.body = [("picture", {"picture": self.image, "caption": ""})]
        self.page = Page.objects.get(pk=home.root_page_id).add_child(instance=page)

    def addresses(self) -> list[str]:
        page = Page.objects.get(pk=self.page.pk)
        return [self.file.url, f"/media/{self.image.file.name}", self.small.url, page.url]

    def lives(self, how: str) -> None:
        page = TextPage.objects.get(pk=self.page.pk)
        if how == "draft":
            page.save_revision()
        else:
            page.save_revision().publish()
            self._ends(TextPage.objects.get(pk=page.pk), how)
        self.file.refresh_from_db()
        file_changed.send(sender=Document, document=self.file)

    @staticmethod
    def _ends(page: TextPage, how: str) -> None:
        if how in ("withdrawn", "expired"):
            page.unpublish(set_expired=how == "expired")
        elif how == "moved":
            page.move(Page.objects.get(pk=demo.space("SP-MINORI").root_page_id), pos="last-child")
        elif how == "replaced":
            page.attachments, page.body = [], []
            page.save_revision().publish()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def found(client: Client, addresses: list[str]) -> list[str]:
    """Where the secret stands, its own address and the words that were asked left aside."""
    where = []
    for each in addresses:
        response = client.get(each)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        text = body.decode(errors="replace").replace(each, "").replace("<mark>", "").replace("</mark>", "").lower()
        said = text.count(SECRET) - (_echoes(text) if "q=" in each else 0)
        if response.status_code == 200 and (said > 0 or each.startswith(("/documenti/", "/media/"))):
            where.append(each)
    return where


def _echoes(text: str) -> int:
    """The words that were asked for, said again."""
    asked = (
        f'value="{SECRET}"',
        f"ricerca: {SECRET}",
        f"«{SECRET}»",
        f'"q": "{SECRET}"',
        f"q={SECRET}",
        f"q%3d{SECRET}",
        f"nome={SECRET}",
    )
    return sum(text.count(each) for each in asked)


@pytest.mark.parametrize("how", LIVES)
def test_readers_find_nothing_of_a_file_whose_page_they_do_not_read(
    how: str, kept: Kept, index: Any, as_: Callable[[str], Client]
) -> None:
    kept.lives(how)
    index.refresh()
    for name in READERS:
        assert found(as_(name), PORTAL + kept.addresses()) == [], name


@pytest.mark.parametrize("how", LIVES)
def test_who_writes_where_the_file_lies_finds_it_always(
    how: str, kept: Kept, index: Any, as_: Callable[[str], Client]
) -> None:
    kept.lives(how)
    index.refresh()
    writer = "worker_minors" if how == "moved" else "coordinator"
    where = found(as_(writer), PORTAL + kept.addresses())
    assert {kept.file.url, kept.small.url, "/cerca/?q=cerfoglio"} <= set(where)


def test_readers_find_the_file_of_a_page_that_they_read_and_which_page_it_is(
    kept: Kept, index: Any, as_: Callable[[str], Client]
) -> None:
    kept.lives("published")
    index.refresh()
    assert {kept.file.url, kept.small.url, "/cerca/?q=cerfoglio"} <= set(
        found(as_("worker"), PORTAL + kept.addresses())
    )
    assert found(as_("partner"), ["/cerca/?q=cerfoglio", kept.file.url]) == []
    html = body(as_("worker").get("/cerca/?q=cerfoglio"))
    assert f'allegato a <a href="{Page.objects.get(pk=kept.page.pk).url}">Erbe</a>' in html


def test_a_page_that_one_may_not_read_is_not_named_beside_its_file(
    kept: Kept, index: Any, as_: Callable[[str], Client]
) -> None:
    kept.lives("published")
    hidden = TextPage(title="Ortica segreta", slug="ortica", change_note="Nuova.", live=False)
    hidden.attachments = [("attachment", {"file": kept.file, "title": ""})]
    Page.objects.get(pk=demo.space("SP-RETE").root_page_id).add_child(instance=hidden)
    index.refresh()
    assert "Ortica" not in as_("worker").get("/cerca/?q=cerfoglio").content.decode()


def test_a_page_published_again_brings_its_file_back(kept: Kept, index: Any, as_: Callable[[str], Client]) -> None:
    kept.lives("withdrawn")
    TextPage.objects.get(pk=kept.page.pk).save_revision().publish()
    index.refresh()
    assert {kept.file.url, "/cerca/?q=cerfoglio"} <= set(found(as_("worker"), PORTAL + kept.addresses()))
