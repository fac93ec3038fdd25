"""«Ho letto e compreso»: asked by a day, signed on one text for ever, reminded, and counted without names or with."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.utils import timezone
from wagtail.models import Page

from portal import access, demo
from portal.accounts import working_life
from portal.background import jobs
from portal.models import Delegation, Job, Membership, Organisation, User
from portal.models.acknowledgements import (
    Acknowledgement,
    AcknowledgementNote,
    ReadingReminder,
    ReadingRequest,
    SignableText,
)
from portal.models.append_only import Immutable, as_maintenance
from portal.models.jobs import JobState
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.notices import acknowledgements, digests, feed
from portal.spaces import roles
from tests.network import WIDE

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
TITLE = "Da leggere e firmare: Il regolamento della sede"


@pytest.fixture
def page(small: Any) -> TextPage:
    """A page without a code, read by all who work in the services; nothing else is asked for."""
    ReadingRequest.objects.update(ended_at=timezone.now())
    text = TextPage(title="Il regolamento della sede", slug="sede", body=demo.body_of([{"heading": "Orari",
                    "text": "Si apre alle otto."}]))  # fmt: skip
    found: TextPage = small.publish(text)
    return found


def ask(page: Any, person: Given, due: int = 10, **to: Any) -> ReadingRequest:
    whom = {"spaces": [], "bodies": [], "people": []} | to
    found: ReadingRequest = acknowledgements.ask(
        page, by=person("manager"), due=timezone.localdate() + timedelta(days=due),
        is_required=whom.pop("is_required", False), **whom,
    )  # fmt: skip
    return found


def told(person: User) -> list[str]:
    return [todo.title for todo in feed.todos(User.objects.get(pk=person.pk))]


def press(client: Any, page: Any) -> Any:
    """Press the button that the page shows."""
    form = BeautifulSoup(client.get(page.url).content, "html.parser").select_one("#firma form")
    return client.post(form["action"], {"text": form.select_one("[name=text]")["value"]}, follow=True)


def signed(page: Any) -> int:
    return Acknowledgement.objects.filter(text__page=page.pk).count()


def again(page: Any, *, correction: bool = False, text: str = "Si apre alle nove.") -> TextPage:
    page = TextPage.objects.get(pk=page.pk)
    page.body = demo.body_of([{"heading": "Orari", "text": text}])
    page.correction, page.change_note = correction, "Gli orari."
    page.save_revision().publish()
    return TextPage.objects.get(pk=page.pk)


# --- Asked -----------------------------------------------------------------------------------------------


def test_a_page_is_asked_of_a_body_in_the_browser_and_stands_in_its_people_s_home(as_: Given, page: Any) -> None:
    day = f"{timezone.localdate() + timedelta(days=5):%d/%m/%Y}"
    gamma = Organisation.objects.get(slug="gamma")
    shown = as_("manager").post(f"/letture/{page.pk}/", {"bodies": gamma.pk, "due": day}, follow=True)
    assert "Chiesto a 1 persona." in shown.content.decode()
    home = as_("editor").get("/").content.decode()
    assert TITLE in home and "chiesto da Manager Prova" in home
    assert "Ho letto e compreso" in as_("editor").get(page.url).content.decode()
    for other in ("reader", "approver", "insider"):
        assert TITLE not in as_(other).get("/").content.decode()
        assert "Ho letto e compreso" not in as_(other).get(page.url).content.decode()


@pytest.mark.parametrize("whom", ["spaces", "bodies", "professions", "people"])
def test_it_may_be_asked_of_spaces_bodies_professions_and_persons(
    person: Given, page: Any, small: Any, whom: str
) -> None:
    worker = person("insider")
    ask(page, person, **{whom: {
        "spaces": [small.narrow], "bodies": [worker.organisation], "professions": [worker.profession],
        "people": [worker],
    }[whom]})  # fmt: skip
    assert TITLE in told(worker)
    assert TITLE not in told(person("editor"))


def test_who_cannot_open_the_page_is_not_asked_until_they_may(as_: Given, person: Given, page: Any, small: Any) -> None:
    partner = person("guest")
    day = f"{timezone.localdate() + timedelta(days=5):%d/%m/%Y}"
    data = {"people": f"Guest <{partner.email}>; {person('editor').email}", "due": day}  # as copied from a mail
    shown = as_("manager").post(f"/letture/{page.pk}/", data, follow=True).content.decode()
    assert "Chiesto a 1 persona. Un’altra non può aprire la pagina" in shown
    assert TITLE not in told(partner)
    roles.give_role(small.wide, partner, 1, by=person("manager"), reason="Prova")
    acknowledgements.refresh_all()
    assert TITLE in told(partner)


def test_persons_are_asked_by_name_in_whatever_order_it_is_typed(as_: Given, person: Given, page: Any) -> None:
    day = f"{timezone.localdate() + timedelta(days=5):%d/%m/%Y}"
    data = {"people": "prova editor\nReader Prova", "due": day}
    assert "Chiesto a 2 persone." in as_("manager").post(f"/letture/{page.pk}/", data, follow=True).content.decode()
    assert TITLE in told(person("editor")) and TITLE in told(person("reader"))


def test_people_who_join_are_asked_too_and_who_leaves_is_asked_no_more(person: Given, page: Any) -> None:
    ask(page, person, bodies=[Organisation.objects.get(slug="beta")])
    newcomer, office = person("reader"), person("approver")
    assert TITLE in told(newcomer) and TITLE not in told(office)
    office.organisation, newcomer.organisation = newcomer.organisation, office.organisation
    office.save()
    newcomer.save()
    acknowledgements.refresh_all()
    assert TITLE in told(office) and TITLE not in told(newcomer)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"due": "31/12/2099"}, "Scegli a chi lo chiedi."),
        ({"people": "chi@altrove.example", "due": "31/12/2099"}, "Non trovo «chi@altrove.example»"),
        ({"people": "editor@raccordo", "due": "31/12/2099"}, "Non trovo «editor@raccordo»"),
        ({"people": "Editor Prove", "due": "31/12/2099"}, "Non trovo «Editor Prove»"),
        ({"people": "Comune", "due": "31/12/2099"}, "«Comune» può essere più d’una persona: scrivi l’indirizzo."),
        ({"people": "editor@raccordo.example", "due": "1/1/2020"}, "Scegli un giorno che deve ancora venire."),
        ({"people": "editor@raccordo.example"}, "obbligatorio"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(as_: Given, page: Any, data: Any, sentence: str) -> None:
    shown = as_("manager").post(f"/letture/{page.pk}/", data).content.decode()
    assert sentence in shown and data.get("people", "") in shown
    assert not ReadingRequest.objects.filter(page=page.pk).exists()


def test_the_day_may_be_today(as_: Given, person: Given, page: Any) -> None:
    data = {"people": "editor@raccordo.example", "due": f"{timezone.localdate():%d/%m/%Y}"}
    assert "Chiesto a 1 persona." in as_("manager").post(f"/letture/{page.pk}/", data, follow=True).content.decode()
    assert TITLE in told(person("editor"))


def test_only_who_publishes_there_asks(as_: Given, person: Given, page: Any) -> None:
    data = {"people": person("editor").email, "due": "31/12/2099"}
    for name in ("editor", "reader", "insider", "guest"):
        assert as_(name).get(f"/letture/{page.pk}/").status_code == 404
        assert as_(name).post(f"/letture/{page.pk}/", data).status_code == 404
    assert as_("approver").post(f"/letture/{page.pk}/", data).status_code == 302


def test_it_is_asked_no_more_once_ended_and_the_signatures_stay(as_: Given, person: Given, page: Any) -> None:
    request = ask(page, person, people=[person("editor"), person("reader")])
    press(as_("editor"), page)
    assert as_("editor").post(f"/letture/richieste/{request.pk}/fine/").status_code == 403
    assert as_("manager").post(f"/letture/richieste/{request.pk}/fine/").status_code == 302
    assert TITLE not in told(person("reader")) and signed(page) == 1


def test_a_withdrawn_page_asks_nobody(person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    page.unpublish()
    assert TITLE not in told(person("editor"))
    TextPage.objects.get(pk=page.pk).save_revision().publish()
    assert TITLE in told(person("editor"))


# --- Signed ----------------------------------------------------------------------------------------------


def test_one_press_signs_and_it_leaves_the_home(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    shown = press(as_("editor"), page).content.decode()
    assert "Hai firmato: testo del" in shown and "Le tue firme" in shown
    row = Acknowledgement.objects.get(person=person("editor"), text__page=page.pk)
    assert (row.organisation, row.text.page_id) == (person("editor").organisation, page.pk)
    assert len(row.text.fingerprint) == 64 and row.text.fingerprint[:12] in shown
    assert TITLE not in as_("editor").get("/").content.decode()


def test_a_second_press_changes_nothing_and_nobody_signs_unasked(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    text = SignableText.objects.get(page=page.pk).pk
    for _press in range(2):
        as_("editor").post(f"/letture/{page.pk}/firma/", {"text": text})
    assert signed(page) == 1
    assert as_("reader").post(f"/letture/{page.pk}/firma/", {"text": text}).status_code == 404
    assert as_("guest").post(f"/letture/{page.pk}/firma/", {"text": text}).status_code == 404
    assert as_("editor").get(f"/letture/{page.pk}/firma/").status_code == 405
    assert signed(page) == 1


def test_a_text_that_changed_meanwhile_is_not_signed(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    before = SignableText.objects.get(page=page.pk).pk
    again(page)
    shown = as_("editor").post(f"/letture/{page.pk}/firma/", {"text": before}, follow=True).content.decode()
    assert "il testo è cambiato" in shown and signed(page) == 0
    assert as_("editor").post(f"/letture/{page.pk}/firma/", {"text": "niente"}).status_code == 302


def test_there_is_no_taking_it_back_only_a_note(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    press(as_("editor"), page)
    row = Acknowledgement.objects.get(person=person("editor"), text__page=page.pk)
    with pytest.raises(Immutable):
        row.delete()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Acknowledgement._base_manager.filter(pk=row.pk).delete()
    address = f"/letture/firme/{row.pk}/nota/"
    assert as_("reader").get(address).status_code == 404
    assert as_("technician").post(address, {"note": "Non mia"}).status_code == 404
    assert "obbligatorio" in as_("editor").post(address, {"note": ""}).content.decode()
    shown = as_("editor").post(address, {"note": "Ho premuto per sbaglio."}, follow=True).content.decode()
    assert "Ho premuto per sbaglio." in shown and Acknowledgement.objects.filter(pk=row.pk).exists()
    written = AcknowledgementNote.objects.filter(acknowledgement=row).values_list("words", "by")
    assert list(written) == [("Ho premuto per sbaglio.", row.person_id)]


# --- Another text ----------------------------------------------------------------------------------------


def test_a_small_correction_keeps_what_was_signed(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor"), person("reader")])
    press(as_("editor"), page)
    page = again(page, correction=True)
    assert TITLE not in told(person("editor")) and TITLE in told(person("reader"))
    assert SignableText.objects.filter(page=page.pk).count() == 2
    press(as_("reader"), page)
    assert set(acknowledgements.signers(page)) == {person("editor").pk, person("reader").pk}


def test_another_text_is_asked_again_and_the_same_one_is_not(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    press(as_("editor"), page)
    page = again(page, text="Si apre alle otto.")
    assert TITLE not in told(person("editor"))
    page = again(page)
    assert TITLE in told(person("editor"))
    page = again(page, text="Si apre alle otto.")  # the one that was signed
    assert TITLE not in told(person("editor"))


def test_two_texts_of_one_day_have_two_names(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    again(page)
    first, second = SignableText.objects.filter(page=page.pk).order_by("pk")
    assert second.label.startswith(f"{first.label}, ore ")


def test_who_signed_a_text_is_not_counted_among_those_who_sign_when_it_comes_back(
    as_: Given, person: Given, page: Any
) -> None:
    ask(page, person, people=[person("editor"), person("reader")])
    press(as_("editor"), page)
    former = TextPage.objects.get(pk=page.pk)
    page = again(page)
    assert [who.email for who in acknowledgements.to_sign(page, former)] == [person("reader").email]
    assert {who.email for who in acknowledgements.to_sign(page, TextPage(title="Altro"))} == {
        person("reader").email, person("editor").email
    }  # fmt: skip


# --- Reminded --------------------------------------------------------------------------------------------


def pass_days(request: ReadingRequest, days: int) -> None:
    """So many days go by: the request, its day and its text lie further back."""
    back = timedelta(days=days)
    ReadingRequest.objects.filter(pk=request.pk).update(due=request.due - back, asked_at=request.asked_at - back)
    with as_maintenance("days pass"):
        text = SignableText.objects.get(page=request.page_id)
        SignableText._base_manager.filter(pk=text.pk).update(since=text.since - back)
    request.refresh_from_db()


def work() -> None:
    acknowledgements.remind_due()
    acknowledgements.remind_due()
    for job in Job.objects.filter(state=JobState.WAITING, function="portal.notices.acknowledgements.remind"):
        jobs.run(job.pk)


def test_reminders_leave_three_days_before_on_the_day_and_a_week_after_once_each(
    as_: Given, person: Given, page: Any, mailoutbox: list[Any]
) -> None:
    request = ask(page, person, people=[person("editor"), person("reader")])
    press(as_("reader"), page)
    sent = []
    for _day in range(20):
        before = len(mailoutbox)
        work()
        sent += [(request.due - timezone.localdate()).days] * (len(mailoutbox) - before)
        pass_days(request, 1)
    assert sent == [3, 0, -7]
    assert {mail.to[0] for mail in mailoutbox} == {"editor@raccordo.example"}
    assert "Il regolamento della sede" in mailoutbox[0].subject and f"{page.url}#firma" in mailoutbox[0].body


def test_missed_nights_are_caught_up_with_one_reminder(person: Given, page: Any, mailoutbox: list[Any]) -> None:
    request = ask(page, person, people=[person("editor")])
    pass_days(request, 11)  # the third day before and the day itself were missed
    work()
    assert len(mailoutbox) == 1
    assert list(ReadingReminder.objects.filter(request=request).values_list("step", flat=True)) == [0]


def test_who_signed_or_lost_the_page_meanwhile_is_not_reminded(
    as_: Given, person: Given, page: Any, mailoutbox: list[Any]
) -> None:
    request = ask(page, person, people=[person("editor"), person("approver"), person("reader")])
    pass_days(request, 10)
    acknowledgements.remind_due()
    press(as_("editor"), page)
    roles.take_role(access_row(person("approver")), by=person("manager"), reason="Prova")
    work()
    assert [mail.to[0] for mail in mailoutbox] == ["reader@raccordo.example"]


def access_row(user: User) -> Any:
    Membership.objects.filter(space__code=WIDE, group__in=user.groups.all()).delete()
    return Membership.objects.get(space__code=WIDE, user=user)


def test_the_digest_tells_it_too(person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor")])
    assert TITLE in str(digests.preview(person("editor")))


# --- Followed --------------------------------------------------------------------------------------------


def cells(client: Any, page: Any) -> dict[str, list[str]]:
    found = BeautifulSoup(client.get(f"/letture/{page.pk}/").content, "html.parser")
    rows = [[" ".join(each.get_text(" ").split()) for each in row.select("th, td")] for row in found.select("tbody tr")]
    return {row[0]: row[1:] for row in rows}


def test_who_asked_sees_numbers_by_body_and_names_only_where_it_is_required(
    as_: Given, person: Given, page: Any
) -> None:
    people = [person("editor"), person("reader")]
    request = ask(page, person, people=people)
    press(as_("editor"), page)
    shown = cells(as_("manager"), page)
    assert shown == {"Comune di Beta": ["1", "0", "1"], "Comune di Gamma": ["1", "1", "nessuno"]}
    assert "Editor Prova" not in str(shown)
    ReadingRequest.objects.filter(pk=request.pk).update(is_required=True)
    shown = cells(as_("manager"), page)
    assert "Editor Prova" in shown["Comune di Gamma"][1] and "Reader Prova" in shown["Comune di Beta"][2]


def test_a_share_in_per_cent_is_told_of_five_people_and_more_only(
    as_: Given, person: Given, page: Any, small: Any
) -> None:
    gamma = Organisation.objects.get(slug="gamma")
    roles.give_role(small.wide, gamma.group, Role.READER, by=None)
    ask(page, person, bodies=[gamma, Organisation.objects.get(slug="beta")])
    for at in range(3):
        User.objects.create_user(f"q{at}@raccordo.example", organisation=gamma)
    press(as_("editor"), page)
    assert cells(as_("manager"), page)["Comune di Gamma"] == ["4", "1", "3"]
    User.objects.create_user("q9@raccordo.example", organisation=gamma)
    assert cells(as_("manager"), page)["Comune di Gamma"] == ["5", "1 (20%)", "4"]
    for at in range(2):
        signer = User.objects.get(email=f"q{at}@raccordo.example")
        acknowledgements.sign(page, by=signer, seen=SignableText.objects.get(page=page.pk).pk)
    assert cells(as_("manager"), page)["Comune di Gamma"] == ["5", "3 (60%)", "2"]
    assert access.readers(page).filter(organisation=gamma).count() == 5


def test_who_follows_the_signatures_of_a_body_sees_the_own_body_only(as_: Given, person: Given, page: Any) -> None:
    ask(page, person, people=[person("editor"), person("reader")], is_required=True)
    assert as_("editor").get(f"/letture/{page.pk}/").status_code == 404
    gamma = Organisation.objects.get(slug="gamma")
    Delegation.objects.create(organisation=gamma, purpose="firme", person=person("editor"))
    assert list(cells(as_("editor"), page)) == ["Comune di Gamma"]
    shown = as_("editor").get(f"/letture/{page.pk}/").content.decode()
    assert "Reader" not in shown and "Chiedi di leggere" not in shown
    assert "Beta" not in as_("editor").get(f"/letture/{page.pk}/firme.csv").content.decode()
    data = {"people": person("editor").email, "due": "31/12/2099"}
    assert as_("editor").post(f"/letture/{page.pk}/", data).status_code == 404


def test_the_csv_holds_no_formula_and_no_name_that_is_not_required(as_: Given, person: Given, page: Any) -> None:
    Page.objects.filter(pk=page.pk).update(title="=1+1")
    User.objects.filter(pk=person("editor").pk).update(first_name="=Editor")
    request = ask(page, person, people=[person("editor"), person("reader")])
    press(as_("editor"), page)

    def rows() -> list[list[str]]:
        text = as_("manager").get(f"/letture/{page.pk}/firme.csv").content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text), delimiter=";"))

    assert [row[:4] for row in rows()[1:]] == [
        ["Comune di Beta", "1", "0", "1"],
        ["Comune di Gamma", "1", "1", "0"],
    ]
    assert "Reader" not in str(rows())
    ReadingRequest.objects.filter(pk=request.pk).update(is_required=True)
    assert "'=Editor Prova" in {row[4] for row in rows()} and "Reader Prova" in {row[4] for row in rows()}


# --- Away ------------------------------------------------------------------------------------------------


def away(person: Given, who: str = "editor", substitute: str = "insider") -> None:
    today = timezone.localdate()
    working_life.be_away(person(who), since=today, until=today + timedelta(days=20), substitute=person(substitute),
                         by=person("manager"))  # fmt: skip


def test_while_somebody_is_away_whoever_stands_in_reads_and_signs_in_the_own_name(
    as_: Given, page: Any, person: Given
) -> None:
    worker, stands_in = person("editor"), person("insider")
    ask(page, person, people=[worker])
    away(person)
    assert TITLE in as_("insider").get("/").content.decode()
    shown = as_("insider").get(page.url).content.decode()
    assert "tocca a Editor Prova, che è assente" in shown and "Ho letto e compreso" in shown
    assert "Hai firmato: testo del" in press(as_("insider"), page).content.decode()
    assert [row.person for row in Acknowledgement.objects.filter(text__page=page.pk)] == [stands_in]
    assert TITLE not in as_("insider").get("/").content.decode()  # nothing more to do for her
    assert 'action="/letture/' not in as_("insider").get(page.url).content.decode()
    assert TITLE in told(worker)  # a signature is one's own: on the return it is still to be given
    again(page)
    assert TITLE in told(stands_in)  # another text, again to be read for both


def test_a_text_is_asked_once_of_whoever_stands_in_and_is_asked_too_and_of_nobody_else(
    as_: Given, page: Any, person: Given
) -> None:
    ask(page, person, people=[person("editor"), person("insider")])
    away(person)
    assert told(person("insider")).count(TITLE) == 1
    assert "tocca a" not in as_("insider").get(page.url).content.decode()
    press(as_("insider"), page)
    assert TITLE not in told(person("insider")) and TITLE in told(person("editor"))
    text = SignableText.objects.get(page=page.pk).pk
    assert as_("reader").post(f"/letture/{page.pk}/firma/", {"text": text}).status_code == 404
    assert signed(page) == 1


def test_whoever_follows_a_body_s_signatures_is_led_to_them_from_the_page(as_: Given, page: Any, person: Given) -> None:
    gamma = Organisation.objects.get(slug="gamma")
    link = f'href="/letture/{page.pk}/"'
    Delegation.objects.create(organisation=gamma, purpose="firme", person=person("editor"))
    assert link not in as_("editor").get(page.url).content.decode()  # nothing is asked yet
    ask(page, person, bodies=[gamma])
    assert link in as_("editor").get(page.url).content.decode()
    assert link not in as_("reader").get(page.url).content.decode()


def test_after_its_day_a_reminder_says_that_the_day_is_past(
    page: Any, person: Given, monkeypatch: Any, mailoutbox: list[Any]
) -> None:
    request = ask(page, person, due=3, people=[person("editor")])
    acknowledgements.remind(request.pk, person("editor").pk)
    late = request.due + timedelta(days=7)
    monkeypatch.setattr("portal.notices.emails.timezone.localdate", lambda: late)
    acknowledgements.remind(request.pk, person("editor").pk)
    before, after = mailoutbox
    assert "Entro " in before.body and "Il giorno era" not in before.body
    assert "Il giorno era" in after.body and "che è passato" in after.alternatives[0].content
