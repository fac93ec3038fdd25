"""What one sends costs what its length says, not what a number in it says."""

import json
import time
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image as PILImage
from wagtail.models import Page

from portal import demo
from portal.models import Image
from portal.pages.rich_text import DEEPEST, RichTextArea

pytestmark = pytest.mark.django_db


def content(**block: Any) -> str:
    text = {
        "key": "a",
        "text": "Il biancospino",
        "type": "unordered-list-item",
        "entityRanges": [],
        "inlineStyleRanges": [],
    }
    return json.dumps({"blocks": [{**text, **block}], "entityMap": {}})


@pytest.mark.parametrize("depth", [5_000_000, 3_000, -7, "molto", None, 10**400])
def test_no_number_in_a_text_costs_more_than_the_text(depth: Any) -> None:
    began = time.process_time()
    html = RichTextArea().value_from_datadict({"testo": content(depth=depth)}, {}, "testo")
    assert time.process_time() - began < 0.5
    assert "Il biancospino" in html and html.count("<ul>") <= DEEPEST + 1


def test_the_editor_of_every_text_is_the_bounded_one(as_: Any) -> None:
    page = Page.objects.get(slug="md-01")
    sent = {
        "title": "MD-01", "attachments-count": "0", "form_fields-count": "0",
        "body-count": "1", "body-0-deleted": "", "body-0-order": "0",
        "body-0-type": "paragraph", "body-0-id": "", "body-0-value": content(depth=5_000_000),
    }  # fmt: skip
    began = time.process_time()
    as_("director").post(f"/admin/pages/{page.pk}/edit/preview/", sent)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("size", ["width-11000", "fill-9000x9000", "format-png|width-8000"])
def test_a_picture_is_not_made_in_whatever_size_an_address_asks_for(size: str, as_: Any) -> None:
    png = BytesIO()
    PILImage.new("RGB", (40, 30)).save(png, "PNG")
    file, home = ContentFile(png.getvalue(), "tiglio.png"), demo.space("SP-MODULI").collection
    picture = Image.objects.create(title="Tiglio", file=file, collection=home)
    client = as_("administrator")
    assert client.get(f"/admin/images/{picture.pk}/preview/{size}/").status_code == 404
    assert client.get(f"/admin/images/{picture.pk}/preview/max-165x165/").status_code == 200


def test_a_form_for_a_link_that_comes_empty_is_shown_again(as_: Any) -> None:
    client = as_("worker")
    for data in ({}, {"external-link-chooser-url": ""}):
        assert client.post("/admin/choose-external-link/", data).status_code == 200
