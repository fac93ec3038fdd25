"""Actions: given by minutes, closed by their owner; no draft, no form and no withdrawal undoes what somebody did."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coordination import actions
from coordination.models import Action, ActionItem, MeetingPage
from portal import demo
from portal.models import Activity, Holiday, Organisation, User
from portal.models.activity import Verb
from portal.models.spaces import Role
from portal.notices import digests, emails, feed
from portal.spaces import roles
from tests.browser import form, sent, streams_of
from tests.shown import body

pytestmark = pytest.mark.django_db


def meeting(code: str) -> MeetingPage:
    return MeetingPage.objects.get(code=code)


@pytest.fixture
def given(person: Any) -> Action:
    """Elena's open action of R-02."""
    return Action.objects.get(meeting__code="R-02", person=person("worker"), done_at=None)


@pytest.fixture
def unseen(person: Any) -> Action:
    """Youssef's action of a meeting that he may not see."""
    return Action.objects.get(meeting__code="R-03", person=person("partner_coop"), done_at=None)


def address(action: Action) -> str:
    return f"/riunioni/azioni/{action.pk}/"


def form_of(client: Client, page: str, where: str) -> Any:
    return form(client.get(page).content.decode(), where)


def edit_form(client: Client, page: MeetingPage) -> dict[str, Any]:
    return sent(form_of(client, f"/admin/pages/{page.pk}/edit/", "#page-edit-form"), streams_of(page))


# --- Nothing undoes it -----------------------------------------------------------------------------------


def test_an_older_draft_published_later_leaves_a_closed_action_closed(given: Action, person: Any, as_: Any) -> None:
    draft = meeting("R-02")
    draft.minutes = "Bozza di prima"
    older = draft.save_revision(user=person("coordinator"))
    as_("worker").post(address(given), {"note": "Fatta stamattina"})
    older.publish()
    after = Action.objects.get(pk=given.pk)
    assert meeting("R-02").minutes == "Bozza di prima"
    assert after.done_at is not None
    assert after.done_note == "Fatta stamattina"
    assert Action.objects.filter(meeting=draft).count() == ActionItem.objects.filter(page=draft).count()


def test_a_new_line_keeps_its_action_whichever_draft_is_published(person: Any, as_: Any) -> None:
    """Lines that lie in no table yet are known by their key in every draft."""
    page, client = meeting("R-02"), as_("coordinator")
    typed = edit_form(client, page)
    n = int(typed["actions-TOTAL_FORMS"][0])
    day = timezone.localdate() + timedelta(days=9)
    line = {"text": "Portare l’elenco", "person": person("worker").pk, "due": f"{day:%Y-%m-%d}", "key": "", "id": "",
            "ORDER": n + 1, "DELETE": ""}  # fmt: skip
    typed |= {f"actions-{n}-{name}": value for name, value in line.items()} | {"actions-TOTAL_FORMS": n + 1}
    assert client.post(f"/admin/pages/{page.pk}/edit/", typed | {"change_note": "Una"}).status_code == 302
    first = meeting("R-02").get_latest_revision()
    assert (
        client.post(f"/admin/pages/{page.pk}/edit/", edit_form(client, page) | {"change_note": "Due"}).status_code
        == 302
    )
    second = meeting("R-02").get_latest_revision()
    assert first.pk != second.pk
    second.publish()
    added = Action.objects.get(text="Portare l’elenco")
    as_("worker").post(address(added), {"note": "Portato"})
    first.publish()
    after = Action.objects.get(text="Portare l’elenco")
    assert (after.pk, after.done_note) == (added.pk, "Portato")


def test_a_line_taken_from_the_minutes_withdraws_an_open_action_by_name(given: Action, person: Any, as_: Any) -> None:
    page = meeting("R-02")
    page.actions = [line for line in page.actions.all() if line.key != given.key]
    page.save_revision().publish(user=person("coordinator"))
    after = Action.objects.get(pk=given.pk)
    assert after.withdrawn_at is not None
    assert after.withdrawn_by == person("coordinator")
    act = Activity.objects.get(verb=Verb.ACTION_WITHDRAWN)
    assert (act.by, given.text in act.sentence) == (person("coordinator"), True)
    assert given.text not in as_("worker").get("/").content.decode()
    assert as_("worker").get(address(given)).status_code == 404


