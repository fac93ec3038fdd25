"""The day of review: asked, passed on, confirmed with one click or postponed with a reason; no draft undoes it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import demo
from portal.background import jobs
from portal.models import Absence, Activity, Job, PageReview, User
from portal.models.append_only import Immutable
from portal.models.jobs import JobState
from portal.notices import feed, reviews
from portal.spaces import opening
from portal.words import dates
from protocols.models import Edition, ProtocolPage

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
DAY = timedelta(days=1)
TITLE = "Da rivedere: PR-88 Regola"
ACTS = "Va ancora bene così?"


@pytest.fixture
def rule(person: Given) -> ProtocolPage:
    """Of SP-RETE, which Chiara answers for; Elena, who reads there, answers for the page."""
    page = ProtocolPage(
        title="Regola", code="PR-88", valid_from=timezone.localdate() - 400 * DAY, responsible=person("worker"),
        review_date=timezone.localdate() + 20 * DAY,
    )  # fmt: skip
    found: ProtocolPage = demo.publish(demo.space("SP-RETE").root_page, page, on=-400, by=person("coordinator"))
    return found


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def told(person: User) -> list[str]:
    return [todo.title for todo in feed.todos(User.objects.get(pk=person.pk))]


def mails() -> list[tuple[str, str]]:
    """What the worker sends now: to whom, with which subject."""
    for job in Job.objects.filter(state=JobState.WAITING, function="portal.notices.reviews.tell"):
        jobs.run(job.pk)
    found = [(each.to[0], each.subject) for each in mail.outbox if "PR-88" in each.subject]
    mail.outbox.clear()
    return found


def now_is(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    moment = dates.midnight(day) + timedelta(hours=9)
    monkeypatch.setattr(timezone, "now", lambda: moment)


def live(page: Any) -> ProtocolPage:
    return ProtocolPage.objects.get(pk=page.pk)


def again(page: Any, **changed: Any) -> ProtocolPage:
    """Another edition, from today."""
    page.version, page.valid_from, page.change_note = "1.1", timezone.localdate(), "Cambiata."
    for name, value in changed.items():
        setattr(page, name, value)
    page.save_revision().publish()
    return live(page)


# --- Asked -----------------------------------------------------------------------------------------------


def test_it_is_asked_a_month_before_passed_on_two_weeks_after_and_each_mail_leaves_once(
    rule: ProtocolPage, person: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = timezone.localdate() + 90 * DAY
    ProtocolPage.objects.filter(pk=rule.pk).update(review_date=due)
    owner, manager = person("worker"), person("coordinator")
    subject = "Raccordo: da rivedere, PR-88 Regola"
    reviews.ask_due()
    assert TITLE not in told(owner) and mails() == []
    for day, to, of_owner, of_manager in (
        (due - 31 * DAY, [], False, False),
        (due - 30 * DAY, [owner], True, False),
        (due - 29 * DAY, [], True, False),
        (due + 13 * DAY, [], True, False),
        (due + 16 * DAY, [manager], True, True),  # two nights were missed
        (due + 40 * DAY, [], True, True),
    ):
        now_is(monkeypatch, day)
        reviews.ask_due()
        reviews.ask_due()
        assert mails() == [(who.email, subject) for who in to], day
        assert (TITLE in told(owner), TITLE in told(manager)) == (of_owner, of_manager), day
    assert TITLE not in told(person("director")) and TITLE not in told(person("newcomer"))


def test_a_worker_that_was_away_tells_of_nobodys_silence_before_the_person_was_asked(
    rule: ProtocolPage, person: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = timezone.localdate() + 60 * DAY
    now_is(monkeypatch, late)
    reviews.ask_due()
    assert [to for to, _subject in mails()] == [person("worker").email]
    now_is(monkeypatch, late + 14 * DAY)
    reviews.ask_due()
    assert [to for to, _subject in mails()] == [person("coordinator").email]


def test_without_an_owner_who_reads_it_the_space_is_asked_and_a_closed_space_nobody(
    rule: ProtocolPage, person: Given, as_: Given
) -> None:
    rule.responsible = None
    rule.save()
    reviews.ask_due()
    assert TITLE in told(person("coordinator")) and TITLE not in told(person("worker"))
    rule.responsible = person("partner")  # who does not read there
    rule.save()
    reviews.ask_due()
    assert TITLE in told(person("coordinator")) and TITLE not in told(person("partner"))
    opening.close_space(demo.space("SP-RETE"), by=person("administrator"), reason="Prova")
    reviews.ask_due()
    assert TITLE not in told(person("coordinator"))
    assert ACTS not in text(as_("coordinator").get("/p/PR-88/"))


def test_a_mail_that_waited_is_not_sent_once_the_page_was_answered(rule: ProtocolPage, person: Given) -> None:
    reviews.ask_due()
    reviews.confirm(rule, by=person("worker"), due=rule.review_date, next_on=timezone.localdate() + 300 * DAY)
    assert Job.objects.filter(function="portal.notices.reviews.tell", state=JobState.WAITING).exists()
    assert [subject for _to, subject in mails() if "PR-88" in subject] == []


# --- Answered --------------------------------------------------------------------------------------------


def test_the_owner_confirms_with_one_click_at_home_and_the_day_is_the_one_that_was_shown(
    rule: ProtocolPage, as_: Given, person: Given
) -> None:
    following = rule.review_date.replace(year=rule.review_date.year + 1)
    home = BeautifulSoup(as_("worker").get("/").content, "html.parser")
    row = next(row for row in home.select("#da-fare li") if TITLE in row.get_text())
    assert f"la prossima revisione sarà entro {dates.in_words(following, article='il')}" in " ".join(row.text.split())
    button = row.select_one("form")
    shown = text(as_("worker").post(button["action"], follow=True))
    assert (
        f"Confermata senza modifiche: la prossima revisione è entro {dates.in_words(following, article='il')}" in shown
    )
    assert live(rule).review_date == following
    assert TITLE not in told(person("worker"))
    assert Edition.objects.filter(page=rule).count() == 1
    assert live(rule).latest_revision_id == rule.latest_revision_id and not live(rule).has_unpublished_changes
    assert Activity.objects.filter(page=rule.pk, verb="confermato", by=person("worker")).exists()
    # Pressed twice, from a page that stayed open: nothing more is written.
    assert "Nel frattempo" in text(as_("worker").post(button["action"], follow=True))
    assert PageReview.objects.filter(page=rule.pk).count() == 1


def test_every_reader_reads_that_it_was_confirmed_until_there_is_another_text(
    rule: ProtocolPage, as_: Given, person: Given
) -> None:
    ProtocolPage.objects.filter(pk=rule.pk).update(review_date=timezone.localdate() - 12 * DAY)
    assert "revisione scaduta da 12 giorni" in text(as_("newcomer").get("/p/PR-88/"))
    assert "revisione scaduta da 12 giorni" in text(as_("newcomer").get("/protocolli/"))
    typed = {"due": f"{timezone.localdate() - 12 * DAY}", "next_on": f"{timezone.localdate() + 200 * DAY:%d/%m/%Y}"}
    as_("worker").post(f"/revisioni/{rule.pk}/conferma/", typed)
    today = dates.in_words(timezone.localdate(), article="il")
    shown = text(as_("newcomer").get("/p/PR-88/"))
    assert f"Riletto e confermato {today} da Elena Fedi" in shown
    assert "confermata senza modifiche (versione 1.0)" in shown and "scaduta" not in shown
    again(live(rule))
    shown = text(as_("newcomer").get("/p/PR-88/"))
    assert "Riletto e confermato" not in shown
    assert "confermata senza modifiche (versione 1.0)" in shown  # the history stays


def test_it_is_postponed_with_a_reason_that_readers_read_and_what_is_wrong_stays_typed(
    rule: ProtocolPage, as_: Given
) -> None:
    act, client = f"/revisioni/{rule.pk}/rinvia/", as_("worker")
    day = timezone.localdate() + 45 * DAY
    wrong = text(client.post(act, {"due": f"{rule.review_date}", "reason": "", "next_on": "01/01/2020"}))
    assert "Scrivi un giorno futuro." in wrong and not PageReview.objects.filter(page=rule.pk).exists()
    far = client.post(act, {"due": f"{rule.review_date}", "reason": "Si aspetta la delibera", "next_on": "01/01/2999"})
    assert "entro 5 anni" in text(far) and "Si aspetta la delibera" in far.content.decode()
    client.post(act, {"due": f"{rule.review_date}", "reason": "Si aspetta la delibera", "next_on": f"{day:%d/%m/%Y}"})
    assert live(rule).review_date == day
    assert "Revisione rinviata" in text(as_("newcomer").get("/p/PR-88/"))
    assert "Si aspetta la delibera" in text(as_("newcomer").get("/p/PR-88/"))


def test_owner_substitute_and_responsabile_answer_and_others_do_not(
    rule: ProtocolPage, as_: Given, person: Given
) -> None:
    typed = {"due": f"{rule.review_date}", "next_on": f"{timezone.localdate() + 200 * DAY:%d/%m/%Y}"}
    act = f"/revisioni/{rule.pk}/conferma/"
    for name, status in (("newcomer", 403), ("director", 403), ("partner", 404)):
        assert as_(name).post(act, typed).status_code == status, name
        assert as_(name).get(f"/revisioni/{rule.pk}/").status_code == status, name
    for name in ("newcomer", "director"):
        assert ACTS not in text(as_(name).get("/p/PR-88/")), name
    for name in ("worker", "coordinator"):
        assert ACTS in text(as_(name).get("/p/PR-88/")), name
    Absence.objects.create(
        person=person("worker"), substitute=person("newcomer"), since=timezone.localdate(), until=timezone.localdate()
    )
    assert TITLE in told(person("newcomer"))
    assert as_("newcomer").post(act, typed).status_code == 302
    assert PageReview.objects.get(page=rule.pk).by == person("newcomer")


# --- What does not undo it -------------------------------------------------------------------------------


def test_no_draft_brings_back_the_day_that_was_answered(rule: ProtocolPage, as_: Given, person: Given) -> None:
    draft = live(rule)
    draft.title = "Regola nuova"
    revision = draft.save_revision()
    following = timezone.localdate() + 300 * DAY
    reviews.confirm(rule, by=person("worker"), due=rule.review_date, next_on=following)
    assert live(rule).get_latest_revision_as_object().review_date == following  # what the editor's form shows
    draft = revision.as_object()
    draft.review_date = rule.review_date  # from a form that stayed open
    assert again(draft).review_date == following
    assert TITLE not in told(person("worker"))


def test_an_edition_with_a_day_of_its_own_settles_what_was_asked(rule: ProtocolPage, person: Given) -> None:
    assert TITLE in told(person("worker"))
    later = timezone.localdate() + 500 * DAY
    assert again(live(rule), review_date=later).review_date == later
    assert TITLE not in told(person("worker"))
    sooner = timezone.localdate() + 10 * DAY
    page = live(rule)
    page.review_date = sooner
    page.save_revision().publish()
    assert live(rule).review_date == sooner and TITLE in told(person("worker"))


def test_what_was_answered_is_never_rewritten(rule: ProtocolPage, person: Given) -> None:
    row = reviews.postpone(
        rule, by=person("worker"), due=rule.review_date, next_on=timezone.localdate() + 40 * DAY, reason="Attesa"
    )
    with pytest.raises(Immutable):
        PageReview.objects.filter(pk=row.pk).update(reason="Altro")
    with pytest.raises(IntegrityError), transaction.atomic():
        PageReview._base_manager.filter(pk=row.pk).update(reason="Altro")


# --- Listed ----------------------------------------------------------------------------------------------


def test_what_is_due_is_listed_to_who_reads_it(rule: ProtocolPage, as_: Given, person: Given) -> None:
    ProtocolPage.objects.filter(pk=rule.pk).update(review_date=timezone.localdate() - DAY)
    shown = text(as_("newcomer").get("/revisioni/"))
    assert "Regola Revisione scaduta da 1 giorno · ne risponde Elena Fedi" in shown
    assert "Regola" not in text(as_("partner").get("/revisioni/"))
    assert "2 revisioni scadute" in text(as_("coordinator").get("/"))  # with PR-04
    reviews.confirm(live(rule), by=person("worker"), due=timezone.localdate() - DAY,
                    next_on=timezone.localdate() + 300 * DAY)  # fmt: skip
    assert "Regola" not in text(as_("newcomer").get("/revisioni/"))
