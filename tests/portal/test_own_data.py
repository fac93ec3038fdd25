"""What the portal keeps of a person is seen, taken away and corrected by that person; delegates act and invite."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import Page

from portal import access
from portal.accounts import names, own_data
from portal.models import (
    Acknowledgement,
    Delegation,
    Document,
    Invitation,
    Job,
    NameProposal,
    Organisation,
    SignableText,
    Space,
    UnfinishedWords,
    User,
)
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.notices import feed, obligations
from portal.spaces import roles
from portal.upkeep.terms import shown
from portal.words import dates
from protocols.models import ProtocolPage

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

DAY = timedelta(days=1)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- One's own data --------------------------------------------------------------------------------------


def test_of_thousands_of_rows_the_page_asks_for_the_last_and_the_file_has_all(
    as_: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers for 75,000 pages waited half a minute for a page that showed twenty."""
    worker = person("worker")
    TextPage.objects.update(responsible=worker)
    ProtocolPage.objects.update(responsible=worker)
    answers_for = [*TextPage.objects.filter(live=True), *ProtocolPage.objects.filter(live=True)]
    readable = {page.title for page in access.allowed(Page.objects.filter(pk__in=[p.pk for p in answers_for]), worker)}
    assert 3 < len(readable) < len(answers_for)
    asked: list[int] = []
    monkeypatch.setattr(own_data, "BATCH", 3)
    (kept,) = [each for each in own_data.of(worker) if each.what == "Le pagine di cui rispondi"]
    assert isinstance(kept.rows, own_data.Rows)
    whole, say = list(kept.rows), kept.rows.say
    kept.rows.say = lambda some: asked.append(len(some)) or say(some)  # type: ignore[func-returns-value,assignment]
    assert kept.rows[-2:] == whole[-2:] and asked == [2]
    assert list(kept.rows) == whole and max(asked) == 3
    assert kept.rows[0] == whole[0] and kept.rows[-1] == whole[-1]

    found = json.loads(as_("worker").get("/profilo/dati/file/").content)["Le pagine di cui rispondi"]["righe"]
    assert len(found) == len(kept.rows) == len(whole)
    assert readable <= {row["pagina"] for row in found}
    assert "una pagina che non leggi più" in {row["pagina"] for row in found}
    assert f'<span class="number">{len(whole)}</span>' in text(as_("worker").get("/profilo/dati/"))


def test_a_person_sees_and_takes_away_what_is_kept_and_until_when(as_: Any) -> None:
    shown = text(as_("worker").get("/profilo/dati/"))
    for words in ("Il tuo account", "elena.fedi@raccordo.example", "Ruoli negli spazi", "Azioni delle riunioni",
                  "Gli atti che hai compiuto", "Per quanto tempo"):  # fmt: skip
        assert words in shown, words
    response = as_("worker").get("/profilo/dati/file/")
    found = json.loads(response.content)
    assert response["Content-Disposition"].startswith("attachment;")
    assert found["Il tuo account"]["righe"][0]["e-mail"] == "elena.fedi@raccordo.example"
    assert {kept["conservati"] for kept in found.values()} != {""}
    assert len(found["Deleghe"]["righe"]) == 3


@pytest.mark.parametrize(
    ("own", "term", "words"),
    [
        ("Enti e sedi", "Ente e sede", "resta"),
        ("Assenze, senza il motivo", "Assenze", "un anno dopo la fine"),
        ("Le assenze in cui sostituisci", "Assenze", "un anno dopo la fine"),
        ("Inviti", "Inviti", "dopo un anno"),
        ("Riepiloghi per e-mail", "Riepiloghi", "per un anno"),
        ("Segnalazioni di dati personali che hai fatto", "Segnalazioni di dati personali", "poi ancora un anno"),
        ("Cose da fare", "Cose da fare", "ancora 90 giorni"),
        ("Segnalazioni di problemi che hai fatto", "Segnalazioni", "al massimo 90 giorni"),
    ],
)
def test_ones_own_data_say_the_terms_of_the_privacy_page(own: str, term: str, words: str, person: Any) -> None:
    until = {str(kept.what): str(kept.until) for kept in own_data.of(person("worker"))}
    terms = {str(each.title): str(each.words) for each in shown()}
    assert words in until[own] and words in terms[term]


def test_nobody_else_s_data_are_among_one_s_own(as_: Any, person: Any) -> None:
    mine = as_("worker").get("/profilo/dati/file/").content.decode()
    assert "davide.tesi" not in mine and "Abilitato alla tutela minori" not in mine
    assert "Abilitato alla tutela minori" in as_("worker_minors_plain").get("/profilo/dati/file/").content.decode()


