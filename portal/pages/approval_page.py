"""The page on which an approver decides: the text as it will be read, who asks and why, what changes."""

from collections.abc import Callable, Iterable
from typing import Any

from bs4 import BeautifulSoup, Tag
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page, TaskState

from portal import access, errors
from portal.files import replacing
from portal.models.workflow import ApprovalState
from portal.notices import feed
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest

from . import alone, approval, comparison, concurrent_edits, publish_approved, trial, withdrawing
from .atomic_acts import NotDone
from .publish_approved import Further

Beside = Callable[[Page, Any], Iterable[tuple[str, str]]]  # the page that waits, who asks → words, address
beside: list[Beside] = []
"""Packages add what else an approver may do with the text before deciding."""


class DecisionForm(forms.Form):
    """«Approva», with a note or without; «Chiedi modifiche», never without a reason."""

    seen = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    words = forms.CharField(
        label=gettext_lazy("Che cosa scrivi a chi l’ha proposta"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}), validators=[no_personal_data],
        help_text=gettext_lazy(
            "Se approvi è facoltativo. Se chiedi modifiche scrivi quali: chi l’ha proposta le legge così."
        ),
    )  # fmt: skip

    @property
    def approves(self) -> bool:
        return "approva" in self.data

    def clean_words(self) -> str:
        words = str(self.cleaned_data["words"]).strip()
        if not words and not self.approves:
            raise forms.ValidationError(
                gettext_lazy("Scrivi che cosa va cambiato: chi l’ha proposta deve sapere che cosa fare.")
            )
        return words


POINTING = ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls")
HERE = "letto-"  # before every name inside the text: the page around it has names of its own


@login_required
def decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Read, then «Approva» or «Chiedi modifiche»; what is decided says by whom."""
    state = _state(request, pk)
    if state.status != TaskState.STATUS_IN_PROGRESS:
        return _decided(request, state)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _decide(request, state, form)
        except approval.TextChanged:
            form.add_error(None, _("Il testo è cambiato mentre lo leggevi: rileggilo, poi decidi."))
        except NotDone as problem:
            code = errors.write_down(f"{request.method} {request.path}", problem.__cause__)
            form.add_error(None, _("%(problem)s Codice da segnalare: %(code)s.") % {"problem": problem, "code": code})
        except ValidationError as problem:  # what the author can mend
            form.add_error(None, [_("Così non si può pubblicare:"), *problem.messages])
        except approval.AlreadyDecided:
            return _decided(request, _state(request, pk))
    return _page(request, state, form)


def _state(request: PersonRequest, pk: int) -> ApprovalState:
    states = ApprovalState.objects.select_related("workflow_state__requested_by__organisation", "finished_by")
    state = access.approvals(request.user, states.filter(pk=pk)).first()
    if state is None:
        raise Http404
    return state


def _decide(request: PersonRequest, state: ApprovalState, form: DecisionForm) -> HttpResponse:
    words = form.cleaned_data["words"]
    title = approval.title_of(state)
    if form.approves:
        step = publish_approved.next_step(approval.proposed(state).as_object())
        page = approval.approve(state, by=request.user, seen=form.cleaned_data["seen"], note=words)
        messages.success(request, _done(page, title, step))
    else:
        approval.ask_for_changes(state, by=request.user, reason=words)
        author = state.workflow_state.requested_by
        messages.success(request, _("Hai chiesto modifiche a «%(page)s»: %(author)s riceve il tuo motivo.")
                         % {"page": title, "author": author or _("chi l’ha scritta")})  # fmt: skip
    return redirect("home")


def _done(page: Page, title: str, step: Further | None) -> str:
    if step:
        return " ".join([_("Hai approvato «%(page)s».") % {"page": title}, step.words(page)])
    if when := approval.scheduled_for(page):
        return _("Hai approvato «%(page)s»: sarà pubblicata %(day)s.") % {"page": title, "day": when}
    return _("Hai approvato «%(page)s»: è pubblicata.") % {"page": title}


def _decided(request: PersonRequest, state: ApprovalState) -> HttpResponse:
    page = state.workflow_state.content_object
    typed = request.POST.get("words", "").strip()  # by whoever decided a moment later
    context = {"state": state, "title": approval.title_of(state), "page": page, "unsent": [typed] if typed else []}
    return render(request, "portal/approval_decided.html", context)


def _page(request: PersonRequest, state: ApprovalState, form: DecisionForm) -> HttpResponse:
    live = state.workflow_state.content_object.specific
    revision = approval.proposed(state)
    page = revision.as_object()
    step = publish_approved.next_step(page)
    context = {
        "form": form,
        "state": state,
        "title": feed.name(page),
        "proposal": page,
        "revision": revision,
        "seen": concurrent_edits.mark(revision),
        "is_later": revision.pk != state.revision_id,
        "scheduled": approval.scheduled_for(page),
        "next_step": step.words(page) if step else "",
        "is_new": not live.live,
        "was_withdrawn": not live.live and live.first_published_at,
        "withdrawal": withdrawing.last(live),
        "differences": comparison.differences(live, page, request) if live.live else [],
        "new_files": replacing.of(live),
        "earlier_difference": getattr(live, "difference_url", str)() if live.live else "",
        "trial": trial.of(live, page),
        "text": as_read(page, request),
        "space": access.space_of(live),
        "beside": [way for source in beside for way in source(live, request.user)],
    }
    return render(request, "portal/approval.html", context)


# --- The text as it will be read -------------------------------------------------------------------------


def as_read(page: Page, request: HttpRequest) -> SafeString:
    """The page's own template between header and footer, to stand inside another page."""
    return _embedded(alone.drawn(page, request.user, request))


def _embedded(html: str) -> SafeString:
    """Without the buttons of the page, its headings two steps lower, its names apart from those around it."""
    soup = BeautifulSoup(html, "html.parser")
    for form in soup.find_all("form"):
        form.decompose()
    for heading in soup.find_all(["h1", "h2", "h3", "h4"]):
        heading.name = f"h{int(heading.name[1]) + 2}"
    for tag in soup.find_all(True):
        _rename(tag)
    return mark_safe(str(soup))


def _rename(tag: Tag) -> None:
    for name in POINTING:
        if value := tag.get(name):
            tag[name] = " ".join(f"{HERE}{each}" for each in str(value).split())
    href = tag.get("href")
    if isinstance(href, str) and href.startswith("#"):
        tag["href"] = f"#{HERE}{href[1:]}"
