"""Every address of the portal × every person of the cast: who passes, who is turned away, and how.

An address that the resolver knows and the tables below do not fails by its name. What is hidden answers
as what is missing: the same status and the same body.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.models import Page

from coordination.models import Action, Norm, Objective, Project, Reason, Shift
from portal import demo
from portal.models import (
    Acknowledgement,
    Delegation,
    Document,
    FileVersion,
    Job,
    Membership,
    NetworkCoordinator,
    Organisation,
    PageShare,
    PersonalDataReport,
    ProblemReport,
    ReadingRequest,
    Space,
    Term,
    User,
    WordUpload,
)  # fmt: skip
from protocols.models import Adoption, JointApproval, Remark
from search import followed
from search.models import Gap, OwnName, Pin
from tests.addresses import MISSING, Known, Things, address, known
from tests.conftest import CAST, for_a_module

pytestmark = pytest.mark.django_db

ANONYMOUS = "anonymous"
PERSONAS = [ANONYMOUS, *CAST]
EVERYBODY = set(PERSONAS)
MEMBERS = set(CAST)
PARTNERS = {"partner", "partner_coop"}
INSIDE = MEMBERS - PARTNERS
OFFICE = {"coordinator", "director", "office", "administrator"}
COORD = OFFICE
ENABLED = {"worker_minors", "worker_minors_plain", "worker_mountain"}  # to the protection of minors
MINORI = {"coordinator", "director", "administrator"} | ENABLED
INTEGRA = OFFICE | ENABLED | {"health_manager", "worker", "hospital_worker"}
TERZO = OFFICE | ENABLED | {"worker", "hospital_worker"} | PARTNERS
MANAGERS = {"coordinator", "administrator"}
REVIEWING = MANAGERS | {"worker_minors_plain"}
KEEPERS = {"coordinator", "administrator"}  # of the network
EDITORS = OFFICE | ENABLED | {"worker", "health_manager"}
READERS = MEMBERS - EDITORS
ANSWERING = {"hospital_worker", "partner"}  # writes in no space, and answers for pages

SIGNING = {"coordinator", "director", "health_manager", "administrator", "worker", "hospital_worker"}

LOGIN = "login"  # how a door answers whoever has not entered
HIDDEN = 404


@dataclass(frozen=True)
class Door:
    """An address and who passes; to the others it does not exist, save for the acts `forbidden` to who may look."""

    name: str
    address: str
    open_to: set[str]
    answer: int = 200
    forbidden: frozenset[str] | set[str] = frozenset()
    post: dict[str, str] | None = None
    closed: Any = HIDDEN
    to_strangers: Any = LOGIN

    def expected(self, persona: str) -> Any:
        if persona in self.open_to:
            return self.answer
        if persona == ANONYMOUS:
            return self.to_strangers
        return 403 if persona in self.forbidden else self.closed

    def knock(self, client: Client) -> Any:
        response = client.get(self.address) if self.post is None else client.post(self.address, self.post)
        return outcome(response)


def outcome(response: Any) -> Any:
    """The status, or that one is asked to enter."""
    location = response.headers.get("Location", "")
    return LOGIN if response.status_code == 302 and "/accesso/login/" in location else response.status_code


def page(slug: str) -> Page:
    return Page.objects.get(slug=slug).specific


def action_of(slug: str, person: str) -> int:
    return Action.objects.get(meeting__slug=slug, person__email__startswith=person, done_at=None).pk


def role_of(person: str, space: str) -> int:
    return Membership.objects.get(user__email__startswith=person, space__code=space).pk


def approval_of(slug: str) -> int:
    return Page.objects.get(slug=slug).current_workflow_task_state.pk


def signature_of(person: str) -> int:
    """On PR-12, which stays open to the person."""
    return Acknowledgement.objects.get(person__email__startswith=person, text__page__slug="pr-12").pk


def asked_of(slug: str) -> int:
    return ReadingRequest.objects.get(page__slug=slug).pk


def act_of(body: str) -> int:
    """The newest act of a body that has its file: of PR-02."""
    return Adoption.objects.filter(organisation__slug=body).exclude(act_file="").latest("pk").pk


def norm() -> int:
    return Norm.objects.get(citation="L. 328/2000").pk


def project() -> int:
    return Project.objects.get(code="PG-01").pk


def objective() -> int:
    return Objective.objects.get(code="OB-01").pk


def reason_of(slug: str) -> int:
    return Reason.objects.create(page=Page.objects.get(slug=slug), norm=Norm.objects.get(citation="DM 77/2022")).pk


def signed_of(slug: str) -> int:
    return JointApproval.objects.get(page__slug=slug).pk


def said_of(slug: str) -> Remark:
    """The newest remark on its draft, which nobody has answered."""
    return Remark.objects.filter(discussion__page__slug=slug).latest("pk")


def asked() -> int:
    """A question of the worker, which reached the coordinator: she may make a page of it."""
    row = ProblemReport.objects.create(path="/", text="Chi risponde il sabato?", is_question=True,
        by=User.objects.get(email__startswith="elena.fedi"),
        to=User.objects.get(email__startswith="chiara"))  # fmt: skip
    return row.pk


def reported() -> int:
    """A report on a page of which Irene answers."""
    row = ProblemReport.objects.create(path="/p/OP-04/", text="Il numero è vecchio.", to=User.objects.get(
        email__startswith="irene"))  # fmt: skip
    return int(row.pk)


def data_reported() -> int:
    """Personal data in PR-02, by Sara; handled, so that everybody sees the page again."""
    row = PersonalDataReport.objects.create(
        page=page("pr-02"), what="nome", handled_at=timezone.now(), outcome="nessuno", reason="Persona inventata.",
        by=User.objects.get(email__startswith="sara"),
    )  # fmt: skip
    return int(row.pk)


def own_name() -> int:
    """What Quarrata calls the UVM."""
    body, term = Organisation.objects.get(slug="quarrata"), Term.objects.get(term="UVM")
    return int(OwnName.objects.get_or_create(organisation=body, said="la commissione", term=term)[0].pk)


def gap() -> int:
    """Words that found nothing, whose page Elena was asked to write."""
    asked = {"said": "gelateria", "asks": 7, "due": timezone.localdate(), "owner": User.objects.get(
        email__startswith="elena")}  # fmt: skip
    return int(Gap.objects.get_or_create(key="gelateria", defaults=asked)[0].pk)


def pinned() -> int:
    """PR-02, above the results of some words."""
    wanted = {"key": "gelateria", "said": "gelateria", "page_id": page("pr-02").pk, "until": timezone.localdate()}
    return int(Pin.objects.get_or_create(**wanted)[0].pk)


def kept_search() -> int:
    """Elena's."""
    return followed.follow(User.objects.get(email__startswith="elena"), "dimissioni", {}, is_wish=False).pk


