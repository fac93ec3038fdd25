"""A person is told that somebody gave, changed or took a role of theirs."""

from portal import access
from portal.background import jobs
from portal.models.jobs import Lane
from portal.models.people import User
from portal.models.spaces import Space
from portal.notices import emails


def ask(person: User, space: Space, *, by: User) -> None:
    """Tell the person, unless the act was the person's own; in the transaction of the act."""
    if person != by:
        jobs.ask(
            f"role-mail:{space.pk}:{person.pk}", "portal.spaces.role_mail.tell", person.pk, space.pk, str(by),
            lane=Lane.MAIL,
        )  # fmt: skip


def tell(person_id: int, space_id: int, by: str) -> None:
    """Say what holds at this moment: the role may have changed again, or ended, since it was asked."""
    person = User.objects.current().filter(pk=person_id).first()
    space = Space.objects.select_related("root_page").filter(pk=space_id).first()
    if person and space:
        emails.role_mail(person, space=space, role=access.role_in(person, space), by=by).send()
