"""Copying a page: its address comes by itself, and a copy is never an alias."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.pages import CopyForm
from wagtail.models import Page

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
