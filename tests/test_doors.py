"""Every address of the portal × every person of the cast: who passes, who is turned away, and how.

An address that the resolver knows and the tables below do not fails by its name. What is hidden answers
as what is missing: the same status and the same body.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Page

from coordination.models import Action
from portal.models import Document, Membership, User
from tests.conftest import CAST

pytestmark = pytest.mark.django_db

ANONYMOUS = "anonymous"
PERSONAS = [ANONYMOUS, *CAST]
EVERYBODY = set(PERSONAS)
MEMBERS = set(CAST)
PARTNERS = {"partner", "partner_coop"}
INSIDE = MEMBERS - PARTNERS
OFFICE = {"coordinator", "director", "office", "administrator"}
COORD = OFFICE
MINORI = {"coordinator", "director", "worker_minors", "administrator"}
INTEGRA = OFFICE | {"health_manager", "worker_minors", "worker", "hospital_worker"}
TERZO = OFFICE | {"worker_minors", "worker", "hospital_worker"} | PARTNERS
MANAGERS = {"coordinator", "administrator"}
EDITORS = OFFICE | {"worker_minors", "worker", "health_manager"}
READERS = MEMBERS - EDITORS

LOGIN = "login"  # how a door answers whoever has not entered
HIDDEN = 404


@dataclass(frozen=True)
class Door:
    """An address and who passes; to the others it does not exist, save for the acts `forbidden` to who may look."""

    name: str
    address: str
    open_to: set[str]
    answer: int = 200
    forbidden: frozenset[str] | set[str] = frozenset()
    post: dict[str, str] | None = None
    closed: Any = HIDDEN
    to_strangers: Any = LOGIN

    def expected(self, persona: str) -> Any:
        if persona in self.open_to:
            return self.answer
        if persona == ANONYMOUS:
            return self.to_strangers
        return 403 if persona in self.forbidden else self.closed

    def knock(self, client: Client) -> Any:
        response = client.get(self.address) if self.post is None else client.post(self.address, self.post)
        return outcome(response)


def outcome(response: Any) -> Any:
    """The status, or that one is asked to enter."""
    location = response.headers.get("Location", "")
    return LOGIN if response.status_code == 302 and "/accesso/login/" in location else response.status_code


def page(slug: str) -> Page:
    return Page.objects.get(slug=slug).specific


def action_of(slug: str, person: str) -> int:
    return Action.objects.get(page__slug=slug, person__email__startswith=person, done_at=None).pk


def role_of(person: str, space: str) -> int:
    return Membership.objects.get(user__email__startswith=person, space__code=space).pk


def portal_doors() -> list[Door]:
    """The portal's own addresses; those with an id, once for each kind of door that they may be."""
    form = Document.objects.get(title__startswith="MD-08")
    return [
        Door("home", "/", EVERYBODY),
        Door("news", "/novita/", MEMBERS),
        Door("spaces", "/spazi/", EVERYBODY),
        Door("sharing", "/spazi/minori/condivisione/", MANAGERS, forbidden=MINORI),
        Door("sharing", "/spazi/rete/condivisione/", MANAGERS, forbidden=INSIDE),
        Door("sharing", "/spazi/che-non-esiste/condivisione/", set()),
        Door("change_role", f"/spazi/minori/condivisione/{role_of('davide', 'SP-MINORI')}/", MANAGERS, answer=302,
             post={"role": "1"}, forbidden=MINORI),
        Door("change_role", f"/spazi/minori/condivisione/{role_of('elena', 'SP-MODULI')}/", set(),
             post={"role": "4"}, forbidden=MINORI - MANAGERS),
        Door("wagtaildocs_serve", form.url, INSIDE),
        Door("wagtaildocs_serve", form.url + "x", set()),
        Door("wagtaildocs_serve", "/documenti/999999/md-08.odt", set()),
        Door("media", "/media/documents/" + form.filename, set()),
        Door("media", "/media/original_images/non-esiste.png", set()),
        Door("person", f"/rubrica/persone/{User.objects.get(email__startswith='davide').pk}/", MEMBERS),
        Door("person", f"/rubrica/persone/{User.objects.get(email__startswith='tommaso').pk}/", INSIDE),
        Door("person", "/rubrica/persone/999999/", set()),
        Door("organisation", "/rubrica/enti/quarrata/", MEMBERS),
        Door("organisation", "/rubrica/enti/che-non-esiste/", set()),
        Door("profile", "/profilo/", MEMBERS),
        Door("digest_preference", "/profilo/digest/", MEMBERS),
        Door("digest_stop", "/digest/stop/firma-falsa/", set()),
        Door("report_problem", "/segnala/", MEMBERS),
        Door("sent_mail", "/posta-inviata/", {"administrator"}),
        Door("accessibility", "/accessibilita/", EVERYBODY),
        Door("privacy", "/riservatezza/", EVERYBODY),
        Door("meetings", "/riunioni/", MEMBERS),
        Door("close_action", f"/riunioni/azioni/{action_of('r-02', 'elena')}/", {"worker"}, answer=302, post={}),
        Door("close_action", f"/riunioni/azioni/{action_of('r-03', 'youssef')}/", set(), post={}),
        Door("close_action", "/riunioni/azioni/999999/", set(), post={}),
        Door("close_action", "/riunioni/azioni/999999/", set(), closed=405),
        Door("meeting_calendar", "/riunioni/r-01.ics", MINORI),
        Door("meeting_calendar", "/riunioni/r-02.ics", INSIDE),
        Door("meeting_calendar", "/riunioni/r-99.ics", set()),
        Door("directory", "/rubrica/", MEMBERS),
        Door("protocols", "/protocolli/", EVERYBODY),
        Door("procedures", "/procedure/", EVERYBODY),
        Door("forms", "/moduli/", EVERYBODY),
        Door("edition", "/p/pr-05/edizioni/1.0/", MINORI),
        Door("edition", "/p/pr-02/edizioni/1.0/", INTEGRA),
        Door("edition", "/p/pr-02/edizioni/9.9/", set()),
        Door("training", "/formazione/", MEMBERS),
        Door("finish_lesson", f"/formazione/lezioni/{page('la-rete-locale').pk}/fatta/", MEMBERS, answer=302, post={}),
        Door("finish_lesson", f"/formazione/lezioni/{page('front-office').pk}/fatta/", INSIDE, answer=302, post={}),
        Door("finish_lesson", "/formazione/lezioni/999999/fatta/", set(), post={}),
        Door("finish_lesson", "/formazione/lezioni/999999/fatta/", set(), closed=405),
        Door("search", "/cerca/?q=protocollo", EVERYBODY),
        Door("search", "/cerca/?q=protocollo&format=json", EVERYBODY),
        Door("suggestions", "/cerca/suggerimenti/?q=pro", EVERYBODY),
        Door("wagtail_serve", "/spazi/carta/", EVERYBODY),
        Door("wagtail_serve", "/spazi/carta/come-si-accede/", EVERYBODY),
        Door("wagtail_serve", "/spazi/rete/", INSIDE),
        Door("wagtail_serve", "/spazi/coordinamento/", COORD),
        Door("wagtail_serve", "/spazi/minori/", MINORI),
        Door("wagtail_serve", "/spazi/integrazione/", INTEGRA),
        Door("wagtail_serve", "/spazi/formazione/", INSIDE),
        Door("wagtail_serve", "/spazi/terzo-settore/", TERZO),
        Door("wagtail_serve", "/spazi/modulistica/", INSIDE),
        Door("wagtail_serve", "/p/PR-05/", MINORI),
        Door("wagtail_serve", "/p/PR-07/", MEMBERS),  # shared with the third sector
        Door("wagtail_serve", "/spazi/minori/pr-05/", MINORI),
        Door("wagtail_serve", "/p/OP-12/", COORD),
        Door("wagtail_serve", "/p/R-04/", COORD),
        Door("wagtail_serve", "/p/PR-99/", set()),
        Door("wagtail_serve", "/spazi/rete/accogliere-con-un-mediatore/", set()),  # a draft
        Door("wagtailcore_login", "/_util/login/", set(), closed=LOGIN),  # Wagtail's own asks for no second factor
        Door("wagtailcore_authenticate_with_password", "/_util/authenticate_with_password/1/1/", set()),
    ]  # fmt: skip


