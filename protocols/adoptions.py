"""Adoption, body by body: opened by the publication of an edition, set by the body's delegates, never rewritten."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.accounts import own_data
from portal.models import Delegation, Organisation, User
from portal.models.delegations import Purpose
from portal.notices import obligations
from portal.notices.obligations import Closed, Duty, Need
from portal.pages.publication import Refused
from portal.words import dates

from .holding import Binding, last_said
from .models import Adoption, Edition, ProtocolPage
from .models.adoptions import State

access.in_the_name_of(Adoption, "organisation", Purpose.ADOPTION, page="edition__page")


class Overtaken(Exception):
    """Somebody else wrote for the body since the form was shown; the row is `newer`."""

    def __init__(self, newer: Adoption) -> None:
        self.newer = newer
        super().__init__()


# --- Opened by publication -------------------------------------------------------------------------------


def on_publishing(sender: Any, revision: Any, **kwargs: Any) -> None:
    """Signal of the ground: whether an edition holds body by body is said once, when it is new."""
    if revision.content_type.model_class() is ProtocolPage:
        require_bodies(revision.as_object())


def require_bodies(page: ProtocolPage) -> None:
    """Pass, or raise Refused: an edition that holds body by body names them, and says so from its beginning."""
    if page.by_body and not page.signatories.all():
        raise Refused(_("Ogni ente recepisce questo protocollo: scegli quali enti lo firmano."))
    known = Edition.objects.filter(page_id=page.pk, version=page.version).first()
    if known is not None and known.adoptions.exists() != page.by_body:
        raise Refused(_("Se l’edizione vale dalla firma o dove è recepita si cambia con una versione nuova."))


def on_published(sender: Any, page: Any, by: User | None = None, **kwargs: Any) -> None:
    """Signal of the ground, after `editions.on_published`."""
    if isinstance(page, ProtocolPage):
        if page.by_body:
            open_for(Edition.objects.get(page_id=page.pk, version=page.version), page.signatories.all(), by=by)
        ask_and_settle(page)


def on_withdrawn(sender: Any, page: Any, **kwargs: Any) -> None:
    """Signal of the ground: what nobody reads any more asks nothing; published again, it asks again."""
    if isinstance(page, ProtocolPage):
        ask_and_settle(page)


def on_delegation(sender: Any, instance: Delegation, **kwargs: Any) -> None:
    """A delegation was given or ended: what waits at its body is asked of whoever acts for it now."""
    if instance.purpose == Purpose.ADOPTION:
        waiting = Adoption.objects.filter(organisation=instance.organisation_id).values("edition__page")
        for page in ProtocolPage.objects.filter(pk__in=waiting):
            ask_and_settle(page)


def open_for(edition: Edition, bodies: Iterable[Organisation], *, by: User | None) -> None:
    """Each of the bodies has it to adopt from the day on which it begins; once."""
    if not edition.adoptions.exists():
        Adoption.objects.bulk_create(
            Adoption(edition=edition, organisation=body, state=State.TO_ADOPT, since=edition.begins, by=by)
            for body in bodies
        )


# --- Asked of the delegates ------------------------------------------------------------------------------


def ask_and_settle(page: ProtocolPage) -> None:
    """Bring what is asked of the delegates to where the newest edition stands; of older ones nothing is asked."""
    rows = Adoption.objects.filter(edition__page=page.pk).select_related("edition", "organisation")
    said = _by_edition_and_body(rows)
    newest = max((row.edition for row in rows), key=lambda edition: (edition.begins, edition.pk), default=None)
    waiting = {}
    for (edition, body), words in said.items():
        last = last_said(words)
        if newest and edition == newest.pk and page.live and last is not None and not last.is_decided:
            waiting[body] = last
    obligations.settle(*(_key(edition, body) for edition, body in said if body not in waiting or edition != newest.pk))  # type: ignore[union-attr]
    acting = _acting(waiting)
    for body, last in waiting.items():
        _ask(page, last, acting.get(body, []))


def _acting(bodies: Iterable[int]) -> dict[int, list[Delegation]]:
    """Body → its delegations for adoption that have not ended, those of later days included."""
    today = timezone.localdate()
    rows = Delegation.objects.filter(organisation__in=list(bodies), purpose=Purpose.ADOPTION)
    found: dict[int, list[Delegation]] = {}
    for row in rows.select_related("person", "substitute").order_by("valid_from", "pk"):
        if row.valid_until is None or row.valid_until >= today:
            found.setdefault(row.organisation_id, []).append(row)
    return found


def _ask(page: ProtocolPage, last: Adoption, acting: list[Delegation]) -> None:
    edition, body = last.edition, last.organisation
    named = {"code": page.code, "title": page.title, "version": edition.version, "body": body}
    closed = Closed(
        _("Un testo della rete da recepire: %(body)s") % named,
        _("non puoi ancora leggerlo: chiedi a chi cura la rete di aprirtelo"),
        reverse("organisation", args=[body.slug]),
    )
    asked = []
    for delegation in acting:
        people = [who for who in (delegation.person, delegation.substitute) if who]
        asked += people
        duty = Duty(
            title=_("%(code)s %(title)s, versione %(version)s: recepimento") % named,
            verb=_("Registra"),
            why=_("a nome di %(body)s") % named + (_(", in esame") if last.state == State.EXAMINED else ""),
            url=address(page, body),
            starts_on=max(delegation.valid_from, edition.begins),
            ends_on=delegation.valid_until,
            page=page.pk,
            needs=Need.VIEW,
            closed=closed,
            by_mandate=True,
        )
        obligations.ask(people, _key(edition.pk, body.pk), duty)
    obligations.settle(_key(edition.pk, body.pk), but=asked)


def _key(edition: int, body: int) -> str:
    return f"adoption:{edition}:{body}"


def address(page: ProtocolPage, body: Organisation) -> str:
    """Where a body's adoptions of the protocol are read and set."""
    return reverse("adoption", args=[page.code or page.slug, body.slug])


