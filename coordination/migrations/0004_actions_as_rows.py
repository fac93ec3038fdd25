"""What people did with their actions leaves the minutes: a row of its own, which no older draft can undo.

The lines of the minutes keep sentence, person and day, and get a lasting key, in the tables and in every
revision; the rows get what had been closed, and when. Back again, the lines get it back.
"""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def give_keys_and_rows(apps: Any, schema_editor: Any) -> None:
    line, action = apps.get_model("coordination", "ActionItem"), apps.get_model("coordination", "Action")
    keys: dict[tuple[int, Any], UUID] = {}  # (meeting, id of the line, or its words) → key
    for item in line.objects.order_by("pk").iterator():
        item.key = uuid4()
        item.save(update_fields=["key"])
        keys[item.page_id, item.pk] = item.key
        keys.setdefault((item.page_id, item.text), item.key)
        action.objects.create(
            meeting_id=item.page_id, key=item.key, text=item.text, person_id=item.person_id, due=item.due,
            done_at=item.done_at, done_note=item.done_note,
        )  # fmt: skip
    for revision in _revisions(apps):
        meeting, lines = int(revision.object_id), revision.content.get("actions") or []
        taken = {keys[meeting, each["pk"]] for each in lines if (meeting, each.get("pk")) in keys}
        for each in lines:
            each["key"] = str(_key(keys, taken, meeting, each))
        if lines:
            revision.save(update_fields=["content"])
    schema_editor.connection.check_constraints()  # PostgreSQL changes no table while a check is still to come


def _key(keys: dict[tuple[int, Any], UUID], taken: set[UUID], meeting: int, line: dict[str, Any]) -> UUID:
    """The key of a line in a revision: by its id; where the table has none of that id, by its words."""
    if (meeting, line.get("pk")) in keys:
        return keys[meeting, line["pk"]]
    by_words = keys.get((meeting, line["text"]))
    if by_words is None or by_words in taken:
        return uuid5(NAMESPACE_URL, f"{meeting}/{line.get('pk') or line['text']}")
    taken.add(by_words)
    return by_words


def _revisions(apps: Any) -> Any:
    kind = apps.get_model("contenttypes", "ContentType").objects.filter(app_label="coordination", model="meetingpage")
    return apps.get_model("wagtailcore", "Revision").objects.filter(content_type__in=kind).iterator()


def give_back(apps: Any, schema_editor: Any) -> None:
    line, action = apps.get_model("coordination", "ActionItem"), apps.get_model("coordination", "Action")
    for each in action.objects.exclude(done_at=None).iterator():
        done = {"done_at": each.done_at, "done_note": each.done_note}
        if not line.objects.filter(page_id=each.meeting_id, key=each.key).update(**done):
            line.objects.create(
                page_id=each.meeting_id, text=each.text, person_id=each.person_id, due=each.due, sort_order=999, **done
            )
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [
        ("coordination", "0003_telephones"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailcore", "0098_apitoken"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("Action", "ActionItem"),
        # The index keeps the old table's name on PostgreSQL, where the new one needs it: away, and made again.
        migrations.AlterField(
            model_name="actionitem",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="chi",
            ),  # fmt: skip
        ),
        migrations.AddField(model_name="actionitem", name="key", field=models.UUIDField(default=uuid4, editable=False)),
        migrations.CreateModel(
            name="Action",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField()),
                ("text", models.CharField(max_length=240, verbose_name="azione")),
                ("due", models.DateField(verbose_name="entro il")),
                ("done_at", models.DateTimeField(null=True, verbose_name="fatta il")),
                ("done_note", models.CharField(blank=True, max_length=240, verbose_name="nota")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="tolta dal verbale il")),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="given_actions",
                        to="coordination.meetingpage",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="chi",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],  # fmt: skip
            options={
                "verbose_name": "azione affidata",
                "verbose_name_plural": "azioni affidate",
                "ordering": ["due", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="action",
            constraint=models.UniqueConstraint(fields=("meeting", "key"), name="one_action_per_line"),
        ),
        migrations.AlterField(
            model_name="actionitem",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="chi",
            ),  # fmt: skip
        ),
        migrations.RunPython(give_keys_and_rows, give_back),
        migrations.RemoveField(model_name="actionitem", name="done_at"),
        migrations.RemoveField(model_name="actionitem", name="done_note"),
    ]
