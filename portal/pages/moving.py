"""What becomes of all that hangs on a page when it moves to another space: told before anybody confirms."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.views.pages.bulk_actions.move import MoveBulkAction, MoveForm
from wagtail.models import Page

from portal import access
from portal.files import reading
from portal.models.media import Document, Image
from portal.models.people import User
from portal.models.spaces import PageGroupGrant, PageShare, PageUserGrant, Space

from . import audience

NAMED = 5
# What the packages keep of a page: each gives its sentences.
sources: list[Callable[[Page, Space, User], Iterable[str]]] = []


def consequences(page: Page, destination: Page, user: User) -> list[str]:
    """Sentences; none within one space, where nothing but the address changes."""
    before, after = access.space_of(page), access.space_of(destination)
    if before is None or before == after:
        return []
    return [
        *_shares(page, user),
        *_files(page, before, user),
        *_parts(page, destination, after),
        *(sentence for source in sources for sentence in source(page, before, user)),
    ]


def _shares(page: Page, user: User) -> Iterable[str]:
    shares = PageShare.objects.filter(page__path__startswith=page.path)
    spaces = Space.objects.filter(pk__in=shares.values("space"))
    granted = any(
        model._default_manager.filter(content_object__path__startswith=page.path).exists()
        for model in (PageUserGrant, PageGroupGrant)
    )
    if not shares.exists() and not granted:
        return
    yield _("Le condivisioni della pagina finiscono: le decide chi risponde dello spazio nuovo.")
    names = ", ".join(f"«{space}»" for space in access.allowed(spaces, user).order_by("name"))
    if names:
        yield _("Ora è condivisa con %(spaces)s.") % {"spaces": names}


def _files(page: Page, space: Space, user: User) -> Iterable[str]:
    going, staying = reading.along(page, space)
    if going:
        words = ngettext(
            "Va con lei il file che porta solo lei: %(files)s.", "Vanno con lei i file che porta solo lei: %(files)s.",
            len(going),
        )  # fmt: skip
        yield words % {"files": _named(going, user)}
    if staying:
        words = ngettext(
            "Resta dov’è il file che porta anche un’altra pagina: %(files)s. Chi la leggerà di là non lo apre.",
            "Restano dove sono i file che portano anche altre pagine: %(files)s. Chi la leggerà di là non li apre.",
            len(staying),
        )
        yield words % {"files": _named(staying, user)}
    if not going and not staying:
        yield _("Non porta file.")


def _parts(page: Page, destination: Page, after: Space | None) -> Iterable[str]:
    """Who reads a part by a role «in this space» reads it where the page lies."""
    moved = Page.objects.descendant_of(page, inclusive=True).specific()
    if any(each.reserved_parts() for each in moved if hasattr(each, "reserved_parts")):
        yield _("Ha parti riservate: chi le legge per il suo ruolo «in questo spazio» diventa chi ha quel ruolo in "
                "«%(space)s», e le legge tutte chi scrive lì.") % {"space": after or destination.title}  # fmt: skip


def _named(found: list[reading.File], user: User) -> str:
    """The first few by name, as far as the person may read it; the rest as a number."""
    known = set()
    for model in (Document, Image):
        rows: Any = model._default_manager.filter(pk__in=[file.pk for file in found if isinstance(file, model)])
        known |= {(model, pk) for pk in access.known(rows, user).values_list("pk", flat=True)}
    names = [f"«{file.title}»" for file in found if (type(file), file.pk) in known][:NAMED]
    rest = len(found) - len(names)
    if rest:
        names.append(ngettext("un altro", "altri %(count)d", rest) % {"count": rest})
    return ", ".join(names)


# --- Many at once ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Departure:
    """A page that leaves its space: who reads it before and after, and what follows."""

    title: str
    readers: audience.Move
    sentences: list[str]


class AgreedForm(MoveForm):
    """`agreed` is the destination whose consequences were shown."""

    agreed = forms.IntegerField(widget=forms.HiddenInput, required=False)


class MoveMany(MoveBulkAction):
    """Takes the place of Wagtail's, which moves at once: between spaces it first says what changes, page by page."""

    form_class = AgreedForm

    def prepare_action(self, pages: Any, pages_without_access: Any) -> HttpResponse | None:
        answer: HttpResponse | None = super().prepare_action(pages, pages_without_access)
        destination = self.cleaned_form.cleaned_data["chooser"]
        if answer or self.cleaned_form.cleaned_data["agreed"] == destination.pk:
            return answer
        leaving = departures(pages, destination, self.request.user)
        if not leaving:
            return None
        form = self.get_form()
        form.data = {**form.data.dict(), "agreed": destination.pk}
        context = self.get_context_data(form=form, departures=leaving, destination=destination)
        response: HttpResponse = self.render_to_response(context)
        return response


def departures(pages: Iterable[Page], destination: Page, user: User) -> list[Departure]:
    """Those of the pages that would lie in another space."""
    there = access.space_of(destination)
    return [
        Departure(
            page.get_admin_display_title(),
            audience.move(page, destination, user),
            consequences(page, destination, user),
        )
        for page in pages
        if access.space_of(page) != there
    ]
