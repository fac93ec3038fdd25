"""Signing the difference: a minor edition keeps earlier signatures, a major one asks again and says what changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.demo import space
from portal.models import User
from portal.models.acknowledgements import Acknowledgement
from portal.models.append_only import as_maintenance
from portal.notices import acknowledgements, feed
from protocols.models import Edition, ProtocolPage
from tests.agreed import put_in_force

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
PAGE = "/p/PR-08/"
TITLE = "Da leggere e firmare: PR-08 Emergenza urgenza sociale (SEUS) ventiquattr’ore su ventiquattro"


@pytest.fixture
def rule(person: Given) -> ProtocolPage:
    """PR-08, which Elena has signed."""
    page = ProtocolPage.objects.get(slug="pr-08")
    due = timezone.localdate() + timedelta(days=10)
    acknowledgements.ask(page, by=person("coordinator"), due=due, is_required=True, people=[person("worker")])
    text = acknowledgements.current(page)
    assert text is not None
    acknowledgements.sign(page, by=person("worker"), seen=text.pk)
    return page


def publish(page: ProtocolPage, version: str, note: str, days: int = 0) -> ProtocolPage:
    page = ProtocolPage.objects.get(pk=page.pk)
    page.version, page.change_note, page.summary = version, note, f"Cambiato nella {version}."
    page.valid_from = timezone.localdate() - timedelta(days=days)
    put_in_force(page)
    return ProtocolPage.objects.get(pk=page.pk)


def told(person: User) -> list[str]:
    return [todo.title for todo in feed.todos(User.objects.get(pk=person.pk))]


def test_a_signature_is_on_the_edition_and_its_fingerprint(rule: ProtocolPage) -> None:
    row = Acknowledgement.objects.get(text__page=rule.pk)
    edition = Edition.objects.get(page_id=rule.pk, version=rule.version)
    assert (row.text.label, row.text.fingerprint) == (f"versione {edition.version}", edition.sha256)


def test_a_minor_edition_keeps_the_signatures(rule: ProtocolPage, person: Given, as_: Given) -> None:
    publish(rule, "1.1", "Un numero in più.")
    assert TITLE not in told(person("worker"))
    assert set(acknowledgements.signers(rule)) == {person("worker").pk}
    assert "Ho letto e compreso</button>" not in as_("worker").get(PAGE).content.decode()


def test_a_major_one_asks_again_and_shows_what_changed_since_the_one_that_was_signed(
    rule: ProtocolPage, person: Given, as_: Given
) -> None:
    publish(rule, "1.1", "Un numero in più.", days=3)
    publish(rule, "2.0", "Si chiama entro un’ora.")
    assert TITLE in told(person("worker"))
    shown = as_("worker").get(PAGE).content.decode()
    asked = shown.split('id="firma"')[1].split("</section>")[0]
    assert "Hai firmato versione 1.0" in asked
    assert "1.1: Un numero in più." in asked and "2.0: Si chiama entro un’ora." in asked
    assert "/p/PR-08/edizioni/1.0/confronta/2.0/" in asked
    text = asked.split('name="text"')[1].split('value="')[1].split('"')[0]
    as_("worker").post(f"/letture/{rule.pk}/firma/", {"text": text})
    assert [row.text.label for row in Acknowledgement.objects.filter(text__page=rule.pk)] == [
        "versione 2.0", "versione 1.0",
    ]  # fmt: skip
    assert TITLE not in told(person("worker"))


def test_where_the_signed_edition_is_read_no_more_the_notes_are_said_and_nothing_is_compared(
    rule: ProtocolPage, as_: Given
) -> None:
    publish(rule, "2.0", "Si chiama entro un’ora.")
    with as_maintenance("as if the page had come from a space that she does not read"):
        Edition._base_manager.filter(page_id=rule.pk, version="1.0").update(space=space("SP-MINORI"))
    asked = as_("worker").get(PAGE).content.decode().split('id="firma"')[1].split("</section>")[0]
    assert "Hai firmato versione 1.0" in asked and "2.0: Si chiama entro un’ora." in asked
    assert "/confronta/" not in asked and "Ti riguarda" not in asked


def test_a_minor_after_the_major_is_held_by_whoever_signed_the_major_alone(rule: ProtocolPage, person: Given) -> None:
    publish(rule, "2.0", "Si chiama entro un’ora.", days=3)
    publish(rule, "2.1", "Una virgola.")
    assert TITLE in told(person("worker")) and acknowledgements.signers(rule) == {}


def test_a_later_edition_gives_as_many_days_as_the_first(rule: ProtocolPage, person: Given) -> None:
    publish(rule, "2.0", "Si chiama entro un’ora.")
    due = next(todo.due for todo in feed.todos(person("worker")) if todo.title == TITLE)
    assert due == timezone.localdate() + timedelta(days=10)