def test_a_duty_about_a_page_that_is_closed_now_is_kept_without_its_words(as_: Any, person: Any) -> None:
    page = Page.objects.get(slug="pr-04")
    duty = obligations.Duty("Leggi una cosa riservata", "Leggi", "perché sì", page.url, page=page.pk, needs="view")
    obligations.ask([person("worker"), person("worker_minors")], "prova:9", duty)
    assert "una cosa riservata" not in text(as_("worker").get("/profilo/dati/"))
    assert "una cosa su una pagina che non leggi più" in text(as_("worker").get("/profilo/dati/"))
    assert "una cosa riservata" in text(as_("worker_minors").get("/profilo/dati/"))


# What names a person is told to that person, among what is called so.
TOLD = {
    "portal.Membership.user": "Ruoli negli spazi", "portal.Acknowledgement.person": "Le letture che hai firmato",
    "portal.NetworkCoordinator.person": "Coordinamento della rete", "portal.Delegation.person": "Deleghe",
    "portal.Delegation.substitute": "Deleghe in cui sostituisci", "portal.Delivery.user": "Riepiloghi per e-mail",
    "portal.Invitation.person": "Inviti", "portal.NameProposal.person": "Il nome che hai chiesto",
    "portal.Obligation.person": "Cose da fare", "portal.Placement.person": "Enti e sedi",
    "portal.Absence.person": "Assenze, senza il motivo", "portal.Absence.substitute": "Le assenze in cui sostituisci",
    "portal.UnfinishedWords.person": "Testi che hai iniziato e non mandato",
    "coordination.Action.person": "Azioni delle riunioni", "coordination.Shift.person": "Turni di reperibilità",
    "training.LessonDone.user": "Lezioni fatte", "search.Followed.person": "Ricerche salvate e attese",
}  # fmt: skip
OTHERWISE = {
    "portal.DigestPreference.user",
    "portal.PageUserGrant.user",  # seen and changed in one's own profile and pages
    "portal.Job.person",
    "portal.WordUpload.person",  # work under way, gone within days
    "coordination.ActionItem.person",  # a line of minutes, whose row is the Action
}


def test_whatever_names_a_person_is_among_the_own_data_or_has_its_reason(as_: Any) -> None:
    ours = {"portal", "coordination", "protocols", "training", "search"}
    named = {
        f"{field.model._meta.label}.{field.name}"
        for model in apps.get_models() if model._meta.app_label in ours and not model._meta.auto_created
        for field in model._meta.concrete_fields
        if field.related_model is User and field.name in {"person", "user", "substitute"}
    }  # fmt: skip
    assert named == set(TOLD) | OTHERWISE
    found = json.loads(as_("worker").get("/profilo/dati/file/").content)
    assert set(TOLD.values()) <= set(found)


def test_what_one_signed_answers_for_began_sent_and_gave_is_told_and_no_closed_page_is_named(
    as_: Any, person: Any
) -> None:
    worker, page = person("worker"), Page.objects.get(slug="pr-04").specific
    text = SignableText.objects.create(page=page, label="testo di prova", fingerprint="a" * 64)
    Acknowledgement.objects.create(text=text, person=worker, organisation=worker.organisation)
    type(page).objects.filter(pk=page.pk).update(responsible=worker)
    Document.objects.create(
        title="Elenco del tiglio", uploaded_by_user=worker, collection=Space.objects.get(code="SP-RETE").collection,
        file=ContentFile(b"x", "tiglio.txt"),
    )  # fmt: skip
    UnfinishedWords.objects.create(person=worker, space=Space.objects.get(code="SP-RETE"), words={"title": "A metà"})
    found = json.loads(as_("worker").get("/profilo/dati/file/").content)
    (signed,) = (row for row in found["Le letture che hai firmato"]["righe"] if row["testo"] == "testo di prova")
    assert signed["pagina"] == "una pagina che non leggi più"
    assert {"pagina": "una pagina che non leggi più"} in found["Le pagine di cui rispondi"]["righe"]
    assert found["I file che hai caricato"]["righe"][-1]["file"] == "un file che non leggi più"  # no page carries it
    assert found["Testi che hai iniziato e non mandato"]["righe"][0]["testo"] == "A metà"
    assert {row["ente"] for row in found["Recepimenti che hai scritto"]["righe"]} == {"Comune di Quarrata"}
    assert page.title not in json.dumps(found, ensure_ascii=False)
    text = json.loads(as_("worker_minors").get("/profilo/dati/file/").content)
    assert "Elenco del tiglio" not in json.dumps(text, ensure_ascii=False)


