"""A file that others open as soon as it is sent: what only looks like somebody's data in it needs a reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal.models.people import User
from portal.personal_data import guard
from portal.personal_data.detection import Finding

from . import looking
from .extraction import Extraction


class Explained:
    """Of a form with a `ReasonField`; whoever looks into its file calls `look_for_doubts`."""

    fields: dict[str, forms.Field]
    page: Page
    author: User | None = None
    found: tuple[Finding, ...] = ()

    def look_for_doubts(self, read: Extraction) -> None:
        self.found = tuple(guard.unexplained([self.page.pk], looking.findings(read.pages, read.beside), self.author))

    def ask_why(self, field: str, reason: str | None) -> None:
        """Show where the reason goes, at the file that needs one: a browser cannot send it back."""
        if not self.found or (reason or "").strip():
            return
        self.fields[guard.REASON].widget = forms.Textarea(attrs={"rows": 2})
        said = _(
            "Nel file ci sono parole che sembrano dati di qualcuno: %(what)s. Toglile e scegli di nuovo il file; "
            "oppure, se non sono di una persona seguita, scegli di nuovo il file e scrivi perché possono restare."
        ) % {"what": looking.in_words(list(self.found))}  # fmt: skip
        self.add_error(field, said)  # type: ignore[attr-defined]

    def keep_reasons(self, reason: str, by: User) -> None:
        page: Any = self.page
        page.explained = [(each, reason, by) for each in self.found]
        guard.keep_reasons(page)