def uploaded_document() -> int:
    """Of the coordinator, to become a draft."""
    person, space = User.objects.get(email__startswith="chiara"), Space.objects.get(code="SP-MINORI")
    upload = WordUpload.objects.create(person=person, space=space)
    found = {"title": "Prova", "left": {}, "notes": [], "margins": []}
    document = upload.documents.create(name="prova.docx", html="<p>Prova</p>", found=found)
    document.pictures.create(number=0, data=b"x", ending="png")
    return int(document.pk)


def upload_of(document: int) -> int:
    return WordUpload.objects.get(documents=document).pk


def given_up() -> int:
    """A job that failed, and nothing else that waits or failed."""
    Job.objects.all().delete()
    OrmQ.objects.all().delete()
    return int(Job.objects.create(key="prova", function="portal.background.clock.settle", state="fallito").pk)


def doors_of_versions(form: Document) -> list[Door]:
    """Of a file's earlier version: the file's readers, and to act on it who answers for its space."""
    FileVersion.objects.get_or_create(
        document=form, number=1, file=form.file.name, space=form.collection.space, sha256=form.sha256
    )
    address = f"/documenti/{form.pk}/versioni/"
    return [
        Door("file_versions", address, INSIDE),
        Door("file_versions", "/documenti/999999/versioni/", set()),
        Door("file_version", f"{address}1/", INSIDE),
        Door("file_version", f"{address}1/", MANAGERS, post={}, forbidden=INSIDE, to_strangers=HIDDEN),
        Door("file_version", f"{address}2/", set()),
        Door("earlier_file", f"{address}1/{form.filename}", INSIDE),
        Door("earlier_file", f"{address}1/altro.odt", set()),
    ]


def doors_of_quick_changes(card: Page) -> list[Door]:
    """Of a service's card: what is changed without the admin, by who may correct it."""
    shift = Shift.objects.filter(until__gt=timezone.now() + timedelta(days=1)).first()
    assert shift is not None
    writers = OFFICE | {"health_manager"}
    keeping = writers | {"hospital_worker"}  # who acts for its body
    others = {"forbidden": MEMBERS - writers}
    return [
        Door("space_files", "/spazi/minori/file/", MINORI, forbidden=set()),
        Door("space_files", "/spazi/che-non-esiste/file/", set()),
        Door("page_files", f"/pagine/{card.pk}/file/", writers, **others),
        Door("page_files", "/pagine/999999/file/", set()),
        Door("replace_file", f"/pagine/{card.pk}/file/999999/", set(), **others),
        Door("proposed_file", f"/pagine/{card.pk}/file/proposti/999999/", set(), **others),
        Door("take_back_file", f"/pagine/{card.pk}/file/proposti/999999/togli/", set(), post={}, **others),
        Door("keep_page_words", f"/pagine/{card.pk}/bozza/hours:{card.pk}:/", writers, answer=204, post={},
             to_strangers=401, **others),
        Door("service_hours", f"/rubrica/servizi/{card.pk}/orari/", writers, **others),
        Door("service_hours", "/rubrica/servizi/999999/orari/", set()),
        Door("service_shifts", f"/rubrica/servizi/{card.pk}/turni/", keeping, forbidden=MEMBERS - keeping),
        Door("service_shifts", "/rubrica/servizi/999999/turni/", set()),
        Door("take_shift_away", f"/rubrica/servizi/{card.pk}/turni/999999/togli/", set(), post={},
             forbidden=MEMBERS - keeping),
        Door("take_shift_away", f"/rubrica/servizi/{shift.service_id}/turni/{shift.pk}/togli/", OFFICE,
             answer=302, post={}, forbidden=MEMBERS - OFFICE),
    ]  # fmt: skip


