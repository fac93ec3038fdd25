"""People in Wagtail's admin, with the fields that Raccordo needs; only administrators get there."""

from typing import Any

from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import UserViewSet

from .fields import MomentField

OWN_FIELDS = {"profession", "organisation", "telephone", "valid_until"}


class PersonEditForm(UserEditForm):
    # Groups come from spaces and bodies: nobody is put into one by hand.
    groups = None

    class Meta(UserEditForm.Meta):
        fields = (UserEditForm.Meta.fields | OWN_FIELDS) - {"groups"}
        widgets = {"valid_until": AdminDateTimeInput()}
        field_classes = {"valid_until": MomentField}


class PersonCreationForm(UserCreationForm):
    groups = None

    class Meta(UserCreationForm.Meta):
        fields = (UserCreationForm.Meta.fields | OWN_FIELDS) - {"groups"}
        widgets = {"valid_until": AdminDateTimeInput()}
        field_classes = {"valid_until": MomentField}


class PersonViewSet(UserViewSet):
    def get_form_class(self, for_update: bool = False) -> Any:
        return PersonEditForm if for_update else PersonCreationForm
