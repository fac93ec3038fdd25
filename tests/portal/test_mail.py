"""One way out for mail: whatever is done, it is ours, it leaves by a job, and `access` is asked when it leaves."""

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from wagtail.models import Page, WorkflowState
from wagtail.models.pages import Comment

from portal import access, demo
from portal.background import clock, jobs
from portal.models import Job, Membership, User
from portal.models.jobs import JobState
from portal.models.pages import TextPage
from portal.notices import acknowledgements, problem_reports
from portal.notices.emails import KIND
from tests.browser import form, sent
from tests.portal.test_approval import approve, give_back, propose
from tests.portal.test_person_forms import ADD, edit, save
from tests.portal.test_publication import posted

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

Given = Callable[..., Any]
PASSWORD = "raccordo-demo"


@pytest.fixture
def form_page() -> Any:
    """MD-01 with another text, where Elena writes and Paolo approves."""
    page = Page.objects.get(slug="md-01").specific
    page.title, page.change_note, page.version = "Scheda con la betulla", "La betulla.", "9.9"
    page.valid_from = timezone.localdate()
    return page


@pytest.fixture(autouse=True)
def _nothing_waits(db: None) -> None:
    Job.objects.all().delete()


def work() -> None:
    """What the worker does, until nothing waits."""
    while waiting := list(Job.objects.filter(state=JobState.WAITING).order_by("pk")):
        for job in waiting:
            jobs.run(job.pk)


def in_editor(as_: Given, page: Any, who: str, **values: str) -> None:
    url, client = f"/admin/pages/{page.pk}/edit/", as_(who)
    assert client.post(url, posted(client, url, **values)).status_code == 302


# --- Every door that might mail --------------------------------------------------------------------------


def asks(as_: Given, person: Given, page: Any) -> None:
    page.save_revision(user=person("worker"))
    in_editor(as_, page, "worker", **{"action-submit": "1"})


def approves(as_: Given, person: Given, page: Any) -> None:
    approve(as_("director"), propose(page, person("worker")), "Molto bene.")


def gives_back(as_: Given, person: Given, page: Any) -> None:
    give_back(as_("director"), propose(page, person("worker")), "Manca il faggio.")


def takes_back(as_: Given, person: Given, page: Any) -> None:
    propose(page, person("worker"))
    url, client = f"/admin/pages/{page.pk}/edit/", as_("worker")
    client.post(url, posted(client, url, **{"action-cancel-workflow": "1"}))
    assert not WorkflowState.objects.active().filter(object_id=str(page.pk)).exists()


def publishes_over_a_request(as_: Given, person: Given, page: Any) -> None:
    propose(page, person("worker"))
    in_editor(as_, page, "director", **{"action-publish": "1"})


def comments(as_: Given, person: Given, page: Any) -> None:
    comment = {
        "comments-TOTAL_FORMS": "1", "comments-INITIAL_FORMS": "0", "comments-0-text": "La betulla?",
        "comments-0-contentpath": "title", "comments-0-position": "", "comment_notifications": "on",
    }  # fmt: skip
    page.save_revision(user=person("worker"))
    in_editor(as_, page, "director", **comment)
    assert not Comment.objects.exists()


def publishes(as_: Given, person: Given, page: Any) -> None:
    page.save_revision(user=person("worker"))
    in_editor(as_, page, "director", **{"action-publish": "1"})


def withdraws(as_: Given, person: Given, page: Any) -> None:
    as_("director").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Non serve più."})
    assert not Page.objects.get(pk=page.pk).live


def moves(as_: Given, person: Given, page: Any) -> None:
    there = demo.space("SP-RETE").root_page
    as_("administrator").post(f"/admin/pages/{page.pk}/move/{there.pk}/confirm/")
    assert Page.objects.get(pk=page.pk).get_parent() == there


def locks_and_opens(as_: Given, person: Given, page: Any) -> None:
    as_("administrator").post(f"/admin/pages/{page.pk}/lock/")
    assert Page.objects.get(pk=page.pk).locked
    as_("administrator").post(f"/admin/pages/{page.pk}/unlock/")


def copies(as_: Given, person: Given, page: Any) -> None:
    data = {"new_title": "Copia", "new_slug": "copia-di-md", "new_parent_page": page.get_parent().pk}
    as_("director").post(f"/admin/pages/{page.pk}/copy/", data)
    assert Page.objects.filter(slug="copia-di-md").exists()


def makes_an_account(as_: Given, person: Given, page: Any) -> None:
    typed = {"email": "nuova@raccordo.example", "first_name": "Nuova", "last_name": "Arrivata"}
    save(as_("administrator"), ADD, **typed, password1="una-betulla-alta", password2="una-betulla-alta")
    assert User.objects.filter(email="nuova@raccordo.example").exists()


def changes_a_password_of_others(as_: Given, person: Given, page: Any) -> None:
    typed = {"password1": "una-betulla-alta", "password2": "una-betulla-alta"}
    save(as_("administrator"), edit(person("worker")), **typed)
    assert person("worker").check_password("una-betulla-alta")