def portal_doors() -> list[Door]:
    """The portal's own addresses; those with an id, once for each kind of door that they may be."""
    form = Document.objects.get(title__startswith="MD-08")
    davide = User.objects.get(email__startswith="davide").pk
    shared = PageShare.objects.get(page__slug="pr-07", space__code="SP-TERZO").pk
    card = Page.objects.get(slug="consultorio")
    document = uploaded_document()
    return [
        Door("home", "/", EVERYBODY),
        Door("news", "/novita/", MEMBERS),
        Door("news_seen", "/novita/viste/", MEMBERS, answer=302, post={}),
        Door("news_seen", "/novita/viste/", set(), closed=405),
        Door("spaces", "/spazi/", EVERYBODY),
        Door("new_page", "/spazi/minori/nuovo/", MINORI, forbidden=set()),
        Door("new_page", "/spazi/che-non-esiste/nuovo/", set()),
        Door("write_news", "/spazi/minori/notizia/", MINORI, forbidden=set()),
        Door("write_news", "/spazi/che-non-esiste/notizia/", set()),
        Door("keep_news", "/spazi/minori/notizia/bozza/", MINORI, answer=204, post={}, to_strangers=401),
        Door("keep_news", "/spazi/che-non-esiste/notizia/bozza/", set(), post={}, to_strangers=401),
        Door("from_word", "/spazi/minori/da-word/", MINORI, forbidden=set()),
        Door("from_word", "/spazi/che-non-esiste/da-word/", set()),
        Door("word_document", f"/spazi/minori/da-word/{document}/", {"coordinator"}),
        Door("word_document", f"/spazi/rete/da-word/{document}/", set(), forbidden=INSIDE - OFFICE),
        Door("word_document", "/spazi/minori/da-word/999999/", set()),
        Door("word_table", f"/spazi/minori/da-word/tabella/{upload_of(document)}/", {"coordinator"}),
        Door("word_table", "/spazi/minori/da-word/tabella/999999/", set()),
        Door("word_picture", f"/spazi/minori/da-word/{document}/immagini/0/", {"coordinator"}),
        Door("word_picture", f"/spazi/minori/da-word/{document}/immagini/7/", set()),
        Door("sharing", "/spazi/minori/condivisione/", MANAGERS, forbidden=MINORI),
        Door("sharing", "/spazi/rete/condivisione/", MANAGERS, forbidden=INSIDE),
        Door("sharing", "/spazi/che-non-esiste/condivisione/", set()),
        Door("change_role", f"/spazi/minori/condivisione/{role_of('davide', 'SP-MINORI')}/", MANAGERS, answer=302,
             post={"role": "1", "conferma": "1", "reason": "Prova"}, forbidden=MINORI),
        Door("change_role", f"/spazi/minori/condivisione/{role_of('davide', 'SP-MINORI')}/", MANAGERS,
             post={"togli": "1"}, forbidden=MINORI),
        Door("change_role", f"/spazi/minori/condivisione/{role_of('elena', 'SP-MODULI')}/", MANAGERS, answer=302,
             post={"role": "4"}, forbidden=MINORI - MANAGERS),
        Door("seen_as", f"/spazi/minori/condivisione/come/?persona={davide}", MANAGERS, forbidden=MINORI),
        Door("seen_as", "/spazi/minori/condivisione/come/?persona=999999", set(), forbidden=MINORI - MANAGERS),
        Door("share", "/spazi/minori/condivisione/pagine/", MANAGERS, post={}, forbidden=MINORI),
        Door("share", "/spazi/minori/condivisione/pagine/", set(), closed=405),
        Door("unshare", "/spazi/minori/condivisione/pagine/999999/", MANAGERS, answer=302, post={},
             forbidden=MINORI - MANAGERS),
        Door("unshare", f"/spazi/rete/condivisione/pagine/{shared}/", MANAGERS, answer=302, post={}, forbidden=INSIDE),
        Door("unshare", f"/spazi/terzo-settore/condivisione/pagine/{shared}/", MANAGERS, answer=302, post={},
             forbidden=TERZO - MANAGERS),
        Door("bin", "/spazi/minori/cestino/", MINORI),
        Door("put_back", "/spazi/minori/cestino/999999/rimetti/", MINORI, answer=302, post={}),
        Door("take_space_away", "/spazi/minori/esporta/", MANAGERS),
        Door("fetch_space", "/spazi/minori/esporta/999999/", set()),
        Door("change_visibility", "/spazi/minori/condivisione/chi-legge/", MANAGERS, forbidden=MINORI),
        Door("give_outsider", "/spazi/minori/condivisione/esterni/", MANAGERS, forbidden=MINORI),
        Door("give_outsider", "/spazi/che-non-esiste/condivisione/esterni/", set()),
        Door("allow_outsiders", "/spazi/minori/condivisione/esterni/permetti/", MANAGERS, answer=302, post={},
             forbidden=MINORI),
        Door("revoke_outsider", "/spazi/minori/condivisione/esterni/999999/", set(), post={},
             forbidden=MINORI - MANAGERS),
        # To everybody the same: who has no link has nothing, entered or not.
        Door("outsider", "/esterni/mai-dato/", set(), to_strangers=HIDDEN),
        Door("outsider_file", f"/esterni/mai-dato/file/{form.pk}/", set(), to_strangers=HIDDEN),
        Door("outsider_picture", "/esterni/mai-dato/immagini/images/x.png", set(), to_strangers=HIDDEN),
        Door("network_desk", "/rete/", KEEPERS),
        Door("coordinators", "/rete/coordinatori/", KEEPERS),
        Door("coordinators", "/rete/coordinatori/", {"administrator"}, post={}),
        Door("end_coordinator", f"/rete/coordinatori/{NetworkCoordinator.objects.get().pk}/fine/", {"administrator"}),
        Door("end_coordinator", "/rete/coordinatori/999999/fine/", {"administrator"}, answer=302),
        Door("network_spaces", "/rete/spazi/", KEEPERS),
        Door("open_space", "/rete/spazi/apri/", KEEPERS),
        Door("change_space", f"/rete/spazi/{demo.space('SP-RETE').pk}/", KEEPERS),
        Door("change_space", "/rete/spazi/999999/", set()),
        Door("close_space", f"/rete/spazi/{demo.space('SP-RETE').pk}/chiudi/", KEEPERS),
        Door("close_space", "/rete/spazi/999999/chiudi/", set()),
        Door("network_people", "/rete/persone/", KEEPERS),
        Door("invite", "/rete/persone/invita/", KEEPERS),
        Door("invite_from_file", "/rete/persone/da-file/", KEEPERS),
        Door("people_table", "/rete/persone/da-file/persone.csv", KEEPERS),
        Door("person_card", f"/rete/persone/{davide}/", KEEPERS),
        Door("person_card", f"/rete/persone/{User.objects.get(is_superuser=True).pk}/", {"administrator"},
             forbidden={"coordinator"}),
        Door("person_card", "/rete/persone/999999/", set()),
        Door("invitation_act", f"/rete/persone/{davide}/invito/", KEEPERS, answer=302, post={}),
        Door("invitation_act", "/rete/persone/999999/invito/", set(), post={}),
        Door("let_account_end", f"/rete/persone/{davide}/lascia-finire/", KEEPERS, answer=302, post={}),
        Door("let_account_end", "/rete/persone/999999/lascia-finire/", set(), post={}),
        Door("move_person", f"/rete/persone/{davide}/ente/", KEEPERS),
        Door("move_person", "/rete/persone/999999/ente/", set()),
        Door("take_back_placement", f"/rete/persone/{davide}/ente/999999/togli/", KEEPERS, answer=302, post={}),
        Door("take_back_placement", "/rete/persone/999999/ente/999999/togli/", set(), post={}),
        Door("absence", f"/rete/persone/{davide}/assenza/", KEEPERS),
        Door("end_absence", f"/rete/persone/{davide}/assenza/999999/fine/", KEEPERS, answer=302, post={}),
        Door("end_absence", "/rete/persone/999999/assenza/999999/fine/", set(), post={}),
        Door("name_manager", f"/rete/persone/{davide}/spazi/999999/", KEEPERS, answer=302),
        Door("name_manager", "/rete/persone/999999/spazi/1/", set()),
        Door("hand_over", f"/rete/persone/{davide}/uscita/", KEEPERS),
        Door("hand_over", "/rete/persone/999999/uscita/", set()),
        Door("reopen_account", f"/rete/persone/{davide}/riapri/", KEEPERS, answer=302, post={}),
        Door("glossary", "/rete/glossario/?parola=uvm", KEEPERS),
        Door("add_term", "/rete/glossario/nuovo/", KEEPERS),
        Door("change_term", f"/rete/glossario/{Term.objects.get(term='UVM').pk}/", KEEPERS),
        Door("change_term", "/rete/glossario/999999/", set()),
        Door("take_term_away", f"/rete/glossario/{Term.objects.get(term='UVM').pk}/togli/", KEEPERS),
        Door("vocabulary", "/rete/parole/professioni/", KEEPERS),
        Door("vocabulary", "/rete/parole/ruoli/", KEEPERS),
        Door("vocabulary", "/rete/parole/chiusure/", KEEPERS),
        Door("vocabulary", "/rete/parole/altro/", set()),
        Door("accept_invitation", "/invito/firma-falsa/", set(), closed=410, to_strangers=410),
        Door("greeted", "/prime-cose/", MEMBERS, answer=302, post={}),
        Door("network_bodies", "/rete/enti/", KEEPERS),
        Door("add_body", "/rete/enti/nuovo/", KEEPERS),
        Door("decide_name", f"/rete/persone/{davide}/nome/", KEEPERS, answer=302, post={}),
        Door("decide_name", "/rete/persone/999999/nome/", set(), post={}),
        Door("body_delegations", "/rete/enti/quarrata/deleghe/", KEEPERS),
        Door("body_delegations", "/rete/enti/che-non-esiste/deleghe/", set()),
        Door("end_delegation", "/rete/deleghe/999999/fine/", KEEPERS, answer=302, post={}),
        Door("end_delegation", f"/rete/deleghe/{Delegation.objects.first().pk}/fine/", KEEPERS, answer=302, post={}),
        Door("own_data", "/profilo/dati/", MEMBERS),
        Door("own_data_file", "/profilo/dati/file/", MEMBERS),
        Door("change_body", "/rete/enti/quarrata/", KEEPERS),
        Door("change_body", "/rete/enti/che-non-esiste/", set()),
        Door("trial", f"/pagine/{page('pr-09').pk}/prova/",
             {"coordinator", "director", "health_manager", "administrator"}, forbidden=INTEGRA),
        Door("trial", "/pagine/999999/prova/", set()),
        # PR-09 waits, asked for by the coordinator: who approves there decides, the coordinator does not.
        Door("approval", f"/approvazioni/{approval_of('pr-09')}/", {"director", "health_manager", "administrator"}),
        Door("approval", "/approvazioni/999999/", set()),
        Door("page_seen_as", f"/pagine/{card.pk}/vedi-come/?persona={davide}", OFFICE | {"health_manager"},
             forbidden=MEMBERS - OFFICE - {"health_manager"}),
        Door("page_seen_as", "/pagine/999999/vedi-come/", set()),
        *doors_of_quick_changes(card),
        Door("wagtaildocs_serve", form.url, INSIDE),
        Door("wagtaildocs_serve", form.url + "x", INSIDE, answer=302),  # an old name leads to the file
        Door("wagtaildocs_serve", "/documenti/999999/md-08.odt", set()),
        *doors_of_versions(form),
        Door("media", "/media/documents/" + form.filename, set()),
        Door("media", "/media/original_images/non-esiste.png", set()),
        Door("person", f"/rubrica/persone/{User.objects.get(email__startswith='davide').pk}/", MEMBERS),
        Door("person", f"/rubrica/persone/{User.objects.get(email__startswith='tommaso').pk}/", INSIDE),
        Door("person", "/rubrica/persone/999999/", set()),
        Door("organisation", "/rubrica/enti/quarrata/", MEMBERS),
        Door("organisation", "/rubrica/enti/che-non-esiste/", set()),
        Door("session", "/sessione/", EDITORS | ANSWERING, answer=204, closed=401, to_strangers=401),
        Door("interrupted", "/sessione/scritto/", set()),  # each has what was interrupted for them, and nobody has
        Door("profile", "/profilo/", MEMBERS),
        Door("sessions", "/profilo/accessi/", MEMBERS),
        Door("end_session", "/profilo/accessi/999999/chiudi/", set()),
        Door("second_factor", "/secondo-fattore/", MEMBERS),
        Door("digest_preference", "/profilo/digest/", MEMBERS),
        Door("digest_stop", "/digest/stop/firma-falsa/", set()),
        Door("report_personal_data", "/dati-personali/segnala/?pagina=/p/PR-02/", INSIDE),
        Door("report_personal_data", "/dati-personali/segnala/?pagina=/p/PR-04/", MINORI),
        Door("report_personal_data", "/dati-personali/segnala/?pagina=/p/PR-99/", set()),
        # PR-02 lies in SP-INTEGRA, the coordinator answers for it, the mountain worker reported it.
        Door("personal_data", f"/dati-personali/{data_reported()}/", MANAGERS | {"worker_mountain"}),
        Door("personal_data", "/dati-personali/999999/", set()),
        Door("report_problem", "/segnala/", EVERYBODY),
        Door("problem", f"/segnala/{reported()}/", {"hospital_worker"}),
        Door("problem", "/segnala/999999/", set()),
        Door("write_faq", f"/segnala/{asked()}/quesito/", {"coordinator"}),
        Door("write_faq", f"/segnala/{reported()}/quesito/", set()),  # no question: nothing to make a page of
        Door("sent_mail", "/posta-inviata/", {"administrator"}),
        Door("alive", "/salute/", EVERYBODY),
        Door("ready", "/salute/pronto/", EVERYBODY),
        Door("status", "/stato/", {"administrator"}),
        Door("retry_job", f"/stato/lavori/{given_up()}/riprova/", {"administrator"}, answer=302, post={}),
        Door("retry_job", "/stato/lavori/999999/riprova/", set(), closed=405),
        Door("accessibility", "/accessibilita/", EVERYBODY),
        Door("privacy", "/riservatezza/", EVERYBODY),
        Door("meetings", "/riunioni/", MEMBERS),
        # An action is its owner's alone, also where the meeting is closed to the owner.
        Door("action", f"/riunioni/azioni/{action_of('r-02', 'elena')}/", {"worker"}),
        Door("action", f"/riunioni/azioni/{action_of('r-02', 'elena')}/", {"worker"}, answer=302, post={}),
        Door("action", f"/riunioni/azioni/{action_of('r-03', 'youssef')}/", {"partner_coop"}),
        Door("action", f"/riunioni/azioni/{action_of('r-03', 'youssef')}/", {"partner_coop"}, answer=302, post={}),
        Door("action", "/riunioni/azioni/999999/", set()),
        Door("action", "/riunioni/azioni/999999/", set(), post={}),
        Door("reopen_action", f"/riunioni/azioni/{action_of('r-02', 'elena')}/riapri/", {"worker"}, answer=302,
             post={}),
        Door("reopen_action", "/riunioni/azioni/999999/riapri/", set(), post={}),
        Door("reopen_action", "/riunioni/azioni/999999/riapri/", set(), closed=405),
        Door("meeting_calendar", f"/riunioni/{page('r-01').pk}.ics", MINORI),
        Door("meeting_calendar", f"/riunioni/{page('r-02').pk}.ics", INSIDE),
        Door("meeting_calendar", "/riunioni/999999.ics", set()),
        Door("directory", "/rubrica/", MEMBERS),
        Door("protocols", "/protocolli/", EVERYBODY),
        Door("procedures", "/procedure/", EVERYBODY),
        Door("forms", "/moduli/", EVERYBODY),
        Door("edition", "/p/pr-04/edizioni/1.1/", MINORI),
        Door("edition", "/p/pr-05/edizioni/1.0/", INSIDE),  # binds everybody: shared with who works in the services
        Door("edition", "/p/pr-02/edizioni/1.0/", INSIDE),
        Door("edition", "/p/pr-02/edizioni/9.9/", set()),
        Door("adoption", "/p/pr-02/recepimenti/quarrata/", INSIDE),
        Door("adoption", "/p/pr-02/recepimenti/quarrata/", {"worker"}, post={}, forbidden=INSIDE),
        Door("adoption", "/p/pr-11/recepimenti/agliana/", TERZO),
        Door("adoption", "/p/pr-04/recepimenti/quarrata/", set()),  # holds from its signature
        Door("adoption", "/p/pr-02/recepimenti/vicinanze/", set()),  # did not sign it
        # PR-02 is to be signed: who publishes there follows it; it is asked of all who work in SP-INTEGRA.
        Door("reading", f"/letture/{page('pr-02').pk}/", {"coordinator", "director", "health_manager",
             "administrator"}),
        Door("reading", "/letture/999999/", set()),
        Door("reading_sheet", f"/letture/{page('pr-04').pk}/firme.csv", {"coordinator", "director", "administrator"}),
        Door("sign", f"/letture/{page('pr-02').pk}/firma/", INTEGRA - {"administrator"}, answer=302, post={}),
        Door("sign", f"/letture/{page('pr-02').pk}/firma/", set(), closed=405),
        Door("reading_note", f"/letture/firme/{signature_of('elena')}/nota/", {"worker"}),
        Door("reading_note", "/letture/firme/999999/nota/", set()),
        Door("end_reading", f"/letture/richieste/{asked_of('pr-02')}/fine/", {"coordinator", "director",
             "health_manager", "administrator"}, answer=302, post={}, forbidden=INSIDE),
        Door("end_reading", "/letture/richieste/999999/fine/", set(), post={}),
        Door("norms", "/norme/", MEMBERS),
        Door("norm", f"/norme/{norm()}/", MEMBERS),
        Door("norm", "/norme/999999/", set()),
        Door("add_norm", "/norme/nuova/", KEEPERS),
        Door("add_norm", "/norme/nuova/", KEEPERS, post={}),
        Door("change_norm", f"/norme/{norm()}/cambia/", KEEPERS),
        Door("objective", f"/norme/obiettivi/{objective()}/", MEMBERS),
        Door("objective", "/norme/obiettivi/999999/", set()),
        Door("add_objective", "/norme/obiettivi/nuovo/", KEEPERS),
        Door("change_objective", f"/norme/obiettivi/{objective()}/cambia/", KEEPERS, post={}),
        Door("project", f"/norme/progetti/{project()}/", MEMBERS),
        Door("project", "/norme/progetti/999999/", set()),
        Door("add_project", "/norme/progetti/nuovo/", KEEPERS),
        Door("change_project", f"/norme/progetti/{project()}/cambia/", KEEPERS, post={}),
        Door("orphans", "/norme/orfani/", KEEPERS),
        Door("reasons", f"/pagine/{page('pr-04').pk}/ragioni/", {"coordinator", "director", "administrator"},
             forbidden=MINORI),
        Door("reasons", f"/pagine/{page('pr-04').pk}/ragioni/", {"coordinator", "director", "administrator"},
             forbidden=MINORI, post={}),
        Door("reasons", "/pagine/999999/ragioni/", set()),
        Door("take_reason_away", f"/pagine/{page('pr-04').pk}/ragioni/{reason_of('pr-04')}/togli/",
             {"coordinator", "director", "administrator"}, answer=302, post={}, forbidden=MINORI),
        Door("take_reason_away", f"/pagine/{page('pr-02').pk}/ragioni/999999/togli/",
             {"coordinator", "director", "health_manager", "administrator"}, answer=302, post={},
             forbidden=INSIDE - {"coordinator", "director", "health_manager", "administrator"}),
        Door("take_reason_away", f"/pagine/{page('pr-04').pk}/ragioni/999999/togli/", set(), closed=405),
        # PR-04 is late: Davide answers for it, Chiara for its space.
        Door("reviews_due", "/revisioni/", MEMBERS),
        Door("review", f"/revisioni/{page('pr-04').pk}/", REVIEWING, forbidden=MINORI),
        Door("review", "/revisioni/999999/", set()),
        Door("confirm_review", f"/revisioni/{page('pr-04').pk}/conferma/", REVIEWING, post={}, forbidden=MINORI),
        Door("confirm_review", f"/revisioni/{page('pr-04').pk}/conferma/", set(), closed=405),
        Door("postpone_review", f"/revisioni/{page('pr-04').pk}/rinvia/", REVIEWING, post={}, forbidden=MINORI),
        Door("postpone_review", f"/revisioni/{page('pr-04').pk}/rinvia/", set(), closed=405),
        # PR-13 is signed by three bodies, of which the first has said yes; whoever writes in its space looks on.
        Door("joint_approval", f"/firme/{signed_of('pr-13')}/", SIGNING),
        Door("joint_approval", f"/firme/{signed_of('pr-13')}/",
             {"director", "worker", "health_manager", "hospital_worker"}, post={}, forbidden=SIGNING),
        Door("joint_approval", "/firme/999999/", set()),
        Door("take_back_joint_approval", f"/firme/{signed_of('pr-13')}/ritira/",
             {"coordinator", "director", "health_manager", "administrator"}, answer=302, post={}),
        # What is said of it is read by the same; only whoever writes there does what the coordinator may.
        Door("discussion", f"/osservazioni/{said_of('pr-13').discussion_id}/", SIGNING),
        Door("discussion", "/osservazioni/999999/", set()),
        Door("write_remark", f"/osservazioni/{said_of('pr-13').discussion_id}/scrivi/{said_of('pr-13').place}/",
             SIGNING),
        Door("write_remark", f"/osservazioni/{said_of('pr-13').discussion_id}/scrivi/niente/", set()),
        Door("remark", f"/osservazioni/una/{said_of('pr-13').pk}/", SIGNING),
        Door("remark", f"/osservazioni/una/{said_of('pr-13').pk}/", {"coordinator", "director", "health_manager",
             "administrator"}, answer=302, post={"seen": "0", "words": "Sì.", "risposta": ""}, forbidden=SIGNING),
        Door("remark", "/osservazioni/una/999999/", set()),
        Door("signing_rule", "/firme/regole/integrazione/", MANAGERS, forbidden=INTEGRA),
        Door("signing_rule", "/firme/regole/integrazione/", MANAGERS, post={"days": ""}, forbidden=INTEGRA),
        # The rules of the Comuni are of SP-RETE; each is written by its own delegates.
        Door("regulations", "/regolamenti/", MEMBERS),
        Door("regulation", "/regolamenti/pasti-a-domicilio/?ordina=quota", INSIDE),
        Door("regulation", "/regolamenti/niente/", set()),
        Door("regulation_sheet", "/regolamenti/pasti-a-domicilio/tabella.csv", INSIDE),
        Door("regulation_sheet", "/regolamenti/pasti-a-domicilio/tabella.exe", set()),
        Door("body_rule", "/regolamenti/pasti-a-domicilio/quarrata/", INSIDE),
        Door("body_rule", "/regolamenti/pasti-a-domicilio/quarrata/", {"worker"}, post={}, forbidden=INSIDE),
        Door("body_rule", "/regolamenti/pasti-a-domicilio/sds/", set()),  # no Comune
        Door("adoptions", "/recepimenti/", MEMBERS),
        Door("adoptions", "/recepimenti/?stato=da-recepire&ordina=mancano", MEMBERS),
        Door("adoptions_sheet", "/recepimenti/tabella.ods", MEMBERS),
        Door("adoptions_sheet", "/recepimenti/tabella.exe", set()),
        Door("remind_adoption", "/recepimenti/montale/sollecita/", MANAGERS, answer=302, post={}),
        Door("remind_adoption", "/recepimenti/atlantide/sollecita/", set(), post={}),
        Door("remind_adoption", "/recepimenti/montale/sollecita/", set(), closed=405),
        Door("adoption_act", f"/recepimenti/atti/{act_of('quarrata')}/", INSIDE),
        Door("adoption_act", "/recepimenti/atti/999999/", set()),
        Door("printed_edition", "/p/pr-02/edizioni/2.0/pdf/", INSIDE, answer=202),  # asked for, not drawn yet
        Door("printed_edition", "/p/pr-04/edizioni/1.1/pdf/", MINORI, answer=202),
        Door("printed_edition", "/p/pr-02/edizioni/9.9/pdf/", set()),
        Door("pocket_card", "/p/op-04/edizioni/2.0/tascabile/", INSIDE, answer=202),
        Door("pocket_card", "/p/op-09/edizioni/1.1/tascabile/", MINORI, answer=202),
        Door("pocket_card", "/p/pr-02/edizioni/3.0/tascabile/", set()),  # a protocol has no steps
        Door("form_file", "/p/md-06/edizioni/2.0/modulo.pdf", INSIDE, answer=202),
        Door("form_file", "/p/md-06/edizioni/2.0/modulo.exe", set()),
        Door("form_file", "/p/md-04/edizioni/2.0/modulo.pdf", set()),  # it has a file of its own
        Door("verify_copy", "/copia/di-nessuno/", EVERYBODY),
        Door("compare_editions", "/p/pr-02/edizioni/1.0/confronta/3.0/", INSIDE),
        Door("compare_editions", "/p/pr-02/edizioni/3.0/confronta/1.0/", INSIDE, answer=302),
        Door("compare_editions", "/p/pr-04/edizioni/1.0/confronta/1.1/", set()),  # which has one edition
        Door("compare_editions", "/p/pr-99/edizioni/1.0/confronta/1.1/", set()),
        Door("choose_comparison", "/p/pr-02/edizioni/confronta/?da=1.0&a=3.0", INSIDE, answer=302),
        Door("choose_comparison", "/p/pr-04/edizioni/confronta/", MINORI, answer=302),
        Door("training", "/formazione/", MEMBERS),
        Door("finish_lesson", f"/formazione/lezioni/{page('la-rete-locale').pk}/fatta/", MEMBERS, answer=302, post={}),
        Door("finish_lesson", f"/formazione/lezioni/{page('front-office').pk}/fatta/", INSIDE, answer=302, post={}),
        Door("finish_lesson", "/formazione/lezioni/999999/fatta/", set(), post={}),
        Door("finish_lesson", "/formazione/lezioni/999999/fatta/", set(), closed=405),
        Door("search", "/cerca/?q=protocollo", EVERYBODY),
        Door("search", "/cerca/?q=protocollo&format=json", EVERYBODY),
        Door("own_searches", "/cerca/mie/", MEMBERS),
        Door("forget_recent", "/cerca/mie/cancella/", MEMBERS, answer=302, post={}),
        Door("follow", "/cerca/segui/", MEMBERS, answer=302, post={"q": "zufolatoio", "aspetta": "1"}),
        Door("unfollow", f"/cerca/mie/{kept_search()}/togli/", {"worker"}, answer=302, post={}),
        Door("unfollow", "/cerca/mie/999999/togli/", set(), post={}),
        Door("gaps", "/rete/ricerche/", KEEPERS),
        Door("gap", f"/rete/ricerche/{gap()}/", KEEPERS),
        Door("gap", "/rete/ricerche/999999/", set()),
        Door("missing_page", f"/cerca/mancanze/{gap()}/", {"worker"}),
        Door("missing_page", "/cerca/mancanze/999999/", set()),
        Door("take_pin_away", f"/rete/ricerche/evidenza/{pinned()}/togli/", KEEPERS, answer=302, post={}),
        Door("take_pin_away", "/rete/ricerche/evidenza/999999/togli/", set(), post={}),
        Door("own_names", "/rubrica/enti/quarrata/parole/", KEEPERS | {"worker"}),
        Door("own_names", "/rubrica/enti/quarrata/parole/", KEEPERS | {"worker"}, post={}),
        Door("own_names", "/rubrica/enti/che-non-esiste/parole/", set()),
        Door("take_own_name_away", f"/rubrica/enti/quarrata/parole/{own_name()}/togli/", KEEPERS | {"worker"},
             answer=302, post={}),
        Door("take_own_name_away", "/rubrica/enti/quarrata/parole/999999/togli/", set(), post={}),
        Door("suggestions", "/cerca/suggerimenti/?q=pro", EVERYBODY),
        Door("wagtail_serve", "/spazi/carta/", EVERYBODY),
        Door("wagtail_serve", page("come-si-accede").url, EVERYBODY),
        Door("wagtail_serve", "/spazi/carta/come-si-accede/", EVERYBODY, answer=301),  # as it was called once
        Door("wagtail_serve", "/spazi/rete/", INSIDE),
        Door("wagtail_serve", "/spazi/coordinamento/", COORD),
        Door("wagtail_serve", "/spazi/minori/", MINORI),
        Door("wagtail_serve", "/spazi/integrazione/", INTEGRA),
        Door("wagtail_serve", "/spazi/formazione/", INSIDE),
        Door("wagtail_serve", "/spazi/terzo-settore/", TERZO),
        Door("wagtail_serve", "/spazi/modulistica/", INSIDE),
        Door("code", "/p/PR-04/", MINORI),
        Door("code", "/p/pr 4/", MINORI, answer=301),
        Door("code", "/p/PR-05/", INSIDE),
        Door("code", "/p/PR-07/", MEMBERS),  # shared with the third sector
        Door("wagtail_serve", "/spazi/minori/pr-04/", MINORI, answer=301),
        Door("wagtail_serve", "/spazi/rete/pr-07/", INSIDE, answer=301),  # shared: who reads it alone learns no place
        Door("wagtail_serve", f"/pagine/{page('pr-07').pk}/", MEMBERS, answer=301),
        Door("wagtail_serve", page("la-rete-locale").url, MEMBERS),  # a lesson, shared by itself
        Door("wagtail_serve", page("front-office").url, INSIDE),
        Door("wagtail_serve", f"/pagine/{page('la-rete-locale').pk}-altro/", MEMBERS, answer=301),
        Door("wagtail_serve", "/pagine/999999-pagina/", set()),
        Door("code", "/p/OP-12/", INSIDE),
        Door("code", "/p/R-04/", COORD),
        Door("code", "/p/PR-99/", set()),
        Door("wagtail_serve", "/spazi/rete/accogliere-con-un-mediatore/", set()),  # a draft
        Door("wagtail_serve", page("accogliere-con-un-mediatore").url, set()),
        Door("wagtailcore_login", "/_util/login/", set(), closed=LOGIN),  # Wagtail's own asks for no second factor
        Door("wagtailcore_authenticate_with_password", "/_util/authenticate_with_password/1/1/", set()),
    ]  # fmt: skip


