"""Who may see and do what: random networks against a naive oracle, then the cases that must never open."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import slugify
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Collection, GroupPagePermission, Page, ReferenceIndex
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry
from wagtail_factories import ImageFactory

from portal import access, demo
from portal.models import (
    BinnedThing,
    Delegation,
    Delivery,
    DigestPreference,
    Document,
    Image,
    Membership,
    NetworkCoordinator,
    Organisation,
    PageShare,
    PersonalDataReport,
    Rendition,
    Space,
    User,
)
from portal.models.activity import Activity
from portal.models.delegations import Purpose
from portal.models.old_addresses import OldAddress
from portal.models.pages import HomePage, SpacePage, TextPage
from portal.models.spaces import Role, Visibility
from portal.spaces import opening, role_copy, roles, shares
from portal.wagtail_admin.policy import SpacePagePolicy
from tests import network

pytestmark = pytest.mark.django_db

# --- A random network, described in plain values ---------------------------------------------------------

PARENT = {"root": None, "a": "root", "a1": "a", "a11": "a1", "b": "root"}
SPACES = range(3)
NOWHERE = 9  # a branch on which nobody opened a space, and a file in nobody's collection
HOME = (None, "home")
PAGES = [HOME, (NOWHERE, "root"), (NOWHERE, "a"), *((space, name) for space in SPACES for name in PARENT)]
FILES = [(kind, space) for kind in ("document", "image") for space in (*SPACES, NOWHERE)]
PEOPLE = range(5)
GROUPS = range(4)  # the first two are those of organisations
HOLDERS = [*(("person", each) for each in PEOPLE), *(("group", each) for each in GROUPS)]
RANK = {"view": 1, "edit": 2, "approve": 3, "manage": 4}
ANONYMOUS = None
BODIES = range(2)  # the numbers of their groups too


@dataclass(frozen=True)
class Given:
    """A delegation."""

    person: int
    substitute: int | None
    body: int
    purpose: str
    days: str  # lasting, until today, over, not yet


@dataclass(frozen=True)
class Account:
    state: str
    is_administrator: bool
    groups: frozenset[int]


@dataclass(frozen=True)
class World:
    """Everything that decides who may do what. Its methods are the oracle: slow, plain, and blind to the database."""

    public: frozenset[int]
    accounts: tuple[Account, ...]
    roles: dict[tuple[Any, int], tuple[int, str]]  # (holder, space) → (role, expiry)
    shares: frozenset[tuple[Any, int]]
    grants: frozenset[tuple[Any, Any]]
    drafts: frozenset[Any]
    owners: dict[Any, int]  # page → who answers for it
    citations: frozenset[tuple[Any, Any]]
    delegations: frozenset[Given]
    closed: frozenset[int]  # spaces in which nothing new is written
    coordinators: dict[int, str]  # who keeps the network → the days of the role
    asked: tuple[str, frozenset[Any]]  # an action, and a few things of which it is asked one by one

    def is_current(self, who: int | None) -> bool:
        return who is not ANONYMOUS and self.accounts[who].state in {"lasting", "until tomorrow"}

    def is_administrator(self, who: int | None) -> bool:
        return self.is_current(who) and self.accounts[who].is_administrator

    def coordinates(self, who: int | None) -> bool:
        """Whoever keeps the network now, and administrators."""
        held = who is not ANONYMOUS and self.coordinators.get(who) in {"lasting", "until tomorrow"}
        return self.is_administrator(who) or (self.is_current(who) and held)

    def belongs(self, who: int | None, holder: Any) -> bool:
        """Whether the person is the holder, or one of the group."""
        kind, number = holder
        return self.is_current(who) and (number == who if kind == "person" else number in self.accounts[who].groups)

    def role(self, who: int | None, space: int) -> int:
        held = [0]
        for (holder, where), (role, expiry) in self.roles.items():
            if where == space and expiry != "past" and self.belongs(who, holder):
                held.append(role)
        return max(held)

    def may_in_space(self, who: int | None, action: str, space: int) -> bool:
        if self.is_administrator(who):
            return True
        if action == "view" and space in self.public:
            return True
        if action in {"edit", "approve"} and space in self.closed:
            return False
        return space != NOWHERE and self.role(who, space) >= RANK[action]

    def may_with_page(self, who: int | None, action: str, page: Any) -> bool:
        if action == "view":
            return page not in self.drafts and self.would_see(who, page)
        if action == "edit" and self.answers_for(who, page):
            return True
        return self.is_administrator(who) or (page != HOME and self.may_in_space(who, action, page[0]))

    def answers_for(self, who: int | None, page: Any) -> bool:
        """Whoever answers for a page that lies where the person reads; the first page of a space is the space's."""
        return (
            page[1] not in {"root", "home"}
            and self.is_current(who)
            and self.owners.get(page) == who
            and page[0] not in self.closed
            and self.would_see(who, page)
        )

    def would_see(self, who: int | None, page: Any) -> bool:
        """Whether the person sees the page when it is live."""
        if page == HOME or self.may_in_space(who, "view", page[0]):
            return True
        space, name = page
        while name:
            if any(at == (space, name) and self.may_in_space(who, "view", to) for at, to in self.shares):
                return True
            if any(at == (space, name) and self.belongs(who, holder) for at, holder in self.grants):
                return True
            name = PARENT[name]
        return False

    def may_with_file(self, who: int | None, action: str, file: Any) -> bool:
        """Who writes in its space has it; others read it through a live page of that space that they may read."""
        if self.may_in_space(who, "edit" if action == "view" else action, file[1]):
            return True
        carriers = [page for page, cited in self.citations if cited == file and page[0] == file[1] != NOWHERE]
        return action == "view" and any(self.may_with_page(who, "view", page) for page in carriers)

    def reads_part(self, who: int | None, page: Any, part: access.PartReaders) -> bool:
        """Of those who read the page: who is named, in whatever way, and who writes there."""
        in_its_space = page[0] != NOWHERE and self.role(who, page[0]) >= min(part.role or RANK["edit"], RANK["edit"])
        named = any(self.role(who, space) for space in part.spaces) or (self.is_current(who) and who in part.people)
        of_a_body = any(self.belongs(who, ("group", body)) for body in part.bodies)
        return in_its_space or named or of_a_body or self.may_with_page(who, "edit", page)

    def knows(self, who: int | None, other: int) -> bool:
        """Oneself, and whoever holds a role where one holds a role; coordinators know everybody."""
        if self.coordinates(who) or (self.is_current(who) and who == other):
            return True
        for (holder, space), (_role, expiry) in self.roles.items():
            kind, number = holder
            is_other = number == other if kind == "person" else number in self.accounts[other].groups
            if is_other and expiry != "past" and self.role(who, space):
                return True
        return False

    def acts_for(self, who: int | None, body: int, purpose: str) -> bool:
        return self.is_current(who) and any(
            who in {given.person, given.substitute}
            and (given.body, given.purpose) == (body, purpose)
            and given.days in {"lasting", "until today"}
            for given in self.delegations
        )

    def may_with_body(self, who: int | None, action: str, body: int) -> bool:
        """With what a body does through whoever recepisce for it."""
        if self.acts_for(who, body, "recepimento"):
            return True
        return action == "view" and (self.is_administrator(who) or self.belongs(who, ("group", body)))

    def keeps(self, who: int | None, other: int) -> bool:
        """Whether the other's account is the person's to keep: a coordinator keeps no administrator's."""
        return self.is_administrator(who) or (self.coordinates(who) and not self.accounts[other].is_administrator)

    def may_with_delegation(self, who: int | None, action: str, given: Given) -> bool:
        if self.coordinates(who):
            return True
        named = [each for each in (given.person, given.substitute) if each is not None]
        known = self.belongs(who, ("group", given.body)) or all(self.knows(who, each) for each in named)
        return action == "view" and known


