"""Every permission rule of Raccordo, and the only place where one is decided.

A person holds *tokens*; a page, a file or a search document has an *audience*, a set of tokens too.
May see = the two sets meet, and the page is live. The rule is written once, as querysets; `can()` asks
it of one row. What one may not see answers as what does not exist.

Roles are read from `Membership` at the moment of asking, so that an expiry takes effect at its minute;
grants on single pages are django-guardian's. `role_copy.sync_space` copies the roles to where Wagtail's
admin looks for them.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Substr
from django.http import Http404
from django.utils import timezone
from wagtail.models import Collection, Page, ReferenceIndex, WorkflowState

from . import prepared
from .models.bin import BinnedThing
from .models.coordinators import NetworkCoordinator
from .models.delegations import Delegation
from .models.file_versions import FileVersion
from .models.media import Document, Image, ReadingState, Rendition
from .models.people import Organisation, User, UserQuerySet
from .models.personal_data import PersonalDataReport
from .models.spaces import Membership, PageGroupGrant, PageShare, PageUserGrant, Role, Space, Visibility
from .models.tree import SPACE_DEPTH as SPACE_DEPTH
from .models.tree import SPACE_PATH as SPACE_PATH
from .models.working_life import Absence

M = TypeVar("M", bound=Model)
Person = User | AnonymousUser

NEEDS = {"view": Role.READER, "edit": Role.EDITOR, "approve": Role.APPROVER, "manage": Role.MANAGER}
WRITES = {"edit", "approve"}  # what nobody but an administrator does in a closed space
ABOVE_SPACES = tuple(range(1, SPACE_DEPTH))  # the depths of the root and the home page
PUBLIC = "public"
RESERVED = "body.reserved."  # how Wagtail calls what stands in a part with readers of its own


@dataclass(frozen=True)
class Standing:
    """What a person holds right now."""

    roles: dict[int, int]  # space id → role
    paths: dict[int, str]  # space id → path of its root page, for every space the person may read
    named: dict[str, tuple[Any, ...]]  # the same spaces by that path, with what a menu and a trail say of them
    public: frozenset[int]  # ids of the public spaces
    closed: frozenset[str]  # paths of the root pages of the spaces in which nothing new is written, readable or not
    opened: tuple[str, ...]  # paths of the pages opened to the person beyond their space
    groups: frozenset[int]
    hidden: frozenset[int]  # ids of the pages that were reported to hold data of persons, by others
    person: int | None = None  # None for whoever has no account, or an account that no longer holds
    administrator: bool = False
    coordinates: bool = False  # keeps the network; administrators do too
    only: int | None = None  # the id of the one page of whoever came by a link for outsiders

    def spaces(self, action: str) -> set[int]:
        """Ids of the spaces in which the person may do it."""
        held = {space for space, role in self.roles.items() if role >= NEEDS[action]}
        if action in WRITES and not self.administrator:
            held = {space for space in held if self.paths.get(space) not in self.closed}
        return held | self.public if action == "view" else held

    @cached_property
    def path_set(self) -> frozenset[str]:
        return frozenset(self.paths.values())

    @cached_property
    def role_by_path(self) -> dict[str, int]:
        return {self.paths[space]: role for space, role in self.roles.items() if space in self.paths}

    @cached_property
    def _made(self) -> dict[str, Space]:
        return {}

    def space_at(self, path: str) -> Space | None:
        """The space whose pages lie there, for whoever reads it."""
        if path in self.named and path not in self._made:
            self._made[path] = _named(path, *self.named[path])
        return self._made.get(path)

    @cached_property
    def bodies(self) -> frozenset[tuple[int, str]]:
        """The bodies in whose name the person acts today, each with the purpose; read when first asked."""
        if self.person is None:
            return frozenset()
        return frozenset(prepared.answers("bodies", _bodies, person=self.person, today=timezone.localdate()))


def standing(user: Person) -> Standing:
    """The person's standing, read once per user object (so once per request)."""
    held = user.__dict__.get("_standing")
    if held is None:
        held = user.__dict__["_standing"] = _read_standing(user)
    return held


def _bodies() -> QuerySet[Any, Any]:
    """The bodies of whoever is given later, on a day that is given later."""
    person, today = prepared.given("person"), prepared.given("today", DateField())
    mine = Delegation.objects.current(today).filter(Q(person=person) | Q(substitute=person)).order_by()
    return mine.values_list("organisation", "purpose")


class Outsider(AnonymousUser):
    """Whoever holds a link to one page: that page and what it carries, and nothing else, not even what is public."""

    def __init__(self, page: Page) -> None:
        opened = (page.path,) if page.depth > SPACE_DEPTH else ()
        held = _read_standing(AnonymousUser())
        self.__dict__["_standing"] = replace(held, paths={}, named={}, public=frozenset(), opened=opened, only=page.pk)


def forget(user: Person) -> None:
    """Read the standing anew at the next question; called after a change of roles."""
    user.__dict__.pop("_standing", None)
    user.__dict__.pop("_answers_for_some", None)


def is_administrator(user: Person) -> bool:
    """Administrators look after the whole installation and may do everything in it."""
    return isinstance(user, User) and user.is_superuser and user.is_current()


def administrators() -> UserQuerySet:
    """Those whose account holds: asked of them is what nobody else can do."""
    return User.objects.current().filter(is_superuser=True)


def coordinates(user: Person) -> bool:
    """Coordinators of the network keep its spaces, people, bodies and words; administrators may do it too."""
    return standing(user).coordinates


def coordinators() -> UserQuerySet:
    """Those who coordinate the network now, their account holding."""
    return User.objects.current().filter(coordinations__in=NetworkCoordinator.objects.current()).distinct()


def may_enter_admin(user: Person) -> bool:
    """Whether Wagtail's admin has anything to do for the person: a redattore somewhere, or who answers for a page."""
    return is_administrator(user) or bool(standing(user).spaces("edit")) or answers_for_some(user)


def _read_standing(user: Person) -> Standing:
    """Two questions: what the person holds and where, then which pages were opened beyond that."""
    known, administrator = _kind(user)
    person = user.pk if known else None
    form = ("held", known, administrator)
    question = partial(_held, known, administrator)
    held = _fold(user, prepared.answers(form, question, person=person, now=timezone.now()))
    return held if administrator else replace(held, opened=_opened_paths(held))


def _kind(user: Person) -> tuple[bool, bool]:
    """Whether the account holds, and whether it is an administrator's."""
    known = isinstance(user, User) and user.pk is not None and user.is_current()
    return known, known and user.is_superuser


def _fold(user: Person, rows: Iterable[tuple[Any, ...]]) -> Standing:
    """What rows as those of `_held` say of the person; what was opened beyond it is asked apart."""
    known, administrator = _kind(user)
    groups, roles, paths, public, closed = set[int](), dict[int, int](), dict[int, str](), set[int](), set[str]()
    coordinates, reported, by_me = administrator, set[int](), set[int]()
    named = dict[str, tuple[Any, ...]]()
    for what, pk, role, path, closed_at, *words in rows:
        if what == GROUP:
            groups.add(pk)
        elif what == NETWORK:
            coordinates = True
        elif what == REPORTED:
            (by_me if role else reported).add(pk)
        else:
            if closed_at:
                closed.add(path)
            if what == Visibility.PUBLIC:
                public.add(pk)
            if administrator or role:
                roles[pk] = Role.MANAGER if administrator else max(role, roles.get(pk, 0))
            if pk in public or pk in roles:
                paths[pk] = path
                named[path] = (pk, what, closed_at, *words)
    return Standing(
        roles=roles,
        paths=paths,
        named=named,
        public=frozenset(public),
        closed=frozenset(closed),
        opened=(),
        groups=frozenset(groups),
        hidden=frozenset(reported - by_me),
        person=user.pk if known else None,
        administrator=administrator,
        coordinates=coordinates,
    )


GROUP, NETWORK, REPORTED = "group", "network", "reported"
OF_A_SPACE = (
    "visibility", "pk", "role", "root_page__path", "closed_at", "name", "code", "root_page", "root_page__slug"
)  # fmt: skip


