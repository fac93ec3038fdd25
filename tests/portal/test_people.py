"""Accounts: who may enter and until when, by which address, and what follows a change of body."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from portal import access
from portal.models import Organisation, Space, User
from portal.models.spaces import Role
from portal.spaces import opening, role_copy, roles

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

END = datetime(2031, 5, 30, 22, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LOGIN = "/accesso/login/"
INSIDE = "/profilo/"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`at(moment)`: from here on it is that moment, for everybody who asks Django."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def ending(person: Any) -> User:
    """An account that ends at a known minute."""
    User.objects.filter(pk=person("partner").pk).update(valid_until=END)
    return person("partner")


def enter(email: str, password: str = settings.DEMO_PASSWORD) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(LOGIN, {"login": email, "password": password})


def is_inside(client: Client) -> bool:
    """Whether a page for people with an account answers, rather than the login."""
    response = client.get(INSIDE)
    return response.status_code == 200 and "_auth_user_id" in client.session


# --- Until when ------------------------------------------------------------------------------------------


def test_a_session_ends_at_the_minute_at_which_its_account_ends(ending: User, at: Any) -> None:
    at(END - timedelta(hours=2))
    client, response = enter(ending.email)
    assert response.status_code == 302
    at(END - SECOND)
    assert is_inside(client)
    at(END)
    assert not is_inside(client)
    assert client.get(INSIDE)["Location"].startswith(LOGIN)


def test_an_account_that_is_over_opens_nothing_even_to_code_that_still_holds_the_person(ending: User, at: Any) -> None:
    space = access.allowed(Space.objects.filter(visibility="riservato"), ending).first()
    assert space is not None
    at(END)
    late = User.objects.get(pk=ending.pk)
    assert not access.can(late, "view", space)
    assert access.tokens(late) == access.tokens(User()) != access.tokens(ending)
    assert late not in access.readers(space)


def test_an_account_that_is_deactivated_is_out_at_once(person: Any, as_: Any) -> None:
    client = as_("partner")
    assert is_inside(client)
    User.objects.filter(pk=person("partner").pk).update(is_active=False)
    assert not is_inside(client)


def test_whoever_comes_too_late_is_told_why_and_does_not_enter(ending: User, at: Any) -> None:
    at(END)
    client, response = enter(ending.email)
    assert response.status_code == 403
    assert "account/account_inactive.html" in [template.name for template in response.templates]
    assert response.context["expired_at"] == END
    assert not is_inside(client)


def test_the_reason_is_told_only_to_whoever_knows_the_password(ending: User, at: Any) -> None:
    at(END)
    told = [
        enter(email, "sbagliata-di-certo")[1]
        for email in (ending.email, "nessuno@raccordo.example", "chiara.bonacchi@raccordo.example")
    ]
    assert {response.status_code for response in told} == {200}
    reasons = [list(response.context["form"].non_field_errors()) for response in told]
    assert reasons[0]
    assert reasons == [reasons[0]] * 3


def test_a_deactivated_account_is_refused_with_the_right_password(person: Any) -> None:
    User.objects.filter(pk=person("partner").pk).update(is_active=False)
    client, response = enter(person("partner").email)
    assert not is_inside(client)
    assert response.status_code != 200 or response.context["form"].errors


# --- By which address ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ELENA.FEDI@RACCORDO.EXAMPLE", "Elena.Fedi@raccordo.example"])
def test_the_address_is_the_login_in_capitals_or_not(typed: str, person: Any) -> None:
    client, response = enter(typed)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(person("worker").pk)
    assert authenticate(None, email=typed, password=settings.DEMO_PASSWORD) == person("worker")
    assert User.objects.get_by_natural_key(typed) == person("worker")


def test_the_same_address_in_capitals_is_no_second_person(person: Any) -> None:
    for make in (
        lambda: User.objects.create_user(" Elena.FEDI@raccordo.example "),
        lambda: User.objects.create(email="Elena.FEDI@raccordo.example"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make()
    assert User.objects.create_user("Altra.Persona@Raccordo.Example").email == "altra.persona@raccordo.example"


def test_nobody_signs_up_alone() -> None:
    before = User.objects.count()
    email, password = "nuova@raccordo.example", "una-frase-lunga-9"
    response = Client().post("/accesso/signup/", {"email": email, "password1": password, "password2": password})
    assert User.objects.count() == before
    assert "_auth_user_id" not in response.wsgi_request.session


# --- The demo's password ---------------------------------------------------------------------------------


def test_the_password_of_the_demo_enters_only_in_the_demo(person: Any, settings: Any) -> None:
    assert enter(person("worker").email)[1].status_code == 302
    settings.DEMO = False
    client, response = enter(person("worker").email)
    assert response.status_code == 403
    assert "_auth_user_id" not in client.session


def test_the_password_of_the_demo_cannot_be_chosen_outside_the_demo(settings: Any) -> None:
    validate_password(settings.DEMO_PASSWORD)
    settings.DEMO = False
    with pytest.raises(ValidationError, match="quella della dimostrazione"):
        validate_password(settings.DEMO_PASSWORD)
    validate_password("un’altra-frase-lunga-9")


# --- From one body to another ----------------------------------------------------------------------------


@pytest.fixture
def bodies() -> tuple[Organisation, Organisation]:
    """Two bodies, the first of which writes in a space that the second does not know."""
    first, second = (Organisation.objects.create(name=f"Ente {n}", slug=f"ente-{n}", kind="altro") for n in "AB")
    space = opening.open_space("prova", "Prova", slug="prova", by=None)
    roles.give_role(space, first.group, Role.EDITOR, by=None)
    return first, second


def _stands(user: User) -> tuple[bool, bool]:
    """Whether the person may write in the space by our rules, and whether Wagtail's admin would let them."""
    space, fresh = Space.objects.get(code="prova"), User.objects.get(pk=user.pk)
    return access.can(fresh, "edit", space), fresh.has_perm("portal.contribute_space", space)


def test_moving_to_another_body_changes_groups_and_with_them_what_one_may_do(bodies: Any) -> None:
    first, second = bodies
    mover = User.objects.create_user("chi.si.sposta@raccordo.example", organisation=first)
    stayer = User.objects.create_user("chi.resta@raccordo.example", organisation=first)
    assert _stands(mover) == _stands(stayer) == (True, True)

    mover.organisation = second
    mover.save()
    assert set(mover.groups.all()) == {second.group}
    assert _stands(mover) == (False, False)
    assert _stands(stayer) == (True, True)

    mover.organisation = first
    mover.save()
    assert _stands(mover) == (True, True)


def test_leaving_every_body_leaves_its_groups_but_not_the_others(bodies: Any) -> None:
    first, _second = bodies
    space = Space.objects.get(code="prova")
    person = User.objects.create_user("chi.lascia@raccordo.example", organisation=first)
    roles.give_role(space, person, Role.READER, by=None)
    person.organisation = None
    person.save()
    assert set(person.groups.values_list("name", flat=True)) == {role_copy.role_group(space, Role.READER).name}
    assert _stands(person) == (False, False)
    assert access.can(User.objects.get(pk=person.pk), "view", space)


def test_a_body_has_one_group_of_its_own_from_the_start_and_keeps_it(bodies: Any) -> None:
    first, second = bodies
    assert first.group_id != second.group_id
    kept = first.group_id
    first.name = "Ente rinominato"
    first.save()
    assert Organisation.objects.get(pk=first.pk).group_id == kept
    newcomer = User.objects.create_user("nuova@raccordo.example", organisation=first)
    assert newcomer.groups.get(organisation__isnull=False) == first.group
