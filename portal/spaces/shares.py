"""Pages that go beyond their space: shared with another one, opened to a person or a group."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm
from wagtail.models import Page

from portal import access
from portal.models.activity import Verb
from portal.models.people import User
from portal.models.spaces import PageGroupGrant, PageShare, PageUserGrant, Space
from portal.notices.activity import record

from .roles import require_holder

# Sent inside the transaction that changes who may see pages: search follows.
audience_changed = Signal()  # arguments: pages (QuerySet of Page)


def share_page(page: Page, space: Space, *, by: User | None, reason: str = "") -> PageShare:
    """Let the readers of another space read a page and what lies below it."""
    with transaction.atomic():
        share, new = PageShare.objects.get_or_create(
            page_id=page.pk, space=space, defaults={"given_by": by, "reason": reason}
        )
        renewed = bool(reason) and reason != share.reason
        if renewed:
            share.reason, share.given_by = reason, by
            share.save(update_fields=["reason", "given_by"])
        if new or renewed:
            words = {"page": page.title, "space": space.name}
            sentence = _("ha condiviso «%(page)s» con lo spazio «%(space)s»") % words
            record(Verb.SHARED, by=by, page=page, space=access.space_of(page), sentence=sentence, note=reason)
            audience_of_subtree_changed(page)
    return share


def unshare_page(share: PageShare, *, by: User | None) -> None:
    """Take the sharing of a page back."""
    with transaction.atomic():
        page, space = share.page, share.space
        if not PageShare.objects.filter(pk=share.pk).delete()[0]:  # somebody else has taken it back
            return
        sentence = _("ha tolto «%(page)s» dallo spazio «%(space)s»") % {"page": page.title, "space": space.name}
        record(Verb.UNSHARED, by=by, page=page, space=access.space_of(page), sentence=sentence)
        audience_of_subtree_changed(page)


def on_page_moves(
    sender: Any, instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any
) -> None:
    """A page that moves to another space leaves behind whom it was open to: there, others decide.

    Before the move: whatever happens then, nobody reads it who should not.
    """
    home = access.space_of(parent_page_before)
    if home == access.space_of(parent_page_after):
        return
    with transaction.atomic():
        for share in PageShare.objects.filter(page__path__startswith=instance.path).select_related("page", "space"):
            words = {"page": share.page.title, "space": share.space}
            sentence = _("è finita la condivisione di «%(page)s» con «%(space)s»: la pagina cambia spazio") % words
            record(Verb.UNSHARED, by=None, page=share.page, space=home, sentence=sentence)
            share.delete()
        for model in (PageUserGrant, PageGroupGrant):
            model._default_manager.filter(content_object__path__startswith=instance.path).delete()
        audience_of_subtree_changed(instance)


def shares_of(space: Space) -> QuerySet[PageShare]:
    """What of the space is shared with others."""
    shares = PageShare.objects.filter(page__path__beneath=[space.root_page.path])
    return shares.select_related("page", "space", "given_by").order_by("page__title", "space__name")


def grant_page(page: Page, holder: User | Group, *, by: User | None) -> None:
    """Open a page, and what lies below it, to one person or group beyond its space."""
    require_holder(holder)
    with transaction.atomic():
        # On the base page: the specific page has another content type, and guardian would never find it.
        assign_perm("wagtailcore.view_page", holder, Page.objects.get(pk=page.pk))
        sentence = _("ha aperto «%(page)s» a %(holder)s") % {"page": page.title, "holder": holder}
        record(Verb.SHARED, by=by, page=page, space=access.space_of(page), sentence=sentence)
        audience_of_subtree_changed(page)
    if isinstance(holder, User):
        access.forget(holder)


def revoke_page(page: Page, holder: User | Group, *, by: User | None) -> None:
    """Close again a page opened with `grant_page`."""
    with transaction.atomic():
        remove_perm("wagtailcore.view_page", holder, Page.objects.get(pk=page.pk))
        sentence = _("ha chiuso «%(page)s» a %(holder)s") % {"page": page.title, "holder": holder}
        record(Verb.UNSHARED, by=by, page=page, space=access.space_of(page), sentence=sentence)
        audience_of_subtree_changed(page)
    if isinstance(holder, User):
        access.forget(holder)


def audience_of_subtree_changed(page: Page) -> None:
    audience_changed.send(sender=Page, pages=Page.objects.filter(path__startswith=page.path))
