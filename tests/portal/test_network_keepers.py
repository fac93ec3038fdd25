"""Who coordinates the network opens, names and closes spaces and keeps its bodies, without administrators' rights."""

import re
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page

from portal import access, demo
from portal.accounts import coordinators
from portal.models import Activity, Membership, NetworkCoordinator, Organisation, Space, Term, User
from portal.models.activity import Verb
from portal.models.jobs import Job
from portal.models.pages import SpacePage, TextPage
from portal.models.spaces import Role, Visibility
from portal.spaces import opening, role_copy
from tests.portal.test_approval import propose

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- The role itself -------------------------------------------------------------------------------------


def test_an_administrator_entrusts_the_network_with_a_reason_and_it_is_seen_and_logged(as_: Any, person: Any) -> None:
    director = person("director")
    assert as_("director").get("/rete/").status_code == 404
    asked = {"person": str(director.pk), "reason": "Sostituisce Chiara", "until": ""}
    assert as_("administrator").post("/rete/coordinatori/", asked).status_code == 302
    assert as_("director").get("/rete/").status_code == 200
    for name in ("coordinator", "director", "administrator"):
        shown = text(as_(name).get("/rete/coordinatori/"))
        assert "Sostituisce Chiara" in shown and "ha affidato a Paolo Vannini il coordinamento della rete" in shown
    act = Activity.objects.filter(verb=Verb.COORDINATION_GIVEN).first()
    assert (act.by, act.note) == (person("administrator"), "Sostituisce Chiara")
    again = as_("administrator").post("/rete/coordinatori/", asked)
    assert again.status_code == 200 and "coordina già la rete" in text(again)


def test_a_coordinator_gives_the_role_to_nobody(as_: Any, person: Any) -> None:
    asked = {"person": str(person("director").pk), "reason": "Prova", "until": ""}
    assert as_("coordinator").post("/rete/coordinatori/", asked).status_code == 404
    row = NetworkCoordinator.objects.get()
    ended = f"/rete/coordinatori/{row.pk}/fine/"
    assert as_("coordinator").post(ended, {"reason": "Prova"}).status_code == 404
    assert list(access.coordinators()) == [person("coordinator")]


def test_the_role_ends_at_once_and_its_row_stays(as_: Any, person: Any) -> None:
    row = NetworkCoordinator.objects.get()
    ended = f"/rete/coordinatori/{row.pk}/fine/"
    assert as_("administrator").post(ended, {"reason": ""}).status_code == 200
    assert as_("coordinator").get("/rete/spazi/").status_code == 200
    assert as_("administrator").post(ended, {"reason": "Cambia incarico"}).status_code == 302
    assert as_("coordinator").get("/rete/spazi/").status_code == 404
    assert NetworkCoordinator.objects.get().until is not None
    assert "Cambia incarico" in text(as_("administrator").get("/rete/coordinatori/"))


def test_a_role_with_an_end_holds_until_that_day_is_over(person: Any) -> None:
    worker, now = person("worker"), timezone.now()
    row = coordinators.entrust(worker, by=person("administrator"), reason="Prova", until=now + timezone.timedelta(1))
    assert access.coordinates(person("worker"))
    NetworkCoordinator.objects.filter(pk=row.pk).update(until=now)
    assert not access.coordinates(person("worker"))


def test_the_doors_of_the_keepers_are_shown_to_them_alone(as_: Any) -> None:
    for name, shown in (("coordinator", True), ("administrator", True), ("director", False), ("partner", False)):
        assert ("/rete/spazi/" in text(as_(name).get("/"))) == shown
    assert ("/rete/enti/quarrata/" in text(as_("coordinator").get("/rubrica/enti/quarrata/"))) is True
    assert ("/rete/enti/quarrata/" in text(as_("worker").get("/rubrica/enti/quarrata/"))) is False


# --- Spaces ----------------------------------------------------------------------------------------------


def asked_space(manager: User, **more: str) -> dict[str, str]:
    return {
        "name": "Fragilità e caregiver", "purpose": "Per chi segue le famiglie.", "heading": "Gruppi di lavoro",
        "visibility": Visibility.PRIVATE, "manager": str(manager.pk), **more,
    }  # fmt: skip


