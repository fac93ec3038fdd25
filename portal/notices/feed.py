"""What there is to do, what changed and what is coming, for one person; asked of access each time it is shown.

Each package registers its sources from its own `feed.py`; the home page and the digest read the same feed. What
there is to do comes from one table, `obligations`.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page, WorkflowState

from portal import access, prepared
from portal.models.activity import Activity, Verb
from portal.models.obligations import Obligation
from portal.models.pages import PortalPage
from portal.models.people import User
from portal.models.spaces import Membership, Space
from portal.pages import kinds
from portal.requests import PersonRequest
from portal.words import dates

from . import obligations

WRITTEN = 50  # drafts among which they are
LAST_WRITTEN = 3
COUNTED = 100  # news: more are «oltre 100»


@dataclass(frozen=True)
class Todo:
    """Something asked of the person: a sentence and one verb."""

    title: str
    url: str
    verb: str
    why: str
    due: date | None = None
    action_url: str = ""
    key: str = ""
    is_for_another: bool = False  # of somebody who is away

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due < timezone.localdate()


@dataclass(frozen=True)
class Change:
    """The newest thing that happened to one page."""

    page_id: int
    title: str
    url: str
    sentence: str
    at: datetime
    why: str
    space_id: int | None = None  # its home, where the person may read that
    difference_url: str = ""

    @property
    def key(self) -> str:
        """What it is about: the same at each of its changes."""
        return f"page:{self.page_id}"


@dataclass(frozen=True)
class Appointment:
    """Something at a moment, or on a whole day, from its beginning to its end."""

    key: str
    starts_at: datetime | date
    title: str
    url: str
    ends_at: datetime | date | None = None
    place: str = ""
    why: str = ""
    space_id: int | None = None
    is_todo: bool = False  # stands among the things to do as well

    @property
    def day(self) -> date:
        return dates.local_day(self.starts_at)

    @property
    def time(self) -> str:
        """The hour, as written; empty for a whole day."""
        return f"{timezone.localtime(self.starts_at):%H:%M}" if isinstance(self.starts_at, datetime) else ""


@dataclass(frozen=True)
class Resume:
    """What the person was in the middle of."""

    title: str
    url: str
    why: str
    done: int = 0
    of: int = 0
    verb: str = ""
    where: str = ""  # module, lesson, minutes
    person: User | None = None  # whom to ask: the tutor


@dataclass(frozen=True)
class Contact:
    """Somebody to call: a service, with its telephone and hours."""

    title: str
    url: str
    telephone: str
    detail: str = ""


@dataclass(frozen=True)
class Figure:
    """A count for whoever looks after the network, with the list that it counts."""

    count: int
    what: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Alert:
    """A search that the person keeps, and what of the days told it finds."""

    words: str
    url: str
    changes: list[Change]


@dataclass(frozen=True)
class Window:
    """Of what days a person is told."""

    user: User
    start: datetime
    end: datetime


# Of many people at once: what of it is each one's, by the person's id.
# People, from, to; of what lies in spaces, of one person, `beneath` which and at `most` how many, the first, too.
Agenda = Callable[..., Mapping[Any, list[Appointment]]]
# The changes of a window, seen or not, are known to whoever asks.
Alerts = Callable[[Sequence[Window], Callable[[Window], list[Change]]], Mapping[Window, list[Alert]]]


@dataclass
class Sources:
    alerts: list[Alerts] = field(default_factory=list)
    agenda: list[Agenda] = field(default_factory=list)
    own_agenda: list[Agenda] = field(default_factory=list)  # in no space
    resume: list[Callable[[PersonRequest], Iterable[Resume]]] = field(default_factory=list)
    figures: list[Callable[[User], Iterable[Figure]]] = field(default_factory=list)
    contacts: list[Callable[[User], Iterable[Contact]]] = field(default_factory=list)
    sent: list[Callable[[User], Iterable[int]]] = field(default_factory=list)  # pages that wait for others


sources = Sources()


def todos(user: User) -> list[Todo]:
    """What is asked of the person, the most urgent first."""
    return _by_urgency(obligations.open_of(user), user)


def todos_of_each(people: Sequence[User]) -> dict[int, list[Todo]]:
    """Person id → `todos`; the questions do not grow with people."""
    asked = obligations.open_of_each(people)
    return {user.pk: _by_urgency(asked.get(user.pk, []), user) for user in people}


def _by_urgency(rows: Iterable[Obligation], user: User) -> list[Todo]:
    return sorted((_todo(row, user) for row in rows), key=lambda todo: (todo.due or date.max, todo.title, todo.key))


def asked_of(request: Any) -> list[Todo]:
    """The same of whoever looks at a page, asked once for all that the page shows of it."""
    known: list[Todo] | None = request.__dict__.get("_todos")
    if known is None:
        known = request.__dict__["_todos"] = todos(request.user)
    return known


def _todo(row: Obligation, reader: User) -> Todo:
    """A duty as its owner may read it now, or whoever stands in while the owner is away."""
    said = (row.title, row.url, row.why)
    if not row.page_is_open:  # type: ignore[attr-defined]  # annotated by `open_of`
        said = (row.closed_title, row.closed_url, row.closed_why)
    title, url, why = said
    is_for_another = row.person_id != reader.pk
    if is_for_another:
        why = _("%(why)s · tocca a %(person)s, che è assente") % {"why": why, "person": row.person}
    return Todo(title, url, row.verb, why, row.due, row.action_url, row.key, is_for_another)


DAYS_AHEAD = 8


def agenda(
    user: User, days: int = DAYS_AHEAD, asked: Iterable[Todo] | None = None, most: int | None = None
) -> list[Appointment]:
    """What happens from today on, for so many days, or the first of it; `asked` is what there is to do, where that has
    been read.
    """
    today = timezone.localdate()
    end = today + timedelta(days=days)
    found = list(_deadlines(todos(user) if asked is None else asked, today, end))
    for source in sources.agenda:
        found += source([user], today, end, most=most)[user.pk]
    for source in sources.own_agenda:
        found += source([user], today, end)[user.pk]
    return sorted(found, key=_moment)[:most]


def appointments_of_each(people: Sequence[User], days: int = DAYS_AHEAD) -> dict[int, list[Appointment]]:
    """Person id → the same without what stands among the things to do; the questions do not grow with people."""
    today = timezone.localdate()
    found: dict[int, list[Appointment]] = {user.pk: [] for user in people}
    for source in [*sources.agenda, *sources.own_agenda]:
        for pk, appointments in source(people, today, today + timedelta(days=days)).items():
            found[pk] += appointments
    return {pk: sorted(appointments, key=_moment) for pk, appointments in found.items()}


def next_in(space: Space, user: User, days: int) -> Appointment | None:
    """What comes next in the space, within so many days."""
    today = timezone.localdate()
    where = [space.root_page.path]
    found = [
        each for source in sources.agenda
        for each in source([user], today, today + timedelta(days=days), beneath=where, most=1).get(user.pk, [])
    ]  # fmt: skip
    return min((each for each in found if each.space_id == space.pk), key=_moment, default=None)


def _moment(each: Appointment) -> tuple[date, str]:
    return each.day, each.time


def resume(request: PersonRequest) -> list[Resume]:
    """Where the person was; asked with the request, because some of it lives only as long as the session."""
    return [each for source in sources.resume for each in source(request)]


def contacts(user: User) -> list[Contact]:
    """The services that the person may call."""
    return [each for source in sources.contacts for each in source(user)]


def by_week(changes: list[Change]) -> list[tuple[str, list[Change]]]:
    """«Questa settimana», «La settimana scorsa», then each week by its Monday; the changes come newest first."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(_week(change.at), []).append(change)
    return list(found.items())