def changes_the_own_password(as_: Given, person: Given, page: Any) -> None:
    typed = {"oldpassword": PASSWORD, "password1": "una-betulla-alta", "password2": "una-betulla-alta"}
    as_("worker").post("/accesso/password/change/", typed)


def forgets_the_password(as_: Given, person: Given, page: Any) -> None:
    as_("anonymous").post("/accesso/password/reset/", {"email": person("worker").email})


def gives_a_role(as_: Given, person: Given, page: Any) -> None:
    client, address = as_("coordinator"), "/spazi/terzo-settore/condivisione/"
    typed = {"holder_text": "tommaso.lenzi@raccordo.example", "role": "2", "reason": "Aiuta", "expires_on": ""}
    asked = sent(form(client.post(address, typed).content.decode(), "form[action='#h-dai']"))
    client.post(address, asked | {"conferma": "1"})
    assert Membership.objects.filter(space=demo.space("SP-TERZO"), user=person("newcomer")).exists()


def takes_a_role(as_: Given, person: Given, page: Any) -> None:
    gives_a_role(as_, person, page)
    held = Membership.objects.get(space=demo.space("SP-TERZO"), user=person("newcomer"))
    address = f"/spazi/terzo-settore/condivisione/{held.pk}/"
    client = as_("coordinator")
    asked = form(client.post(address, {"togli": "1"}).content.decode(), "main form.panel")
    client.post(asked["action"], sent(asked) | {"reason": "Ha finito", "conferma": "1"})
    assert not Membership.objects.filter(pk=held.pk).exists()


def reports_a_problem(as_: Given, person: Given, page: Any) -> None:
    as_("trainee").post("/segnala/", {"page": "/p/PR-02/", "text": "Manca un numero."})


def answers_a_report(as_: Given, person: Given, page: Any) -> None:
    row = problem_reports.report(person("trainee"), "/p/PR-02/", "Manca un numero.")
    row.to = person("coordinator")
    row.save()
    Job.objects.all().delete()
    as_("coordinator").post(f"/segnala/{row.pk}/", {"answer": "Ora c’è."})


def reports_personal_data(as_: Given, person: Given, page: Any) -> None:
    as_("worker").post("/dati-personali/segnala/", {"page": "/p/PR-02/", "what": "nome", "where": "testo"})


def misses_a_day(as_: Given, person: Given, page: Any) -> None:
    schedule(page, person("director"))
    clock.publish_scheduled()


def schedule(page: Any, by: User) -> None:
    """Set a day for a text that cannot be put in force when it comes: its number is taken."""
    page.version, page.go_live_at = Page.objects.get(pk=page.pk).specific.version, None
    revision = page.save_revision(user=by)
    type(revision).objects.filter(pk=revision.pk).update(approved_go_live_at=timezone.now() - timedelta(minutes=1))


def reminds_a_body(as_: Given, person: Given, page: Any) -> None:
    assert as_("coordinator").post("/recepimenti/agliana/sollecita/").status_code == 302


def reminds_to_sign(as_: Given, person: Given, page: Any) -> None:
    assert acknowledgements.remind_due() == 2  # PR-11 and PR-12, whose day has passed


def invites(as_: Given, person: Given, page: Any) -> None:
    asked = {"email": "nuova@raccordo.example", "first_name": "Ada", "last_name": "Nuti", "profession": "",
             "organisation": person("worker").organisation_id, "telephone": "", "valid_until": ""}  # fmt: skip
    assert as_("coordinator").post("/rete/persone/invita/", asked).status_code == 302


def puts_on_call(as_: Given, person: Given, page: Any) -> None:
    card = Page.objects.get(slug="seus")
    typed = {"person": str(person("worker").pk), "day": f"{timezone.localdate() + timedelta(days=3):%d/%m/%Y}",
             "begins": "8", "ends": "9", "last_day": "", "weeks": "1"}  # fmt: skip
    assert as_("coordinator").post(f"/rubrica/servizi/{card.pk}/turni/", typed).status_code == 302


DOORS: dict[Any, set[str]] = {
    asks: {"approval"}, approves: {"approved"}, gives_back: {"given_back"}, takes_back: set(),
    publishes_over_a_request: {"approved"}, comments: set(), publishes: set(), withdraws: set(), moves: set(),
    locks_and_opens: set(), copies: set(), makes_an_account: set(), changes_a_password_of_others: {"password_changed"},
    changes_the_own_password: {"password_changed"}, forgets_the_password: {"password"}, gives_a_role: {"role"},
    takes_a_role: {"role"}, reports_a_problem: {"problem"},
    reports_personal_data: {"personal_data"}, answers_a_report: {"answer"}, misses_a_day: {"schedule_failed"},
    reminds_a_body: {"adoption_reminder"}, reminds_to_sign: {"reading_reminder"}, invites: {"invitation"},
    puts_on_call: {"shifts"},
}  # fmt: skip


