"""Search sits on top: it listens to the packages to its left, and nobody imports it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Ricerca")

    def ready(self) -> None:
        from django.conf import settings
        from django.db.models.signals import post_delete, post_save
        from wagtail.models import Page
        from wagtail.signals import page_unpublished, post_page_move

        from portal.accounts.handover import handed_over
        from portal.background.schedules import every
        from portal.files.reading import file_changed, file_deleted
        from portal.models import Organisation, Profession, Term, User
        from portal.models.jobs import Lane
        from portal.models.kept import on_rows_of
        from portal.models.pages import SpacePage, page_kinds
        from portal.pages.publication import published
        from portal.personal_data.reports import sight_changed
        from portal.spaces.shares import audience_changed

        from . import canaries, checkup, gaps, index, making_meaning, names, own_names  # noqa: F401
        from .models import OwnName

        published.connect(index.on_published)
        audience_changed.connect(index.on_audience_changed)
        handed_over.connect(index.on_handed_over)
        page_unpublished.connect(index.on_page_moved)
        post_page_move.connect(index.on_page_moved)
        for kept, models in ((own_names.KEPT, (OwnName, Term)), (names.KEPT, (User, Profession, Organisation))):
            for model in models:
                on_rows_of(model, kept)
        for model in (Page, SpacePage, *page_kinds()):
            post_delete.connect(index.on_page_deleted, sender=model)
        post_save.connect(index.on_body_saved, sender=Organisation)
        post_save.connect(index.on_person_saved, sender=User)
        post_save.connect(gaps.on_term_saved, sender=Term)
        file_changed.connect(index.on_file_changed)
        sight_changed.connect(index.on_file_changed)
        file_deleted.connect(index.on_file_deleted)
        if settings.SEARCH_MEANING:
            every(minutes=1, lane=Lane.MEANING, longest=index.LONGEST)(making_meaning.go_on)
