"""Coded texts: whether they hold, until when their editions held."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal import demo
from portal.words import dates
from protocols.models import Edition, ProtocolPage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
today = timezone.localdate  # asked in each test: a run may go on past midnight


def text(response: Any) -> str:
    body = response.content.decode()
    words = re.sub(r"<[^>]+>", " ", body[body.index("<main") : body.index("</main")])
    return re.sub(r"\s+([,.;:])", r"\1", " ".join(html.unescape(words).split()))


# --- Whether it holds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "colour", "words"),
    [
        (None, None, "ok", "in vigore"),
        (0, None, "ok", "in vigore {since}"),
        (1, None, "soon", "non ancora in vigore: lo sarà {since}"),
        (-9, 0, "ok", "in vigore {since}"),
        (-9, -1, "late", "scaduto {until}"),
    ],
)
def test_a_rule_says_whether_it_holds(since: int | None, until: int | None, colour: str, words: str) -> None:
    first, last = (None if days is None else today() + days * DAY for days in (since, until))
    rule = ProtocolPage(title="Regola", valid_from=first, valid_until=last)
    said = {
        "since": dates.in_words(first, article="dal") if first else "",
        "until": dates.in_words(last, article="il") if last else "",
    }
    assert rule.state == (colour, words.format(**said))


@pytest.mark.parametrize(("days", "colour"), [(-1, "late"), (0, "soon"), (60, "soon"), (61, "")])
def test_the_day_of_review_is_told_apart_from_the_day_it_came_into_force(days: int, colour: str) -> None:
    day = today() + days * DAY
    rule = ProtocolPage(title="Regola", valid_from=today() - 300 * DAY, review_date=day)
    assert rule.state[0] == "ok"
    words = f"da rivedere entro {dates.in_words(day, article='il')}" if days >= 0 else "revisione scaduta da 1 giorno"
    assert rule.review == (colour, words)
    assert ProtocolPage(title="Regola").review is None


def test_the_page_of_a_rule_says_both(as_: Any, person: Any) -> None:
    rule = ProtocolPage(
        title="Regola", code="PR-88", valid_from=today() - DAY, review_date=today() + 5 * DAY, version="2.0"
    )
    demo.publish(demo.space("SP-RETE").root_page, rule, on=0, by=person("coordinator"))
    words = (
        f"n vigore {dates.in_words(today() - DAY, article='dal')} · versione 2.0 · "
        f"da rivedere entro {dates.in_words(today() + 5 * DAY, article='il')}"
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
