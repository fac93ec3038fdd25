"""A body acts through persons whom administrators have named: given, ended, never deleted, known to who knows them."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from coordination.models import Action
from portal import access
from portal.background import jobs
from portal.models import Activity, Delegation, Job, Organisation, User
from portal.models.activity import Verb
from portal.models.append_only import as_maintenance
from portal.models.delegations import Purpose
from portal.models.jobs import JobState
from portal.notices import problem_reports
from portal.words import dates
from protocols.models import Signature
from training.models import LessonDone, LessonPage

pytestmark = pytest.mark.django_db

ADD, LIST = "/admin/snippets/portal/delegation/add/", "/admin/snippets/portal/delegation/"
TODAY, DAY = timezone.localdate(), timedelta(days=1)


def filled(person: Any, /, **changes: Any) -> dict[str, Any]:
    """What an administrator writes to name Elena for Quarrata."""
    body = Organisation.objects.get(slug="quarrata")
    return {
        "organisation": body.pk, "purpose": "recepimento", "person": person("worker").pk, "substitute": "",
        "valid_from": TODAY.isoformat(), "valid_until": "", **changes,
    }  # fmt: skip


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


@pytest.fixture
def given(as_: Any, person: Any) -> Delegation:
    with as_maintenance("nothing was ever signed"):
        Signature._base_manager.all().delete()
    Delegation.objects.all().delete()
    assert as_("administrator").post(ADD, filled(person)).status_code == 302
    return Delegation.objects.get()


def edit(delegation: Delegation) -> str:
    return f"{LIST}edit/{delegation.pk}/"


def test_no_list_to_choose_from_names_delegates_to_editors(given: Delegation, as_: Any) -> None:
    for where in ("", "results/", f"chosen/{given.pk}/", f"chosen-multiple/?id={given.pk}"):
        assert as_("worker_minors").get(f"/admin/snippets/choose/portal/delegation/{where}").status_code == 404, where


def test_an_administrator_gives_a_delegation_and_stays_named(given: Delegation, person: Any) -> None:
    assert (given.given_by, given.person) == (person("administrator"), person("worker"))
    act = Activity.objects.filter(verb=Verb.DELEGATION_GIVEN).latest("pk")
    assert act.by == person("administrator") and "Elena Fedi: recepisce i testi della rete" in act.sentence
    assert access.standing(person("worker")).bodies == {(given.organisation_id, Purpose.ADOPTION.value)}


def test_it_is_ended_by_its_last_day_and_that_is_written_too(given: Delegation, as_: Any, person: Any) -> None:
    Delegation.objects.update(valid_from=TODAY - 9 * DAY)
    yesterday = (TODAY - DAY).isoformat()
    other = filled(person, person=person("director").pk, purpose="dati", valid_until=yesterday)
    assert as_("administrator").post(edit(given), other).status_code == 302
    given.refresh_from_db()
    assert (given.person, given.purpose) == (person("worker"), "recepimento")  # another person is another delegation
    assert given.valid_until == TODAY - DAY
    assert access.standing(person("worker")).bodies == frozenset()
    assert Activity.objects.filter(verb=Verb.DELEGATION_CHANGED).latest("pk").by == person("administrator")


def test_the_substitute_may_do_the_same(given: Delegation, as_: Any, person: Any) -> None:
    as_("administrator").post(edit(given), filled(person, substitute=person("newcomer").pk))
    assert access.standing(person("newcomer")).bodies == access.standing(person("worker")).bodies != frozenset()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"valid_until": (TODAY - DAY).isoformat()}, "L’ultimo giorno viene prima del primo."),
        ({"substitute": "worker"}, "Chi sostituisce è un’altra persona."),
        ({"valid_from": (TODAY + DAY).isoformat()}, "Questa persona ha già la stessa delega in quei giorni."),
        ({"purpose": ""}, "Questo campo è obbligatorio."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_given(
    given: Delegation, as_: Any, person: Any, changes: dict[str, Any], sentence: str
) -> None:
    changes = {key: person(value).pk if key == "substitute" else value for key, value in changes.items()}
    if "purpose" not in changes and "valid_from" not in changes:
        changes["purpose"] = "dati"
    response = as_("administrator").post(ADD, filled(person, **changes))
    assert response.status_code == 200
    assert sentence in text(response)
    assert Delegation.objects.get() == given


def test_nobody_deletes_one(given: Delegation, as_: Any) -> None:
    for address in (f"{LIST}delete/{given.pk}/", f"/admin/bulk/portal/delegation/delete/?id={given.pk}"):
        as_("administrator").post(address)
        assert Delegation.objects.get() == given
    assert f"{LIST}delete/" not in as_("administrator").get(edit(given)).content.decode()


@pytest.mark.parametrize("who", ["coordinator", "worker"])
def test_nobody_but_administrators_gives_or_ends_one(given: Delegation, as_: Any, person: Any, who: str) -> None:
    as_(who).post(ADD, filled(person, purpose="dati"))
    as_(who).post(edit(given), filled(person, valid_until=TODAY.isoformat()))
    assert as_(who).get(LIST).status_code in {302, 403, 404}
    assert Delegation.objects.get().valid_until is None


def test_the_body_s_page_names_its_delegates_to_whoever_knows_them(given: Delegation, as_: Any, person: Any) -> None:
    page = "/rubrica/enti/quarrata/"
    assert "Elena Fedi recepisce i testi della rete" in text(as_("office").get(page))
    unknown = User.objects.create_user("nuova@raccordo.example", first_name="Nuova", last_name="Arrivata")
    Delegation.objects.update(person=unknown)
    for stranger in ("partner", "office"):
        assert "Chi agisce" not in text(as_(stranger).get(page))
    for reader in ("worker", "administrator"):  # of the body itself, and who gave it
        assert "Nuova Arrivata recepisce i testi della rete" in text(as_(reader).get(page))
    Delegation.objects.update(person=person("worker"), substitute=unknown)
    assert "Chi agisce" not in text(as_("office").get(page))  # one name would tell half of it
    Delegation.objects.update(substitute=None, valid_from=TODAY - DAY, valid_until=TODAY - DAY)
    assert "Chi agisce" not in text(as_("coordinator").get(page))


# --- The rows of the packages, by the rules that they were given -----------------------------------------


def test_an_action_is_seen_where_its_minutes_are(person: Any) -> None:
    action = Action.objects.filter(meeting__live=True, meeting__slug="r-01").first()
    assert action is not None
    assert access.can(person("coordinator"), "view", action) and access.can(person("coordinator"), "edit", action)
    assert not access.can(person("partner_coop"), "view", action)
    action.meeting.unpublish()
    assert not access.can(person("coordinator"), "view", action)


def test_nobody_else_sees_the_lessons_that_one_has_done(person: Any) -> None:
    lesson = LessonPage.objects.live().first()
    row, _new = LessonDone.objects.get_or_create(user=person("trainee"), lesson=lesson)
    assert access.can(person("trainee"), "view", row)
    for other in ("coordinator", "administrator", "worker"):
        assert not access.can(person(other), "view", row)


def test_a_report_is_read_by_the_one_person_whom_it_reached(person: Any) -> None:
    row = problem_reports.report(person("trainee"), "/p/PR-02/", "Manca un numero.")
    problem_reports.tell(row.pk)
    row.refresh_from_db()
    assert row.to is not None and access.can(row.to, "view", row)
    assert not access.can(person("administrator"), "view", row)


def test_one_that_has_not_begun_is_taken_back_and_never_holds(given: Delegation, as_: Any, person: Any) -> None:
    begun = f"/rete/deleghe/{given.pk}/fine/"
    later = Delegation.objects.create(
        organisation=given.organisation, purpose="dati", person=person("newcomer"), valid_from=TODAY + 5 * DAY
    )
    said = text(as_("coordinator").post(f"/rete/deleghe/{later.pk}/fine/", follow=True))
    assert "Delega ritirata: non comincerà." in said
    assert not Delegation.objects.current(TODAY + 5 * DAY).filter(person=person("newcomer")).exists()
    act = Activity.objects.filter(verb=Verb.DELEGATION_CHANGED).latest("pk")
    assert act.by == person("coordinator") and "Tommaso Lenzi" in act.sentence
    assert "oggi è l’ultimo giorno" in text(as_("coordinator").post(begun, follow=True))
    assert Delegation.objects.get().valid_until == TODAY


def test_one_that_is_over_is_not_lengthened_and_pressed_twice_says_so(given: Delegation, as_: Any, person: Any) -> None:
    desk, address = as_("coordinator"), f"/rete/deleghe/{given.pk}/fine/"
    Delegation.objects.update(valid_from=TODAY - 9 * DAY, valid_until=TODAY - 3 * DAY)  # meanwhile, in another window
    assert "Questa delega era già finita." in text(desk.post(address, follow=True))
    assert Delegation.objects.get().valid_until == TODAY - 3 * DAY
    assert not access.standing(person("worker")).bodies
    Delegation.objects.update(valid_from=TODAY + 3 * DAY, valid_until=None)
    assert "non comincerà" in text(desk.post(address, follow=True))
    assert "Questa delega non c’è più." in text(desk.post(address, follow=True))


# --- Those whom it concerns are told ---------------------------------------------------------------------


def mails(outbox: list[Any]) -> list[tuple[str, str]]:
    """Those that left since the last look: to whom, and what they say."""
    for job in Job.objects.filter(key__startswith="delegation-mail", state=JobState.WAITING):
        jobs.run(job.pk)
    told = [(mail.to[0].split("@")[0], f"{mail.subject}\n{mail.body}") for mail in outbox]
    outbox.clear()
    return told


def test_the_delegate_and_the_substitute_are_told_of_what_is_given_changed_and_taken(
    given: Delegation, as_: Any, person: Any, mailoutbox: list[Any]
) -> None:
    client, since = as_("administrator"), dates.in_words(given.valid_from, article="dal")
    [(whom, said)] = mails(mailoutbox)
    assert whom == "elena.fedi" and f"agisci a nome di {given.organisation} (recepisce i testi" in said
    assert f"- {since}" in said and "<time" not in said
    client.post(edit(given), filled(person, substitute=person("newcomer").pk))
    told = dict(mails(mailoutbox))
    assert set(told) == {"elena.fedi", "tommaso.lenzi"}
    assert f"- al posto di Elena Fedi, {since}" in told["tommaso.lenzi"]
    Delegation.objects.update(valid_from=TODAY + 5 * DAY)
    as_("coordinator").post(f"/rete/deleghe/{given.pk}/fine/")
    told = dict(mails(mailoutbox))
    assert set(told) == {"elena.fedi", "tommaso.lenzi"}
    assert all("non agisci più a nome di" in said and "Non tocca più a te" in said for said in told.values())


def test_the_profile_names_what_one_does_in_somebodys_name_from_the_first_day_on(
    given: Delegation, as_: Any, person: Any
) -> None:
    Delegation.objects.update(valid_from=TODAY + 5 * DAY, substitute=person("newcomer"))
    days = dates.in_words(TODAY + 5 * DAY, article="dal")
    for name, said in (("worker", days.capitalize()), ("newcomer", f"Al posto di Elena Fedi, {days}")):
        shown = " ".join(as_(name).get("/profilo/").content.decode().split())
        assert f"{given.organisation}: recepisce i testi della rete" in shown and said in shown
    assert "Agisci a nome di" not in as_("office").get("/profilo/").content.decode()
