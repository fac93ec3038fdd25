"""Whoever answers for a page may correct it, through the approval of others; and nobody else may because of it."""

from typing import Any

import pytest
from wagtail.models import Page, PageLogEntry

from coordination.models import ServicePage
from portal import access, demo
from portal.models import User
from portal.models.pages import TextPage
from portal.models.spaces import Role
from training.models import ModulePage, PathPage

pytestmark = pytest.mark.django_db


def desk_of(person: Any) -> ServicePage:
    """A page of a space where the person only reads, and for which the person answers."""
    return next(
        page
        for page in ServicePage.objects.live().filter(responsible=person)
        if access.role_in(person, access.space_of(page)) == Role.READER
    )


def edited(page: Any) -> str:
    return f"/admin/pages/{page.pk}/edit/"


def test_who_answers_for_a_page_opens_its_editor_and_may_not_publish(as_: Any, person: Any) -> None:
    elena = person("worker")
    page = desk_of(elena)
    shown = as_("worker").get(edited(page))
    assert shown.status_code == 200
    words = shown.content.decode()
    assert 'name="action-submit"' in words and 'name="action-publish"' not in words
    assert access.can(elena, "edit", page) and not access.can(elena, "approve", page)


def test_a_colleague_who_only_reads_it_does_not(as_: Any, person: Any) -> None:
    page = desk_of(person("worker"))
    assert as_("newcomer").get(page.url).status_code == 200
    assert as_("newcomer").get(edited(page)).status_code in {302, 404}
    assert not access.can(person("newcomer"), "edit", page)


def test_who_answers_no_longer_edits_no_longer(as_: Any, person: Any) -> None:
    page = desk_of(person("worker"))
    page.responsible = person("coordinator")
    page.save_revision().publish()
    assert as_("worker").get(edited(page)).status_code in {302, 404}
    assert not access.can(person("worker"), "edit", page)


def test_a_draft_that_names_somebody_gives_nothing_before_it_is_published(person: Any) -> None:
    page = desk_of(person("worker"))
    page.responsible = person("newcomer")
    page.save_revision()
    assert not access.can(person("newcomer"), "edit", page)
    assert access.can(person("worker"), "edit", page)


def test_answering_for_a_page_opens_none_that_one_may_not_read(as_: Any, person: Any) -> None:
    hidden = TextPage(title="Nascosta", slug="nascosta", responsible=person("partner"))
    hidden = demo.publish(demo.space("SP-MINORI").root_page, hidden, on=0, by=None)
    assert not access.can(person("partner"), "view", hidden) and not access.can(person("partner"), "edit", hidden)
    assert as_("partner").get(edited(hidden)).status_code in {302, 404}


def test_the_explorer_leads_to_the_pages_one_answers_for_and_names_no_other(as_: Any, person: Any) -> None:
    """Irene writes in no space at all."""
    irene = person("hospital_worker")
    mine = access.allowed(Page.objects.filter(depth__gt=access.SPACE_DEPTH), irene, "edit")
    page = mine.first()
    assert page and set(mine.values_list("owner", flat=True)) == {irene.pk}
    listing = as_("hospital_worker").get(f"/admin/pages/{page.get_parent().pk}/").content.decode()
    assert page.title in listing
    others = page.get_siblings(inclusive=False).exclude(owner=irene)
    assert others and not [other.title for other in others if f"/admin/pages/{other.pk}/" in listing]


def test_nothing_can_be_added_below_or_deleted_or_moved(as_: Any, person: Any) -> None:
    page = desk_of(person("worker"))
    tester = page.permissions_for_user(person("worker"))
    assert tester.can_edit()
    assert not (tester.can_delete() or tester.can_move() or tester.can_unpublish() or tester.can_add_subpage())


def test_the_log_says_who_made_a_page_and_not_who_answers_for_it(as_: Any, person: Any) -> None:
    root = demo.space("SP-RETE").root_page
    page = TextPage(
        title="Scritta da Franca", slug="scritta-da-franca", responsible=person("worker"), change_note="Nuova."
    )
    page.owner = person("office")
    root.add_child(instance=page)
    entry = PageLogEntry.objects.get(page=page.pk, action="wagtail.create")
    assert entry.user == person("office")
    assert Page.objects.get(pk=page.pk).owner == person("worker")


def test_the_filters_of_the_admins_lists_name_only_whom_one_knows(as_: Any, person: Any) -> None:
    """Somebody answers for a page of a closed space, and is known only there."""
    root = demo.space("SP-MODULI").root_page
    listing = as_("worker").get(f"/admin/pages/{root.pk}/").content.decode()
    known = access.allowed(User.objects.all(), person("worker"))
    answering = User.objects.filter(pk__in=Page.objects.exclude(owner=None).values("owner"))
    assert answering.filter(pk__in=known.values("pk")).exists()
    stranger = User.objects.create_user("altrove@raccordo.example", first_name="Zibellina", last_name="Altrove")
    hidden = demo.space("SP-COORD").root_page
    demo.publish(hidden, TextPage(title="Chiusa", slug="chiusa", responsible=stranger), on=0, by=None)
    assert "Zibellina" not in listing
    assert "Zibellina" not in as_("worker").get(f"/admin/pages/{root.pk}/").content.decode()


@pytest.mark.parametrize("life", ["draft", "withdrawn"])
def test_who_only_answers_for_a_page_carries_off_and_deletes_neither_drafts_nor_what_was_withdrawn(
    life: str, as_: Any, person: Any
) -> None:
    """Elena writes in SP-MODULI, and only reads in SP-RETE."""
    elena, root = person("worker"), demo.space("SP-RETE").root_page
    page = TextPage(title="Risposta", slug="risposta", responsible=elena, change_note="Nuova.", live=False)
    root.add_child(instance=page)
    page.save_revision()
    if life == "withdrawn":
        page.get_latest_revision().publish()
        Page.objects.get(pk=page.pk).unpublish()
    assert as_("worker").get(edited(page)).status_code == 200
    as_("worker").post(f"/admin/pages/{page.pk}/move/{demo.space('SP-MODULI').root_page_id}/confirm/")
    as_("worker").post(f"/admin/pages/{page.pk}/delete/")
    assert Page.objects.get(pk=page.pk).get_parent().pk == root.pk


def test_a_copy_by_who_only_answers_for_a_page_takes_no_drafts_of_others_along(as_: Any, person: Any) -> None:
    path = PathPage.objects.live().first()
    path.responsible, path.change_note = person("worker"), "Altra persona."
    path.save_revision().publish()
    path.add_child(instance=ModulePage(title="Modulo in bozza", slug="modulo-in-bozza", live=False, change_note="x"))
    there = demo.space("SP-MODULI").root_page
    sent = {"new_title": "Mia copia", "new_slug": "mia-copia", "new_parent_page": str(there.pk)}
    as_("worker").post(f"/admin/pages/{path.pk}/copy/", sent | {"copy_subpages": "on"})
    assert not Page.objects.descendant_of(there).filter(title="Modulo in bozza").exists()
    as_("worker").post(f"/admin/pages/{path.pk}/copy/", sent)
    assert Page.objects.child_of(there).filter(title="Mia copia").exists()
