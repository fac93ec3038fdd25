"""Nothing grows with the rows of permission: what a person of hundreds of spaces opens, and what it costs."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from portal import access, paging
from portal.background import clock
from portal.models import Document, Membership, PageShare, Role, Space
from portal.models.pages import TextPage
from tests import network

pytestmark = pytest.mark.django_db
MANY = 501
RESTRICTIONS = "wagtailcore_pageviewrestriction"
READ = ["/", "/p/PR-01/", "/spazi/rete/", "/protocolli/", "/riunioni/", "/rubrica/", "/novita/", "/formazione/"]
EDITED = [
    "/admin/", "/admin/pages/", "/admin/images/", "/admin/documents/", "/admin/images/chooser/",
    "/admin/documents/chooser/", "/admin/choose-page/", "/admin/choose-page/search/?q=protocollo",
    "/admin/pages/search/?q=protocollo",
]  # fmt: skip


def test_an_editor_of_hundreds_of_spaces_opens_every_list_and_chooser_of_the_admin(as_: Any, person: Any) -> None:
    network.spaces(MANY, reader=person("worker"), role=Role.EDITOR)
    editor = as_("worker")
    for address in EDITED:
        assert editor.get(address, follow=True).status_code == 200, address


def test_a_reader_to_whom_a_thousand_pages_are_shared_reads_on_and_one_of_them_is_taken_back(
    as_: Any, person: Any
) -> None:
    space, home = Space.objects.get(code="SP-RETE"), Space.objects.get(code="SP-MINORI")
    pages = network.pages_below(home.root_page, TextPage, [f"Foglio {n:03}" for n in range(1000)], change_note="-")
    PageShare.objects.bulk_create(PageShare(page=page, space=space) for page in pages)
    reader = as_("worker")
    for address in READ:
        assert reader.get(address).status_code == 200, address
    assert access.can(person("worker"), "view", pages[-1])

    Membership.objects.update_or_create(user=person("coordinator"), space=home, defaults={"role": Role.MANAGER})
    keeper, gone = as_("coordinator"), PageShare.objects.get(page=pages[700].page_ptr)
    shown = keeper.get("/spazi/minori/condivisione/", {"condivise": str(1 + 700 // paging.SIZE)}).content.decode()
    assert gone.pk in (held := {int(pk) for pk in re.findall(r"/condivisione/pagine/(\d+)/", shown)})
    assert len(held) <= paging.SIZE
    with CaptureQueriesContext(connection) as queries:
        answer = keeper.post(f"/spazi/minori/condivisione/pagine/{gone.pk}/", follow=True)
    assert answer.status_code == 200 and len(queries) < 90
    assert not access.can(person("worker"), "view", pages[700]) and access.can(person("worker"), "view", pages[701])
    assert reader.get("/").status_code == 200


def test_who_writes_nowhere_chooses_no_file_and_who_writes_in_one_space_chooses_there(as_: Any, person: Any) -> None:
    assert as_("trainee").get("/admin/documents/chooser/").status_code != 200
    here, elsewhere = network.spaces(MANY, reader=person("worker"))[:2]
    Membership.objects.filter(space=here, user=person("worker")).update(role=Role.EDITOR)
    for space, title in ((here, "File di qui"), (elsewhere, "File di altrove")):
        Document.objects.create(title=title, collection=space.collection)
    shown = as_("worker").get("/admin/documents/").content.decode()
    assert "File di qui" in shown
    assert "File di altrove" not in shown


# --- Cost ------------------------------------------------------------------------------------------------


def test_of_a_page_in_memory_a_decision_by_role_is_made_without_a_question(person: Any) -> None:
    """One question alone, of who answers for the page: that may have changed since it was read."""
    user = person("worker")
    pages = list(Page.objects.all())
    own = sum(page.owner_id == user.pk for page in pages)
    access.standing(user)
    answers, asked = {}, {}
    for action in access.NEEDS:
        with CaptureQueriesContext(connection) as queries:
            answers[action] = [access.can(user, action, page) for page in pages]
        asked[action] = len(queries)
    assert asked["edit"] <= own
    assert asked["view"] == asked["approve"] == asked["manage"] == 0
    for action, may in answers.items():
        assert sum(may) == access.allowed(Page.objects.all(), user, action).count()
        assert action == "view" or not all(may)
    assert any(answers["view"])


@pytest.mark.parametrize("name", ["worker", "partner", "coordinator"])
def test_what_a_person_holds_is_asked_in_two_questions(person: Any, name: str) -> None:
    user = person(name)
    with CaptureQueriesContext(connection) as queries:
        held = access.standing(user)
    assert held.roles
    assert len(queries) <= 2


def scans_of_pages(sql: str) -> list[str]:
    """The lines of the database's plan that read the whole table of pages."""
    named = {"wagtailcore_page", *re.findall(r'"wagtailcore_page" ("?\w+"?)', sql)}
    names = {name.strip('"') for name in named} - {"ON", "INNER", "LEFT", "WHERE", "ORDER"}
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql.replace('%', '%%')}", ())
        lines = [str(row[-1]) for row in cursor.fetchall()]
    if connection.vendor == "sqlite":
        return [line for line in lines if re.match(rf"SCAN ({'|'.join(names)})\b(?! VIRTUAL TABLE)", line)]
    return [line for line in lines if "Seq Scan on wagtailcore_page" in line]


@pytest.mark.parametrize("name", ["worker", "partner", "coordinator"])
def test_no_page_is_found_by_reading_all_pages(as_: Any, index: Any, name: str) -> None:
    """There is an index for each question: of tables as small as these, the databases' figures would say nothing."""
    client = as_(name)
    addresses = [*READ, "/cerca/?q=assistenza", *(EDITED if name == "coordinator" else [])]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # else it reads a small table at once, index or not
    read = {}
    for address in addresses:
        client.get(address, follow=True)
        with CaptureQueriesContext(connection) as queries:
            client.get(address, follow=True)
        asked = [query["sql"] for query in queries.captured_queries]
        # Nobody uses Wagtail's own restrictions here: of an empty table no plan means anything.
        pages = [sql for sql in asked if re.match(r'SELECT (?!.*FROM "wagtailcore_pageviewr).*"wagtailcore_page"', sql)]
        read[address] = len(pages)
        for sql in pages:
            if re.search(r'WHERE \(?"wagtailcore_page"\."id" IN \([\d, ]+\)', sql):
                continue  # some rows by their numbers: of a table this small the whole costs as little
            assert not scans_of_pages(sql), (address, sql)
    assert sum(read.values()) > len(addresses)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts its rows by itself")
def test_the_clock_lets_sqlite_know_how_large_its_tables_are(db: None) -> None:
    assert clock.count_for_the_planner()
    with connection.cursor() as cursor:
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'wagtailcore_page'")
        assert cursor.fetchall()
