"""Query counts do not grow with spaces: the same at 5 more spaces and at 500 more."""

import traceback
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page, Site

from coordination.models import MeetingPage
from portal import paging, prepared
from portal.demo import body_of
from portal.models import (
    Absence,
    BinnedThing,
    Delegation,
    Document,
    Organisation,
    OutsiderLink,
    OutsiderVisit,
    PageShare,
    Space,
    Term,
    User,
    glossary,
    kept,
)
from portal.models.delegations import Purpose
from portal.models.pages import TextPage
from portal.notices import acknowledgements, digests
from portal.pages import bin as space_bin
from tests import network
from tests.test_doors import portal_doors

ADDRESSES = ["/", "/spazi/rete/", "/p/PR-01/", "/cerca/?q=assistenza", "/riunioni/", "/protocolli/", "/rubrica/"]


WITH_NEWS = 20  # so many of the new spaces hold a new page; the others are only there


def many_spaces(count, reader):
    for space in network.spaces(count, reader=reader)[:WITH_NEWS]:
        (text,) = network.pages_below(space.root_page, TextPage, [f"Pagina di {space.name}"], change_note="-")
        space.activities.create(verb="pubblicato", page_id=text.pk, note="Nuova.")


def counted(client, addresses=ADDRESSES):
    return {address: number for address, (number, _steps) in asked(client, addresses).items()}


def asked(client, addresses):
    """How often each address asks the database, and in how many steps of its machine it is answered (on SQLite)."""
    found = {}
    for address in addresses:
        client.get(address)  # what is cached once per process is not counted
        with CaptureQueriesContext(connection) as queries, steps() as taken:
            assert client.get(address).status_code == 200
        found[address] = len(queries), taken()
    return found


@contextmanager
def steps():
    """Tens of SQLite's instructions: they grow with the rows that are read, whoever reads them and however fast."""
    taken = count()
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(lambda: next(taken) < 0, 10)
    try:
        yield lambda: 10 * next(taken)
    finally:
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(None, 10)


def digest_queries(user):
    with CaptureQueriesContext(connection) as queries:
        digests.preview(user)
    return len(queries)


@pytest.mark.parametrize("name", ["worker"])
def test_pages_lists_search_and_digest_ask_as_often_at_5_spaces_as_at_500(as_, person, index, name):
    many_spaces(5, person(name))
    few, few_digest = counted(as_(name)), digest_queries(person(name))
    many_spaces(495, person(name))
    assert {address: number for address, number in counted(as_(name)).items() if number > few[address]} == {}
    assert digest_queries(person(name)) == few_digest
    assert max(few.values()) <= 27  # of a protocol, with its editions and bodies


# What a page asks on the demo: a question more is one that somebody pays for on every page.
WHO = ("worker", "coordinator", "hospital_worker")  # who writes; who keeps the network, counted for; who only reads
MOST = {
    "/": (21, 45, 22),
    "/spazi/rete/": (25, 25, 26),
    "/p/PR-01/": (26, 25, 27),
    "/p/PR-02/": (28, 27, 29),
    "/protocolli/": (10, 10, 11),
    "/riunioni/": (11, 11, 12),
    "/rubrica/": (11, 11, 12),
    "/novita/": (13, 12, 14),
    "/cerca/?q=assistenza": (17, 17, 18),
}


@pytest.mark.parametrize("name", WHO)
def test_a_page_asks_no_more_than_what_it_shows_needs(as_, index, name):
    found = counted(as_(name), list(MOST))
    most = {address: numbers[WHO.index(name)] for address, numbers in MOST.items()}
    assert {address: (number, most[address]) for address, number in found.items() if number > most[address]} == {}


def grow(times, reader):
    """More spaces, people, pages and shares, as many times over; and of what people keep in them."""
    space, other = Space.objects.get(code="SP-RETE"), Space.objects.get(code="SP-TERZO")
    many_spaces(2 * times, reader)
    people = network.people(4 * times, space=space)
    network.roles(people, Space.objects.order_by("-pk")[: 2 * times])
    pages = network.pages_below(space.root_page, TextPage, ["Foglio"] * 6 * times, change_note="-", owner=reader)
    for page in pages:
        space.activities.create(verb="pubblicato", page_id=page.pk, note="Nuova.", by=reader)
    PageShare.objects.bulk_create(PageShare(page=page, space=other) for page in pages[::2])
    grow_lives(people, reader)
    grow_readings(pages[:times], people, reader)
    grow_parts(times, people, reader)
    grow_bin_and_links(Space.objects.get(code="SP-MINORI"), times, reader)
    grow_meetings(space, times)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as every night


