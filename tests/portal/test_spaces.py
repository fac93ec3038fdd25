"""Opening a space, giving and taking roles, sharing; what the log says; the copy for Wagtail's admin."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from portal import access, demo
from portal.background import clock
from portal.models import Document, Membership, Organisation, PageShare, Space, User
from portal.models.activity import Activity, Verb
from portal.models.append_only import Immutable
from portal.models.pages import TextPage
from portal.models.spaces import PageUserGrant, Role, SpaceGroupPermission, Visibility
from portal.spaces import opening, role_copy, roles, shares
from search.models import SearchDocument

pytestmark = pytest.mark.django_db

ACTIONS = ["view", "edit", "approve", "manage"]


@pytest.fixture
def manager(person: Any) -> User:
    return person("coordinator")


@pytest.fixture
def space(manager: User) -> Space:
    opened = opening.open_space("prova", "Spazio di prova", slug="prova", by=manager, purpose="Per provare.")
    roles.give_role(opened, manager, Role.MANAGER, by=None, reason="Lo apre")
    return opened


@pytest.fixture
def page(space: Space) -> TextPage:
    new = TextPage(title="Regola", slug="regola", change_note="Nuova.")
    return Page.objects.get(pk=space.root_page_id).add_child(instance=new)


def may(user: User, space: Space) -> list[str]:
    """What the person may do in the space, asked as a new request would."""
    fresh = User.objects.get(pk=user.pk)
    return [action for action in ACTIONS if access.can(fresh, action, space)]


def last(space: Space) -> Activity:
    return roles.log(space)[0]


# --- Opening ---------------------------------------------------------------------------------------------


def test_a_new_space_is_open_to_nobody_but_administrators(manager: User, person: Any) -> None:
    space = opening.open_space("nuovo", "Nuovo", slug="nuovo", by=manager)
    assert may(manager, space) == []
    assert may(person("administrator"), space) == ACTIONS
    assert space.root_page.depth == access.SPACE_DEPTH
    assert space.root_page.url.endswith("/spazi/nuovo/")
    assert access.space_of(space.root_page) == space
    assert str(last(space)) == "ha aperto lo spazio «Nuovo»"
    assert last(space).by == manager


def test_a_public_space_is_read_by_anybody_and_written_by_nobody(manager: User, person: Any) -> None:
    space = opening.open_space("piazza", "Piazza", slug="piazza", by=manager, visibility=Visibility.PUBLIC)
    assert may(person("partner"), space) == ["view"]
    opening.set_visibility(space, Visibility.PRIVATE, by=manager)
    assert may(person("partner"), space) == []
    assert str(last(space)) == "ha reso lo spazio riservato a chi ha un ruolo"


def test_a_file_of_a_space_that_is_closed_again_is_no_longer_findable_by_anybody(
    space: Space, page: TextPage, manager: User
) -> None:
    opening.set_visibility(space, Visibility.PUBLIC, by=manager)
    file = Document.objects.create(
        title="Allegato", file=ContentFile(b"testo", name="nota.txt"), collection=space.collection
    )
    page.attachments = [("attachment", {"file": file})]
    page.save_revision().publish()

    def audiences() -> list[list[str]]:
        return list(SearchDocument.objects.filter(group=f"file:{file.pk}").values_list("audience", flat=True))

    assert audiences() == [[f"editors:{space.pk}", "public"]]
    opening.set_visibility(space, Visibility.PRIVATE, by=manager)
    assert audiences() == [[f"editors:{space.pk}", f"space:{space.pk}"]]


# --- Giving and taking -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_each_role_contains_the_one_before_and_nothing_of_the_next(role: Role, space: Space, person: Any) -> None:
    roles.give_role(space, person("partner"), role, by=person("coordinator"), reason="Prova")
    assert may(person("partner"), space) == ACTIONS[: role.value]
    assert may(person("partner_coop"), space) == []
    assert access.role_in(person("partner"), space) == role


def test_a_second_role_replaces_the_first(space: Space, manager: User, person: Any) -> None:
    roles.give_role(space, person("partner"), Role.APPROVER, by=manager)
    roles.give_role(space, person("partner"), Role.READER, by=manager)
    assert may(person("partner"), space) == ["view"]
    assert space.memberships.filter(user=person("partner")).count() == 1


def test_a_role_given_to_a_body_reaches_its_people_and_only_them(space: Space, manager: User, person: Any) -> None:
    body = person("partner").organisation
    membership = roles.give_role(space, body.group, Role.EDITOR, by=manager)
    assert may(person("partner"), space) == ["view", "edit"]
    assert may(person("partner_coop"), space) == []
    assert last(space).sentence == f"ha dato a {body.name} il ruolo di redattore"
    roles.take_role(membership, by=manager)
    assert may(person("partner"), space) == []


def test_the_higher_of_two_roles_counts(space: Space, manager: User, person: Any) -> None:
    roles.give_role(space, person("partner").organisation.group, Role.APPROVER, by=manager)
    own = roles.give_role(space, person("partner"), Role.READER, by=manager)
    assert may(person("partner"), space) == ["view", "edit", "approve"]
    roles.take_role(own, by=manager)
    assert may(person("partner"), space) == ["view", "edit", "approve"]


def test_a_role_taken_back_ends_at_once_on_the_very_same_person(space: Space, manager: User, person: Any) -> None:
    partner = person("partner")
    membership = roles.give_role(space, partner, Role.READER, by=manager)
    assert access.can(partner, "view", space)
    roles.take_role(membership, by=manager)
    assert not access.can(partner, "view", space)
    assert last(space).sentence == f"ha tolto a {partner} il ruolo di lettore"


def test_a_role_taken_back_ends_in_the_admin_and_for_other_applications_too(
    space: Space, manager: User, person: Any
) -> None:
    membership = roles.give_role(space, person("partner"), Role.EDITOR, by=manager)
    group = role_copy.role_group(space, Role.EDITOR)
    assert person("partner") in group.user_set.all()
    assert person("partner").has_perm("portal.contribute_space", space)
    roles.take_role(membership, by=manager)
    assert person("partner") not in group.user_set.all()
    assert not person("partner").has_perm("portal.contribute_space", space)


def test_how_many_pages_a_lost_role_closes_is_told_and_nothing_is_lost_by_asking(
    space: Space, page: TextPage, manager: User, person: Any
) -> None:
    membership = roles.give_role(space, person("partner"), Role.READER, by=manager)
    readable = access.allowed(Page.objects.descendant_of(space.root_page, inclusive=True).live(), person("partner"))
    assert roles.lost_pages(membership) == readable.count() > 0
    assert may(person("partner"), space) == ["view"]


def test_the_last_manager_who_would_take_a_lesser_role_reads_why_not(space: Space, manager: User, as_: Any) -> None:
    asked = {"holder_text": str(manager), "role": str(Role.READER.value), "reason": "Prova", "conferma": "1"}
    answer = as_("coordinator").post("/spazi/prova/condivisione/", asked)
    assert "resterebbe senza responsabile" in answer.content.decode()
    assert may(manager, space) == ACTIONS


def test_whoever_gives_a_role_reads_to_whom(space: Space, person: Any, as_: Any) -> None:
    asked = {"holder_text": str(person("partner")), "role": str(Role.READER.value), "reason": "Prova", "conferma": "1"}
    answer = as_("coordinator").post("/spazi/prova/condivisione/", asked, follow=True)
    assert f"Fatto: {person('partner')} ha un ruolo nello spazio." in answer.content.decode()


def test_who_takes_an_own_role_away_is_led_out_of_the_space(space: Space, manager: User, person: Any, as_: Any) -> None:
    roles.give_role(space, person("director"), Role.MANAGER, by=manager)
    own = space.memberships.get(user=manager)
    asked = {"togli": "1", "reason": "Lascio", "conferma": "1"}
    answer = as_("coordinator").post(f"/spazi/prova/condivisione/{own.pk}/", asked)
    assert (answer.status_code, answer.url) == (302, "/spazi/")
    assert may(manager, space) == []


def test_what_a_role_would_open_is_told_before_it_is_given(space: Space, page: TextPage, person: Any) -> None:
    body = person("partner").organisation
    for name in ("nota.txt", "in-nessuna-pagina.txt"):
        note = Document.objects.create(title=name, file=ContentFile(b"testo", name=name), collection=space.collection)
        page.attachments = page.attachments or [("attachment", {"file": note})]
    page.save()
    for holder, people in ((person("partner"), 1), (body.group, body.people.count())):
        assert roles.reach(space, holder) == roles.Reach(pages=1, files=1, people=people)
    form = Page.objects.get(slug="md-01")  # of another space, with a file
    shares.share_page(form, space, by=person("coordinator"))
    assert roles.reach(space, person("partner")) == roles.Reach(pages=2, files=2, people=1)
    expired = User.objects.create_user("volontario@raccordo.example", organisation=body)
    User.objects.filter(pk=expired.pk).update(valid_until=timezone.now())
    assert roles.reach(space, body.group).people == body.people.count() - 1
    assert may(person("partner"), space) == []


# --- The last manager ------------------------------------------------------------------------------------


def test_the_last_manager_can_neither_leave_nor_step_down_until_there_is_another(
    space: Space, manager: User, person: Any
) -> None:
    only = space.memberships.get(user=manager)
    with pytest.raises(roles.LastManager, match="resterebbe senza responsabile"):
        roles.take_role(only, by=manager)
    with pytest.raises(roles.LastManager):
        roles.give_role(space, manager, Role.APPROVER, by=manager)
    assert may(manager, space) == ACTIONS

    roles.give_role(space, person("director"), Role.MANAGER, by=manager)
    roles.take_role(only, by=manager)
    assert may(manager, space) == []


def test_a_manager_whose_role_is_over_does_not_count_as_another(space: Space, manager: User, person: Any) -> None:
    over = timezone.now() - timedelta(minutes=1)
    roles.give_role(space, person("director"), Role.MANAGER, by=manager, expires_at=over)
    with pytest.raises(roles.LastManager):
        roles.take_role(space.memberships.get(user=manager), by=manager)
    assert may(manager, space) == ACTIONS


def test_the_last_manager_cannot_be_given_an_end(space: Space, manager: User, person: Any) -> None:
    with pytest.raises(roles.LastManager, match="senza scadenza"):
        roles.give_role(space, manager, Role.MANAGER, by=manager, expires_at=timezone.now() + timedelta(days=30))
    roles.give_role(space, person("director"), Role.MANAGER, by=manager)
    roles.give_role(space, manager, Role.MANAGER, by=manager, expires_at=timezone.now() + timedelta(days=30))
    with pytest.raises(roles.LastManager):  # who stays only until a day is no successor
        roles.take_role(space.memberships.get(user=person("director")), by=manager)
    assert may(person("director"), space) == ACTIONS


@pytest.mark.parametrize("nobody", ["an ended account", "a body without people"])
def test_nobody_is_no_successor(nobody: str, space: Space, manager: User, person: Any) -> None:
    if nobody == "an ended account":
        other = person("director")
        User.objects.filter(pk=other.pk).update(valid_until=timezone.now())
        roles.give_role(space, other, Role.MANAGER, by=manager)
    else:
        empty = Organisation.objects.create(name="Ente vuoto", slug="ente-vuoto", kind="altro")
        roles.give_role(space, empty.group, Role.MANAGER, by=manager)
    with pytest.raises(roles.LastManager):
        roles.take_role(space.memberships.get(user=manager), by=manager)
    assert may(manager, space) == ACTIONS


def test_a_body_with_people_is_a_successor(space: Space, manager: User, person: Any) -> None:
    roles.give_role(space, person("hospital_worker").organisation.group, Role.MANAGER, by=manager)
    roles.take_role(space.memberships.get(user=manager), by=manager)
    assert may(person("hospital_worker"), space) == ACTIONS


def test_a_former_manager_whose_time_is_over_may_be_given_less(space: Space, manager: User, person: Any) -> None:
    over = timezone.now() - timedelta(minutes=1)
    roles.give_role(space, person("director"), Role.MANAGER, by=manager, expires_at=over)
    roles.give_role(space, person("director"), Role.READER, by=manager)
    assert may(person("director"), space) == ["view"]


# --- Groups of roles -------------------------------------------------------------------------------------


def test_a_group_of_roles_holds_neither_roles_nor_pages_itself(
    space: Space, page: TextPage, manager: User, person: Any
) -> None:
    roles.give_role(space, person("partner"), Role.READER, by=manager)
    readers = role_copy.role_group(space, Role.READER)
    for act in (
        lambda: roles.give_role(space, readers, Role.MANAGER, by=manager),
        lambda: shares.grant_page(page, readers, by=manager),
    ):
        with pytest.raises(roles.InternalGroup, match="segue i ruoli di uno spazio"):
            act()
    assert may(person("partner"), space) == ["view"]


def test_what_is_given_to_a_group_of_roles_behind_our_back_opens_nothing(
    space: Space, manager: User, person: Any
) -> None:
    other = opening.open_space("altro", "Altro spazio", slug="altro", by=manager)
    roles.give_role(space, person("partner"), Role.READER, by=manager)
    readers = role_copy.role_group(space, Role.READER)
    Membership.objects.create(space=other, group=readers, role=Role.EDITOR)
    assign_perm("wagtailcore.view_page", readers, Page.objects.get(pk=other.root_page_id))
    assert may(person("partner"), other) == []
    assert not access.can(person("partner"), "view", other.root_page)
    assert f"group:{readers.pk}" not in access.tokens(person("partner"))
    assert person("partner") not in access.readers(other.root_page)


def test_another_code_keeps_the_groups_of_the_space(space: Space, manager: User, person: Any) -> None:
    before = role_copy.role_group(space, Role.MANAGER)
    groups = Group.objects.count()
    space.code = "prova-due"
    space.save()
    role_copy.sync_space(space)
    assert role_copy.role_group(space, Role.MANAGER) == before
    assert (Group.objects.count(), Group.objects.get(pk=before.pk).name) == (groups, "prova-due: responsabile")


# --- Expiry ----------------------------------------------------------------------------------------------


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`at(moment)`: from here on it is that moment, for everybody who asks Django."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


END = (timezone.now() + timedelta(days=3)).replace(microsecond=0)  # before any role of the demo ends
SECOND = timedelta(seconds=1)


@pytest.fixture
def lapsing(space: Space, manager: User, person: Any) -> Membership:
    return roles.give_role(space, person("partner"), Role.EDITOR, by=manager, reason="Progetto estate", expires_at=END)


def test_a_role_ends_at_its_minute_without_any_worker(lapsing: Membership, at: Any, person: Any) -> None:
    at(END - SECOND)
    assert may(person("partner"), lapsing.space) == ["view", "edit"]
    at(END)
    assert may(person("partner"), lapsing.space) == []
    assert person("partner") not in access.readers(lapsing.space)
    assert access.tokens(person("partner")).isdisjoint({f"space:{lapsing.space_id}"})


def test_the_clock_takes_the_role_away_from_admin_and_guardian_too(
    lapsing: Membership, at: Any, person: Any, space: Space
) -> None:
    group = role_copy.role_group(space, Role.EDITOR)
    at(END - SECOND)
    assert clock.settle() == 0
    assert person("partner") in group.user_set.all()
    at(END)
    assert clock.settle() == 1
    assert person("partner") not in group.user_set.all()
    assert not person("partner").has_perm("portal.contribute_space", space)
    assert not space.memberships.filter(user=person("partner")).exists()
    assert last(space).verb == Verb.ROLE_LAPSED
    assert last(space).sentence == f"è scaduto il ruolo di redattore di {person('partner')}"
    assert last(space).note == "Progetto estate"
    assert last(space).by is None


def test_a_role_that_is_over_is_settled_once(lapsing: Membership, space: Space) -> None:
    assert [roles.settle_lapsed(END), roles.settle_lapsed(END)] == [1, 0]
    assert roles.log(space).filter(verb=Verb.ROLE_LAPSED).count() == 1


def test_a_role_renewed_in_time_is_not_taken_away(lapsing: Membership, at: Any, manager: User, person: Any) -> None:
    roles.give_role(lapsing.space, person("partner"), Role.EDITOR, by=manager, expires_at=END + timedelta(days=1))
    at(END)
    assert roles.settle_lapsed() == 0
    assert may(person("partner"), lapsing.space) == ["view", "edit"]


def test_entering_the_admin_settles_what_no_worker_has(lapsing: Membership, at: Any, as_: Any, space: Space) -> None:
    client = as_("partner")
    assert client.get("/admin/api/main/pages/?fields=id").status_code == 200
    at(END)
    assert client.get("/admin/api/main/pages/?fields=id").status_code != 200
    assert last(space).verb == Verb.ROLE_LAPSED


# --- Sharing ---------------------------------------------------------------------------------------------


def test_a_shared_page_is_read_by_the_other_space_and_nothing_else_is(
    page: TextPage, manager: User, person: Any
) -> None:
    other = opening.open_space("altro", "Altro spazio", slug="altro", by=manager)
    roles.give_role(other, person("partner"), Role.MANAGER, by=manager)

    def allowed_acts() -> list[str]:
        return [action for action in ACTIONS if access.can(person("partner"), action, page)]

    assert allowed_acts() == []
    share = shares.share_page(page, other, by=manager, reason="Serve a entrambi")
    assert allowed_acts() == ["view"]
    assert not access.can(person("partner"), "view", page.get_parent())
    assert last(access.space_of(page)).sentence == "ha condiviso «Regola» con lo spazio «Altro spazio»"
    assert last(access.space_of(page)).note == "Serve a entrambi"

    shares.unshare_page(share, by=manager)
    assert allowed_acts() == []
    assert last(access.space_of(page)).sentence == "ha tolto «Regola» dallo spazio «Altro spazio»"


def test_a_page_opened_to_somebody_is_read_at_once_by_the_very_same_person(
    page: TextPage, manager: User, person: Any
) -> None:
    partner = person("partner")
    assert not access.can(partner, "view", page)
    shares.grant_page(page, partner, by=manager)
    assert access.can(partner, "view", page)


def test_sharing_twice_is_sharing_once(page: TextPage, space: Space, manager: User) -> None:
    other = opening.open_space("altro", "Altro spazio", slug="altro", by=manager)
    assert shares.share_page(page, other, by=manager) == shares.share_page(page, other, by=manager)
    assert roles.log(space).filter(verb=Verb.SHARED).count() == 1


@pytest.mark.parametrize("who", ["person", "body"])
def test_a_page_opened_to_somebody_is_written_down_and_found(
    who: str, page: TextPage, space: Space, manager: User, person: Any
) -> None:
    partner = person("partner")
    holder, token = {
        "person": (partner, f"person:{partner.pk}"),
        "body": (partner.organisation.group, f"group:{partner.organisation.group_id}"),
    }[who]
    page.save_revision().publish()
    found = SearchDocument.objects.filter(group=f"page:{page.pk}")
    assert found.exists()
    assert all(token not in row.audience for row in found)
    shares.grant_page(page, holder, by=manager)
    assert all(token in row.audience for row in found.all())
    assert last(space).sentence == f"ha aperto «Regola» a {holder}"
    shares.revoke_page(page, holder, by=manager)
    assert all(token not in row.audience for row in found.all())
    assert last(space).sentence == f"ha chiuso «Regola» a {holder}"


# --- The log ---------------------------------------------------------------------------------------------


def test_the_log_says_who_gave_which_role_to_whom_until_when_and_why(space: Space, manager: User, person: Any) -> None:
    midnight_in_rome = datetime(2031, 5, 30, 22, 0, tzinfo=UTC)
    roles.give_role(
        space, person("partner"), Role.EDITOR, by=manager, reason="Progetto estate", expires_at=midnight_in_rome
    )
    entry = last(space)
    assert entry.sentence == f"ha dato a {person('partner')} il ruolo di redattore fino al 31 maggio 2031"
    assert (entry.by, entry.note, entry.verb) == (manager, "Progetto estate", Verb.ROLE_GIVEN)
    roles.give_role(space, person("partner"), Role.READER, by=manager)
    assert last(space).sentence == f"ha dato a {person('partner')} il ruolo di lettore"


def test_the_log_lists_changes_of_access_newest_first_and_no_publications(
    space: Space, page: TextPage, manager: User, person: Any
) -> None:
    page.save_revision(user=manager).publish()
    roles.give_role(space, person("partner"), Role.READER, by=manager)
    assert space.activities.filter(verb=Verb.PUBLISHED).exists()
    assert [entry.verb for entry in roles.log(space)] == [Verb.ROLE_GIVEN, Verb.ROLE_GIVEN, Verb.SPACE_OPENED]


def test_the_log_is_never_rewritten(space: Space) -> None:
    entry = last(space)
    entry.sentence = "altro"
    acts = Activity.objects.filter(pk=entry.pk)
    for attempt in (
        entry.save, entry.delete, acts.delete, lambda: acts.update(sentence="altro"), space.activities.all().delete,
        lambda: Activity.objects.bulk_update([entry], ["sentence"]), lambda: space.activities.update(sentence="altro"),
    ):  # fmt: skip
        with pytest.raises(Immutable):
            attempt()
    assert last(space).sentence.startswith("ha dato a Chiara Bonacchi")


ACTS: dict[str, Callable[..., object]] = {
    "give": lambda c: roles.give_role(c["space"], c["other"], Role.EDITOR, by=c["by"]),
    "take": lambda c: roles.take_role(Membership.objects.get(pk=c["membership"]), by=c["by"]),
    "settle": lambda c: roles.settle_lapsed(END),
    "share": lambda c: shares.share_page(c["page"], c["elsewhere"], by=c["by"]),
    "unshare": lambda c: shares.unshare_page(PageShare.objects.get(pk=c["share"]), by=c["by"]),
    "grant": lambda c: shares.grant_page(c["page"], c["other"], by=c["by"]),
    "revoke": lambda c: shares.revoke_page(c["page"], c["holder"], by=c["by"]),
    "open up": lambda c: opening.set_visibility(c["space"], Visibility.PUBLIC, by=c["by"]),
    "open a space": lambda c: opening.open_space("terzo", "Terzo", slug="terzo", by=c["by"]),
}


@pytest.mark.parametrize("act", ACTS)
def test_no_change_of_access_without_its_entry_in_the_log(
    act: str, lapsing: Membership, page: TextPage, manager: User, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are in one transaction: where the entry cannot be written, nothing has changed."""
    elsewhere = opening.open_space("altro", "Altro spazio", slug="altro", by=manager)
    second = opening.open_space("secondo", "Secondo", slug="secondo", by=manager)
    shares.grant_page(page, person("partner"), by=manager)
    cast = {
        "space": lapsing.space,
        "membership": lapsing.pk,
        "page": page,
        "elsewhere": elsewhere,
        "share": shares.share_page(page, second, by=manager).pk,
        "holder": person("partner"),
        "other": person("partner_coop"),
        "by": manager,
    }

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("the disk is full")

    before, entries = _everything_about_access(), Activity.objects.count()
    with monkeypatch.context() as broken, pytest.raises(DatabaseError):
        broken.setattr(Activity.objects, "create", refuse)
        ACTS[act](cast)
    assert _everything_about_access() == before
    ACTS[act](cast)
    assert _everything_about_access() != before
    assert Activity.objects.count() == entries + 1


