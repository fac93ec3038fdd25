"""What is found leads to a page by its number: the rows say so, and the engine is given them again."""

import re
from collections.abc import Callable
from typing import Any

from django.db import migrations
from django.db.models import F

SPACE_DEPTH = 3


def by_number(page: Any) -> str:
    return f"/pagine/{page.pk}-{page.slug}/"


def in_the_tree(page: Any) -> str:
    return "/" + page.url_path.split("/", 2)[2]


def _led(apps: Any, rows: Any, way: Callable[[Any], str]) -> None:
    pages = apps.get_model("wagtailcore", "Page").objects.filter(depth__gt=SPACE_DEPTH).in_bulk()
    for pk, number, url in rows.values_list("pk", "page_id", "url"):
        if number in pages:
            led = re.sub("^[^?#]*", lambda _found, page=pages[number]: way(page), url)
            rows.filter(pk=pk).update(url=led, pending=True, stamp=F("stamp") + 1)


def forward(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("search", "SearchDocument").objects
    _led(apps, rows.filter(url__startswith="/spazi/"), by_number)


def back(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("search", "SearchDocument").objects
    _led(apps, rows.filter(url__regex="^/pagine/[0-9]+-"), in_the_tree)


class Migration(migrations.Migration):
    dependencies = [("search", "0010_meanings"), ("portal", "0051_addresses_by_number")]
    operations = [migrations.RunPython(forward, back)]
