"""Taking and changing a role asks first, with a reason; giving one asks who is meant."""

import re
from typing import Any

import pytest
from django.test import Client

from portal import access
from portal.background import jobs
from portal.models import Activity, Job, Membership, Organisation, Space, User
from portal.models.activity import Verb
from portal.models.jobs import JobState
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.spaces import roles
from tests.browser import form, sent
from tests.network import WIDE

pytestmark = pytest.mark.django_db

SHARING = "/spazi/largo/condivisione/"


@pytest.fixture(scope="module", autouse=True)
def _page(small: Any) -> None:
    small.publish(TextPage(title="Foglio"))


def wide() -> Space:
    return Space.objects.get(code=WIDE)


def text(response: Any) -> str:
    body = response.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", body[body.index("<main") : body.index("</main")]).split())


def role_of(person: User, code: str = WIDE) -> Membership:
    return Membership.objects.get(space=Space.objects.get(code=code), user=person)


def answer(client: Client, question: Any, reason: str) -> Any:
    """Fill the reason in and say yes."""
    asked = form(question.content.decode(), "main form.panel")
    return client.post(asked["action"], sent(asked) | {"reason": reason, "conferma": "1"}, follow=True)


@pytest.fixture
def colleague(person: Any) -> User:
    """The guest, who may now write there."""
    roles.give_role(wide(), person("guest"), Role.EDITOR, by=None, reason="Aiuta")
    return person("guest")


# --- Taking and changing ---------------------------------------------------------------------------------


def test_a_role_is_taken_only_after_saying_what_is_lost_and_why(colleague: User, as_: Any) -> None:
    client, held = as_("manager"), role_of(colleague)
    lost = access.allowed(wide().root_page.get_descendants(inclusive=True).live(), colleague).count()
    question = client.post(f"{SHARING}{held.pk}/", {"togli": "1"})
    words = text(question)
    found = re.search(r"Guest Prova non leggerà più (\d+) pagin", words)
    assert found is not None
    assert int(found[1]) >= lost > 0
    assert "Questo ruolo vale per te" not in words
    assert Membership.objects.filter(pk=held.pk).exists()
    empty = answer(client, question, "")
    assert "Controlla questi punti" in text(empty)
    assert Membership.objects.filter(pk=held.pk).exists()
    answer(client, empty, "Ha cambiato ufficio")
    assert not Membership.objects.filter(pk=held.pk).exists()
    act = Activity.objects.filter(verb=Verb.ROLE_TAKEN).latest("pk")
    assert (act.by.email, act.note) == ("manager@raccordo.example", "Ha cambiato ufficio")
    again = client.post(f"{SHARING}{held.pk}/", {"togli": "1"}, follow=True)
    assert "Questo ruolo non c’è più." in again.content.decode()


def test_a_role_changes_only_after_a_yes_and_its_reason_is_kept(colleague: User, as_: Any) -> None:
    client, held = as_("manager"), role_of(colleague)
    question = client.post(f"{SHARING}{held.pk}/", {"role": str(Role.READER.value)})
    assert "Da redattore a lettore" in text(question)
    assert role_of(colleague).role == Role.EDITOR
    shown = answer(client, question, "Ora legge soltanto")
    assert "Guest Prova ora è lettore" in shown.content.decode()
    assert (role_of(colleague).role, role_of(colleague).reason) == (Role.READER, "Ora legge soltanto")


def test_one_s_own_role_is_lost_with_open_eyes(as_: Any, person: Any) -> None:
    roles.give_role(wide(), person("approver"), Role.MANAGER, by=None)
    client, own = as_("manager"), role_of(person("manager"))
    question = client.post(f"{SHARING}{own.pk}/", {"togli": "1"})
    assert "Questo ruolo vale per te: perderai tu questo accesso" in text(question)
    assert role_of(person("manager")).role == Role.MANAGER
    answer(client, question, "Passo la mano")
    assert not Membership.objects.filter(pk=own.pk).exists()
    assert client.get(SHARING).status_code in {403, 404}


def test_a_body_role_says_for_how_many_people(as_: Any) -> None:
    held = roles.give_role(wide(), Organisation.objects.get(slug="beta").group, Role.READER, by=None)
    words = text(as_("manager").post(f"{SHARING}{held.pk}/", {"togli": "1"}))
    assert "2 persone dell’ente non leggeranno" in words


def test_the_last_responsabile_is_refused_before_any_question(as_: Any, person: Any) -> None:
    Membership.objects.filter(space=wide(), role=Role.MANAGER).exclude(user=person("manager")).update(role=Role.EDITOR)
    own = role_of(person("manager"))
    for data in ({"togli": "1"}, {"role": "1"}):
        response = as_("manager").post(f"{SHARING}{own.pk}/", data, follow=True)
        assert "resterebbe senza responsabile" in response.content.decode()
    assert role_of(person("manager")).role == Role.MANAGER