def _everything_about_access() -> list[Any]:
    return [
        set(Space.objects.values_list("pk", "visibility")),
        set(Membership.objects.values_list("space", "user", "group", "role", "expires_at")),
        set(PageShare.objects.values_list("page", "space")),
        set(User.groups.through.objects.values_list("user", "group")),
        set(SpaceGroupPermission.objects.values_list("group", "permission", "content_object")),
        set(GroupPagePermission.objects.values_list("group", "permission", "page")),
        set(PageUserGrant.objects.values_list("user", "permission", "content_object")),
    ]


# --- The copy for Wagtail's admin ------------------------------------------------------------------------


def test_a_second_copy_changes_nothing_in_the_whole_network() -> None:
    assert Space.objects.count() > 5
    assert {space.code: role_copy.sync_space(space) for space in Space.objects.all()} == dict.fromkeys(
        Space.objects.values_list("code", flat=True), 0
    )


def test_what_a_space_lets_its_roles_do_is_written_at_once(django_assert_max_num_queries: Any) -> None:
    opening.open_space("prima", "Prima", slug="prima", by=None)  # what is asked once in a process is asked by this one
    with django_assert_max_num_queries(110):
        opening.open_space("seconda", "Seconda", slug="seconda", by=None)


def test_a_copy_that_holds_is_looked_at_with_few_questions(django_assert_max_num_queries: Any) -> None:
    space = demo.space("SP-MINORI")
    with django_assert_max_num_queries(14):
        assert role_copy.sync_space(space) == 0