def test_a_coordinator_opens_a_space_for_somebody_else_and_does_not_read_it(as_: Any, person: Any) -> None:
    elena = person("worker")
    assert as_("coordinator").post("/rete/spazi/apri/", asked_space(elena)).status_code == 302
    space = Space.objects.get(name="Fragilità e caregiver")
    assert (space.code, space.slug, space.visibility) == (
        "SP-FRAGILITA-E-CAREGIVER",
        "fragilita-e-caregiver",
        "riservato",
    )
    row = space.memberships.get()
    assert (row.user, row.role, row.expires_at, row.given_by) == (elena, Role.MANAGER, None, person("coordinator"))
    assert as_("worker").get(f"{space.get_absolute_url()}condivisione/").status_code == 200
    assert as_("coordinator").get(space.get_absolute_url()).status_code == 404
    listed = text(as_("coordinator").get("/rete/spazi/"))
    assert "Fragilità e caregiver" in listed and "ne risponde Elena Fedi" in listed
    assert as_("director").get(space.get_absolute_url()).status_code == 404
    assert Job.objects.filter(key__startswith=f"role-mail:{space.pk}:{elena.pk}").exists()


@pytest.mark.parametrize("missing", ["name", "visibility", "manager"])
def test_nothing_about_who_reads_and_answers_is_chosen_beforehand(missing: str, as_: Any, person: Any) -> None:
    client, before = as_("coordinator"), Space.objects.count()
    shown = client.get("/rete/spazi/apri/").content.decode()
    assert " checked" not in shown and '<option value="" selected>Scegli una persona</option>' in shown
    answer = client.post("/rete/spazi/apri/", asked_space(person("worker")) | {missing: ""})
    assert answer.status_code == 200 and "Controlla questi punti" in text(answer)
    assert "Per chi segue le famiglie." in text(answer)
    assert Space.objects.count() == before


def test_only_somebody_whose_account_lasts_answers_for_a_new_space(as_: Any, person: Any) -> None:
    User.objects.filter(pk=person("worker").pk).update(valid_until=timezone.now() + timezone.timedelta(3))
    assert as_("coordinator").post("/rete/spazi/apri/", asked_space(person("worker"))).status_code == 200
    assert not Space.objects.filter(name="Fragilità e caregiver").exists()


def test_an_address_that_a_page_has_gets_the_first_free_number_and_a_long_one_is_cut_at_forty(
    as_: Any, person: Any
) -> None:
    home = demo.space("SP-RETE").root_page
    for slug in ("accoglienza", "accoglienza-2"):
        home.add_child(instance=TextPage(title="Accoglienza", slug=slug, change_note="Nuova."))
    names = {"Accoglienza": "accoglienza-3", "Sportello anziani " + "a" * 30: "sportello-anziani-" + "a" * 22}
    for name, slug in names.items():
        as_("coordinator").post("/rete/spazi/apri/", asked_space(person("worker"), name=name))
        assert Space.objects.get(name=name).slug == slug


def test_the_headings_that_spaces_have_are_offered_once_each(as_: Any) -> None:
    Space.objects.update(heading="")
    Space.objects.filter(code__in=["SP-RETE", "SP-MINORI"]).update(heading="Tavoli tematici")
    shown = as_("coordinator").get("/rete/spazi/apri/").content.decode()
    assert shown.count('<option value="Tavoli tematici"></option>') == 1
    assert re.findall(r'<datalist id="heading-offerti">\s*(.*?)\s*</datalist>', shown, re.DOTALL) == [
        '<option value="Tavoli tematici"></option>'
    ]


def test_two_spaces_of_one_name_and_of_one_address(as_: Any, person: Any) -> None:
    client = as_("coordinator")
    client.post("/rete/spazi/apri/", asked_space(person("worker")))
    twice = client.post("/rete/spazi/apri/", asked_space(person("worker"), name="fragilità  e Caregiver"))
    assert "C’è già uno spazio con questo nome: «Fragilità e caregiver»." in text(twice)
    plain = client.post("/rete/spazi/apri/", asked_space(person("worker"), name="FRAGILITA e caregiver"))
    assert "C’è già uno spazio con questo nome" in text(plain)
    assert (
        client.post("/rete/spazi/apri/", asked_space(person("worker"), name="Fragilita e caregiver!")).status_code
        == 302
    )
    assert Space.objects.get(name="Fragilita e caregiver!").slug == "fragilita-e-caregiver-2"


