"""What a proposed page changes: part by part, in words, whatever its kind.

Which parts a page has is what its editors' form says: a new field, block or kind of row is compared without being
named here. Wagtail pairs the parts of the two texts; the words are ours, because its comparison marks by colour alone,
shows what has not changed, and names pages and files that the reader may not see.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Model, TextChoices
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks
from wagtail.admin.compare import ChildRelationComparison, StreamFieldComparison
from wagtail.models import Page
from wagtail.utils.text import text_from_html

from portal import access
from portal.models.media import Document, Image
from portal.notices import feed
from portal.words import dates

from . import citations
from .blocks import plain

# Said beside the comparison, or no part of the text.
TOLD_APART = {"change_note", "correction", "slug", "go_live_at", "expire_at"}
AROUND = 8  # unchanged words shown on either side of a change
FEW = 4  # a text of fewer words is shown whole, as it was and as it is
NAMES = ("heading", "title", "term")  # what a block calls itself
CITED = (Page, Document, Image)


@dataclass(frozen=True)
class Piece:
    """Some words: as they were, added or removed."""

    text: str
    act: str = ""  # "", "aggiunto", "tolto"


class Act(TextChoices):
    """What happens to a part; a verb, which agrees with every noun."""

    ADDED = "added", gettext_lazy("si aggiunge")
    REMOVED = "removed", gettext_lazy("si toglie")
    CHANGED = "changed", gettext_lazy("cambia")
    MOVED = "moved", gettext_lazy("cambia l’ordine")


@dataclass(frozen=True)
class Difference:
    """One part that is not as it was."""

    part: str
    act: Act
    pieces: tuple[Piece, ...] = ()

    @property
    def is_form_only(self) -> bool:
        """The same words: a link, or how they look."""
        return self.act == Act.CHANGED and not any(piece.act for piece in self.pieces)


def differences(old: Page, new: Page, request: HttpRequest, apart: Collection[str] = TOLD_APART) -> list[Difference]:
    """What `new` changes in `old`, for the person who asks."""
    panels = new.get_edit_handler().get_bound_panel(instance=new, request=request, form=None)
    words = Words(request.user, citations.of(old) | citations.of(new))
    found: list[Difference] = []
    for compare in panels.get_comparison():
        comparison = compare(old, new)
        if comparison.field.name not in apart and comparison.has_changed():
            found += _of(comparison, words)
    return found


def _of(comparison: Any, words: "Words") -> Iterator[Difference]:
    label = str(comparison.field_label())
    if isinstance(comparison, ChildRelationComparison):
        yield from _rows(comparison, label, words)
    elif isinstance(comparison, StreamFieldComparison):
        yield from _blocks(comparison, label, words)
    else:
        name, model_field = comparison.field.name, comparison.field
        if _as_typed(comparison.val_a) == _as_typed(comparison.val_b):
            return
        before, after = (words.field(model_field, value) for value in (comparison.val_a, comparison.val_b))
        yield Difference(label or name, Act.CHANGED, compared(before, after))


def _blocks(comparison: Any, label: str, words: "Words") -> Iterator[Difference]:
    old, new = list(comparison.val_a), list(comparison.val_b)
    pairs = _paired(old, new, words)
    for place, block in enumerate(new):
        after = words.block(block.block, block.value)
        if place not in pairs:
            yield Difference(_part(label, block), Act.ADDED, (Piece(after, "aggiunto"),))
        elif _said(before := old[pairs[place]]) != _said(block):
            yield Difference(_part(label, block), Act.CHANGED, compared(words.block(before.block, before.value), after))
    for place, block in enumerate(old):
        if place not in pairs.values():
            text = words.block(block.block, block.value)
            yield Difference(_part(label, block), Act.REMOVED, (Piece(text, "tolto"),))
    order = [pairs[place] for place in sorted(pairs)]
    if order != sorted(order):
        yield Difference(label, Act.MOVED)


def _paired(old: list[Any], new: list[Any], words: "Words") -> dict[int, int]:
    """Place in the new text → place in the old one: the same block, else one of the same kind and name."""
    pairs: dict[int, int] = {}
    keys = (
        lambda block: block.id,
        lambda block: (block.block_type, _name(block) or words.block(block.block, block.value)),
    )
    for key in keys:
        free = {key(block): place for place, block in enumerate(old) if place not in pairs.values()}
        for place, block in enumerate(new):
            if place not in pairs and key(block) in free:
                pairs[place] = free.pop(key(block))
    return pairs


def _said(block: Any) -> Any:
    """All that the block holds, but for the numbers that its rows get each time they are written."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stripped(each) for key, each in value.items() if key != "id"}
        return [stripped(each) for each in value] if isinstance(value, list) else _as_typed(value)

    return stripped(block.block.get_prep_value(block.value))


