"""A person's name as lists sort it, and as it is found without its accents."""

from typing import Any

from django.db import migrations

from portal.models.people import SqueezedName


def write(apps: Any, schema_editor: Any) -> None:
    people = apps.get_model("portal", "User").objects.only("first_name", "last_name")
    for person in people.iterator():
        person.save(update_fields=["squeezed_name"])


class Migration(migrations.Migration):
    dependencies = [("portal", "0051_addresses_by_number")]
    operations = [
        migrations.AddField(
            "user", "squeezed_name", SqueezedName(db_index=True, default="", editable=False, max_length=400)
        ),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]
