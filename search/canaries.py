"""Canaries: at night a page is put into each closed space, and sought at the real doors by who must see it and who not.

Each space is one transaction that is always taken back: page, file, acts, sessions and search rows of that moment were
never there for anybody else, and a process that dies leaves nothing. Search finds them in an index of their own. Who
must see is said by the rows of roles and shares alone, in plain steps: not by `access`, which is what is tried.
"""

import json
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page
from wagtail.rich_text import RichText

from portal import access
from portal.accounts import second_factor
from portal.background.schedules import every
from portal.files.storage import file_store
from portal.models import Document, Membership, PageGroupGrant, PageShare, PageUserGrant, Role, Space, User
from portal.models.pages import TextPage
from portal.models.spaces import Visibility
from portal.notices import obligations
from portal.notices.obligations import Duty
from portal.upkeep.doctor import Fault, check, figures

from . import index
from .models import CanaryWatch, SearchDocument

logger = logging.getLogger(__name__)
NIGHT = range(1, 6)  # the hours in which it disturbs least
REST = 2.0
AGAIN_AFTER = timedelta(hours=20)
LATE = timedelta(days=3)
LONGEST_ROUND = timedelta(minutes=3)  # django-q2 kills a task after five; the clock calls again
LEFT_BEHIND = timedelta(hours=1)
STRANGERS = 2  # with most roles elsewhere
PREFIX = "canarino-"
DUTY = "canaries"
WHERE = {
    "page": gettext_lazy("la pagina"),
    "home": gettext_lazy("la home"),
    "news": gettext_lazy("le novità"),
    "digest": gettext_lazy("il riepilogo"),
    "search": gettext_lazy("la ricerca"),
    "suggestions": gettext_lazy("i suggerimenti"),
    "file": gettext_lazy("il file"),
    "part": gettext_lazy("una parte riservata della pagina"),
    "shared": gettext_lazy("una pagina condivisa"),
    "count": gettext_lazy("quanti risultati ci sono"),
}
DOORS = ("page", "home", "news", "digest", "search", "suggestions", "file")
MUST = ("page", "news", "search", "suggestions", "file")  # the home page may be full, the digest not wanted
Held = dict[int, dict[int, int]]  # space → person → role


@dataclass(frozen=True)
class Asker:
    """Who asks, and what the rows say: whether the person reads the space, its parts for writers, what is shared."""

    words: str
    user: User | None = None
    reads: bool = False
    writes: bool = False
    is_given: bool = False


@dataclass
class Planted:
    """A page with a part for who writes there and a file, and a page shared with another space."""

    page: TextPage
    shared: TextPage
    file: Document
    asked: str
    secret: str
    of_part: str
    of_shared: str


@dataclass
class Seen:
    questions: int = 0
    problems: list[str] = field(default_factory=list)


# --- By the clock ----------------------------------------------------------------------------------------


@every(minutes=60)
def watch() -> int:
    """At night, the spaces that were not looked at since the last one; returns how many."""
    if timezone.localtime().hour not in NIGHT:
        return 0
    return watch_now(Q(canary=None) | Q(canary__at__lt=timezone.now() - AGAIN_AFTER), rest=REST)


def watch_now(which: Q, rest: float = 0) -> int:
    """Those longest unseen first, as far as the time goes; after each a rest, in parts of what it took.

    While a space is looked at SQLite lets nobody else write: whoever waits has a turn before the next.
    """
    _sweep()
    CanaryWatch.objects.exclude(space__visibility=Visibility.PRIVATE).delete()  # opened to everybody since
    end, done = timezone.now() + LONGEST_ROUND, 0
    spaces = Space.objects.filter(which, visibility=Visibility.PRIVATE)
    for space in spaces.order_by(F("canary__at").asc(nulls_first=True), "pk"):
        if timezone.now() > end:
            break
        began = time.monotonic()
        seen = look(space)
        time.sleep((time.monotonic() - began) * rest)
        CanaryWatch.objects.update_or_create(
            space=space, defaults={"at": timezone.now(), "questions": seen.questions, "problems": seen.problems}
        )
        done += 1
    if done:
        _tell()
    return done


def _sweep() -> None:
    """The files of a process that died: their rows never were. Young ones may be of another round that goes on."""
    for file in list(file_store().everything(f"documents/{PREFIX}")):
        if timezone.now() - file.at > LEFT_BEHIND:
            file_store().delete(file.name)


def _tell() -> None:
    """Administrators have it among what to do, and by mail, until a night finds nothing."""
    count = sum(len(row.problems) for row in CanaryWatch.objects.exclude(problems=[]))
    if not count:
        obligations.settle(DUTY)
        return
    logger.error("Canary pages were seen where they must not be, or not seen where they must be")
    why = _("La prova notturna ha trovato che qualcuno vede ciò che non deve, o non vede ciò che deve.")
    title = _("Guarda chi vede che cosa: la prova dei permessi non è passata")
    obligations.ask(access.administrators(), DUTY, Duty(title, _("Apri"), why, reverse("status")))