GIVEN = st.builds(
    Given,
    person=st.sampled_from(PEOPLE),
    substitute=st.sampled_from([None, *PEOPLE]),
    body=st.sampled_from(BODIES),
    purpose=st.sampled_from(Purpose.values),
    days=st.sampled_from(["lasting", "until today", "over", "not yet"]),
).filter(lambda given: given.person != given.substitute)
ACCOUNTS = st.builds(
    Account,
    state=st.sampled_from(["lasting", "lasting", "until tomorrow", "over", "deactivated"]),
    is_administrator=st.sampled_from([False, False, False, True]),
    groups=st.frozensets(st.sampled_from(GROUPS), max_size=2),
)
WORLDS = st.builds(
    World,
    public=st.frozensets(st.sampled_from(SPACES), max_size=1),
    accounts=st.tuples(*(ACCOUNTS for _ in PEOPLE)),
    roles=st.dictionaries(
        st.tuples(st.sampled_from(HOLDERS), st.sampled_from(SPACES)),
        st.tuples(st.sampled_from([1, 2, 3, 4]), st.sampled_from(["never", "future", "past"])),
        min_size=1,
        max_size=8,
    ),
    shares=st.frozensets(st.tuples(st.sampled_from(PAGES), st.sampled_from(SPACES)), max_size=4),
    grants=st.frozensets(st.tuples(st.sampled_from(PAGES), st.sampled_from(HOLDERS)), max_size=5),
    drafts=st.frozensets(st.sampled_from(PAGES), max_size=4),
    owners=st.dictionaries(st.sampled_from(PAGES), st.sampled_from(PEOPLE), max_size=6),
    citations=st.frozensets(st.tuples(st.sampled_from(PAGES), st.sampled_from(FILES)), max_size=8),
    delegations=st.frozensets(GIVEN, min_size=1, max_size=5),
    closed=st.frozensets(st.sampled_from(SPACES), max_size=1),
    coordinators=st.dictionaries(
        st.sampled_from(PEOPLE), st.sampled_from(["lasting", "until tomorrow", "over", "not yet"]), max_size=2
    ),
    asked=st.tuples(
        st.sampled_from(list(RANK)),
        st.frozensets(st.sampled_from([*PAGES, *FILES, *SPACES]), min_size=3, max_size=3),
    ),
)
PARTS = st.builds(
    access.PartReaders,
    role=st.sampled_from([0, 1, 2, 3, 4]),
    spaces=st.frozensets(st.sampled_from(SPACES), max_size=1),
    bodies=st.frozensets(st.sampled_from(BODIES), max_size=1),
    people=st.frozensets(st.sampled_from(PEOPLE), max_size=2),
)
# The same examples at every run: a test that fails is one that failed for a reason of today's.
examples = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

# --- The same network in the database --------------------------------------------------------------------


