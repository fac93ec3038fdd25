"""«Le tue ricerche»: the last ones, which are erased here; those that are kept, and what one waits for."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import access
from portal.requests import PersonRequest

from . import followed, recent
from .models import Followed
from .query import key_of


@login_required
def own_searches(request: PersonRequest) -> HttpResponse:
    mine = [(each, followed.address(each.words, each.filters)) for each in followed.of(request.user)]
    saved = [(each, followed.said(each, request.user), url) for each, url in mine if not each.is_wish]
    wishes = [(each, each.words, url) for each, url in mine if each.is_wish]
    lists = [
        (_("Salvate"), saved, _("Quello che c’è di nuovo arriva con il riepilogo. Si salvano dai risultati.")),
        (_("In attesa"), wishes, _("Nessuna pagina risponde ancora: ti scriviamo quando c’è, una volta sola.")),
    ]
    context = {"recent": list(recent.searches(request)), "lists": lists}
    return render(request, "search/own_searches.html", context)


@login_required
@require_POST
def follow(request: PersonRequest) -> HttpResponse:
    """Keep a search, or wait for what it does not find yet."""
    words = " ".join(request.POST.get("q", "").split())
    filters = {name: request.POST[key] for name, key in followed.PARAMETERS.items() if request.POST.get(key)}
    is_wish = "aspetta" in request.POST
    back = redirect(followed.address(words, filters))
    if not key_of(words):
        return back
    if not followed.may_be_kept(words):
        messages.error(request, _(
            "Queste parole non si possono conservare: sono troppo lunghe, o sembrano il dato di una persona. "
            "Accorciale e cerca di nuovo."
        ))  # fmt: skip
        return back
    known = followed.kept_for(request.user, words, filters, is_wish=is_wish)
    try:
        followed.follow(request.user, words, filters, is_wish=is_wish)
    except followed.TooMany:
        messages.error(request, _("Ne tieni già %(most)d: togline una da «Le tue ricerche».") % {"most": followed.MOST})
        return back
    messages.success(request, _("La tieni già in «Le tue ricerche».") if known else _said(is_wish))
    return back


def _said(is_wish: bool) -> str:
    if is_wish:
        return _("Te lo diciamo per mail quando c’è. Se cambi idea, toglila da «Le tue ricerche».")
    return _("Salvata: le novità arrivano con il riepilogo. La trovi in «Le tue ricerche».")


@login_required
@require_POST
def unfollow(request: PersonRequest, pk: int) -> HttpResponse:
    access.get_or_404(Followed.objects.all(), request.user, pk=pk).delete()
    messages.success(request, _("Tolta."))
    return redirect("own_searches")


@login_required
@require_POST
def forget_recent(request: PersonRequest) -> HttpResponse:
    response: Any = redirect("own_searches")
    recent.forget(response)
    messages.success(request, _("Cancellate: il portale non le ricorda più."))
    return response
