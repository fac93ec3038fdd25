"""Adoption: what each body does with an edition, set by its delegates, kept as it was said, asked and settled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal.models import Delegation, Organisation, PersonalDataReason
from portal.notices import feed
from portal.pages.publication import Refused
from protocols import adoptions
from protocols.models import Adoption, Edition, ProtocolPage
from protocols.models.adoptions import State
from tests.agreed import put_in_force

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
QUARRATA, AGLIANA, MONTALE = "/p/PR-02/recepimenti/quarrata/", "/p/PR-02/recepimenti/agliana/", "montale"
PDF = b"%PDF-1.7\nprova"


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


def state_of(body: str, code: str = "PR-02") -> str:
    edition = Edition.objects.filter(page__slug=code.lower()).order_by("-valid_from").first()
    assert edition is not None
    return str(adoptions.of_body(edition, Organisation.objects.get(slug=body))[0].state)


# --- Who sets it -----------------------------------------------------------------------------------------


def test_a_delegate_adopts_with_act_and_file_and_everybody_who_reads_the_protocol_sees_it(as_: Given) -> None:
    client = as_("worker_minors_plain")
    day = f"{timezone.localdate():%d/%m/%Y}"
    data = typed(client, AGLIANA, state="recepito", act_number="Delibera di Giunta 77", act_date=day,
                 act_file=SimpleUploadedFile("delibera 77.pdf", PDF))  # fmt: skip
    assert client.post(AGLIANA, data).status_code == 302
    assert state_of("agliana") == State.ADOPTED
    for reader in ("worker", "hospital_worker", "coordinator", "trainee"):
        shown = as_(reader).get(AGLIANA).content.decode()
        assert "Delibera di Giunta 77" in shown and "Davide Tesi" in shown and "Leggi l’atto" in shown
    row = Adoption.objects.latest("pk")
    answer = as_("trainee").get(f"/recepimenti/atti/{row.pk}/")
    assert b"".join(answer.streaming_content) == PDF
    assert as_("partner").get(f"/recepimenti/atti/{row.pk}/").status_code == 404
    assert as_("partner").get(AGLIANA).status_code == 404


@pytest.mark.parametrize("name", ["worker", "coordinator", "administrator", "hospital_worker"])
def test_nobody_but_the_body_s_own_delegates_writes_for_it(as_: Given, name: str) -> None:
    client = as_(name)
    assert 'name="seen"' not in client.get(AGLIANA).content.decode()
    last = Adoption.objects.filter(organisation__slug="agliana", edition__page__slug="pr-02").latest("pk")
    before = Adoption.objects.count()
    assert client.post(AGLIANA, {"seen": last.pk, "state": "in-esame"}).status_code == 403
    assert Adoption.objects.count() == before


def test_a_delegate_who_may_not_read_the_protocol_does_not_write_of_it(as_: Given, person: Given) -> None:
    montale = Organisation.objects.get(slug=MONTALE)
    Delegation.objects.create(organisation=montale, purpose="recepimento", person=person("partner"))
    assert as_("partner").post("/p/PR-02/recepimenti/montale/", {"state": "in-esame"}).status_code == 404
    assert state_of(MONTALE) == State.TO_ADOPT


def test_a_substitute_acts_too_and_an_ended_delegation_no_longer(as_: Given, person: Given) -> None:
    ausl = "/p/PR-02/recepimenti/ausl/"
    data = typed(as_("hospital_worker"), ausl, state="in-esame", is_correction="on")
    assert as_("hospital_worker").post(ausl, data).status_code == 302
    yesterday = timezone.localdate() - timedelta(days=1)
    Delegation.objects.filter(organisation__slug="ausl").update(valid_until=yesterday)
    assert as_("hospital_worker").post(ausl, data).status_code == 403


def test_a_body_that_did_not_sign_has_no_page_of_adoptions(as_: Given) -> None:
    assert as_("coordinator").get("/p/PR-02/recepimenti/vicinanze/").status_code == 404
    assert as_("coordinator").get("/p/PR-05/recepimenti/quarrata/").status_code == 404  # holds from the signature
    assert as_("coordinator").get("/p/OP-04/recepimenti/quarrata/").status_code == 404


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
    client, before = as_("worker_minors_plain"), Adoption.objects.count()
    shown = client.post(AGLIANA, typed(client, AGLIANA, **words)).content.decode()
    assert sentence in shown.replace("&#x27;", "’") and Adoption.objects.count() == before
    assert all(value in shown for name, value in words.items() if name in ("text", "act_number"))


def test_a_file_that_is_not_what_its_name_says_is_refused(as_: Given) -> None:
    client = as_("worker_minors_plain")
    for name, content in (
        ("delibera.exe", b"MZ\0"),
        ("delibera.pdf", b"niente"),
        ("atto.txt", b"Per RSSMRA80A01H501U"),
    ):
        data = typed(client, AGLIANA, state="recepito", act_number="Delibera 1", act_date="01/03/2026",
                     act_file=SimpleUploadedFile(name, content))  # fmt: skip
        assert "problems" in client.post(AGLIANA, data).content.decode()
    assert state_of("agliana") == State.EXAMINED


def test_an_act_with_doubtful_words_needs_a_reason_before_anybody_reads_it(as_: Given) -> None:
    client, doubt = as_("worker_minors_plain"), "M.R. è diabetico e vive solo.".encode()
    words = {"state": "recepito", "act_number": "Delibera 1", "act_date": "01/03/2026"}
    asked = client.post(AGLIANA, typed(client, AGLIANA, **words, act_file=SimpleUploadedFile("atto.txt", doubt)))
    assert "iniziali con notizie di salute" in asked.content.decode() and "Perché può restare" in asked.content.decode()
    assert state_of("agliana") == State.EXAMINED
    words |= {"personal_data_reason": "È l’esempio inventato della delibera"}
    data = typed(client, AGLIANA, **words, act_file=SimpleUploadedFile("atto.txt", doubt))
    assert client.post(AGLIANA, data).status_code == 302 and state_of("agliana") == State.ADOPTED
    assert PersonalDataReason.objects.get().reason == words["personal_data_reason"]


# --- What was said is kept -------------------------------------------------------------------------------


def test_each_change_stays_and_a_correction_strikes_the_row_before_it(as_: Given) -> None:
    client = as_("worker_minors_plain")
    for words in ({"state": "recepito", "act_number": "Delibera 10"}, {"state": "recepito", "act_number": "Delibera 11",
                  "is_correction": "on"}):  # fmt: skip
        client.post(AGLIANA, typed(client, AGLIANA, act_date="01/03/2026", **words))
    rows = list(Adoption.objects.filter(organisation__slug="agliana", edition__version="3.0"))
    assert [row.act_number for row in rows] == ["Delibera 11", "Delibera 10", "", ""]
    assert rows[0].corrects == rows[1]
    shown = client.get(AGLIANA).content.decode()
    assert (
        "Delibera 10" in shown.split('class="struck"')[1].split("</span>")[0] and "corregge la riga di prima" in shown
    )


def test_an_act_with_an_earlier_date_holds_from_the_last_row_on_and_an_earlier_day_is_refused(as_: Given) -> None:
    client = as_("worker")
    words = {"state": "recepito", "act_number": "Delibera 9", "act_date": "01/03/2026"}
    shown = client.post(QUARRATA, typed(client, QUARRATA, **words, since="02/03/2026")).content.decode()
    assert "vale quello che è già scritto" in shown and "02/03/2026" in shown
    before = Adoption.objects.filter(organisation__slug="quarrata", edition__version="3.0").latest("pk")
    assert client.post(QUARRATA, typed(client, QUARRATA, **words)).status_code == 302
    row = Adoption.objects.filter(organisation__slug="quarrata", edition__version="3.0").latest("pk")
    assert (row.since, row.act_date.isoformat()) == (before.since, "2026-03-01")
    assert "Delibera 9" in client.get("/p/PR-02/").content.decode().split('class="band"')[1].split("<details")[0]


def test_what_a_body_has_adopted_goes_back_to_be_examined_only_as_a_correction(as_: Given) -> None:
    client = as_("worker")
    refused = client.post(QUARRATA, typed(client, QUARRATA, state="in-esame")).content.decode()
    assert "riporterebbe in vigore quella di prima" in refused and state_of("quarrata") == State.ADOPTED
    data = typed(client, QUARRATA, state="in-esame", is_correction="on")
    assert client.post(QUARRATA, data).status_code == 302 and state_of("quarrata") == State.EXAMINED


def test_of_two_delegates_the_second_is_told_what_the_first_wrote_and_loses_nothing(as_: Given) -> None:
    ausl = "/p/PR-02/recepimenti/ausl/"
    first, second = as_("health_manager"), as_("hospital_worker")
    early = typed(second, ausl, state="non-applicabile", reason="Una ragione lunga.")
    first.post(ausl, typed(first, ausl, state="in-esame", is_correction="on"))
    shown = second.post(ausl, early).content.decode()
    assert "Andrea Salvestrini" in shown and "Nel frattempo" in shown and "Una ragione lunga." in shown
    assert state_of("ausl") == State.EXAMINED
    again = early | {"seen": shown.split('name="seen" value="')[1].split('"')[0]}
    assert second.post(ausl, again).status_code == 302
    assert state_of("ausl") == State.NOT_APPLICABLE


# --- Asked and settled -----------------------------------------------------------------------------------


def test_an_edition_in_force_asks_its_delegates_and_the_act_settles_it(as_: Given, person: Given) -> None:
    page = ProtocolPage.objects.get(slug="pr-02")
    page.version, page.valid_from, page.change_note = "4.0", timezone.localdate(), "Nuova."
    put_in_force(page, person("coordinator"))
    title = "PR-02 Dimissioni protette ospedale–territorio, versione 4.0: recepimento"
    assert Adoption.objects.filter(edition__version="4.0", state=State.TO_ADOPT).count() == 11
    assert all(title in told(person(who)) for who in ("worker", "health_manager", "hospital_worker"))
    assert title not in told(person("coordinator"))
    assert not any("versione 3.0: recepimento" in each for each in told(person("worker_minors_plain")))
    day = f"{timezone.localdate():%d/%m/%Y}"
    data = typed(as_("worker"), QUARRATA, state="recepito", act_number="Delibera 1", act_date=day)
    as_("worker").post(QUARRATA, data)
    assert title not in told(person("worker")) and title in told(person("health_manager"))


def test_in_esame_is_still_to_be_done(as_: Given, person: Given) -> None:
    assert any("PR-02" in title for title in told(person("worker_minors_plain")))


def test_who_becomes_delegate_later_is_asked_and_who_was_is_no_more(person: Given) -> None:
    newcomer, montale = person("newcomer"), Organisation.objects.get(slug=MONTALE)
    given = Delegation.objects.create(organisation=montale, purpose="recepimento", person=newcomer)
    # The newcomer may not read PR-02's space, but trains on it: SP-FORMA reads it.
    assert any("PR-02" in title for title in told(newcomer))
    given.valid_until = timezone.localdate() - timedelta(days=1)
    given.valid_from = given.valid_until
    given.save()
    assert not any("PR-02" in title for title in told(newcomer))


def test_a_delegate_who_cannot_read_the_protocol_is_told_so_and_no_word_of_it(person: Given, as_: Given) -> None:
    montale = Organisation.objects.get(slug=MONTALE)
    Delegation.objects.create(organisation=montale, purpose="recepimento", person=person("partner_coop"))
    mine = [title for title in told(person("partner_coop")) if "Montale" in title]
    assert mine == ["Un testo della rete da recepire: Comune di Montale"] * len(mine) and mine
    assert "Dimissioni protette" not in as_("partner_coop").get("/").content.decode()


def test_a_withdrawn_protocol_asks_nothing_and_published_again_it_asks_again(person: Given) -> None:
    page = ProtocolPage.objects.get(slug="pr-02")
    page.unpublish()
    assert not any("PR-02" in title for title in told(person("worker_minors_plain")))
    ProtocolPage.objects.get(slug="pr-02").save_revision().publish()
    assert any("PR-02" in title for title in told(person("worker_minors_plain")))


def test_how_an_edition_holds_changes_with_a_new_edition_only(person: Given) -> None:
    page = ProtocolPage.objects.get(slug="pr-05")
    with pytest.raises(Refused, match="versione nuova"):
        publish_again(page, person("director"), by_body=True)
    page = ProtocolPage.objects.get(slug="pr-05")
    page.by_body, page.version, page.change_note = True, "9.0", "Si recepisce."
    page.valid_from = timezone.localdate()
    put_in_force(page, person("coordinator"))
    assert Adoption.objects.filter(edition__version="9.0").exists()
