"""The pages on which a draft is read part by part and commented on; and on which its author answers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Revision

from portal import access
from portal.models import Organisation
from portal.pages import approval
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest

from . import discussions, places, remarks
from .models import Deed, Discussion, JointApproval, Remark
from .places import Place
from .remarks import PartChanged, Settled, Standing

LONGEST = 2000


class RemarkForm(forms.Form):
    """A comment, or the part in other words, or both; a line «chi o che cosa: testo» for each row of the part."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    body = forms.ModelChoiceField(
        Organisation.objects.none(), label=gettext_lazy("A nome di"), required=False,
        empty_label=gettext_lazy("me soltanto"),
    )  # fmt: skip
    comment = forms.CharField(
        label=gettext_lazy("Commento"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Che cosa non va, o perché proponi un altro testo. Nessun nome di persone seguite."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Il testo come lo scriveresti tu"), max_length=20_000, required=False,
        help_text=gettext_lazy("Cambialo qui dentro: chi lo ha scritto vede le parole tolte e aggiunte. Lascialo "
                               "com’è se vuoi solo commentare."),
    )  # fmt: skip
    rows = forms.CharField(
        label=gettext_lazy("Le righe come le scriveresti tu"), max_length=20_000, required=False,
        help_text=gettext_lazy("Una per riga: chi o che cosa, due punti, il testo."),
    )  # fmt: skip

    def __init__(self, *args: Any, place: Place, bodies: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        fields: Any = self.fields
        fields["body"].queryset = Organisation.objects.filter(pk__in=[body.pk for body in bodies])
        if not bodies:
            del fields["body"]
        self.initial.update(
            seen=place.sha256, body=bodies[0] if len(bodies) == 1 else None, text=place.text,
            rows="\n".join(f"{term}: {text}" for term, text in place.rows),
        )  # fmt: skip
        for name, is_there in (("text", place.text or (place.takes_words and not place.rows)), ("rows", place.rows)):
            if is_there:
                lines = max(3, len(self.initial[name]) // 80 + self.initial[name].count("\n") + 1)
                fields[name].widget = forms.Textarea(attrs={"rows": min(lines, 20)})
            else:
                del fields[name]

    def clean_rows(self) -> list[list[str]]:
        """As the draft keeps them; a row that stays is known by its words, whatever signs are in them."""
        kept = {f"{term}: {text}": [term, text] for term, text in self.place.rows}
        found, wrong = [], []
        for line in filter(None, (" ".join(each.split()) for each in self.cleaned_data["rows"].splitlines())):
            term, colon, text = (each.strip() for each in line.partition(":"))
            if line in kept or (term and colon and text):
                found.append(kept.get(line, [term, text]))
            else:
                wrong.append(line)
        if wrong:
            raise ValidationError(
                _("Qui manca chi o che cosa, o il testo dopo i due punti: «%(line)s».") % {"line": wrong[0][:80]}
            )
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["seen"] != self.place.sha256:
            self.data = {**self.data.dict(), "seen": self.place.sha256}  # type: ignore[attr-defined]
            raise ValidationError(_("Questa parte è cambiata mentre scrivevi: qui sopra c’è com’è adesso. Quello che "
                                    "hai scritto è ancora qui: rileggilo, poi invia di nuovo."))  # fmt: skip
        if not data["comment"].strip() and self.wording is None:
            raise ValidationError(_("Scrivi un commento, oppure cambia il testo."))
        if self.wording and (problem := remarks.personal_data_in(self.wording, self.place.wording)):
            raise ValidationError(problem)
        return data

    @property
    def wording(self) -> dict[str, Any] | None:
        """What is proposed; None where the words are the same."""
        if not self.place.takes_words:
            return None
        text = str(self.cleaned_data.get("text", self.place.text)).replace("\r\n", "\n").strip()
        said = {"text": text, "rows": self.cleaned_data.get("rows", self.place.rows)}
        same = said["text"] == (self.place.text or "").strip() and said["rows"] == self.place.rows
        return None if same else said


class ActForm(forms.Form):
    """What one does with a remark: the button says what."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    words = forms.CharField(
        label=gettext_lazy("Che cosa rispondi"), max_length=LONGEST, required=False,
        widget=forms.Textarea(attrs={"rows": 4}), validators=[no_personal_data],
        help_text=gettext_lazy("Serve per rispondere e per non riprendere un testo; per chiudere o riaprire è "
                               "facoltativo."),
    )  # fmt: skip

    def __init__(self, *args: Any, answers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not answers:
            self.fields["words"].label = gettext_lazy("Perché (facoltativo)")
            self.fields["words"].help_text = ""

    @property
    def deed(self) -> Deed | None:
        return next((deed for deed in Deed if deed.value in self.data), None)

    def clean_words(self) -> str:
        words = str(self.cleaned_data["words"]).strip()
        if not words and self.deed == Deed.ANSWERED:
            raise ValidationError(_("Scrivi la risposta."))
        if not words and self.deed == Deed.REFUSED:
            raise ValidationError(_("Scrivi perché non riprendi il testo: chi l’ha proposto lo legge così."))
        return words


# --- The draft, part by part -----------------------------------------------------------------------------


@login_required
def discussion(request: PersonRequest, pk: int) -> HttpResponse:
    """Each part with what was said of it; what was said of parts that are gone comes last."""
    found = _found(request, pk)
    joint = discussions.signing(found)
    now = discussions.phase(found, joint)
    revision = discussions.draft(found, joint, request.user, now)
    page = revision.as_object() if revision else None
    said = remarks.standing(remarks.with_acts(found.remarks.all()), page)
    parts = places.of(page) if page else {}
    shown = {key: (place, [each for each in said if each.remark.place == key]) for key, place in parts.items()}
    context = {
        "discussion": found,
        "now": now,
        "joint": joint,
        "parts": list(shown.values()),
        "elsewhere": [each for each in said if each.remark.place not in parts],
        "open": sum(not each.is_settled for each in said),
        "count": len(said),
        "may_speak": page is not None and remarks.may_speak(request.user, found, now),
        "works_there": access.can(request.user, "edit", found.page),
        "decided_at": _decided_at(request, found, joint),
        "version": page.version if page else "",
    }
    return render(request, "protocols/discussion.html", context)


def _found(request: PersonRequest, pk: int) -> Discussion:
    return access.get_or_404(Discussion.objects.select_related("page", "author"), request.user, pk=pk)


def _decided_at(request: PersonRequest, found: Discussion, joint: JointApproval | None) -> str:
    """Where the person signs or approves it."""
    if joint:
        return reverse("joint_approval", args=[joint.pk])
    state = access.approvals(request.user, discussions.waiting()).filter(workflow_state__object_id=str(found.page_id))
    waiting = state.first() if found.is_open else None
    return reverse("approval", args=[waiting.pk]) if waiting else ""


@login_required
def write(request: PersonRequest, pk: int, place: str) -> HttpResponse:
    """Comment on a part, or word it in another way."""
    found = _found(request, pk)
    joint = discussions.signing(found)
    now = discussions.phase(found, joint)
    if not remarks.may_speak(request.user, found, now):
        raise PermissionDenied
    part = places.of(_draft(request, found, joint, now).as_object()).get(place)
    if part is None:
        raise Http404
    bodies = remarks.bodies_of(request.user, found)
    form = RemarkForm(request.POST if request.method == "POST" else None, place=part, bodies=bodies)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        remarks.say(found, part, by=request.user, body=data.get("body"), comment=data["comment"].strip(),
                    wording=form.wording)  # fmt: skip
        messages.success(request, _("Scritto: lo leggono chi scrive la bozza e gli enti, e non si pubblica mai."))
        return redirect(f"{remarks.address(found)}#parte-{part.key}")
    context = {"discussion": found, "place": part, "form": form, "joint": joint}
    return render(request, "protocols/write_remark.html", context)


def _draft(request: PersonRequest, found: Discussion, joint: JointApproval | None, now: discussions.Phase) -> Revision:
    revision = discussions.draft(found, joint, request.user, now)
    if revision is None:
        raise Http404
    return revision


# --- One remark ------------------------------------------------------------------------------------------


@login_required
def remark(request: PersonRequest, pk: int) -> HttpResponse:
    """What was said, the words removed and added, what was answered; and the buttons of whoever may."""
    row = access.get_or_404(remarks.with_acts(Remark.objects.select_related("discussion__page")), request.user, pk=pk)
    form = ActForm(request.POST if request.method == "POST" else None, answers=remarks.may_settle(request.user, row))
    if request.method == "POST" and "letta" in request.POST:
        remarks.heard(row, request.user)
        return redirect(remarks.address(row.discussion))
    if request.method == "POST" and form.is_valid() and form.deed:
        answer = _done(request, row, form, form.deed)
        if answer:
            return answer
    return _page(request, row, form)


def _done(request: PersonRequest, row: Remark, form: ActForm, deed: Deed) -> HttpResponse | None:
    """Back to the draft; None where it was not done, and the form says why."""
    words, seen = form.cleaned_data["words"], form.cleaned_data["seen"]
    was_signed = discussions.signing(row.discussion) is not None
    try:
        if deed == Deed.TAKEN:
            remarks.take(row, by=request.user, seen=seen)
        else:
            remarks.act(row, deed, by=request.user, words=words, seen=seen)
    except Settled:
        form.add_error(None, _("Nel frattempo qualcuno ha già risposto: guarda qui sotto, e se serve invia di nuovo."))
    except PartChanged:
        form.add_error(
            None,
            _("La parte è cambiata da quando il testo è stato proposto: non ho toccato niente. Qui sotto vedi com’è "
              "adesso e che cosa propone: se serve, scrivilo nella bozza a mano."),
        )  # fmt: skip
    except ValidationError as problem:
        form.add_error(None, [_("Con questo testo la bozza non si può salvare:"), *problem.messages])
    else:
        messages.success(request, _done_words(row, deed, was_signed))
        return redirect(f"{remarks.address(row.discussion)}#parte-{row.place}")
    return None


def _done_words(row: Remark, deed: Deed, was_signed: bool) -> str:
    if deed == Deed.TAKEN and was_signed:
        return _("Il testo è nella bozza. Gli enti non firmano più quello di prima: quando hai finito chiedi di nuovo "
                 "l’approvazione, e firmano tutti da capo.")  # fmt: skip
    if deed == Deed.TAKEN:
        return _("Il testo è nella bozza, in quella parte soltanto; resta scritto di chi era.")
    said = {
        Deed.ANSWERED: _("Risposta scritta: chi ha fatto l’osservazione la trova tra le sue cose da fare."),
        Deed.REFUSED: _("Scritto: chi l’aveva proposto legge il tuo motivo."),
        Deed.RESOLVED: _("L’osservazione è chiusa."),
        Deed.REOPENED: _("L’osservazione è di nuovo aperta."),
    }
    return said[deed]


def _page(request: PersonRequest, row: Remark, form: ActForm) -> HttpResponse:
    found = row.discussion
    joint = discussions.signing(found)
    now = discussions.phase(found, joint)
    revision = discussions.draft(found, joint, request.user, now)
    if revision and access.can(request.user, "edit", found.page):
        revision = found.page.latest_revision  # what one would take the wording into
    [standing] = remarks.standing([_read_again(row)], revision.as_object() if revision else None)
    last = standing.acts[-1].pk if standing.acts else 0
    if form.is_bound:
        form.data = request.POST.copy()
        form.data["seen"] = str(last)  # type: ignore[index]
    else:
        form.initial["seen"] = last
    context = {
        "remark": row,
        "each": standing,
        "form": form,
        "discussion": found,
        "joint": joint,
        "now": now,
        "is_shown": revision is not None,
        "may_settle": remarks.may_settle(request.user, row),
        "may_close": remarks.may_close(request.user, row),
        "may_take": _may_take(request, row, standing),
        "is_told": remarks.is_told(row, request.user),
        "edit_at": approval.edit_address(found.page),
    }
    return render(request, "protocols/remark.html", context)


def _read_again(row: Remark) -> Remark:
    """With what was done since it was read."""
    found: Remark = remarks.with_acts(Remark.objects.select_related("discussion__page")).get(pk=row.pk)
    return found


def _may_take(request: PersonRequest, row: Remark, standing: Standing) -> bool:
    is_there = standing.place is not None and standing.place.sha256 == row.sha256
    return row.wording is not None and is_there and not standing.is_settled and remarks.may_settle(request.user, row)
