"""Entry into force and expiry on their day: no gap, no overlap, whatever the worker and the clocks do."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from portal import demo
from portal.background import clock
from portal.notices import feed
from portal.words import dates
from protocols.models import Edition, ProtocolPage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`at(moment)`: it is that moment now."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def rule(person: Any) -> ProtocolPage:
    page = ProtocolPage(title="Regola di prova", code="PR-77", valid_from=timezone.localdate() - 10 * DAY)
    page.body = demo.body_of([{"heading": "Tempi", "text": "Un crisantemo."}])
    return demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=person("coordinator"))


def waiting(rule: ProtocolPage, day: date, **values: Any) -> ProtocolPage:
    """The version 2.0, approved, that waits for its day."""
    page = ProtocolPage.objects.get(pk=rule.pk)
    page.body[0].value["text"] = page.body[0].block.child_blocks["text"].to_python("<p>Un tulipano.</p>")
    page.version, page.valid_from, page.change_note = "2.0", day, "Il tulipano prende il posto del crisantemo."
    for name, value in values.items():
        setattr(page, name, value)
    page.save_revision().publish()
    return ProtocolPage.objects.get(pk=rule.pk)


def shown(client: Any) -> str:
    main = BeautifulSoup(client.get("/p/PR-77/").content, "html.parser").main
    return " ".join(main.get_text().split())


def held(rule: ProtocolPage) -> dict[str, tuple[date | None, date | None]]:
    rows = Edition.objects.with_ends().filter(page=rule)
    return {edition.version: (edition.valid_from, edition.held_until) for edition in rows}


def test_the_worker_puts_it_in_force_at_its_midnight_and_not_a_minute_before(rule: Any, as_: Any, at: Any) -> None:
    day = timezone.localdate() + 5 * DAY
    waiting(rule, day)
    at(dates.midnight(day) - timedelta(minutes=1))
    clock.publish_scheduled()
    assert "Un crisantemo." in shown(as_("worker")) and "tulipano" not in shown(as_("worker"))
    at(dates.midnight(day) + timedelta(minutes=1))
    clock.publish_scheduled()
    assert "Un tulipano." in shown(as_("worker"))
    clock.publish_scheduled()
    assert held(rule) == {"1.0": (rule.valid_from, day - DAY), "2.0": (day, None)}


def test_a_missed_night_is_caught_up_and_the_days_are_those_agreed(rule: Any, as_: Any, at: Any) -> None:
    day = timezone.localdate() + 5 * DAY
    waiting(rule, day)
    at(dates.midnight(day) + 2 * DAY + timedelta(hours=9))  # the machine stood still for two nights
    clock.publish_scheduled()
    assert "Un tulipano." in shown(as_("worker"))
    assert held(rule) == {"1.0": (rule.valid_from, day - DAY), "2.0": (day, None)}
    old = as_("worker").get("/p/PR-77/edizioni/1.0/").content.decode()
    assert dates.in_words(day, article="dal") in old


def changes_of_the_clock() -> list[date]:
    """The next two nights on which the clocks of Rome change."""
    first = timezone.localdate() + 2 * DAY
    days = [first + n * DAY for n in range(366)]
    offsets = [(dates.midnight(day).utcoffset(), dates.midnight(day + DAY).utcoffset()) for day in days]
    return [day for day, (before, after) in zip(days, offsets, strict=True) if before != after]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("after", [0, 1])
def test_the_night_on_which_clocks_change_makes_no_gap(rule: Any, as_: Any, at: Any, which: int, after: int) -> None:
    nights = changes_of_the_clock()
    assert len(nights) == 2
    day = nights[which] + after * DAY
    waiting(rule, day)
    revision = rule.revisions.get(approved_go_live_at__isnull=False)
    assert timezone.localtime(revision.approved_go_live_at) == dates.midnight(day)
    at(dates.midnight(day) - timedelta(seconds=1))
    clock.publish_scheduled()
    assert "Un crisantemo." in shown(as_("worker"))
    at(dates.midnight(day) + timedelta(seconds=1))
    clock.publish_scheduled()
    assert "Un tulipano." in shown(as_("worker"))
    assert held(rule)["1.0"][1] == day - DAY


def test_it_expires_on_its_day_with_or_without_a_worker(rule: Any, as_: Any, at: Any) -> None:
    today = timezone.localdate()
    until = today + 20 * DAY
    waiting(rule, today, valid_until=until)
    at(dates.midnight(until) + timedelta(hours=23))
    assert "In vigore" in shown(as_("worker"))
    at(dates.midnight(until + DAY) + timedelta(seconds=1))
    assert f"Scaduto {dates.in_words(until, article='il')}" in shown(as_("worker"))
    edition = as_("worker").get("/p/PR-77/edizioni/2.0/").content.decode()
    assert "non più in vigore" in edition and "is-past" in edition


def test_the_news_say_from_when_it_holds_and_lead_to_the_difference(rule: Any, person: Any, at: Any) -> None:
    day = timezone.localdate() + 5 * DAY
    waiting(rule, day)
    reader = person("worker")

    def news(moment: datetime) -> feed.Change:
        at(moment)
        clock.publish_scheduled()
        return next(each for each in feed.changes(reader, moment - 20 * DAY) if each.page_id == rule.pk)

    first = news(dates.midnight(day) + timedelta(hours=7))
    assert first.sentence == "Da oggi vale la versione 2.0. Il tulipano prende il posto del crisantemo."
    assert first.difference_url == "/p/PR-77/edizioni/confronta/"
    second = news(dates.midnight(day + DAY) + timedelta(hours=7))
    since = dates.in_words(day, "j F", article="dal")
    assert second.sentence.startswith(f"{since[0].upper()}{since[1:]} vale la versione 2.0.")


def test_the_digest_says_it_and_its_link_leads_to_the_last_difference(rule: Any, as_: Any, at: Any) -> None:
    day = timezone.localdate() + 5 * DAY
    waiting(rule, day)
    at(dates.midnight(day) + timedelta(hours=7))
    clock.publish_scheduled()
    worker = as_("worker")
    home = worker.get("/novita/").content.decode()
    assert "Da oggi vale la versione 2.0." in home and "/p/PR-77/edizioni/confronta/" in home
    answer = worker.get("/p/PR-77/edizioni/confronta/")
    assert answer.headers["Location"] == "/p/PR-77/edizioni/1.0/confronta/2.0/"


def test_a_first_edition_leads_to_no_difference(rule: Any, as_: Any, person: Any) -> None:
    assert ProtocolPage.objects.get(pk=rule.pk).difference_url() == ""
    assert as_("worker").get("/p/PR-77/edizioni/confronta/").headers["Location"].endswith("/p/PR-77/#edizioni")
