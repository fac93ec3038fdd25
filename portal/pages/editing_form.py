"""The editors' form of every kind of page: what it cites, its address, its code, its note of change."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from portal.personal_data import guard
from portal.wagtail_admin.choosers import offer_people

from . import addresses, citations, code_citations, concurrent_edits, drafts


class CitingForm(WagtailAdminPageForm):
    """An editors' form that cites only what its author may see, and asks nobody for an address.

    It goes over nobody's newer text unasked (`together`).
    """

    begun_from = forms.CharField(required=False, widget=forms.HiddenInput)
    personal_data_reason = guard.ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left_out: list[str] = []  # of a draft that saved itself
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].validators = []  # whatever is typed becomes an address
        self.initial[concurrent_edits.BEGUN_FROM] = concurrent_edits.mark(self.instance.latest_revision)
        self.cited_before = citations.of(self.instance) if self.instance.pk else set()
        if self.for_user:
            citations.offer_known(self, offer_people)

    def is_valid(self) -> bool:
        drafts.drop_blank_rows(self)
        valid: bool = super().is_valid()
        if not valid and self.is_deferred_validation and self.data.get("autosave"):
            self.left_out, valid = drafts.forgive(self), True
        if self.for_user and citations.refuse_unknown(self):
            self.add_error(None, _("La pagina porta a qualcosa che non puoi vedere: toglilo, o scegli altro."))
            return self._refused()
        if valid and guard.stops(self, itself=bool(self.data.get("autosave"))):
            return self._refused()
        return self._is_newest() and valid

    def _refused(self) -> bool:
        """A button brings the form back with its reason; to what saves itself the reason alone is told."""
        if self.data.get("autosave"):
            raise drafts.NotYet(drafts.missing(self))
        return False

    def _is_newest(self) -> bool:
        try:
            concurrent_edits.check(self.instance, self.data, self.for_user)
        except concurrent_edits.Overtaken as problem:
            self.add_error(None, str(problem))
            self.fields[concurrent_edits.BEGUN_FROM].widget.attrs |= concurrent_edits.ways_on(problem)
            return False
        if self.instance.pk:
            self.instance.newest_known = concurrent_edits.mark(self.instance.latest_revision)
        return True

    def save(self, commit: bool = True) -> Any:
        """A new page begins unread: Wagtail would put it live into the tree before it publishes it, and a process that
        dies between the two would leave a page without its act.
        """
        if self.instance.pk is None:
            self.instance.live = False
        with transaction.atomic():
            concurrent_edits.check_again(self.instance)
            return super().save(commit=commit)

    def clean(self) -> dict[str, Any]:
        """The address is settled before Wagtail asks whether it is free."""
        data, page = self.cleaned_data, self.instance
        if "slug" in self.fields:
            typed = data.get("slug") or (page.slug if page.live else "")
            title, code = data.get("title") or page.title, data.get("code", getattr(page, "code", ""))
            data["slug"] = addresses.settled(page, self.parent_page, title=title, slug=typed, code=code)
        if _has_run_out(page.expire_at) and data.get("expire_at") == page.expire_at.replace(second=0, microsecond=0):
            data["expire_at"] = None  # the end that came already ends nothing more
        found: dict[str, Any] = super().clean()
        return found

    def get_field_updates_for_resave(self) -> list[tuple[str, str]]:
        """What Wagtail tells the open page after it saved itself, and what was left out."""
        updates: list[tuple[str, str]] = super().get_field_updates_for_resave()
        newest = (concurrent_edits.BEGUN_FROM, concurrent_edits.mark(self.instance.latest_revision))
        return [*updates, newest, ("unsaved", "; ".join(self.left_out))]


def _has_run_out(moment: datetime | None) -> bool:
    return moment is not None and moment < timezone.now()


class PortalPageForm(CitingForm):
    """Each change begins with an empty change note; a code is nobody else's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.instance
        if "change_note" in self.fields:
            said = _("Scrivi in una frase che cosa cambia: è quello che chi legge trova nelle novità.")
            self.fields["change_note"].error_messages["required"] = said
        if "change_note" in self.fields and page.pk and page.live and not page.has_unpublished_changes:
            self.initial |= {"change_note": "", "correction": False}
        if "code" in self.fields and page.code_form:
            self.fields["code"].help_text = _("La pagina risponde a /p/%(code)s/.") % {
                "code": page.code or addresses.next_code(page.code_form)
            }
        if "code" in self.fields and page.code and page.live and self.for_user:
            self.fields["code"].help_text = format_lazy(
                "{} {}", self.fields["code"].help_text, code_citations.in_words(page, self.for_user)
            )

    def full_clean(self) -> None:
        """A correction of what is read already needs no note: it tells nobody."""
        ticked = self.is_bound and self["correction"].value() if "correction" in self.fields else False
        if ticked and self.instance.live:
            self.fields["change_note"].required = False
        super().full_clean()

    def clean_code(self) -> str:
        typed = self.cleaned_data["code"]
        if not typed.strip():
            return ""
        try:
            code = addresses.normal_code(typed)
        except addresses.UnreadableCode:
            raise ValidationError(addresses.unreadable(typed)) from None
        if problem := self.instance.code_problem(code):
            raise ValidationError(problem)
        return code
