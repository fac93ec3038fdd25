"""Whether somebody is there on some days: who is away stands in for nobody."""

from datetime import date

from django.utils.translation import gettext as _

from portal.models.people import User
from portal.words import dates


def why_not(person: User, since: date, until: date) -> str:
    """Why the person cannot do another's part on these days, in a sentence; empty where nothing is in the way."""
    found = person.absences.filter(since__lte=until, until__gte=since).first()
    if found is None:
        return ""
    words = {"person": person, "since": dates.in_words(found.since, article="dal"),
             "until": dates.in_words(found.until, article="al")}  # fmt: skip
    return _("%(person)s è via %(since)s %(until)s: scegli un’altra persona.") % words
