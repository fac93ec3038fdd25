"""Every address that the resolver knows, and an example of each for given pages, files and people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.models import Page

MISSING = 999_999


@dataclass(frozen=True)
class Known:
    """One pattern of the resolver: its full name, its route from the root, the names of its arguments."""

    name: str
    route: str
    arguments: tuple[str, ...]

    @property
    def namespace(self) -> str:
        return self.name.rpartition(":")[0]

    @property
    def in_admin(self) -> bool:
        return self.route.startswith("admin/") or self.route.startswith("^admin/")


def in_tree(page: Page) -> str:
    """The address that names the space and all that stands above the page: it has none so, and is only led on from."""
    return "/" + page.url_path.split("/", 2)[2]


def known() -> list[Known]:
    """All of them, in the order of the resolver."""
    return list(_walk(get_resolver().url_patterns, "", "", ()))


def _walk(patterns: Any, route: str, names: str, before: tuple[str, ...]) -> Iterator[Known]:
    for each in patterns:
        arguments = before + _arguments(each.pattern)
        here = route + str(each.pattern)
        if isinstance(each, URLPattern):
            yield Known(names + (each.name or ""), here, arguments)
        elif isinstance(each, URLResolver):
            yield from _walk(
                each.url_patterns, here, names + (f"{each.namespace}:" if each.namespace else ""), arguments
            )


def _arguments(pattern: Any) -> tuple[str, ...]:
    return tuple(getattr(pattern, "converters", None) or pattern.regex.groupindex)


@dataclass(frozen=True)
class Things:
    """What the ids in an address name: a page with its revision and approval, files, a person, a group…"""

    page: int = MISSING
    revision: int = MISSING
    task_state: int = MISSING
    workflow_state: int = MISSING
    document: int = MISSING
    image: int = MISSING
    user: int = MISSING
    group: int = MISSING
    collection: int = MISSING
    home: int = MISSING  # where a page is added or moved to
    page_type: tuple[str, str] = ("portal", "textpage")
    other: int = MISSING  # sites, workflows, organisations, terms…


def address(pattern: Known, things: Things) -> str:
    """The address of the pattern that names these things."""
    if not pattern.name.rpartition(":")[2]:
        return "/" + pattern.route.replace("^.*", "niente").strip("^$")
    return reverse(pattern.name, kwargs={name: _value(pattern, name, things) for name in pattern.arguments})


def _value(pattern: Known, name: str, things: Things) -> Any:
    app, model = things.page_type
    named = {
        "page_id": things.page, "page_pk": things.page, "page_to_move_id": things.page, "object_id": things.page,
        "parent_page_id": things.home, "destination_id": things.home,
        "revision_id": things.revision, "revision_id_a": things.revision, "revision_id_b": "latest",
        "task_state_id": things.task_state, "workflow_state_id": things.workflow_state,
        "document_id": things.document, "doc_id": things.document, "image_id": things.image,
        "collection_id": things.collection, "pk": _pk(pattern, things),
        "content_type_app_name": app, "content_type_model_name": model,
        "app_label": "wagtailcore" if "bulk" in pattern.name or "editing" in pattern.name else app,
        "model_name": "page" if "bulk" in pattern.name or "editing" in pattern.name else model,
        "app_name": "taggit",
        "action_name": "approve", "action": "delete", "filter_spec": "width-100",
        "uidb64": "MQ", "uidb36": "1", "key": "chiave-falsa", "token": "firma-falsa",
    }  # fmt: skip
    if name == "model_name" and pattern.name == "wagtailadmin_tag_model_autocomplete":
        return "tag"
    if pattern.name == "wagtailadmin_workflows:add_task":
        return {"app_label": "portal", "model_name": "approvaltask"}[name]
    return named.get(name, things.other)


def _pk(pattern: Known, things: Things) -> int:
    """What a bare `pk` names depends on where it stands."""
    for word, pk in {
        "pages": things.page, "documents": things.document, "wagtaildocs": things.document, "image": things.image,
        "users:": things.user, "groups": things.group, "collections": things.collection,
    }.items():  # fmt: skip
        if word in pattern.name:
            return pk
    return things.other


def pk(row: Model | None) -> int:
    return row.pk if row is not None else MISSING