# --- Set by a delegate -----------------------------------------------------------------------------------


def say(edition: Edition, body: Organisation, *, by: User, seen: int, **words: Any) -> Adoption:
    """Write what the body says of the edition; `seen` is the newest row that its delegate had before the eyes."""
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=body.pk)  # the second of two finds the first
        rows = list(of_body(edition, body))
        access.require(by, "edit", rows[0])
        if rows[0].pk != seen:
            raise Overtaken(rows[0])
        corrects = rows[0] if words.pop("is_correction", False) and rows[0].state != State.TO_ADOPT else None
        file = words.get("act_file")
        words["act_sha256"] = _fingerprint(file) if file else ""
        row: Adoption = Adoption.objects.create(edition=edition, organisation=body, by=by, corrects=corrects, **words)
        ask_and_settle(ProtocolPage.objects.get(pk=edition.page_id))
    return row


def _fingerprint(file: Any) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


def of_body(edition: Edition, body: Organisation) -> QuerySet[Adoption]:
    """All that the body has said of the edition, the newest first."""
    return (
        Adoption.objects.filter(edition=edition, organisation=body).select_related("by", "corrected_by").order_by("-pk")
    )


# --- Read ------------------------------------------------------------------------------------------------


def lean_editions() -> QuerySet[Edition]:
    """Without their texts, which are long: what `bindings` needs."""
    signed = KeyTransform("signatories", "content")
    rows: QuerySet[Edition] = Edition.objects.defer("sections", "content", "cited").annotate(signed=signed)
    return rows


def by_age(edition: Edition) -> tuple[Any, ...]:
    """The order in which editions followed each other."""
    return (edition.begins, edition.published_at, edition.pk)


def bindings(
    page: ProtocolPage, kept: Iterable[Any], rows: Iterable[Adoption], signatories: Iterable[Organisation]
) -> list[Binding]:
    """The editions of a protocol (lean or whole), oldest first, each with whom it binds; from what was read already."""
    said = _by_edition_and_body(rows)
    by_name = {body.name: body.pk for body in signatories}
    found = []
    for edition in sorted(kept, key=by_age):
        names = edition.signed if hasattr(edition, "signed") else edition.content.get("signatories")
        signed = by_name.values() if names is None else [by_name[name] for name in names if name in by_name]
        own = {body: words for (pk, body), words in said.items() if pk == edition.pk}
        ends = page.valid_until if edition.version == page.version else edition.valid_until
        found.append(Binding(edition, edition.begins, ends, frozenset(signed), own))
    return found


def _by_edition_and_body(rows: Iterable[Adoption]) -> dict[tuple[int, int], list[Adoption]]:
    found: dict[tuple[int, int], list[Adoption]] = {}
    for row in rows:
        found.setdefault((row.edition_id, row.organisation_id), []).append(row)
    return found


def kept_of(person: User) -> Iterable[own_data.Kept]:
    """What the person wrote of a body's adoptions, of protocols that the person may read today."""
    rows = access.allowed(Adoption.objects.filter(by=person).select_related("edition", "organisation"), person)
    yield own_data.Kept(_("Recepimenti che hai scritto"), own_data.FOR_GOOD, [
        {_("ente"): str(each.organisation), _("che cosa"): str(each.edition), _("stato"): each.get_state_display(),
         _("il"): dates.local_day(each.at)} for each in rows.order_by("at", "pk")
    ])  # fmt: skip


own_data.sources.append(kept_of)
