"""Pages that coordinators put above the results of some words, until a day; each shown to whoever may read it."""

from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, DateField, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access, prepared
from portal.models import User
from portal.models.activity import Verb
from portal.notices.activity import record
from portal.pages import kinds

from .models import Pin

KEPT = timedelta(days=90)  # of one that is over


def shown(key: str, user: Any) -> list[Page]:
    """The pages of the words that the reader may see now."""
    if not key:
        return []
    pinned = prepared.answers("pinned", _pinned, key=key, today=timezone.localdate())
    pages = access.pages_seen(user, [page for (page,) in pinned])
    return sorted(kinds.whole(pages).values(), key=lambda page: (page.title, page.pk))


def _pinned() -> QuerySet[Any, Any]:
    key, today = prepared.given("key", CharField()), prepared.given("today", DateField())
    return Pin.objects.filter(key=key, until__gte=today).order_by().values_list("page")


def pin(key: str, said: str, page: Page, until: date, *, by: User) -> None:
    """Call it inside the transaction of the answer. Nobody but who may see the page learns which it is."""
    Pin.objects.update_or_create(key=key, page_id=page.pk, defaults={"said": said, "until": until, "by": by})
    sentence = _("ha messo una pagina in evidenza per chi cerca «%(words)s»") % {"words": said}
    record(Verb.WORDS_CHANGED, by=by, page=page, space=access.space_of(page), sentence=sentence)


def current(user: User) -> list[Pin]:
    """Those in force, as far as the reader may see their pages."""
    rows = list(Pin.objects.filter(until__gte=timezone.localdate()).select_related("page"))
    seen = set(
        access.allowed(Page.objects.filter(pk__in=[row.page_id for row in rows]), user).values_list("pk", flat=True)
    )
    return [row for row in rows if row.page_id in seen]


def take_away(row: Pin, *, by: User) -> None:
    sentence = _("ha tolto una pagina in evidenza per chi cerca «%(words)s»") % {"words": row.said}
    record(Verb.WORDS_CHANGED, by=by, page=row.page, space=access.space_of(row.page), sentence=sentence)
    row.delete()


def forget_old() -> int:
    return Pin.objects.filter(until__lt=timezone.localdate() - KEPT).delete()[0]