class Stage:
    """Spaces, pages, files, people and groups with no role at all; `shows` puts a world on it for a moment."""

    def __init__(self) -> None:
        self.spaces = {n: opening.open_space(f"prova-{n}", f"Prova {n}", slug=f"prova-{n}", by=None) for n in SPACES}
        home = HomePage.objects.get()
        self.pages: dict[Any, Page] = {HOME: home}
        for number, space in self.spaces.items():
            self.pages[number, "root"] = space.root_page
        self.pages[NOWHERE, "root"] = home.add_child(instance=SpacePage(title="Senza spazio", slug="senza-spazio"))
        for where, name in PAGES[1:]:
            if name != "root":
                parent = Page.objects.get(pk=self.pages[where, PARENT[name]].pk)
                page = TextPage(title=f"{name} {where}", slug=f"{name}-{where}", change_note="Nuova.")
                self.pages[where, name] = parent.add_child(instance=page)
        collections = {n: space.collection for n, space in self.spaces.items()}
        collections[NOWHERE] = Collection.get_first_root_node()
        self.files = {file: _new_file(file[0], collections[file[1]]) for file in FILES}
        for image in Image.objects.filter(pk__in=self.ids("image").values()):
            image.get_rendition("width-1")
        self.people = [User.objects.create_user(f"prova{n}@raccordo.example", last_name=f"Prova{n}") for n in PEOPLE]
        names = [f"Ente {n}" for n in BODIES]
        self.bodies = [Organisation.objects.create(name=name, slug=slugify(name), kind="altro") for name in names]
        loose = [Group.objects.create(name=f"Gruppo {n}") for n in GROUPS[2:]]
        self.groups = [*(body.group for body in self.bodies), *loose]

    def ids(self, kind: str) -> dict[Any, int]:
        return {file: row.pk for file, row in self.files.items() if file[0] == kind}

    def user(self, who: int | None) -> Any:
        """The person, read anew, as at the start of a request."""
        return AnonymousUser() if who is ANONYMOUS else User.objects.get(pk=self.people[who].pk)

    def row(self, thing: Any) -> Any:
        found = self.spaces.get(thing) if isinstance(thing, int) else self.files.get(thing) or self.pages[thing]
        return type(found)._default_manager.get(pk=found.pk)

    @contextmanager
    def shows(self, world: World) -> Iterator[None]:
        with transaction.atomic():
            self._write(world)
            yield
            transaction.set_rollback(True)

    def _write(self, world: World) -> None:
        now = timezone.now()
        until = {"never": None, "future": now + timedelta(minutes=5), "past": now}
        Space.objects.filter(pk__in=[self.spaces[n].pk for n in world.public]).update(visibility=Visibility.PUBLIC)
        Space.objects.filter(pk__in=[self.spaces[n].pk for n in world.closed]).update(closed_at=now)
        ends = {"until tomorrow": now + timedelta(days=1), "over": now}
        for who, days in world.coordinators.items():
            since = now + timedelta(minutes=5) if days == "not yet" else now - timedelta(days=2)
            NetworkCoordinator.objects.create(
                person=self.people[who], reason="Prova", since=since, until=ends.get(days)
            )
        for user, account in zip(self.people, world.accounts, strict=True):
            User.objects.filter(pk=user.pk).update(
                is_superuser=account.is_administrator,
                is_active=account.state != "deactivated",
                valid_until=ends.get(account.state),
            )
        User.groups.through.objects.bulk_create(
            User.groups.through(user=user, group=self.groups[number])
            for user, account in zip(self.people, world.accounts, strict=True)
            for number in account.groups
        )
        Membership.objects.bulk_create(
            Membership(space=self.spaces[space], role=role, expires_at=until[expiry], **self._holder(holder))
            for (holder, space), (role, expiry) in world.roles.items()
        )
        PageShare.objects.bulk_create(
            PageShare(page_id=self.pages[page].pk, space=self.spaces[space]) for page, space in world.shares
        )
        for page, holder in world.grants:
            who = next(iter(self._holder(holder).values()))
            assign_perm("wagtailcore.view_page", who, Page.objects.get(pk=self.pages[page].pk))
        Page.objects.filter(pk__in=[self.pages[page].pk for page in world.drafts]).update(live=False)
        for page, who in world.owners.items():
            Page.objects.filter(pk=self.pages[page].pk).update(owner=self.people[who])
        ReferenceIndex.objects.bulk_create(self._citation(page, file) for page, file in world.citations)

    def gives(self, world: World) -> dict[Given, int]:
        """The delegations of the world, with their numbers."""
        today, day = timezone.localdate(), timedelta(days=1)
        ends = {"until today": today, "over": today - day}
        rows = {
            given: Delegation.objects.create(
                person=self.people[given.person],
                substitute=None if given.substitute is None else self.people[given.substitute],
                organisation=self.bodies[given.body],
                purpose=given.purpose,
                valid_from=today + day if given.days == "not yet" else today - 9 * day,
                valid_until=ends.get(given.days),
            )
            for given in world.delegations
        }
        return {given: row.pk for given, row in rows.items()}

    def _holder(self, holder: Any) -> dict[str, Any]:
        kind, number = holder
        return {"user": self.people[number]} if kind == "person" else {"group": self.groups[number]}

    def _citation(self, page: Any, file: Any) -> ReferenceIndex:
        citing, cited = self.pages[page], self.files[file]
        return ReferenceIndex(
            base_content_type=ContentType.objects.get_for_model(Page),
            content_type=ContentType.objects.get_for_model(citing),
            object_id=str(citing.pk),
            to_content_type=ContentType.objects.get_for_model(cited),
            to_object_id=str(cited.pk),
            model_path="body",
            content_path="body",
            content_path_hash=ReferenceIndex._get_content_path_hash(f"body.{file}"),
        )


def _new_file(kind: str, collection: Collection) -> Document | Image:
    if kind == "image":
        return ImageFactory(title="Figura", collection=collection, file__width=2, file__height=2)
    return Document.objects.create(title="File", file=ContentFile(b"testo", name="file.txt"), collection=collection)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def allowed_among(rows: dict[Any, int], queryset: Any, user: Any, action: str) -> set[Any]:
    """The names of the rows that `access.allowed` lets through."""
    found = set(access.allowed(queryset.filter(pk__in=rows.values()), user, action).values_list("pk", flat=True))
    return {name for name, pk in rows.items() if pk in found}


