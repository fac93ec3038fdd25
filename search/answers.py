"""What is answered above the results: people and bodies of the directory, words of the glossary, what is due.

They are few, and asked of the database with each search: a role given or taken counts at once, and no index tells
of a person whom the reader does not work with.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal import access
from portal.models import Organisation, Space
from portal.notices import feed

from . import names, vocabulary
from .italian import FORMS, STOPWORDS
from .names import Person, begun
from .own_names import Named
from .query import parse, phrase_key, words_of

SHOWN = 5
SUGGESTED = 3
NAMED = 300  # of more people than these one asks for all that the reader sees
MOST_WORDS = 6  # who types more is not looking for a name

# What is asked of a person or a term: it stands in no name.
ASKING = {
    FORMS[word] for word in words_of("telefono numero recapito contatto mail email orario chi persona cosa significa")
}
# Where none of these is said, nothing is asked about what is due.
DUE = {FORMS[word] for word in ("scadenza", "scaduto")}


@dataclass(frozen=True)
class Answers:
    people: Sequence[Person] = ()
    more_people: int = 0
    bodies: Sequence[Organisation] = ()
    terms: Sequence[vocabulary.Meaning] = ()
    own: Sequence[Named] = ()  # what the words are to the reader's own body
    figures: Sequence[feed.Figure] = ()
    senses: Sequence[tuple[vocabulary.Sense, str]] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.people or self.bodies or self.terms or self.own or self.figures or self.senses)


def answers(words: str, user: Any, known: vocabulary.Vocabulary, *, loosely: bool = False) -> Answers:
    """`loosely` where no page has the words as they are typed: then a name may be typed wrong."""
    typed = parse(words).words
    asked = [word for word in typed if word not in STOPWORDS and FORMS[word] not in ASKING]
    if not asked:
        return Answers()
    people = _people(asked, user) if len(asked) <= MOST_WORDS else []
    if loosely and not people and len(asked) <= MOST_WORDS:
        people = _seen(names.at_hand.get().nearly(asked), user)
    return Answers(
        people=people[:SHOWN],
        more_people=len(people[SHOWN:]),
        bodies=_bodies(asked, user)[:SHOWN] if len(asked) <= MOST_WORDS else [],
        terms=known.meanings(asked),
        own=known.named(asked),
        figures=_figures(asked, user),
        senses=[(sense, _address(sense.instead)) for sense in known.senses(words)],
    )


@dataclass(frozen=True)
class Suggested:
    """A line under the box, beside the pages."""

    title: str
    url: str
    code: str = ""


def suggested(words: str, user: Any) -> dict[str, list[Suggested]]:
    """People and words of the glossary that go on from what is being typed."""
    asked = [word for word in parse(words).words if word not in STOPWORDS and FORMS[word] not in ASKING]
    if not asked or len(asked) > MOST_WORDS:
        return {}
    found = {
        _("Persone"): [
            Suggested(" · ".join(filter(None, [who.name, who.telephone])), reverse("person", args=[who.pk]))
            for who in _people(asked, user)[:SUGGESTED]
        ],
        _("Glossario"): [
            Suggested(f"{term.word}: {term.meaning}", _address(term.word))
            for term in vocabulary.of(user).begun_by(words)[:SUGGESTED]
        ],
    }
    return {label: lines for label, lines in found.items() if lines}


def _address(words: str) -> str:
    return f"{reverse('search')}?{urlencode({'q': words})}"


def _people(asked: Sequence[str], user: Any) -> list[Person]:
    return _seen(names.at_hand.get().people(asked), user)


def _seen(meant: Sequence[Person], user: Any) -> list[Person]:
    if len(meant) <= NAMED:
        seen = access.people_seen(user, [person.pk for person in meant])
    else:
        seen = access.everybody_seen(user)
    return sorted((person for person in meant if person.pk in seen), key=attrgetter("sorted_by"))


def _bodies(asked: Sequence[str], user: Any) -> list[Organisation]:
    """For whoever has entered, as the directory."""
    return names.at_hand.get().bodies(asked) if user.is_authenticated else []


def _figures(asked: Sequence[str], user: Any) -> list[feed.Figure]:
    """«protocolli in scadenza», «azioni scadute»: the count that the home page of whoever decides has."""
    keys = {FORMS[word] for word in asked}
    if not keys & DUE or not user.is_authenticated:
        return []
    return [figure for figure in feed.figures(user) if keys <= {FORMS[word] for word in words_of(figure.what)}]


OPERATOR = re.compile(r"""(?<!\S)(tipo|ente|anno|spazio):(?:"([^"]+)"|(\S+))""", re.IGNORECASE)


def filters_in(words: str, user: Any) -> tuple[str, dict[str, str]]:
    """The words without `tipo:procedura ente:Quarrata anno:2026`, and the filters that these are.

    What names no filter stays a word: nobody needs to know that there are such signs. Filters alone are what one
    looks for: their values are the words.
    """
    chosen: dict[str, str] = {}
    values: list[str] = []

    def take(match: re.Match[str]) -> str:
        name, value = match[1].lower(), match[2] or match[3]
        meant = _VALUES[name](value, user)
        if meant:
            chosen[name] = meant
            values.append(value)
        return "" if meant else match[0]

    rest = " ".join(OPERATOR.sub(take, words).split())
    return (rest or " ".join(values), chosen) if chosen else (words, {})


def _kind(value: str, user: Any) -> str:
    return next(iter(sorted(vocabulary.kinds().get(phrase_key(value), ()))), "")


def _body(value: str, user: Any) -> str:
    asked = [word for word in words_of(value) if word not in STOPWORDS]
    return next((body.name for body in _bodies(asked, user)), "") if asked else ""


def _space(value: str, user: Any) -> str:
    spaces = access.allowed(Space.objects.order_by("name"), user)
    return next((space.code for space in spaces if begun(words_of(value), f"{space.name} {space.code}")), "")


def _year(value: str, user: Any) -> str:
    return value if value.isascii() and value.isdigit() and len(value) == 4 else ""


_VALUES: dict[str, Callable[[str, Any], str]] = {"tipo": _kind, "ente": _body, "spazio": _space, "anno": _year}
