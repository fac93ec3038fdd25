"""From a document of Word to a draft: what becomes of it is said before, and nobody reads it sooner than any draft."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.files.extraction import open_word, problems, word
from portal.models import Image, PersonalDataReason, UploadedDocument, WordUpload
from portal.models.spaces import Role
from portal.pages.from_word import kinds
from portal.pages.from_word import reading as from_word
from portal.pages.pasting import answer
from portal.pages.pasting.reading import Pasted, Picture, read
from portal.pages.pasting.tables import Table
from portal.spaces import roles
from protocols.models import ProcedurePage, ProtocolPage
from tests import word_documents
from tests.word_documents import FINALITA, TEMPI, TITLE, bold, docx, h, item, p, picture, plain_protocol, png

ADDRESS = "/spazi/rete/da-word/"
CORPUS = word_documents.corpus()

# --- The corpus ------------------------------------------------------------------------------------------

FT = "Finalità, Tempi"
# Name → title, headings and what is reported; or how the sentence begins with which it is refused.
BECOMES: dict[str, tuple[str, str, str] | str] = {
    "plain": ("Protocollo per le dimissioni",
              "Finalità, A chi si rivolge, Ruoli e responsabilità, Tempi, Riferimenti normativi", ""),
    "headings Italian": ("Protocollo per le dimissioni", FT, ""),
    "headings Google": ("Protocollo", FT, ""),
    "headings LibreOffice": ("", FT, ""),
    "headings own style": ("", FT, ""),
    "one first, then second": ("Dimissioni protette", FT, ""),
    "bold by hand": ("PROTOCOLLO OPERATIVO", FT, "titoli riconosciuti"),
    "letterhead": ("Protocollo per le dimissioni", FT, "titoli riconosciuti"),
    "all in bold": ("", "", ""),
    "bold bullets": ("", "Tempi", "titoli riconosciuti"),
    "shouted": ("", "FINALITÀ, TEMPI", "titoli riconosciuti"),
    "numbered by hand": ("", "1. Finalità, 2. Tempi", "titoli riconosciuti"),
    "numbered by Word": ("Protocollo per le dimissioni", FT, "titoli numerati"),
    "articles": ("Protocollo per le dimissioni", "Tempi", "numerazioni"),
    "no headings": ("", "", ""),
    "nested lists": ("", "Tempi", ""),
    "list goes on": ("", "Tempi", "elenchi ripresi"),
    "merged cells": ("", "Tempi", "celle unite"),
    "nested table": ("", "Tempi", "tabelle interne"),
    "frame": ("", "Tempi", ""),
    "picture in a table": ("", "Tempi", "immagini spostate"),
    "picture twice": ("", "Tempi", ""),
    "picture huge": ("", "Tempi", "immagini troppo grandi"),
    "picture wide": ("", "Tempi", ""),
    "picture broken": ("", "Tempi", "immagini illeggibili"),
    "picture outside": ("", "Tempi", "immagini esterne"),
    "links": ("", "Tempi", "collegamenti"),
    "footnotes": ("", "Tempi", "note"),
    "text box": ("", "Tempi", "caselle"),
    "tracked": "Nel documento ci sono modifiche da accettare",
    "tracked deletion": "Nel documento ci sono modifiche da accettare",
    "comments": ("", "Tempi", "commenti"),
    "margins": ("Protocollo per le dimissioni", "Tempi", ""),
    "fields and contents": ("", "Tempi", "campi, indici"),
    "objects and formulas": ("", "Tempi", "formule, oggetti"),
    "quotes, hyphens, tabs": ("", "Tempi", "tabulazioni"),
    "landscape": ("", "Tempi, Contatti", ""),
    "content controls": ("", "Tempi", ""),
    "macro": ("", "Tempi", "macro"),
    "long": ("", ", ".join(f"Sezione {number}" for number in range(120)), ""),
    "too long": problems.TOO_LONG,
    "empty": problems.NO_TEXT,
    "broken": problems.DAMAGED,
    "bomb": problems.BOMB,
    "entities": problems.DOCTYPE,
    "outside entity": problems.DOCTYPE,
    "deep": problems.TOO_DEEP,
    "old doc": "È un documento di Word di prima del 2007",
    "pdf": "È un PDF",
}  # fmt: skip


def opened(name: str) -> dict[str, Any]:
    """Here, and not in a process of its own: what that one adds is proven once, below."""
    return word.opened(CORPUS[name], "documento.docx")


def pasted(name: str) -> Pasted:
    return read(opened(name)["html"], with_pictures=True)


@pytest.mark.parametrize("name", CORPUS)
def test_each_document_of_the_corpus_becomes_what_is_said_of_it(name: str) -> None:
    expected, found = BECOMES[name], opened(name)
    if isinstance(expected, str):
        assert found["problem"].startswith(expected)
        return
    assert found["problem"] == ""
    shown = read(found["html"], with_pictures=True)
    headings = ", ".join(part.heading for part in shown.parts if part.heading)
    left = {key for key, count in {**shown.dropped, **found["left"]}.items() if count and key != "immagini"}
    assert (shown.title, headings, ", ".join(sorted(left))) == expected


def test_the_corpus_has_forty_documents_and_more_and_each_is_spoken_of() -> None:
    assert len(CORPUS) >= 40 and set(CORPUS) == set(BECOMES)


def test_tables_lists_links_and_pictures_stay_in_their_places() -> None:
    parts = {part.heading: part.content for part in pasted("plain").parts}
    assert parts["A chi si rivolge"] == [
        "<p>Alle persone ricoverate:</p><ul><li>con più di 65 anni</li><li>con disabilità</li></ul>"
    ]
    rows = [["Chi", "Che cosa"], ["Reparto", "Segnala"], ["COT", "Valuta"]]
    assert parts["Ruoli e responsabilità"] == [Table(rows, has_heading=True)]
    assert parts["Tempi"][1:] == [Picture(0, "Schema del percorso", "Figura 1 – Il percorso")]
    assert '<a href="https://www.example.org/legge-328">la legge 328</a>' in parts["Riferimenti normativi"][0]
    assert "<ol><li>Prima<ol><li>così</li>" in str(pasted("nested lists").parts[0].content[0])
    assert (
        Table([["Quando", "Chi"], ["Sempre", ""], ["Lunedì", "COT"]], True) in pasted("merged cells").parts[0].content
    )
    kinds_of = [type(each).__name__ for each in pasted("picture in a table").parts[0].content]
    assert kinds_of == ["Table", "Picture"]


def test_strange_links_lose_their_address_and_what_is_no_text_of_the_page_stays_apart() -> None:
    text = str(pasted("links").parts[0].content[0])
    assert 'href="https://www.example.org/"' in text and 'href="mailto:cot@rete.example"' in text
    assert "javascript" not in text and "file:" not in text and "script" in text and "disco" in text
    assert opened("footnotes")["notes"] == ["DGRT 1508 del 2022."]
    assert opened("margins")["margins"] == ["PR-07 Società della Salute"]
    assert "urgenza” è «certa»" in str(pasted("quotes, hyphens, tabs").parts[0].content[0])
    assert "chiamare prima" in str(pasted("text box").parts[0].content[0])


def test_what_is_pasted_brings_no_picture_by_a_number_of_somebody_s_document() -> None:
    html = '<h1>Tempi</h1><p>Testo<img src="word:0"></p>'
    assert read(html).pictures == [] and len(read(html, with_pictures=True).pictures) == 1
    assert answer.sentence(read(html)).endswith("1 immagine.")


def test_a_document_is_read_in_the_confined_process_and_a_wide_picture_comes_out_small() -> None:
    found = open_word(CORPUS["picture wide"], "Nome Cognome.docx")
    assert found.problem == "" and len(found.pictures) == 1
    assert int.from_bytes(found.pictures[0].data[16:20], "big") <= 2400 or found.pictures[0].ending == "jpg"
    assert open_word(CORPUS["bomb"], "x.docx").problem == problems.BOMB
    assert open_word(b"", "x.docx").problem == problems.EMPTY


@pytest.mark.parametrize(
    ("heading", "place", "shown"),
    [
        ("Art. 3 – Tempi e scadenze", "Tempi", "Tempi e scadenze"),
        ("2. SOGGETTI COINVOLTI", "Chi fa che cosa", "Soggetti coinvolti"),
        ("IV) Monitoraggio", "Verifica", "Monitoraggio"),
        ("Privacy", "Dati e riservatezza", "Privacy"),
        ("Riferimenti normativi", "", "Riferimenti normativi"),
        ("10 anni di rete", "", "10 anni di rete"),
    ],
)
def test_a_heading_goes_to_the_part_of_the_protocol_that_its_words_name(heading: str, place: str, shown: str) -> None:
    target = next(each for each in kinds.targets() if each.model is ProtocolPage)
    labels = {each.key: str(each.label) for each in target.places} | {"": ""}
    assert (labels[target.place_of(heading)], kinds.tidy_heading(heading)) == (place, shown)


# --- From the upload to the draft ------------------------------------------------------------------------


def upload(client: Any, data: bytes, name: str = "PR-77 dimissioni.docx") -> Any:
    return client.post(ADDRESS, {"file": SimpleUploadedFile(name, data)})


def fields(answer: Any) -> dict[str, str]:
    """What the preview's form holds, as a browser would send it."""
    form = answer.context["form"]
    return {each.html_name: "" if (value := each.value()) is None else str(value) for each in form}