def _held(known: bool, administrator: bool) -> QuerySet[Any, Any]:
    """All that the person holds, and what is open or closed to everybody; of whom and when is given later.

    («group», «network», «reported» or the visibility of a space, its id, the role, the path, when it was closed, and
    of a space its name, its code, the id and the last word of the address of its first page).
    """
    space = OF_A_SPACE
    spaces = Space.objects.order_by().annotate(role=Value(0, IntegerField()))
    if not administrator:
        spaces = spaces.filter(Q(visibility=Visibility.PUBLIC) | Q(closed_at__isnull=False))
    no_space = {
        "role_held": Value(0, IntegerField()), "path": Value("", CharField()), "closed": Value(None, DateTimeField()),
        "called": Value("", CharField()), "coded": Value("", CharField()), "first_page": Value(0, BigIntegerField()),
        "word": Value("", CharField()),
    }  # fmt: skip
    person, now = prepared.given("person"), prepared.given("now", DateTimeField())
    mine = Case(When(by=person, by__isnull=False, then=Value(1)), default=Value(0), output_field=IntegerField())
    reports: QuerySet[Any, Any] = PersonalDataReport.objects.hiding().filter(page__isnull=False).order_by()
    reports = reports.annotate(held_as=Value(REPORTED), **{**no_space, "role_held": mine})
    open_reports = reports.values_list("held_as", "page", *no_space)
    if not known:
        return spaces.values_list(*space).union(open_reports, all=True)
    # The groups of roles are a copy of the roles: what is held through them would outlive its role.
    through = User.groups.through.objects.filter(user=person, group__role_group=None)
    own: QuerySet[Any, Any] = through.annotate(held_as=Value(GROUP), **no_space)
    network = NetworkCoordinator.objects.current(now).filter(person=person).annotate(held_as=Value(NETWORK), **no_space)
    # Of each by itself: asked together, with an «or», a database may go through the roles of everybody.
    holds = Membership.objects.current(now).order_by()
    held, of_groups = holds.filter(user=person), holds.filter(group__in=through.values("group"))
    return spaces.values_list(*space).union(
        own.values_list("held_as", "group", *no_space),
        network.order_by().values_list("held_as", "pk", *no_space),
        open_reports,
        held.values_list(*_through_a_role(space)),
        of_groups.values_list(*_through_a_role(space)),
        all=True,
    )


def _through_a_role(of_a_space: Iterable[str]) -> list[str]:
    return [field if field == "role" else f"space__{field}" for field in of_a_space]


def _named(path: str, pk: int, visibility: str, closed_at: Any, name: str, code: str, page: int, slug: str) -> Space:
    """A space with what was read of it beside the roles; what else is asked of it, the database is asked."""
    read = {"id": pk, "code": code, "name": name, "visibility": visibility, "closed_at": closed_at,
            "root_page_id": page}  # fmt: skip
    space = Space.from_db(None, list(read), list(read.values()))
    space.root_page = Page.from_db(None, ["id", "path", "slug"], [page, path, slug])
    return space


def _opened_paths(held: Standing) -> tuple[str, ...]:
    """Paths of pages shared with the person's spaces or granted to the person, beyond what is read there anyway.

    Only pages in spaces: above them, one share would open the whole site.
    """
    of_spaces, of_groups = prepared.several("space", held.paths), prepared.several("group", held.groups)
    person, inside = held.person, prepared.paths("inside", held.paths.values())
    if not of_spaces and person is None:
        return ()
    form = ("opened", person is not None, len(of_spaces), len(of_groups), len(inside))
    question = partial(_opened, person is not None, of_spaces, of_groups, inside)
    return _beyond(held, prepared.answers(form, question, person=person, **of_spaces, **of_groups, **inside))


def _beyond(held: Standing, rows: Iterable[tuple[str]]) -> tuple[str, ...]:
    """Of these paths those that lie in no space that the person reads, and of each branch the topmost."""
    top: list[str] = []
    for path in sorted({path for (path,) in rows}):
        if path[:SPACE_PATH] not in held.path_set and not (top and path.startswith(top[-1])):
            top.append(path)
    return tuple(top)


def _opened(known: bool, spaces: dict[str, int], groups: dict[str, int], inside: dict[str, str]) -> QuerySet[Any, Any]:
    """The paths of those pages; of whom is given later. Most shares are among one's own spaces, and are not read."""
    of_spaces = PageShare.objects.filter(space__pk__in=prepared.places(spaces), page__depth__gte=SPACE_DEPTH)
    shares = of_spaces.exclude(page__path__beneath=prepared.branches(inside)).values_list("page__path")
    if not known:
        return shares
    person = prepared.given("person")
    grants = {"permission__codename": "view_page", "content_object__depth__gte": SPACE_DEPTH}
    to_person = PageUserGrant.objects.filter(user=person, **grants).values_list("content_object__path")
    to_groups = PageGroupGrant.objects.filter(group__pk__in=prepared.places(groups), **grants)
    return shares.union(to_person, to_groups.values_list("content_object__path"))


# --- The rules, as querysets -----------------------------------------------------------------------------


def allowed(queryset: Any, user: Person, action: str = "view") -> Any:
    """The rows of `queryset` with which the person may do `action` (of NEEDS).

    Of one of the ground's models, or of one that its package has given a rule (`follow`, `own`, `in_the_name_of`).
    Untyped, so that each queryset keeps its own methods.
    """
    for model, rule in [*_rules(), *_rules_of_rows]:
        if issubclass(queryset.model, model):
            return rule(queryset, user, action)
    raise TypeError(f"no rule of access for {queryset.model.__name__}")


@cache
def _rules() -> list[tuple[type[Model], Callable[..., Any]]]:
    return [
        (Page, _pages),
        (Document, _files),
        (Image, _files),
        (FileVersion, _file_versions),
        (Rendition, _renditions),
        (Space, _spaces),
        (Collection, _collections),
        (User, _people),
        (Membership, _memberships),
        (Delegation, _delegations),
        (PersonalDataReport, _reports),
        (BinnedThing, _in_the_bin),
    ]


