"""A table, a picture and a file, typed and uploaded in the editor: they go where the page goes, and go with it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator

from tests.e2e.desk import SIZES, Window, eventually

ADDRESS = "/spazi/rete/turni-del-ginestrino/"


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    Image.new("RGB", (640, 320), (40, 90, 160)).save(tmp_path / "schema.png")
    return tmp_path / "schema.png"


@pytest.fixture
def shifts(tmp_path: Path) -> Path:
    (tmp_path / "turni.txt").write_text("La parola è ginestrino.")
    return tmp_path / "turni.txt"


def insert(window: Window, panel: Locator, kind: str = "") -> None:
    panel.get_by_role("button", name="Inserisci un blocco").last.click()
    if kind:
        window.page.get_by_role("option", name=kind, exact=True).click()


def upload(window: Window, panel: Locator, file: Path) -> None:
    """Choose a file of one's own; nobody asks into which space."""
    panel.locator("[data-chooser-action-choose]").last.click()
    modal = window.page.locator(".modal.in").last
    modal.get_by_role("tab", name="Carica").click()
    assert modal.locator("select[name$=upload-collection]").count() == 0
    modal.locator("input[type=file]").last.set_input_files(file)
    modal.locator("input[name$=title]").last.fill(file.stem)
    modal.locator("form[action*=create] button[type=submit]").last.click()
    modal.wait_for(state="hidden")


def fill_table(window: Window, body: Locator) -> None:
    insert(window, body, "Tabella")
    for number, words in enumerate(["Giorno", "Chi"]):
        body.locator("button[data-append-column]").click()
        body.locator(".add-column-menu button").first.click()
        body.locator("table thead input[type=text]").nth(number).fill(words)
    for number, words in enumerate(["lunedì", "Quarrata, vedi PR-02"]):
        body.locator("table tbody textarea").nth(number).fill(words)


def write(window: Window, schema: Path, shifts: Path) -> None:
    window.go("/spazi/rete/")
    home = window.page.locator("a[href*='/admin/pages/']").first.get_attribute("href") or ""
    number = re.search(r"[0-9]+", home)
    assert number is not None
    window.go(f"/admin/pages/add/portal/textpage/{number.group()}/")
    window.page.locator("#id_title").fill("Turni del ginestrino")
    body = window.page.locator("#panel-child-contenuto-body-section")
    insert(window, body, "Sezione")
    body.get_by_label("Titolo della sezione").fill("Chi c’è e quando")
    fill_table(window, body)
    insert(window, body, "Immagine")
    upload(window, body, schema)
    body.get_by_label(re.compile("alternativo", re.IGNORECASE)).last.fill("Schema dei turni")
    attachments = window.page.locator("#panel-child-contenuto-attachments-section")
    insert(window, attachments)
    upload(window, attachments, shifts)
    window.page.locator("#id_change_note").fill("Nuova pagina.")


def press(window: Window, name: str) -> None:
    button = window.page.locator(f"button[name={name}]").first
    if not button.is_visible():
        window.page.get_by_role("button", name="Altre azioni").last.click()
    button.click()
    window.page.wait_for_load_state("networkidle")


def test_what_is_uploaded_in_a_page_is_read_with_it_and_gone_with_it(
    open_as: Callable[..., Window], schema: Path, shifts: Path
) -> None:
    author, reader, stranger = open_as("coordinator"), open_as("worker"), open_as("anonymous")
    write(author, schema, shifts)
    press(author, "action-publish")
    editor = author.page.locator(".messages a[href*='/edit/']").first.get_attribute("href") or ""
    reads(reader, 1280)
    file = reads(reader, 390)
    ask = reader.page.context.request
    assert ask.get(f"{reader.site.url}{file}").text() == "La parola è ginestrino."
    assert stranger.page.context.request.get(f"{reader.site.url}{file}", max_redirects=0).status == 302

    author.go(editor.replace("/edit/", "/unpublish/"))
    author.page.get_by_label("Perché la ritiri").fill("Il turno non si fa più.")
    author.page.locator("main [type=submit]").first.click()
    author.page.wait_for_load_state("networkidle")
    assert [ask.get(f"{reader.site.url}{each}").status for each in (ADDRESS, file)] == [410, 404]
    found = f"{reader.site.url}/cerca/?q=ginestrino&format=json"
    eventually(lambda: ask.get(found).json()["total"] == 0, 30, "il file di una pagina ritirata non si trova più")


def reads(reader: Window, width: int) -> str:
    """Table, picture and file are on the page; returns the address of the file."""
    reader.page.set_viewport_size(SIZES[width])
    reader.go(ADDRESS)
    assert "Quarrata, vedi PR-02" in reader.text and "TXT, 24 byte" in reader.text
    picture = reader.page.get_by_alt_text("Schema dei turni")
    picture.scroll_into_view_if_needed()
    eventually(lambda: picture.evaluate("image => image.naturalWidth > 0"), 10, "l’immagine si vede")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    return reader.page.locator("main a[href^='/documenti/']").get_attribute("href") or ""
