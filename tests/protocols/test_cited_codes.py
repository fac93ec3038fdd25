"""Codes typed into a procedure lead somewhere, or the author is told."""

import re
from typing import Any

import pytest

from protocols import codes
from protocols.models import ProcedurePage


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
