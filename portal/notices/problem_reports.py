"""«Segnala un problema in questa pagina»: whom it reaches, and how it ends."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.models import NetworkProfile, ProblemReport, User
from portal.models.pages import HomePage, by_code
from portal.pages import addresses
from portal.work import jobs

from . import emails, feed

KEPT = timedelta(days=90)


def page_at(path: str, user: Any) -> Page | None:
    """The page that the address leads to, editions and steps included; None where the person may not see it."""
    words = [word for word in urlsplit(path).path.split("/") if word]
    home = HomePage.objects.first()
    if not words or home is None:
        return None
    if words[0] == addresses.CODE_ADDRESS and len(words) > 1:
        found = by_code(words[1])
    else:
        found = Page.objects.live().filter(url_path=f"{home.url_path}{'/'.join(words)}/").first()
    return found.specific if found and access.can(user, "view", found) else None


def report(by: Any, path: str, text: str, email: str = "") -> ProblemReport:
    """Keep the report, and ask for the mail; the job knows nothing but the number of the row."""
    known = by if isinstance(by, User) else None
    with transaction.atomic():
        row = ProblemReport.objects.create(by=known, email=email, path=path, page=page_at(path, by), text=text)
        jobs.ask(f"problem:{uuid4()}", "portal.notices.problem_reports.tell", row.pk)
    return row


def tell(pk: int) -> None:
    """Mail the report to whoever answers for the page; nothing when it was settled meanwhile."""
    row = ProblemReport.objects.select_related("by").filter(pk=pk).first()
    to = _recipient(row) if row else None
    if row is None or to is None:
        return
    ProblemReport.objects.filter(pk=pk).update(to=to)
    emails.problem_mail(to, row, title=_title(row, to)).send()


def _recipient(row: ProblemReport) -> User | None:
    """Who answers for the page and may see it; else who answers for its space; else for the reporter's spaces."""
    page = row.page.specific if row.page else None
    owner = getattr(page, "responsible", None)
    if page is not None and owner is not None and owner.is_current() and access.can(owner, "view", page):
        found: User = owner
        return found
    space = access.space_of(page) if page is not None else None
    managers = access.managers(space) if space else []
    if managers:
        return managers[0]
    keeper = NetworkProfile.load().declaration_owner
    if row.by is None and keeper is not None and keeper.is_current():
        return keeper
    return access.somebody_to_ask(row.by or AnonymousUser())


def _title(row: ProblemReport, reader: User) -> str:
    """The page by its name, for whoever may see it now; else the address as it was written."""
    page = row.page.specific if row.page and access.can(reader, "view", row.page) else None
    return feed.name(page) if page else row.path


def shown(row: ProblemReport, reader: User) -> dict[str, Any]:
    return {"report": row, "title": _title(row, reader)}


def settle(row: ProblemReport) -> None:
    """The problem is settled: nothing of the report stays."""
    row.delete()


def to_settle(user: User) -> Iterable[feed.Todo]:
    """The reports that reached the person."""
    rows = list(access.addressed(ProblemReport.objects.order_by("at"), user, "to"))
    pages = access.allowed(Page.objects.filter(pk__in=[row.page_id for row in rows]), user)
    names = {page.pk: feed.name(page) for page in pages.specific()} if rows else {}
    for row in rows:
        yield feed.Todo(
            title=_("Segnalazione su %(page)s") % {"page": names.get(row.page_id or 0, row.path)},
            url=reverse("problem", args=[row.pk]),
            verb=_("Leggi"),
            why=_("qualcosa non va in una pagina di cui rispondi"),
        )


def declaration(user: User) -> Iterable[feed.Todo]:
    """The first declaration of accessibility, and the yearly one a month before its day, for whoever keeps it."""
    profile = NetworkProfile.load()
    due = profile.declaration_due
    keeps = profile.declaration_owner_id == user.pk or (
        profile.declaration_owner_id is None and access.is_administrator(user)
    )
    if not keeps:
        return
    url, verb = reverse("accessibility"), _("Apri")
    if due is None:  # none was ever made: nothing has expired
        why = _("non ce n’è ancora una; poi si rinnova ogni anno entro il 23 settembre")
        yield feed.Todo(title=_("Fai la dichiarazione di accessibilità"), url=url, verb=verb, why=why)
    elif timezone.localdate() >= due - timedelta(days=30):
        why = _("si rinnova ogni anno entro il 23 settembre")
        yield feed.Todo(title=_("Rinnova la dichiarazione di accessibilità"), url=url, verb=verb, why=why, due=due)


def purge() -> int:
    """Take away what is older than the privacy page says."""
    count, _rows = ProblemReport.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return count


feed.sources.todos.append(to_settle)
feed.sources.todos.append(declaration)
