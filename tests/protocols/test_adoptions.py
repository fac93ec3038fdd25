"""Adoption: what each body does with an edition, set by its delegates, kept as it was said, asked and settled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal import demo
from portal.models import Delegation, Organisation, PersonalDataReason, User
from portal.models.delegations import Purpose
from portal.notices import feed
from portal.pages.publication import Refused
from protocols import adoptions
from protocols.models import Adoption, Edition, ProcedurePage, ProtocolPage
from protocols.models.adoptions import State
from tests.agreed import put_in_force

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
# What Gamma has adopted, Beta examines, nobody yet can say of Delta, and Alfa's delegate with a substitute.
GAMMA, BETA, DELTA, ALFA = (f"/p/PR-90/recepimenti/{body}/" for body in ("gamma", "beta", "delta", "alfa"))
PDF = b"%PDF-1.7\nprova"
SIGNING = {"alfa": "approver", "beta": "insider", "gamma": "editor", "delta": "guest"}


@pytest.fixture(scope="module", autouse=True)
def _protocols(small: Any) -> None:
    """PR-90, which each body adopts for itself, and PR-91, which holds from its signature."""
    people = {user.email.split("@")[0]: user for user in User.objects.filter(organisation__slug__in=SIGNING)}
    bodies = {body.slug: body for body in Organisation.objects.filter(slug__in=SIGNING)}
    a_month_ago = timezone.localdate() - timedelta(days=30)
    for slug, who in SIGNING.items():
        Delegation.objects.create(
            organisation=bodies[slug], purpose=Purpose.APPROVAL, person=people[who], valid_from=a_month_ago
        )
    for slug, who, stands_in in (("alfa", "approver", "reader"), ("beta", "insider", ""), ("gamma", "editor", "")):
        Delegation.objects.create(
            organisation=bodies[slug], purpose=Purpose.ADOPTION, person=people[who], substitute=people.get(stands_in),
            valid_from=a_month_ago,
        )  # fmt: skip
    for code, by_body in (("PR-90", True), ("PR-91", False)):
        page = ProtocolPage(
            title="Accogliere insieme", code=code, by_body=by_body, live=False, change_note="Nuova.",
            valid_from=a_month_ago,
            body=demo.body_of([{"heading": "Tempi", "text": "Entro tre giorni."}]),
        )  # fmt: skip
        small.wide.root_page.add_child(instance=page)
        page.signatories.set(bodies.values())
        put_in_force(page, people["manager"])
    said(bodies["gamma"], people["editor"], State.ADOPTED, act_number="Delibera 3", act_date=timezone.localdate())
    said(bodies["beta"], people["insider"], State.EXAMINED)
    said(bodies["alfa"], people["approver"], State.ADOPTED, act_number="Delibera 4", act_date=timezone.localdate())


def said(body: Organisation, by: User, state: State, **words: Any) -> None:
    edition = Edition.objects.get(page__slug="pr-90")
    seen = adoptions.of_body(edition, body)[0].pk
    adoptions.say(edition, body, by=by, seen=seen, state=state, since=timezone.localdate(), **words)


def publish_again(page: ProtocolPage, by: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(page, name, value)
    page.save_revision(user=by).publish(user=by)


def typed(client: Any, address: str, **words: Any) -> dict[str, Any]:
    """What the delegate's form sends: the row that was shown, and what was typed."""
    shown = client.get(address).content.decode()
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    return {"seen": seen, **words}


def told(person: Any) -> list[str]:
    return [todo.title for todo in feed.todos(type(person).objects.get(pk=person.pk))]


def state_of(body: str, code: str = "PR-90") -> str:
    edition = Edition.objects.filter(page__slug=code.lower()).order_by("-valid_from").first()
    assert edition is not None
    return str(adoptions.of_body(edition, Organisation.objects.get(slug=body))[0].state)


# --- Who sets it -----------------------------------------------------------------------------------------