def test_a_space_changes_its_name_and_keeps_its_address_and_what_editors_had_begun(as_: Any, person: Any) -> None:
    space = demo.space("SP-MODULI")
    page = SpacePage.objects.get(pk=space.root_page_id)
    page.intro = "Una presentazione cominciata."
    page.save_revision(user=person("office"))
    asked = {"name": "Moduli e schede", "purpose": space.purpose, "heading": "Per tutti"}
    assert as_("coordinator").post(f"/rete/spazi/{space.pk}/", asked).status_code == 302
    after = demo.space("SP-MODULI")
    assert (after.name, after.heading, after.slug, after.collection.name) == (
        "Moduli e schede", "Per tutti", "modulistica", "Moduli e schede",
    )  # fmt: skip
    page = SpacePage.objects.get(pk=page.pk)
    draft = page.get_latest_revision_as_object()
    assert (page.title, page.intro != draft.intro, draft.title) == ("Moduli e schede", True, "Moduli e schede")
    assert "Per tutti" in text(as_("worker").get("/spazi/"))


def test_in_a_closed_space_people_read_and_nobody_writes(as_: Any, person: Any) -> None:
    space = demo.space("SP-MINORI")
    root = space.root_page
    closed = f"/rete/spazi/{space.pk}/chiudi/"
    assert as_("worker_minors").get("/spazi/minori/nuovo/").status_code == 200
    assert as_("coordinator").post(closed, {"reason": ""}).status_code == 200
    assert not demo.space("SP-MINORI").is_closed
    assert as_("coordinator").post(closed, {"reason": "Progetto finito"}).status_code == 302
    assert as_("worker_minors").get("/p/PR-04/").status_code == 200
    assert "Spazio chiuso" in text(as_("worker_minors").get("/spazi/minori/"))
    assert "Puoi pubblicare" not in text(as_("coordinator").get("/spazi/minori/"))
    assert "decidere chi lo legge" in text(as_("coordinator").get("/spazi/minori/"))
    for name in ("worker_minors", "coordinator", "director"):
        assert as_(name).get("/spazi/minori/nuovo/").status_code == 403
        assert not access.allowed(Page.objects.filter(path__startswith=root.path), person(name), "edit").exists()
    assert as_("coordinator").get("/spazi/minori/condivisione/").status_code == 200
    assert role_copy.sync_space(demo.space("SP-MINORI")) == 0
    assert "Chiusi" in text(as_("worker_minors").get("/spazi/"))
    assert as_("coordinator").post(closed, {"reason": "Riprende"}).status_code == 302
    assert as_("worker_minors").get("/spazi/minori/nuovo/").status_code == 200
    verbs = Activity.objects.filter(space=space, verb__in=[Verb.SPACE_CLOSED, Verb.SPACE_REOPENED])
    assert [(act.by, act.note) for act in verbs.order_by("pk")] == [
        (person("coordinator"), "Progetto finito"), (person("coordinator"), "Riprende"),
    ]  # fmt: skip


def test_whoever_answers_for_a_page_corrects_it_no_more_in_a_closed_space(person: Any) -> None:
    space, nadia = demo.space("SP-MINORI"), person("worker_minors")
    page = TextPage(title="Sua", slug="sua", summary="Sua", responsible=nadia)
    demo.publish(space.root_page, page, on=0, by=person("coordinator"))
    assert access.can(person("worker_minors"), "edit", page)
    opening.close_space(space, by=person("coordinator"), reason="Prova")
    assert not access.can(person("worker_minors"), "edit", page)
    assert not access.answers_for(person("worker_minors"), page)


def test_a_space_in_which_something_waits_for_approval_is_not_closed(as_: Any, person: Any) -> None:
    page = Page.objects.get(slug="md-01").specific
    page.title, page.change_note = "Scheda con la betulla", "La betulla."
    propose(page, person("worker"))
    space = demo.space("SP-MODULI")
    answer = as_("coordinator").post(f"/rete/spazi/{space.pk}/chiudi/", {"reason": "Prova"})
    assert "1 pagina aspetta di essere approvata o pubblicata" in text(answer)
    assert not demo.space("SP-MODULI").is_closed


# --- Bodies ----------------------------------------------------------------------------------------------

BODY = {
    "name": "Comune di Pescia", "kind": "comune", "area": "valdinievole", "organs": "Giunta\n\nConsiglio\nGiunta",
    "telephone": "0573 000 399", "email": "", "patron_saint": "Santa Dorotea", "patron_on": "6/2",
}  # fmt: skip