def said(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


@pytest.mark.django_db
@pytest.mark.contexts
def test_a_document_is_looked_at_and_becomes_a_draft_that_only_writers_see(as_: Any, person: Any) -> None:
    client = as_("coordinator")
    where = upload(client, plain_protocol()).url
    shown = client.get(where)
    for words in ("5 sezioni", "Ruoli e responsabilità", "1 tabella", "Nel documento non ho trovato", "Verifica"):
        assert words in said(shown), words
    typed = fields(shown)
    assert typed["kind"] == "protocolpage" and typed["code"] == "PR-77" and typed["alt_0"] == "Schema del percorso"
    assert client.get(f"{where}immagini/0/").content == png()
    answer = client.post(where, typed | {"crea": "1"})
    page = ProtocolPage.objects.get(code="PR-77")
    assert answer.url == f"/admin/pages/{page.pk}/edit/" and client.get(answer.url).status_code == 200
    headings = [block.value["heading"] for block in page.body if block.block_type == "section"]
    assert headings == ["Finalità", "Destinatari", "Chi fa che cosa", "Tempi", "Riferimenti normativi",
                        "Flusso informativo", "Dati e riservatezza", "Verifica", "Contatti"]  # fmt: skip
    image = next(block.value["picture"] for block in page.body if block.block_type == "picture")
    assert image.contextual_alt_text == "Schema del percorso" and image.collection == demo.space("SP-RETE").collection
    assert not page.live and page.get_latest_revision().user == person("coordinator")
    assert as_("worker").get("/p/PR-77/").status_code == 404
    assert "PR-77" not in said(as_("worker").get("/spazi/rete/"))
    client.post(where, typed | {"crea": "1"})  # pressed twice
    assert ProtocolPage.objects.filter(title=page.title).count() == 1
    assert Image.objects.filter(title="Schema del percorso").count() == 1
    assert f"/admin/pages/{page.pk}/edit/" in said(client.get(where))


@pytest.mark.django_db
def test_what_is_no_document_of_word_or_not_yet_accepted_says_what_to_do_and_is_not_kept(as_: Any) -> None:
    client = as_("coordinator")
    odt = word_documents.zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"})
    for data, words in (
        (CORPUS["tracked"], "Accetta tutte le modifiche"), (CORPUS["old doc"], "Documento di Word (.docx)"),
        (CORPUS["pdf"], "il documento Word da cui è nato"), (odt, "Word 2007-365 (.docx)"),
        (CORPUS["outside entity"], "per sicurezza"), (b"", "vuoto"),
    ):  # fmt: skip
        assert words in said(upload(client, data)), words
    assert not WordUpload.objects.exists()


@pytest.mark.django_db
def test_an_uploaded_document_is_its_own_persons_as_long_as_they_write_there(as_: Any, person: Any) -> None:
    space, writer = demo.space("SP-RETE"), person("newcomer")
    roles.give_role(space, writer, Role.EDITOR, by=person("coordinator"), reason="Prova")
    where = upload(as_("newcomer"), plain_protocol()).url
    assert as_("newcomer").get(where).status_code == 200
    for somebody, turned_away in (("coordinator", 404), ("administrator", 404), ("trainee", 403)):
        for reply in (
            as_(somebody).get(where), as_(somebody).get(f"{where}immagini/0/"), as_(somebody).post(where, {"crea": "1"})
        ):  # fmt: skip
            assert reply.status_code == turned_away, somebody
    roles.give_role(space, writer, Role.READER, by=person("coordinator"), reason="Prova")
    assert as_("newcomer").get(where).status_code == 403
    assert as_("trainee").get(ADDRESS).status_code == 403
    assert "Importa da Word" not in said(as_("worker").get("/spazi/rete/"))


@pytest.mark.django_db
@pytest.mark.contexts
def test_data_of_a_person_is_said_before_and_stays_only_for_a_reason(as_: Any) -> None:
    client = as_("coordinator")
    data = docx(TITLE + h(1)("Tempi") + p("Chiamare il 347 1234567.") + h(1)("Caso") + p("RSSMRA80A01H501U"))
    where = upload(client, data).url
    shown = client.get(where)
    assert "347 1234567" in said(shown) and "Un codice fiscale non può restare" in said(shown)
    typed = fields(shown) | {"crea": "1", "title": "Scritto a mano", "reason": "È il numero del servizio"}
    refused = client.post(where, typed)
    assert "C’è un codice fiscale" in said(refused) and fields(refused)["title"] == "Scritto a mano"
    without = typed | {"part_1": kinds.LEFT_OUT}
    asked = client.post(where, without | {"reason": ""})
    assert "Scrivi perché può restare" in said(asked)
    assert '<textarea name="reason"' in asked.content.decode()  # a hidden field nobody can fill
    assert not Page.objects.filter(title="Scritto a mano").exists()
    assert client.post(where, without).status_code == 302
    page = Page.objects.get(title="Scritto a mano").specific
    assert "RSSMRA80A01H501U" not in str(page.body) and "347 1234567" in str(page.body)
    assert PersonalDataReason.objects.get(page=page).reason == "È il numero del servizio"


@pytest.mark.django_db
@pytest.mark.contexts
def test_a_picture_wants_words_or_only_adorns_or_stays_out_and_a_taken_code_is_said(as_: Any) -> None:
    client = as_("coordinator")
    two_pictures = docx(
        h(1)("Tempi") + p(picture("rIdImg1", "")) + p(picture("rIdImg2", "")),
        images={"rIdImg1": png(), "rIdImg2": png(50)},
    )
    where = upload(client, two_pictures, "PR-02 bozza.docx").url
    shown = client.get(where)
    assert "PR-02, che è già usato" in said(shown)
    typed = fields(shown) | {"crea": "1", "title": "Con immagini", "alt_0": ""}
    refused = client.post(where, typed | {"code": "PR-02"})
    assert "di’ che è solo decorativa" in said(refused) and "Il codice PR-02 è già usato" in said(refused)
    assert client.post(where, typed | {"how_0": "decora", "how_1": kinds.LEFT_OUT}).status_code == 302
    page = ProtocolPage.objects.get(title="Con immagini")
    (image,) = [block.value["picture"] for block in page.body if block.block_type == "picture"]
    assert image.decorative and image.contextual_alt_text == ""


@pytest.mark.django_db
@pytest.mark.contexts
def test_a_procedure_gets_a_step_from_each_item_of_its_counted_list(as_: Any) -> None:
    client = as_("coordinator")
    text = (
        bold("Accoglienza allo sportello", 18, word_documents.CENTRED) + bold("Quando si usa") + FINALITA + bold("Fasi")
        + item("Accogliere. Si chiede il motivo.") + item("Fissare il colloquio.") + bold("Archivio") + TEMPI
        + p(picture("rIdImg1", ""))
    )  # fmt: skip
    where = upload(client, docx(text, images={"rIdImg1": png()}), "documento.docx").url
    begun = client.get(where)
    assert fields(begun)["kind"] == "protocolpage" and "1 immagine non entra" not in said(begun)
    shown = client.post(where, {"kind": "procedurepage", "title": "Accoglienza", "mostra": "1"})
    assert "1 immagine non entra: i passi di una procedura sono di sole parole" in said(shown)
    typed = fields(shown) | {"crea": "1"}
    assert typed["title"] == "Accoglienza" and typed["code"].startswith("OP-") and typed["part_0"] == "when_to_use"
    assert client.post(where, typed).status_code == 302
    page = ProcedurePage.objects.get(title="Accoglienza")
    assert page.when_to_use == "Garantire il rientro a casa di chi esce dall’ospedale." and not page.live
    steps = [(step.value["title"], step.value["text"]) for step in page.steps]
    assert steps[:2] == [
        ("Accogliere", "Accogliere. Si chiede il motivo."), ("Fissare il colloquio", "Fissare il colloquio."),
    ]  # fmt: skip
    assert steps[2][0] == "Archivio" and len(steps) == 3


@pytest.mark.django_db
def test_what_nobody_made_a_draft_of_goes_after_a_week(as_: Any) -> None:
    upload(as_("coordinator"), plain_protocol())
    assert from_word.purge() == 0 and UploadedDocument.objects.count() == 1
    WordUpload.objects.update(at=timezone.now() - timedelta(days=8))
    from_word.purge()
    assert not UploadedDocument.objects.exists()