def test_days_are_told_as_days_for_programs_and_in_words_for_people(as_: Any, person: Any) -> None:
    ends = timezone.now() + timedelta(days=40)
    roles.give_role(Space.objects.get(code="SP-COORD"), person("worker"), Role.READER, by=None, expires_at=ends)
    rows = json.loads(as_("worker").get("/profilo/dati/file/").content)["Ruoli negli spazi"]["righe"]
    held = next(row for row in rows if row["spazio"] == "Coordinamento e Ufficio di Piano")
    assert held["dato il"] == timezone.localdate().isoformat()
    assert held["fino al"] == timezone.localdate(ends).isoformat()
    assert all(row["fino al"] == "" for row in rows if row is not held)
    assert dates.in_words(timezone.localdate(ends)) in text(as_("worker").get("/profilo/dati/"))


# --- Another name ----------------------------------------------------------------------------------------

PROFILE = {"first_name": "Elena Maria", "last_name": "Fedi", "telephone": "0573 000 131", "slash_searches": "on"}
DECISION = {"chiesto": "Elena Maria Fedi"}


@pytest.mark.parametrize("answer", ["si", "no"])
def test_a_changed_name_waits_for_a_coordinator(answer: str, as_: Any, person: Any) -> None:
    asked = as_("worker").post("/profilo/", {**PROFILE, "telephone": "0573 000 139"}, follow=True)
    assert "lo conferma chi coordina la rete" in text(asked)
    assert (str(person("worker")), person("worker").telephone) == ("Elena Fedi", "0573 000 139")
    (todo,) = [todo for todo in feed.todos(person("coordinator")) if todo.key.startswith("name:")]
    assert todo.title == "Elena Fedi chiede di chiamarsi Elena Maria Fedi"
    assert "Elena Maria Fedi" in text(as_("coordinator").get(todo.url))
    pk = person("worker").pk
    assert as_("director").post(f"/rete/persone/{pk}/nome/", DECISION | {answer: "1"}).status_code == 404
    assert as_("coordinator").post(f"/rete/persone/{pk}/nome/", DECISION | {answer: "1"}).status_code == 302
    assert str(person("worker")) == ("Elena Maria Fedi" if answer == "si" else "Elena Fedi")
    assert not NameProposal.objects.exists()
    assert not [todo for todo in feed.todos(person("coordinator")) if todo.key.startswith("name:")]


@pytest.mark.parametrize(
    ("answer", "words"),
    [("si", "Da adesso in Raccordo ti chiami Elena Maria Fedi."), ("no", "in Raccordo resti Elena Fedi")],
)
def test_whoever_asked_for_a_name_is_told_what_became_of_it(
    answer: str, words: str, as_: Any, person: Any, mailoutbox: list[Any]
) -> None:
    as_("worker").post("/profilo/", PROFILE)
    as_("coordinator").post(f"/rete/persone/{person('worker').pk}/nome/", DECISION | {answer: "1"})
    (job,) = Job.objects.filter(function="portal.accounts.names.tell")
    assert "Maria" not in str(job.args)
    names.tell(*job.args)
    (mail,) = mailoutbox
    assert mail.to == [person("worker").email] and words in mail.body and "Chiara Bonacchi" in mail.body


def test_no_name_is_given_but_the_one_that_was_read(as_: Any, person: Any) -> None:
    """Asked for another name while the coordinator read the first: the yes was to that one."""
    as_("worker").post("/profilo/", PROFILE)
    card, client = f"/rete/persone/{person('worker').pk}/", as_("coordinator")
    assert 'name="chiesto" value="Elena Maria Fedi"' in client.get(card).content.decode()
    as_("worker").post("/profilo/", {**PROFILE, "first_name": "Comune di", "last_name": "Pistoia"})
    said = text(client.post(f"{card}nome/", DECISION | {"si": "1"}, follow=True))
    assert "Intanto ha chiesto un altro nome" in said and "Comune di Pistoia" in said
    assert str(person("worker")) == "Elena Fedi" and NameProposal.objects.exists()