def _as_typed(value: Any) -> Any:
    """Browsers send back the lines of a text with other ends than they got."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _name(block: Any) -> str:
    if not isinstance(block.value, blocks.StructValue):
        return ""
    return next((str(block.value[key]) for key in NAMES if block.value.get(key)), "")


def _part(label: str, block: Any) -> str:
    return f"{label}: {_name(block) or capfirst(block.block.label)}"


def _rows(comparison: ChildRelationComparison, label: str, words: "Words") -> Iterator[Difference]:
    row_label = str(capfirst(comparison.field.related_model._meta.verbose_name))
    rows = comparison.get_child_comparisons()
    for row in rows:
        if row.is_addition() or row.is_deletion():
            act, mark = (Act.ADDED, "aggiunto") if row.is_addition() else (Act.REMOVED, "tolto")
            yield Difference(row_label, act, (Piece(words.row(row.get_field_comparisons(), "val_b"), mark),))
        elif row.has_changed():
            fields = row.get_field_comparisons()
            yield Difference(row_label, Act.CHANGED, compared(words.row(fields, "val_a"), words.row(fields, "val_b")))
    kept = [row for row in rows if row.obj_a and row.obj_b]
    if kept != sorted(kept, key=lambda row: row.obj_a.sort_order or 0):
        yield Difference(label, Act.MOVED)


# --- Words for every kind of value -----------------------------------------------------------------------


class Words:
    """Values as text, for one person: what that person may not see is not named."""

    def __init__(self, user: Any, cited: set[citations.Citation]) -> None:
        self.names: dict[citations.Citation, str] = {}  # of what the two texts cite, as far as the person knows it
        for model in CITED:
            rows: Any = model._default_manager.filter(pk__in=[pk for each, pk in cited if each is model])
            found = access.known(rows, user)
            named = {page.pk: feed.name(page) for page in found.specific()} if model is Page else found.in_bulk()
            self.names |= {(model, pk): str(name) for pk, name in named.items()}

    def field(self, field: Any, value: Any) -> str:
        if getattr(field, "flatchoices", None):
            value = dict(field.flatchoices).get(value, value)
        if field.many_to_many:
            return ", ".join(self.value(each) for each in value)
        if isinstance(value, blocks.StreamValue):
            return self.block(value.stream_block, value)
        if field.many_to_one and value is not None:
            value = field.related_model._default_manager.filter(pk=value).first()
        return self.value(value)

    def row(self, fields: Iterable[Any], side: str) -> str:
        """The filled fields of a row, each on a line of its own."""
        texts = ((str(each.field_label()), self.field(each.field, getattr(each, side))) for each in fields)
        return "\n".join(f"{label}: {text}" for label, text in texts if text)

    def block(self, block: Any, value: Any) -> str:
        """The words of a block of any make."""
        if value is None:
            return ""
        if isinstance(block, blocks.StructBlock) and not isinstance(value, Model):  # a picture is its own value
            return self._lines((child, value[name]) for name, child in block.child_blocks.items())
        if isinstance(block, blocks.StreamBlock):
            return self._lines((child.block, child.value) for child in value)
        if isinstance(block, blocks.ListBlock):
            return self._lines((block.child_block, child) for child in value)
        if isinstance(block, blocks.BooleanBlock):  # a bare «no» among other words says nothing
            return str(capfirst(block.label)) if value else ""
        if isinstance(block, blocks.RichTextBlock):
            return plain(str(value.source))
        if isinstance(block, blocks.ChoiceBlock | blocks.MultipleChoiceBlock):
            return str(text_from_html(block.render_basic(value)))
        if value is True or isinstance(value, Model | date | str | int | float):
            return self.value(value)
        return str(text_from_html(block.render_basic(value))) if value else ""

    def _lines(self, parts: Iterable[tuple[Any, Any]]) -> str:
        return "\n".join(text for block, value in parts if (text := self.block(block, value)))

    def value(self, value: Any) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("sì") if value else _("no")
        if isinstance(value, datetime):
            return f"{dates.in_words(value, 'l j F Y')}, {timezone.localtime(value):%H:%M}"
        if isinstance(value, date):
            return dates.in_words(value)
        if isinstance(value, CITED):
            return self._cited(value)
        return str(value)

    def _cited(self, row: Model) -> str:
        model = next(each for each in CITED if isinstance(row, each))
        return self.names.get((model, row.pk)) or _("(qualcosa che non puoi vedere)")


# --- Words removed and added -----------------------------------------------------------------------------


def compared(before: str, after: str, *, whole: bool = False) -> tuple[Piece, ...]:
    """The words removed and added, with a little of what stands around them, or with all of it."""
    old, new = (re.findall(r"\n|\S+", text) for text in (before, after))
    if min(len(old), len(new)) < FEW:
        return tuple(Piece(text, act) for text, act in ((before, "tolto"), (after, "aggiunto")) if text)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    found: list[Piece] = []
    removed: list[str] = []
    added: list[str] = []
    for act, i1, i2, j1, j2 in [*matcher.get_opcodes(), ("equal", len(old), len(old), 0, 0)]:
        # Two or three words that stay, between words that change, would only tear the sentence apart.
        if act != "equal" or (0 < i2 - i1 < FEW and (removed or added) and i2 < len(old)):
            removed, added = removed + old[i1:i2], added + new[j1:j2]
            continue
        found += [Piece(_joined(run), act) for run, act in ((removed, "tolto"), (added, "aggiunto")) if run]
        removed, added = [], []
        if i2 > i1:
            stays = old[i1:i2] if whole else _shortened(old[i1:i2], i1 == 0, i2 == len(old))
            found.append(Piece(_joined(stays)))
    return tuple(found)


def _joined(words: list[str]) -> str:
    return re.sub(r" ?\n ?", "\n", " ".join(words))


def _shortened(words: list[str], first: bool, last: bool) -> list[str]:
    """What has not changed, as far as it helps to find the place."""
    head = [] if first else words[:AROUND]
    tail = [] if last else words[-AROUND:]
    return words if len(words) <= len(head) + len(tail) + FEW else [*head, "…", *tail]
