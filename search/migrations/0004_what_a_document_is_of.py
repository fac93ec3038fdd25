"""What is behind a document stands in fields of its own; until now it was read out of the name of its group."""

from django.db import migrations, models


def read_the_groups(apps, schema_editor):
    rows = apps.get_model("search", "SearchDocument").objects
    for group in rows.values_list("group", flat=True).distinct():
        kind, number, *version = group.split(":", 2)
        named = {"file_id": int(number)} if kind == "file" else {"page_id": int(number)}
        rows.filter(group=group).update(**named, version="".join(version))


class Migration(migrations.Migration):
    dependencies = [("search", "0003_index_state")]

    operations = [
        migrations.AddField("searchdocument", "version", models.CharField(blank=True, default="", max_length=12), False),
        migrations.AddField("searchdocument", "page_id", models.PositiveBigIntegerField(db_index=True, default=0)),
        migrations.AddField("searchdocument", "file_id", models.PositiveBigIntegerField(default=0)),
        migrations.RunPython(read_the_groups, migrations.RunPython.noop),
    ]
