"""The form that reports data of assisted people, and the page where it is handled."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.images.shortcuts import get_rendition_or_not_found

from portal import access
from portal.files import looking
from portal.models.media import Document, Image
from portal.models.personal_data import Outcome, PersonalDataReport, What
from portal.notices import feed
from portal.notices.problem_pages import own_path
from portal.notices.problem_reports import page_at
from portal.requests import PersonRequest

from . import reports
from .guard import no_personal_data

IN_THE_TEXT = "testo"
SMALL = "max-165x165"


class ReportForm(forms.Form):
    """What was seen, and whether in the text or in one of the page's files or pictures; never the words themselves."""

    what = forms.ChoiceField(label=gettext_lazy("Che cosa hai visto"), choices=What.choices, widget=forms.RadioSelect)
    where = forms.ChoiceField(label=gettext_lazy("Dove"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, files: list[Document], pictures: list[Image], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.things: dict[str, Document | Image] = {str(file.pk): file for file in files}
        self.things |= {f"immagine-{picture.pk}": picture for picture in pictures}
        named = [(key, _named(each)) for key, each in self.things.items()]
        self.fields["where"].choices = [(IN_THE_TEXT, _("nel testo della pagina")), *named]  # type: ignore[attr-defined]
        if not self.things:
            self.fields["where"].initial = IN_THE_TEXT


def _named(file: Document | Image) -> str:
    """Of a picture with itself, small: readers of its page have never seen its title."""
    if isinstance(file, Document):
        return file.title
    named = format_html(_("nell’immagine «{title}»"), title=file.description or file.title)
    return format_html("{} {}", named, small(file))


def small(picture: Image) -> SafeString:
    """Without its words, which stand beside it; of a picture whose file is gone, that it is."""
    rendition = get_rendition_or_not_found(picture, SMALL)
    return rendition.img_tag({"alt": "", "class": "small-picture"})  # type: ignore[no-any-return]


class HandledForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("Che cosa hai fatto"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=gettext_lazy("In una frase"), max_length=240, validators=[no_personal_data],
        help_text=gettext_lazy("La legge chi ha segnalato. Non ripetere i dati."),
    )  # fmt: skip

    def __init__(self, *args: Any, certain: bool, by_itself: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if by_itself:
            self.fields["reason"].help_text = _("Resta scritta qui. Non ripetere i dati.")
        if certain:  # a tax code is somebody's: there is no other way than to take it out
            self.fields["outcome"].choices = [(Outcome.REMOVED.value, Outcome.REMOVED.label)]  # type: ignore[attr-defined]


@login_required
def report(request: PersonRequest) -> HttpResponse:
    """«Segnala dati personali»: the page or the file goes out of sight, and whoever answers for it is asked."""
    path = own_path(request.POST.get("page") or request.GET.get("pagina", "/"))
    page: Any = page_at(path, request.user)
    if page is None:
        raise Http404
    this: Any = page.__class__.objects.filter(pk=page.pk)
    files, pictures = (access.allowed(access.carried(kind, this), request.user) for kind in (Document, Image))
    form = ReportForm(request.POST or None, files=list(files), pictures=list(pictures.prefetch_renditions(SMALL)))
    if request.method == "POST" and form.is_valid():
        seen = form.things.get(form.cleaned_data["where"], page)
        try:
            row = reports.report(request.user, form.cleaned_data["what"], seen=seen)
        except reports.TooMany:
            form.add_error(None, _("Hai già cinque segnalazioni aperte: telefona a chi risponde della pagina."))
        else:
            messages.success(request, _thanks(row))
            return redirect("personal_data", row.pk)
    context = {"form": form, "title": feed.name(page), "path": path}
    return render(request, "portal/report_personal_data.html", context)


def _thanks(row: PersonalDataReport) -> str:
    said = _("Grazie. Da adesso la vedete soltanto tu e chi ne risponde.")
    if not row.file:
        return said
    others = [_("«%(file)s»") % {"file": each.file.title} for each in reports.reported_with(row)]
    more = _("Ho nascosto anche %(files)s: dice le stesse cose.") % {"files": ", ".join(others)} if others else ""
    return f"{said} {more}".strip()


def _stays_hidden(row: PersonalDataReport) -> SafeString:
    """Beside a file that was mended: its signed copy holds what it held."""
    said = _("«{file}» diceva le stesse cose e resta nascosto: <a href='{url}'>sostituisci o togli anche quello</a>.")
    if not row.hides:
        said = _("«{file}» diceva le stesse cose: <a href='{url}'>sostituisci o togli anche quello</a>.")
    return format_html(said, file=row.file, url=reverse("personal_data", args=[row.pk]))


@login_required
def personal_data(request: PersonRequest, pk: int) -> HttpResponse:
    """A report, for who made it and for who answers; handled here, with a reason."""
    rows = PersonalDataReport.objects.select_related("page", "document", "picture", "by", "handled_by")
    row = access.get_or_404(rows, request.user, pk=pk)
    may_handle = row.handled_at is None and access.can(request.user, "manage", row)
    form = (
        HandledForm(request.POST or None, certain=row.is_certain, by_itself=row.found_by_itself) if may_handle else None
    )
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            beside = [each.pk for each in reports.reported_with(row)]
            reports.settle(row, request.user, form.cleaned_data["outcome"], form.cleaned_data["reason"])
        except reports.StillThere as problem:
            form.add_error("outcome", str(problem))
        except reports.AlreadyHandled as problem:
            messages.info(request, str(problem))
            return redirect("personal_data", row.pk)
        else:
            messages.success(request, _("Fatto: la segnalazione è chiusa."))
            left = PersonalDataReport.objects.filter(pk__in=beside, handled_at=None)
            for each in left.select_related("document", "picture"):
                messages.warning(request, _stays_hidden(each))
            return redirect("personal_data", row.pk)
    thing: Any = row.page.specific if row.page else row.file  # one of them, as the table demands
    context = {
        "report": row, "form": form, "thing": thing, "is_page": row.page is not None,
        "picture": small(row.picture) if row.picture else "",
        "found": looking.in_words(looking.of(row.document)) if row.found_by_itself and row.document and form else "",
        "is_hidden": reports.is_hidden(row),
        "hidden_with_it": [] if row.handled_at else reports.reported_with(row),
        "handlers": [] if row.handled_at else reports.who_handles(row),
        "may_edit": access.can(request.user, "edit", thing),
    }  # fmt: skip
    return render(request, "portal/personal_data.html", context)
