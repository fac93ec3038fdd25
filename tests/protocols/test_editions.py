"""What is in force: one number has one text, a day one edition; tomorrow's hides no rule of today, none is lost."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from portal import access, demo
from portal.models import BinnedThing, Document, Organisation
from portal.models.append_only import Immutable
from portal.pages.atomic_acts import NotDone
from portal.pages.publication import Refused
from portal.words import dates
from protocols.models import Edition, FormPage, ProcedurePage, ProtocolPage
from search import index as search_index
from search.engines.contract import Query
from search.models import SearchDocument

pytestmark = pytest.mark.django_db
today = timezone.localdate  # asked in each test: a run may go on past midnight
DAY = timedelta(days=1)
CHANGED = "Il testo è cambiato: alza la versione, per esempio 1.1."


@pytest.fixture
def rule(person: Any) -> ProtocolPage:
    """PR-77, in force since ten days ago; its word stands nowhere else."""
    page = ProtocolPage(
        title="Regola di prova", code="PR-77", version="1.0", valid_from=today() - 10 * DAY, norm="L. 1/2026",
        in_brief=[("line", "Si avvisa entro sera.")],
        body=demo.body_of([{"heading": "Tempi", "text": "Un crisantemo."}]),
    )  # fmt: skip
    return demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=person("coordinator"))


def changed(page: Any, text: str = "Due crisantemi.", **values: Any) -> Any:
    page = type(page).objects.get(pk=page.pk)
    page.body[0].value["text"] = page.body[0].block.child_blocks["text"].to_python(f"<p>{text}</p>")
    for name, value in values.items():
        setattr(page, name, value)
    page.change_note = "Cambiato il testo."
    return page


def publish(page: Any) -> Any:
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def posted(client: Any, page: Any, **values: str) -> Any:
    """Press «Pubblica» in the editors' form of PR-77, with everything else as it is."""
    section = {"heading": "Tempi", "text": rich_text("<p>Un crisantemo.</p>"), "rows": {"count": "0"}}
    data = {
        "title": page.title, "slug": page.slug, "code": page.code, "summary": "", "responsible": "", "review_date": "",
        "in_brief": streamfield([("line", "Si avvisa entro sera.")]), "body": streamfield([("section", section)]),
        "related": inline_formset([]), "attachments": streamfield([]), "comments": inline_formset([]),
        "register_number": "", "norm": page.norm, "version": page.version, "valid_from": page.valid_from.isoformat(),
        "valid_until": "", "change_note": "Cambiato.", "action-publish": "action-publish",
    }  # fmt: skip
    return client.post(f"/admin/pages/{page.pk}/edit/", nested_form_data(data | values))


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text().split())


# --- One number, one text --------------------------------------------------------------------------------


def test_a_changed_text_under_the_same_version_is_not_published(rule: Any, as_: Any) -> None:
    with pytest.raises(Refused, match=CHANGED):
        publish(changed(rule))
    assert "Un crisantemo." in words(as_("worker").get("/p/PR-77/"))
    assert [edition.version for edition in Edition.objects.filter(page=rule)] == ["1.0"]
    publish(changed(rule, version="1.1", valid_from=today()))
    assert "Due crisantemi." in words(as_("worker").get("/p/PR-77/"))
    assert "Un crisantemo." in words(as_("worker").get("/p/PR-77/edizioni/1.0/"))


def test_the_editors_form_says_so_and_loses_nothing(rule: Any, as_: Any) -> None:
    answer = posted(as_("coordinator"), rule, title="Regola di prova, corretta")
    assert answer.status_code == 200
    assert CHANGED in words(answer)
    assert "Regola di prova, corretta" in words(answer)
    assert ProtocolPage.objects.get(pk=rule.pk).title == "Regola di prova"
    raised = {"title": "Regola di prova, corretta", "version": "1.1", "valid_from": today().isoformat()}
    assert posted(as_("coordinator"), rule, **raised).status_code == 302
    assert ProtocolPage.objects.get(pk=rule.pk).title == "Regola di prova, corretta"


