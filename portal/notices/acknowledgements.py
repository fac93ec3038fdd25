"""«Ho letto e compreso»: asked of people by a day, signed on one text, counted by body.

Which text a page has to be signed, and whether the signatures of the one before still hold, a kind of page may say
for itself (`signed_as`); else a publication is a new text, unless its author called it a correction.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access, prepared
from portal.accounts import own_data
from portal.background import jobs
from portal.background.schedules import every
from portal.models.acknowledgements import (
    Acknowledgement,
    AcknowledgementNote,
    ReadingReminder,
    ReadingRequest,
    SignableText,
)
from portal.models.activity import Verb
from portal.models.jobs import Lane
from portal.models.media import Document
from portal.models.obligations import Obligation
from portal.models.people import User
from portal.pages import citations
from portal.words import dates
from portal.words.terms import Direction, Term, Unit

from . import emails, obligations
from .activity import record
from .feed import name
from .obligations import Duty, Need

STEPS = {  # what a reminder is called in its row → its day, from the one by which the reading is asked
    -3: Term(3, Unit.DAYS, Direction.BEFORE),
    0: Term(0, Unit.DAYS),
    7: Term(7, Unit.DAYS),
}
access.follow(ReadingRequest, "page")
access.own(Acknowledgement, "person")


class NoLongerThisText(Exception):
    """The page has another text than the one that the person had before the eyes."""


# --- Which text ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """How a kind of page is signed: its text's name, its fingerprint, and whether earlier signatures hold for it."""

    label: Callable[[Any], str]
    fingerprint: Callable[[Any], str]
    keeps: Callable[[Any, SignableText], bool]
    key: Callable[[Any], str] = lambda page: ""
    # since a text that somebody signed, for that person
    changes: Callable[[Any, SignableText, Any], Any] = lambda page, before, user: None


def _label(page: Any) -> str:
    day = page.last_published_at or timezone.now()
    return _("testo %(day)s") % {"day": dates.in_words(day, article="del")}


