"""A circular and an opportunity are found as what they are: the rows say so, and the engine is given them again."""

from typing import Any

from django.db import migrations
from django.db.models import F

NEWS = "notizia"
OTHERS = ("circolare", "opportunità")


def by_their_name(apps: Any, schema_editor: Any) -> None:
    rows, news = apps.get_model("search", "SearchDocument"), apps.get_model("portal", "NewsPage")
    for kind in OTHERS:
        pages = news.objects.filter(news_kind=kind).values("pk")
        rows.objects.filter(kind=NEWS, page_id__in=pages).update(kind=kind, pending=True, stamp=F("stamp") + 1)


def all_as_news(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("search", "SearchDocument")
    rows.objects.filter(kind__in=OTHERS).update(kind=NEWS, pending=True, stamp=F("stamp") + 1)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0008_searches_left_unopened"),
        ("portal", "0048_names_of_then"),
    ]
    operations = [migrations.RunPython(by_their_name, all_as_news)]
