"""«Segnala un problema in questa pagina»: whom it reaches, and how it ends."""

from contextlib import suppress
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
from portal.background import jobs
from portal.models import NetworkProfile, ProblemReport, User
from portal.models.jobs import Lane
from portal.models.pages import HomePage
from portal.pages import addresses

from . import emails, feed, obligations
from .obligations import Closed, Duty, Need

KEPT = timedelta(days=90)
access.own(ProblemReport, "to")


class AlreadySettled(Exception):
    """Somebody has settled it meanwhile."""


def page_at(path: str, user: Any) -> Page | None:
    """The page that the address leads to, editions and steps included; the space's, for what is done with a space. None
    where the person may not see it.
    """
    words = [word for word in urlsplit(path).path.split("/") if word]
    home = HomePage.objects.first()
    if not words or home is None:
        return None
    if words[0] in {addresses.CODE_ADDRESS, addresses.PAGES_ADDRESS}:
        words = words[:2]  # what follows is an edition of the page, or what is done with it
    found = home.at(words, user)
    if found is None and words[0] == addresses.SPACES_ADDRESS:
        found = home.at(words[:2], user)
    return found.specific if found and access.can(user, "view", found) else None


def page_named(typed: str, user: Any) -> Page | None:
    """The page of a space that somebody names by its code or its address; None where the person may not see it."""
    typed = typed.strip()
    path = urlsplit(typed).path if "/" in typed else f"/{addresses.CODE_ADDRESS}/{typed}/"
    found = page_at(path, user)
    return found if found and found.depth > access.SPACE_DEPTH else None


def report(
    by: Any, path: str, text: str, email: str = "", is_proposal: bool = False, is_question: bool = False
) -> ProblemReport:
    """Keep the report, and ask for the mail; the job knows nothing but the number of the row."""
    known = by if isinstance(by, User) else None
    with transaction.atomic():
        row = ProblemReport.objects.create(
            by=known, email=email, path=path, page=page_at(path, by), text=text, is_proposal=is_proposal,
            is_question=is_question,
        )  # fmt: skip
        jobs.ask(f"problem:{uuid4()}", "portal.notices.problem_reports.tell", row.pk, lane=Lane.MAIL)
    return row


def tell(pk: int) -> None:
    """Mail the report to whoever answers for the page; nothing when it was settled meanwhile."""
    row = ProblemReport.objects.select_related("by").filter(pk=pk, settled_at=None).first()
    to = _recipient(row) if row else None
    if row is None or to is None:
        return
    with transaction.atomic():
        ProblemReport.objects.filter(pk=pk).update(to=to)
        _ask(row, to)
    emails.problem_mail(to, row, title=_title(row, to)).send()


def _recipient(row: ProblemReport) -> User | None:
    """Who answers for the page and may see it; else who answers for its space; else for the reporter's spaces.

    Nobody asks or tells oneself, as long as there is somebody else.
    """
    page = row.page.specific if row.page else None
    owner = getattr(page, "responsible", None)
    if page is not None and owner is not None and owner.is_current() and access.can(owner, "view", page):
        found: User = owner
        if found != row.by:
            return found
    space = access.space_of(page) if page is not None else None
    if others := [each for each in (access.managers(space) if space else []) if each != row.by]:
        return others[0]
    keeper = NetworkProfile.load().declaration_owner
    if row.by is None and keeper is not None and keeper.is_current():
        return keeper
    return access.somebody_to_ask(row.by or AnonymousUser())


def _title(row: ProblemReport, reader: User | AnonymousUser) -> str:
    """The page by its name, for whoever may see it now; else the address as it was written."""
    page = _page(row, reader)
    return feed.name(page) if page else row.path


def _page(row: ProblemReport, reader: User | AnonymousUser) -> Any:
    return row.page.specific if row.page and access.can(reader, "view", row.page) else None


