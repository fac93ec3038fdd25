"""Every form of the portal and of the admin: opened and saved untouched, it changes nothing.

A form that owns a field its page does not show would empty it here.
"""

import json
import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, Page, Site, Workflow, WorkflowTask

from portal import demo
from portal.models import Delegation, Document, Holiday, Image, Organisation, Position, Profession, Term, User
from portal.models.pages import PortalPage, SpacePage, page_kinds
from tests.browser import form, sent, streams_of

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

# What saving writes by itself: when, by whom, which revision.
BOOKKEEPING = {
    "latest_revision", "latest_revision_created_at", "live_revision", "has_unpublished_changes", "last_published_at",
    "first_published_at", "draft_title", "updated_at", "last_login", "change_note", "file_size", "file_hash",
}  # fmt: skip


def plain(value: Any) -> Any:
    """A value without what a widget adds by itself: marks of blocks, the ends of lines, one kind of nothing."""
    if isinstance(value, str) and re.fullmatch(r"\[.*\]|\{.*\}", value, re.DOTALL):
        return plain(json.loads(value))
    if isinstance(value, str):
        text = re.sub(r' data-block-key="\w+"', "", value.replace("\r\n", "\n")).strip()
        return "" if text == "<p></p>" else text
    if value is None:
        return ""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in BOOKKEEPING}
    return [plain(each) for each in value] if isinstance(value, list) else value


def row(thing: Model) -> dict[str, Any]:
    found: dict[str, Any] = type(thing)._default_manager.filter(pk=thing.pk).values().get()
    return {key: value for key, value in found.items() if key.removesuffix("_id") not in BOOKKEEPING}


def save_untouched(client: Client, address: str, where: str, **kwargs: Any) -> Any:
    shown = client.get(address)
    assert shown.status_code == 200, address
    return client.post(address, sent(form(shown.content.decode(), where), **kwargs))


# --- Pages -----------------------------------------------------------------------------------------------


def content(page: Page) -> Any:
    return plain(page.get_latest_revision_as_object().serializable_data())


def fullest(kind: type[Page]) -> Page:
    """The live page of the kind that holds most."""
    pages = kind._default_manager.live().specific()
    return max(pages, key=lambda page: len(json.dumps(page.serializable_data(), default=str)))


@pytest.mark.parametrize("who", ["coordinator", "administrator"])
@pytest.mark.parametrize("kind", [*page_kinds(), SpacePage], ids=lambda kind: kind.__name__)
def test_saving_a_page_untouched_changes_nothing(kind: type[Page], who: str, as_: Any) -> None:
    page = fullest(kind)
    streams = streams_of(page)
    before, on_the_page = content(page), plain(page.serializable_data())
    response = save_untouched(as_(who), f"/admin/pages/{page.pk}/edit/", "#page-edit-form", streams=streams)
    assert response.status_code == 302, response.context["form"].errors
    after = Page.objects.get(pk=page.pk).specific
    assert content(after) == before
    assert plain(after.serializable_data()) == on_the_page


def test_there_are_pages_of_every_kind_to_save() -> None:
    assert all(kind._default_manager.live().exists() for kind in page_kinds())
    assert issubclass(page_kinds()[0], PortalPage)


# --- What administrators keep ----------------------------------------------------------------------------


def things() -> dict[str, tuple[Model, str]]:
    """A row of each kind that has a form in the admin, with its address."""
    space = demo.space("SP-RETE")
    file = Document.objects.create(title="Nota", file=ContentFile(b"x", name="n.txt"), collection=space.collection)
    image = Image.objects.create(title="Foto", file=get_test_image_file(), collection=space.collection)
    image.description, image.focal_point_x, image.focal_point_y = "Una foto", 3, 4
    image.focal_point_width = image.focal_point_height = 2
    image.save()
    return {
        "person": (User.objects.get(email__startswith="rosanna"), "/admin/users/edit/{}/"),
        "body": (Organisation.objects.get(slug="montale"), "/admin/snippets/portal/organisation/edit/{}/"),
        "delegation": (Delegation.objects.first(), "/admin/snippets/portal/delegation/edit/{}/"),
        "document": (file, "/admin/documents/edit/{}/"),
        "image": (image, "/admin/images/{}/"),
        "site": (Site.objects.get(), "/admin/sites/edit/{}/"),
        "workflow": (Workflow.objects.get(), "/admin/workflows/edit/{}/"),
        "task": (WorkflowTask.objects.get().task, "/admin/workflows/tasks/edit/{}/"),
        "collection": (Collection.objects.get(pk=space.collection_id), "/admin/collections/{}/"),
    }


@pytest.mark.parametrize(
    "name", ["person", "body", "delegation", "document", "image", "site", "workflow", "task", "collection"]
)
def test_saving_what_administrators_keep_changes_nothing(name: str, as_: Any) -> None:
    thing, address = things()[name]
    address = address.format(thing.pk)
    before = row(thing)
    response = save_untouched(as_("administrator"), address, "#w-editor-form")
    assert response.status_code == 302
    assert {key: plain(each) for key, each in row(thing).items()} == {key: plain(each) for key, each in before.items()}