def test_signatories_and_the_lines_in_brief_are_part_of_the_text(rule: Any, as_: Any) -> None:
    body = Organisation.objects.get(slug="quarrata")
    answer = posted(as_("coordinator"), rule, signatories=str(body.pk))
    assert CHANGED in words(answer)
    for name, value in (("norm", "L. 2/2026"), ("in_brief", [("line", "Si avvisa subito.")])):
        page = ProtocolPage.objects.get(pk=rule.pk)
        setattr(page, name, value)
        with pytest.raises(Refused, match=CHANGED):
            publish(page)
    edition = Edition.objects.get(page=rule)
    assert edition.content["norm"] == "L. 1/2026"
    assert "Si avvisa entro sera." in words(as_("worker").get("/p/PR-77/edizioni/1.0/"))


def test_another_file_behind_a_form_is_another_text(person: Any) -> None:
    form = FormPage.objects.get(code="MD-04")
    assert publish(form).version == form.version  # nothing changed: nothing to raise
    form.document = FormPage.objects.get(code="MD-05").document
    with pytest.raises(Refused, match="Il testo è cambiato"):
        publish(form)
    assert Edition.objects.filter(page=form).latest("published_at").content["files"][0][1]


def test_who_looks_after_a_rule_changes_without_a_new_version(rule: Any, person: Any) -> None:
    rule = ProtocolPage.objects.get(pk=rule.pk)
    rule.responsible, rule.review_date = person("worker"), today() + 90 * DAY
    assert publish(rule).responsible == person("worker")
    assert Edition.objects.filter(page=rule).count() == 1


def test_a_draft_may_still_be_anything(rule: Any) -> None:
    changed(rule).save_revision()
    assert "Due crisantemi" in str(ProtocolPage.objects.get(pk=rule.pk).get_latest_revision_as_object().body)


def test_a_refusal_at_another_door_is_a_sentence_too_and_leaves_everything_as_it_was(rule: Any, as_: Any) -> None:
    changed(rule).save_revision()
    answer = as_("coordinator").post(f"/admin/bulk/wagtailcore/page/publish/?id={rule.pk}", follow=True)
    assert answer.status_code == 200
    assert CHANGED in words(answer)
    assert "Un crisantemo." in words(as_("worker").get("/p/PR-77/"))


def test_the_admins_api_is_refused_with_the_same_sentence(rule: Any, as_: Any) -> None:
    changed(rule).save_revision()
    refused = as_("coordinator").post(f"/admin/api/main/pages/{rule.pk}/action/publish/")
    assert (refused.status_code, list(refused.json().values())) == (400, [[CHANGED]])
    assert "Due crisantemi" not in str(ProtocolPage.objects.get(pk=rule.pk).body)


# --- One day, one edition --------------------------------------------------------------------------------


@pytest.mark.parametrize("since", [None, -10, -11])
def test_two_editions_never_hold_on_the_same_day(rule: Any, since: int | None) -> None:
    day = None if since is None else today() + since * DAY
    with pytest.raises(Refused, match="La versione 1.0 vale dal.*scrivi qui un giorno successivo"):
        publish(changed(rule, version="1.1", valid_from=day))
    publish(changed(rule, version="1.1", valid_from=today() - 9 * DAY))
    ends = {edition.version: edition.held_until for edition in Edition.objects.with_ends().filter(page=rule)}
    assert ends == {"1.0": today() - 10 * DAY, "1.1": None}


def test_a_version_is_never_lower_than_the_one_before(rule: Any) -> None:
    with pytest.raises(Refused, match="deve essere più alta di 1.0: scrivi per esempio 1.1"):
        publish(changed(rule, version="0.9", valid_from=today()))
    publish(changed(rule, version="1.10", valid_from=today() - DAY))
    with pytest.raises(Refused, match="deve essere più alta di 1.10: scrivi per esempio 1.11"):
        publish(changed(rule, version="1.9", valid_from=today()))