def shown(row: ProblemReport, reader: User) -> dict[str, Any]:
    page = _page(row, reader)
    is_beneath = page is not None and page.depth == access.SPACE_DEPTH and urlsplit(row.path).path != page.url
    return {"report": row, "title": _title(row, reader), "is_beneath": is_beneath}


def hand_over(row: ProblemReport, to: User | None) -> None:
    """Somebody else settles it; nobody: the report is closed."""
    if to is None:
        with suppress(AlreadySettled):
            settle(row)
        return
    with transaction.atomic():
        ProblemReport.objects.filter(pk=row.pk).update(to=to)
        _ask(row, to)


def settle(row: ProblemReport, answer: str = "") -> None:
    """The problem is settled: nothing of the report stays, once the answer has left. Once."""
    with transaction.atomic():
        held = ProblemReport.objects.select_for_update(of=("self",)).filter(pk=row.pk, settled_at=None).first()
        if held is None:  # in another window, or by whoever it was handed to
            raise AlreadySettled
        row = held
        obligations.forget(_key(row))
        if not answer or not answer_to(row):
            row.delete()
            return
        row.answer, row.settled_at = answer, timezone.now()
        row.save(update_fields=["answer", "settled_at"])
        jobs.ask(f"answer:{row.pk}", "portal.notices.problem_reports.send_answer", row.pk, lane=Lane.MAIL)


def answer_to(row: ProblemReport) -> str:
    """Where an answer goes: to the account that reported, or to the address that was left."""
    if row.by is not None:
        return row.by.email if row.by.is_current() else ""
    return row.email


def send_answer(pk: int) -> None:
    """Mail the answer, then forget the report."""
    row = ProblemReport.objects.select_related("by", "to", "page", "faq").filter(pk=pk).first()
    if row is None:
        return
    if to := answer_to(row):
        reader = row.by or AnonymousUser()
        faq = row.faq.specific if row.faq and access.can(reader, "view", row.faq) else None
        emails.answer_mail(to, row, title=_title(row, reader), faq=faq).send()
    row.delete()


def _ask(row: ProblemReport, to: User) -> None:
    """Of whom it reached. Without the page, it is about the address as the reporter wrote it."""
    page, url = row.page.specific if row.page else None, reverse("problem", args=[row.pk])
    title, why = _("Segnalazione su %(page)s"), _("qualcosa non va in una pagina di cui rispondi")
    if row.is_proposal:
        title, why = _("Una correzione proposta a %(page)s"), _("rispondi di questa pagina")
    elif row.is_question:
        title, why = _("Una domanda, letta %(page)s"), _("chi chiede aspetta una risposta")
    by_address = Closed(title % {"page": row.path}, why, url)
    duty = Duty(
        title=title % {"page": feed.name(page)} if page else by_address.title,
        verb=_("Leggi"),
        why=why,
        url=url,
        page=page.pk if page else None,
        needs=Need.VIEW if page else "",
        closed=by_address,
    )
    obligations.ask([to], _key(row), duty)
    obligations.settle(_key(row), but=[to])


def _key(row: ProblemReport) -> str:
    return f"problem:{row.pk}"


def on_published(sender: Any, page: Page, **kwargs: Any) -> None:
    """A question that became this page is answered; and where it has another name, what is asked about it follows."""
    for row in ProblemReport.objects.filter(faq=page.pk, settled_at=None).select_related("by"):
        if row.by and access.can(row.by, "view", page):  # else whoever it reached answers in another way
            settle(row, getattr(page, "summary", ""))
    for row in ProblemReport.objects.filter(page=page.pk, to__isnull=False, settled_at=None).select_related(
        "to", "page"
    ):
        if row.to:
            _ask(row, row.to)


def purge() -> int:
    """Take away what is older than the privacy page says."""
    old = ProblemReport.objects.filter(at__lt=timezone.now() - KEPT)
    with transaction.atomic():
        obligations.forget(*(_key(row) for row in old))
        count, _rows = old.delete()
    return count
