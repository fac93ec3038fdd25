"""A secret word put into everything hidden is sought by everybody who may not see it, and never found.

Each kind of hidden thing, in SP-MINORI and in SP-COORD, holds a word of its own that begins with
«zibaldone»; the surfaces are asked for «zibaldone» alone, and read for the words. What is hidden inside a space that
many read (parts of a page, drafts, the bin, words not sent) lies in SP-RETE, each word ending in who may read it.
Whoever may see a thing must find its word: else its absence elsewhere would prove nothing.
"""

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.test import Client
from django.utils import timezone
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page, TaskState, Workflow
from wagtail.rich_text import RichText
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from coordination.models import (
    ActionItem,
    AgendaItem,
    BodyRule,
    Decision,
    MeetingPage,
    RegulatedService,
    ServicePage,
    Shift,
)
from portal import demo
from portal.accounts import names, working_life
from portal.files import replacing
from portal.files.reading import file_changed
from portal.models import Delegation, Document, Image, Organisation, Profession, Space, User, WordUpload
from portal.models.delegations import Purpose
from portal.models.pages import PinnedPage, SpacePage, TextPage, page_kinds
from portal.models.spaces import Role
from portal.notices import acknowledgements, digests, emails, obligations, problem_reports
from portal.pages import bin, quick_changes, unfinished
from portal.personal_data import reports
from portal.spaces import opening, outsiders, roles, shares
from protocols import joint_approval, remarks
from protocols.models import (
    Adoption,
    Discussion,
    Edition,
    FormPage,
    ProcedurePage,
    ProtocolPage,
    Remark,
    RemarkAct,
)
from protocols.models.protocols import RelatedPage
from search import followed
from search import index as search_index
from search.models import OwnName, Pin
from search.query import key_of
from tests import own_index
from tests.addresses import Things, address, in_tree, known
from tests.conftest import CAST
from training.models import LessonPage, ModulePage, PathPage

pytestmark = pytest.mark.django_db

WORD = "zibaldone"
SECRET = re.compile(WORD + "[a-z]+")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')  # a new one in each answer
MINORI, COORD, CLOSED, RETE, ABOVE = "minori", "coord", "chiuso", "rete", "sopra"
READ_BY = {  # who of the cast may see the things of each space
    MINORI: {"coordinator", "director", "worker_minors", "worker_minors_plain", "worker_mountain", "administrator"},
    COORD: {"coordinator", "director", "office", "administrator"},
    CLOSED: {"coordinator", "administrator"},
    ABOVE: {"coordinator", "administrator"},
}
STAFF = {*CAST} - {"partner", "partner_coop"}  # who has a role in SP-RETE; the partners read what it shares with them
WRITERS = {"coordinator", "director", "office", "administrator"}  # there
INSIDE = {  # of the words of SP-RETE, by their ending
    "casa": STAFF,
    "penne": WRITERS,
    "integra": WRITERS | READ_BY[MINORI] | {"worker", "hospital_worker", "health_manager"},  # of SP-INTEGRA
    "coop": WRITERS | {"partner_coop"},
    "ospite": WRITERS | {"partner"},
    "vista": {"coordinator", "administrator", "newcomer"},  # who answers for the space, and who reported it
    "guida": {"coordinator", "administrator"},  # who answers for the space, and who keeps the network
    "autrice": {"office"},
}
READ_BY |= INSIDE | {"nessuno": set()}
WRITER = {MINORI: "worker_minors", COORD: "office"}
STRANGERS = ["anonymous", *CAST]  # to something, each of them
NOT_TEXT = {"code", "slug", "version", "protocols", "seo_title", "search_description", "draft_title", "url_path",
            "expired_at", "path", "telephone", "change_note"}  # fmt: skip


@dataclass
class Planted:
    """The hidden things of one space, and every word that was hidden in them."""

    space: Space
    words: set[str] = field(default_factory=set)
    pages: list[Page] = field(default_factory=list)
    things: Things = field(default_factory=Things)
    document: Any = None
    image: Any = None
    person: Any = None
    addresses: list[str] = field(default_factory=list)

    def word(self, *parts: str, to: str = "") -> str:
        """Two words to hide; the second ends in who may read it, of itself whoever reads or writes all of the space."""
        readers = to or {"SP-MINORI": MINORI, "SP-COORD": COORD, "SP-RETE": "penne"}[self.space.code]
        name = WORD + "".join(parts).replace("_", "") + readers
        self.words.add(name)
        return f"{WORD} {name}"


class Undone(Exception):
    """Takes back what the module planted."""


