"""A network as large as a test wants it, made in rows: what is measured on it is the reading, not the making.

Made through the portal's own doors, five hundred spaces take a minute; what those doors do has tests of its own.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from wagtail.models import Collection, Locale, Page

from portal.models import Membership, NetworkCoordinator, Organisation, Profession, Role, Space, User
from portal.models.pages import HomePage, SpacePage
from portal.models.people import OrganisationKind
from portal.spaces import opening
from portal.spaces import roles as given_roles


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


# --- A small network, for tests of what happens ----------------------------------------------------------

MUNICIPALITY, THIRD_SECTOR = OrganisationKind.MUNICIPALITY, OrganisationKind.THIRD_SECTOR
BODIES = {
    "alfa": ("Unione di Alfa", OrganisationKind.CONSORTIUM), "beta": ("Comune di Beta", MUNICIPALITY),
    "gamma": ("Comune di Gamma", MUNICIPALITY), "delta": ("Associazione Delta", THIRD_SECTOR),
}  # fmt: skip
WIDE, NARROW, GUESTS = "SP-LARGO", "SP-STRETTO", "SP-OSPITI"
# Who, of which body, with which roles; «Editor Prova» is `person("editor")`, and so are the others.
PEOPLE: list[tuple[str, str, str, dict[str, Role]]] = [
    ("manager", "alfa", "Coordinatrice", {WIDE: Role.MANAGER, NARROW: Role.MANAGER, GUESTS: Role.MANAGER}),
    ("approver", "alfa", "Direttore", {WIDE: Role.APPROVER}),
    ("writer", "alfa", "Assistente sociale", {WIDE: Role.EDITOR}),
    ("editor", "gamma", "Assistente sociale", {WIDE: Role.EDITOR}),
    ("reader", "beta", "Amministrativo", {WIDE: Role.READER}),
    ("insider", "beta", "Educatrice", {WIDE: Role.READER, NARROW: Role.APPROVER}),
    ("guest", "delta", "Volontaria", {GUESTS: Role.READER}),
    ("keeper", "alfa", "Coordinatrice", {}),  # of the network
    ("technician", "alfa", "Tecnico", {}),  # an administrator
]


class Small:
    """Four bodies, three spaces and nine persons, beside the demo and without a word of it; each read anew."""

    @property
    def wide(self) -> Space:
        return Space.objects.get(code=WIDE)

    @property
    def narrow(self) -> Space:
        return Space.objects.get(code=NARROW)

    @property
    def guests(self) -> Space:
        """What others share is shared with it."""
        return Space.objects.get(code=GUESTS)

    def publish(self, page: Any, *, below: Any = None, by: str = "manager") -> Any:
        """The page, added to the space that most read and published by whoever answers for it."""
        author = User.objects.get(email=f"{by}@raccordo.example")
        page.change_note, page.owner, page.live = page.change_note or "Nuova.", page.owner or author, False
        Page.objects.get(pk=(below or self.wide.root_page).pk).add_child(instance=page)
        page.save_revision(user=author).publish(user=author)
        return type(page).objects.get(pk=page.pk)


def small() -> Small:
    """Made through the portal's own doors, as who keeps a network makes it."""
    bodies = {
        slug: Organisation.objects.create(slug=slug, name=name, kind=kind) for slug, (name, kind) in BODIES.items()
    }
    named = {WIDE: "Spazio largo", NARROW: "Spazio stretto", GUESTS: "Spazio degli ospiti"}
    made = {code: opening.open_space(code, name, slug=code[3:].lower(), by=None) for code, name in named.items()}
    for who, body, profession, held in PEOPLE:
        user = User.objects.create(
            email=f"{who}@raccordo.example", first_name=who.title(), last_name="Prova", organisation=bodies[body],
            profession=Profession.objects.get_or_create(name=profession)[0], is_superuser=who == "technician",
        )  # fmt: skip
        for code, role in held.items():
            given_roles.give_role(made[code], user, role, by=None)
    NetworkCoordinator.objects.create(person=User.objects.get(email="keeper@raccordo.example"))
    return Small()
