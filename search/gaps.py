"""«Che cosa non si trova»: words that no page holds together, or of whose results nobody opened one; and what answers
them. They are counted without whoever asked.

A search is a read, and writes no row: it adds a line to a file beside the database, which the worker counts once a
minute. A line holds the words and a mark that says "some body", never which: the marks of a word tell how many bodies
asked. Words that look like somebody's data, and long numbers, get into no line.
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from portal import access
from portal.accounts import handover
from portal.background import jobs
from portal.background.schedules import every
from portal.models import Obligation, Term, User
from portal.models.activity import Verb
from portal.notices import obligations
from portal.notices.activity import record
from portal.notices.obligations import Duty
from portal.upkeep import terms
from portal.words import glossary

from . import followed, pins
from .models import Gap
from .query import key_of

logger = logging.getLogger(__name__)
SHOWN_FROM = 5  # asks: words that fewer asked are nobody's to read
MARKS = 63  # as many as a row can hold; two bodies may have one, so that few are counted, never more
KEPT = timedelta(days=365)


# --- Counting --------------------------------------------------------------------------------------------


def note(words: str, user: Any, *, left: bool = False) -> None:
    """The words found nothing for somebody who has entered; or something, which was `left` unopened for other words."""
    words = " ".join(words.split())
    key = key_of(words)
    if not key or not followed.may_be_kept(words):
        return
    told = {"key": key, "said": words, "mark": _mark(key, user), **({"left": True} if left else {})}
    line = json.dumps(told, ensure_ascii=False) + "\n"
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        with (_folder() / "asked.jsonl").open("ab") as file:
            os.write(file.fileno(), line.encode())  # in one piece, whoever else writes
    except OSError as problem:  # a full disk costs a count, not a search
        logger.warning("A search without result was not counted: %s", problem)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "searches"


def _mark(key: str, user: User) -> int:
    if user.organisation_id is None:
        return 0
    digest = salted_hmac(f"search.gaps:{key}", str(user.organisation_id), algorithm="sha256").digest()
    return 1 << (digest[0] % MARKS)


@every(minutes=1)
def count() -> int:
    """Bring what was asked to the rows; returns how many lines. A file that a dead process left is counted too."""
    new, counted = _folder() / "asked.jsonl", 0
    if not _folder().exists():
        return counted
    with _alone() as alone:
        if alone and new.exists():
            new.rename(_folder() / f"{uuid4().hex}.counting")
        for file in sorted(_folder().glob("*.counting")) if alone else ():
            with transaction.atomic():
                for line in _lines(file):
                    _count(**line)
                    counted += 1
            file.unlink()
    return counted


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process counts now; what it leaves waits for the next minute."""
    with (_folder() / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(errors="replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # the last of a process that was killed
            logger.warning("A line of %s was not read", file.name)


def _count(key: str, said: str, mark: int, *, left: bool = False) -> None:
    gap, _new = Gap.objects.select_for_update().get_or_create(key=key, defaults={"said": said})
    gap.asks, gap.left = gap.asks + (not left), gap.left + left
    gap.bodies, gap.last_on, gap.said = gap.bodies | mark, timezone.localdate(), said
    gap.save(update_fields=["asks", "left", "bodies", "last_on", "said"])


def forget_old() -> int:
    """Take away what nobody has asked for a year; a page that somebody owes stays asked."""
    return (
        Gap.objects.filter(last_on__lt=timezone.localdate() - KEPT, owner=None).delete()[0]
        + pins.forget_old()
        + followed.forget_old()
    )


# --- Reading ---------------------------------------------------------------------------------------------


OFTEN = Q(asks__gte=SHOWN_FROM) | Q(left__gte=SHOWN_FROM)


def shown() -> QuerySet[Gap]:
    """What coordinators have still to answer, the most asked first; the answered ones begin anew."""
    return Gap.objects.filter(OFTEN, owner=None).order_by(-(F("asks") + F("left")), "-last_on", "pk")


def to_answer() -> QuerySet[Gap]:
    """The same, and those that somebody owes a page."""
    return Gap.objects.filter(OFTEN | Q(owner__isnull=False))


def owed() -> QuerySet[Gap]:
    """The pages that somebody was asked to write."""
    return Gap.objects.exclude(owner=None).select_related("owner", "asked_by").order_by("due", "pk")


def owed_by(user: User) -> QuerySet[Gap]:
    """A duty reaches its owner, and whoever stands in."""
    return access.addressed(owed(), user, "owner", standing_in=True)


def was_owed_by(user: User, pk: int) -> bool:
    """Whether the person was asked for it, and somebody has answered, or it is another's now."""
    asked = Obligation.objects.filter(key=_duty(pk)).exclude(settled_at=None)
    return access.addressed(asked, user, "person", standing_in=True).exists()


# --- Answering -------------------------------------------------------------------------------------------


def add_synonym(gap: Gap, term: Term, *, by: User) -> None:
    """The words are one more name of a term."""
    with transaction.atomic():
        if gap.said not in term.synonyms:
            term.synonyms = [*term.synonyms, gap.said]
        glossary.keep(term, by=by)
        _no_longer_owed(gap)
        _answered(gap)


def on_term_saved(instance: Term, **_signal: Any) -> None:
    """The glossary says what the words mean, wherever they were written into it: nobody has to answer them any more."""
    keys = {key_of(name) for name in (instance.word, *instance.synonyms)}
    with transaction.atomic():
        for gap in Gap.objects.select_for_update().filter(OFTEN, key__in=keys, owner=None):
            _answered(gap)


def pin(gap: Gap, page: Page, until: date, *, by: User) -> None:
    """The page stands above the results of these words, for whoever may read it; nobody owes another."""
    with transaction.atomic():
        pins.pin(gap.key, gap.said, page, until, by=by)
        _no_longer_owed(gap)
        _answered(gap)


def ask_for_page(gap: Gap, owner: User, due: date, note: str, *, by: User) -> None:
    """Somebody writes the page that is missing, by a day."""
    with transaction.atomic():
        gap.owner, gap.due, gap.note, gap.asked_by = owner, due, note, by
        gap.save()
        url = reverse("missing_page", args=[gap.pk])
        duty = Duty(
            title=_("Scrivi la pagina che manca: «%(words)s»") % {"words": gap.said}, verb=_("Scrivi"),
            why=_("la cercano e non la trovano; te l’ha chiesta %(person)s") % {"person": by}, url=url, due=due,
        )  # fmt: skip
        obligations.ask([owner], _duty(gap.pk), duty)
        obligations.settle(_duty(gap.pk), but=[owner])
        _record(by, _("ha chiesto a %(owner)s la pagina che manca: «%(words)s»"), owner=owner, words=gap.said)


def answer(gap: Gap, words: str, *, by: User) -> None:
    """Whoever was asked needs no page for it: who waits is answered in words, and nobody owes it any more."""
    with transaction.atomic():
        _no_longer_owed(gap)
        followed.answer(gap.key, words)
        _answered(gap)
        _record(by, _("ha risposto a chi cercava «%(words)s»"), words=gap.said)


def leave(gap: Gap, words: str, *, by: User) -> None:
    """Nothing is to be done about it; who waits is told why, where that is said. Asked as often again it comes back."""
    with transaction.atomic():
        _no_longer_owed(gap)
        if words:
            followed.answer(gap.key, words)
        _answered(gap)
        _record(by, _("ha lasciato com’è la ricerca senza risultato «%(words)s»"), words=gap.said)


def _no_longer_owed(gap: Gap) -> None:
    gap.owner, gap.due, gap.note, gap.asked_by = None, None, "", None
    obligations.settle(_duty(gap.pk))


def _answered(gap: Gap) -> None:
    """It begins anew, and who waits for it is told what there is for them."""
    gap.asks = gap.left = gap.bodies = 0
    gap.save()
    jobs.ask(f"wishes:{gap.key}", "search.followed.look", gap.key)


def _duty(pk: int) -> str:
    return f"missing-page:{pk}"


def _record(by: User, sentence: str, **words: Any) -> None:
    record(Verb.WORDS_CHANGED, by=by, sentence=sentence % words)


def in_the_hands_of(person: User, reader: User) -> Iterator[handover.Item]:
    """The pages that somebody who leaves has still to write."""
    for gap in owed().filter(owner=person):
        yield handover.Item(_duty(gap.pk), _("Pagine che mancano"), gap.said, partial(_hand, gap), may_end=True)


def _hand(gap: Gap, to: User | None, by: User) -> None:
    """Somebody else writes it; nobody: it is asked no more."""
    if to is not None and gap.due is not None:
        ask_for_page(gap, to, gap.due, gap.note, by=by)
    else:
        _no_longer_owed(gap)
        gap.save()


handover.sources.append(in_the_hands_of)
terms.TERMS.append(
    terms.Term(
        gettext_lazy("Ricerche senza risultato"),
        gettext_lazy(
            "Si contano le parole, non chi le ha cercate; quelle che sembrano il dato di una persona non si scrivono. "
            "Un anno dall’ultima volta. Le ricerche che salvi, finché non le togli."
        ),
        forget_old,
    )
)
