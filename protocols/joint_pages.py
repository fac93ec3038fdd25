"""The page on which a body's delegate reads what changes and says yes or no; and how a space lets its bodies sign."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from wagtail.models import Page

from portal import access, errors
from portal.models import Organisation, Space, User
from portal.pages import comparison, trial
from portal.pages.approval import scheduled_for
from portal.pages.approval_page import as_read
from portal.pages.atomic_acts import NotDone
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest

from . import discussions, joint_approval
from .joint_approval import AlreadyEnded, AlreadySaid
from .models import JointApproval, JointState, SigningRule


class SignatureForm(forms.Form):
    """Yes or no, for one body or for all those for which the person acts; a no has its reason."""

    bodies = forms.ModelMultipleChoiceField(
        Organisation.objects.none(), label=gettext_lazy("A nome di"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Scegli per quali enti rispondi.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Che cosa va cambiato, e perché"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}), validators=[no_personal_data],
        help_text=gettext_lazy("Serve se chiedi modifiche: chi l’ha proposto lo legge così. Se firmi lascialo vuoto."),
    )  # fmt: skip

    def __init__(self, *args: Any, bodies: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bodies"].queryset = Organisation.objects.filter(pk__in=[body.pk for body in bodies])  # type: ignore[attr-defined]
        self.initial["bodies"] = bodies if len(bodies) == 1 else []

    @property
    def agrees(self) -> bool:
        return "firma" in self.data

    def clean_reason(self) -> str:
        reason = str(self.cleaned_data["reason"]).strip()
        if not reason and not self.agrees:
            raise forms.ValidationError(
                gettext_lazy("Scrivi che cosa va cambiato: senza un motivo non torna indietro.")
            )
        if reason and self.agrees:
            raise forms.ValidationError(
                gettext_lazy("Hai scritto un motivo: se vuoi modifiche premi «Chiedi modifiche», se firmi toglilo.")
            )
        return reason


@login_required
def joint(request: PersonRequest, pk: int) -> HttpResponse:
    """What changes and for whom, the text, who has signed; then «Firma» or «Chiedi modifiche»."""
    found = _found(request, pk)
    bodies = joint_approval.may_sign_for(request.user, found)
    if request.method != "POST":
        return _page(request, found, SignatureForm(bodies=bodies) if bodies else None)
    if found.is_open:
        access.require(request.user, "edit", found)
        if found.proposed_by == request.user:
            return _page(request, found, None)
    if not bodies:
        return _too_late(request, pk)
    form = SignatureForm(request.POST, bodies=bodies)
    if form.is_valid():
        try:
            return _said(request, found, form)
        except (AlreadyEnded, AlreadySaid):
            return _too_late(request, pk)
        except NotDone as problem:
            code = errors.write_down(f"{request.method} {request.path}", problem.__cause__)
            form.add_error(None, _("%(problem)s Codice da segnalare: %(code)s.") % {"problem": problem, "code": code})
        except ValidationError as problem:
            form.add_error(None, [_("La firma non è stata scritta, perché così il testo non può entrare in vigore:"),
                                  *problem.messages])  # fmt: skip
    return _page(request, found, form)


def _too_late(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody else has answered meanwhile, or taken the text back: as it stands now, with what was typed."""
    words = _("Nel frattempo qualcun altro ha risposto, o ha ritirato il testo: qui sotto vedi come sta adesso.")
    messages.warning(request, words)
    found = _found(request, pk)
    bodies, typed = joint_approval.may_sign_for(request.user, found), request.POST.get("reason", "").strip()
    form = SignatureForm(initial={"reason": typed}, bodies=bodies) if bodies else None
    return _page(request, found, form, unsent=typed)


def _found(request: PersonRequest, pk: int) -> JointApproval:
    rows = JointApproval.objects.select_related("page", "revision", "proposed_by__organisation", "reviewed_by")
    return access.get_or_404(rows, request.user, pk=pk)


def _said(request: PersonRequest, found: JointApproval, form: SignatureForm) -> HttpResponse:
    bodies, words = list(form.cleaned_data["bodies"]), {"page": found.title}
    after = joint_approval.sign(found, bodies, by=request.user, agrees=form.agrees, reason=form.cleaned_data["reason"])
    if not form.agrees:
        said = _("Hai chiesto modifiche a «%(page)s»: chi l’ha proposto riceve il tuo motivo.") % words
    elif after.state == JointState.APPROVED:
        said = _published(after, words)
    else:
        words["bodies"] = ", ".join(str(body) for body in bodies)
        said = _("Hai firmato «%(page)s» a nome di: %(bodies)s.") % words
    messages.success(request, said)
    return redirect("joint_approval", pk=found.pk)


