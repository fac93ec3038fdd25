"""What is said of a draft, and what becomes of it: said, answered, closed, reopened, taken over, refused.

Rows of what people did, tied to a part by its lasting id and to its text by a fingerprint: where the part has changed
since, or is gone, the remark stays and says so, and no wording goes over words that its body has not seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page

from portal import access
from portal.accounts import own_data
from portal.models import Organisation, User
from portal.models.delegations import Purpose
from portal.notices import obligations
from portal.notices.obligations import Duty, Need
from portal.pages import comparison
from portal.personal_data import guard
from portal.words import dates

from . import discussions, joint_approval, places
from .discussions import Phase
from .models import Deed, Discussion, Remark, RemarkAct
from .models.remarks import SETTLED
from .places import Place


class Settled(Exception):
    """Somebody has closed it, or opened it again, since the page was shown."""


class PartChanged(Exception):
    """The part is not as it was when the wording was proposed: nothing is overwritten."""


@dataclass(frozen=True)
class Standing:
    """A remark before the draft as it is now."""

    remark: Remark
    acts: list[RemarkAct]
    place: Place | None  # the part today; None where it is gone, or the draft is not shown

    @property
    def last(self) -> RemarkAct | None:
        return self.acts[-1] if self.acts else None

    @property
    def is_settled(self) -> bool:
        return self.last is not None and self.last.deed in SETTLED

    @property
    def has_changed(self) -> bool:
        """Whether the part says something else, but for the wording itself once it was taken over."""
        known = {self.remark.sha256, *(act.sha256 for act in self.acts if act.deed == Deed.TAKEN)}
        return self.place is not None and self.place.sha256 not in known

    @property
    def state(self) -> tuple[str, str]:
        """Colour and words."""
        if self.last is None or self.last.deed == Deed.REOPENED:
            return "soon", _("aperta")
        words = {Deed.ANSWERED: _("ha una risposta"), Deed.RESOLVED: _("chiusa"), Deed.TAKEN: _("testo ripreso"),
                 Deed.REFUSED: _("testo non ripreso")}  # fmt: skip
        return ("other" if self.last.deed == Deed.ANSWERED else "ok"), words[Deed(self.last.deed)]

    @cached_property
    def change(self) -> tuple[comparison.Piece, ...]:
        """The wording against the words of then."""
        return self._against(self.remark.was)

    @cached_property
    def change_today(self) -> tuple[comparison.Piece, ...]:
        """The same against the words of now."""
        return self._against(self.place.wording) if self.place else ()

    def _against(self, words: dict[str, Any]) -> tuple[comparison.Piece, ...]:
        if self.remark.wording is None:
            return ()
        return comparison.compared(places.in_words(words), places.in_words(self.remark.wording), whole=True)


def standing(rows: Iterable[Remark], page: Any) -> list[Standing]:
    """Each remark as it stands; the rows with `acts` read already."""
    found = places.of(page) if page else {}
    return [Standing(row, list(row.acts.all()), found.get(row.place)) for row in rows]


def with_acts(rows: Any) -> Any:
    return rows.select_related("by__organisation", "organisation", "discussion").prefetch_related("acts__by")


# --- Said ------------------------------------------------------------------------------------------------


def bodies_of(user: User, discussion: Discussion) -> list[Organisation]:
    """Those in whose name the person may speak here."""
    return list(discussion.bodies.filter(pk__in=access.acts_for(user, Purpose.APPROVAL)).order_by("name"))


def may_speak(user: User, discussion: Discussion, now: Phase) -> bool:
    """While the draft is before those who are asked; whoever writes there, also while it is back in their hands."""
    if now == Phase.ENDED or not access.can(user, "view", discussion):
        return False
    return now != Phase.DRAFT or access.can(user, "edit", discussion.page)


def say(
    discussion: Discussion, place: Place, *, by: User, body: Organisation | None, comment: str,
    wording: dict[str, Any] | None,
) -> Remark:  # fmt: skip
    with transaction.atomic():
        discussion = _held(discussion)
        if not may_speak(by, discussion, discussions.phase(discussion, discussions.signing(discussion))):
            raise PermissionDenied
        if body is not None and body not in bodies_of(by, discussion):
            raise PermissionDenied
        remark: Remark = Remark.objects.create(
            discussion=discussion, place=place.key, heading=place.heading[:200], sha256=place.sha256,
            was=place.wording if place.takes_words else {"text": place.said, "rows": []}, comment=comment,
            wording=wording, by=by, organisation=body,
        )  # fmt: skip
        ask_and_settle(discussion)
    return remark


def personal_data_in(wording: dict[str, Any], before: dict[str, Any]) -> str:
    """What a wording adds that looks like somebody's data, as the author is told; empty where there is nothing."""
    known = {each.words for each in guard.find([("", places.in_words(before))]) if not each.is_certain}
    added = [each for each in guard.find([("", places.in_words(wording))]) if each.words not in known]
    if not added:
        return ""
    return _(
        "Qui sembra di leggere %(what)s («%(words)s»): togli quelle parole. Nel portale non si scrivono dati di "
        "persone seguite dai servizi."
    ) % {"what": added[0].kind.label, "words": added[0].words}