def _week(moment: datetime) -> str:
    day, today = dates.local_day(moment), timezone.localdate()
    monday = day - timedelta(days=day.weekday())
    weeks = (today - timedelta(days=today.weekday()) - monday).days // 7
    if weeks <= 1:
        return _("La settimana scorsa") if weeks == 1 else _("Questa settimana")
    return _("Settimana %(from)s") % {"from": dates.in_words(monday, "j F", "del")}


def _deadlines(asked: Iterable[Todo], start: date, end: date) -> Iterable[Appointment]:
    """The days by which something is asked of the person."""
    for todo in asked:
        if todo.due is not None and start <= todo.due <= end:
            yield Appointment(todo.key, todo.due, todo.title, todo.url, why=_("entro questo giorno"), is_todo=True)


def figures(user: User) -> list[Figure]:
    """«Rete in breve», for whoever decides who enters somewhere; what counts nothing is left out."""
    if not access.standing(user).spaces("manage"):
        return []
    return [each for source in sources.figures for each in source(user) if each.count]


Act = Any  # a publication: a row of the log, or what `_acts` reads of one


def changes(
    user: User, since: datetime, until: datetime | None = None, own: bool = False, piece: slice = slice(None),
    beneath: str = "", known: Mapping[int, Page] | None = None,
) -> list[Change]:  # fmt: skip
    """Pages published in the window that the person may see now, each once, newest first; those below a path alone.

    What the person published is no news to its author, and left out unless `own` is asked for. `known` are pages that
    have been read already, each as its kind.
    """
    return _told(user, _acts(user, since, until, own=own, beneath=beneath, piece=piece), known or {})


