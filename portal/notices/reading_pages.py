"""Reading and signing: the button's act, the note to an own signature, and what whoever asked sees of it."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from wagtail.models import Page

from portal import access
from portal.accounts.person_field import MOST_OFFERED, in_list, named
from portal.files import sheets
from portal.limits import limited
from portal.models.acknowledgements import Acknowledgement, ReadingRequest, SignableText
from portal.models.delegations import Purpose
from portal.models.people import Organisation, User
from portal.models.spaces import Space
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.words import dates
from portal.words.days import DayField

from . import acknowledgements
from .feed import name

BRACKETED = re.compile(r"<([^<>]+)>")  # «Elena Fedi <elena.fedi@…>», as programs for mail copy it
FEWEST = 5  # people of whom a share in per cent is told


class Reading:
    """What a page knows of its reader's signature; asked of the database when it is shown."""

    def __init__(self, page: Page, user: Any) -> None:
        self.page, self.user = page, user
        self.key = f"reading:{page.pk}"

    @cached_property
    def text(self) -> SignableText | None:
        return acknowledgements.current(self.page)

    @cached_property
    def signatures(self) -> list[Acknowledgement]:
        return acknowledgements.own(self.page, self.user) if isinstance(self.user, User) else []

    @property
    def changes(self) -> Any:
        """What changed since the text that the person signed last."""
        if not self.signatures:
            return None
        return acknowledgements.changes_since(self.page, self.signatures[0].text, self.user)

    @property
    def may_follow(self) -> bool:
        """Whoever may ask; and, of what is asked, whoever follows the signatures of a body."""
        if not isinstance(self.user, User):
            return False
        if "approve" in access.acts_on(self.user, self.page):
            return True
        follows = access.acts_for(self.user, Purpose.SIGNATURES)
        return bool(follows) and acknowledgements.open_requests(self.page).exists()


@login_required
@require_POST
def sign(request: PersonRequest, pk: int) -> HttpResponse:
    """«Ho letto e compreso», of the text that stood above the button."""
    page = access.get_or_404(Page.objects.live(), request.user, pk=pk).specific
    if not acknowledgements.is_asked(request.user, page):
        raise Http404
    seen = request.POST.get("text", "")
    try:
        row = acknowledgements.sign(page, by=request.user, seen=int(seen) if seen.isdecimal() else 0)
    except acknowledgements.NoLongerThisText:
        messages.error(request, _("Nel frattempo il testo è cambiato: rileggilo, e poi firma."))
        return redirect(f"{page.url}#firma")
    messages.success(request, _("Hai firmato: %(text)s.") % {"text": row.text.label})
    return redirect(f"{page.url}#firma")


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Nota"), max_length=240, widget=forms.Textarea(attrs={"rows": 2}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Per esempio: «Ho premuto per sbaglio». La firma resta, con la nota accanto."),
    )  # fmt: skip


@login_required
def note(request: PersonRequest, pk: int) -> HttpResponse:
    """A note to an own signature: there is no taking it back."""
    signature = get_object_or_404(access.allowed(Acknowledgement.objects.select_related("text"), request.user), pk=pk)
    page = access.get_or_404(Page.objects.live(), request.user, pk=signature.text.page_id).specific
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        acknowledgements.annotate(signature, by=request.user, words=form.cleaned_data["note"])
        messages.success(request, _("La nota è scritta accanto alla tua firma."))
        return redirect("reading_note", signature.pk)
    context = {"page": page, "signature": signature, "form": form, "title": name(page)}
    return render(request, "portal/reading_note.html", context)


# --- Asking, and following -------------------------------------------------------------------------------


