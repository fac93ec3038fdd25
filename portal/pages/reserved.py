"""Parts of a page that only some of its readers read: who they are, and which parts are open to one person.

A part is a block of a text or a row of a list. For whoever does not read it, it is not there: it has no heading, no
number and no place in what is counted, found, kept, printed or compared. `access` decides; here is said who is named.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.models import Page

from portal import access
from portal.access import PartReaders
from portal.models.activity import Verb
from portal.models.people import Organisation, User
from portal.models.spaces import Role, Space
from portal.wagtail_admin.choosers import BodyChooserBlock, PersonBlock, SpaceBlock

# Whoever writes in the space reads every part: the form shows it.
ROLES = {Role.READER: _("chi ha un ruolo in questo spazio"), Role.EDITOR: _("chi scrive in questo spazio")}


class ReadersBlock(blocks.StreamBlock):
    """Who reads a part, as many as are named; nobody is there by default."""

    role = blocks.ChoiceBlock(
        label=_("Per ruolo"), choices=[(str(role.value), words) for role, words in ROLES.items()], icon="group"
    )
    space = SpaceBlock(label=_("Chi ha un ruolo in un altro spazio"), icon="folder-open-1")
    body = BodyChooserBlock(label=_("Le persone di un ente"), icon="site")
    person = PersonBlock(label=_("Una persona"), icon="user")

    def clean(self, value: Any) -> Any:
        """A name that is gone would leave a part that nobody knows to be closed."""
        if self.required and not len(value) and not self.is_deferred_validation:
            raise ValidationError(_("Indica chi legge questa parte: finché manca non si pubblica."))
        cleaned = super().clean(value)
        if any(not block.value for block in cleaned):
            raise ValidationError(_("Scegli chi legge questa parte, o togli la riga vuota."))
        return cleaned


@dataclass(frozen=True)
class Part:
    """One part with readers of its own: which one, for whom, and what it says (heading, text)."""

    key: str
    readers: Any  # a value of ReadersBlock
    anchor: str
    heading: str
    text: str

    @property
    def named(self) -> PartReaders:
        return named(self.readers)


def named(value: Any) -> PartReaders:
    """Those who are named in a value of ReadersBlock, by number."""
    roles = [int(block.value) for block in value if block.block_type == "role" and block.value]
    chosen = {kind: _numbers(value, kind) for kind in ("space", "body", "person")}
    return PartReaders(min(roles, default=0), chosen["space"], chosen["body"], chosen["person"])


def _numbers(value: Any, kind: str) -> frozenset[int]:
    return frozenset(block.value.pk for block in value if block.block_type == kind and block.value)


def anchor(key: str) -> str:
    """Where a reserved part answers: never by its heading, which would take a name from those that all read."""
    return f"parte-{key}"


def audiences(page: Any) -> list[tuple[Part, set[str]]]:
    """Each part with readers of its own, and the tokens that open it; a page without any asks nothing."""
    parts = page.reserved_parts()
    return list(zip(parts, access.part_audiences(page, [part.named for part in parts]), strict=True))


def opened(page: Any, user: Any, *, as_seen_by: Any = None) -> dict[str, str]:
    """The parts that the person reads, each with the words that say who reads it.

    With `as_seen_by`, of these the ones that this other person reads too.
    """
    found = audiences(page)
    if not found:
        return {}
    tokens = [audience for _part, audience in found]
    reads = access.read_parts(user, page, tokens)
    if as_seen_by is not None:
        theirs = access.read_parts(as_seen_by, page, tokens)
        reads = [mine and other for mine, other in zip(reads, theirs, strict=True)]
    return in_words([part for (part, _tokens), read in zip(found, reads, strict=True) if read], user)


def in_words(parts: list[Part], user: Any) -> dict[str, str]:
    """Part by part «chi ha un ruolo in questo spazio, Comune di Quarrata»: as far as the reader knows those named.

    One question for each way of naming, however many parts there are.
    """
    readers = {part.key: part.named for part in parts}
    spaces = _in(access.allowed(Space.objects.all(), user), {pk for each in readers.values() for pk in each.spaces})
    bodies = _in(Organisation.objects.all(), {pk for each in readers.values() for pk in each.bodies})
    people = _in(access.allowed(User.objects.all(), user), {pk for each in readers.values() for pk in each.people})
    found = {}
    for key, each in readers.items():
        said = [str(ROLES[Role(each.role or Role.EDITOR)])]
        said += [now("chi ha un ruolo in «%(space)s»") % {"space": row} for row in spaces if row.pk in each.spaces]
        said += [str(row) for row in bodies if row.pk in each.bodies]
        found[key] = ", ".join([*said, *(str(row) for row in people if row.pk in each.people)])
    return found


def _in(rows: Any, named: set[int]) -> list[Any]:
    return list(rows.filter(pk__in=named)) if named else []


# --- What the others see of a change -----------------------------------------------------------------------

# Of a page's record, what says nothing to whoever reads it, or is said beside the text.
MARKS = re.compile(r' data-block-key="[^"]*"')  # of rich text, by the editor alone
BESIDE = {"pk", "page_ptr", "change_note", "correction", "anchors"}


def is_partly_read(page: Any) -> bool:
    """Whether some of the page's readers do not read all of it: what its author says of a change may tell them."""
    return hasattr(page, "reserved_parts") and bool(page.inside() or page.reserved_parts())


def published_for(live: Any, new: Any) -> Verb:
    """Whom the new text tells something: all readers, those of the space alone, or the readers of some parts."""
    if not hasattr(live, "reserved_parts") or not (live.reserved_parts() or new.reserved_parts()):
        return Verb.PUBLISHED
    if _face(live) == _face(new):
        return Verb.PART_PUBLISHED
    inside = live.inside() & new.inside()
    return Verb.INSIDE_PUBLISHED if inside and _face(live, inside) == _face(new, inside) else Verb.PUBLISHED


def _face(page: Any, beside: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What the page holds for everybody; without the fields `beside`, for whoever has no role in its space."""
    left_out = BESIDE | beside | {field.name for field in Page._meta.fields} - {"title"}
    return {name: _for_everybody(value) for name, value in page.serializable_data().items() if name not in left_out}


def _for_everybody(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("[{"):
        value = json.loads(value)
    if not isinstance(value, list):
        return value
    return [_bare(each) for each in value if not _is_for_some(each)]


def _is_for_some(row: Any) -> bool:
    return isinstance(row, dict) and (row.get("type") == "reserved" or row.get("readers", "[]") != "[]")


def _bare(value: Any) -> Any:
    """Without the marks of the editor: numbers of blocks and paragraphs, and places, which a row put before moves."""
    if isinstance(value, str):
        return MARKS.sub("", value)
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key not in {"id", "sort_order"}}
    return [_bare(each) for each in value] if isinstance(value, list) else value
