"""Coded texts: whether they hold, until when their editions held."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal import demo
from portal.words import dates
from protocols.models import Edition, ProtocolPage

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)


def text(response: Any) -> str:
    body = response.content.decode()
    words = re.sub(r"<[^>]+>", " ", body[body.index("<main") : body.index("</main")])
    return re.sub(r"\s+([,.;:])", r"\1", " ".join(html.unescape(words).split()))


# --- Whether it holds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "colour", "words"),
    [
        (None, None, "ok", "in vigore"),
        (TODAY, None, "ok", "in vigore {since}"),
        (TODAY + DAY, None, "soon", "non ancora in vigore: lo sarà {since}"),
        (TODAY - 9 * DAY, TODAY, "ok", "in vigore {since}"),
        (TODAY - 9 * DAY, TODAY - DAY, "late", "scaduto {until}"),
    ],
)
def test_a_rule_says_whether_it_holds(since: date | None, until: date | None, colour: str, words: str) -> None:
    rule = ProtocolPage(title="Regola", valid_from=since, valid_until=until)
    said = {
        "since": dates.in_words(since, article="dal") if since else "",
        "until": dates.in_words(until, article="il") if until else "",
    }
    assert rule.state == (colour, words.format(**said))


@pytest.mark.parametrize(("days", "colour"), [(-1, "late"), (0, "soon"), (60, "soon"), (61, "")])
def test_the_day_of_review_is_told_apart_from_the_day_it_came_into_force(days: int, colour: str) -> None:
    day = TODAY + days * DAY
    rule = ProtocolPage(title="Regola", valid_from=TODAY - 300 * DAY, review_date=day)
    assert rule.state[0] == "ok"
    assert rule.review == (colour, f"da rivedere entro {dates.in_words(day, article='il')}")
    assert ProtocolPage(title="Regola").review is None


def test_the_page_of_a_rule_says_both(as_: Any, person: Any) -> None:
    rule = ProtocolPage(
        title="Regola", code="PR-88", valid_from=TODAY - DAY, review_date=TODAY + 5 * DAY, version="2.0"
    )
    demo.publish(demo.space("SP-RETE").root_page, rule, on=0, by=person("coordinator"))
    words = (
        f"n vigore {dates.in_words(TODAY - DAY, article='dal')} · versione 2.0 · "
        f"da rivedere entro {dates.in_words(TODAY + 5 * DAY, article='il')}"
    )
    assert words in text(as_("worker").get("/p/PR-88/"))
    assert words in text(as_("worker").get("/protocolli/"))


# --- Editions --------------------------------------------------------------------------------------------


def test_an_edition_held_until_the_day_before_the_next_one(as_: Any) -> None:
    first, second, third = Edition.objects.with_ends().filter(page__slug="pr-02").order_by("version")
    assert (first.held_until, second.held_until) == (second.valid_from - DAY, third.valid_from - DAY)
    assert third.held_until is None
    shown = text(as_("worker").get("/p/PR-02/edizioni/1.0/"))
    since = dates.in_words(first.valid_from, article="dal")
    assert f"In vigore {since} {dates.in_words(first.held_until, article='al')}" in shown
    history = text(as_("worker").get("/p/PR-02/"))
    assert "superata, in vigore" in history
    assert "in vigore, in vigore" not in history