# --- Tomorrow's rule -------------------------------------------------------------------------------------


def test_the_rule_of_january_waits_and_the_one_in_force_stays(rule: Any, as_: Any, index: Any, person: Any) -> None:
    january = date(today().year + 1, 1, 1)
    publish(changed(rule, "Un tulipano.", version="2.0", valid_from=january, title="Titolo segreto"))
    index.refresh()
    shown = words(as_("worker").get("/p/PR-77/"))
    assert "Un crisantemo." in shown and "versione 1.0" in shown
    assert f"Dal 1° gennaio {january.year} varrà la versione 2.0" in shown
    assert "tulipano" not in shown and "Titolo segreto" not in shown
    assert found("crisantemo", person("worker")) == 1
    assert found("tulipano", person("worker")) == 0
    assert "Edizione in vigore." in words(as_("worker").get("/p/PR-77/edizioni/1.0/"))
    assert as_("worker").get("/p/PR-77/edizioni/2.0/").status_code == 404
    waiting = rule.revisions.get(approved_go_live_at__isnull=False)
    assert timezone.localtime(waiting.approved_go_live_at) == timezone.make_aware(datetime(january.year, 1, 1))


def test_at_its_midnight_it_takes_over(rule: Any, as_: Any, monkeypatch: Any) -> None:
    tomorrow = today() + DAY
    publish(changed(rule, "Un tulipano.", version="2.0", valid_from=tomorrow))
    revision = rule.revisions.get(approved_go_live_at__isnull=False)
    monkeypatch.setattr(timezone, "now", lambda: revision.approved_go_live_at + timedelta(minutes=1))
    revision.publish()
    shown = words(as_("worker").get("/p/PR-77/"))
    assert "Un tulipano." in shown and "varrà la versione" not in shown
    since = dates.in_words(tomorrow, article="dal")
    assert f"Edizione superata {since}." in text(as_("worker").get("/p/PR-77/edizioni/1.0/"))


def test_a_day_changed_back_waits_no_longer(rule: Any) -> None:
    publish(changed(rule, version="1.1", valid_from=today() + 30 * DAY))
    page = ProtocolPage.objects.get(pk=rule.pk).get_latest_revision_as_object()
    page.valid_from = today()
    page.save_revision().publish()
    assert ProtocolPage.objects.get(pk=rule.pk).version == "1.1"


def test_publishing_another_version_does_not_lose_the_one_that_waits(rule: Any) -> None:
    publish(changed(rule, version="2.0", valid_from=today() + 30 * DAY))
    with pytest.raises(Refused, match="La versione 2.0 aspetta di entrare in vigore"):
        publish(changed(rule, version="1.1", valid_from=today()))
    assert rule.revisions.filter(approved_go_live_at__isnull=False).count() == 1


def test_a_first_version_may_be_read_before_its_day(as_: Any, person: Any) -> None:
    page = ProtocolPage(title="Regola nuova", code="PR-78", valid_from=today() + 20 * DAY)
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=person("coordinator"))
    assert "Non ancora in vigore" in words(as_("worker").get("/p/PR-78/"))
    assert "Edizione non ancora in vigore." in words(as_("worker").get("/p/PR-78/edizioni/1.0/"))


# --- Evidence --------------------------------------------------------------------------------------------