def grow_meetings(space, times):
    """Of the last years: hardly any of them is to come."""
    titles = [f"Tavolo {number}" for number in range(20 * times)]
    for number, meeting in enumerate(
        network.pages_below(
            space.root_page, MeetingPage, titles, change_note="-", starts_at=timezone.now(), minutes_long=60
        )
    ):
        MeetingPage.objects.filter(pk=meeting.pk).update(starts_at=timezone.now() - timedelta(days=9 + number))


def grow_lives(people, reader):
    """Who acts for a body, and who is away: each stood in for by somebody else; the persons of the doors too."""
    today = timezone.localdate()
    body, named = Organisation.objects.get(slug="quarrata"), User.objects.filter(email__startswith="davide")
    away = [*people, *named] if not Absence.objects.exists() else people
    Delegation.objects.bulk_create(
        Delegation(organisation=body, purpose=Purpose.ADOPTION, person=who, substitute=other, valid_from=today,
                   given_by=reader) for who, other in zip(people, people[1:], strict=False)
    )  # fmt: skip
    Absence.objects.bulk_create(
        Absence(person=who, substitute=other, since=today, until=today + timedelta(days=9), given_by=reader)
        for who, other in zip(away, [reader, *people], strict=False)
    )


def grow_readings(pages, people, reader):
    """Pages asked of many, and one that is asked again."""
    again = Page.objects.get(slug="pr-02").specific
    for page in [*pages, again]:
        acknowledgements.ask(page, by=reader, due=timezone.localdate(), is_required=True, spaces=[], bodies=[],
                             people=[reader, *people])  # fmt: skip


def grow_parts(times, people, reader):
    """One page with more and more parts, each for a space, a body and a person of its own."""
    root, spaces = Space.objects.get(code="SP-RETE").root_page, list(Space.objects.order_by("-pk")[:times])
    page = TextPage.objects.filter(slug="con-parti").first() or root.add_child(
        instance=TextPage(title="Con parti", slug="con-parti", change_note="-")
    )
    bodies = list(Organisation.objects.all())
    for number, (space, who) in enumerate(zip(spaces, people, strict=False)):
        readers = [("space", space), ("body", bodies[number % len(bodies)]), ("person", who)]
        content = body_of([{"heading": f"Parte {who}", "text": "Per alcuni."}])
        page.body.append(("reserved", {"readers": readers, "content": content}))
    page.save_revision(user=reader).publish(user=reader)


def grow_bin_and_links(space, times, reader):
    """Files thrown away, and pages opened to outsiders who came."""
    files = [
        Document.objects.create(title="Vecchio", collection=space.collection, file=ContentFile(b"-", "vecchio.txt"))
        for _ in range(times)
    ]
    space_bin.put(files, by=reader)
    assert BinnedThing.objects.filter(space=space).count() >= times
    pages = network.pages_below(space.root_page, TextPage, ["Aperta"] * times, change_note="-", owner=reader)
    Space.objects.filter(pk=space.pk).update(opens_to_outsiders=True)
    links = OutsiderLink.objects.bulk_create(
        OutsiderLink(space=space, page=page.page_ptr, named="Una scuola", reason="-", token_hash=uuid4().hex,
                     asked_as=uuid4(), given_by=reader, expires_at=timezone.now() + timedelta(days=9))
        for page in pages
    )  # fmt: skip
    OutsiderVisit.objects.bulk_create(OutsiderVisit(link=link) for link in links)


MOST_STEPS = 6  # times as many, where there is ten times as much


def test_every_page_asks_as_often_and_reads_little_more_in_a_network_ten_times_as_large(as_, person, index):
    keeper, client = person("coordinator"), as_("coordinator")
    doors = [door for door in portal_doors() if door.post is None and door.expected("coordinator") == 200]
    addresses = sorted({door.name: door.address for door in doors}.values())  # one of each kind
    network.people(paging.SIZE, space=Space.objects.get(code="SP-RETE"))  # more than stand on one page
    grow(3, keeper)
    addresses += [Page.objects.get(slug="con-parti").url, "/rubrica/enti/quarrata/"]
    addresses += {page.specific_class: page.url for page in Page.objects.live().filter(depth__gt=3)}.values()
    few = asked(client, addresses)
    grow(30, keeper)
    many = asked(client, addresses)
    assert {each: (few[each], many[each]) for each in addresses if many[each][0] > few[each][0]} == {}
    # A list shows up to thirty rows where it showed three, and no page reads all that there is.
    assert {each: (few[each], many[each]) for each in addresses if many[each][1] > MOST_STEPS * few[each][1]} == {}