class AskForm(forms.Form):
    """Of whom, and by when. Nobody is a default."""

    spaces = forms.ModelMultipleChoiceField(
        Space.objects.none(), label=gettext_lazy("Chi ha un ruolo in"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    bodies = forms.ModelMultipleChoiceField(
        Organisation.objects.all(), label=gettext_lazy("Chi lavora per"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    professions = forms.MultipleChoiceField(
        label=gettext_lazy("Chi ha la professione"), required=False, widget=forms.CheckboxSelectMultiple
    )
    people = forms.CharField(
        label=gettext_lazy("Persone"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Nome e cognome o indirizzo di posta, uno per riga."),
    )  # fmt: skip
    due = DayField(
        label=gettext_lazy("Entro il"),
        help_text=gettext_lazy("Per ogni testo nuovo da firmare, altrettanti giorni da quando esce."),
    )  # fmt: skip
    is_required = forms.BooleanField(
        label=gettext_lazy("È obbligatoria"), required=False,
        help_text=gettext_lazy("Solo allora vedi i nomi di chi ha firmato e di chi manca."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        known = access.allowed(User.objects.current(), user).exclude(profession=None).order_by("profession__name")
        names = known.values_list("profession__name", flat=True).distinct()
        fields: Any = self.fields
        fields["spaces"].queryset = access.allowed(Space.objects.select_related("root_page"), user)
        fields["professions"].choices = [(each, each) for each in names]

    def clean_people(self) -> list[User]:
        parts = re.split(r"[,;\n]", self.cleaned_data["people"])
        typed = [(BRACKETED.search(each) or [each, each])[1].strip() for each in parts if each.strip()]
        known = list(access.allowed(User.objects.current(), self.user).select_related("organisation")) if typed else []
        meant = {each: _meant(each, known) for each in typed}
        if problems := [_unclear(each, people) for each, people in meant.items() if len(people) != 1]:
            raise forms.ValidationError(problems)
        return list({people[0].pk: people[0] for people in meant.values()}.values())

    def clean_due(self) -> date:
        day: date = self.cleaned_data["due"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("Scegli un giorno che deve ancora venire."))
        return day

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        asked = [typed.get(each) for each in ("spaces", "bodies", "professions", "people")]
        if "people" not in self.errors and not any(asked):
            raise forms.ValidationError(_("Scegli a chi lo chiedi."))
        return typed


def _meant(typed: str, known: list[User]) -> list[User]:
    """An address is whole or nobody's; a name may be a part of it."""
    if "@" in typed:
        return [who for who in known if who.email == typed.lower()]
    return named(typed, known)


def _unclear(typed: str, people: list[User]) -> str:
    """Why a name or an address says no one person."""
    if not people:
        return _("Non trovo «%(typed)s»: controlla il nome o l’indirizzo.") % {"typed": typed}
    offered = "; ".join(f"{in_list(who)}, {who.email}" for who in people[:MOST_OFFERED])
    return _("«%(typed)s» può essere più d’una persona: scrivi l’indirizzo. %(offered)s") % {
        "typed": typed, "offered": offered,
    }  # fmt: skip


@dataclass
class Count:
    """Of one body: how many were asked, who has signed, who is missing."""

    body: Organisation | None
    signed: list[Acknowledgement] = field(default_factory=list)
    missing: list[User] = field(default_factory=list)
    named: set[int] = field(default_factory=set)  # asked of whom it is required

    @property
    def asked(self) -> int:
        return len(self.signed) + len(self.missing)

    @property
    def share(self) -> int | None:
        return round(100 * len(self.signed) / self.asked) if self.asked >= FEWEST else None

    @property
    def missing_named(self) -> list[User]:
        return [who for who in self.missing if who.pk in self.named]

    @property
    def signed_named(self) -> list[Acknowledgement]:
        return [row for row in self.signed if row.person_id in self.named]


def counts(page: Page, bodies: set[int] | None) -> list[Count]:
    """By body, of all or of these; people are those asked now."""
    signed, requests = acknowledgements.signers(page), list(acknowledgements.with_whom(page))
    people = acknowledgements.asked_of(requests, page).select_related("organisation")
    of_duty = acknowledgements.asked_of([each for each in requests if each.is_required], page)
    required = set(of_duty.values_list("pk", flat=True))
    found: dict[int | None, Count] = {}
    for who in people:
        if bodies is None or who.organisation_id in bodies:
            count = found.setdefault(who.organisation_id, Count(who.organisation, named=required))
            if who.pk in signed:
                count.signed.append(signed[who.pk])
            else:
                count.missing.append(who)
    return sorted(found.values(), key=lambda count: count.body.name if count.body else "")


def _followed(request: PersonRequest, pk: int) -> tuple[Any, set[int] | None]:
    """The page, and of which bodies the person may know: of all who asks, of the own who follows its signatures."""
    page = access.get_or_404(Page.objects.live(), request.user, pk=pk).specific
    if access.can(request.user, "approve", page):
        return page, None
    bodies = access.acts_for(request.user, Purpose.SIGNATURES)
    if not bodies or not acknowledgements.open_requests(page).exists():
        raise Http404
    return page, bodies


@login_required
def reading(request: PersonRequest, pk: int) -> HttpResponse:
    """Who was asked, who has signed and who is missing, by body; and, for who publishes there, asking."""
    page, bodies = _followed(request, pk)
    may_ask = bodies is None
    form = AskForm(request.POST or None, user=request.user) if may_ask else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            asked = acknowledgements.ask(page, by=request.user, **form.cleaned_data)
            messages.success(request, _said(asked, page))
            return redirect("reading", page.pk)
    context = {
        "page": page, "title": name(page), "form": form, "counts": counts(page, bodies),
        "requests": acknowledgements.with_whom(page).select_related("asked_by") if may_ask else [],
        "text": acknowledgements.current(page),
    }  # fmt: skip
    return render(request, "portal/reading.html", context)


def _said(asked: ReadingRequest, page: Page) -> str:
    """Of how many it was asked, and how many of those chosen cannot open the page."""
    count, out = acknowledgements.asked(asked, page).count(), acknowledgements.shut_out(asked, page).count()
    said = ngettext("Chiesto a %(count)d persona.", "Chiesto a %(count)d persone.", count) % {"count": count}
    if not out:
        return said
    more = ngettext(
        "Un’altra non può aprire la pagina: le sarà chiesto quando potrà.",
        "Altre %(out)d non possono aprire la pagina: sarà chiesto loro quando potranno.",
        out,
    ) % {"out": out}
    return f"{said} {more}"


@login_required
@require_POST
def end(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask no more; what was signed stays."""
    found = access.get_or_404(ReadingRequest.objects.all(), request.user, "approve", pk=pk)
    acknowledgements.end(found, by=request.user)
    messages.success(request, _("Non lo chiedi più. Le firme restano."))
    return redirect("reading", found.page_id)


@login_required
@limited("table")
def sheet(request: PersonRequest, pk: int) -> HttpResponse:
    """The same as CSV: numbers by body; names only where it is required."""
    page, bodies = _followed(request, pk)
    rows: list[list[str | int]] = [[_("Ente"), _("Chiesto a"), _("Firmato"), _("Mancano"), _("Persona"),
                                    _("Firmato il"), _("Testo"), _("Impronta")]]  # fmt: skip
    for count in counts(page, bodies):
        body = str(count.body or _("senza ente"))
        rows.append([body, count.asked, len(count.signed), len(count.missing), "", "", "", ""])
        for row in count.signed_named:
            rows.append([body, "", "", "", str(row.person), dates.in_words(row.at), row.text.label,
                         row.text.fingerprint])  # fmt: skip
        rows += [[body, "", "", "", str(who), "", "", ""] for who in count.missing_named]
    return sheets.response("csv", f"firme-{page.slug}", _("Firme"), rows)
