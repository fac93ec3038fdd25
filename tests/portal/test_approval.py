"""An approval, from the request to the answer: the page to decide on, and what follows from deciding."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page, TaskState, WorkflowState

from coordination.models import ActionItem, AgendaItem, Decision, MeetingPage, ServicePage
from portal import access, demo
from portal.background import jobs
from portal.models import Document, Organisation, Role, Space, User
from portal.models.pages import TextPage, page_kinds
from portal.pages import approval, approval_page, comparison
from portal.spaces import roles
from portal.words import dates
from protocols.models import FormPage, ProcedurePage
from protocols.models.protocols import RelatedPage
from tests.network import WIDE

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]


def text_of(response: Any) -> str:
    """What one reads in the body of the page, each run of spaces as one."""
    soup = BeautifulSoup(response.content, "html.parser").main
    assert soup is not None
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(soup.get_text(" ").split()))


def propose(page: Page, by: Any) -> Any:
    """Save the page as it stands and ask for its approval; returns the waiting approval."""
    page.save_revision(user=by)
    page.get_workflow().start(page, by)
    return Page.objects.get(pk=page.pk).current_workflow_task_state


def address(state: Any) -> str:
    return f"/approvazioni/{state.pk}/"


def seen_on(response: Any) -> str:
    field = BeautifulSoup(response.content, "html.parser").find("input", {"name": "seen"})
    assert field is not None
    return str(field["value"])


def approve(client: Any, state: Any, words: str = "") -> Any:
    """Open the page and press «Approva»."""
    seen = seen_on(client.get(address(state)))
    return client.post(address(state), {"seen": seen, "words": words, "approva": ""})


def give_back(client: Any, state: Any, words: str) -> Any:
    seen = seen_on(client.get(address(state)))
    return client.post(address(state), {"seen": seen, "words": words, "modifiche": ""})


def wide() -> Space:
    return Space.objects.get(code=WIDE)


@pytest.fixture(scope="module", autouse=True)
def _form(small: Any) -> None:
    """MD-91, in the space where the editor and the writer write, and approver and manager approve."""
    file = ContentFile(b"%PDF-1.7 scheda", "scheda.pdf")
    document = Document.objects.create(title="Scheda", collection=wide().collection, file=file)
    small.publish(
        FormPage(
            title="Scheda di primo colloquio",
            code="MD-91",
            version="1.0",
            document=document,
            summary="Che cosa si chiede a chi arriva.",
            valid_from=timezone.localdate() - timedelta(days=30),
        )  # fmt: skip
    )


@pytest.fixture
def form_page() -> Any:
    return Page.objects.get(slug="md-91").specific


@pytest.fixture
def waiting(form_page: Any, person: Given) -> Any:
    """The editor proposes another title for it, with her reason."""
    form_page.title, form_page.change_note = "Scheda di accesso, più corta", "Via le domande doppie."
    form_page.version, form_page.valid_from = "9.9", timezone.localdate()  # another text is another edition
    return propose(form_page, person("editor"))


# --- What the page says ----------------------------------------------------------------------------------


def test_the_page_says_who_asks_since_when_and_why(as_: Given, waiting: Any) -> None:
    TaskState.objects.filter(pk=waiting.pk).update(started_at=timezone.now() - timedelta(days=2))
    text = text_of(as_("approver").get(address(waiting)))
    assert "Scheda di accesso, più corta" in text
    assert "Lo chiede Editor Prova" in text and "da 2 giorni" in text
    assert "Via le domande doppie." in text


def test_what_changes_is_said_in_words_and_what_stays_is_not(as_: Given, waiting: Any, form_page: Any) -> None:
    assert Page.objects.get(pk=form_page.pk).title == "Scheda di primo colloquio"
    text = text_of(as_("approver").get(address(waiting)))
    changes = text[text.index("Che cosa cambia Rispetto") : text.index("Il testo come si leggerà")]
    assert "Scheda di tolto: primo colloquio aggiunto: accesso, più corta" in changes
    assert form_page.summary not in changes


def test_sections_steps_and_rows_are_compared_one_by_one(as_: Given, person: Given) -> None:
    protocol = Page.objects.get(slug="pr-02").specific
    body = demo.body_of([
        {"heading": block.value["heading"], "text": str(block.value["text"].source), "rows": []}
        for block in protocol.body if block.block_type == "section"
    ])  # fmt: skip
    body[0][1]["text"] = "<p>Un taccuino arancione al posto del fascicolo.</p>"
    protocol.body = [*body[:-1], ("section", {"heading": "Sezione arrivata oggi", "text": "<p>Parole nuove.</p>"})]
    gone = body[-1][1]["heading"]
    protocol.valid_from, protocol.version = timezone.localdate() + timedelta(days=40), "9.9"
    protocol.signatories.add(body_of_the_network := Organisation.objects.get(slug="vicinanze"))
    protocol.related.add(RelatedPage(target=Page.objects.get(slug="md-09")))
    changes = changes_seen(as_("health_manager"), propose(protocol, person("coordinator")))
    assert changes["Testo: Sezione arrivata oggi"].startswith("(si aggiunge) aggiunto:")
    assert changes[f"Testo: {gone}"].startswith("(si toglie) tolto:")
    assert "aggiunto: Un taccuino arancione" in changes[f"Testo: {body[0][1]['heading']}"]
    assert "aggiunto: 9.9" in changes["Versione"] and "In vigore dal" in changes
    assert "MD-09" in changes["Pagina collegata"]
    assert str(body_of_the_network) in changes["Enti firmatari"]


def changes_seen(client: Any, state: Any) -> dict[str, str]:
    """Part → what is said of it."""
    soup = BeautifulSoup(client.get(address(state)).content, "html.parser")
    found = {}
    for item in soup.select(".differences > li"):
        heading = item.h3
        assert heading is not None
        act = heading.select_one(".act")
        assert act is not None
        words = " ".join(item.get_text(" ").split())
        name = heading.get_text(" ").replace(act.get_text(), "").strip()
        found[name] = f"{found.get(name, '')} {words.removeprefix(name).strip()}".strip()
    return found


def test_decisions_actions_and_points_of_a_meeting_are_compared_too(as_: Given, person: Given) -> None:
    meeting = Page.objects.get(slug="r-05").specific
    meeting.decisions.add(Decision(text="Si usa il taccuino arancione."))
    meeting.actions.add(ActionItem(text="Comprare i taccuini", person=person("worker"), due=timezone.localdate()))
    meeting.agenda.add(AgendaItem(title="Il colore dei taccuini"))
    changes = changes_seen(as_("director"), propose(meeting, person("coordinator")))
    assert "aggiunto: Decisione: Si usa il taccuino arancione." in changes["Decisione"]
    assert "Comprare i taccuini" in changes["Azione"] and "Elena Fedi" in changes["Azione"]
    assert "Il colore dei taccuini" in changes["Punto all’ordine del giorno"]


def test_the_text_stands_there_as_readers_will_see_it(as_: Given, waiting: Any) -> None:
    soup = BeautifulSoup(as_("approver").get(address(waiting)).content, "html.parser")
    read = soup.select_one(".as-read")
    assert read is not None
    words = " ".join(read.get_text().split())
    assert "Scheda di accesso, più corta" in words and "Scarica il modulo" in words
    assert read.find("form") is None
    names = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(names) == len(set(names))


def test_a_page_of_each_kind_can_be_read_inside_another(rf: Any, person: Given) -> None:
    request = rf.get("/")
    request.user = person("administrator")
    pages = [page for page in (kind.objects.live().first() for kind in page_kinds()) if page]
    assert len(pages) >= 10
    for page in pages:
        text = BeautifulSoup(approval_page.as_read(page, request), "html.parser").get_text(" ")
        assert page.title in text and len(text) > 200, page
        assert "Salta al contenuto" not in text, page


def test_a_new_page_is_called_new(as_: Given, person: Given) -> None:
    page = TextPage(title="Taccuini", slug="taccuini", change_note="Nuova.", live=False)
    wide().root_page.add_child(instance=page)
    text = text_of(as_("approver").get(address(propose(page, person("editor")))))
    assert "È una pagina nuova: oggi non la legge nessuno." in text


def test_a_page_or_file_that_the_approver_may_not_see_is_not_named(as_: Given, person: Given) -> None:
    hidden = Page.objects.get(slug="op-09")
    protocol = Page.objects.get(slug="pr-02").specific
    protocol.related.add(RelatedPage(target=hidden))
    changes = changes_seen(as_("health_manager"), propose(protocol, person("coordinator")))
    assert "(qualcosa che non puoi vedere)" in changes["Pagina collegata"]
    assert hidden.title not in str(changes)


def test_comparing_costs_the_same_however_many_pages_a_text_cites(person: Given) -> None:
    live = ProcedurePage.objects.get(code="OP-04")
    others = ServicePage.objects.exclude(pk__in=[block.value.pk for block in live.services]).order_by("pk")
    cards = list(access.allowed(others, person("director")))
    request = RequestFactory().get("/")
    request.user = person("director")

    def said(number: int) -> tuple[int, str]:
        page = ProcedurePage.objects.get(code="OP-04")
        page.services = [("service", card) for card in cards[:number]]
        with CaptureQueriesContext(connection) as queries:
            found = comparison.differences(live, page, request)
        return len(queries), str(found)

    said(2)
    (few, _words), (many, words) = said(3), said(9)
    assert many == few
    assert all(card.title in words for card in cards[:9])


def test_what_a_browser_only_sends_back_is_no_change(person: Given) -> None:
    """It ends lines in another way: whoever gave a file its title was said to have changed the text, too."""
    request = RequestFactory().get("/")
    request.user = person("director")
    live = ServicePage.objects.get(slug="sportello-quarrata")
    assert "\n\n" in live.text
    page = ServicePage.objects.get(pk=live.pk)
    page.text = live.text.replace("\n", "\r\n")
    assert comparison.differences(live, page, request) == []
    page.text += "\r\nAnche il sabato."
    assert [each.part for each in comparison.differences(live, page, request)] == ["Che cosa fa e come ci si arriva"]
    live = ProcedurePage.objects.get(code="OP-04")
    live.steps[0].value["text"] = "Prima si ascolta.\nPoi si scrive."
    page = ProcedurePage.objects.get(code="OP-04")
    page.steps[0].value["text"] = "Prima si ascolta.\r\nPoi si scrive."
    assert comparison.differences(live, page, request) == []


def test_a_changed_order_and_a_changed_link_are_said(as_: Given, person: Given) -> None:
    protocol = Page.objects.get(slug="pr-02").specific
    raw = [dict(each) for each in protocol.body.raw_data]
    raw[0], raw[1] = raw[1], raw[0]
    words = raw[2]["value"]["text"]
    raw[2]["value"]["text"] = f'<a href="https://esempio.example/">{words}</a>'
    protocol.body = protocol.body.stream_block.to_python(raw)
    changes = changes_seen(as_("director"), propose(protocol, person("coordinator")))
    assert "(cambia l’ordine)" in changes["Testo"]
    (other,) = (said for part, said in changes.items() if part != "Testo")
    assert "Le parole restano le stesse" in other


# --- Deciding --------------------------------------------------------------------------------------------


def test_approving_publishes_what_was_read(as_: Given, waiting: Any, form_page: Any) -> None:
    response = approve(as_("approver"), waiting, "Molto meglio.")
    assert response.status_code == 302
    page = Page.objects.get(pk=form_page.pk)
    assert page.live and page.title == "Scheda di accesso, più corta"
    assert page.live_revision_id == waiting.revision_id
    state = TaskState.objects.get(pk=waiting.pk)
    assert state.status == "approved" and state.comment == "Molto meglio."


def test_a_live_page_that_gained_a_row_is_approved_at_once(as_: Given, person: Given) -> None:
    meeting = Page.objects.get(slug="r-05").specific
    meeting.decisions.add(Decision(text="Si usa il taccuino arancione."))
    state = propose(meeting, person("coordinator"))
    approve(as_("director"), state)
    assert MeetingPage.objects.get(slug="r-05").decisions.filter(text__contains="taccuino arancione").exists()
    assert Page.objects.get(slug="r-05").current_workflow_task_state is None


def test_changes_are_never_asked_for_without_a_reason(as_: Given, waiting: Any) -> None:
    client = as_("approver")
    response = give_back(client, waiting, "   ")
    assert response.status_code == 200
    assert "Scrivi che cosa va cambiato" in text_of(response)
    assert TaskState.objects.get(pk=waiting.pk).status == "in_progress"
    give_back(client, waiting, "Manca il numero della COT.")
    state = TaskState.objects.get(pk=waiting.pk)
    assert (state.status, state.comment) == ("rejected", "Manca il numero della COT.")


def test_an_approver_is_told_when_the_text_changed_meanwhile_and_keeps_the_words(
    as_: Given, person: Given, waiting: Any, form_page: Any
) -> None:
    client = as_("approver")
    seen = seen_on(client.get(address(waiting)))
    changed = Page.objects.get(pk=form_page.pk).get_latest_revision_as_object()
    changed.title = "Scheda cambiata all’ultimo"
    changed.save_revision(user=person("manager"))
    response = client.post(address(waiting), {"seen": seen, "words": "Va bene così.", "approva": ""})
    text = text_of(response)
    assert "Il testo è cambiato mentre lo leggevi" in text and "Va bene così." in text
    assert "Manager Prova l’ha corretta" in text
    assert Page.objects.get(pk=form_page.pk).title != "Scheda cambiata all’ultimo"
    client.post(address(waiting), {"seen": seen_on(response), "words": "", "approva": ""})
    page = Page.objects.get(pk=form_page.pk)
    assert page.title == "Scheda cambiata all’ultimo"
    assert TaskState.objects.get(pk=waiting.pk).revision_id == page.live_revision_id


def test_what_is_decided_says_by_whom_and_is_decided_once(as_: Given, waiting: Any) -> None:
    late = as_("manager")
    seen = seen_on(late.get(address(waiting)))
    approve(as_("approver"), waiting, "Molto meglio.")
    answer = text_of(late.post(address(waiting), {"seen": seen, "words": "No, così no.", "modifiche": ""}))
    assert "Quello che hai scritto non è partito" in answer and "No, così no." in answer
    text = text_of(late.get(address(waiting)))
    assert "Approvata da Approver Prova oggi" in text and "Molto meglio." in text
    assert TaskState.objects.get(pk=waiting.pk).comment == "Molto meglio."


@pytest.mark.parametrize("who", ["editor", "writer", "insider", "reader", "guest"])
def test_nobody_else_finds_the_page_or_decides(as_: Given, waiting: Any, who: str) -> None:
    """Not who asked, not who writes there, not who approves elsewhere."""
    client = as_(who)
    assert client.get(address(waiting)).status_code == 404
    assert client.post(address(waiting), {"words": "Sì", "approva": ""}).status_code == 404
    assert TaskState.objects.get(pk=waiting.pk).status == "in_progress"
    assert as_("approver").get(address(waiting)).status_code == 200


def test_the_process_itself_asks_who_decides(person: Given, waiting: Any) -> None:
    with pytest.raises(PermissionDenied):
        approval.ask_for_changes(waiting, by=person("editor"), reason="Da sola.")
    approval.ask_for_changes(waiting, by=person("approver"), reason="Insieme.")


# --- Wagtail's own doors ---------------------------------------------------------------------------------


def test_the_editor_leads_to_the_page_and_offers_no_other_way(as_: Given, waiting: Any, form_page: Any) -> None:
    editor = as_("approver").get(f"/admin/pages/{form_page.pk}/edit/").content.decode()
    menu = editor[editor.index("<footer") :]
    assert f'href="{address(waiting)}"' in menu and "Decidi" in menu
    assert "workflow-action" not in menu and "action-publish" not in menu
    own = as_("editor").get(f"/admin/pages/{form_page.pk}/edit/").content.decode()
    assert address(waiting) not in own


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_the_admins_own_ways_to_decide_are_closed(as_: Given, waiting: Any, form_page: Any, action: str) -> None:
    client, before = as_("approver"), Page.objects.get(pk=form_page.pk).title
    own = f"/admin/pages/workflow/action/{form_page.pk}/{action}/{waiting.pk}/"
    collect = f"/admin/pages/workflow/collect_action_data/{form_page.pk}/{action}/{waiting.pk}/"
    assert client.post(own, {"comment": "Fatto da un’altra porta"}).status_code in {302, 403}
    assert client.post(collect, {"comment": ""}).status_code in {302, 403}
    client.post(
        f"/admin/pages/{form_page.pk}/edit/",
        {
            "action-workflow-action": "1",
            "workflow-action-name": action,
            "attachments-count": "0",
            "form_fields-count": "0",
        },
    )
    assert TaskState.objects.get(pk=waiting.pk).status == "in_progress"
    assert Page.objects.get(pk=form_page.pk).title == before
    dashboard = client.get("/admin/").content.decode()
    assert "workflow/action" not in dashboard


# --- Being asked -----------------------------------------------------------------------------------------


def do_job(kind: str, state: Any) -> None:
    """What the worker would do now about this approval."""
    for job in jobs.Job.objects.filter(key=f"{kind}:{state.pk}", state="attesa"):
        jobs.run(job.pk)


def test_the_mail_says_why_and_leads_to_the_page_that_the_desk_leads_to(
    as_: Given, waiting: Any, mailoutbox: list[Any]
) -> None:
    do_job("approval-mail", waiting)
    (mail,) = (mail for mail in mailoutbox if mail.to == ["approver@raccordo.example"])
    assert f"http://testserver{address(waiting)}" in mail.body and "Via le domande doppie." in mail.body
    home = as_("approver").get("/").content.decode()
    assert f'href="{address(waiting)}"' in home and "da approvare: lo chiede Editor Prova" in home
    assert "parere" not in home


def test_an_administrator_without_a_role_in_the_space_is_not_asked_but_may_decide(
    as_: Given, waiting: Any, mailoutbox: list[Any]
) -> None:
    do_job("approval-mail", waiting)
    told = {mail.to[0] for mail in mailoutbox}
    assert told == {"approver@raccordo.example", "manager@raccordo.example"}
    assert as_("technician").get(address(waiting)).status_code == 200


def test_asking_costs_the_same_whoever_reads_the_space(waiting: Any, form_page: Any) -> None:
    access.deciders([form_page])
    with CaptureQueriesContext(connection) as before:
        approval.tell_approvers(waiting.pk)
    space = wide()
    for number in range(12):
        reader = User.objects.create_user(f"lettrice{number}@raccordo.example")
        roles.give_role(space, reader, Role.READER, by=None)
    with CaptureQueriesContext(connection) as after:
        approval.tell_approvers(waiting.pk)
    assert len(after) == len(before) <= 12


def test_those_who_decide_are_the_approvers_of_that_space_also_through_their_body(
    person: Given, waiting: Any, form_page: Any
) -> None:
    space, body = wide(), Organisation.objects.get(slug="delta")
    roles.give_role(space, body.group, Role.APPROVER, by=None)
    found = access.deciders([form_page])[form_page.pk]
    assert set(found) == {person("manager"), person("approver"), person("guest")}
    assert all(access.may_decide(each, form_page) for each in found)
    roles.give_role(space, person("editor"), Role.APPROVER, by=None)
    assert person("editor") not in access.deciders([form_page])[form_page.pk]


# --- The answer ------------------------------------------------------------------------------------------


def test_a_refusal_comes_back_with_its_reason_as_a_mail_and_as_a_duty(
    as_: Given, person: Given, waiting: Any, form_page: Any, mailoutbox: list[Any]
) -> None:
    give_back(as_("approver"), waiting, "Manca il numero della COT.")
    do_job("answer-mail", waiting)
    (mail,) = mailoutbox
    assert mail.to == ["editor@raccordo.example"]
    assert "Approver Prova chiede modifiche" in mail.body and "Manca il numero della COT." in mail.body
    assert f"http://testserver/admin/pages/{form_page.pk}/edit/" in mail.body
    home = text_of(as_("editor").get("/"))
    assert "Ti è tornata: MD-91 Scheda di accesso, più corta" in home
    assert "Approver Prova chiede: Manca il numero della COT." in home and "Correggi" in home
    assert "Ti è tornata" not in text_of(as_("approver").get("/"))
    editor = as_("editor").get(f"/admin/pages/{form_page.pk}/edit/").content.decode()
    assert "Ti è tornata: «Manca il numero della COT.» (Approver Prova)" in editor
    buttons = BeautifulSoup(editor, "html.parser").find_all("button", value="Chiedi di nuovo l’approvazione")
    assert [button["name"] for button in buttons] == ["action-submit"]
    WorkflowState.objects.get(task_states=waiting).resume(user=person("editor"))
    assert "Ti è tornata" not in text_of(as_("editor").get("/"))


@pytest.mark.parametrize("end", ["published", "withdrawn"])
def test_the_duty_ends_when_the_page_is_published_or_the_request_withdrawn(
    as_: Given, person: Given, waiting: Any, form_page: Any, end: str
) -> None:
    give_back(as_("approver"), waiting, "Manca il numero della COT.")
    assert "Ti è tornata" in text_of(as_("editor").get("/"))
    if end == "published":
        Page.objects.get(pk=form_page.pk).latest_revision.publish(user=person("manager"))
    else:
        WorkflowState.objects.get(task_states=waiting).cancel(user=person("editor"))
    assert "Ti è tornata" not in text_of(as_("editor").get("/"))


def test_an_approval_comes_back_with_its_note_and_the_address_of_the_page(
    as_: Given, waiting: Any, mailoutbox: list[Any]
) -> None:
    approve(as_("approver"), waiting, "Molto meglio, grazie.")
    do_job("answer-mail", waiting)
    (mail,) = mailoutbox
    assert mail.to == ["editor@raccordo.example"]
    assert "Approver Prova ha approvato la tua pagina" in mail.body and "Molto meglio, grazie." in mail.body
    assert "È pubblicata: http://testserver/p/MD-91/" in mail.body


def test_of_a_scheduled_page_the_answer_says_the_day(
    as_: Given, person: Given, form_page: Any, mailoutbox: list[Any]
) -> None:
    form_page.go_live_at = timezone.now() + timedelta(days=3)
    state = propose(form_page, person("editor"))
    day = dates.in_words(form_page.go_live_at, "l j F")
    client = as_("approver")
    assert f"sarà pubblicata {day}" in text_of(client.get(address(state)))
    assert f"sarà pubblicata {day}" in client.get(approve(client, state)["Location"]).content.decode()
    do_job("answer-mail", state)
    (mail,) = mailoutbox
    assert f"Sarà pubblicata {day}." in mail.body and "http" not in mail.body


@pytest.mark.parametrize("answer", [approve, give_back])
def test_whoever_has_left_the_space_gets_no_title_comment_or_address(
    as_: Given, person: Given, waiting: Any, mailoutbox: list[Any], answer: Any
) -> None:
    """Wagtail's own mails would have left here, with the title."""
    answer(as_("approver"), waiting, "Commento riservato.")
    space = wide()
    space.memberships.all().delete()
    do_job("answer-mail", waiting)
    do_job("approval-mail", waiting)
    assert mailoutbox == []
    roles.give_role(space, person("editor"), Role.EDITOR, by=None)
    jobs.Job.objects.filter(key=f"answer-mail:{waiting.pk}").update(state="attesa", attempts=0)
    do_job("answer-mail", waiting)
    assert [mail.to for mail in mailoutbox] == [["editor@raccordo.example"]]


