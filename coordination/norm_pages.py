"""Norms, objectives of the plan, projects: read by everybody who works here, kept by who coordinates the network."""

from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.models import Page

from portal import access, paging
from portal.models.pages import page_kinds
from portal.notices.feed import name
from portal.pages import kinds
from portal.personal_data.guard import Guarded
from portal.requests import PersonRequest

from .models import Norm, NormState, Objective, Project, Reason, ServicePage

M = TypeVar("M", Norm, Objective, Project)


def _once(form: Any, field: str) -> str:
    """As it was typed, but for the blanks; the same in other capitals is the same."""
    words = " ".join(form.cleaned_data[field].split())
    rows = form._meta.model.objects.exclude(pk=form.instance.pk)
    if rows.filter(**{f"{field}__iexact": words}).exists():
        raise forms.ValidationError(form.fields[field].error_messages["unique"])
    return words


def _follow(norm: Norm) -> set[int]:
    """The norm and all that came in its place, one after the other."""
    after = dict(Norm.objects.values_list("pk", "successor"))
    found: set[int] = set()
    at: int | None = norm.pk
    while at is not None and at not in found:
        found.add(at)
        at = after.get(at)
    return found


class NormForm(Guarded, forms.ModelForm[Norm]):
    class Meta:
        model = Norm
        fields = ["citation", "title", "state", "since", "successor"]
        error_messages = {"citation": {"unique": gettext_lazy("Questa norma c’è già: cambia quella.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["successor"].queryset = Norm.objects.exclude(pk=self.instance.pk)
        fields["successor"].empty_label = _("Nessuna")

    def clean_citation(self) -> str:
        return _once(self, "citation")

    def clean_since(self) -> date | None:
        since: date | None = self.cleaned_data["since"]
        if since is None and self.cleaned_data.get("state") != NormState.IN_FORCE:
            raise forms.ValidationError(_("Scrivi da quale giorno non è più com’era."))
        return since

    def clean_successor(self) -> Norm | None:
        successor: Norm | None = self.cleaned_data["successor"]
        if successor is not None and self.cleaned_data.get("state") == NormState.IN_FORCE:
            raise forms.ValidationError(
                _("Una norma vigente non ne ha un’altra al suo posto: togli questa, o cambia lo stato.")
            )
        if successor is not None and self.instance.pk in _follow(successor):
            raise forms.ValidationError(_("%(norm)s ha già questa al suo posto.") % {"norm": successor})
        return successor


class ObjectiveForm(Guarded, forms.ModelForm[Objective]):
    class Meta:
        model = Objective
        fields = ["code", "title", "plan", "norms"]
        widgets = {"norms": forms.CheckboxSelectMultiple}
        error_messages = {"code": {"unique": gettext_lazy("Questo codice è già di un altro obiettivo.")}}

    def clean_code(self) -> str:
        return _once(self, "code")


class ProjectForm(Guarded, forms.ModelForm[Project]):
    class Meta:
        model = Project
        fields = ["code", "title", "objectives", "until"]
        widgets = {"objectives": forms.CheckboxSelectMultiple}
        error_messages = {"code": {"unique": gettext_lazy("Questo codice è già di un altro progetto.")}}

    def clean_code(self) -> str:
        return _once(self, "code")


class ReasonForm(Guarded, forms.ModelForm[Reason]):
    """One at a time: a norm, with the article if it is known, an objective or a project."""

    class Meta:
        model = Reason
        fields = ["norm", "article", "objective", "project"]
        help_texts = {"article": gettext_lazy("Facoltativo. Per esempio: art. 22, comma 4.")}

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        chosen = {name: said.get(name) for name in ("norm", "objective", "project")}
        if said.get("article") and not said.get("norm"):
            raise forms.ValidationError(_("L’articolo è di una norma: scegli quale, o cancellalo."))
        same = Reason.objects.filter(page=self.instance.page_id, article=said["article"], **chosen)
        if not self.errors and same.exists():
            raise forms.ValidationError(_("C’è già."))
        return said


# --- Read ------------------------------------------------------------------------------------------------


@login_required
def norm_list(request: PersonRequest) -> HttpResponse:
    context = {
        "norms": _part(request, Norm.objects.select_related("successor").order_by("citation", "pk"), "norme"),
        "objectives": _part(request, Objective.objects.order_by("code", "pk"), "obiettivi"),
        "projects": _part(request, Project.objects.order_by("code", "pk"), "progetti"),
        "may_change": access.coordinates(request.user),
    }  # fmt: skip
    return render(request, "coordination/norms.html", context)


@login_required
def norm(request: PersonRequest, pk: int) -> HttpResponse:
    """Whether it holds, and what follows from it, as far as the reader may see."""
    row = get_object_or_404(Norm.objects.select_related("successor"), pk=pk)
    context = {
        "norm": row, "objectives": _part(request, row.objectives.order_by("code", "pk"), "obiettivi"),
        "pages": _pages(row.reasons.all(), request),
        "may_change": access.coordinates(request.user),
    }  # fmt: skip
    return render(request, "coordination/norm.html", context)


@login_required
def objective(request: PersonRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Objective, pk=pk)
    context = {
        "objective": row, "norms": _part(request, row.norms.order_by("citation", "pk"), "norme"),
        "projects": _part(request, row.projects.order_by("code", "pk"), "progetti"),
        "pages": _pages(row.reasons.all(), request), "may_change": access.coordinates(request.user),
    }  # fmt: skip
    return render(request, "coordination/objective.html", context)


@login_required
def project(request: PersonRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Project, pk=pk)
    context = {
        "project": row, "pursued": _part(request, row.objectives.order_by("code", "pk"), "obiettivi"),
        "pages": _pages(row.reasons.all(), request),
        "may_change": access.coordinates(request.user),
    }  # fmt: skip
    return render(request, "coordination/project.html", context)


def _pages(rows: QuerySet[Reason], request: PersonRequest) -> paging.Part[Any]:
    """The pages that the reader may see, each with the articles for which it is there."""
    articles: dict[int, list[str]] = {}
    for row in rows:
        articles.setdefault(row.page_id, []).extend(filter(None, [row.article]))
    pages = access.allowed(Page.objects.filter(pk__in=list(articles)), request.user)
    found = sorted(pages, key=lambda page: (getattr(page.specific_class, "kind_order", 100), page.slug))
    part = paging.part(request, found.__getitem__)
    whole = kinds.whole(part.rows)
    return replace(part, rows=[(whole[page.pk], "; ".join(articles[page.pk])) for page in part.rows])


def _part(request: PersonRequest, rows: QuerySet[M], key: str) -> paging.Part[M]:
    return paging.part(request, rows.__getitem__, key=key)


# --- Kept ------------------------------------------------------------------------------------------------


@login_required
def add_norm(request: PersonRequest) -> HttpResponse:
    return _kept(request, NormForm, Norm(), _("Aggiungi una norma"))


@login_required
def change_norm(request: PersonRequest, pk: int) -> HttpResponse:
    access.require_coordinator(request.user)
    return _kept(request, NormForm, get_object_or_404(Norm, pk=pk), _("Cambia la norma"))


@login_required
def add_objective(request: PersonRequest) -> HttpResponse:
    return _kept(request, ObjectiveForm, Objective(), _("Aggiungi un obiettivo"))


@login_required
def change_objective(request: PersonRequest, pk: int) -> HttpResponse:
    access.require_coordinator(request.user)
    return _kept(request, ObjectiveForm, get_object_or_404(Objective, pk=pk), _("Cambia l’obiettivo"))


@login_required
def add_project(request: PersonRequest) -> HttpResponse:
    return _kept(request, ProjectForm, Project(), _("Aggiungi un progetto"))


@login_required
def change_project(request: PersonRequest, pk: int) -> HttpResponse:
    access.require_coordinator(request.user)
    return _kept(request, ProjectForm, get_object_or_404(Project, pk=pk), _("Cambia il progetto"))


def _kept(request: PersonRequest, kind: Any, row: Norm | Objective | Project, title: str) -> HttpResponse:
    access.require_coordinator(request.user)
    form = kind(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, _("Salvato."))
        return redirect(str(saved._meta.model_name), pk=saved.pk)
    return render(request, "coordination/norm_form.html", {"form": form, "title": title})


# --- Why a page is there ---------------------------------------------------------------------------------


def _reasoned(request: PersonRequest, pk: int) -> Page:
    """A rule or the card of a service: the pages that say why they are there."""
    kinds = [kind for kind in page_kinds() if kind.keeps_editions or kind is ServicePage]
    page: Page = access.get_or_404(Page.objects.live().type(*kinds), request.user, pk=pk)
    if not access.may_give_reasons(request.user, page):
        access.require(request.user, "approve", page)
    return page.specific


@login_required
def reasons(request: PersonRequest, pk: int) -> HttpResponse:
    """The norms, objectives and projects of one page; added here, taken away here."""
    page = _reasoned(request, pk)
    form = ReasonForm(request.POST or None, instance=Reason(page_id=page.pk))
    if request.method == "POST" and form.is_valid():
        Reason.objects.get_or_create(page_id=page.pk, **form.cleaned_data, defaults={"by": request.user})
        messages.success(request, _("Aggiunto: chi legge la pagina lo vede da adesso."))
        return redirect("reasons", pk=page.pk)
    rows = Reason.objects.filter(page=page.pk).select_related("norm", "objective", "project")
    return render(request, "coordination/reasons.html", {"page": page, "title": name(page), "rows": rows, "form": form})


@login_required
@require_POST
def take_reason_away(request: PersonRequest, pk: int, reason_pk: int) -> HttpResponse:
    page = _reasoned(request, pk)
    gone, _rows = Reason.objects.filter(page=page.pk, pk=reason_pk).delete()
    if gone:
        messages.success(request, _("Tolto da questa pagina; la norma, l’obiettivo o il progetto resta."))
    else:
        messages.error(request, _("Su questa pagina non c’è più."))
    return redirect("reasons", pk=page.pk)
