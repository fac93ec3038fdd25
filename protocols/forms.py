"""The editors' forms of the rules: what stands in the way of putting a text in force is said at once."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modelcluster.models import get_all_child_m2m_relations
from wagtail.models import Page

from portal import access
from portal.pages.editing_form import PortalPageForm
from portal.pages.kinds import edits

from . import codes, consent, editions, versions
from .models import Edition, ProcedurePage, ways
from .models.rules import RulePage
from .models.ways import codes_of

# What an editor presses when the text is to be read by others; a draft may still be anything.
DECISIVE = ("action-publish", "action-submit", "action-restart-workflow", "action-workflow-action")


class NumberField(forms.ChoiceField):
    """The author says how much changes; the number follows from the editions that there are."""

    widget = forms.RadioSelect
    default_error_messages = {"invalid_choice": gettext_lazy("Scegli uno dei numeri proposti: li dà il portale.")}

    def to_python(self, value: Any) -> str:
        try:
            return versions.normal(value or "")
        except versions.NotAVersion:  # kept before numbers were asked for
            return super().to_python(value)


def number_field(page: RulePage) -> NumberField:
    """What may be chosen for the page: the number it has, the next minor and the next major one."""
    latest = editions.highest(Edition.objects.filter(page_id=page.pk)) if page.pk else None
    if latest is None:
        return NumberField(label=_("Versione"), choices=[
            (page.version, _("%(version)s: è la prima edizione") % {"version": page.version}),
        ])  # fmt: skip
    minor, major = versions.next_minor(latest.version), versions.next_major(latest.version)
    choices = {
        latest.version: _("%(version)s: il testo non cambia") % {"version": latest.version},
        minor: _("%(version)s, modifica minore: le cose da fare restano quelle") % {"version": minor},
        major: _("%(version)s, modifica maggiore: cambia che cosa si fa, chi lo fa o entro quando")
        % {"version": major},
    }
    choices.setdefault(page.version, _("%(version)s, come sta scritto nella bozza") % {"version": page.version})
    return NumberField(label=_("Versione"), choices=list(choices.items()))


@edits(RulePage)
class RuleForm(PortalPageForm):
    """Asks how much changes, and says at once what would stand in the way of putting the text in force."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "version" in self.fields:
            self.fields["version"] = number_field(self.instance)

    def _post_clean(self) -> None:
        super()._post_clean()
        if not any(name in self.data for name in DECISIVE):
            return
        for relation in get_all_child_m2m_relations(type(self.instance)):
            if relation.name in self.cleaned_data:
                setattr(self.instance, relation.name, self.cleaned_data[relation.name])
        if found := editions.obstacle(self.instance):
            self.add_error(*found)
        elif "action-publish" in self.data and (problem := consent.obstacle(self.instance, self._agreed())):
            self.add_error(None, problem)

    def _agreed(self) -> str:
        """Nobody has agreed to a page that is not there yet."""
        return editions.agreed(self.instance) if self.instance.pk else ""


@edits(ProcedurePage)
class ProcedureForm(RuleForm):
    """Codes in their one form; before publication each leads to a page that the author may see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.instance
        self.codes_before = {*codes.read(page.protocols), *_of_steps(page.steps)}

    def clean_protocols(self) -> str:
        typed = codes.read(self.cleaned_data["protocols"])
        self._refuse_unknown(typed, "protocols")
        return " ".join(typed)

    def clean_steps(self) -> Any:
        steps = self.cleaned_data["steps"]
        for block in steps:
            for row in (block.value, *block.value["branches"]):
                for name in ("form", "rule", "procedure"):
                    if row.get(name):
                        row[name] = " ".join(codes.read(row[name]))
        self._refuse_unknown(_of_steps(steps), "steps")
        if not self.is_deferred_validation:
            self._settle_ways(steps)
            self._refuse_unknown_sections(steps)
        return steps

    def _settle_ways(self, steps: Any) -> None:
        """A step named by its number is kept by its title, which stays right when steps change places."""
        for way in (way for block in steps for way in block.value["branches"] if way["step"]):
            place = ways.place_of(steps, way["step"])
            if place is None:
                words = _("«%(step)s» non è il numero né il titolo di un solo passo: scrivi quello a cui si va.")
                self.add_error("steps", words % {"step": way["step"]})
            else:
                way["step"] = steps[place - 1].value["title"]

    def _refuse_unknown_sections(self, steps: Any) -> None:
        """A section by the title that it has on the page; what the author may not see was refused before."""
        named = {block.value["rule"].lower() for block in steps if block.value["section"]}
        pages = access.known(Page.objects.filter(slug__in=named), self.for_user).specific()
        known = {page.slug: [section.heading for section in page.sections() if section.heading] for page in pages}
        for block in steps:
            rule, section = block.value["rule"].lower(), block.value["section"]
            if section and rule in known and section.casefold() not in map(str.casefold, known[rule]):
                words = _("%(rule)s non ha una sezione «%(section)s»: scegli fra %(known)s.")
                named_so = ", ".join(f"«{heading}»" for heading in known[rule])
                self.add_error("steps", words % {"rule": rule.upper(), "section": section, "known": named_so})

    def _refuse_unknown(self, typed: Iterable[str], field: str) -> None:
        """A draft may still hold half a code."""
        left = codes.unknown([code for code in typed if code not in self.codes_before], self.for_user)
        if left and not self.is_deferred_validation:
            words = _("Sotto %(codes)s non trovo nessuna pagina: controlla il codice, o toglilo.")
            self.add_error(field, words % {"codes": ", ".join(f"«{code}»" for code in left)})


def _of_steps(steps: Any) -> list[str]:
    return [code for block in steps or [] for typed in codes_of(block.value) for code in codes.read(typed)]
