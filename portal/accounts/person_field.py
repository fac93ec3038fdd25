"""Choosing a person: from a list by surname, with the body; where they are many, by the name that is typed.

A typed name that fits one person is that person; of several, each is offered with body and address, and none is
guessed. All of it works without scripts.
"""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models.people import Organisation, User
from portal.words.names import squeezed

FEW = 60  # a list that is still read through
MOST_OFFERED = 20


class ByName(forms.TextInput):
    """A name, and under it whoever it fits, to choose from; what was chosen counts while the name stays."""

    template_name = "components/person_by_name.html"
    offered: tuple[tuple[str, str], ...] = ()
    always: tuple[tuple[str, str], ...] = ()  # what may be chosen without a name

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed, chosen = data.get(name) or "", data.get(f"{name}-chi")
        asked_again = chosen in dict(self.always) and not typed
        return chosen if chosen and (asked_again or data.get(f"{name}-per", "") == typed) else typed

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"offered": [*self.offered, *self.always], "chosen": str(value or "")}
        context["widget"]["typed"] = self.name_of(value)
        return context

    def name_of(self, value: Any) -> str:
        return "" if value in dict(self.always) else str(value or "")


class Offered:
    """Those who may be chosen: of many no more are read than a list would show, the others when a name is typed."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.first: list[User] = list(rows[: FEW + 1])
        self.are_many = len(self.first) > FEW
        self._known = {str(each.pk): each for each in self.first}

    def at(self, key: str) -> User | None:
        """Whose key it is."""
        if key not in self._known and self.are_many and key.isdecimal():
            self._known |= {str(each.pk): each for each in self.rows.filter(pk=int(key))}
        return self._known.get(key)

    def named(self, typed: str) -> list[User]:
        """Those whom the words fit; every one of them is read only for words that say nothing."""
        words = _folded(typed).split()
        if not words:
            return self.first
        bodies = [(pk, _folded(name)) for pk, name in Organisation.objects.values_list("pk", "name")]
        rows = self.rows
        for word in words:
            theirs = [pk for pk, name in bodies if word in name]
            rows = rows.filter(
                Q(squeezed_name__contains=squeezed(word)) | Q(email__icontains=word) | Q(organisation__in=theirs)
            )
        found = named(typed, rows)
        self._known |= {str(each.pk): each for each in found}
        return found


class PersonField(forms.ModelChoiceField):
    """The rows are given by the form, when it is made: `choosable`, or some of them; `always`, what else may be."""

    offered: Offered

    def __init__(self, *, always: tuple[tuple[str, str], ...] = (), **kwargs: Any) -> None:
        self.always = always
        given: dict[str, Any] = {"queryset": User.objects.none(), "empty_label": gettext_lazy("Scegli una persona")}
        super().__init__(**{**given, **kwargs})

    def offer(self, people: Any) -> None:
        """Those who may be chosen, few in a list, many by name; `Offered` where several fields offer the same."""
        self.offered = people if isinstance(people, Offered) else Offered(people)
        self.queryset = self.offered.rows
        if self.offered.are_many:
            self.widget = _ByNameOf(self)
            self.widget.is_required = self.required
        else:  # read once, however many fields there are
            listed = [(str(each.pk), self.label_from_instance(each)) for each in self.offered.first]
            self.widget.choices = [("", self.empty_label), *self.always, *listed]

    def label_from_instance(self, obj: Any) -> str:
        return in_list(obj)

    def clean(self, value: Any) -> Any:
        if value in dict(self.always):
            return value
        if isinstance(self.widget, _ByNameOf) and value:
            value = self._meant(str(value))
        return self.offered.at(str(value or "")) or super().clean(value)

    def _meant(self, typed: str) -> str:
        widget: Any = self.widget
        found = [typed] if self.offered.at(typed) else [str(each.pk) for each in self.offered.named(typed)]
        widget.offered = tuple((pk, self._in_full(pk)) for pk in found[:MOST_OFFERED])
        if len(found) > MOST_OFFERED:
            widget.offered = ()
            raise ValidationError(_("Sono in molti a chiamarsi così: scrivi nome e cognome."))
        if len(found) > 1:
            raise ValidationError(_("Ne trovo più d’uno: scegli chi intendi."))
        if not found:
            raise ValidationError(_("Non trovo nessuno con questo nome: controlla come si scrive."))
        return found[0]

    def _in_full(self, pk: str) -> str:
        person = self.offered.at(pk)
        return f"{in_list(person)}, {person.email}" if person else ""


class _ByNameOf(ByName):
    """For the people of one field: shows a chosen one by name."""

    def __init__(self, field: PersonField) -> None:
        super().__init__({"autocomplete": "off", "placeholder": _("Nome e cognome")})
        self.field, self.always = field, field.always

    def name_of(self, value: Any) -> str:
        person = self.field.offered.at(str(value or ""))
        return self.field.label_from_instance(person) if person else super().name_of(value)


def in_list(person: User) -> str:
    """As one reads down a list: surname first, and of two of one name each with the own body."""
    named = f"{person.last_name} {person.first_name}".strip() or person.email
    return f"{named}, {person.organisation}" if person.organisation else named


def named(typed: str, people: Iterable[User]) -> list[User]:
    """Those whom the words fit: whole names and addresses before parts of them."""
    words = set(_folded(typed).split())
    people = list(people)
    whole = [
        each for each in people
        if words in (set(_folded(f"{each.first_name} {each.last_name}").split()),
                     set(_folded(in_list(each)).split()), {_folded(each.email)})
    ]  # fmt: skip
    return whole or [
        each for each in people
        if all(any(said.startswith(word) for said in _folded(f"{in_list(each)}, {each.email}").split())
               for word in words)
    ]  # fmt: skip


def _folded(text: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(plain.casefold().replace("’", " ").replace("'", " ").replace(",", " ").split())


def choosable() -> Any:
    """Everybody whose account holds."""
    return User.objects.current().select_related("organisation").order_by("last_name", "first_name")