# --- The rules against the oracle ------------------------------------------------------------------------


@settings(examples, max_examples=60)
@given(world=WORLDS)
def test_in_any_network_everybody_may_exactly_what_the_roles_shares_and_grants_say(world: World, stage: Stage) -> None:
    action, things = world.asked
    with stage.shows(world):
        audiences = {each: _audience(stage, each) for each in (*PAGES, *FILES)}
        for who in (*PEOPLE, ANONYMOUS):
            user = stage.user(who)
            _querysets_agree(world, stage, who, user)
            _tokens_agree(world, audiences, who, access.tokens(user))
            for thing in things:
                assert access.can(user, action, stage.row(thing)) == _may(world, who, action, thing), (who, thing)
        for thing in things:
            _readers_agree(world, stage, thing)
        _many_agree(world, stage)


def _many_agree(world: World, stage: Stage) -> None:
    """The same answer to all of them at once, from what each holds as it was read for all of them."""
    people = [stage.user(who) for who in PEOPLE]
    access.read_standings(people)
    assert [access.standing(user) for user in people] == [access.standing(stage.user(who)) for who in PEOPLE]
    names = {row.pk: page for page, row in stage.pages.items()}
    pages = list(Page.objects.filter(pk__in=names))
    seen = access.seen_by_each(pages, people)
    expected = [{page for page in PAGES if world.may_with_page(who, "view", page)} for who in PEOPLE]
    assert [{names[pk] for pk in seen[user.pk]} for user in people] == expected
    some = set(access.seen_by_some(Page.objects.filter(pk__in=names), people).values_list("pk", flat=True))
    assert {names[pk] for pk in some} >= set[Any]().union(*expected)


def _may(world: World, who: int | None, action: str, thing: Any) -> bool:
    if isinstance(thing, int):
        return world.may_in_space(who, action, thing)
    return (world.may_with_file if thing in FILES else world.may_with_page)(who, action, thing)


def _querysets_agree(world: World, stage: Stage, who: int | None, user: Any) -> None:
    pages = {page: row.pk for page, row in stage.pages.items()}
    homes = {number: space.pk for number, space in stage.spaces.items()}
    for action in RANK:
        expected = {page for page in PAGES if world.may_with_page(who, action, page)}
        assert allowed_among(pages, Page.objects.all(), user, action) == expected, (who, action)
    expected = {page for page in PAGES if world.may_with_page(who, "view", page)}
    assert {page.pk for page in access.pages_seen(user, pages.values())} == {pages[page] for page in expected}, who
    assert access.keys_of_pages_seen(user, pages.values()) == {pages[page] for page in expected}, who
    for action in {"view", world.asked[0]}:
        expected = {space for space in SPACES if world.may_in_space(who, action, space)}
        assert allowed_among(homes, Space.objects.all(), user, action) == expected, (who, action)
        for kind, model in (("document", Document), ("image", Image)):
            expected = {file for file in FILES if file[0] == kind and world.may_with_file(who, action, file)}
            assert allowed_among(stage.ids(kind), model.objects.all(), user, action) == expected, (who, action)


def _tokens_agree(world: World, audiences: dict[Any, set[str]], who: int | None, tokens: frozenset[str]) -> None:
    """The same answer from sets that an index can hold; administrators alone see what lies in no space."""
    for thing, audience in audiences.items():
        if NOWHERE in thing and world.is_administrator(who):
            continue
        sees = world.may_with_file(who, "view", thing) if thing in FILES else world.would_see(who, thing)
        assert bool(tokens & audience) == sees, (who, thing)


def _audience(stage: Stage, thing: Any) -> set[str]:
    return access.file_audience(stage.files[thing]) if thing in FILES else access.audience(stage.pages[thing])


def _readers_agree(world: World, stage: Stage, thing: Any) -> None:
    """The reverse of the same answer; of a draft, who will see it."""
    ours = {user.pk: number for number, user in enumerate(stage.people)}
    found = access.readers(stage.row(thing)).filter(pk__in=ours).values_list("pk", flat=True)
    sees = world.would_see if thing in PAGES else lambda who, thing: _may(world, who, "view", thing)
    assert sorted(ours[pk] for pk in found) == [who for who in PEOPLE if world.is_current(who) and sees(who, thing)]


INNER = [page for page in PAGES if page[1] not in {"home", "root"} and page[0] != NOWHERE]


@settings(examples, max_examples=20)
@given(world=WORLDS, parts=st.lists(PARTS, min_size=1, max_size=4))
def test_a_part_is_read_by_those_named_and_by_who_writes_there(world: World, parts: Any, stage: Stage) -> None:
    with stage.shows(world):
        named = [_with_numbers(stage, part) for part in parts]
        audiences = {page: access.part_audiences(stage.row(page), named) for page in INNER}
        for who in (*PEOPLE, ANONYMOUS):
            user = stage.user(who)
            for page in INNER:
                if world.may_with_page(who, "view", page):
                    expected = [world.reads_part(who, page, part) for part in parts]
                    assert access.read_parts(user, stage.row(page), audiences[page]) == expected, (who, page)


def _with_numbers(stage: Stage, part: access.PartReaders) -> access.PartReaders:
    return access.PartReaders(
        role=part.role,
        spaces=frozenset(stage.spaces[number].pk for number in part.spaces),
        bodies=frozenset(stage.bodies[number].pk for number in part.bodies),
        people=frozenset(stage.people[number].pk for number in part.people),
    )


