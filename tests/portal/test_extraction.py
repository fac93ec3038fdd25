"""Text out of files: what is read from good ones, and how bad ones are refused."""

import base64
import datetime
import io
import os
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import typst
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from portal.files.extraction import Extraction, Signature, extract, formats, limits, owners, parent, problems, turns
from portal.files.extraction.ber import to_der

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


# Files built by code


def zipped(parts: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def word_xml(body: str, root: str = "document") -> str:
    return f'<?xml version="1.0"?><w:{root} xmlns:w="{WORD}">{body}</w:{root}>'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def docx(body: str = paragraph("Accoglienza"), **parts: str) -> bytes:
    return zipped({"word/document.xml": word_xml(body)} | {f"word/{name}.xml": xml for name, xml in parts.items()})


def odt(content: str, manifest: str = "<manifest/>", styles: str = "") -> bytes:
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": manifest,
        "content.xml": f'<d xmlns:text="{ODF}:text:1.0" xmlns:table="{ODF}:table:1.0">{content}</d>',
    }
    return zipped(parts | ({"styles.xml": styles} if styles else {}))


def rtf(body: str) -> bytes:
    return ("{\\rtf1\\ansi\\ansicpg1252 " + body + "}").encode("cp1252")


def pdf_of_objects(*objects: bytes, trailer: bytes = b"") -> bytes:
    file = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return bytes(file) + b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (size, trailer, start)


def pdf_with_stream(stream: bytes, trailer: bytes = b"") -> bytes:
    return pdf_of_objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << >> >>",
        stream,
        trailer=trailer,
    )


@cache
def pdf() -> bytes:
    return typst.compile(b"Protocollo di rete #pagebreak() Seconda pagina")


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Anna <anna@example.org>"
    message["To"] = "bruno@example.org"
    message["Subject"] = "Tavolo affidi: novità"
    message.set_content("Ci vediamo giovedì.")
    return message


# Signatures


@cache
def signer(name: str, elliptic: bool = False):
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(start).not_valid_after(start.replace(2036)).sign(key, hashes.SHA256())
    return certificate, key


def signed(data: bytes, *signers, encoding: Encoding = Encoding.DER, options=(), **how) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
    for certificate, key in signers or [signer("ROSSI MARIA")]:
        builder = builder.add_signer(certificate, key, hashes.SHA256(), **how)
    return builder.sign(encoding, [pkcs7.PKCS7Options.Binary, *options])


def element(tag: int, *contents: bytes) -> bytes:
    """ASN.1 with a definite length."""
    content = b"".join(contents)
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([128 | len(octets)]) + octets) + content


def streamed(tag: int, *contents: bytes) -> bytes:
    """The same with an indefinite length."""
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"


def children(der: bytes) -> list[bytes]:
    """The elements inside one."""

    def split(data: bytes) -> tuple[int, int]:
        if data[1] < 128:
            return 2, 2 + data[1]
        head = 2 + data[1] - 128
        return head, head + int.from_bytes(data[2:head], "big")

    start, end = split(der)
    found = []
    while start < end:
        size = split(der[start:])[1]
        found.append(der[start : start + size])
        start += size
    return found


def restreamed(der: bytes, piece: int) -> bytes:
    """A signed envelope as streaming programs write it: indefinite lengths, content in pieces."""
    kind, wrapped = children(der)
    version, digests, info, *rest = children(children(wrapped)[0])
    data_type, explicit = children(info)
    octets = children(explicit)[0]
    content = octets[len(octets) - int.from_bytes(octets[2 : 2 + octets[1] - 128], "big") :]
    pieces = [element(4, content[at : at + piece]) for at in range(0, len(content), piece)]
    inner = streamed(0x30, data_type, streamed(0xA0, streamed(0x24, *pieces)))
    return streamed(0x30, kind, streamed(0xA0, streamed(0x30, version, digests, inner, *rest)))


# Good files


def test_a_pdf_gives_one_text_for_each_page():
    found = extract(pdf(), "protocollo.pdf")
    assert found == Extraction(
        "Protocollo di rete\n\nSeconda pagina", ["Protocollo di rete", "Seconda pagina"], "", [], "pdf"
    )


def test_words_hyphenated_in_a_pdf_are_whole_again():
    source = '#set page(width: 5cm)\n#set text(lang: "it", hyphenate: true)\n#set par(justify: true)\n'
    text = "Il coordinamento interistituzionale dell'affidamento è responsabilità amministrativa."
    found = extract(typst.compile((source + text).encode()), "a.pdf").text.split()
    assert {"interistituzionale", "responsabilità", "amministrativa."} <= set(found)


def test_a_pdf_without_text_is_said_to_be_a_scan():
    found = extract(typst.compile(b"#rect()"), "a.pdf")
    assert (found.problem, found.kind, found.pages) == (problems.SCANNED, "pdf", [])


def test_a_docx_gives_body_tables_notes_headers_and_footers():
    row = f"<w:tr><w:tc>{paragraph('Ente')}</w:tc><w:tc>{paragraph('Referente')}</w:tc></w:tr>"
    tabs = '<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>'
    body = paragraph("Perché & come") + f"<w:tbl>{row}</w:tbl>" + tabs
    data = docx(
        body,
        header1=word_xml(paragraph("Comune di Prova"), "hdr"),
        footer2=word_xml(paragraph("Piè di pagina"), "ftr"),
        footnotes=word_xml(paragraph("Nota uno"), "footnotes"),
    )
    found = extract(data, "x.docx")
    assert found.kind == "docx"
    assert [line for line in found.text.split("\n") if line] == [
        "Comune di Prova", "Perché & come", "Ente Referente", "a b", "Nota uno", "Piè di pagina",
    ]  # fmt: skip