def _somebody_by_hand(space: Space, other: Space, user: User) -> None:
    role_copy.role_group(space, Role.MANAGER).user_set.add(user)


def _nobody(space: Space, other: Space, user: User) -> None:
    role_copy.role_group(space, Role.MANAGER).user_set.clear()


def _page_permission_lost(space: Space, other: Space, user: User) -> None:
    GroupPagePermission.objects.filter(page=space.root_page).delete()


def _page_permission_for_readers(space: Space, other: Space, user: User) -> None:
    permission = Permission.objects.get(content_type__app_label="wagtailcore", codename="publish_page")
    group = role_copy.role_group(space, Role.READER)
    GroupPagePermission.objects.create(group=group, page=space.root_page, permission=permission)


def _page_permission_elsewhere(space: Space, other: Space, user: User) -> None:
    permission = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    group = role_copy.role_group(space, Role.EDITOR)
    GroupPagePermission.objects.create(group=group, page=other.root_page, permission=permission)


def _file_permission_lost(space: Space, other: Space, user: User) -> None:
    GroupCollectionPermission.objects.filter(collection=space.collection).delete()


def _file_permission_everywhere(space: Space, other: Space, user: User) -> None:
    permission = Permission.objects.get(content_type__app_label="wagtaildocs", codename="change_document")
    group, root = role_copy.role_group(space, Role.EDITOR), Collection.get_first_root_node()
    GroupCollectionPermission.objects.create(group=group, collection=root, permission=permission)


