"""The page above all spaces, which editors meet in the admin's search, under an Italian name."""

from django.db import migrations

ENGLISH, ITALIAN = "Root", "Tutto il portale"


def rename(apps, before, after):
    apps.get_model("wagtailcore", "Page").objects.filter(depth=1, title=before).update(title=after, draft_title=after)


def to_italian(apps, schema_editor):
    rename(apps, ENGLISH, ITALIAN)


def to_english(apps, schema_editor):
    rename(apps, ITALIAN, ENGLISH)


class Migration(migrations.Migration):
    dependencies = [("portal", "0012_old_addresses")]

    operations = [migrations.RunPython(to_italian, to_english)]
