"""PDF, page by page, through PDFium."""

from collections.abc import Iterator

import pypdfium2
from pypdfium2 import raw

from portal.extraction.problems import DAMAGED, PASSWORD, SCANNED, Unreadable
from portal.extraction.text import within_limit


def read(data: bytes) -> list[str]:
    """One text for each page."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise Unreadable(PASSWORD if locked else DAMAGED) from error
    pages = within_limit(_pages(document))
    if not any(page.strip() for page in pages):
        raise Unreadable(SCANNED)
    return pages


def _pages(document: pypdfium2.PdfDocument) -> Iterator[str]:
    """The texts. A page that does not load gives an empty one, so that the others keep their number."""
    loaded = 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            yield ""
            continue
        loaded += 1
        yield text.get_text_bounded()
        text.close()
        page.close()
    if not loaded:
        raise Unreadable(DAMAGED)