def _fingerprint(page: Any) -> str:
    """Of what is read: title, summary, sections, and the files that the page carries."""
    files = Document.objects.filter(pk__in=[pk for model, pk in citations.of(page) if model is Document])
    said = [
        page.title, page.summary_text(), [[each.heading, each.text] for each in page.sections()],
        sorted(files.values_list("title", "sha256")),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


_plain = Signed(_label, _fingerprint, lambda page, before: bool(page.correction))
_kinds: list[tuple[type[Page], Signed]] = []


def signed_as(kind: type[Page], how: Signed) -> None:
    """Pages of this kind, and of those that extend it, are signed so."""
    _kinds.insert(0, (kind, how))


def _how(page: Page) -> Signed:
    return next((how for kind, how in _kinds if isinstance(page, kind)), _plain)


def on_published(sender: Any, page: Any, by: User | None = None, **kwargs: Any) -> None:
    """Signal of the ground: a page that was ever asked for has another text to be signed, or the same one."""
    if ReadingRequest.objects.filter(page=page.pk).exists():
        take(page, by=by)
        refresh(page)


def on_withdrawn(sender: Any, page: Any, **kwargs: Any) -> None:
    """Signal of the ground: what nobody can read, nobody is asked to sign."""
    obligations.settle(_key(page.pk))


def take(page: Any, *, by: User | None) -> SignableText:
    """The text of the page as it is now, written down the first time that it is met."""
    how, last = _how(page), current(page)
    found = how.fingerprint(page)
    if last is not None and last.fingerprint == found:
        return last
    keeps = last if last is not None and how.keeps(page, last) else None
    row: SignableText = SignableText.objects.create(
        page_id=page.pk, label=_free_label(page, how.label(page)), key=how.key(page), fingerprint=found, keeps=keeps,
        by=by if by and by.pk else None,
    )  # fmt: skip
    return row


def _free_label(page: Page, label: str) -> str:
    """Of two texts of one day each has its hour: who signed which is read by it."""
    if not SignableText.objects.filter(page=page.pk, label=label).exists():
        return label
    return _("%(label)s, ore %(hour)s") % {"label": label, "hour": f"{timezone.localtime():%H:%M:%S}"}


def current(page: Page) -> SignableText | None:
    """The text that is to be signed today."""
    found: SignableText | None = SignableText.objects.filter(page=page.pk).order_by("-pk").first()
    return found


def holding(page: Page) -> list[int]:
    """The texts whose signatures hold today: the newest, and those that it keeps."""
    return _that_hold(SignableText.objects.filter(page=page.pk))


def _that_hold(texts: Iterable[SignableText]) -> list[int]:
    """Of the texts of one page."""
    rows = {row.pk: row for row in texts}
    at, found = rows.get(max(rows, default=0)), []
    while at is not None:
        found.append(at)
        at = rows.get(at.keeps_id or 0)
    same = {row.fingerprint for row in found}  # a text that came back is the one that was signed
    return [row.pk for row in rows.values() if row.fingerprint in same]


# --- Asked -----------------------------------------------------------------------------------------------


def open_requests(page: Page) -> QuerySet[ReadingRequest]:
    return ReadingRequest.objects.filter(page=page.pk, ended_at=None)


def with_whom(page: Page) -> QuerySet[ReadingRequest]:
    """The open ones, with whom they name: two or three questions for all."""
    return open_requests(page).prefetch_related("spaces", "bodies", "people")


def ask(page: Any, *, by: User, due: date, is_required: bool, professions: Iterable[Any] = (), **to: Any) -> Any:
    """Ask that the page be read and signed; `to` holds spaces, bodies, people."""
    with transaction.atomic():
        access.require(by, "approve", page)
        request = ReadingRequest.objects.create(
            page_id=page.pk,
            due=due,
            is_required=is_required,
            professions=[str(each) for each in professions],
            asked_by=by,
        )
        for field, chosen in to.items():
            getattr(request, field).set(chosen)
        take(page, by=by)
        refresh(page)
        words = _("ha chiesto di leggere e firmare «%(page)s» entro il %(day)s")
        record(Verb.READING_ASKED, by=by, page=page.page_ptr, space=access.space_of(page),
               sentence=words % {"page": name(page), "day": dates.in_words(due)})  # fmt: skip
    return request


def end(request: ReadingRequest, *, by: User) -> None:
    """Nobody is asked any more; what was signed stays."""
    with transaction.atomic():
        access.require(by, "approve", request)
        ReadingRequest.objects.filter(pk=request.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by)
        refresh(request.page.specific)


def asked(request: ReadingRequest, page: Page) -> Any:
    """The persons asked, who are those now: each as long as the page may be read."""
    return asked_of([request], page)


def asked_of(requests: Iterable[ReadingRequest], page: Page) -> Any:
    """The same for all of these requests on the page at once."""
    chosen = [_chosen(request) for request in requests]
    if not chosen:
        return User.objects.none()
    readers = access.readers(page).order_by().values("pk")
    return User.objects.colleagues().filter(Q(*chosen, _connector=Q.OR), pk__in=readers)


def to_sign(live: Page, proposal: Any) -> Any:
    """Who will have to sign once `proposal` is published: all whom it was asked of, but those whose signature holds."""
    whom = asked_of(with_whom(live), live)
    how, last = _how(live), current(live)
    found = how.fingerprint(proposal)
    if last is not None and (last.fingerprint == found or how.keeps(proposal, last)):
        whom = whom.exclude(pk__in=list(signers(live)))
    same = Acknowledgement.objects.filter(text__page=live.pk, text__fingerprint=found)  # a text that comes back
    return whom.exclude(pk__in=same.values("person"))


def shut_out(request: ReadingRequest, page: Page) -> Any:
    """The persons chosen who may not open the page: they are asked once they may."""
    return (
        User.objects.current()
        .colleagues()
        .filter(_chosen(request))
        .exclude(pk__in=access.readers(page).order_by().values("pk"))
    )


def _chosen(request: ReadingRequest) -> Q:
    in_spaces = access.members(*request.spaces.all()).order_by().values("pk")
    whom = Q(organisation__in=request.bodies.all()) | Q(pk__in=request.people.values("pk"))
    return whom | Q(pk__in=in_spaces) | Q(profession__name__in=request.professions)


def signers(page: Page) -> dict[int, Acknowledgement]:
    """Person → the signature that holds today."""
    rows = Acknowledgement.objects.filter(text__in=holding(page)).select_related("person", "organisation", "text")
    return {row.person_id: row for row in rows.order_by("-pk")}


def refresh(page: Any) -> None:
    """Bring what is asked of people to who is asked now, who has signed, and by when."""
    text, done = current(page), signers(page)
    if text is None or not page.live:
        obligations.settle(_key(page.pk))
        return
    due: dict[User, tuple[date, User]] = {}
    for request in open_requests(page).select_related("asked_by"):
        day = request.due_for(text)
        for person in asked(request, page):
            if person.pk not in done and (person not in due or day < due[person][0]):
                due[person] = (day, request.asked_by)
    together: dict[tuple[date, User], list[User]] = {}
    for person, why in due.items():
        together.setdefault(why, []).append(person)
    for (day, asker), people in together.items():
        obligations.ask(people, _key(page.pk), _duty(page, day, asker))
    obligations.settle(_key(page.pk), but=due)


def _duty(page: Any, day: date, asker: User) -> Duty:
    return Duty(
        title=_("Da leggere e firmare: %(page)s") % {"page": name(page)},
        verb=_("Leggi"),
        why=_("chiesto da %(who)s") % {"who": asker},
        url=f"{page.url}#firma",
        due=day,
        page=page.pk,
        needs=Need.VIEW,
    )


def _key(page: int) -> str:
    return f"reading:{page}"


@every(minutes=10)
def refresh_all() -> int:
    """Whoever joined is asked, whoever left is not."""
    pages = Page.objects.filter(pk__in=ReadingRequest.objects.filter(ended_at=None).values("page"), live=True)
    for page in pages.specific():
        refresh(page)
    return len(pages)


# --- Signed ----------------------------------------------------------------------------------------------


def is_asked(user: User, page: Page) -> bool:
    """Asked by name, or of somebody for whom the person stands in: each signs in the own name."""
    if asked_of(with_whom(page), page).filter(pk=user.pk).exists():
        return True
    waiting = Obligation.objects.filter(key=_key(page.pk), settled_at=None)
    return access.addressed(waiting, user, "person", standing_in=True).exists()


def signed_by(standing_in: Mapping[int, list[Obligation]]) -> dict[int, set[str]]:
    """Of what is asked of others, what each of those who stand in has signed in the own name."""
    pages = {
        row.page_id for rows in standing_in.values() for row in rows if row.page_id and row.key == _key(row.page_id)
    }
    if not pages:
        return {}
    texts: dict[int, list[SignableText]] = {}
    for text in SignableText.objects.filter(page__in=pages):
        texts.setdefault(text.page_id, []).append(text)
    of_page = {text: page for page, known in texts.items() for text in _that_hold(known)}
    own = Acknowledgement.objects.filter(person__in=standing_in, text__in=list(of_page))
    found: dict[int, set[str]] = {}
    for person, signed in own.values_list("person", "text"):
        found.setdefault(person, set()).add(_key(of_page[signed]))
    return found


obligations.done_in_own_name.append(signed_by)


def sign(page: Any, *, by: User, seen: int) -> Acknowledgement:
    """The person's act on the text that was shown; a second press changes nothing."""
    with transaction.atomic():
        access.require(by, "view", page)
        Page.objects.select_for_update(no_key=True).get(pk=page.pk)  # a publication waits, or has been
        text = current(page)
        if text is None or text.pk != seen:
            raise NoLongerThisText
        row, _new = Acknowledgement.objects.get_or_create(
            text=text, person=by, defaults={"organisation": by.organisation}
        )
        obligations.settle(_key(page.pk), person=by)
    found: Acknowledgement = row
    return found


def annotate(signature: Acknowledgement, *, by: User, words: str) -> None:
    """Say of the own signature what was wrong with it; the signature stays."""
    access.require(by, "edit", signature)
    AcknowledgementNote.objects.create(acknowledgement=signature, words=words, by=by)


def own(page: Page, user: User) -> list[Acknowledgement]:
    """The person's signatures on the page, the newest first."""
    return access.addressed_rows("signatures", _on_the_page, user, "person", page=page.pk)


def _on_the_page() -> QuerySet[Acknowledgement]:
    rows = Acknowledgement.objects.filter(text__page__pk=prepared.given("page"))
    return rows.select_related("text").order_by("-pk")


def changes_since(page: Page, before: SignableText, user: User) -> Any:
    """What the kind of page knows of what changed since a text that the person signed."""
    return _how(page).changes(page, before, user)


# --- Reminded --------------------------------------------------------------------------------------------


@every(minutes=60)
def remind_due() -> int:
    """Three days before, on the day, a week after: the latest that is due and was not done; a missed night too."""
    today, count = timezone.localdate(), 0
    open_now = ReadingRequest.objects.filter(ended_at=None, page__live=True).select_related("page")
    for request in open_now:
        page = request.page.specific
        text = current(page)
        if text is not None and (step := _step(request, text, today)) is not None:
            count += _remind(request, page, text, step)
    return count


def _step(request: ReadingRequest, text: SignableText, today: date) -> int | None:
    """The reminder to send today: none that fell before the text was asked for."""
    day = request.due_for(text)
    began = max(dates.local_day(request.asked_at), dates.local_day(text.since))
    fallen = [step for step, term in STEPS.items() if began < term.day(day) <= today]
    return fallen[-1] if fallen else None


def _remind(request: ReadingRequest, page: Page, text: SignableText, step: int) -> int:
    with transaction.atomic():
        _row, is_new = ReadingReminder.objects.get_or_create(request=request, text=text, step=step)
        if not is_new:
            return 0
        missing = asked(request, page).exclude(pk__in=signers(page))
        for person in missing.values_list("pk", flat=True):
            key = f"reading-reminder:{request.pk}:{text.pk}:{step}:{person}"
            jobs.ask(key, "portal.notices.acknowledgements.remind", request.pk, person, lane=Lane.MAIL)
    return 1


def remind(request_id: int, person_id: int) -> None:
    """Tell the person, if it is still so: asked, not signed, and the page open to the person."""
    request = ReadingRequest.objects.filter(pk=request_id, ended_at=None).select_related("page", "asked_by").first()
    if request is None or not request.page.live:
        return
    page = request.page.specific
    person, text = asked(request, page).filter(pk=person_id).first(), current(page)
    if person is None or text is None or person.pk in signers(page):
        return
    emails.reading_reminder_mail(
        person, title=name(page), url=f"{page.url}#firma", due=request.due_for(text), by=str(request.asked_by)
    ).send()


def kept_of(person: User) -> Iterable[own_data.Kept]:
    """What the person signed to have read; its page by the name that the person may read today."""

    def say(rows: list[Acknowledgement]) -> list[own_data.Row]:
        pages = Page.objects.filter(pk__in={row.text.page_id for row in rows})
        readable = set(access.allowed(pages, person).values_list("pk", flat=True))
        closed = _("una pagina che non leggi più")
        return [
            {_("pagina"): row.text.page.title if row.text.page_id in readable else closed,
             _("testo"): row.text.label, _("il"): dates.local_day(row.at), _("impronta"): row.text.fingerprint}
            for row in rows
        ]  # fmt: skip

    rows = Acknowledgement.objects.filter(person=person).select_related("text__page").order_by("at", "pk")
    yield own_data.Kept(_("Le letture che hai firmato"), own_data.FOR_GOOD, own_data.Rows(rows, say))


own_data.sources.append(kept_of)