# --- Done with it ----------------------------------------------------------------------------------------


def may_settle(user: User, remark: Remark) -> bool:
    """Whoever writes the page answers, closes, takes over and refuses."""
    return remark.discussion.is_open and access.can(user, "edit", remark.discussion.page)


def may_close(user: User, remark: Remark) -> bool:
    """Whoever said it may close it as well, and open it again."""
    own = remark.by_id == user.pk and access.can(user, "view", remark)
    return may_settle(user, remark) or (remark.discussion.is_open and own)


def act(remark: Remark, deed: Deed, *, by: User, words: str = "", seen: int = 0) -> RemarkAct:
    """Answer, close, reopen or refuse; `seen` is the newest act that the person had before the eyes."""
    with transaction.atomic():
        discussion = _held(remark.discussion)
        remark.discussion = discussion
        may = may_close if deed in (Deed.RESOLVED, Deed.REOPENED) else may_settle
        if not may(by, remark):
            raise PermissionDenied
        _require_unchanged(remark, seen)
        row = _write(remark, deed, by=by, words=words)
        ask_and_settle(discussion)
    return row


def take(remark: Remark, *, by: User, seen: int = 0) -> RemarkAct:
    """Put the wording into the draft: a new text in which that part alone is another one.

    What bodies are signing is another text then: it is taken back from them in the same moment, and asked again.
    """
    with transaction.atomic():
        Page.objects.select_for_update(no_key=True).get(pk=remark.discussion.page_id)  # nobody saves meanwhile
        discussion = _held(remark.discussion)
        remark.discussion = discussion
        if remark.wording is None or not may_settle(by, remark):
            raise PermissionDenied
        _require_unchanged(remark, seen)
        page: Any = Page.objects.get(pk=discussion.page_id).get_latest_revision_as_object()
        place = places.of(page).get(remark.place)
        if place is None or place.sha256 != remark.sha256:
            raise PartChanged
        places.put(page, place, remark.wording)
        if joint := discussions.signing(discussion):
            joint_approval.take_back(joint, by=by)
        page.save_revision(user=by, log_action=True)
        row = _write(remark, Deed.TAKEN, by=by, sha256=places.of(page)[place.key].sha256)
        ask_and_settle(discussion)
    return row


def _held(discussion: Discussion) -> Discussion:
    """As it stands, until what is done with it is written: the second of two finds the first."""
    return Discussion.objects.select_for_update(of=("self",), no_key=True).select_related("page").get(pk=discussion.pk)


def _require_unchanged(remark: Remark, seen: int) -> None:
    last = RemarkAct.objects.filter(remark=remark).order_by("pk").last()
    if (last.pk if last else 0) != seen:
        raise Settled