# --- The portal's own addresses --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def doors(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Door]]:
    """What they lead to is made once for all who knock."""
    with for_a_module(django_db_blocker):
        yield portal_doors()


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_door_of_the_portal_opens_to_whom_it_should(persona: str, as_: Any, doors: list[Door]) -> None:
    client = as_(persona)
    wrong = {
        (door.name, door.address): f"{found}, not {door.expected(persona)}"
        for door in doors
        if (found := door.knock(client)) != door.expected(persona)
    }
    assert wrong == {}


# --- Entering: allauth's addresses -----------------------------------------------------------------------

# name → how it answers a stranger, and a member. Nobody is asked for an e-mail twice: no sign-up, no login codes.
ENTERING: dict[str, tuple[Any, Any]] = {
    "account_login": (200, 302),
    "account_logout": (302, 200),
    "account_inactive": (200, 200),
    "account_signup": (200, 302),  # closed: says so
    "account_reauthenticate": (LOGIN, 200),
    "account_email": (302, 302),  # closed: leads to the profile
    "account_email_verification_sent": (200, 200),
    "openid_connect_login": (LOGIN, 404),  # of an organisation that is not known here
    "openid_connect_callback": (LOGIN, 404),
    "account_change_password": (LOGIN, 200),
    "account_set_password": (LOGIN, 302),
    "account_reset_password": (200, 200),
    "account_confirm_login_code": (LOGIN, 302),
    "account_confirm_email": (200, 200),
    "account_reset_password_from_key_done": (200, 200),
    "account_reset_password_from_key": (200, 200),
    "account_reset_password_done": (200, 200),
    "mfa_index": (LOGIN, 200),
    "mfa_authenticate": (LOGIN, 302),
    "mfa_reauthenticate": (LOGIN, 302),
    "mfa_activate_totp": (LOGIN, 302),
    "mfa_deactivate_totp": (LOGIN, 404),
    "mfa_view_recovery_codes": (LOGIN, 404),
    "mfa_generate_recovery_codes": (LOGIN, 302),
    "mfa_download_recovery_codes": (LOGIN, 404),
}


