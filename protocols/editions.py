"""From a publication to an edition: what was read, kept for ever; and which edition holds."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Manager, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.blocks import StreamValue
from wagtail.models import Page

from coordination.models import RegulatedService
from portal import access, prepared
from portal.models import Document, Organisation, Position, Space
from portal.pages import citations
from portal.pages.publication import Refused
from portal.words import dates

from . import consent, versions, wordings
from .fingerprints import fingerprint
from .models import Edition, FormPage, ProtocolPage, form_fields
from .models.rules import RulePage

KEPT_LATER = {
    "register_date", "register_office", "act_kind", "act_number", "act_date", "act_body", "form_fields",
}  # fmt: skip
NUMBERED: dict[str, Any] = {"position": Position, "regulation": RegulatedService}  # what a step keeps by number
Obstacle = tuple[str, str]  # the field to mend, and the sentence


# --- Keeping ---------------------------------------------------------------------------------------------


def keep(page: RulePage, *, by: Any = None, proposed_by: Any = None, approved_by: Any = None) -> Edition:
    """Keep the page as it is now; publishing the same text again keeps the first edition."""
    require_no_obstacle(page)
    kept = Edition.objects.filter(page_id=page.pk, version=page.version).first()
    if kept is not None:
        consent.require(page, "")
        return kept
    said = content(page)
    consent.require(page, agreed(page, said))
    return Edition.objects.create(
        page_id=page.pk,
        space=access.space_of(page),
        version=page.version,
        title=page.title,
        change_note=page.change_note,
        valid_from=page.valid_from,
        valid_until=page.valid_until,
        sections=[[section.anchor, section.heading, section.text] for section in page.sections()],
        content=said,
        cited=citations.as_called_now(page),
        wordings=wordings.in_text(page),
        sha256=fingerprint(said),
        proposed_by=proposed_by,
        approved_by=approved_by,
        published_by=by,
        published_at=page.last_published_at or timezone.now(),
    )


def content(page: RulePage) -> dict[str, Any]:
    """All that the page says: its fields as they are kept, and the files it carries with their hashes."""
    said = {name: _kept(getattr(page, name)) for name in page.says}
    # What editions learned to keep later is left out where nothing is written: the others keep their fingerprint.
    said = {name: value for name, value in said.items() if value or name not in KEPT_LATER | _new_to(page)}
    if "steps" in said:
        for name, model in NUMBERED.items():
            said["steps"] = _in_words(said["steps"], name, model)
    files = [pk for model, pk in citations.of(page) if model is Document]
    said["files"] = [
        list(row) for row in Document.objects.filter(pk__in=files).order_by("pk").values_list("title", "sha256")
    ]
    return said


def _in_words(steps: list[dict[str, Any]], field: str, model: Any) -> list[dict[str, Any]]:
    """A role or a service that a step points at is kept by its name of now: the record is read alone."""
    asked = {step["value"][field] for step in steps if step["value"].get(field)}
    names = dict(model.objects.filter(pk__in=asked).values_list("pk", "name")) if asked else {}
    for step in steps:
        if number := step["value"].get(field):
            step["value"][field] = names.get(int(number), "")
    return steps


def _new_to(page: RulePage) -> set[str]:
    """Protocols have always had a number in the register; procedures and forms have it since."""
    return set() if isinstance(page, ProtocolPage) else {"register_number"}


def _kept(value: Any) -> Any:
    if isinstance(value, StreamValue):  # a part for some readers is no part of the rule
        return [block for block in value.get_prep_value() if block["type"] != "reserved"]
    if isinstance(value, Manager):
        return sorted(str(each) for each in value.all())
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Organisation) else value


def agreed(page: RulePage, said: dict[str, Any] | None = None) -> str:
    """The fingerprint of all that bodies agree on when they sign: the text, its number, its days, how it is adopted."""
    terms = {name: _kept(getattr(page, name)) for name in ("version", "valid_from", "valid_until")}
    return fingerprint({"text": said or content(page), **terms, "by_body": getattr(page, "by_body", False)})


# --- What stands in the way ------------------------------------------------------------------------------


def obstacle(page: RulePage) -> Obstacle | None:
    """Why the page may not be put in force as it is, and what to do: no number has two texts, no day two editions."""
    if isinstance(page, FormPage) and (found := _of_what_is_given(page)):
        return found
    known = list(Edition.objects.filter(page_id=page.pk))
    latest = highest(known)
    if latest is None:
        return None
    named = {"version": page.version, "latest": latest.version, "next": versions.next_minor(latest.version)}
    if same := next((edition for edition in known if edition.version == page.version), None):
        return _of_the_same_number(page, same, named)
    if versions.rank(page.version) < versions.rank(latest.version):
        return "version", _("La versione deve essere più alta di %(latest)s: scrivi per esempio %(next)s.") % named
    last = max(edition.begins for edition in known)
    if page.valid_from is None or page.valid_from <= last:
        return "valid_from", _(
            "La versione %(latest)s vale %(day)s: scrivi qui un giorno successivo, da cui vale la %(version)s."
        ) % {**named, "day": dates.in_words(last, article="dal")}
    return _of_another_that_waits(page)


def highest(known: Iterable[Edition]) -> Edition | None:
    """The one with the highest number, from which the next is counted."""
    return max(known, key=lambda edition: versions.rank(edition.version), default=None)


def require_no_obstacle(page: RulePage) -> None:
    """Pass, or raise Refused: the last word at every door, whatever a form has said before."""
    if found := obstacle(page):
        raise Refused(found[1])


def _of_what_is_given(form: FormPage) -> Obstacle | None:
    """A form gives a file, or has fields from which its files are made."""
    asks = any(block.block_type not in form_fields.WORDS for block in form.form_fields)
    if form.document and form.form_fields:
        return "document", _("Il modulo ha un file e anche dei campi: tieni il file, oppure i campi.")
    if form.form_fields and not asks:
        return "form_fields", _("Aggiungi almeno un campo da compilare.")
    if not form.document and not asks:
        return "document", _("Scegli il file del modulo, oppure descrivi i suoi campi.")
    return None


def _of_the_same_number(page: RulePage, same: Edition, named: dict[str, str]) -> Obstacle | None:
    if same.version != named["latest"]:
        return "version", _(
            "La versione %(version)s è già superata dalla %(latest)s: scrivi per esempio %(next)s."
        ) % named
    if not _says_the_same(page, same):
        return "version", _("Il testo è cambiato: alza la versione, per esempio %(next)s.") % named
    if page.valid_from != same.valid_from:
        return "version", _("Il giorno da cui vale è cambiato: alza la versione, per esempio %(next)s.") % named
    return None


def _says_the_same(page: RulePage, edition: Edition) -> bool:
    if edition.content:
        return edition.sha256 == fingerprint(content(page))
    # Kept before editions held all that the page says: title and sections are what can be compared.
    texts = [[heading, text] for _anchor, heading, text in edition.sections]
    return edition.title == page.title and texts == [[part.heading, part.text] for part in page.sections()]


def _of_another_that_waits(page: RulePage) -> Obstacle | None:
    for waiting in page.revisions.filter(approved_go_live_at__gt=timezone.now()):
        if waiting.content["version"] != page.version:
            day = dates.in_words(waiting.approved_go_live_at, article="il")
            return "version", _(
                "La versione %(version)s aspetta di entrare in vigore %(day)s: annulla prima quella programmazione."
            ) % {"version": waiting.content["version"], "day": day}
    return None


# --- Which one holds -------------------------------------------------------------------------------------


def kept(page: RulePage) -> list[Edition]:
    """All editions, whoever reads them: oldest first, each with its `state` and the last day it held."""
    rows = prepared.answers("editions", _of_page, page=page.pk)
    found = sorted(rows, key=lambda edition: (edition.begins, edition.published_at, edition.pk))
    for edition, following in zip(found, [*found, None][1:], strict=True):
        edition.next_from = following.begins if following else None  # type: ignore[attr-defined]
        edition.state = _state(page, edition)  # type: ignore[attr-defined]
    return found


def _of_page() -> QuerySet[Edition]:
    rows = Edition.objects.filter(page__pk=prepared.given("page")).order_by()
    return rows.select_related("published_by", "proposed_by", "approved_by", "space")


def history(page: RulePage, user: Any, known: list[Edition] | None = None) -> list[Edition]:
    """The editions that the person may read, newest first; of those `kept`, where they have been read."""
    found = kept(page) if known is None else known
    readable = access.may_read_past(user, page, {edition.space for edition in found})
    return [each for each in reversed(found) if each.version == page.version or each.space in readable]


def after_a_move(page: Page, space: Space, user: Any) -> Iterable[str]:
    """Who will read the past editions of the page, and of those below it, once it has left the space."""
    moved = Page.objects.filter(path__startswith=page.path)
    held = {each.pk: each.version for each in moved.type(RulePage).specific() if each.live}
    kept = Edition.objects.filter(page_id__in=moved.values("pk"), space=space).values_list("page_id", "version")
    past = sum(held.get(pk) != version for pk, version in kept)
    if past:
        yield ngettext(
            "La sua edizione passata resta di chi legge «%(space)s», se di là può leggere anche la pagina; agli altri "
            "non si apre.",
            "Le sue %(count)d edizioni passate restano di chi legge «%(space)s», se di là può leggere anche la pagina; "
            "agli altri non si aprono.",
            past,
        ) % {"count": past, "space": space}


def _state(page: RulePage, edition: Edition) -> tuple[str, str]:
    """Whether it holds today, by its days and by whether the page was withdrawn; colour and words."""
    today, following = timezone.localdate(), edition.next_from  # type: ignore[attr-defined]
    if following and following <= today:
        return "soon", _("superata")
    if edition.begins > today:
        return "soon", _("non ancora in vigore")
    until = page.valid_until if edition.version == page.version else edition.valid_until
    if not page.live or (until and until < today):
        return "late", _("non più in vigore")
    return "ok", _("in vigore")


def on_publishing(sender: Any, revision: Any, **kwargs: Any) -> None:
    """Signal of the ground: a text is about to be published, or set for a day."""
    if issubclass(revision.content_type.model_class(), RulePage):
        page = revision.as_object()
        require_no_obstacle(page)
        consent.require(page, agreed(page))


def on_published(sender: Any, page: Any, by: Any, proposed_by: Any, approved_by: Any, **kwargs: Any) -> None:
    """Signal of the ground: a page was published."""
    if isinstance(page, RulePage):
        keep(page, by=by, proposed_by=proposed_by, approved_by=approved_by)
