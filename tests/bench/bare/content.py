"""The same words as the demo's protocols and procedures, without spaces."""

import tomllib
from pathlib import Path

from django.utils.text import slugify
from wagtail.models import Page, Site

from tests.bench.bare.models import BarePage

CONTENT = Path(__file__).parents[3] / "protocols" / "demo_content"


def load() -> None:
    Page.objects.filter(depth=2).delete()
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=BarePage(title="Home", slug="home"))
    Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "root_page": home})
    for path in sorted(CONTENT.glob("[PO][RP]-*.toml")):
        entry = tomllib.loads(path.read_text(encoding="utf-8"))
        sections = [(each["heading"], each.get("text", "")) for each in entry.get("sections", [])]
        sections += [(each["title"], each["text"]) for each in entry.get("steps", [])]
        body = [("section", {"heading": heading, "text": text}) for heading, text in sections]
        page = home.add_child(instance=BarePage(title=entry["title"], slug=slugify(entry["code"]), body=body))
        page.save_revision().publish()