def test_what_was_closed_in_another_window_is_said_and_no_note_is_written_over(
    given: Action, person: Any, as_: Any
) -> None:
    client, other = as_("worker"), as_("worker")
    typed = sent(form_of(client, address(given), "form.panel"))
    other.post(address(given), sent(form_of(other, address(given), "form.panel")) | {"note": "Mandata alle scuole"})
    said = body(client.post(address(given), typed | {"note": "Telefonato"}))
    assert "Nel frattempo è stata chiusa con questa nota: «Mandata alle scuole»." in said and "Telefonato" in said
    assert Action.objects.get(pk=given.pk).done_note == "Mandata alle scuole"
    nothing = body(client.post(address(given), typed))
    assert "Nel frattempo è stata chiusa con questa nota" in nothing
    assert Action.objects.get(pk=given.pk).done_note == "Mandata alle scuole"
    again = client.post(address(given), typed | {"note": "Mandata alle scuole"}, follow=True)
    assert "L’azione era già chiusa" in body(again)
    at_home = client.post(address(given), follow=True)
    assert "L’azione era già chiusa" in body(at_home)
    told = form(client.post(address(given), typed | {"note": "Telefonato"}).content.decode(), "form.panel")
    assert "La nota è salvata." in body(client.post(address(given), sent(told), follow=True))
    assert Action.objects.get(pk=given.pk).done_note == "Telefonato"


def test_what_was_reopened_in_another_window_is_not_closed_by_a_note(given: Action, person: Any, as_: Any) -> None:
    client = as_("worker")
    client.post(address(given), {"note": "Fatta"})
    typed = sent(form_of(client, address(given), "form.panel"))
    client.post(f"{address(given)}riapri/")
    said = body(client.post(address(given), typed | {"note": "Fatta ieri"}))
    assert "Nel frattempo è stata riaperta." in said and "Fatta ieri" in said and "Completa" in said
    assert Action.objects.get(pk=given.pk).done_at is None


def test_a_line_taken_from_the_minutes_keeps_an_action_that_was_done(given: Action, person: Any, as_: Any) -> None:
    as_("worker").post(address(given), {"note": "Fatta"})
    page = meeting("R-02")
    page.actions = [line for line in page.actions.all() if line.key != given.key]
    page.save_revision().publish(user=person("coordinator"))
    after = Action.objects.get(pk=given.pk)
    assert (after.done_note, after.withdrawn_at) == ("Fatta", None)
    assert given.text in as_("worker").get("/p/R-02/").content.decode()


def test_minutes_that_change_a_line_change_its_action_and_not_what_was_done(given: Action, person: Any) -> None:
    page = meeting("R-02")
    lines = list(page.actions.all())
    line = next(each for each in lines if each.key == given.key)
    line.text, line.person, line.due = "Altre parole", person("office"), timezone.localdate()
    page.actions = lines
    page.save_revision().publish(user=person("coordinator"))
    after = Action.objects.get(pk=given.pk)
    assert (after.text, after.person, after.due) == ("Altre parole", person("office"), timezone.localdate())


def test_two_lines_with_one_key_are_two_actions(given: Action, person: Any) -> None:
    page = meeting("R-02")
    twin = ActionItem(key=given.key, text="Gemella", person=person("worker"), due=given.due)
    page.actions = [*page.actions.all(), twin]
    page.save_revision().publish(user=person("coordinator"))
    assert Action.objects.filter(meeting=page, text="Gemella").exclude(key=given.key).count() == 1
    assert Action.objects.get(pk=given.pk).text == given.text


def test_a_copy_of_minutes_gives_actions_of_its_own(given: Action, person: Any) -> None:
    copy = meeting("R-02").copy(update_attrs={"slug": "copia", "title": "Copia"}, keep_live=True)
    actions.give(copy, by=None)
    assert Action.objects.filter(meeting=copy, key=given.key).count() == 1
    assert Action.objects.get(pk=given.pk).meeting == meeting("R-02")


# --- Closing and reopening -------------------------------------------------------------------------------


def test_closing_offers_to_take_it_back_and_to_write_a_note(given: Action, as_: Any) -> None:
    client = as_("worker")
    shown = client.post(address(given), follow=True).content.decode()
    assert f"Azione chiusa: «{given.text}»" in shown
    assert ".." not in shown.split("Azione chiusa")[1].split("</div>")[0]
    undo = form(shown, f"form[action='{address(given)}riapri/']")
    assert undo.get_text(" ", strip=True).startswith("Annulla")
    assert f'href="{address(given)}"' in str(undo)
    assert given.text not in [todo.title for todo in feed.todos(User.objects.get(pk=given.person_id))]
    shown = client.post(f"{address(given)}riapri/", sent(undo), follow=True).content.decode()
    assert f"L’azione è di nuovo da fare: «{given.text}»" in shown
    assert Action.objects.get(pk=given.pk).done_at is None


def test_a_note_is_written_after_closing_and_read_in_the_minutes(given: Action, as_: Any) -> None:
    client = as_("worker")
    client.post(address(given))
    typed = sent(form_of(client, address(given), "main form.panel"))
    client.post(address(given), typed | {"note": "L’elenco è nella cartella"})
    after = Action.objects.get(pk=given.pk)
    assert after.done_note == "L’elenco è nella cartella"
    assert "L’elenco è nella cartella" in as_("coordinator").get("/p/R-02/").content.decode()


