"""The actions that are still to be done stand among what is asked of people."""

from typing import Any

from django.db import migrations


def ask(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("portal", "Obligation").objects
    still = apps.get_model("coordination", "Action").objects.filter(
        done_at=None, withdrawn_at=None, person__isnull=False, meeting__live=True
    )
    for action in still.select_related("meeting"):
        meeting, own_page = action.meeting, f"/riunioni/azioni/{action.pk}/"
        address = f"/p/{meeting.slug.upper()}/" if meeting.code else f"/{meeting.url_path.split('/', 2)[2]}"
        rows.create(
            person_id=action.person_id, key=f"action:{action.pk}", title=action.text, verb="Completa",
            why=f"azione decisa nella riunione {meeting.code or meeting.title}", url=f"{address}#azioni",
            action_url=own_page, due=action.due, page_id=meeting.pk, needs="view", closed_title=action.text,
            closed_why="azione decisa in una riunione", closed_url=own_page,
        )  # fmt: skip


def forget(apps: Any, schema_editor: Any) -> None:
    apps.get_model("portal", "Obligation").objects.filter(key__startswith="action:").delete()


class Migration(migrations.Migration):
    dependencies = [("coordination", "0006_anchors"), ("portal", "0015_obligations")]
    operations = [migrations.RunPython(ask, forget)]
