"""Which signal calls what: every receiver of the ground, in one list."""

from allauth.account import signals as account_signals
from allauth.account.models import EmailAddress
from allauth.mfa import signals as factor_signals
from django.apps import apps
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save, pre_migrate, pre_save
from django_q.signals import post_execute_in_worker, pre_execute
from wagtail.models import Site
from wagtail.signals import (
    init_new_page,
    page_published,
    page_unpublished,
    post_page_move,
    pre_page_move,
    task_approved,
    task_cancelled,
    task_rejected,
    task_submitted,
    workflow_cancelled,
)

from . import network, security_log
from .accounts import authentication, ends, left_behind, password_changed, working_life
from .background.heartbeat import heart
from .files import reading, replacing, versions
from .models import (
    Activity,
    Document,
    FileVersion,
    NetworkCoordinator,
    NetworkProfile,
    PersonalDataReport,
    ProposedFile,
    Term,
    User,
    append_only,
    glossary,
    kept,
    old_addresses,
    tree,
)
from .models.pages import HomePage
from .notices import acknowledgements, declaration, problem_reports, reviews
from .pages import approval, atomic_acts, publication, writing
from .personal_data import reports
from .spaces import role_copy, shares


def connect() -> None:
    """Called once, when all models are there."""
    pre_migrate.connect(append_only.open_for_migrations)
    post_migrate.connect(append_only.close_after_migrations)
    pre_execute.connect(heart.start)
    post_execute_in_worker.connect(heart.stop)
    post_migrate.connect(tree.make_indexes, sender=apps.get_app_config("wagtailcore"))
    page_published.connect(publication.on_page_published)
    page_unpublished.connect(publication.on_page_unpublished)
    atomic_acts.publishing.connect(approval.on_publishing)
    atomic_acts.publishing.connect(publication.on_publishing)
    init_new_page.connect(writing.on_new_page)
    pre_page_move.connect(shares.on_page_moves)
    pre_page_move.connect(old_addresses.on_page_moved)
    post_page_move.connect(reading.on_page_moved)
    post_page_move.connect(approval.on_page_moved)
    task_submitted.connect(approval.on_task_submitted)
    task_approved.connect(approval.on_task_decided)
    task_rejected.connect(approval.on_task_decided)
    task_cancelled.connect(approval.on_task_cancelled)
    workflow_cancelled.connect(approval.on_workflow_cancelled)
    role_copy.roles_changed.connect(approval.on_roles_changed)
    publication.published.connect(replacing.on_published)  # first: what is signed is the text with its files
    publication.published.connect(problem_reports.on_published)
    publication.published.connect(acknowledgements.on_published)
    publication.withdrawn.connect(acknowledgements.on_withdrawn)
    publication.published.connect(reviews.on_published)
    publication.withdrawn.connect(reviews.on_withdrawn)
    post_save.connect(reading.on_document_saved, sender=Document)
    post_delete.connect(reading.on_document_deleted, sender=Document)
    post_delete.connect(reports.on_report_deleted, sender=PersonalDataReport)
    post_delete.connect(replacing.on_deleted, sender=ProposedFile)
    post_delete.connect(versions.on_version_deleted, sender=FileVersion)
    pre_save.connect(authentication.on_address_saved, sender=EmailAddress)
    post_save.connect(authentication.on_person_saved, sender=User)
    post_save.connect(ends.on_person_saved, sender=User)
    post_save.connect(left_behind.on_person_saved, sender=User)
    post_save.connect(working_life.on_person_saved, sender=User)
    post_save.connect(approval.on_person_saved, sender=User)
    post_save.connect(declaration.on_person_saved, sender=User)
    post_save.connect(declaration.on_profile_saved, sender=NetworkProfile)
    m2m_changed.connect(role_copy.on_groups_changed, sender=User.groups.through)
    for signal in (account_signals.password_changed, account_signals.password_set, account_signals.password_reset):
        signal.connect(password_changed.on_password_changed)
        signal.connect(security_log.on_password)
    user_login_failed.connect(security_log.on_login_failed)
    user_logged_in.connect(security_log.on_login)
    factor_signals.authenticator_added.connect(security_log.on_second_factor_added)
    factor_signals.authenticator_removed.connect(security_log.on_second_factor_removed)
    post_save.connect(security_log.on_activity, sender=Activity)
    post_save.connect(security_log.on_account_saved, sender=User)
    post_save.connect(security_log.on_coordinator_saved, sender=NetworkCoordinator)
    kept.on_rows_of(Term, glossary.KEPT)
    for model in (Site, HomePage):
        kept.on_rows_of(model, network.SITES)