def _pages(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    return queryset.filter(_of_pages(standing(user), action))


def _of_pages(held: Standing, action: str, branches: Sequence[Any] | None = None) -> Q:
    """The rule on pages. In plain fields of their table: so an index finds them, and the admin's search takes it.

    `branches` stand for those that the person reads, where they are given only when it is asked.
    """
    if held.administrator:
        return Q(live=True) if action == "view" else Q()
    if action == "view":
        where = (Q(depth__in=ABOVE_SPACES) | _readable(held, branches)) & Q(live=True)
    else:
        where = _in_spaces(held, action)
    if held.only is not None:
        where &= Q(pk=held.only)
    if action == "edit" and held.person:
        where |= _answered_for(held)
    if held.hidden:
        where &= ~Q(pk__in=held.hidden) | _in_spaces(held, "manage") | Q(owner=held.person, owner__isnull=False)
    return where


def pages_seen(user: Person, among: Iterable[int]) -> list[Page]:
    """The pages of these ids that the person may read, by the rule of `_pages`, in no order; for short lists."""
    return [page for page in prepared.by_key(Page, among) if _may_with_page(user, "view", page, just_read=True)]


DECIDING = ("pk", "path", "live", "owner_id")  # what of a page decides whether it may be read


def keys_of_pages_seen(user: Person, among: Iterable[int]) -> set[int]:
    """Of these ids those of pages that the person may read: nothing is read of a page but what decides that."""
    return {row.pk for row in rows_seen(user, prepared.by_key(Page, among, DECIDING))}


def rows_seen(user: Person, rows: Iterable[Any], action: str = "view") -> list[Any]:
    """Those of the rows, just read, whose page the person may read, or do more with: `DECIDING` of each, and what else
    was asked.
    """
    return [row for row in rows if _may_with_page(user, action, row, just_read=True)]


def by_pages_seen(form: Hashable, question: Callable[[Q], QuerySet[M]], user: Person, **given: Any) -> list[M]:
    """What is asked of the pages that the person may read, `question` saying what by their rule: `allowed`, of what
    many pages ask. Its SQL is written once for all who read as many spaces.
    """
    held = standing(user)
    known = prepared.paths("path", [*held.paths.values(), *held.opened])
    numbered = held.hidden or held.only is not None  # then the rule names pages by number
    alike = None if numbered or form is None else (form, held.administrator, tuple(map(len, known.values())))

    def by_rule() -> QuerySet[M]:
        return question(_of_pages(held, "view", prepared.branches(known)))

    return prepared.answers(alike, by_rule, **given, **known)


def kinds_seen(user: Person, kinds: Iterable[int]) -> set[int]:
    """Of these content types those of which the person may read a page; every page of the portal asks it."""
    of_kinds = prepared.several("kind", kinds)
    rows: list[Any] = by_pages_seen(("kinds seen", len(of_kinds)), partial(_kinds_of, of_kinds), user, **of_kinds)
    return {pk for (pk,) in rows}


def _kinds_of(kinds: dict[str, int], rule: Q) -> QuerySet[Any, Any]:
    pages = Page.objects.order_by().filter(rule, content_type=OuterRef("pk"))
    return ContentType.objects.order_by().filter(Exists(pages), pk__in=prepared.places(kinds)).values_list("pk")


LEFT = (*DECIDING, "first_published_at", "url_path")  # what of a page decides whether one reads that it is withdrawn


def withdrawn(user: Person, rows: Iterable[Any]) -> list[Any]:
    """Of rows of pages just read, `LEFT` of each, those that people read and that are withdrawn, lying where the person
    reads: it is no news that they existed. In memory, so that what is hidden takes no longer than what is missing.
    """
    held = standing(user)
    return [
        row for row in rows
        if not row.live and row.first_published_at and len(row.path) > SPACE_PATH
        and (held.administrator or _page_is_readable(held, row.path))
        and row.pk not in held.hidden and held.only in (None, row.pk)
    ]  # fmt: skip


def _in_sight(held: Standing, field: str) -> Q:
    """No data of persons were reported there, or by the person: until that is handled, only who answers sees it."""
    reports = PersonalDataReport.objects.hiding().filter(**{field: OuterRef("pk")})
    return Q(~Exists(reports)) | Q(Exists(reports.filter(by=held.person, by__isnull=False)))


def _is_unread(held: Standing) -> Q:
    """Somebody else's new file, into whose text the portal has not looked yet: it may hold what nobody must see."""
    new = Q(reading_state=ReadingState.WAITING, file_since=None, uploaded_by_user__isnull=False)
    return new & ~Q(uploaded_by_user=held.person)


def _in_spaces(held: Standing, action: str) -> Q:
    spaces = held.spaces(action)
    return Q(path__beneath=[path for pk, path in held.paths.items() if pk in spaces])


def _readable(held: Standing, branches: Sequence[Any] | None = None) -> Q:
    """In a space that the person reads, or opened to the person beyond it; live or not."""
    return Q(path__beneath=[*held.paths.values(), *held.opened] if branches is None else branches)


def _page_is_readable(held: Standing, path: str) -> bool:
    """`_readable`, of one path in memory."""
    return path[:SPACE_PATH] in held.path_set or path.startswith(held.opened)


def _may_with_page(user: Person, action: str, page: Any, just_read: bool = False) -> bool:
    """`_of_pages`, of one page in memory: no question by role; one to whoever answers for it, unless just read."""
    held = standing(user)
    if held.administrator:
        return page.live if action == "view" else True
    if held.only not in (None, page.pk):
        return False
    if page.pk in held.hidden and "manage" not in acts_on(user, page):
        if page.owner_id != held.person:
            return False
        if not just_read:
            return _as_it_stands(user, action, page)
    if action == "view":
        return page.live and (0 < len(page.path) < SPACE_PATH or _page_is_readable(held, page.path))
    if action in acts_on(user, page):
        return True
    return action == "edit" and answers_for(user, page) and (just_read or _as_it_stands(user, action, page))


def _as_it_stands(user: Person, action: str, page: Page) -> bool:
    """Who answers for the page may have changed since it was read: there the database has the word."""
    return _pages(Page.objects.filter(pk=page.pk), user, action).exists()


def _may_with_space(user: Person, action: str, space: Space) -> bool:
    held = standing(user)
    return held.administrator or space.pk in held.spaces(action)


def _answered_for(held: Standing) -> Q:
    """Whoever answers for a page may correct it, as long as the person reads where it lies; others approve."""
    return Q(owner=held.person, depth__gt=SPACE_DEPTH) & _readable(held) & ~Q(path__beneath=held.closed)


def answers_for(user: Person, page: Page) -> bool:
    """`_answered_for`, of one page in memory: asked for each row of the admin's lists."""
    held = standing(user)
    if held.person is None or page.owner_id != held.person or len(page.path) <= SPACE_PATH:
        return False
    return page.path[:SPACE_PATH] not in held.closed and _page_is_readable(held, page.path)


def may_review(user: Person, page: Page) -> bool:
    """Whether the person says of a page that it still holds: who answers for it, or for its space, or stands in."""
    held = standing(user)
    if not isinstance(user, User) or page.path[:SPACE_PATH] in held.closed or not can(user, "view", page):
        return False
    if "manage" in acts_on(user, page):
        return True
    if page.depth <= SPACE_DEPTH:
        return False
    moment = {"today": timezone.localdate(), "now": timezone.now()}
    return bool(prepared.answers("to review", _to_review, page=page.pk, person=user.pk, **moment))


def _to_review() -> QuerySet[Any, Any]:
    """The page, where whoever is given answers for it or stands in today for who does."""
    person = prepared.given("person")
    mine = Q(owner=person) | _owed_by_whoever_is_away(
        person, "owner", prepared.given("today", DateField()), prepared.given("now", DateTimeField())
    )
    return Page.objects.order_by().filter(mine, pk=prepared.given("page")).values_list("pk")


def may_give_reasons(user: Person, page: Page) -> bool:
    """Whether the person says why a page is there: who approves where it lies, or keeps the network and reads it."""
    if page.depth <= SPACE_DEPTH or not can(user, "view", page):
        return False
    held = standing(user)
    return "approve" in acts_on(user, page) or (held.coordinates and page.path[:SPACE_PATH] not in held.closed)


def answers_for_some(user: Person) -> bool:
    """Whether the person answers for any page that the person may read."""
    known: bool | None = user.__dict__.get("_answers_for_some")
    if known is None:
        held = standing(user)
        known = bool(held.person) and Page.objects.filter(_answered_for(held)).exists()
        user.__dict__["_answers_for_some"] = known
    return known


def known(queryset: Any, user: Person) -> Any:
    """What the admin may name to the person, in choosers above all: what the person edits, or sees.

    A page whose title is about to change is named only to who edits it: Wagtail shows the title to come.
    """
    rows = queryset.model._default_manager.filter(pk=OuterRef("pk")).order_by()  # asked row by row, of fields alone
    if issubclass(queryset.model, Page):
        held = standing(user)
        if held.administrator:
            return queryset
        as_titled = Q(pk__in=rows.filter(draft_title=F("title")).values("pk"))
        return queryset.filter(_of_pages(held, "view") & as_titled | _of_pages(held, "edit"))
    seen, edited = allowed(rows, user), allowed(rows, user, "edit")
    return queryset.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=edited.values("pk")))


