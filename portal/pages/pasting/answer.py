"""What was pasted, as blocks of a page or as plain lines, and the sentence that says what came of it."""

import re
import uuid
from html import escape, unescape
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.pages.blocks import BodyBlock, plain

from .reading import Part, Pasted
from .tables import Table

LONGEST_HEADING = 120
LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>')


# --- Blocks ----------------------------------------------------------------------------------------------


def lead(pasted: Pasted) -> str:
    """The text before the first heading and the first table: it goes where the cursor is."""
    first = pasted.parts[0] if pasted.parts else Part()
    if first.heading or not first.content or not isinstance(first.content[0], str):
        return ""
    return str(first.content.pop(0))


def blocks(pasted: Pasted) -> list[dict[str, Any]]:
    """Sections, texts and tables as the editor takes them."""
    stream = BodyBlock()
    state: list[dict[str, Any]] = stream.get_form_state(stream.to_python(raw_blocks(pasted)))
    return state


def raw_blocks(pasted: Pasted, pictures: dict[int, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The same as a page stores them; a picture whose stored value is not among those given is left out."""
    return [block for part in pasted.parts for block in _of_part(part, pictures)]


def _of_part(part: Part, pictures: dict[int, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    content, pictures = list(part.content), pictures or {}
    found = []
    if part.heading:
        text = str(content.pop(0)) if content and isinstance(content[0], str) else ""
        found.append(_block("section", {**_heading(part.heading, text), "rows": []}))
    for each in content:
        if isinstance(each, Table):
            found.append(_block("table", _table(each)))
        elif isinstance(each, str):
            found.append(_block("text", each))
        elif each.number in pictures:
            found.append(_block("picture", {"picture": pictures[each.number], "caption": each.caption}))
    return found


def _block(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "id": str(uuid.uuid4())}


def _heading(words: str, text: str) -> dict[str, str]:
    """A heading longer than the field goes on in the text: nothing of it is lost."""
    if len(words) <= LONGEST_HEADING:
        return {"heading": words, "text": text}
    cut = words[: LONGEST_HEADING - 1].rsplit(" ", 1)[0] + "…"
    return {"heading": cut, "text": f"<p><b>{escape(words, quote=False)}</b></p>{text}"}


def _table(table: Table) -> dict[str, Any]:
    headings, rows = (table.rows[0], table.rows[1:]) if table.has_heading else ([""] * len(table.rows[0]), table.rows)
    return {
        "caption": "",
        "columns": [{"type": "text", "heading": heading} for heading in headings],
        "rows": [{"values": row} for row in rows],
    }


# --- Plain lines -----------------------------------------------------------------------------------------


def lines(pasted: Pasted) -> str:
    """For fields that hold no structure: «- » before items, a line for each row, addresses after their words."""
    found = []
    for part in pasted.parts:
        found.append(part.heading)
        for each in part.content:
            if isinstance(each, Table):
                found.append(_rows(each))
            elif isinstance(each, str):
                found.append(unescape(plain(LINK.sub(_spelled, each))))
    return "\n\n".join(filter(None, found))


def _spelled(link: re.Match[str]) -> str:
    address, words = link.group(1), link.group(2)
    bare = unescape(address).removeprefix("mailto:").removeprefix("tel:")
    return words if unescape(words).strip() == bare else f"{words} ({escape(bare, quote=False)})"


def _rows(table: Table) -> str:
    return "\n".join("- " + " · ".join(filter(None, row)) for row in table.rows)


# --- Words -----------------------------------------------------------------------------------------------


def sentence(pasted: Pasted, *, plain_field: bool = False) -> str:
    """«Ho fatto 4 sezioni e 1 tabella. Non ho portato: 2 immagini, 1 nota.»; empty where there is nothing to say."""
    made = [_("Qui il testo è semplice: niente titoli, grassetti e tabelle.")] if plain_field and _rich(pasted) else []
    if not plain_field and (counted := _made(pasted)):
        made.append(_("Ho fatto %(what)s.") % {"what": _(" e ").join(counted)})
    if left := _left(pasted):
        made.append(_("Non ho portato: %(what)s.") % {"what": ", ".join(left)})
    if pasted.dropped["tabelle interne"]:
        made.append(_("Di una tabella dentro un’altra ho tenuto le parole."))
    return " ".join(made)


def _rich(pasted: Pasted) -> bool:
    return bool(pasted.tables or pasted.sections or any("<b>" in str(part.content) for part in pasted.parts))


def _made(pasted: Pasted) -> list[str]:
    found = []
    if count := pasted.sections:
        found.append(ngettext("%(count)d sezione", "%(count)d sezioni", count) % {"count": count})
    if count := pasted.tables:
        found.append(ngettext("%(count)d tabella", "%(count)d tabelle", count) % {"count": count})
    return found


def _left(pasted: Pasted) -> list[str]:
    said = {
        "immagini": ngettext("%(count)d immagine", "%(count)d immagini", pasted.dropped["immagini"]),
        "note": ngettext("%(count)d nota a piè di pagina", "%(count)d note a piè di pagina", pasted.dropped["note"]),
        "commenti": ngettext("%(count)d commento", "%(count)d commenti", pasted.dropped["commenti"]),
        "cancellature": ngettext(
            "%(count)d pezzo cancellato in revisione", "%(count)d pezzi cancellati in revisione",
            pasted.dropped["cancellature"],
        ),
        "collegamenti": ngettext(
            "%(count)d collegamento che chi legge non può aprire",
            "%(count)d collegamenti che chi legge non può aprire",
            pasted.dropped["collegamenti"],
        ),
        "filmati": ngettext("%(count)d filmato", "%(count)d filmati", pasted.dropped["filmati"]),
        "indici": _("l’indice"),
        "apici": _("apici e pedici, che restano come cifre normali"),
    }  # fmt: skip
    found = [words % {"count": pasted.dropped[name]} for name, words in said.items() if pasted.dropped[name]]
    return found + ([_("il titolo del documento, «%(title)s»") % {"title": pasted.title}] if pasted.title else [])
