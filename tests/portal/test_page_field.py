"""Where a space has many pages one is chosen by its code or by words of its title; no page is guessed, none is lost."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from wagtail.models import Page

from portal.accounts.person_field import FEW
from portal.models import Membership, PageShare, Role, Space
from portal.models.pages import TextPage
from protocols.models import ProtocolPage
from tests import network

pytestmark = pytest.mark.django_db
ADDRESS = "/spazi/minori/condivisione/"


@pytest.fixture
def keeper(as_: Any, person: Any) -> Client:
    """Who answers for a space of many pages, one of them with a code and one whose title is a number."""
    space = Space.objects.get(code="SP-MINORI")
    Membership.objects.update_or_create(user=person("coordinator"), space=space, defaults={"role": Role.MANAGER})
    titles = [f"Foglio d’autunno {number:02}" for number in range(FEW)]
    made = network.pages_below(space.root_page, TextPage, [*titles, "Un altro foglio"], change_note="-")
    network.pages_below(space.root_page, TextPage, [str(made[0].pk)], change_note="-")
    coded = network.pages_below(space.root_page, ProtocolPage, ["Protocollo di prova"])[0]
    Page.objects.filter(pk=coded.pk).update(slug="pr-777")
    client: Client = as_("coordinator")
    return client


def share(keeper: Client, page: str, **more: str) -> BeautifulSoup:
    """Share what was typed with the network's space; the page that is shown then."""
    space = str(Space.objects.get(code="SP-RETE").pk)
    said = {"condividi-page": page, "condividi-space": space, "condividi-reason": "Serve a tutti.", **more}
    answer = keeper.post(f"{ADDRESS}pagine/", said, follow=True)
    return BeautifulSoup(answer.content, "html.parser").find("main")


def shared() -> list[str]:
    shares = PageShare.objects.filter(space__code="SP-RETE", reason="Serve a tutti.")
    return list(shares.values_list("page__title", flat=True))


def test_the_sharing_page_of_a_large_space_holds_a_field_and_not_all_titles(keeper: Client) -> None:
    shown = keeper.get(ADDRESS).content.decode()
    assert 'name="condividi-page"' in shown and "Foglio d’autunno" not in shown


@pytest.mark.parametrize("typed", ["PR-777", "pr 777", "Protocollo di prova", "protocollo prova"])
def test_a_code_or_words_that_fit_one_page_are_that_page(keeper: Client, typed: str) -> None:
    share(keeper, typed)
    assert shared() == ["Protocollo di prova"]


def test_of_several_that_fit_one_is_chosen_and_what_was_typed_stays(keeper: Client) -> None:
    asked = share(keeper, "autunno 0")
    assert shared() == []
    assert asked.find("input", {"name": "condividi-page"})["value"] == "autunno 0"
    assert asked.find("input", {"name": "condividi-reason"})["value"] == "Serve a tutti."
    choices = asked.select("label:has(input[type=radio])")
    offered = {choice.get_text(strip=True): choice.input["value"] for choice in choices}
    assert list(offered) == [f"Foglio d’autunno {number:02}" for number in range(FEW) if "0" in f"{number:02}"]
    chosen = {"condividi-page-per": "autunno 0", "condividi-page-chi": offered["Foglio d’autunno 07"]}
    share(keeper, "autunno 0", **chosen)
    assert shared() == ["Foglio d’autunno 07"]


def test_a_title_that_is_a_number_is_no_number_of_another_page(keeper: Client) -> None:
    number = TextPage.objects.get(title="Foglio d’autunno 00").pk
    share(keeper, str(number))
    assert shared() == [str(number)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("foglio", "Sono molte le pagine"), ("zzz", "Non trovo nessuna pagina"), ("=999999", "Non trovo nessuna pagina"),
     ("=" + "9" * 40, "Non trovo nessuna pagina"), ("PR-02", "Non trovo nessuna pagina")],
)  # fmt: skip
def test_what_fits_too_many_or_none_or_a_page_of_another_space_is_said(keeper: Client, typed: str, said: str) -> None:
    asked = share(keeper, typed)
    assert said in asked.get_text() and shared() == []
    assert asked.find("input", {"name": "condividi-page"})["value"] == typed