def test_no_door_takes_a_stranger_s_form(as_: Any, doors: list[Door]) -> None:
    """What a stranger may not look at, a form sent without looking does not change either."""
    client = as_(ANONYMOUS)
    closed = {door.address for door in doors if ANONYMOUS not in door.open_to}
    found = {each: outcome(client.post(each)) for each in sorted(closed)}
    assert {each: answer for each, answer in found.items() if answer not in {LOGIN, 401, 403, 404, 405, 410}} == {}
    assert sum(answer == LOGIN for answer in found.values()) > len(found) / 2


@pytest.mark.parametrize("persona", [ANONYMOUS, "worker", "partner"])
def test_the_pages_for_entering_answer_strangers_and_members(persona: str, as_: Any) -> None:
    client = as_(persona)
    found = {each.name: outcome(client.get(address(each, Things()))) for each in known() if each.name in ENTERING}
    assert found == {name: answers[persona != ANONYMOUS] for name, answers in ENTERING.items()}


# --- Wagtail's admin -------------------------------------------------------------------------------------

TO_ANYBODY = {"wagtailadmin_sprite": 200, "wagtailadmin_javascript_catalog": 200}
# Wagtail's own ways in: all of them lead to the portal's.
TO_THE_LOGIN = {
    "wagtailadmin_login": LOGIN, "wagtailadmin_password_reset": 302, "wagtailadmin_password_reset_done": 302,
    "wagtailadmin_password_reset_confirm": 302, "wagtailadmin_password_reset_complete": 302,
}  # fmt: skip
TESTS_OF_ERRORS = {"wagtailadmin_error_test"}  # fails on purpose, for whoever may enter
FOR_ADMINISTRATORS = (
    "wagtailusers_", "wagtailsites", "wagtailsettings", "wagtailadmin_workflows", "wagtailadmin_collections",
    "wagtailsnippets",
)  # fmt: skip
# The names of the steps of approval, the same for all spaces, may be read by whoever writes.
LIST_OF_STEPS = {
    f"wagtailadmin_workflows:task_{end}" for end in ("chooser", "chooser_results", "chooser_create", "chosen")
}
REFUSED = {302, 403, 404, 405}
ANSWERED = {200, 302, 400, 404, 405}
# What an editor's own pages and files must answer: without these, "refused" would prove nothing.
OPEN_TO_AN_EDITOR = {
    "wagtailadmin_home", "wagtailadmin_explore", "wagtailadmin_pages:add", "wagtailadmin_pages:edit",
    "wagtailadmin_pages:history", "wagtailadmin_pages:usage", "wagtailadmin_pages:search", "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_child", "wagtailadmin_pages:view_draft", "wagtailadmin_api:pages:listing",
    "wagtailadmin_api:pages:detail", "wagtailadmin_api:documents:detail", "wagtaildocs:index", "wagtaildocs:edit",
    "wagtaildocs:document_usage", "wagtaildocs_chooser:choose", "wagtaildocs_chooser:chosen", "wagtailimages:index",
    "wagtailimages_chooser:choose", "wagtailadmin_reports:site_history", "wagtailadmin_account", "writing_guide",
}  # fmt: skip


