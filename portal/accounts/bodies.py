"""A body of the network: written down and changed by coordinators, with its organs; it stays written who did it."""

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.models.activity import Verb
from portal.models.people import Organ, Organisation, User
from portal.notices.activity import record


def keep(body: Organisation, organs: list[str], *, by: User) -> Organisation:
    """Write the body down, new or changed, and its organs in their order."""
    new = body.pk is None
    with transaction.atomic():
        if new:
            body.slug = _free_slug(body.name)
        body.save()
        if list(body.organs.values_list("name", flat=True)) != organs:
            body.organs.exclude(name__in=organs).delete()
            for order, name in enumerate(organs):
                Organ.objects.update_or_create(organisation=body, name=name, defaults={"order": order})
        verb = Verb.BODY_ADDED if new else Verb.BODY_CHANGED
        words = _("ha aggiunto l’ente «%(body)s»") if new else _("ha cambiato l’ente «%(body)s»")
        record(verb, by=by, sentence=words % {"body": body})
    return body


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:40].strip("-") or "ente"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(each for each in numbered if each not in taken)
