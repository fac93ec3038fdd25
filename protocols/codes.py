"""Codes that an author types into a procedure: brought into their one form, and known to the author."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.pages import addresses
from protocols.models.rules import RuleForm


def read(typed: str) -> list[str]:
    """«PR-13, pr 08; PR-777» → PR-13, PR-08, PR-777; what is no code stays as it was typed."""
    joined = re.sub(r"\b([A-Za-z]{1,4})[ ./_](?=\d)", r"\1-", typed)
    found = []
    for word in re.split(r"[\s,;]+", joined):
        try:
            found.append(addresses.normal_code(word) if word else "")
        except addresses.UnreadableCode:
            found.append(word)
    return [word for word in dict.fromkeys(found) if word]


def unknown(codes: Iterable[str], user: Any) -> list[str]:
    """Of these, the ones under which the person may see no page: missing and hidden answer alike."""
    asked = dict.fromkeys(codes)
    pages = access.known(Page.objects.filter(slug__in=[slugify(code) for code in asked]), user)
    seen = set(pages.values_list("slug", flat=True))
    return [code for code in asked if slugify(code) not in seen]


class ProcedureForm(RuleForm):
    """Codes in their one form; before publication each leads to a page that the author may see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.instance
        self.codes_before = {*read(page.protocols), *_of_steps(page.steps)}

    def clean_protocols(self) -> str:
        codes = read(self.cleaned_data["protocols"])
        self._refuse_unknown(codes, "protocols")
        return " ".join(codes)

    def clean_steps(self) -> Any:
        steps = self.cleaned_data["steps"]
        for block in steps:
            block.value["form"] = " ".join(read(block.value.get("form") or ""))
        self._refuse_unknown(_of_steps(steps), "steps")
        return steps

    def _refuse_unknown(self, codes: Iterable[str], field: str) -> None:
        """A draft may still hold half a code."""
        left = unknown([code for code in codes if code not in self.codes_before], self.for_user)
        if left and not self.is_deferred_validation:
            words = _("Sotto %(codes)s non trovo nessuna pagina: controlla il codice, o toglilo.")
            self.add_error(field, words % {"codes": ", ".join(f"«{code}»" for code in left)})


def _of_steps(steps: Any) -> list[str]:
    return [code for block in steps or [] for code in read(block.value.get("form") or "")]