# --- One space -------------------------------------------------------------------------------------------


def look(space: Space) -> Seen:
    """Plant, ask, and take everything back."""
    seen, held, file = Seen(), _held(), None
    try:
        with transaction.atomic():
            try:
                planted = _plant(space, held)
                file = planted.file.file
                rows = SearchDocument.objects.filter(page_id__in=[planted.page.pk, planted.shared.pk], gone=False)
                with index.of_these(rows):
                    for asker in _askers(space, planted, held):
                        _ask(space, planted, asker, seen)
            finally:
                transaction.set_rollback(True)
    finally:
        if file:
            file.storage.delete(file.name)
    return seen


def _plant(space: Space, held: Held) -> Planted:
    asked, secret, of_part, of_shared = (f"canarino{_letters()}" for _number in range(4))
    root = Page.objects.get(pk=space.root_page_id).specific
    file = Document(title=secret, collection=space.collection)
    file.file.save(f"{PREFIX}{asked}.txt", ContentFile(secret.encode()), save=False)
    file.save()
    section = {"heading": "Prova", "text": RichText(f"<p>{of_part}</p>"), "rows": []}
    part = {"readers": [("role", str(Role.EDITOR.value))], "content": [("section", section)]}
    page = TextPage(title=f"{asked} {secret}", slug=asked, summary=secret, change_note=secret,
                    body=[("reserved", part)], attachments=[("attachment", {"file": file, "title": ""})])  # fmt: skip
    shared = TextPage(title=f"{asked} {of_shared}", slug=f"{asked}-2", summary=of_shared, change_note=of_shared)
    for each in (page, shared):
        each.live = False
        root.add_child(instance=each)
        if each is shared and (other := _other(space, held)):
            PageShare.objects.create(page=each.page_ptr, space=other)
        each.save_revision().publish()
    return Planted(page, shared, file, asked, secret, of_part, of_shared)


def _letters() -> str:
    return "".join(secrets.choice("abcdefghilmnopqrstuvz") for _number in range(10))


def _other(space: Space, held: Held) -> Space | None:
    """A space with somebody who does not read this one."""
    readers = _readers(space, held)
    others = Space.objects.filter(visibility=Visibility.PRIVATE).exclude(pk=space.pk).order_by("pk")
    return next((each for each in others if set(held[each.pk]) - set(readers)), None)


# --- Who must see, by the rows alone ---------------------------------------------------------------------


def _held() -> Held:
    """Space → person → the highest role that holds now, by oneself or through a group."""
    groups: dict[int, list[int]] = defaultdict(list)
    for group, user in User.groups.through.objects.filter(group__role_group=None).values_list("group", "user"):
        groups[group].append(user)
    held: dict[int, dict[int, int]] = defaultdict(dict)
    now = timezone.now()
    for row in Membership.objects.all():
        if row.expires_at is None or row.expires_at > now:
            for person in [row.user_id] if row.user_id else groups[row.group_id or 0]:
                held[row.space_id][person] = max(row.role, held[row.space_id].get(person, 0))
    return held


def _readers(space: Space, held: Held) -> dict[int, int]:
    """Person → role in the space; 0 for those to whom the whole of it was opened without one."""
    root, found = space.root_page_id, dict[int, int]()
    for shared in PageShare.objects.filter(page=root).values_list("space", flat=True):
        found |= dict.fromkeys(held[shared], 0)
    view = {"content_object": root, "permission__codename": "view_page"}
    found |= dict.fromkeys(PageUserGrant.objects.filter(**view).values_list("user", flat=True), 0)
    granted = PageGroupGrant.objects.filter(**view).values("group")
    found |= dict.fromkeys(User.groups.through.objects.filter(group__in=granted).values_list("user", flat=True), 0)
    return found | held[space.pk]


def _askers(space: Space, planted: Planted, held: Held) -> Iterator[Asker]:
    """Of its readers the least and the most, an administrator; strangers, who was given a page, who lost a role."""
    readers = _readers(space, held)
    given = set().union(*(held[pk] for pk in planted.shared.shares.values_list("space", flat=True)))
    people = User.objects.current().exclude(pk__in=access.administrators())
    within = [user for user in people.filter(pk__in=readers) if _may_enter(user)]
    for user in sorted(within, key=lambda user: readers[user.pk])[:: max(len(within) - 1, 1)]:
        yield Asker(str(user), user, reads=True, writes=readers[user.pk] >= Role.EDITOR, is_given=True)
    for user in filter(_may_enter, access.administrators().order_by("pk")[:1]):
        yield Asker(str(user), user, reads=True, writes=True, is_given=True)
    outside = people.exclude(pk__in=readers).annotate(roles=Count("memberships")).order_by("-roles", "pk")
    lapsed = outside.filter(memberships__in=Membership.objects.lapsed().filter(space=space))
    chosen = [*outside.exclude(pk__in=given)[:STRANGERS], *outside.filter(pk__in=given)[:1], *lapsed[:1]]
    for user in {user.pk: user for user in chosen if _may_enter(user)}.values():
        yield Asker(str(user), user, is_given=user.pk in given)
    yield Asker(_("chi non ha un account"))