def in_admin() -> list[Known]:
    return [each for each in known() if each.in_admin and each.name]


def of_modulistica() -> Things:
    """What Elena, redattrice of SP-MODULI, writes."""
    form = page("md-08")
    return Things(
        page=form.pk,
        home=form.get_parent().pk,
        revision=form.latest_revision_id,
        document=form.document_id,
        user=User.objects.get(email__startswith="davide").pk,
        collection=form.document.collection_id,
        page_type=("protocols", "formpage"),
        other=1,
    )


@pytest.mark.parametrize("persona", [ANONYMOUS, *sorted(READERS - ANSWERING)])
def test_who_writes_nowhere_is_sent_to_the_login_by_every_address_of_the_admin(persona: str, as_: Any) -> None:
    client, things = as_(persona), of_modulistica()
    expected = {each.name: (TO_ANYBODY | TO_THE_LOGIN).get(each.name, LOGIN) for each in in_admin()}
    assert {each.name: outcome(client.get(address(each, things))) for each in in_admin()} == expected


@pytest.mark.parametrize("persona", sorted((EDITORS | ANSWERING) - {"administrator"}))
def test_people_sites_groups_and_workflows_are_the_administrators(persona: str, as_: Any) -> None:
    client, things = as_(persona), of_modulistica()
    opened = {
        each.name: found
        for each in in_admin()
        if each.name.startswith(FOR_ADMINISTRATORS)
        and each.name not in LIST_OF_STEPS
        and (found := client.get(address(each, things)).status_code) not in REFUSED
    }
    assert opened == {}


