"""Asking a person in: one mail, one link, one use; what is said to whoever asks, and to strangers nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from portal import access, demo
from portal.accounts import ends, invitations
from portal.models import Holiday, Invitation, Job, Membership, Obligation, Organisation, Profession, Role, User
from portal.models.activity import Activity, Verb
from portal.notices import feed
from tests.portal.test_mail import work

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

DAY = timedelta(days=1)
PASSWORD = "una-frase-lunga-9"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def asked(**more: Any) -> dict[str, Any]:
    return {
        "email": "Dario.Nuti@Raccordo.Example", "first_name": "Dario", "last_name": "Nuti",
        "organisation": Organisation.objects.get(slug="agliana").pk, "profession": "", "telephone": "",
        "valid_until": "", **more,
    }  # fmt: skip


def invited(client: Client, **more: Any) -> User:
    Job.objects.all().delete()
    response = client.post("/rete/persone/invita/", asked(**more))
    assert response.status_code == 302, response.context["form"].errors
    return User.objects.get(email=str(more.get("email", "dario.nuti@raccordo.example")).lower())


def link(person: User) -> str:
    """What stands in the last mail to the person."""
    work()
    body = next(each.body for each in reversed(mail.outbox) if each.to == [person.email])
    found = re.search(r"https?://\S+(/invito/\S+/)", body)
    assert found
    return found[1]


@pytest.mark.parametrize("name", ["first_name", "last_name"])
def test_a_name_is_as_long_as_an_account_holds_and_no_longer(name: str, as_: Any) -> None:
    before = User.objects.count()
    refused = as_("coordinator").post("/rete/persone/invita/", asked(**{name: "N" * 151}))
    assert refused.status_code == 200 and "N" * 151 in text(refused) and User.objects.count() == before
    dario = invited(as_("coordinator"), **{name: "N" * 150})
    assert getattr(dario, name) == "N" * 150
    card = {"first_name": "Dario", "last_name": "Nuti", "telephone": "", "valid_until": "", name: "M" * 151}
    assert as_("coordinator").post(f"/rete/persone/{dario.pk}/", card).status_code == 200
    as_("coordinator").post(f"/rete/persone/{dario.pk}/", card | {name: "M" * 150})
    assert getattr(User.objects.get(pk=dario.pk), name) == "M" * 150


# --- From the form to the home page ----------------------------------------------------------------------


def test_an_invited_person_chooses_a_password_and_lands_on_the_first_three_things(as_: Any, person: Any) -> None:
    space = demo.space("SP-MINORI")
    dario = invited(as_("coordinator"), **{f"role_{space.pk}": str(Role.EDITOR.value)})
    assert (dario.is_active, dario.has_usable_password()) == (False, False)
    assert access.standing(dario).roles == {}
    address = link(dario)
    assert mail.outbox[-1].subject == "Rete sociale pistoiese: Chiara Bonacchi ti invita in Raccordo"
    assert "Tutela minori e famiglie (redattore)" in mail.outbox[-1].body
    client = Client()
    shown = text(client.get(address))
    assert "Buongiorno, Dario" in shown and "dario.nuti@raccordo.example" in shown
    assert client.get(address).status_code == 200  # looking uses nothing up
    response = client.post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    home = text(client.get("/"))
    assert "Le prime tre cose" in home and "/profilo/digest/" in home
    assert client.get("/spazi/minori/").status_code == 200
    assert client.get("/spazi/rete/").status_code == 200  # with the body
    assert client.post("/prime-cose/").status_code == 302
    assert "Le prime tre cose" not in text(client.get("/"))
    assert Client().login(email=dario.email, password=PASSWORD)
    act = Activity.objects.get(verb=Verb.PERSON_INVITED)
    assert (act.by, act.sentence) == (person("coordinator"), "ha invitato Dario Nuti")


def test_a_weak_password_is_refused_and_the_link_still_holds(as_: Any) -> None:
    address = link(invited(as_("coordinator")))
    for one, two in (("0123456789", "0123456789"), (PASSWORD, "un'altra-frase-9"), ("raccordo", "raccordo")):
        response = Client().post(address, {"new_password1": one, "new_password2": two})
        assert response.status_code == 200 and "Controlla questi punti" in text(response)
    assert not User.objects.get(email="dario.nuti@raccordo.example").is_active
    assert Client().post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302


def test_the_link_opens_once_until_its_day_and_never_to_a_forger(as_: Any) -> None:
    dario = invited(as_("coordinator"))
    address = link(dario)
    row = Invitation.objects.get(person=dario)
    Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    over = Client().get(address)
    forged = Client().get(address[:-4] + "xyz/")
    assert over.status_code == forged.status_code == 410
    assert text(over).replace(address, "") == text(forged).replace(address[:-4] + "xyz/", "") and "Nuti" not in text(
        over
    )
    assert Client().post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 410
    assert not User.objects.get(pk=dario.pk).is_active
    Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now() + DAY)
    assert Client().post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    again = Client().post(address, {"new_password1": "altra-frase-lunga-9", "new_password2": "altra-frase-lunga-9"})
    assert again.status_code == 410 and "è già stato usato" in text(again)
    assert User.objects.get(pk=dario.pk).check_password(PASSWORD)


def test_before_the_link_is_used_neither_password_nor_reset_opens_the_account(as_: Any) -> None:
    dario = invited(as_("coordinator"))
    link(dario)
    before = len(mail.outbox)
    Client().post("/accesso/password/reset/", {"email": dario.email})
    work()
    assert len(mail.outbox) == before
    with pytest.raises(invitations.NotWaiting):
        row = Invitation.objects.get(person=dario)
        Invitation.objects.filter(pk=row.pk).update(withdrawn_at=timezone.now())
        invitations.accept(row, PASSWORD)


# --- Again, withdrawn, already there ---------------------------------------------------------------------


def test_inviting_again_sends_another_link_and_ends_the_former(as_: Any) -> None:
    dario = invited(as_("coordinator"))
    former = link(dario)
    act = f"/rete/persone/{dario.pk}/invito/"
    assert as_("coordinator").post(act).status_code == 302
    newer = link(dario)
    assert newer != former
    assert (Client().get(former).status_code, Client().get(newer).status_code) == (410, 200)


def test_a_withdrawn_invitation_opens_nothing_leaves_no_role_and_may_be_followed_by_another(as_: Any) -> None:
    space = demo.space("SP-MINORI")
    dario = invited(as_("coordinator"), **{f"role_{space.pk}": "1"})
    former = link(dario)
    act = f"/rete/persone/{dario.pk}/invito/"
    assert as_("coordinator").post(act, {"ritira": "1"}).status_code == 302
    assert Client().get(former).status_code == 410
    assert not Membership.objects.filter(user=dario).exists()
    assert "non è più in attesa" in text(as_("coordinator").post(act, follow=True))
    again = invited(as_("coordinator"), last_name="Nuti Rossi")
    assert (again.pk, again.last_name) == (dario.pk, "Nuti Rossi")
    assert Client().get(link(again)).status_code == 200


@pytest.mark.parametrize(
    ("who", "words"),
    [("worker", "È l’indirizzo di Elena Fedi"), ("closed", "L’account di Elena Fedi è chiuso"),
     ("invited", "Dario Nuti ha già un invito")],
)  # fmt: skip
def test_an_address_that_has_an_account_is_said_with_its_card(who: str, words: str, as_: Any, person: Any) -> None:
    if who == "closed":
        User.objects.filter(pk=person("worker").pk).update(is_active=False)
    if who == "invited":
        invited(as_("coordinator"))
    email = "dario.nuti@raccordo.example" if who == "invited" else "Elena.Fedi@raccordo.example"
    before = (User.objects.count(), Invitation.objects.count())
    answer = as_("coordinator").post("/rete/persone/invita/", asked(email=email))
    assert answer.status_code == 200 and words in text(answer) and "/rete/persone/" in text(answer)
    assert 'value="Nuti"' in text(answer)
    assert (User.objects.count(), Invitation.objects.count()) == before


def test_of_two_who_invite_one_address_the_second_is_told(person: Any) -> None:
    given = invitations.Asked("due@raccordo.example", "Una", "Persona", None)
    invitations.invite(given, by=person("coordinator"))
    with transaction.atomic(), pytest.raises(invitations.AlreadyThere):
        invitations.invite(given, by=person("administrator"))


def test_a_role_is_given_only_in_spaces_that_the_inviter_answers_for(as_: Any, person: Any) -> None:
    minors = demo.space("SP-MINORI")
    held = minors.memberships.get(user=person("coordinator"))
    minors.memberships.filter(pk=held.pk).update(role=Role.READER)
    shown = text(as_("coordinator").get("/rete/persone/invita/"))
    assert f"role_{minors.pk}" not in shown and "Terzo settore e partecipazione" in shown
    dario = invited(as_("coordinator"), **{f"role_{minors.pk}": "4"})
    assert not Membership.objects.filter(user=dario).exists()


# --- Ends ------------------------------------------------------------------------------------------------


def test_a_partner_is_not_invited_without_an_end(as_: Any) -> None:
    body = Organisation.objects.get(slug="filo-rosso").pk
    answer = as_("coordinator").post("/rete/persone/invita/", asked(organisation=body))
    assert answer.status_code == 200 and "ha sempre una fine" in text(answer)
    day = timezone.localdate() + 60 * DAY
    partner = invited(as_("coordinator"), organisation=body, valid_until=f"{day:%d/%m/%Y}")
    assert timezone.localtime(partner.valid_until).date() == day


@pytest.mark.parametrize("address", ["/rete/persone/{}/", "/admin/users/edit/{}/"])
def test_no_form_takes_the_end_from_a_partner(address: str, as_: Any, person: Any) -> None:
    partner = person("partner")
    values = {
        "email": partner.email, "first_name": "Rosanna", "last_name": "Cioni", "organisation": partner.organisation_id,
        "profession": partner.profession_id, "telephone": "", "valid_until": "", "is_active": "on",
    }  # fmt: skip
    answer = as_("administrator").post(address.format(partner.pk), values)
    assert answer.status_code == 200 and "ha sempre una fine" in text(answer)
    assert person("partner").valid_until


def test_who_gave_an_account_is_asked_thirty_and_seven_days_before_its_end(as_: Any, person: Any) -> None:
    def asks(days: int) -> list[str]:
        partner.valid_until = timezone.now() + days * DAY
        partner.save()
        return [
            todo.key for todo in feed.todos(person("coordinator")) if todo.key.startswith(f"account-end:{partner.pk}")
        ]

    partner = person("partner")
    assert asks(40) == []
    (month,) = asks(29)
    (week,) = asks(6)
    assert (month.rpartition(":")[2], week.rpartition(":")[2]) == ("30", "7")
    assert "L’account di Rosanna Cioni finisce" in text(as_("coordinator").get("/"))
    assert as_("coordinator").post(f"/rete/persone/{partner.pk}/lascia-finire/").status_code == 302
    assert ends.ask_all() and asks(6) == []  # the same end is not asked about again
    assert not [todo for todo in feed.todos(person("administrator")) if todo.key.startswith("account-end")]
    assert Obligation.objects.filter(key__startswith=f"account-end:{partner.pk}").exists()


# --- People and words ------------------------------------------------------------------------------------


def test_people_are_listed_by_name_and_state(as_: Any) -> None:
    invited(as_("coordinator"))
    client = as_("coordinator")
    assert "Nuti" in text(client.get("/rete/persone/?stato=invitati"))
    assert "Elena Fedi" not in text(client.get("/rete/persone/?stato=invitati"))
    assert "Youssef Haddad" in text(client.get("/rete/persone/?stato=in-scadenza"))
    assert "Elena Fedi" in text(client.get("/rete/persone/?nome=quarrata"))
    assert "Nuti" not in text(client.get("/rete/persone/?nome=quarrata"))


def test_whoever_learns_follows_from_the_vocabulary_not_from_words(as_: Any, person: Any) -> None:
    assert person("trainee").is_learner and not person("worker").is_learner
    rows = Profession.objects.order_by("name")
    data = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-id": row.pk, f"form-{number}-name": row.name.replace("Tirocinante", "Studente")}
        data |= {f"form-{number}-is_learner": "on"} if row.is_learner else {}
    assert as_("coordinator").post("/rete/parole/professioni/", data).status_code == 302
    assert str(person("trainee").profession) == "Studente universitaria" and person("trainee").is_learner
    assert Activity.objects.get(verb=Verb.WORDS_CHANGED).sentence == "ha cambiato l’elenco «Professioni»"


def test_a_profession_out_of_use_stays_with_its_people_and_is_offered_to_nobody(as_: Any, person: Any) -> None:
    worker = person("worker")
    Profession.objects.filter(pk=worker.profession_id).update(retired=True)
    assert worker.profession.name in text(as_("coordinator").get(f"/rete/persone/{worker.pk}/"))
    assert worker.profession.name not in text(as_("coordinator").get("/rete/persone/invita/"))


def test_a_closing_day_is_written_once_and_may_be_taken_away(as_: Any) -> None:
    client = as_("coordinator")
    sent = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 0, "form-0-day": "3/5/2027", "form-0-name": "Ponte"}
    assert client.post("/rete/parole/chiusure/", sent).status_code == 302
    assert client.post("/rete/parole/chiusure/", sent).status_code == 200
    row = Holiday.objects.get(name="Ponte")
    gone = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk, "form-0-day": "3/5/2027",
            "form-0-name": "Ponte", "form-0-DELETE": "on"}  # fmt: skip
    assert client.post("/rete/parole/chiusure/", gone).status_code == 302
    assert not Holiday.objects.filter(name="Ponte").exists()


def test_whoever_is_let_go_before_coming_finds_the_link_closed(as_: Any) -> None:
    dario = invited(as_("coordinator"))
    former = link(dario)
    assert as_("coordinator").post(f"/rete/persone/{dario.pk}/uscita/", {"to_all": ""}).status_code == 302
    assert Client().get(former).status_code == 410
    assert "Invitata" not in text(as_("coordinator").get(f"/rete/persone/{dario.pk}/"))


def test_a_profession_stands_in_the_list_once_however_it_is_written(as_: Any, person: Any) -> None:
    client, known = as_("coordinator"), person("worker").profession
    sent = {"form-TOTAL_FORMS": 3, "form-INITIAL_FORMS": 1, "form-0-id": known.pk, "form-0-name": known.name,
            "form-1-name": known.name.upper().replace(" ", "  "), "form-2-name": "Pedagogista d’équipe"}  # fmt: skip
    refused = text(client.post("/rete/parole/professioni/", sent))
    assert "C’è già, scritta così o in un altro modo." in refused and "Pedagogista d’équipe" in refused
    assert not Profession.objects.filter(name="Pedagogista d’équipe").exists()
    sent["form-1-name"] = ""
    assert client.post("/rete/parole/professioni/", sent).status_code == 302
    assert Profession.objects.filter(name="Pedagogista d’équipe").exists()


def test_a_row_that_somebody_else_took_away_is_named_and_the_rest_is_not_lost(as_: Any) -> None:
    client, gone = as_("coordinator"), Holiday.objects.create(day="2027-05-03", name="Ponte")
    pk = gone.pk
    gone.delete()
    sent = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 1, "form-0-id": pk, "form-0-day": "3/5/2027",
            "form-0-name": "Ponte lungo", "form-1-day": "4/5/2027", "form-1-name": "Fiera"}  # fmt: skip
    refused = text(client.post("/rete/parole/chiusure/", sent))
    assert "qualcuno ha tolto questa riga" in refused and "Fiera" in refused
    assert client.post("/rete/parole/chiusure/", {**sent, "form-0-DELETE": "on"}).status_code == 302
    assert Holiday.objects.filter(name="Fiera").exists()
