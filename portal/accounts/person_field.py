"""Choosing a person from a list: by surname, with the body, so that two of one name are told apart."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models.people import User


class PersonField(forms.ModelChoiceField):
    """The rows are given by the form, when it is made: `choosable`, or some of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"queryset": User.objects.none(), "empty_label": _("Scegli una persona"), **kwargs})

    def label_from_instance(self, obj: Any) -> str:
        named = f"{obj.last_name} {obj.first_name}".strip() or obj.email
        return f"{named}, {obj.organisation}" if obj.organisation else named


def choosable() -> Any:
    """Everybody whose account holds."""
    return User.objects.current().select_related("organisation").order_by("last_name", "first_name")
