"""What surrounds every page: who I am, where I can go, whom to ask."""

from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.models import Site

from . import access
from .accounts import looked_up
from .models.pages import page_kinds
from .models.people import User
from .models.spaces import Space
from .navigation import entries
from .notices import feed
from .pages import addresses


def is_partner(user: User) -> bool:
    """Whether the person works for the third sector."""
    return user.organisation is not None and user.organisation.is_partner


MENU = 20  # spaces in the menu; all of them stand in their list


def _content_types() -> list[ContentType]:
    return list(ContentType.objects.get_for_models(*page_kinds()).values())


class Frame:
    """Read lazily: an error page or a mail asks for less than a full page."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.version = settings.VERSION

    @cached_property
    def user(self) -> Any:
        return getattr(self.request, "user", None)

    @cached_property
    def person(self) -> User | None:
        return self.user if isinstance(self.user, User) else None

    @cached_property
    def network(self) -> str:
        site = Site.find_for_request(self.request)
        return (site and site.site_name) or "Raccordo"

    @cached_property
    def spaces(self) -> list[Space]:
        """The open spaces in which the person holds a role; for whoever has not entered, the public ones."""
        if self.user is None:
            return []
        return access.spaces_read(self.user, only_open=True, most=MENU)

    @cached_property
    def todos(self) -> list[feed.Todo]:
        return feed.asked_of(self.request) if self.person else []

    @cached_property
    def asked(self) -> dict[str, feed.Todo]:
        """The same by what each is about: a page knows by it whether something of it is asked of the reader."""
        return {todo.key: todo for todo in self.todos}

    @property
    def todo_count(self) -> int:
        return len(self.todos)

    @cached_property
    def nav(self) -> list[tuple[str, Any, str]]:
        """Only where there is something for this person to see."""
        if self.user is None:
            return []
        if not self.person:
            return [(each.key, each.label, each.url) for each in entries if each.key == "home"]
        shown = sorted(entries, key=lambda each: each.order)
        models = self._models_there_are({each.model for each in shown if each.model})
        return [(each.key, each.label, each.url) for each in shown if not each.model or each.model in models]

    def _models_there_are(self, names: set[str]) -> set[str]:
        """Those of which the person may see a page: looked for until the first one is found, not counted."""
        kinds = {kind.pk: kind.model for kind in _content_types() if kind.model in names}
        return {kinds[pk] for pk in access.kinds_seen(self.user, kinds)}

    @cached_property
    def section(self) -> str:
        first = self.request.path_info.strip("/").split("/")[0]
        named = getattr(self.request, "section", "")
        page_entry = next((each.key for each in entries if each.model and each.model == named), "")
        return page_entry or named or first or "home"

    @cached_property
    def contact(self) -> User | None:
        """Who answers for this page, else the person who looks after the network."""
        named = getattr(self.request, "contact", None)
        if named is None and self.user is not None:
            named = access.somebody_to_ask(self.user)
            if named is not None and access.knows_whom_to_ask(self.user):
                looked_up.known(self.request, named)
        return named

    @property
    def is_at_a_code(self) -> bool:
        """On a page, or on an edition or a comparison of it, which are no page of the tree themselves."""
        return self.request.path_info.startswith(f"/{addresses.CODE_ADDRESS}/")

    @property
    def reported(self) -> str:
        """The address that a report names, to lead back to the very step; of a search without its words.

        The link of an invitation opens an account: no report carries it.
        """
        found = getattr(self.request, "resolver_match", None)
        if found is not None and found.url_name == "accept_invitation":
            return "/"
        is_search = found is not None and found.url_name == "search"
        return self.request.path if is_search else self.request.get_full_path()

    @property
    def contact_is_named(self) -> bool:
        """Whether the page itself names who answers for it."""
        return getattr(self.request, "contact", None) is not None

    @property
    def sign_on(self) -> str:
        """What the account of an organisation is called, where people enter with one."""
        return (settings.OIDC_NAME or _("l’account del tuo ente")) if settings.OIDC_SERVER_URL else ""

    @cached_property
    def is_partner(self) -> bool:
        """People of the third sector read what is shared with them: the home page says it so."""
        return self.person is not None and is_partner(self.person)

    @property
    def is_learner(self) -> bool:
        return self.person is not None and self.person.is_learner

    @cached_property
    def can_edit(self) -> bool:
        return self.user is not None and access.may_enter_admin(self.user)

    @cached_property
    def coordinates(self) -> bool:
        """Whether the doors of the network's keepers are shown."""
        return self.user is not None and access.coordinates(self.user)

    @cached_property
    def is_administrator(self) -> bool:
        return self.user is not None and access.is_administrator(self.user)

    @property
    def address(self) -> str:
        """Where the page is read, to be printed on its sheet."""
        return f"{settings.BASE_URL}{self.request.get_full_path()}"

    @property
    def search_words(self) -> str:
        return self.request.GET.get("q", "") if self.request.path_info.startswith("/cerca/") else ""

    @cached_property
    def demo_accounts(self) -> list[tuple[str, str]]:
        """Names and addresses for the demo's login page; nothing outside the demo."""
        if not settings.DEMO:
            return []
        people = User.objects.current().order_by("pk").select_related("organisation", "profession")
        return [(f"{person} · {person.profession or ''}".strip(" ·"), person.email) for person in people]


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor."""
    return {"frame": Frame(request)}
