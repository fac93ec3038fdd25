"""A page that waits for approval and is published by another door: that is the decision, and its author is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page, TaskState, WorkflowState

from portal.background import jobs
from portal.models import Activity
from portal.words import dates
from tests.portal.test_approval import address, do_job, propose, text_of
from tests.portal.test_publication import posted

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]


@pytest.fixture
def form_page() -> Any:
    return Page.objects.get(slug="md-01").specific


@pytest.fixture
def waiting(form_page: Any, person: Given) -> Any:
    """Elena proposes another title for MD-01."""
    form_page.title, form_page.change_note = "Scheda di accesso, più corta", "Via le domande doppie."
    form_page.version, form_page.valid_from = "9.9", timezone.localdate()
    return propose(form_page, person("worker"))


def by_editor(client: Any, page: Page) -> None:
    url = f"/admin/pages/{page.pk}/edit/"
    assert client.post(url, posted(client, url, **{"action-publish": "1"})).status_code == 302


def by_bulk(client: Any, page: Page) -> None:
    assert client.post(f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}").status_code == 302


def by_api(client: Any, page: Page) -> None:
    assert client.post(f"/admin/api/main/pages/{page.pk}/action/publish/").status_code == 200


@pytest.mark.parametrize("publish", [by_editor, by_bulk, by_api])
def test_publishing_a_waiting_page_is_a_decision_and_its_author_is_told(
    as_: Given, person: Given, waiting: Any, form_page: Any, mailoutbox: list[Any], publish: Any
) -> None:
    publish(as_("director"), form_page)
    assert Page.objects.get(pk=form_page.pk).title == "Scheda di accesso, più corta"
    waiting.refresh_from_db()
    assert (waiting.status, waiting.finished_by) == ("approved", person("director"))
    assert not WorkflowState.objects.active().filter(object_id=str(form_page.pk)).exists()
    do_job("answer-mail", waiting)
    assert [mail.to for mail in mailoutbox] == [["elena.fedi@raccordo.example"]]
    assert "Paolo Vannini ha approvato la tua pagina" in mailoutbox[0].body
    assert "In attesa di approvazione" not in text_of(as_("worker").get("/"))
    assert "Approvata da Paolo Vannini" in text_of(as_("director").get(address(waiting)))
    act = Activity.objects.filter(page=form_page.pk).first()
    assert act is not None
    assert (act.proposed_by, act.approved_by) == (person("worker"), person("director"))


def test_a_day_set_past_the_request_is_told_too(
    as_: Given, person: Given, form_page: Any, mailoutbox: list[Any]
) -> None:
    form_page.go_live_at = timezone.now() + timedelta(days=3)
    state = propose(form_page, person("worker"))
    form_page.latest_revision.publish(user=person("director"))
    do_job("answer-mail", state)
    assert f"Sarà pubblicata {dates.in_words(form_page.go_live_at, 'l j F')}." in mailoutbox[0].body


def test_whoever_changes_the_text_and_publishes_says_so_to_its_author(
    as_: Given, waiting: Any, form_page: Any, mailoutbox: list[Any]
) -> None:
    client, url = as_("director"), f"/admin/pages/{form_page.pk}/edit/"
    client.post(url, posted(client, url, title="Titolo del direttore", **{"action-publish": "1"}))
    do_job("answer-mail", waiting)
    assert Page.objects.get(pk=form_page.pk).title == "Titolo del direttore"
    assert "può non essere parola per parola la tua" in mailoutbox[0].body


def test_an_earlier_text_put_back_gives_the_waiting_one_back_to_its_author(
    as_: Given, person: Given, waiting: Any, form_page: Any, mailoutbox: list[Any]
) -> None:
    before = form_page.revisions.exclude(pk=waiting.revision_id).order_by("pk").last()
    before.publish(user=person("director"), previous_revision=waiting.revision)
    do_job("answer-mail", waiting)
    assert "Ho rimesso la versione di prima" in mailoutbox[0].body
    assert "Ti è tornata" in text_of(as_("worker").get("/"))


def test_what_the_clock_publishes_decides_nothing_on_what_was_asked_since(
    as_: Given, waiting: Any, form_page: Any
) -> None:
    form_page.revisions.exclude(pk=waiting.revision_id).order_by("pk").last().publish()
    assert "In attesa di approvazione" in text_of(as_("worker").get("/"))


def test_who_asked_and_then_publishes_alone_answers_nobody(
    person: Given, form_page: Any, mailoutbox: list[Any]
) -> None:
    form_page.version, form_page.valid_from = "9.9", timezone.localdate()
    state = propose(form_page, person("coordinator"))
    form_page.latest_revision.publish(user=person("coordinator"))
    assert TaskState.objects.get(pk=state.pk).status == "cancelled"
    assert not jobs.Job.objects.filter(key=f"answer-mail:{state.pk}").exists()


def test_who_may_not_publish_ends_no_request(as_: Given, waiting: Any, form_page: Any) -> None:
    as_("office").post(f"/admin/api/main/pages/{form_page.pk}/action/publish/")
    as_("office").post(f"/admin/bulk/wagtailcore/page/publish/?id={form_page.pk}")
    waiting.refresh_from_db()
    assert waiting.status == "in_progress"
