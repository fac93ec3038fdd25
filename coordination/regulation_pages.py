"""The Comuni’s rules for a service, side by side and as a table to keep; a Comune’s own, which its delegates write."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access, paging
from portal.accounts.vocabulary_pages import KINDS, Vocabulary
from portal.files import sheets
from portal.limits import limited
from portal.models import Organisation
from portal.pages import links
from portal.personal_data.guard import Guarded, no_personal_data
from portal.requests import PersonRequest
from portal.words import dates
from portal.words.days import DayField

from . import regulations, side_by_side
from .models import BodyRule, RegulatedService, ServicePage
from .models.directory import ServiceKind
from .side_by_side import TableForm

LONGEST_AMOUNT = 7  # figures before the comma
COPIED = (
    "offered", "threshold", "threshold_words", "fee", "fee_words", "documents", "way", "act", "act_date", "source",
    "valid_from",
)  # fmt: skip


class RegulatedServiceForm(Guarded, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = RegulatedService
        fields = ["name", "meaning", "space", "retired"]


KINDS["servizi"] = Vocabulary(
    gettext_lazy("Servizi con un regolamento"),
    gettext_lazy("Quelli che ogni Comune dà con le sue regole: i suoi delegati ai dati le scrivono, e si leggono una "
                 "accanto all’altra."), RegulatedServiceForm,
)  # fmt: skip


TYPED = re.compile(r"(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:[.,](?P<cents>\d{1,2}))?")


class AmountField(forms.CharField):
    """Euros as Italians type them: «15.000», «6,50», «€ 6,50»; a point before three figures is one of thousands."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=20, required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return side_by_side.euro(value).removeprefix("€ ") if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        typed = str(super().clean(value)).replace("€", "").replace(" ", "").replace("\xa0", "")
        if not typed:
            return None
        found = TYPED.fullmatch(typed)
        if found is None or len(whole := found["whole"].replace(".", "")) > LONGEST_AMOUNT:
            raise ValidationError(_("Scrivi un importo, per esempio 15.000 oppure 6,50."))
        return Decimal(f"{whole}.{found['cents'] or '0'}")


class RuleForm(forms.Form):
    """The body's rule, filled with the one that holds: one changes what has changed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    offered = forms.BooleanField(
        label=gettext_lazy("Il Comune dà questo servizio"), required=False,
        help_text=gettext_lazy("Togli la spunta se non lo dà: resta da scrivere in quale atto si legge."),
    )  # fmt: skip
    threshold = AmountField(
        label=gettext_lazy("Soglia in euro (facoltativa)"),
        help_text=gettext_lazy("Per esempio l’ISEE fino al quale si ha diritto: 15.000."),
    )
    threshold_words = forms.CharField(
        label=gettext_lazy("Che cosa vuol dire la soglia"), max_length=240, required=False,
        validators=[no_personal_data], help_text=gettext_lazy("Per esempio: di ISEE ordinario; sopra si paga tutto."),
    )  # fmt: skip
    fee = AmountField(
        label=gettext_lazy("Quota a carico in euro (facoltativa)"),
        help_text=gettext_lazy("Quella piena, per esempio 6,50."),
    )
    fee_words = forms.CharField(
        label=gettext_lazy("Per che cosa si paga, e chi paga meno"), max_length=240, required=False,
        validators=[no_personal_data], help_text=gettext_lazy("Per esempio: l’ora; niente sotto 8.000 di ISEE."),
    )  # fmt: skip
    documents = forms.CharField(
        label=gettext_lazy("Documenti che si chiedono"), max_length=2000, required=False, validators=[no_personal_data],
        widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("Uno per riga."),
    )  # fmt: skip
    way = forms.CharField(
        label=gettext_lazy("Come si accede"), max_length=2000, required=False, validators=[no_personal_data],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Dove si fa domanda, in quali giorni dell’anno, chi decide."),
    )  # fmt: skip
    act = forms.CharField(
        label=gettext_lazy("In quale atto si legge"), max_length=160, validators=[no_personal_data],
        help_text=gettext_lazy("Tipo e numero, per esempio «Regolamento comunale 12»."),
    )  # fmt: skip
    act_date = DayField(label=gettext_lazy("Data dell’atto"))
    source = forms.CharField(
        label=gettext_lazy("Dove si legge (facoltativo)"), max_length=300, required=False,
        help_text=gettext_lazy("L’indirizzo dell’atto nell’albo, o di una pagina o di un file del portale."),
    )  # fmt: skip
    valid_from = DayField(
        label=gettext_lazy("Vale dal"), required=False, help_text=gettext_lazy("Vuoto: dalla data dell’atto.")
    )
    is_correction = forms.BooleanField(
        label=gettext_lazy("Correggo uno sbaglio nell’ultima riga"), required=False,
        help_text=gettext_lazy("La riga sbagliata non conta più, ma resta scritta con chi l’ha messa e quando."),
    )  # fmt: skip

    def __init__(self, *args: Any, last: BodyRule | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.last = last
        if last:
            self.initial.update({name: getattr(last, name) for name in COPIED}, seen=last.pk)
        else:
            self.initial.update(seen=0, offered=True)
            del self.fields["is_correction"]

    def clean_source(self) -> str:
        source = str(self.cleaned_data["source"]).strip()
        here = source.startswith("/") and url_has_allowed_host_and_scheme(source, allowed_hosts=None)
        if source and not (links.is_kept(source) and (here or source.startswith(("http://", "https://")))):
            raise ValidationError(_("Non è un indirizzo che si può aprire: comincia con https:// oppure, per una "
                                    "pagina del portale, con /."))  # fmt: skip
        return source

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        data["valid_from"] = data["valid_from"] or data["act_date"]
        said = [data[name] for name in ("threshold", "threshold_words", "fee", "fee_words", "documents", "way")]
        if data["offered"] and not any(each not in (None, "") for each in said):
            raise ValidationError(_("Scrivi almeno una cosa: la soglia, la quota, i documenti o come si accede."))
        if not data["offered"]:
            data.update(threshold=None, threshold_words="", fee=None, fee_words="", documents="", way="")
        follows = self.last and not data.get("is_correction")
        if follows and self.last and data["valid_from"] <= self.last.valid_from:
            self.add_error("valid_from", _(
                "La regola di prima vale %(day)s: scrivi un giorno successivo, oppure spunta che correggi uno sbaglio."
            ) % {"day": dates.in_words(self.last.valid_from, article="dal")})  # fmt: skip
        return data


# --- Pages -----------------------------------------------------------------------------------------------


@login_required
def regulations_list(request: PersonRequest) -> HttpResponse:
    """The services, each with what is not the same everywhere."""
    request.section = "rubrica"
    rows = access.allowed(RegulatedService.objects.filter(retired=False), request.user)
    part = paging.part(request, rows.__getitem__)
    services = part.rows
    found = regulations.standings(services)
    mine = request.user.organisation_id
    context = {"services": [(each, side_by_side.of(found[each.pk], mine)) for each in services],
               "part": part, "keeps": access.coordinates(request.user)}  # fmt: skip
    return render(request, "coordination/regulations.html", context)


@login_required
def regulation(request: PersonRequest, slug: str) -> HttpResponse:
    """One service: the Comuni below each other, on a phone one card each, the reader's own first."""
    request.section = "rubrica"
    service = _service(request, slug)
    whole, table, form = _table(request, service)
    context = {
        "service": service, "whole": whole, "table": table, "form": form, "fields": side_by_side.FIELDS.items(),
        "asked": request.GET.urlencode(), "is_narrowed": bool(form.chosen), "kinds": list(sheets.KINDS),
        "day": form.chosen.get("giorno"),
    }  # fmt: skip
    return render(request, "coordination/regulation.html", context)


