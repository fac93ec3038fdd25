"""What the portal keeps of a person: what, how much of it, until when. Each package says what of its own it keeps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, overload

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import (
    Activity,
    Delegation,
    Delivery,
    FileVersion,
    Invitation,
    Membership,
    NetworkCoordinator,
    Obligation,
    ProblemReport,
    User,
)
from portal.notices import obligations, problem_reports
from portal.words import dates

BATCH = 2000
Row = dict[str, Any]


class Rows(Sequence[Row]):
    """Of what somebody may have by the ten thousand: the page asks for the last ones, the file for all, in batches.

    `say` makes of some rows of the table, in their order, what a person reads.
    """

    def __init__(self, found: "QuerySet[Any, Any]", say: Callable[[list[Any]], list[Row]]) -> None:
        self.found, self.say = found, say

    @cached_property
    def count_of_all(self) -> int:
        return self.found.count()

    def __len__(self) -> int:
        return self.count_of_all

    @overload
    def __getitem__(self, which: int) -> Row: ...
    @overload
    def __getitem__(self, which: slice) -> list[Row]: ...
    def __getitem__(self, which: int | slice) -> Row | list[Row]:
        if isinstance(which, int):
            return self[which : which + 1 or None][0]
        start, end, _step = which.indices(len(self))
        return self.say(list(self.found[start:end])) if start < end else []

    def __iter__(self) -> Iterator[Row]:
        rows = self.found.iterator(chunk_size=BATCH)
        while some := list(islice(rows, BATCH)):
            yield from self.say(some)


@dataclass(frozen=True)
class Kept:
    """One kind of thing: its rows as a person reads them, and how long they stay."""

    what: str
    until: Any
    rows: Sequence[Row]


Source = Callable[[User], Iterable[Kept]]
sources: list[Source] = []
FOR_GOOD = gettext_lazy("finché serve a provare che cosa è stato deciso e da chi")
ABSENCES = gettext_lazy("fino a un anno dopo la fine")


def of(person: User) -> list[Kept]:
    """Everything, in the order in which it is read."""
    found = [_account(person), *_places(person), *_rights(person), *_told(person), _acts(person), _files(person)]
    return [*found, *(kept for source in sources for kept in source(person))]


def _account(person: User) -> Kept:
    end = day(person.valid_until) if person.valid_until else ""
    row = {
        _("nome"): person.first_name, _("cognome"): person.last_name, _("e-mail"): person.email,
        _("telefono"): person.telephone, _("ente"): str(person.organisation or ""),
        _("professione"): str(person.profession or ""), _("account fino al"): end,
        _("ruoli nella rete"): ", ".join(map(str, person.positions.all())), _("dal"): day(person.date_joined),
    }  # fmt: skip
    return Kept(_("Il tuo account"), _("finché lavori nella rete; poi resta il nome accanto agli atti"), [row])


def _places(person: User) -> Iterable[Kept]:
    rows = person.placements.select_related("organisation").order_by("since")
    yield Kept(_("Enti e sedi"), _("resta: dice a nome di chi hai firmato e approvato"), [
        {_("che cosa"): each.get_kind_display(), _("dove"): str(each.organisation), _("dal"): day(each.since),
         _("al"): day(each.until)} for each in rows
    ])  # fmt: skip
    yield Kept(_("Assenze, senza il motivo"), ABSENCES, [
        {_("dal"): day(each.since), _("al"): day(each.until), _("ti sostituisce"): str(each.substitute or "")}
        for each in person.absences.select_related("substitute")
    ])  # fmt: skip


def _rights(person: User) -> Iterable[Kept]:
    held = Membership.objects.filter(user=person).select_related("space", "given_by")
    yield Kept(_("Ruoli negli spazi"), _("finché li hai; nel registro dello spazio resta che li hai avuti"), [
        {_("spazio"): str(each.space), _("ruolo"): each.get_role_display(), _("perché"): each.reason,
         _("dato il"): day(each.given_at), _("fino al"): day(each.expires_at)} for each in held
    ])  # fmt: skip
    given = Delegation.objects.filter(person=person).select_related("organisation")
    yield Kept(_("Deleghe"), FOR_GOOD, [
        {_("ente"): str(each.organisation), _("che cosa"): each.get_purpose_display(), _("dal"): day(each.valid_from),
         _("al"): day(each.valid_until)} for each in given
    ])  # fmt: skip
    yield Kept(_("Coordinamento della rete"), FOR_GOOD, [
        {_("perché"): each.reason, _("dal"): day(each.since), _("al"): day(each.until)}
        for each in NetworkCoordinator.objects.filter(person=person)
    ])  # fmt: skip
    yield Kept(_("Inviti"), _("accettato, resta chi ti ha dato l’account; ritirato, sparisce dopo un anno"), [
        {_("mandato il"): day(each.asked_at), _("da"): str(each.invited_by or ""),
         _("accettato il"): day(each.accepted_at)}
        for each in Invitation.objects.filter(person=person).select_related("invited_by")
    ])  # fmt: skip


def _told(person: User) -> Iterable[Kept]:
    days = obligations.KEPT.days
    yield Kept(_("Cose da fare"), _("fatte, ancora %(days)d giorni") % {"days": days}, [
        {_("che cosa"): _owed(each), _("chiesta il"): day(each.asked_at),
         _("entro"): day(each.due), _("fatta il"): day(each.settled_at)}
        for each in access.with_open_page(Obligation.objects.filter(person=person).order_by("asked_at", "pk"), person)
    ])  # fmt: skip
    yield Kept(_("Segnalazioni di problemi che hai fatto"), _("al massimo %(days)d giorni") % {
        "days": problem_reports.KEPT.days,
    }, [
        {_("pagina"): each.path, _("testo"): each.text, _("il"): day(each.at)}
        for each in ProblemReport.objects.filter(by=person)
    ])  # fmt: skip
    yield Kept(_("Riepiloghi per e-mail"), _("data ed esito, non il testo, per un anno"), [
        {_("il"): day(each.window_end), _("esito"): each.get_state_display()}
        for each in Delivery.objects.filter(user=person).order_by("window_end")
    ])  # fmt: skip


def _owed(row: Any) -> str:
    """In the words that the person may read today: of a page that is closed now, none."""
    return str(row.title if row.page_is_open else row.closed_title or _("una cosa su una pagina che non leggi più"))


def _acts(person: User) -> Kept:
    rows = Activity.objects.filter(by=person).order_by("at", "pk")
    return Kept(_("Gli atti che hai compiuto"), FOR_GOOD, Rows(rows, lambda some: [
        {_("il"): day(each.at), _("che cosa"): each.sentence or each.get_verb_display(), _("nota"): each.note}
        for each in some
    ]))  # fmt: skip


def _files(person: User) -> Kept:
    rows = FileVersion.objects.filter(replaced_by=person).select_related("document").order_by("replaced_at", "pk")
    return Kept(_("I file che hai sostituito"), _("finché c’è il file"), Rows(rows, lambda some: [
        {_("il"): day(each.replaced_at), _("file"): each.document.title, _("perché"): each.reason} for each in some
    ]))  # fmt: skip


def day(value: Any) -> Any:
    """A day: the file writes it for programs, the page in words."""
    return dates.local_day(value) if value else ""


def file_name() -> str:
    return f"i-miei-dati-{timezone.localdate().isoformat()}.json"
