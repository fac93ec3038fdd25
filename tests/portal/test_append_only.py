"""Evidence is added and never rewritten: not row by row, not in bulk, not in the database itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from wagtail.models import Page

from coordination.models import BodyRule, RuleConfirmation
from portal import demo
from portal.models import (
    Acknowledgement,
    AcknowledgementNote,
    Activity,
    Document,
    FileVersion,
    Maintenance,
    PageReview,
    SignableText,
    User,
)
from portal.models.activity import Verb
from portal.models.append_only import AppendOnly, as_maintenance
from portal.models.pages import TextPage
from portal.notices.activity import record
from protocols.models import Adoption, Edition, Remark, RemarkAct, Signature

pytestmark = pytest.mark.django_db

# Each with a column that could be emptied.
EMPTIED: dict[type[AppendOnly], str] = {
    SignableText: "by", Acknowledgement: "organisation", AcknowledgementNote: "by", Activity: "space",
    FileVersion: "replaced_by", PageReview: "by", BodyRule: "by", RuleConfirmation: "by", Edition: "space",
    Adoption: "by", Signature: "by", Remark: "organisation", RemarkAct: "by",
}  # fmt: skip
KEPT = list(EMPTIED)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# Each goes round the guard of models and querysets.
DOORS: dict[str, Callable[[Any, Any], Any]] = {
    "update": lambda model, pk: model._base_manager.filter(pk=pk).update(**{EMPTIED[model]: None}),
    "bulk_update": lambda model, pk: model._base_manager.bulk_update([model(pk=pk)], [EMPTIED[model]]),
    "delete": lambda model, pk: model._base_manager.filter(pk=pk).delete(),
    "_raw_delete": lambda model, pk: model._base_manager.filter(pk=pk)._raw_delete("default"),
    "UPDATE": lambda model, pk: execute(
        f"UPDATE {model._meta.db_table} SET {EMPTIED[model]}_id = NULL WHERE id = {pk}"
    ),
    "DELETE": lambda model, pk: execute(f"DELETE FROM {model._meta.db_table} WHERE id = {pk}"),
}


def row_of(model: Any) -> dict[str, Any]:
    """One to which nothing else refers: Django itself would protect the others."""
    rows = model.objects.exclude(**{EMPTIED[model]: None}).order_by("pk")
    if model is SignableText:
        page = Page.objects.get(slug="pr-02")
        text = SignableText.objects.create(page=page, label="prova", fingerprint="0", by=User.objects.first())
        rows = rows.filter(pk=text.pk)
    if model is FileVersion:
        file = Document.objects.first()
        FileVersion.objects.create(document=file, number=1, sha256="0", replaced_by=User.objects.first())
    if model is Acknowledgement:
        rows = rows.filter(notes=None)
    if model is Edition:
        rows = rows.filter(adoptions=None)
    if model is BodyRule:
        rows = rows.filter(confirmations=None, corrected_by=None)
    if model is Remark:
        rows = rows.filter(acts=None)
    if model is Adoption:
        rows = rows.filter(corrected_by=None)
    found: dict[str, Any] = rows.values().first()
    return found


def test_the_rows_that_are_evidence_are_these() -> None:
    assert [model for model in apps.get_models() if issubclass(model, AppendOnly)] == KEPT


@pytest.mark.parametrize("model", KEPT)
@pytest.mark.parametrize("door", DOORS)
def test_the_database_refuses_what_goes_round_the_models(model: Any, door: str) -> None:
    row = row_of(model)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        DOORS[door](model, row["id"])
    assert model.objects.filter(pk=row["id"]).values().get() == row


@pytest.mark.parametrize("model", KEPT)
def test_maintenance_is_for_its_own_lines_alone_and_leaves_nothing_open(model: Any) -> None:
    row = model.objects.get(pk=row_of(model)["id"])
    with as_maintenance("a test"):
        model._base_manager.filter(pk=row.pk).update(**{EMPTIED[model]: None})
    assert getattr(model.objects.get(pk=row.pk), EMPTIED[model]) is None
    assert not Maintenance.objects.exists()
    with pytest.raises(ZeroDivisionError), as_maintenance("a test that fails"):
        model._base_manager.filter(pk=row.pk).delete()
        raise ZeroDivisionError
    assert model.objects.filter(pk=row.pk).exists()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model._base_manager.filter(pk=row.pk).delete()


def test_an_act_outlives_the_draft_that_it_is_about_and_is_given_to_no_other_page(person: Any) -> None:
    draft = TextPage(title="Mai letta", slug="mai-letta", live=False, change_note="Bozza.")
    demo.space("SP-RETE").root_page.add_child(instance=draft)
    act = record(Verb.SHARED, by=person("coordinator"), page=draft.page_ptr, sentence="ha condiviso «Mai letta»")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Activity._base_manager.filter(pk=act.pk).update(page=Page.objects.get(slug="pr-02"))
    Page.objects.get(pk=draft.pk).delete()
    act.refresh_from_db()
    assert (act.page, act.sentence, act.by) == (None, "ha condiviso «Mai letta»", person("coordinator"))


def test_whom_an_edition_names_is_not_deleted(person: Any) -> None:
    edition = Edition.objects.exclude(published_by=None).first()
    assert edition is not None and edition.published_by is not None
    with pytest.raises(ProtectedError):
        edition.published_by.delete()
    for name in ("proposed_by", "approved_by", "published_by", "space", "page"):
        assert Edition._meta.get_field(name).remote_field.on_delete.__name__ == "PROTECT"
