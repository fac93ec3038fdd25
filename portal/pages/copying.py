"""Copying a page: its address comes by itself, a copy is never an alias, and names nobody who does not read it."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.pages import CopyForm
from wagtail.models import Page

from portal import access
from portal.models.people import User

from . import addresses


class PageCopyForm(CopyForm):
    """Wagtail's, without what nobody should have to decide.

    An alias is a share without its register; and a code, which is one page's, would stop it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("alias", None)
        slug = self.fields["new_slug"]
        slug.label, slug.help_text = _("Indirizzo"), _("Lascialo vuoto: si scrive da sé, dal titolo.")
        slug.required, slug.initial, slug.validators = False, "", []

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        parent = data.get("new_parent_page") or self.page.get_parent()
        title = data.get("new_title") or self.page.title
        data["new_slug"] = addresses.settled(Page(), parent, title=title, slug=data.get("new_slug", ""))
        found: dict[str, Any] = super().clean()
        return found


def strangers(pages: Iterable[Page]) -> dict[Page, dict[str, User]]:
    """Page → whom it names to turn to, by field, though they do not read where it lies now."""
    found: dict[Page, dict[str, User]] = {}
    for page in pages:
        space = access.space_of(page)
        named = {name: getattr(page, name) for name in getattr(page, "passes_on", ()) if getattr(page, f"{name}_id")}
        shut = {
            name: who for name, who in named.items()
            if not (access.can(who, "view", page) or (space and access.can(who, "view", space.root_page)))
        }  # fmt: skip
        if shut:
            found[page] = shut
    return found


def leave_out(found: dict[Page, dict[str, User]]) -> None:
    """A copy is a text of its own: whoever writes it says who answers for it. The row and its only revision."""
    for page, shut in found.items():
        type(page)._default_manager.filter(pk=page.pk).update(**dict.fromkeys(shut))
        for revision in page.revisions.all():
            revision.content.update(dict.fromkeys(shut))
            revision.save(update_fields=["content"])
