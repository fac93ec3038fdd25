"""What is to be done is one table: asked by an act, settled by an act, read with the rights of this moment."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page

from coordination.models import Action, MeetingPage
from portal import access, demo
from portal.background import clock
from portal.frame import Frame
from portal.models import Membership, Obligation, ProblemReport, Role, User
from portal.models.pages import TextPage
from portal.notices import feed, obligations, problem_reports
from portal.notices.obligations import Closed, Duty, Need
from portal.pages import approval, scheduling
from portal.spaces import opening, roles
from tests.installation import environment
from tests.portal.test_approval import propose

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]


def told(person: User) -> list[str]:
    """What is asked of the person, as it is read now."""
    return [todo.title for todo in feed.todos(User.objects.get(pk=person.pk))]


def home_of(client: Any) -> str:
    text: str = client.get("/").content.decode().split("<main", 1)[-1]
    return text.split('id="da-fare"')[1].split("</section>")[0]


def duty(title: str = "Una cosa", **words: Any) -> Duty:
    return Duty(title, "Apri", "deciso insieme", "/", **words)


@pytest.fixture
def waiting() -> Any:
    """A new text of SP-RETE that Franca proposes: Chiara and Paolo decide there."""
    office = User.objects.get(email="franca.giuntoli@raccordo.example")
    root = demo.space("SP-RETE").root_page
    page = root.add_child(instance=TextPage(title="Il quaderno verde", change_note="Nuova.", live=False))
    return propose(page, office)


TITLE = "Il quaderno verde"

# --- Asked and settled -----------------------------------------------------------------------------------


def test_a_duty_is_asked_of_each_person_once_and_read_at_home(person: Given, as_: Given) -> None:
    people = [person("worker"), person("newcomer")]
    obligations.ask(people, "prova:1", duty())
    obligations.ask(people, "prova:1", duty())
    assert Obligation.objects.filter(key="prova:1").count() == 2
    assert "Una cosa" in home_of(as_("worker")) and "deciso insieme" in home_of(as_("newcomer"))
    assert "Una cosa" not in home_of(as_("office"))


def test_asked_again_it_takes_the_new_words_and_is_open_again(person: Given) -> None:
    worker, day = person("worker"), timezone.localdate() + timedelta(days=3)
    obligations.ask([worker], "prova:1", duty())
    asked = Obligation.objects.get(key="prova:1").asked_at
    obligations.ask([worker], "prova:1", duty("Altre parole", due=day))
    row = Obligation.objects.get(key="prova:1")
    assert (row.title, row.due, row.asked_at) == ("Altre parole", day, asked)
    obligations.settle("prova:1")
    assert "Altre parole" not in told(worker)
    obligations.ask([worker], "prova:1", duty("Di nuovo"))
    row = Obligation.objects.get(key="prova:1")
    assert (row.title, row.due, row.settled_at) == ("Di nuovo", None, None)
    assert row.asked_at > asked


def test_it_is_settled_for_one_for_all_or_for_all_but_some(person: Given) -> None:
    people = [person(name) for name in ("worker", "newcomer", "office")]
    obligations.ask(people, "prova:1", duty())
    obligations.settle("prova:1", person=people[0])
    assert ["Una cosa" in told(each) for each in people] == [False, True, True]
    obligations.settle("prova:1", but=people[:2])
    assert ["Una cosa" in told(each) for each in people] == [False, True, False]
    obligations.settle("prova:1")
    assert ["Una cosa" in told(each) for each in people] == [False, False, False]
    first = set(Obligation.objects.filter(key="prova:1").values_list("settled_at", flat=True))
    obligations.settle("prova:1")
    assert set(Obligation.objects.filter(key="prova:1").values_list("settled_at", flat=True)) == first


def test_a_duty_that_begins_or_ends_on_a_day_is_read_in_between(person: Given) -> None:
    worker, today = person("worker"), timezone.localdate()
    obligations.ask([worker], "prova:1", duty("Da oggi", starts_on=today))
    obligations.ask([worker], "prova:2", duty("Da domani", starts_on=today + timedelta(days=1)))
    obligations.ask([worker], "prova:3", duty("Fino a oggi", ends_on=today))
    obligations.ask([worker], "prova:4", duty("Fino a ieri", ends_on=today - timedelta(days=1)))
    found = told(worker)
    assert "Da oggi" in found and "Fino a oggi" in found
    assert "Da domani" not in found and "Fino a ieri" not in found


def test_what_is_settled_goes_after_ninety_days_and_what_is_open_stays(person: Given) -> None:
    for key in ("vecchia", "recente", "aperta"):
        obligations.ask([person("worker")], key, duty(key))
    obligations.settle("vecchia", "recente")
    Obligation.objects.filter(key="vecchia").update(settled_at=timezone.now() - timedelta(days=91))
    Obligation.objects.filter(key="aperta").update(asked_at=timezone.now() - timedelta(days=400))
    assert clock.keep_terms() == 1
    assert set(Obligation.objects.filter(key__in=["vecchia", "recente", "aperta"]).values_list("key", flat=True)) == {
        "recente",
        "aperta",
    }


# --- Actions ---------------------------------------------------------------------------------------------


@pytest.fixture
def given(person: Given) -> Action:
    """Elena's open action of R-02."""
    return Action.objects.get(meeting__code="R-02", person=person("worker"), done_at=None)


