"""What a network that has just been set up lacks, told to whoever keeps it until nothing is lacking."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists
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
    there_is = _there_is(user)
    return [] if user.first_name and all(there_is.values()) else [*_first(user, there_is), _page(user, there_is)]


def _there_is(user: User) -> dict[str, bool]:
    """One question: years later all of it is there."""
    found: Any = User.objects.filter(pk=user.pk).values(
        space=Exists(Space.objects.all()), body=Exists(Organisation.objects.all()),
        other=Exists(User.objects.exclude(pk=user.pk)) | Exists(Invitation.objects.all()),
        page=Exists(Activity.objects.filter(verb=Verb.PUBLISHED)),
    )  # fmt: skip
    return dict(found.get())


def _first(user: User, there_is: dict[str, bool]) -> list[Step]:
    return [
        Step(
            _("Scrivi il tuo nome"), _("è quello che gli altri leggono accanto a quello che fai"), reverse("profile"),
            bool(user.first_name),
        ),
        Step(
            _("Apri il primo spazio"), _("per esempio quello comune a tutta la rete; scegli chi lo legge"),
            reverse("open_space"), there_is["space"],
        ),
        Step(
            _("Aggiungi il primo ente"), _("quello per cui lavori: le persone gli appartengono"), reverse("add_body"),
            there_is["body"],
        ),
        Step(
            _("Invita la prima persona"), _("riceve una mail, sceglie la password ed entra"), reverse("invite"),
            there_is["other"],
        ),
    ]  # fmt: skip


def _page(user: User, there_is: dict[str, bool]) -> Step:
    """Where the person may write; before that, only what comes first."""
    mine: Any = access.allowed(Space.objects.select_related("root_page").order_by("pk"), user, "edit").first()
    url = reverse("new_page", args=[mine.slug]) if mine else reverse("network_spaces")
    why = _("chi legge lo spazio la trova sulla sua pagina iniziale")
    return Step(_("Pubblica la prima pagina"), why, url, there_is["page"])