def test_a_docx_gives_neither_deleted_text_nor_comments_nor_repeated_boxes():
    body = (
        "<w:p><w:del><w:r><w:delText>tolto</w:delText></w:r></w:del></w:p>"
        + '<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice>'
        + f"{paragraph('riquadro')}</mc:Choice><mc:Fallback>{paragraph('riquadro')}</mc:Fallback></mc:AlternateContent>"
    )
    assert extract(docx(body, comments=word_xml(paragraph("commento"), "comments")), "x.docx").text == "riquadro"


def test_an_odt_gives_body_tables_headers_and_footers_without_tracked_deletions():
    content = (
        "<text:tracked-changes><text:p>tolto</text:p></text:tracked-changes>"
        "<text:h>Titolo</text:h><text:p>uno<text:s/>due<text:line-break/>tre</text:p>"
        "<table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
        "<table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>"
    )
    header = "<t:p>stile</t:p><s:header><t:p>Capo</t:p></s:header>"
    styles = f'<d xmlns:s="{ODF}:style:1.0" xmlns:t="{ODF}:text:1.0">{header}</d>'
    found = extract(odt(content, styles=styles), "x.odt")
    assert (found.kind, found.text) == ("odt", "Titolo\nuno due\ntre\nA B\nCapo")


def test_an_xlsx_gives_sheet_names_shared_and_inline_strings_and_numbers():
    cells = (
        '<c t="s"><v>1</v></c><c t="inlineStr"><is><t>in linea</t></is></c><c><f>1+1</f><v>2</v></c>'
        '<c t="b"><v>1</v></c><c t="str"><v>esito</v></c>'
    )
    strings = "<si><t>zero</t></si><si><r><t>con</t></r><r><t>diviso</t></r></si>"
    data = zipped(
        {
            "xl/workbook.xml": f'<workbook xmlns="{SHEET}"><sheets><sheet name="Bilancio"/></sheets></workbook>',
            "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{strings}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}"><row>{cells}</row><row/></worksheet>',
        }
    )
    found = extract(data, "x.xlsx")
    assert (found.kind, found.text) == ("xlsx", "Bilancio\ncondiviso in linea 2 esito")


def test_a_pptx_gives_its_slides_in_order_then_the_notes():
    def slide(text: str) -> str:
        return f'<p xmlns:a="{DRAWING}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p>'

    parts = {"ppt/presentation.xml": "<p/>", "ppt/notesSlides/notesSlide1.xml": slide("appunti")}
    slides = {f"ppt/slides/slide{n}.xml": slide(f"n. {n}") for n in (10, 2, 1)}
    found = extract(zipped(parts | slides), "x.pptx")
    assert (found.kind, found.text.split("\n\n")) == ("pptx", ["n. 1", "n. 2", "n. 10", "appunti"])


def test_an_rtf_gives_accents_and_unicode_without_its_pictures():
    picture = "{\\pict\\pngblip " + "89504e47\n" * 100_000 + "}"
    found = extract(rtf(r"Citt\'e0 \u8364? \u-10179?\u-8704?\par fine" + picture), "x.rtf")
    assert (found.kind, found.text) == ("rtf", "Città € 😀\nfine")


def test_a_page_of_html_gives_its_text_without_scripts_and_styles():
    hidden = "<style>p{}</style><script>var x = '<p>no</p>';</script>"
    page = f"<!DOCTYPE html><title>T</title>{hidden}<p>Perch&eacute;<br>sì</p>"
    found = extract(page.encode(), "x.html")
    assert (found.kind, [line.strip() for line in found.text.split("\n") if line.strip()]) == (
        "html", ["T", "Perché", "sì"],
    )  # fmt: skip


def test_a_page_of_html_is_decoded_as_it_declares():
    assert "città" in extract('<html><meta charset="iso-8859-1"><p>città'.encode("latin-1"), "x.htm").text


def test_a_message_gives_subject_body_and_readable_attachments():
    message = mail()
    message.add_alternative("<p>Ci vediamo in HTML.</p>", subtype="html")
    message.add_attachment(pdf(), maintype="application", subtype="pdf", filename="protocollo.pdf")
    message.add_attachment(b"\0\1\2", maintype="image", subtype="png", filename="foto.png")
    message.add_attachment(docx()[:200], maintype="application", subtype="zip", filename="rotto.docx")
    found = extract(message.as_bytes(), "")
    assert (found.kind, found.problem) == ("eml", "")
    assert [line for line in found.text.split("\n") if line] == [
        "Tavolo affidi: novità", "Ci vediamo giovedì.", "protocollo.pdf", "Protocollo di rete", "Seconda pagina",
        "foto.png", "rotto.docx",
    ]  # fmt: skip


