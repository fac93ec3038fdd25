"""«Segnala un problema in questa pagina»: the form, and the page of whoever answers."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import (
    ProblemReport,
)
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest

from . import faq_pages, feed, problem_reports

LONGEST_PATH = 300


class ProblemForm(forms.Form):
    """What is wrong, and where; whoever has not entered may leave an address for the answer."""

    page = forms.CharField(
        label=gettext_lazy("Pagina"), max_length=LONGEST_PATH, widget=forms.HiddenInput, required=False
    )
    text = forms.CharField(
        label=gettext_lazy("Che cosa non va"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Non scrivere nomi o notizie di persone seguite dai servizi."),
    )  # fmt: skip

    email = forms.EmailField(
        label=gettext_lazy("La tua e-mail (facoltativa)"),
        required=False,
        help_text=gettext_lazy("Scrivila se vuoi una risposta."),
    )

    proposal = forms.BooleanField(required=False, widget=forms.HiddenInput)
    question = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, known: bool, is_proposal: bool = False, is_question: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if is_question:
            self.fields["text"].label = gettext_lazy("La tua domanda")
        if is_proposal:
            self.fields["text"].label = gettext_lazy("Che cosa scriveresti, e al posto di che cosa")
        if known:
            del self.fields["email"]

    def clean_page(self) -> str:
        """An address of this site, to name the page and to lead back to it."""
        return own_path(self.cleaned_data["page"])


class AnswerForm(forms.Form):
    """What came of it, to whoever took the trouble; who asked, or worded it in another way, was promised an answer."""

    answer = forms.CharField(
        label=gettext_lazy("La tua risposta (facoltativa)"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}), validators=[no_personal_data],
        help_text=gettext_lazy("Parte per e-mail a chi ha scritto, con il tuo nome."),
        error_messages={"required": gettext_lazy("Scrivi una riga a chi aspetta la risposta: anche solo «fatto», o "
                                                 "perché no.")},
    )  # fmt: skip

    def __init__(self, *args: Any, is_promised: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_promised:
            self.fields["answer"].required, self.fields["answer"].label = True, _("La tua risposta")


def own_path(path: str) -> str:
    """The path, where it is one of this site, without its question where that is too long; else the home page."""
    if len(path) > LONGEST_PATH:
        path = path.partition("?")[0]
    plain = path.startswith("/") and path.isprintable() and len(path) <= LONGEST_PATH
    return path if plain and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/"


def report_problem(request: HttpRequest) -> HttpResponse:
    """«Segnala un problema in questa pagina»: to whoever answers for it; back to the page afterwards."""
    known = request.user.is_authenticated
    path = own_path(request.POST.get("page") or request.GET.get("pagina", "/"))
    is_proposal = "correzione" in request.GET or request.POST.get("proposal") == "True"
    is_question = known and ("domanda" in request.GET or request.POST.get("question") == "True")
    initial = {"page": path, "proposal": is_proposal, "question": is_question}
    form = ProblemForm(
        request.POST or None, initial=initial, known=known, is_proposal=is_proposal, is_question=is_question
    )
    if request.method == "POST" and form.is_valid():
        if ratelimit.consume(request, action="report_known" if known else "report"):
            data = form.cleaned_data
            problem_reports.report(
                request.user, data["page"], data["text"], data.get("email", ""), is_proposal, is_question
            )
            said = _("Grazie: la proposta è partita.") if is_proposal else _("Grazie: la segnalazione è partita.")
            if is_question:
                said = _("La domanda è partita: la risposta ti arriva per mail.")
            messages.success(request, said)
            return redirect(data["page"])
        too_many = _("Ne hai mandate molte in poco tempo") if known else _("Da qui sono partite troppe segnalazioni")
        form.add_error(None, _("%(why)s: riprova fra un’ora.") % {"why": too_many})
    page = problem_reports.page_at(path, request.user)
    context = {"form": form, "title": feed.name(page) if page else path, "path": path, "is_proposal": is_proposal,
               "is_question": is_question}  # fmt: skip
    return render(request, "portal/report_problem.html", context)


@login_required
def problem(request: PersonRequest, pk: int) -> HttpResponse:
    """A report, for the one person whom it reached; settling it takes it away."""
    rows = ProblemReport.objects.select_related("by", "page", "faq").filter(settled_at=None)
    row = access.get_or_404(rows, request.user, pk=pk)
    answer_to = problem_reports.answer_to(row)
    is_promised = bool(answer_to) and (row.is_proposal or row.is_question)
    form = AnswerForm(request.POST if request.method == "POST" else None, is_promised=is_promised)
    if request.method == "POST" and form.is_valid():
        try:
            problem_reports.settle(row, form.cleaned_data["answer"])
        except problem_reports.AlreadySettled:
            messages.info(request, _("Era già stata chiusa: la tua risposta non è partita."))
            return redirect("home")
        closed = _("Domanda chiusa") if row.is_question else _("Segnalazione chiusa")
        closed = _("Proposta chiusa") if row.is_proposal else closed
        messages.success(request, _("%(closed)s: il portale non la conserva.") % {"closed": closed})
        return redirect("home")
    may_edit = row.page is not None and access.can(request.user, "edit", row.page)
    more = {"form": form, "answer_to": answer_to, "may_edit": may_edit,
            "can_become_faq": bool(faq_pages.spaces_for(row, request.user))}  # fmt: skip
    return render(request, "portal/problem.html", problem_reports.shown(row, request.user) | more)
