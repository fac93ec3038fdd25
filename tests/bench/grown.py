"""The demo network, grown: spaces, pages, people and shares by the thousand, written straight into the tables.

What is written is what the portal's own acts would have written, as far as reading asks of it: pages of four kinds
with the text of one of the demo's, roles, shares, activities. Nothing of it is indexed for search.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from wagtail.models import Collection, Page

from coordination.models import MeetingPage
from portal.models import Membership, Organisation, PageShare, Role, Space, User
from portal.models.activity import Activity, Verb
from portal.models.pages import HomePage, SpacePage, TextPage
from protocols import links
from protocols.models import ProcedurePage, ProtocolPage

KINDS = [(TextPage, "t"), (ProtocolPage, "pr"), (ProcedurePage, "op"), (MeetingPage, "rt")]
ROLES_OF_A_PERSON = 10
STEP = 13  # spaces, from one role of a person to the next
READS_ONE_IN = 10  # spaces, of the reader who is measured
TOLD_ONE_IN = 20  # pages, of which something is news
BATCH = 2000
SPACES = "spazi/"
FIRST = "prova-di-chi-legge"  # the reader who is measured reads the first one, and one in ten of the others
YEARS_OF_MEETINGS = 3


@dataclass(frozen=True)
class Size:
    spaces: int
    pages: int
    people: int
    shares: int


def grow(size: Size) -> None:
    """So much more than there is."""
    with transaction.atomic():
        spaces = _spaces(size.spaces)
        pages = _pages(spaces, size.pages)
        _people(spaces, size.people)
        _shares(spaces, pages, size.shares)
        _activities(pages)
    links.derive_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _spaces(count: int) -> list[Space]:
    home, root = HomePage.objects.get(), Collection.get_first_root_node()
    start = Space.objects.count()
    like = SpacePage.objects.first()
    rows = [
        _page(home, home.numchild + 1 + n, like, f"Spazio di prova {start + n}", f"prova-{start + n}" if n else FIRST)
        for n in range(count)
    ]
    pages = _write_pages(like, rows)
    collections = Collection.objects.bulk_create(
        Collection(name=f"Prova {n}", depth=2, path=Collection._get_path(root.path, 2, root.numchild + 1 + n))
        for n in range(count)
    )
    Page.objects.filter(pk=home.pk).update(numchild=home.numchild + count)
    Collection.objects.filter(pk=root.pk).update(numchild=root.numchild + count)
    return Space.objects.bulk_create(
        Space(code=f"SX-{start + n}", name=page.title, root_page=page, collection=collection)
        for n, (page, collection) in enumerate(zip(pages, collections, strict=True))
    )


def _pages(spaces: list[Space], count: int) -> list[Page]:
    each = -(-count // len(spaces))
    found: list[Page] = []
    for (kind, letters), step in zip(KINDS, range(len(KINDS)), strict=True):
        like = kind.objects.filter(live=True).first()
        rows = []
        for number, space in enumerate(spaces):
            for place in range(1 + step, each + 1, len(KINDS)):
                name = f"{letters}-x{number * each + place}"
                rows.append(_page(space.root_page, place, like, f"Pagina di prova {name}", name))
        found += _write_pages(like, rows) if rows else []
    _spread_meetings()
    Page.objects.filter(pk__in=[space.root_page_id for space in spaces]).update(numchild=each)
    return found


def _spread_meetings() -> None:
    """Over the last years and the weeks to come, as meetings are; they were copied with one moment."""
    days = YEARS_OF_MEETINGS * 365
    numbers = list(MeetingPage.objects.filter(slug__startswith="rt-x").order_by("pk").values_list("pk", flat=True))
    for turn in range(days):
        moment = timezone.now() + timedelta(days=30 - turn)
        MeetingPage.objects.filter(pk__in=numbers[turn::days]).update(starts_at=moment)


def _page(above: Page, place: int, like: Page, title: str, slug: str) -> Page:
    depth = above.depth + 1
    address = f"{SPACES if isinstance(like, SpacePage) else ''}{slug}"
    return Page(
        path=Page._get_path(above.path, depth, place), depth=depth, title=title, draft_title=title, slug=slug,
        url_path=f"{above.url_path}{address}/", content_type_id=like.content_type_id, locale_id=like.locale_id,
        live=True, first_published_at=timezone.now(), last_published_at=timezone.now(),
    )  # fmt: skip


def _write_pages(like: Any, rows: list[Page]) -> list[Page]:
    """The rows of the common table, then those of the kind: copies of one that the demo holds."""
    pages = Page.objects.bulk_create(rows, batch_size=BATCH)
    table, key = like._meta.db_table, like._meta.pk.column
    columns = [field.column for field in like._meta.local_concrete_fields if field.column != key]
    values = ["UPPER(page.slug)" if column == "code" else f"kind.{column}" for column in columns]
    first, last = min(page.pk for page in pages), max(page.pk for page in pages)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join([key, *columns])}) SELECT {', '.join(['page.id', *values])} "
            f"FROM wagtailcore_page page, {table} kind WHERE kind.{key} = %s AND page.id BETWEEN %s AND %s",
            [like.pk, first, last],
        )
    return pages


def _people(spaces: list[Space], count: int) -> None:
    body, now = Organisation.objects.first(), timezone.now()
    people = User.objects.bulk_create(
        (
            User(email=f"prova{n}@prova.example", first_name="Prova", last_name=f"Prova{n:05}", organisation=body)
            for n in range(count)
        ),
        batch_size=BATCH,
    )
    reader, manager = (User.objects.get(email=f"{name}@raccordo.example") for name in ("elena.fedi", "chiara.bonacchi"))
    chosen = spaces[::READS_ONE_IN]
    Membership.objects.bulk_create(
        (
            *(Membership(space=space, user=manager, role=Role.MANAGER, given_at=now) for space in spaces),
            *(Membership(space=space, user=reader, role=Role.READER, given_at=now) for space in chosen),
            *_roles(spaces, people),
        ),
        batch_size=BATCH,
    )


def _roles(spaces: list[Space], people: Iterable[User]) -> Iterator[Membership]:
    for number, person in enumerate(people):
        for turn in range(min(ROLES_OF_A_PERSON, len(spaces))):
            space = spaces[(number + turn * STEP) % len(spaces)]
            role = Role.MANAGER if number < len(spaces) and not turn else Role.READER
            yield Membership(space=space, user=person, role=role, given_at=timezone.now())


def _shares(spaces: list[Space], pages: list[Page], count: int) -> None:
    step = max(len(pages) // max(count, 1), 1)
    PageShare.objects.bulk_create(
        (PageShare(page=page, space=spaces[n % len(spaces)]) for n, page in enumerate(pages[::step][:count])),
        batch_size=BATCH,
    )


def _activities(pages: list[Page]) -> None:
    homes: dict[str, int] = dict(Space.objects.values_list("root_page__path", "pk"))
    now = timezone.now()
    Activity.objects.bulk_create(
        (
            Activity(
                verb=Verb.PUBLISHED, page=page, space_id=homes[page.path[:12]], note="Nuova.",
                at=now - timedelta(minutes=n % 40_000),
            )
            for n, page in enumerate(pages[::TOLD_ONE_IN])
        ),
        batch_size=BATCH,
    )  # fmt: skip