@pytest.mark.parametrize("persona", ["worker", "administrator"])
def test_the_admin_answers_those_who_write(persona: str, as_: Any) -> None:
    client, things = as_(persona), of_modulistica()
    client.raise_request_exception = False
    skipped = {"wagtailadmin_logout", *TESTS_OF_ERRORS}
    found = {
        each.name: client.get(address(each, things)).status_code for each in in_admin() if each.name not in skipped
    }
    if persona == "worker":
        found = {name: status for name, status in found.items() if not name.startswith(FOR_ADMINISTRATORS)}
    assert {name: status for name, status in found.items() if status not in ANSWERED} == {}
    assert {name: found[name] for name in OPEN_TO_AN_EDITOR if found[name] != 200} == {}


# --- Nothing without a row -------------------------------------------------------------------------------


def test_every_address_of_the_resolver_stands_in_a_table(doors: list[Door]) -> None:
    covered = {door.name for door in doors} | set(ENTERING)
    unknown = [each.name or each.route for each in known() if not each.in_admin and each.name not in covered]
    assert set(unknown) == {"_util/login/"}, (
        "add them to portal_doors() or to ENTERING"
    )  # before Wagtail's, same address
    nameless = {each.route for each in known() if each.in_admin and not each.name}
    assert nameless == {"admin/login/", "^admin/password_reset/", "admin/test404/", "admin/^.*/$"}


