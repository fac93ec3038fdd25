"""Whatever the door, who did it is who pressed: never whoever wrote the text last."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, WorkflowState

from portal import demo
from portal.background import clock
from portal.models import Activity
from portal.models.activity import Verb
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.pages import approval
from portal.spaces import roles
from protocols.models import Edition
from tests.portal.test_approval import approve, give_back, propose
from tests.portal.test_publication import posted

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
Named = tuple[str | None, str | None, str | None]  # who published, who proposed, who approved


@pytest.fixture
def form_page() -> Any:
    """MD-01 with another text, as Elena wants it; she may write there, Paolo and Chiara may publish."""
    page = Page.objects.get(slug="md-01").specific
    page.title, page.change_note, page.version = "Scheda di accesso, più corta", "Più corta.", "9.9"
    page.valid_from = timezone.localdate()
    return page


def at_the_day(page: Any) -> None:
    """The clock comes by after the moment that was set."""
    moment = timezone.now() - timedelta(minutes=1)
    page.revisions.filter(approved_go_live_at__isnull=False).update(approved_go_live_at=moment)
    for revision in page.revisions.filter(approved_go_live_at__isnull=False):
        revision.content["go_live_at"] = moment.isoformat()
        revision.save()
    clock.publish_scheduled()


def by_button(as_: Given, person: Given, page: Any) -> None:
    page.save_revision(user=person("worker"))
    url, client = f"/admin/pages/{page.pk}/edit/", as_("director")
    assert client.post(url, posted(client, url, **{"action-publish": "1"})).status_code == 302


def by_approval(as_: Given, person: Given, page: Any) -> None:
    assert approve(as_("director"), propose(page, person("worker"))).status_code == 302


def by_bulk_past_an_approval(as_: Given, person: Given, page: Any) -> None:
    propose(page, person("worker"))
    assert as_("director").post(f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}").status_code == 302


def by_bulk(as_: Given, person: Given, page: Any) -> None:
    page.save_revision(user=person("worker"))
    assert as_("director").post(f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}").status_code == 302


def by_api(as_: Given, person: Given, page: Any) -> None:
    page.save_revision(user=person("worker"))
    assert as_("director").post(f"/admin/api/main/pages/{page.pk}/action/publish/").status_code == 200


def by_revert(as_: Given, person: Given, page: Any) -> None:
    """Elena's version is put back over the one that Chiara saved after it."""
    wanted = page.save_revision(user=person("worker"))
    page.title = "Un altro titolo"
    page.save_revision(user=person("coordinator"))
    url, client = f"/admin/pages/{page.pk}/revisions/{wanted.pk}/revert/", as_("director")
    sent = posted(client, url, **{"action-publish": "1"})
    assert client.post(f"/admin/pages/{page.pk}/edit/", sent).status_code == 302


def by_a_day_set(as_: Given, person: Given, page: Any) -> None:
    page.go_live_at = timezone.now() + timedelta(days=2)
    page.save_revision(user=person("worker"))
    assert as_("director").post(f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}").status_code == 302
    at_the_day(page)


def by_a_day_approved(as_: Given, person: Given, page: Any) -> None:
    page.go_live_at = timezone.now() + timedelta(days=2)
    assert approve(as_("director"), propose(page, person("worker"))).status_code == 302
    at_the_day(page)


def by_whom_it_was_sent_again(as_: Given, person: Given, page: Any) -> None:
    """Franca asked, Paolo gave it back, Elena sent it again: she proposes now."""
    give_back(as_("director"), propose(page, person("office")), "Manca il periodo.")
    page.save_revision(user=person("worker"))
    WorkflowState.objects.get(object_id=str(page.pk), status="needs_changes").resume(user=person("worker"))
    state = Page.objects.get(pk=page.pk).current_workflow_task_state
    assert approve(as_("director"), state).status_code == 302


def by_command_line(as_: Given, person: Given, page: Any) -> None:
    page.save_revision(user=person("worker")).publish()


DOORS: list[tuple[Any, Named]] = [
    (by_button, ("director", None, None)),
    (by_approval, ("director", "worker", "director")),
    (by_bulk_past_an_approval, ("director", "worker", "director")),
    (by_bulk, ("director", None, None)),
    (by_api, ("director", None, None)),
    (by_revert, ("director", None, None)),
    (by_a_day_set, ("director", None, None)),
    (by_a_day_approved, ("director", "worker", "director")),
    (by_whom_it_was_sent_again, ("director", "worker", "director")),
    (by_command_line, (None, None, None)),
]


@pytest.mark.parametrize(("door", "named"), DOORS, ids=[door.__name__ for door, _named in DOORS])
def test_register_and_edition_name_who_published_proposed_and_approved(
    as_: Given, person: Given, form_page: Any, door: Any, named: Named
) -> None:
    door(as_, person, form_page)
    assert Page.objects.get(pk=form_page.pk).title == "Scheda di accesso, più corta"
    act = Activity.objects.filter(page=form_page.pk, verb=Verb.PUBLISHED).first()
    edition = Edition.objects.get(page=form_page.pk, version="9.9")
    people = tuple(person(name) if name else None for name in named)
    assert act is not None and (act.by, act.proposed_by, act.approved_by) == people
    assert (edition.published_by, edition.proposed_by, edition.approved_by) == people


