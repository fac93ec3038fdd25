"""`manage.py check_search`: what the engine holds is compared with the database, and put right on demand."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from search import index as search_index
from search.models import SearchDocument
from tests.library import document

pytestmark = pytest.mark.django_db


def told(*options: str) -> str:
    out = StringIO()
    call_command("check_search", *options, stdout=out)
    return out.getvalue()


def test_an_index_that_says_what_the_database_says_is_left_as_it_is(index: Any) -> None:
    assert told() == told("--repair") == "La base dati e l’indice dicono lo stesso.\n"


def test_what_is_missing_different_or_too_much_is_named_and_put_right(index: Any, as_: Any) -> None:
    row = SearchDocument.objects.get(code="PR-02", heading="", superseded=False, group__startswith="page:")
    lost = SearchDocument.objects.filter(gone=False).exclude(group=row.group).first()
    wrong = replace(search_index._document(row), audience=("public",), text="Tutto diverso.")
    search_index.engine().write([wrong, document("page:999999", "Mai scritta")], [lost.key], search_index._turn)
    with pytest.raises(CommandError, match="--repair"):
        told()
    said = told("--repair")
    assert f"Mancano nell’indice 1: {lost.key}" in said
    assert f"Nell’indice sono diversi 1: {row.key}" in said
    assert "Nell’indice sono di troppo 1: page:999999" in said and "Rimessi a posto: 3." in said
    assert told() == "La base dati e l’indice dicono lo stesso.\n"
    assert "PR-02" not in as_("anonymous").get("/cerca/?q=dimissioni+protette").content.decode()


def test_what_only_waits_is_no_difference(index: Any) -> None:
    SearchDocument.objects.filter(code="PR-02").update(text="Nuovo.", pending=True)
    assert told() == "La base dati e l’indice dicono lo stesso.\n"