def test_a_delegate_adopts_with_act_and_file_and_everybody_who_reads_the_protocol_sees_it(as_: Given) -> None:
    client = as_("insider")
    day = f"{timezone.localdate():%d/%m/%Y}"
    data = typed(client, BETA, state="recepito", act_number="Delibera di Giunta 77", act_date=day,
                 act_file=SimpleUploadedFile("delibera 77.pdf", PDF))  # fmt: skip
    assert client.post(BETA, data).status_code == 302
    assert state_of("beta") == State.ADOPTED
    for reader in ("editor", "reader", "manager", "approver"):
        shown = as_(reader).get(BETA).content.decode()
        assert "Delibera di Giunta 77" in shown and "Insider Prova" in shown and "Leggi l’atto" in shown
    row = Adoption.objects.latest("pk")
    answer = as_("reader").get(f"/recepimenti/atti/{row.pk}/")
    assert b"".join(answer.streaming_content) == PDF
    assert as_("guest").get(f"/recepimenti/atti/{row.pk}/").status_code == 404
    assert as_("guest").get(BETA).status_code == 404


@pytest.mark.parametrize("name", ["editor", "manager", "technician", "reader"])
def test_nobody_but_the_body_s_own_delegates_writes_for_it(as_: Given, name: str) -> None:
    client = as_(name)
    assert 'name="seen"' not in client.get(BETA).content.decode()
    last = Adoption.objects.filter(organisation__slug="beta", edition__page__slug="pr-90").latest("pk")
    before = Adoption.objects.count()
    assert client.post(BETA, {"seen": last.pk, "state": "in-esame"}).status_code == 403
    assert Adoption.objects.count() == before


def test_a_delegate_who_may_not_read_the_protocol_does_not_write_of_it(as_: Given, person: Given) -> None:
    delta = Organisation.objects.get(slug="delta")
    Delegation.objects.create(organisation=delta, purpose="recepimento", person=person("guest"))
    assert as_("guest").post(DELTA, {"state": "in-esame"}).status_code == 404
    assert state_of("delta") == State.TO_ADOPT


def test_a_substitute_acts_too_and_an_ended_delegation_no_longer(as_: Given, person: Given) -> None:
    data = typed(as_("reader"), ALFA, state="in-esame", is_correction="on")
    assert as_("reader").post(ALFA, data).status_code == 302
    yesterday = timezone.localdate() - timedelta(days=1)
    Delegation.objects.filter(organisation__slug="alfa").update(valid_until=yesterday)
    assert as_("reader").post(ALFA, data).status_code == 403


def test_a_body_that_did_not_sign_has_no_page_of_adoptions(as_: Given, small: Any) -> None:
    Organisation.objects.create(name="Comune di Epsilon", slug="epsilon", kind="comune")
    procedure = ProcedurePage(title="Come si accoglie", code="OP-90")
    procedure.steps = [("step", {"title": "Si fa", "text": "Si fa.", "who": "Chi accoglie", "services": []})]
    small.publish(procedure)
    client = as_("manager")
    assert client.get("/p/OP-90/").status_code == client.get(GAMMA).status_code == 200
    assert client.get("/p/PR-90/recepimenti/epsilon/").status_code == 404
    assert client.get("/p/PR-91/recepimenti/gamma/").status_code == 404  # holds from the signature
    assert client.get("/p/OP-90/recepimenti/gamma/").status_code == 404


# --- What each state asks for ----------------------------------------------------------------------------

