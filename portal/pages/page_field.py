"""Choosing a page: from a list while there are few; of many, by the code or the words of the title that are typed.

What fits one page is that page; of several, each is offered by code and title, and none is guessed. Works without
scripts; however large a space is, no page of the portal holds all the titles in it.
"""

from functools import reduce
from operator import and_
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from portal.accounts.person_field import FEW, MOST_OFFERED, ByName
from portal.requests import number

from . import addresses

CHOSEN = "="  # before the number of a page that was chosen: a title may be a number too


class PageField(forms.ModelChoiceField):
    """The rows are given by the form, when it is made."""

    def __init__(self, **kwargs: Any) -> None:
        given: dict[str, Any] = {"queryset": Page.objects.none(), "empty_label": gettext_lazy("Scegli una pagina")}
        super().__init__(**{**given, **kwargs})

    def offer(self, pages: QuerySet[Page]) -> None:
        self.queryset = pages
        if len(pages.values_list("pk")[: FEW + 1]) > FEW:
            self.widget = _ByTitle(self)
            self.widget.is_required = self.required

    def label_from_instance(self, obj: Any) -> str:
        return addresses.name_of(obj)

    def clean(self, value: Any) -> Any:
        return super().clean(self._meant(str(value)) if isinstance(self.widget, _ByTitle) and value else value)

    def chosen(self, value: str) -> Page | None:
        pages: Any = self.queryset
        pk = number(value.removeprefix(CHOSEN)) if value.startswith(CHOSEN) else None
        return pages.filter(pk=pk).first() if pk else None

    def _meant(self, typed: str) -> str:
        widget: Any = self.widget
        page = self.chosen(typed)
        found = [page] if page else self._fitting(typed.strip())
        widget.offered = tuple((f"{CHOSEN}{each.pk}", self.label_from_instance(each)) for each in found)
        if len(found) > MOST_OFFERED:
            widget.offered = ()
            raise ValidationError(_("Sono molte le pagine con queste parole: scrivine altre, o il codice."))
        if len(found) > 1:
            raise ValidationError(_("Ne trovo più d’una: scegli quale."))
        if not found:
            raise ValidationError(
                _("Non trovo nessuna pagina con queste parole: scrivi il codice o parole del titolo.")
            )
        return str(found[0].pk)

    def _fitting(self, typed: str) -> list[Page]:
        """Its code or whole title before parts of it; one more than is offered tells that there are too many."""
        pages: Any = self.queryset
        whole = Q(slug__in=addresses.slugs_of(typed)) | Q(title__iexact=typed)
        parts = reduce(and_, (Q(title__icontains=word) for word in typed.split()), Q())
        return list(pages.filter(whole)[: MOST_OFFERED + 1]) or list(pages.filter(parts)[: MOST_OFFERED + 1])


class _ByTitle(ByName):
    def __init__(self, field: PageField) -> None:
        super().__init__({"autocomplete": "off", "placeholder": _("Codice o parole del titolo")})
        self.field = field

    def name_of(self, value: Any) -> str:
        page = self.field.chosen(str(value or ""))
        return self.field.label_from_instance(page) if page else super().name_of(value)
