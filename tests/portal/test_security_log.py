"""What happens at the doors stands in a log of its own: who, whence, what, and not a word that was typed."""

import logging
from typing import Any

import pytest
from django.test import Client

from portal import demo
from portal.models.spaces import Role
from portal.spaces import roles

pytestmark = pytest.mark.django_db
ELSEWHERE = "192.0.2.77"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, logger="portal.security")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "portal.security"]


def test_a_failed_login_names_the_account_by_number_and_the_place(person: Any, said: Any) -> None:
    client = Client(REMOTE_ADDR=ELSEWHERE)
    client.post("/accesso/login/", {"login": person("worker").email, "password": "sbagliata-del-tutto"})
    client.post("/accesso/login/", {"login": "la-mia-password@rete.example", "password": "sbagliata-del-tutto"})
    first, second = said()
    assert first == f"login-failed who=- whence={ELSEWHERE} account={person('worker').pk}"
    assert second == f"login-failed who=- whence={ELSEWHERE} account=unknown"


def test_a_refusal_names_who_and_what(as_: Any, person: Any, said: Any) -> None:
    assert as_("worker").get("/spazi/terzo-settore/condivisione/").status_code == 403
    assert (
        f"refused who={person('worker').pk} whence=127.0.0.1 method=GET path=/spazi/terzo-settore/condivisione/"
        in said()
    )
    said_before = len(said())
    assert as_("worker").get("/spazi/terzo-settore/").status_code == 200
    assert len(said()) == said_before  # reading is nobody's business


def test_a_change_of_rights_names_who_gave_them(person: Any, said: Any) -> None:
    space = demo.space("SP-TERZO")
    roles.give_role(space, person("newcomer"), Role.READER, by=person("coordinator"))
    (line,) = [line for line in said() if line.startswith("rights-")]
    assert line.startswith(f"rights-ruolo-dato who={person('coordinator').pk} ") and f"space={space.pk}" in line
    assert person("newcomer").last_name not in line


def test_an_export_is_written_down(as_: Any, person: Any, said: Any) -> None:
    as_("administrator").get("/admin/reports/site-history/?export=csv")
    assert (
        f"export who={person('administrator').pk} whence=127.0.0.1 path=/admin/reports/site-history/ format=csv"
        in said()
    )


def test_every_list_that_leaves_as_a_table_is_written_down(as_: Any, person: Any, said: Any) -> None:
    as_("coordinator").get("/recepimenti/tabella.csv")
    as_("worker").get("/profilo/dati/file/")
    lines = said()
    who, own = person("coordinator").pk, person("worker").pk
    assert any(f"export who={who} " in line and "name=recepimenti-" in line and "format=csv" in line for line in lines)
    assert any(f"export who={own} " in line and "name=own-data format=json" in line for line in lines)


def test_a_changed_password_is_written_down_and_told(as_: Any, person: Any, said: Any) -> None:
    typed = {"oldpassword": "raccordo-demo", "password1": "una-betulla-alta", "password2": "una-betulla-alta"}
    as_("worker").post("/accesso/password/change/", typed)
    assert any(line.startswith(f"password-changed who={person('worker').pk} ") for line in said())
    assert "betulla" not in " ".join(said())
