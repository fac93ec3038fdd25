"""A person changes body, is away, leaves: from a day to a day, and nothing stays without an owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from wagtail.models import Page

from coordination.models import Action, MeetingPage
from portal import access, demo
from portal.accounts import coordinators, ends, handover, left_behind, working_life
from portal.models import (
    Absence,
    Delegation,
    Job,
    Membership,
    NetworkCoordinator,
    Obligation,
    Organisation,
    Placement,
    User,
)
from portal.models.activity import Activity, Verb
from portal.models.delegations import Purpose
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.notices import feed, obligations
from portal.notices.obligations import Duty
from portal.pages import approval
from portal.spaces import opening, roles
from tests.test_doors import action_of

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

DAY = timedelta(days=1)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def typed(day: Any) -> str:
    return f"{day:%d/%m/%Y}"


@pytest.fixture
def today() -> Any:
    return timezone.localdate()


# --- Another body ----------------------------------------------------------------------------------------


def test_who_changes_body_today_gets_its_spaces_and_the_former_one_ends_yesterday(
    as_: Any, person: Any, today: Any
) -> None:
    elena, ausl = person("worker"), Organisation.objects.get(slug="ausl")
    asked = {"kind": "ente", "organisation": ausl.pk, "since": typed(today), "until": ""}
    assert as_("coordinator").post(f"/rete/persone/{elena.pk}/ente/", asked).status_code == 302
    assert person("worker").organisation == ausl
    assert access.is_of(person("worker"), ausl.group_id)
    rows = Placement.objects.filter(person=elena).order_by("since").values_list("organisation__slug", "until")
    assert list(rows) == [("quarrata", today - DAY), ("ausl", None)]
    shown = text(as_("coordinator").get(f"/rete/persone/{elena.pk}/"))
    assert "Comune di Quarrata" in shown and "Azienda USL Toscana Centro" in shown
    assert Activity.objects.filter(verb=Verb.PERSON_CHANGED, sentence__contains="ha spostato Elena Fedi").exists()


def test_who_changes_body_next_week_changes_then(as_: Any, person: Any, today: Any) -> None:
    elena, ausl = person("worker"), Organisation.objects.get(slug="ausl")
    asked = {"kind": "ente", "organisation": ausl.pk, "since": typed(today + 7 * DAY), "until": ""}
    assert as_("coordinator").post(f"/rete/persone/{elena.pk}/ente/", asked).status_code == 302
    assert working_life.settle_moves() == 0
    assert person("worker").organisation.slug == "quarrata"
    Placement.objects.filter(person=elena).update(since=today - 9 * DAY)
    Placement.objects.filter(person=elena, organisation=ausl).update(since=today)
    assert (working_life.settle_moves(), working_life.settle_moves()) == (1, 0)
    assert person("worker").organisation == ausl


def test_a_seat_elsewhere_is_said_and_opens_nothing(as_: Any, person: Any, today: Any) -> None:
    irene, quarrata = person("hospital_worker"), Organisation.objects.get(slug="quarrata")
    before = access.standing(person("hospital_worker")).roles
    asked = {"kind": "sede", "organisation": quarrata.pk, "since": typed(today), "until": ""}
    assert as_("coordinator").post(f"/rete/persone/{irene.pk}/ente/", asked).status_code == 302
    assert "presso Comune di Quarrata" in text(as_("worker").get(f"/rubrica/persone/{irene.pk}/"))
    assert access.standing(person("hospital_worker")).roles == before
    assert person("hospital_worker").organisation.slug == "ausl"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"organisation": "quarrata"}, "È già il suo ente."),
        ({"organisation": "filo-rosso"}, "ha sempre una fine"),
        ({"until": "31/12/2099"}, "L’ente dura finché non ne comincia un altro"),
        ({"since": "31/02/2027"}, "Controlla questi punti"),
    ],
)
def test_a_move_that_cannot_be_is_said(change: dict[str, str], words: str, as_: Any, person: Any, today: Any) -> None:
    elena = person("worker")
    asked = {"kind": "ente", "organisation": "ausl", "since": typed(today), "until": "", **change}
    asked["organisation"] = str(Organisation.objects.get(slug=asked["organisation"]).pk)
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/ente/", asked)
    assert answer.status_code == 200 and words in text(answer)
    assert not Placement.objects.filter(person=elena).exists()


# --- Away ------------------------------------------------------------------------------------------------


def test_while_somebody_is_away_the_substitute_finds_what_is_owed_and_may_do_it(
    as_: Any, person: Any, today: Any
) -> None:
    elena, davide = person("worker"), person("worker_minors_plain")
    pk = action_of("r-02", "elena")
    own = f"/riunioni/azioni/{pk}/"
    assert as_("worker_minors_plain").get(own).status_code == 404
    asked = {"since": typed(today), "until": typed(today + 9 * DAY), "substitute": davide.pk}
    assert as_("coordinator").post(f"/rete/persone/{elena.pk}/assenza/", asked).status_code == 302
    owed = {todo.title: todo.why for todo in feed.todos(person("worker_minors_plain"))}
    action = Action.objects.get(pk=pk)
    assert "tocca a Elena Fedi, che è assente" in owed[action.text]
    assert action.text in {todo.title for todo in feed.todos(person("worker"))}
    assert "la sostituisce Davide Tesi" in text(as_("worker_minors").get(f"/rubrica/persone/{elena.pk}/"))
    assert as_("worker_minors_plain").post(own, {"note": "Fatto io"}).status_code == 302
    assert Action.objects.get(pk=pk).done_at and person("worker")
    assert Activity.objects.filter(verb=Verb.ACTION_CLOSED).first().by == davide


def test_who_stands_in_is_named_to_those_alone_who_may_look_that_person_up(as_: Any, person: Any, today: Any) -> None:
    stranger = User.objects.create(email="zita@raccordo.example", first_name="Zita", last_name="Ignota")
    elena = person("worker")
    Absence.objects.create(person=elena, since=today, until=today + 3 * DAY, substitute=stranger)
    for name, sees in (("coordinator", True), ("newcomer", False), ("worker", True)):  # Elena is told, too
        card = text(as_(name).get(f"/rubrica/persone/{elena.pk}/"))
        assert "Assente" in card and ("Ignota" in card) == sees, name


def test_after_the_absence_the_substitute_finds_nothing_more(as_: Any, person: Any, today: Any) -> None:
    elena, davide = person("worker"), person("worker_minors_plain")
    row = working_life.be_away(elena, since=today, until=today, substitute=davide, by=person("coordinator"))
    mine = [todo for todo in feed.todos(person("worker_minors_plain")) if "Elena Fedi" in todo.why]
    assert mine
    ended = f"/rete/persone/{elena.pk}/assenza/{row.pk}/fine/"
    assert as_("coordinator").post(ended).status_code == 302
    assert not [todo for todo in feed.todos(person("worker_minors_plain")) if "Elena Fedi" in todo.why]
    assert not Absence.objects.exists()


def test_learning_stays_the_absent_person_s_own(person: Any, today: Any) -> None:
    from training.models import LessonDone

    giulia, davide = person("trainee"), person("worker_minors_plain")
    working_life.be_away(giulia, since=today, until=today, substitute=davide, by=person("coordinator"))
    rows = LessonDone.objects.filter(user=giulia)
    assert not access.allowed(rows, person("worker_minors_plain")).exists()


def test_an_absence_needs_its_days_in_order(as_: Any, person: Any, today: Any) -> None:
    elena = person("worker")
    for until in (typed(today - DAY), "", typed(today + DAY)):
        asked = {"since": typed(today + 2 * DAY), "until": until, "substitute": ""}
        assert as_("coordinator").post(f"/rete/persone/{elena.pk}/assenza/", asked).status_code == 200
    assert not Absence.objects.exists()


# --- Leaving ---------------------------------------------------------------------------------------------


def packs(as_: Any, leaver: User) -> Any:
    return as_("coordinator").get(f"/rete/persone/{leaver.pk}/uscita/")


def test_everything_in_somebody_s_hands_is_on_one_screen_and_passes_on_or_ends(as_: Any, person: Any) -> None:
    elena, nadia = person("worker"), person("worker_minors")
    obligations.ask([elena], "prova:1", obligations.Duty("Una cosa sciolta", "Apri", "perché sì", "/"))
    shown = text(packs(as_, elena))
    for words in ("Pagine di cui risponde", "Azioni delle riunioni", "Deleghe", "Una cosa sciolta"):
        assert words in shown, words
    pages = list(Page.objects.filter(owner=elena).values_list("pk", flat=True))
    actions = list(Action.objects.filter(person=elena, done_at=None, withdrawn_at=None).values_list("pk", flat=True))
    assert pages and actions
    client = as_("worker")
    assert client.get("/profilo/").status_code == 200
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": nadia.pk})
    assert answer.status_code == 302, answer.context["form"].errors
    assert client.get("/profilo/").status_code == 302  # the open session ended at once
    assert not person("worker").is_active
    assert set(Page.objects.filter(pk__in=pages).values_list("owner", flat=True)) == {nadia.pk}
    assert set(Action.objects.filter(pk__in=actions).values_list("person", flat=True)) == {nadia.pk}
    assert not Delegation.objects.current(timezone.localdate()).filter(person=elena).exists()
    assert Delegation.objects.current().filter(person=nadia, organisation__slug="quarrata").count() == 3
    assert not Obligation.objects.filter(person=elena, settled_at=None).exists()
    assert Obligation.objects.filter(person=nadia, key="prova:1", settled_at=None).exists()
    assert not elena.memberships.exists()
    assert handover.items(person("worker"), person("administrator")) == []
    assert Activity.objects.filter(verb=Verb.PERSON_LEFT, by=person("coordinator")).exists()


def test_nothing_is_handed_over_while_one_thing_has_nobody(as_: Any, person: Any) -> None:
    elena = person("worker")
    before = list(Page.objects.filter(owner=elena).values_list("pk", flat=True))
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": ""})
    assert answer.status_code == 200 and "niente resta senza qualcuno" in text(answer)
    assert person("worker").is_active
    assert list(Page.objects.filter(owner=elena).values_list("pk", flat=True)) == before


def test_what_comes_into_somebody_s_hands_while_they_are_emptied_stops_it(
    as_: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    elena, nadia, leave = person("worker"), person("worker_minors"), handover.leave

    def after_something_new(*args: Any, **kwargs: Any) -> None:
        obligations.ask([elena], "prova:2", Duty("Arrivata adesso", "Apri", "perché sì", "/"))
        leave(*args, **kwargs)

    monkeypatch.setattr(handover, "leave", after_something_new)
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": nadia.pk})
    assert answer.status_code == 200 and "Nel frattempo è arrivata un’altra cosa: ricarica la pagina." in text(answer)
    assert person("worker").is_active and elena.memberships.exists()


def test_who_is_asked_for_what_was_left_behind_is_asked_wholly_or_not_at_all(
    person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database is locked")

    User.objects.filter(pk=person("worker").pk).update(is_active=False)
    with monkeypatch.context() as broken:
        broken.setattr(obligations, "settle", fails)
        with pytest.raises(OperationalError):
            left_behind.ask_about(person("worker"))
    asked = Obligation.objects.filter(key=f"{left_behind.HANDS}:{person('worker').pk}")
    assert not asked.exists()
    assert left_behind.ask_about(person("worker")) and asked.exists()


def test_a_page_passes_only_to_somebody_who_reads_it_and_all_or_nothing(as_: Any, person: Any) -> None:
    elena, partner = person("worker"), person("partner")
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": partner.pk})
    assert answer.status_code == 200 and "Rosanna Cioni non legge" in text(answer)
    assert person("worker").is_active
    assert not Page.objects.filter(owner=partner, slug__startswith="sportello-quarrata").exists()


def test_an_older_text_published_later_does_not_bring_the_former_owner_back(person: Any) -> None:
    elena, nadia = person("worker"), person("worker_minors")
    page = Page.objects.filter(owner=elena, live=True).first().specific
    page.save_revision(user=person("coordinator"))
    given = {item.key: nadia for item in handover.items(elena, person("coordinator"))}
    handover.leave(elena, given, by=person("coordinator"))
    after = Page.objects.get(pk=page.pk)
    after.get_latest_revision().publish(user=person("coordinator"))
    assert Page.objects.get(pk=page.pk).specific.responsible == nadia


def test_an_action_stays_with_its_new_owner_when_the_minutes_are_published_again(person: Any) -> None:
    elena, nadia = person("worker"), person("worker_minors")
    given = {item.key: nadia for item in handover.items(elena, person("coordinator"))}
    pk = action_of("r-02", "elena")
    handover.leave(elena, given, by=person("coordinator"))
    meeting = MeetingPage.objects.get(slug="r-02")
    meeting.change_note = "Un refuso."
    meeting.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    action = Action.objects.get(pk=pk)
    assert (action.person, action.handed_from) == (nadia, elena)


def test_the_only_responsabile_names_another_before_leaving(as_: Any, person: Any) -> None:
    chiara, paolo = person("coordinator"), person("director")
    titles = [item.title for item in handover.items(chiara, person("administrator")) if item.key.startswith("space:")]
    assert "Tutela minori e famiglie" in titles
    answer = as_("administrator").post(f"/rete/persone/{chiara.pk}/uscita/", {"to_all": paolo.pk})
    assert answer.status_code == 302, answer.context["form"].errors
    assert access.managers(demo.space("SP-MINORI")) == [paolo]
    assert not NetworkCoordinator.objects.current().exists()


def test_a_page_that_the_coordinator_does_not_read_is_not_named(as_: Any, person: Any) -> None:
    minors, nadia, chiara = demo.space("SP-MINORI"), person("worker_minors"), person("coordinator")
    page = TextPage(title="Una cosa riservata", slug="riservata", summary="Riservata", responsible=nadia)
    demo.publish(minors.root_page, page, on=0, by=chiara)
    roles.give_role(minors, person("director"), Role.MANAGER, by=person("administrator"))
    roles.take_role(minors.memberships.get(user=chiara), by=person("administrator"))
    for slug, words in (("riservata", "Leggi la riservata"), ("pr-01", "Leggi quella di tutti")):
        read = Page.objects.get(slug=slug)
        duty = obligations.Duty(words, "Leggi", "perché sì", read.url, page=read.pk, needs="view")
        obligations.ask([nadia], f"prova:{slug}", duty)
    shown = text(packs(as_, nadia))
    assert "una pagina di uno spazio che non leggi" in shown and "Una cosa riservata" not in shown
    assert "Leggi quella di tutti" in shown and "una cosa da fare su una pagina che non leggi" in shown
    assert "Leggi la riservata" not in shown


def test_a_closed_account_opens_again_without_its_roles(as_: Any, person: Any) -> None:
    tommaso = person("newcomer")
    given = {item.key: person("worker_minors") for item in handover.items(tommaso, person("coordinator"))}
    handover.leave(tommaso, given, by=person("coordinator"))
    assert "Account chiuso" in text(as_("coordinator").get("/rete/persone/?stato=chiusi"))
    assert as_("coordinator").post(f"/rete/persone/{tommaso.pk}/riapri/").status_code == 302
    assert person("newcomer").is_active
    assert as_("newcomer").get("/profilo/").status_code == 200


def test_nobody_closes_the_own_account_or_an_administrator_s(as_: Any, person: Any) -> None:
    chiara, admin = person("coordinator"), person("administrator")
    assert as_("coordinator").post(f"/rete/persone/{chiara.pk}/uscita/", {"to_all": "1"}).status_code == 302
    assert as_("coordinator").post(f"/rete/persone/{admin.pk}/uscita/", {"to_all": "1"}).status_code == 403
    assert person("coordinator").is_active and person("administrator").is_active


def test_who_goes_to_another_body_is_told_of_while_still_acting_for_the_former(
    as_: Any, person: Any, today: Any
) -> None:
    elena, ausl = person("worker"), Organisation.objects.get(slug="ausl")
    asked = {"kind": "ente", "organisation": ausl.pk, "since": typed(today), "until": ""}
    said = text(as_("coordinator").post(f"/rete/persone/{elena.pk}/ente/", asked, follow=True))
    assert "Elena Fedi agisce ancora a nome di Comune di Quarrata" in said
    assert "Agisce a nome di" in said and said.count("/rete/enti/quarrata/deleghe/") == 4  # the word, and her three
    Delegation.objects.filter(person=elena).update(valid_until=today - DAY, valid_from=today - 2 * DAY)
    assert "Agisce a nome di" not in text(as_("coordinator").get(f"/rete/persone/{elena.pk}/"))


def test_nobody_is_away_twice_on_one_day_and_an_absence_ends_once(as_: Any, person: Any, today: Any) -> None:
    elena, coordinator = person("worker"), as_("coordinator")
    row = working_life.be_away(
        elena, since=today - DAY, until=today + 5 * DAY, substitute=None, by=person("coordinator")
    )
    asked = {"since": typed(today + 5 * DAY), "until": typed(today + 9 * DAY), "substitute": ""}
    refused = text(coordinator.post(f"/rete/persone/{elena.pk}/assenza/", asked))
    assert "È già assente" in refused and typed(today + 9 * DAY) in refused
    asked["since"] = typed(today + 6 * DAY)
    assert coordinator.post(f"/rete/persone/{elena.pk}/assenza/", asked).status_code == 302
    ended = f"/rete/persone/{elena.pk}/assenza/{row.pk}/fine/"
    assert "Assenza finita." in text(coordinator.post(ended, follow=True))
    assert "Questa assenza era già finita." in text(coordinator.post(ended, follow=True))


def test_an_account_closed_by_an_administrator_says_what_it_leaves_and_that_is_handed_over(
    as_: Any, person: Any
) -> None:
    irene, davide = person("hospital_worker"), person("worker_minors_plain")
    pack, card = f"/rete/persone/{irene.pk}/uscita/", f"/rete/persone/{irene.pk}/"
    form = as_("administrator").get(f"/admin/users/edit/{irene.pk}/").context["form"]
    sent = {name: field.value() for name, field in ((field.html_name, field) for field in form) if field.value()}
    sent.pop("is_active")
    answer = as_("administrator").post(f"/admin/users/edit/{irene.pk}/", sent, follow=True)
    assert "aveva in mano resta senza nessuno" in text(answer) and pack in text(answer)
    assert not person("hospital_worker").is_active
    assert pack in text(as_("coordinator").get(card))
    assert as_("coordinator").post(pack, {"to_all": davide.pk}).status_code == 302
    assert handover.items(person("hospital_worker"), person("administrator")) == []
    assert pack not in text(as_("coordinator").get(card))


def asked_of(person: User, key: str) -> Obligation | None:
    return next((row for row in obligations.open_of(person) if row.key == key), None)


def test_what_a_closed_account_leaves_is_asked_of_who_coordinates_until_it_is_handed_over(
    as_: Any, person: Any
) -> None:
    irene, davide, chiara = person("hospital_worker"), person("worker_minors_plain"), person("coordinator")
    key = f"left:{irene.pk}"
    User.objects.filter(pk=irene.pk).update(valid_until=timezone.now() - DAY)  # by its own end, at no door
    assert asked_of(chiara, key) is None
    assert left_behind.ask_all() >= 1
    asked = asked_of(chiara, key)
    assert asked and asked.title == f"L’account di {irene} è chiuso: passa le consegne"
    assert asked.title in text(as_("coordinator").get("/"))
    assert asked_of(davide, key) is None
    assert as_("coordinator").post(asked.url, {"to_all": davide.pk}).status_code == 302
    assert asked_of(chiara, key) is None
    left_behind.ask_all()
    assert asked_of(chiara, key) is None


def test_an_account_that_opens_again_keeps_what_it_had_and_nobody_is_asked(person: Any) -> None:
    irene, chiara = person("hospital_worker"), person("coordinator")
    irene.is_active = False
    irene.save()
    assert asked_of(chiara, f"left:{irene.pk}")
    working_life.come_back(irene, by=chiara)
    assert asked_of(chiara, f"left:{irene.pk}") is None


def test_who_has_nothing_in_hand_closes_without_a_word(person: Any) -> None:
    giulia, chiara = person("trainee"), person("coordinator")
    own = Duty(title="Leggi", verb="Leggi", why="per te", url="/")
    obligations.ask([giulia], "her-own", own)
    giulia.is_active = False
    giulia.save()
    assert asked_of(chiara, f"left:{giulia.pk}") is None


def test_a_planned_move_that_would_leave_a_space_to_nobody_is_said_and_asked_until_it_takes_place(
    as_: Any, person: Any, today: Any
) -> None:
    chiara, elena, ausl = person("coordinator"), person("worker"), Organisation.objects.get(slug="ausl")
    space = opening.open_space("SP-SOLO", "Spazio dell’ente", slug="ente-solo", by=chiara)
    roles.give_role(space, elena.organisation.group, Role.MANAGER, by=chiara)
    for membership in space.memberships.filter(user__isnull=False):
        roles.take_role(membership, by=chiara)
    User.objects.filter(organisation=elena.organisation).exclude(pk=elena.pk).update(is_active=False)
    asked = {"kind": "ente", "organisation": ausl.pk, "since": typed(today + 7 * DAY), "until": ""}
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/ente/", asked, follow=True)
    assert "resterebbe senza responsabile «Spazio dell’ente»" in text(answer)
    assert "Il passaggio aspetta" not in text(answer)
    Placement.objects.filter(person=elena, organisation=ausl).update(since=today)
    Placement.objects.filter(person=elena, organisation=elena.organisation).update(until=today - DAY)
    assert working_life.settle_moves() == 0
    waiting = asked_of(chiara, f"move-waits:{elena.pk}")
    assert waiting and "«Spazio dell’ente»" in waiting.why
    assert "Il passaggio aspetta: senza responsabile resterebbe «Spazio dell’ente»." in text(
        as_("coordinator").get(waiting.url)
    )
    roles.give_role(space, chiara, Role.MANAGER, by=chiara)
    assert working_life.settle_moves() == 1
    assert asked_of(chiara, f"move-waits:{elena.pk}") is None
    assert "Il passaggio aspetta" not in text(as_("coordinator").get(waiting.url))


def test_an_absence_says_in_whose_name_nobody_acts_meanwhile(as_: Any, person: Any, today: Any) -> None:
    elena, davide, chiara = person("worker"), person("worker_minors_plain"), person("coordinator")
    body = elena.organisation
    Delegation.objects.filter(organisation=body).delete()
    given = {"organisation": body, "purpose": Purpose.ADOPTION, "valid_from": today, "given_by": chiara}
    row = Delegation.objects.create(person=elena, **given)
    form = {"since": typed(today), "until": typed(today + 3 * DAY), "substitute": person("worker_minors").pk}

    def said() -> str:
        elena.absences.all().delete()
        return text(as_("coordinator").post(f"/rete/persone/{elena.pk}/assenza/", form, follow=True))

    warned = f"nessun altro agisce a nome di {body} (recepisce i testi della rete)"
    assert warned in said()
    other = Delegation.objects.create(person=davide, **given)
    assert warned not in said()
    Absence.objects.create(person=davide, since=today, until=today + 9 * DAY, given_by=chiara)
    assert warned in said()
    other.delete()
    Delegation.objects.filter(pk=row.pk).update(substitute=chiara)
    assert warned not in said()


def test_an_absence_says_so_where_the_substitute_is_away_too_or_somebody_else_on_some_of_the_days(
    as_: Any, person: Any, today: Any
) -> None:
    elena, davide, chiara = person("worker"), person("worker_minors_plain"), person("coordinator")
    body = elena.organisation
    Delegation.objects.filter(organisation=body).delete()
    given = {"organisation": body, "purpose": Purpose.ADOPTION, "valid_from": today, "given_by": chiara}
    Delegation.objects.create(person=elena, substitute=davide, **given)
    Delegation.objects.create(person=elena, **{**given, "valid_from": today - DAY})  # said once
    warned = f"nessun altro agisce a nome di {body} (recepisce i testi della rete)"

    def said(who: User) -> str:
        who.absences.all().delete()
        form = {"since": typed(today), "until": typed(today + 3 * DAY), "substitute": ""}
        return text(as_("coordinator").post(f"/rete/persone/{who.pk}/assenza/", form, follow=True))

    assert warned not in said(elena)
    Absence.objects.create(person=davide, since=today + 2 * DAY, until=today + 9 * DAY, given_by=chiara)
    assert warned in said(elena)
    assert warned in said(davide)  # the substitute, while the delegate is away
    elena.absences.all().delete()
    assert warned not in said(davide)
    User.objects.filter(pk=davide.pk).update(is_active=False)
    davide.absences.all().delete()
    assert warned in said(elena)


def written(person: Any, kind: str) -> list[tuple[Any, ...]]:
    rows = Placement.objects.filter(person=person, kind=kind).order_by("since")
    return list(rows.values_list("organisation__slug", "since", "until"))


def test_a_seat_for_some_weeks_leaves_what_was_before_and_what_is_written_for_later(
    as_: Any, person: Any, today: Any
) -> None:
    elena, desk = person("worker"), as_("coordinator")
    bodies = {each.slug: each.pk for each in Organisation.objects.all()}

    def sits(slug: str, since: int, until: int | None = None) -> str:
        days = {"since": typed(today + since * DAY), "until": typed(today + until * DAY) if until else ""}
        asked = {"kind": "sede", "organisation": bodies[slug], **days}
        return text(desk.post(f"/rete/persone/{elena.pk}/ente/", asked, follow=True))

    sits("pistoia", -30)
    sits("marliana", 90)
    assert "Prende il posto" not in sits("agliana", 5, 30)
    assert written(elena, "sede") == [
        ("pistoia", today - 30 * DAY, today + 4 * DAY), ("agliana", today + 5 * DAY, today + 30 * DAY),
        ("pistoia", today + 31 * DAY, today + 89 * DAY), ("marliana", today + 90 * DAY, None),
    ]  # fmt: skip
    (some_weeks,) = Placement.objects.filter(person=elena, organisation__slug="agliana")
    desk.post(f"/rete/persone/{elena.pk}/ente/{some_weeks.pk}/togli/")
    assert written(elena, "sede") == [
        ("pistoia", today - 30 * DAY, today + 89 * DAY), ("marliana", today + 90 * DAY, None),
    ]  # fmt: skip
    sits("agliana", 5, 30)
    assert "Prende il posto di «Comune di Marliana»" in sits("montale", 60)
    assert written(elena, "sede")[-1] == ("montale", today + 60 * DAY, None)
    refused = sits("ausl", -40)
    assert "è già scritto «Comune di Pistoia»: quello che cambia comincia dopo" in refused
    assert written(elena, "sede")[0] == ("pistoia", today - 30 * DAY, today + 4 * DAY)


def test_a_change_of_body_that_is_planned_is_taken_back_before_it_begins(as_: Any, person: Any, today: Any) -> None:
    elena, desk = person("worker"), as_("coordinator")
    card = f"/rete/persone/{elena.pk}/"
    ausl = Organisation.objects.get(slug="ausl")
    asked = {"kind": "ente", "organisation": ausl.pk, "since": typed(today + 7 * DAY), "until": ""}
    assert "non comincerà" not in text(desk.get(card))
    desk.post(f"{card}ente/", asked)
    assert "Togli: non comincerà" in text(desk.get(card))
    row = Placement.objects.get(person=elena, organisation=ausl)
    assert "Tolto: non comincerà." in text(desk.post(f"{card}ente/{row.pk}/togli/", follow=True))
    assert "non c’è più: non si toglie" in text(desk.post(f"{card}ente/{row.pk}/togli/", follow=True))
    ((body, _since, until),) = written(elena, "ente")
    assert (body, until) == ("quarrata", None)
    assert Activity.objects.filter(verb=Verb.PERSON_CHANGED, sentence__contains="prima che cominciasse").exists()
    begun = Placement.objects.get(person=elena)
    desk.post(f"{card}ente/{begun.pk}/togli/")
    assert Placement.objects.filter(pk=begun.pk).exists()


def test_a_move_is_never_written_before_one_that_has_begun(as_: Any, person: Any, today: Any) -> None:
    elena, desk = person("worker"), as_("coordinator")
    bodies = {each.slug: each.pk for each in Organisation.objects.all()}

    def moves(slug: str, days: int) -> str:
        asked = {"kind": "ente", "organisation": bodies[slug], "since": typed(today + days * DAY), "until": ""}
        return text(desk.post(f"/rete/persone/{elena.pk}/ente/", asked, follow=True))

    moves("ausl", -10)
    was = written(elena, "ente")
    assert "è già scritto «Azienda USL Toscana Centro»" in moves("montale", -40)
    assert written(elena, "ente") == was
    assert "È già il suo ente" in moves("ausl", 3)
    moves("montale", 3)
    moves("ausl", 30)  # and back again: another body holds by then
    assert [body for body, _since, _until in written(elena, "ente")] == ["quarrata", "ausl", "montale", "ausl"]


def test_nobody_stands_in_who_is_away_on_those_days(as_: Any, person: Any, today: Any) -> None:
    elena, nadia, desk = person("worker"), person("worker_minors"), as_("coordinator")
    days = {"since": typed(today + 2 * DAY), "until": typed(today + 5 * DAY)}
    desk.post(f"/rete/persone/{nadia.pk}/assenza/", {**days, "substitute": ""})
    said = text(desk.post(f"/rete/persone/{elena.pk}/assenza/", {**days, "substitute": nadia.pk}))
    assert "Nadia El Amrani è via" in said and not elena.absences.exists()
    later = {"since": typed(today + 9 * DAY), "until": typed(today + 12 * DAY)}
    desk.post(f"/rete/persone/{elena.pk}/assenza/", {**later, "substitute": nadia.pk})
    said = text(desk.post(f"/rete/persone/{nadia.pk}/assenza/", {**later, "substitute": ""}, follow=True))
    assert "In quei giorni Nadia El Amrani sostituisce Elena Fedi: trova chi lo fa." in said


def test_whom_somebody_stands_in_for_is_handed_over_too_and_the_past_keeps_its_names(
    as_: Any, person: Any, today: Any
) -> None:
    irene, nadia, davide = person("hospital_worker"), person("worker_minors"), person("worker_minors_plain")
    elena = person("worker")
    held = Delegation.objects.filter(person=elena).first()
    assert held is not None
    Delegation.objects.filter(pk=held.pk).update(substitute=irene)
    over = Delegation.objects.create(
        organisation=held.organisation, purpose=Purpose.DATA, person=nadia, substitute=irene,
        valid_from=today - 90 * DAY, valid_until=today - 30 * DAY,
    )  # fmt: skip
    away = working_life.be_away(davide, since=today, until=today + 5 * DAY, substitute=irene, by=person("coordinator"))
    shown = text(packs(as_, irene))
    assert "Chi sostituisce" in shown
    assert "Al posto di Elena Fedi" in shown and "Al posto di Davide Tesi, via" in shown
    answer = as_("coordinator").post(
        f"/rete/persone/{irene.pk}/uscita/", {"to_all": nadia.pk, f"standing-in:{away.pk}": "fine"}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    for row in (held, over, away):
        row.refresh_from_db()
    assert (held.substitute, over.substitute, away.substitute) == (nadia, irene, None)


def test_a_delegation_passes_once_to_somebody_who_holds_it_already(as_: Any, person: Any) -> None:
    elena, nadia = person("worker"), person("worker_minors")
    quarrata = Organisation.objects.get(slug="quarrata")
    Delegation.objects.create(organisation=quarrata, purpose=Purpose.DATA, person=nadia)
    assert as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": nadia.pk}).status_code == 302
    assert Delegation.objects.current().filter(person=nadia, organisation=quarrata, purpose=Purpose.DATA).count() == 1


def test_with_the_account_a_delegation_of_today_ends_without_a_word_and_one_to_come_is_taken_back(
    as_: Any, person: Any, today: Any
) -> None:
    elena, nadia, quarrata = person("worker"), person("worker_minors"), Organisation.objects.get(slug="quarrata")
    of_today, to_come = (
        Delegation.objects.create(organisation=quarrata, purpose=purpose, person=elena, valid_from=today + days * DAY)
        for purpose, days in ((Purpose.SIGNATURES, 0), (Purpose.DATA, 9))
    )
    before = Activity.objects.filter(verb=Verb.DELEGATION_CHANGED).count()
    assert as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": nadia.pk}).status_code == 302
    of_today.refresh_from_db()
    assert of_today.valid_until == today and not Delegation.objects.filter(pk=to_come.pk).exists()
    written = Activity.objects.filter(verb=Verb.DELEGATION_CHANGED).order_by("pk")[before:]
    assert [row.sentence.partition(",")[0] for row in written] == ["ha ritirato"]


def pack_of(client: Any, who: User) -> str:
    return text(client.get(f"/rete/persone/{who.pk}/uscita/"))


def test_a_place_among_who_writes_or_approves_passes_on_or_ends(as_: Any, person: Any) -> None:
    paolo, davide, elena, chiara = (
        person(name) for name in ("director", "worker_minors_plain", "worker", "coordinator")
    )
    row = Membership.objects.current().filter(user=paolo, role=Role.APPROVER).select_related("space").first()
    assert row and row.role not in dict(access.standing(davide).roles).values()
    assert f"{row.space.name}: approvatore" in pack_of(as_("coordinator"), paolo)
    given = {item.key: davide if item.key == f"role:{row.pk}" or not item.may_end else None
             for item in handover.items(paolo, chiara)}  # fmt: skip
    for item in handover.items(paolo, chiara):
        if item.page:
            given[item.key] = chiara
    handover.leave(paolo, given, by=chiara)
    assert Membership.objects.current().get(space=row.space, user=davide).role == Role.APPROVER
    assert not Membership.objects.current().filter(user=paolo).exists()
    assert not Membership.objects.filter(space=row.space, user=elena, role=Role.APPROVER).exists()


def test_meetings_to_come_that_somebody_leads_pass_on_and_those_held_keep_their_name(person: Any) -> None:
    chiara, davide, paolo = person("coordinator"), person("worker_minors_plain"), person("director")
    held, coming = (
        demo.publish(
            demo.space("SP-RETE").root_page, MeetingPage(title=title, starts_at=at, chair=davide), on=0, by=chiara
        )
        for title, at in (("Tenuta", timezone.now() - 9 * DAY), ("Da tenere", timezone.now() + 9 * DAY))
    )
    [item] = [each for each in handover.items(davide, chiara) if each.what == "Riunioni che conduce"]
    assert item.title.startswith("Da tenere, del ") and item.page == coming.pk
    item.hand(paolo, chiara)
    assert MeetingPage.objects.get(pk=coming.pk).chair == paolo
    assert MeetingPage.objects.get(pk=coming.pk).get_latest_revision_as_object().chair == paolo
    assert MeetingPage.objects.get(pk=held.pk).chair == davide


def test_a_page_that_comes_back_to_somebody_who_has_left_goes_to_its_owner_or_its_space_s(person: Any) -> None:
    chiara, office = person("coordinator"), person("office")
    roles.give_role(demo.space("SP-RETE"), person("newcomer"), Role.EDITOR, by=chiara)
    for owner, whom in ((office, office), (None, chiara)):
        page = TextPage(
            title="Proposta", slug=f"proposta-{whom.pk}", change_note="Nuova.", live=False, responsible=owner
        )
        demo.space("SP-RETE").root_page.add_child(instance=page)
        page.save_revision(user=person("newcomer"))
        state = page.get_workflow().start(page, person("newcomer"))
        User.objects.filter(pk=person("newcomer").pk).update(is_active=False)
        approval.ask_for_changes(state.current_task_state.specific, by=chiara, reason="Manca il perché.")
        assert any("Ti è tornata: Proposta" in row.title for row in obligations.open_of(User.objects.get(pk=whom.pk)))
        User.objects.filter(pk=person("newcomer").pk).update(is_active=True)


def test_nobody_is_given_a_role_in_passing(as_: Any, person: Any) -> None:
    paolo, davide = person("director"), person("worker_minors_plain")
    row = Membership.objects.current().filter(user=paolo, role=Role.APPROVER).first()
    assert row and not Membership.objects.filter(space=row.space, user=davide, role=Role.APPROVER).exists()
    pack = f"/rete/persone/{paolo.pk}/uscita/"
    assert "Se non scegli nessuno finisce con l’account." in pack_of(as_("coordinator"), paolo)
    fields = as_("coordinator").get(pack).context["form"].items
    pages = {item.key: person("coordinator").pk for item in fields if item.page}
    assert as_("coordinator").post(pack, {"to_all": davide.pk} | pages).status_code == 302
    assert not Membership.objects.filter(space=row.space, user=davide, role=Role.APPROVER).exists()
    assert not Membership.objects.current().filter(user=paolo).exists()


# --- Two keepers, and what cannot be handed over --------------------------------------------------------------


def test_who_hands_over_second_is_told_that_it_was_done_and_nothing_is_written_twice(as_: Any, person: Any) -> None:
    irene, davide, nadia = person("hospital_worker"), person("worker_minors_plain"), person("worker_minors")
    pack = f"/rete/persone/{irene.pk}/uscita/"
    assert as_("coordinator").post(pack, {"to_all": davide.pk}).status_code == 302
    again = text(as_("administrator").post(pack, {"to_all": nadia.pk}, follow=True))
    assert "Le consegne di Irene Maestripieri erano già passate" in again and "Fatto:" not in again
    assert Activity.objects.filter(verb=Verb.PERSON_LEFT).count() == 1
    shown = text(as_("coordinator").get(pack, follow=True))
    assert "erano già passate" in shown and "chiudi l’account" not in shown


def test_of_a_closed_account_only_what_is_left_is_handed_over(as_: Any, person: Any) -> None:
    irene, davide = person("hospital_worker"), person("worker_minors_plain")
    User.objects.filter(pk=irene.pk).update(is_active=False)
    shown = pack_of(as_("coordinator"), irene)
    assert "L’account è già chiuso" in shown and "chiudi l’account" not in shown
    pack = f"/rete/persone/{irene.pk}/uscita/"
    said = text(as_("coordinator").post(pack, {"to_all": davide.pk}, follow=True))
    assert "Fatto: le consegne di Irene Maestripieri sono passate." in said


def test_each_thing_that_somebody_may_not_have_says_so_at_its_own_field(as_: Any, person: Any) -> None:
    elena, partner = person("worker"), person("partner")
    answer = as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": partner.pk})
    closed = {item.key for item in handover.items(elena, person("coordinator"))
              if item.page and not access.can(partner, "view", Page.objects.get(pk=item.page))}  # fmt: skip
    assert len(closed) > 1 and closed == set(answer.context["form"].errors)
    assert text(answer).count("Rosanna Cioni non legge questa pagina") >= len(closed)


def test_nobody_stands_in_for_oneself_or_while_away(as_: Any, person: Any, today: Any) -> None:
    irene, elena, nadia, desk = person("hospital_worker"), person("worker"), person("worker_minors"), as_("coordinator")
    chiara = person("coordinator")
    days = {"since": today, "until": today + 5 * DAY}
    away = working_life.be_away(elena, **days, substitute=irene, by=chiara)
    working_life.be_away(nadia, **days, substitute=None, by=chiara)
    pack, field = f"/rete/persone/{irene.pk}/uscita/", f"standing-in:{away.pk}"
    said = text(desk.post(pack, {"to_all": elena.pk}))
    assert "Nessuno sostituisce sé stesso" in said and person("hospital_worker").is_active
    said = text(desk.post(pack, {"to_all": person("worker_minors_plain").pk, field: nadia.pk}))
    assert "Nadia El Amrani è via" in said and person("hospital_worker").is_active
    away.refresh_from_db()
    assert away.substitute == irene


def test_a_space_goes_to_nobody_whose_account_ends(as_: Any, person: Any) -> None:
    chiara, partner = person("coordinator"), person("partner")
    space = demo.space("SP-MINORI")
    answer = as_("administrator").post(
        f"/rete/persone/{chiara.pk}/uscita/", {"to_all": person("director").pk, f"space:{space.pk}": partner.pk}
    )
    assert answer.status_code == 200 and "L’account di Rosanna Cioni finisce" in text(answer)
    assert access.managers(space) == [chiara] and person("coordinator").is_active


def test_an_action_of_minutes_that_the_keeper_does_not_read_is_not_quoted(as_: Any, person: Any) -> None:
    chiara, nadia, minors = person("coordinator"), person("worker_minors"), demo.space("SP-MINORI")
    action = Action.objects.filter(done_at=None, withdrawn_at=None, meeting__live=True).exclude(text="").first()
    assert action is not None
    held = demo.publish(
        minors.root_page, MeetingPage(title="Chiusa", slug="chiusa", starts_at=timezone.now() - DAY), on=0, by=chiara
    )
    Action.objects.filter(pk=action.pk).update(meeting=held, person=nadia, text="Sentire la comunità alloggio")
    roles.give_role(minors, person("director"), Role.MANAGER, by=person("administrator"))
    assert "Sentire la comunità alloggio" in text(packs(as_, nadia))
    roles.take_role(minors.memberships.get(user=chiara), by=person("administrator"))
    shown = text(packs(as_, nadia))
    assert "Sentire la comunità alloggio" not in shown
    assert "un’azione di una riunione che non leggi" in shown


def test_the_log_names_the_body_of_a_delegation_that_passes_on(as_: Any, person: Any) -> None:
    elena, nadia = person("worker"), person("worker_minors")
    assert as_("coordinator").post(f"/rete/persone/{elena.pk}/uscita/", {"to_all": nadia.pk}).status_code == 302
    given = Activity.objects.filter(verb=Verb.DELEGATION_GIVEN, sentence__contains="Nadia El Amrani")
    assert given.count() == 3 and all("Comune di Quarrata" in row.sentence for row in given)


def test_what_is_asked_of_keepers_follows_who_keeps_accounts_now(person: Any) -> None:
    irene, chiara, office = person("hospital_worker"), person("coordinator"), person("office")
    partner, admin = person("partner_coop"), person("administrator")
    key, ending = f"left:{irene.pk}", f"account-end:{partner.pk}:"
    irene.is_active = False
    irene.save()
    partner.valid_until = timezone.now() + 5 * DAY
    partner.save()
    assert asked_of(chiara, key) and any(row.key.startswith(ending) for row in obligations.open_of(chiara))
    coordinators.entrust(office, by=admin, reason="Le subentra")
    User.objects.filter(pk=chiara.pk).update(is_active=False)
    left_behind.ask_all()
    ends.ask_all()
    assert asked_of(office, key) and any(row.key.startswith(ending) for row in obligations.open_of(office))
    assert not Obligation.objects.filter(person=chiara, key__startswith=ending, settled_at=None).exists()
    ends.let_end(partner)
    ends.ask_all()
    assert not any(row.key.startswith(ending) for row in obligations.open_of(office))


def test_who_keeps_the_network_names_another_where_one_person_alone_answers(as_: Any, person: Any, today: Any) -> None:
    tommaso, nadia, chiara = person("newcomer"), person("worker_minors"), person("coordinator")
    space = opening.open_space("SP-UNO", "Spazio di uno", slug="di-uno", by=person("administrator"))
    roles.give_role(space, tommaso, Role.MANAGER, by=person("administrator"))
    address = f"/rete/persone/{tommaso.pk}/spazi/{space.pk}/"
    assert address in text(as_("coordinator").get(f"/rete/persone/{tommaso.pk}/"))
    shown = as_("coordinator").get(address)
    assert "Chi risponde di «Spazio di uno»" in text(shown)
    offered = {str(each.pk) for each in shown.context["form"].fields["manager"].queryset}
    assert str(nadia.pk) in offered and not {str(person("partner").pk), str(tommaso.pk)} & offered
    refused = as_("coordinator").post(address, {"manager": ""})
    assert refused.status_code == 200 and access.managers(space) == [tommaso]
    said = text(as_("coordinator").post(address, {"manager": nadia.pk}, follow=True))
    assert "Di «Spazio di uno» ora risponde anche Nadia El Amrani." in said and address not in said
    assert set(access.managers(space)) == {tommaso, nadia}
    again = text(as_("coordinator").post(address, {"manager": person("worker").pk}, follow=True))
    assert "Di questo spazio risponde già qualcun altro." in again
    assert set(access.managers(space)) == {tommaso, nadia}
    assert as_("worker").get(address).status_code == 404
    row = space.memberships.get(user=nadia)
    assert (row.given_by, row.reason) == (chiara, "Insieme a Tommaso Lenzi")
    assert Job.objects.filter(key=f"role-mail:{space.pk}:{nadia.pk}").exists()


def test_who_has_the_role_already_keeps_the_own_and_is_told_nothing(person: Any) -> None:
    paolo, nadia = person("director"), person("worker_minors")
    place = Membership.objects.current().filter(user=paolo, role=Role.APPROVER).first()
    assert place is not None
    roles.give_role(place.space, nadia, Role.MANAGER, by=None, reason="Da prima")
    Job.objects.filter(key__startswith="role-mail:").delete()
    items = handover.items(paolo, person("administrator"))
    given = {item.key: None if item.is_named else person("administrator") for item in items}
    handover.leave(paolo, given | {f"role:{place.pk}": nadia}, by=person("office"))
    own = place.space.memberships.get(user=nadia)
    assert (own.role, own.reason) == (Role.MANAGER, "Da prima")
    assert not Job.objects.filter(key=f"role-mail:{place.space_id}:{nadia.pk}").exists()


def test_who_takes_over_a_role_is_told_as_by_every_other_door(as_: Any, person: Any) -> None:
    chiara, paolo, nadia = person("coordinator"), person("director"), person("worker_minors")
    row = Membership.objects.current().filter(user=paolo, role=Role.APPROVER).exclude(space__memberships__user=nadia)
    place, minors = row.first(), demo.space("SP-MINORI")
    assert place is not None
    for leaver, key in ((paolo, f"role:{place.pk}"), (chiara, f"space:{minors.pk}")):
        items = handover.items(leaver, person("administrator"))
        given = {item.key: None if item.is_named else person("administrator") for item in items}
        handover.leave(leaver, given | {key: nadia}, by=person("office"))
    told = set(Job.objects.filter(key__startswith="role-mail:").values_list("key", flat=True))
    assert {f"role-mail:{place.space_id}:{nadia.pk}", f"role-mail:{minors.pk}:{nadia.pk}"} <= told