def test_a_name_that_was_asked_for_is_gone_on_with_or_taken_back(as_: Any, person: Any) -> None:
    as_("worker").post("/profilo/", PROFILE)
    shown = text(as_("worker").get("/profilo/"))
    assert 'value="Elena Maria"' in shown and "Fino ad allora sei Elena Fedi" in shown
    as_("worker").post("/profilo/", {**PROFILE, "last_name": "Fedi D’Amico"})
    assert str(NameProposal.objects.get()) == "Elena Maria Fedi D’Amico"
    as_("worker").post("/profilo/", {**PROFILE, "first_name": "Elena"})
    assert not NameProposal.objects.exists() and str(person("worker")) == "Elena Fedi"
    assert not [todo for todo in feed.todos(person("coordinator")) if todo.key.startswith("name:")]


def test_whoever_keeps_the_network_or_has_no_name_yet_writes_it(as_: Any, person: Any) -> None:
    User.objects.filter(pk=person("worker").pk).update(first_name="", last_name="")
    assert as_("worker").post("/profilo/", PROFILE).status_code == 302
    assert str(person("worker")) == "Elena Maria Fedi"
    assert as_("coordinator").post("/profilo/", {**PROFILE, "first_name": "Chiara M."}).status_code == 302
    assert person("coordinator").first_name == "Chiara M."


# --- Delegates -------------------------------------------------------------------------------------------


def given(person: User, **more: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {"purpose": "firme", "person": person.pk, "substitute": "", "valid_from": f"{today:%d/%m/%Y}",
            "valid_until": "", **more}  # fmt: skip


def test_a_coordinator_gives_and_ends_a_delegation_on_the_body_s_page(as_: Any, person: Any) -> None:
    address = "/rete/enti/agliana/deleghe/"
    davide, elena = person("worker_minors_plain"), person("worker")
    assert as_("coordinator").post(address, given(davide, substitute=elena.pk)).status_code == 302
    row = Delegation.objects.get(organisation__slug="agliana", purpose="firme")
    assert (row.person, row.substitute, row.given_by) == (davide, elena, person("coordinator"))
    assert "Davide Tesi; la sostituisce Elena Fedi" in text(as_("coordinator").get(address))
    twice = as_("coordinator").post(address, given(davide))
    assert "ha già la stessa delega" in text(twice)
    assert as_("coordinator").post(f"/rete/deleghe/{row.pk}/fine/").status_code == 302
    row.refresh_from_db()
    assert row.valid_until == timezone.localdate()


@pytest.mark.parametrize(
    ("more", "words"),
    [({"valid_until": "1/1/2020"}, "L’ultimo giorno viene prima del primo."), ({"substitute": "same"}, "altra persona"),
     ({"person": ""}, "Controlla questi punti")],
)  # fmt: skip
def test_a_delegation_that_cannot_be_is_said(more: dict[str, str], words: str, as_: Any, person: Any) -> None:
    davide = person("worker_minors_plain")
    more = {name: str(davide.pk) if value == "same" else value for name, value in more.items()}
    answer = as_("coordinator").post("/rete/enti/agliana/deleghe/", given(davide) | more)
    assert answer.status_code == 200 and words in text(answer)
    assert not Delegation.objects.filter(organisation__slug="agliana", purpose="firme").exists()


def test_a_body_s_delegate_invites_for_it_alone_and_only_where_the_network_lets(as_: Any, person: Any) -> None:
    quarrata, agliana = (Organisation.objects.get(slug=slug) for slug in ("quarrata", "agliana"))
    asked = {"email": "nuova@raccordo.example", "first_name": "Ada", "last_name": "Nuti", "organisation": quarrata.pk,
             "profession": "", "telephone": "", "valid_until": ""}  # fmt: skip
    assert as_("worker").post("/rete/persone/invita/", asked).status_code == 404
    Organisation.objects.filter(pk=quarrata.pk).update(delegates_invite=True)
    assert "/rete/persone/invita/" in text(as_("worker").get("/rubrica/enti/quarrata/"))
    shown = text(as_("worker").get("/rete/persone/invita/"))
    assert "Comune di Quarrata" in shown and "Comune di Agliana" not in shown
    assert as_("worker").post("/rete/persone/invita/", {**asked, "organisation": agliana.pk}).status_code == 200
    assert not Invitation.objects.exists()
    assert as_("worker").post("/rete/persone/invita/", asked).status_code == 302
    assert Invitation.objects.get().invited_by == person("worker")
    taken = as_("worker").post("/rete/persone/invita/", {**asked, "email": "rosanna.cioni@raccordo.example"})
    assert "C’è già un account con questo indirizzo" in text(taken) and "Rosanna" not in text(taken)
    Delegation.objects.filter(person=person("worker")).update(valid_until=timezone.localdate() - DAY)
    assert as_("worker").get("/rete/persone/invita/").status_code == 404
    assert not access.bodies_to_invite_for(person("worker")).exists()