def _told(user: User, rows: Sequence[Act], known: Mapping[int, Page]) -> list[Change]:
    said = _Said(_read({row.page_id for row in rows if row.page_id}, known))
    return [said.to(user, row) for row in rows]


class _Said:
    """What is said of these pages' publications to whoever may see them; of a page the same to each."""

    def __init__(self, pages: Mapping[int, Page]) -> None:
        self.pages = pages
        self._words: dict[int, tuple[str, str, str, str]] = {}
        self._reasons: dict[int, str] = {}
        self._changes: dict[tuple[int, int | None, bool], Change] = {}

    def to(self, user: User, act: Act) -> Change:
        """One and the same for all who are told the same."""
        page, held = self.pages[act.page_id or 0], access.standing(user)
        is_told = not act.note_is_inside or act.space_id in held.roles
        space = held.space_at(page.path[: access.SPACE_PATH])
        key = (act.pk, space.pk if space else None, is_told)
        if key not in self._changes:
            self._changes[key] = self._change(page, act, space, _stopped(act.note) if is_told else "")
        return self._changes[key]

    def _change(self, page: Page, act: Act, space: Space | None, note: str) -> Change:
        title, url, holds, difference = self._of(page)
        said = " ".join(filter(None, [holds, note or _("Pubblicato.")]))
        return Change(page.pk, title, url, said, act.at, self._why(space), space.pk if space else None, difference)

    def _of(self, page: Page) -> tuple[str, str, str, str]:
        """Its name, its address, and what it says of itself."""
        if page.pk not in self._words:
            said = _asked(page, "what_holds"), _asked(page, "difference_url")
            self._words[page.pk] = (name(page), page.url, *said)
        return self._words[page.pk]

    def _why(self, space: Space | None) -> str:
        if space is None:
            return _("Perché è condivisa con te.")
        if space.pk not in self._reasons:
            self._reasons[space.pk] = _("Perché leggi «%(space)s».") % {"space": space}
        return self._reasons[space.pk]


def _read(keys: set[int], known: Mapping[int, Page]) -> dict[int, Page]:
    """The pages, each as its kind; `known` are those that have been read already."""
    found = {pk: known[pk] for pk in keys & known.keys()}
    return found | _as_kinds(prepared.by_key(Page, keys - found.keys()))


def _as_kinds(rows: Iterable[Page]) -> dict[int, Page]:
    """Of those that say nothing of themselves (`_asked`) the kind's table is not read."""
    rows = list(rows)
    found: dict[int, Page] = kinds.whole(page for page in rows if _has_words(page.specific_class))
    return found | {page.pk: kinds.by_name(page) for page in rows if page.pk not in found}


def _has_words(kind: Any) -> bool:
    """Whether pages of the kind say by themselves what holds, or lead to what was before."""
    silent = {what: getattr(PortalPage, what) for what in ("what_holds", "difference_url")}
    return any(getattr(kind, what, silence) is not silence for what, silence in silent.items())


