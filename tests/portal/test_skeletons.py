"""A new page opens with the parts that its kind has, and each can be typed into."""

from typing import Any

import pytest
from wagtail.models import Page

from protocols.models import ProcedurePage, ProtocolPage

pytestmark = pytest.mark.django_db


def as_the_editor_opens(page: Page, field: str) -> list[dict[str, Any]]:
    """What the form of a new page hands to the browser for each block."""
    page.skeleton()  # type: ignore[attr-defined]
    stream = getattr(page, field)
    return [part["value"] for part in stream.stream_block.get_form_state(stream)]


def test_each_section_of_a_new_protocol_has_a_text_to_type_into() -> None:
    sections = as_the_editor_opens(ProtocolPage(), "body")
    assert [part["heading"] for part in sections][:3] == ["Finalità", "Destinatari", "Chi fa che cosa"]
    assert {tuple(part) for part in sections} == {("heading", "text", "rows")}


def test_the_first_step_of_a_new_procedure_has_every_field_empty() -> None:
    (step,) = as_the_editor_opens(ProcedurePage(), "steps")
    empty = ProcedurePage._meta.get_field("steps").stream_block.child_blocks["step"]
    assert step == empty.get_form_state(empty.get_default())