def test_what_was_in_force_is_never_deleted(rule: Any, as_: Any) -> None:
    for address in (f"/admin/pages/{rule.pk}/delete/", f"/admin/bulk/wagtailcore/page/delete/?id={rule.pk}"):
        answer = as_("coordinator").post(address, follow=True)
        assert "è stata pubblicata" in words(answer) and "non si elimina" in words(answer)
    assert Page.objects.filter(pk=rule.pk).exists()
    with pytest.raises(NotDone):  # PROTECT, and nothing of the deletion happened
        Page.objects.get(pk=rule.pk).specific.delete()
    draft = ProtocolPage(title="Mai pubblicata", slug="mai", live=False, change_note="Bozza.")
    demo.space("SP-RETE").root_page.add_child(instance=draft)
    as_("coordinator").post(f"/admin/pages/{draft.pk}/delete/")
    assert BinnedThing.objects.get().page_id == draft.pk


def test_editions_are_added_and_never_changed(rule: Any) -> None:
    kept = Edition.objects.filter(page=rule)
    for attempt in (
        lambda: kept.update(title="Altro"), kept.delete, kept.get().delete, kept.get().save,
        lambda: Edition.objects.bulk_update(kept, ["title"]),
    ):  # fmt: skip
        with pytest.raises(Immutable):
            attempt()
    assert kept.get().title == "Regola di prova"


def test_the_proposer_and_the_approver_are_kept_with_the_edition(rule: Any, person: Any, as_: Any) -> None:
    from protocols.editions import keep

    page = changed(rule, version="1.1", valid_from=today())
    named = {"proposed_by": person("coordinator"), "approved_by": person("director")}
    edition = keep(page, by=person("director"), **named)
    assert (edition.proposed_by, edition.approved_by) == (person("coordinator"), person("director"))
    said = BeautifulSoup(as_("worker").get("/p/PR-77/").content, "html.parser").text
    assert "Proposta da Chiara Bonacchi, approvata da Paolo Vannini" in " ".join(said.split())


# --- A page that moves -----------------------------------------------------------------------------------


def found(wanted: str, user: Any) -> int:
    return search_index.engine().search(Query(words=wanted, tokens=access.tokens(user))).total


def test_moving_a_page_to_an_open_space_does_not_open_its_past(as_: Any, person: Any, index: Any) -> None:
    page = ProcedurePage(title="Ascolto protetto", code="OP-90", valid_from=today() - 10 * DAY, when_to_use="Camelia.")
    page.steps = [("step", {"title": "Avvisa", "text": "Il glicine segreto.", "who": "Tu"})]
    demo.publish(demo.space("SP-MINORI").root_page, page, on=-10, by=person("coordinator"))
    page = ProcedurePage.objects.get(pk=page.pk)
    page.steps, page.version, page.valid_from = [], "2.0", today() - DAY
    publish(page)
    ProcedurePage.objects.get(pk=page.pk).move(demo.space("SP-RETE").root_page, pos="last-child")
    index.refresh()
    for reader, sees in (("worker", False), ("worker_minors", True), ("administrator", True)):
        assert as_(reader).get("/p/OP-90/").status_code == 200
        assert as_(reader).get("/p/OP-90/edizioni/2.0/").status_code == 200
        assert (as_(reader).get("/p/OP-90/edizioni/1.0/").status_code == 200) is sees
        assert ("edizioni/1.0/" in words(as_(reader).get("/p/OP-90/"))) is sees
        assert (found("glicine", person(reader)) == 1) is sees
    assert SearchDocument.objects.filter(text__contains="glicine", superseded=True).exists()


def test_moving_a_page_to_a_closed_space_closes_its_past(as_: Any, rule: Any) -> None:
    publish(changed(rule, version="1.1", valid_from=today()))
    ProtocolPage.objects.get(pk=rule.pk).move(demo.space("SP-MINORI").root_page, pos="last-child")
    assert as_("worker").get("/p/PR-77/edizioni/1.0/").status_code == 404
    assert as_("worker_minors").get("/p/PR-77/edizioni/1.0/").status_code == 200


# --- Minor, major, and the number ------------------------------------------------------------------------


def offered(client: Any, page: Any) -> dict[str, str]:
    shown = BeautifulSoup(client.get(f"/admin/pages/{page.pk}/edit/").content, "html.parser")
    return {each["value"]: " ".join(each.parent.get_text().split()) for each in shown.select("input[name=version]")}


