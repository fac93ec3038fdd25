"""The sharing page: who may let in whom, which pages go beyond the space, and the space as a member sees it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page

from portal import access
from portal.models import PageShare, Space
from portal.models.pages import PinnedPage
from portal.models.spaces import Role
from portal.spaces import opening, roles, shares
from protocols.models import ProcedurePage, ProtocolPage
from tests.network import WIDE

pytestmark = pytest.mark.django_db

ADDRESS = "/spazi/largo/condivisione/"


@pytest.fixture(scope="module", autouse=True)
def _pages(small: Any) -> None:
    """Of the space PR-91 and OP-91, which it pins; PR-92 of another space, which shares it and is pinned too."""
    pinned = [small.publish(rule("PR-91")), small.publish(steps("OP-91"))]
    pinned.append(small.publish(rule("PR-92"), below=small.narrow.root_page))
    shares.share_page(pinned[-1].page_ptr, small.wide, by=None)
    small.publish(rule("PR-93"), below=small.narrow.root_page)
    for order, page in enumerate(pinned):
        PinnedPage.objects.create(space_page=small.wide.root_page.specific, target=page, sort_order=order)


def rule(code: str) -> ProtocolPage:
    return ProtocolPage(title="Regola", code=code)


def steps(code: str) -> ProcedurePage:
    step = {"title": "Si fa", "text": "Si fa.", "who": "Chi accoglie", "services": []}
    return ProcedurePage(title="Come si fa", code=code, steps=[("step", step)])


def space() -> Space:
    return Space.objects.select_related("root_page").get(code=WIDE)


def text(response: Any) -> str:
    body = response.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", body[body.index("<main") : body.index("</main")]).split())


# --- Letting in ------------------------------------------------------------------------------------------


def test_what_a_role_opens_is_said_before_and_nothing_is_given_without_a_yes(as_: Any, person: Any) -> None:
    data = {"holder_text": "Guest Prova", "role": "1", "reason": "Affianca", "expires_on": ""}
    asked = as_("manager").post(ADDRESS, data)
    assert "Darai accesso a" in text(asked)
    assert not access.can(person("guest"), "view", space())
    assert as_("manager").post(ADDRESS, {**data, "conferma": "1"}).status_code == 302
    assert access.can(person("guest"), "view", space())


@pytest.mark.parametrize(
    ("words", "finds"),
    [
        ("Guest Prova", True),
        ("prova guest", True),
        ("guest@raccordo.example", True),
        ("Associazione Delta", True),
        ("Guest", True),
        ("Zebedeo", False),
    ],
)
def test_people_are_found_by_name_by_address_and_by_body(words: str, finds: bool, as_: Any) -> None:
    shown = text(as_("manager").post(ADDRESS, {"holder_text": words, "role": "1", "reason": "Prova"}))
    assert ("Darai accesso a" in shown) == finds
    assert ("Non trovo nessuna persona" in shown) != finds


def test_a_part_of_a_name_finds_only_those_whom_the_manager_knows(as_: Any, person: Any) -> None:
    """Else whoever looks after one space could list the people of all the others, letter by letter."""
    roles.give_role(space(), person("reader"), Role.MANAGER, by=None)
    manager = as_("reader")
    ask = {"role": "1", "reason": "Prova"}
    assert "Darai accesso a" in text(manager.post(ADDRESS, {**ask, "holder_text": "Edito"}))  # a reader of the space
    assert "Non trovo nessuna persona" in text(manager.post(ADDRESS, {**ask, "holder_text": "Gues"}))
    assert "Darai accesso a" in text(manager.post(ADDRESS, {**ask, "holder_text": "Guest Prova"}))


# --- Pages that go beyond the space ----------------------------------------------------------------------


def sharing(page: str, other: str) -> dict[str, Any]:
    return {
        "condividi-page": Page.objects.get(slug=page).pk,
        "condividi-space": Space.objects.get(code=other).pk,
        "condividi-reason": "Serve anche qui",
    }


def test_a_page_is_shared_and_taken_back_with_one_button_each(as_: Any, person: Any) -> None:
    page, manager = Page.objects.get(slug="pr-91"), as_("manager")
    reader = person("guest")  # reads SP-OSPITI, and not SP-LARGO
    assert manager.post(f"{ADDRESS}pagine/", sharing("pr-91", "SP-OSPITI")).status_code == 302
    assert access.can(person("guest"), "view", page)
    shown = text(manager.get(ADDRESS))
    assert "con «Spazio degli ospiti»: Serve anche qui" in shown
    assert "Condivise con questo spazio 1 PR-91" in text(as_("guest").get("/spazi/ospiti/"))

    share = PageShare.objects.get(page=page, space__code="SP-OSPITI")
    assert manager.post(f"{ADDRESS}pagine/{share.pk}/").status_code == 302
    access.forget(reader)
    assert not access.can(reader, "view", page)
    again = manager.post(f"{ADDRESS}pagine/{share.pk}/", follow=True)  # pressed twice, or in another window
    assert "Questa condivisione non c’è più." in again.content.decode()


@pytest.mark.parametrize(("page", "other"), [("pr-93", "SP-OSPITI"), ("pr-91", "SP-LARGO"), ("largo", "SP-OSPITI")])
def test_only_a_page_of_the_space_goes_to_another_space(page: str, other: str, as_: Any) -> None:
    before = PageShare.objects.count()
    response = as_("manager").post(f"{ADDRESS}pagine/", sharing(page, other))
    assert response.status_code == 200
    assert "Controlla questi punti" in text(response)
    assert "Serve anche qui" in response.content.decode()  # what was typed is kept
    assert PageShare.objects.count() == before


def test_whoever_manages_one_space_cannot_take_back_the_shares_of_another(as_: Any, person: Any) -> None:
    roles.give_role(space(), person("reader"), Role.MANAGER, by=None)
    share = PageShare.objects.get(page__slug="pr-92", space=space())  # a page of SP-STRETTO
    for pk in (share.pk, 999999):  # of others, as of none
        answer = as_("reader").post(f"{ADDRESS}pagine/{pk}/", follow=True)
        assert "Questa condivisione non c’è più." in answer.content.decode()
    assert PageShare.objects.filter(pk=share.pk).exists()


def test_a_manager_shares_only_with_spaces_that_the_manager_reads(as_: Any, person: Any) -> None:
    roles.give_role(space(), person("reader"), Role.MANAGER, by=None)
    before = PageShare.objects.count()
    response = as_("reader").post(f"{ADDRESS}pagine/", sharing("pr-91", "SP-STRETTO"))
    assert response.status_code == 200
    assert "Spazio stretto" not in response.content.decode()
    assert PageShare.objects.count() == before


# --- «Vedi come…» ----------------------------------------------------------------------------------------


def test_the_space_is_shown_as_a_member_sees_it(as_: Any, person: Any) -> None:
    shown = text(as_("manager").get(f"{ADDRESS}come/?persona={person('reader').pk}"))
    assert "Così vede lo spazio Reader Prova" in shown
    assert "Puoi leggere, cercare e scaricare." in shown
    assert "PR-91" in shown
    assert "Scrivi in questo spazio" not in shown
    own = text(as_("manager").get("/spazi/largo/"))
    assert "Scrivi in questo spazio" in own


@pytest.mark.parametrize("asked", ["guest", "", "999999"])
def test_whoever_is_no_member_is_not_shown(asked: str, as_: Any, person: Any) -> None:
    number = person(asked).pk if asked == "guest" else asked
    assert as_("manager").get(f"{ADDRESS}come/?persona={number}").status_code == 404


# --- The page of the space -------------------------------------------------------------------------------


def test_the_first_pages_of_a_space_are_those_that_it_pins(as_: Any) -> None:
    shown = text(as_("reader").get("/spazi/largo/"))
    pinned = shown[shown.index("In evidenza") : shown.index("Protocolli 1")]
    assert [code for code in ("PR-91", "OP-91", "PR-92") if code in pinned] == ["PR-91", "OP-91", "PR-92"]


def test_a_pinned_page_that_one_may_not_see_is_not_there(as_: Any, person: Any) -> None:
    page = space().root_page.specific
    PinnedPage.objects.create(space_page=page, target=Page.objects.get(slug="pr-93"), sort_order=9)
    assert "PR-93" in text(as_("manager").get("/spazi/largo/"))
    assert "PR-93" not in text(as_("reader").get("/spazi/largo/"))


def test_the_next_meeting_of_the_space_is_told_to_its_members(as_: Any) -> None:
    from coordination.models import MeetingPage
    from portal.demo import day, moment, publish

    meeting = MeetingPage(title="Incontro prossimo", slug="r-77", code="R-77", starts_at=moment(1, 7))
    publish(space().root_page, meeting, on=0, by=None)
    assert "Prossima riunione Incontro prossimo" in text(as_("reader").get("/spazi/largo/"))
    assert str(day(1).day) in text(as_("reader").get("/spazi/largo/"))


def test_a_meeting_is_the_next_one_when_sixty_days_or_less_are_left(as_: Any, person: Any) -> None:
    from coordination.models import MeetingPage
    from portal.demo import publish

    new = opening.open_space("SP-NUOVO", "Nuovo", slug="nuovo", by=None)
    roles.give_role(new, person("reader"), Role.READER, by=None)
    today = timezone.localtime().replace(hour=9)
    for days, is_near in ((61, False), (60, True)):
        meeting = MeetingPage(title=f"Fra {days} giorni", starts_at=today + timedelta(days=days))
        publish(new.root_page, meeting, on=0, by=None)
        assert (f"Prossima riunione Fra {days} giorni" in text(as_("reader").get("/spazi/nuovo/"))) is is_near
    assert "Incontro prossimo" not in text(as_("reader").get("/spazi/carta/"))
