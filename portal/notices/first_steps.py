"""What a network that has just been set up lacks, told to whoever keeps it until nothing is lacking."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access
from portal.models import Invitation, Organisation, Space, User
from portal.models.activity import Activity, Verb


@dataclass(frozen=True)
class Step:
    title: str
    why: str
    url: str
    done: bool


def of(user: User) -> list[Step]:
    """The steps, done and to do; none once all are done, or for whoever does not keep the network."""
    if not access.coordinates(user):
        return []
    steps = [*_first(user), _page(user)]
    return [] if all(step.done for step in steps) else steps


def _first(user: User) -> list[Step]:
    others = User.objects.exclude(pk=user.pk)
    return [
        Step(
            _("Scrivi il tuo nome"), _("è quello che gli altri leggono accanto a quello che fai"), reverse("profile"),
            bool(user.first_name),
        ),
        Step(
            _("Apri il primo spazio"), _("per esempio quello comune a tutta la rete; scegli chi lo legge"),
            reverse("open_space"), Space.objects.exists(),
        ),
        Step(
            _("Aggiungi il primo ente"), _("quello per cui lavori: le persone gli appartengono"), reverse("add_body"),
            Organisation.objects.exists(),
        ),
        Step(
            _("Invita la prima persona"), _("riceve una mail, sceglie la password ed entra"), reverse("invite"),
            others.exists() or Invitation.objects.exists(),
        ),
    ]  # fmt: skip


def _page(user: User) -> Step:
    """Where the person may write; before that, only what comes first."""
    mine: Any = access.allowed(Space.objects.select_related("root_page").order_by("pk"), user, "edit").first()
    url = reverse("new_page", args=[mine.slug]) if mine else reverse("network_spaces")
    done = Activity.objects.filter(verb=Verb.PUBLISHED).exists()
    return Step(_("Pubblica la prima pagina"), _("chi legge lo spazio la trova sulla sua pagina iniziale"), url, done)
