"""A network as large as a test wants it, made in rows: what is measured on it is the reading, not the making.

Made through the portal's own doors, five hundred spaces take a minute; what those doors do has tests of its own.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from wagtail.models import Collection, Locale, Page

from portal.models import Membership, Organisation, Role, Space, User
from portal.models.pages import HomePage, SpacePage


def pages_below(parent: Page, model: type[Page], titles: list[str], **fields: Any) -> list[Page]:
    """Live pages of one kind, after those that are there; the address is made of the kind and a number."""
    parent = Page.objects.get(pk=parent.pk)
    last = parent.get_last_child()
    first = int(last.path[-Page.steplen :], 36) + 1 if last else 1
    kind, locale, now = ContentType.objects.get_for_model(model), Locale.get_default(), timezone.now()
    rows = [
        Page(
            path=Page._get_path(parent.path, parent.depth + 1, first + number), depth=parent.depth + 1, title=title,
            draft_title=title, slug=(slug := f"{kind.model}-{first + number}"), url_path=f"{parent.url_path}{slug}/",
            content_type=kind, locale=locale, live=True, first_published_at=now, last_published_at=now,
        )
        for number, title in enumerate(titles)
    ]  # fmt: skip
    made = []
    for row in Page.objects.bulk_create(rows):
        page = model(page_ptr=row, **fields)
        page.__dict__.update({name: value for name, value in row.__dict__.items() if name != "_state"})
        page._save_table(raw=True, cls=model, force_insert=True, using="default")  # its own row alone, no signals
        made.append(page)
    Page.objects.filter(pk=parent.pk).update(numchild=parent.numchild + len(titles))
    return made


def spaces(count: int, *, reader: Any, role: Role = Role.READER) -> list[Space]:
    """Spaces in which the person has the role; without the admin's copy of roles, which none of them asks for."""
    start = Space.objects.count()
    names = [f"Spazio {number}" for number in range(start, start + count)]
    root = Collection.get_first_root_node()
    below = Collection._get_path(root.path, root.depth + 1, 1)
    last = root.get_last_child()
    first = int(last.path[-Collection.steplen :], 36) + 1 if last else int(below[-Collection.steplen :], 36)
    collections = Collection.objects.bulk_create(
        Collection(path=Collection._get_path(root.path, root.depth + 1, first + n), depth=root.depth + 1, name=name)
        for n, name in enumerate(names)
    )
    Collection.objects.filter(pk=root.pk).update(numchild=root.numchild + count)
    roots = pages_below(HomePage.objects.get(), SpacePage, names)
    made = Space.objects.bulk_create(
        Space(code=f"SX-{name.split()[1]}", name=name, root_page=page, collection=collection)
        for name, page, collection in zip(names, roots, collections, strict=True)
    )
    Membership.objects.bulk_create(Membership(space=space, user=reader, role=role) for space in made)
    return made


def people(count: int, *, space: Space) -> list[User]:
    """Readers of the space, one after the other of each body."""
    start, bodies = User.objects.count(), list(Organisation.objects.all())
    made = User.objects.bulk_create(
        User(email=f"persona{number}@rete.example", first_name="Persona", last_name=f"Numero {number}",
             organisation=bodies[number % len(bodies)])
        for number in range(start, start + count)
    )  # fmt: skip
    Membership.objects.bulk_create(Membership(space=space, user=each, role=Role.READER) for each in made)
    return made


def roles(people: list[User], spaces: Iterable[Space]) -> None:
    """Each of the people reads in each of the spaces."""
    Membership.objects.bulk_create(
        Membership(space=space, user=each, role=Role.READER) for space in spaces for each in people
    )