@pytest.mark.parametrize(("door", "kinds"), DOORS.items(), ids=[door.__name__ for door in DOORS])
def test_whatever_is_done_every_mail_is_ours_and_leaves_by_a_job(
    as_: Given, person: Given, form_page: Any, mailoutbox: list[Any], door: Any, kinds: set[str],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        door(as_, person, form_page)
    assert mailoutbox == []
    with django_capture_on_commit_callbacks(execute=True):
        work()
    assert {mail.extra_headers.get(KIND) for mail in mailoutbox} == kinds
    assert all("localhost" not in mail.body and "/admin/login" not in mail.body for mail in mailoutbox)


SENDS = {"EmailMessage", "EmailMultiAlternatives", "send_mail", "send_mass_mail", "mail_admins", "mail_managers"}


def test_no_other_module_makes_a_mail() -> None:
    """`outbox` reads the demo's mails back, with the standard library's class of the same name."""
    base = Path(settings.BASE_DIR)
    making = {
        path.relative_to(base).as_posix()
        for layer in settings.LAYERS
        for path in (base / layer).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("django.core.mail", "wagtail"))
        if SENDS & {alias.name for alias in node.names}
    }
    assert making == {"portal/notices/emails.py"}


# --- Who lost the right between the act and the job ------------------------------------------------------


def shut_out(user: User, code: str = "SP-MODULI") -> None:
    """Take whatever opens the space to the person, as a person and through a body."""
    held = Membership.objects.filter(space__code=code)
    (held.filter(user=user) | held.filter(group__in=user.groups.all())).delete()
    access.forget(user)


def told(mailoutbox: list[Any], user: User) -> str:
    """All that the person was told."""
    return "\n".join(
        f"{mail.subject}\n{mail.body}\n{mail.alternatives}" for mail in mailoutbox if user.email in mail.to
    )


@pytest.fixture
def own_form(form_page: Any, person: Given) -> Any:
    """A page that lies in SP-MODULI alone."""
    page = TextPage(title="Il biancospino", slug="biancospino")
    return demo.publish(demo.space("SP-MODULI").root_page, page, on=0, by=person("coordinator"), note="Nuova.")


def test_who_no_longer_approves_gets_no_request(person: Given, own_form: Any, mailoutbox: list[Any]) -> None:
    propose(own_form, person("worker"))
    shut_out(person("director"))
    work()
    assert told(mailoutbox, person("director")) == ""
    assert "Il biancospino" in told(mailoutbox, person("coordinator"))


@pytest.mark.parametrize("decide", [approve, give_back])
def test_who_no_longer_reads_there_gets_no_answer(
    as_: Given, person: Given, own_form: Any, mailoutbox: list[Any], decide: Any
) -> None:
    decide(as_("director"), propose(own_form, person("worker")), "Parole del direttore.")
    shut_out(person("worker"))
    assert not access.can(person("worker"), "view", own_form)
    work()
    assert told(mailoutbox, person("worker")) == ""


def test_who_still_reads_there_gets_it(as_: Given, person: Given, own_form: Any, mailoutbox: list[Any]) -> None:
    give_back(as_("director"), propose(own_form, person("worker")), "Parole del direttore.")
    work()
    said = told(mailoutbox, person("worker"))
    assert "Il biancospino" in said and "Parole del direttore." in said


def test_a_problem_reaches_somebody_else_when_its_owner_no_longer_reads_the_page(
    person: Given, own_form: Any, mailoutbox: list[Any]
) -> None:
    TextPage.objects.filter(pk=own_form.pk).update(responsible=person("worker"))
    problem_reports.report(person("coordinator"), own_form.specific.url, "Manca una parola.")
    shut_out(person("worker"))
    work()
    assert told(mailoutbox, person("worker")) == ""
    assert "Manca una parola." in told(mailoutbox, person("coordinator"))


def test_who_no_longer_writes_there_is_not_told_that_a_day_was_missed(
    person: Given, form_page: Any, mailoutbox: list[Any]
) -> None:
    schedule(form_page, person("director"))
    clock.publish_scheduled()
    assert Job.objects.filter(key__startswith="schedule-failure:").exists()
    shut_out(person("director"))
    work()
    assert mailoutbox == []


def test_of_a_role_one_is_told_what_holds_when_the_mail_leaves(
    as_: Given, person: Given, form_page: Any, mailoutbox: list[Any]
) -> None:
    reader = person("newcomer")
    gives_a_role(as_, person, form_page)
    Membership.objects.filter(space=demo.space("SP-TERZO"), user=reader).update(expires_at=timezone.now())
    work()
    assert len(mailoutbox) == 1 and "redattore" not in told(mailoutbox, reader)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    mailoutbox.clear()
    Job.objects.update(state=JobState.WAITING, attempts=0)
    work()
    assert mailoutbox == []
