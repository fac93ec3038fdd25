"""The room of the jobs has another name: what waited under the old one is carried out all the same."""

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Substr

OLD, NEW = "portal.work.", "portal.background."


def rename(apps, schema_editor):
    waiting = apps.get_model("portal", "Job").objects.filter(function__startswith=OLD)
    waiting.update(function=Concat(Value(NEW), Substr("function", len(OLD) + 1)))


class Migration(migrations.Migration):
    dependencies = [("portal", "0018_append_only")]
    # backwards nothing is to be done: 0014 knows the new name
    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