def test_a_message_within_a_certified_one_is_read_too():
    envelope = EmailMessage()
    envelope["Subject"] = "POSTA CERTIFICATA"
    envelope.set_content("busta")
    envelope.add_attachment(mail())
    assert "Ci vediamo giovedì." in extract(envelope.as_bytes(), "x.eml").text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_text_is_read_in_whatever_usual_encoding(encoding):
    found = extract("Perché “sì”\r\nfine\x0c".encode(encoding), "x.txt")
    assert (found.kind, found.text) == ("txt", "Perché “sì”\nfine")


def test_content_counts_more_than_the_name():
    assert extract(pdf(), "x.docx").kind == "pdf"
    assert extract(docx(), "x.txt").kind == "docx"
    assert extract(rtf("a"), "senza_nome").kind == "rtf"


def test_text_is_fit_for_the_database_and_the_index():
    found = extract("a\0b\x01 affi\u00addamento ﬁrma perche\u0301   fine".encode(), "x.md")
    assert found.text == "" and found.problem == problems.UNKNOWN  # a zero: not a text
    found = extract(docx(paragraph("affi\u00addamento ﬁrma perche\u0301   fine")), "x.docx")
    assert found.text == "affidamento firma perché fine"


# Files that say less than they hold

CHUNKS = {
    "mht": (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<html><body><p>Parte =C3=A8 in MHT</p></body></html>\r\n--b--\r\n",
        "Parte è in MHT",
    ),
    "html": ("<html><p>Parte è in HTML".encode(), "Parte è in HTML"),
    "docx": (docx(paragraph("Parte è in Word")), "Parte è in Word"),
    "rtf": (rtf(r"Parte \'e8 in RTF"), "Parte è in RTF"),
}
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def with_chunk(name: str, chunk: bytes, body: str = "") -> bytes:
    taken = f'{body}<w:altChunk xmlns:r="{RELATIONS}" r:id="rId9"/>'
    relation = f'<Relationships><Relationship Id="rId9" Target="/word/{name}"/></Relationships>'
    return zipped(
        {"word/document.xml": word_xml(taken), "word/_rels/document.xml.rels": relation, f"word/{name}": chunk}
    )


@pytest.mark.parametrize("kind", CHUNKS)
def test_a_word_file_whose_body_is_a_chunk_of_another_format_gives_its_text(kind):
    chunk, text = CHUNKS[kind]
    found = extract(with_chunk(f"afchunk.{kind}", chunk), "x.docx")
    assert (found.kind, found.text, found.problem) == ("docx", text, "")
    both = extract(with_chunk(f"afchunk.{kind}", chunk, paragraph("Prima")), "x.docx").text
    assert both.startswith("Prima") and both.endswith(text)


def test_a_chunk_that_cannot_be_read_says_why():
    assert extract(with_chunk("afchunk.bin", b"\0\1\2"), "x.docx").problem == problems.UNKNOWN


def test_word_files_in_one_another_are_opened_to_a_certain_depth():
    data = docx(paragraph("in fondo"))
    for _ in range(limits.MAX_NESTING):
        data = with_chunk("afchunk.docx", data)
    assert extract(data, "x.docx").text == "in fondo"
    assert extract(with_chunk("afchunk.docx", data), "x.docx").problem == problems.TOO_DEEP


def sheet(cells: str = '<c t="s"><v>0</v></c>') -> str:
    return f'<worksheet xmlns="{SHEET}"><row>{cells}</row></worksheet>'


@pytest.mark.parametrize("change", [str, str.upper, lambda name: name.replace("/", "\\"), lambda name: "/" + name])
def test_parts_are_found_however_their_names_are_written(change):
    word = {change("word/document.xml"): word_xml(paragraph("Accoglienza"))}
    assert extract(zipped(word), "x.docx").text == "Accoglienza"
    book = {
        change("xl/workbook.xml"): f'<workbook xmlns="{SHEET}"><sheets><sheet name="Foglio"/></sheets></workbook>',
        change("xl/SharedStrings.xml"): f'<sst xmlns="{SHEET}"><si><t>Accoglienza</t></si></sst>',
        change("xl/worksheets/sheet.xml"): sheet(),
    }
    assert extract(zipped(book), "x.xlsx").text == "Foglio\nAccoglienza"


def test_parts_are_found_by_their_content_types_wherever_they_lie():
    office = "application/vnd.openxmlformats-officedocument."
    listed = "".join(
        f'<Override PartName="{part}" ContentType="{office}{kind}+xml"/>'
        for part, kind in {
            "/testo/Principale.xml": "wordprocessingml.document.main",
            "/testo/Sopra.xml": "wordprocessingml.header",
            "/testo/Sotto.xml": "wordprocessingml.footnotes",
        }.items()
    )
    parts = {
        "[Content_Types].xml": f"<Types>{listed}</Types>",
        "testo/principale.xml": word_xml(paragraph("Corpo")),
        "testo/sopra.xml": word_xml(paragraph("Capo"), "hdr"),
        "testo/sotto.xml": word_xml(paragraph("Nota"), "footnotes"),
    }
    found = extract(zipped(parts), "senza_nome")
    assert (found.kind, found.text.split()) == ("docx", ["Capo", "Corpo", "Nota"])


