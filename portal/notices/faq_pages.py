"""A question that somebody asked becomes a «quesito» for everybody: without who asked, who is told where it stands."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import ProblemReport, Space, User
from portal.models.pages import FaqPage
from portal.pages import unfinished
from portal.pages.news_writing import html_of
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest

from . import who_asked

LONGEST_TITLE = 255
OTHER_WORD = "other_word"


class FaqForm(forms.Form):
    """The question as everybody may read it, and its answer."""

    space = forms.ModelChoiceField(
        label=gettext_lazy("In quale spazio"), queryset=Space.objects.none(), empty_label=gettext_lazy("Scegli"),
        help_text=gettext_lazy("Tra quelli in cui scrivi e che legge anche chi ha chiesto."),
    )  # fmt: skip
    title = forms.CharField(
        label=gettext_lazy("La domanda"), max_length=LONGEST_TITLE, validators=[no_personal_data],
        help_text=gettext_lazy("Come la farebbe chiunque: senza nomi, senza il caso da cui nasce."),
    )  # fmt: skip
    summary = forms.CharField(
        label=gettext_lazy("La risposta in una frase"), max_length=240, validators=[no_personal_data],
        help_text=gettext_lazy("Si legge nei risultati e nelle novità; arriva per mail a chi ha chiesto."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("La risposta"), max_length=unfinished.LONGEST_TEXT, validators=[no_personal_data],
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Una riga vuota fra un capoverso e l’altro; «- » davanti alle voci di un elenco."),
    )  # fmt: skip
    read_again = forms.BooleanField(
        label=gettext_lazy("Ho riletto: qui non si riconosce né chi ha chiesto né una persona seguita dai servizi")
    )

    def __init__(self, *args: Any, asker: User, spaces: list[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asker = asker
        field: Any = self.fields["space"]
        field.queryset = Space.objects.select_related("root_page").filter(pk__in=[each.pk for each in spaces])

    def clean(self) -> None:
        """Who asked stands nowhere in what everybody reads; of a small word that looks so the author decides."""
        for name in ("title", "summary", "text"):
            found = who_asked.named(self.asker, self.cleaned_data.get(name, ""))
            if found.surely:
                self.add_error(name, _("Qui c’è il nome di chi ha chiesto: toglilo."))
            elif found.perhaps:
                self._ask_about(name, found.perhaps)

    def _ask_about(self, name: str, word: str) -> None:
        label = _("«%(word)s» qui è un’altra parola, non il cognome di chi ha chiesto") % {"word": word}
        self.fields[OTHER_WORD] = forms.BooleanField(label=label, required=False)
        if not self.data.get(OTHER_WORD):
            said = _("«%(word)s» sembra il cognome di chi ha chiesto: toglilo, o spunta la casella in fondo.")
            self.add_error(name, said % {"word": word})


def spaces_for(row: ProblemReport, author: User) -> list[Space]:
    """Where the author writes and whoever asked reads; none where nobody waits, or where it is written already."""
    if not row.is_question or row.by is None or not row.by.is_current() or row.faq_id:
        return []
    mine = access.allowed(Space.objects.select_related("root_page"), author, "edit")
    return [space for space in mine if access.can(row.by, "view", space.root_page)]


@login_required
def write_faq(request: PersonRequest, pk: int) -> HttpResponse:
    """Of the one whom the question reached."""
    rows = ProblemReport.objects.select_related("by", "faq").filter(settled_at=None)
    row = access.get_or_404(rows, request.user, pk=pk)
    spaces = spaces_for(row, request.user)
    if not spaces or row.by is None:
        raise Http404
    asked = Truncator(" ".join(row.text.split())).chars(LONGEST_TITLE)
    form = FaqForm(request.POST or None, initial={"title": asked}, asker=row.by, spaces=spaces)
    if request.method == "POST" and form.is_valid():
        page = _publish(form.cleaned_data, row, request.user)
        said = _("Il quesito «%(title)s» è pubblicato: chi ha chiesto riceve una mail con il collegamento.")
        if not page.live:
            said = _("Il quesito «%(title)s» aspetta l’approvazione: poi chi ha chiesto riceve il collegamento.")
        messages.success(request, said % {"title": page.title})
        return redirect(page.get_url() if page.live else "home")
    return render(request, "portal/write_faq.html", {"form": form, "report": row})


@transaction.atomic
def _publish(said: dict[str, Any], row: ProblemReport, author: User) -> FaqPage:
    """The page, by the space's own way of approval; once it is read the question is settled (`problem_reports`)."""
    page = FaqPage(
        title=said["title"], summary=said["summary"], change_note=said["summary"],
        body=[("text", html_of(said["text"]))], live=False, owner=author, responsible=author,
    )  # fmt: skip
    said["space"].root_page.add_child(instance=page)
    ProblemReport.objects.filter(pk=row.pk).update(faq=page)
    revision = page.save_revision(user=author, log_action=True)
    if access.can(author, "approve", said["space"]):
        revision.publish(user=author)
    else:
        page.get_workflow().start(page, author)
    page.refresh_from_db()
    return page
