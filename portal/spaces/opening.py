"""Opening a space, and who sees that it exists."""

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import Collection

from portal.models.activity import Verb
from portal.models.pages import HomePage, SpacePage
from portal.models.people import User
from portal.models.spaces import Space, Visibility
from portal.notices.activity import record

from .role_copy import sync_space
from .shares import audience_of_subtree_changed


def open_space(
    code: str,
    name: str,
    *,
    slug: str,
    by: User | None,
    purpose: str = "",
    intro: str = "",
    visibility: str = Visibility.PRIVATE,
) -> Space:
    """A new space with its first page, its collection and its role groups."""
    with transaction.atomic():
        home = HomePage.objects.get()
        page = home.add_child(instance=SpacePage(title=name, slug=slug, intro=intro))
        collection = Collection.get_first_root_node().add_child(name=name)
        space = Space.objects.create(
            code=code, name=name, purpose=purpose, visibility=visibility, root_page=page, collection=collection
        )
        sync_space(space)
        record(Verb.SPACE_OPENED, by=by, space=space, sentence=_("ha aperto lo spazio «%(space)s»") % {"space": name})
    return space


def set_visibility(space: Space, visibility: str, *, by: User | None) -> None:
    """Open a space to anybody, or close it again."""
    with transaction.atomic():
        space.visibility = visibility
        space.save(update_fields=["visibility"])
        sentence = _("ha reso lo spazio %(visibility)s") % {"visibility": space.get_visibility_display()}
        record(Verb.SHARED, by=by, space=space, sentence=sentence)
        audience_of_subtree_changed(space.root_page)
