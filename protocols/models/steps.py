"""The steps of a procedure, as their author writes them: who does what, by when, with what, and where it branches."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from coordination.models import RegulatedService
from portal.models import Position
from portal.wagtail_admin.choosers import PageBlock
from portal.words import terms
from portal.words.terms import Direction, Unit

BEGINNING = "inizio"  # what days were counted from before steps named their events
# What steps learned to say later is kept only where it is said: the fingerprints of earlier editions must not change.
SAID_LATER = ("lane", "position", "desk", "rule", "section", "branches", "note", "regulation")


class StepLane(models.TextChoices):
    """Whose work a step is."""

    PROFESSIONAL = "professionale", _("professionale")
    ADMINISTRATIVE = "amministrativa", _("amministrativa")


def service() -> PageBlock:
    return PageBlock(label=_("Servizio"), page_type="coordination.ServicePage")


def positions() -> list[tuple[str, str]]:
    """The network's vocabulary of roles; a word out of use comes last, and says so."""
    rows = Position.objects.order_by("retired", "name").values_list("pk", "name", "retired")
    return [(str(pk), now("%(name)s (non si usa più)") % {"name": name} if old else name) for pk, name, old in rows]


def regulated() -> list[tuple[str, str]]:
    """The services that each Comune gives by its own rules."""
    rows = RegulatedService.objects.values_list("pk", "name", "retired")
    return [(str(pk), now("%(name)s (non si usa più)") % {"name": name} if old else name) for pk, name, old in rows]


class PositionBlock(blocks.ChoiceBlock):
    """A word of the vocabulary, kept by its number; reading a step asks for no list of words."""

    def normalize_choice(self, value: Any) -> Any:
        return value


class BranchBlock(blocks.StructBlock):
    """«Se è minore: …»: what is done then, in words, or the step or the procedure at which one goes on."""

    when = blocks.CharBlock(label=_("Se…"), max_length=160, help_text=_("Per esempio: è minore."))
    text = blocks.CharBlock(label=_("Che cosa si fa"), max_length=300, required=False)
    step = blocks.CharBlock(
        label=_("Si va al passo"), max_length=80, required=False, help_text=_("Il suo numero, o il suo titolo.")
    )
    procedure = blocks.CharBlock(label=_("Si va alla procedura (codice)"), max_length=12, required=False)

    class Meta:
        label = _("Strada")
        icon = "arrow-right"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not any(cleaned[name] for name in ("text", "step", "procedure")):
            sentence = _("Scrivi che cosa si fa, oppure a quale passo o procedura si va.")
            raise blocks.StructBlockValidationError({"text": ValidationError(sentence)})
        return cleaned


class StepBlock(blocks.StructBlock):
    """One step: who does what, by when, with which form; perhaps a question that decides the way."""

    title = blocks.CharBlock(label=_("Passo"), max_length=80)
    text = blocks.TextBlock(label=_("Che cosa si fa"))
    lane = blocks.ChoiceBlock(
        label=_("Corsia"), choices=StepLane.choices, required=False,
        help_text=_("Di chi è il lavoro: del servizio o dell’ufficio amministrativo. Si vede nel disegno."),
    )  # fmt: skip
    who = blocks.CharBlock(label=_("Chi"), max_length=160)
    position = PositionBlock(
        label=_("Ruolo nella rete"), choices=positions, required=False,
        help_text=_("A chi ci si rivolge: chi legge vede chi ha questo ruolo oggi, o chi lo sostituisce."),
    )  # fmt: skip
    desk = blocks.BooleanBlock(
        label=_("Ci si rivolge allo sportello del proprio Comune"), default=False, required=False
    )
    regulation = PositionBlock(
        label=_("Regola del proprio Comune"), choices=regulated, required=False,
        help_text=_("Chi legge vede soglia, quota, documenti e accesso del suo Comune, con l’atto."),
    )  # fmt: skip
    services = blocks.ListBlock(service(), label=_("Chi chiamare per questo passo"), default=[], required=False)
    within = blocks.CharBlock(label=_("Entro quando, a parole"), max_length=160, required=False)
    number = blocks.IntegerBlock(
        label=_("Quanto tempo"), required=False, min_value=0, max_value=terms.FARTHEST,
        help_text=_("Serve a calcolare la data. Lascia vuoto se il termine è solo a parole."),
    )  # fmt: skip
    unit = blocks.ChoiceBlock(label=_("Ore, giorni o mesi"), choices=Unit.choices, required=False)
    direction = blocks.ChoiceBlock(
        label=_("Dopo o prima del fatto"), choices=Direction.choices, default=Direction.AFTER, required=False
    )
    base = blocks.CharBlock(
        label=_("Da quale fatto si conta"), max_length=60, required=False,
        help_text=_("Per esempio: ricovero, uscita, segnalazione. Chi legge ne scrive la data."),
    )  # fmt: skip
    form = blocks.CharBlock(label=_("Codice del modulo"), max_length=12, required=False)
    rule = blocks.CharBlock(label=_("Codice del protocollo che lo chiede"), max_length=12, required=False)
    section = blocks.CharBlock(
        label=_("In quale sezione"), max_length=120, required=False,
        help_text=_("Il titolo della sezione del protocollo, per esempio: Tempi."),
    )  # fmt: skip
    question = blocks.CharBlock(label=_("Domanda che decide la strada"), max_length=160, required=False)
    yes = blocks.CharBlock(label=_("Se sì"), max_length=300, required=False)
    no = blocks.CharBlock(label=_("Se no"), max_length=300, required=False)
    branches = blocks.ListBlock(BranchBlock(), label=_("Altre strade"), default=[], required=False)
    note = blocks.TextBlock(label=_("Nota"), required=False, rows=2)

    class Meta:
        label = _("Passo")
        icon = "list-ol"

    def to_python(self, value: dict[str, Any]) -> Any:
        return super().to_python(_with_unit(value))

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([_with_unit(value) for value in values])

    def get_prep_value(self, value: Any) -> Any:
        said = super().get_prep_value(value)
        return {name: each for name, each in said.items() if each or name not in SAID_LATER}

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        given = {"number": cleaned["number"] is not None, "unit": bool(cleaned["unit"])}
        if given["number"] != given["unit"]:
            missing = "unit" if given["number"] else "number"
            sentence = {"unit": _("Scegli se sono ore, giorni o mesi."), "number": _("Scrivi quanti sono.")}[missing]
            raise blocks.StructBlockValidationError({missing: ValidationError(sentence)})
        if given["number"] and not cleaned["base"]:
            sentence = _("Scrivi da quale fatto si conta: senza, una data non si può calcolare.")
            raise blocks.StructBlockValidationError({"base": ValidationError(sentence)})
        if given["number"] and (found := terms.no_such_day(cleaned["number"], cleaned["unit"], cleaned["direction"])):
            name, sentence = found
            raise blocks.StructBlockValidationError({name: ValidationError(sentence)})
        if cleaned["section"] and not cleaned["rule"]:
            sentence = _("Scrivi di quale protocollo è la sezione.")
            raise blocks.StructBlockValidationError({"rule": ValidationError(sentence)})
        return cleaned


def _with_unit(step: dict[str, Any]) -> dict[str, Any]:
    """Steps written before terms had a unit say how many days after the start."""
    if "number" in step or step.get("days") is None:
        return step
    return {**step, "number": step["days"], "unit": Unit.DAYS.value, "base": BEGINNING}