def _asked(page: Page, what: str) -> str:
    """What a kind of page says of itself; the pages above the spaces say nothing."""
    return str(getattr(page, what)()) if hasattr(page, what) else ""


def _stopped(note: str) -> str:
    """The note as a sentence: the reason stands behind it."""
    return note if not note or note[-1] in ".!?…»" else f"{note}."


def _acts(
    user: User, since: datetime, until: datetime | None, *, own: bool = False, beneath: str = "",
    piece: slice = slice(None),
) -> list[Act]:  # fmt: skip
    """The last publication in the window of each page that the person may see, newest first, with the page's path."""
    held = access.standing(user)
    inside = prepared.several("inside", held.roles)  # guests are told nothing of what is inside
    # Public pages come to whoever holds no role in their space as news only when they change.
    outside = prepared.several("outside", () if own else held.public - set(held.roles))
    branch = prepared.paths("branch", [beneath] if beneath else ())
    form = ("acts", own, len(inside), len(outside), len(branch), piece.stop)
    question = partial(_newest_acts, own, inside, outside, branch, piece)
    given = {"person": user.pk, "since": since, "until": until or timezone.now(), **inside, **outside, **branch}
    return access.by_pages_seen(None if piece.start else form, question, user, **given)


def _newest_acts(
    own: bool, inside: dict[str, int], outside: dict[str, int], branch: dict[str, str], piece: slice, rule: Q
) -> QuerySet[Any, Any]:
    since, until = (prepared.given(name, DateTimeField()) for name in ("since", "until"))
    told = Q(verb=Verb.PUBLISHED) | Q(verb=Verb.INSIDE_PUBLISHED, space__id__in=prepared.places(inside))
    acts = Activity.objects.filter(told, is_correction=False, at__gt=since, at__lte=until)
    if not own:
        person = prepared.given("person")
        before = Activity.objects.filter(page=OuterRef("page"), verb=Verb.PUBLISHED, pk__lt=OuterRef("pk"))
        acts = acts.exclude(by__id=person).exclude(proposed_by__id=person)
        acts = acts.exclude(~Exists(before), space__id__in=prepared.places(outside))
    if branch:
        acts = acts.filter(page__path__beneath=prepared.branches(branch))
    newer = acts.order_by().filter(page=OuterRef("page"), pk__gt=OuterRef("pk"))
    seen = Page.objects.order_by().filter(rule, pk=OuterRef("page"))
    acts = acts.filter(Exists(seen), ~Exists(newer)).annotate(path=F("page__path")).order_by("-at", "-pk")
    return acts.values_list("pk", "page_id", "space_id", "note", "note_is_inside", "at", "path", named=True)[piece]


def news(user: User, since: datetime, until: datetime | None = None, piece: slice = slice(None)) -> list[Change]:
    """The changes that the person has not yet said to have seen."""
    return changes(user, unseen_since(user, since), until, piece=piece)


def unseen_since(user: User, since: datetime) -> datetime:
    return max(since, user.news_seen_until or since)


