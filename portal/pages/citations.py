"""What a page cites, and the editors' form that lets an author cite only what the author may see.

Choosers offer nothing else; an id typed by hand would otherwise be kept, and its title shown to the author.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page, ReferenceIndex

from portal import access
from portal.models.media import Document, Image
from portal.models.people import User
from portal.requests import number

Citation = tuple[type[Model], int]
GUARDED: tuple[type[Model], ...] = (Page, Document, Image, User)


def of(page: Page) -> set[Citation]:
    """The pages, files and persons that the page leads to, in its fields, its rows and its texts."""
    return set(places(page))


def places(page: Page) -> dict[Citation, set[str]]:
    """The same, each with where it stands: «related.item», «body.item.value»."""
    found: dict[Citation, set[str]] = {}
    for content_type, pk, model_path, _content_path in ReferenceIndex._extract_references_from_object(page):
        model = _guarded(ContentType.objects.get_for_id(content_type).model_class())
        if model and (known := number(str(pk))):
            found.setdefault((model, known), set()).add(model_path)
    return found


def as_called_now(page: Page) -> dict[str, dict[str, Any]]:
    """What the page leads to, as it is called at this moment: «page:12» → name, code or hash, and where it stands.

    For a record that must be read when names have changed; whoever shows it asks `access` first.
    """
    where = places(page)
    found: dict[str, dict[str, Any]] = {}
    for model, kind in ((Page, "page"), (Document, "file"), (Image, "picture"), (User, "person")):
        rows: Any = model._default_manager.filter(pk__in=[pk for each, pk in where if each is model])  # type: ignore[misc]
        for row in rows.order_by("pk").specific() if model is Page else rows.order_by("pk"):
            found[f"{kind}:{row.pk}"] = {**_called(row), "where": sorted(where[model, row.pk])}
    return found


def _called(row: Any) -> dict[str, str]:
    if isinstance(row, Page):
        return {"name": row.title, "code": getattr(row, "code", "")}
    if isinstance(row, Document):
        return {"name": row.title, "sha256": row.sha256}
    if isinstance(row, Image):
        return {"name": row.title, "sha1": row.file_hash}
    return {"name": str(row)}


def _guarded(model: type | None) -> type[Model] | None:
    return next((each for each in GUARDED if model is not None and issubclass(model, each)), None)


def unknown(cited: set[Citation], user: Any) -> set[Citation]:
    """Of these, what the person may neither see nor edit."""
    left = set(cited) - {(User, user.pk)}
    for model in GUARDED:
        for action in ("view", "edit"):
            if keys := [pk for each, pk in left if each is model]:
                rows = access.allowed(model._default_manager.filter(pk__in=keys), user, action)
                left -= {(model, pk) for pk in rows.values_list("pk", flat=True)}
    return left


def may_be_named(row: Model) -> bool:
    """Whether the author at work may read the title of what a page leads to; a form has asked for all that it holds."""
    user, model = get_active_log_context().user, _guarded(type(row))
    if user is None or model is None:
        return False
    cited = (model, row.pk)
    if cited not in _asked(user):
        _asked(user)[cited] = not unknown({cited}, user)
    return _asked(user)[cited]


def _asked(user: Any) -> dict[Citation, bool]:
    found: dict[Citation, bool] = user.__dict__.setdefault("_may_be_named", {})
    return found


def _rows(field: Any) -> Any:
    return field.queryset


def offer_known(form: Any, offer_people: Callable[[Any], Callable[[Any], None]]) -> None:
    """Lists of persons hold those whom the author knows, and those the page names already.

    What the page leads to already, and its author may not see, stays as it is, without its title.
    """
    named = [pk for model, pk in form.cited_before if model is User]
    known = access.allowed(User.objects.all(), form.for_user).values("pk")
    people = User.objects.filter(Q(pk__in=known) | Q(pk__in=named))
    offer = offer_people(people)
    hidden = unknown(form.cited_before, form.for_user)
    _asked(form.for_user).update({cited: cited not in hidden for cited in form.cited_before})

    def limit(fields: dict[str, forms.Field], row: Model) -> None:
        for name, field in fields.items():
            if not isinstance(field, forms.ModelChoiceField) or not hasattr(row, f"{name}_id"):
                continue
            model = _guarded(_rows(field).model)
            if model is User:
                offer(field)
            elif (model, getattr(row, f"{name}_id")) in hidden:
                field.widget, field.disabled = forms.HiddenInput(), True
                field.help_text = _("Porta a qualcosa che non puoi vedere: lo cambia chi lo vede.")

    limit(form.fields, form.instance)
    for formset in form.formsets.values():
        formset.add_fields = _then(formset.add_fields, limit)


def _then(add_fields: Any, limit: Any) -> Any:
    def both(row: Any, index: int | None) -> None:
        add_fields(row, index)
        limit(row.fields, row.instance)

    return both


def refuse_unknown(form: Any) -> bool:
    """Whether the form newly cites what its author may not see; its choices are then emptied, not shown again."""
    rows = [row for formset in form.formsets.values() for row in formset.forms]
    cited = of(form.instance)
    for each in (form, *rows):
        for value in getattr(each, "cleaned_data", {}).values():
            model = _guarded(type(value))
            if model and isinstance(value, Model):
                cited.add((model, value.pk))
    refused = unknown(cited - form.cited_before, form.for_user)
    if not refused:
        return False
    data = form.data.copy()
    for each in (form, *rows):
        for name, field in each.fields.items():
            model = _guarded(_rows(field).model) if isinstance(field, forms.ModelChoiceField) else None
            value = data.get(each.add_prefix(name), "")
            if model and (model, number(value)) in refused:
                data[each.add_prefix(name)] = ""
    for each in (form, *form.formsets.values(), *rows):
        each.data = data
    return True