def republish(given: Action, by: User, **changes: Any) -> None:
    page = MeetingPage.objects.get(pk=given.meeting_id)
    lines = list(page.actions.all())
    for name, value in changes.items():
        setattr(next(each for each in lines if each.key == given.key), name, value)
    page.actions = lines
    page.save_revision(user=by).publish(user=by)


def test_minutes_published_again_change_words_day_and_person(given: Action, person: Given) -> None:
    by, day = person("coordinator"), timezone.localdate() + timedelta(days=2)
    republish(given, by, text="Altre parole", due=day)
    (todo,) = [todo for todo in feed.todos(person("worker")) if todo.key == f"action:{given.pk}"]
    assert (todo.title, todo.due) == ("Altre parole", day)
    republish(given, by, person=person("newcomer"))
    assert "Altre parole" not in told(person("worker"))
    assert "Altre parole" in told(person("newcomer"))


def test_closing_reopening_and_withdrawing_are_followed_in_their_own_transaction(
    given: Action, person: Given, as_: Given
) -> None:
    client, address = as_("worker"), f"/riunioni/azioni/{given.pk}/"
    assert f'action="{address}"' in home_of(client)
    client.post(address)
    assert given.text not in told(person("worker"))
    client.post(f"{address}riapri/")
    assert given.text in told(person("worker"))
    given.meeting.unpublish()
    assert given.text not in told(person("worker"))
    MeetingPage.objects.get(pk=given.meeting_id).get_latest_revision().publish()
    assert given.text in told(person("worker"))


# --- Approvals -------------------------------------------------------------------------------------------


def test_what_is_settled_by_somebody_else_is_asked_of_nobody_any_more(waiting: Any, person: Given) -> None:
    assert TITLE in told(person("director")) and TITLE in told(person("coordinator"))
    assert TITLE not in told(person("office")) and TITLE not in told(person("worker"))
    approval.ask_for_changes(waiting, by=person("director"), reason="Più corta")
    assert TITLE not in told(person("coordinator")) and TITLE not in told(person("director"))
    (back,) = [todo for todo in feed.todos(person("office")) if TITLE in todo.title]
    assert (back.title, back.why) == (f"Ti è tornata: {TITLE}", "Paolo Vannini chiede: Più corta")
    page = Page.objects.get(pk=waiting.workflow_state.object_id)
    page.current_workflow_state.resume(user=person("office"))
    assert not [title for title in told(person("office")) if TITLE in title]
    assert TITLE in told(person("coordinator"))


def test_a_request_taken_back_asks_nothing_of_anybody(waiting: Any, person: Given) -> None:
    waiting.workflow_state.cancel(user=person("office"))
    assert TITLE not in told(person("director"))


def test_a_page_given_back_whose_request_is_taken_back_asks_nothing_of_its_author(waiting: Any, person: Given) -> None:
    approval.ask_for_changes(waiting, by=person("director"), reason="Più corta")
    page = Page.objects.get(pk=waiting.workflow_state.object_id)
    page.current_workflow_state.cancel(user=person("office"))
    assert not [title for title in told(person("office")) if TITLE in title]


def test_a_role_gained_later_gets_what_waits_and_a_role_taken_or_lapsed_gives_it_back(
    waiting: Any, person: Given
) -> None:
    space, worker = demo.space("SP-RETE"), person("worker")
    roles.give_role(space, worker, Role.APPROVER, by=None)
    assert TITLE in told(worker)
    roles.give_role(space, worker, Role.EDITOR, by=None)
    assert TITLE not in told(worker)
    ending = timezone.now() + timedelta(hours=1)
    given = roles.give_role(space, worker, Role.APPROVER, by=None, expires_at=ending)
    assert TITLE in told(worker)
    roles.take_role(given, by=None)
    assert TITLE not in told(worker)
    given = roles.give_role(space, worker, Role.APPROVER, by=None, expires_at=ending)
    Membership.objects.filter(pk=given.pk).update(expires_at=timezone.now())
    assert TITLE not in told(worker)  # at its minute, with or without a worker
    assert roles.settle_lapsed() >= 1
    assert not worker.obligations.filter(key=f"approval:{waiting.pk}", settled_at=None).exists()


