"""Codes typed into a procedure lead somewhere, or the author is told."""

import re
from html import unescape
from typing import Any

import pytest

from protocols import codes
from protocols.models import ProcedurePage
from tests.browser import form, sent


def test_codes_are_read_in_every_way_people_type_them() -> None:
    assert codes.read("PR-13, pr 08; PR/02\nMD7 pippo pr-13") == ["PR-13", "PR-08", "PR-02", "MD-07", "pippo"]
    assert codes.read("") == []


@pytest.fixture
def procedure(db: None) -> ProcedurePage:
    return ProcedurePage.objects.get(slug="op-04")


def test_unknown_and_hidden_codes_answer_alike(person: Any) -> None:
    asked = ["PR-02", "PR-05", "PR-777"]
    assert codes.unknown(asked, person("coordinator")) == ["PR-777"]
    hidden = [slug.upper() for slug in ("pr-04", "pr-06")]
    assert codes.unknown([*hidden, "PR-777"], person("worker")) == [*hidden, "PR-777"]


def form_of(page: ProcedurePage, user: Any, protocols: str, *, draft: bool = False) -> Any:
    """The editor's form for the codes of the protocols alone."""
    made = type(page).get_edit_handler().get_form_class()
    form = made(
        {"protocols": protocols, "steps-count": "0", "services-count": "0", "attachments-count": "0"},
        instance=page,
        for_user=user,
    )
    if draft:
        form.defer_required_fields()
    form.is_valid()
    return form


def test_protocols_are_kept_in_one_form_and_an_unknown_one_is_named(procedure: ProcedurePage, person: Any) -> None:
    form = form_of(procedure, person("coordinator"), "pr 02, PR/01; PR-777 pippo")
    said = " ".join(form.errors["protocols"])
    assert "«PR-777», «pippo»" in said
    assert "PR-02" not in said
    good = form_of(procedure, person("coordinator"), "pr 02, PR/01")
    assert "protocols" not in good.errors
    assert good.cleaned_data["protocols"] == "PR-02 PR-01"


def test_a_draft_may_hold_half_a_code(procedure: ProcedurePage, person: Any) -> None:
    form = form_of(procedure, person("coordinator"), "PR-777", draft=True)
    assert "protocols" not in form.errors
    assert re.fullmatch("PR-777", form.cleaned_data["protocols"])


# --- Through the real form -------------------------------------------------------------------------------


def typed_into_a_step(client: Any, page: ProcedurePage, code: str, **changes: Any) -> Any:
    """The editor of the procedure, with a code in its first step and nothing else touched."""
    address = f"/admin/pages/{page.pk}/edit/"
    streams = {name: page._meta.get_field(name).stream_block for name in ("steps", "services", "attachments")}
    data = sent(form(client.get(address).content.decode(), "#page-edit-form"), streams)
    assert "steps-0-value-form" in data
    return client.post(address, data | {"steps-0-value-form": code, "change_note": "Il modulo."} | changes)


def test_the_code_in_a_step_is_kept_in_its_one_form(procedure: ProcedurePage, as_: Any) -> None:
    answer = typed_into_a_step(as_("coordinator"), procedure, "md 02")
    assert answer.status_code == 302
    assert ProcedurePage.objects.get(pk=procedure.pk).get_latest_revision_as_object().steps[0].value["form"] == "MD-02"


@pytest.mark.parametrize("code", ["MD-777", "boh"])
def test_a_code_in_a_step_that_leads_nowhere_is_refused_before_publication_and_stays_typed(
    code: str, procedure: ProcedurePage, as_: Any
) -> None:
    before = procedure.latest_revision_id
    answer = typed_into_a_step(as_("coordinator"), procedure, code, **{"action-publish": "1"})
    shown = answer.content.decode().replace("\\u00ab", "«").replace("\\u00bb", "»")  # blocks are data in the page
    assert answer.status_code == 200
    assert f"Sotto «{code}» non trovo nessuna pagina: controlla il codice, o toglilo." in unescape(shown)
    assert code in shown
    assert ProcedurePage.objects.get(pk=procedure.pk).latest_revision_id == before
    assert typed_into_a_step(as_("coordinator"), procedure, code).status_code == 302  # a draft may wait for it