STYLES = (
    f'<styleSheet xmlns="{SHEET}"><numFmts><numFmt numFmtId="164" formatCode="[$-410]d\\ mmmm\\ yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="dd/mm/yyyy\\ hh:mm"/><numFmt numFmtId="166" formatCode="&quot;giorni&quot; 0"/>'
    '<numFmt numFmtId="167" formatCode="[h]:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>'
    + "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 164, 165, 166, 167, 20))
    + "</cellXfs></styleSheet>"
)


@pytest.mark.parametrize(
    ("style", "value", "shown"),
    [
        (0, "46082", "46082"), (1, "46082", "01/03/2026"), (2, "46082", "01/03/2026"),
        (3, "46082.75", "01/03/2026 18:00"),
        (4, "46082", "46082"), (5, "1.5", "1.5"), (6, "0.375", "09:00"), (1, "59", "28/02/1900"),
        (1, "61", "01/03/1900"),
        (1, "-3", "-3"), (1, "1e9", "1e9"), (1, "abc", "abc"), (99, "46082", "46082"),
    ],
)  # fmt: skip
def test_a_number_with_the_style_of_a_date_is_that_day(style, value, shown):
    def book(number: str, start: str = "0") -> str:
        parts = {
            "xl/workbook.xml": f'<workbook xmlns="{SHEET}"><workbookPr date1904="{start}"/></workbook>',
            "xl/styles.xml": STYLES,
            "xl/worksheets/sheet1.xml": sheet(f'<c s="{style}"><v>{number}</v></c>'),
        }
        return extract(zipped(parts), "x.xlsx").text

    assert book(value) == shown
    counted_from_1904 = {"46082": "44620"}  # the same day, where the book counts from there
    assert book(counted_from_1904.get(value, value), "1" if value in counted_from_1904 else "0") == shown.replace(
        "46082", "44620"
    )


def test_a_spreadsheet_with_a_day_written_as_such_shows_it():
    parts = {"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": sheet('<c t="d"><v>2026-03-01T00:00:00</v></c>')}
    assert extract(zipped(parts), "x.xlsx").text == "01/03/2026"


def test_an_rtf_goes_on_after_a_stray_brace():
    assert extract(b"{\\rtf1 Prima}\\par Seconda\\par}", "x.rtf").text == "Prima\nSeconda"
    assert extract(b"{\\rtf1 {Prima}}}}\\par {Seconda", "x.rtf").text == "Prima\nSeconda"


def test_an_rtf_gives_headers_footers_notes_and_boxes_without_what_nobody_reads():
    body = (
        r"{\fonttbl{\f0\fcharset204 Arial;}}{\*\generator Prova;}{\info{\title Titolo}}"
        r"{\header Capo\par}{\footer Piede}Testo{\footnote Nota}{\*\shpinst{\sp{\sn nome}{\sv 7}}{\shptxt Riquadro}}"
        r"{\*\annotation commento}{\deleted tolto}{\b grassetto\b0}{\*\ignota nascosto}{\f0 \'c4\'e0}"
        r"{\field{\*\fldinst MERGEFIELD nome}{\fldrslt Risultato}}{\pict\bin4 }}}}}fine"
    )
    found = extract(rtf(body), "x.rtf").text
    assert found.split() == ["Capo", "Piede", "Testo", "Nota", "Riquadro", "grassettoДаRisultatofine"]


def test_a_page_of_an_rtf_that_has_only_a_header_is_read():
    assert extract(rtf(r"\plain{\header\qc\b Animali\plain\par\n(555) 555\par\plain}"), "x.rtf").text.startswith(
        "Animali"
    )


NOTHING = {
    "x.docx": docx("<w:p><w:r><w:drawing/></w:r></w:p>"),
    "x.odt": odt("<text:p/>"),
    "x.xlsx": zipped({"xl/workbook.xml": f'<w xmlns="{SHEET}"><sheet name="Foglio1"/></w>',
                      "xl/worksheets/sheet1.xml": "<a/>"}),
    "x.rtf": rtf(""),
    "x.html": b"<html><img src='a.png'></html>",
    "x.txt": b" \r\n \t ",
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_a_file_without_a_word_does_not_pass_for_read(name):
    found = extract(NOTHING[name], name)
    assert (found.text, found.pages, found.problem) == ("", [], "Il file non contiene testo.")


# PDFs that are not only text

IMAGE = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"


def pdf_of_pages(pages: list[tuple[str, bool]]) -> bytes:
    """Each page with a line of text, and an image over all of it or none."""
    first = 5
    kids = b" ".join(b"%d 0 R" % (first + 2 * place) for place in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        IMAGE + b"\nstream\n\x80\nendstream",
    ]
    for place, (line, has_image) in enumerate(pages):
        drawn = b"q 300 0 0 300 0 0 cm /I Do Q " if has_image else b""
        stream = drawn + b"BT /F 12 Tf 20 280 Td (%s) Tj ET" % line.encode("latin-1")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents %d 0 R /Resources "
            b"<< /Font << /F 3 0 R >> /XObject << /I 4 0 R >> >> >>" % (first + 2 * place + 1),
            b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        ]
    return pdf_of_objects(*objects)


def test_a_stamp_on_every_page_of_a_scan_does_not_pass_for_its_text():
    found = extract(pdf_of_pages([(f"Prot. n. 12345 pag. {number} di 12", True) for number in range(1, 13)]), "x.pdf")
    assert found.problem == ""
    assert found.warning == "Quasi tutte le pagine sono immagini: il loro testo non si trova con la ricerca."
    assert [page for page in found.pages if page] == ["Prot. n. 12345 pag. 1 di 12"]
    assert len(found.pages) == 12


