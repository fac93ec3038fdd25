"""Stops what looks like somebody's data before others read it: the author sees what, and where, and takes it out.

Short notes are refused. The text of a page may keep what only looks like it, for a reason that is kept apart; a tax
code whose check digit is right never stays, whatever the reason (design point 19).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.blocks import StreamValue

from portal.models.people import Organisation, User
from portal.models.personal_data import PersonalDataReason
from portal.pages.blocks import plain

from . import detection
from .detection import Finding, Kind

Part = tuple[str, str]  # the name of a part of the page, and its text
REASON = "personal_data_reason"
LONGEST_REASON = 240
SHOWN = 5  # findings named at once
HEADS = ("heading", "title", "term")  # what a block calls itself

# --- What the network itself has made known --------------------------------------------------------------

telephones: list[Callable[[], Iterable[str]]] = [
    lambda: User.objects.exclude(telephone="").values_list("telephone", flat=True),
    lambda: Organisation.objects.exclude(telephone="").values_list("telephone", flat=True),
]
"""The packages add the telephones of what they keep: the directory's numbers are nobody's secret."""


def find(parts: Iterable[Part]) -> list[Finding]:
    """What looks like somebody's data in the parts, each words once, but for the directory's own numbers."""
    found = [finding for place, text in parts for finding in detection.find(text, place)]
    if any(finding.kind == Kind.MOBILE for finding in found):
        known = {
            _figures(number) for numbers in telephones for field in numbers() for number in re.split("[;,]", field)
        }
        found = [each for each in found if each.kind != Kind.MOBILE or _figures(each.words) not in known]
    return list({(each.kind, _bare(each.words)): each for each in reversed(found)}.values())[::-1]


def _figures(number: str) -> str:
    return re.sub(r"\D", "", re.sub(r"^(\+|00)39", "", number.strip()))


def _bare(words: str) -> str:
    return re.sub(r"[\W_]", "", words).upper()


# --- Short notes -----------------------------------------------------------------------------------------


def no_personal_data(text: str) -> None:
    """Validator of whatever is written for others to read outside a page's text."""
    if found := find([("", text)]):
        raise not_here(found)


def not_here(found: list[Finding]) -> ValidationError:
    said = _(
        "Qui sembra di leggere %(what)s: togli quelle parole. Nel portale non si scrivono dati di persone seguite "
        "dai servizi."
    )
    return ValidationError(said % {"what": _named(found)}, code="personal_data")


class Guarded:
    """A form whose words others read: none of them may be somebody's data."""

    unguarded: ClassVar[tuple[str, ...]] = ()  # fields that hold a telephone or a name of whoever works in the network

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            if type(field) is forms.CharField and name not in self.unguarded:
                field.validators = [*field.validators, no_personal_data]


def _named(found: list[Finding]) -> str:
    shown = [f"{each.kind.label} («{each.words}»)" for each in found[:SHOWN]]
    return "; ".join(shown) + (_(" e altro ancora") if len(found) > SHOWN else "")


class Reasoned:
    """A form of a page's words outside the editors' admin: what only looks like somebody's data may stay for a reason.

    The form has a `ReasonField` under the name of REASON, and says whose page it is, where there is one already.
    """

    worded: ClassVar[tuple[str, ...]] = ()  # the fields that others will read
    page_pk: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get(REASON):  # type: ignore[attr-defined]  # typed before the session ended: seen, not only sent
            self._ask_why()

    def _ask_why(self) -> None:
        self.fields[REASON].widget = forms.Textarea(attrs={"rows": 2})  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        form: Any = self
        data: dict[str, Any] = super().clean() or form.cleaned_data  # type: ignore[misc]
        pages, reason = [self.page_pk] if self.page_pk else [], (data.get(REASON) or "").strip()
        self.doubts: list[Finding] = []
        for name in self.worded:
            found = unexplained(pages, find([(str(form.fields[name].label), data.get(name) or "")]))
            if certain := [each for each in found if each.is_certain]:
                form.add_error(name, not_here(certain))
            elif found and not reason:
                form.add_error(name, _MAY_STAY % {"what": _named(found)})
            self.doubts += found
        if self.doubts:
            self._ask_why()
        return data

    def explain(self, page: Any, by: User) -> None:
        """Beside the page, once it has its row."""
        form: Any = self
        page.explained = [(each, form.cleaned_data[REASON].strip(), by) for each in self.doubts]
        keep_reasons(page)


_MAY_STAY = gettext_lazy(
    "Qui sembra di leggere %(what)s. Togli quelle parole; oppure, se non sono di una persona seguita, scrivi in fondo "
    "perché possono restare."
)


# --- The editors' form -----------------------------------------------------------------------------------


