"""Whether a text names the person who asked, however the name is typed."""

import re
import unicodedata
from dataclasses import dataclass

from portal.models import User

BETWEEN = r"[\W_]{0,3}"  # a blank or two, an apostrophe, nothing


@dataclass(frozen=True)
class Named:
    surely: bool = False
    perhaps: str = ""  # the surname as a small word: «tesi», «costa»


def named(person: User, text: str) -> Named:
    """By address, by both names or by the surname; without regard to accents, blanks and capitals.

    A surname typed in small letters alone may be a word like any other: that is for whoever writes to say.
    """
    plain = _plain(text)
    surname, name = _pattern(person.last_name), _pattern(person.first_name)
    both = [f"{name}{BETWEEN}{surname}", f"{surname}{BETWEEN}{name}"] if name and surname else []
    if any(re.search(rf"(?<!\w)(?:{each})(?!\w)", plain, re.I) for each in [re.escape(person.email), *both] if each):
        return Named(surely=True)
    found = re.findall(rf"(?<!\w){surname}(?!\w)", plain, re.I) if surname else []
    as_word = [each for each in found if each == each.lower() and not person.last_name.islower()]
    return Named(surely=len(as_word) < len(found), perhaps=as_word[0] if as_word else "")


def _pattern(name: str) -> str:
    return BETWEEN.join(re.findall(r"\w+", _plain(name)))


def _plain(text: str) -> str:
    """Without accents; its capitals stay."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