def test_a_cover_before_a_scan_is_read_and_the_scan_is_told():
    found = extract(pdf_of_pages([("Relazione annuale", False), *[("", True)] * 12]), "x.pdf")
    assert (found.pages[0], bool(found.warning)) == ("Relazione annuale", True)


@pytest.mark.parametrize(
    "pages",
    [
        [(f"Testo della pagina {'abcdefghilmn'[number]}", True) for number in range(12)],
        [("Comune di Prova", False)] * 4,
        [("Una fotografia", True), ("Testo", False), ("Altro testo", False)],
    ],
    ids=["other words on each page", "no images", "one image among pages of text"],
)
def test_what_is_no_scan_is_read_without_a_word(pages):
    found = extract(pdf_of_pages(pages), "x.pdf")
    assert found.warning == found.problem == ""
    assert found.pages == [line for line, _ in pages]


def test_what_was_filled_into_a_form_and_typed_over_a_page_is_read_and_comments_are_not():
    stream = b"BT /F 12 Tf 20 280 Td (Nome:) Tj ET"
    box = b"/Rect [20 20 200 40] /P 3 0 R"
    data = pdf_of_objects(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DA (/F 12 Tf 0 g) "
        b"/DR << /Font << /F 5 0 R >> >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> "
        b"/Annots [6 0 R 7 0 R 8 0 R] >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (nome) /V (Comune di Quarrata) " + box + b" >>",
        b"<< /Type /Annot /Subtype /FreeText /Contents (Visto, si approva) /DA (/F 12 Tf 0 g) " + box + b" >>",
        b"<< /Type /Annot /Subtype /Text /Contents (commento) " + box + b" >>",
    )
    found = extract(data, "x.pdf").text
    assert "Nome:" in found and "Comune di Quarrata" in found and "Visto, si approva" in found
    assert "commento" not in found


def pdf_for_owners(version: int, owners_password_is_empty: bool) -> bytes:
    """Encrypted (AES-256) for a reader with some password and an owner with the empty one, or with another."""
    key, salts = bytes(range(32)), b"12345678abcdefgh"
    hashed = owners._hash_6 if version == 6 else owners._hash_5
    user = bytes(32 * [7]) + salts
    owner = hashed(salts[:8], user) if owners_password_is_empty else bytes(32)
    owner_key = owners._aes(hashed(salts[8:], user)).encryptor().update(key)
    permissions = struct.pack("<i", -4) + b"\xff\xff\xff\xffTadb0000"
    perms = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(permissions)
    text = b"BT /F 12 Tf 20 280 Td (Delibera) Tj ET"
    padded = text + bytes([16 - len(text) % 16]) * (16 - len(text) % 16)
    stream = bytes(16) + owners._aes(key).encryptor().update(padded)
    values = {"O": owner + salts, "U": user, "OE": owner_key, "UE": bytes(32), "Perms": perms}
    written = " ".join(f"/{name} <{value.hex()}>" for name, value in values.items()).encode()
    return pdf_of_objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Filter /Standard /V 5 /R %d /Length 256 /P -4 /CF << /StdCF << /CFM /AESV3 /AuthEvent /DocOpen "
        b"/Length 32 >> >> /StmF /StdCF /StrF /StdCF %s >>" % (version, written),
        trailer=b"/Encrypt 6 0 R /ID [<00> <00>]",
    )


@pytest.mark.parametrize("version", [5, 6])
def test_a_pdf_that_opens_without_a_password_is_read_and_another_is_not(version):
    assert extract(pdf_for_owners(version, owners_password_is_empty=True), "x.pdf").text == "Delibera"
    assert extract(pdf_for_owners(version, owners_password_is_empty=False), "x.pdf").problem == problems.PASSWORD


# Cost


@pytest.mark.parametrize(
    "worst",
    [
        b"<!---->" * 140 + b"x", b"<!-- -->\n " * 90 + b"<p>", b"<?xml" + b" " * 900 + b"<!--" * 20, b"<!--" * 250,
        b"<!-->" * 200, b"<!-- a --> <!doctype " * 40,
    ],
)  # fmt: skip
def test_telling_a_page_of_html_takes_no_time_whatever_it_begins_with(worst):
    began = time.process_time()
    formats.detect(worst, "x.txt")
    assert time.process_time() - began < 0.1


def test_html_is_known_by_what_comes_after_declaration_and_comments():
    for data in (b"<!-- a --><!-- b -->\n<html>x", b"<?xml version='1.0'?>\n<!-- a --><!DOCTYPE HTML><p>", b"<HTML>"):
        assert formats.detect(data, "senza_nome") == "html"
    assert formats.detect(b"<!-- a --><svg>", "x.txt") == "txt"


# Signed files


@pytest.mark.parametrize("elliptic", [False, True])
def test_a_signed_pdf_gives_its_pages_and_its_signer(elliptic):
    name = "BIANCHI LUCA" if elliptic else "ROSSI MARIA"
    found = extract(signed(pdf(), signer(name, elliptic)), "protocollo.pdf.p7m")
    assert found.signatures == [Signature(name, True, "CAdES")]
    assert (found.kind, len(found.pages), found.problem) == ("pdf", 2, "")


