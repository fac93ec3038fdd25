"""Text out of files, read in a limited and confined subprocess so that a hostile file can harm nothing but itself.

extraction = extract(data, "verbale.pdf.p7m")
extraction.problem or extraction.text
"""

from .parent import extract
from .results import Extraction, Signature

__all__ = ["Extraction", "Signature", "extract"]
