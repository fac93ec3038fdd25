"""«Da noi si chiama…»: what a body calls a service or a term of the glossary, for its own people's searches alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import ServicePage
from portal import access
from portal.models import Organisation, Term, User
from portal.models.activity import Verb
from portal.models.kept import Kept
from portal.notices.activity import record

from .models import OwnName
from .query import phrase_key

KEPT = "own-names"
access.of_a_body(OwnName, "organisation")


@dataclass(frozen=True)
class Named:
    """A body's own name, and what the network calls the same thing."""

    said: str
    meant: str
    others: tuple[str, ...] = ()  # what else the network calls it
    page: int | None = None  # of the service, where it is one


def _read() -> dict[int, list[Named]]:
    """The group of each body that has names of its own → these."""
    found: dict[int, list[Named]] = {}
    rows = OwnName.objects.select_related("term", "service", "organisation")
    for row in rows:
        others = tuple(row.term.synonyms) if row.term else ()
        found.setdefault(row.organisation.group_id, []).append(Named(row.said, row.meant, others, row.service_id))
    return found


_by_group = Kept(KEPT, _read)


def known_to(user: Any) -> list[Named]:
    """The names of the person's own body; of a service, as long as the person may see it."""
    mine = [each for group, names in _by_group.get().items() if access.is_of(user, group) for each in names]
    services = {each.page for each in mine if each.page}
    if not services:
        return mine
    seen = dict(access.allowed(ServicePage.objects.filter(pk__in=services), user).values_list("pk", "title"))
    return [
        Named(each.said, seen[each.page] if each.page else each.meant, each.others, each.page)
        for each in mine
        if not each.page or each.page in seen
    ]


def shown(body: Organisation, user: User) -> list[OwnName]:
    """The body's names as the reader may read them: without those of services that the reader does not see."""
    rows = access.allowed(OwnName.objects.filter(organisation=body), user).select_related("term", "service")
    found = list(rows)
    services = ServicePage.objects.filter(pk__in={row.service_id for row in found if row.service_id})
    seen = set(access.allowed(services, user).values_list("pk", flat=True))
    return [row for row in found if not row.service_id or row.service_id in seen]


def offered(user: Any) -> Iterable[str]:
    """What can be meant: the services that the person sees, and the words of the glossary."""
    yield from access.allowed(ServicePage.objects.all(), user).order_by("title").values_list("title", flat=True)
    yield from Term.objects.values_list("term", flat=True)


def meant_by(words: str, user: Any) -> ServicePage | Term | None:
    """The one of them that the words name, whatever their capitals and accents."""
    key = phrase_key(words)
    for found in [*access.allowed(ServicePage.objects.order_by("pk"), user), *Term.objects.all()]:
        if key == phrase_key(found.title if isinstance(found, ServicePage) else found.term):
            return found
    return None


def add(body: Organisation, said: str, meant: ServicePage | Term, *, by: User) -> OwnName:
    """From now on the body's people find by this name; written twice it is one."""
    what = {"service": meant} if isinstance(meant, ServicePage) else {"term": meant}
    with transaction.atomic():
        row, new = OwnName.objects.get_or_create(organisation=body, said=said, **what)
        if new:
            _record(row, _("ha aggiunto «%(said)s» ai nomi usati nell’ente «%(body)s»"), by)
    return row


def take_away(row: OwnName, *, by: User) -> None:
    with transaction.atomic():
        _record(row, _("ha tolto «%(said)s» dai nomi usati nell’ente «%(body)s»"), by)
        row.delete()


def _record(row: OwnName, sentence: str, by: User) -> None:
    """Without what it stands for: the register is read by who may not see the service."""
    words = {"body": row.organisation, "said": row.said}
    record(Verb.WORDS_CHANGED, by=by, sentence=sentence % words)
