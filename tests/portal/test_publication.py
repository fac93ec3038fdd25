"""A publication is whole, names who did it, and what fails by the clock stops nobody else."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.signals import post_save
from django.http import Http404
from django.test import Client
from django.utils import timezone
from wagtail.actions.delete_page import DeletePageAction
from wagtail.models import Page, PageLogEntry, Revision, WorkflowState
from wagtail.signals import page_published, page_unpublished, post_page_move, task_submitted

from portal import demo, network
from portal.background import clock, jobs
from portal.models import Activity, ScheduleFailure
from portal.models.activity import Verb
from portal.models.pages import TextPage
from portal.notices import digests, feed
from portal.wagtail_hooks import ActsOnPages
from protocols import versions
from search.documents import page_group
from search.models import SearchDocument
from tests.addresses import known
from tests.portal.test_approval import address, propose, seen_on, text_of

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]


class Broken(Exception):
    """What a package's receiver might raise."""


@contextmanager
def failing(
    signal: Any, only: int | None = None, problem: Exception | None = None, sender: Any = None
) -> Iterator[None]:
    """Something that follows from the act fails, after all that others do."""

    def fail(sender: Any, instance: Any, **kwargs: Any) -> None:
        if only is None or instance.pk == only:
            raise problem or Broken("l’indice non risponde")

    signal.connect(fail, sender=sender)
    try:
        yield
    finally:
        signal.disconnect(fail, sender=sender)


def state_of(page: Page) -> dict[str, Any]:
    """All that readers and the process see of a page."""
    found = SearchDocument.objects.filter(group=page_group(page.pk))
    row = Page.objects.filter(pk=page.pk).values("title", "live", "path", "live_revision", "expired").first()
    return {
        "row": row,
        "text": row and getattr(Page.objects.get(pk=page.pk).specific, "note", None),
        "activity": list(Activity.objects.filter(page=page.pk).values_list("pk", flat=True)),
        "search": sorted(found.values_list("key", "title", "text", "gone")),
        "approval": list(WorkflowState.objects.filter(object_id=str(page.pk)).values_list("pk", "status")),
        "log": PageLogEntry.objects.filter(page=page.pk, action__in=["wagtail.publish", "wagtail.unpublish"]).count(),
    }


@pytest.fixture
def form_page() -> Any:
    return Page.objects.get(slug="md-01").specific


def posted(client: Client, url: str, **changes: str) -> dict[str, str]:
    """What a browser sends back of an editors' page."""
    form = BeautifulSoup(client.get(url).content, "html.parser").select_one("form#page-edit-form")
    assert form is not None
    data: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        chosen = field.select("option[selected]") if field.name == "select" else []
        if field.name == "select":
            data[field["name"]] = [each["value"] for each in chosen]
        elif field.get("type") not in {"checkbox", "radio"} or field.has_attr("checked"):
            data[field["name"]] = field.get_text().lstrip("\n") if field.name == "textarea" else field.get("value", "")
    return {"attachments-count": "0", "body-count": "0", "form_fields-count": "0", **data, **changes}


def another_edition(page: Any) -> dict[str, str]:
    """What the form of a rule asks for when its text changes."""
    return {"version": versions.next_minor(page.specific.version), "valid_from": f"{timezone.localdate():%d/%m/%Y}"}


# --- Whole at every door ---------------------------------------------------------------------------------


def by_button(client: Client, page: Page, person: Given) -> Any:
    url = f"/admin/pages/{page.pk}/edit/"
    changes = {"title": "Titolo dal bottone", "change_note": "Titolo.", "action-publish": "1"}
    return client.post(url, posted(client, url, **changes, **another_edition(page)))


def by_revert(client: Client, page: Page, person: Given) -> Any:
    url = f"/admin/pages/{page.pk}/revisions/{page.latest_revision_id}/revert/"
    return client.post(url, posted(client, url, change_note="Come prima.", **{"action-publish": "1"}))


def by_bulk(client: Client, page: Page, person: Given) -> Any:
    page.title, page.version, page.valid_from = "Titolo dal mucchio", "9.2", timezone.localdate()
    page.save_revision(user=person("worker"))
    return client.post(f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}")


def by_withdrawing(client: Client, page: Page, person: Given) -> Any:
    return client.post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Non serve più."})


def by_withdrawing_many(client: Client, page: Page, person: Given) -> Any:
    return client.post(f"/admin/bulk/wagtailcore/page/unpublish/?id={page.pk}", {"reason": "Non serve più."})


def by_moving(client: Client, page: Page, person: Given) -> Any:
    target = demo.space("SP-RETE").root_page
    return client.post(f"/admin/pages/{page.pk}/move/{target.pk}/confirm/")


