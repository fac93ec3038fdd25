"""Jobs that wait name their function by its module: the modules have moved into rooms."""

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Substr

MOVED = {
    "portal.account_mails": "portal.accounts.password_reset",
    "portal.files": "portal.files.reading",
    "portal.jobs": "portal.background.jobs",
    "portal.problems": "portal.notices.problem_reports",
    "portal.role_mail": "portal.spaces.role_mail",
    "portal.scheduling": "portal.pages.scheduling",
    "portal.workflow": "portal.pages.approval",
}


def rename(apps, modules):
    jobs = apps.get_model("portal", "Job").objects
    for old, new in modules.items():
        named = jobs.filter(function__regex=rf"^{old}\.[a-z_]+$".replace("portal.", r"portal\."))
        named.update(function=Concat(Value(new), Substr("function", len(old) + 1)))


def into_rooms(apps, schema_editor):
    rename(apps, MOVED)


def out_of_rooms(apps, schema_editor):
    rename(apps, {new: old for old, new in MOVED.items()})


class Migration(migrations.Migration):
    dependencies = [("portal", "0013_root_in_italian")]
    operations = [migrations.RunPython(into_rooms, out_of_rooms)]
