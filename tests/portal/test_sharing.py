"""The sharing page: who may let in whom, which pages go beyond the space, and the space as a member sees it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page

from portal import access
from portal.models import Membership, PageShare, Space
from portal.models.spaces import Role
from portal.spaces import opening, roles

pytestmark = pytest.mark.django_db

ADDRESS = "/spazi/terzo-settore/condivisione/"


def space() -> Space:
    return Space.objects.select_related("root_page").get(code="SP-TERZO")


def text(response: Any) -> str:
    body = response.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", body[body.index("<main") : body.index("</main")]).split())


# --- Letting in ------------------------------------------------------------------------------------------


def test_what_a_role_opens_is_said_before_and_nothing_is_given_without_a_yes(as_: Any, person: Any) -> None:
    data = {"holder_text": "Tommaso Lenzi", "role": "1", "reason": "Affianca", "expires_on": ""}
    asked = as_("coordinator").post(ADDRESS, data)
    assert "Darai accesso a" in text(asked)
    assert not access.can(person("newcomer"), "view", space())
    assert as_("coordinator").post(ADDRESS, {**data, "conferma": "1"}).status_code == 302
    assert access.can(person("newcomer"), "view", space())


@pytest.mark.parametrize(
    ("words", "finds"),
    [
        ("Tommaso Lenzi", True),
        ("lenzi tommaso", True),
        ("tommaso.lenzi@raccordo.example", True),
        ("Comune di Montale", True),
        ("Rosanna", True),
        ("Zebedeo", False),
    ],
)
def test_people_are_found_by_name_by_address_and_by_body(words: str, finds: bool, as_: Any) -> None:
    shown = text(as_("coordinator").post(ADDRESS, {"holder_text": words, "role": "1", "reason": "Prova"}))
    assert ("Darai accesso a" in shown) == finds
    assert ("Non trovo nessuna persona" in shown) != finds


def test_a_part_of_a_name_finds_only_those_whom_the_manager_knows(as_: Any, person: Any) -> None:
    """Else whoever looks after one space could list the people of all the others, letter by letter."""
    Membership.objects.create(space=space(), user=person("partner_coop"), role=Role.MANAGER)
    manager = as_("partner_coop")
    ask = {"role": "1", "reason": "Prova"}
    assert "Darai accesso a" in text(manager.post(ADDRESS, {**ask, "holder_text": "begliom"}))  # a reader of the space
    assert "Non trovo nessuna persona" in text(manager.post(ADDRESS, {**ask, "holder_text": "Lenz"}))
    assert "Darai accesso a" in text(manager.post(ADDRESS, {**ask, "holder_text": "Tommaso Lenzi"}))


# --- Pages that go beyond the space ----------------------------------------------------------------------


def sharing(page: str, other: str) -> dict[str, Any]:
    return {
        "condividi-page": Page.objects.get(slug=page).pk,
        "condividi-space": Space.objects.get(code=other).pk,
        "condividi-reason": "Serve anche qui",
    }


def test_a_page_is_shared_and_taken_back_with_one_button_each(as_: Any, person: Any) -> None:
    page, manager = Page.objects.get(slug="pr-11"), as_("coordinator")
    reader = person("newcomer")  # reads SP-MODULI, and not SP-TERZO
    assert manager.post(f"{ADDRESS}pagine/", sharing("pr-11", "SP-MODULI")).status_code == 302
    assert access.can(person("newcomer"), "view", page)
    shown = text(manager.get(ADDRESS))
    assert "con «Modulistica e comunicazione»: Serve anche qui" in shown
    assert "Condivise con questo spazio 1 PR-11" in text(as_("newcomer").get("/spazi/modulistica/"))

    share = PageShare.objects.get(page=page, space__code="SP-MODULI")
    assert manager.post(f"{ADDRESS}pagine/{share.pk}/").status_code == 302
    access.forget(reader)
    assert not access.can(reader, "view", page)
    again = manager.post(f"{ADDRESS}pagine/{share.pk}/", follow=True)  # pressed twice, or in another window
    assert "Questa condivisione non c’è più." in again.content.decode()


@pytest.mark.parametrize(
    ("page", "other"), [("pr-05", "SP-MODULI"), ("pr-11", "SP-TERZO"), ("terzo-settore", "SP-MODULI")]
)
def test_only_a_page_of_the_space_goes_to_another_space(page: str, other: str, as_: Any) -> None:
    before = PageShare.objects.count()
    response = as_("coordinator").post(f"{ADDRESS}pagine/", sharing(page, other))
    assert response.status_code == 200
    assert "Controlla questi punti" in text(response)
    assert "Serve anche qui" in response.content.decode()  # what was typed is kept
    assert PageShare.objects.count() == before


def test_whoever_manages_one_space_cannot_take_back_the_shares_of_another(as_: Any, person: Any) -> None:
    Membership.objects.create(space=space(), user=person("partner_coop"), role=Role.MANAGER)
    share = PageShare.objects.get(page__slug="pr-07", space=space())  # a page of SP-RETE
    for pk in (share.pk, 999999):  # of others, as of none
        answer = as_("partner_coop").post(f"{ADDRESS}pagine/{pk}/", follow=True)
        assert "Questa condivisione non c’è più." in answer.content.decode()
    assert PageShare.objects.filter(pk=share.pk).exists()


def test_a_manager_shares_only_with_spaces_that_the_manager_reads(as_: Any, person: Any) -> None:
    Membership.objects.create(space=space(), user=person("partner_coop"), role=Role.MANAGER)
    before = PageShare.objects.count()
    response = as_("partner_coop").post(f"{ADDRESS}pagine/", sharing("pr-11", "SP-MINORI"))
    assert response.status_code == 200
    assert "Tutela minori" not in response.content.decode()
    assert PageShare.objects.count() == before


# --- «Vedi come…» ----------------------------------------------------------------------------------------


def test_the_space_is_shown_as_a_member_sees_it(as_: Any, person: Any) -> None:
    shown = text(as_("coordinator").get(f"{ADDRESS}come/?persona={person('partner').pk}"))
    assert "Così vede lo spazio Rosanna Cioni" in shown
    assert "Puoi leggere, cercare e scaricare." in shown
    assert "PR-11" in shown
    assert "Scrivi in questo spazio" not in shown
    own = text(as_("coordinator").get("/spazi/terzo-settore/"))
    assert "Scrivi in questo spazio" in own


@pytest.mark.parametrize("asked", ["newcomer", "", "999999"])
def test_whoever_is_no_member_is_not_shown(asked: str, as_: Any, person: Any) -> None:
    number = person(asked).pk if asked == "newcomer" else asked
    assert as_("coordinator").get(f"{ADDRESS}come/?persona={number}").status_code == 404


# --- The page of the space -------------------------------------------------------------------------------


def test_the_first_pages_of_a_space_are_those_that_it_pins(as_: Any) -> None:
    shown = text(as_("partner").get("/spazi/terzo-settore/"))
    pinned = shown[shown.index("In evidenza") : shown.index("Protocolli 1")]
    assert [code for code in ("PR-11", "OP-11", "PR-07") if code in pinned] == ["PR-11", "OP-11", "PR-07"]


def test_a_pinned_page_that_one_may_not_see_is_not_there(as_: Any, person: Any) -> None:
    from portal.models.pages import PinnedPage

    page = space().root_page.specific
    PinnedPage.objects.create(space_page=page, target=Page.objects.get(slug="pr-05"), sort_order=9)
    assert "PR-05" in text(as_("coordinator").get("/spazi/terzo-settore/"))
    assert "PR-05" not in text(as_("partner").get("/spazi/terzo-settore/"))


def test_the_next_meeting_of_the_space_is_told_to_its_members(as_: Any) -> None:
    from coordination.models import MeetingPage
    from portal.demo import day, moment, publish

    meeting = MeetingPage(title="Incontro prossimo", slug="r-77", code="R-77", starts_at=moment(1, 7))
    publish(space().root_page, meeting, on=0, by=None)
    assert "Prossima riunione Incontro prossimo" in text(as_("partner").get("/spazi/terzo-settore/"))
    assert str(day(1).day) in text(as_("partner").get("/spazi/terzo-settore/"))


def test_a_meeting_is_the_next_one_when_sixty_days_or_less_are_left(as_: Any, person: Any) -> None:
    from coordination.models import MeetingPage
    from portal.demo import publish

    new = opening.open_space("SP-NUOVO", "Nuovo", slug="nuovo", by=None)
    roles.give_role(new, person("partner"), Role.READER, by=None)
    today = timezone.localtime().replace(hour=9)
    for days, is_near in ((61, False), (60, True)):
        meeting = MeetingPage(title=f"Fra {days} giorni", starts_at=today + timedelta(days=days))
        publish(new.root_page, meeting, on=0, by=None)
        assert (f"Prossima riunione Fra {days} giorni" in text(as_("partner").get("/spazi/nuovo/"))) is is_near
    assert "Incontro prossimo" not in text(as_("partner").get("/spazi/carta/"))
