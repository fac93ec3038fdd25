"""Setting a network up: its first page, its address, the one workflow of publication."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.translation import gettext as _
from wagtail.models import Page, Site, Workflow, WorkflowPage, WorkflowTask
from wagtail.models.sites import get_site_for_hostname

from .background import schedules
from .models.kept import Kept
from .models.pages import HomePage
from .models.workflow import ApprovalTask


def set_up(name: str, base_url: str = "") -> HomePage:
    """Make the home page, the site and the workflow, or bring them up to date. Idempotent."""
    with transaction.atomic():
        home = HomePage.objects.first() or _make_home(name)
        Site.objects.update_or_create(
            is_default_site=True,
            defaults={**address(base_url), "root_page": home, "site_name": name},
        )
        _make_workflow(home)
        # Wagtail's own groups reach the whole tree; here every right comes from a space.
        Group.objects.filter(name__in=["Moderators", "Editors"]).delete()
        schedules.ensure()
    return home


def address(base_url: str = "") -> dict[str, Any]:
    """Where the portal answers, as Wagtail keeps it."""
    parts = urlsplit(base_url or settings.BASE_URL)
    return {"hostname": parts.hostname or "localhost", "port": parts.port or {"https": 443}.get(parts.scheme, 80)}


SITES = "sites"  # their version changes with each row of a site or of a first page
_sites = Kept(SITES, lambda: lru_cache(maxsize=16)(get_site_for_hostname))


def site_of(request: HttpRequest) -> Site | None:
    """The site and its first page, from memory; by Wagtail's own rule of hosts and ports."""
    host = split_domain_port(request._get_raw_host())[0]  # type: ignore[attr-defined]  # a refused one has its page too
    try:
        site: Site = _sites.get()(host, request.get_port())
    except Site.DoesNotExist:
        return None
    return site


def follow_address() -> None:
    """At each start: what Wagtail writes into links is where the portal answers now."""
    for site in Site.objects.filter(is_default_site=True).exclude(**address()):
        site.hostname, site.port = address().values()
        site.save()


def _make_home(name: str) -> HomePage:
    """Take the place of Wagtail's welcome page."""
    root = Page.get_first_root_node()
    for page in Page.objects.filter(depth=2):
        Site.objects.filter(root_page=page).delete()
        page.delete()
    root.refresh_from_db()
    home = HomePage(title=name, slug="home", content_type=ContentType.objects.get_for_model(HomePage))
    root.add_child(instance=home)
    return home


def _make_workflow(home: HomePage) -> None:
    if WorkflowPage.objects.filter(page=home).exists():
        return
    Workflow.objects.all().delete()
    workflow = Workflow.objects.create(name=_("Pubblicazione"))
    task = ApprovalTask.objects.create(name=_("Approvazione nello spazio"))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=home)
