"""A word typed wrong, a sigla, a section: how things are found; and what is never found."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desk import Window

# Words, codes, people and places of SP-MINORI; none of them is the partner's.
HIDDEN_CODES = re.compile(r"\b(?:PR-0[456]|PR-10|OP-0[89]|MD-0[89]|R-01)\b")
HIDDEN_SPACE = "Tutela minori e famiglie"


def test_a_word_typed_wrong_leads_to_the_protocol(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/")
    window.search("dimisioni protete")

    first = window.page.locator(".results > li").first
    expect(first.get_by_role("link").first).to_have_text("Dimissioni protette ospedale–territorio")
    expect(first).to_contain_text("PR-02")
    suggestion = window.page.get_by_role("status").get_by_role("link", name="dimissioni protette")
    expect(window.page.locator(".found")).to_contain_text("forse cercavi dimissioni protette")
    expect(window.page.locator("#q")).to_have_value("dimisioni protete")

    suggestion.click()
    expect(window.page.locator("#q")).to_have_value("dimissioni protette")
    expect(window.page.locator(".results > li").first).to_contain_text("PR-02")
    expect(window.page.locator(".found")).not_to_contain_text("forse cercavi")


def test_a_slash_and_the_arrows_lead_to_a_page_without_a_mouse(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/rubrica/")
    keys, box = window.page.keyboard, window.page.locator("#q")
    keys.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    keys.type("dimissioni")
    options = window.page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")

    keys.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_be_focused()
    expect(box).to_have_value("dimissioni")
    keys.type(" ")
    expect(options.first).to_be_visible()
    protocol = options.filter(has_text="PR-02")
    while protocol.get_attribute("aria-selected") != "true":
        keys.press("ArrowDown")
        expect(options.and_(window.page.locator('[aria-selected="true"]'))).to_have_count(1)
    assert box.get_attribute("aria-activedescendant") == protocol.get_attribute("id")
    keys.press("Enter")
    window.page.wait_for_url("**/p/PR-02/")


def test_a_slash_inside_a_field_is_a_slash(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/rubrica/")
    field = window.page.get_by_label("Nome, ente o servizio")
    field.press_sequentially("a/b")
    expect(field).to_have_value("a/b")


def test_a_result_leads_straight_to_its_section(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/")
    window.search("venerdì referente di turno dimissioni")
    link = window.page.locator('.results > li:has-text("PR-02") .deep a[href*="#"]').first
    heading = link.inner_text()
    link.click()
    window.page.wait_for_url(re.compile(r"/p/PR-02/#"))
    target = window.page.locator(":target")
    expect(target).to_have_text(heading)
    expect(target).to_be_in_viewport()


def test_an_ambiguous_acronym_asks_which_sense(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/")
    window.search("ADI")
    senses = window.page.locator(".senses")
    expect(senses).to_contain_text("«ADI» vuol dire più cose")
    senses.get_by_role("link", name="Assistenza Domiciliare Integrata").click()
    window.page.wait_for_url(re.compile(r"/cerca/\?q="))
    expect(window.page.locator(".results > li").first).to_contain_text("domiciliar", ignore_case=True)


def test_the_partner_finds_what_is_shared_with_her(open_as: Callable[..., Window]) -> None:
    window = open_as("partner")
    window.go("/")
    window.search("telefonia sociale")
    expect(window.page.locator(".results")).to_contain_text("PR-11")
    window.page.get_by_role("link", name="Telefonia sociale con gli enti del Terzo settore", exact=True).first.click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Telefonia sociale con gli enti del Terzo settore")


OWN_SEARCHES = re.compile(r'<a href="/cerca/\?q=[^"]*">[^<]*</a>')  # the words that she typed herself, to resume


def test_the_partner_finds_no_trace_of_the_closed_space(open_as: Callable[..., Window]) -> None:
    colleague, partner = open_as("coordinator"), open_as("partner")
    for words in ("minori", "affido", "segnalazione", "PR-05", "Procura minorile", "Nadia El Amrani tutela"):
        for window in (colleague, partner):
            window.go("/")
            window.search(words)
        assert HIDDEN_CODES.search(_all_pages(colleague)), f"«{words}»: la coordinatrice invece deve trovare"
        read = _all_pages(partner).replace(f"«{words}»", "")  # what she typed herself is said back
        assert not HIDDEN_CODES.search(read) and HIDDEN_SPACE not in read, f"«{words}»\n{read}"
        assert not HIDDEN_CODES.search(_suggestions(partner, words))

    for path in ("/", "/spazi/", "/protocolli/", "/procedure/", "/moduli/", "/riunioni/", "/formazione/", "/novita/",
                 "/rubrica/", "/rubrica/enti/pistoia/", "/profilo/digest/", "/spazi/terzo-settore/"):  # fmt: skip
        partner.go(path)
        read = OWN_SEARCHES.sub("", partner.page.content())
        assert not HIDDEN_CODES.search(read) and HIDDEN_SPACE not in read and "/spazi/minori" not in read, path
    colleague.go("/spazi/")
    assert HIDDEN_SPACE in colleague.text


def test_the_partner_gets_the_same_answer_for_hidden_and_missing_pages(open_as: Callable[..., Window]) -> None:
    partner, colleague = open_as("partner"), open_as("coordinator")
    for hidden, missing in (
        ("/p/PR-05/", "/p/PR-77/"),
        ("/p/PR-02/", "/p/PR-77/"),
        ("/p/OP-08/", "/p/OP-77/"),
        ("/p/R-01/", "/p/R-77/"),
        ("/p/PR-05/edizioni/1.0/", "/p/PR-77/edizioni/1.0/"),
        ("/spazi/minori/", "/spazi/millepiedi/"),
        ("/spazi/minori/condivisione/", "/spazi/millepiedi/condivisione/"),
    ):
        assert colleague.go(hidden).status == 200, hidden
        assert colleague.go(missing).status == 404, missing
        answer = _answer(partner, hidden)
        assert answer == _answer(partner, missing), hidden
        assert answer[0] == 404 and "Questa pagina non c’è, o non è tra quelle condivise con te" in answer[1]


def _all_pages(window: Window) -> str:
    """The words of every page of results, from the first."""
    read = [window.text]
    while (more := window.page.locator('a[rel="next"]')).count():
        more.click()
        window.page.wait_for_load_state()
        read.append(window.text)
    return "\n".join(read)


def _suggestions(window: Window, words: str) -> str:
    return window.page.request.get(f"{window.site.url}/cerca/suggerimenti/", params={"q": words}).text()


def _answer(window: Window, path: str) -> tuple[int, str]:
    """Status and body, without what every answer has of its own: the token, and the address that was asked."""
    answer = window.go(path)
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.text())
    return answer.status, body.replace(path, "")
