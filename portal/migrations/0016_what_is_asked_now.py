"""What is open in an installation that is at work becomes rows: approvals, pages given back, pages that did not go
out by themselves, problems, files, the declaration. Going back takes nothing away but the rows."""

from datetime import date, timedelta
from typing import Any

from django.db import migrations
from django.db.models import F, Q
from django.utils import timezone

APPROVER = 3
TOLD_FOR = timedelta(days=7)


def ask_what_is_open(apps: Any, schema_editor: Any) -> None:
    _approvals(apps)
    _given_back(apps)
    _not_gone_out(apps)
    _problems(apps)
    _unread_files(apps)
    _declaration(apps)


def forget(apps: Any, schema_editor: Any) -> None:
    apps.get_model("portal", "Obligation").objects.all().delete()


def _ask(apps: Any, people: Any, key: str, **words: Any) -> None:
    rows = apps.get_model("portal", "Obligation").objects
    rows.bulk_create([rows.model(person=person, key=key, **words) for person in people], ignore_conflicts=True)


def _current(apps: Any) -> Any:
    holds = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    return apps.get_model("portal", "User").objects.filter(holds, is_active=True)


def _named(person: Any) -> str:
    return (f"{person.first_name} {person.last_name}".strip() or person.email) if person else "None"


def _titled(revision: Any) -> str:
    return f"{revision.content.get('code', '')} {revision.content['title']}".strip()


def _states(apps: Any) -> Any:
    states = apps.get_model("portal", "ApprovalState").objects
    return states.select_related("workflow_state__requested_by", "finished_by", "revision")


def _approvals(apps: Any) -> None:
    pages = dict(apps.get_model("wagtailcore", "Page").objects.values_list("pk", "path"))
    for state in _states(apps).filter(status="in_progress"):
        page, author = int(state.workflow_state.object_id), state.workflow_state.requested_by
        others = _current(apps).exclude(pk=author.pk if author else None)
        people = others.filter(_approving(apps, pages[page][:12])).distinct() if page in pages else []
        if page in pages:
            _ask(
                apps, people or others.filter(is_superuser=True), f"approval:{state.pk}", title=_titled(state.revision),
                verb="Decidi", why=f"da approvare: lo chiede {_named(author)}", url=f"/approvazioni/{state.pk}/",
                page_id=page, needs="approve", asked_at=state.started_at,
            )  # fmt: skip


def _approving(apps: Any, root: str) -> Q:
    holds = apps.get_model("portal", "Membership").objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()), space__root_page__path=root, role__gte=APPROVER
    )
    bodies = apps.get_model("auth", "Group").objects.filter(pk__in=holds.values("group"), role_group=None)
    return Q(pk__in=holds.values("user")) | Q(groups__in=bodies)


def _given_back(apps: Any) -> None:
    back = _states(apps).filter(
        status="rejected", workflow_state__status="needs_changes", workflow_state__current_task_state=F("pk"),
        workflow_state__requested_by__isnull=False,
    )  # fmt: skip
    pages = set(apps.get_model("wagtailcore", "Page").objects.values_list("pk", flat=True))
    for state in back:
        page = int(state.workflow_state.object_id)
        if page in pages:
            _ask(
                apps, [state.workflow_state.requested_by], f"given-back:{state.workflow_state_id}",
                title=f"Ti è tornata: {_titled(state.revision)}", verb="Correggi",
                why=f"{_named(state.finished_by)} chiede: {state.comment}", url=f"/admin/pages/{page}/edit/",
                page_id=page, needs="edit", asked_at=state.finished_at or timezone.now(),
            )  # fmt: skip


def _not_gone_out(apps: Any) -> None:
    failures = apps.get_model("portal", "ScheduleFailure").objects.exclude(author=None)
    for failure in failures.select_related("author", "page"):
        _ask(
            apps, [failure.author], f"unscheduled:{failure.page_id}",
            title=f"Non è riuscita da sola: {failure.page.draft_title}", verb="Correggi", why=failure.problem,
            url=f"/admin/pages/{failure.page_id}/edit/", page_id=failure.page_id, needs="edit", asked_at=failure.at,
        )  # fmt: skip


def _problems(apps: Any) -> None:
    codes: dict[int, str] = {}
    for model in apps.get_models():
        if {"code", "page_ptr"} <= {field.name for field in model._meta.fields}:
            codes |= dict(model.objects.values_list("pk", "code"))
    for row in apps.get_model("portal", "ProblemReport").objects.exclude(to=None).select_related("to", "page"):
        why, by_address = "qualcosa non va in una pagina di cui rispondi", f"Segnalazione su {row.path}"
        title = f"{codes.get(row.page_id, '')} {row.page.title}".strip() if row.page else row.path
        closed = {"closed_title": by_address, "closed_why": why, "closed_url": f"/segnala/{row.pk}/"}
        _ask(
            apps, [row.to], f"problem:{row.pk}", title=f"Segnalazione su {title}", verb="Leggi", why=why,
            url=f"/segnala/{row.pk}/", page_id=row.page_id, needs="view" if row.page_id else "", asked_at=row.at,
            **closed,
        )  # fmt: skip


def _unread_files(apps: Any) -> None:
    homes = dict(apps.get_model("portal", "Space").objects.values_list("collection", "root_page"))
    unread = apps.get_model("portal", "Document").objects.filter(
        reading_state="illeggibile", uploaded_by_user__isnull=False, collection__in=homes,
        created_at__gt=timezone.now() - TOLD_FOR,
    )  # fmt: skip
    for file in unread.select_related("uploaded_by_user"):
        _ask(
            apps, [file.uploaded_by_user], f"unread:{file.pk}", title=f"Il testo di «{file.title}» non si legge",
            verb="Guarda", why=file.reading_problem, url=f"/admin/documents/edit/{file.pk}/",
            ends_on=timezone.localdate(file.created_at + TOLD_FOR), page_id=homes[file.collection_id], needs="edit",
            asked_at=file.created_at,
        )  # fmt: skip


def _declaration(apps: Any) -> None:
    profile = apps.get_model("portal", "NetworkProfile").objects.select_related("declaration_owner").first()
    owner, declared = (profile.declaration_owner, profile.declared_on) if profile else (None, None)
    due = date(declared.year + 1, 9, 23) if declared else None
    _ask(
        apps, [owner] if owner else _current(apps).filter(is_superuser=True), "declaration", verb="Apri",
        title=f"{'Rinnova' if due else 'Fai'} la dichiarazione di accessibilità", url="/accessibilita/", due=due,
        why="si rinnova ogni anno entro il 23 settembre" if due
        else "non ce n’è ancora una; poi si rinnova ogni anno entro il 23 settembre",
        starts_on=due - timedelta(days=30) if due else None,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0015_obligations"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailcore", "0098_apitoken"),
    ]
    operations = [migrations.RunPython(ask_what_is_open, forget)]
