"""The ways out of a step: where each leads, and how it is said in words."""

from typing import Any

from django.utils.translation import gettext as _


def place_of(steps: Any, wish: str) -> int | None:
    """The number of the step that an author names by number or by title; None where there is none, or two."""
    wish = " ".join(wish.split())
    if wish.isdecimal():
        return int(wish) if 1 <= int(wish) <= len(steps) else None
    found = [place for place, block in enumerate(steps, start=1) if _folded(block.value["title"]) == _folded(wish)]
    return found[0] if len(found) == 1 else None


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()


def in_words(branch: Any) -> str:
    """«Se è minore: avvisa la tutela; vai al passo «Firmate in due»; segui OP-08», as it is kept, found and printed."""
    then = [branch.get("text") or ""]
    if branch.get("step"):
        then.append(_("vai al passo «%(step)s»") % {"step": branch["step"]})
    if branch.get("procedure"):
        then.append(_("segui %(procedure)s") % {"procedure": branch["procedure"]})
    said = "; ".join(each.rstrip(".") for each in then if each)
    return _("Se %(when)s: %(then)s.") % {"when": branch["when"].rstrip(":"), "then": said}


def codes_of(step: Any) -> list[str]:
    """The codes that a step names: of its form, of its rule, of the procedures to which its other ways lead."""
    named = [step.get("form"), step.get("rule"), *(branch.get("procedure") for branch in step.get("branches") or [])]
    return [code for code in named if code]
