"""Choosing in the editor: persons only among those whom the author knows, which is how `access` says it.

And what a page leads to already is not named to an author who may not see it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.forms.choosers import BaseFilterForm, URLOrAbsolutePathField
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock
from wagtail.log_actions import get_active_log_context

from portal import access, prepared
from portal.accounts import person_field
from portal.models.people import Organisation, User
from portal.models.spaces import Space
from portal.pages import citations
from portal.requests import number


class PersonFilter(BaseFilterForm):
    """By name, as by colleagues one remembers half of, with the body where several are called so."""

    q = forms.CharField(label=_("Nome o cognome"), required=False)

    def filter(self, objects: Any) -> Any:
        if words := (self.cleaned_data.get("q") or "").strip():
            self.is_searching, self.search_query = True, words
            found = person_field.named(words, objects.select_related("organisation"))
            objects = objects.filter(pk__in=[each.pk for each in found])
        return super().filter(objects)


class KnownPeople:
    """What the lists and the answer of the chooser have in common: nobody else is found, by list or by number."""

    request: Any
    filter_form_class = PersonFilter

    def get_object_list(self) -> Any:
        return access.allowed(User.objects.current(), self.request.user)

    def get_object(self, pk: str) -> Any:
        return self.get_object_list().get(pk=pk)

    def get_objects(self, pks: list[str]) -> Any:
        return self.get_object_list().filter(pk__in=pks)


class ListedPeople(KnownPeople):
    def get_object_list(self) -> Any:
        return super().get_object_list().select_related("organisation")

    @property
    def columns(self) -> list[Any]:
        found: list[Any] = super().columns  # type: ignore[misc]
        found[0].label = _("Persona")
        return [*found, Column("organisation", label=_("Ente"))]


class ChoosePerson(ListedPeople, chooser.ChooseView):
    pass


class ChoosePersonResults(ListedPeople, chooser.ChooseResultsView):
    pass


class WithBody(KnownPeople):
    def get_display_title(self, instance: User) -> str:
        return person_field.in_list(instance)


class ChosenPerson(WithBody, chooser.ChosenView):
    pass


class ChosenPeople(WithBody, chooser.ChosenMultipleView):
    pass


class PersonChooserViewSet(ChooserViewSet):
    model = User
    icon = "user"
    choose_one_text = _("Scegli una persona")
    choose_another_text = _("Scegli un’altra persona")
    edit_item_text = _("Apri")
    register_widget = False  # the other fields list those whom the author knows, where they are few (`offer_people`)
    choose_view_class = ChoosePerson
    choose_results_view_class = ChoosePersonResults
    chosen_view_class = ChosenPerson
    chosen_multiple_view_class = ChosenPeople


person_chooser = PersonChooserViewSet("person_chooser", url_prefix="persone/scegli")
PersonChooserBlock = person_chooser.get_block_class("PersonChooserBlock", module_path="portal.wagtail_admin.choosers")


class KnownPersonChooser(person_chooser.widget_class):  # type: ignore[misc,name-defined]
    """Names nobody but those who may be chosen, whatever number was sent."""

    def __init__(self, people: Any) -> None:
        super().__init__(show_edit_link=False)
        self.people = people

    def get_instance(self, value: Any) -> Any:
        pk = value.pk if isinstance(value, User) else number(str(value or ""))
        return self.people.filter(pk=pk).first() if pk else None

    def get_display_title(self, instance: User) -> str:
        return person_field.in_list(instance)


def offer_people(people: Any) -> Callable[[forms.ModelChoiceField], None]:
    """What a form's fields do to offer these: few in a list, many by name."""
    people = people.select_related("organisation")
    many = people.count() > person_field.FEW

    def offer(field: forms.ModelChoiceField) -> None:
        field.queryset = people
        if many:
            field.widget = KnownPersonChooser(people)
            field.widget.is_required = field.required
        else:
            field.label_from_instance = person_field.in_list  # type: ignore[assignment,method-assign]

    return offer


class SpaceFilter(BaseFilterForm):
    q = forms.CharField(label=_("Nome dello spazio"), required=False)

    def filter(self, objects: Any) -> Any:
        words = self.cleaned_data.get("q") or ""
        if words:
            self.is_searching, self.search_query = True, words
            objects = objects.filter(root_page__title__icontains=words)
        return super().filter(objects)


class KnownSpaces(KnownPeople):
    filter_form_class = SpaceFilter

    def get_object_list(self) -> Any:
        return access.allowed(Space.objects.select_related("root_page"), self.request.user)


class ChooseSpace(KnownSpaces, chooser.ChooseView):
    pass


