"""Why a file could not be read: one Italian sentence for each reason."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from xml.parsers.expat import ExpatError

EMPTY = "Il file è vuoto."
UNKNOWN = "Questo formato non viene letto."
PASSWORD = "Il file è protetto da password."  # noqa: S105 (a sentence, not a secret)
DAMAGED = "Il file è danneggiato."
CRASHED = "Il file è danneggiato o troppo complesso per essere letto."
SLOW = "Il file impiega troppo tempo a essere letto."
TOO_BIG = "Il file è troppo grande per essere letto."
TOO_LONG = "Il file contiene troppo testo per essere letto."
TOO_DEEP = "Il file ha una struttura troppo complessa per essere letto."
BOMB = "Il file, una volta decompresso, è troppo grande o ha troppe parti."
DOCTYPE = "Il file contiene una dichiarazione DOCTYPE, che per sicurezza non viene letta."
NO_TEXT = "Il file non contiene testo."
SCANNED = "Il file non contiene testo: forse è una scansione."
MOSTLY_SCANNED = "Quasi tutte le pagine sono immagini: il loro testo non si trova con la ricerca."
DETACHED = "Il file contiene solo la firma, senza il documento firmato."
TRACKED = (
    "Nel documento ci sono modifiche da accettare o rifiutare, e una bozza non può scegliere per te. In Word apri "
    "«Revisione», poi «Accetta», «Accetta tutte le modifiche e interrompi rilevamento»; salva, e ricaricalo."
)
# Why a file is no document to make a page of, by its format, and what to do.
NOT_WORD = {
    "ole": "È un documento di Word di prima del 2007 (.doc): aprilo in Word, scegli «File», «Salva con nome», "
    "«Documento di Word (.docx)», e carica quello.",
    "odt": "È un documento di LibreOffice (.odt): aprilo, scegli «File», «Salva come», «Word 2007-365 (.docx)», e "
    "carica quello.",
    "pdf": "È un PDF: titoli, tabelle ed elenchi non si ritrovano. Cerca il documento Word da cui è nato; se non c’è "
    "più, apri il PDF in Word, che lo converte, controllalo, salvalo come .docx e carica quello.",
    "rtf": "È un documento .rtf: aprilo in Word, scegli «File», «Salva con nome», «Documento di Word (.docx)», e "
    "carica quello.",
    "p7m": "È un file firmato (.p7m): apri il documento che c’è dentro, salvalo come .docx, e carica quello.",
    "": "Qui si carica un documento di Word (.docx): aprilo nel suo programma, salvalo come .docx, e carica quello.",
}

# What the parsers in use raise on malformed input, found by feeding them hostile files.
PARSER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ExpatError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class Unreadable(Exception):
    """The file cannot be read; carries the sentence that says why, and what was read of a text without end."""

    def __init__(self, reason: str, read: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.read = read


@contextmanager
def faults_named() -> Iterator[None]:
    """Whatever a parser raises on a bad file becomes `Unreadable`, with its reason."""
    try:
        yield
    except MemoryError as error:
        raise Unreadable(TOO_BIG) from error
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    except PARSER_ERRORS as error:
        raise Unreadable(DAMAGED) from error