def _guardian_lost(space: Space, other: Space, user: User) -> None:
    SpaceGroupPermission.objects.filter(content_object=space).delete()


def _guardian_for_readers(space: Space, other: Space, user: User) -> None:
    assign_perm("portal.manage_space", role_copy.role_group(space, Role.READER), space)


def _guardian_elsewhere(space: Space, other: Space, user: User) -> None:
    assign_perm("portal.manage_space", role_copy.role_group(space, Role.READER), other)


def _admin_for_readers(space: Space, other: Space, user: User) -> None:
    permission = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    role_copy.role_group(space, Role.READER).permissions.add(permission)


def _admin_lost(space: Space, other: Space, user: User) -> None:
    role_copy.role_group(space, Role.MANAGER).permissions.clear()


def _group_lost(space: Space, other: Space, user: User) -> None:
    role_copy.role_group(space, Role.MANAGER).delete()


@pytest.mark.parametrize(
    "drift",
    [
        _somebody_by_hand,
        _nobody,
        _page_permission_lost,
        _page_permission_for_readers,
        _page_permission_elsewhere,
        _file_permission_lost,
        _file_permission_everywhere,
        _guardian_lost,
        _guardian_for_readers,
        _guardian_elsewhere,
        _admin_for_readers,
        _admin_lost,
        _group_lost,
    ],
)
def test_the_copy_repairs_what_was_changed_by_hand_and_reports_it(
    drift: Callable[..., None], space: Space, person: Any
) -> None:
    right = _copied()
    drift(space, Space.objects.get(code="SP-COORD"), person("partner"))
    assert _copied() != right
    assert role_copy.sync_space(space) > 0
    assert _copied() == right
    assert role_copy.sync_space(space) == 0