def test_a_coordinator_adds_a_body_with_organs_and_local_holiday(as_: Any, person: Any) -> None:
    assert as_("coordinator").post("/rete/enti/nuovo/", BODY).status_code == 302
    body = Organisation.objects.get(name="Comune di Pescia")
    assert [organ.name for organ in body.organs.all()] == ["Giunta", "Consiglio"]
    assert (body.slug, body.patron_in(2027).isoformat()) == ("comune-di-pescia", "2027-02-06")
    shown = text(as_("worker").get("/rubrica/enti/comune-di-pescia/"))
    assert "Giunta, Consiglio" in shown and "Santa Dorotea" in shown and "6 febbraio" in shown
    act = Activity.objects.get(verb=Verb.BODY_ADDED)
    assert (act.by, act.sentence) == (person("coordinator"), "ha aggiunto l’ente «Comune di Pescia»")


def test_a_body_is_changed_and_its_organs_keep_their_order(as_: Any) -> None:
    client = as_("coordinator")
    client.post("/rete/enti/nuovo/", BODY)
    changed = {**BODY, "organs": "Consiglio\nGiunta\nSindaco", "patron_on": ""}
    assert client.post("/rete/enti/comune-di-pescia/", changed).status_code == 302
    body = Organisation.objects.get(slug="comune-di-pescia")
    assert [organ.name for organ in body.organs.all()] == ["Consiglio", "Giunta", "Sindaco"]
    assert body.patron_in(2027) is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "comune di  PISTOIA", "C’è già un ente con questo nome: «Comune di Pistoia»."),
        ("name", "Societa della Salute Pistoiése", "C’è già un ente con questo nome"),
        ("patron_on", "31/2", "Questo giorno non c’è nel calendario"),
        ("patron_on", "luglio", "Scrivi giorno e mese"),
        ("telephone", "chiedi a Rosa", "Scrivi un numero di telefono"),
        ("organs", "x" * 121, "è troppo lungo"),
    ],
)
def test_what_a_body_cannot_be_is_said_and_nothing_typed_is_lost(field: str, value: str, words: str, as_: Any) -> None:
    answer = as_("coordinator").post("/rete/enti/nuovo/", {**BODY, field: value})
    assert answer.status_code == 200
    assert words in text(answer) and "Santa Dorotea" in text(answer) and value in answer.content.decode()
    assert not Organisation.objects.filter(name="Comune di Pescia").exists()


@pytest.mark.parametrize("name", ["worker", "director", "partner", "anonymous"])
def test_nobody_else_keeps_spaces_and_bodies(name: str, as_: Any, person: Any) -> None:
    client, before = as_(name), (Space.objects.count(), Organisation.objects.count(), Membership.objects.count())
    space = demo.space("SP-RETE")
    expected = 302 if name == "anonymous" else 404
    for address, sent in {
        "/rete/spazi/apri/": asked_space(person("worker")), f"/rete/spazi/{space.pk}/": {"name": "Altro"},
        f"/rete/spazi/{space.pk}/chiudi/": {"reason": "Prova"}, "/rete/enti/nuovo/": BODY,
        "/rete/enti/quarrata/": BODY,
    }.items():  # fmt: skip
        assert client.post(address, sent).status_code == expected, address
    assert (Space.objects.count(), Organisation.objects.count(), Membership.objects.count()) == before
    assert demo.space("SP-RETE").name == "Rete dei servizi sociali" and not demo.space("SP-RETE").is_closed


def test_what_is_ended_or_taken_away_twice_is_said_to_be_gone(as_: Any, person: Any) -> None:
    row = coordinators.entrust(person("office"), by=person("administrator"), reason="Prova")
    client, address = as_("administrator"), f"/rete/coordinatori/{row.pk}/fine/"
    client.post(address, {"reason": "Basta"})
    for answer in (client.get(address, follow=True), client.post(address, {"reason": "Basta"}, follow=True)):
        assert "Questo coordinamento è già finito." in text(answer)
    term = f"/rete/glossario/{Term.objects.get(term='UVM').pk}/togli/"
    assert "Tolto dal glossario." in text(client.post(term, follow=True))
    assert "Questa parola non c’è più." in text(client.post(term, follow=True))