DOORS = [
    (by_button, page_published), (by_revert, page_published), (by_bulk, page_published),
    (by_withdrawing, page_unpublished), (by_withdrawing_many, page_unpublished), (by_moving, post_page_move),
]  # fmt: skip


@pytest.mark.parametrize(("door", "signal"), DOORS, ids=[door.__name__ for door, _signal in DOORS])
def test_an_act_is_whole_or_it_did_not_happen_and_its_author_reads_so(
    as_: Given, person: Given, form_page: Any, door: Any, signal: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client, before = as_("administrator"), state_of(form_page)
    assert before["search"] and before["activity"]
    with failing(signal):
        response = door(client, form_page, person)
    assert response.status_code == 302
    assert state_of(form_page) == before
    words = client.get(response["Location"]).content.decode()
    assert "Non è riuscito, e non è cambiato niente di quello che si legge." in words
    assert "Codice da segnalare" in words
    assert ", in fail" in caplog.text  # where it happened, for whoever mends it
    assert door(client, form_page, person).status_code == 302
    assert state_of(form_page) != before


# The doors that make, change or remove more than one row: what is compared is every page, act and search row.


def world() -> dict[str, Any]:
    return {
        "pages": list(Page.objects.order_by("pk").values_list("pk", "title", "draft_title", "live", "path")),
        "revisions": list(Revision.objects.order_by("pk").values_list("pk", flat=True)),
        "live": list(Page.objects.order_by("pk").values_list("pk", "live_revision", "latest_revision")),
        "acts": list(Activity.objects.order_by("pk").values_list("pk", flat=True)),
        "search": list(SearchDocument.objects.order_by("pk").values_list("key", "title", "gone")),
        "log": list(PageLogEntry.objects.order_by("pk").values_list("pk", flat=True)),
    }


def a_page(by: Any, live: bool = True) -> Any:
    """A published page, or a draft that nobody has read."""
    root, page = demo.space("SP-RETE").root_page, TextPage(title="Da trattare", change_note="Nuova.", owner=by)
    if live:
        return demo.publish(root, page, on=0, by=by)
    page.slug, page.live = "da-trattare", False
    root.add_child(instance=page)
    page.save_revision(user=by)
    return page


def by_copying(client: Client, page: Page) -> Any:
    data = {"new_title": "Copia", "new_slug": "copia-di-prova", "new_parent_page": page.get_parent().pk}
    return client.post(f"/admin/pages/{page.pk}/copy/", {**data, "publish_copies": "on"})


def by_copying_as_a_draft(client: Client, page: Page) -> Any:
    data = {"new_title": "Copia", "new_slug": "copia-di-prova", "new_parent_page": page.get_parent().pk}
    return client.post(f"/admin/pages/{page.pk}/copy/", data)


def by_deleting(client: Client, page: Page) -> Any:
    return client.post(f"/admin/pages/{page.pk}/delete/")


def by_deleting_many(client: Client, page: Page) -> Any:
    return client.post(f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}")


def by_moving_many(client: Client, page: Page) -> Any:
    there = demo.space("SP-COORD").root_page.pk
    return client.post(f"/admin/bulk/wagtailcore/page/move/?id={page.pk}", {"chooser": there, "agreed": there})


def by_api(action: str) -> Callable[[Client, Page], Any]:
    def door(client: Client, page: Page) -> Any:
        data = {
            "reason": "Non serve più.", "destination_page_id": demo.space("SP-COORD").root_page.pk,
            "position": "last-child", "revision_id": page.latest_revision_id,
        }  # fmt: skip
        address = f"/admin/api/main/pages/{page.pk}/action/{action}/"
        return client.post(address, json.dumps(data), content_type="application/json")

    door.__name__ = f"api_{action}"
    return door


LAST_WRITTEN: dict[Any, Any] = {post_save: PageLogEntry}
# Door, what fails in it, whether its page is published.
MORE_DOORS = [
    (by_copying, page_published, True), (by_copying_as_a_draft, post_save, True), (by_deleting, post_page_move, False),
    (by_deleting_many, post_page_move, False), (by_moving_many, post_page_move, True),
    (by_api("publish"), page_published, False), (by_api("unpublish"), page_unpublished, True),
    (by_api("move"), post_page_move, True), (by_api("copy"), page_published, True),
    (by_api("revert_to_page_revision"), post_save, True),
]  # fmt: skip


@pytest.mark.parametrize(("door", "signal", "live"), MORE_DOORS, ids=[each[0].__name__ for each in MORE_DOORS])
def test_copying_deleting_and_what_scripts_ask_is_whole_too(
    as_: Given, person: Given, door: Any, signal: Any, live: bool
) -> None:
    client, page = as_("coordinator"), a_page(person("coordinator"), live)
    before = world()
    with failing(signal, sender=LAST_WRITTEN.get(signal)):
        response = door(client, page)
    assert response.status_code == 302
    assert world() == before
    assert "Non è riuscito, e non è cambiato niente" in client.get(response["Location"]).content.decode()
    assert door(client, page).status_code < 400
    assert world() != before


def test_scripts_write_through_the_admins_acts_alone() -> None:
    """No other API is routed; of the acts, aliases and translations are left out."""
    apis = {each.route.split("api/")[0] + "api/" for each in known() if "api/" in each.route}
    assert apis == {"admin/api/"}
    assert set(ActsOnPages.actions) == {each[0].__name__.removeprefix("api_") for each in MORE_DOORS[5:]}


def test_what_was_written_is_kept_as_a_draft_when_its_publication_fails(
    as_: Given, person: Given, form_page: Any
) -> None:
    client = as_("administrator")
    with failing(page_published):
        by_button(client, form_page, person)
    assert Page.objects.get(pk=form_page.pk).title == form_page.title
    assert Page.objects.get(pk=form_page.pk).get_latest_revision_as_object().title == "Titolo dal bottone"


def test_an_approval_whose_publication_fails_did_not_happen(as_: Given, person: Given, form_page: Any) -> None:
    form_page.title, form_page.version, form_page.valid_from = "Titolo proposto", "9.3", timezone.localdate()
    state = propose(form_page, person("worker"))
    client, before = as_("director"), state_of(form_page)
    seen = seen_on(client.get(address(state)))
    answer = {"seen": seen, "words": "Va bene.", "approva": ""}
    with failing(page_published):
        text = text_of(client.post(address(state), answer))
    assert "Non è riuscito, e non è cambiato niente" in text and "Va bene." in text
    assert state_of(form_page) == before
    client.post(address(state), answer)
    assert Page.objects.get(pk=form_page.pk).title == "Titolo proposto"


def test_a_request_that_cannot_be_told_to_anybody_did_not_begin(person: Given, form_page: Any) -> None:
    form_page.save_revision(user=person("worker"))
    with failing(task_submitted), pytest.raises(Exception, match="Non è riuscito"):
        form_page.get_workflow().start(form_page, person("worker"))
    assert not WorkflowState.objects.filter(object_id=str(form_page.pk)).exists()
    form_page.get_workflow().start(form_page, person("worker"))
    assert WorkflowState.objects.filter(object_id=str(form_page.pk)).count() == 1


# --- By the clock ----------------------------------------------------------------------------------------


def due(title: str, by: Any) -> Any:
    """A page whose publication was set for a minute ago."""
    page = TextPage(title=title, slug=title.lower(), change_note="Nuova.", live=False, owner=by)
    demo.space("SP-MODULI").root_page.add_child(instance=page)
    page.go_live_at = timezone.now() + timedelta(hours=1)
    page.save_revision(user=by).publish(user=by)
    past = timezone.now() - timedelta(minutes=1)
    Revision.objects.filter(object_id=str(page.pk)).update(approved_go_live_at=past)
    for revision in Revision.objects.filter(object_id=str(page.pk)):
        revision.content["go_live_at"] = past.isoformat()
        revision.save(update_fields=["content"])
    return page


@pytest.mark.parametrize(
    "problem", [Broken("rotto"), Http404("manca"), PermissionDenied("chiuso"), ValidationError("Manca il giorno.")]
)
def test_one_page_that_fails_stops_no_other_and_its_author_is_told_once(
    as_: Given, person: Given, mailoutbox: list[Any], problem: Exception
) -> None:
    broken, good = due("Guasta", person("coordinator")), due("Sana", person("coordinator"))
    late = demo.publish(demo.space("SP-MODULI").root_page, TextPage(title="Finita"), on=0, by=person("coordinator"))
    Page.objects.filter(pk=late.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    with failing(page_published, only=broken.pk, problem=problem):
        clock.publish_scheduled()
        clock.publish_scheduled()
    assert not Page.objects.get(pk=broken.pk).live
    assert Page.objects.get(pk=good.pk).live
    assert not Page.objects.get(pk=late.pk).live
    for job in jobs.Job.objects.filter(key__startswith="schedule-failure:"):
        jobs.run(job.pk)
    (mail,) = mailoutbox
    assert mail.to == [person("coordinator").email] and "Guasta" in mail.subject
    assert f"http://testserver/admin/pages/{broken.pk}/edit/" in mail.body
    assert "Non è riuscita da sola: Guasta" in text_of(as_("coordinator").get("/"))
    assert "Guasta" not in text_of(as_("director").get("/"))
    clock.publish_scheduled()
    assert Page.objects.get(pk=broken.pk).live
    assert not ScheduleFailure.objects.exists()


# --- A correction of form --------------------------------------------------------------------------------


def test_a_correction_is_no_news_and_hides_no_earlier_one(person: Given) -> None:
    page = demo.publish(demo.space("SP-RETE").root_page, TextPage(title="Orari"), on=0, by=person("coordinator"))
    page.change_note = "Lo sportello apre alle 8."
    page.save_revision().publish(user=person("coordinator"))
    page.change_note, page.correction, page.title = "Un refuso.", True, "Orari senza refuso"
    page.save_revision().publish(user=person("coordinator"))
    for user in (person("worker"), person("director")):
        said = [change.sentence for change in feed.changes(user, timezone.now() - timedelta(days=1))]
        assert "Lo sportello apre alle 8." in said and "Un refuso." not in said
        assert "Un refuso." not in str(digests.preview(user))
    act = Activity.objects.filter(page=page.pk, verb=Verb.PUBLISHED).first()
    assert act is not None and act.is_correction


def test_what_nobody_has_read_yet_is_news_even_as_a_correction(person: Given) -> None:
    page = TextPage(title="Taccuini", correction=True)
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=person("coordinator"), note="Nuova pagina.")
    changes = feed.changes(person("worker"), timezone.now() - timedelta(days=1))
    assert "Nuova pagina." in [change.sentence for change in changes]


def test_a_correction_needs_no_note_and_any_other_change_does(as_: Given, form_page: Any) -> None:
    client, url = as_("administrator"), f"/admin/pages/{form_page.pk}/edit/"
    changes = {"title": "Titolo senza nota", "change_note": "", "action-publish": "1"}
    bare = posted(client, url, **changes, **another_edition(form_page))
    assert client.post(url, bare).status_code == 200
    assert Page.objects.get(pk=form_page.pk).title == form_page.title
    assert client.post(url, {**bare, "correction": "on"}).status_code == 302
    assert Page.objects.get(pk=form_page.pk).title == "Titolo senza nota"
    again = BeautifulSoup(client.get(url).content, "html.parser").select_one("[name=correction]")
    assert again is not None and not again.has_attr("checked")


# --- Who did it ------------------------------------------------------------------------------------------


def last_act(page: Any) -> Activity:
    act = Activity.objects.filter(page=page.pk).first()
    assert act is not None
    return act


def test_a_publication_names_who_wrote_and_who_approved(as_: Given, person: Given, form_page: Any) -> None:
    state = propose(form_page, person("worker"))
    client = as_("director")
    client.post(address(state), {"seen": seen_on(client.get(address(state))), "words": "", "approva": ""})
    act = last_act(form_page)
    assert (act.by, act.proposed_by, act.approved_by) == (person("director"), person("worker"), person("director"))
    assert "Pubblicata da Elena Fedi, approvata da Paolo Vannini" in text_of(as_("trainee").get("/p/MD-01/"))
    assert "approvata da" not in text_of(as_("trainee").get("/p/MD-02/"))


def test_a_page_published_without_approval_names_who_published_it(as_: Given, person: Given, form_page: Any) -> None:
    form_page.save_revision(user=person("worker")).publish(user=person("coordinator"))
    act = last_act(form_page)
    assert (act.by, act.proposed_by, act.approved_by) == (person("coordinator"), None, None)
    assert "Pubblicata da Chiara Bonacchi" in text_of(as_("trainee").get("/p/MD-01/"))


def test_who_withdraws_is_named_and_so_is_who_deletes_and_the_clock_is_nobody(
    as_: Given, person: Given, form_page: Any
) -> None:
    as_("coordinator").post(f"/admin/bulk/wagtailcore/page/unpublish/?id={form_page.pk}", {"reason": "Non serve più."})
    act = last_act(form_page)
    assert (act.verb, act.by) == (Verb.WITHDRAWN, person("coordinator")) and "ha ritirato" in act.sentence
    page = demo.publish(demo.space("SP-RETE").root_page, TextPage(title="Breve"), on=0, by=person("coordinator"))
    DeletePageAction(page, user=person("coordinator")).execute(skip_permission_checks=True)
    act = Activity.objects.first()
    assert act is not None
    assert act.by == person("coordinator") and act.sentence == "ha eliminato «Breve»"
    other = demo.publish(demo.space("SP-RETE").root_page, TextPage(title="Corta"), on=0, by=person("coordinator"))
    Page.objects.filter(pk=other.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    clock.publish_scheduled()
    assert last_act(other).by is None and last_act(other).sentence == "«Corta» è scaduta: non si legge più"


def test_wagtails_links_lead_where_the_portal_answers(settings: Any) -> None:
    settings.BASE_URL = "https://rete.example:8443"
    network.follow_address()
    assert "//rete.example:8443/p/PR-01/" in Page.objects.get(slug="pr-01").specific.full_url
