"""Documents of Word as people really write them, built by code, each with a fault or a habit of its own."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

# --- Pieces ------------------------------------------------------------------------------------------------


def run(text: str, *, bold: bool = False, size: int = 0, more: str = "") -> str:
    look = ("<w:b/>" if bold else "") + more + (f'<w:sz w:val="{size * 2}"/>' if size else "")
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def p(*runs: str, style: str = "", more: str = "") -> str:
    inside = "".join(each if each.startswith("<") else run(each) for each in runs)
    look = (f'<w:pStyle w:val="{style}"/>' if style else "") + more
    return f"<w:p><w:pPr>{look}</w:pPr>{inside}</w:p>"


def bold(text: str, size: int = 0, more: str = "") -> str:
    return p(run(text, bold=True, size=size), more=more)


CENTRED = '<w:jc w:val="center"/>'


def item(text: str, level: int = 0, number: int = 1) -> str:
    return p(text, more=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def cell(text: str, look: str = "", inside: str = "") -> str:
    return f"<w:tc><w:tcPr>{look}</w:tcPr>{inside}{p(text)}</w:tc>"


def table(*rows: list[str], head: bool = True) -> str:
    made = "".join(
        f"<w:tr><w:trPr>{'<w:tblHeader/>' if head and not number else ''}</w:trPr>"
        + "".join(each if each.startswith("<") else cell(each) for each in row)
        + "</w:tr>"
        for number, row in enumerate(rows)
    )
    return f"<w:tbl><w:tblPr/>{made}</w:tbl>"


def picture(relation: str = "rIdImg1", alt: str = "Schema del percorso", how: str = "embed") -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Immagine 1" descr="{escape(alt)}"/>'
        "<a:graphic><a:graphicData>"
        f'<pic:pic><pic:blipFill><a:blip r:{how}="{relation}"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def link(text: str, relation: str) -> str:
    return f'<w:hyperlink r:id="{relation}">{run(text)}</w:hyperlink>'


def field(instruction: str, shown: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(shown)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def png(width: int = 40, height: int = 30) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x20\x60\xa0" * width) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


# --- The whole ---------------------------------------------------------------------------------------------


def style(name: str, key: str, inside: str = "") -> str:
    return f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{inside}</w:style>'


ITALIAN = "".join(
    [style("Title", "Titolo"), style("caption", "Didascalia"), style("toc 1", "Sommario1"), style("Normal", "Normale")]
    + [style(f"heading {level}", f"Titolo{level}") for level in (1, 2, 3)]
)
NUMBERING = (
    f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="0">'
    + "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for level, kind, text in ((0, "decimal", "%1."), (1, "lowerLetter", "%2)"))
    )
    + '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
    + "".join(f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl>' for level in range(4))
    + '</w:abstractNum><w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="Art. %1 -"/></w:lvl></w:abstractNum>'
    + "".join(f'<w:num w:numId="{key}"><w:abstractNumId w:val="{key - 1}"/></w:num>' for key in (1, 2, 3))
    + "</w:numbering>"
)
Parts = dict[str, str | bytes]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DOCM = "application/vnd.ms-word.document.macroEnabled.main+xml"


def docx(
    body: str, *, styles: str = ITALIAN, links: dict[str, str] | None = None, parts: Parts | None = None,
    main: str = DOCX, images: dict[str, bytes] | None = None, preamble: str = "",
) -> bytes:  # fmt: skip
    """A whole document around its body; `links` and `images` by the name of their relation."""
    relations = "".join(
        f'<Relationship Id="{key}" Type="{R}/hyperlink" Target="{escape(to)}" TargetMode="External"/>'
        for key, to in (links or {}).items()
    ) + "".join(
        f'<Relationship Id="{key}" Type="{R}/image" Target="media/{key}.png"/>' for key in images or {}
    ) + "".join(
        f'<Relationship Id="r{name}" Type="{R}/{name}" Target="{name}.xml"/>'
        for name in ("styles", "numbering", "footnotes", "comments")
    )  # fmt: skip
    made: Parts = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{relations}'
        "</Relationships>",
        "word/document.xml": f"{HEAD}{preamble}<w:document {NAMES}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"{HEAD}<w:styles {NAMES}>{styles}</w:styles>",
        "word/numbering.xml": f"{HEAD}{NUMBERING}",
        **{f"word/media/{key}.png": data for key, data in (images or {}).items()},
        **(parts or {}),
    }
    return zipped(made)


def zipped(parts: Parts) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def part(root: str, inside: str) -> str:
    return f"{HEAD}<w:{root} {NAMES}>{inside}</w:{root}>"


FINALITA = p("Garantire il rientro a casa di chi esce dall’ospedale.")
TEMPI = p("La segnalazione parte entro 48 ore dal ricovero.")
TITLE = p("Protocollo per le dimissioni", style="Titolo")


def two(heading: Callable[[str], str]) -> str:
    return heading("Finalità") + FINALITA + heading("Tempi") + TEMPI


def h(level: int) -> Callable[[str], str]:
    return lambda text: p(text, style=f"Titolo{level}")


def plain_protocol() -> bytes:
    """As a careful author writes: a title, headings, a list, a table, a link, a picture."""
    return docx(
        TITLE + h(1)("Finalità") + FINALITA + h(1)("A chi si rivolge") + p("Alle persone ricoverate:")
        + item("con più di 65 anni", 0, 2) + item("con disabilità", 0, 2)
        + h(1)("Ruoli e responsabilità") + table(["Chi", "Che cosa"], ["Reparto", "Segnala"], ["COT", "Valuta"])
        + h(1)("Tempi") + TEMPI + p(picture()) + p("Figura 1 – Il percorso", style="Didascalia")
        + h(1)("Riferimenti normativi") + p("Si veda ", link("la legge 328", "rId9"), "."),
        links={"rId9": "https://www.example.org/legge-328"}, images={"rIdImg1": png()},
    )  # fmt: skip


@cache
def corpus() -> dict[str, bytes]:
    """Name → file. What becomes of each is said in `tests/portal/test_word_import.py`."""
    google = style("heading 1", "Heading1") + style("heading 2", "Heading2") + style("Title", "Title")
    libre = style("Heading 1", "Heading1", '<w:basedOn w:val="Heading"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr>')
    note = part("footnotes", f'<w:footnote w:id="2">{p("DGRT 1508 del 2022.")}</w:footnote>')
    remark = part("comments", f'<w:comment w:id="0">{p("Chiedere al reparto")}</w:comment>')
    entities = '<!DOCTYPE lol [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    counted = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    bullet = counted.replace('numId w:val="1"', 'numId w:val="2"')
    outline = '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    box = (
        "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>" + p("Attenzione: chiamare prima")
        + "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )  # fmt: skip
    checkbox = (
        '<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent>'
        + run("☒") + "</w:sdtContent></w:sdt>"
    )  # fmt: skip
    landscape = '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/></w:sectPr>'
    large = "".join(h(1)(f"Sezione {number}") + p("Parole di prova. " * 40) * 5 for number in range(120))
    inner = cell("Sera", inside=table(["lunedì", "martedì"], head=False))
    deep = "<w:smartTag>" * 3000 + run("in fondo") + "</w:smartTag>" * 3000
    return {
        "plain": plain_protocol(),
        "headings Italian": docx(TITLE + two(h(1))),
        "headings Google": docx(
            p("Protocollo", style="Title") + two(lambda text: p(text, style="Heading1")), styles=google
        ),
        "headings LibreOffice": docx(
            two(lambda text: p(text, style="Heading1")), styles=style("Heading", "Heading") + libre
        ),
        "headings own style": docx(
            two(lambda text: p(text, style="Capo")), styles=style("Capo rosso", "Capo", outline)
        ),
        "one first, then second": docx(h(1)("Dimissioni protette") + two(h(2))),
        "bold by hand": docx(bold("PROTOCOLLO OPERATIVO", 16, CENTRED) + two(bold)),
        "letterhead": docx(
            bold("COMUNE DI VALCHIARA", 11, CENTRED) + bold("Protocollo per le dimissioni", 18, CENTRED) + two(bold)
        ),
        "all in bold": docx("".join(bold(f"Si telefona al reparto {number}") for number in range(6))),
        "bold bullets": docx(bold("Tempi") + FINALITA + p(run("Entro 48 ore", bold=True), more=bullet) + TEMPI),
        "shouted": docx(two(lambda text: p(text.upper()))),
        "numbered by hand": docx(bold("1. Finalità") + FINALITA + bold("2. Tempi") + bold("2.1 Urgenze") + TEMPI),
        "numbered by Word": docx(
            TITLE + two(lambda text: p(text, style="Titolo1", more=counted))
        ),
        "articles": docx(TITLE + h(1)("Tempi") + item("Segnalare", 0, 3) + item("Valutare", 0, 3)),
        "no headings": docx(FINALITA + TEMPI),
        "nested lists": docx(h(1)("Tempi") + item("Prima") + item("così", 1) + item("o così", 1) + item("Poi")),
        "list goes on": docx(h(1)("Tempi") + item("Prima") + FINALITA + item("Poi")),
        "merged cells": docx(
            h(1)("Tempi") + table(["Quando", "Chi"], [cell("Sempre", '<w:gridSpan w:val="2"/>')], ["Lunedì", "COT"])
        ),
        "nested table": docx(h(1)("Tempi") + table(["Quando", "Chi"], [inner, "COT"])),
        "frame": docx(h(1)("Tempi") + table([cell("Tutto in una cornice.")], head=False)),
        "picture in a table": docx(
            h(1)("Tempi") + table([f"<w:tc>{p(picture())}</w:tc>", "Il reparto"], ["a", "b"]), images={"rIdImg1": png()}
        ),
        "picture twice": docx(h(1)("Tempi") + p(picture()) + p(picture()), images={"rIdImg1": png()}),
        "picture huge": docx(h(1)("Tempi") + p(picture()), images={"rIdImg1": png(9000, 6000)}),
        "picture wide": docx(h(1)("Tempi") + p(picture()), images={"rIdImg1": png(3000, 60)}),
        "picture broken": docx(h(1)("Tempi") + TEMPI + p(picture()), images={"rIdImg1": b"\x01\x00\x00\x00EMF"}),
        "picture outside": docx(
            h(1)("Tempi") + TEMPI + p(picture("rId7", how="link")), links={"rId7": "http://192.0.2.1/spia.png"}
        ),
        "links": docx(
            h(1)("Tempi") + p(link("sito", "r1"), link("posta", "r2"), link("script", "r3"), link("disco", "r4")),
            links={"r1": "https://www.example.org/", "r2": "mailto:cot@rete.example", "r3": "javascript:alert(1)",
                   "r4": "file:///C:/Utenti/modulo.docx"},
        ),
        "footnotes": docx(
            h(1)("Tempi") + p("Entro 48 ore", '<w:r><w:footnoteReference w:id="2"/></w:r>', "."),
            parts={"word/footnotes.xml": note},
        ),
        "text box": docx(h(1)("Tempi") + p("Prima.", box) + TEMPI),
        "tracked": docx(h(1)("Tempi") + p("Entro ", f'<w:ins w:id="1" w:author="A">{run("48")}</w:ins>', " ore")),
        "tracked deletion": docx(
            h(1)("Tempi") + p("Entro 48", '<w:del w:id="1" w:author="A"><w:r><w:delText>72</w:delText></w:r></w:del>')
        ),
        "comments": docx(
            h(1)("Tempi") + p("Entro 48 ore", '<w:r><w:commentReference w:id="0"/></w:r>'),
            parts={"word/comments.xml": remark},
        ),
        "margins": docx(
            TITLE + h(1)("Tempi") + TEMPI,
            parts={
                "word/header1.xml": part("hdr", p("PR-07 Società della Salute")),
                "word/footer1.xml": part("ftr", p("Pagina 1 di 3")),
            },
        ),
        "fields and contents": docx(
            p(field('TOC \\o "1-3"', "Tempi 2"), style="Sommario1") + h(1)("Tempi")
            + p("Il ", field('DATE \\@ "d MMMM"', "3 maggio"))
            + p(f'<w:fldSimple w:instr="AUTHOR">{run("COT")}</w:fldSimple>'),
        ),
        "objects and formulas": docx(
            h(1)("Tempi") + TEMPI + p('<w:r><w:object><o:OLEObject Type="Embed"/></w:object></w:r>', "<m:oMath/>")
        ),
        "quotes, hyphens, tabs": docx(
            h(1)("Tempi") + p("L’“urgen\u00adza” è «certa»\u00a0…")
            + p(run("COT") + "<w:r><w:tab/><w:tab/></w:r>" + run("8–20"))
        ),
        "landscape": docx(h(1)("Tempi") + TEMPI + p(more=landscape) + h(1)("Contatti") + FINALITA),
        "content controls": docx(
            f"<w:sdt><w:sdtPr/><w:sdtContent>{h(1)('Tempi')}{TEMPI}</w:sdtContent></w:sdt>" + p(checkbox, " Consenso")
        ),
        "macro": docx(h(1)("Tempi") + TEMPI, main=DOCM, parts={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
        "long": docx(large),
        "too long": docx(p("parola " * 200) * 12_000),
        "empty": docx(""),
        "broken": plain_protocol()[:900],
        "bomb": docx(FINALITA, parts={"word/media/zeri.png": bytes(250_000_000)}),
        "entities": docx(p("<w:r><w:t>&b;</w:t></w:r>"), preamble=entities),
        "outside entity": docx(p("<w:r><w:t>&e;</w:t></w:r>"), preamble=outside),
        "deep": docx(p(deep)),
        "old doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        "pdf": b"%PDF-1.7\n" + b"x" * 400,
    }  # fmt: skip