@settings(examples, max_examples=20)
@given(world=WORLDS, page=st.sampled_from(INNER), part=PARTS)
def test_who_holds_a_link_reads_one_page_and_the_bin_is_of_who_writes(
    world: World, page: Any, part: Any, stage: Stage
) -> None:
    pages = {each: row.pk for each, row in stage.pages.items()}
    with stage.shows(world):
        outsider = access.Outsider(stage.row(page))
        is_live = page not in world.drafts
        assert allowed_among(pages, Page.objects.all(), outsider, "view") == ({page} if is_live else set())
        carried = {file for at, file in world.citations if at == page and file[1] == page[0] and is_live}
        for kind, model in (("document", Document), ("image", Image)):
            expected = {file for file in carried if file[0] == kind}
            assert allowed_among(stage.ids(kind), model.objects.all(), outsider, "view") == expected
        assert not any(allowed_among(pages, Page.objects.all(), outsider, act) for act in ("edit", "approve", "manage"))
        audience = access.part_audiences(stage.row(page), [_with_numbers(stage, part)])
        assert access.read_parts(outsider, stage.row(page), audience) == [False]
        binned = {
            number: BinnedThing.objects.create(
                space=space, title="Via", by=stage.people[0], page_id=stage.pages[number, "a11"].pk
            ).pk
            for number, space in stage.spaces.items()
        }
        for who in (*PEOPLE, ANONYMOUS):
            writes = {space for space in SPACES if world.may_in_space(who, "edit", space)}
            assert allowed_among(binned, BinnedThing.objects.all(), stage.user(who), "edit") == writes


@settings(examples, max_examples=20)
@given(world=WORLDS)
def test_people_and_roles_are_known_only_to_those_who_share_a_space(world: World, stage: Stage) -> None:
    people = {number: user.pk for number, user in enumerate(stage.people)}
    with stage.shows(world):
        held = {}
        for row in Membership.objects.filter(space__in=[space.pk for space in stage.spaces.values()]):
            held[row.pk] = next(number for number, space in stage.spaces.items() if space.pk == row.space_id)
        for who in (*PEOPLE, ANONYMOUS):
            user = stage.user(who)
            expected = {other for other in PEOPLE if world.knows(who, other)}
            assert allowed_among(people, User.objects.all(), user, "view") == expected
            hold = {number for number in expected if world.is_current(number)}
            assert {number for number, pk in people.items() if pk in access.everybody_seen(user)} == hold
            assert {number for number, pk in people.items() if pk in access.people_seen(user, people.values())} == hold
            for action, rank in RANK.items():
                expected = {
                    pk for pk, space in held.items() if world.is_administrator(who) or world.role(who, space) >= rank
                }
                assert allowed_among({pk: pk for pk in held}, Membership.objects.all(), user, action) == expected
            keeps = {other for other in PEOPLE if world.keeps(who, other)}
            assert allowed_among(people, User.objects.all(), user, "manage") == keeps
            assert access.coordinates(user) == world.coordinates(who)
            writes = any(world.role(who, space) >= RANK["edit"] for space in set(SPACES) - world.closed)
            answers = any(world.answers_for(who, page) for page in PAGES)
            assert access.may_enter_admin(user) == (writes or answers or world.is_administrator(who))
            django_says = user.is_active and user.is_superuser  # Django asks nobody about a superuser
            assert user.has_perm("wagtailadmin.access_admin") == (access.may_enter_admin(user) or django_says)


@pytest.fixture
def rows_of_packages(stage: Stage, monkeypatch: Any) -> dict[str, dict[Any, int]]:
    """Rows under each rule that a package may give to its own: of a page, of a person, of a body."""
    monkeypatch.setattr(access, "_rules_of_rows", [])
    access.follow(OldAddress, "page")
    access.own(DigestPreference, "user")
    access.in_the_name_of(Delivery, "user__organisation", Purpose.ADOPTION)
    now = timezone.now()
    its = [User.objects.create_user(f"di-{body.slug}@raccordo.example", organisation=body) for body in stage.bodies]
    return {
        "page": {page: OldAddress.objects.create(page_id=row.pk).pk for page, row in stage.pages.items()},
        "person": {who: DigestPreference.objects.create(user=user).pk for who, user in enumerate(stage.people)},
        "body": {
            body: Delivery.objects.create(user=user, window_start=now, window_end=now).pk
            for body, user in enumerate(its)
        },
    }


@settings(examples, max_examples=30)
@given(world=WORLDS)
def test_a_row_follows_its_page_is_ones_own_or_is_a_bodys(
    world: World, stage: Stage, rows_of_packages: dict[str, dict[Any, int]]
) -> None:
    rows = rows_of_packages
    with stage.shows(world):
        given = stage.gives(world)
        for who in (*PEOPLE, ANONYMOUS):
            user = stage.user(who)
            for action in RANK:
                assert allowed_among(rows["page"], OldAddress.objects.all(), user, action) == {
                    page for page in PAGES if world.may_with_page(who, action, page)
                }
                own = {who} if world.is_current(who) else set()
                assert allowed_among(rows["person"], DigestPreference.objects.all(), user, action) == own
                assert allowed_among(rows["body"], Delivery.objects.all(), user, action) == {
                    body for body in BODIES if world.may_with_body(who, action, body)
                }, (who, action)
                assert allowed_among(given, Delegation.objects.all(), user, action) == {
                    each for each in given if world.may_with_delegation(who, action, each)
                }, (who, action)
            assert access.standing(user).bodies == {
                (stage.bodies[body].pk, purpose)
                for body in BODIES
                for purpose in Purpose.values
                if world.acts_for(who, body, purpose)
            }
            row = Delivery.objects.get(pk=rows["body"][0])
            assert access.can(user, "edit", row) == world.may_with_body(who, "edit", 0)