REFUSED = [
    ({"state": "recepito"}, "Scrivi tipo e numero dell’atto"),
    ({"state": "recepito", "act_number": "Delibera 1"}, "Scrivi la data dell’atto"),
    ({"state": "non-applicabile"}, "Scrivi perché"),
    ({"state": "adattato", "act_number": "Delibera 1", "act_date": "01/03/2026", "text": "Qui si fa così."},
     "Scegli almeno una sezione"),
    ({"state": "adattato", "act_number": "Delibera 1", "act_date": "01/03/2026", "sections": "tempi"},
     "Scrivi come si fa qui"),
    ({"state": "in-esame", "text": "Qui si fa così."}, "Hai scritto un adattamento"),
    ({"state": "recepito", "act_number": "Delibera 1", "act_date": "31/12/2099"}, "non c’è ancora"),
    ({"state": "da-recepire"}, "Scegli un’opzione valida"),
    ({}, "obbligatorio"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_what_is_missing_is_said_and_what_was_typed_stays(as_: Given, words: dict[str, str], sentence: str) -> None:
    client, before = as_("insider"), Adoption.objects.count()
    shown = client.post(BETA, typed(client, BETA, **words)).content.decode()
    assert sentence in shown.replace("&#x27;", "’") and Adoption.objects.count() == before
    assert all(value in shown for name, value in words.items() if name in ("text", "act_number"))


def test_a_file_that_is_not_what_its_name_says_is_refused(as_: Given) -> None:
    client = as_("insider")
    for name, content in (
        ("delibera.exe", b"MZ\0"),
        ("delibera.pdf", b"niente"),
        ("atto.txt", b"Per RSSMRA80A01H501U"),
    ):
        data = typed(client, BETA, state="recepito", act_number="Delibera 1", act_date="01/03/2026",
                     act_file=SimpleUploadedFile(name, content))  # fmt: skip
        assert "problems" in client.post(BETA, data).content.decode()
    assert state_of("beta") == State.EXAMINED


def test_an_act_with_doubtful_words_needs_a_reason_before_anybody_reads_it(as_: Given) -> None:
    client, doubt = as_("insider"), "M.R. è diabetico e vive solo.".encode()
    words = {"state": "recepito", "act_number": "Delibera 1", "act_date": "01/03/2026"}
    asked = client.post(BETA, typed(client, BETA, **words, act_file=SimpleUploadedFile("atto.txt", doubt)))
    assert "iniziali con notizie di salute" in asked.content.decode() and "Perché può restare" in asked.content.decode()
    assert state_of("beta") == State.EXAMINED
    words |= {"personal_data_reason": "È l’esempio inventato della delibera"}
    data = typed(client, BETA, **words, act_file=SimpleUploadedFile("atto.txt", doubt))
    assert client.post(BETA, data).status_code == 302 and state_of("beta") == State.ADOPTED
    assert PersonalDataReason.objects.get().reason == words["personal_data_reason"]


# --- What was said is kept -------------------------------------------------------------------------------


def test_each_change_stays_and_a_correction_strikes_the_row_before_it(as_: Given) -> None:
    client = as_("insider")
    for words in ({"state": "recepito", "act_number": "Delibera 10"}, {"state": "recepito", "act_number": "Delibera 11",
                  "is_correction": "on"}):  # fmt: skip
        client.post(BETA, typed(client, BETA, act_date="01/03/2026", **words))
    rows = list(Adoption.objects.filter(organisation__slug="beta", edition__version="1.0"))
    assert [row.act_number for row in rows] == ["Delibera 11", "Delibera 10", "", ""]
    assert rows[0].corrects == rows[1]
    shown = client.get(BETA).content.decode()
    assert (
        "Delibera 10" in shown.split('class="struck"')[1].split("</span>")[0] and "corregge la riga di prima" in shown
    )


def test_an_act_with_an_earlier_date_holds_from_the_last_row_on_and_an_earlier_day_is_refused(as_: Given) -> None:
    client = as_("editor")
    words = {"state": "recepito", "act_number": "Delibera 9", "act_date": "01/03/2026"}
    shown = client.post(GAMMA, typed(client, GAMMA, **words, since="02/03/2026")).content.decode()
    assert "vale quello che è già scritto" in shown and "02/03/2026" in shown
    before = Adoption.objects.filter(organisation__slug="gamma", edition__version="1.0").latest("pk")
    assert client.post(GAMMA, typed(client, GAMMA, **words)).status_code == 302
    row = Adoption.objects.filter(organisation__slug="gamma", edition__version="1.0").latest("pk")
    assert (row.since, row.act_date.isoformat()) == (before.since, "2026-03-01")
    assert "Delibera 9" in client.get("/p/PR-90/").content.decode().split('class="band"')[1].split("<details")[0]


def test_what_a_body_has_adopted_goes_back_to_be_examined_only_as_a_correction(as_: Given) -> None:
    client = as_("editor")
    refused = client.post(GAMMA, typed(client, GAMMA, state="in-esame")).content.decode()
    assert "riporterebbe in vigore quella di prima" in refused and state_of("gamma") == State.ADOPTED
    data = typed(client, GAMMA, state="in-esame", is_correction="on")
    assert client.post(GAMMA, data).status_code == 302 and state_of("gamma") == State.EXAMINED


def test_of_two_delegates_the_second_is_told_what_the_first_wrote_and_loses_nothing(as_: Given) -> None:
    first, second = as_("approver"), as_("reader")
    early = typed(second, ALFA, state="non-applicabile", reason="Una ragione lunga.")
    first.post(ALFA, typed(first, ALFA, state="in-esame", is_correction="on"))
    shown = second.post(ALFA, early).content.decode()
    assert "Approver Prova" in shown and "Nel frattempo" in shown and "Una ragione lunga." in shown
    assert state_of("alfa") == State.EXAMINED
    again = early | {"seen": shown.split('name="seen" value="')[1].split('"')[0]}
    assert second.post(ALFA, again).status_code == 302
    assert state_of("alfa") == State.NOT_APPLICABLE


# --- Asked and settled -----------------------------------------------------------------------------------


def test_an_edition_in_force_asks_its_delegates_and_the_act_settles_it(as_: Given, person: Given) -> None:
    page = ProtocolPage.objects.get(slug="pr-90")
    page.version, page.valid_from, page.change_note = "2.0", timezone.localdate(), "Nuova."
    put_in_force(page, person("manager"))
    title = "PR-90 Accogliere insieme, versione 2.0: recepimento"
    assert Adoption.objects.filter(edition__page=page.pk, edition__version="2.0", state=State.TO_ADOPT).count() == 4
    assert all(title in told(person(who)) for who in ("editor", "approver", "reader"))
    assert title not in told(person("manager"))
    assert not any("versione 1.0: recepimento" in each for each in told(person("insider")))
    day = f"{timezone.localdate():%d/%m/%Y}"
    data = typed(as_("editor"), GAMMA, state="recepito", act_number="Delibera 1", act_date=day)
    as_("editor").post(GAMMA, data)
    assert title not in told(person("editor")) and title in told(person("approver"))


def test_in_esame_is_still_to_be_done(as_: Given, person: Given) -> None:
    assert any("PR-90" in title for title in told(person("insider")))


def test_who_becomes_delegate_later_is_asked_and_who_was_is_no_more(person: Given) -> None:
    newcomer, delta = person("reader"), Organisation.objects.get(slug="delta")
    given = Delegation.objects.create(organisation=delta, purpose="recepimento", person=newcomer)
    assert any("PR-90" in title for title in told(newcomer))
    given.valid_until = timezone.localdate() - timedelta(days=1)
    given.valid_from = given.valid_until
    given.save()
    assert not any("PR-90" in title for title in told(newcomer))


def test_a_delegate_who_cannot_read_the_protocol_is_told_so_and_no_word_of_it(person: Given, as_: Given) -> None:
    delta = Organisation.objects.get(slug="delta")
    Delegation.objects.create(organisation=delta, purpose="recepimento", person=person("guest"))
    mine = [title for title in told(person("guest")) if "Delta" in title]
    assert mine == ["Un testo della rete da recepire: Associazione Delta"] * len(mine) and mine
    assert "Accogliere insieme" not in as_("guest").get("/").content.decode()


def test_a_withdrawn_protocol_asks_nothing_and_published_again_it_asks_again(person: Given) -> None:
    page = ProtocolPage.objects.get(slug="pr-90")
    page.unpublish()
    assert not any("PR-90" in title for title in told(person("insider")))
    ProtocolPage.objects.get(slug="pr-90").save_revision().publish()
    assert any("PR-90" in title for title in told(person("insider")))


def test_how_an_edition_holds_changes_with_a_new_edition_only(person: Given) -> None:
    page = ProtocolPage.objects.get(slug="pr-91")
    with pytest.raises(Refused, match="versione nuova"):
        publish_again(page, person("approver"), by_body=True)
    page = ProtocolPage.objects.get(slug="pr-91")
    page.by_body, page.version, page.change_note = True, "9.0", "Si recepisce."
    page.valid_from = timezone.localdate()
    put_in_force(page, person("manager"))
    assert Adoption.objects.filter(edition__page=page.pk, edition__version="9.0").exists()
