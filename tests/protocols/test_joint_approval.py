"""Approved by all its bodies: reviewed, signed in parallel from the front end, and put in force by nobody alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string
from wagtail.models import Page

from portal import demo
from portal.accounts import handover, working_life
from portal.models import Delegation, Job, Organisation
from portal.models.append_only import Immutable, as_maintenance
from portal.models.jobs import JobState
from portal.notices import feed
from portal.pages import approval, concurrent_edits
from portal.pages.publication import Refused
from protocols import joint_approval
from protocols.models import Edition, JointApproval, ProtocolPage, Signature, SigningRule
from tests.protocols.test_editions import posted

pytestmark = pytest.mark.django_db
Given = Callable[..., Any]
DAY = timedelta(days=1)
BODIES = {"sds": "director", "quarrata": "worker", "ausl": "health_manager"}


@pytest.fixture
def rule(person: Given) -> ProtocolPage:
    """PR-77 of three bodies, in force since ten days; a second edition is written, and waits for its review."""
    page = ProtocolPage(title="Regola di prova", code="PR-77", valid_from=timezone.localdate() - 10 * DAY)
    page.body = demo.body_of([{"heading": "Tempi", "text": "Un crisantemo."}])
    page.signatories = list(Organisation.objects.filter(slug__in=BODIES))
    with as_maintenance("signed before there was a portal"):
        page = demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=person("coordinator"))
    page = changed(page)
    page.save_revision(user=person("coordinator"))
    return page


def changed(page: Any, text: str = "Due crisantemi.", version: str = "2.0", **values: Any) -> Any:
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body[0].value["text"] = page.body[0].block.child_blocks["text"].to_python(f"<p>{text}</p>")
    page.version, page.valid_from, page.change_note = version, timezone.localdate(), "Da uno a due: riguarda i reparti."
    for name, value in values.items():
        setattr(page, name, value)
    return page


def reviewed(page: Any, person: Given, author: str = "coordinator", by: str = "director") -> JointApproval:
    """Its author asks for approval, and somebody who approves in the space says yes."""
    page = Page.objects.get(pk=page.pk).specific
    page.get_workflow().start(page, person(author))
    state = page.current_workflow_task_state.specific
    approval.approve(state, by=person(by), seen=concurrent_edits.mark(approval.proposed(state)))
    return JointApproval.objects.get(page=page.pk, state="in-corso")


@pytest.fixture
def joint(rule: ProtocolPage, person: Given) -> JointApproval:
    return reviewed(rule, person)


def signed(client: Any, joint: JointApproval, *bodies: str, button: str = "firma", reason: str = "") -> Any:
    keys = list(Organisation.objects.filter(slug__in=bodies).values_list("pk", flat=True))
    return client.post(f"/firme/{joint.pk}/", {"bodies": keys, "reason": reason, button: ""}, follow=True)


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def told(who: Any) -> list[str]:
    return [todo.title for todo in feed.todos(type(who).objects.get(pk=who.pk))]


def ran(prefix: str) -> list[Any]:
    """The mails of the jobs with this key, as they leave."""
    mail.outbox.clear()
    for job in Job.objects.filter(key__startswith=prefix, state=JobState.WAITING):
        import_string(job.function)(*job.args)
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    return list(mail.outbox)


# --- The way to its end ----------------------------------------------------------------------------------


def test_the_delegates_read_what_changes_and_sign_in_parallel_and_the_last_one_puts_it_in_force(
    joint: JointApproval, as_: Given, person: Given
) -> None:
    assert "Un crisantemo." in text(as_("worker").get("/p/PR-77/"))  # the review alone changed nothing
    shown = text(as_("health_manager").get(f"/firme/{joint.pk}/"))
    assert "Da uno a due: riguarda i reparti." in shown and "tolto: Un crisantemo. aggiunto: Due crisantemi." in shown
    assert shown.index("tolto: Un") < shown.index("Il testo come si leggerà") < shown.index("La risposta del tuo ente")
    title = "PR-77 Regola di prova, versione 2.0: firma"
    assert all(title in told(person(name)) for name in BODIES.values())
    for body, name in [("ausl", "health_manager"), ("sds", "director")]:
        assert "Hai firmato" in text(signed(as_(name), joint, body))
        assert title not in told(person(name))
    home = text(as_("coordinator").get("/"))
    assert "In firma: PR-77 Regola di prova" in home
    assert "hanno firmato 2 di 3; mancano: Comune di Quarrata (Elena Fedi)" in home
    assert "Un crisantemo." in text(as_("worker").get("/p/PR-77/"))
    assert "è pubblicato" in text(signed(as_("worker"), joint, "quarrata"))
    assert "Due crisantemi." in text(as_("worker").get("/p/PR-77/"))
    edition = Edition.objects.get(page=joint.page, version="2.0")
    assert (edition.proposed_by, edition.approved_by) == (person("coordinator"), person("director"))
    [message] = ran("joint-tell_of_the_end")
    assert message.to == [person("coordinator").email] and "Comune di Quarrata" in message.body
    assert "In firma: PR-77" not in text(as_("coordinator").get("/"))


def test_a_refusal_needs_its_reason_and_goes_back_to_the_author(
    joint: JointApproval, as_: Given, person: Given
) -> None:
    answer = signed(as_("worker"), joint, "quarrata", button="modifiche")
    assert "Scrivi che cosa va cambiato" in text(answer) and not Signature.objects.filter(approval=joint).exists()
    signed(as_("worker"), joint, "quarrata", button="modifiche", reason="Due sono troppi per noi.")
    joint.refresh_from_db()
    assert joint.state == "rifiutato"
    assert "Ti è tornata: PR-77 Regola di prova" in told(person("coordinator"))
    assert "PR-77 Regola di prova, versione 2.0: firma" not in told(person("health_manager"))
    [message] = ran("joint-refusal")
    assert message.to == [person("coordinator").email] and "Due sono troppi per noi." in message.body
    assert "Due sono troppi per noi." in text(as_("coordinator").get(f"/firme/{joint.pk}/"))
    assert "Non c’è più niente da firmare" in text(signed(as_("director"), joint, "sds"))
    again = reviewed(changed(joint.page, "Un crisantemo e mezzo.").save_revision().as_object(), person)
    assert again.signatures.count() == 0  # another text: all say it anew
    assert "Ti è tornata: PR-77 Regola di prova" not in told(person("coordinator"))


def test_who_comes_too_late_is_told_and_the_typed_reason_is_still_there(joint: JointApproval, as_: Given) -> None:
    """The colleague was faster, for the same body; then another body sent the text back."""
    reason = "Perché l’ufficio è chiuso il sabato."
    signed(as_("health_manager"), joint, "ausl")
    answers = [signed(as_("hospital_worker"), joint, "ausl", button="modifiche", reason=reason)]
    signed(as_("worker"), joint, "quarrata", button="modifiche", reason="No.")
    answers.append(signed(as_("director"), joint, "sds", button="modifiche", reason=reason))
    for answer in answers:
        assert "Nel frattempo qualcun altro ha risposto, o ha ritirato il testo" in text(answer)
        assert "Quello che hai scritto non è partito" in text(answer) and reason in text(answer)
    assert "osservazioni sulla bozza" in text(answers[1])
    assert {row.reason for row in Signature.objects.filter(approval=joint)} == {"", "No."}
    assert "non è partito" not in text(signed(as_("director"), joint, "sds"))  # nothing was typed


def test_a_quorum_set_by_the_space_is_enough_and_one_no_does_not_stop_it(
    rule: ProtocolPage, as_: Given, person: Given
) -> None:
    assert as_("director").get("/firme/regole/rete/").status_code == 403
    assert "da 1 a 100" in text(as_("coordinator").post("/firme/regole/rete/", {"quorum": "0", "days": "7"}))
    as_("coordinator").post("/firme/regole/rete/", {"quorum": "2", "days": "7"})
    joint = reviewed(rule, person)
    assert (joint.needed, joint.due) == (2, timezone.localdate() + 7 * DAY)
    signed(as_("worker"), joint, "quarrata", button="modifiche", reason="Non ci convince.")
    assert "Ti è tornata: PR-77 Regola di prova" in told(person("coordinator"))
    signed(as_("director"), joint, "sds")
    signed(as_("health_manager"), joint, "ausl")
    joint.refresh_from_db()
    assert joint.state == "approvato" and Edition.objects.filter(page=rule, version="2.0").exists()


def test_a_protocol_without_bodies_keeps_the_way_of_its_space(rule: ProtocolPage, person: Given) -> None:
    page = ProtocolPage(title="Senza enti", code="PR-78", change_note="Nuovo.", live=False)
    page.body = demo.body_of([{"heading": "Tempi", "text": "Un tulipano."}])
    demo.space("SP-RETE").root_page.add_child(instance=page)
    page.save_revision(user=person("office"))
    page.get_workflow().start(page, person("office"))
    state = page.current_workflow_task_state.specific
    approval.approve(state, by=person("director"), seen=concurrent_edits.mark(approval.proposed(state)))
    assert Page.objects.get(pk=page.pk).live


# --- Who signs -------------------------------------------------------------------------------------------


def test_nobody_signs_but_for_the_own_body_and_never_who_proposed_the_text(
    joint: JointApproval, as_: Given, person: Given
) -> None:
    signed(as_("worker"), joint, "ausl")
    for name, status in [("coordinator", 403), ("administrator", 403), ("trainee", 404), ("partner", 404)]:
        assert as_(name).post(f"/firme/{joint.pk}/", {"firma": ""}).status_code == status
    assert Signature.objects.filter(approval=joint).count() == 0
    for body in ("sds", "quarrata"):
        delegate = {"organisation": Organisation.objects.get(slug=body), "person": person("coordinator")}
        Delegation.objects.create(purpose="approvazione", **delegate)
    assert "L’hai proposto tu" in text(signed(as_("coordinator"), joint, "sds", "quarrata"))
    assert Signature.objects.filter(approval=joint).count() == 0
    signed(as_("worker"), joint, "quarrata")
    row = Signature.objects.get(approval=joint)
    assert (row.by, row.delegation.person) == (person("worker"), person("worker"))


def test_a_substitute_is_asked_while_the_delegate_is_away_and_signs_in_the_bodys_name(
    joint: JointApproval, as_: Given, person: Given
) -> None:
    title, today = "PR-77 Regola di prova, versione 2.0: firma", timezone.localdate()
    assert title not in told(person("hospital_worker"))
    away = {"since": today, "until": today + 5 * DAY, "substitute": person("trainee"), "by": person("administrator")}
    absence = working_life.be_away(person("health_manager"), **away)
    assert title in told(person("hospital_worker"))
    assert title not in told(person("trainee"))  # does what the person owes, but has no mandate of the body
    signed(as_("hospital_worker"), joint, "ausl")
    row = Signature.objects.get(approval=joint)
    assert (row.by, row.delegation.person) == (person("hospital_worker"), person("health_manager"))
    assert absence.pk and title not in told(person("health_manager"))
    Delegation.objects.filter(organisation__slug="quarrata").update(valid_until=today - DAY)
    assert as_("worker").get(f"/firme/{joint.pk}/").status_code == 404


def test_the_substitute_is_asked_no_more_once_the_delegate_is_back_before_or_has_left(
    joint: JointApproval, person: Given
) -> None:
    title, today, keeper = "PR-77 Regola di prova, versione 2.0: firma", timezone.localdate(), person("administrator")
    absence = working_life.be_away(
        person("health_manager"), since=today - DAY, until=today + 5 * DAY, substitute=None, by=keeper
    )
    assert title in told(person("hospital_worker"))
    working_life.end_absence(absence, by=keeper)
    assert title not in told(person("hospital_worker"))
    assert title in told(person("health_manager"))
    absence = working_life.be_away(
        person("health_manager"), since=today, until=today + 5 * DAY, substitute=None, by=keeper
    )
    assert title in told(person("hospital_worker"))
    mine = handover.items(person("health_manager"), keeper)
    given = {each.key: None if each.may_end else person("director") for each in mine}
    handover.leave(person("health_manager"), given, by=keeper)
    assert title not in told(person("hospital_worker"))


def test_what_a_body_said_is_never_rewritten(joint: JointApproval, as_: Given) -> None:
    signed(as_("worker"), joint, "quarrata")
    row = Signature.objects.get(approval=joint)
    row.agrees = False
    with pytest.raises(Immutable):
        row.save()
    for act in (
        "UPDATE protocols_signature SET agrees = %s",
        "DELETE FROM protocols_signature WHERE agrees = %s",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act, [True])
    signed(as_("worker"), joint, "quarrata", button="modifiche", reason="Ho cambiato idea.")
    assert Signature.objects.get(approval=joint).agrees


# --- No way round ----------------------------------------------------------------------------------------

ALONE = "nessuno lo pubblica da solo"


def in_force(page: Page) -> list[str]:
    return sorted(Edition.objects.filter(page=page).values_list("version", flat=True))


def test_a_responsabile_has_no_way_round_the_bodies(rule: ProtocolPage, as_: Given, person: Given) -> None:
    client, edit = as_("coordinator"), f"/admin/pages/{rule.pk}/edit/"
    bulk = client.post(f"/admin/bulk/wagtailcore/page/publish/?id={rule.pk}", follow=True)
    assert ALONE in text(bulk)
    api = client.post(f"/admin/api/main/pages/{rule.pk}/action/publish/")
    assert api.status_code == 400 and ALONE in str(api.json())
    latest = rule.get_latest_revision()
    for options in ({}, {"previous_revision": latest}):  # the button's own act; a version put back
        with pytest.raises(Refused, match=ALONE):
            latest.publish(user=person("coordinator"), **options)
    page = changed(rule, go_live_at=timezone.now() + DAY)  # set for a day
    with pytest.raises(Refused, match=ALONE):
        page.save_revision().publish(user=person("coordinator"))
    with pytest.raises(Refused, match=ALONE):  # what an import would do
        changed(rule, signatories=[]).save_revision().publish()
    copied = {"recursive": False, "keep_live": True, "destination_page_id": rule.get_parent().pk}
    assert client.post(f"/admin/api/main/pages/{rule.pk}/action/copy/", copied).status_code == 400
    assert 'name="publish_copies"' not in client.get(f"/admin/pages/{rule.pk}/copy/").content.decode()
    assert in_force(rule) == ["1.0"] and ProtocolPage.objects.filter(title=rule.title).count() == 1
    assert client.get(edit).status_code == 200
    joint = reviewed(rule, person)
    for name, body in (("worker", "quarrata"), ("director", "sds"), ("health_manager", "ausl")):
        signed(as_(name), joint, body)
    assert in_force(rule) == ["1.0", "2.0"]  # the one way there is


def test_the_publish_button_says_so_and_loses_nothing(rule: ProtocolPage, as_: Given) -> None:
    keys = [str(pk) for pk in rule.signatories.values_list("pk", flat=True)]
    given = {"title": "Regola di prova, corretta", "version": "2.0", "valid_from": f"{timezone.localdate()}"}
    answer = posted(as_("coordinator"), rule, signatories=keys, **given)
    assert ALONE in text(answer) and "Regola di prova, corretta" in answer.content.decode()
    answer = posted(as_("coordinator"), rule, **given)  # without the bodies: those of the text in force still sign
    assert ALONE in text(answer)
    assert in_force(rule) == ["1.0"]


def test_what_was_signed_is_what_comes_out_whatever_is_written_meanwhile(
    joint: JointApproval, as_: Given, person: Given
) -> None:
    changed(joint.page, "Tre crisantemi.").save_revision(user=person("coordinator"))
    assert "Gli enti stanno firmando" in text(as_("coordinator").get(f"/admin/pages/{joint.page_id}/edit/"))
    for name, body in (("worker", "quarrata"), ("director", "sds"), ("health_manager", "ausl")):
        signed(as_(name), joint, body)
    assert "Due crisantemi." in text(as_("worker").get("/p/PR-77/"))
    with pytest.raises(Refused, match="alza la versione"):
        changed(joint.page, "Tre crisantemi.").save_revision().publish(user=person("coordinator"))


def test_who_looks_after_it_changes_without_the_bodies_but_its_days_are_theirs(
    rule: ProtocolPage, person: Given
) -> None:
    page = ProtocolPage.objects.get(pk=rule.pk)
    page.responsible = person("worker")
    page.save_revision().publish(user=person("coordinator"))
    assert ProtocolPage.objects.get(pk=rule.pk).responsible == person("worker")
    with as_maintenance("signed for a time"):
        Edition._base_manager.filter(page=rule).update(valid_until=timezone.localdate() + DAY)
    with pytest.raises(Refused, match="alza la versione"):
        page.save_revision().publish(user=person("coordinator"))


def test_whoever_writes_there_takes_it_back_and_a_delegate_does_not(joint: JointApproval, as_: Given) -> None:
    assert as_("health_manager").post(f"/firme/{joint.pk}/ritira/").status_code == 403
    assert "Hai ritirato" in text(as_("office").post(f"/firme/{joint.pk}/ritira/", follow=True))
    joint.refresh_from_db()
    assert joint.state == "ritirato"
    signed(as_("worker"), joint, "quarrata")
    assert not joint.signatures.exists()


# --- Reminded --------------------------------------------------------------------------------------------


def test_who_is_missing_is_reminded_before_the_day_and_after_it_once_each(
    joint: JointApproval, as_: Given, person: Given
) -> None:
    assert len(ran(f"joint-approval:{joint.pk}")) == 3
    signed(as_("worker"), joint, "quarrata")
    JointApproval.objects.update(opened_at=timezone.now() - 9 * DAY)
    joint_approval.remind()
    assert ran("joint-reminder") == []
    for due, words in [(2, "manca ancora la tua risposta"), (-1, "il giorno è passato")]:
        JointApproval.objects.filter(pk=joint.pk).update(due=timezone.localdate() + due * DAY)
        joint_approval.remind()
        joint_approval.remind()
        sent = ran(f"joint-reminder:{joint.pk}")
        assert {message.to[0] for message in sent} == {person("director").email, person("health_manager").email}
        assert len(sent) == 2 and all(words in message.body for message in sent)


def test_whoever_acts_for_a_body_since_today_is_asked_without_anybody_doing_anything(
    joint: JointApproval, person: Given
) -> None:
    title = "PR-77 Regola di prova, versione 2.0: firma"
    Delegation.objects.filter(organisation__slug="quarrata", person=person("worker")).update(
        person=person("worker_mountain")
    )
    assert title not in told(person("worker_mountain"))
    joint_approval.remind()
    assert title in told(person("worker_mountain")) and title not in told(person("worker"))


# --- Who sees it -----------------------------------------------------------------------------------------


def test_a_draft_is_shown_to_its_delegates_and_to_who_writes_there_and_to_nobody_else(
    joint: JointApproval, as_: Given
) -> None:
    opened = [name for name in ("director", "worker", "health_manager", "hospital_worker", "coordinator", "office")
              if as_(name).get(f"/firme/{joint.pk}/").status_code == 200]  # fmt: skip
    assert opened == ["director", "worker", "health_manager", "hospital_worker", "coordinator", "office"]
    shown = BeautifulSoup(as_("worker").get(f"/firme/{joint.pk}/").content, "html.parser")
    assert "Comune di Quarrata" in [row.th.get_text(strip=True) for row in shown.select("[aria-labelledby=prova] tr")]
    for name in ("newcomer", "trainee", "worker_minors", "partner"):
        assert as_(name).get(f"/firme/{joint.pk}/").status_code == 404
        assert "Due crisantemi" not in text(as_(name).get("/cerca/?q=crisantemi"))


def test_ten_that_wait_cost_the_home_page_as_much_as_one(joint: JointApproval, as_: Given, person: Given) -> None:
    client = as_("coordinator")

    def asked() -> int:
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        return len(queries)

    one = asked()
    for number in range(80, 83):
        page = ProtocolPage(title=f"Regola {number}", code=f"PR-{number}", change_note="Nuova.", live=False)
        page.body = demo.body_of([{"heading": "Tempi", "text": "Un tulipano."}])
        page.signatories = list(Organisation.objects.all()[:5])
        demo.space("SP-RETE").root_page.add_child(instance=page)
        page.save_revision(user=person("coordinator"))
        reviewed(page, person)
    assert asked() == one
    assert SigningRule.objects.count() == 0