def test_pss_and_signatures_without_attributes_are_checked_too():
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    for envelope in (
        signed(b"Testo firmato", rsa_padding=pss),
        signed(b"Testo firmato", options=[pkcs7.PKCS7Options.NoAttributes]),
    ):
        found = extract(envelope, "x.txt.p7m")
        assert (found.text, found.signatures) == ("Testo firmato", [Signature("ROSSI MARIA", True)])


@pytest.mark.parametrize("elliptic", [False, True])
def test_a_tampered_content_is_read_but_its_signature_is_not_intact(elliptic):
    name = "BIANCHI LUCA" if elliptic else "ROSSI MARIA"
    envelope = signed(b"Quota di 100 euro", signer(name, elliptic)).replace(b"100 euro", b"900 euro")
    found = extract(envelope, "delibera.txt.p7m")
    assert (found.text, found.signatures) == ("Quota di 900 euro", [Signature(name, False)])


def test_a_tampered_attribute_or_signature_is_not_intact():
    envelope = signed(b"Quota di 100 euro")
    forged = envelope[:-5] + bytes([envelope[-5] ^ 1]) + envelope[-4:]
    marker = bytes.fromhex("06092a864886f70d010905")  # signing time
    at = envelope.index(marker) + len(marker) + 8
    redated = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
    for changed in (forged, redated):
        assert [each.is_intact for each in extract(changed, "x.txt.p7m").signatures] == [False]


def test_every_signer_is_listed():
    envelope = signed(b"Accordo", signer("ROSSI MARIA"), signer("BIANCHI LUCA", True))
    assert {(each.signer, each.is_intact) for each in extract(envelope, "x.txt.p7m").signatures} == {
        ("ROSSI MARIA", True),
        ("BIANCHI LUCA", True),
    }


def test_a_signed_file_is_read_in_pem_in_base64_and_signed_twice():
    der = signed(pdf())
    variants = {
        "pem": signed(pdf(), encoding=Encoding.PEM),
        "base64": base64.encodebytes(der),
        "one line": base64.b64encode(der),
        "nested": signed(der, signer("BIANCHI LUCA", True)),
        "nested in base64": base64.b64encode(signed(base64.encodebytes(der), signer("BIANCHI LUCA", True))),
    }
    for variant, data in variants.items():
        found = extract(data, "a.pdf.p7m.p7m")
        assert (found.kind, found.problem, len(found.pages)) == ("pdf", "", 2), variant
        names = ["BIANCHI LUCA", "ROSSI MARIA"] if "nested" in variant else ["ROSSI MARIA"]
        assert found.signatures == [Signature(name, True) for name in names], variant


def test_every_format_is_read_in_a_signed_envelope():
    cases = {"docx": docx(), "rtf": rtf("Accoglienza"), "html": b"<html><p>Accoglienza", "eml": mail().as_bytes()}
    for kind, data in cases.items():
        found = extract(signed(data), f"a.{kind}.p7m")
        assert (found.kind, found.signatures[0].is_intact) == (kind, True)
        assert found.text


@pytest.mark.parametrize("size", [200, 5_000, 8_000_000])
def test_a_streamed_signature_is_read_as_fast_as_any_other(size):
    text = (b"accoglienza " * (size // 12 + 1))[:size].strip() if size < 10_000 else b"%PDF-" + b"x" * size
    envelope = restreamed(signed(text), 1000)
    start = time.monotonic()
    found = extract(envelope, "x.txt.p7m")
    assert found.signatures == [Signature("ROSSI MARIA", True)]
    assert found.text == text.decode() or size > 10_000
    assert time.monotonic() - start < 5


def test_strict_encoding_is_left_untouched():
    der = signed(b"Accordo" * 100)
    assert to_der(der) == der
    # An indefinite length takes as many octets as a long definite one: sizes alone do not show the difference.
    inner = element(4, b"x" * 300)
    assert to_der(element(0x30, streamed(0x30, inner))) == element(0x30, element(0x30, inner))


def test_a_detached_signature_says_so_and_an_unreadable_content_keeps_its_signatures():
    detached = signed(b"Accordo", options=[pkcs7.PKCS7Options.DetachedSignature])
    assert extract(detached, "smime.p7s").problem == problems.DETACHED
    found = extract(signed(pdf()[:3000]), "a.pdf.p7m")
    assert (found.problem, found.signatures) == (problems.DAMAGED, [Signature("ROSSI MARIA", True)])


# Bad files


def test_a_truncated_pdf_is_marked_unreadable_and_says_why():
    found = extract(pdf()[: len(pdf()) // 2], "x.pdf")
    assert (found.text, found.pages, found.problem) == ("", [], "Il file è danneggiato.")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.docx", docx()[:150]),
        ("x.docx", zipped({"word/document.xml": "<w:p>"})),
        ("x.xlsx", zipped({"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": '<c t="s"><v>7</v></c>'})),
        ("x.odt", zipped({"mimetype": "application/vnd.oasis.opendocument.text"})),
        ("x.pdf", b"\0" * 5000),
        ("x.rtf", b"\0\1\2"),
        ("x.txt", b"MZ\0\1\2"),
        ("x.p7m", signed(b"Accordo")[:400]),
        ("x.p7m", b"-----BEGIN PKCS7-----\nMIIAAA\n-----END PKCS7-----"),
        ("x.p7m", b"\x30\x80" * 5000),
        ("x.p7m", element(0x30, bytes.fromhex("06092a864886f70d010702")) + b"\x30\x80" * 5000),
    ],
)
def test_a_corrupt_file_is_marked_damaged(name, data):
    assert extract(data, name).problem == problems.DAMAGED


def test_a_flipped_byte_in_a_part_is_noticed():
    data = bytearray(docx(paragraph("Accoglienza " * 50)))
    data[60] ^= 0xFF
    assert extract(bytes(data), "x.docx").problem == problems.DAMAGED


@pytest.mark.parametrize("name", ["x.zip", "x.png", "x.doc", "x"])
def test_a_format_nobody_reads_says_so(name):
    data = {"x.zip": zipped({"a.txt": "a"}), "x.doc": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600}
    assert extract(data.get(name, b"\x89PNG\r\n\x1a\n\0\0"), name).problem == "Questo formato non viene letto."


def test_an_empty_or_enormous_file_says_so_without_a_process(monkeypatch):
    monkeypatch.setattr(parent, "_start", None)
    monkeypatch.setattr(limits, "MAX_FILE", 10)
    assert extract(b"", "x.pdf").problem == problems.EMPTY
    assert extract(b"a" * 11, "x.txt").problem == problems.TOO_BIG


def test_what_needs_a_password_says_so():
    locked = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]" % (
        b"00" * 32, b"11" * 32,
    )  # fmt: skip
    zip_flag = bytearray(docx())
    zip_flag[6] |= 1
    zip_flag[zip_flag.index(b"PK\x01\x02") + 8] |= 1
    cases = {
        "a.pdf": pdf_with_stream(b"<< /Length 0 >>\nstream\n\nendstream", locked),
        "a.docx": bytes(zip_flag),
        "b.docx": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "a.odt": odt("", manifest="<m:manifest xmlns:m='x'><m:encryption-data/></m:manifest>"),
    }
    for name, data in cases.items():
        assert extract(data, name).problem == "Il file è protetto da password.", name


