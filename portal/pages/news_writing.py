"""A news in a minute, without the editors' admin: title, text, files, done.

What was typed is kept on the server while it is written, and offered again; files that came through stay, whatever
else has to be mended.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.documents.forms import get_document_form

from portal import access
from portal.models.media import Document
from portal.models.pages import NewsKind, NewsPage
from portal.models.people import User
from portal.models.spaces import Space
from portal.models.unfinished import UnfinishedNews
from portal.personal_data.guard import no_personal_data

KEPT = timedelta(days=30)
LONGEST_TEXT = 20_000
WORDS = ("title", "summary", "news_kind", "text")
LEFT = "unfinished_news"  # in the session of whoever's had ended; the login leads back here
access.own(UnfinishedNews, "person")


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; each is looked at with the form of a file."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [super(FilesField, self).clean(file, initial) for file in data or [] if file]


class NewsForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Titolo"), max_length=255, validators=[no_personal_data])
    summary = forms.CharField(
        label=gettext_lazy("In una frase"), max_length=240, validators=[no_personal_data],
        help_text=gettext_lazy("È quello che si legge nelle novità e nel riepilogo per e-mail."),
    )  # fmt: skip
    news_kind = forms.ChoiceField(
        label=gettext_lazy("Che cos’è"), choices=NewsKind.choices, initial=NewsKind.NEWS, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("Testo"), max_length=LONGEST_TEXT, required=False, validators=[no_personal_data],
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("Una riga vuota fra un capoverso e l’altro; «- » davanti alle voci di un elenco."),
    )  # fmt: skip
    uploads = FilesField(
        label=gettext_lazy("File e foto (facoltativi)"), required=False,
        help_text=gettext_lazy("Puoi sceglierne più d’uno, o trascinarli qui."),
    )  # fmt: skip
    kept = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Già caricati"), queryset=Document.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, space: Space, author: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.space, self.author = space, author
        mine = Document.objects.filter(uploaded_by_user=author, collection=space.collection_id)
        self.fields["kept"].queryset = mine  # type: ignore[attr-defined]
        self.came_through: list[Document] = []

    def clean(self) -> dict[str, Any]:
        """Every file that can be kept is, also where something else has to be mended."""
        data = super().clean() or self.cleaned_data
        for file in data.get("uploads") or []:
            title = Path(file.name).stem
            form = get_document_form(Document)(
                {"title": title}, {"file": file}, user=self.author, space=self.space,
                instance=Document(uploaded_by_user=self.author, collection_id=self.space.collection_id),
            )  # fmt: skip
            if form.is_valid():
                self.came_through.append(form.save())
            else:
                problems = [str(problem) for found in form.errors.values() for problem in found]
                self.add_error("uploads", f"{file.name}: {' '.join(problems)}")
        return data

    @property
    def attachments(self) -> list[Document]:
        return [*self.cleaned_data.get("kept", []), *self.came_through]

    def offer_again(self) -> None:
        """Show what came through as chosen: a browser cannot send a file back."""
        rows = self.attachments
        data: Any = self.data
        self.data = data.copy()
        self.data.setlist("kept", [str(row.pk) for row in rows])  # type: ignore[attr-defined]
        self.fields["kept"].queryset = Document.objects.filter(pk__in=[row.pk for row in rows])  # type: ignore[attr-defined]


def write_news(request: HttpRequest, slug: str) -> HttpResponse:
    """Title, text, files; published at once by who may, else sent to whoever approves."""
    if not isinstance(request.user, User):
        return _enter_first(request, slug)
    space = _space(request, slug)
    form = NewsForm(
        request.POST or None, request.FILES or None, space=space, author=request.user,
        initial=_left_behind(request, space), use_required_attribute=False,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        page = _publish(form, request.user)
        said = _("«%(title)s» è pubblicata.") if page.live else _("«%(title)s» aspetta l’approvazione.")
        messages.success(request, said % {"title": page.title})
        return redirect(page.get_url() if page.live else space.get_absolute_url())
    if form.is_bound:
        keep_words(request.user, space, request.POST)
        form.offer_again()
    kept = UnfinishedNews.objects.filter(person=request.user, space=space).first()
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
        UnfinishedNews.objects.filter(person=request.user, space=space).delete()
        return redirect("write_news", slug)
    keep_words(request.user, space, request.POST)
    return HttpResponse(status=204)


def keep_words(person: User, space: Space, typed: Any) -> None:
    """Keep what was typed; nothing typed is nothing to keep."""
    words = {name: str(typed.get(name, ""))[:LONGEST_TEXT] for name in WORDS}
    mine = UnfinishedNews.objects.filter(person=person, space=space)
    if any(words[name].strip() for name in ("title", "summary", "text")):
        mine.update_or_create(person=person, space=space, defaults={"words": words, "at": timezone.now()})
    else:
        mine.delete()


def purge() -> int:
    """Take away what nobody came back to."""
    count, _rows = UnfinishedNews.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return count


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


def _enter_first(request: HttpRequest, slug: str) -> HttpResponse:
    """The session has ended: the words wait until the person has entered again."""
    if request.method == "POST":
        request.session[LEFT] = {"slug": slug, **{name: request.POST.get(name, "")[:LONGEST_TEXT] for name in WORDS}}
        messages.warning(request, _("La sessione era finita: quello che hai scritto è qui. I file vanno riscelti."))
    return redirect_to_login(request.path)


def _left_behind(request: HttpRequest, space: Space) -> dict[str, str]:
    """What the form begins with: what was typed as the session ended, or what was kept meanwhile."""
    left = request.session.get(LEFT)
    if left and left["slug"] == space.root_page.slug and isinstance(request.user, User):
        keep_words(request.user, space, request.session.pop(LEFT))
    kept = UnfinishedNews.objects.filter(person=request.user.pk, space=space).first()
    return {name: kept.words.get(name, "") for name in WORDS} if kept else {}


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
    revision = page.save_revision(user=author, log_action=True)
    if access.can(author, "approve", form.space):
        revision.publish(user=author)
    else:
        page.get_workflow().start(page, author)
    UnfinishedNews.objects.filter(person=author, space=form.space).delete()
    page.refresh_from_db()
    return page
