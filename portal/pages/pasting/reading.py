"""Foreign HTML taken apart: sections with clean text, tables, and the count of what was left behind."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from bs4 import BeautifulSoup, PageElement, Tag
from bs4.element import PreformattedString

from . import inline, lists, tables

NEVER = ["head", "style", "script", "meta", "link", "title", "xml", "template", "noscript", "button", "select", "input"]
PICTURES = {"img", "svg", "picture", "canvas", "v:imagedata"}
FILMS = {"video", "audio", "iframe", "object", "embed"}
NOTE_MARK = re.compile(r"_?(ftn|edn|sdfootnote|sdendnote|footnote|cite_note)-?\d")
NOTE_IDS = re.compile(r"(ftn|edn|sdfootnote|sdendnote)\d+")
NOTES = re.compile(r"mso-element:\s*(footnote|endnote)\s*(;|$)")
APART = re.compile(r"mso-element:\s*(header|footer|footnote-list|endnote-list|comment-list|comment)\b")
HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all")
OUTLINE = re.compile(r"mso-outline-level:\s*(\d)")
TITLE = 0  # the level of a document's title, above the first heading
DEEPEST = 100  # tags within tags: below, only the words are read
LONGEST = 1_000_000  # letters; pictures are left out before
MOST_TAGS = 30_000  # a hundred pages of Word; small tags cost more than letters, and one request must not hold the site
CARRIED = re.compile(r"word:(\d+)")  # how a document names the pictures that come with it
LONGEST_CAPTION = 240


@dataclass
class Picture:
    """A picture that came with the document, by its number."""

    number: int
    alt: str = ""
    caption: str = ""


@dataclass
class Part:
    """A heading, and what stands under it in its order: HTML, tables, pictures. The first may have no heading."""

    heading: str = ""
    content: list[str | tables.Table | Picture] = field(default_factory=list)


@dataclass
class Pasted:
    parts: list[Part]
    dropped: Counter[str]
    title: str = ""  # of the document: a page has its own

    @property
    def tables(self) -> int:
        return sum(isinstance(each, tables.Table) for part in self.parts for each in part.content)

    @property
    def sections(self) -> int:
        return sum(bool(part.heading) for part in self.parts)

    @property
    def pictures(self) -> list[Picture]:
        return [each for part in self.parts for each in part.content if isinstance(each, Picture)]


def is_too_long(html: str) -> bool:
    return len(html) > LONGEST or html.count("<") > MOST_TAGS


def read(html: str, *, with_pictures: bool = False) -> Pasted:
    """Sections, lists, tables, links, bold and italics of the HTML; everything else is counted and left.

    Pictures stay where they come with the document: what is pasted brings none.
    """
    soup = BeautifulSoup(html, "html.parser")
    moved = _frame_pictures(soup) if with_pictures else 0
    walk = _Walk(_cleared(soup), _section_levels(soup))
    walk.through(soup)
    walk.end_list()
    walk.dropped["immagini spostate"] += moved
    parts = [_together(part) for part in walk.parts if part.heading or part.content]
    return Pasted(parts, walk.dropped, walk.title)


# --- What is left behind ---------------------------------------------------------------------------------


def _cleared(soup: BeautifulSoup) -> Counter[str]:
    """The HTML without what has no place in a page, and how much of it there was."""
    dropped: Counter[str] = Counter()
    for comment in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        comment.extract()
    for tag in soup.find_all(NEVER):
        tag.decompose()
    _flatten(soup)
    dropped["note"] = max(_taken(soup, _is_note_mark), _taken(soup, _is_note))
    dropped["commenti"] = _taken(soup, lambda tag: "MsoCommentReference" in _classes(tag) or "_msocom_" in _href(tag))
    dropped["cancellature"] = _taken(soup, lambda tag: tag.name in {"del", "s", "strike"})
    dropped["indici"] = min(1, _taken(soup, lambda tag: any(each.startswith("MsoToc") for each in _classes(tag))))
    _taken(soup, lambda tag: bool(APART.search(inline.style(tag)) or HIDDEN.search(inline.style(tag))))
    dropped["immagini"] = _taken(soup, lambda tag: tag.name in PICTURES)
    dropped["filmati"] = _taken(soup, lambda tag: tag.name in FILMS)
    return dropped


def _frame_pictures(soup: BeautifulSoup) -> int:
    """Each picture after the paragraph, the list or the table in which it stood, on its own; how many of these two."""
    moved = 0
    last: dict[int, Tag] = {}  # what already stands after a box: pictures keep their order
    for tag in soup.find_all("img", src=CARRIED):
        around = list(tag.find_parents(["table", "ul", "ol"]))
        moved += bool(around)
        box = around[-1] if around else tag.find_parent(["p", "h1", "h2", "h3", "h4", "h5", "h6"])
        number = str(tag["src"]).partition(":")[2]
        frame = soup.new_tag("figure", attrs={"data-number": number, "title": str(tag.get("alt") or "")})
        if box is None:
            tag.replace_with(frame)
            continue
        tag.extract()
        last.get(id(box), box).insert_after(frame)
        last[id(box)] = frame
    return moved


def _flatten(soup: BeautifulSoup) -> None:
    left: list[tuple[Tag, int]] = [(soup, 0)]
    while left:
        box, depth = left.pop()
        for child in [child for child in box.children if isinstance(child, Tag)]:
            if depth == DEEPEST:
                child.replace_with(child.get_text(" "))
            else:
                left.append((child, depth + 1))


def _taken(soup: BeautifulSoup, asked: Callable[[Tag], bool]) -> int:
    """How many were taken out; what lies inside one goes with it."""
    count = 0
    for tag in [tag for tag in soup.find_all(True) if asked(tag)]:
        if not tag.decomposed:
            tag.decompose()
            count += 1
    return count


def _is_note_mark(tag: Tag) -> bool:
    fragment = _href(tag).partition("#")[2]
    return bool(NOTE_MARK.match(fragment)) and tag.find_parent(id=NOTE_IDS) is None


def _is_note(tag: Tag) -> bool:
    return bool(NOTES.search(inline.style(tag)) or NOTE_IDS.fullmatch(str(tag.get("id") or "")))


def _classes(tag: Tag) -> list[str]:
    return list(tag.get("class") or [])


def _href(tag: Tag) -> str:
    return str(tag.get("href") or "") if tag.name == "a" else ""


# --- Headings --------------------------------------------------------------------------------------------


def _level(tag: Tag) -> int | None:
    """Which heading it is, for Word and for the web; None for what is none."""
    if "MsoTitle" in _classes(tag):
        return TITLE
    if re.fullmatch("h[1-6]", tag.name):
        return int(tag.name[1])
    if outline := OUTLINE.search(inline.style(tag)):
        return int(outline.group(1))
    if tag.get("role") == "heading" and str(tag.get("aria-level", "2")).isdecimal():
        return int(str(tag.get("aria-level", "2"))[:1])
    return None


def _section_levels(soup: BeautifulSoup) -> set[int]:
    """The headings that begin a section: the first two levels, or the highest of a text that has only lower ones."""
    found = {_level(tag) for tag in soup.find_all(True) if _level(tag) and inline.text(tag)} - {None}
    levels = {level for level in found if level is not None}
    return levels & {1, 2} or ({min(levels)} if levels else set())


# --- The walk --------------------------------------------------------------------------------------------


class _Walk:
    """From top to bottom, once: paragraphs, lists and tables go under the last heading."""

    def __init__(self, dropped: Counter[str], section_levels: set[int]) -> None:
        self.dropped = dropped
        self.section_levels = section_levels
        self.parts = [Part()]
        self.title = ""
        self.items: list[lists.Item] = []

    def through(self, box: Tag) -> None:
        loose: list[PageElement] = []
        for child in list(box.children):
            if isinstance(child, Tag) and (child.name in inline.BLOCKS or child.find(list(inline.BLOCKS))):
                self.paragraph(loose)
                loose = []
                self.block(child)
            else:
                loose.append(child)
        self.paragraph(loose)

    def block(self, tag: Tag) -> None:
        level = _level(tag)
        if "data-number" in tag.attrs and tag.name == "figure":
            self.picture(tag)
        elif "MsoCaption" in _classes(tag) and self.captioned(inline.text(tag)):
            return
        elif level is not None and tag.find("table") is None:
            self.heading(level, inline.text(tag))
        elif tag.name == "table":
            self.table(tag)
        elif tag.name in {"ul", "ol"}:
            self.native_list(tag, 1)
            self.end_list()
        elif deep := lists.level_of(inline.style(tag)):
            self.word_item(tag, deep)
        elif tag.find(list(inline.BLOCKS)):
            self.through(tag)
        else:
            self.paragraph(tag.children)

    def heading(self, level: int, words: str) -> None:
        if not words:
            return
        self.end_list()
        if level == TITLE:
            self.title = self.title or words
        elif level in self.section_levels:
            self.parts.append(Part(words))
        else:
            self.add(f"<h3>{inline.line([_words(words)], self.dropped)}</h3>")

    def paragraph(self, nodes: Iterable[PageElement]) -> None:
        if html := inline.line(nodes, self.dropped):
            self.end_list()
            self.add(f"<p>{html}</p>")

    def word_item(self, tag: Tag, deep: int) -> None:
        marker = next((each for each in tag.find_all(True) if "mso-list:" in _ignored(each)), None)
        counted = marker is not None and lists.is_counted(inline.text(marker))
        if marker is not None:
            marker.decompose()
        if html := inline.line(tag.children, self.dropped):
            self.items.append(lists.Item(deep, counted, html))

    def native_list(self, tag: Tag, deep: int) -> None:
        for child in [child for child in tag.children if isinstance(child, Tag)]:
            if child.name in {"ul", "ol"}:
                self.native_list(child, min(deep + 1, lists.DEEPEST))
                continue
            below = [each for each in child.find_all(["ul", "ol"]) if each.find_parent(["ul", "ol"]) is tag]
            for each in below:
                each.extract()
            if html := inline.line(child.children, self.dropped):
                self.items.append(lists.Item(deep, tag.name == "ol", html))
            for each in below:
                self.native_list(each, min(deep + 1, lists.DEEPEST))

    def end_list(self) -> None:
        if self.items:
            items, self.items = self.items, []
            self.add(lists.as_html(items))

    def table(self, tag: Tag) -> None:
        self.end_list()
        frame = tables.only_cell(tag)
        if frame is not None:
            self.through(frame)
        elif found := tables.read(tag, self.dropped):
            self.parts[-1].content.append(found)

    def picture(self, tag: Tag) -> None:
        self.end_list()
        alt = " ".join(str(tag["title"]).split())
        self.parts[-1].content.append(Picture(int(str(tag["data-number"])), alt))

    def captioned(self, words: str) -> bool:
        """Whether the words belong to the picture right before them."""
        last = self.parts[-1].content[-1] if self.parts[-1].content else None
        if not isinstance(last, Picture) or last.caption or self.items or not 0 < len(words) <= LONGEST_CAPTION:
            return False
        last.caption = words
        return True

    def add(self, html: str) -> None:
        self.parts[-1].content.append(html)


def _together(part: Part) -> Part:
    """The part with all that stands between two tables or pictures as one text."""
    content: list[str | tables.Table | Picture] = []
    for is_text, run in groupby(part.content, lambda each: isinstance(each, str)):
        found = list(run)
        content += found if not is_text else ["".join(str(each) for each in found)]
    return Part(part.heading, content)


def _words(words: str) -> PageElement:
    return BeautifulSoup("", "html.parser").new_string(words)


def _ignored(tag: Tag) -> str:
    """The style of Word's marker in front of an item; nothing for any other tag."""
    return inline.style(tag) if re.search(r"mso-list:\s*Ignore", inline.style(tag)) else ""
