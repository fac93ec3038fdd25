"""Wagtail's doors, each of which asks `access`."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.rich_text.converters.html_to_contentstate import PageLinkElementHandler
from wagtail.admin.views.pages.listing import PageFilterSet
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.documents.rich_text.contentstate import DocumentLinkElementHandler
from wagtail.documents.views.chooser import viewset as document_chooser
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.images.views.chooser import viewset as image_chooser
from wagtail.models import AbstractPage, Page, PageLogEntry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from . import access
from .accounts.delegations import DelegationViewSet, KeptPolicy
from .files.reading import file_changed, unopened
from .files.uploads import AddDocuments, AddImages, DocumentList, upload_into_the_pages_space
from .models import Delegation, Document, Organisation, User
from .pages import approval, citations, concurrent_edits, copying, withdrawing
from .pages.moving import MoveMany
from .pages.pasting import views as pasting_views
from .pages.withdrawing import WithdrawByApi, WithdrawMany
from .requests import number
from .wagtail_admin import exports, guide, versions_compared
from .wagtail_admin.choosers import body_chooser, person_chooser, space_chooser
from .wagtail_admin.policy import SpacePagePolicy
from .words import dates

register_permission_policy(AbstractPage, SpacePagePolicy())
register_permission_policy(Delegation, KeptPolicy(Delegation))
exports.protect()
versions_compared.protect()
hooks.register("register_bulk_action", WithdrawMany, order=100)
hooks.register("register_bulk_action", MoveMany, order=100)


@hooks.register("before_serve_page", order=-100)
def only_to_readers(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse | None:
    """The front end's one gate: what one may not see does not exist."""
    if not access.can(request.user, "view", page):
        raise Http404
    return None


# --- Choosers, explorer, the admin's own API: only what is one's own -------------------------------------


@hooks.register("construct_page_chooser_queryset")
def choose_known_pages(pages: Any, request: HttpRequest) -> Any:
    return access.known(pages, request.user)


@hooks.register("construct_document_chooser_queryset")
def choose_known_documents(documents: Any, request: HttpRequest) -> Any:
    return access.known(documents, request.user)


@hooks.register("construct_image_chooser_queryset")
def choose_known_images(images: Any, request: HttpRequest) -> Any:
    return access.known(images, request.user)


class KnownImages(ImagesAdminAPIViewSet):
    """The admin's API would list every image to every editor."""

    def get_queryset(self) -> Any:
        return access.known(super().get_queryset(), self.request.user)


class KnownDocuments(DocumentsAdminAPIViewSet):
    """The admin's API would list every document to every editor."""

    def get_queryset(self) -> Any:
        return access.known(super().get_queryset(), self.request.user)


class ActsOnPages(PagesAdminAPIViewSet):
    """Without aliases: one would be a sharing without its register. Withdrawing asks why, as everywhere; what is thrown
    away lies in the bin first, which this door would go round.
    """

    actions = {
        name: act
        for name, act in PagesAdminAPIViewSet.actions.items()
        if name not in {"create_alias", "convert_alias", "copy_for_translation", "delete"}
    } | {"unpublish": WithdrawByApi}


@hooks.register("construct_admin_api", order=100)
def filter_admin_api(router: Any) -> None:
    router.register_endpoint("pages", ActsOnPages)
    router.register_endpoint("images", KnownImages)
    router.register_endpoint("documents", KnownDocuments)


# The filters of the admin's lists of pages would name everybody who answers for or ever wrote any page.
def _known_owners(request: HttpRequest) -> Any:
    return access.allowed(User.objects.filter(Exists(Page.objects.filter(owner=OuterRef("pk")))), request.user)


def _known_writers(request: HttpRequest) -> Any:
    written = PageLogEntry.objects.filter(action="wagtail.edit", user=OuterRef("pk"))
    return access.allowed(User.objects.filter(Exists(written)), request.user)


PageFilterSet.base_filters["owner"].queryset = _known_owners
PageFilterSet.base_filters["edited_by"].queryset = _known_writers


@hooks.register("register_admin_viewset")
def choose_somebody() -> list[ChooserViewSet]:
    return [person_chooser, space_chooser, body_chooser]


class PageLink(PageLinkElementHandler):
    """A link in the editor says where it leads by number: the address would tell the title of a hidden page."""

    def get_attribute_data(self, attrs: dict[str, str]) -> dict[str, Any]:
        data = super().get_attribute_data(attrs)
        return {**data, "url": f"/admin/pages/{data['id']}/"} if data.get("id") else data


class FileLink(DocumentLinkElementHandler):
    """As with pages: the address of a file ends with its name."""

    def get_attribute_data(self, attrs: dict[str, str]) -> dict[str, Any]:
        data = super().get_attribute_data(attrs)
        return {"id": data["id"], "url": f"/admin/documents/edit/{data['id']}/"} if data.get("id") else data


@hooks.register("register_rich_text_features", order=100)
def nameless_links(features: Any) -> None:
    rules = features.converter_rules_by_converter["contentstate"]
    rules["link"]["from_database_format"]['a[linktype="page"]'] = PageLink("LINK")
    rules["document-link"]["from_database_format"]['a[linktype="document"]'] = FileLink("DOCUMENT")


