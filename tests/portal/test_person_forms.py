"""The administrators' pages about a person, and one's own profile: nothing is lost, nothing odd is kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.forms import model_to_dict
from django.test import Client
from django.utils import timezone

from portal import access, demo
from portal.models import Membership, Organisation, Profession, User
from portal.models.spaces import Role
from portal.spaces import opening, roles
from portal.words.telephone import valid_telephone, valid_telephones
from tests.browser import form, sent

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

ADD = "/admin/users/new/"


def edit(person: User) -> str:
    return f"/admin/users/edit/{person.pk}/"


def row(person: User) -> dict[str, Any]:
    """What the database holds of a person; when somebody last entered changes with every login."""
    return model_to_dict(person) | {"last_login": None}


def save(client: Client, address: str, **typed: Any) -> Any:
    """Open the page, type these values, press the button."""
    shown = client.get(address)
    assert shown.status_code == 200
    return client.post(address, sent(form(shown.content.decode(), "#w-editor-form")) | typed)


@pytest.fixture
def lone(person: Any) -> User:
    """Chiara answers for her spaces alone."""
    coordinator = person("coordinator")
    Membership.objects.filter(role=Role.MANAGER).exclude(user=coordinator).update(role=Role.EDITOR)
    return coordinator


# --- Nothing is lost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["newcomer", "partner_coop", "coordinator", "administrator"])
def test_saving_a_person_untouched_changes_nothing(who: str, as_: Any, person: Any) -> None:
    User.objects.filter(pk=person(who).pk).update(valid_until=timezone.now() + timedelta(days=20, seconds=7))
    before, groups = row(person(who)), set(person(who).groups.all())
    admin = as_("administrator")
    assert save(admin, edit(person(who))).status_code == 302
    assert row(person(who)) == before
    assert set(person(who).groups.all()) == groups


def test_a_new_surname_takes_neither_body_nor_end_from_a_person(as_: Any, person: Any) -> None:
    end = timezone.now() + timedelta(days=20)
    User.objects.filter(pk=person("partner_coop").pk).update(valid_until=end)
    before = person("partner_coop")
    save(as_("administrator"), edit(before), last_name="Nuovi")
    after = person("partner_coop")
    assert after.last_name == "Nuovi"
    assert (after.organisation, after.profession, after.telephone, after.valid_until) == (
        before.organisation, before.profession, before.telephone, end,
    )  # fmt: skip
    assert access.standing(after).roles == access.standing(before).roles


def test_a_new_colleague_gets_a_body_and_with_it_its_spaces(as_: Any) -> None:
    body = Organisation.objects.get(slug="montale")
    response = save(
        as_("administrator"), ADD, email="Nuova.Collega@Raccordo.Example", first_name="Nuova", last_name="Collega",
        password1="una-frase-lunga-9", password2="una-frase-lunga-9", organisation=body.pk,
        profession=Profession.objects.get(name="Assistente sociale").pk, telephone="0573 000 199",
    )  # fmt: skip
    assert response.status_code == 302
    made = User.objects.get(email="nuova.collega@raccordo.example")
    assert (made.organisation, made.telephone, made.valid_until) == (body, "0573 000 199", None)
    assert access.standing(made).roles


def test_an_account_ends_with_the_day_that_was_typed(as_: Any, person: Any) -> None:
    day = timezone.localdate() + timedelta(days=40)
    shown = as_("administrator").get(edit(person("partner"))).content.decode()
    assert "Account valido fino al" in shown
    assert save(as_("administrator"), edit(person("partner")), valid_until=f"{day:%d/%m/%Y}").status_code == 302
    assert timezone.localtime(person("partner").valid_until).replace(tzinfo=None) == datetime(
        day.year, day.month, day.day, 23, 59, 59
    )
    response = save(as_("administrator"), edit(person("partner")), valid_until="01/03/2020")
    assert response.status_code == 200
    assert "La data è già passata" in response.content.decode()


def test_one_address_in_other_capitals_is_refused_with_a_sentence(as_: Any, person: Any) -> None:
    count = User.objects.count()
    typed = {
        "first_name": "Elena",
        "last_name": "Bis",
        "password1": "una-frase-lunga-9",
        "password2": "una-frase-lunga-9",
    }
    response = save(as_("administrator"), ADD, email="Elena.Fedi@Raccordo.Example", **typed)
    assert response.status_code == 200
    assert response.context["form"].errors["email"]
    assert User.objects.count() == count
    response = save(as_("administrator"), edit(person("partner")), email="ELENA.FEDI@raccordo.example")
    assert response.status_code == 200
    assert response.context["form"].errors["email"]


# --- Nobody is deleted -----------------------------------------------------------------------------------


def test_a_person_is_deactivated_and_never_deleted(as_: Any, person: Any) -> None:
    leaver, admin = person("newcomer"), as_("administrator")
    address = f"/admin/users/delete/{leaver.pk}/"
    assert address not in admin.get(edit(leaver)).content.decode()
    assert address not in admin.get("/admin/users/").content.decode()
    for response in (admin.get(address, follow=True), admin.post(address, follow=True)):
        assert "non si elimina" in response.content.decode()
    admin.post(f"/admin/bulk/portal/user/delete/?id={leaver.pk}")
    assert User.objects.filter(pk=leaver.pk).exists()
    shown = sent(form(admin.get(edit(leaver)).content.decode(), "#w-editor-form"))
    del shown["is_active"]
    assert admin.post(edit(leaver), shown).status_code == 302
    assert not person("newcomer").is_active
    assert person("newcomer").organisation == leaver.organisation


def test_not_even_code_deletes_who_holds_a_role_or_did_something(person: Any) -> None:
    for name in ("coordinator", "director"):
        with pytest.raises(ProtectedError):
            person(name).delete()


# --- The last responsabile -------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [{"is_active": []}, {"valid_until": "31/12/2099"}])
def test_the_last_responsabile_is_neither_deactivated_nor_given_an_end(typed: Any, lone: User, as_: Any) -> None:
    response = save(as_("administrator"), edit(lone), **typed)
    assert response.status_code == 200
    held = [each.space.name for each in Membership.objects.filter(user=lone, role=Role.MANAGER)]
    assert held
    words = str(response.context["form"].errors)
    assert all(name in words.replace("&#x27;", "'") for name in held)
    lone.refresh_from_db()
    assert (lone.is_active, lone.valid_until) == (True, None)


def test_a_responsabile_with_a_colleague_may_go(lone: User, as_: Any, person: Any) -> None:
    for entry in Membership.objects.filter(user=lone, role=Role.MANAGER):
        roles.give_role(entry.space, person("director"), Role.MANAGER, by=None)
    assert save(as_("administrator"), edit(lone), is_active=[]).status_code == 302
    lone.refresh_from_db()
    assert not lone.is_active


def test_a_body_that_answers_for_a_space_keeps_its_last_person(as_: Any, person: Any) -> None:
    body = Organisation.objects.create(name="Ente solo", slug="ente-solo", kind="altro")
    space = opening.open_space("solo", "Spazio solo", slug="solo", by=None)
    roles.give_role(space, body.group, Role.MANAGER, by=None)
    last = User.objects.create_user("sola@raccordo.example", first_name="Sola", last_name="Sola", organisation=body)
    other = Organisation.objects.get(slug="montale")
    response = save(as_("administrator"), edit(last), organisation=other.pk)
    assert "Spazio solo" in str(response.context["form"].errors)
    User.objects.create_user("seconda@raccordo.example", organisation=body)
    assert save(as_("administrator"), edit(last), organisation=other.pk).status_code == 302


def test_no_bulk_action_goes_round_the_person_form(lone: User, as_: Any) -> None:
    group = demo.space("SP-MINORI").role_groups.get(role=Role.MANAGER).group
    admin = as_("administrator")
    admin.post(f"/admin/bulk/portal/user/set_active_state/?id={lone.pk}", {"mark_as_active": "False"})
    admin.post(f"/admin/bulk/portal/user/assign_role/?id={lone.pk}", {"role": group.pk})
    lone.refresh_from_db()
    assert lone.is_active
    assert "data-bulk-action-checkbox" not in admin.get("/admin/users/").content.decode()


def test_the_list_of_people_says_the_body_and_nothing_twice(as_: Any) -> None:
    shown = as_("administrator").get("/admin/users/")
    heads = [" ".join(each.get_text().split()) for each in BeautifulSoup(shown.content, "html.parser").select("th")]
    assert heads == ["Nome", "E-mail", "Ente", "Livello di accesso", "Attivo"]


# --- Oneself ---------------------------------------------------------------------------------------------


def profile(client: Client, **typed: Any) -> Any:
    shown = client.get("/profilo/").content.decode()
    return client.post("/profilo/", sent(form(shown, "main form")) | typed)


def test_a_person_keeps_a_name_and_a_telephone_that_can_be_dialled(as_: Any, person: Any) -> None:
    before = row(person("worker"))
    for typed in ({"first_name": ""}, {"last_name": "  "}, {"telephone": "abc"}, {"telephone": "tel:abc"}):
        response = profile(as_("worker"), **typed)
        assert response.status_code == 200
        assert list(response.context["form"].errors) == list(typed)
        assert row(person("worker")) == before
    assert profile(as_("worker"), telephone="+39 0573/000.131 int. 4").status_code == 302
    assert person("worker").telephone == "+39 0573/000.131 int. 4"


def test_nobody_changes_the_own_profession(as_: Any, person: Any) -> None:
    before = person("worker").profession
    learner = Profession.objects.get(is_learner=True, name__startswith="Tirocinante")
    assert before not in (None, learner)
    assert profile(as_("worker"), profession=learner.pk).status_code == 302
    assert person("worker").profession == before
    assert not person("worker").is_learner


@pytest.mark.parametrize(
    "written", ["0573 000 101", "112", "+39 0573 000101", "(0573) 000.101", "0573/000101 interno 3"]
)
def test_telephones_are_taken_as_people_write_them(written: str) -> None:
    valid_telephone(written)


@pytest.mark.parametrize("written", ["abc", "chiedere in segreteria", "0573 000 101, 102", "tel:0573", "=1+1", "12a"])
def test_what_cannot_be_dialled_is_no_telephone(written: str) -> None:
    with pytest.raises(ValidationError):
        valid_telephone(written)


def test_a_service_may_have_several_telephones_each_with_its_words() -> None:
    for written in ("112", "0573 000 118; linea di riserva 0573 000 119", "0573 000 101, segreteria 0573 000 102"):
        valid_telephones(written)
    for written in ("abc", "0573 000 118; di notte", "tel:0573", "=1+1", "linea: 0573 000 118"):
        with pytest.raises(ValidationError):
            valid_telephones(written)


# --- Words -----------------------------------------------------------------------------------------------


def test_the_form_about_a_person_speaks_plainly_and_promises_nothing_else(as_: Any, person: Any) -> None:
    shown = as_("administrator").get(edit(person("worker"))).content.decode()
    for said in (
        "Senza spunta la persona non entra più",
        "Lasciala vuota per non cambiarla.",
        "La stessa, una seconda",
    ):
        assert said in shown
    for wrong in ("oggetto o settaggio", "piuttosto che cancellare", "Inserire la stessa", "se non lo cambi"):
        assert wrong not in shown
    new = as_("administrator").get(ADD).content.decode()
    assert "Almeno 10 caratteri, non solo cifre" in new and "Lasciala vuota" not in new
    typed = {"password1": "una-lunga-davvero", "password2": "un’altra-davvero"}
    assert "Le due password non sono uguali" in save(as_("administrator"), ADD, **typed).content.decode()