class ChooseSpaceResults(KnownSpaces, chooser.ChooseResultsView):
    pass


class ChosenSpace(KnownSpaces, chooser.ChosenView):
    pass


class ChosenSpaces(KnownSpaces, chooser.ChosenMultipleView):
    pass


class SpaceChooserViewSet(ChooserViewSet):
    model = Space
    icon = "folder-open-1"
    edit_item_text = _("Apri")
    register_widget = False
    choose_one_text = _("Scegli uno spazio")
    choose_another_text = _("Scegli un altro spazio")
    choose_view_class = ChooseSpace
    choose_results_view_class = ChooseSpaceResults
    chosen_view_class = ChosenSpace
    chosen_multiple_view_class = ChosenSpaces


space_chooser = SpaceChooserViewSet("space_chooser", url_prefix="spazi/scegli")
SpaceChooserBlock = space_chooser.get_block_class("SpaceChooserBlock", module_path="portal.wagtail_admin.choosers")


class BodyFilter(BaseFilterForm):
    q = forms.CharField(label=_("Nome dell’ente"), required=False)

    def filter(self, objects: Any) -> Any:
        words = self.cleaned_data.get("q") or ""
        if words:
            self.is_searching, self.search_query = True, words
            objects = objects.filter(name__icontains=words)
        return super().filter(objects)


class ChooseBody(chooser.ChooseView):
    filter_form_class = BodyFilter


class ChooseBodyResults(chooser.ChooseResultsView):
    filter_form_class = BodyFilter


class BodyChooserViewSet(ChooserViewSet):
    """Every body: all of them stand in the directory."""

    model = Organisation
    icon = "site"
    choose_one_text = _("Scegli un ente")
    choose_another_text = _("Scegli un altro ente")
    edit_item_text = _("Apri")
    register_widget = False
    choose_view_class = ChooseBody
    choose_results_view_class = ChooseBodyResults


body_chooser = BodyChooserViewSet("body_chooser", url_prefix="enti/scegli")
BodyChooserBlock = body_chooser.get_block_class("BodyChooserBlock", module_path="portal.wagtail_admin.choosers")


# --- What is chosen already ------------------------------------------------------------------------------


def _shown(value: Any, state: Any) -> Any:
    """What the editor's script is told of a choice: of what the author may not see, its number alone."""
    if value is None or not state or _may_be_named(value):
        return state
    hidden = now("(qualcosa che non puoi vedere)")
    words = {"title": hidden, "adminTitle": hidden, "preview": {"url": "", "width": 0, "height": 0}}
    return {**{key: words.get(key) for key in state}, "id": state["id"]}


def _may_be_named(value: Any) -> bool:
    if isinstance(value, Space):
        return access.can(get_active_log_context().user or AnonymousUser(), "view", value)
    return citations.may_be_named(value)


class Discreet:
    """A block that chooses, and does not name what its author may not see."""

    def get_form_state(self, value: Any) -> Any:
        return _shown(value, super().get_form_state(value))  # type: ignore[misc]


class PersonBlock(Discreet, PersonChooserBlock):  # type: ignore[valid-type,misc]
    def bulk_to_python(self, values: Any) -> list[User | None]:
        """With the body, which stands beside the name on the page."""
        keys = prepared.several("person", filter(None, values))
        rows = prepared.answers(("people in texts", len(keys)), partial(_with_bodies, keys), **keys) if keys else ()
        people = {person.pk: person for person in rows}
        return [people.get(pk) for pk in values]


def _with_bodies(keys: dict[str, int]) -> QuerySet[User]:
    return User.objects.select_related("organisation").filter(id__in=prepared.places(keys)).order_by()


class SpaceBlock(Discreet, SpaceChooserBlock):  # type: ignore[valid-type,misc]
    pass


class PageBlock(Discreet, blocks.PageChooserBlock):
    pass


class FileBlock(Discreet, DocumentChooserBlock):
    pass


class ImageChoiceBlock(ImageBlock):
    """Wagtail's picture with its alternative text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.child_blocks["image"].label = _("File")  # Wagtail's own is the English name of the field

    def get_form_state(self, value: Any) -> Any:
        state = super().get_form_state(value)
        return {**state, "image": _shown(value, state["image"])}


def _nothing_is_no_link() -> None:
    """Wagtail looks at the first letter of a link before it looks whether there is one."""
    look = URLOrAbsolutePathField.to_python

    def to_python(self: URLOrAbsolutePathField, value: Any) -> Any:
        return look(self, value or "")

    URLOrAbsolutePathField.to_python = to_python


_nothing_is_no_link()