def test_the_author_says_minor_or_major_and_the_portal_makes_the_number(rule: Any, as_: Any) -> None:
    chief = as_("coordinator")
    assert list(offered(chief, rule)) == ["1.0", "1.1", "2.0"]
    assert "modifica minore" in offered(chief, rule)["1.1"] and "modifica maggiore" in offered(chief, rule)["2.0"]
    raised = {"title": "Regola di prova, corretta", "valid_from": today().isoformat()}
    for wrong in ("1.7", "3.0", "0.9", ""):
        answer = posted(chief, rule, version=wrong, **raised)
        assert answer.status_code == 200 and "Regola di prova, corretta" in words(answer)
        assert Edition.objects.filter(page=rule).count() == 1
    assert posted(chief, rule, version="2.0", **raised).status_code == 302
    assert list(offered(chief, rule)) == ["2.0", "2.1", "3.0"]


def test_a_number_taken_in_another_window_is_chosen_again(rule: Any, as_: Any) -> None:
    chief = as_("coordinator")
    assert "1.1" in offered(chief, rule)
    publish(changed(rule, version="1.1", valid_from=today() - DAY))
    publish(changed(rule, "Tre crisantemi.", version="2.0", valid_from=today()))
    answer = posted(chief, rule, version="1.1", title="Altro titolo")
    assert answer.status_code == 200 and "Scegli uno dei numeri proposti: li dà il portale." in words(answer)


def test_a_first_edition_has_nothing_to_choose(as_: Any) -> None:
    draft = ProtocolPage(title="Mai pubblicata", slug="mai", live=False, change_note="Bozza.")
    demo.space("SP-RETE").root_page.add_child(instance=draft)
    assert offered(as_("coordinator"), draft) == {"1.0": "1.0: è la prima edizione"}


def test_the_register_and_the_act_are_kept_in_the_edition_and_stand_in_its_line(rule: Any, as_: Any) -> None:
    body = Organisation.objects.get(slug="quarrata")
    space = demo.space("SP-RETE")
    file = Document.objects.create(
        title="La delibera", file=ContentFile(b"x", name="d.txt"), collection=space.collection
    )
    act = {"act_kind": "delibera di Giunta", "act_number": "12", "act_date": date(2026, 3, 3), "act_body": body}
    register = {"register_number": "SDS-0999", "register_date": date(2026, 3, 1), "register_office": "Protocollo"}
    publish(changed(rule, version="1.1", valid_from=today(), act_file=file, **act, **register))
    said = text(as_("worker").get("/p/PR-77/"))
    assert "registro SDS-0999 del 1° marzo 2026, Protocollo" in said
    assert "delibera di Giunta n. 12 del 3 marzo 2026, Comune di Quarrata" in said
    edition = Edition.objects.get(page=rule, version="1.1")
    assert edition.cited[f"file:{file.pk}"]["where"] == ["act_file"]
    assert "La delibera" in text(as_("worker").get("/p/PR-77/edizioni/1.1/"))
    assert "Atto: La delibera TXT, 1 byte" in said
    Document.objects.filter(pk=file.pk).update(collection=demo.space("SP-MINORI").collection)
    assert "La delibera" not in text(as_("worker").get("/p/PR-77/"))  # of another space, not opened by being cited
    page = ProtocolPage.objects.get(pk=rule.pk)
    page.act_number = "13"
    with pytest.raises(Refused, match="Il testo è cambiato"):
        publish(page)


def test_an_edition_kept_before_acts_were_asked_for_has_the_same_fingerprint(rule: Any) -> None:
    kept = Edition.objects.get(page=rule)
    assert not {"act_kind", "register_date"} & kept.content.keys()
    assert publish(ProtocolPage.objects.get(pk=rule.pk)).version == kept.version