@login_required
@limited("table")
def regulation_sheet(request: PersonRequest, slug: str, kind: str) -> HttpResponse:
    """The same table, to work with."""
    service = _service(request, slug)
    if kind not in sheets.KINDS:
        raise Http404
    _whole, table, form = _table(request, service)
    day = form.chosen.get("giorno") or timezone.localdate()
    return sheets.response(kind, f"{service.slug}-{day.isoformat()}", service.name, table.rows())


def _service(request: PersonRequest, slug: str) -> RegulatedService:
    return access.get_or_404(RegulatedService.objects.select_related("space"), request.user, slug=slug)


def _table(request: PersonRequest, service: RegulatedService) -> tuple[Any, Any, TableForm]:
    form = TableForm(request.GET, regulations.concerned())
    chosen = form.chosen
    standings = regulations.standings([service], chosen.get("giorno"))[service.pk]
    whole = side_by_side.of(standings, request.user.organisation_id)
    return whole, side_by_side.narrowed(whole, chosen), form


@login_required
def body_rule(request: PersonRequest, slug: str, body: str) -> HttpResponse:
    """A Comune's rule and what it was before; for its delegates, the form, and «Vale ancora»."""
    request.section = "rubrica"
    service = _service(request, slug)
    organisation = get_object_or_404(regulations.concerned(), slug=body)
    may_write = regulations.may_write(request.user, service, organisation)
    said = regulations.of_body(service, organisation, request.user)
    form = RuleForm(
        request.POST if request.method == "POST" and "conferma" not in request.POST else None,
        last=said[0] if said else None,
    )  # fmt: skip
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if done := _written(request, service, organisation, form):
            messages.success(request, done)
            return redirect(regulations.address(service, organisation))
    standing = regulations.standing_of(service, organisation)
    context = {
        "service": service, "body": organisation, "standing": standing, "said": said,
        "form": form if may_write else None,
        "short": side_by_side.in_short(standing.rule) if standing.rule else [],
        "since": side_by_side.since(standing.rule) if standing.rule else "",
        "desk": desk_of(organisation, request.user) if standing.rule is None else None,
    }  # fmt: skip
    return render(request, "coordination/body_rule.html", context)


def _written(request: PersonRequest, service: RegulatedService, body: Organisation, form: RuleForm) -> str:
    """What was done; empty where the form says why not."""
    try:
        if "conferma" in request.POST:
            seen = int(request.POST["conferma"]) if request.POST["conferma"].isdecimal() else 0
            regulations.confirm(service, body, by=request.user, seen=seen)
            return _("Grazie: resta scritto che oggi vale ancora.")
        if form.is_valid():
            regulations.say(service, body, by=request.user, **form.cleaned_data)
            return _("Scritto: chi legge le regole lo vede da adesso.")
    except regulations.Overtaken as overtaken:
        newer = overtaken.newer
        words = _("Nel frattempo %(who)s ha scritto una riga che vale %(day)s: guarda sotto, e se serve invia di "
                  "nuovo.") % {"who": newer.by, "day": dates.in_words(newer.valid_from, article="dal")}  # fmt: skip
        if form.is_bound:
            form.add_error(None, words)
            form.data = {**request.POST.dict(), "seen": str(newer.pk)}  # what was typed stays
        else:
            messages.warning(request, words)
    return ""


def desk_of(body: Organisation, user: Any) -> ServicePage | None:
    desks = ServicePage.objects.filter(organisation=body, service_kind=ServiceKind.DESK).exclude(telephone="")
    found: ServicePage | None = access.allowed(desks, user).order_by("title").first()
    return found
