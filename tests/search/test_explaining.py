"""`explain_search`: why each result stands where it does, as one person sees it, by one table of weights."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from search.query import WEIGHTS


def explained(words, who, **options):
    out = StringIO()
    call_command("explain_search", words, address=f"{who}@raccordo.example", stdout=out, **options)
    return out.getvalue()


def test_each_result_is_the_sum_of_its_parts_times_its_factors(db, index):
    said = explained("modulo dimissioni protette", "elena.fedi", limit=4)
    results = re.split(r"\n\n", said)[1:]
    assert len(results) == 4 and "MD-04" in results[0]
    for result in results:
        parts = [float(adds) for adds in re.findall(r"^ +([\d.]+)  (?:\w+) +× ", result, re.MULTILINE)]
        names = re.findall(r"^ +[\d.]+  (\w+) +× ", result, re.MULTILINE)
        [words] = map(float, re.findall(r"([\d.]+)  in tutto", result))
        factors = [float(each) for each in re.findall(r"^ +× +([\d.]+)", result, re.MULTILINE)]
        score = float(re.findall(r"= ([\d.]+)  /", result)[0])
        assert names and set(names) <= set(WEIGHTS)
        assert sum(parts) == pytest.approx(words, rel=0.01)
        for factor in factors:
            words *= factor
        assert words == pytest.approx(score, rel=0.01)
    assert "× 1.6" in results[0].replace("×   1.600", "× 1.6")  # of the kind that the words name


def test_the_order_is_that_of_the_page_and_what_one_may_not_see_is_not_explained(as_, person, index):
    said = explained("tutela dei minori", "elena.fedi")
    shown = as_("worker").get("/cerca/?q=tutela+dei+minori&format=json").json()["results"]
    titles = [title.strip() for title in re.findall(r"^\d+\. (.*) \(\w+\) = ", said, re.MULTILINE)]
    assert titles == [f"{each['code']} {each['title']}".strip() for each in shown]
    assert "PR-04" not in said and "PR-04" in explained("tutela dei minori", "nadia.elamrani", limit=50)


def test_whoever_is_nobody_is_refused_with_a_sentence(db, index):
    with pytest.raises(CommandError, match="Nessun account attivo"):
        explained("minori", "nessuno")
