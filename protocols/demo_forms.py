"""The demonstration's forms as real files: ODT, DOCX, PDF, and a PDF signed with a throw-away key."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import typst
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from django.utils import timezone

BLANK = "_" * 60
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def as_bytes(form: dict[str, Any]) -> bytes:
    """The file of a form, in its own format."""
    return {"odt": _odt, "docx": _docx, "pdf": _pdf}[form["format"]](form)


def _lines(form: dict[str, Any]) -> tuple[str, list[str]]:
    """Title, then paragraphs."""
    title = f"{form['code']} {form['title']}"
    fields = [f"{field}: {BLANK}" for field in form["fields"]]
    return title, [f"Versione {form['version']}", form["intro"], *fields, form["note"]]


def _zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # The mimetype of an ODT stands first and uncompressed.
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _odt(form: dict[str, Any]) -> bytes:
    title, lines = _lines(form)
    paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{ODF}office:1.0" '
        f'xmlns:text="{ODF}text:1.0" office:version="1.3"><office:body><office:text>'
        f'<text:h text:outline-level="1">{escape(title)}</text:h>{paragraphs}'
        "</office:text></office:body></office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.text"
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{ODF}manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return _zipped({"mimetype": mime, "content.xml": content, "META-INF/manifest.xml": manifest})


def _docx(form: dict[str, Any]) -> bytes:
    title, lines = _lines(form)
    text = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in lines)
    heading = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{escape(title)}</w:t></w:r></w:p>'
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="rId1" Type="{office}" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{heading}{text}</w:body></w:document>',
        }
    )


TYPST = """
#let form = json(bytes(sys.inputs.form))
#set document(title: form.title)
#set page(paper: "a4", margin: 2cm)
#set text(lang: "it", size: 11pt, hyphenate: false)
#heading(level: 1, form.title)
#for line in form.lines [ #par(line) #v(4pt) ]
"""


def _pdf(form: dict[str, Any]) -> bytes:
    title, lines = _lines(form)
    lines = [line.replace(BLANK, "_" * 40) for line in lines]
    data = json.dumps({"title": title, "lines": lines}, ensure_ascii=False)
    return typst.compile(TYPST.encode(), sys_inputs={"form": data}, pdf_standards=["a-2a", "ua-1"])


def signed(content: bytes) -> bytes:
    """The content in a CAdES-like envelope, by a key that exists only here and now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Firma di prova, senza valore")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