# --- One's own -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["pistoia", "sds"])
def test_saving_a_body_untouched_changes_nothing_of_it_and_its_organs(slug: str, as_: Any) -> None:
    body = Organisation.objects.get(slug=slug)
    before, organs = row(body), list(body.organs.values())
    assert organs and body.patron_day
    assert save_untouched(as_("coordinator"), f"/rete/enti/{slug}/", "main form").status_code == 302
    assert (row(body), list(body.organs.values())) == (before, organs)


@pytest.mark.parametrize("who", ["rosanna", "irene", "davide"])
def test_saving_a_person_s_card_untouched_changes_nothing(who: str, as_: Any) -> None:
    person = User.objects.get(email__startswith=who)
    before, positions = row(person), list(person.positions.values())
    address = f"/rete/persone/{person.pk}/"
    assert save_untouched(as_("coordinator"), address, "main form:not([action])").status_code == 302
    assert (row(person), list(person.positions.values())) == (before, positions)


@pytest.mark.parametrize("kind", ["professioni", "ruoli", "chiusure"])
def test_saving_the_words_of_the_network_untouched_changes_nothing(kind: str, as_: Any) -> None:
    model = {"professioni": Profession, "ruoli": Position, "chiusure": Holiday}[kind]
    Holiday.objects.create(day="2027-05-03", name="Ponte")
    before = list(model.objects.order_by("pk").values())
    assert before
    assert save_untouched(as_("coordinator"), f"/rete/parole/{kind}/", "main form").status_code == 302
    assert list(model.objects.order_by("pk").values()) == before


def test_a_piece_of_a_long_list_is_saved_alone_and_knows_the_words_of_the_others(as_: Any) -> None:
    Profession.objects.bulk_create(Profession(name=f"Zappatore {number:03}") for number in range(60))
    address, before = "/rete/parole/professioni/?pagina=2", set(Profession.objects.values_list("name", flat=True))
    shown = as_("coordinator").get(address).content.decode()
    fields = sent(form(shown, "main form"))
    changed = {name: "Zappatore maggiore" for name, value in fields.items() if value == ["Zappatore 059"]}
    twice = dict.fromkeys(changed, "zappatore 000")
    assert "Zappatore 000" not in shown
    refused = as_("coordinator").post(address, fields | twice)
    assert refused.status_code == 200 and "C’è già, scritta così" in refused.content.decode()
    assert as_("coordinator").post(address, fields | changed).headers["Location"].startswith(address)
    now = set(Profession.objects.values_list("name", flat=True))
    assert now == before - {"Zappatore 059"} | {"Zappatore maggiore"}


def test_saving_a_term_of_the_glossary_untouched_changes_nothing(as_: Any) -> None:
    term = Term.objects.exclude(synonyms=[]).exclude(note="").earliest("pk")
    before = row(term)
    assert save_untouched(as_("coordinator"), f"/rete/glossario/{term.pk}/", "main form").status_code == 302
    assert row(term) == before


def test_saving_a_space_untouched_changes_nothing_of_it(as_: Any) -> None:
    space = demo.space("SP-TERZO")
    before, page = row(space), row(SpacePage.objects.get(pk=space.root_page_id))
    assert save_untouched(as_("coordinator"), f"/rete/spazi/{space.pk}/", "main form").status_code == 302
    assert row(space) == before
    assert row(SpacePage.objects.get(pk=space.root_page_id)) == page


@pytest.mark.parametrize("who", ["worker", "coordinator", "partner"])
@pytest.mark.parametrize("address", ["/profilo/", "/profilo/digest/"])
def test_saving_one_s_own_pages_untouched_changes_nothing(address: str, who: str, as_: Any, person: Any) -> None:
    client = as_(who)
    client.post("/profilo/digest/", {"frequency": "giorno", "weekday": "3", "hour": "17"})
    before, choice = row(person(who)), row(person(who).digest_preference)
    assert save_untouched(client, address, "main form").status_code == 302
    assert row(person(who)) == before
    assert row(person(who).digest_preference) == choice


def test_saving_the_editors_own_account_changes_nothing(as_: Any, person: Any) -> None:
    before = row(person("coordinator"))
    response = save_untouched(as_("coordinator"), "/admin/account/", "#w-editor-form")
    assert response.status_code == 302
    assert row(person("coordinator")) == before


def test_pressing_cambia_without_choosing_changes_no_role(as_: Any) -> None:
    client = as_("coordinator")
    held = demo.space("SP-TERZO").memberships
    before = list(held.order_by("pk").values())
    assert before
    for each in before:
        where = f"form[action='/spazi/terzo-settore/condivisione/{each['id']}/']"
        shown = form(client.get("/spazi/terzo-settore/condivisione/").content.decode(), where)
        assert client.post(shown["action"], sent(shown)).status_code == 302
    assert list(held.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "address",
    [
        "/rete/enti/quarrata/deleghe/", "/rete/enti/nuovo/", "/rete/enti/quarrata/", "/rete/parole/chiusure/",
        "/norme/nuova/", "/norme/obiettivi/nuovo/", "/norme/progetti/nuovo/", "/rete/persone/invita/",
        "/rete/spazi/apri/", "/rete/glossario/nuovo/", "/rete/coordinatori/", "/spazi/rete/condivisione/",
    ],
)  # fmt: skip
def test_an_empty_choice_is_said_in_words(address: str, as_: Any) -> None:
    answer = as_("coordinator").get(address)
    assert answer.status_code == 200 and "---------" not in answer.content.decode()
