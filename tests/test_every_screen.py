"""Every screen, visited with content: mails, jobs, digests, drafts, approvals that wait, problems reported.

An empty list hides what its rows would break. The addresses come from tests/test_doors.py and the resolver, so a
new one is visited as soon as it exists.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from django.utils import timezone
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import TaskState, Workflow

from coordination.models import MeetingPage, ServicePage, Shift
from portal.background import jobs
from portal.models import Delivery, Document, Image, User
from portal.models.digests import DeliveryState
from portal.models.jobs import JobState
from portal.models.pages import TextPage
from portal.notices import digests
from tests.addresses import Things, address, known
from tests.test_doors import TESTS_OF_ERRORS, in_admin, page, portal_doors

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[1]
EMPTY = {
    sentence
    for template in (ROOT / "templates").rglob("*.html")
    for sentence in re.findall(r">((?:Nessun|Niente)[^<{]*\.)", template.read_text())
}
ADMIN_LISTS = {
    "wagtailadmin_home", "wagtailadmin_explore", "wagtailadmin_pages:history", "wagtailadmin_pages:edit",
    "wagtailadmin_pages:workflow_history", "wagtailadmin_pages:workflow_history_detail",
    "wagtailadmin_reports:workflow", "wagtailadmin_reports:workflow_tasks", "wagtailadmin_reports:site_history",
    "wagtailadmin_reports:aging_pages", "wagtaildocs:index", "wagtaildocs:edit", "wagtailimages:index",
    "wagtailimages:edit", "wagtailusers_users:index", "wagtailusers_users:edit", "wagtailadmin_workflows:index",
    "wagtailadmin_collections:index",
}  # fmt: skip
# For these the administrator has nothing of their own; whose they are sees them full.
OWNERS = {
    "/": "worker", "/novita/": "worker", "/riunioni/": "coordinator", "/formazione/": "trainee",
    "/profilo/digest/": "worker",
}  # fmt: skip


@pytest.fixture
def content(person: Any, as_: Any, settings: Any, tmp_path: Any) -> Things:
    """What a network at work leaves behind."""
    writer, approver = person("coordinator"), person("director")
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    as_("worker").post("/segnala/", {"page": "/p/PR-02/", "text": "Il numero è vecchio."})
    as_("worker").post("/dati-personali/segnala/", {"page": "/p/PR-08/", "what": "nome", "where": "testo"})
    with get_connection() as several:  # one file with more than one mail
        for to in ("una@raccordo.example", "un.altro@raccordo.example"):
            EmailMessage("Prova", "Una riga.", to=[to], connection=several).send()
    for name, headers in {
        "senza-data": "",
        "data-storta": "Date: mai\n",
        "senza-fuso": "Date: 25 Nov 2026 09:00\n",
    }.items():
        odd = f"{headers}Content-Type: text/plain; charset=chissa\n\nRiga di {name}.\n"
        (tmp_path / "mail" / f"{name}.log").write_text(odd)
    Client().post("/accesso/password/reset/", {"email": writer.email})
    digests.schedule_due(timezone.now())
    first = Delivery.objects.first() or Delivery.objects.create(
        user=writer, window_start=timezone.now(), window_end=timezone.now()
    )
    Delivery.objects.filter(pk=first.pk).update(state=DeliveryState.FAILED, problem="Il server ha rifiutato.")
    failed = jobs.ask("prova", "portal.background.jobs.beat")
    type(failed).objects.filter(pk=failed.pk).update(state=JobState.FAILED, problem="Non va.")
    soon = timezone.now() + timedelta(days=1)
    for card in ServicePage.objects.all():
        Shift.objects.create(service=card, person=writer, since=soon, until=soon + timedelta(hours=8))
    MeetingPage.objects.filter(slug="r-02").update(starts_at=soon)
    meeting = page("r-05")
    draft = TextPage(title="Una bozza", summary="Non finita.", change_note="Bozza.", live=False, owner=writer)
    meeting.get_parent().add_child(instance=draft)
    draft.save_revision(user=writer)
    draft.locked, draft.locked_by, draft.locked_at = True, approver, timezone.now()
    draft.save()
    meeting.save_revision(user=writer)
    state = Workflow.objects.get().start(meeting, writer)
    state.current_task_state.specific.reject(user=approver, comment="Manca il luogo.")
    state.refresh_from_db()
    state.resume(user=writer)
    waiting = TaskState.objects.get(workflow_state=state, status=TaskState.STATUS_IN_PROGRESS)
    document = Document.objects.first()
    image = Image.objects.create(title="Una foto", collection=document.collection, file=get_test_image_file())
    return Things(
        page=meeting.pk, revision=meeting.latest_revision_id, task_state=waiting.pk, workflow_state=state.pk,
        document=document.pk, image=image.pk, user=User.objects.get(email__startswith="davide").pk,
        group=Group.objects.first().pk, collection=document.collection_id, home=meeting.get_parent().pk,
        page_type=("coordination", "meetingpage"), other=1,
    )  # fmt: skip


def reader_of(door: Any) -> str:
    owner = OWNERS.get(door.address, "administrator")
    return owner if owner in door.open_to else min(door.open_to)


def test_every_screen_of_the_portal_answers_with_content_and_none_says_it_is_empty(
    content: Things, as_: Any, index: Any
) -> None:
    index.refresh()
    doors = [door for door in portal_doors() if door.open_to and door.post is None and door.answer == 200]
    assert len(doors) > 40 and len(EMPTY) > 8
    faults = {}
    for door in doors:
        client = as_(reader_of(door))
        client.raise_request_exception = False
        response = client.get(door.address)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        empty = (
            []
            if door.name == "wagtaildocs_serve"
            else [each for each in EMPTY if each in body.decode(errors="replace")]
        )
        if response.status_code != 200 or empty:
            faults[door.address] = (response.status_code, empty)
    assert faults == {}


def test_every_screen_of_the_admin_answers_with_content(content: Things, as_: Any) -> None:
    client = as_("administrator")
    client.raise_request_exception = False
    skipped = {"wagtailadmin_logout", *TESTS_OF_ERRORS}
    found = {
        each.name: client.get(address(each, content)).status_code for each in in_admin() if each.name not in skipped
    }
    assert {name: status for name, status in found.items() if status >= 500} == {}
    assert {name: found[name] for name in ADMIN_LISTS if found[name] != 200} == {}
    assert {each.name for each in known()} >= ADMIN_LISTS


def test_the_mails_that_were_sent_are_read_one_by_one_however_oddly_they_are_dated(content: Things, as_: Any) -> None:
    shown = as_("administrator").get("/posta-inviata/").content.decode()
    assert shown.count("un.altro@raccordo.example") == 1
    for words in ("Riga di senza-data.", "Riga di data-storta.", "Riga di senza-fuso.", "25 novembre", "10:00"):
        assert words in shown, words
