"""Text out of files, read in a limited and confined subprocess so that a hostile file can harm nothing but itself.

extraction = extract(data, "verbale.pdf.p7m")
extraction.problem or extraction.text
"""

from .parent import content_of, extract, open_word
from .problems import Unreadable
from .results import Extraction, Picture, Signature, WordDocument

__all__ = ["Extraction", "Picture", "Signature", "Unreadable", "WordDocument", "content_of", "extract", "open_word"]
