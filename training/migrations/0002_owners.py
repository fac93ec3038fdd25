"""Wagtail's `owner` of every page becomes whoever answers for it, as `PortalPage.save` keeps it from now on.

Here, because training is the last package with kinds of page: all of them exist by now.
"""

from django.db import migrations
from django.db.models import OuterRef, Subquery

KINDS = [
    ("portal", "TextPage"), ("portal", "FaqPage"), ("portal", "NewsPage"),
    ("coordination", "MeetingPage"), ("coordination", "ServicePage"),
    ("protocols", "ProtocolPage"), ("protocols", "ProcedurePage"), ("protocols", "FormPage"),
    ("training", "PathPage"), ("training", "ModulePage"), ("training", "LessonPage"),
]


def follow(apps, schema_editor):
    pages = apps.get_model("wagtailcore", "Page")._base_manager
    for app, name in KINDS:
        kind = apps.get_model(app, name)._base_manager
        answers = kind.filter(pk=OuterRef("pk")).values("responsible")[:1]
        pages.filter(pk__in=kind.values("pk")).update(owner=Subquery(answers))


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0001_paths"),
        ("portal", "0005_slash_words"),
        ("coordination", "0001_meetings"),
        ("protocols", "0001_rules"),
    ]
    operations = [migrations.RunPython(follow, migrations.RunPython.noop)]