def test_the_check_names_the_spaces_that_differ_and_repairs_nothing(space: Space, person: Any) -> None:
    role_copy.role_group(space, Role.MANAGER).user_set.add(person("partner"))
    role_copy.role_group(space, Role.READER).user_set.add(person("partner"))
    wrong, out = _copied(), StringIO()
    with pytest.raises(SystemExit):
        call_command("sync_spaces", check=True, stdout=out)
    assert out.getvalue() == "prova: 2 differenze\n"
    assert _copied() == wrong
    call_command("sync_spaces", stdout=StringIO())
    assert _copied() != wrong
    call_command("sync_spaces", check=True, stdout=StringIO())


def _copied() -> list[Any]:
    """What Wagtail's admin and guardian would read, by names, because a lost group comes back with another number."""
    return [
        set(User.groups.through.objects.values_list("user__email", "group__name")),
        set(Group.permissions.through.objects.values_list("group__name", "permission__codename")),
        set(GroupPagePermission.objects.values_list("group__name", "page", "permission__codename")),
        set(GroupCollectionPermission.objects.values_list("group__name", "collection", "permission__codename")),
        set(SpaceGroupPermission.objects.values_list("group__name", "content_object", "permission__codename")),
    ]


def test_only_those_who_write_somewhere_enter_the_admin(space: Space, manager: User, person: Any, as_: Any) -> None:
    assert as_("partner_coop").get("/admin/").status_code == 302
    roles.give_role(space, person("partner_coop"), Role.READER, by=manager)
    assert as_("partner_coop").get("/admin/").status_code == 302
    roles.give_role(space, person("partner_coop"), Role.EDITOR, by=manager)
    assert as_("partner_coop").get("/admin/").status_code == 200


