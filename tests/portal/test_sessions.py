"""A person sees in which browsers one is inside, and leaves each of them from here."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.accounts import sessions
from portal.background import clock

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


def enters(email: str, agent: str) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    assert client.post("/accesso/login/", {"login": email, "password": "raccordo-demo"}).status_code == 302
    return client


def test_each_browser_is_named_and_ended_alone(person: Any) -> None:
    office, phone = enters(person("worker").email, FIREFOX), enters(person("worker").email, PHONE)
    enters(person("director").email, EDGE)
    page = office.get("/profilo/accessi/").content.decode()
    assert "Firefox su Windows" in page and "Safari su iPhone" in page and "Edge" not in page
    assert page.count("questo") == 1
    lost = UserSession.objects.get(user_agent=PHONE)
    assert office.get(f"/profilo/accessi/{lost.pk}/chiudi/").status_code == 302
    assert phone.get("/novita/").status_code == 200  # looking ends nothing
    office.post(f"/profilo/accessi/{lost.pk}/chiudi/")
    assert phone.get("/novita/").status_code == 302
    assert office.get("/novita/").status_code == 200
    assert "iPhone" not in office.get("/profilo/accessi/").content.decode()


def test_nobody_ends_the_session_of_another(person: Any) -> None:
    director = enters(person("director").email, EDGE)
    theirs = UserSession.objects.get(user=person("director"))
    answer = enters(person("worker").email, FIREFOX).post(f"/profilo/accessi/{theirs.pk}/chiudi/")
    assert answer.status_code == 404
    assert director.get("/novita/").status_code == 200


def test_a_session_that_is_over_leaves_nothing(person: Any) -> None:
    enters(person("worker").email, FIREFOX)
    inside = enters(person("director").email, EDGE)
    key = UserSession.objects.get(user=person("worker")).session_key
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(minutes=1))
    clock.keep_terms()
    assert not UserSession.objects.filter(session_key=key).exists()
    assert UserSession.objects.filter(user=person("director")).exists()
    assert inside.get("/novita/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"), [(FIREFOX, "Firefox su Windows"), (EDGE, "Edge su Windows"), ("", "Un browser")]
)
def test_a_browser_is_called_as_people_call_it(agent: str, words: str) -> None:
    assert sessions.browser(agent) == words
