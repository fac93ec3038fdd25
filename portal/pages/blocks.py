"""The StreamField blocks that every kind of page uses.

A body is one flat row of blocks. A section opens with its heading; text, tables, pictures and files that
stand after it belong to it, until the next section. `words()` of each block is its plain text: what search
finds, editions keep and comparisons compare. What each block holds is said at `BodyBlock`.
"""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock

from portal import access
from portal.accounts import looked_up
from portal.models.people import User
from portal.wagtail_admin.choosers import FileBlock, ImageChoiceBlock, PageBlock, PersonBlock

from . import anchors, kinds, reserved
from .reserved import Part, ReadersBlock

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link", "h3"]
NO_FILES = [each for each in TEXT_FEATURES if each != "document-link"]


def plain(html: str) -> str:
    """Text of rich text: a blank line between paragraphs, «- » before the items of a list."""
    broken = re.sub(r"</(p|ul|ol|h\d)>", "\n\n", re.sub(r"<li[^>]*>", "\n- ", html))
    lines = (" ".join(line.split()) for line in strip_tags(broken.replace("<br", "\n<br")).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class RowBlock(blocks.StructBlock):
    """One line of a definition list: who or what, and the words about it."""

    term = blocks.CharBlock(label=_("Chi o che cosa"))
    text = blocks.CharBlock(label=_("Testo"), max_length=600)

    class Meta:
        label = _("Riga")
        icon = "list-ul"


class SectionBlock(blocks.StructBlock):
    """A section with a heading; readers can link to it and search leads straight to it."""

    heading = blocks.CharBlock(label=_("Titolo della sezione"), max_length=120)
    text = blocks.RichTextBlock(label=_("Testo"), features=TEXT_FEATURES, required=False)
    rows = blocks.ListBlock(RowBlock(), label=_("Righe (chi fa che cosa, tempi, contatti)"), default=[], required=False)

    class Meta:
        label = _("Sezione")
        icon = "title"
        template = "portal/blocks/section.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        # Its page gives it an anchor (components/body.html); alone, it has the one that its heading asks for.
        return {"anchor": anchors.of(value["heading"]), **super().get_context(value, parent_context)}

    def words(self, value: Any) -> str:
        rows = "\n".join(f"{row['term']}: {row['text']}" for row in value["rows"])
        text = plain(str(value["text"].source if value["text"] else ""))
        return f"{text}\n{rows}".strip()


class TextBlock(blocks.RichTextBlock):
    """Text without a heading of its own: what follows a table, a picture or a file in its section."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"features": TEXT_FEATURES, **kwargs})

    class Meta:
        label = _("Testo senza titolo")
        icon = "pilcrow"
        template = "portal/blocks/text.html"

    def words(self, value: Any) -> str:
        return plain(str(value.source))


class TableBlock(TypedTableBlock):
    """A table with a heading over each column; on a phone each row becomes a short list."""

    text = blocks.TextBlock(label=_("Colonna di testo"), required=False, rows=1)

    class Meta:
        label = _("Tabella")
        icon = "table"
        template = "portal/blocks/table.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Each cell with the heading above it, which a phone shows beside it."""
        headings = [column["heading"] for column in value.columns]
        lines = [list(zip(headings, row["values"], strict=False)) for row in value.row_data]
        return {**super().get_context(value, parent_context), "lines": lines}

    def words(self, value: Any) -> str:
        """The caption, then a line a row: «Quando: lunedì; Chi: lo sportello»."""
        lines = [value.caption or ""]
        for row in value.row_data:
            cells = zip(value.columns, row["values"], strict=False)
            lines.append("; ".join(_cell(column["heading"], text) for column, text in cells if text))
        return "\n".join(line for line in lines if line)


def _cell(heading: str, text: str) -> str:
    words = " ".join(str(text).split())
    return f"{heading}: {words}" if heading else words


class PictureBlock(blocks.StructBlock):
    """A picture with words for those who do not see it, or said to be decorative."""

    picture = ImageChoiceBlock(label=_("Immagine"))
    caption = blocks.CharBlock(label=_("Didascalia"), max_length=240, required=False)

    class Meta:
        label = _("Immagine")
        icon = "image"
        template = "portal/blocks/picture.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """The picture only where the reader may open it."""
        context = super().get_context(value, parent_context)
        opened, picture = context.get("opened"), value["picture"]
        return {**context, "picture": picture if opened and picture and picture.pk in opened.pictures else None}

    def words(self, value: Any) -> str:
        picture = value["picture"]
        return "\n".join(filter(None, [picture.contextual_alt_text if picture else "", value["caption"]]))


class AttachmentBlock(blocks.StructBlock):
    """A file to read or download, under the name that the page gives it or its own."""

    file = FileBlock(label=_("File"))
    title = blocks.CharBlock(
        label=_("Come si chiama per chi legge"), max_length=160, required=False,
        help_text=_("Se lo lasci vuoto vale il titolo del file."),
    )  # fmt: skip

    class Meta:
        label = _("Allegato")
        icon = "doc-full"
        template = "portal/blocks/attachment.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """The file only where the reader may open it."""
        context = super().get_context(value, parent_context)
        opened, file = context.get("opened"), value["file"]
        return {**context, "opened": opened, "file": opened.files.get(file.pk) if opened and file else None}

    def words(self, value: Any) -> str:
        return str(value["title"])  # the file's own title may be of a file that not every reader of the page may see


class ContactBlock(blocks.StructBlock):
    """Whom to call for what: a person or the card of a service, pointed at, never copied.

    The name and the telephone are the directory's at the moment of reading.
    """

    purpose = blocks.CharBlock(label=_("Per che cosa"), max_length=120)
    person = PersonBlock(label=_("Persona"), required=False)
    service = PageBlock(label=_("Scheda di un servizio"), required=False)
    note = blocks.CharBlock(label=_("Nota"), max_length=240, required=False, help_text=_("Per esempio quando."))

    class Meta:
        label = _("Contatto")
        icon = "mobile-alt"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        person, service = cleaned["person"], cleaned["service"]
        if bool(person) == bool(service):
            problem = ValidationError(_("Scegli una persona oppure la scheda di un servizio."))
            raise StructBlockValidationError(block_errors={"person": problem})
        if service and not hasattr(service.specific_class, "telephone"):
            problem = ValidationError(_("Questa pagina non è la scheda di un servizio: scegline una."))
            raise StructBlockValidationError(block_errors={"service": problem})
        return cleaned


class ContactsBlock(blocks.ListBlock):
    """The contacts of a section."""

    def __init__(self, child_block: Any = None, **kwargs: Any) -> None:
        super().__init__(child_block or ContactBlock(), **kwargs)

    class Meta:
        label = _("Contatti dalla rubrica")
        icon = "mobile-alt"
        template = "portal/blocks/contacts.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Each contact as it stands in the directory; of a service only where the reader may open its card."""
        context = super().get_context(value, parent_context)
        reader = getattr(context.get("request"), "user", None)
        if reader is None:
            return {**context, "contacts": []}
        request = context["request"]
        looked_up.expect(request, [row["person"] for row in value])
        open_pages = [row["service"] for row in value if row["service"] and access.can(reader, "view", row["service"])]
        services = kinds.whole(open_pages)
        contacts = []
        for row in value:
            person: User | None = row["person"] if row["person"] and row["person"].is_current() else None
            service = services.get(row["service"].pk) if row["service"] else None
            if person or service:
                contacts.append((row, person, person is not None and looked_up.may_look_up(request, person), service))
        return {**context, "contacts": contacts}

    def words(self, value: Any) -> str:
        """Without numbers, which change, and without services, which not every reader of the page may see."""
        return "\n".join(f"{row['purpose']}: {row['person'] or ''} {row['note']}".strip(" :") for row in value)


class ReservedContentBlock(blocks.StreamBlock):
    """What a reserved part may hold: no files, which the readers of the whole page would find."""

    section = SectionBlock(
        [("text", blocks.RichTextBlock(label=_("Testo"), features=NO_FILES, required=False))]
    )  # fmt: skip
    text = TextBlock(features=NO_FILES)
    table = TableBlock()
    contacts = ContactsBlock()

    def clean(self, value: Any) -> Any:
        if self.required and not len(value) and not self.is_deferred_validation:
            raise ValidationError(_("Scrivi che cosa dice questa parte, o togli tutta la parte riservata."))
        return super().clean(value)


class ReservedBlock(blocks.StructBlock):
    """A part that only some of the page's readers read: for the others it is not there.

    Both lists must hold something; a least number would show as an error before anything is written.
    """

    readers = ReadersBlock(label=_("Chi legge questa parte"))
    content = ReservedContentBlock(label=_("Che cosa dice"))

    class Meta:
        label = _("Parte riservata")
        icon = "lock"
        template = "portal/blocks/reserved.html"
        form_classname = "struct-block reserved-part"
        help_text = _(
            "La legge solo chi indichi qui, insieme a chi scrive in questo spazio. Per tutti gli altri non c’è: "
            "né nella pagina, né nella ricerca, né in stampa."
        )

    def get_searchable_content(self, value: Any) -> list[str]:
        """Nothing: whoever sees the page in the admin's lists would find it by these words."""
        return []

    def part(self, block: Any) -> Part:
        """The part as it is found: under its first heading, with all that it says."""
        value, texts, headings = block.value, [], []
        for child in value["content"]:
            if child.block_type == "section":
                headings.append(child.value["heading"])
            texts.append(child.block.words(child.value))
        key = anchors.key(block)
        said = "\n".join(filter(None, [*headings[1:], *texts]))
        return Part(key, value["readers"], reserved.anchor(key), next(iter(headings), ""), said)


class AttachmentsBlock(blocks.StreamBlock):
    """The list «Allegati» of a page, in its order."""

    attachment = AttachmentBlock()


class BodyBlock(blocks.StreamBlock):
    """The text of a page. Raw values, as in `[(kind, value), …]`:

    - `section`: {"heading": str, "text": rich text, "rows": [{"term": str, "text": str}]}
    - `text`: rich text; no heading, belongs to the section before it
    - `table`: {"caption": str, "columns": [{"type": "text", "heading": str}], "rows": [{"values": [str, …]}]}
    - `picture`: {"picture": {"image": id, "alt_text": str, "decorative": bool}, "caption": str}
    - `attachment`: {"file": id of a Document, "title": str}
    - `contacts`: [{"purpose": str, "person": id of a User or None, "service": id of a page or None, "note": str}]
    - `reserved`: {"readers": a value of ReadersBlock, "content": blocks as above, without files and pictures}
    """

    section = SectionBlock()
    text = TextBlock()
    table = TableBlock()
    picture = PictureBlock()
    attachment = AttachmentBlock()
    contacts = ContactsBlock()
    reserved = ReservedBlock()

    class Meta:
        block_counts: dict[str, Any] = {}


def parts(body: Any, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """Anchor (its page knows the `names`), heading and plain text of each section that all readers read.

    What stands before the first one belongs to the page's top.
    """
    found: list[tuple[str, str, list[str]]] = []
    for block in body or []:
        if block.block_type == "reserved":
            continue
        if block.block_type == "section":
            heading = block.value["heading"]
            found.append((names[anchors.key(block)], heading, []))
        elif not found:
            found.append((TOP, now("All’inizio"), []))
        found[-1][2].append(block.block.words(block.value))
    return [(name, heading, "\n".join(filter(None, texts))) for name, heading, texts in found]


def reserved_parts(body: Any) -> list[Part]:
    """The parts of the text that have readers of their own."""
    return [block.block.part(block) for block in body or [] if block.block_type == "reserved"]


TOP = "contenuto"  # the page's <main>