def test_a_page_costs_about_as_much_for_whoever_reads_little_as_for_the_administrator(as_):
    found = {}
    for name in ("partner", "trainee", "administrator"):
        client = as_(name)
        client.get("/p/PR-12/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/PR-12/")
        found[name] = len(queries)
    assert max(found.values()) - min(found.values()) <= 6
    assert max(found.values()) <= 27


def test_of_questions_written_once_a_connection_keeps_some(person, monkeypatch):
    monkeypatch.setattr(connection, "_prepared_questions", {}, raising=False)
    monkeypatch.setattr(prepared, "KEPT", 3)
    space = Space.objects.get(code="SP-RETE")
    for form in range(8):
        assert prepared.answers(form, lambda: Space.objects.filter(pk=prepared.given("pk")), pk=space.pk) == [space]
    assert 0 < len(connection._prepared_questions) <= 3


# --- The frame -------------------------------------------------------------------------------------------

FRAMED = [
    "/p/PR-02/",
    "/spazi/rete/",
    "/",
    "/protocolli/",
    "/rubrica/",
    "/cerca/?q=dimissioni",
    "/novita/",
    "/profilo/",
]


# Of whoever writes nowhere it is also asked whether the person answers for a page.
@pytest.mark.parametrize(("name", "most"), [("coordinator", 3), ("worker", 3), ("hospital_worker", 4)])
def test_menu_bell_and_foot_of_a_page_ask_three_questions(name: str, most: int, as_: Any, index: Any) -> None:
    client = as_(name)
    for address in FRAMED:
        client.get(address)
        asked: list[str] = []

        def note(execute: Any, sql: str, *args: Any, asked: list[str] = asked) -> Any:
            stack = traceback.extract_stack()
            # Once a request, whoever asks first: the rights, and whether what is kept in memory still holds.
            is_anybodys = any(frame.name in {"_read_standing", "_version"} for frame in stack)
            if not is_anybodys and any(frame.filename.endswith("portal/frame.py") for frame in stack):
                asked.append(sql)
            return execute(sql, *args)

        with connection.execute_wrapper(note):
            assert client.get(address).status_code == 200
        assert asked, address
        assert len(asked) <= most, "\n".join([address, *(each[:60] for each in asked)])


# --- What is kept in memory ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/p/PR-02/", "/cerca/?q=assistenza", "/"])
def test_whether_what_is_kept_in_memory_still_holds_is_asked_once_a_page(address: str, as_: Any, index: Any) -> None:
    client = as_("worker")
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert len([each for each in queries if "portal_keptversion" in each["sql"]]) == 1
    assert [each for each in queries if "wagtailcore_site" in each["sql"]] == []


def test_a_network_with_another_name_has_it_on_the_next_page(as_: Any) -> None:
    client = as_("worker")
    client.get("/protocolli/")
    site = Site.objects.get()
    site.site_name = "Rete del Serchio"
    site.save()
    assert "Rete del Serchio" in client.get("/protocolli/").content.decode()


def test_a_word_that_is_explained_from_now_on_is_so_on_the_next_page(as_: Any) -> None:
    client = as_("worker")
    assert "Animale di prova" not in client.get("/p/PR-02/").content.decode()
    Term.objects.create(term="non dipende dal Comune", meaning="Animale di prova")
    assert "Animale di prova" in client.get("/p/PR-02/").content.decode()


@pytest.mark.django_db
def test_what_a_request_took_back_is_not_what_the_rest_of_it_reads() -> None:
    words = kept.Kept(glossary.KEPT, lambda: set(Term.objects.values_list("term", flat=True)))
    with kept.asked_once():
        before = words.get()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Term.objects.create(term="di passaggio", meaning="-")
            assert words.get() == before | {"di passaggio"}
            raise ZeroDivisionError
        assert words.get() == before