def _files(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    """Whoever writes in its space has a file; it is read through the live pages of that space that carry it."""
    held = standing(user)
    if held.administrator:
        return queryset
    inside = Q(collection__space__in=held.spaces("edit" if action == "view" else action))
    is_document = issubclass(queryset.model, Document)
    in_sight = _in_sight(held, "document" if is_document else "picture")
    queryset = queryset.filter(in_sight | Q(collection__space__in=held.spaces("manage")))
    if is_document:
        queryset = queryset.exclude(_is_unread(held))
    if action != "view":
        return queryset.filter(inside)
    return queryset.filter(inside | Q(_is_carried(queryset.model, _pages(Page.objects.all(), user, "view"))))


def _file_versions(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    """What a file was before, to whoever has the file: as far as it was read, and where it was read.

    What it was as a draft is its editors' alone; whoever came by a link for outsiders has the page of today.
    """
    held = standing(user)
    if held.only is not None:
        return queryset.none()
    # Asked of the file of each row: as a list, every file of the network would be asked about.
    queryset = queryset.filter(Exists(_files(Document.objects.filter(pk=OuterRef("document")), user, action)))
    if held.administrator:
        return queryset
    here = Q(space__collection=F("document__collection")) | Q(space__in=held.spaces("view"))
    return queryset.filter(Q(space__in=held.spaces("edit")) | Q(was_read=True) & here)


def _is_carried(model: type[Model], pages: QuerySet[Any]) -> Exists:
    """Whether one of the pages, in the file's own space, carries it: else citing a file would open it.

    What Wagtail's index of references knows of a page is what its row holds: of a live page, the text that is live.
    """
    cited = _references(model).filter(to_object_id=Cast(OuterRef(OuterRef("pk")), CharField()))
    home = OuterRef("collection__space__root_page__path")
    return Exists(
        pages.annotate(home=Substr("path", 1, SPACE_PATH))
        .filter(home=home, pk__in=cited.annotate(page=Cast("object_id", BigIntegerField())).values("page"))
        .order_by()
    )


def _references(model: type[Model]) -> QuerySet[ReferenceIndex]:
    """What pages cite of a model."""
    types = ContentType.objects
    return ReferenceIndex.objects.filter(
        base_content_type=types.get_for_model(Page), to_content_type=types.get_for_model(model)
    ).exclude(model_path__startswith=RESERVED)  # a file in a part for some is opened to nobody by the page


def carried(model: type[M], pages: QuerySet[Any]) -> QuerySet[M]:
    """The files that the pages carry, of each page's own space."""
    return model._default_manager.filter(_is_carried(model, pages))


def cited(model: type[M], pages: QuerySet[Any]) -> QuerySet[M]:
    """The files that the pages name, of whatever space."""
    named = _references(model).filter(object_id__in=[str(pk) for pk in pages.values_list("pk", flat=True)])
    return model._default_manager.filter(pk__in=[int(pk) for pk in named.values_list("to_object_id", flat=True)])


def citing(file: Document | Image, pages: QuerySet[Page]) -> QuerySet[Page]:
    """Those of the pages, of whatever space, that name the file."""
    named = _references(type(file)).filter(to_object_id=str(file.pk)).values_list("object_id", flat=True)
    return pages.filter(pk__in=[int(pk) for pk in named])


def leading_to(page: Page, pages: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the pages that lead to this one by a link or a choice."""
    named = _references(Page).filter(to_object_id=str(page.pk)).annotate(page=Cast("object_id", BigIntegerField()))
    return pages.filter(pk__in=named.values("page"))


def carriers(files: Iterable[Document | Image], pages: QuerySet[Page]) -> dict[int, list[Page]]:
    """File id → those of the pages, in the file's own space, that carry it."""
    files = list(files)
    found: dict[int, list[Page]] = {file.pk: [] for file in files}
    if not files:
        return found
    keys = [str(pk) for pk in found]
    rows = _references(type(files[0])).filter(to_object_id__in=keys).values_list("to_object_id", "object_id").distinct()
    pairs = [(int(file), int(page)) for file, page in rows]
    named = {page.pk: page for page in pages.filter(pk__in={page for _file, page in pairs})}
    spaces = Space.objects.filter(collection__in={file.collection_id for file in files})
    homes = dict(spaces.values_list("collection", "root_page__path"))
    home = {file.pk: homes.get(file.collection_id) for file in files}
    for file, pk in sorted(pairs):
        if pk in named and named[pk].path[:SPACE_PATH] == home[file]:
            found[file].append(named[pk])
    return found


def _renditions(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    return queryset.filter(image__in=_files(Image.objects.all(), user, action))


def _spaces(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    held = standing(user)
    return queryset if held.administrator else queryset.filter(pk__in=held.spaces(action))


def _collections(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    held = standing(user)
    return queryset if held.administrator else queryset.filter(space__in=held.spaces(action))


def _people(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    """Oneself, and whoever works in a space where one holds a role: to others a closed space's people are unknown.

    Coordinators know everybody, and keep everybody's account but the administrators': those open everything.
    """
    held = standing(user)
    if held.administrator or (action == "view" and held.coordinates):
        return queryset
    if action != "view":
        return queryset.filter(is_superuser=False) if action == "manage" and held.coordinates else queryset.none()
    return queryset.filter(Q(pk=held.person) | _works_in(held.roles))


def people_seen(user: User, among: Iterable[int]) -> set[int]:
    """Of these accounts those that hold now and that the person sees, by the rule of `_people`; every page asks it."""
    held, people = standing(user), prepared.several("named", among)
    spaces = prepared.several("space", () if held.coordinates else held.roles)
    if not people:
        return set()
    question = partial(_people_seen, people, spaces, held.coordinates)
    form = ("people seen", len(people), len(spaces), held.coordinates)
    rows = prepared.answers(form, question, person=held.person, now=timezone.now(), **people, **spaces)
    return {pk for (pk,) in rows}


def everybody_seen(user: Person) -> set[int]:
    """All accounts that hold now and that the person sees, by the rule of `_people`, read space by space."""
    held = standing(user)
    known = Q() if held.coordinates else Q(pk=held.person) | _belongs(held.roles)
    return set(User.objects.current().filter(known).order_by().values_list("pk", flat=True))


def _people_seen(people: dict[str, int], spaces: dict[str, int], everybody: bool) -> QuerySet[Any, Any]:
    now = prepared.given("now", DateTimeField())
    known = Q() if everybody else Q(pk=prepared.given("person")) | _works_in(prepared.places(spaces), now)
    return User.objects.current(now).filter(known, pk__in=prepared.places(people)).order_by().values_list("pk")


def _memberships(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    held = standing(user)
    needed = [space for space, role in held.roles.items() if role >= NEEDS[action]]
    return queryset if held.administrator else queryset.filter(space__in=needed)


def _delegations(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    """Given by coordinators; read by the body's own people, and by whoever knows the persons named in it."""
    held = standing(user)
    if held.coordinates:
        return queryset
    if action != "view" or held.person is None:
        return queryset.none()
    known = _people(User.objects.all(), user, "view").order_by().values("pk")
    named = Q(person__in=known) & (Q(substitute=None) | Q(substitute__in=known))
    return queryset.filter(Q(organisation__group__in=held.groups) | named)


def _reports(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    """Of personal data: for who made them, and for who answers for the page or the file, who handles them."""
    held = standing(user)
    if held.administrator:
        return queryset
    if held.person is None:
        return queryset.none()
    here = Page.objects.order_by().filter(_in_spaces(held, "manage") | Q(owner=held.person, depth__gt=SPACE_DEPTH))
    managed = held.spaces("manage")
    handled = Q(page__in=here.values("pk")) | Q(document__collection__space__in=managed)
    handled |= Q(picture__collection__space__in=managed)
    mine = Q(by=held.person) if action == "view" else Q(by=held.person, found_by_itself=True)
    return queryset.filter(handled | mine)


def _in_the_bin(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
    """Of whoever writes in the space where it lay."""
    held = standing(user)
    return queryset if held.administrator else queryset.filter(space__in=held.spaces("edit"))


# --- The packages' rows ----------------------------------------------------------------------------------

Rule = Callable[..., Any]
_rules_of_rows: list[tuple[type[Model], Rule]] = []


def follow(model: type[Model], page: str, *, apart: str = "") -> None:
    """Its rows may be seen, and what else is done with them may be done, exactly where their page's may.

    Where the field `apart` of the page says so, by those alone who hold a role in its space.
    """

    def rule(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
        found = queryset.filter(Exists(_pages(Page.objects.filter(pk=OuterRef(page)), user, action)))
        held = standing(user)
        if not apart or held.administrator:
            return found
        where = Q(**{f"{page}__{apart}": False}) | Q(**{f"{page}__path__beneath": list(held.role_by_path)})
        return found.filter(where | Q(**{f"{page}__owner": held.person}) if held.person else where)

    _rules_of_rows.append((model, rule))


def own(model: type[Model], person: str) -> None:
    """Its rows are the person's own business: nobody else's, not even an administrator's."""

    def rule(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
        return addressed(queryset, user, person)

    _rules_of_rows.append((model, rule))


def in_the_name_of(model: type[Model], organisation: str, purpose: str, page: str = "") -> None:
    """Its rows are a body's: its people and administrators see them, its delegates for the purpose alone act.

    Where a page is named, they are seen by whoever may see that page, and nobody acts who may not.
    """

    def rule(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
        held = standing(user)
        acting = Q(**{f"{organisation}__in": [body for body, what in held.bodies if what == purpose]})
        if page:
            queryset = queryset.filter(Exists(_pages(Page.objects.filter(pk=OuterRef(page)), user, "view")))
        if action != "view":
            return queryset.filter(acting)
        if page:
            return queryset
        if held.administrator:
            return queryset
        return queryset.filter(acting | Q(**{f"{organisation}__group__in": held.groups}))

    _rules_of_rows.append((model, rule))


def of_a_body(model: type[Model], organisation: str) -> None:
    """Its rows are a body's: read by its people, kept by its delegates and by whoever keeps the network."""

    def rule(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
        bodies = bodies_of(user) if action == "view" else bodies_kept_by(user)
        return queryset.filter(**{f"{organisation}__in": bodies})

    _rules_of_rows.append((model, rule))


def between(model: type[Model], page: str, bodies: str, purpose: str) -> None:
    """Its rows are a draft put before bodies: seen by who writes where the page lies, and by the bodies' delegates for
    the purpose, whether or not they read there; the delegates alone act. What was reported waits for all of them.
    """

    def rule(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
        held = standing(user)
        asked = model._default_manager.filter(**{f"{bodies}__in": acts_for(user, purpose)}).order_by()
        acting = Q(pk__in=asked.values("pk")) & ~Q(**{f"{page}__in": held.hidden})
        if action != "view":
            return queryset.filter(acting)
        return queryset.filter(acting | Exists(_pages(Page.objects.filter(pk=OuterRef(page)), user, "edit")))

    _rules_of_rows.append((model, rule))


def on_call(model: type[Model], page: str, body: str, person: str) -> None:
    """Its rows say who is on call at a service: read by whoever reads its card and may look the person up, and kept
    by whoever keeps those of the card (`cards_kept`)."""

    def rule(queryset: QuerySet[Any], user: Person, action: str) -> QuerySet[Any]:
        people = _people(User.objects.order_by().filter(pk=OuterRef(person)), user, "view")
        card: Any = model._meta.get_field(page).related_model
        cards = card._default_manager.order_by().filter(pk=OuterRef(page))
        kept = _pages(cards, user, "view") if action == "view" else cards_kept(cards, user, body)
        return queryset.filter(Exists(people), Exists(kept))

    _rules_of_rows.append((model, rule))


def cards_kept(cards: QuerySet[M], user: Person, body: str) -> QuerySet[M]:
    """The cards of services of which the person says who is on call: who reads it and may change
    it, acts for its body (in the field `body`), or keeps the network. In a closed space nothing new is said."""
    held = standing(user)
    found = _pages(cards, user, "view")
    if held.administrator or held.person is None:
        return found if held.administrator else found.none()
    acting = Q(**{f"{body}__in": [each for each, _purpose in held.bodies]})
    keeping = Q() if held.coordinates else _of_pages(held, "edit") | acting
    return found.filter(keeping, ~Q(path__beneath=held.closed))


def bodies_of(user: Person) -> QuerySet[Organisation]:
    """Those to which the person belongs or for which it acts; all of them for whoever keeps the network."""
    held = standing(user)
    mine = Q(group__in=held.groups) | Q(pk__in={body for body, _purpose in held.bodies})
    return Organisation.objects.all() if held.coordinates else Organisation.objects.filter(mine)


def bodies_kept_by(user: Person) -> QuerySet[Organisation]:
    """The bodies whose own words the person keeps: as a delegate, for whatever purpose, or for the whole network."""
    held = standing(user)
    mine = Q(pk__in={body for body, _purpose in held.bodies})
    return Organisation.objects.all() if held.coordinates else Organisation.objects.filter(mine)


def acts_for(user: Person, purpose: str) -> set[int]:
    """The bodies in whose name the person acts today for the purpose."""
    return {body for body, what in standing(user).bodies if what == purpose}


def addressed(queryset: QuerySet[M], user: Person, to: str, *, standing_in: bool = False) -> QuerySet[M]:
    """The rows given to the person by name, in the field `to`: duties are addressed, only reading is filtered.

    With `standing_in`, also those of whoever is away today and has named the person to do what is owed.
    """
    person = standing(user).person
    if person is None:
        return queryset.none()
    mine = Q(**{to: person})
    if standing_in:
        mine |= _owed_by_whoever_is_away(person, to)
    return queryset.filter(mine)


def addressed_rows(
    form: str, rows: Callable[[], QuerySet[M]], user: Person, to: str, *, most: int | None = None, **given: Any
) -> list[M]:
    """The rows of `addressed`, of what every page asks: `rows` says which, of values given when it is asked."""
    person = standing(user).person
    if person is None:
        return []
    question = partial(_addressed, rows, to, most)
    return prepared.answers(("addressed", form), question, addressee=person, **given)


def _addressed(rows: Callable[[], QuerySet[M]], to: str, most: int | None) -> QuerySet[M]:
    return rows().filter(**{f"{to}__id": prepared.given("addressee")})[:most]


def _owed_by_whoever_is_away(person: Any, to: str, today: Any = None, now: Any = None) -> Q:
    away = Absence.objects.current(today).filter(substitute=person, person__in=User.objects.current(now))
    return Q(**{f"{to}__in": away.values("person")})


def owed(rows: Callable[[Any], QuerySet[Any]], user: Person) -> list[Any]:
    """What is owed by the person, or by somebody for whom the person stands in today, each with `page_is_open`.

    `rows` says which, of a day that is given when it is asked: every request asks it. What somebody owes
    `by_mandate` of a body, whoever stands in does not.
    """
    held, form = standing(user).person, (rows.__module__, rows.__qualname__)
    if held is None:
        return []
    question = partial(_owed, rows)
    found = prepared.answers(form, question, person=held, today=timezone.localdate(), now=timezone.now())
    return _with_open_page(found, user)


def _owed(rows: Callable[[Any], QuerySet[Any]]) -> QuerySet[Any]:
    person, today = prepared.given("person"), prepared.given("today", DateField())
    now = prepared.given("now", DateTimeField())
    of_others = _owed_by_whoever_is_away(person, "person", today, now) & Q(by_mandate=False)
    return rows(today).filter(Q(person=person) | of_others).select_related("page")


def with_known_substitutes(absences: Iterable[Absence], user: Person) -> list[Absence]:
    """Whoever stands in is told to those alone who may look that person up, and to whoever is away."""
    found = list(absences)
    named = {row.substitute_id for row in found} - {None}
    people = _people(User.objects.filter(pk__in=named), user, "view") if named else User.objects.none()
    known = set(people.values_list("pk", flat=True))
    for row in found:
        if row.substitute_id not in known and row.person_id != standing(user).person:
            row.substitute = None
    return found


def with_open_page(rows: QuerySet[Any], user: Person) -> list[Any]:
    """Rows with a `page` and what they `need` there, each with `page_is_open`: one question for all of them."""
    return _with_open_page(list(rows.select_related("page")), user)


def _with_open_page(found: list[Any], user: Person) -> list[Any]:
    for row in found:
        row.page_is_open = row.page is None or _may_with_page(user, row.needs, row.page, just_read=True)
    return found


# --- Many people at once ---------------------------------------------------------------------------------


def read_standings(people: Iterable[User]) -> None:
    """Read what each of them holds, of whom it was not read: nine questions, however many they are.

    `standing` then asks none, and is the same: both fold the same rows (`_fold`).
    """
    now, people = timezone.now(), [user for user in people if "_standing" not in user.__dict__]
    if len(people) < 2:
        for user in people:
            standing(user)
        return
    known = {user.pk for user in people if _kind(user)[0]}
    through = User.groups.through.objects.filter(user__in=known, group__role_group=None)
    groups = _by_first(through.values_list("user", "group"))
    network = set(NetworkCoordinator.objects.current(now).filter(person__in=known).values_list("person", flat=True))
    holds = Membership.objects.current(now)
    fields = _through_a_role(OF_A_SPACE)
    of_people = _by_first(holds.filter(user__in=known).values_list("user", *fields))
    of_groups = _by_first(holds.filter(group__in={pk for held in groups.values() for (pk,) in held}).values_list(
        "group", *fields
    ))  # fmt: skip
    spaces = Space.objects.order_by().annotate(role=Value(0, IntegerField())).values_list(*OF_A_SPACE)
    anybodys = list(spaces.filter(Q(visibility=Visibility.PUBLIC) | Q(closed_at__isnull=False)))
    everywhere = list(spaces) if any(_kind(user)[1] for user in people) else []
    reports = list(PersonalDataReport.objects.hiding().filter(page__isnull=False).values_list("page", "by"))
    for user in people:
        known_here, administrator = _kind(user)
        mine = groups.get(user.pk, []) if known_here else []
        rows: list[tuple[Any, ...]] = list(everywhere if administrator else anybodys)
        rows += [(GROUP, pk, 0, "", None) for (pk,) in mine]
        rows += [(NETWORK, user.pk, 0, "", None)] if known_here and user.pk in network else []
        rows += [(REPORTED, page, int(known_here and by == user.pk), "", None) for page, by in reports]
        rows += of_people.get(user.pk, []) if known_here else []
        rows += [row for (pk,) in mine for row in of_groups.get(pk, [])]
        user.__dict__["_standing"] = _fold(user, rows)
        user.__dict__.pop("_answers_for_some", None)
    _read_opened(people)


def _read_opened(people: list[User]) -> None:
    """What was opened to each beyond the spaces."""
    held = {user.pk: standing(user) for user in people}
    spaces = {pk for each in held.values() if not each.administrator for pk in each.paths}
    shared = _by_first(PageShare.objects.filter(space__in=spaces, page__depth__gte=SPACE_DEPTH).values_list(
        "space", "page__path"
    ))  # fmt: skip
    grants = {"permission__codename": "view_page", "content_object__depth__gte": SPACE_DEPTH}
    persons = {each.person for each in held.values()} - {None}
    to_person = _by_first(PageUserGrant.objects.filter(user__in=persons, **grants).values_list(
        "user", "content_object__path"
    ))  # fmt: skip
    groups = {pk for each in held.values() for pk in each.groups}
    to_group = _by_first(PageGroupGrant.objects.filter(group__in=groups, **grants).values_list(
        "group", "content_object__path"
    ))  # fmt: skip
    for user in people:
        mine = held[user.pk]
        if mine.administrator:
            continue
        rows = [row for pk in mine.paths for row in shared.get(pk, [])] + to_person.get(mine.person, [])
        rows += [row for pk in mine.groups for row in to_group.get(pk, [])]
        user.__dict__["_standing"] = replace(mine, opened=_beyond(mine, rows))


def _by_first(rows: Iterable[tuple[Any, ...]]) -> dict[Any, list[tuple[Any, ...]]]:
    """The rows without their first word, by it."""
    found: dict[Any, list[tuple[Any, ...]]] = {}
    for first, *rest in rows:
        found.setdefault(first, []).append(tuple(rest))
    return found


def seen_by_some(queryset: QuerySet[M], people: Iterable[Person], page: str = "") -> QuerySet[M]:
    """Of pages, or of rows of the page in the field `page`, no fewer than those that one of the people may see:
    which of them each may see, `seen_by_each` says.
    """
    held, at = [standing(user) for user in people], f"{page}__" if page else ""
    live = queryset.filter(**{f"{at}live": True})
    if any(each.administrator for each in held):
        return live
    beneath = {path for each in held for path in (*each.path_set, *each.opened)}
    above = Q(**{f"{at}depth__in": ABOVE_SPACES})
    return live.filter(above | Q(**{f"{at}path__beneath": sorted(beneath)}))


def seen_by_each(pages: Iterable[Page], people: Iterable[Person]) -> dict[Any, set[int]]:
    """Person id → the ids of those of the pages, just read, that the person may see; no query."""
    by_home: dict[str, list[Page]] = {}
    for page in pages:
        by_home.setdefault(page.path[:SPACE_PATH], []).append(page)
    above = {home for home in by_home if len(home) < SPACE_PATH}
    found = {}
    for user in people:
        held = standing(user)
        homes = held.path_set | {path[:SPACE_PATH] for path in held.opened} | above
        near = by_home if held.administrator else [home for home in by_home if home in homes]
        found[user.pk] = {
            page.pk for home in near for page in by_home[home] if _may_with_page(user, "view", page, just_read=True)
        }
    return found


def addressed_to_each(queryset: QuerySet[M], people: Iterable[Person], to: str) -> dict[Any, list[M]]:
    """Person id → the rows given to the person by name, in the field `to`: `addressed`, of many at once."""
    people = list(people)
    persons = {standing(user).person for user in people} - {None}
    found: dict[Any, list[M]] = {user.pk: [] for user in people}
    for row in queryset.filter(**{f"{to}__in": persons}) if persons else ():
        found[getattr(row, f"{to}_id")].append(row)
    return found


def owed_by_each(rows: Callable[[Any], QuerySet[Any]], people: Iterable[User]) -> dict[int, list[Any]]:
    """Person id → what the person owes, or somebody for whom the person stands in: `owed`, of many at once."""
    today, by_pk = timezone.localdate(), {user.pk: user for user in people if standing(user).person is not None}
    current = User.objects.current().order_by().values("pk")
    away = Absence.objects.current(today).filter(substitute__in=by_pk, person__in=current)
    substitutes: dict[int, set[int]] = {}
    for person, substitute in away.values_list("person", "substitute"):
        substitutes.setdefault(person, set()).add(substitute)
    found: dict[int, list[Any]] = {pk: [] for pk in by_pk}
    for row in rows(today).filter(person__in={*by_pk, *substitutes}).select_related("page"):
        if row.person_id in by_pk:
            found[row.person_id].append(row)
        for pk in substitutes.get(row.person_id, set()) - {row.person_id}:
            found[pk] += [] if row.by_mandate else [copy(row)]
    return {pk: _with_open_page(owed, by_pk[pk]) for pk, owed in found.items()}


def somebody_to_ask_of_each(people: Iterable[User]) -> dict[int, User | None]:
    """Person id → `somebody_to_ask`; one question for all of them."""
    spaces = {user.pk: standing(user).roles.keys() or standing(user).public for user in people}
    rows = list(_managing({pk for held in spaces.values() for pk in held}))
    return {
        pk: next((row.user for row in rows if row.space_id in held), None) if held else None
        for pk, held in spaces.items()
    }


# --- One object ------------------------------------------------------------------------------------------


def can(user: Person, action: str, obj: Model) -> bool:
    """Whether the person may do it with this one row; of pages and spaces, without asking the database."""
    if isinstance(obj, Page):
        return _may_with_page(user, action, obj)
    if isinstance(obj, Space):
        return _may_with_space(user, action, obj)
    return allowed(type(obj)._default_manager.filter(pk=obj.pk), user, action).exists()


def knows_everybody(user: Person) -> bool:
    """Whether there is nobody whom the person may not look up: `_people`, without asking the database."""
    held = standing(user)
    return held.administrator or held.coordinates


def knows_whom_to_ask(user: Person) -> bool:
    """Whether the person may look up whoever answers for the own spaces: `_people`, of `somebody_to_ask`.

    Who answers for a space works in it; only of public spaces, in which the reader holds no role, nobody is known.
    """
    return bool(standing(user).roles)


def get_or_404(queryset: QuerySet[M], user: Person, action: str = "view", **lookup: Any) -> M:
    """The views' only door: hidden answers as missing; 403 only for an act on what may be seen."""
    obj = queryset.filter(**lookup).first()
    if obj is None:
        raise Http404
    require(user, action, obj)
    return obj


def require(user: Person, action: str, obj: Model) -> None:
    """Pass, or raise: Http404 where the person may not even see it, PermissionDenied otherwise."""
    if can(user, action, obj):
        return
    if action == "view" or not can(user, "view", obj):
        raise Http404
    raise PermissionDenied


def require_administrator(user: Person) -> None:
    """Pass, or raise Http404: pages for administrators do not exist for anybody else."""
    if not is_administrator(user):
        raise Http404


def require_coordinator(user: Person) -> None:
    """Pass, or raise Http404: pages for those who keep the network do not exist for anybody else."""
    if not coordinates(user):
        raise Http404


def may_take_away(user: Person, space: Space) -> bool:
    """Who answers for the space, and who keeps the network where that person reads it: what each of them reads."""
    return can(user, "manage", space) or (coordinates(user) and can(user, "view", space))


def bodies_to_invite_for(user: Person) -> QuerySet[Organisation]:
    """The bodies whose people the person may invite: all of them for whoever keeps the network, and for delegates
    their own, where the network lets them."""
    held = standing(user)
    mine = Q(pk__in={body for body, _purpose in held.bodies}, delegates_invite=True)
    return Organisation.objects.all() if held.coordinates else Organisation.objects.filter(mine)


def require_inviter(user: Person) -> None:
    """Pass, or raise Http404 for whoever may invite nobody."""
    if not coordinates(user) and not bodies_to_invite_for(user).exists():
        raise Http404


def role_in(user: Person, space: Space) -> Role | None:
    """The role held in the space, or None (a reader of a public space may hold none)."""
    role = standing(user).roles.get(space.pk)
    return Role(role) if role else None


def acts_on(user: Person, page: Page) -> set[str]:
    """The actions of NEEDS that the person's role allows on a page, from its path: no query for each page of a list."""
    held = standing(user)
    home = page.path[:SPACE_PATH]
    may = {action for action, needed in NEEDS.items() if held.role_by_path.get(home, 0) >= needed}
    return may - WRITES if home in held.closed and not held.administrator else may


def worked_on(model: type[Model], rows: Iterable[Any], user: Person) -> list[Any]:
    """Of pages or files, those in whose space the person writes: who only answers for a page takes it from nobody."""
    rows = list(rows)
    if issubclass(model, Page):
        return [page for page in rows if "edit" in acts_on(user, page)]
    mine = allowed(model._default_manager.filter(pk__in=[row.pk for row in rows]), user, "edit")
    kept = set(mine.values_list("pk", flat=True))
    return [row for row in rows if row.pk in kept]


def is_of(user: Person, group: int | None) -> bool:
    """Whether the person belongs to the group: of a body, of a table."""
    return group in standing(user).groups


def spaces_read(user: Person, *, only_open: bool = False, most: int | None = None) -> list[Space]:
    """The spaces that the person reads, by name: known with the roles, and asked of nobody again."""
    held = standing(user)
    rows = ((name, path) for path, (_pk, _what, closed_at, name, *_) in held.named.items()
            if not (only_open and closed_at))  # fmt: skip
    found = (held.space_at(path) for _name, path in sorted(rows)[:most])
    return [space for space in found if space is not None]


def names_of_spaces(user: Person) -> dict[str, str]:
    """The path of each space that the person reads, with its name: where they are many and few are shown."""
    return {path: name for path, (_pk, _what, _closed_at, name, *_) in standing(user).named.items()}


def space_of(page: Page) -> Space | None:
    """The home space of a page, by its path; None for the pages above the spaces."""
    return Space.objects.select_related("root_page").filter(root_page__path=page.path[:SPACE_PATH]).first()


def homes(pages: Iterable[Page]) -> list[Space]:
    """The home spaces of the pages, each once."""
    paths = {page.path[:SPACE_PATH] for page in pages}
    return list(Space.objects.filter(root_page__path__in=paths).select_related("root_page"))


def spaces_of(pages: Iterable[Page], user: Person) -> dict[int, Space]:
    """Page id → home space, for those spaces that the person may read; no query."""
    held = standing(user)
    found = {page.pk: held.space_at(page.path[:SPACE_PATH]) for page in pages}
    return {pk: space for pk, space in found.items() if space is not None}


# --- Tokens and audiences, for what is indexed or sent ---------------------------------------------------


def tokens(user: Person) -> frozenset[str]:
    """What the person holds; a search document is seen when its audience meets this set."""
    held = standing(user)
    own = {f"person:{held.person}"} if held.person else set()
    writes = {f"editors:{pk}" for pk in held.spaces("edit")}
    reads = {f"space:{pk}" for pk in held.paths}
    roles = {_role_token(pk, role) for pk, role in held.roles.items()}
    return frozenset({PUBLIC} | own | writes | reads | roles | {f"group:{pk}" for pk in held.groups})


def audience(page: Page) -> set[str]:
    """The tokens that open a page: its space, the spaces it is shared with, grants on it or above it."""
    return audiences([page])[page.pk]


def audiences(pages: Iterable[Page]) -> dict[int, set[str]]:
    """The same for many pages with a few questions."""
    pages = list(pages)
    lines = {page.pk: [page.path[: end * Page.steplen] for end in range(SPACE_DEPTH, page.depth + 1)] for page in pages}
    opened = _opening({path for line in lines.values() for path in line})
    found = {page.pk: set[str]() if page.depth >= SPACE_DEPTH else {PUBLIC} for page in pages}
    for pk, line in lines.items():
        for path in line:
            found[pk] |= opened.get(path, set())
    return found


def _opening(paths: set[str]) -> dict[str, set[str]]:
    """Path → the tokens that open what lies there; a branch on which no space was opened has none of its own."""
    found: dict[str, set[str]] = {path: set() for path in paths}
    for space in Space.objects.filter(root_page__path__in=paths).select_related("root_page"):
        found[space.root_page.path].add(_token(space))
    for share in PageShare.objects.filter(page__path__in=paths).select_related("page", "space"):
        found[share.page.path].add(_token(share.space))
    grants = {"content_object__path__in": paths, "permission__codename": "view_page"}
    for path, pk in PageUserGrant.objects.filter(**grants).values_list("content_object__path", "user"):
        found[path].add(f"person:{pk}")
    for path, pk in PageGroupGrant.objects.filter(**grants).values_list("content_object__path", "group"):
        found[path].add(f"group:{pk}")
    return found


@dataclass(frozen=True)
class PartReaders:
    """Of those who read a page, the ones for whom a part of it is: whoever is named in any of these ways."""

    role: int = 0  # at least this one in the page's own space
    spaces: frozenset[int] = frozenset()  # whoever holds a role there
    bodies: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()


def part_audiences(page: Page, parts: Iterable[PartReaders]) -> list[set[str]]:
    """The tokens that open each part to whoever reads the page: of those who are named, and of who writes there.

    Roles alone count: a public space that everybody reads has no colleagues for it.
    """
    parts = list(parts)
    home = space_of(page) if parts else None
    named = {body for part in parts for body in part.bodies}
    groups = dict(Organisation.objects.filter(pk__in=named).values_list("pk", "group")) if named else {}
    found = []
    for part in parts:
        least = [(home.pk, min(part.role or Role.EDITOR, Role.EDITOR))] if home else []
        least += [(space, Role.READER) for space in part.spaces]
        tokens = {_role_token(space, role) for space, needed in least for role in Role if role >= needed}
        tokens |= {f"group:{groups[body]}" for body in part.bodies if body in groups}
        found.append(tokens | {f"person:{person}" for person in part.people})
    return found


def read_parts(user: Person, page: Page, audiences: Iterable[Iterable[str]]) -> list[bool]:
    """Which of the parts with these audiences the person reads, of a page that the person reads."""
    held, writes = tokens(user), can(user, "edit", page)
    return [writes or not held.isdisjoint(audience) for audience in audiences]


def _role_token(space: int, role: int) -> str:
    return f"role:{space}:{int(role)}"


def past_audience(page: Page, home: Space | None) -> set[str]:
    """The tokens that open what a page said while it lay in another space: that space's alone, wherever it is now."""
    return audience(page) if home is None or home == space_of(page) else {_token(home)}


def may_read_past(user: Person, page: Page, homes: Iterable[Space | None]) -> set[Space | None]:
    """Of the spaces in which a page has lain, those whose texts of then are the person's to read; the page must be."""
    held = tokens(user) if can(user, "view", page) else frozenset()
    here = standing(user).space_at(page.path[:SPACE_PATH]) or space_of(page)
    return {home for home in homes if held and (home in (None, here) or _token(home) in held)}


def file_audience(file: Document | Image) -> set[str]:
    """The tokens that open a file: of those who write in its space, and of the live pages of it that carry it."""
    return file_audiences([file])[file.pk]


def file_audiences(files: Iterable[Document | Image], pages: QuerySet[Page] | None = None) -> dict[int, set[str]]:
    """The same for many files of one model with a few questions; nobody's where the file lies in no space.

    With `pages`, as if these alone carried files.
    """
    files = list(files)
    spaces = dict(Space.objects.filter(collection__in={file.collection_id for file in files}).values_list(
        "collection", "pk"
    ))  # fmt: skip
    carrying = carriers(files, Page.objects.live() if pages is None else pages)
    opened = audiences({page.pk: page for pages in carrying.values() for page in pages}.values())
    return {
        file.pk: {f"editors:{spaces[file.collection_id]}"}.union(*(opened[page.pk] for page in carrying[file.pk]))
        if file.collection_id in spaces
        else set()
        for file in files
    }


def _token(space: Space) -> str:
    return PUBLIC if space.is_public else f"space:{space.pk}"


def _opened_by(obj: Page | Document | Space) -> set[str]:
    if isinstance(obj, Space):
        return {_token(obj)}
    return audience(obj) if isinstance(obj, Page) else file_audience(obj)


def readers(obj: Page | Document | Space) -> QuerySet[User]:
    """Everybody with an account who may see it now: the reverse of `can`, for digests and counts.

    Of a page that is not live: who will see it once it is.
    """
    return User.objects.current().filter(holding(_opened_by(obj)))


def holding(audience: set[str]) -> Q:
    """The persons whom these tokens let in, their accounts ended or not."""
    if PUBLIC in audience:
        return Q()
    spaces, editors, groups, people = (
        [int(token.split(":")[1]) for token in audience if token.startswith(kind)]
        for kind in ("space:", "editors:", "group:", "person:")
    )
    in_groups = User.groups.through.objects.filter(group__in=groups, group__role_group=None)
    return (
        Q(pk__in=people)
        | Q(pk__in=in_groups.values("user"))
        | _belongs(spaces)
        | _belongs(editors, Role.EDITOR)
        | Q(is_superuser=True)
    )


def members(*spaces: Space | int) -> UserQuerySet:
    """Everybody who holds a role in the spaces now, as a person or through a body."""
    return User.objects.current().filter(_belongs(spaces))


def colleagues(space: Space, most: int) -> list[User]:
    """The first of them by name, as a page shows them: no account of the network's own."""
    return prepared.answers(("colleagues", most), partial(_colleagues, most), space=space.pk, now=timezone.now())


def _colleagues(most: int) -> QuerySet[User]:
    now = prepared.given("now", DateTimeField())
    holds = Membership.objects.current(now).filter(space__id=prepared.given("space"))
    rows = User.objects.current(now).filter(_holding(holds)).colleagues()
    return rows.select_related("organisation")[:most]


def _belongs(spaces: Iterable[Space | int], role: Role = Role.READER) -> Q:
    """The persons, their accounts ended or not, who hold at least this role in the spaces now.

    In a closed space nobody writes.
    """
    holds = Membership.objects.current().filter(space__in=spaces, role__gte=role)
    return _holding(holds if role == Role.READER else holds.filter(space__closed_at=None))


def _holding(holds: QuerySet[Membership]) -> Q:
    """The persons who hold these roles, themselves or through a body."""
    in_groups = User.groups.through.objects.filter(group__in=holds.values("group"), group__role_group=None)
    return Q(pk__in=holds.values("user")) | Q(pk__in=in_groups.values("user"))


def _works_in(spaces: Iterable[Any], now: Any = None) -> Q:
    """`_belongs`, asked of one person after the other: where the spaces are many, and the persons shown few."""
    holds = Membership.objects.current(now).filter(space__pk__in=list(spaces))
    through = User.groups.through.objects.filter(user=OuterRef("pk"), group__role_group=None)
    own, bodys = holds.filter(user=OuterRef("pk")), holds.filter(group=OuterRef("group"))
    return Q(Exists(own)) | Q(Exists(through.filter(Exists(bodys))))


def managers(*spaces: Space) -> list[User]:
    """The persons who answer for the spaces now, who has done so for longest first."""
    these = prepared.several("space", [space.pk for space in spaces])
    if not these:
        return []
    rows = prepared.answers(("managers", len(these)), partial(_managing_these, these), now=timezone.now(), **these)
    return list(dict.fromkeys(row.user for row in rows if row.user))


def _managing_these(spaces: dict[str, int]) -> QuerySet[Membership]:
    return _of_managers(prepared.given("now", DateTimeField())).filter(space__id__in=prepared.places(spaces))


def managers_of(spaces: Iterable[Space]) -> dict[int, list[User]]:
    """Space id → the persons who answer for it now; one query, however many spaces."""
    found: dict[int, list[User]] = {space.pk: [] for space in spaces}
    for row in _managing(list(found)):
        if row.user:
            found[row.space_id].append(row.user)
    return found


def somebody_to_ask(user: Person) -> User | None:
    """The person who has answered for the user's spaces for longest; None where there is none."""
    held = standing(user)
    spaces = prepared.several("space", held.roles or held.public)
    if not spaces:
        return None
    form, question = ("first manager", len(spaces)), partial(_first_manager, spaces)
    found = prepared.answers(form, question, now=timezone.now(), **spaces)
    return found[0].user if found else None


def _first_manager(spaces: dict[str, int]) -> QuerySet[Membership]:
    """Of the persons who answer for any space, in the order of their index, the first whose space is one of these."""
    these = Space.objects.filter(pk=OuterRef("space"), pk__in=prepared.places(spaces))
    return _of_managers(prepared.given("now", DateTimeField())).filter(Exists(these))[:1]


def _managing(spaces: Iterable[int]) -> QuerySet[Membership]:
    """Who answers for the spaces, who has done so for longest first."""
    return _of_managers().filter(space__in=list(spaces))


def _of_managers(now: Any = None) -> QuerySet[Membership]:
    current = User.objects.current(now).filter(pk=OuterRef("user"))
    holds = Membership.objects.current(now).filter(Exists(current), role=Role.MANAGER)
    return holds.select_related("user__organisation").order_by("given_at", "pk")


def was_published(page: Page) -> bool:
    """Whether people ever read the page, or one below it: such a page is withdrawn, never deleted."""
    if page.live or page.first_published_at:
        return True
    below = Page.objects.filter(Q(live=True) | Q(first_published_at__isnull=False), path__startswith=page.path)
    return not page.is_leaf() and below.exists()


# --- Wagtail's workflow ----------------------------------------------------------------------------------


def may_decide(user: Person, page: Page) -> bool:
    """Whether the person may decide on the approval asked for: approves in the page's space, and did not ask."""
    state = page.current_workflow_task_state
    return bool(state) and state.workflow_state.requested_by_id != user.pk and can(user, "approve", page)


def approvals(user: Person, states: QuerySet[Any]) -> QuerySet[Any]:
    """Of the waiting approvals, those that the person may decide."""
    asked = Page.objects.filter(pk=Cast(OuterRef("workflow_state__object_id"), BigIntegerField()))
    return states.filter(Exists(_pages(asked, user, "approve"))).exclude(workflow_state__requested_by=user.pk)


def deciders(pages: Iterable[Page]) -> dict[int, list[User]]:
    """Page id → who decides on the approval asked for there: by role, never whoever asked; four queries in all.

    An administrator may decide too, but is asked only where a role says so.
    """
    paths = {page.pk: page.path[:SPACE_PATH] for page in pages}
    asked = WorkflowState.objects.filter(
        object_id__in=[str(pk) for pk in paths], status=WorkflowState.STATUS_IN_PROGRESS
    )
    asked_by = {int(pk): person for pk, person in asked.values_list("object_id", "requested_by")}
    holds = Membership.objects.current().filter(
        space__root_page__path__in=paths.values(), space__closed_at=None, role__gte=NEEDS["approve"]
    )
    held = set(holds.values_list("space__root_page__path", "user", "group"))
    people = User.objects.current().filter(_holding(holds)).select_related("organisation").order_by("pk")
    people = people.prefetch_related("groups")
    through = {person.pk: {group.pk for group in person.groups.all()} for person in people}

    def decides(person: User, path: str) -> bool:
        return any(root == path and (user == person.pk or group in through[person.pk]) for root, user, group in held)

    return {
        pk: [person for person in people if person.pk != author and decides(person, paths[pk])]
        for pk, author in asked_by.items()
    }
