"""What else the ground keeps of a person: where one has entered, what one answers for, has begun, sent or given."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.models import (
    Absence,
    Delegation,
    Document,
    NameProposal,
    OutsiderLink,
    PersonalDataReport,
    UnfinishedWords,
    User,
)
from portal.models.pages import page_kinds
from portal.pages import unfinished

from . import own_data, sessions
from .own_data import FOR_GOOD, Kept, Rows


def kept_of(person: User) -> Iterable[Kept]:
    yield _accesses(person)
    yield from _for_others(person)
    yield _answered_for(person)
    yield from _written(person)
    yield _given(person)


def _accesses(person: User) -> Kept:
    rows = UserSession.objects.filter(user=person).order_by("created_at")
    return Kept(_("Da dove sei entrato"), _("finché l’accesso è aperto"), [
        {_("il"): own_data.day(each.created_at), _("con"): sessions.browser(each.user_agent),
         _("indirizzo di rete"): each.ip} for each in rows
    ])  # fmt: skip


def _for_others(person: User) -> Iterable[Kept]:
    rows = Absence.objects.filter(substitute=person).select_related("person").order_by("since")
    yield Kept(_("Le assenze in cui sostituisci"), own_data.ABSENCES, [
        {_("dal"): own_data.day(each.since), _("al"): own_data.day(each.until), _("di"): str(each.person)}
        for each in rows
    ])  # fmt: skip
    given = Delegation.objects.filter(substitute=person).select_related("organisation")
    yield Kept(_("Deleghe in cui sostituisci"), FOR_GOOD, [
        {_("ente"): str(each.organisation), _("che cosa"): each.get_purpose_display(),
         _("dal"): own_data.day(each.valid_from), _("al"): own_data.day(each.valid_until)} for each in given
    ])  # fmt: skip


def _answered_for(person: User) -> Kept:
    """Of a page that one may not read any more, no title."""
    of_kinds = [kind.objects.filter(responsible=person).order_by().values("page_ptr") for kind in page_kinds()]
    numbers = of_kinds[0].union(*of_kinds[1:], all=True)

    def say(pages: list[tuple[int, str]]) -> list[dict[str, Any]]:
        readable = _readable(Page.objects.filter(pk__in=[number for number, _title in pages]), person)
        closed = _("una pagina che non leggi più")
        return [{_("pagina"): title if number in readable else closed} for number, title in pages]

    pages = Page.objects.filter(pk__in=numbers).order_by("pk").values_list("pk", "title")
    return Kept(_("Le pagine di cui rispondi"), _("finché ne rispondi"), Rows(pages, say))


def _readable(rows: "QuerySet[Any]", person: User) -> set[int]:
    return set(access.allowed(rows.order_by(), person).values_list("pk", flat=True))


def _written(person: User) -> Iterable[Kept]:
    asked = NameProposal.objects.filter(person=person)
    yield Kept(_("Il nome che hai chiesto"), _("finché chi coordina decide"), [
        {_("nome"): each.first_name, _("cognome"): each.last_name, _("il"): own_data.day(each.at)} for each in asked
    ])  # fmt: skip
    begun = UnfinishedWords.objects.filter(person=person).select_related("space")
    yield Kept(_("Testi che hai iniziato e non mandato"), _("%(days)d giorni") % {"days": unfinished.KEPT.days}, [
        {_("spazio"): str(each.space), _("il"): own_data.day(each.at),
         _("testo"): "\n".join(filter(None, map(str, each.words.values())))} for each in begun
    ])  # fmt: skip
    sent = Document.objects.filter(uploaded_by_user=person).order_by("created_at", "pk")
    yield Kept(_("I file che hai caricato"), _("finché c’è il file"), Rows(sent, partial(_say_files, person)))
    told = PersonalDataReport.objects.filter(by=person, found_by_itself=False).order_by("at")
    yield Kept(_("Segnalazioni di dati personali che hai fatto"), _("finché chi risponde decide; poi ancora un anno"), [
        {_("che cosa"): each.get_what_display(), _("il"): own_data.day(each.at),
         _("come è finita"): each.get_outcome_display()} for each in told
    ])  # fmt: skip


def _say_files(person: User, files: list[Document]) -> list[dict[str, Any]]:
    readable = _readable(Document.objects.filter(pk__in=[each.pk for each in files]), person)
    closed = _("un file che non leggi più")
    return [
        {_("file"): each.title if each.pk in readable else closed, _("il"): own_data.day(each.created_at)}
        for each in files
    ]


def _given(person: User) -> Kept:
    rows = OutsiderLink.objects.filter(given_by=person).order_by("given_at")
    found: list[dict[str, Any]] = [
        {_("per chi"): each.named, _("perché"): each.reason, _("dal"): own_data.day(each.given_at),
         _("al"): own_data.day(each.expires_at)} for each in rows
    ]  # fmt: skip
    return Kept(_("I link che hai dato a chi è fuori dalla rete"), FOR_GOOD, found)


own_data.sources.append(kept_of)
