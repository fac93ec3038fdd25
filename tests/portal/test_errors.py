"""When a request goes wrong, whoever asked reads a sentence of ours, and whoever mends finds the code in the log."""

import logging
import re
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import OperationalError, connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.safestring import mark_safe
from wagtail.models import Page

from portal.pages import explaining

pytestmark = pytest.mark.django_db
CODE = re.compile(r"<strong>([A-Z0-9]{6})</strong>")


def code_of(response: Any, log: pytest.LogCaptureFixture) -> str:
    found = CODE.search(response.content.decode())
    assert found
    (line,) = [each.getMessage() for each in log.records if each.name == "portal.errors"]
    assert found[1] in line
    return line


def test_a_fault_shows_a_code_that_stands_in_the_log(as_: Any, caplog: pytest.LogCaptureFixture) -> None:
    client = as_("administrator")
    client.raise_request_exception = False
    path = reverse("wagtailadmin_error_test")  # fails on purpose
    with caplog.at_level(logging.ERROR):
        response = client.get(path, {"segreto": "valore"})
    assert response.status_code == 500
    line = code_of(response, caplog)
    assert f"GET {path}" in line and "Exception" in line and "valore" not in line


def test_without_a_database_the_page_of_a_fault_is_drawn_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    def down(*args: Any) -> None:
        raise OperationalError("no such table: portal_space")

    with caplog.at_level(logging.ERROR), connection.execute_wrapper(down):
        response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert "Scusa, qualcosa non ha funzionato" in response.content.decode()
    assert "no such table" in code_of(response, caplog)


def test_a_request_that_nobody_understands_is_answered_in_our_words(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portale.example"]
    response = Client(raise_request_exception=False).get("/", headers={"host": "altrove.example"})
    assert response.status_code == 400
    assert "Non abbiamo capito questa richiesta" in response.content.decode()


def test_the_address_of_an_act_opened_as_a_page_says_where_to_find_the_button(as_: Any) -> None:
    answer = as_("worker").get("/novita/viste/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "A questo indirizzo si arriva da un pulsante" in answer.content.decode()


def test_a_form_that_came_in_pieces_is_not_understood(as_: Any) -> None:
    client, page = as_("director"), Page.objects.get(slug="md-01")
    client.raise_request_exception = False
    response = client.post(f"/admin/pages/{page.pk}/edit/", {"title": "Senza il resto"})
    assert response.status_code == 400
    assert "il modulo è arrivato a pezzi" in response.content.decode()


def test_an_act_that_is_not_ones_own_is_refused_in_our_words(as_: Any) -> None:
    response = as_("worker").get("/spazi/terzo-settore/condivisione/")
    assert response.status_code == 403
    assert "Questa azione non è tra le tue" in response.content.decode()


# --- Odd values ------------------------------------------------------------------------------------------

ODD = [None, "", "non è una data", datetime(2026, 3, 1, 9), datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(1, 1, 1), 7]


@pytest.mark.parametrize("name", ["day", "weekday", "full_day", "full_day:'dal'", "distance", "paragraphs"])
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_an_odd_value_costs_no_page(name: str, value: Any) -> None:
    shown = Template("{% load portal_tags %}[{{ value|" + name + " }}]").render(Context({"value": value}))
    assert shown.startswith("[") and shown.endswith("]")
    assert ("non è una data" in shown) == (value == "non è una data")


def test_a_moment_without_a_zone_keeps_its_day_and_one_with_a_zone_is_of_rome() -> None:
    template = Template("{% load portal_tags %}{{ value|full_day }}")
    assert "1° marzo 2026" in template.render(Context({"value": datetime(2026, 3, 1, 23, 30)}))
    assert "2 marzo 2026" in template.render(Context({"value": datetime(2026, 3, 1, 23, 30, tzinfo=UTC)}))


def explained(text: str) -> str:
    request = RequestFactory().get("/")
    return Template("{% load portal_tags %}{% explained text %}").render(Context({"text": text, "request": request}))


def test_a_word_of_forty_thousand_letters_before_an_acronym_costs_nothing() -> None:
    began = time.process_time()
    shown = explained("a" * 40_000 + " PUA")
    assert time.process_time() - began < 0.5
    assert 'class="term"' in shown


def test_letters_that_stand_for_a_place_are_no_place_when_somebody_types_them() -> None:
    typed = mark_safe("<p>PUA \ue0000\ue001, &#xE000;7&#xE001;, <code>&#57344;0&#57345;</code></p>")
    shown = explained(typed)
    assert shown.count('class="term"') == 1
    assert "\ue000" not in shown and "\ue001" not in shown
    assert BeautifulSoup(shown, "html.parser").get_text(" ", strip=True).endswith("0, 7, 0")


def test_a_word_is_explained_once_in_a_page_and_again_in_the_next() -> None:
    request = RequestFactory().get("/")
    twice = Template("{% load portal_tags %}{% explained text %}{% explained text %}")
    for _view in range(2):
        assert twice.render(Context({"text": "Chi va al PUA", "request": request})).count('class="term"') == 1
        request = RequestFactory().get("/")


def test_an_article_stays_on_the_line_of_its_word_and_nothing_else_does() -> None:
    assert '<span class="together">all’<button' in explained("Si porta all’UVM.")
    assert 'class="together"' not in explained("Si porta " + "a" * 30 + "’UVM.")
    assert explaining.ARTICLE.search("si porta") is None
