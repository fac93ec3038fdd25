"""A form described field by field: the portal makes its PDF and its ODT, always empty, and keeps them by version."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from odfdo import Document
from pypdf import PdfReader, PdfWriter

from portal import demo
from portal.background import jobs
from portal.models import Job
from portal.pages.comparison import Act
from portal.pages.publication import Refused
from protocols import fillable
from protocols.comparison import compare
from protocols.fillable_odt import odt
from protocols.fillable_pdf import pdf
from protocols.models import Edition, EditionCopy, FormPage
from protocols.reading import readings
from tests.portal.test_approval import address, propose

pytestmark = pytest.mark.django_db
AIDS = ["letto «basso»", "bastone & stampella", "nessuno"]


def asked(kind: str, label: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"label": label, "help": "", "required": False, **more}


FIELDS = [
    ("heading", "La persona"),
    ("explanation", "Si scrive con la persona."),
    asked("short_text", "Nome e città", required=True, help="Come preferisce."),
    asked("long_text", "Perché"),
    ("heading", "L’uscita"),
    asked("date", "Data prevista"),
    asked("number", "Quanti gradini"),
    asked("one_choice", "Letto", choices=AIDS, required=True),
    asked("many_choices", "Ausili", choices=AIDS),
    asked("tick", "Ho letto l’informativa"),
    asked("signature", "Firma di chi segnala"),
]


def form(space: str = "SP-RETE", fields: Any = FIELDS) -> FormPage:
    page = FormPage(title="Segnalazione", code="MD-90", version="1.0", form_fields=fields)
    page.valid_from = timezone.localdate() - timedelta(days=30)
    demo.publish(demo.space(space).root_page, page, on=-30, by=demo.person("chiara.bonacchi"))
    return FormPage.objects.get(pk=page.pk)


def next_version(page: FormPage) -> FormPage:
    """The same fields with one of them called otherwise, and one more."""
    label = page.form_fields[3].value
    label["label"] = "Perché serve"
    page.form_fields.append(asked("short_text", "Chi riceve"))
    page.version, page.valid_from, page.change_note = "2.0", timezone.localdate(), "Chi riceve."
    page.save_revision().publish()
    return FormPage.objects.get(pk=page.pk)


def files(page: FormPage, version: str = "1.0") -> EditionCopy:
    """What the worker makes after the publication."""
    copy = EditionCopy.objects.get(edition__page=page, edition__version=version)
    jobs.run(Job.objects.get(key=f"form-files:{copy.pk}").pk)
    copy.refresh_from_db()
    return copy


def named(reader: PdfReader) -> list[tuple[str, str, str]]:
    """Kind, name for a screen reader and answers of each field, in the order in which one goes through them."""
    fields = reader.get_fields() or {}
    return [(each["/FT"], each["/TU"], " / ".join(each.get("/Opt", []))) for each in fields.values()]


def main(response: Any) -> str:
    return str(BeautifulSoup(response.content, "html.parser").main)


def test_the_fields_of_the_pdf_are_those_of_the_description_each_with_its_name() -> None:
    reader = PdfReader(io.BytesIO(files(form()).form_pdf))
    assert named(reader) == [
        ("/Tx", "Nome e città. Obbligatorio. Come preferisce.", ""),
        ("/Tx", "Perché", ""),
        ("/Tx", "Data prevista", ""),
        ("/Tx", "Quanti gradini", ""),
        ("/Btn", "Letto. Obbligatorio", " / ".join(AIDS)),
        *(("/Btn", f"Ausili: {aid}", "") for aid in AIDS),
        ("/Btn", "Ho letto l’informativa", ""),
        ("/Sig", "Firma di chi segnala", ""),
    ]
    fields = reader.get_fields() or {}
    assert not any(each.get("/V") not in (None, "/Off") for each in fields.values())  # empty, always
    required = [each["/TU"] for each in fields.values() if each.get("/Ff", 0) & 2]
    assert required == ["Nome e città. Obbligatorio. Come preferisce.", "Letto. Obbligatorio"]


def test_lines_stay_lines_a_question_keeps_its_mark_and_files_are_offered_once_they_are_there(
    as_: Any, person: Any
) -> None:
    fields = [
        ("explanation", "Riga una.\nRiga due."),
        asked("tick", "Vive solo?", required=True),
        asked("date", "Dal:"),
    ]
    page = form(fields=fields)
    shown = re.sub(r"\s+", " ", main(as_("worker").get(page.url)))
    for words in ("Riga una.<br/>Riga due.", "Vive solo? casella da spuntare, obbligatorio", "Dal: data", "modulo.odt"):
        assert words in shown, words
    with zipfile.ZipFile(io.BytesIO(files(page).form_odt)) as archive:
        assert "Riga una.<text:line-break/>Riga due." in archive.read("content.xml").decode()
    page.form_fields[1].value["required"] = False
    page.version, page.valid_from, page.change_note = "2.0", timezone.localdate(), "Non obbligatoria."
    waiting = propose(page, person("coordinator"))
    shown = BeautifulSoup(main(as_("director").get(address(waiting))), "html.parser")
    assert "si preparano quando questo testo esce" in " ".join(shown.get_text().split())
    assert not shown.select("a[href*='modulo.']")
    assert [each.get_text().split() for each in shown.select("del") if "solo" in each.get_text()] == [
        ["Vive", "solo?", "Obbligatorio"]
    ]


def test_a_program_fills_the_pdf_in_and_reads_it_back() -> None:
    page = form()
    keys = {block.value["label"]: block.id for block in page.form_fields if "label" in block.value}
    writer = PdfWriter(clone_from=io.BytesIO(files(page).form_pdf))
    written = {keys["Nome e città"]: "Così è, perché sì", keys["Perché"]: "Una riga\ne un’altra"}
    ticked = {keys["Letto"]: "/1", f"{keys['Ausili']}-2": "/Si", keys["Ho letto l’informativa"]: "/Si"}
    for sheet in writer.pages:
        writer.update_page_form_field_values(sheet, {**written, **ticked}, auto_regenerate=False)
    filled = io.BytesIO()
    writer.write(filled)
    back = PdfReader(filled).get_fields() or {}
    assert {key: back[key].value for key in {**written, **ticked}} == {**written, **ticked}
    assert back[f"{keys['Ausili']}-0"].value == "/Off"


def test_the_pdf_is_tagged_italian_and_says_code_version_and_day_on_each_sheet() -> None:
    many = [*FIELDS, *(asked("long_text", f"Altro {n}") for n in range(12))]
    made = bytes(files(form(fields=many)).form_pdf)
    reader = PdfReader(io.BytesIO(made))
    sheets = [sheet.get_textpage().get_text_bounded() for sheet in pypdfium2.PdfDocument(made)]
    day = timezone.localdate() - timedelta(days=30)
    assert len(sheets) > 2
    for number, words in enumerate(sheets, start=1):
        assert re.search(rf"MD-90 · versione 1\.0 (del|dell’)\s?{day.day}", words)
        assert f"Pagina {number} di {len(sheets)}" in words
    root: Any = reader.root_object
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("it-IT", True)
    widgets = [a.get_object() for sheet in reader.pages for a in sheet.get("/Annots", [])]
    assert len(widgets) == 12 + 12 and all(each["/Subtype"] == "/Widget" for each in widgets)
    tags = [row.get_object() for row in _flat(root["/StructTreeRoot"]["/ParentTree"])]
    assert sum(each["/S"] == "/Form" for each in tags if "/S" in each) == len(widgets)
    assert b"campo:" not in made


def _flat(tree: Any) -> list[Any]:
    kids = [row for branch in tree.get("/Kids", []) for row in _flat(branch.get_object())]
    return kids + list(tree.get("/Nums", [])[1::2])


def test_the_odt_opens_and_holds_the_labels_in_their_order_under_named_styles() -> None:
    made = bytes(files(form()).form_odt)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.infolist()[0].filename == "mimetype" and archive.testzip() is None
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
    document = Document(io.BytesIO(made))
    rows = [(each.get_attribute("text:style-name"), each.inner_text) for each in document.body.children]
    used = {str(style) for style, _words in rows}
    known = {style.name for style in document.get_styles("paragraph") if hasattr(style, "name")}
    assert used <= known
    labels = [words for style, words in rows if style in {"Etichetta", "Titolo_20_di_20_parte"}]
    assert labels == [
        "La persona", "Nome e città (obbligatorio)", "Perché", "L’uscita", "Data prevista", "Quanti gradini",
        "Letto (obbligatorio)", "Ausili", "☐ Ho letto l’informativa", "Firma di chi segnala",
    ]  # fmt: skip
    assert [words for style, words in rows if style == "Risposta"] == [f"☐ {aid}" for aid in AIDS] * 2
    assert [style for style, _words in rows].count("Campo") == 3  # the short text, the day and the number
    header = document.styles.get_master_page(0).serialize()
    assert header.count("MD-90 · versione 1.0") == 2  # above and below each sheet


def test_both_files_are_the_same_bytes_each_time() -> None:
    copy = files(form())
    assert (pdf(copy), odt(copy)) == (bytes(copy.form_pdf), bytes(copy.form_odt))
    FormPage.objects.filter(code="MD-90").update(form_fields=[])
    fillable.make(copy.pk)  # what was made once stays
    assert bytes(EditionCopy.objects.get(pk=copy.pk).form_pdf) == bytes(copy.form_pdf)


def test_scarica_offers_both_to_whoever_reads_the_form_and_to_nobody_else(as_: Any) -> None:
    page = form("SP-MINORI")
    files(page)
    address = "/p/MD-90/edizioni/1.0/modulo."
    said = as_("worker_minors").get(page.url).content.decode()
    for kind in ("pdf", "odt"):
        assert f'href="{address}{kind}"' in said
        answer = as_("worker_minors").get(address + kind)
        assert (answer.status_code, answer["Content-Type"]) == (200, fillable.described.KINDS[kind])
        assert answer["Content-Disposition"] == f'attachment; filename="MD-90-1.0.{kind}"'
        hidden, missing = as_("worker").get(address + kind), as_("worker").get(f"/p/MD-99/edizioni/1.0/modulo.{kind}")
        assert hidden.status_code == missing.status_code == 404
        assert main(hidden).replace("MD-90", "MD-99") == main(missing)
        assert as_("anonymous").get(address + kind).status_code == 302
    assert as_("worker_minors").get(address + "exe").status_code == 404
    assert "Quanti gradini: numero" in said


def test_a_new_version_has_new_files_and_the_old_address_leads_to_it_and_says_so(as_: Any) -> None:
    page = form()
    before, keys = files(page), [block.id for block in page.form_fields]
    page = next_version(page)
    after = files(page, "2.0")
    assert [block.id for block in page.form_fields][:-1] == keys
    assert "Chi riceve" in [each["/TU"] for each in (PdfReader(io.BytesIO(after.form_pdf)).get_fields() or {}).values()]
    old = "/p/MD-90/edizioni/1.0/modulo.pdf"
    answer = as_("newcomer").get(old, follow=True)
    assert answer.redirect_chain[0] == (page.url, 302)
    assert "è della versione 1.0, superata: il modulo in vigore è questo, versione 2.0." in answer.content.decode()
    assert as_("newcomer").get(f"{old}?edizione").content == bytes(before.form_pdf)  # from the page of that edition
    assert f'href="{old}?edizione"' in as_("newcomer").get("/p/MD-90/edizioni/1.0/").content.decode()
    assert as_("newcomer").get("/p/MD-90/edizioni/2.0/modulo.pdf").content == bytes(after.form_pdf)


def test_the_comparison_names_the_fields_that_changed(person: Any) -> None:
    page = next_version(form())
    old, new = Edition.objects.filter(page=page).order_by("published_at")
    found = compare(*readings(page, person("worker"), old, new))
    lines = [(line.act, "".join(word.text for word in line.words)) for part in found.changed for line in part.lines]
    assert lines == [
        (Act.CHANGED, "Perché: testo lungoPerché serve: testo lungo"),  # taken away, then put in its place
        (Act.ADDED, "Chi riceve: testo breve"),
    ]


def test_a_form_is_published_with_a_file_or_with_fields_and_says_what_is_missing() -> None:
    page, last = form(), FormPage.objects.get(code="MD-90").form_fields
    for fields, sentence in (
        ([], "Scegli il file del modulo, oppure descrivi i suoi campi."),
        (FIELDS[:2], "Aggiungi almeno un campo da compilare."),
    ):
        page.form_fields = fields
        with pytest.raises(Refused, match=sentence):
            page.save_revision().publish()
    page.form_fields, page.document = last, FormPage.objects.get(code="MD-04").document
    with pytest.raises(Refused, match="tieni il file, oppure i campi"):
        page.save_revision().publish()


def test_search_finds_the_form_by_a_field_and_offers_its_pdf(as_: Any, index: Any) -> None:
    page = BeautifulSoup(as_("worker").get("/cerca/", {"q": "nome sul campanello"}).content, "html.parser")
    assert page.find("a", href="/p/MD-06/edizioni/2.0/modulo.pdf"), page.main.get_text()[:500]
