"""What did not fit into a page, in plain words: each says what became of it, and what to do."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from portal.pages.pasting.reading import Picture

from .kinds import Target
from .reading import Found, only_left

LONGEST_MARGIN = 120


def sentences(found: Found, target: Target) -> list[str]:
    """The report, in the order of the weight of what it says, for the kind of page that is to be made."""
    count = only_left(found.pasted) + Counter(found.left)
    count["note"] = max(count["note"], len(found.notes))
    if not target.takes_pictures:
        count["immagini senza posto"] = sum(isinstance(each, Picture) for part in found.parts for each in part.content)
    said = [str(words % {"count": count[name]}) for name, words in WORDS.items() if count[name]]
    return said + [
        _("Intestazione o piè di pagina, rimasti fuori: «%(words)s».") % {"words": each[:LONGEST_MARGIN]}
        for each in found.margins
    ]


WORDS: dict[str, Any] = {
    "immagini senza posto": ngettext_lazy(
        "%(count)d immagine non entra: i passi di una procedura sono di sole parole. Caricala come allegato.",
        "%(count)d immagini non entrano: i passi di una procedura sono di sole parole. Caricale come allegati.",
        "count",
    ),
    "titoli riconosciuti": ngettext_lazy(
        "Nessun titolo aveva uno stile di Word: ho preso per titolo %(count)d riga in grassetto o maiuscola.",
        "I titoli non avevano uno stile di Word: ho preso per titoli %(count)d righe in grassetto o maiuscole.",
        "count",
    ),
    "note": ngettext_lazy(
        "%(count)d nota a piè di pagina non entra: il suo testo è qui sotto, rimettilo dove serve.",
        "%(count)d note a piè di pagina non entrano: il loro testo è qui sotto, rimettilo dove serve.",
        "count",
    ),
    "commenti": ngettext_lazy(
        "%(count)d commento resta nel documento: in una pagina non si pubblica.",
        "%(count)d commenti restano nel documento: in una pagina non si pubblicano.",
        "count",
    ),
    "cancellature": ngettext_lazy(
        "%(count)d pezzo barrato non è nella bozza.",
        "%(count)d pezzi barrati non sono nella bozza.",
        "count",
    ),
    "caselle": ngettext_lazy(
        "%(count)d casella di testo: le sue parole stanno dopo il capoverso a cui era legata.",
        "%(count)d caselle di testo: le loro parole stanno dopo il capoverso a cui erano legate.",
        "count",
    ),
    "oggetti": ngettext_lazy(
        "%(count)d oggetto incorporato (foglio, grafico, schema) non entra: caricalo come allegato o come immagine.",
        "%(count)d oggetti incorporati (fogli, grafici, schemi) non entrano: caricali come allegati o immagini.",
        "count",
    ),
    "formule": ngettext_lazy(
        "%(count)d formula non entra: scrivila a parole o come immagine.",
        "%(count)d formule non entrano: scrivile a parole o come immagini.",
        "count",
    ),
    "immagini troppo grandi": ngettext_lazy(
        "%(count)d immagine è troppo grande, o di troppo: rimpiccioliscila e mettila nella bozza.",
        "%(count)d immagini sono troppo grandi, o di troppo: rimpiccioliscile e mettile nella bozza.",
        "count",
    ),
    "immagini illeggibili": ngettext_lazy(
        "%(count)d immagine è in un formato che il browser non mostra: salvala come PNG e mettila nella bozza.",
        "%(count)d immagini sono in un formato che il browser non mostra: salvale come PNG e mettile nella bozza.",
        "count",
    ),
    "immagini esterne": ngettext_lazy(
        "%(count)d immagine sta fuori dal documento, dove un collegamento la indica: non l’ho cercata.",
        "%(count)d immagini stanno fuori dal documento, dove un collegamento le indica: non le ho cercate.",
        "count",
    ),
    "immagini spostate": ngettext_lazy(
        "%(count)d immagine stava in una tabella o in un elenco: è subito dopo.",
        "%(count)d immagini stavano in una tabella o in un elenco: sono subito dopo.",
        "count",
    ),
    "collegamenti": ngettext_lazy(
        "%(count)d collegamento porta a un posto che chi legge non può aprire: restano le parole.",
        "%(count)d collegamenti portano a posti che chi legge non può aprire: restano le parole.",
        "count",
    ),
    "elenchi ripresi": ngettext_lazy(
        "%(count)d elenco numerato si interrompe e riprende: nella bozza riparte da 1, controllalo.",
        "%(count)d elenchi numerati si interrompono e riprendono: nella bozza ripartono da 1, controllali.",
        "count",
    ),
    "numerazioni": ngettext_lazy(
        "%(count)d elenco contava a modo suo («Art. 1», «1.1»): nella bozza conta 1, 2, 3.",
        "%(count)d elenchi contavano a modo loro («Art. 1», «1.1»): nella bozza contano 1, 2, 3.",
        "count",
    ),
    "titoli numerati": ngettext_lazy(
        "%(count)d titolo aveva il numero messo da Word: nella pagina i titoli non sono numerati.",
        "%(count)d titoli avevano il numero messo da Word: nella pagina i titoli non sono numerati.",
        "count",
    ),
    "campi": ngettext_lazy(
        "%(count)d campo automatico (data, rimando, proprietà): resta il testo che mostrava.",
        "%(count)d campi automatici (date, rimandi, proprietà): resta il testo che mostravano.",
        "count",
    ),
    "celle unite": ngettext_lazy(
        "%(count)d cella unita ad altre: le celle che copriva restano vuote.",
        "%(count)d celle unite ad altre: le celle che coprivano restano vuote.",
        "count",
    ),
    "tabelle interne": gettext_lazy("Di una tabella dentro un’altra ho tenuto le parole."),
    "tabulazioni": ngettext_lazy(
        "%(count)d riga era messa in colonna con il tabulatore: se è una tabella, rifalla nella bozza.",
        "%(count)d righe erano messe in colonna con il tabulatore: se sono una tabella, rifalla nella bozza.",
        "count",
    ),
    "indici": gettext_lazy("L’indice non serve: la pagina fa il suo."),
    "apici": gettext_lazy("Apici e pedici restano come cifre normali."),
    "filmati": gettext_lazy("I filmati non entrano."),
    "macro": gettext_lazy("Il documento ha delle macro: non le ho aperte, e nella bozza non ci sono."),
}
