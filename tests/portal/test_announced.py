"""After an act one sees what was said of it, wherever on the page the form stood."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from wagtail.models import Page

from coordination.models import Norm, Reason

pytestmark = pytest.mark.django_db


def test_an_act_leads_back_to_what_was_said_of_it(as_: Any) -> None:
    page, norm = Page.objects.get(slug="pr-01"), Norm.objects.get(citation="L. 119/2001")
    address, client = f"/pagine/{page.pk}/ragioni/", as_("coordinator")
    assert client.post(address, {"norm": norm.pk}).url == f"{address}#annuncio"
    assert "Aggiunto" in BeautifulSoup(client.get(address).content, "html.parser").select_one("#annuncio").get_text()
    taken = client.post(f"{address}{Reason.objects.get(page=page.pk, norm=norm).pk}/togli/")
    assert taken.url == address  # from another address the browser keeps no place