# --- Hidden and missing ----------------------------------------------------------------------------------

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')  # a new one in each answer


def hidden_and_missing() -> list[tuple[str, str, dict[str, str] | None]]:
    """Pairs of addresses of SP-MINORI and SP-COORD: of a thing that is there, and of one that never was."""
    davide = role_of("davide", "SP-MINORI")
    stranger = User.objects.create(email="estranea@raccordo.example", first_name="Estranea")
    space = Space.objects.get(code="SP-MINORI")
    file = Document.objects.create(title="Riservato", collection=space.collection, file=ContentFile(b"x", "r.txt"))
    return [
        ("/p/PR-04/", "/p/PR-99/", None),
        ("/spazi/minori/", "/spazi/nessuno/", None),
        ("/spazi/minori/pr-04/", "/spazi/minori/pr-99/", None),
        (f"/pagine/{page('pr-04').pk}-pr-04/", "/pagine/999999-pr-04/", None),
        (f"/pagine/{page('pr-04').pk}/", "/pagine/999999/", None),
        (page("accogliere-con-un-mediatore").url, "/pagine/999999-mai-scritta/", None),
        ("/spazi/rete/accogliere-con-un-mediatore/", "/spazi/rete/mai-scritta/", None),
        ("/p/pr-04/edizioni/1.1/", "/p/pr-99/edizioni/1.1/", None),
        ("/p/pr-04/edizioni/1.0/confronta/1.1/", "/p/pr-99/edizioni/1.0/confronta/1.1/", None),
        ("/p/pr-04/edizioni/confronta/", "/p/pr-99/edizioni/confronta/", None),
        ("/p/pr-04/edizioni/1.1/pdf/", "/p/pr-99/edizioni/1.1/pdf/", None),
        (f"/riunioni/{page('r-01').pk}.ics", "/riunioni/999999.ics", None),
        ("/spazi/minori/condivisione/", "/spazi/nessuno/condivisione/", None),
        (f"/spazi/minori/condivisione/{davide}/", f"/spazi/nessuno/condivisione/{davide}/", {"role": "4"}),
        (f"/riunioni/azioni/{action_of('r-01', 'davide')}/", "/riunioni/azioni/999999/", {}),
        (f"/approvazioni/{approval_of('pr-09')}/", "/approvazioni/999999/", None),
        (f"/rubrica/persone/{stranger.pk}/", "/rubrica/persone/999999/", None),
        (file.url, file.url.replace(f"/{file.pk}/", "/999999/"), None),
    ]  # fmt: skip


@pytest.mark.parametrize("persona", [ANONYMOUS, "worker", "trainee", "partner"])
def test_the_hidden_answers_as_the_missing(persona: str, as_: Any) -> None:
    client = as_(persona)

    def answer(address: str, data: dict[str, str] | None) -> tuple[int, str, str]:
        response = client.get(address) if data is None else client.post(address, data)
        where, body = response.headers.get("Location", ""), CSRF.sub("", response.content.decode())
        for form in (address, quote(address), quote(address, safe="")):
            where, body = where.replace(form, "…"), body.replace(form, "…")
        return response.status_code, where, body

    for hidden, missing, data in hidden_and_missing():
        found = answer(hidden, data)
        assert found[0] == (302 if persona == ANONYMOUS else 404), hidden
        assert found == answer(missing, data), hidden


@pytest.mark.parametrize("persona", ["worker", "partner"])
def test_the_admin_answers_for_hidden_ids_as_for_missing_ones(persona: str, as_: Any) -> None:
    client, protocol = as_(persona), page("pr-04")
    hidden = Things(
        page=protocol.pk, home=protocol.get_parent().pk, revision=protocol.latest_revision_id,
        page_type=("protocols", "protocolpage"), other=MISSING,
    )  # fmt: skip
    missing = Things(page_type=("protocols", "protocolpage"))
    different = {}
    for each in in_admin():
        if each.name.startswith(
            ("wagtailadmin_pages", "wagtailadmin_explore", "wagtailadmin_api", "wagtailadmin_choose")
        ):
            found = [client.get(address(each, things)).status_code for things in (hidden, missing)]
            if found[0] != found[1]:
                different[each.name] = found
    assert different == {}