@settings(examples, max_examples=12)
@given(world=WORLDS)
def test_after_the_copy_guardian_and_the_admin_give_the_same_answer(world: World, stage: Stage) -> None:
    names = {"view": "view_space", "edit": "contribute_space", "approve": "approve_space", "manage": "manage_space"}
    pages = {page: row.pk for page, row in stage.pages.items()}
    with stage.shows(world):
        for space in stage.spaces.values():
            role_copy.sync_space(space)
            assert role_copy.sync_space(space) == 0
        for who in PEOPLE:
            if world.is_administrator(who) or not world.is_current(who):
                continue
            user = stage.user(who)
            guardian = ObjectPermissionChecker(user)
            for number, space in stage.spaces.items():
                for action, codename in names.items():
                    holds = (
                        world.may_in_space(who, action, number)
                        if number not in world.public or action != "view"
                        else world.role(who, number) >= RANK[action]
                    )
                    assert guardian.has_perm(codename, space) == holds, (who, number, action)
                    assert user.has_perm(f"portal.{codename}", space) == holds, (who, number, action)
            answered = {page for page in PAGES if world.answers_for(who, page)}  # Wagtail's own knows roles alone
            for action, codename in (("edit", "change"), ("approve", "publish"), ("manage", "bulk_delete")):
                expected = {page for page in PAGES if world.may_with_page(who, action, page)}
                by_role = {page for page in PAGES if page != HOME and world.may_in_space(who, action, page[0])}
                for policy, wanted in (
                    (PagePermissionPolicy(), by_role),
                    (policy_registry.get_by_type(Page), expected),
                ):
                    found = policy.instances_user_has_permission_for(user, codename)
                    found = set(found.values_list("pk", flat=True))
                    assert {page for page, pk in pages.items() if pk in found} == wanted
            for page in (*answered, *world.asked[1] & set(PAGES)):
                tester = stage.row(page).specific.permissions_for_user(user)
                assert tester.can_edit() == world.may_with_page(who, "edit", page), (who, page)
                assert tester.can_publish() == world.may_with_page(who, "approve", page), (who, page)
            explored = explorable(policy_registry.get_by_type(Page), user)
            assert explored >= explorable(PagePermissionPolicy(), user) | {pages[page] for page in answered}
            assert answered or explored == explorable(PagePermissionPolicy(), user)


def explorable(policy: PagePermissionPolicy, user: User) -> set[int]:
    """Wagtail's own fails where there is nothing to explore: it is never asked then."""
    if policy.explorable_root_instance(user) is None:
        return set()
    return set(policy.explorable_instances(user).values_list("pk", flat=True))


def test_the_admin_asks_the_policy_that_asks_access() -> None:
    for model in (Page, TextPage, SpacePage):
        assert type(policy_registry.get_by_type(model)) is SpacePagePolicy


def test_an_editor_of_three_hundred_spaces_explores_them_with_a_few_questions(person: Any) -> None:
    editor, policy = person("worker"), policy_registry.get_by_type(Page)
    made = network.spaces(300, reader=editor, role=Role.MANAGER)
    permission = Permission.objects.get(codename="change_page", content_type__app_label="wagtailcore")
    for space in made:
        group = role_copy.role_group(space, Role.MANAGER)
        group.user_set.add(editor)
        GroupPagePermission.objects.create(group=group, page=space.root_page, permission=permission)
    editor = person("worker")
    with CaptureQueriesContext(connection) as queries:
        found = set(policy.explorable_instances(editor).values_list("pk", flat=True))
    assert {space.root_page_id for space in made} <= found
    assert len(queries) <= 12


# --- What must never open --------------------------------------------------------------------------------


@dataclass
class Case:
    """Two spaces, and a page of the first that cites a file of each."""

    inside: Space
    elsewhere: Space
    page: TextPage
    own_file: Document
    foreign_file: Document
    reader: User  # of nothing yet
    manager: User


@pytest.fixture
def case(person: Any) -> Case:
    manager = person("coordinator")
    inside = opening.open_space("dentro", "Dentro", slug="dentro", by=manager)
    elsewhere = opening.open_space("altrove", "Altrove", slug="altrove", by=manager)
    own, foreign = _new_file("document", inside.collection), _new_file("document", elsewhere.collection)
    links = "".join(f'<p><a linktype="document" id="{file.pk}">file</a></p>' for file in (own, foreign))
    body = [("section", {"heading": "Allegati", "text": links, "rows": []})]
    page = TextPage(title="Con allegati", slug="con-allegati", change_note="Nuova.", body=body)
    Page.objects.get(pk=inside.root_page_id).add_child(instance=page)
    return Case(inside, elsewhere, page, own, foreign, person("partner"), manager)


def status_of(client: Client, file: Document) -> int:
    return client.get(f"/documenti/{file.pk}/{file.filename}").status_code


def test_a_shared_page_opens_its_own_file_but_not_the_one_it_cites_from_another_space(case: Case, as_: Any) -> None:
    third = opening.open_space("terzo", "Terzo", slug="terzo", by=case.manager)
    roles.give_role(third, case.reader, Role.READER, by=case.manager)
    assert status_of(as_("partner"), case.own_file) == 404

    shares.share_page(case.page, third, by=case.manager)
    assert status_of(as_("partner"), case.own_file) == 200
    assert status_of(as_("partner"), case.foreign_file) == 404
    assert set(access.readers(case.foreign_file)) == set(User.objects.filter(is_superuser=True))


