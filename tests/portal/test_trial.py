"""The trial of a publication: body by body, who sees it, is told, signs, has studied it, loses sight of something."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page

from portal import access, demo
from portal.models import DigestPreference, Document, Membership, Role, User
from portal.notices import acknowledgements
from portal.pages import trial
from protocols.models import ProtocolPage
from training.models import LessonDone, LessonPage

pytestmark = pytest.mark.django_db
Given = Callable[..., Any]
SEE, TOLD, SIGN, LOSE, STUDIED = range(5)


@pytest.fixture
def rule(person: Given) -> ProtocolPage:
    """PR-77, with a file of its own, that Elena has signed and studied; nobody signs it in a body's name."""
    space = demo.space("SP-RETE")
    file = Document.objects.create(title="Tabella", collection=space.collection, file=ContentFile(b"x", "tabella.txt"))
    page = ProtocolPage(title="Regola di prova", code="PR-77", version="1.0", valid_from=timezone.localdate())
    page.body = demo.body_of([{"heading": "Tempi", "text": "Un crisantemo."}])
    page.attachments = [("attachment", {"file": file, "title": ""})]
    page = demo.publish(space.root_page, page, on=0, by=person("coordinator"))
    people = [person("worker"), person("worker_minors_plain")]
    due = timezone.localdate() + timedelta(days=9)
    acknowledgements.ask(page, by=person("coordinator"), due=due, is_required=True, people=people)
    text = acknowledgements.current(page)
    assert text is not None
    acknowledgements.sign(page, by=person("worker"), seen=text.pk)
    lesson = LessonPage.objects.live().first()
    LessonPage.objects.filter(pk=lesson.pk).update(question="Che cosa dice PR-77?")
    LessonDone.objects.create(user=person("worker"), lesson=lesson, at=timezone.now())
    return ProtocolPage.objects.get(pk=page.pk)


def proposed(page: ProtocolPage, version: str, by: Any, **values: Any) -> Page:
    page.version, page.change_note = version, "Cambia."
    page.summary, page.valid_from = f"Versione {version}", timezone.localdate() + timedelta(days=1)
    for name, value in values.items():
        setattr(page, name, value)
    page.save_revision(user=by)
    page.get_workflow().start(Page.objects.get(pk=page.pk).specific, by)
    return Page.objects.get(pk=page.pk).specific


def counted(client: Any, address: str) -> dict[str, list[int]]:
    """Body → its numbers, as they stand on the page."""
    found = {}
    table = BeautifulSoup(client.get(address).content, "html.parser").select_one("[aria-labelledby=prova] table")
    assert isinstance(table, Tag)
    for row in table.select("tbody tr"):
        head, *cells = (cell.get_text(strip=True) for cell in row.find_all(["th", "td"]))
        found[head] = [int(cell) for cell in cells]
    return found


def test_who_approves_reads_body_by_body_what_it_does(rule: ProtocolPage, as_: Given, person: Given) -> None:
    DigestPreference.objects.update_or_create(user=person("worker"), defaults={"frequency": "mai"})
    page = proposed(rule, "2.0", person("office"), attachments=[])
    address = f"/approvazioni/{page.current_workflow_task_state.pk}/"
    found = counted(as_("director"), address)
    quarrata, agliana = found["Comune di Quarrata"], found["Comune di Agliana"]
    assert quarrata == [1, 0, 1, 1, 1]  # sees it, has no digest, signs anew, loses the file, has studied it
    assert (agliana[SEE], agliana[TOLD], agliana[SIGN], agliana[STUDIED]) == (1, 1, 1, 0)
    assert found["In tutto"][SEE] == access.readers(page).count()
    assert found["In tutto"][LOSE] < found["In tutto"][SEE]  # whoever writes there keeps the file
    assert as_("worker").get(address).status_code == 404


@pytest.mark.parametrize("field", ["text", "question", "summary", "body"])
def test_a_lesson_is_of_a_text_wherever_it_has_its_code_and_not_of_one_with_a_longer_code(
    field: str, rule: ProtocolPage, as_: Given, person: Given
) -> None:
    lesson = LessonDone.objects.get(user=person("worker"), lesson__question__contains="PR-77").lesson
    lesson.question = ""
    for words, studied in (("Come dice PR-770.", 0), ("Come dice PR-77.", 1)):
        setattr(lesson, field, demo.body_of([{"heading": "Regola", "text": words}]) if field == "body" else words)
        lesson.save()
        assert counted(as_("office"), f"/pagine/{rule.pk}/prova/")["Comune di Quarrata"][STUDIED] == studied


def test_a_minor_edition_asks_only_whoever_has_not_signed_and_what_stays_is_not_lost(
    rule: ProtocolPage, as_: Given, person: Given
) -> None:
    page = proposed(rule, "1.1", person("office"))
    found = counted(as_("director"), f"/approvazioni/{page.current_workflow_task_state.pk}/")
    assert found["Comune di Quarrata"][SIGN] == 0 and found["Comune di Agliana"][SIGN] == 1
    assert found["In tutto"][LOSE] == 0


def test_its_author_tries_it_before_asking_and_nobody_who_does_not_write_there(rule: ProtocolPage, as_: Given) -> None:
    address = f"/pagine/{rule.pk}/prova/"
    assert counted(as_("office"), address)["Comune di Quarrata"][SEE] == 1
    assert address in as_("office").get(f"/admin/pages/{rule.pk}/edit/").content.decode()
    assert as_("worker").get(address).status_code == 403
    assert as_("partner").get(address).status_code == 404


def test_a_large_network_is_asked_as_often_as_a_small_one(rule: ProtocolPage) -> None:
    proposal = rule.get_latest_revision_as_object()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            trial.of(rule, proposal)
        return len(queries)

    asked()  # what is read once per process is not counted
    few = asked()
    body = User.objects.get(email__startswith="elena").organisation
    for number in range(30):
        user = User.objects.create(email=f"p{number}@raccordo.example", first_name="P", organisation=body)
        Membership.objects.create(space=demo.space("SP-RETE"), user=user, role=Role.READER)
    assert asked() == few
