"""What is asked of an index: each engine translates these into queries of its own, so that all ask the same.

A clause finds documents and gives each a score; words typed by a person come here as plain values, never as syntax.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Everything:
    pass


@dataclass(frozen=True)
class Term:
    field: str
    value: str | int


@dataclass(frozen=True)
class In:
    """Any of the values; adds no score."""

    field: str
    values: tuple[str | int, ...]


@dataclass(frozen=True)
class Begins:
    """A word of the field begins so; each that does scores one."""

    field: str
    prefix: str


@dataclass(frozen=True)
class Phrase:
    """Words at these distances from the first."""

    field: str
    words: tuple[tuple[int, str], ...]
    slop: int = 0


@dataclass(frozen=True)
class AnyOf:
    """At least so many of the clauses; each that fits adds its score. None fits where there are none."""

    clauses: tuple["Clause", ...]
    least: int = 1


@dataclass(frozen=True)
class AllOf:
    """Every clause, whose scores are added. None fits where there are none."""

    clauses: tuple["Clause", ...]


@dataclass(frozen=True)
class Best:
    """Any of the clauses; the score is the best one's alone."""

    clauses: tuple["Clause", ...]


@dataclass(frozen=True)
class Weighed:
    clause: "Clause"
    weight: float


@dataclass(frozen=True)
class Constant:
    """What the clause finds, each with the same score."""

    clause: "Clause"
    score: float


@dataclass(frozen=True)
class Narrowed:
    """The clause with its score, where all that is required is there too and nothing of what is left out."""

    clause: "Clause"
    required: tuple["Clause", ...] = ()
    without: tuple["Clause", ...] = ()


@dataclass(frozen=True)
class Ordered:
    """`what` alone decides what is found; the scored clauses say in which order."""

    what: "Clause"
    scored: tuple["Clause", ...]


Clause = Everything | Term | In | Begins | Phrase | AnyOf | AllOf | Best | Weighed | Constant | Narrowed | Ordered


def any_of(clauses: Iterable[Clause]) -> Clause:
    return AnyOf(tuple(clauses))


def all_of(clauses: Iterable[Clause]) -> Clause:
    return AllOf(tuple(clauses))


def one_of(field: str, values: Iterable[str] | Iterable[int]) -> Clause:
    return In(field, tuple(sorted(values)))  # type: ignore[type-var]  # of one kind, but mypy joins both


def found_by(what: Clause, scored: Iterable[Clause], excluded: Iterable[Clause] = ()) -> Clause:
    return Narrowed(Ordered(what, tuple(scored)), (), tuple(excluded))


def within(clause: Clause, required: Iterable[Clause]) -> Clause:
    return Narrowed(clause, tuple(required))


NOTHING = AnyOf(())


def without_fields(clause: Clause, lacking: Collection[str]) -> Clause:
    """The same, as an index answers it that has not these fields: what is asked of one of them finds nothing."""
    match clause:
        case Term(field) | In(field) | Begins(field) | Phrase(field):
            return NOTHING if field in lacking else clause
        case AnyOf(clauses) | AllOf(clauses) | Best(clauses):
            return replace(clause, clauses=_each_without(clauses, lacking))
        case Weighed(inner) | Constant(inner):
            return replace(clause, clause=without_fields(inner, lacking))
        case Narrowed(inner, required, excluded):
            parts = _each_without(required, lacking), _each_without(excluded, lacking)
            return Narrowed(without_fields(inner, lacking), *parts)
        case Ordered(what, scored):
            return Ordered(without_fields(what, lacking), _each_without(scored, lacking))
    return clause


def _each_without(clauses: tuple[Clause, ...], lacking: Collection[str]) -> tuple[Clause, ...]:
    """One that stands there several times stays one."""
    made = {id(each): without_fields(each, lacking) for each in clauses}
    return tuple(made[id(each)] for each in clauses)
