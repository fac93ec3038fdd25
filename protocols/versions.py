"""The number of a version: how it is written, and which of two is higher."""

import re

WRITTEN = re.compile(r"v?\s*(\d{1,3})(?:[.,](\d{1,3}))?", re.IGNORECASE)


class NotAVersion(ValueError):
    """What somebody wrote is no number of a version."""


def normal(text: str) -> str:
    """«2», «2,0» and «v2.0» are all «2.0»."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        raise NotAVersion(text)
    return f"{int(found[1])}.{int(found[2] or 0)}"


def rank(text: str) -> tuple[int, int]:
    """For comparing: 1.10 comes after 1.9; what was kept before numbers were asked for comes before all."""
    try:
        major, minor = normal(text).split(".")
    except NotAVersion:
        return (-1, 0)
    return int(major), int(minor)


def next_minor(text: str) -> str:
    """The number to propose after this one."""
    major, minor = rank(text)
    return f"{max(major, 1)}.{minor + 1}"


def next_major(text: str) -> str:
    """The number of an edition that changes what people do."""
    return f"{max(rank(text)[0], 0) + 1}.0"