def test_closing_twice_changes_neither_moment_nor_note(given: Action, as_: Any) -> None:
    as_("worker").post(address(given), {"note": "Prima"})
    first = Action.objects.get(pk=given.pk)
    as_("worker").post(address(given))
    after = Action.objects.get(pk=given.pk)
    assert (after.done_at, after.done_note) == (first.done_at, "Prima")


def test_a_note_too_long_is_refused_and_still_there(given: Action, as_: Any) -> None:
    note = "parola " * 50
    response = as_("worker").post(address(given), {"note": note})
    assert response.status_code == 200
    assert note in response.content.decode()
    assert Action.objects.get(pk=given.pk).done_at is None


def test_each_act_on_an_action_is_written_down_by_name(given: Action, as_: Any, person: Any) -> None:
    client = as_("worker")
    client.post(address(given), {"note": "Fatta"})
    client.post(f"{address(given)}riapri/")
    client.post(f"{address(given)}riapri/")  # twice is once
    acts = Activity.objects.filter(page=given.meeting_id, by=person("worker")).order_by("pk")
    assert [(act.verb, act.note) for act in acts] == [(Verb.ACTION_CLOSED, "Fatta"), (Verb.ACTION_REOPENED, "Fatta")]


@pytest.mark.parametrize("who", ["coordinator", "office", "partner"])
def test_nobody_closes_or_reopens_for_somebody_else(who: str, given: Action, as_: Any) -> None:
    for where in (address(given), f"{address(given)}riapri/"):
        assert as_(who).post(where).status_code == 404
    assert Action.objects.get(pk=given.pk).done_at is None


# --- A duty reaches its owner ----------------------------------------------------------------------------


def told(meeting: MeetingPage) -> list[str]:
    """What would betray the meeting behind an action."""
    return [meeting.title, meeting.code, meeting.url, meeting.place, meeting.slug]


def test_a_duty_of_hidden_minutes_reaches_its_owner_and_tells_nothing_else(
    unseen: Action, as_: Any, person: Any
) -> None:
    owner, client = person("partner_coop"), as_("partner_coop")
    assert client.get(unseen.meeting.url).status_code == 404
    home, own = client.get("/").content.decode(), client.get(address(unseen)).content.decode()
    now = timezone.now()
    mail = emails.digest_mail(owner, digests.build(owner, now - timedelta(days=1), now), "https://x.example/")
    for shown in (home, own, mail.body, mail.alternatives[0][0]):
        assert unseen.text in shown.replace("&#x27;", "'")
        assert "decisa in una riunione" in shown
        assert [word for word in told(unseen.meeting) if word and word in shown] == []
    shown = client.post(address(unseen), {"note": "Presentato"}, follow=True).content.decode()
    assert f"Azione chiusa: «{unseen.text}»" in shown
    assert Action.objects.get(pk=unseen.pk).done_note == "Presentato"
    assert "Presentato" in as_("coordinator").get(unseen.meeting.url).content.decode()


def test_a_duty_of_withdrawn_minutes_asks_nothing(unseen: Action, as_: Any) -> None:
    unseen.meeting.unpublish()
    assert unseen.text not in as_("partner_coop").get("/").content.decode()
    assert as_("partner_coop").get(address(unseen)).status_code == 404


def test_a_duty_ends_with_the_account_of_its_owner(unseen: Action, person: Any) -> None:
    User.objects.filter(pk=unseen.person_id).update(is_active=False)
    assert list(actions.of(person("partner_coop"))) == []


def test_whoever_gives_an_action_learns_at_once_that_its_owner_cannot_read_why(
    unseen: Action, as_: Any, person: Any
) -> None:
    page, client = meeting("R-03"), as_("coordinator")
    response = client.post(
        f"/admin/pages/{page.pk}/edit/", edit_form(client, page) | {"change_note": "Prova"}, follow=True
    )
    shown = response.content.decode()
    assert "Youssef Haddad non può leggere questa pagina" in shown
    assert "/spazi/coordinamento/condivisione/" in shown
    page = meeting("R-02")
    response = client.post(
        f"/admin/pages/{page.pk}/edit/", edit_form(client, page) | {"change_note": "Prova"}, follow=True
    )
    assert "non può leggere questa pagina" not in response.content.decode()


