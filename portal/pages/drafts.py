"""An unfinished draft keeps what it can: a row begun stops nothing, and whoever writes is told what is missing."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.blocks.base import BlockField

BESIDE = {"ORDER", "DELETE", "id"}  # what a row carries without anybody having typed


class NotYet(Exception):
    """The draft cannot be kept by itself as it is; the words say what is missing, to whoever writes."""


def drop_blank_rows(form: Any) -> None:
    """A row that was opened and left empty is none."""
    for formset in form.formsets.values():
        for row in formset.forms:
            if row.is_bound and not _is_kept(row) and set(row.changed_data) <= BESIDE:
                _skip(row)


def forgive(form: Any) -> list[str]:
    """Accept an invalid form for the draft that saves itself; returns the names of what it leaves out.

    Texts in blocks are kept as they are, a field that cannot be read keeps what was saved before, a new row waits.
    """
    left = []
    for name in list(form.errors):
        if name == NON_FIELD_ERRORS or not _can_wait(form, name):
            raise NotYet(missing(form))
        if isinstance(form.fields[name], BlockField):
            value = form.fields[name].widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
            form.cleaned_data[name] = value
            setattr(form.instance, name, value)
        else:
            left.append(_name(form.fields[name].label))
        del form.errors[name]
    for formset in form.formsets.values():
        left += _forgive_rows(formset)
        if not formset.is_valid():
            raise NotYet(missing(form))
    return left


def _forgive_rows(formset: Any) -> list[str]:
    left = []
    for number, row in enumerate(formset.forms, start=1):
        if not row.errors or formset._should_delete_form(row):
            continue
        fields = ", ".join(str(row.fields[name].label).lower() for name in row.errors if name in row.fields)
        left.append(f"{formset.model._meta.verbose_name} {number}" + (f" ({fields})" if fields else ""))
        if not _is_kept(row):
            _skip(row)
        row.errors.clear()
    formset.__dict__.pop("_deleted_form_indexes", None)
    formset.full_clean()
    return left


def _is_kept(row: Any) -> bool:
    """Whether the row is saved already."""
    return bool(row.data.get(row.add_prefix("id")))


def _skip(row: Any) -> None:
    row.errors.clear()
    row.cleaned_data["DELETE"] = True


def _can_wait(form: Any, name: str) -> bool:
    """Whether the page can be kept without it, or with what was saved before."""
    field = form.instance._meta.get_field(name)
    value = getattr(form.instance, field.attname)
    return bool(value) or field.null or (field.empty_strings_allowed and name != "title")


def missing(form: Any) -> str:
    """Why the form is not saved, in one sentence."""
    messages = [str(message) for message in form.non_field_errors()]
    names = [_name(form.fields[name].label) for name in form.errors if name in form.fields]
    for name, problems in form.errors.as_data().items():
        if {problem.code for problem in problems} == {"max_length"}:
            messages.append(f"«{_name(form.fields[name].label)}»: {' '.join(form.errors[name])}")
    if messages:
        return _("Non ancora salvato: %(why)s") % {"why": " ".join(messages)}
    return _("Non ancora salvato: scrivi %(names)s") % {"names": ", ".join(f"«{name}»" for name in names)}


def _name(label: str | Promise | None) -> str:
    return capfirst(str(label or ""))
