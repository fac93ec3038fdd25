"""Seeds of second factors that were stored as they are, sealed; and opened again on the way back."""

from django.db import migrations

from portal.accounts.sealed_secrets import SEALED, seal, unseal

KEYS = ("secret", "seed", "migrated_codes")


def _changed(value, change):
    return [change(each) for each in value] if isinstance(value, list) else change(value)


def _each(apps, change):
    for row in apps.get_model("mfa.Authenticator").objects.filter(type__in=["totp", "recovery_codes"]):
        row.data = {key: _changed(value, change) if key in KEYS else value for key, value in row.data.items()}
        row.save(update_fields=["data"])


def close(apps, schema_editor):
    _each(apps, lambda value: value if value.startswith(SEALED) else seal(value))


def open_again(apps, schema_editor):
    _each(apps, unseal)


class Migration(migrations.Migration):
    dependencies = [("portal", "0033_acts_on_parts"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [migrations.RunPython(close, open_again)]
