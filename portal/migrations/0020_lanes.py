"""Work of a lane never waits behind that of another; what waits already goes to its own."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

LANES = {
    "portal.files.reading.read": "file",
    "portal.accounts.password_reset.send_password_link": "posta",
    "portal.notices.problem_reports.tell": "posta",
    "portal.pages.approval.tell_approvers": "posta",
    "portal.pages.approval.tell_author": "posta",
    "portal.pages.scheduling.tell_author": "posta",
    "portal.spaces.role_mail.tell": "posta",
}


def sort(apps, schema_editor):
    jobs = apps.get_model("portal", "Job").objects
    jobs.update(asked_at=models.F("touched_at"))
    for function, lane in LANES.items():
        jobs.filter(function=function).update(lane=lane)


class Migration(migrations.Migration):
    dependencies = [("portal", "0019_jobs_in_background")]
    operations = [
        migrations.AddField(
            "job",
            "lane",
            models.CharField(
                choices=[
                    ("raccordo", "index, approvazioni, orologio"),
                    ("posta", "posta"),
                    ("file", "lettura dei file"),
                ],
                default="raccordo",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "job",
            "person",
            models.ForeignKey(
                blank=True,
                help_text="whose turn it takes, where persons take turns",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "job",
            "asked_at",
            models.DateTimeField(
                default=django.utils.timezone.now, help_text="when it was asked for the last time"
            ),
        ),
        migrations.AddIndex("job", models.Index(fields=["lane", "person", "touched_at"], name="job_turns")),
        migrations.RunPython(sort, migrations.RunPython.noop),
    ]
