"""«Prova di pubblicazione»: before a text is approved, body by body, what its publication will do to people.

Numbers only, each of persons, each asked of `access`: who will see it, who is told by mail, who has to sign, who loses
sight of a file. Packages add what follows from their own rows (`sources`). As many questions for a small network as for
a large one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from portal import access
from portal.models import DigestPreference, Document, Image, User
from portal.models.digests import Frequency
from portal.notices import acknowledgements

from . import citations

People = QuerySet[User]
Source = Callable[[Page, Page], People]  # (as it is read now, as it will be) → the persons

# What is counted, in its order: its heading, and who is counted.
sources: list[tuple[Any, Source]] = []


@dataclass(frozen=True)
class Line:
    """One body: each heading with how many of its persons."""

    body: str
    counts: list[tuple[str, int]]


@dataclass(frozen=True)
class Trial:
    headings: list[str]
    lines: list[Line]
    total: Line


def of(live: Page, proposal: Page) -> Trial:
    """What the publication of `proposal` does; one question for each heading."""
    columns = [_by_body(source(live, proposal)) for _heading, source in sources]
    bodies = sorted({body for column in columns for body in column}, key=lambda body: (not body, body))
    headings = [str(heading) for heading, _source in sources]

    def line(name: str, counts: list[int]) -> Line:
        return Line(name, list(zip(headings, counts, strict=True)))

    lines = [line(body, [column.get(body, 0) for column in columns]) for body in bodies]
    return Trial(headings, lines, line("", [sum(column.values()) for column in columns]))


def _by_body(people: People) -> dict[str, int]:
    rows = people.order_by().values_list("organisation__name").annotate(count=Count("pk", distinct=True))
    return {name or "": count for name, count in rows}


# --- Who is counted --------------------------------------------------------------------------------------


def readers(live: Page, proposal: Page) -> People:
    """Who will see it: those who may read where the page lies, once it is there to be read."""
    return access.readers(live)


def mailed(live: Page, proposal: Page) -> People:
    """Who finds it in a digest; a correction of form tells nobody."""
    if live.live and getattr(proposal, "correction", False):
        return User.objects.none()
    silent = DigestPreference.objects.filter(frequency=Frequency.NEVER).values("user")
    return access.readers(live).exclude(pk__in=silent)


def signers(live: Page, proposal: Page) -> People:
    """Who was asked to read and sign the page, and has to sign this text."""
    return acknowledgements.to_sign(live, proposal)


def losing(live: Page, proposal: Page) -> People:
    """Who can open a file today through this page alone, and will not when the new text carries it no more."""
    if not live.live:
        return User.objects.none()
    gone = citations.of(live) - citations.of(proposal)
    others = Page.objects.live().exclude(pk=live.pk)
    lost = Q(pk__in=[])
    for model in (Document, Image):
        files = list(model._default_manager.filter(pk__in=[pk for kind, pk in gone if kind is model]))
        now, then = access.file_audiences(files), access.file_audiences(files, others)
        for file in (file for file in files if access.PUBLIC not in then[file.pk]):
            lost |= access.holding(now[file.pk]) & ~access.holding(then[file.pk])
    return User.objects.current().filter(lost)


sources += [
    (gettext_lazy("Lo vedono"), readers),
    (gettext_lazy("Avvisati per e-mail"), mailed),
    (gettext_lazy("Devono firmare"), signers),
    (gettext_lazy("Perdono di vista un file"), losing),
]
