"""On a phone, without the editors' admin: a file comes in the place of another, and a service changes its hours."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.desk import SIZES, Window


def test_a_file_and_the_hours_of_a_service_are_changed_from_a_phone(
    open_as: Callable[..., Window], tmp_path: Path
) -> None:
    writer, reader = open_as("coordinator"), open_as("worker")
    writer.page.set_viewport_size(SIZES[390])
    reader.page.set_viewport_size(SIZES[390])
    (tmp_path / "orari-del-salice.txt").write_text("Si apre alle nove.")
    (tmp_path / "orari-del-salice-2.txt").write_text("Si apre alle dieci e mezza.")

    writer.go("/spazi/rete/notizia/")
    writer.page.get_by_label("Titolo").fill("Orari del salice")
    writer.page.get_by_label("In una frase").fill("Gli orari sono nel file.")
    writer.page.get_by_label("Circolare").check()
    writer.page.get_by_label("File e foto").set_input_files(tmp_path / "orari-del-salice.txt")
    writer.page.get_by_role("button", name="Pubblica").click()
    assert "Circolare" in writer.text.splitlines()[0].capitalize()
    address = writer.page.get_by_role("link", name="orari-del-salice", exact=True).get_attribute("href") or ""

    writer.page.get_by_role("link", name="Aggiungi o sostituisci un file").click()
    writer.page.get_by_role("link", name="Sostituisci orari-del-salice").click()
    note = writer.page.get_by_label("Che cosa cambia")
    note.fill("Si apre")
    with writer.page.expect_response(lambda answer: "/bozza/" in answer.url):
        note.press_sequentially(" più tardi.")
    writer.page.reload()  # a closed tab
    expect(note).to_have_value("Si apre più tardi.")
    writer.page.get_by_label("Il file nuovo").set_input_files(tmp_path / "orari-del-salice-2.txt")
    writer.page.get_by_role("button", name="Sostituisci").click()
    assert "«Orari del salice» è aggiornata." in writer.page.locator("#annuncio").inner_text()

    ask = reader.page.context.request
    assert ask.get(f"{reader.site.url}{address}").text() == "Si apre alle dieci e mezza."
    reader.go("/spazi/rete/orari-del-salice/")
    reader.page.get_by_role("link", name="Versioni precedenti").click()
    reader.page.get_by_role("link", name="Versione 1").click()
    assert "Questo file è stato sostituito" in reader.text and "Si apre più tardi." in reader.text
    before = reader.page.get_by_role("link", name="Apri quello di prima").get_attribute("href")
    assert ask.get(f"{reader.site.url}{before}").text() == "Si apre alle nove."

    writer.go("/p/consultorio/")
    writer.page.get_by_role("link", name="Cambia gli orari").click()
    writer.page.get_by_label("Orari").fill("martedì 9–13")
    writer.page.get_by_label("Che cosa cambia").fill("Apre un giorno di meno.")
    writer.page.get_by_role("button", name="Pubblica").click()
    assert "martedì 9–13" in writer.text
    reader.page.goto(writer.page.url)
    assert "martedì 9–13" in reader.text
    assert reader.page.get_by_role("link", name="Cambia gli orari").count() == 0


def test_files_let_go_anywhere_on_the_page_are_attached(open_as: Callable[..., Window], tmp_path: Path) -> None:
    """On the field itself, and beside it, where a browser would open them in place of what is being written."""
    writer = open_as("coordinator")
    page, field = writer.page, writer.page.get_by_label("File e foto")
    files = [tmp_path / "turni-di-agosto.txt", tmp_path / "mappa del salone.txt"]
    for each in files:
        each.write_text("Si apre alle nove.")
    writer.go("/spazi/rete/notizia/")
    page.get_by_label("Titolo").fill("Turni di agosto")
    page.get_by_label("In una frase").fill("I turni sono nel file.")
    let_go(page, files[:1], field)
    assert names(field) == ["turni-di-agosto.txt"]
    let_go(page, files, page.get_by_role("heading", level=1))
    assert names(field) == [each.name for each in files]
    expect(page.get_by_label("Titolo")).to_have_value("Turni di agosto")
    page.get_by_role("button", name="Pubblica").click()
    expect(page.locator("#annuncio")).to_contain_text("«Turni di agosto» è pubblicata.")
    for name in ("turni-di-agosto", "mappa del salone"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()

    page.get_by_role("link", name="Aggiungi o sostituisci un file").click()
    page.get_by_role("link", name="Sostituisci turni-di-agosto").click()
    one = page.get_by_label("Il file nuovo")
    let_go(page, files, page.get_by_role("heading", level=1))  # which of the two, nobody can know
    assert names(one) == []
    assert one.evaluate("field => field.validationMessage") == "Qui va un file solo."
    let_go(page, files[1:], page.get_by_role("heading", level=1))
    assert names(one) == ["mappa del salone.txt"]
    assert one.evaluate("field => field.validationMessage") == ""


def let_go(page: Page, files: list[Path], over: Locator) -> None:
    """As a person does with files from a folder: the browser itself is told of them."""
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    at = {"x": box["x"] + 20, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(each) for each in files], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": step, **at, "data": data})
    browser.detach()


def names(field: Locator) -> list[str]:
    found: list[str] = field.evaluate("field => [...field.files].map((each) => each.name)")
    return found
