"""A news or a circular in a minute, without the editors' admin: title, text, files, done.

What was typed is kept on the server while it is written, and offered again; files that came through stay, whatever
else has to be mended.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access
from portal.models.pages import NewsKind, NewsPage
from portal.models.people import User
from portal.models.spaces import Space
from portal.personal_data import guard

from . import unfinished
from .uploading import UploadingForm

WORDS = ("title", "summary", "news_kind", "text", guard.REASON, unfinished.FILES)
TELLING = ("title", "summary", "text", unfinished.FILES)  # what is worth keeping
ABOUT = ""  # a page that is not there yet


class NewsForm(guard.Reasoned, UploadingForm):
    worded = ("title", "summary", "text")
    title = forms.CharField(label=gettext_lazy("Titolo"), max_length=255)
    summary = forms.CharField(
        label=gettext_lazy("In una frase"), max_length=240,
        help_text=gettext_lazy("È quello che si legge nelle novità e nel riepilogo per e-mail."),
    )  # fmt: skip
    news_kind = forms.ChoiceField(
        label=gettext_lazy("Che cos’è"), choices=NewsKind.choices, initial=NewsKind.NEWS, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("Testo"), max_length=unfinished.LONGEST_TEXT, required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("Una riga vuota fra un capoverso e l’altro; «- » davanti alle voci di un elenco."),
    )  # fmt: skip
    personal_data_reason = guard.ReasonField()


def write_news(request: HttpRequest, slug: str) -> HttpResponse:
    """Title, text, files; published at once by who may, else sent to whoever approves."""
    if not isinstance(request.user, User):
        return unfinished.enter_first(request, WORDS)
    space = _space(request, slug)
    form = NewsForm(
        request.POST or None, request.FILES or None, space=space, author=request.user,
        initial=unfinished.begun(request, space, ABOUT, WORDS), use_required_attribute=False,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        page = _publish(form, request.user)
        said = _("«%(title)s» è pubblicata.") if page.live else _("«%(title)s» aspetta l’approvazione.")
        messages.success(request, said % {"title": page.title})
        form.tell_of_doubts(request)
        return redirect(page.get_url() if page.live else space.get_absolute_url())
    if form.is_bound:
        form.offer_again()
        keep_words(request.user, space, form.data)
    kept = unfinished.of(request.user, space, ABOUT)
    can_publish = access.can(request.user, "approve", space)
    context = {"form": form, "space": space, "kept": kept, "can_publish": can_publish}
    return render(request, "portal/write_news.html", context)


@require_POST
def keep_news(request: HttpRequest, slug: str) -> HttpResponse:
    """While it is written: the words so far. «Butta via» leaves nothing of them."""
    if not isinstance(request.user, User):
        return HttpResponse(status=401)
    space = _space(request, slug)
    if "butta" in request.POST:
        unfinished.drop(request.user, space, ABOUT)
        return redirect("write_news", slug)
    keep_words(request.user, space, request.POST)
    return HttpResponse(status=204)


def keep_words(person: User, space: Space, typed: Any) -> None:
    """Keep what was typed; nothing typed is nothing to keep."""
    unfinished.keep(person, space, ABOUT, unfinished.typed(typed, WORDS), TELLING)


def html_of(text: str) -> str:
    """The typed text as paragraphs and lists."""
    parts: list[str] = []
    for block in "\n".join(line.strip() for line in text.splitlines()).split("\n\n"):
        lines = [line for line in block.split("\n") if line]
        if lines and all(line.startswith("- ") for line in lines):
            parts.append(f"<ul>{''.join(f'<li>{escape(line[2:])}</li>' for line in lines)}</ul>")
        elif lines:
            parts.append(f"<p>{'<br/>'.join(escape(line) for line in lines)}</p>")
    return "".join(parts)


def _space(request: HttpRequest, slug: str) -> Space:
    return access.get_or_404(Space.objects.select_related("root_page"), request.user, "edit", root_page__slug=slug)


@transaction.atomic
def _publish(form: NewsForm, author: User) -> NewsPage:
    """One page with its files, by the space's own way of approval."""
    said = form.cleaned_data
    text = html_of(said["text"])
    page = NewsPage(
        title=said["title"], summary=said["summary"], change_note=said["summary"], news_kind=said["news_kind"],
        body=[("text", text)] if text else [], live=False, owner=author, responsible=author,
        attachments=[("attachment", {"file": file, "title": ""}) for file in form.attachments],
    )  # fmt: skip
    form.space.root_page.add_child(instance=page)
    form.explain(page, author)
    revision = page.save_revision(user=author, log_action=True)
    if access.can(author, "approve", form.space):
        revision.publish(user=author)
    else:
        page.get_workflow().start(page, author)
    unfinished.drop(author, form.space, ABOUT)
    page.refresh_from_db()
    return page
