"""What was published, and what others need, stays: withdrawn or left in place, never deleted."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.html import escape
from wagtail.models import Page

from coordination.models import MeetingPage
from portal import demo
from portal.models import BinnedThing, Document, Organisation, RoleGroup, User
from portal.models.pages import TextPage
from protocols.models import Edition, FormPage

pytestmark = pytest.mark.django_db

WITHDRAW = "Ritirala"


def draft(title: str = "Mai pubblicata") -> Page:
    page = TextPage(title=title, slug="mai-pubblicata", live=False, change_note="Prova")
    demo.space("SP-RETE").root_page.add_child(instance=page)
    page.save_revision()
    return Page.objects.get(pk=page.pk)


def doors(page: Page) -> list[str]:
    return [f"/admin/pages/{page.pk}/delete/", f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}"]


@pytest.mark.parametrize("who", ["coordinator", "director", "administrator"])
@pytest.mark.parametrize("slug", ["pr-02", "r-02", "m1"])
def test_a_published_page_is_not_deleted_and_the_reason_is_told(slug: str, who: str, as_: Any) -> None:
    page, client = Page.objects.get(slug=slug), as_(who)
    editions = Edition.objects.count()
    for address in doors(page):
        for ask in (client.get, client.post):
            shown = ask(address, follow=True).content.decode()
            assert WITHDRAW in shown, address
    client.raise_request_exception = False
    client.post(f"/admin/api/main/pages/{page.pk}/action/delete/", content_type="application/json")
    page.refresh_from_db()
    assert page.live
    assert Edition.objects.count() == editions
    assert f"/admin/pages/{page.pk}/delete/" not in client.get(f"/admin/pages/{page.pk}/edit/").content.decode()


def test_many_that_stay_lead_back_to_the_list_where_they_were_chosen(as_: Any) -> None:
    page, file = Page.objects.get(slug="r-02"), Page.objects.get(slug="md-04").specific.document_id
    client, above = as_("coordinator"), f"/admin/pages/{page.get_parent().pk}/"
    for asked, back in (
        (f"/admin/bulk/wagtailcore/page/delete/?next={above}%3Fp%3D2&id={page.pk}", f"{above}?p=2"),
        (f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}", above),
        (f"/admin/bulk/wagtailcore/page/delete/?next=//altrove.example/&id={page.pk}", above),
        (f"/admin/bulk/portal/document/delete/?next=/admin/documents/%3Fq%3Dx&id={file}", "/admin/documents/?q=x"),
    ):
        for ask in (client.get, client.post):
            assert ask(asked).headers["Location"] == back, asked


def test_a_withdrawn_page_is_not_deleted_either(as_: Any) -> None:
    page = Page.objects.get(slug="r-02").specific
    as_("coordinator").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Non serve più."})
    assert not Page.objects.get(pk=page.pk).live
    for address in doors(page):
        assert "È già ritirata: nessuno la legge più" in as_("coordinator").post(address, follow=True).content.decode()
    assert Page.objects.filter(pk=page.pk, live=False).exists()


def test_a_draft_meeting_goes_into_the_bin_without_a_fault(as_: Any) -> None:
    meeting = MeetingPage(title="Bozza", slug="bozza", starts_at=timezone.now(), live=False, change_note="Prova")
    demo.space("SP-RETE").root_page.add_child(instance=meeting)
    assert as_("coordinator").post(doors(meeting)[0]).status_code == 302
    assert BinnedThing.objects.get().page_id == meeting.pk


def test_a_published_page_still_moves_within_its_space(as_: Any) -> None:
    page = Page.objects.get(slug="r-02")
    assert as_("coordinator").get(f"/admin/pages/{page.pk}/move/").status_code == 200


def test_a_page_has_no_aliases(as_: Any) -> None:
    page, client = Page.objects.get(slug="md-04"), as_("coordinator")
    address = f"/admin/pages/{page.pk}/copy/"
    assert 'name="alias"' not in client.get(address).content.decode()
    target = demo.space("SP-COORD").root_page
    data = {"new_title": "Copia", "new_slug": "copia", "new_parent_page": target.pk, "alias": "on"}
    client.post(address, data)
    for act in ("create_alias", "convert_alias"):
        answer = client.post(f"/admin/api/main/pages/{page.pk}/action/{act}/", {}, content_type="application/json")
        assert answer.status_code == 404
    assert not Page.objects.filter(alias_of__isnull=False).exists()


# --- Files and bodies ------------------------------------------------------------------------------------


def test_a_file_that_a_published_page_carries_stays(as_: Any) -> None:
    form = Page.objects.get(slug="md-04").specific
    client = as_("coordinator")
    for address in (
        f"/admin/documents/delete/{form.document_id}/",
        f"/admin/bulk/portal/document/delete/?id={form.document_id}",
        f"/admin/documents/multiple/{form.document_id}/delete/",
    ):
        shown = client.post(address, follow=True).content.decode()
        assert escape(f"è in «{form.title}»: prima toglilo da lì.") in shown, address
    assert Document.objects.filter(pk=form.document_id).exists()


def test_a_file_that_no_page_carries_goes(as_: Any) -> None:
    collection = demo.space("SP-RETE").collection
    file = Document.objects.create(title="Nota", file=ContentFile(b"x", name="n.txt"), collection=collection)
    as_("coordinator").post(f"/admin/documents/delete/{file.pk}/")
    assert BinnedThing.objects.get().document_id == file.pk


def test_a_body_in_use_stays_and_one_that_nobody_needs_goes(as_: Any) -> None:
    admin = as_("administrator")
    needed = Organisation.objects.get(slug="montale")
    unused = Organisation.objects.create(name="Ente inutile", slug="ente-inutile", kind="altro")
    for body in (needed, unused):
        admin.post(f"/admin/snippets/portal/organisation/delete/{body.pk}/")
    assert list(Organisation.objects.filter(pk__in=[needed.pk, unused.pk])) == [needed]
    shown = admin.post(f"/admin/bulk/portal/organisation/delete/?id={needed.pk}", follow=True).content.decode()
    assert "non si elimina: ci sono persone, ruoli, servizi o presenze a suo nome" in shown


def test_the_file_of_a_withdrawn_page_stays_as_the_page_does(as_: Any) -> None:
    form, client = Page.objects.get(slug="md-04").specific, as_("coordinator")
    client.post(f"/admin/pages/{form.pk}/unpublish/", {"reason": "Non serve più."})
    shown = client.post(f"/admin/documents/delete/{form.document_id}/", follow=True).content.decode()
    assert escape(f"è in «{form.title}»: prima toglilo da lì.") in shown
    assert Document.objects.filter(pk=form.document_id).exists()


def test_the_file_of_a_form_never_published_is_refused_with_a_sentence(as_: Any) -> None:
    space = demo.space("SP-RETE")
    file = Document.objects.create(title="Nota", file=ContentFile(b"x", name="n.txt"), collection=space.collection)
    form = FormPage(title="Bozza", slug="bozza", live=False, change_note="Prova", document=file)
    space.root_page.add_child(instance=form)
    for address in (f"/admin/documents/delete/{file.pk}/", f"/admin/bulk/portal/document/delete/?id={file.pk}"):
        assert "di una pagina che non è pubblicata" in as_("coordinator").post(address, follow=True).content.decode()
    assert Document.objects.filter(pk=file.pk).exists()


# --- What belongs to spaces and bodies -------------------------------------------------------------------


def test_what_a_space_or_a_body_stands_on_is_not_deleted(as_: Any) -> None:
    admin, space = as_("administrator"), demo.space("SP-RETE")
    body = Organisation.objects.get(slug="montale")
    for address in (
        f"/admin/collections/{space.collection_id}/delete/",
        f"/admin/groups/delete/{body.group_id}/",
        f"/admin/groups/delete/{RoleGroup.objects.filter(space=space).first().group_id}/",
    ):
        answer = admin.post(address, follow=True)
        assert answer.status_code == 200, address
        assert "non si elimina: serve a uno spazio o a un ente" in answer.content.decode(), address
    assert RoleGroup.objects.filter(space=space).count() == 4
    assert Organisation.objects.filter(pk=body.pk, group__isnull=False).exists()


def test_a_refusal_names_nothing_that_one_may_not_see(as_: Any, person: Any) -> None:
    """By a number typed by hand, or for «all»: whoever writes in one space only reads no name of another."""
    home = demo.space("SP-COORD")
    hidden = Document.objects.create(
        title="Zibaldone riservato", file=ContentFile(b"x", name="z.txt"), collection=home.collection
    )
    stranger = User.objects.create_user("altrove@raccordo.example", first_name="Zibaldona", last_name="Altrove")
    group = home.role_groups.first().group
    client = as_("worker")
    for address in (
        "/admin/bulk/portal/document/delete/?id=all",
        f"/admin/bulk/portal/document/delete/?id={hidden.pk}",
        f"/admin/documents/delete/{hidden.pk}/",
        f"/admin/users/delete/{stranger.pk}/",
        f"/admin/groups/delete/{group.pk}/",
        f"/admin/collections/{home.collection_id}/delete/",
    ):
        for response in (client.get(address), client.post(address)):
            assert response.status_code in {200, 302, 403, 404}, address
        told = client.get("/admin/").content.decode()
        assert not [word for word in ("Zibaldon", "SP-COORD", home.name) if word in told], address