# --- Files -----------------------------------------------------------------------------------------------

upload_into_the_pages_space(document_chooser)
upload_into_the_pages_space(image_chooser)


@hooks.register("register_admin_urls", order=-100)
def our_views_of_files() -> list[Any]:
    """Before Wagtail's own of the same address."""
    return [
        path("documents/", DocumentList.as_view(), name="document_list"),
        path("documents/results/", DocumentList.as_view(results_only=True), name="document_list_results"),
        path("documents/multiple/add/", AddDocuments.as_view(), name="add_documents"),
        path("images/multiple/add/", AddImages.as_view(), name="add_images"),
    ]


@hooks.register("after_move_page")
@hooks.register("after_publish_page")
def name_unopened_files(request: HttpRequest, page: Page) -> None:
    """Whoever moves or publishes a page is told of its files that its readers will not have."""
    staying = unopened(Page.objects.get(pk=page.pk))
    hidden = citations.unknown({(type(file), file.pk) for file in staying}, request.user)
    mine = [file for file in staying if (type(file), file.pk) not in hidden]
    if mine:
        names = ", ".join(f"«{file.title}»" for file in mine)
        text = _("Chi legge qui non apre questi file, che stanno in un altro spazio: %(files)s. Caricali dalla pagina.")
        messages.warning(request, text % {"files": names})


@hooks.register("after_copy_page")
def name_unopened_files_of_a_copy(request: HttpRequest, page: Page, new_page: Page) -> None:
    name_unopened_files(request, new_page)


@hooks.register("after_copy_page")
def leave_out_who_does_not_read_a_copy(request: HttpRequest, page: Page, new_page: Page) -> None:
    if found := copying.strangers(Page.objects.descendant_of(new_page, inclusive=True).specific()):
        copying.leave_out(found)
        text = _("Non legge in questo spazio, e non risponde della copia: %(people)s. Scegli chi ne risponde.")
        messages.warning(request, text % {"people": _named(found)})


@hooks.register("after_move_page")
def name_who_does_not_read_there(request: HttpRequest, page: Page) -> None:
    if found := copying.strangers(Page.objects.descendant_of(page, inclusive=True).specific()):
        text = _(
            "Qui non legge più chi ne risponde: %(people)s. Dagli un ruolo nello spazio, o scegli un’altra persona."
        )
        messages.warning(request, text % {"people": _named(found)})


def _named(found: dict[Page, dict[str, User]]) -> str:
    return ", ".join(sorted({str(who) for shut in found.values() for who in shut.values()}))


@hooks.register("after_bulk_action")
def name_unopened_files_of_many(request: HttpRequest, action: str, objects: list[Any], view: Any) -> None:
    if action in {"move", "publish"} and view.model is Page:
        for page in objects:
            name_unopened_files(request, page)
            if action == "move":
                name_who_does_not_read_there(request, page)


@hooks.register("after_bulk_action")
def tell_of_moved_files(request: HttpRequest, action: str, objects: list[Any], view: Any) -> None:
    """Files moved to another collection in one go: Wagtail saves them without telling anybody."""
    if action == "add_to_collection" and view.model is Document:
        for document in Document.objects.filter(pk__in=[each.pk for each in objects]):
            file_changed.send(sender=Document, document=document)


@hooks.register("before_bulk_action")
def people_one_at_a_time(request: HttpRequest, action: str, objects: list[Any], view: Any) -> HttpResponse | None:
    """Wagtail's bulk actions on people ask nobody who stays to answer for a space: the person's own page does."""
    if view.model is not User:
        return None
    messages.error(request, _("Le persone si cambiano una alla volta, dalla loro pagina."))
    return redirect("wagtailusers_users:index")


@hooks.register("before_edit_page")
def keep_what_was_published(request: HttpRequest, page: Page) -> None:
    """Autosave rewrites the last revision in place; never one that is published, under approval or scheduled."""
    asked = request.POST.get("overwrite_revision_id")
    if not asked:
        return
    task = page.current_workflow_task_state
    kept = {page.live_revision_id, task and task.revision_id}
    kept |= set(page.revisions.filter(approved_go_live_at__isnull=False).values_list("pk", flat=True))
    if number(asked) in kept | {None}:  # as a number: «0163» is 163 to the database
        data = request.POST.copy()
        del data["overwrite_revision_id"]
        request.POST = data  # type: ignore[assignment]


hooks.register("before_edit_page", concurrent_edits.before_edit)


@hooks.register("before_create_page")
@hooks.register("before_edit_page")
def saves_by_itself(request: HttpRequest, *page: Any) -> None:
    """Tell the form that nobody pressed a button: it then keeps what it can (`drafts`)."""
    if request.method == "POST" and not request.accepts("text/html"):
        data = request.POST.copy()
        data["autosave"] = "1"
        request.POST = data  # type: ignore[assignment]


# --- The admin as editors think of it --------------------------------------------------------------------