def test_citing_a_file_does_not_open_it_to_the_readers_of_the_citing_space(case: Case, as_: Any) -> None:
    roles.give_role(case.inside, case.reader, Role.MANAGER, by=case.manager)
    assert status_of(as_("partner"), case.own_file) == 200
    assert status_of(as_("partner"), case.foreign_file) == 404


def test_withdrawing_a_page_closes_the_file_that_only_the_page_had_opened(case: Case, as_: Any) -> None:
    shares.grant_page(case.page, case.reader, by=case.manager)
    assert status_of(as_("partner"), case.own_file) == 200
    assert case.reader in access.readers(case.own_file)
    case.page.unpublish()
    assert status_of(as_("partner"), case.own_file) == 404
    assert case.reader not in access.readers(case.own_file)


def test_a_grant_opens_the_page_and_what_lies_below_until_it_is_revoked(case: Case, person: Any) -> None:
    below = case.page.add_child(instance=TextPage(title="Sotto", slug="sotto", change_note="Nuova."))
    sibling = Page.objects.get(pk=case.inside.root_page_id).add_child(
        instance=TextPage(title="Accanto", slug="accanto", change_note="Nuova.")
    )

    def seen() -> list[bool]:
        return [access.can(person("partner"), "view", page) for page in (case.page, below, sibling)]

    shares.grant_page(case.page, case.reader, by=case.manager)
    assert seen() == [True, True, False]
    assert not access.can(person("partner"), "edit", case.page)
    shares.revoke_page(case.page, case.reader, by=case.manager)
    assert seen() == [False, False, False]


def test_a_grant_to_a_body_follows_the_person_who_changes_body(case: Case, person: Any) -> None:
    shares.grant_page(case.page, case.reader.organisation.group, by=case.manager)
    assert access.can(person("partner"), "view", case.page)
    assert not access.can(person("partner_coop"), "view", case.page)
    moved = person("partner")
    moved.organisation = person("partner_coop").organisation
    moved.save()
    assert not access.can(person("partner"), "view", case.page)


def test_a_branch_on_which_no_space_was_opened_is_nobodys(case: Case, person: Any) -> None:
    orphan = HomePage.objects.get().add_child(instance=SpacePage(title="Orfana", slug="orfana"))
    below = orphan.add_child(instance=TextPage(title="Sotto", slug="sotto-orfana", change_note="Nuova."))
    for page in (orphan, below):
        assert access.audience(page) == set()
        assert not access.can(person("coordinator"), "view", page)
        assert not access.can(AnonymousUser(), "view", page)
        assert access.can(person("administrator"), "view", page)
    both = Page.objects.filter(pk__in=[orphan.pk, below.pk])
    assert set(access.seen_by_some(both, [person("coordinator"), person("administrator")])) == set(both)
    assert not access.seen_by_some(both, [person("coordinator"), person("partner")]).exists()


def test_a_file_in_nobodys_collection_is_opened_by_no_page(case: Case, person: Any) -> None:
    orphan = HomePage.objects.get().add_child(instance=SpacePage(title="Orfana", slug="orfana"))
    file = _new_file("document", Collection.get_first_root_node())
    link = f'<p><a linktype="document" id="{file.pk}">file</a></p>'
    body = [("section", {"heading": "Allegati", "text": link, "rows": []})]
    page = orphan.add_child(instance=TextPage(title="Sotto", slug="sotto-orfana", change_note="Nuova.", body=body))
    ReferenceIndex.create_or_update_for_object(page)
    shares.grant_page(page, case.reader, by=case.manager)
    assert access.can(person("partner"), "view", page)
    assert not access.can(person("partner"), "view", file)
    assert access.file_audience(file) == set()
    assert access.can(person("administrator"), "view", file)


def test_sharing_the_first_page_of_the_site_opens_nothing(case: Case, person: Any) -> None:
    """Spaces lie below it: what is shared with the public one would be the whole portal."""
    PageShare.objects.create(page=HomePage.objects.get(), space=Space.objects.get(code="SP-PUBBLICO"))
    assert not access.can(AnonymousUser(), "view", case.page)
    assert not access.can(person("partner"), "view", case.page)


def test_a_hidden_file_answers_as_after_it_is_deleted(case: Case, as_: Any) -> None:
    client, address = as_("partner"), f"/documenti/{case.own_file.pk}/{case.own_file.filename}"
    hidden = client.get(address)
    case.own_file.delete()
    missing = client.get(address)
    assert hidden.status_code == missing.status_code == 404
    assert _without_csrf_token(hidden.content) == _without_csrf_token(missing.content)


def _without_csrf_token(body: bytes) -> bytes:
    return re.sub(rb'(name="csrfmiddlewaretoken" value=)"\w+"', rb"\1", body)


def test_what_may_be_seen_but_not_done_is_refused_and_what_is_hidden_is_missing(case: Case, person: Any) -> None:
    pages = Page.objects.all()
    with pytest.raises(Http404):
        access.get_or_404(pages, person("partner"), "edit", pk=case.page.pk)
    with pytest.raises(Http404):
        access.get_or_404(pages, person("partner"), "view", pk=0)
    roles.give_role(case.inside, case.reader, Role.READER, by=case.manager)
    assert access.get_or_404(pages, person("partner"), "view", pk=case.page.pk).pk == case.page.pk
    with pytest.raises(PermissionDenied):
        access.get_or_404(pages, person("partner"), "edit", pk=case.page.pk)
    roles.give_role(case.inside, case.reader, Role.EDITOR, by=case.manager)
    assert access.get_or_404(pages, person("partner"), "edit", pk=case.page.pk).pk == case.page.pk


