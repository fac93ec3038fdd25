"""What is deleted lies in the bin of its space for 90 days, with a name, and goes back whole."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page, Workflow

from portal import access, demo
from portal.models import BinnedThing, Document, Image
from portal.models.pages import TextPage
from portal.pages import bin
from portal.upkeep import terms
from tests.shown import body
from training.models import ModulePage, PathPage

pytestmark = pytest.mark.django_db
BIN = "/spazi/rete/cestino/"


def draft(by: Any, title: str = "Bozza da buttare") -> Page:
    page = TextPage(title=title, slug="bozza-da-buttare", summary="Prima.", live=False, change_note="Prova", owner=by)
    demo.space("SP-RETE").root_page.add_child(instance=page)
    page.save_revision(user=by)
    page.summary = "Seconda."
    page.save_revision(user=by)
    return Page.objects.get(pk=page.pk)


def file() -> Document:
    home = demo.space("SP-RETE").collection
    return Document.objects.create(title="Nota zeppelin", file=ContentFile(b"x", name="n.txt"), collection=home)


def put_back(client: Any) -> Any:
    return client.post(f"{BIN}{BinnedThing.objects.get().pk}/rimetti/", follow=True)


@pytest.mark.parametrize("door", ["/admin/pages/{}/delete/", "/admin/bulk/wagtailcore/page/delete/?id={}"])
def test_a_deleted_draft_goes_back_whole_to_where_it_was(door: str, as_: Any, person: Any) -> None:
    page = draft(person("office"))
    Workflow.objects.get().start(page.specific, person("office"))
    office = as_("office")
    assert "90 giorni" in body(office.get(door.format(page.pk)))
    assert "è nel cestino dello spazio" in body(office.post(door.format(page.pk), follow=True))
    page.refresh_from_db()
    assert access.space_of(page) is None and not access.can(person("office"), "edit", page)
    assert page.current_workflow_state is None
    assert "Bozza da buttare" not in body(office.get("/admin/pages/search/", {"q": "buttare"}))
    shown = body(office.get(BIN))
    assert "Bozza da buttare" in shown and "Franca Giuntoli" in shown
    assert "di nuovo al suo posto" in body(put_back(office))
    page.refresh_from_db()
    assert page.get_parent() == demo.space("SP-RETE").root_page
    assert page.revisions.count() == 2 and page.get_latest_revision_as_object().summary == "Seconda."
    assert not BinnedThing.objects.exists()


def test_who_presses_twice_is_told_that_it_is_back(as_: Any, person: Any) -> None:
    page = draft(person("office"))
    as_("office").post(f"/admin/pages/{page.pk}/delete/")
    row = BinnedThing.objects.get()
    first, second = (as_("office").post(f"{BIN}{row.pk}/rimetti/", follow=True) for _each in range(2))
    assert "di nuovo al suo posto" in body(first)
    assert second.status_code == 200 and "forse è già tornato al suo posto" in body(second)
    assert Page.objects.get(pk=page.pk).get_parent() == demo.space("SP-RETE").root_page


def test_what_lies_below_goes_and_comes_back_with_it(as_: Any) -> None:
    path = PathPage(title="Percorso in bozza", slug="percorso-in-bozza", live=False, change_note="x")
    demo.space("SP-RETE").root_page.add_child(instance=path)
    path.add_child(instance=ModulePage(title="Modulo in bozza", slug="modulo-in-bozza", live=False, change_note="x"))
    ids = [path.pk, ModulePage.objects.get(slug="modulo-in-bozza").pk]
    as_("coordinator").post(f"/admin/bulk/wagtailcore/page/delete/?id={ids[0]}&id={ids[1]}")
    assert BinnedThing.objects.get().page_id == ids[0]
    put_back(as_("coordinator"))
    assert ModulePage.objects.get(pk=ids[1]).get_parent().pk == ids[0]


@pytest.mark.parametrize(
    "door",
    [
        "/admin/documents/delete/{}/",
        "/admin/bulk/portal/document/delete/?id={}",
        "/admin/documents/multiple/{}/delete/",
    ],
)
def test_a_deleted_file_is_nowhere_and_goes_back_with_its_address(door: str, as_: Any, person: Any) -> None:
    note, office = file(), as_("office")
    office.post(door.format(note.pk))
    assert office.get(note.url).status_code == 404
    assert not access.known(Document.objects.filter(pk=note.pk), person("office")).exists()
    assert "zeppelin" not in body(office.get("/admin/documents/"))
    put_back(office)
    assert b"".join(office.get(note.url).streaming_content) == b"x"


def test_a_deleted_picture_goes_back(as_: Any, person: Any) -> None:
    home = demo.space("SP-RETE").collection
    picture = Image.objects.create(title="Foto", collection=home, file=get_test_image_file())
    as_("office").post(f"/admin/images/{picture.pk}/delete/")
    assert not access.allowed(Image.objects.filter(pk=picture.pk), person("office"), "edit").exists()
    put_back(as_("office"))
    assert access.allowed(Image.objects.filter(pk=picture.pk), person("office"), "edit").exists()


def test_who_does_not_write_there_neither_deletes_nor_finds_nor_puts_back(as_: Any, person: Any) -> None:
    page = draft(person("office"))
    as_("worker").post(f"/admin/pages/{page.pk}/delete/")
    assert not BinnedThing.objects.exists()
    as_("office").post(f"/admin/pages/{page.pk}/delete/")
    row = BinnedThing.objects.get()
    assert [as_(name).get(BIN).status_code for name in ("worker", "partner", "anonymous")] == [403, 404, 302]
    assert as_("worker").post(f"{BIN}{row.pk}/rimetti/").status_code == 403
    other = demo.space("SP-COORD").root_page.slug  # writes there too, but it lay elsewhere
    answers = [body(as_("office").post(f"/spazi/{other}/cestino/{pk}/rimetti/", follow=True)) for pk in (row.pk, 10**6)]
    assert all("forse è già tornato" in each for each in answers)  # one answer, of another space's and of none
    assert BinnedThing.objects.filter(pk=row.pk).exists()


def noon_before(days: int) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate() - timedelta(days=days), time(12)))


def test_after_90_days_and_not_before_it_is_gone_with_its_file(as_: Any, person: Any) -> None:
    note, page = file(), draft(person("office"))
    place = note.file.path
    bin.put([note, page], by=person("office"))
    BinnedThing.objects.update(at=noon_before(90))
    terms.forget_all()
    assert BinnedThing.objects.count() == 2
    BinnedThing.objects.update(at=noon_before(91))
    terms.forget_all()
    assert not Page.objects.filter(pk=page.pk).exists() and not Document.objects.filter(pk=note.pk).exists()
    assert not BinnedThing.objects.exists() and not bin.empty()
    assert place


def test_what_lies_in_the_bin_until_a_day_is_there_all_of_that_day(as_: Any, person: Any) -> None:
    page = draft(person("office"))
    bin.put([page], by=person("office"))
    thrown = timezone.make_aware(datetime(2026, 3, 2, 23, 30))  # with the summer comes an hour less
    BinnedThing.objects.update(at=thrown)
    assert 'resta fino <time datetime="2026-05-31">al 31 maggio 2026' in body(as_("office").get("/spazi/rete/cestino/"))
    for now in (datetime(2026, 5, 30, 12), datetime(2026, 5, 31, 10), datetime(2026, 5, 31, 23, 59)):
        assert bin.empty(timezone.make_aware(now)) == 0, now
    assert bin.empty(timezone.make_aware(datetime(2026, 6, 1, 0, 1))) == 1
    assert "Il cestino è vuoto." in body(as_("office").get("/spazi/rete/cestino/"))


def test_a_page_whose_place_or_word_is_taken_goes_back_beside_it(person: Any) -> None:
    page = draft(person("office"))
    [row] = bin.put([page], by=person("office"))
    draft(person("office"), "Un’altra")
    bin.restore(row, by=person("office"))
    slugs = Page.objects.filter(title__in=["Bozza da buttare", "Un’altra"]).values_list("slug", flat=True)
    assert len(set(slugs)) == 2


def test_the_admins_api_goes_round_no_bin(as_: Any, person: Any) -> None:
    page = draft(person("office"))
    answer = as_("coordinator").post(
        f"/admin/api/main/pages/{page.pk}/action/delete/", {}, content_type="application/json"
    )
    assert answer.status_code == 404 and Page.objects.filter(pk=page.pk).exists()


def test_a_draft_that_bodies_were_asked_to_sign_stays_and_says_why(as_: Any) -> None:
    page = Page.objects.get(slug="pr-13")
    told = body(as_("coordinator").post(f"/admin/pages/{page.pk}/delete/", follow=True))
    assert "le firme chieste agli enti" in told
    assert access.space_of(Page.objects.get(pk=page.pk)) is not None and not BinnedThing.objects.exists()
