"""Whose study touches a text that changes: whoever did a lesson that names it. Nothing reopens by itself."""

import re

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import access
from portal.models import User
from portal.pages import trial

from .models import LessonDone, LessonPage


def studied(live: Page, proposal: Page) -> trial.People:
    """Those who did a lesson that leads to the page, or has its code in its words."""
    code = getattr(live, "code", "")
    if not live.live:
        return User.objects.none()
    named = Q(pk__in=access.leading_to(live, LessonPage.objects.live()).values("pk"))
    if code:
        whole = rf"(^|[^A-Za-z0-9-]){re.escape(code)}($|[^A-Za-z0-9-])"
        named |= Q(text__iregex=whole) | Q(body__iregex=whole) | Q(question__iregex=whole) | Q(summary__iregex=whole)
    lessons = LessonPage.objects.live().filter(named)
    return User.objects.current().filter(pk__in=LessonDone.objects.filter(lesson__in=lessons).values("user"))


trial.sources.append((_("Hanno studiato il testo di prima"), studied))