@hooks.register("insert_global_admin_js")
def while_writing() -> str:
    return format_html('<script src="{}"></script>', static("portal/js/writing.js"))


class DecideMenuItem(ActionMenuItem):
    """To the page on which the waiting text is approved or given back."""

    label = gettext_lazy("Decidi")
    name = "decide"
    icon_name = "success"

    def get_url(self, parent_context: dict[str, Any]) -> str:
        return reverse("approval", args=[parent_context["page"].current_workflow_task_state.pk])


@hooks.register("before_edit_page")
def say_why_it_came_back(request: HttpRequest, page: Page) -> None:
    """The author of a page that came back reads the reason above the text."""
    answer = approval.came_back(page) if request.method == "GET" else None
    if answer is not None:
        words = _("Ti è tornata: «%(reason)s» (%(person)s). Correggi, poi chiedi di nuovo l’approvazione.")
        if answer.workflow_state.requested_by_id != request.user.pk:
            words = _("È tornata a chi l’ha proposta: «%(reason)s» (%(person)s).")
        messages.warning(request, words % {"reason": answer.comment, "person": answer.finished_by})


@hooks.register("before_edit_page")
def say_why_it_was_withdrawn(request: HttpRequest, page: Page) -> None:
    act = withdrawing.last(page) if request.method == "GET" else None
    if act and act.by:
        words = {"person": act.by, "day": dates.in_words(act.at, article="il"), "reason": act.note}
        said = (
            _("L’ha ritirata %(person)s %(day)s: «%(reason)s»") if act.note else _("L’ha ritirata %(person)s %(day)s.")
        )
        messages.info(request, said % words)


class TrialMenuItem(ActionMenuItem):
    """To what a publication will do, body by body, before anybody is asked."""

    label = gettext_lazy("Prova di pubblicazione")
    name = "trial"
    icon_name = "group"

    def get_url(self, parent_context: dict[str, Any]) -> str:
        return reverse("trial", args=[parent_context["page"].pk])


@hooks.register("construct_page_action_menu", order=-10)
def trial_last(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    page = context.get("page")
    if page and page.pk:
        items.append(TrialMenuItem())


@hooks.register("construct_page_action_menu")
def decide_first(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Whoever has come to approve finds that first; beside it only what does not go round the decision."""
    # Sending again is enough: beginning anew would be a second button for the same.
    items[:] = [item for item in items if item.name != "action-restart-workflow"]
    page = context.get("page")
    if page and page.pk and access.may_decide(request.user, page):
        items[:] = [DecideMenuItem(), *(item for item in items if item.name == "action-save-draft")]


@hooks.register("construct_main_menu")
def plain_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Without Wagtail's help pages, which are English; «Come si scrive» stands in their place."""
    items[:] = [item for item in items if item.name != "help"]


@hooks.register("construct_reports_menu")
def plain_reports(request: HttpRequest, items: list[MenuItem]) -> None:
    """Without the steps inside an approval, and ages that the lists of pages tell too.

    The one that counts the pages of all spaces is for administrators.
    """
    left_out = {"workflow-tasks", "aging-pages"} | (
        set() if access.is_administrator(request.user) else {"page-types-usage"}
    )
    items[:] = [item for item in items if item.name not in left_out]


@hooks.register("construct_settings_menu")
def plain_settings(request: HttpRequest, items: list[MenuItem]) -> None:
    """Groups and collections belong to the spaces, whose permissions are written by `sync_space` alone.

    The one approval and the one site are set up by commands.
    """
    left_out = {"groups", "collections", "workflows", "workflow-tasks", "sites"}
    items[:] = [item for item in items if item.name not in left_out]


@hooks.register("register_admin_menu_item")
def back_to_the_portal() -> MenuItem:
    # With "/" alone Wagtail would take every page for this one, and light it.
    return MenuItem(gettext_lazy("Torna al portale"), "/#contenuto", name="portale", icon_name="arrow-left", order=10)


@hooks.register("register_admin_menu_item")
def guide_in_the_menu() -> MenuItem:
    address = reverse("writing_guide")
    return MenuItem(gettext_lazy("Come si scrive"), address, name="come-si-scrive", icon_name="help", order=11000)


@hooks.register("register_admin_urls")
def own_pages_of_the_admin() -> list[Any]:
    return [
        path("come-si-scrive/", guide.writing_guide, name="writing_guide"),
        path("incolla/", pasting_views.pasted, name="pasted"),
    ]


@hooks.register("insert_editor_js")
def paste_from_word() -> str:
    return format_html('<script type="module" src="{}"></script>', static("portal/js/paste.js"))


class OrganisationViewSet(SnippetViewSet):
    model = Organisation
    icon = "site"
    list_display = ["name", "kind", "area"]
    search_fields = ["name"]


class NetworkViewSetGroup(SnippetViewSetGroup):
    """What administrators keep up to date for everybody."""

    menu_label = gettext_lazy("Rete")
    menu_icon = "group"
    items = (OrganisationViewSet, DelegationViewSet)


register_snippet(NetworkViewSetGroup)