def test_an_account_with_an_end_is_no_lasting_responsabile(as_: Any, person: Any) -> None:
    from django.utils import timezone

    roles.give_role(wide(), person("guest"), Role.MANAGER, by=None)
    Membership.objects.filter(space=wide(), role=Role.MANAGER).exclude(
        user__in=[person("manager"), person("guest")]
    ).update(role=Role.EDITOR)
    User.objects.filter(pk=person("guest").pk).update(valid_until=timezone.now() + timezone.timedelta(days=30))
    own = role_of(person("manager"))
    response = as_("manager").post(f"{SHARING}{own.pk}/", {"togli": "1"}, follow=True)
    assert "resterebbe senza responsabile" in response.content.decode()


# --- Who is meant ----------------------------------------------------------------------------------------


def give(client: Client, words: str, **typed: str) -> Any:
    return client.post(SHARING, {"holder_text": words, "role": "1", "reason": "Prova", "expires_on": "", **typed})


def test_a_person_named_like_a_body_gets_no_role_in_its_place(as_: Any, person: Any) -> None:
    User.objects.filter(pk=person("guest").pk).update(first_name="Comune di", last_name="Beta")
    body = Organisation.objects.get(name="Comune di Beta")
    client = as_("manager")
    before = Membership.objects.count()
    asked = give(client, "Comune di Beta", conferma="1")
    assert "Ne trovo più d’uno" in text(asked)
    assert "guest@raccordo.example" in text(asked)
    assert Membership.objects.count() == before
    chosen = give(client, "Comune di Beta", holder_key=f"ente-{body.pk}")
    assert "Darai accesso a" in text(chosen)
    typed = sent(form(chosen.content.decode(), "form[action='#h-dai']"))
    assert client.post(SHARING, typed | {"conferma": "1"}).status_code == 302
    assert Membership.objects.filter(space=wide(), group=body.group).exists()
    assert not Membership.objects.filter(space=wide(), user=person("guest")).exists()


def test_two_people_of_one_name_are_told_apart_by_body_and_address(as_: Any, person: Any) -> None:
    twin = User.objects.create_user("altra@raccordo.example", first_name="Reader", last_name="Prova")
    client = as_("manager")
    asked = text(give(client, "Reader Prova"))
    assert "altra@raccordo.example" in asked
    assert "reader@raccordo.example" in asked
    assert "Darai accesso a" not in asked
    assert "Darai accesso a" in text(give(client, "reader@raccordo.example"))
    shown = give(client, "Reader Prova", holder_key=f"persona-{twin.pk}")
    assert "1 persona : Reader Prova, altra@raccordo.example" in text(shown)


def test_only_one_of_those_found_can_be_chosen(as_: Any, person: Any) -> None:
    User.objects.create_user("altra@raccordo.example", first_name="Reader", last_name="Prova")
    before = Membership.objects.count()
    response = give(as_("manager"), "Reader Prova", holder_key=f"persona-{person('newcomer').pk}", conferma="1")
    assert response.status_code == 200
    assert Membership.objects.count() == before


# --- The person is told ----------------------------------------------------------------------------------


def run_mails() -> None:
    for job in Job.objects.filter(key__startswith="role-mail", state=JobState.WAITING):
        jobs.run(job.pk)


def test_a_person_is_told_of_a_role_given_changed_and_taken(as_: Any, person: Any, mailoutbox: list[Any]) -> None:
    client, newcomer = as_("manager"), person("guest")
    give(client, "Guest Prova", conferma="1")
    run_mails()
    change = client.post(f"{SHARING}{role_of(newcomer).pk}/", {"role": str(Role.EDITOR.value)})
    answer(client, change, "Scrive anche")
    run_mails()
    answer(client, client.post(f"{SHARING}{role_of(newcomer).pk}/", {"togli": "1"}), "Ha finito")
    run_mails()
    told = [mail.subject for mail in mailoutbox]
    name = wide().name
    assert [mail.to for mail in mailoutbox] == [[newcomer.email]] * 3
    assert told == [
        f"Raccordo: il tuo ruolo in «{name}» è lettore", f"Raccordo: il tuo ruolo in «{name}» è redattore",
        f"Raccordo: non hai più un ruolo in «{name}»",
    ]  # fmt: skip
    assert "Manager Prova" in mailoutbox[0].body


def test_nobody_is_told_of_an_own_act_and_a_late_mail_says_what_holds_then(
    as_: Any, person: Any, mailoutbox: list[Any]
) -> None:
    roles.give_role(wide(), person("approver"), Role.MANAGER, by=None)
    client = as_("manager")
    give(client, "Guest Prova", conferma="1")
    Membership.objects.filter(user=person("guest"), space=wide()).delete()
    answer(client, client.post(f"{SHARING}{role_of(person('manager')).pk}/", {"togli": "1"}), "Passo la mano")
    run_mails()
    assert [mail.subject for mail in mailoutbox] == [f"Raccordo: non hai più un ruolo in «{wide().name}»"]