def _may_enter(user: User) -> bool:
    """Whoever must turn on a second factor first sees nothing, whatever the rows say."""
    return not second_factor.is_missing(user)


# --- At the doors ----------------------------------------------------------------------------------------


def _ask(space: Space, planted: Planted, asker: Asker, seen: Seen) -> None:
    browser = _browser(asker.user)
    said = {name: _said(browser, address) for name, address in _addresses(planted).items()}
    seen.questions += len(said)
    everything = "".join(body for _code, body in said.values())
    # where, what is seen there, what the rows say, and whether whoever must see it always finds it there
    asked = [(name, planted.secret in said[name][1], asker.reads, name in MUST) for name in DOORS]
    asked.append(("part", planted.of_part in everything, asker.writes, True))
    asked.append(("shared", planted.of_shared in everything, asker.is_given, True))
    asked.append(("count", _counted(said["search"][1]) > 0, asker.is_given, True))
    for name, sees, must, always in asked:
        if sees and not must:
            seen.problems.append(_words(space, asker, name, _("%(who)s vede %(where)s, e non deve")))
        if must and always and not sees:
            seen.problems.append(_words(space, asker, name, _("%(who)s non vede %(where)s, e deve")))
    for name, (code, _body) in said.items():
        if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            seen.problems.append(_words(space, asker, name, _("%(who)s trova un errore invece di: %(where)s")))


def _said(browser: Any, address: str) -> tuple[int, str]:
    answer = browser.get(address, secure=urlsplit(settings.BASE_URL).scheme == "https")
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body.decode(errors="replace")


def _counted(found: str) -> int:
    """How many results the search says that there are; none where it says nothing."""
    try:
        return int(json.loads(found)["total"])
    except (ValueError, KeyError):
        return 0


def _addresses(planted: Planted) -> dict[str, str]:
    return {
        "page": planted.page.url, "shared": planted.shared.url, "home": "/", "news": reverse("news"),
        "digest": reverse("digest_preference"), "file": planted.file.url,
        "search": f"{reverse('search')}?format=json&q={planted.asked}",
        "suggestions": f"{reverse('suggestions')}?q={planted.asked}",
    }  # fmt: skip


def _words(space: Space, asker: Asker, name: str, sentence: str) -> str:
    said = sentence % {"who": asker.words, "where": WHERE[name]}
    return _("«%(space)s»: %(said)s") % {"space": space.name, "said": said}


def _browser(user: User | None) -> Any:
    """Of somebody who has entered, without the act of entering: no login is written down for it."""
    from django.test import Client  # seldom asked, and it brings much with it

    browser = Client(raise_request_exception=False, headers={"host": urlsplit(settings.BASE_URL).netloc})
    if user is not None:
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return browser


# --- Told ------------------------------------------------------------------------------------------------


@check("canaries")
def seen_where_it_must_not_be() -> Iterator[Fault]:
    for row in CanaryWatch.objects.exclude(problems=[]):
        yield Fault(
            _("La prova dei permessi non è passata. %(problems)s.") % {"problems": "; ".join(row.problems)},
            _("Guarda i ruoli e le condivisioni dello spazio; se sono giusti è un errore del programma: segnalalo."),
        )
    if late := CanaryWatch.objects.filter(at__lt=timezone.now() - LATE).count():
        yield Fault(
            _("La prova dei permessi non si fa da più di tre giorni in alcuni spazi, in tutto %(count)d.")
            % {"count": late},
            _("Si fa di notte, fra l’una e le sei, se il portale è acceso; oppure esegui «manage.py watch_canaries»."),
            is_grave=False,
        )


def _last() -> str:
    rows = list(CanaryWatch.objects.order_by("at"))
    if not rows:
        return _("non ancora fatta")
    words = {"spaces": len(rows), "questions": sum(row.questions for row in rows),
             "day": timezone.localtime(rows[-1].at).strftime("%d/%m/%Y, %H:%M"),
             "problems": sum(len(row.problems) for row in rows)}  # fmt: skip
    return _("%(day)s: spazi %(spaces)d, domande %(questions)d, problemi %(problems)d") % words


figures[gettext_lazy("Prova notturna dei permessi")] = _last
