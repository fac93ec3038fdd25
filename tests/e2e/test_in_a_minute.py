"""On a phone, without the editors' admin: a file comes in the place of another, and a service changes its hours."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

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