def test_a_picture_and_its_renditions_open_together(case: Case, person: Any) -> None:
    image = _new_file("image", case.inside.collection)
    rendition = image.get_rendition("width-1")
    for role, opens in ((None, False), (Role.READER, False), (Role.EDITOR, True)):
        if role:
            roles.give_role(case.inside, case.reader, role, by=case.manager)
        assert access.can(person("partner"), "view", image) is opens
        assert access.allowed(Rendition.objects.filter(pk=rendition.pk), person("partner")).exists() is opens


def test_readers_of_the_space_get_a_file_with_the_page_and_lose_it_with_the_page(case: Case, as_: Any) -> None:
    loose = _new_file("document", case.inside.collection)
    roles.give_role(case.inside, case.reader, Role.READER, by=case.manager)
    assert status_of(as_("partner"), loose) == 404
    assert status_of(as_("partner"), case.own_file) == 200
    case.page.unpublish()
    assert status_of(as_("partner"), case.own_file) == 404
    case.page.save_revision().publish()
    assert status_of(as_("partner"), case.own_file) == 200
    Page.objects.get(pk=case.page.pk).delete()
    assert status_of(as_("partner"), case.own_file) == 404
    roles.give_role(case.inside, case.reader, Role.EDITOR, by=case.manager)
    assert status_of(as_("partner"), case.own_file) == status_of(as_("partner"), loose) == 200


def test_a_file_that_only_the_draft_of_a_live_page_holds_is_not_served(case: Case, as_: Any) -> None:
    """What is live decides, not what its author writes meanwhile."""
    new = _new_file("document", case.inside.collection)
    roles.give_role(case.inside, case.reader, Role.READER, by=case.manager)
    page = TextPage.objects.get(pk=case.page.pk)
    page.attachments = [("attachment", {"file": new, "title": "Nuovo"})]
    page.body = []
    revision = page.save_revision()
    assert status_of(as_("partner"), new) == 404
    assert status_of(as_("partner"), case.own_file) == 200
    revision.publish()
    assert status_of(as_("partner"), new) == 200
    assert status_of(as_("partner"), case.own_file) == 404


def test_a_colleague_is_seen_and_only_who_keeps_the_network_keeps_the_account(person: Any) -> None:
    colleague = person("director")
    for name in ("worker", "coordinator"):
        assert access.can(person(name), "view", colleague)
    for action in ("edit", "approve", "manage"):
        assert not access.can(person("worker"), action, colleague)
        assert access.can(person("coordinator"), action, colleague) == (action == "manage")
        assert access.can(person("administrator"), action, colleague)
    assert not access.can(person("coordinator"), "manage", person("administrator"))


def test_an_administrator_answers_for_every_space_without_a_role_in_it(case: Case, person: Any) -> None:
    assert access.role_in(person("administrator"), case.inside) == Role.MANAGER
    assert access.role_in(person("partner"), case.inside) is None
    User.objects.filter(pk=person("administrator").pk).update(valid_until=timezone.now())
    assert access.role_in(person("administrator"), case.inside) is None
    assert not access.is_administrator(person("administrator"))


def test_many_people_at_once_are_answered_as_each_of_them_alone(person: Any) -> None:
    """Every account of the demo and every page, with pages that were reported and of whoever answers for them."""
    everybody = User.objects.order_by("pk")
    reported = list(Page.objects.filter(depth=4, live=True).order_by("pk")[::7])
    for number, page in enumerate(reported):
        Page.objects.filter(pk=page.pk).update(owner=everybody[number % 9])
        PersonalDataReport.objects.create(page=page, by=everybody[(number + 1) % 9], hides=True, what="-")
    User.objects.filter(pk=person("trainee").pk).update(valid_until=timezone.now())
    people, alone = list(everybody.all()), list(everybody.all())
    access.read_standings(people)
    assert [access.standing(user) for user in people] == [access.standing(user) for user in alone]
    seen = access.seen_by_each(list(Page.objects.all()), people)
    some = set(access.seen_by_some(Page.objects.all(), people).values_list("pk", flat=True))
    asked = access.somebody_to_ask_of_each(people)
    for user in alone:
        allowed = set(access.allowed(Page.objects.all(), user).values_list("pk", flat=True))
        assert seen[user.pk] == allowed <= some, user
        assert asked[user.pk] == access.somebody_to_ask(user), user
    assert len({frozenset(each) for each in seen.values()}) > 4
    assert any(page.pk in seen[user.pk] for page in reported for user in people)
    assert any(page.pk not in seen[user.pk] for page in reported for user in people if user.organisation_id)


def test_what_one_holds_is_asked_in_words_written_once_and_answers_each_person_at_that_moment(
    case: Case, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("worker", "worker_minors"):
        access.standing(person(name))

    def written(*args: Any) -> Any:
        raise AssertionError(args)

    monkeypatch.setattr(access, "_held", written)
    minors = demo.space("SP-MINORI").pk
    assert minors not in access.standing(person("worker")).paths
    assert minors in access.standing(person("worker_minors")).paths
    Membership.objects.filter(space=minors, user=person("worker_minors")).update(expires_at=timezone.now())
    Membership.objects.filter(space=minors, group__user=person("worker_minors")).update(expires_at=timezone.now())
    assert minors not in access.standing(person("worker_minors")).paths


def test_a_kind_of_row_without_a_rule_is_refused_to_everybody(person: Any) -> None:
    assert access.allowed(Space.objects.all(), person("administrator")).exists()
    with pytest.raises(TypeError):
        access.allowed(Activity.objects.all(), person("administrator"))