# Hostile files


def bomb_of_zip(parts: dict[str, str], name: str, megabytes: int, start: bytes = b"", end: bytes = b"") -> bytes:
    """A zip with a part of many equal bytes, written without keeping it in memory."""
    file = io.BytesIO(zipped(parts))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open(name, "w") as part:
        part.write(start)
        for _ in range(megabytes):
            part.write(b" " * 2**20)
        part.write(end)
    return file.getvalue()


def test_a_zip_bomb_is_refused_without_being_unpacked():
    data = bomb_of_zip({}, "word/document.xml", 300, b"<a>", b"</a>")
    assert len(data) < 3_000_000
    assert extract(data, "x.docx").problem == problems.BOMB


def test_a_zip_of_too_many_members_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", word_xml(paragraph("a")))
        for number in range(20_001):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    assert extract(file.getvalue(), "x.docx").problem == problems.BOMB


def test_a_part_packed_in_an_unusual_way_is_not_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert extract(file.getvalue(), "x.docx").problem == problems.UNKNOWN


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    "declaration",
    [
        f"<!DOCTYPE a [{ENTITIES}]><a>&e11;</a>",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        "<!DOCTYPE a><a/>",
    ],
)
def test_any_doctype_in_xml_is_refused(declaration):
    for name, data in (("x.docx", zipped({"word/document.xml": declaration})), ("x.xml", b"<?xml version='1.0'?>")):
        found = extract(data if name == "x.docx" else data + declaration.encode(), name)
        assert (found.text, found.problem) == ("", problems.DOCTYPE)


def test_xml_nested_too_deep_is_refused_and_at_the_limit_is_read():
    def nested(depth: int) -> bytes:
        return docx("<a>" * depth + paragraph("in fondo") + "</a>" * depth)

    assert extract(nested(500_000), "x.docx").problem == problems.TOO_DEEP
    assert extract(nested(limits.MAX_XML_DEPTH - 4), "x.docx").text == "in fondo"


def test_deep_html_and_deep_rtf_are_read():
    assert extract(b"<html>" + b"<div>" * 200_000 + b"in fondo", "x.html").text == "in fondo"
    assert extract(rtf("{" * 200_000 + "in fondo"), "x.rtf").text == "in fondo"


def test_deep_mime_is_refused():
    def nested(depth: int) -> bytes:
        parts = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
        return ("From: a\nTo: b\n" + "".join(parts) + "Content-Type: text/plain\n\nin fondo\n").encode()

    assert extract(nested(40), "x.eml").text == "in fondo"
    assert extract(nested(100), "x.eml").problem == problems.TOO_DEEP
    assert extract(nested(20_000), "x.eml").problem == problems.TOO_DEEP


def test_files_in_files_are_opened_to_a_certain_depth():
    def forwarded(times: int) -> bytes:
        inner = b"in fondo"
        for _ in range(times):
            message = mail()
            message.add_attachment(inner, maintype="application", subtype="octet-stream", filename="x.eml")
            inner = message.as_bytes()
        return inner

    assert "in fondo" in extract(forwarded(3), "x.eml").text
    assert "in fondo" not in extract(forwarded(8), "x.eml").text
    envelope = b"Accordo"
    for _ in range(6):
        envelope = signed(envelope)
    assert extract(envelope, "x.p7m").problem == problems.TOO_DEEP