def test_who_joins_a_body_that_approves_gets_what_waits(waiting: Any, person: Given) -> None:
    worker = person("worker")
    body = person("partner").organisation
    roles.give_role(demo.space("SP-RETE"), body.group, Role.APPROVER, by=None)
    assert TITLE in told(person("partner")) and TITLE not in told(worker)
    worker.organisation = body
    worker.save()
    assert TITLE in told(worker)


def test_a_page_moved_to_another_space_is_decided_by_those_of_that_space(waiting: Any, person: Given) -> None:
    space = opening.open_space("SP-NUOVO", "Nuovo", slug="nuovo", by=None)
    roles.give_role(space, person("worker"), Role.MANAGER, by=None)
    Page.objects.get(pk=waiting.workflow_state.object_id).move(space.root_page, pos="last-child")
    assert TITLE in told(person("worker"))
    assert TITLE not in told(person("director"))


def test_where_no_role_decides_the_administrators_are_asked(person: Given) -> None:
    space = opening.open_space("SP-NUOVO", "Nuovo", slug="nuovo", by=None)
    roles.give_role(space, person("worker"), Role.MANAGER, by=None)
    page = space.root_page.add_child(instance=TextPage(title="Da sola", change_note="Nuova.", live=False))
    propose(page, person("worker"))
    assert "Da sola" in told(person("administrator")) and "Da sola" not in told(person("worker"))
    roles.give_role(space, person("office"), Role.APPROVER, by=None)
    assert "Da sola" in told(person("office")) and "Da sola" not in told(person("administrator"))


@pytest.mark.parametrize("fields", [None, ["is_active"], ["valid_until", "is_active"]])
def test_an_account_that_ended_keeps_its_rows_unseen_and_finds_what_was_asked_meanwhile(
    fields: list[str] | None, waiting: Any, person: Given
) -> None:
    director = person("director")
    director.is_active = False
    director.save()
    assert told(director) == []
    assert director.obligations.filter(key=f"approval:{waiting.pk}").exists()
    root = demo.space("SP-RETE").root_page
    page = root.add_child(instance=TextPage(title="Chiesta dopo", change_note="Nuova.", live=False))
    propose(page, person("office"))
    assert "Chiesta dopo" in told(person("coordinator"))
    director.is_active = True
    director.save(update_fields=fields)
    assert {TITLE, "Chiesta dopo"} <= set(told(director))


# --- Addressed, and read with the rights of now ----------------------------------------------------------


@pytest.mark.parametrize("needs", Need)
def test_a_duty_says_no_word_of_a_page_that_is_closed_to_its_owner(needs: str, person: Given, as_: Given) -> None:
    page = Page.objects.get(slug="pr-04")  # of SP-MINORI
    about = {"page": page.pk, "needs": needs}
    for name in ("worker", "coordinator"):
        obligations.ask([person(name)], "prova:1", duty("Il titolo della pagina", **about))
        closed = Closed("Una cosa da fare", "decisa insieme", "/novita/")
        obligations.ask([person(name)], "prova:2", duty("Titolo e passo", closed=closed, **about))
    shown = home_of(as_("worker"))
    assert "Una cosa da fare" in shown and 'href="/novita/"' in shown
    assert "Il titolo della pagina" not in shown and "Titolo e passo" not in shown
    seen = home_of(as_("coordinator"))
    assert "Il titolo della pagina" in seen and "Titolo e passo" in seen and "Una cosa da fare" not in seen


def test_who_lost_the_right_reads_nothing_though_nobody_settled_it(waiting: Any, person: Given, as_: Given) -> None:
    director = person("director")
    assert TITLE in home_of(as_("director"))
    Membership.objects.filter(user=director, space=demo.space("SP-RETE")).delete()
    assert Obligation.objects.filter(person=director, key=f"approval:{waiting.pk}", settled_at=None).exists()
    assert TITLE not in home_of(as_("director"))


def test_a_duty_about_a_page_cannot_be_asked_without_the_right_it_needs(person: Given) -> None:
    page = Page.objects.get(slug="pr-04")
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.create(
            person=person("worker"), key="prova:1", title="x", verb="x", why="x", url="/", page=page
        )


