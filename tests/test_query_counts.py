"""Query counts do not grow with spaces: the same at 5 more spaces and at 500 more."""

from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Collection, Page

from portal import digests
from portal.models import Membership, Role, Space, SpacePage, TextPage
from portal.models.pages import HomePage

ADDRESSES = ["/", "/spazi/rete/", "/p/PR-01/", "/cerca/?q=assistenza", "/riunioni/", "/protocolli/", "/rubrica/"]


def many_spaces(count, reader):
    """Spaces with one page each, made without the admin's copy: what is counted here never asks for it."""
    home = HomePage.objects.get()
    root = Collection.get_first_root_node()
    start = Space.objects.count()
    for number in range(start, start + count):
        page = home.add_child(instance=SpacePage(title=f"Spazio {number}", slug=f"spazio-{number}"))
        text = page.add_child(instance=TextPage(title=f"Pagina {number}", slug="pagina", change_note="-"))
        space = Space.objects.create(
            code=f"SX-{number}",
            name=f"Spazio {number}",
            root_page=page,
            collection=root.add_child(name=f"Spazio {number}"),
        )
        Membership.objects.create(space=space, user=reader, role=Role.READER)
        space.activities.create(verb="pubblicato", page=Page.objects.get(pk=text.pk), note="Nuova.")
        home.refresh_from_db()
        root.refresh_from_db()


def counted(client):
    found = {}
    for address in ADDRESSES:
        client.get(address)  # what is cached once per process is not counted
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        found[address] = len(queries)
    return found


def digest_queries(user):
    with CaptureQueriesContext(connection) as queries:
        digests.preview(user)
    return len(queries)


@pytest.mark.parametrize("name", ["worker"])
def test_pages_lists_search_and_digest_ask_as_often_at_5_spaces_as_at_500(as_, person, index, name):
    many_spaces(5, person(name))
    few, few_digest = counted(as_(name)), digest_queries(person(name))
    many_spaces(495, person(name))
    assert counted(as_(name)) == few
    assert digest_queries(person(name)) == few_digest
    assert max(few.values()) <= 60


def test_a_page_costs_as_many_queries_for_whoever_reads_little_as_for_the_administrator(as_):
    for name in ("partner", "trainee", "administrator"):
        client = as_(name)
        client.get("/p/PR-12/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/PR-12/")
        assert len(queries) <= 40, StringIO("\n".join(query["sql"][:120] for query in queries)).getvalue()