def _write(remark: Remark, deed: Deed, *, by: User, words: str = "", sha256: str = "") -> RemarkAct:
    row: RemarkAct = RemarkAct.objects.create(remark=remark, deed=deed, words=words, by=by, sha256=sha256)
    if deed in (Deed.ANSWERED, Deed.TAKEN, Deed.REFUSED) or (deed == Deed.RESOLVED and by != remark.by):
        _tell(remark, row)
    elif by == remark.by:
        heard(remark, by)
    return row


# --- Asked and told --------------------------------------------------------------------------------------


def open_ones(discussion: Discussion) -> int:
    """How many wait for an answer; what its author noted for the others is not asked of the author."""
    newest = RemarkAct.objects.filter(remark=OuterRef("pk")).order_by("-pk").values("deed")[:1]
    rows = discussion.remarks.annotate(deed=Subquery(newest)).filter(Q(deed=None) | Q(deed=Deed.REOPENED))
    return int(rows.exclude(by=discussion.author).count() if discussion.author_id else rows.count())


def ask_and_settle(discussion: Discussion) -> None:
    """Bring what is asked of the author to what is open."""
    count, author = open_ones(discussion), discussion.author
    if not count or author is None or not discussion.is_open:
        obligations.settle(discussions.key(discussion))
        return
    duty = Duty(
        title=_("%(page)s: osservazioni sulla bozza") % {"page": discussion.title},
        verb=_("Rispondi"),
        why=ngettext("una aspetta una risposta", "%(count)d aspettano una risposta", count) % {"count": count},
        url=address(discussion),
        page=discussion.page_id,
        needs=Need.EDIT,
    )
    obligations.ask([author], discussions.key(discussion), duty)
    obligations.settle(discussions.key(discussion), but=[author])


def _tell(remark: Remark, row: RemarkAct) -> None:
    """Whoever said it learns what came of it, by name; the words are read where access is asked."""
    if row.by_id == remark.by_id:
        return
    duty = Duty(
        title=_("Risposta all’osservazione su %(page)s") % {"page": remark.discussion.title},
        verb=_("Leggi"),
        why=_("%(person)s %(deed)s: «%(heading)s»")
        % {"person": row.by, "deed": row.get_deed_display(), "heading": remark.heading},
        url=address_of(remark),
    )
    obligations.ask([remark.by], _key(remark), duty)


def heard(remark: Remark, by: User) -> None:
    """Whoever said it has read what came of it."""
    obligations.settle(_key(remark), person=by)


def is_told(remark: Remark, user: User) -> bool:
    """Whether an answer waits to be read by the person."""
    return any(row.key == _key(remark) for row in obligations.open_of(user))


def _key(remark: Remark) -> str:
    return f"remark-answer:{remark.pk}"


def address(discussion: Discussion) -> str:
    return reverse("discussion", args=[discussion.pk])


def address_of(remark: Remark) -> str:
    return reverse("remark", args=[remark.pk])


def kept_of(person: User) -> Iterable[own_data.Kept]:
    """What the person said of drafts, and did with what others said."""
    said = Remark.objects.filter(by=person).select_related("discussion")
    yield own_data.Kept(_("Osservazioni sulle bozze"), own_data.FOR_GOOD, [
        {_("su"): str(each), _("il"): dates.local_day(each.at), _("commento"): each.comment,
         _("altro testo"): places.in_words(each.wording) if each.wording else ""} for each in said
    ])  # fmt: skip
    done = RemarkAct.objects.filter(by=person).select_related("remark__discussion")
    yield own_data.Kept(_("Risposte alle osservazioni"), own_data.FOR_GOOD, [
        {_("su"): str(each.remark), _("il"): dates.local_day(each.at), _("che cosa"): each.get_deed_display(),
         _("parole"): each.words} for each in done
    ])  # fmt: skip


own_data.sources.append(kept_of)