def test_a_problem_follows_the_name_of_its_page_and_nothing_of_it_stays(as_: Given, person: Given) -> None:
    as_("worker").post("/segnala/", {"page": "/p/OP-04/", "text": "Non va"})
    row = ProblemReport.objects.get()
    problem_reports.tell(row.pk)
    owner = person("hospital_worker")
    page = Page.objects.get(slug="op-04").specific
    page.title, page.change_note = "Dimettere insieme", "Altro nome."
    page.version, page.valid_from = "9.9", timezone.localdate()
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    assert "Segnalazione su OP-04 Dimettere insieme" in told(owner)
    as_("hospital_worker").post(f"/segnala/{row.pk}/")
    assert not Obligation.objects.filter(key=f"problem:{row.pk}").exists()


def test_a_page_that_did_not_go_out_by_itself_is_asked_until_it_does(person: Given, monkeypatch: Any) -> None:
    worker = person("worker")
    page = Page.objects.get(slug="md-01").specific
    failing = [(page, worker, lambda: (_ for _ in ()).throw(scheduling.ValidationError("manca la data")))]
    monkeypatch.setattr(scheduling, "_due", lambda: iter(failing))
    scheduling.publish_due()
    (asked,) = [todo for todo in feed.todos(worker) if todo.title.startswith("Non è riuscita da sola")]
    assert asked.why == "manca la data"
    monkeypatch.setattr(scheduling, "_due", lambda: iter([(page, worker, lambda: None)]))
    scheduling.publish_due()
    assert not [title for title in told(worker) if title.startswith("Non è riuscita")]


# --- Cost ------------------------------------------------------------------------------------------------


def test_the_bell_is_one_query_however_many_things_are_to_be_done(person: Given) -> None:
    worker, pages = person("worker"), list(Page.objects.filter(depth__gt=3)[:30])
    for number, page in enumerate(pages):
        needs = list(Need)[number % 3]
        obligations.ask([worker], f"prova:{number}", duty(page=page.pk, needs=needs, closed=Closed("Chiusa", "x", "/")))
    request = RequestFactory().get("/")
    request.user = worker
    access.standing(worker)
    with CaptureQueriesContext(connection) as queries:
        assert Frame(request).todo_count >= 30
    assert len(queries) == 1


# --- News and appointments -------------------------------------------------------------------------------


def test_two_spaces_of_one_name_do_not_show_each_others_news_nor_meetings(person: Given, as_: Given) -> None:
    coordinator = person("coordinator")
    spaces = [opening.open_space(f"SP-N{n}", "Stesso nome", slug=f"nome-{n}", by=None) for n in (1, 2)]
    for space in spaces:
        roles.give_role(space, person("worker"), Role.READER, by=None)
    root = spaces[0].root_page
    demo.publish(root, TextPage(title="Solo qui", summary="Qui"), on=0, by=coordinator, note="Solo nel primo.")
    when = timezone.now() + timedelta(days=2)
    demo.publish(root, MeetingPage(title="Riunione del primo", starts_at=when), on=0, by=coordinator)
    client = as_("worker")
    first, second = (client.get(space.get_absolute_url()).content.decode() for space in spaces)
    assert "Riunione del primo" in first and "Solo nel primo." in first
    assert "Riunione del primo" not in second and "Solo nel primo." not in second
    counted = client.get("/").content.decode().split('id="h-spazi"')[1]
    rows = [counted.split(f'"{space.get_absolute_url()}"')[1].split("</li>")[0] for space in spaces]
    assert ["2 novità" in row for row in rows] == [True, False]
    assert "novità" not in rows[1]


def test_an_appointment_has_a_key_real_times_and_a_place(person: Given) -> None:
    meeting = MeetingPage.objects.filter(live=True, starts_at__gt=timezone.now()).order_by("starts_at").first()
    assert meeting is not None
    found = {each.key: each for each in feed.agenda(person("coordinator"), days=60)}[f"page:{meeting.pk}"]
    assert (found.starts_at, found.ends_at, found.place) == (meeting.starts_at, meeting.ends_at, meeting.place)
    assert found.time == f"{timezone.localtime(meeting.starts_at):%H:%M}"
    change = feed.changes(person("worker"), timezone.now() - timedelta(days=90))[0]
    assert change.key == f"page:{change.page_id}"


# --- What was there before -------------------------------------------------------------------------------


def test_the_migration_asks_of_everybody_what_the_acts_had_asked(prepared_in: Path, tmp_path: Path) -> None:
    script = Path(__file__).parent / "moved_obligations.py"
    env = environment(prepared_in, tmp_path, "raccordo_obligations", 15) | {"PYTHONPATH": str(settings.BASE_DIR)}
    done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("kept"), done.stderr[-3000:]