class ChangesOfEach:
    """`changes`, of many people: what was published in any of their windows is read once, with the pages.

    Which of it is whose is decided in memory, by `access`: the questions grow with the kinds of page alone.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        people = [window.user for window in windows]
        acts = self._acts(windows, people)
        self._by_page: dict[int, list[Any]] = {}
        for act in acts.order_by("-pk"):
            self._by_page.setdefault(act.page_id or 0, []).append(act)
        pages = list(Page.objects.filter(pk__in=acts.order_by().values("page"))) if self._by_page else []
        self._seen = access.seen_by_each(pages, people)
        told = set[int]().union(*self._seen.values())
        self._said = _Said(_as_kinds(page for page in pages if page.pk in told))

    @staticmethod
    def _acts(windows: Sequence[Window], people: Sequence[User]) -> QuerySet[Activity]:
        acts = Activity.objects.filter(
            verb__in=[Verb.PUBLISHED, Verb.INSIDE_PUBLISHED], is_correction=False, page__isnull=False,
            at__gt=min(window.start for window in windows), at__lte=max(window.end for window in windows),
        )  # fmt: skip
        before = Activity.objects.filter(page=OuterRef("page"), verb=Verb.PUBLISHED, pk__lt=OuterRef("pk"))
        return access.seen_by_some(acts, people, "page").annotate(is_first=~Exists(before))

    def told(self, window: Window) -> list[Change]:
        """What changed for the person in the window, newest first."""
        user, found = window.user, []
        held = access.standing(user)
        outside = held.public - set(held.roles)
        for page in self._seen[user.pk]:
            newest = next((act for act in self._by_page[page] if self._is_news(act, window, held.roles, outside)), None)
            if newest is not None:
                found.append(newest)
        found.sort(key=lambda act: (act.at, act.pk), reverse=True)
        return [self._said.to(user, act) for act in found]

    @staticmethod
    def _is_news(act: Any, window: Window, roles: Container[int], outside: Container[int]) -> bool:
        """As `_acts` says it of one person."""
        if not window.start < act.at <= window.end or window.user.pk in (act.by_id, act.proposed_by_id):
            return False
        if act.verb == Verb.INSIDE_PUBLISHED and act.space_id not in roles:
            return False
        return not (act.is_first and act.space_id in outside)


def news_and_places(user: User, since: datetime, most: int) -> tuple[list[Change], list[str]]:
    """So many of the newest; and the paths of the pages behind all, to be counted as far as anybody wants to know."""
    rows = _acts(user, unseen_since(user, since), None, piece=slice(COUNTED))
    return _told(user, rows[:most], {}), [row.path for row in rows]


def see_news(user: User, until: datetime) -> None:
    """The person says to have seen what changed up to a moment; never takes it back."""
    User.objects.filter(pk=user.pk).exclude(news_seen_until__gte=until).update(news_seen_until=until)


def name(page: Page) -> str:
    """How people call a page: its code and its title."""
    code = getattr(page, "code", "")
    return f"{code} {page.title}" if code else page.title


def drafts(request: PersonRequest) -> Iterable[Resume]:
    """The pages that the person was writing last, and has neither published nor sent for approval."""
    written = access.addressed_rows("written", _unpublished, request.user, "latest_revision__user", most=WRITTEN)
    if not written:
        return
    sent = {pk for source in sources.sent for pk in source(request.user)}
    mine = [page for page in access.rows_seen(request.user, written, "edit") if page.pk not in sent]
    for page in mine[:LAST_WRITTEN]:
        yield Resume(page.draft_title, f"/admin/pages/{page.pk}/edit/", _("la stavi scrivendo"))


def _unpublished() -> QuerySet[Any, Any]:
    """What waits or has come back is no draft; nor what was withdrawn or has expired, and was not written since."""
    asked = WorkflowState.objects.active().filter(requested_by__id=prepared.given("addressee")).order_by()
    rows = Page.objects.filter(has_unpublished_changes=True, depth__gt=access.SPACE_DEPTH)
    rows = rows.exclude(pk__in=asked.values(key=Cast("object_id", BigIntegerField())))
    rows = rows.exclude(live=False, last_published_at__gte=F("latest_revision_created_at"))
    return rows.order_by("-latest_revision_created_at").values_list(*access.DECIDING, "draft_title", named=True)


def lapsing_roles(user: User) -> Iterable[Figure]:
    """Roles that end within a month, in the spaces that the person looks after."""
    soon = timezone.now() + timedelta(days=30)
    rows = access.allowed(Membership.objects.current(), user, "manage").filter(expires_at__lt=soon)
    rows = list(rows.select_related("space__root_page").order_by("expires_at"))
    spaces = sorted({row.space.name for row in rows})
    what = ngettext("accesso in scadenza", "accessi in scadenza", len(rows))
    url = f"{rows[0].space.get_absolute_url()}condivisione/" if rows else ""  # the first to lapse
    yield Figure(len(rows), what, url, ", ".join(spaces))


sources.resume.append(drafts)
sources.figures.append(lapsing_roles)
