"""A trainee follows a module with the keyboard alone."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.e2e.desk import Site, Watch, Window

MODULE = "/p/M5/"


def test_the_trainee_finds_her_path_first_and_follows_it_by_keyboard(
    site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    watch = Watch(site)
    watch.over(context)
    window = Window(site, context.new_page(), watch)
    keys, page = window.page.keyboard, window.page
    window.log_in("trainee")

    # Her path comes before everything else on the desk.
    first = page.locator("main section").first
    expect(first).to_contain_text("Settimana di accoglienza")
    begun = page.locator("main progress").first.get_attribute("value")
    tab_to(window, "Continua")
    keys.press("Enter")
    expect(page.locator("main").get_by_role("button", name="Continua")).to_be_visible()
    lesson = page.get_by_role("heading", level=1).inner_text()

    tab_to(window, "Continua")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(lesson)

    window.log_out()
    assert "Settimana di accoglienza" not in window.text
    window.log_in("trainee")
    expect(page.locator("main progress").first).to_have_attribute("value", str(int(begun or 0) + 1))
    assert lesson not in page.locator("main section").first.inner_text()
    context.close()
    assert not watch.problems


def test_the_skip_link_leads_past_the_frame(open_as: Callable[..., Window]) -> None:
    window = open_as("trainee")
    window.go(MODULE)
    window.page.keyboard.press("Tab")
    expect(window.page.get_by_role("link", name="Vai al contenuto")).to_be_focused()
    window.page.keyboard.press("Enter")
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_module_is_followed_to_its_end(open_as: Callable[..., Window]) -> None:
    window = open_as("newcomer")
    window.go(MODULE)
    page = window.page
    expect(page.locator(".status")).to_contain_text("0 di 4 lezioni")
    page.get_by_role("link", name="Comincia").click()
    for number in range(1, 5):
        expect(page.locator("main")).to_contain_text(f"Lezione {number} di 4")
        page.locator("main").get_by_role("button", name="Continua").click()
    expect(page.locator(".status")).to_contain_text("4 di 4 lezioni")
    expect(page.locator("main")).to_contain_text("Hai fatto tutte le lezioni di questo modulo.")


def tab_to(window: Window, name: str) -> None:
    """Press Tab until the link or button of this name has the focus, which must be seen."""
    for _press in range(80):
        window.page.keyboard.press("Tab")
        focused = window.page.evaluate("""() => {
            const node = document.activeElement, style = getComputedStyle(node);
            return [node.innerText || "", style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
        }""")
        if focused[0].strip().startswith(name):
            assert focused[1], f"«{name}» ha il fuoco ma non si vede"
            return
    raise AssertionError(f"con il tasto Tab non si arriva a «{name}»")