def test_more_than_five_million_characters_are_refused():
    assert extract(b"parola " * 800_000, "x.txt").problem == problems.TOO_LONG
    string = "x" * 100_000
    cells = '<c t="s"><v>0</v></c>' * 60
    parts = {"xl/workbook.xml": "<a/>", "xl/sharedStrings.xml": f"<sst><si><t>{string}</t></si></sst>"}
    data = zipped(parts | {"xl/worksheets/sheet1.xml": f"<a>{cells}</a>"})
    assert len(data) < 10_000 and extract(data, "x.xlsx").problem == problems.TOO_LONG


def test_a_pdf_that_kills_its_reader_is_only_marked_unreadable():
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    gigabyte = b"\x78\x9c" + block * 1024 + b"\x03\x00"  # one block again and again, then the mark of the end
    stream = zlib.compress(zlib.compress(gigabyte))
    head = b"<< /Length %d /Filter [/FlateDecode /FlateDecode /FlateDecode] >>\nstream\n" % len(stream)
    found = extract(pdf_with_stream(head + stream + b"\nendstream"), "x.pdf")
    assert found == Extraction(problem="Il file è danneggiato o troppo complesso per essere letto.")


# The process


def child_that(code: str, tmp_path, monkeypatch) -> None:
    script = tmp_path / "child.py"
    script.write_text(code)
    monkeypatch.setattr(parent, "CHILD", str(script))


def test_a_reader_that_never_ends_is_killed_with_all_it_started(tmp_path, monkeypatch):
    note = tmp_path / "pid"
    code = f"import subprocess, time\np = subprocess.Popen(['sleep', '60'])\nopen({str(note)!r}, 'w').write(str(p.pid))"
    child_that(code + "\ntime.sleep(60)", tmp_path, monkeypatch)
    monkeypatch.setattr(limits, "WALL_SECONDS", 1.0)
    assert extract(b"a", "x.txt").problem == "Il file impiega troppo tempo a essere letto."
    deadline = time.monotonic() + 5
    while is_running(int(note.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(int(note.read_text()))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"  # a zombie is not running


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", problems.SLOW),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", problems.CRASHED),
        ("import sys; sys.exit(3)", problems.CRASHED),
        ("print('not json')", problems.CRASHED),
        ("print('{\"pages\": 3}')", problems.CRASHED),
        ("print('[' * 100000)", problems.CRASHED),
        ("while True: print('x' * 10**6)", problems.TOO_LONG),
    ],
)
def test_whatever_happens_to_the_reader_is_a_problem_and_not_an_error(code, problem, tmp_path, monkeypatch):
    child_that(code, tmp_path, monkeypatch)
    assert extract(b"a", "x.txt") == Extraction(problem=problem)


def test_the_reader_has_its_limits_and_no_secrets_and_no_django(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "segreto")
    code = f"""
import json, os, resource, sys
sys.path.append({os.getcwd()!r})
from portal.files.extraction import child, limits
from portal.files.extraction import mail, office, pdf, signed
limits.restrain()
seen = [resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0] for name in ("AS", "CPU", "FSIZE", "NOFILE", "CORE")]
pages = [json.dumps([seen, "SECRET_KEY" in os.environ, "django" in sys.modules, os.getsid(0) == os.getpid(), sys.argv])]
print(json.dumps(dict(pages=pages, problem="", signatures=[], kind="")))
"""
    child_that(code, tmp_path, monkeypatch)
    text = extract(b"a", "Relazione Rossi Mario.PDF.p7m").text
    assert text.startswith('[[1610612736, 20, 0, 64, 0], false, false, true, ["')
    assert text.endswith('".pdf.p7m", "testo"]]') and "Rossi" not in text


def test_the_reader_runs_out_of_memory_alone():
    code = "from portal.files.extraction import limits; limits.restrain(); bytearray(2 * 1024**3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": os.getcwd()})
    assert "MemoryError" in done.stderr


def test_extraction_leaves_no_process_and_no_open_file_behind(monkeypatch):
    started = []

    def start(source, filename, task):
        started.append((source, real_start(source, filename, task)))
        return started[-1][1]

    real_start = parent._start
    monkeypatch.setattr(parent, "_start", start)
    assert extract(b"a", "x.txt").text == "a"
    ((source, process),) = started
    assert source.closed and process.stdout.closed and process.returncode == 0


def test_reading_starts_fast():
    start = time.monotonic()
    extract(b"a", "x.txt")
    assert time.monotonic() - start < 2  # 0.1 s on an idle machine


def test_as_many_files_are_read_at_once_as_there_are_processors_and_the_next_waits_for_its_turn():
    with ExitStack() as taken:
        for _processor in range(turns.READERS):
            taken.enter_context(turns.turn(None))
        began = time.monotonic()
        assert extract(pdf(), "protocollo.pdf", within=0.3).problem == problems.SLOW
        assert 0.3 <= time.monotonic() - began < 5
        done = ThreadPoolExecutor(1).submit(extract, pdf(), "protocollo.pdf")
        time.sleep(0.3)
        assert not done.done()
    assert done.result(60).text == extract(pdf(), "protocollo.pdf").text != ""
