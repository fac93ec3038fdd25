"""A search reads so many words; what it leaves out is said, and stays in the box."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from search.query import MAX_LENGTH, MAX_WORDS, left_out
from tests.shown import body

MANY = " ".join(f"parola{number}" for number in range(MAX_WORDS))


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("dimissioni protette", ""),
        (MANY, ""),
        (f"{MANY} dimissioni protette", "dimissioni protette"),
        (f'{MANY} "dimissioni protette" -ospedale', ""),  # what is quoted or excluded is counted apart
        ("a" * MAX_LENGTH, ""),
        ("a" * (MAX_LENGTH - 3) + " altro", "altro"),
    ],
)
def test_what_a_search_leaves_out_is_what_stands_beyond_its_words(typed: str, left: str) -> None:
    assert left_out(typed) == left


@pytest.mark.django_db
def test_the_page_of_results_says_what_it_left_out_and_keeps_it_in_the_box(as_: Any) -> None:
    typed = f"{MANY} dimissioni protette"
    shown = body(as_("worker").get(f"/cerca/?q={quote_plus(typed)}"))
    assert "Restano fuori: «dimissioni protette»." in shown
    assert f'value="{typed}"' in shown
    assert "Restano fuori" not in body(as_("worker").get("/cerca/?q=dimissioni"))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/non-esiste/", "/spazi/rete/"])
def test_no_box_cuts_what_is_pasted_into_it(address: str, as_: Any) -> None:
    shown = body(as_("worker").get(address))
    assert 'type="search"' in shown
    assert "maxlength" not in shown
