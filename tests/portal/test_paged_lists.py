"""No list renders more than a piece: what is beyond is reached by «Altri», and nothing of others' is among it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page

from coordination.models import MeetingPage, Norm, NormState, Objective, Project, Reason, RegulatedService, ServicePage
from coordination.models.shifts import Shift
from portal import paging
from portal.models import Delegation, Holiday, Membership, Organisation, OutsiderLink, Role, Space, User
from portal.models.pages import TextPage
from protocols.models import FormPage, ProcedurePage, ProtocolPage
from tests import network
from training.models import PathPage

pytestmark = pytest.mark.django_db
MORE = paging.SIZE + 9
HIDDEN = "Nascosto"


def names(what: str) -> list[str]:
    return [f"{what} {number:03}" for number in range(MORE)]


def people(person: Any) -> list[str]:
    quarrata, rete = Organisation.objects.get(slug="quarrata"), Space.objects.get(code="SP-RETE")
    made = network.people(MORE, space=rete)
    for number, who in enumerate(made):
        User.objects.filter(pk=who.pk).update(last_name=f"Rossi {number:03}", organisation=quarrata)
    stranger = User.objects.create_user("sconosciuta@rete.example", first_name="Anna", last_name=f"Rossi {HIDDEN}")
    User.objects.filter(pk=stranger.pk).update(organisation=quarrata)
    return [f"Persona Rossi {number:03}" for number in range(MORE)]


def services(person: Any) -> list[str]:
    quarrata = Organisation.objects.get(slug="quarrata")
    for code, titles in (("SP-RETE", names("Sportello")), ("SP-COORD", [f"Sportello {HIDDEN}"])):
        network.pages_below(Space.objects.get(code=code).root_page, ServicePage, titles, organisation=quarrata)
    return names("Sportello")


def bodies(person: Any) -> list[str]:
    for number, name in enumerate(names("Comune di Prova")):
        Organisation.objects.create(name=name, slug=f"prova-{number}", kind="comune")
    return names("Comune di Prova")


def spaces(person: Any) -> list[str]:
    made = network.spaces(MORE, reader=person("worker"))
    other = network.spaces(1, reader=person("director"))
    Space.objects.filter(pk=other[0].pk).update(name=f"Spazio {HIDDEN}")
    Space.objects.filter(pk=made[-1].pk).update(closed_at=timezone.now())
    return [space.name for space in made]


def all_spaces(person: Any) -> list[str]:
    return [space.name for space in network.spaces(MORE, reader=person("worker"))]


def roles(person: Any) -> list[str]:
    made = [space.name for space in network.spaces(MORE, reader=person("worker"))]
    other = network.spaces(1, reader=person("director"))
    Space.objects.filter(pk=other[0].pk).update(name=f"Spazio {HIDDEN}")
    return made


def meetings(person: Any) -> list[str]:
    for code, titles in (("SP-RETE", names("Incontro")), ("SP-COORD", [f"Incontro {HIDDEN}"])):
        later = timezone.now() + timedelta(days=20)
        network.pages_below(Space.objects.get(code=code).root_page, MeetingPage, titles, starts_at=later)
    return names("Incontro")


def norms(person: Any) -> list[str]:
    Norm.objects.bulk_create(Norm(citation=name, title="Una norma") for name in names("Legge"))
    return names("Legge")


def objectives(person: Any) -> list[str]:
    rows = [Objective(code=f"OX-{number:03}", title=name) for number, name in enumerate(names("Obiettivo"))]
    Objective.objects.bulk_create(rows)
    return names("Obiettivo")


def projects(person: Any) -> list[str]:
    Project.objects.bulk_create(Project(code=f"PX-{n:03}", title=name) for n, name in enumerate(names("Progetto")))
    return names("Progetto")


def reasons(person: Any) -> list[str]:
    norm = Norm.objects.create(citation="Legge di prova", title="-")
    for code, titles in (("SP-RETE", names("Foglio")), ("SP-COORD", [f"Foglio {HIDDEN}"])):
        made = network.pages_below(Space.objects.get(code=code).root_page, TextPage, titles, change_note="-")
        Reason.objects.bulk_create(Reason(page=page.page_ptr, norm=norm) for page in made)
    return names("Foglio")


def without_a_norm(person: Any) -> list[str]:
    made = network.pages_below(Space.objects.get(code="SP-RETE").root_page, ProtocolPage, names("Protocollo"))
    assert len(made) == MORE
    return names("Protocollo")


def public(person: Any) -> list[str]:
    first = Space.objects.filter(visibility="pubblico").first()
    assert first is not None
    for code, titles in ((first.code, names("Avviso")), ("SP-RETE", [f"Avviso {HIDDEN}"])):
        network.pages_below(Space.objects.get(code=code).root_page, TextPage, titles, change_note="-")
    return names("Avviso")


def shifts(person: Any) -> list[str]:
    card = network.pages_below(Space.objects.get(code="SP-RETE").root_page, ServicePage, ["Pronto intervento"])[0]
    now, made = timezone.now(), network.people(MORE, space=Space.objects.get(code="SP-RETE"))
    stranger = User.objects.create_user("sconosciuta@rete.example", first_name="Anna", last_name=HIDDEN)
    for number, who in enumerate([*made, stranger]):
        day = now + timedelta(days=number)
        Shift.objects.create(service=card, person=who, since=day, until=day + timedelta(hours=8), given_by=who)
    return [str(who) for who in made]


def delegations(person: Any) -> list[str]:
    return [str(who) for who in _delegated(valid_until=None)]


def past_delegations(person: Any) -> list[str]:
    return [str(who) for who in _delegated(valid_until=timezone.localdate() - timedelta(days=1))]


def _delegated(valid_until: date | None) -> list[User]:
    quarrata, since = Organisation.objects.get(slug="quarrata"), timezone.localdate() - timedelta(days=9)
    made = network.people(MORE, space=Space.objects.get(code="SP-RETE"))
    Delegation.objects.bulk_create(
        Delegation(organisation=quarrata, purpose="recepimento", person=who, valid_from=since, valid_until=valid_until)
        for who in made
    )
    return made


def objectives_of_a_norm(person: Any) -> list[str]:
    norm = Norm.objects.create(citation="Legge di prova", title="-")
    wanted = objectives(person)
    norm.objectives.set(Objective.objects.filter(title__in=wanted))
    return wanted


def norms_of_an_objective(person: Any) -> list[str]:
    wanted = norms(person)
    Objective.objects.create(code="OB-PROVA", title="-").norms.set(Norm.objects.filter(citation__in=wanted))
    return wanted


def projects_of_an_objective(person: Any) -> list[str]:
    wanted = projects(person)
    Objective.objects.create(code="OB-PROVA", title="-").projects.set(Project.objects.filter(title__in=wanted))
    return wanted


def objectives_of_a_project(person: Any) -> list[str]:
    wanted = objectives(person)
    Project.objects.create(code="PR-PROVA", title="-").objectives.set(Objective.objects.filter(title__in=wanted))
    return wanted


def training(person: Any) -> list[str]:
    for code, titles in (("SP-FORMA", names("Percorso")), ("SP-COORD", [f"Percorso {HIDDEN}"])):
        network.pages_below(Space.objects.get(code=code).root_page, PathPage, titles)
    return names("Percorso")


def orphan_pages(kind: type[Page]) -> Callable[[Any], list[str]]:
    def made(person: Any) -> list[str]:
        network.pages_below(Space.objects.get(code="SP-RETE").root_page, kind, names("Orfano"))
        return names("Orfano")

    return made


def outdated(person: Any) -> list[str]:
    norm = Norm.objects.create(
        citation="Legge finita", title="-", state=NormState.REPEALED, since=timezone.localdate() - timedelta(days=1)
    )
    made = network.pages_below(Space.objects.get(code="SP-RETE").root_page, TextPage, names("Foglio"), change_note="-")
    Reason.objects.bulk_create(Reason(page=page.page_ptr, norm=norm) for page in made)
    return names("Foglio")


def reasons_of(**of: str) -> Callable[[Any], list[str]]:
    """Pages that are there because of an objective or a project."""

    def made(person: Any) -> list[str]:
        [(kind, code)] = of.items()
        model = {"objective": Objective, "project": Project}[kind]
        cause = model._default_manager.create(code=code, title="-")
        for space, titles in (("SP-RETE", names("Foglio")), ("SP-COORD", [f"Foglio {HIDDEN}"])):
            root = Space.objects.get(code=space).root_page
            pages = network.pages_below(root, TextPage, titles, change_note="-")
            Reason.objects.bulk_create(Reason(page=page.page_ptr, **{kind: cause}) for page in pages)
        return names("Foglio")

    return made


def regulations(person: Any) -> list[str]:
    for code, words in (("SP-RETE", names("Trasporto")), ("SP-COORD", [f"Trasporto {HIDDEN}"])):
        space = Space.objects.get(code=code)
        for name in words:
            RegulatedService.objects.create(name=name, slug=slugify(name), space=space)
    return names("Trasporto")


def outsider_links(person: Any) -> list[str]:
    space, coordinator = Space.objects.get(code="SP-RETE"), person("coordinator")
    page = network.pages_below(space.root_page, TextPage, ["Foglio per fuori"], change_note="-")[0].page_ptr
    until = timezone.now() + timedelta(days=9)
    OutsiderLink.objects.bulk_create(
        OutsiderLink(
            space=space, page=page, named=name, reason="-", token_hash=name, asked_as=uuid4(), given_by=coordinator,
            expires_at=until,
        )
        for name in names("Avvocata")
    )  # fmt: skip
    return names("Avvocata")


def closing_days(person: Any) -> list[str]:
    first = date(2037, 1, 1)
    days = [first + timedelta(days=number) for number in range(MORE)]
    Holiday.objects.bulk_create(Holiday(day=day, name="Ponte") for day in days)
    return [f"{day:%d/%m/%Y}, Ponte" for day in days]


def of_the_objective() -> str:
    return f"/norme/obiettivi/{Objective.objects.get(code='OB-PROVA').pk}/"


def of_the_project() -> str:
    return f"/norme/progetti/{Project.objects.get(code='PR-PROVA').pk}/"


def of_the_norm() -> str:
    return f"/norme/{Norm.objects.get(citation='Legge di prova').pk}/"


def of_the_worker() -> str:
    return f"/rete/persone/{User.objects.get(email='elena.fedi@raccordo.example').pk}/"


def of_the_service() -> str:
    return f"/rubrica/servizi/{ServicePage.objects.get(title='Pronto intervento').pk}/turni/"


# What is there, where it is listed, who reads it, the word of its pieces in the address.
LISTS: dict[str, tuple[Callable[[Any], list[str]], str | Callable[[], str], str, str]] = {
    "people of the directory": (people, "/rubrica/", "worker", "persone"),
    "people found by name": (people, "/rubrica/?nome=rossi", "worker", "persone"),
    "services of the directory": (services, "/rubrica/", "worker", "servizi"),
    "bodies of the directory": (bodies, "/rubrica/", "worker", "enti"),
    "people of a body": (people, "/rubrica/enti/quarrata/", "worker", "persone"),
    "services of a body": (services, "/rubrica/enti/quarrata/", "worker", "servizi"),
    "spaces": (spaces, "/spazi/", "worker", "pagina"),
    "spaces of the network": (all_spaces, "/rete/spazi/", "coordinator", "pagina"),
    "bodies of the network": (bodies, "/rete/enti/", "coordinator", "pagina"),
    "people of the network": (people, "/rete/persone/?nome=persona", "coordinator", "pagina"),
    "roles of a person": (roles, of_the_worker, "coordinator", "ruoli"),
    "meetings to come": (meetings, "/riunioni/", "worker", "prossime"),
    "norms": (norms, "/norme/", "worker", "norme"),
    "objectives": (objectives, "/norme/", "worker", "obiettivi"),
    "projects": (projects, "/norme/", "worker", "progetti"),
    "pages of a norm": (reasons, of_the_norm, "worker", "pagina"),
    "rules without a norm": (without_a_norm, "/norme/orfani/", "coordinator", "protocolli"),
    "the public pages": (public, "/", "anonymous", "pagina"),
    "delegations of a body": (delegations, "/rete/enti/quarrata/deleghe/", "coordinator", "deleghe"),
    "delegations that are over": (past_delegations, "/rete/enti/quarrata/deleghe/", "coordinator", "prima"),
    "objectives of a norm": (objectives_of_a_norm, of_the_norm, "worker", "obiettivi"),
    "norms of an objective": (norms_of_an_objective, of_the_objective, "worker", "norme"),
    "projects of an objective": (projects_of_an_objective, of_the_objective, "worker", "progetti"),
    "objectives of a project": (objectives_of_a_project, of_the_project, "worker", "obiettivi"),
    "pages of an objective": (reasons_of(objective="OB-PROVA"), of_the_objective, "worker", "pagina"),
    "pages of a project": (reasons_of(project="PR-PROVA"), of_the_project, "worker", "pagina"),
    "procedures without a rule": (orphan_pages(ProcedurePage), "/norme/orfani/", "coordinator", "procedure"),
    "forms without a rule": (orphan_pages(FormPage), "/norme/orfani/", "coordinator", "moduli"),
    "pages of a norm that is over": (outdated, "/norme/orfani/", "coordinator", "norme"),
    "objectives without a page": (objectives, "/norme/orfani/", "coordinator", "obiettivi"),
    "projects without a page": (projects, "/norme/orfani/", "coordinator", "progetti"),
    "what each Comune rules": (regulations, "/regolamenti/", "worker", "pagina"),
    "links to outsiders": (outsider_links, "/spazi/rete/condivisione/esterni/", "coordinator", "pagina"),
    "what one may study": (training, "/formazione/", "worker", "pagina"),
    "closing days": (closing_days, "/rete/parole/chiusure/", "coordinator", "pagina"),
    "shifts of a service": (shifts, of_the_service, "coordinator", "pagina"),
}


def pieces(client: Client, address: str, key: str) -> list[BeautifulSoup]:
    """The page, and those to which its «Altri» of that list lead, one after the other."""
    found, here = [], urlsplit(address)
    while True:
        answer = client.get(address)
        assert answer.status_code == 200, address
        found.append(BeautifulSoup(answer.content, "html.parser").find("main"))
        ways = [str(link["href"]) for link in found[-1].find_all("a", rel="next")]
        following = [way for way in ways if f"{key}=" in urlsplit(way).query]
        if not following:
            return found
        assert len(following) == 1 and len(found) < 9, following
        assert urlsplit(following[0]).path == here.path
        anchor = urlsplit(following[0]).fragment
        assert not anchor or found[-1].find(id=anchor) is not None
        address = following[0]


@pytest.mark.parametrize("name", LISTS)
def test_what_is_beyond_a_piece_is_reached_by_its_link_and_nothing_hidden_with_it(
    name: str, person: Any, as_: Callable[[str], Client]
) -> None:
    make, where, reader, key = LISTS[name]
    wanted = make(person)
    address = where() if callable(where) else where
    shown = pieces(as_(reader), address, key)
    told = [piece.get_text(" ", strip=True) for piece in shown]
    assert len(shown) > 1
    places = [[number for number, text in enumerate(told) if each in text] for each in wanted]
    assert all(len(place) == 1 for place in places), [wanted[at] for at, place in enumerate(places) if len(place) != 1]
    assert max(sum(each in text for each in wanted) for text in told) <= paging.SIZE
    assert reader == "coordinator" or not any(HIDDEN in text for text in told)
    assert as_(reader).get(address, {key: "99"}).status_code == 200


def test_the_directory_says_how_many_there_are_and_not_how_many_it_shows(person: Any, as_: Any) -> None:
    before = BeautifulSoup(as_("worker").get("/rubrica/").content, "html.parser").select_one("#h-persone .number")
    people(person)
    after = BeautifulSoup(as_("worker").get("/rubrica/?persone=2").content, "html.parser").select_one(
        "#h-persone .number"
    )
    assert before and after and int(after.text) - int(before.text) == MORE


def test_a_role_in_no_space_leads_to_nobody_however_one_asks_for_the_pieces(person: Any, as_: Any) -> None:
    """Whoever shares no space with them sees none of the people, on any piece."""
    people(person)
    Membership.objects.filter(user=person("partner"), role__gte=Role.READER).delete()
    for piece in range(1, 4):
        shown = as_("partner").get("/rubrica/", {"nome": "rossi", "persone": str(piece)})
        assert "Rossi 0" not in shown.content.decode()
