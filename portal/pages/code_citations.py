"""Where a code is cited: what whoever changes it ought to know before."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import CharField, Q, TextField
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from modelcluster.models import get_all_child_relations
from wagtail.fields import StreamField
from wagtail.models import Page

from portal import access

TEXTS = (CharField, TextField, StreamField)


def count(page: Any, user: Any) -> int:
    """How many other pages have the page's code in their words, among those that the person may see."""
    whole = rf"(^|[^A-Za-z0-9-]){re.escape(page.code)}($|[^A-Za-z0-9-])"
    citing = Q(pk__in=[])
    for kind in (model for model in apps.get_models() if issubclass(model, Page) and hasattr(model, "code_form")):
        for model, key in [(kind, "pk"), *((each.related_model, each.field.attname) for each in _rows(kind))]:
            named = Q(*(Q(**{f"{name}__iregex": whole}) for name in _texts(model)), _connector=Q.OR)
            citing |= Q(pk__in=model._default_manager.filter(named).values(key))
    found: int = access.allowed(Page.objects.filter(citing).exclude(pk=page.pk), user).count()
    return found


def _rows(kind: type[Page]) -> list[Any]:
    """The rows that are written inside a page: points of an agenda, decisions, actions."""
    return [each for each in get_all_child_relations(kind) if any(_texts(each.related_model))]


def _texts(model: Any) -> Iterator[str]:
    inherited = {field.name for field in Page._meta.fields} - {"title"}
    for field in model._meta.fields:
        if isinstance(field, TEXTS) and field.name not in inherited | {"code"} and not field.choices:
            yield field.name


def _in_words(page: Any, user: Any) -> str:
    pages = count(page, user)
    if not pages:
        return ""
    said = ngettext("È citata in %(count)d pagina", "È citata in %(count)d pagine", pages) % {"count": pages}
    return _("%(said)s: se lo cambi, chi scrive o apre %(code)s arriva ancora qui.") % {"said": said, "code": page.code}


def in_words(page: Any, user: Any) -> Any:
    """Asked only where the sentence is shown, and then once, however often the form looks at it."""
    return lazy(cache(lambda: _in_words(page, user)), str)()