# --- The portal's own addresses --------------------------------------------------------------------------


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_door_of_the_portal_opens_to_whom_it_should(persona: str, as_: Any) -> None:
    client = as_(persona)
    wrong = {
        (door.name, door.address): f"{found}, not {door.expected(persona)}"
        for door in portal_doors()
        if (found := door.knock(client)) != door.expected(persona)
    }
    assert wrong == {}


# --- Entering: allauth's addresses -----------------------------------------------------------------------

# name → how it answers a stranger, a member. Whoever has entered is sent away from the pages for entering.
ENTERING: dict[str, tuple[Any, Any]] = {
    "account_login": (200, 302),
    "account_logout": (302, 200),
}

# --- Wagtail's admin -------------------------------------------------------------------------------------

OF_ADMINISTRATORS = {
    "wagtailusers_users", "wagtailusers_groups", "wagtailsites", "wagtailadmin_workflows", "wagtailadmin_collections",
    "wagtailsnippets", "wagtailsnippets_portal_organisation", "wagtailsnippets_portal_term",
}  # fmt: skip


def test_dump(as_):
    from tests.addresses import Things, address, known
    own = Things()
    for who in ["anonymous","trainee","worker","administrator"]:
        c=as_(who); c.raise_request_exception=False
        for k in known():
            if k.in_admin or "accesso" in k.route:
                try: u=address(k,own)
                except Exception as e: print("XX",k,e); continue
                r=c.get(u); x=c.get(u,headers={"x-requested-with":"XMLHttpRequest"})
                print(who,k.name,u,r.status_code,r.headers.get("Location","")[:30],x.status_code)
