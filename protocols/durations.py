"""Terms as they are written in a text: «entro 48 ore», «5 giorni lavorativi»; and which of two is the shorter."""

import re
from dataclasses import dataclass

HOURS = {"minut": 1 / 60, "or": 1, "giorn": 24, "settiman": 24 * 7, "mes": 24 * 30, "ann": 24 * 365}
TERM = re.compile(
    r"(?<!\d)(\d{1,4})\s{1,4}(minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi])\b(\s+lavorativ[oi])?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Duration:
    """In hours, from the least to the most that it may be: between working days stand others."""

    least: float
    most: float


def written(text: str) -> list[Duration]:
    return [_duration(int(number), unit.lower(), bool(working)) for number, unit, working in TERM.findall(text)]


def _duration(number: int, unit: str, working: bool) -> Duration:
    hours = number * next(each for stem, each in HOURS.items() if unit.startswith(stem))
    return Duration(hours, hours * 2 if working else hours)


def change_of_terms(old: str, new: str) -> list[str]:
    """«shorter» or «longer», once for each term of the two texts that is clearly another."""
    before, after = written(old), written(new)
    found = []
    for was, now in zip(before, after, strict=False):
        if now.least <= was.least and now.most < was.most and (now.most < was.least or _same_kind(was, now)):
            found.append("shorter")
        elif now.least > was.least and now.most >= was.most and (now.least > was.most or _same_kind(was, now)):
            found.append("longer")
    return found


def _same_kind(one: Duration, other: Duration) -> bool:
    return (one.least == one.most) == (other.least == other.most)