def test_ones_own_waiting_pages_stand_on_the_home(as_: Given, waiting: Any) -> None:
    TaskState.objects.filter(pk=waiting.pk).update(started_at=timezone.now() - timedelta(days=2))
    home = text_of(as_("editor").get("/"))
    assert "In attesa di approvazione: MD-91 Scheda di accesso, più corta" in home
    assert "da 2 giorni; può approvarla Manager Prova, Approver Prova" in home
    assert "In attesa di approvazione" not in text_of(as_("writer").get("/"))
    approve(as_("approver"), waiting)
    assert "In attesa di approvazione" not in text_of(as_("editor").get("/"))


def test_whoever_opens_a_page_that_waits_reads_who_decides_and_an_approver_may_write(as_: Any, person: Any) -> None:
    page = wide().root_page.add_child(instance=TextPage(title="Avviso", change_note="Nuovo.", live=False))
    propose(page, person("editor"))
    shown = as_("editor").get(f"/admin/pages/{page.pk}/edit/").content.decode()
    said = re.search(
        r"in attesa di approvazione: decidono? ([^.]+)\. Fino ad allora qui si legge e non si scrive", shown
    )
    assert said and "Approver Prova" in said[1] and "Editor Prova" not in said[1]
    assert "content-locked" in shown
    other = as_("approver").get(f"/admin/pages/{page.pk}/edit/").content.decode()
    assert "Fino ad allora" not in other and "content-locked" not in other
