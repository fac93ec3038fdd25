"""A part of a page has readers of its own: for the others it is not there, wherever one looks."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone
from wagtail.fields import StreamField
from wagtail.rich_text import RichText

from coordination.models import ActionItem, AgendaItem, Decision, MeetingPage
from portal import access
from portal.demo import body_of, publish, space
from portal.models import Organisation, PageShare
from portal.models.activity import Activity, Verb
from portal.models.pages import TextPage
from portal.notices import acknowledgements, feed
from portal.pages.reserved import ReadersBlock
from portal.spaces import shares
from protocols.models import Edition, ProtocolPage
from search import index as search_index
from search.models import SearchDocument
from tests.portal.test_drafts import meeting as typed_meeting
from tests.shown import body
from tests.typed_pages import typed

pytestmark = pytest.mark.django_db
WORD = "zampironata"
OPEN = [{"heading": "Orari", "text": "Il lunedì."}, {"heading": "Dopo", "text": "Il martedì."}]


def reserved(*readers: tuple[str, Any], text: str = f"Il {WORD} segreto.") -> tuple[str, Any]:
    section = {"heading": "Orari", "text": RichText(f"<p>{text}</p>"), "rows": []}
    return ("reserved", {"readers": list(readers), "content": [("section", section)]})


def written(*parts: Any) -> list[Any]:
    first, second = body_of(OPEN)
    return [first, *parts, second]


@pytest.fixture
def page(person: Any, index: Any) -> TextPage:
    """Of SP-RETE, shared with the partners, with a note for who works there between two sections for all."""
    made = TextPage(title="Flautisti", slug="flautisti", summary="Chi suona.", body=written(reserved(("role", "1"))))
    publish(space("SP-RETE").root_page, made, on=-3, by=person("coordinator"))
    shares.share_page(made, space("SP-TERZO"), by=person("coordinator"))
    index.refresh()
    return TextPage.objects.get(pk=made.pk)


def found(client: Any, words: str) -> str:
    """All that search tells: the page, its JSON, its suggestions."""
    told = [body(client.get(where, {"q": words})) for where in ("/cerca/", "/cerca/suggerimenti/")]
    told.append(client.get("/cerca/", {"q": words, "format": "json"}).content.decode())
    return same_for_all("".join(told))


def same_for_all(shown: str) -> str:
    """Without the mark against forged forms, which is another each time."""
    return re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", shown)


def test_partner_sees_nothing_of_a_part_for_colleagues_and_a_colleague_reads_who_reads_it(page: Any, as_: Any) -> None:
    partner, colleague = (body(as_(name).get(page.url)) for name in ("partner", "worker"))
    assert "Il lunedì." in partner and "Il martedì." in partner
    assert WORD not in partner and "iservata" not in partner and "parte-" not in partner
    assert WORD in colleague and "chi ha un ruolo in questo spazio" in colleague
    assert [section.anchor for section in page.sections()] == ["orari", "dopo"]  # its namesake took no name


def test_partner_cannot_find_a_word_that_stands_only_in_a_reserved_part(page: Any, as_: Any) -> None:
    nothing = found(as_("partner"), "parolamaiscritta").replace("parolamaiscritta", WORD)
    assert found(as_("partner"), WORD) == nothing  # nor a count, a suggestion or a correction
    assert "Flautisti" not in found(as_("partner"), WORD[:-1])
    assert "Flautisti" in found(as_("worker"), WORD)
    assert as_("worker").get("/cerca/", {"q": "flautisti"}).content.count(b"Flautisti</a>") == 1  # one page, one row


def test_search_keeps_to_the_readers_of_now_while_the_index_is_late(page: Any, as_: Any, person: Any) -> None:
    body_of_few = Organisation.objects.get(slug="abetone-cutigliano").pk
    page.body[1].value["readers"] = ReadersBlock().to_python([{"type": "body", "value": body_of_few}])
    page.change_note = "Altri lettori."
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    assert "Flautisti" not in found(as_("worker"), WORD)  # the engine has not been told
    assert "Flautisti" in found(as_("coordinator"), WORD)


def test_what_becomes_reserved_is_found_by_its_readers_alone_though_the_index_has_it_as_open(
    page: Any, as_: Any, person: Any
) -> None:
    page.body = body_of([{"heading": "Orari", "text": "Il lunedì."}, {"heading": "Turni", "text": "La bubbolata."}])
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    search_index.apply_pending()
    assert "Flautisti" in found(as_("partner"), "bubbolata")
    page.body = written(reserved(("role", "1"), text="La bubbolata."))
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    nothing = found(as_("partner"), "parolamaiscritta").replace("parolamaiscritta", "bubbolata")
    assert found(as_("partner"), "bubbolata") == nothing  # the engine has not been told
    assert "Flautisti" in found(as_("worker"), "bubbolata")
    search_index.apply_pending()
    assert found(as_("partner"), "bubbolata") == nothing
    assert "Flautisti" in found(as_("worker"), "bubbolata") and "Flautisti" in found(as_("partner"), "flautisti orari")


@pytest.mark.parametrize(
    "readers, read_by",
    [
        (("role", "1"), {"worker", "office", "newcomer"}),
        (("role", "2"), {"office"}),
        (("space", "SP-TERZO"), {"worker", "office", "partner", "partner_coop"}),
        (("body", "vicinanze"), {"office", "partner_coop"}),
        (("person", "partner"), {"office", "partner"}),
        (("person", "hospital_worker_of_no_page"), {"office"}),
    ],
)
def test_each_way_of_naming_readers_opens_the_part_to_them_and_to_who_writes_there(
    page: Any, person: Any, as_: Any, readers: tuple[str, str], read_by: set[str]
) -> None:
    kind, name = readers
    of_no_page = person("director")
    value: Any = name
    if kind == "space":
        value = space(name)
    elif kind == "body":
        value = Organisation.objects.get(slug=name)
    elif kind == "person":
        value = of_no_page if name.startswith("hospital") else person(name)
    page.body = written(reserved((kind, value)))
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    asked = ["worker", "office", "newcomer", "partner", "partner_coop"]
    assert {name for name in asked if WORD in body(as_(name).get(page.url))} == read_by
    [row] = SearchDocument.objects.filter(group__startswith=f"part:{page.pk}:", gone=False)
    assert {name for name in asked if access.tokens(person(name)) & set(row.audience)} == read_by


def test_a_part_does_not_open_its_page(page: Any, person: Any, as_: Any) -> None:
    page.body = written(reserved(("person", person("partner"))))
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    PageShare.objects.get(page=page.pk).delete()
    assert as_("partner").get(page.url).status_code == 404
    assert "Flautisti" not in found(as_("partner"), WORD)


def test_a_change_in_a_reserved_part_alone_leaves_no_day_no_news_and_no_new_text_to_sign(
    page: Any, person: Any, as_: Any
) -> None:
    coordinator, partner = person("coordinator"), person("partner")
    acknowledgements.ask(page, by=coordinator, due=timezone.localdate(), is_required=False, spaces=[], bodies=[],
                         people=[partner])  # fmt: skip
    before, text = same_for_all(body(as_("partner").get(page.url))), acknowledgements.current(page)
    page.body, page.change_note = written(reserved(("role", "1"), text="Altro.")), f"Nota sul {WORD}."
    page.save_revision(user=coordinator).publish(user=coordinator)
    assert same_for_all(body(as_("partner").get(page.url))) == before
    assert acknowledgements.current(page) == text
    assert Activity.objects.filter(page=page.pk).first().verb == Verb.PART_PUBLISHED
    assert WORD not in "".join(change.sentence for change in feed.changes(partner, timezone.now().replace(year=2020)))
    raw = page.body.get_prep_value()
    raw[0]["value"]["text"] = str(raw[0]["value"]["text"]).replace("<p>", '<p data-block-key="f83k4">')
    raw[1]["value"]["content"][0]["value"]["text"] = "<p>Altro ancora.</p>"
    page.body = page.body.stream_block.to_python(raw)  # as the editor writes it anew
    page.save_revision(user=coordinator).publish(user=coordinator)
    assert Activity.objects.filter(page=page.pk).first().verb == Verb.PART_PUBLISHED
    assert same_for_all(body(as_("partner").get(page.url))).replace(' data-block-key="f83k4"', "") == before
    page.body.append(("text", RichText("<p>Per tutti.</p>")))
    page.change_note = "Di più."
    page.save_revision(user=coordinator).publish(user=coordinator)
    assert Activity.objects.filter(page=page.pk).first().verb == Verb.PUBLISHED


def test_the_edition_of_a_protocol_holds_no_reserved_part(person: Any, as_: Any) -> None:
    coordinator = person("coordinator")
    protocol = ProtocolPage(title="Regola", slug="regola", summary="Breve.", body=written(), version="1.0",
                            valid_from=timezone.localdate())  # fmt: skip
    publish(space("SP-RETE").root_page, protocol, on=0, by=coordinator)
    protocol = ProtocolPage.objects.get(pk=protocol.pk)
    protocol.body, protocol.change_note = written(reserved(("role", "1"))), "Una nota."
    protocol.save_revision(user=coordinator).publish(user=coordinator)  # the rule is the same: it needs no number
    edition = Edition.objects.get(page_id=protocol.pk)
    assert WORD not in f"{edition.content}{edition.sections}"
    assert WORD in body(as_("worker").get(protocol.url))
    assert WORD not in body(as_("worker").get(f"/p/{protocol.slug}/edizioni/1.0/"))


def test_editor_sees_the_page_as_a_partner_reads_it(page: Any, person: Any, as_: Any) -> None:
    office = as_("office")
    assert f"/pagine/{page.pk}/vedi-come/" in body(office.get(page.url))
    seen = body(office.get(f"/pagine/{page.pk}/vedi-come/", {"persona": person("partner").pk}))
    assert "Il lunedì." in seen and WORD not in seen
    seen = body(office.get(f"/pagine/{page.pk}/vedi-come/", {"persona": person("worker").pk}))
    assert WORD in seen


def test_editors_who_only_read_the_page_do_not_find_it_by_a_reserved_word_in_the_admin(page: Any, as_: Any) -> None:
    for name in ("worker_minors", "coordinator"):
        found_in = as_(name).get("/admin/choose-page/search/", {"q": WORD})
        assert b"Flautisti" not in found_in.content
    assert b"Flautisti" in as_("coordinator").get("/admin/choose-page/search/", {"q": "flautisti"}).content


# --- Meetings --------------------------------------------------------------------------------------------


@pytest.fixture
def meeting(person: Any, index: Any) -> MeetingPage:
    """Of SP-COORD, with two guests who have a point each, shared with their space."""
    made = MeetingPage(title="Tavolo con ospiti", slug="tavolo", summary="Convocazione.", minutes="Il verbale intero.",
                       starts_at=timezone.now(), guests_apart=True)  # fmt: skip
    coop = Organisation.objects.get(slug="vicinanze")
    made.agenda = [
        AgendaItem(title="Bilancio interno", text=f"{WORD} uno"),
        AgendaItem(title="Con la cooperativa", text="Vostro", readers=[("role", "1"), ("body", coop)]),
        AgendaItem(title="Con il volontariato", text="Loro", readers=[("person", person("partner"))]),
    ]
    made.decisions = [Decision(text=f"{WORD} due")]
    made.actions = [ActionItem(text=f"{WORD} tre", person=person("office"), due=date(2020, 1, 2))]
    publish(space("SP-COORD").root_page, made, on=0, by=person("coordinator"))
    shares.share_page(made, space("SP-TERZO"), by=person("coordinator"))
    index.refresh()
    return MeetingPage.objects.get(pk=made.pk)


def test_each_guest_of_a_meeting_reads_the_own_point_alone_as_the_first(meeting: Any, as_: Any) -> None:
    coop, other, member = (body(as_(name).get(meeting.url)) for name in ("partner_coop", "partner", "office"))
    assert "1. Con la cooperativa" in coop and "2." not in coop
    assert "1. Con il volontariato" in other and "cooperativa" not in other
    for shown in (coop, other):
        assert WORD not in shown and "Decisioni" not in shown and "Verbale" not in shown and "Bilancio" not in shown
    assert member.count(WORD) >= 3 and "3. Con il volontariato" in member
    for name in ("partner", "partner_coop"):
        assert "Tavolo" not in found(as_(name), WORD)
    assert "Tavolo" in found(as_("office"), WORD)


def test_new_minutes_of_a_meeting_with_guests_are_told_to_its_members_alone(
    meeting: Any, person: Any, as_: Any
) -> None:
    coordinator, long_ago = person("coordinator"), timezone.now().replace(year=2020)
    before = same_for_all(body(as_("partner").get(meeting.url)))
    meeting.minutes, meeting.change_note = "Un altro verbale.", f"Verbale con il {WORD}."
    meeting.save_revision(user=coordinator).publish(user=coordinator)
    assert same_for_all(body(as_("partner").get(meeting.url))) == before
    told = {name: "".join(each.sentence for each in feed.changes(person(name), long_ago))
            for name in ("partner", "office")}  # fmt: skip
    assert WORD in told["office"] and WORD not in told["partner"]
    meeting.place, meeting.minutes, meeting.change_note = "Altrove", "Ultimo.", f"Altro luogo, e il {WORD}."
    meeting.save_revision(user=coordinator).publish(user=coordinator)
    assert f"Altro luogo, e il {WORD}." in told_to(person("office"))
    guest = told_to(person("partner"))
    assert "Tavolo" in guest and "Pubblicato." in guest and WORD not in guest


def told_to(person: Any) -> str:
    long_ago = timezone.now().replace(year=2020)
    return "".join(f"{each.title} {each.sentence}" for each in feed.changes(person, long_ago))


def test_the_first_minutes_of_a_meeting_with_guests_are_told_to_its_members_alone(meeting: Any, person: Any) -> None:
    row = Activity.objects.get(page=meeting.pk, verb=Verb.PUBLISHED)
    assert row.note and row.note in told_to(person("office"))
    assert row.note not in told_to(person("partner")) and "Tavolo" in told_to(person("partner"))


def test_late_actions_of_a_meeting_with_guests_are_counted_for_its_members_alone(meeting: Any, person: Any) -> None:
    from coordination.feed import late_actions
    from coordination.models import Action

    mine = Action.objects.filter(meeting=meeting.pk)
    assert not access.allowed(mine, person("partner")).exists()
    assert access.allowed(mine, person("office")).exists()
    [figure] = late_actions(person("partner"))
    assert "TAVOLO" not in figure.detail


def test_a_reserved_part_without_readers_or_words_says_what_is_missing(as_: Any) -> None:
    part = {
        "body-count": "1", "body-0-deleted": "", "body-0-order": "0", "body-0-type": "reserved", "body-0-id": "",
        "body-0-value-readers-count": "0", "body-0-value-content-count": "0",
    }  # fmt: skip
    root = space("SP-RETE").root_page
    sent = typed(title="Orari", change_note="Nuova.", **part) | {"action-publish": "1"}
    shown = as_("coordinator").post(f"/admin/pages/add/portal/textpage/{root.pk}/", sent).content.decode()
    assert "Indica chi legge questa parte" in shown and "Scrivi che cosa dice questa parte" in shown
    assert "numero minimo" not in shown


def blocks_of(block: Any) -> Iterator[Any]:
    yield block
    children = [*getattr(block, "child_blocks", {}).values(), *filter(None, [getattr(block, "child_block", None)])]
    for child in children:
        yield from blocks_of(child)


def test_no_list_of_an_editor_begins_with_an_error() -> None:
    fields = [
        field for model in apps.get_models() if model._meta.app_label in settings.LAYERS
        for field in model._meta.fields if isinstance(field, StreamField)
    ]  # fmt: skip
    blocks = [each for field in fields for each in blocks_of(field.stream_block)]
    assert any(isinstance(each, ReadersBlock) for each in blocks)
    asking = [each for each in blocks if getattr(each.meta, "min_num", None)]
    assert [str(each.label) for each in asking if each.meta.min_num > len(each.get_default())] == []


def test_a_point_of_an_agenda_for_all_names_no_readers_and_is_sent_by_its_button(as_: Any) -> None:
    row = {
        "agenda-TOTAL_FORMS": "1", "agenda-0-title": "Un punto", "agenda-0-text": "", "agenda-0-discussion": "",
        "agenda-0-ORDER": "1", "agenda-0-id": "", "agenda-0-DELETE": "", "agenda-0-readers-count": "0",
    }  # fmt: skip
    root = space("SP-RETE").root_page
    sent = typed_meeting(change_note="Nuova.", **row) | {"action-publish": "1"}
    assert as_("coordinator").post(f"/admin/pages/add/coordination/meetingpage/{root.pk}/", sent).status_code == 302
    [made] = root.get_children().type(MeetingPage).filter(title="Tavolo")
    assert [item.title for item in made.specific.agenda.all()] == ["Un punto"]