class ReasonField(forms.CharField):
    """Shown only where something was found: else the form carries an empty hidden field."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Perché può restare"), max_length=LONGEST_REASON, required=False,
            widget=forms.HiddenInput, validators=[no_personal_data],
        )  # fmt: skip


class ReasonWidget(forms.Textarea):
    template_name = "wagtailadmin/widgets/personal_data_reason.html"


def stops(form: Any, itself: bool = False) -> bool:
    """Whether the form must not be saved yet; what was found is said in it, and where it may stay for a reason, asked.

    A draft that saves itself is stopped by what is certain alone: nothing else may cost somebody an hour's text.
    """
    found = _unexplained(form.instance, find(parts(form)))
    certain = [each for each in found if each.is_certain]
    if certain:
        form.add_error(None, _said(certain, _("Quelle parole non possono restare: toglile, e salva di nuovo.")))
        return True
    if not found or itself:
        return False
    if reason := (form.cleaned_data.get(REASON) or "").strip():
        form.instance.explained = [(each, reason, form.for_user) for each in found]
        return False
    form.fields[REASON].widget = ReasonWidget(attrs={"rows": 2})
    way_on = _(
        "Togli quelle parole; oppure, se non sono di una persona seguita, scrivi in fondo alla pagina perché possono "
        "restare."
    )
    form.add_error(None, _said(found, way_on))
    return True


def keep_reasons(page: Any) -> None:
    """Write down, once the page has its row, why each of the words may stay."""
    for finding, reason, author in page.__dict__.pop("explained", []):
        PersonalDataReason.objects.get_or_create(
            page_id=page.pk, fingerprint=fingerprint(finding),
            defaults={"kind": finding.kind, "reason": reason, "by": author},
        )  # fmt: skip


def fingerprint(finding: Finding, key: str | None = None) -> str:
    """Of the words, not the words: the register of reasons must not be what it guards against."""
    return salted_hmac("portal.personal_data", _bare(finding.words), key, algorithm="sha256").hexdigest()


def _fingerprints(finding: Finding) -> set[str]:
    """With the key of today, and with those that it replaced."""
    return {fingerprint(finding, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def _unexplained(page: Any, found: list[Finding]) -> list[Finding]:
    return unexplained([page.pk] if page.pk else [], found)


def unexplained(pages: list[int], found: list[Finding], by: User | None = None) -> list[Finding]:
    """Of what was found in a text or in a file of the pages, what nobody has said the reason of, or what is certain.

    With `by`: what a letterhead has is said once for all the files of the same author.
    """
    if not found or not (pages or by):
        return found
    here = Q(page__in=pages)
    said = here | Q(by=by, kind__in=detection.ON_LETTERHEADS) if by else here
    known = set(PersonalDataReason.objects.filter(said).values_list("fingerprint", flat=True))
    return [each for each in found if each.is_certain or known.isdisjoint(_fingerprints(each))]


def explain_numbers(found: list[Finding], reason: str, by: User) -> None:
    """Why the telephones and accounts of a file may stay, in this one and in the author's next."""
    for each in found:
        if each.kind in detection.ON_LETTERHEADS:
            PersonalDataReason.objects.get_or_create(
                page=None, by=by, fingerprint=fingerprint(each), defaults={"kind": each.kind, "reason": reason}
            )


def _said(found: list[Finding], way_on: str) -> str:
    shown = [
        _("%(what)s, «%(words)s», in «%(place)s»") % {"what": each.kind.label, "words": each.words, "place": each.place}
        for each in found[:SHOWN]
    ]
    more = _(" e altro ancora") if len(found) > SHOWN else ""
    return _("La pagina non è salvata: sembra contenere %(what)s%(more)s. %(way_on)s") % {
        "what": "; ".join(shown), "more": more, "way_on": way_on,
    }  # fmt: skip


def parts(form: Any) -> Iterator[Part]:
    """What a page's form holds in words, its rows too, each under the name that its author knows it by."""
    yield from _fields(form)
    for formset in form.formsets.values():
        for number, row in enumerate(formset.forms, start=1):
            if getattr(row, "cleaned_data", None) and not row.cleaned_data.get("DELETE"):
                name = capfirst(str(row.instance._meta.verbose_name))
                yield from ((f"{name} {number}", text) for _label, text in _fields(row))


def _fields(form: Any) -> Iterator[Part]:
    for name, value in form.cleaned_data.items():
        if name == REASON:
            continue
        label = str(form.fields[name].label or name) if name in form.fields else name
        if isinstance(value, StreamValue):
            yield from _blocks(value, label)
        elif isinstance(value, str):
            yield label, plain(value) if "<" in value else value


def _blocks(stream: StreamValue, label: str) -> Iterator[Part]:
    for block in stream:
        said = block.block.get_prep_value(block.value)
        head = next((str(said[key]) for key in HEADS if said.get(key)), "") if isinstance(said, dict) else ""
        yield head or label, "\n".join(_strings(said))


def _strings(value: Any) -> Iterator[str]:
    """The words of a block of any make, without the marks that Wagtail gives its rows."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in {"id", "type"}:
                yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield plain(value) if "<" in value else value
