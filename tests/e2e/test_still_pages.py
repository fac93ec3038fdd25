"""Nothing moves under the eyes while a page comes: what is late has its place already."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.desk import SIZES, Site

MOST = 0.02
SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
WATCH = """() => {
    window.moved = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""
PAGES = ("/", "/p/PR-02/", "/spazi/rete/", "/rubrica/", "/cerca/?q=dimissioni", "/formazione/")


def settled(page: Page) -> float:
    """What moved, as browsers measure it (layout shift), once the page has come to rest."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 300)))")
    moved: float = page.evaluate("window.moved")
    return moved


@pytest.mark.parametrize("width", SIZES)
def test_a_page_that_comes_slowly_does_not_move(
    width: int, site: Site, new_context: Callable[..., BrowserContext], session_of: Callable[[str], Any]
) -> None:
    moved = {}
    for address in PAGES:
        context = new_context(storage_state=session_of("worker"), viewport=SIZES[width])  # with nothing kept yet
        page = context.new_page()
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW_LINE)
        page.add_init_script(f"({WATCH})()")
        page.goto(site.url + address)
        moved[address] = settled(page)
        if address == PAGES[-1]:
            page.evaluate("document.querySelector('main').prepend(Object.assign(document.createElement('p'), "
                          "{ textContent: 'Eccomi', style: 'height: 20rem' }))")  # fmt: skip
            assert settled(page) > MOST  # what moves is seen
        context.close()
    assert {address: much for address, much in moved.items() if much > MOST} == {}