def test_whoever_writes_minutes_but_shares_nothing_is_told_whom_to_ask_and_led_nowhere_closed(
    unseen: Action, as_: Any, person: Any
) -> None:
    page = meeting("R-03")
    roles.give_role(demo.space("SP-COORD"), person("worker_minors"), Role.EDITOR, by=None)
    client = as_("worker_minors")
    typed = edit_form(client, page) | {"change_note": "Prova"}
    shown = client.post(f"/admin/pages/{page.pk}/edit/", typed, follow=True).content.decode()
    assert "Youssef Haddad non può leggere questa pagina" in shown
    assert "Se deve leggerla, chiedilo a chi risponde dello spazio." in shown
    assert "/spazi/coordinamento/condivisione/" not in shown


# --- By when ---------------------------------------------------------------------------------------------


@pytest.fixture
def written(as_: Any) -> Any:
    """Publish the minutes of R-02 with one more line, as the editor sends it; the answer and the action, if any."""

    def write(name: str = "coordinator", **line: Any) -> tuple[Any, Action | None]:
        page, client = meeting("R-02"), as_(name)
        typed = edit_form(client, page)
        n = int(typed["actions-TOTAL_FORMS"][0])
        blank = {"text": "Portare l’elenco", "due": "", "number": "", "unit": "", "direction": "dopo", "key": "",
                 "id": "", "ORDER": n + 1, "DELETE": ""}  # fmt: skip
        typed |= {f"actions-{n}-{field}": value for field, value in (blank | line).items()}
        typed |= {"actions-TOTAL_FORMS": n + 1, "change_note": "Il verbale"}
        answer = client.post(f"/admin/pages/{page.pk}/edit/", typed)
        if answer.status_code == 302:
            meeting("R-02").get_latest_revision().publish()
        return answer, Action.objects.filter(text="Portare l’elenco").first()

    return write


def on(day: datetime) -> None:
    page = meeting("R-02")
    page.starts_at = timezone.make_aware(day)
    page.save_revision().publish()


def test_an_action_is_due_so_many_working_days_from_the_meeting_where_its_owner_works(
    written: Any, person: Any, as_: Any
) -> None:
    """Friday 4 December 2026: Monday 7 closed for a patron, Tuesday 8 for the whole country."""
    on(datetime(2026, 12, 4, 10))
    Holiday.objects.all().delete()
    Organisation.objects.filter(pk=person("worker").organisation_id).update(
        patron_saint="San Guasparri", patron_month=12, patron_day=7
    )
    term = {"number": "5", "unit": "giorni-lavorativi"}
    _answer, action = written(person=person("worker").pk, **term)
    assert action is not None
    assert action.due == date(2026, 12, 15)
    read = body(as_("worker").get("/p/R-02/"))
    assert "5 giorni lavorativi dopo la riunione del 4 dicembre 2026" in read
    own = body(as_("worker").get(address(action)))
    assert "senza contare 7 dicembre (San Guasparri), 8 dicembre (Immacolata Concezione)" in own
    Holiday.objects.create(day=date(2026, 12, 14), name="Chiusura", organisation=person("worker").organisation)
    meeting("R-02").save_revision().publish()
    assert Action.objects.get(pk=action.pk).due == date(2026, 12, 15)  # what was given stays
    page = meeting("R-02")
    line = page.actions.get(key=action.key)
    line.number = 6
    page.actions.add(line)
    page.save_revision().publish()
    assert Action.objects.get(pk=action.pk).due == date(2026, 12, 17)


@pytest.mark.parametrize(
    ("line", "due", "words"),
    [
        ({"number": "3", "unit": "giorni", "direction": "prima"}, date(2026, 12, 1), "3 giorni prima della riunione"),
        ({"number": "1", "unit": "mesi"}, date(2027, 1, 4), "1 mese dopo la riunione"),
        ({"number": "5", "unit": "giorno-del-mese-dopo"}, date(2027, 1, 5), "il 5 del mese successivo alla riunione"),
        ({"due": "2026-12-20"}, date(2026, 12, 20), ""),
    ],
)
def test_each_kind_of_term_leads_to_its_day(line: Any, due: date, words: str, written: Any, person: Any) -> None:
    on(datetime(2026, 12, 4, 10))
    _answer, action = written(person=person("worker").pk, **line)
    assert action is not None
    assert (action.due, action.term.startswith(words), bool(action.term)) == (due, True, bool(words))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({}, "Scrivi entro quando"),
        ({"due": "2026-12-20", "number": "5", "unit": "giorni"}, "non tutti e due"),
        ({"number": "5"}, "Scegli se sono giorni o mesi"),
        ({"unit": "mesi"}, "Scrivi quanti sono"),
        ({"number": "32", "unit": "giorno-del-mese-dopo"}, "vanno da 1 a 31"),
    ],
)
def test_half_a_term_is_asked_about_and_no_day_is_guessed(line: Any, said: str, written: Any, person: Any) -> None:
    answer, action = written(person=person("worker").pk, **line)
    assert action is None and answer.status_code == 200
    assert said in body(answer) and "Portare l’elenco" in body(answer)
