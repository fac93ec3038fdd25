"""People in Wagtail's admin, with the fields that Raccordo needs; only administrators get there."""

from typing import Any

from django import forms
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import UserViewSet

OWN_FIELDS = {"profession", "organisation", "telephone", "valid_until"}


class PersonEditForm(UserEditForm):
    # Groups come from spaces and bodies: nobody is put into one by hand.
    groups = None

    class Meta(UserEditForm.Meta):
        fields = (UserEditForm.Meta.fields | OWN_FIELDS) - {"groups"}
        widgets = {"valid_until": forms.DateTimeInput(attrs={"type": "datetime-local"})}


class PersonCreationForm(UserCreationForm):
    groups = None

    class Meta(UserCreationForm.Meta):
        fields = (UserCreationForm.Meta.fields | OWN_FIELDS) - {"groups"}
        widgets = {"valid_until": forms.DateTimeInput(attrs={"type": "datetime-local"})}


class PersonViewSet(UserViewSet):
    def get_form_class(self, for_update: bool = False) -> Any:
        return PersonEditForm if for_update else PersonCreationForm
