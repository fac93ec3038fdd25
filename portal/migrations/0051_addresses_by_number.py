"""What is asked of people leads to a page by its number: the address that it had named the space and all above it."""

import re
from collections.abc import Callable
from typing import Any

from django.db import migrations

SPACE_DEPTH = 3


def by_number(page: Any) -> str:
    return f"/pagine/{page.pk}-{page.slug}/"


def in_the_tree(page: Any) -> str:
    return "/" + page.url_path.split("/", 2)[2]


def _led(rows: Any, way: Callable[[Any], str]) -> None:
    for row in rows.filter(page__depth__gt=SPACE_DEPTH).select_related("page"):
        row.url = re.sub("^[^?#]*", lambda _found: way(row.page), row.url)
        row.save(update_fields=["url"])


def forward(apps: Any, schema_editor: Any) -> None:
    _led(apps.get_model("portal", "Obligation").objects.filter(url__startswith="/spazi/"), by_number)


def back(apps: Any, schema_editor: Any) -> None:
    _led(apps.get_model("portal", "Obligation").objects.filter(url__regex="^/pagine/[0-9]+-"), in_the_tree)


class Migration(migrations.Migration):
    # What is asked of actions was written with the address of that day.
    dependencies = [("portal", "0050_meaning_lane"), ("coordination", "0007_actions_are_asked")]
    operations = [migrations.RunPython(forward, back)]