def _published(after: JointApproval, words: dict[str, str]) -> str:
    if day := scheduled_for(after.revision.as_object()):
        return _("La tua era l’ultima firma: «%(page)s» sarà pubblicato %(day)s.") % {**words, "day": day}
    return _("La tua era l’ultima firma: «%(page)s» è pubblicato.") % words


def _page(request: PersonRequest, found: JointApproval, form: SignatureForm | None, unsent: str = "") -> HttpResponse:
    live, proposal = found.page.specific, found.revision.as_object()
    progress = joint_approval.progress_of([found])[0]
    people = {who.pk for missing in progress.missing.values() for who in missing}
    works_there = access.can(request.user, "edit", live)
    context = {
        "joint": found,
        "form": form,
        "unsent": unsent,
        "progress": progress,
        "known": set(access.allowed(User.objects.filter(pk__in=people), request.user)),
        "proposal": proposal,
        "is_new": not live.live,
        "differences": comparison.differences(live, proposal, request) if live.live and found.is_open else [],
        "trial": trial.of(live, proposal) if found.is_open else None,
        "text": as_read(proposal, request) if found.is_open else "",
        "discussion": discussions.of(live, request.user) if found.is_open or unsent else None,
        "scheduled": scheduled_for(proposal),
        "space": access.spaces_of([live], request.user).get(live.pk),
        "works_there": works_there,
        "ruled_at": _ruled_at(request, live),
        "proposed_it": found.proposed_by == request.user and access.can(request.user, "edit", found),
        "read_at": live.url if access.can(request.user, "view", live) else "",
    }
    return render(request, "protocols/joint_approval.html", context)


def _ruled_at(request: PersonRequest, page: Page) -> str:
    """Where whoever answers for the space says how many bodies are enough; empty for others."""
    space = access.space_of(page) if access.can(request.user, "manage", page) else None
    return reverse("signing_rule", args=[space.root_page.slug]) if space else ""


@login_required
@require_POST
def take_back(request: PersonRequest, pk: int) -> HttpResponse:
    """Whoever writes there wants to change the text: nobody signs this one any more."""
    found = _found(request, pk)
    try:
        joint_approval.take_back(found, by=request.user)
    except AlreadyEnded:
        messages.warning(request, _("Non c’era più niente da ritirare."))
    else:
        messages.success(request, _("Hai ritirato la richiesta: agli enti non è più chiesto di firmare."))
    return redirect("joint_approval", pk=pk)


class SigningRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SigningRule
        fields = ["quorum", "days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quorum"].min_value = self.fields["days"].min_value = 1  # type: ignore[attr-defined]

    def clean_days(self) -> int:
        return _within(self.cleaned_data["days"], 120)

    def clean_quorum(self) -> int | None:
        quorum = self.cleaned_data["quorum"]
        return quorum if quorum is None else _within(quorum, 100)


def _within(number: int, most: int) -> int:
    if not 1 <= number <= most:
        raise forms.ValidationError(_("Scrivi un numero da 1 a %(most)d.") % {"most": most})
    return number


@login_required
def signing_rule(request: PersonRequest, slug: str) -> HttpResponse:
    """How many bodies are enough in a space, and in how many days; for whoever answers for it."""
    space = access.get_or_404(Space.objects.filter(root_page__slug=slug), request.user, "manage")
    form = SigningRuleForm(request.POST or None, instance=joint_approval.rule_of(space))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Fatto: vale per le firme che si chiedono da adesso."))
        return redirect("signing_rule", slug=slug)
    open_ones = JointApproval.objects.filter(state=JointState.OPEN, page__path__startswith=space.root_page.path)
    count = open_ones.count()
    context = {"space": space, "form": form, "open": ngettext(
        "Un testo è già alla firma: per quello vale la regola di prima.",
        "%(count)d testi sono già alla firma: per quelli vale la regola di prima.", count,
    ) % {"count": count} if count else ""}  # fmt: skip
    return render(request, "protocols/signing_rule.html", context)