def test_a_role_may_be_given_inside_a_larger_transaction_that_fails(space: Space, manager: User, person: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        roles.give_role(space, person("partner"), Role.MANAGER, by=manager)
        raise DatabaseError("something later went wrong")
    assert may(person("partner"), space) == []
    assert not roles.log(space).filter(sentence__contains=str(person("partner"))).exists()


def test_a_new_person_of_a_body_writes_where_the_body_writes(space: Space, manager: User, person: Any) -> None:
    body = Organisation.objects.get(slug=person("partner").organisation.slug)
    roles.give_role(space, body.group, Role.EDITOR, by=manager)
    newcomer = User.objects.create_user("nuova.persona@raccordo.example", organisation=body)
    assert may(newcomer, space) == ["view", "edit"]
    assert newcomer in role_copy.role_group(space, Role.EDITOR).user_set.all()
    assert role_copy.sync_space(space) == 0


def test_a_thousand_shared_pages_are_read_and_counted_before_a_role_is_given(person: Callable[[str], Any]) -> None:
    """A condition for each would be more than SQLite takes."""
    home, given = demo.space("SP-COORD"), demo.space("SP-TERZO")
    first = access.allowed(Page.objects.all(), person("partner")).count()
    told = roles.reach(given, person("worker")).pages
    root, kind = home.root_page, ContentType.objects.get_for_model(Page)
    Page.objects.bulk_create(
        Page(
            path=Page._get_path(root.path, root.depth + 1, 9000 + number), depth=root.depth + 1, title="Foglio",
            slug=f"foglio-{number}", live=True, content_type=kind, locale_id=root.locale_id,
        )
        for number in range(1100)
    )  # fmt: skip
    pages = Page.objects.filter(slug__startswith="foglio-")
    PageShare.objects.bulk_create([PageShare(page=page, space=given) for page in pages])
    assert access.allowed(Page.objects.all(), person("partner")).count() == first + 1100
    assert roles.reach(given, person("worker")).pages == told + 1100
