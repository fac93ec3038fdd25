"""Opening a space, naming it, closing it, and who sees that it exists."""

from itertools import count

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Collection, Page, Revision, WorkflowState

from portal.models.activity import Verb
from portal.models.pages import HomePage, SpacePage
from portal.models.people import User
from portal.models.spaces import Role, Space, Visibility
from portal.notices.activity import record

from . import role_mail, roles
from .role_copy import sync_space
from .shares import audience_of_subtree_changed

LONGEST_SLUG = 40


class StillWaiting(Exception):
    """The space cannot be closed: something in it waits to be published."""


def open_space(
    code: str,
    name: str,
    *,
    slug: str,
    by: User | None,
    purpose: str = "",
    intro: str = "",
    visibility: str = Visibility.PRIVATE,
    heading: str = "",
) -> Space:
    """A new space with its first page, its collection and its role groups."""
    with transaction.atomic():
        home = HomePage.objects.get()
        page = home.add_child(instance=SpacePage(title=name, slug=slug, intro=intro))
        collection = Collection.get_first_root_node().add_child(name=name)
        space = Space.objects.create(
            code=code, name=name, purpose=purpose, visibility=visibility, heading=heading, root_page=page,
            collection=collection,
        )  # fmt: skip
        sync_space(space)
        record(Verb.SPACE_OPENED, by=by, space=space, sentence=_("ha aperto lo spazio «%(space)s»") % {"space": name})
    return space


def open_for(manager: User, name: str, *, by: User, purpose: str, heading: str, visibility: str) -> Space:
    """A space as a coordinator opens it: address and code from its name, and somebody who answers for it at once."""
    with transaction.atomic():
        HomePage.objects.select_for_update().get()  # two who choose one name wait for each other
        slug = _free_slug(name)
        space = open_space(
            f"SP-{slug.upper()}", name, slug=slug, by=by, purpose=purpose, intro=purpose, visibility=visibility,
            heading=heading,
        )  # fmt: skip
        roles.give_role(space, manager, Role.MANAGER, by=by, reason=_("Risponde dello spazio da quando è aperto"))
        role_mail.ask(manager, space, by=by)
    return space


def _free_slug(name: str) -> str:
    """The name as an address, with a number where it is taken."""
    wanted = slugify(name)[:LONGEST_SLUG].strip("-") or "spazio"
    taken = set(Page.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    taken |= {code.removeprefix("SP-").lower() for code in Space.objects.values_list("code", flat=True)}
    numbered = (f"{wanted}-{number}" for number in count(2))
    return wanted if wanted not in taken else next(each for each in numbered if each not in taken)


def change_space(space: Space, *, name: str, purpose: str, heading: str, by: User) -> None:
    """Another name, purpose or heading; address and code last."""
    with transaction.atomic():
        before = space.name
        space.name, space.purpose, space.heading = name, purpose, heading
        space.save(update_fields=["name", "purpose", "heading"])
        if name != before:
            space.collection.name = name
            space.collection.save()
            _rename_page(SpacePage.objects.get(pk=space.root_page_id), name, by=by)
            audience_of_subtree_changed(space.root_page)
        words = {"before": before, "space": name}
        sentence = _("ha cambiato lo spazio «%(before)s»") if name == before else _(
            "ha cambiato il nome dello spazio «%(before)s» in «%(space)s»"
        )  # fmt: skip
        record(Verb.SPACE_CHANGED, by=by, space=space, sentence=sentence % words)


def _rename_page(page: SpacePage, name: str, *, by: User) -> None:
    """The page as it is read, and the text that editors go on from: its other changes stay theirs."""
    page.title = page.draft_title = name
    page.save()
    if page.latest_revision_id:
        draft = page.get_latest_revision_as_object()
        draft.title = draft.draft_title = name
        draft.save_revision(user=by, changed=False, clean=False)


def close_space(space: Space, *, by: User, reason: str) -> None:
    """From now on it is only read."""
    with transaction.atomic():
        if waiting := _waiting_in(space):
            words = ngettext(
                "%(count)d pagina aspetta di essere approvata o pubblicata: prima si decide su quella.",
                "%(count)d pagine aspettano di essere approvate o pubblicate: prima si decide su quelle.",
                waiting,
            )
            raise StillWaiting(words % {"count": waiting})
        space.closed_at = timezone.now()
        space.save(update_fields=["closed_at"])
        sync_space(space)
        sentence = _("ha chiuso lo spazio «%(space)s»: si legge, non vi si scrive più") % {"space": space}
        record(Verb.SPACE_CLOSED, by=by, space=space, sentence=sentence, note=reason)


def _waiting_in(space: Space) -> int:
    """How many of its pages somebody is asked to approve, or the clock will publish."""
    pages = [str(pk) for pk in Page.objects.filter(path__startswith=space.root_page.path).values_list("pk", flat=True)]
    asked = WorkflowState.objects.active().filter(object_id__in=pages).values_list("object_id", flat=True)
    by_the_clock = Revision.page_revisions.filter(object_id__in=pages, approved_go_live_at__isnull=False)
    return len({*asked, *by_the_clock.values_list("object_id", flat=True)})


def reopen_space(space: Space, *, by: User, reason: str) -> None:
    """It is written in again, by whoever held a role all the while."""
    with transaction.atomic():
        space.closed_at = None
        space.save(update_fields=["closed_at"])
        sync_space(space)
        sentence = _("ha riaperto lo spazio «%(space)s»") % {"space": space}
        record(Verb.SPACE_REOPENED, by=by, space=space, sentence=sentence, note=reason)


def set_visibility(space: Space, visibility: str, *, by: User | None, reason: str = "") -> None:
    """Open a space to anybody, or close it again."""
    with transaction.atomic():
        space.visibility = visibility
        space.save(update_fields=["visibility"])
        sentence = _("ha reso lo spazio %(visibility)s") % {"visibility": space.get_visibility_display()}
        verb = Verb.SHARED if visibility == Visibility.PUBLIC else Verb.UNSHARED
        record(verb, by=by, space=space, sentence=sentence, note=reason)
        audience_of_subtree_changed(space.root_page)
