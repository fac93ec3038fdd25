"""Addresses that pages once had: links in mails, papers and minds keep leading there.

Of those the first were made of the words of the space and of all pages above: they lead on whoever reads these too. To
anybody else, to whom the page was shared by itself, a right guess of them answers as a wrong one.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import models
from django.db.models import CharField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import access, prepared
from portal.pages import addresses

DEEPEST = 255 // Page.steplen  # so many steps a path of the tree holds: an address of more leads nowhere


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
            return cls._newest(addresses.slugs_of(words[-1]), user) if len(words) == 2 else None
        places = cls._places(home, words, user)
        seen = {row.url_path: row.pk for row in access.rows_seen(user, _at(places))}
        found = next((seen[path] for path in places if path in seen), None)
        return None if found is None else Page.objects.filter(pk=found).first()

    @classmethod
    def withdrawn_at(cls, home: Page, words: list[str], user: Any) -> list[Any]:
        """The page that was withdrawn from there, if the person would read it."""
        return access.withdrawn(user, _at(cls._places(home, words, user)))

    @classmethod
    def _places(cls, home: Page, words: list[str], user: Any) -> list[str]:
        """Where in the tree /spazi/one/two/ is, and where it is now if it moved, or one above it with all that lies
        below; nowhere for whoever does not read what the address names on its way.
        """
        if words[0] != addresses.SPACES_ADDRESS or not 1 < len(words) <= DEEPEST:
            return []
        named = [f"{home.url_path}{'/'.join(words[:end])}/" for end in range(2, len(words) + 1)]
        asked = prepared.several("place", named)
        moved = prepared.answers(("moved", len(asked)), partial(_moved, asked), **asked)
        *above, whole = (
            [name, *(now + name.removeprefix(then) for then, now in moved if name.startswith(then))] for name in named
        )
        return whole if _are_read(above, user) else []

    @staticmethod
    def _newest(slugs: Iterable[str], user: Any) -> Page | None:
        asked = prepared.several("slug", slugs)
        pages = [pk for (pk,) in prepared.answers(("once", len(asked)), partial(_once, asked), **asked)]
        seen = {page.pk: page for page in access.pages_seen(user, pages)}
        return next((seen[pk] for pk in pages if pk in seen), None)


def _once(slugs: dict[str, str]) -> models.QuerySet[Any, Any]:
    """The pages that answered to these words, the newest address first."""
    return OldAddress.objects.filter(slug__in=prepared.places(slugs, CharField())).values_list("page")


def _moved(asked: dict[str, str]) -> models.QuerySet[Any, Any]:
    """Of these places those from which a page moved, and where it is now."""
    rows = OldAddress.objects.filter(url_path__in=prepared.places(asked, CharField()))
    return rows.values_list("url_path", "page__url_path")


def _at(places: Iterable[str]) -> list[Any]:
    """What lies at these places in the tree, live or not: of each row what decides who reads it."""
    asked = prepared.several("place", places)
    return prepared.answers(("at", len(asked)), partial(_there, asked), **asked) if asked else []


def _there(asked: dict[str, str]) -> models.QuerySet[Any, Any]:
    rows = Page.objects.order_by().filter(url_path__in=prepared.places(asked, CharField()))
    return rows.values_list(*access.LEFT, named=True)


def _are_read(above: list[list[str]], user: Any) -> bool:
    """Whether the person reads what lies at each step, or read it before it was withdrawn; the first is the space.

    Of what is gone nobody can tell any more: it stops nobody who reads the space.
    """
    there = _at(place for places in above for place in places)
    read = {row.url_path for row in access.rows_seen(user, there)}
    unread = [places for places in above if not read.intersection(places)]
    if not unread or above[0] in unread:
        return not unread
    closed = {row.url_path for row in there} - {row.url_path for row in access.withdrawn(user, there)}
    return not any(closed.intersection(places) for places in unread)


def on_page_moved(
    sender: Any, instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any
) -> None:
    """Before a move, whatever happens then: a row too many leads where the page is."""
    if parent_page_before.pk != parent_page_after.pk and (before := OldAddress.could_be_read(instance.pk)):
        OldAddress.keep(before)
