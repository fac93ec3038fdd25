"""Old protocols leave their folder: one document, then several, looked at and made drafts, with mouse and keys."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.desk import Window, axe, beyond_the_edge
from tests.word_documents import corpus, plain_protocol


def test_documents_of_word_become_drafts_after_a_look(open_as: Callable[..., Window], tmp_path: Path) -> None:
    window = open_as("coordinator")
    page = window.page
    page.set_viewport_size({"width": 390, "height": 844})
    for name, data in (("PR-87 dimissioni", plain_protocol()), ("due", plain_protocol()), *corpus().items()):
        (tmp_path / f"{name}.docx").write_bytes(data)

    window.go("/spazi/rete/nuovo/")
    page.get_by_role("link", name="Importa da Word").click()
    assert axe(window) + beyond_the_edge(window) == []
    page.get_by_label("Documenti Word").set_input_files(tmp_path / "tracked.docx")
    page.get_by_role("button", name="Leggi").click()
    expect(page.get_by_role("alert")).to_contain_text("Accetta tutte le modifiche")
    page.get_by_label("Documenti Word").set_input_files(tmp_path / "PR-87 dimissioni.docx")
    page.get_by_role("button", name="Leggi").click()
    expect(page.get_by_role("heading", name="Prima della bozza")).to_be_visible()
    assert axe(window) + beyond_the_edge(window) == []
    page.get_by_label("Dove va «Riferimenti normativi»").select_option(label="Non portarla")
    page.get_by_label("Che cosa mostra l’immagine 1").fill("Dal reparto a casa")
    page.get_by_role("button", name="Crea la bozza").click()
    expect(page.locator("#id_code")).to_have_value("PR-87")
    expect(page.get_by_text("La bozza è pronta")).to_be_visible()

    window.go("/spazi/rete/da-word/")
    page.get_by_label("Documenti Word").set_input_files([tmp_path / "due.docx", tmp_path / "footnotes.docx"])
    page.get_by_role("button", name="Leggi").click()
    expect(page.get_by_label("Titolo di due.docx")).to_have_value("Protocollo per le dimissioni")
    assert axe(window) + beyond_the_edge(window) == []
    page.get_by_label("Titolo di due.docx").fill("Secondo protocollo")
    page.get_by_label("Importa footnotes.docx").uncheck()
    page.get_by_role("button", name="Prova, senza fare nulla").click()
    expect(page.get_by_role("status").filter(has_text="La prova è andata bene")).to_contain_text("1 bozza")
    page.get_by_role("button", name="Crea le bozze").click()
    expect(page.get_by_role("link", name="Secondo protocollo")).to_be_visible(timeout=60_000)
    assert not window.watch.problems
