"""Which paragraphs of a Word document are headings: those that say so, else those that only look like it."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from mammoth import documents, transforms

from .word_styles import CAPTION, INDEX, PLAIN, TITLE, Styles

LONGEST = 110
OWN = "raccordo"  # before the names that paragraphs get here, for mammoth's map
NAMES = {TITLE: "p.MsoTitle", INDEX: "p.MsoToc", CAPTION: "p.MsoCaption"} | {
    level: f"h{min(level, 6)}" for level in range(1, 10)
}
NUMBER = re.compile(
    r"(?:art(?:icolo|\.)?\s*)?\(?((?:\d{1,2}|[IVX]{1,5})(?:\.\d{1,2})*)(?:[.)°]|\s+[-–—]|\s)\s*(?=\S)", re.IGNORECASE
)
WHAT = re.compile(r"protocoll|procedur|linee|regolament|disciplinar|istruzion|modalit|accord|guid", re.IGNORECASE)
USUAL_SIZE = 11.0
MOST = 0.7  # of the paragraphs: more than these are no headings
FEW = 1  # headings that say so, which may be the title alone


class Headings:
    """Gives each paragraph that is a heading, a title, a caption or a line of an index a name that mammoth is told."""

    style_map = "\n".join(f"p[style-name='{OWN} {level}'] => {tag}:fresh" for level, tag in NAMES.items())

    def __init__(self, styles: Styles, left: Counter[str]) -> None:
        self.styles = styles
        self.left = left
        self.title = ""

    def named(self, document: Any) -> Any:
        said = {id(each): self.styles.level(each.style_id) for each in _paragraphs(document.children)}
        levels = [level for level in said.values() if level >= 1]
        if len(levels) <= FEW:
            said |= self._looking_so(document.children, has_title=bool(levels) or TITLE in said.values())
        self._single_first(document.children, said)
        self.left["titoli numerati"] += sum(
            1 for each in _paragraphs(document.children) if said[id(each)] >= 1 and each.numbering is not None
        )
        children = [self._told(each, said) for each in document.children]
        return document.copy(children=children)

    def _told(self, element: Any, said: dict[int, int]) -> Any:
        """The paragraph under the name of its level; in tables, those alone that say what they are."""
        if not isinstance(element, documents.Paragraph):
            return transforms.paragraph(self._styled)(element)
        return _under(element, said.get(id(element), PLAIN))

    def _styled(self, paragraph: Any) -> Any:
        return _under(paragraph, self.styles.level(paragraph.style_id))

    # --- What only looks like a heading ------------------------------------------------------------------

    def _looking_so(self, children: list[Any], has_title: bool) -> dict[int, int]:
        written = [each for each in _paragraphs(children) if _words(each)]
        found = {id(each): 2 for each in written if self._looks_so(each)}
        if len(found) > max(3, len(written) * MOST):  # all of it is bold, or shouted
            found = {}
        if not has_title:
            found |= self._opening(children, found)
        shouted = [each for each in _paragraphs(children) if found.get(id(each)) == 2 and _words(each).isupper()]
        for each in _paragraphs(children):
            number = NUMBER.match(_words(each))
            below = "." in number[1] if number else len(shouted) > 1 and not _words(each).isupper()
            if found.get(id(each)) == 2 and below:
                found[id(each)] = 3
        self.left["titoli riconosciuti"] += sum(level >= 2 for level in found.values())
        return found

    def _looks_so(self, paragraph: Any) -> bool:
        words = _words(paragraph)
        if not 2 <= len(words) <= LONGEST or words[-1] in ".;,!?" or self.styles.level(paragraph.style_id) < PLAIN:
            return False
        letters = [each for each in words if each.isalpha()]
        if len(letters) < 3 or (paragraph.numbering is not None and not paragraph.numbering.is_ordered):
            return False
        is_shouted = words.isupper() and len(letters) > 3
        return is_shouted or self.styles.is_bold(paragraph.style_id) or _is_bold(paragraph)

    def _opening(self, children: list[Any], found: dict[int, int]) -> dict[int, int]:
        """Of the lines above the text, one is the title: the largest, the one that says what it is, or the first."""
        above = []
        for each in children:
            if not isinstance(each, documents.Paragraph) or not (_words(each) or each.children):
                continue
            if not _words(each):
                continue
            if id(each) not in found and each.alignment != "center":
                break
            above.append(each)
        if above and above[-1].alignment != "center" and len(above) > 1 and not _is_large(above[-1]):
            above.pop()  # the heading of the first section
        elif len(above) == 1 and above[0].alignment != "center" and not _is_large(above[0]):
            above = [] if NUMBER.match(_words(above[0])) or len(found) < 2 or not _is_titled(above[0]) else above
        if not above:
            return {}
        best = max(above, key=lambda each: (_size(each), bool(WHAT.search(_words(each)))))
        return {id(each): PLAIN for each in above} | {id(best): TITLE}

    def _single_first(self, children: list[Any], said: dict[int, int]) -> None:
        """One heading of the first level, above all the others, is the document's title."""
        order = [each for each in _paragraphs(children) if said[id(each)] >= TITLE and _words(each)]
        firsts = [each for each in order if said[id(each)] == 1]
        has_title = any(said[id(each)] == TITLE for each in order)
        if not has_title and len(order) > 1 and firsts == order[:1]:
            said[id(order[0])] = TITLE
        self.title = next((_words(each) for each in order if said[id(each)] == TITLE), "")


def _paragraphs(children: Iterable[Any]) -> Iterable[Any]:
    return (each for each in children if isinstance(each, documents.Paragraph))


def _under(paragraph: Any, level: int) -> Any:
    if level == PLAIN:
        return paragraph
    return paragraph.copy(style_id=None, style_name=f"{OWN} {level}", numbering=None)


def _words(paragraph: Any) -> str:
    texts = transforms.get_descendants_of_type(paragraph, documents.Text)
    return " ".join("".join(each.value for each in texts).split())


def _runs(paragraph: Any) -> list[Any]:
    runs = transforms.get_descendants_of_type(paragraph, documents.Run)
    return [each for each in runs if _words(each)]


def _is_bold(paragraph: Any) -> bool:
    runs = _runs(paragraph)
    return bool(runs) and all(each.is_bold for each in runs)


def _size(paragraph: Any) -> float:
    return max((each.font_size or USUAL_SIZE for each in _runs(paragraph)), default=USUAL_SIZE)


def _is_large(paragraph: Any) -> bool:
    return _size(paragraph) >= USUAL_SIZE + 3


def _is_titled(paragraph: Any) -> bool:
    return bool(WHAT.search(_words(paragraph)))