def test_who_sends_again_what_came_back_to_another_does_not_decide_on_it(
    as_: Given, person: Given, form_page: Any
) -> None:
    give_back(as_("director"), propose(form_page, person("worker")), "Manca il periodo.")
    WorkflowState.objects.get(object_id=str(form_page.pk), status="needs_changes").resume(user=person("coordinator"))
    state = Page.objects.get(pk=form_page.pk).current_workflow_task_state
    assert state.specific in approval.waiting_of(person("coordinator"))
    assert state.specific not in approval.waiting_of(person("worker"))
    assert as_("coordinator").post(f"/approvazioni/{state.pk}/", {"seen": "", "approva": ""}).status_code != 302
    assert Page.objects.get(pk=form_page.pk).title != form_page.title
    assert approve(as_("director"), state).status_code == 302


# --- What is no publication ------------------------------------------------------------------------------


def withdrawn_by_button(client: Any, page: Page) -> Any:
    return client.post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Non serve più."})


def withdrawn_with_others(client: Any, page: Page) -> Any:
    return client.post(f"/admin/bulk/wagtailcore/page/unpublish/?id={page.pk}", {"reason": "Non serve più."})


def withdrawn_by_api(client: Any, page: Page) -> Any:
    return client.post(f"/admin/api/main/pages/{page.pk}/action/unpublish/", {"reason": "Non serve più."})


@pytest.mark.parametrize("door", [withdrawn_by_button, withdrawn_with_others, withdrawn_by_api])
def test_a_withdrawal_names_who_withdrew(as_: Given, person: Given, door: Any) -> None:
    root = demo.space("SP-RETE").root_page
    page = demo.publish(root, TextPage(title="Breve"), on=0, by=person("office"))
    assert door(as_("coordinator"), page).status_code in {200, 302}
    act = Activity.objects.filter(page=page.pk).first()
    assert act is not None and (act.verb, act.by) == (Verb.WITHDRAWN, person("coordinator"))


def test_a_copy_that_is_published_names_who_copied(as_: Given, person: Given) -> None:
    root = demo.space("SP-RETE").root_page
    page = demo.publish(root, TextPage(title="Breve"), on=0, by=person("office"))
    data = {"new_title": "Copia", "new_slug": "copia-breve", "new_parent_page": root.pk, "publish_copies": "on"}
    assert as_("coordinator").post(f"/admin/pages/{page.pk}/copy/", data).status_code == 302
    copies = Activity.objects.filter(page__slug="copia-breve")
    assert [act.by for act in copies] == [person("coordinator")] * len(copies)


def moved(client: Any, page: Page) -> Any:
    return client.post(f"/admin/pages/{page.pk}/move/{demo.space('SP-COORD').root_page_id}/confirm/")


def moved_with_others(client: Any, page: Page) -> Any:
    there = demo.space("SP-COORD").root_page_id
    told = {"chooser": there, "agreed": there}  # what moves with it was read, and agreed to
    return client.post(f"/admin/bulk/wagtailcore/page/move/?id={page.pk}", told)


def deleted(client: Any, page: Page) -> Any:
    return client.post(f"/admin/pages/{page.pk}/delete/")


def deleted_with_others(client: Any, page: Page) -> Any:
    return client.post(f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}")


@pytest.mark.parametrize("door", [moved, moved_with_others, deleted, deleted_with_others])
def test_a_move_and_a_deletion_name_who_did_it_in_the_admins_history(as_: Given, person: Given, door: Any) -> None:
    """What is deleted moves into the bin."""
    page = TextPage(title="Bozza", slug="bozza-di-prova", live=False, change_note="Nuova.", owner=person("office"))
    demo.space("SP-RETE").root_page.add_child(instance=page)
    page.save_revision(user=person("office"))
    assert door(as_("coordinator"), page).status_code == 302
    entry = PageLogEntry.objects.filter(action="wagtail.move", page=page.pk).get()
    assert entry.user == person("coordinator")


def test_the_register_keeps_the_name_that_who_did_it_had_then(as_: Given, person: Given) -> None:
    space, worker = demo.space("SP-RETE"), person("worker")
    roles.give_role(space, person("newcomer"), Role.EDITOR, by=worker, reason="Prova")
    worker.last_name = "Fedi Bianchi"
    worker.save()
    act = Activity.objects.filter(verb=Verb.ROLE_GIVEN, by=worker).first()
    assert act is not None and (act.by, act.by_name) == (worker, "Elena Fedi")
    shown = " ".join(as_("coordinator").get(f"/spazi/{space.root_page.slug}/condivisione/").content.decode().split())
    assert "Elena Fedi (oggi Elena Fedi Bianchi) ha dato a Tommaso Lenzi il ruolo di redattore" in shown
