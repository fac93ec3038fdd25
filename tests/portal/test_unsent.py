"""A door closes while somebody writes: the texts sent to it come back, and other sites learn nothing."""

from typing import Any

import pytest

pytestmark = pytest.mark.django_db

FORM = "/p/PR-02/recepimenti/agliana/"
WORDS = "Perché l’ufficio è chiuso: si decide il 12."
HERE = {"HTTP_ORIGIN": "http://testserver"}


def test_at_a_door_that_is_closed_now_the_texts_are_given_back_to_whoever_sent_them_from_here(as_: Any) -> None:
    for name, status in (("worker", 403), ("partner", 404)):
        for headers, is_told in ((HERE, True), ({}, False), ({"HTTP_ORIGIN": "https://altrove.example"}, False)):
            answer = as_(name).post(FORM, {"reason": WORDS}, **headers)
            said = answer.content.decode()
            assert (answer.status_code, WORDS in said, "non è partito" in said) == (status, is_told, is_told)
    assert "non è partito" not in as_("partner").get(FORM).content.decode()
