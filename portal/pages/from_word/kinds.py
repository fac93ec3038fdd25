"""Which kinds of page a document can become, and where in them each of its headings goes; packages add their own."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from django.utils.functional import Promise
from django.utils.text import slugify

from portal.models.pages import FaqPage, PortalPage, TextPage
from portal.pages.pasting import answer
from portal.pages.pasting.reading import Part, Pasted

LEFT_OUT = "-"  # the place of a part that does not come along
AS_IT_IS = ""
NUMBER = re.compile(
    r"(?i:art(?:icolo|\.)?|capo|cap\.|sezione|punto|fase)\s*(?:\d{1,2}|[IVX]{1,5})\b[\s.)°:–—-]*"
    r"|\(?\d{1,2}(?:\.\d{1,2})*(?:[.)°:–—-]+\s*|\s+[–—-]\s+|\s+(?=[A-ZÀ-Ý]))"
    r"|\(?(?:[IVX]{1,5}|[a-zA-Z])(?:[.)]\s+|\)|\s+[–—-]\s+)"
)
Pictures = dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """A part that pages of the kind have, and the words by which headings name it."""

    key: str
    label: str | Promise
    words: str = ""  # a pattern of the heading's beginning, written as in an address: «a-chi-si-rivolge»


@dataclass(frozen=True)
class Target:
    """A kind with a body of sections: each heading keeps its words, or takes those of the place it goes to."""

    model: type[PortalPage]
    places: tuple[Place, ...] = ()
    as_it_is: str | Promise = ""  # how the place of a heading that is none of them is called
    takes_pictures: bool = True

    @property
    def key(self) -> str:
        return str(self.model._meta.model_name)

    def place_of(self, heading: str) -> str:
        """Where a heading goes by its words."""
        words = as_address(heading)
        return next((each.key for each in self.places if re.match(f"(?:{each.words})", words)), AS_IT_IS)

    def missing(self, places: Iterable[str]) -> list[Place]:
        """What the kind also has, and the document has not."""
        found = set(places)
        return [each for each in self.places if each.key not in found]

    def fill(self, page: Any, pasted: Pasted, places: Sequence[str], pictures: Pictures) -> None:
        """Give the page what the parts say; `places` has one for each of them."""
        parts = placed(pasted.parts, places, {each.key: str(each.label) for each in self.places})
        page.body = answer.raw_blocks(replace(pasted, parts=parts), pictures) + [
            {"type": "section", "value": {"heading": str(each.label)}} for each in self.missing(places)
        ]


_targets: list[Target] = []


def register(target: Target) -> None:
    _targets.append(target)


def targets() -> list[Target]:
    return sorted(_targets, key=lambda each: each.model.kind_order)


def bare_heading(heading: str) -> str:
    """«Art. 3 – Tempi» without what counts it."""
    words = heading.strip()
    counted = NUMBER.match(words)
    return (words[counted.end() :] if counted else words).strip(" :–—-") or words


def as_address(heading: str) -> str:
    return slugify(bare_heading(heading).replace("’", " ").replace("'", " "))


def tidy_heading(heading: str) -> str:
    """Without its number, which a page does not count by, and in small letters where all of it was capitals."""
    bare = bare_heading(heading)
    return bare.capitalize() if bare.isupper() and len(bare) > 4 else bare


def placed(parts: Sequence[Part], places: Sequence[str], labels: dict[str, str]) -> list[Part]:
    """The parts under the headings of their places; what goes to the same place comes together, in its order."""
    found: list[Part] = []
    known: dict[str, Part] = {}
    for part, place in zip(parts, places, strict=True):
        if place == LEFT_OUT:
            continue
        if place in known:
            words = f"<h3>{escape(tidy_heading(part.heading), quote=False)}</h3>" if part.heading else ""
            known[place].content += joined(words, part.content)
            continue
        heading = labels.get(place) or tidy_heading(part.heading)
        found.append(Part(heading, list(part.content)))
        if place in labels:
            known[place] = found[-1]
    return found


def joined(words: str, content: Sequence[Any]) -> list[Any]:
    if content and isinstance(content[0], str):
        return [f"{words}{content[0]}", *content[1:]]
    return [words, *content] if words else list(content)


def lines(part: Part) -> str:
    """All that a part says under its heading, as plain lines."""
    return answer.lines(Pasted([Part("", list(part.content))], Counter()))


register(Target(TextPage))
register(Target(FaqPage))
