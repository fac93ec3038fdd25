"""The glossary: who keeps the network writes its words, and it stays written who did; they hold at once, everywhere.

Whoever changes a row changes the version by which each process knows its copy (`portal/models/kept.py`).
"""

from django.db import transaction
from django.utils.translation import gettext as _

from portal.models.activity import Verb
from portal.models.glossary import Term
from portal.models.people import User
from portal.notices.activity import record


def keep(term: Term, *, by: User) -> None:
    """Write the term down, new or changed."""
    sentence = (
        _("ha aggiunto «%(term)s» al glossario") if term.pk is None else _("ha cambiato «%(term)s» nel glossario")
    )
    with transaction.atomic():
        term.save()
        record(Verb.WORDS_CHANGED, by=by, sentence=sentence % {"term": term})


def take_away(term: Term, *, by: User) -> None:
    """From now on nothing explains the term, and its other names lead nowhere."""
    with transaction.atomic():
        record(Verb.WORDS_CHANGED, by=by, sentence=_("ha tolto «%(term)s» dal glossario") % {"term": term})
        term.delete()
