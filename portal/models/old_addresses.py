"""Addresses that pages once had: links in mails, papers and minds keep leading there."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import access
from portal.pages import addresses


class OldAddress(models.Model):
    """One address that a page had while it could be read; it holds for the pages below it too."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="old_addresses")
    url_path = models.TextField(_("indirizzo"), db_index=True)
    slug = models.CharField(_("codice o parola"), max_length=255, db_index=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("vecchio indirizzo")
        verbose_name_plural = _("vecchi indirizzi")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.url_path

    @staticmethod
    def could_be_read(pk: int) -> Page | None:
        """The page as it stands in the database, if anybody can have kept its address."""
        read = models.Q(live=True) | models.Q(first_published_at__isnull=False)
        return Page.objects.filter(read, pk=pk).first()

    @classmethod
    def keep(cls, before: Page) -> None:
        """Remember where the page answers, about to answer elsewhere."""
        cls._default_manager.create(page_id=before.pk, url_path=before.url_path, slug=before.slug)

    @classmethod
    def leads_to(cls, home: Page, words: list[str], user: Any) -> Page | None:
        """The page that once answered at /words/…/, if the person may see it: else there never was one."""
        if words[0] == addresses.CODE_ADDRESS:
            rows = cls._default_manager.filter(slug__in=addresses.slugs_of(words[-1]))
            return cls._newest(rows, user) if len(words) == 2 else None
        # Of the page itself, or of one above it that moved with all that lies below.
        whole = f"{home.url_path}{'/'.join(words)}/"
        above = [f"{home.url_path}{'/'.join(words[:end])}/" for end in range(1, len(words) + 1)]
        rows = cls._default_manager.filter(url_path__in=above).select_related("page")
        now = [row.page.url_path + whole.removeprefix(row.url_path) for row in rows]
        seen = {page.url_path: page for page in access.allowed(Page.objects.filter(url_path__in=now), user)}
        return next((seen[path] for path in now if path in seen), None)

    @staticmethod
    def _newest(rows: models.QuerySet[Any], user: Any) -> Page | None:
        pages = list(rows.values_list("page", flat=True))
        seen = access.allowed(Page.objects.filter(pk__in=pages), user).in_bulk()
        return next((seen[pk] for pk in pages if pk in seen), None)


def on_page_moved(
    sender: Any, instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any
) -> None:
    """Before a move, whatever happens then: a row too many leads where the page is."""
    if parent_page_before.pk != parent_page_after.pk and (before := OldAddress.could_be_read(instance.pk)):
        OldAddress.keep(before)
