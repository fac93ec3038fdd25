"""A draft commented on part by part: said, answered, reopened; a wording taken over, refused, nothing overwritten."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, PageLogEntry

from portal import demo
from portal.accounts import handover, own_data
from portal.models import Delegation, Organisation
from portal.models.append_only import Immutable
from portal.pages import approval, concurrent_edits
from protocols import discussions, places
from protocols.models import Deed, Discussion, Edition, JointApproval, ProcedurePage, ProtocolPage, Remark, RemarkAct
from tests.protocols.test_joint_approval import changed, reviewed, rule, signed, text, told  # noqa: F401

pytestmark = pytest.mark.django_db
Given = Callable[..., Any]
SAID = "PR-77 Regola di prova: osservazioni sulla bozza"
ANSWER = "Risposta all’osservazione su PR-77 Regola di prova"


@pytest.fixture
def waiting(rule: ProtocolPage, person: Given) -> Discussion:  # noqa: F811
    """PR-77 waits for its approval in the space, asked for by the coordinator."""
    page = Page.objects.get(pk=rule.pk).specific
    page.get_workflow().start(page, person("coordinator"))
    return Discussion.objects.get(page=rule.pk)


def place_of(discussion: Discussion, heading: str = "Tempi") -> str:
    draft = Page.objects.get(pk=discussion.page_id).get_latest_revision_as_object()
    return next(each.key for each in places.of(draft).values() if each.heading == heading)


def said(client: Any, discussion: Discussion, **words: str) -> Any:
    """A remark as one writes it: the form is read, what is given is typed into it, then it is sent."""
    at = f"/osservazioni/{discussion.pk}/scrivi/{place_of(discussion)}/"
    fields = {"seen": seen_in(client.get(at)), "comment": "", "text": "Due crisantemi."} | words
    if body := fields.pop("ente", ""):
        fields["body"] = str(Organisation.objects.get(slug=body).pk)
    return client.post(at, fields, follow=True)


def seen_in(response: Any) -> str:
    found = BeautifulSoup(response.content, "html.parser").find("input", {"name": "seen"})
    return str(found["value"]) if found else ""


def done(client: Any, remark: Remark, button: str, words: str = "") -> Any:
    at = f"/osservazioni/una/{remark.pk}/"
    return client.post(at, {"seen": seen_in(client.get(at)), "words": words, button: ""}, follow=True)


def draft_of(page: int) -> Any:
    return Page.objects.get(pk=page).get_latest_revision_as_object()


# --- Who reads, who speaks -------------------------------------------------------------------------------


def test_those_who_are_asked_comment_on_a_part_and_nobody_else_finds_the_draft(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    at = f"/osservazioni/{waiting.pk}/"
    for name in ("health_manager", "director", "worker"):  # delegates; the director approves there too
        assert "Due crisantemi." in text(as_(name).get(at))
    assert [as_(name).get(at).status_code for name in ("trainee", "newcomer", "partner")] == [404, 404, 404]
    answer = said(as_("worker"), waiting, comment="Due sono troppi per noi.", ente="quarrata")
    assert "non si pubblica mai" in text(answer)
    [remark] = Remark.objects.filter(discussion=waiting)
    assert (remark.organisation.slug, remark.wording, remark.was["text"]) == ("quarrata", None, "Due crisantemi.")
    assert "Comune di Quarrata commenta Due sono troppi per noi." in text(as_("health_manager").get(at))
    assert as_("trainee").get(f"/osservazioni/una/{remark.pk}/").status_code == 404
    assert SAID in told(person("coordinator"))
    assert "Due sono troppi" not in text(as_("worker").get("/p/PR-77/"))
    # The body is named only by whoever acts for it.
    said(as_("health_manager"), waiting, comment="Per loro.", ente="quarrata")
    assert Remark.objects.filter(discussion=waiting).count() == 1


def test_a_substitute_speaks_for_the_body_and_whoever_lost_the_mandate_does_not(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    at = f"/osservazioni/{waiting.pk}/"
    assert as_("newcomer").get(at).status_code == 404
    mandate = Delegation.objects.filter(organisation__slug="quarrata", purpose="approvazione").get()
    Delegation.objects.filter(pk=mandate.pk).update(substitute=person("newcomer"))
    said(as_("newcomer"), waiting, comment="Sostituisco.", ente="quarrata")
    assert Remark.objects.get(discussion=waiting).organisation.slug == "quarrata"
    Delegation.objects.filter(pk=mandate.pk).update(substitute=None)
    assert as_("newcomer").get(at).status_code == 404


def test_the_form_keeps_what_was_typed_and_refuses_what_says_nothing_or_names_somebody(
    waiting: Discussion, as_: Given
) -> None:
    client = as_("worker")
    assert "Scrivi un commento, oppure cambia il testo." in text(said(client, waiting))
    answer = said(client, waiting, text="Chiamare RSSMRA80A01H501U a casa.")
    assert "un codice fiscale" in text(answer) and "RSSMRA80A01H501U" in text(answer)
    answer = said(client, waiting, comment="Scrivere a RSSMRA80A01H501U.")
    assert "un codice fiscale" in text(answer)
    assert not Remark.objects.filter(discussion=waiting).exists()
    at = f"/osservazioni/{waiting.pk}/scrivi/{place_of(waiting)}/"
    before = seen_in(client.get(at))
    changed(waiting.page, "Tre crisantemi.").save_revision()
    answer = client.post(at, {"seen": before, "comment": "Due vanno bene.", "text": "Due crisantemi."})
    assert "è cambiata mentre scrivevi" in text(answer) and "Due vanno bene." in text(answer)
    assert "Tre crisantemi." in text(answer) and seen_in(answer) != before
    assert not Remark.objects.filter(discussion=waiting).exists()


# --- Answered, closed, reopened --------------------------------------------------------------------------


def test_an_answer_reaches_whoever_asked_and_each_act_stays_written(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    said(as_("health_manager"), waiting, comment="Perché due?", ente="ausl")
    remark = Remark.objects.get(discussion=waiting)
    assert "Scrivi la risposta." in text(done(as_("coordinator"), remark, "risposta"))
    done(as_("coordinator"), remark, "risposta", "Per simmetria.")
    assert SAID not in told(person("coordinator")) and ANSWER in told(person("health_manager"))
    assert "Per simmetria." in text(as_("health_manager").get(f"/osservazioni/una/{remark.pk}/"))
    done(as_("health_manager"), remark, "letta")
    assert ANSWER not in told(person("health_manager"))
    done(as_("health_manager"), remark, "chiusa")
    done(as_("health_manager"), remark, "riaperta", "Ci ho ripensato.")
    assert SAID in told(person("coordinator"))
    assert [act.deed for act in remark.acts.all()] == [Deed.ANSWERED, Deed.RESOLVED, Deed.REOPENED]
    done(as_("worker"), remark, "chiusa")  # neither who said it nor who writes there
    assert remark.acts.count() == 3
    with pytest.raises(Immutable):
        RemarkAct.objects.filter(remark=remark).update(words="Altro.")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE protocols_remark SET comment = 'x' WHERE id = %s", [remark.pk])
    kept = [row for each in own_data.of(person("health_manager")) for row in each.rows]
    assert any("Perché due?" in row.values() for row in kept)


def test_two_who_answer_at_once_are_told_and_nothing_is_written_twice(waiting: Discussion, as_: Given) -> None:
    said(as_("worker"), waiting, comment="Perché?", ente="quarrata")
    remark = Remark.objects.get(discussion=waiting)
    at = f"/osservazioni/una/{remark.pk}/"
    seen = seen_in(as_("coordinator").get(at))
    done(as_("director"), remark, "chiusa")
    answer = as_("coordinator").post(at, {"seen": seen, "words": "Perché sì.", "risposta": ""})
    assert "Nel frattempo qualcuno ha già risposto" in text(answer) and "Perché sì." in text(answer)
    assert remark.acts.count() == 1
    again = as_("coordinator").post(at, {"seen": seen_in(answer), "words": "Perché sì.", "risposta": ""})
    assert again.status_code == 302 and remark.acts.count() == 2


# --- Taken over ------------------------------------------------------------------------------------------


def test_a_wording_is_taken_over_with_one_click_in_its_part_alone_and_the_edition_remembers_whose_it_was(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    page = draft_of(waiting.page_id)
    page.body.append(("section", {"heading": "Altro", "text": "<p>Il <b>resto</b>.</p>", "rows": []}))
    page.save_revision(user=person("coordinator"))
    seen = concurrent_edits.mark(draft_of(page.pk).latest_revision)
    said(as_("worker"), waiting, text="Un crisantemo e mezzo.", comment="Basta meno.", ente="quarrata")
    remark = Remark.objects.get(discussion=waiting)
    shown = text(as_("coordinator").get(f"/osservazioni/una/{remark.pk}/"))
    assert "tolto: Due crisantemi. aggiunto: Un crisantemo e mezzo." in shown
    assert "Riprendi" not in text(as_("worker").get(f"/osservazioni/una/{remark.pk}/"))
    done(as_("worker"), remark, "ripresa")
    assert remark.acts.count() == 0
    done(as_("coordinator"), remark, "ripresa")
    after = draft_of(page.pk)
    written = PageLogEntry.objects.filter(page=page.pk, action="wagtail.edit").latest("pk")
    assert (written.user, written.revision) == (person("coordinator"), after.latest_revision)
    assert [str(block.value["text"].source) for block in after.body] == [
        "<p>Un crisantemo e mezzo.</p>", "<p>Il <b>resto</b>.</p>",
    ]  # fmt: skip
    assert ANSWER in told(person("worker")) and SAID not in told(person("coordinator"))
    # Whoever was reading the text of before reads the new one first.
    state = after.current_workflow_task_state.specific
    with pytest.raises(approval.TextChanged):
        approval.approve(state, by=person("director"), seen=seen)
    approval.approve(state, by=person("director"), seen=concurrent_edits.mark(approval.proposed(state)))
    joint = JointApproval.objects.get(page=page.pk, state="in-corso")
    for body, name in {"sds": "director", "ausl": "health_manager", "quarrata": "worker"}.items():
        signed(as_(name), joint, body)
    edition = Edition.objects.get(page=page.pk, version="2.0")
    assert [(each["body"], each["heading"]) for each in edition.wordings] == [("Comune di Quarrata", "Tempi")]
    told_there = text(as_("coordinator").get("/p/PR-77/edizioni/2.0/"))
    assert "testo proposto da Comune di Quarrata, ripreso da Chiara Bonacchi" in told_there
    assert "Basta meno." not in told_there
    waiting.refresh_from_db()
    assert not waiting.is_open
    assert "chiedi" not in text(done(as_("coordinator"), remark, "riaperta")) and remark.acts.count() == 1


def test_where_the_part_has_changed_since_both_are_shown_and_nothing_is_overwritten(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    said(as_("worker"), waiting, text="Un crisantemo e mezzo.", ente="quarrata")
    remark = Remark.objects.get(discussion=waiting)
    before = seen_in(as_("coordinator").get(f"/osservazioni/una/{remark.pk}/"))
    changed(waiting.page, "Cinque crisantemi.").save_revision(user=person("director"))
    at = f"/osservazioni/una/{remark.pk}/"
    answer = text(as_("coordinator").post(at, {"seen": before, "words": "", "ripresa": ""}))
    assert "non ho toccato niente" in answer and "Cinque crisantemi." in answer and "Un crisantemo e mezzo." in answer
    assert "tolto: Cinque crisantemi." in answer and "Riprendi questo testo" not in answer
    assert str(draft_of(waiting.page_id).body[0].value["text"].source) == "<p>Cinque crisantemi.</p>"
    assert "La parte è cambiata" in text(as_("worker").get(f"/osservazioni/{waiting.pk}/"))
    page = draft_of(waiting.page_id)
    page.body = demo.body_of([{"heading": "Altro", "text": "Solo questo."}])
    page.save_revision()
    assert "non c’è più" in text(as_("coordinator").get(at))
    gone = text(as_("worker").get(f"/osservazioni/{waiting.pk}/"))
    assert "Su parti che nella bozza non ci sono più" in gone and "Un crisantemo e mezzo." in gone


def test_an_editor_s_older_form_does_not_undo_a_wording_taken_over(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    begun_from = concurrent_edits.mark(draft_of(waiting.page_id).latest_revision)
    said(as_("worker"), waiting, text="Un crisantemo e mezzo.", ente="quarrata")
    done(as_("coordinator"), Remark.objects.get(discussion=waiting), "ripresa")
    with pytest.raises(concurrent_edits.Overtaken):
        concurrent_edits.check(draft_of(waiting.page_id), {"begun_from": begun_from}, person("director"))


def test_a_wording_taken_over_while_bodies_sign_stops_the_signature_and_says_so_before(
    rule: ProtocolPage,  # noqa: F811
    as_: Given,
    person: Given,
) -> None:
    joint = reviewed(rule, person)
    signed(as_("director"), joint, "sds")
    discussion = Discussion.objects.get(page=rule.pk)
    said(as_("health_manager"), discussion, text="Un crisantemo e mezzo.", ente="ausl")
    remark = Remark.objects.get(discussion=discussion)
    assert "dopo la nuova approvazione gli enti firmano da capo" in text(
        as_("coordinator").get(f"/osservazioni/una/{remark.pk}/")
    )
    assert "chiedi di nuovo l’approvazione" in text(done(as_("coordinator"), remark, "ripresa"))
    joint.refresh_from_db()
    assert joint.state == "ritirato" and joint.signatures.count() == 1
    assert "Non c’è più niente da firmare" in text(signed(as_("worker"), joint, "quarrata"))
    assert not Edition.objects.filter(page=rule.pk, version="2.0").exists()
    # The text in its author's hands is shown to no body; what it said stays.
    shown = text(as_("worker").get(f"/osservazioni/{discussion.pk}/"))
    assert "tornata in mano a chi la scrive" in shown and "propone un altro testo" in shown
    again = reviewed(rule, person)
    assert again.signatures.count() == 0 and Discussion.objects.get(page=rule.pk).pk == discussion.pk


def test_a_refusal_needs_its_reason(waiting: Discussion, as_: Given, person: Given) -> None:
    said(as_("worker"), waiting, text="Un crisantemo e mezzo.", ente="quarrata")
    remark = Remark.objects.get(discussion=waiting)
    assert "Scrivi perché non riprendi il testo" in text(done(as_("coordinator"), remark, "respinta"))
    done(as_("coordinator"), remark, "respinta", "Mezzo non si divide.")
    assert "Mezzo non si divide." in text(as_("worker").get(f"/osservazioni/una/{remark.pk}/"))
    assert ANSWER in told(person("worker"))
    assert str(draft_of(waiting.page_id).body[0].value["text"].source) == "<p>Due crisantemi.</p>"


# --- Parts -----------------------------------------------------------------------------------------------


def test_rows_and_paragraphs_that_stay_keep_their_looks() -> None:
    page = ProtocolPage(title="Prova")
    source = (
        '<p>Primo <b>capo</b>.</p><ol><li>uno</li><li>due</li></ol><p>Ultimo <a href="https://x.example/">qui</a>.</p>'
    )
    rows = [{"term": "Chi: noi", "text": "Subito."}, {"term": "COT", "text": "Entro sera."}]
    page.body = [("section", {"heading": "Tempi", "text": source, "rows": rows})]
    page.body.get_prep_value()  # its parts have their numbers from now on
    [place] = places.of(page).values()
    assert set(place.loses) == {"il grassetto", "i collegamenti", "i numeri degli elenchi"}
    places.put(page, place, {"text": place.text.replace("Primo capo.", "Altro **capo**."), "rows": place.rows})
    after = str(page.body[0].value["text"].source)
    assert after.startswith("<p>Altro <b>capo</b>.</p><ol><li>uno</li>") and 'href="https://x.example/"' in after
    assert [row["term"] for row in page.body[0].value["rows"]] == ["Chi: noi", "COT"]


def test_a_step_of_a_procedure_and_a_plain_field_are_worded_too_and_a_reserved_part_is_no_part() -> None:
    page = ProcedurePage(title="Prova", when_to_use="Sempre.")
    page.steps = [("step", {"title": "Chiamare", "text": "Si chiama.", "who": "Chi è di turno"})]
    page.steps.get_prep_value()
    when, step = places.of(page).values()
    places.put(page, when, {"text": "Di rado.", "rows": []})
    places.put(page, step, {"text": "Si scrive.", "rows": []})
    assert (page.when_to_use, page.steps[0].value["text"], page.steps[0].value["who"]) == (
        "Di rado.", "Si scrive.", "Chi è di turno",
    )  # fmt: skip
    closed = ProtocolPage(title="Prova")
    closed.body = [("reserved", {"readers": [("role", "1")], "content": []})]
    assert places.of(closed) == {}


def test_the_page_of_a_draft_asks_as_often_for_thirty_remarks_as_for_three(
    waiting: Discussion, as_: Given, person: Given
) -> None:
    client, at = as_("coordinator"), f"/osservazioni/{waiting.pk}/"
    [place] = [each for each in places.of(draft_of(waiting.page_id)).values() if each.heading == "Tempi"]
    found = []
    for count in (3, 27):
        for number in range(count):
            row = Remark.objects.create(
                discussion=waiting, place=place.key, heading="Tempi", sha256=place.sha256, was=place.wording,
                comment=f"Numero {number}.", by=person(("worker", "director", "health_manager")[number % 3]),
            )  # fmt: skip
            RemarkAct.objects.create(remark=row, deed=Deed.ANSWERED, words="Sì.", by=person("coordinator"))
        client.get(at)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(at).status_code == 200
        found.append(len(queries))
    assert found[0] == found[1]


def test_the_approver_is_led_to_the_draft_s_parts_and_a_delegate_finds_it_at_home(
    waiting: Discussion, as_: Given
) -> None:
    state = discussions.waiting().get(workflow_state__object_id=str(waiting.page_id))
    assert f"/osservazioni/{waiting.pk}/" in as_("director").get(f"/approvazioni/{state.pk}/").content.decode()
    assert "In revisione: PR-77 Regola di prova" in text(as_("health_manager").get("/"))
    assert "In revisione: PR-77 Regola di prova" not in text(as_("coordinator").get("/"))


def test_a_draft_that_others_comment_passes_only_to_somebody_who_writes_where_it_lies(
    waiting: Discussion, person: Given
) -> None:
    chiara, key = person("coordinator"), f"discussion:{waiting.pk}"
    [item] = [each for each in handover.items(chiara, person("administrator")) if each.key == key]
    assert item.refuses(person("partner")) == (
        "Rosanna Cioni non scrive dove sta questa bozza, e non potrebbe rispondere: scegli un’altra persona."
    )
    assert item.refuses(person("director")) == ""
    item.hand(person("director"), person("administrator"))
    waiting.refresh_from_db()
    assert waiting.author == person("director")
