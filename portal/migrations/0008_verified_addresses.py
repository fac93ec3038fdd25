"""Addresses that were never to be verified count as such; those that are no longer anybody's login go."""

from django.db import migrations
from django.db.models import F


def verify(apps, schema_editor):
    addresses = apps.get_model("account", "EmailAddress").objects
    addresses.exclude(email=F("user__email")).delete()
    addresses.update(verified=True)


class Migration(migrations.Migration):
    dependencies = [("portal", "0007_network_profile_and_reports"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [migrations.RunPython(verify, migrations.RunPython.noop)]
