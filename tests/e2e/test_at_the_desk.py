"""Keyboard, phone, large letters, own colours and paper: the page gives way to whoever reads it."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pypdfium2
import pytest
from playwright.sync_api import expect

from tests.e2e.desk import Window

# The focused link, and whether the bar at the foot of a phone lies over a part of it.
UNDER_THE_BAR = """() => {
    const bar = document.querySelector('.bottombar'), node = document.activeElement;
    if (node === document.body || bar.contains(node)) return '';
    const box = node.getBoundingClientRect();
    const hidden = getComputedStyle(bar).position === 'fixed' && box.bottom > bar.getBoundingClientRect().top + 1;
    return hidden ? node.innerText : '';
}"""


def test_suggestions_close_when_the_focus_leaves_reopen_with_the_arrow_and_say_how_many(
    open_as: Callable[..., Window],
) -> None:
    page = open_as("worker").page
    page.goto(open_as("worker").site.url)
    box, found, spoken = page.locator("#q"), page.locator("#suggerimenti"), page.locator("#quanti-suggerimenti")
    box.press_sequentially("dimis")
    expect(found).to_be_visible()
    expect(spoken).to_have_text(re.compile(r"^\d+ suggeriment[io]"))
    assert spoken.inner_text().startswith(str(found.get_by_role("option").count()))
    page.keyboard.press("Tab")
    expect(page.locator(".searchbox").get_by_role("button", name="Cerca")).to_be_focused()
    expect(found).to_be_hidden()

    box.focus()
    page.keyboard.press("ArrowDown")
    expect(found).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(found.locator('[aria-selected="true"]')).to_have_count(1)
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    expect(box).to_have_value("dimis")

    page.keyboard.press("ArrowDown")
    expect(found).to_be_visible()
    found.get_by_role("option").first.click()
    expect(page.locator("h1")).to_contain_text(re.compile("dimission", re.IGNORECASE))


def test_menus_close_when_the_focus_goes_on(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/")
    menu = window.page.locator(".nav-main details.menu")
    menu.locator("summary").focus()
    window.page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    for _link in range(menu.locator("a").count() + 1):
        window.page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")


@pytest.mark.parametrize("path", ["/rubrica/", "/spazi/rete/", "/p/OP-04/", "/"])
def test_the_bar_of_the_phone_hides_no_focused_link(open_as: Callable[..., Window], path: str) -> None:
    window = open_as("worker", width=390)
    window.go(path)
    hidden = []
    for _stop in range(70):
        window.page.keyboard.press("Tab")
        hidden.append(window.page.evaluate(UNDER_THE_BAR))
    assert not [words for words in hidden if words]


def test_on_a_low_screen_the_bar_waits_at_the_end_of_the_page(open_as: Callable[..., Window]) -> None:
    window = open_as("worker", width=390)
    window.page.set_viewport_size({"width": 640, "height": 360})
    window.go("/")
    assert window.page.locator(".bottombar").evaluate("node => getComputedStyle(node).position") == "static"


@pytest.mark.parametrize("person", ["worker", "anonymous"])
@pytest.mark.parametrize("path", ["/", "/cerca/?q=dimissioni", "/riservatezza/"])
def test_letters_twice_as_large_are_cut_nowhere_on_a_phone(
    open_as: Callable[..., Window], person: str, path: str
) -> None:
    window = open_as(person, width=390)
    window.go(path)
    window.page.evaluate("document.documentElement.style.fontSize = '200%'")
    cut = window.page.evaluate("""() => [...document.querySelectorAll('header *, .bottombar *')]
        .filter((node) => node.checkVisibility() && node.innerText && !node.closest('.visually-hidden, .skip'))
        .map((node) => [node.innerText, node.getBoundingClientRect()])
        .filter(([words, box]) => box.right > innerWidth + 1 || box.left < -1)
        .map(([words]) => words)""")
    assert cut == []


def test_buttons_have_borders_and_words_no_false_lines_in_the_colours_of_the_reader(
    open_as: Callable[..., Window],
) -> None:
    window = open_as("worker")
    window.page.emulate_media(forced_colors="active")
    window.go("/")
    widths = window.page.locator("main .btn").evaluate_all("all => all.map((b) => getComputedStyle(b).borderTopWidth)")
    assert widths
    assert set(widths) == {"1px"}
    lines = window.page.locator(".nav-main .page > ul > li > a:not([aria-current])").first.evaluate(
        "node => [getComputedStyle(node).borderBottomColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert lines[0] == lines[1]


def test_what_is_for_phones_does_not_show_on_a_desk(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    for path in ("/rubrica/", "/p/PR-02/", "/cerca/?q=dimissioni"):
        window.go(path)
        shown = window.page.locator(".only-phone").evaluate_all("all => all.filter((n) => n.checkVisibility()).length")
        assert shown == 0, path


def test_the_sign_of_the_shortcut_gives_way_to_the_words(open_as: Callable[..., Window]) -> None:
    window = open_as("worker")
    window.go("/")
    expect(window.page.locator(".searchbox kbd")).to_be_visible()
    window.page.locator("#q").fill("adi")
    expect(window.page.locator(".searchbox kbd")).to_be_hidden()


@pytest.mark.parametrize("path", ["/p/PR-02/", "/p/OP-04/", "/p/MD-04/", "/spazi/rete/serd/", "/p/R-05/"])
def test_the_first_sheet_says_its_address_day_and_who_answers_and_the_last_holds_more_than_a_footer(
    open_as: Callable[..., Window], path: str
) -> None:
    window = open_as("worker")
    window.go(path)
    today = window.page.evaluate(
        "new Date().toLocaleDateString('it-IT', {day: 'numeric', month: 'long', year: 'numeric'})"
    )
    sheets = [sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(window.page.pdf(format="A4"))]
    first, last = " ".join(sheets[0].split()), " ".join(sheets[-1].split())
    assert f"stampata il {today}" in first
    assert urlsplit(window.page.url).path in first.replace(" ", "")
    assert "Ne risponde" in first
    assert "Segnala un problema" not in last
    assert len(last) > 60, last