@pytest.fixture(scope="module")
def planted(demo_on_a_server: Any, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[dict[str, Planted]]:
    """The network with its secrets, in the database and in a copy of the index, for all the tests of this module."""
    copy = tmp_path_factory.mktemp("leaks") / "index"
    own = own_index.of_demo(copy, demo_on_a_server)
    with django_db_blocker.unblock(), own, suppress(Undone), transaction.atomic():
        found = {name: plant(name) for name in (MINORI, COORD)}
        found[RETE] = plant_inside()
        found[ABOVE] = share_a_lesson()
        open_closed_space()
        cite_from_elsewhere(found)
        search_index.apply_pending()
        crawls.clear()
        crawls_inside.clear()
        yield found
        raise Undone


# --- Planting --------------------------------------------------------------------------------------------


def cast(name: str) -> User:
    return User.objects.get(email=f"{CAST[name]}@raccordo.example")


def plant(name: str) -> Planted:
    here = Planted(Space.objects.select_related("root_page", "collection").get(code=f"SP-{name.upper()}"))
    writer, coordinator = cast(WRITER[name]), cast("coordinator")
    plant_files(here)
    plant_person(here, coordinator)
    plant_pages(here, coordinator)
    plant_drafts(here, writer)
    plant_approval(here, writer, coordinator)
    plant_editions(here, coordinator)
    plant_adoption(here, writer)
    plant_joint_approval(here, writer)
    plant_signature(here, writer)
    plant_rule(here, writer)
    plant_duties(here)
    plant_own_name(here, writer)
    plant_shifts(here)
    plant_pin(here)
    plant_document(here, writer)
    plant_life(here, coordinator)
    here.addresses += [page.url for page in here.pages] + [
        here.document.url, f"/media/{here.image.file.name}",
        f"/rubrica/persone/{here.person.pk}/", here.space.get_absolute_url(),
        f"{here.space.get_absolute_url()}condivisione/", f"/rete/persone/{here.person.pk}/",
        f"{here.space.get_absolute_url()}condivisione/come/?persona={here.person.pk}",
    ]  # fmt: skip
    return here


def plant_document(here: Planted, writer: User, to: str = "") -> None:
    """Uploaded by who writes there, to become a draft: nobody else reads it."""
    upload = WordUpload.objects.create(person=writer, space=here.space)
    document = upload.documents.create(
        name=f"{here.word('wordname', to=to).split()[1]}.docx", html=f"<p>{here.word('wordtext', to=to)}</p>", found={
            "title": here.word("wordtitle", to=to), "left": {}, "notes": [here.word("wordnote", to=to)], "margins": []
        },
    )  # fmt: skip
    here.addresses += [
        f"{here.space.get_absolute_url()}da-word/{document.pk}/",
        f"{here.space.get_absolute_url()}da-word/tabella/{upload.pk}/",
    ]


def plant_files(here: Planted) -> None:
    name = here.word("filename").split()[1]
    here.document = Document.objects.create(
        title=here.word("documenttitle"), collection=here.space.collection, file=ContentFile(b"testo", f"{name}.txt")
    )
    Document.objects.filter(pk=here.document.pk).update(
        text_pages=[f"Calepino: {here.word('filetext')}"], reading_state="letto"
    )
    here.document.refresh_from_db()
    file_changed.send(sender=Document, document=here.document)
    here.image = Image.objects.create(
        title=here.word("imagetitle"), collection=here.space.collection, file=get_test_image_file()
    )
    here.image.get_rendition("width-100")


def plant_person(here: Planted, by: User) -> None:
    profession = Profession.objects.create(name=here.word("profession"))
    here.person = User.objects.create(
        email=f"{here.space.code.lower()}@altrove.example", first_name=here.word("firstname"),
        last_name="Chiusa", profession=profession, organisation=Organisation.objects.get(slug="quarrata"),
    )  # fmt: skip
    # Of a body whose people read other spaces too: this one reads only here.
    here.person.groups.remove(here.person.organisation.group)
    roles.give_role(here.space, here.person, Role.READER, by=by, reason=here.word("rolereason"))


def plant_pages(here: Planted, by: User) -> None:
    """One page of each kind, with a word in each of its fields of text."""
    for kind in page_kinds():
        page = kind(**texts(here, kind), responsible=here.person)
        parent = here.space.root_page
        if isinstance(page, ModulePage | LessonPage):
            above = PathPage if isinstance(page, ModulePage) else ModulePage
            parent = next(each for each in here.pages if isinstance(each, above))
        if isinstance(page, MeetingPage):
            page.starts_at = timezone.now() + timedelta(days=2)
            page.decisions = [Decision(text=here.word("decision"))]
            item = {"title": here.word("agenda"), "text": here.word("agendatext"), "discussion": here.word("said")}
            page.agenda = [AgendaItem(**item)]
            page.actions = [ActionItem(text=here.word("action"), person=here.person, due=timezone.localdate())]
        if isinstance(page, FormPage):
            page.document = here.document
        if isinstance(page, ProtocolPage):
            page.valid_from = timezone.localdate() - timedelta(days=1)
        demo.publish(parent, page, on=0, by=by, note=here.word("note", kind._meta.model_name or ""))
        here.pages.append(page)
    asked = {"label": here.word("asked"), "help": here.word("askedhelp"), "required": True}
    described = FormPage(title=here.word("described"), slug=f"{here.space.code.lower()}-descritto")
    described.form_fields = [("heading", here.word("askedheading")), ("short_text", asked)]
    here.pages.append(demo.publish(here.space.root_page, described, on=0, by=by, note=here.word("note", "described")))


def texts(here: Planted, kind: type[Page]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in kind._meta.get_fields():
        is_text = isinstance(each, models.CharField | models.TextField) and not each.choices
        if is_text and (each.max_length or 999) >= 60 and each.name not in NOT_TEXT:
            found[each.name] = here.word(kind._meta.model_name or "", each.name)
    if any(each.name == "body" for each in kind._meta.get_fields()):
        section = {"heading": here.word(kind._meta.model_name or "", "heading"),
                   "text": here.word(kind._meta.model_name or "", "section")}  # fmt: skip
        found["body"] = demo.body_of([section])
    found["slug"] = f"{found['title'].split()[1]}"
    return found


def plant_drafts(here: Planted, writer: User) -> None:
    words = {"title": here.word("drafttitle"), "summary": here.word("draftsummary"), "change_note": "Bozza."}
    draft = TextPage(**words, live=False, owner=writer)
    here.space.root_page.add_child(instance=draft)
    draft.save_revision(user=writer)
    live = next(page for page in here.pages if isinstance(page, TextPage))
    live.title, live.summary = here.word("revisiontitle"), here.word("revisionsummary")
    live.save_revision(user=writer)
    here.pages.append(draft)


def plant_approval(here: Planted, writer: User, approver: User) -> None:
    """A page sent back with a comment, and asked for again."""
    meeting = next(page for page in here.pages if isinstance(page, MeetingPage))
    meeting.save_revision(user=writer)
    state = Workflow.objects.get().start(meeting, writer)
    state.current_task_state.specific.reject(user=approver, comment=here.word("approvalcomment"))
    state.refresh_from_db()
    state.resume(user=writer)
    waiting = TaskState.objects.get(workflow_state=state, status=TaskState.STATUS_IN_PROGRESS)
    here.addresses.append(f"/approvazioni/{waiting.pk}/")
    here.things = Things(
        page=meeting.pk, revision=meeting.latest_revision_id, task_state=waiting.pk, workflow_state=state.pk,
        document=here.document.pk, image=here.image.pk, user=here.person.pk,
        group=Group.objects.get(name__startswith=here.space.code + ": redattore").pk,
        collection=here.space.collection_id, home=here.space.root_page_id,
        page_type=("coordination", "meetingpage"), other=1,
    )  # fmt: skip


def plant_duties(here: Planted) -> None:
    """About a hidden page, asked of everybody: only who may read, write or approve there is told its words."""
    page, everybody = here.pages[0], [cast(name) for name in CAST]
    for needs in obligations.Need:
        said = [here.word("duty", needs, part) for part in ("title", "why")]
        duty = obligations.Duty(said[0], "Apri", said[1], page.url, page=page.pk, needs=needs)
        obligations.ask(everybody, f"planted:{needs}:{page.pk}", duty)
        closed = obligations.Closed("Una cosa da fare", "decisa insieme", "/novita/")
        obligations.ask(everybody, f"closed:{needs}:{page.pk}", replace(duty, action_url="", closed=closed))


def plant_editions(here: Planted, by: User) -> None:
    protocol = next(page for page in here.pages if isinstance(page, ProtocolPage))
    protocol.version, protocol.valid_from = "2.0", timezone.localdate()
    protocol.body = demo.body_of([{"heading": "Oggi", "text": "Altro testo."}])
    protocol.save_revision(user=by).publish(user=None)
    meeting = next(page for page in here.pages if isinstance(page, MeetingPage))
    past = f"/p/{protocol.slug}/edizioni/1.0/"
    here.addresses += [
        past,
        f"{past}confronta/2.0/",
        f"{past}confronta/2.0/?testo=intero",
        f"/riunioni/{meeting.pk}.ics",
    ]


def plant_signature(here: Planted, by: User) -> None:
    """A page to be signed by everybody: only who may open it is asked, and reads what was noted."""
    page = next(page for page in here.pages if isinstance(page, TextPage))
    request = acknowledgements.ask(page, by=cast("coordinator"), due=timezone.localdate(), is_required=True,
                                   spaces=[], bodies=[], people=[cast(name) for name in CAST])  # fmt: skip
    text = acknowledgements.current(page)
    assert text is not None
    signature = acknowledgements.sign(page, by=by, seen=text.pk)
    acknowledgements.annotate(signature, by=by, words="Una nota.")
    here.addresses += [f"/letture/{page.pk}/", f"/letture/{page.pk}/firme.csv", f"/letture/{page.pk}/firma/",
                       f"/letture/firme/{signature.pk}/nota/", f"/letture/richieste/{request.pk}/fine/"]  # fmt: skip


def plant_own_name(here: Planted, writer: User) -> None:
    """What two bodies call the hidden service: who may not see it learns nothing of it, of the body too."""
    service = next(page for page in here.pages if isinstance(page, ServicePage))
    said = here.word("ownname")
    for body in (Organisation.objects.get(slug="quarrata"), writer.organisation):
        assert body is not None
        OwnName.objects.create(organisation=body, said=said, service=service)
        here.addresses.append(f"/rubrica/enti/{body.slug}/parole/")


def plant_shifts(here: Planted) -> None:
    """A hidden person on call at a service that everybody reads, and one whom everybody knows at a hidden service."""
    now = timezone.now()
    hidden = next(page for page in here.pages if isinstance(page, ServicePage))
    for service, who in ((ServicePage.objects.get(slug="seus"), here.person), (hidden, cast("worker"))):
        Shift.objects.create(
            service=service, person=who, since=now, until=now + timedelta(days=2), given_by=here.person
        )
        here.addresses.append(f"/rubrica/servizi/{service.pk}/turni/")


def plant_pin(here: Planted) -> None:
    """Hidden pages in evidence for the very word that everybody asks, and everybody keeps the search for it."""
    for page in here.pages[:2]:
        Pin.objects.create(key=key_of(WORD), said=WORD, page_id=page.pk, until=timezone.localdate())
    for name in CAST:
        followed.follow(cast(name), WORD, {}, is_wish=False)


def plant_adoption(here: Planted, by: User) -> None:
    """What a body said of the protocol, in each field, and the file of its act."""
    protocol = next(page for page in here.pages if isinstance(page, ProtocolPage))
    body = Organisation.objects.get(slug="quarrata")
    file = ContentFile(b"testo", "atto.txt")
    row = Adoption.objects.create(
        edition=Edition.objects.get(page_id=protocol.pk, version="2.0"), organisation=body, state="adattato",
        since=timezone.localdate(), act_number=here.word("act"), act_date=timezone.localdate(), sections=["oggi"],
        text=here.word("adaptation"), reason=here.word("refusal"), act_file=file, act_sha256="1", by=by,
    )  # fmt: skip
    here.addresses += [
        f"/p/{protocol.slug}/recepimenti/quarrata/", f"/p/{protocol.slug}/?ente=quarrata&giorno=2099-01-01",
        f"/recepimenti/atti/{row.pk}/",
    ]  # fmt: skip


def plant_joint_approval(here: Planted, by: User) -> None:
    """A draft before a body whose delegate reads there."""
    title = here.word("joint", "title")
    page = ProtocolPage(
        title=title, slug=f"alla-firma-{here.space.root_page.slug}", change_note=here.word("joint", "note"), live=False
    )
    page.body = demo.body_of([{"heading": here.word("joint", "heading"), "text": here.word("joint", "text")}])
    page.signatories = list(Organisation.objects.filter(slug="sds"))
    here.space.root_page.add_child(instance=page)
    joint = joint_approval.open_for(page.save_revision(user=by), by, None)
    here.addresses += [f"/firme/{joint.pk}/", f"/firme/{joint.pk}/ritira/"]
    plant_remark(here, by)


def plant_rule(here: Planted, by: User) -> None:
    """What a Comune says of a service, read by whoever reads the space; the service's name is one of all editors."""
    slug = here.space.root_page.slug
    service = RegulatedService.objects.create(
        name=f"Servizio di {slug}", meaning=here.word("regulation", "meaning"), space=here.space
    )
    BodyRule.objects.create(
        service=service, organisation=Organisation.objects.get(slug="quarrata"), by=by, act_date=timezone.localdate(),
        valid_from=timezone.localdate(), act=here.word("regulation", "act"), way=here.word("regulation", "way"),
        threshold_words=here.word("regulation", "threshold"), documents=here.word("regulation", "documents"),
    )  # fmt: skip
    at = f"/regolamenti/{service.slug}/"
    here.addresses += ["/regolamenti/", at, f"{at}quarrata/", f"{at}tabella.csv"]


def plant_remark(here: Planted, by: User) -> None:
    """What is said of that draft, and answered."""
    discussion = Discussion.objects.get(page__slug=f"alla-firma-{here.space.root_page.slug}")
    wording = {"text": here.word("remark", "wording"), "rows": []}
    remark = Remark.objects.create(
        discussion=discussion, place="altrove", heading=here.word("remark", "heading"), by=by, wording=wording,
        was={"text": here.word("remark", "was"), "rows": []}, comment=here.word("remark", "comment"),
    )  # fmt: skip
    RemarkAct.objects.create(remark=remark, deed="risposta", words=here.word("remark", "answer"), by=by)
    remarks.ask_and_settle(discussion)
    here.addresses += [f"/osservazioni/{discussion.pk}/", f"/osservazioni/una/{remark.pk}/"]


def plant_life(here: Planted, by: User) -> None:
    """The hidden person sits elsewhere, changes body, stands in for somebody whom all know, is away, acts for a body,
    and asks for another name."""
    today, seat = timezone.localdate(), Organisation.objects.get(slug="abetone-cutigliano")
    until = today + timedelta(days=3)
    working_life.sit(here.person, seat, since=today, until=None, by=by)
    working_life.move(here.person, Organisation.objects.get(slug="agliana"), since=until, by=by)
    known = User.objects.create(email=f"assente-{here.space.root_page.slug}@altrove.example", last_name="Presente")
    roles.give_role(demo.space("SP-RETE"), known, Role.READER, by=by)
    substitute = cast(WRITER[MINORI if here.space.code == "SP-MINORI" else COORD])
    away = working_life.be_away(known, since=today, until=until, substitute=here.person, by=by)
    working_life.be_away(here.person, since=today, until=until, substitute=substitute, by=by)
    Delegation.objects.create(
        organisation=seat, purpose=Purpose.DATA, person=here.person, given_by=by, valid_from=today, substitute=known
    )
    procedure = ProcedurePage(title="Di chi manca", slug=f"di-chi-manca-{here.space.root_page.slug}", responsible=known)
    procedure.steps = [("step", {"title": "Chiedi", "text": "Si fa.", "who": "Chi accoglie", "services": []})]
    here.addresses.append(demo.publish(demo.space("SP-RETE").root_page, procedure, on=0, by=by).url)
    names.propose(here.person, here.word("newname", to="guida"), "Chiusa")
    for person in (known, here.person):
        at = f"/rete/persone/{person.pk}/"
        here.addresses += [f"/rubrica/persone/{person.pk}/", at, f"{at}ente/", f"{at}assenza/", f"{at}uscita/"]
    here.addresses += [f"/rete/persone/{known.pk}/assenza/{away.pk}/fine/", f"/rete/persone/{here.person.pk}/nome/",
                       f"/rubrica/enti/{seat.slug}/", f"/rete/enti/{seat.slug}/deleghe/"]  # fmt: skip


# Inside a space that many read.


def plant_inside() -> Planted:
    here = Planted(demo.space("SP-RETE"))
    writer, coordinator = cast("office"), cast("coordinator")
    plant_parts(here, coordinator)
    plant_drafts(here, writer)
    plant_document(here, writer, to="autrice")
    plant_meetings(here, coordinator)
    plant_waiting_file(here, writer)
    plant_bin(here, writer)
    plant_unfinished(here, writer)
    plant_outsider(here, coordinator)
    plant_report(here, coordinator)
    at = here.space.get_absolute_url()
    here.addresses += [f"{at}cestino/", f"{at}notizia/", f"{at}file/", f"{at}nuovo/", f"{at}esporta/", "/revisioni/",
                       f"{at}condivisione/", f"{at}condivisione/esterni/"]  # fmt: skip
    for page in here.pages:
        ways = ("vedi-come/", f"vedi-come/?persona={cast('partner').pk}", "file/", "prova/", "ragioni/")
        here.addresses += [page.url, f"/letture/{page.pk}/", f"/letture/{page.pk}/firme.csv", f"/revisioni/{page.pk}/",
                           *(f"/pagine/{page.pk}/{way}" for way in ways), f"/segnala/?pagina={page.url}",
                           f"/dati-personali/segnala/?pagina={page.url}"]  # fmt: skip
    return here


def plant_parts(here: Planted, by: User) -> None:
    """A page that partners read too, with a part for each way of naming its readers, changed once since; and signed."""
    named = {
        "casa": ("role", str(Role.READER.value)), "penne": ("role", str(Role.EDITOR.value)),
        "integra": ("space", demo.space("SP-INTEGRA")), "ospite": ("person", cast("partner")),
        "coop": ("body", Organisation.objects.get(slug="vicinanze")),
    }  # fmt: skip
    page = TextPage(title="Con parti per alcuni", slug="con-parti", summary="Per tutti.")
    page.body = [*demo.body_of([{"heading": "Per tutti", "text": "Il lunedì."}]),
                 *(part_for(here, to, readers) for to, readers in named.items())]  # fmt: skip
    demo.publish(here.space.root_page, page, on=0, by=by, note=here.word("part", "first", to="casa"))
    shares.share_page(page, demo.space("SP-TERZO"), by=by)
    acknowledgements.ask(page, by=by, due=timezone.localdate(), is_required=True, spaces=[], bodies=[],
                         people=[cast(name) for name in CAST])  # fmt: skip
    page = TextPage.objects.get(pk=page.pk)
    page.body[1].value["content"][0].value["heading"] = here.word("part", "later", to="casa")
    page.change_note = here.word("part", "note", to="penne")
    page.save_revision(user=by).publish(user=by)
    here.pages.append(TextPage.objects.get(pk=page.pk))
    here.things = Things(page=page.pk, revision=here.pages[-1].live_revision_id, home=here.space.root_page_id)


def part_for(here: Planted, to: str, readers: tuple[str, Any]) -> tuple[str, Any]:
    def word(*parts: str) -> str:
        return here.word("part", *parts, to=to)

    row = {"term": word("term"), "text": word("row")}
    service = ServicePage.objects.get(slug="seus")
    contact = {"purpose": word("purpose"), "person": None, "service": service, "note": word("contact")}
    table = {"caption": word("caption"), "columns": [{"type": "text", "heading": word("column")}],
             "rows": [{"values": [word("cell")]}]}  # fmt: skip
    heading = word("heading") if to != "casa" else f"{WORD} di prima"  # which is changed
    content = [
        ("section", {"heading": heading, "text": RichText(f"<p>{word('section')}</p>"), "rows": [row]}),
        ("text", RichText(f"<p>{word('text')}</p>")), ("table", table), ("contacts", [contact]),
    ]  # fmt: skip
    return ("reserved", {"readers": [readers], "content": content})


def plant_meetings(here: Planted, by: User) -> None:
    """Shared with its guests: one meeting that is apart from them but for a point each, one with a point for some."""
    coop, guest = Organisation.objects.get(slug="vicinanze"), cast("partner")
    apart = MeetingPage(title="Con ospiti", slug="con-ospiti", summary="Convocazione.", guests_apart=True)
    apart.minutes = here.word("minutes", to="casa")
    apart.decisions = [Decision(text=here.word("apart", "decision", to="casa"))]
    action = here.word("apart", "action", to="casa")
    apart.actions = [ActionItem(text=action, person=cast("worker"), due=timezone.localdate())]
    apart.agenda = [point(here, "casa"), point(here, "coop", ("body", coop)), point(here, "ospite", ("person", guest))]
    some = MeetingPage(title="Con un punto riservato", slug="con-un-punto", summary="Convocazione.")
    some.agenda = [AgendaItem(title="Per tutti"), point(here, "penne", ("role", str(Role.EDITOR.value)))]
    for page, to in ((apart, "casa"), (some, "casa")):
        page.starts_at = timezone.now() + timedelta(days=1)
        demo.publish(here.space.root_page, page, on=0, by=by, note=here.word(page.slug.replace("-", ""), to=to))
        shares.share_page(page, demo.space("SP-TERZO"), by=by)
        here.pages.append(page)
        here.addresses.append(f"/riunioni/{page.pk}.ics")


def point(here: Planted, to: str, *readers: tuple[str, Any]) -> AgendaItem:
    said = {name: here.word("point", name, to=to) for name in ("title", "text", "discussion")}
    return AgendaItem(**said, readers=list(readers))


def plant_waiting_file(here: Planted, writer: User) -> None:
    """A file of a page that all read is to be replaced: name, text and reason wait with the page for an approval."""
    file = Document.objects.create(
        title="Elenco", collection=here.space.collection, file=ContentFile(b"testo", "elenco.txt")
    )
    page = TextPage(title="Con un file", slug="con-un-file", summary="Per tutti.")
    page.attachments = [("attachment", {"file": file, "title": ""})]
    demo.publish(here.space.root_page, page, on=0, by=cast("coordinator"))
    page = TextPage.objects.get(pk=page.pk)
    text = ContentFile(here.word("waiting", "text").encode(), f"{here.word('waiting', 'name').split()[1]}.txt")
    note = here.word("waiting", "note")
    waiting = replacing.propose(file, page, text, by=writer, reason=note)
    quick_changes.save(page, by=writer, note=note)
    state = TaskState.objects.get(workflow_state__object_id=str(page.pk), status=TaskState.STATUS_IN_PROGRESS)
    here.pages.append(page)
    here.document = file
    at = f"/pagine/{page.pk}/file/"
    here.addresses += [f"{at}{file.pk}/", f"{at}proposti/{waiting.pk}/", f"{at}proposti/{waiting.pk}/togli/",
                       f"/approvazioni/{state.pk}/", file.url, f"/documenti/{file.pk}/versioni/"]  # fmt: skip
    here.things = replace(here.things, document=file.pk, task_state=state.pk, workflow_state=state.workflow_state_id)


def plant_bin(here: Planted, by: User) -> None:
    """A draft, a file with its text and a picture, thrown away by who wrote them."""
    draft = TextPage(title=here.word("bin", "page"), change_note="Bozza.", live=False, owner=by)
    here.space.root_page.add_child(instance=draft)
    draft.save_revision(user=by)
    words = here.word("bin", "file")
    file = Document.objects.create(
        title=words, collection=here.space.collection, file=ContentFile(b"testo", f"{words.split()[1]}.txt")
    )
    text = here.word("bin", "text", to="nessuno")
    Document.objects.filter(pk=file.pk).update(text_pages=[text], reading_state="letto")
    image = Image.objects.create(
        title=here.word("bin", "image"), collection=here.space.collection, file=get_test_image_file()
    )
    rows = bin.put([draft, file, image], by=by)
    at = here.space.get_absolute_url()
    here.addresses += [*(f"{at}cestino/{row.pk}/rimetti/" for row in rows), draft.url or "/cestino/", file.url,
                       f"/media/{image.file.name}", f"/documenti/{file.pk}/versioni/"]  # fmt: skip
    here.things = replace(here.things, image=image.pk)


def plant_unfinished(here: Planted, author: User) -> None:
    """What she was writing as the tab closed: a news, and a note to a file; nobody else's, whoever writes there."""
    words = {name: here.word("news", name, to="autrice") for name in ("title", "summary", "text")}
    unfinished.keep(author, here.space, "", words, ("title",))
    page = here.pages[0]
    note = {"change_note": here.word("begun", "note", to="autrice")}
    unfinished.keep(author, here.space, quick_changes.about("file", page), note, ("change_note",))
    here.addresses.append(f"/pagine/{page.pk}/bozza/{quick_changes.about('file', page)}/")


def plant_outsider(here: Planted, by: User) -> None:
    """To whom a page was opened, and why, is read by who answers for the space; by the link itself the page alone."""
    outsiders.allow(here.space, True, by=by)
    until = timezone.localdate() + timedelta(days=9)
    said = {"until": until, "by": by, "reason": here.word("outsider", "why", to="guida")}
    page, meeting = here.pages[0], next(page for page in here.pages if isinstance(page, MeetingPage))
    link, _token = outsiders.give(page, here.space, here.word("outsider", "who", to="guida"), asked_as=uuid4(), **said)
    here.addresses.append(f"{here.space.get_absolute_url()}condivisione/esterni/{link.pk}/")
    for opened in (page, meeting):
        _link, token = outsiders.give(opened, here.space, "Una scuola", asked_as=uuid4(), **said)
        here.addresses += [f"/esterni/{token}/", f"/esterni/{token}/file/{here.document.pk}/"]


def plant_report(here: Planted, by: User) -> None:
    """A page in which somebody saw personal data: until that is handled, hers and of who answers for the space."""
    title, summary = here.word("reported", "title", to="vista"), here.word("reported", "summary", to="vista")
    page = TextPage(title=title, summary=summary, slug="segnalata")
    page.body = demo.body_of([{"heading": here.word("reported", "heading", to="vista"), "text": "Una storia."}])
    demo.publish(here.space.root_page, page, on=0, by=by, note=here.word("reported", "note", to="vista"))
    row = reports.report(cast("newcomer"), "storia", seen=Page.objects.get(pk=page.pk))
    here.pages.append(page)
    here.addresses.append(f"/dati-personali/{row.pk}/")
    plant_reported_picture(here, by)


def plant_reported_picture(here: Planted, by: User) -> None:
    """A picture alone, with the name that its file has; the page that carries it stays."""
    image = Image.objects.create(
        title=here.word("reported", "picture", to="vista"), collection=here.space.collection, file=get_test_image_file()
    )
    page = TextPage(title="Con una figura", slug="con-una-figura")
    page.body = [("picture", {"picture": image, "caption": ""})]
    demo.publish(here.space.root_page, page, on=0, by=by)
    row = reports.report(cast("newcomer"), "storia", seen=image)
    drawn = image.get_rendition("max-1200x1600").file.name
    here.addresses += [f"/dati-personali/{row.pk}/", f"/media/{image.file.name}", f"/media/{drawn}"]


LESSON = "Telefonare alla clessidra"


def share_a_lesson() -> Planted:
    """One page without a code, shared by itself: the words are in the names and addresses of all that stands above."""
    coordinator = cast("coordinator")
    name, where = f"{WORD} {WORD}spacename{ABOVE}", f"{WORD}spaceaddress{ABOVE}"
    space = opening.open_space("SP-OMEGA", name, slug=where, by=coordinator, purpose=name, intro=name)
    here = Planted(space, words={f"{WORD}spacename{ABOVE}", where})
    roles.give_role(space, coordinator, Role.MANAGER, by=None)
    parent: Any = space.root_page
    for kind in (PathPage, ModulePage):
        slug = here.word(kind._meta.model_name or "", "address", to=ABOVE).split()[1]
        page = kind(title=here.word(kind._meta.model_name or "", "title", to=ABOVE), slug=slug)
        parent = demo.publish(parent, page, on=0, by=coordinator)
        here.addresses.append(page.url or "")
    lesson = LessonPage(title=LESSON, text="Prima di tutto si gira la clessidra.", summary="Con la clessidra.")
    demo.publish(parent, lesson, on=0, by=coordinator)
    shares.share_page(Page.objects.get(pk=lesson.pk), demo.space("SP-TERZO"), by=coordinator)
    acknowledgements.ask(lesson, by=coordinator, due=timezone.localdate(), is_required=True, spaces=[], bodies=[],
                         people=[cast("partner")])  # fmt: skip
    here.pages.append(lesson)
    here.addresses.append(lesson.url or "")
    return here


def open_closed_space() -> None:
    coordinator = cast("coordinator")
    name = f"{WORD} {WORD}name{CLOSED}"
    space = opening.open_space("SP-ZETA", name, slug="zeta", by=coordinator, purpose=name, intro=name)
    roles.give_role(space, coordinator, Role.MANAGER, by=None)


def cite_from_elsewhere(found: dict[str, Planted]) -> None:
    """Pages that many read and that lead to hidden ones, written by somebody who sees both."""
    coordinator = cast("coordinator")
    for name in (MINORI, COORD):
        here = found[name]
        hidden = {type(page): page for page in here.pages}
        links = (
            f'<a linktype="page" id="{here.pages[0].pk}">qui</a> <a linktype="document" id="{here.document.pk}">qua</a>'
        )
        body = [("section", {"heading": "Altrove", "text": f"<p>{links} {links}</p>", "rows": []})]
        citing = ProtocolPage(title="Che cita", slug=f"che-cita-{name}", body=body, summary="Cita")
        citing.related = [RelatedPage(target=Page.objects.get(pk=hidden[FormPage].pk))]
        demo.publish(demo.space("SP-RETE").root_page, citing, on=0, by=coordinator)
        form = FormPage(title="Modulo che cita", slug=f"modulo-che-cita-{name}", document=here.document)
        demo.publish(demo.space("SP-MODULI").root_page, form, on=0, by=coordinator)
        here.addresses += [citing.url or "", form.url or ""]
        text = TextPage(title="Testo che cita", slug=f"testo-che-cita-{name}", summary="Cita", body=citing_blocks(here))
        text.attachments = [("attachment", {"file": here.document, "title": ""})]
        demo.publish(demo.space("SP-MODULI").root_page, text, on=0, by=coordinator)
        here.addresses.append(text.url or "")
        text = TextPage.objects.get(pk=text.pk)
        text.body = citing_blocks(here)[:1]  # what was cited shows in the comparison, and in what one goes back to
        text.save_revision(user=coordinator)
        for code, pinned in {"SP-RETE": [0, -1], "SP-PUBBLICO": [0, -1], "SP-MODULI": [0]}.items():
            for number in pinned:  # the last one is a draft
                root = demo.space(code).root_page_id
                PinnedPage.objects.create(space_page_id=root, target_id=here.pages[number].pk)


def citing_blocks(here: Planted) -> list[Any]:
    """A block of each kind that chooses something."""
    service = next(page for page in here.pages if isinstance(page, ServicePage))
    return [
        ("picture", {"picture": here.image, "caption": ""}),
        ("attachment", {"file": here.document, "title": ""}),
        ("contacts", [{"purpose": "Sportello", "person": None, "service": service, "note": ""}]),
    ]


# --- Looking ---------------------------------------------------------------------------------------------

SPACES = [
    "rete",
    "coordinamento",
    "minori",
    "integrazione",
    "formazione",
    "terzo-settore",
    "modulistica",
    "carta",
    "zeta",
]
PORTAL = [
    "/", "/novita/", "/spazi/", *(f"/spazi/{slug}/" for slug in SPACES), "/protocolli/", "/procedure/", "/moduli/",
    "/riunioni/", "/rubrica/", f"/rubrica/?nome={WORD}", "/rubrica/enti/quarrata/", "/formazione/", "/profilo/digest/",
    "/rete/", "/rete/spazi/", "/rete/spazi/apri/", "/rete/coordinatori/", "/rete/enti/", "/rete/enti/quarrata/",
    "/profilo/dati/", "/profilo/dati/file/",
    "/rete/glossario/", "/rete/ricerche/", "/cerca/mie/",
    "/rete/persone/", f"/rete/persone/?nome={WORD}", "/rete/persone/invita/", "/rete/parole/professioni/",
    f"/cerca/?q={WORD}", f"/cerca/?q={WORD}&format=json", "/cerca/?q=zibaldane", "/cerca/?q=zibaldane&format=json",
    "/cerca/suggerimenti/?q=zib", "/cerca/?q=calepino", "/sitemap.xml", "/feed/", "/posta-inviata/",
]  # fmt: skip


def found_in(response: Any) -> set[str]:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = body.decode(errors="replace") + str(response.headers)
    return set(SECRET.findall(text.replace("<mark>", "").replace("</mark>", "").lower()))


def enter(name: str) -> Client:
    client = Client(raise_request_exception=False)
    if name != "anonymous":
        client.force_login(cast(name))
    return client


def look(client: Client, addresses: list[str], **headers: str) -> dict[str, set[str]]:
    """Address → the secret words in its answer; its own words, as typed by whoever asks, do not count."""
    found = {}
    for each in addresses:
        response = client.get(each, headers=headers)
        broken = {"errore 500"} if response.status_code >= 500 else set()
        found[each] = broken | found_in(response) - set(SECRET.findall(each))
    return found


def may_see(persona: str, word: str) -> bool:
    return any(word.endswith(space) and persona in READ_BY[space] for space in READ_BY)


def leaks(found: dict[str, set[str]], persona: str) -> dict[str, set[str]]:
    """Where something was found that is not the persona's."""
    hidden = {where: {word for word in words if not may_see(persona, word)} for where, words in found.items()}
    return {where: words for where, words in hidden.items() if words}


def digest_of(persona: str) -> set[str]:
    """The words of the mail that the persona would get now."""
    if persona == "anonymous":
        return set()
    user, now = cast(persona), timezone.now()
    digest = digests.build(user, now - timedelta(days=2), now)
    mail = emails.digest_mail(user, digest, "https://portale.example/")
    return set(SECRET.findall("\n".join([mail.subject, mail.body, mail.alternatives[0][0]])))


crawls: dict[str, dict[str, set[str]]] = {}


def portal_as(persona: str, planted: dict[str, Planted]) -> dict[str, set[str]]:
    """What the portal's pages, the hidden addresses and the digest hold for the persona; read once for this module."""
    if persona not in crawls:
        addresses = PORTAL + [each for here in planted.values() for each in here.addresses]
        crawls[persona] = look(enter(persona), addresses) | {"digest": digest_of(persona)}
    return crawls[persona]


@pytest.mark.parametrize("persona", STRANGERS)
def test_nobody_finds_on_the_portal_what_is_not_theirs(persona: str, planted: dict[str, Planted]) -> None:
    assert leaks(portal_as(persona, planted), persona) == {}


# --- The admin -------------------------------------------------------------------------------------------

EDITORS = {"office": [MINORI], "worker_minors": [COORD], "worker": [MINORI, COORD, RETE]}
WITHOUT_EDITING = ["anonymous", "trainee", "partner"]
REFUSED_ANYWAY = ("wagtailusers_", "wagtailsites", "wagtailadmin_workflows", "wagtailsnippets")
ASKED_BY_SCRIPTS = re.compile("results|choose|chosen|api|collect|ping|preview|multiple|privacy|workflow_action")
NOT_ASKED = {"wagtailadmin_error_test", "wagtailadmin_logout"}
SEARCHES = [
    "/admin/pages/search/?q={q}", "/admin/pages/search/results/?q={q}", "/admin/choose-page/search/?q={q}",
    "/admin/choose-page/search/?q={q}&page_type=protocols.formpage", "/admin/choose-page/?page_type=protocols.formpage",
    "/admin/documents/?q={q}", "/admin/documents/chooser/results/?q={q}", "/admin/images/?q={q}",
    "/admin/images/chooser/results/?q={q}", "/admin/api/main/pages/?search={q}", "/admin/api/main/pages/?fields=*",
    "/admin/api/main/documents/?search={q}", "/admin/api/main/images/?search={q}",
    "/admin/tag-autocomplete/?term={q}", "/admin/reports/site-history/?label={q}", "/admin/users/?q={q}",
    "/admin/api/main/pages/?child_of={home}", "/admin/api/main/pages/?descendant_of={home}",
    "/admin/choose-page/chosen-multiple/?id={page}", "/admin/documents/chooser/chosen-multiple/?id={document}",
    "/admin/images/chooser/chosen-multiple/?id={image}", "/admin/documents/?collection_id={collection}",
    "/admin/images/?collection_id={collection}", "/admin/documents/chooser/results/?collection_id={collection}",
    "/admin/bulk/wagtailcore/page/delete/?id={page}", "/admin/bulk/wagtailcore/page/move/?id={page}",
    "/admin/bulk/wagtailcore/page/publish/?id={page}", "/admin/bulk/wagtailcore/page/unpublish/?id={page}",
    "/admin/bulk/portal/document/delete/?id={document}", "/admin/bulk/portal/document/add_tags/?id={document}",
    "/admin/bulk/portal/image/delete/?id={image}", "/admin/bulk/portal/image/add_to_collection/?id={image}",
    "/admin/choose-external-link/?link_url=http://testserver{address}",
    "/admin/reports/workflow/?reviewable=true", "/admin/reports/site-history/?user={user}",
]  # fmt: skip


def admin_addresses(here: Planted, as_script: bool = False) -> list[str]:
    """Every address of the admin with the ids of a hidden space, and every search for the word.

    Scripts ask for lists and choices; what is the administrators' is refused anyway (test_doors.py).
    """
    things = here.things
    values = {"q": WORD, "address": here.pages[0].url, **things.__dict__}
    names = [each for each in known() if each.in_admin and each.name not in NOT_ASKED]
    if as_script:
        asked = [each for each in names if ASKED_BY_SCRIPTS.search(each.name)]
        names = [each for each in asked if not each.name.startswith(REFUSED_ANYWAY)]
    every = [address(each, things) for each in names]
    return every + [each.format(**values) for each in SEARCHES]


@pytest.mark.parametrize("as_script", [False, True], ids=["plain", "xhr"])
@pytest.mark.parametrize("persona", EDITORS)
def test_no_address_of_the_admin_shows_an_editor_another_space(
    persona: str, as_script: bool, planted: dict[str, Planted]
) -> None:
    client = enter(persona)
    asked = [each for name in EDITORS[persona] for each in admin_addresses(planted[name], as_script)]
    headers = {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true", "Accept": "application/json"}
    assert leaks(look(client, list(dict.fromkeys(asked)), **(headers if as_script else {})), persona) == {}


@pytest.mark.parametrize("persona", EDITORS)
def test_nothing_sent_to_the_admin_shows_or_changes_another_space(persona: str, planted: dict[str, Planted]) -> None:
    client = enter(persona)
    for name in EDITORS[persona]:
        here = planted[name]
        before = what_is_there(here)
        sent = {"title": "Riscritto", "slug": "riscritto", "action-delete": "1", "next": "/admin/"}
        own = {each: set(SECRET.findall(each)) for each in admin_addresses(here)}
        found = {each: found_in(client.post(each, sent)) - typed for each, typed in own.items()}
        assert leaks(found, persona) == {}
        assert what_is_there(here) == before


def what_is_there(here: Planted) -> list[Any]:
    """All of the space that somebody could have changed."""
    pages = Page.objects.filter(path__startswith=here.space.root_page.path).order_by("pk")
    return [
        *pages.values_list("pk", "title", "slug", "live", "locked", "latest_revision_id", "path"),
        *Document.objects.filter(collection=here.space.collection).values_list("pk", "title", "file"),
        *Image.objects.filter(collection=here.space.collection).values_list("pk", "title", "file"),
        *here.space.memberships.order_by("pk").values_list("user", "group", "role"),
        *TaskState.objects.order_by("pk").values_list("pk", "status"),
    ]


@pytest.mark.parametrize("persona", WITHOUT_EDITING)
def test_no_search_of_the_admin_shows_anything_to_whoever_writes_nowhere(
    persona: str, planted: dict[str, Planted]
) -> None:
    values = {"q": WORD, "address": planted[MINORI].pages[0].url, **planted[MINORI].things.__dict__}
    assert leaks(look(enter(persona), [each.format(**values) for each in SEARCHES]), persona) == {}


# --- Whoever may see it, finds it ------------------------------------------------------------------------

AT_HOME = [
    "/admin/pages/{page}/edit/", "/admin/pages/{page}/history/", "/admin/pages/workflow_history/detail/",
    "/admin/pages/{page}/workflow_history/detail/{workflow_state}/", "/admin/documents/edit/{document}/",
    "/admin/images/{image}/", "/admin/images/?q={q}", "/admin/pages/{home}/",
]  # fmt: skip


@pytest.mark.parametrize("name", [MINORI, COORD])
def test_whoever_may_see_a_thing_finds_its_word(name: str, planted: dict[str, Planted]) -> None:
    here = planted[name]
    values = {"q": WORD, **here.things.__dict__}
    asked = [each.format(**values) for each in AT_HOME]
    asked += [f"/admin/pages/{page.pk}/edit/" for page in here.pages if isinstance(page, TextPage)]
    asked += [f"/cerca/?q={WORD}&format=json&pagina={number}" for number in range(2, 5)]
    found = portal_as(WRITER[name], planted) | look(enter(WRITER[name]), asked)
    found |= look(enter("coordinator"), ["/", f"{here.space.get_absolute_url()}condivisione/"])
    seen = set().union(*found.values())
    assert here.words - seen == set()


TO_ITS_READERS = [
    "/admin/pages/{page}/revisions/compare/earliest...latest/", "/admin/pages/{page}/revisions/{revision}/revert/",
    *(f"/cerca/?q={WORD}&format=json&pagina={number}" for number in range(2, 6)),
]  # fmt: skip


crawls_inside: dict[str, dict[str, set[str]]] = {}


def inside_as(persona: str, planted: dict[str, Planted]) -> dict[str, set[str]]:
    """All that the persona reads of SP-RETE, on the portal and where it is written; read once for all the endings."""
    if persona not in crawls_inside:
        asked = [each.format(**planted[RETE].things.__dict__) for each in TO_ITS_READERS]
        asked += [f"/admin/pages/{page.pk}/edit/" for page in planted[RETE].pages]
        crawls_inside[persona] = portal_as(persona, planted) | look(enter(persona), asked)
    return crawls_inside[persona]


@pytest.mark.parametrize("ending", INSIDE)
def test_whoever_may_read_what_is_hidden_inside_a_space_finds_its_word(
    ending: str, planted: dict[str, Planted]
) -> None:
    missing = {}
    for persona in INSIDE[ending]:
        found = inside_as(persona, planted)
        words = {word for here in planted.values() for word in here.words if word.endswith(ending)}
        missing[persona] = words - set().union(*found.values())
    assert {persona: words for persona, words in missing.items() if words} == {}


def test_the_name_of_a_closed_space_is_found_by_who_answers_for_it(planted: dict[str, Planted]) -> None:
    found = look(enter("coordinator"), ["/spazi/", "/spazi/zeta/", f"/cerca/?q={WORD}name{CLOSED}&format=json"])
    of_it = {where: {word for word in words if not word.endswith(ABOVE)} for where, words in found.items()}
    assert all(of_it[each] == {f"{WORD}name{CLOSED}"} for each in ("/spazi/", "/spazi/zeta/"))


LEADING_THERE = [
    "/spazi/terzo-settore/", "/novita/", "/profilo/digest/", "/cerca/?q=clessidra", "/cerca/?q=clessidra&format=json",
    "/cerca/suggerimenti/?q=telefonare",
]  # fmt: skip


def test_a_page_shared_by_itself_is_reached_from_everywhere_and_nothing_names_what_stands_above_it(
    planted: dict[str, Planted],
) -> None:
    here, client = planted[ABOVE], enter("partner")
    (lesson,) = here.pages
    own = f"/pagine/{lesson.pk}-telefonare-alla-clessidra/"
    assert lesson.url == own
    read = {each: client.get(each).content.decode() for each in [own, "/", *LEADING_THERE]}
    assert {each: own in text for each, text in read.items()} == dict.fromkeys(read, True)
    mail = emails.digest_mail(
        cast("partner"), digests.build(cast("partner"), timezone.now() - timedelta(days=2), timezone.now()), ""
    )
    assert own in mail.body and own in str(mail.alternatives[0][0])
    sent = f"{mail.subject} {mail.body} {mail.alternatives[0][0]}"
    named = {each: here.words.intersection(SECRET.findall(text)) for each, text in {**read, "mail": sent}.items()}
    assert {each: words for each, words in named.items() if words} == {}


def test_whoever_reads_all_that_stands_above_a_shared_page_finds_the_names(planted: dict[str, Planted]) -> None:
    here = planted[ABOVE]
    found = look(enter("coordinator"), ["/spazi/", here.space.get_absolute_url(), "/formazione/", *here.addresses])
    assert here.words - set().union(*found.values()) == set()
    tree = in_tree(here.pages[0])
    assert WORD in tree
    answer = enter("coordinator").get(f"{tree}?da=mail")
    assert (answer.status_code, answer["Location"]) == (301, f"{here.pages[0].url}?da=mail")


def test_a_right_guess_of_what_stands_above_a_shared_page_answers_as_a_wrong_one(planted: dict[str, Planted]) -> None:
    here, client = planted[ABOVE], enter("partner")
    tree = in_tree(here.pages[0])
    *above, own, _end = tree.split("/")
    wrong = ["/".join([*above[:-1], "un-altro", own, ""]), "/".join([*above[:2], "un-altro", *above[3:], own, ""])]

    def answer(address: str) -> tuple[Any, ...]:
        given = client.get(address)
        body = CSRF.sub("", given.content.decode()).replace(address, "").replace(quote(address, safe=""), "")
        headers = {name: words for name, words in given.items() if name not in {"X-Request-ID", "Content-Length"}}
        return given.status_code, headers, body.replace(quote(address), "")

    assert [answer(each) for each in wrong] == [answer(tree)] * 2
    assert answer(tree)[0] == 404
    report = problem_reports.report
    assert {report(cast("partner"), each, "Non si apre.").page for each in [tree, *wrong]} == {None}


# --- Ids typed by hand -----------------------------------------------------------------------------------

REFUSAL = "La pagina porta a qualcosa che non puoi vedere"


@pytest.fixture(scope="module")
def own(planted: dict[str, Planted], django_db_blocker: Any) -> dict[type[Page], Page]:
    """Pages that Elena writes in SP-MODULI, as planted: what a test does to them is undone after it."""
    with django_db_blocker.unblock():
        root, elena = demo.space("SP-MODULI").root_page, cast("worker")
        protocol = ProtocolPage(title="Suo", slug="suo-protocollo", summary="Suo", in_brief=[], body=[])
        text = TextPage(title="Suo", slug="suo-testo", summary="Suo", body=[])
        file = Document.objects.get(title__startswith="MD-08")
        form = FormPage(title="Suo", slug="suo-modulo", summary="Suo", document=file)
        published = {type(page): demo.publish(root, page, on=0, by=elena) for page in (protocol, text, form)}
        return {**published, SpacePage: root.specific}


def posted(page: Page, **changes: Any) -> dict[str, Any]:
    """What the editor of the page sends, with these changes."""
    base: dict[str, Any] = {
        "title": page.title, "summary": "Suo", "slug": page.slug, "change_note": "Prova", "responsible": "",
        "review_date": "", "comments": inline_formset([]), "attachments": streamfield([]),
    }  # fmt: skip
    if isinstance(page, SpacePage):
        base |= {"intro": "Suo", "pins": inline_formset([])}
    if isinstance(page, FormPage | ProtocolPage):
        base |= {"code": "", "version": "1.0", "valid_from": "", "valid_until": ""}
    if isinstance(page, FormPage):
        base |= {"document": str(page.document_id), "form_fields": streamfield([]), "signed": "", "note": ""}
    if isinstance(page, ProtocolPage):
        base |= {"in_brief": streamfield([]), "related": inline_formset([]), "register_number": "", "norm": ""}
    if isinstance(page, TextPage | ProtocolPage):
        base |= {"body": streamfield([])}
    return nested_form_data(base | changes)


def linking(kind: str, pk: int) -> Any:
    text = rich_text(f'<p>Vedi <a linktype="{kind}" id="{pk}">qui</a></p>', features=["link", "document-link"])
    return streamfield([("section", {"heading": "Una", "text": text, "rows": streamfield([])})])


FORGERIES = {
    "a person": (TextPage, lambda here: {"responsible": str(here.person.pk)}),
    "a link to a page": (TextPage, lambda here: {"body": linking("page", here.pages[0].pk)}),
    "a link to a draft": (TextPage, lambda here: {"body": linking("page", here.pages[-1].pk)}),
    "a link to a file": (TextPage, lambda here: {"body": linking("document", here.document.pk)}),
    "a pinned page": (
        SpacePage,
        lambda here: {"pins": inline_formset([{"target": str(here.pages[1].pk), "ORDER": "1"}])},
    ),
    "a pinned draft": (
        SpacePage,
        lambda here: {"pins": inline_formset([{"target": str(here.pages[-1].pk), "ORDER": "1"}])},
    ),
    "a related page": (
        ProtocolPage,
        lambda here: {"related": inline_formset([{"target": str(form_of(here)), "ORDER": "1"}])},
    ),
    "a file": (FormPage, lambda here: {"document": str(here.document.pk)}),
    "a file in the text": (TextPage, lambda here: {"body": streamfield([("attachment", attached(here))])}),
    "a file beside the text": (TextPage, lambda here: {"attachments": streamfield([("attachment", attached(here))])}),
    "a picture": (
        TextPage,
        lambda here: {
            "body": streamfield(
                [
                    (
                        "picture",
                        {"picture": {"image": str(here.image.pk), "alt_text": "", "decorative": "on"}, "caption": ""},
                    )
                ]
            )
        },
    ),
    "a person to call": (TextPage, lambda here: {"body": calling(person=str(here.person.pk))}),
    "a service to call": (TextPage, lambda here: {"body": calling(service=str(service_of(here)))}),
    "a signed file": (FormPage, lambda here: {"signed": str(here.document.pk)}),
}


def attached(here: Planted) -> dict[str, str]:
    return {"file": str(here.document.pk), "title": ""}


def calling(**whom: str) -> Any:
    contact = {"purpose": "Sportello", "person": "", "service": "", "note": "", **whom}
    return streamfield([("contacts", streamfield([("item", contact)]))])


def service_of(here: Planted) -> int:
    return next(page.pk for page in here.pages if isinstance(page, ServicePage))


def form_of(here: Planted) -> int:
    return next(page.pk for page in here.pages if isinstance(page, FormPage))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_id_of_another_space_typed_by_hand_is_refused(
    forgery: str, planted: dict[str, Planted], own: dict[type[Page], Page]
) -> None:
    kind, changes = FORGERIES[forgery]
    page, client = own[kind], enter("worker")
    before = page.latest_revision_id
    response = client.post(f"/admin/pages/{page.pk}/edit/", posted(page, **changes(planted[MINORI])))
    assert response.status_code == 200
    body = html.unescape(response.content.decode())
    assert REFUSAL in body or "Scegli un'opzione valida" in body
    assert leaks({forgery: found_in(response)}, "worker") == {}
    assert Page.objects.get(pk=page.pk).latest_revision_id == before


def test_an_id_of_ones_own_is_kept(planted: dict[str, Planted], own: dict[type[Page], Page]) -> None:
    page, target = own[TextPage], Page.objects.get(slug="md-01")
    response = enter("worker").post(f"/admin/pages/{page.pk}/edit/", posted(page, body=linking("page", target.pk)))
    assert response.status_code == 302
    kept = Page.objects.get(pk=page.pk).get_latest_revision_as_object()
    assert f'id="{target.pk}"' in kept.body.raw_data[0]["value"]["text"]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_preview_of_an_id_typed_by_hand_shows_nothing(
    forgery: str, planted: dict[str, Planted], own: dict[type[Page], Page]
) -> None:
    kind, changes = FORGERIES[forgery]
    preview, client = f"/admin/pages/{own[kind].pk}/edit/preview/", enter("worker")
    answers = {
        "posted": client.post(preview, posted(own[kind], **changes(planted[MINORI]))), "shown": client.get(preview)
    }  # fmt: skip
    assert answers["posted"].json()["is_valid"] is False
    assert leaks({act: found_in(answer) for act, answer in answers.items()}, "worker") == {}


def test_a_preview_of_ones_own_text_shows_it(planted: dict[str, Planted], own: dict[type[Page], Page]) -> None:
    page, client = own[TextPage], enter("worker")
    preview = f"/admin/pages/{page.pk}/edit/preview/"
    assert client.post(preview, posted(page, title="Titolo in anteprima")).json()["is_valid"] is True
    assert "Titolo in anteprima" in client.get(preview).content.decode()


@pytest.mark.parametrize("act", ["copy", "move"])
def test_a_page_cannot_be_sent_to_a_space_that_one_may_not_see(
    act: str, planted: dict[str, Planted], own: dict[type[Page], Page]
) -> None:
    page = own[TextPage]
    for parent, status in ((planted[MINORI].pages[7].pk, 404), (999_999, 404)):
        data = {"new_title": "Copia", "new_slug": "copia", "new_parent_page": str(parent)}
        response = enter("worker").post(f"/admin/pages/{page.pk}/{act}/", data)
        assert (response.status_code, leaks({act: found_in(response)}, "worker")) == (status, {})


@pytest.mark.parametrize(
    "where",
    ["edit", "history", "usage", "view_draft", "copy", "revisions/compare/earliest...latest", "revisions/{}/revert"],
)
def test_the_editor_of_a_page_that_cites_a_hidden_one_does_not_name_it(where: str, planted: dict[str, Planted]) -> None:
    slugs = [f"modulo-che-cita-{MINORI}", f"testo-che-cita-{MINORI}", "modulistica"]  # which pins one, too
    pages = Page.objects.filter(slug__in=slugs)
    if "{}" in where:  # the page of a space has no versions
        pages = pages.exclude(slug="modulistica")
    asked = [f"/admin/pages/{page.pk}/{where.format(page.live_revision_id)}/" for page in pages]
    found = look(enter("worker"), asked)
    assert len(found) == 3 - ("{}" in where)
    assert leaks(found, "worker") == {}


def test_who_may_see_what_a_page_cites_finds_it_named(planted: dict[str, Planted]) -> None:
    page, here = Page.objects.get(slug=f"testo-che-cita-{MINORI}"), planted[MINORI]
    compared = f"/admin/pages/{page.pk}/revisions/compare/earliest...latest/"
    reverted = f"/admin/pages/{page.pk}/revisions/{page.live_revision_id}/revert/"
    found = look(enter("coordinator"), [compared, reverted])
    title = here.document.title.split()[1]
    assert title in found[compared] and title in found[reverted]


@pytest.mark.parametrize("written", ["{}", "0{}", " {}"])
def test_a_published_revision_is_not_rewritten(
    written: str, planted: dict[str, Planted], own: dict[type[Page], Page]
) -> None:
    page = Page.objects.get(pk=own[TextPage].pk)
    data = posted(own[TextPage], title="Riscritto") | {"overwrite_revision_id": written.format(page.live_revision_id)}
    enter("worker").post(f"/admin/pages/{page.pk}/edit/", data)
    assert page.live_revision.content["title"] == "Suo"
    assert Page.objects.get(pk=page.pk).live_revision_id == page.live_revision_id
    assert Page.objects.get(pk=page.pk).latest_revision.content["title"] == "Riscritto"


def test_lists_of_persons_hold_only_those_one_knows(planted: dict[str, Planted]) -> None:
    root = demo.space("SP-MODULI").root_page
    client = enter("worker")
    for app, kind in (("coordination", "meetingpage"), ("coordination", "servicepage"), ("portal", "textpage")):
        response = client.get(f"/admin/pages/add/{app}/{kind}/{root.pk}/")
        assert "Petrucci" in response.content.decode()
        assert leaks({kind: found_in(response)}, "worker") == {}


def test_free_words_on_files_are_not_offered_to_editors(planted: dict[str, Planted]) -> None:
    planted[MINORI].document.tags.add(f"{WORD}tag{MINORI}")
    asked = f"/admin/tag-autocomplete/?term={WORD}"
    assert found_in(enter("administrator").get(asked)) == {f"{WORD}tag{MINORI}"}
    assert found_in(enter("worker").get(asked)) == set()
