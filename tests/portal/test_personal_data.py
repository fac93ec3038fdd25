"""Data of assisted people: recognised before anybody reads them, and no false alarm in what the network writes."""

import importlib
import json
import pkgutil
import re
import tomllib
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from wagtail.models import Page

from coordination.models import Action
from portal import demo
from portal.models import Document, NameProposal, Organisation, PersonalDataReason, ProblemReport, User
from portal.personal_data import detection, guard
from portal.personal_data.detection import Kind
from tests.typed_pages import create, typed

Given = Callable[[str], Any]


def planted_codes() -> list[str]:
    from stdnum.it.codicefiscale import calc_check_digit

    stems = ["BNCGNN45C41G713", "VRDLGI51D12F205", "NRESRA12L45G713", "RSSMRA80A01H501", "GLLPLA67S60D612"]
    return [stem + calc_check_digit(stem) for stem in stems]


PLANTED = {
    Kind.TAX_CODE: [
        *planted_codes(),
        *(code.lower() for code in planted_codes()),
        *(f"{code[:3]} {code[3:6]} {code[6:11]} {code[11:]}" for code in planted_codes()),
    ],
    Kind.IBAN: [
        "IT60X0542811101000000123456", "IT60 X054 2811 1010 0000 0123 456", "it60 x0542811101000000123456",
        "IBAN: IT60X0542811101000000123456", "DE89 3704 0044 0532 0130 00",
    ],
    Kind.MOBILE: [
        "333 1234567", "3331234567", "333-1234567", "+39 347 123 4567", "0039 347 1234567", "347.123.45.67",
        "328 12 34 567", "chiamare la figlia al 333 123 4567 dopo cena", "cell. 3391234567",
        "cell.3391234567", "Tel.(339) 1234567", "(339)1234567",
    ],
    Kind.ADDRESS: [
        "La signora abita in via Roma 12", "vive in Via del Campo, 3", "residente in Viale Adua n. 45",
        "Il nucleo risiede in località Le Piastre, 7", "domiciliata in Corso Gramsci 120",
        "abitano da due anni in piazza Garibaldi 4", "va trovato a casa sua, vicolo Stretto 9",
        "domicilio: via Garibaldi 12", "la sua casa è in via Roma 12", "indirizzo di casa: via Roma, 12",
        "l’abitazione della figlia è in via Roma 12", "con domicilio in corso Gramsci 120",
        "abita al n. 12 di via Roma", "residente al civico 7 di Corso Gramsci",
    ],
    Kind.BIRTH: [
        "nato il 12/03/2010", "nata a Pistoia il 1° maggio 1944", "nata il 3.7.1938", "data di nascita 04-11-2001",
        "Data di nascita: 7 giugno 2015", "il minore, nato nel nostro Comune il 5/9/2012",
    ],
    Kind.HEALTH: [
        "M.R. è diabetico e vive solo", "la sig.ra G. B., affetta da demenza", "segnalato L.T. per tossicodipendenza",
        "A.C. in cura al SerD", "F.N. ha tentato il suicidio", "la minore S.D. è stata maltrattata",
        "invalidità al 100% per P.L.", "B.M. (schizofrenia)", "dopo l’ictus di R.V. la figlia ha chiesto aiuto",
        "E. F. è incinta", "aggravamento: D.P., malato da tempo", "Z.K., autistico, seguito dalla scuola",
        "C.O. è in dialisi", "depressione maggiore di T.A.", "U.S. soffre di epilessia", "W.J., disabile",
        "N.L. è stata violentata", "I.P. è allettato", "M. R. è depressa", "due figli depressi, V.E. e sua sorella",
        "Q.A. è ipovedente", "H.I. è cieca dalla nascita",
        "MR è depressa", "la figlia dice che SB soffre di epilessia", "GT, affetto da demenza, vive solo",
    ],
}  # fmt: skip
CASES = [(kind, words) for kind, texts in PLANTED.items() for words in texts]


@pytest.mark.parametrize(("kind", "words"), CASES)
def test_what_was_planted_is_found(kind: Kind, words: str) -> None:
    found = detection.find(f"Verbale del mattino. {words}. Si rivede il piano fra un mese.")
    assert kind in {finding.kind for finding in found}


def test_there_are_sixty_of_them_of_every_kind() -> None:
    assert len(CASES) >= 60
    assert set(PLANTED) == set(Kind)


@pytest.mark.parametrize(
    "words",
    [
        "RSSMRA80A01H501X",  # the check digit is wrong: nobody's
        "OP-04 v3.0", "registro SDS-0168", "P. IVA 01234567890", "IT99X0000000000000000000000",
        "Lo sportello è in via Roma 12", "Telefona allo 0573 000 140", "L. 328/2000", "art. 403 c.c.",
        "U.V.M. per la demenza", "A.S.L. e disabilità", "S.E.U.S.: dipendenze", "il diabetico anziano",
        "nato come servizio sperimentale nel 2012", "Il Comune nasce nel 1861", "vive in piazza la comunità",
        "3 persone su 400 1234567 abitanti", "€ 333 1234567", "Ai sensi della L. R. n. 41 sulla disabilità",
        "assistenza a domicilio, sportello in via Roma 12", "la casa della comunità è in via Roma 12",
        "il modulo (333) 1234 è esaurito", "l’AS è a disposizione per la disabilità", "un OSS è in cura dei turni",
        "il CD è per la demenza", "la AD soffre di pochi fondi per la disabilità", "PUA è disabilità", "ASL è in cura",
        "AS e UVM: invalidità", "lo sportello è al n. 12 di via Roma", "assistenza al domicilio, al n. 12 di via Roma",
    ],
)  # fmt: skip
def test_what_a_network_writes_is_no_alarm(words: str) -> None:
    assert detection.find(f"Si ricorda che {words}.") == []


def test_the_demo_rings_no_alarm() -> None:
    texts = demo_texts()
    assert sum(len(text.split()) for each in texts.values() for text in each) > 30_000
    found = {name: [finding for text in each for finding in detection.find(text)] for name, each in texts.items()}
    assert {name: findings for name, findings in found.items() if findings} == {}


def demo_texts() -> dict[str, list[str]]:
    files = sorted(Path(settings.BASE_DIR).glob("*/demo_content/**/*.toml"))
    return {file.name: list(strings(tomllib.loads(file.read_text(encoding="utf-8")))) for file in files}


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


# --- In the doors ----------------------------------------------------------------------------------------

CODE = planted_codes()[0]
SECTION = {
    "body-count": "1", "body-0-deleted": "", "body-0-order": "0", "body-0-type": "section", "body-0-id": "",
    "body-0-value-heading": "Chi chiamare", "body-0-value-rows-count": "0",
}  # fmt: skip


def section(text: str) -> dict[str, str]:
    """What the editor sends of one section with this text."""
    block = {"text": text, "key": "a1", "type": "unstyled", "depth": 0, "inlineStyleRanges": [], "entityRanges": []}
    return {**SECTION, "body-0-value-text": json.dumps({"blocks": [block], "entityMap": {}})}


def write(client: Client, **changes: str) -> HttpResponse:
    root = demo.space("SP-RETE").root_page
    return client.post(f"/admin/pages/add/portal/textpage/{root.pk}/", typed(**changes))


def pages() -> int:
    return Page.objects.count()


@pytest.mark.django_db
def test_a_tax_code_never_gets_into_a_page_whatever_reason_is_given(as_: Given) -> None:
    before = pages()
    for changes in ({"summary": f"Per {CODE}"}, section(f"Il codice è {CODE.lower()}")):
        shown = unescape(write(as_("coordinator"), **changes, personal_data_reason="È un esempio").content.decode())
        assert "Quelle parole non possono restare" in shown
        assert "un codice fiscale" in shown
    assert pages() == before


@pytest.mark.django_db
def test_what_was_typed_is_still_there_and_the_place_is_named(as_: Given) -> None:
    shown = unescape(write(as_("coordinator"), **section("Abita in via Roma 12")).content.decode())
    assert "l’indirizzo di casa di qualcuno, «via Roma 12», in «Chi chiamare»" in shown
    assert "Abita in via Roma 12" in shown
    assert "Perché può restare" in shown


@pytest.mark.django_db
def test_a_page_without_such_words_asks_nothing(as_: Given) -> None:
    page = create(as_("coordinator"), "SP-RETE", **section("Lo sportello è in via Roma 12"))
    assert not PersonalDataReason.objects.filter(page=page.pk).exists()
    shown = as_("coordinator").get(f"/admin/pages/{page.pk}/edit/").content.decode()
    assert "Perché può restare" not in shown


@pytest.mark.django_db
def test_what_only_looks_like_it_stays_for_a_reason_and_is_not_asked_again(as_: Given, person: Given) -> None:
    said = section("Il pulmino risponde al 333 1234567")
    page = create(as_("coordinator"), "SP-RETE", **said, personal_data_reason="È il telefono del pulmino")
    kept = PersonalDataReason.objects.get(page=page.pk)
    assert (kept.kind, kept.by, kept.reason) == (Kind.MOBILE, person("coordinator"), "È il telefono del pulmino")
    assert "1234567" not in f"{kept.fingerprint}{kept.reason}"
    edit = f"/admin/pages/{page.pk}/edit/"
    assert as_("office").post(edit, typed(**said, title="Il pulmino")).status_code == 302
    other = as_("office").post(edit, typed(**section("Il pulmino risponde al 347 7654321")))
    assert "347 7654321" in unescape(other.content.decode())
    assert other.status_code == 200


@pytest.mark.django_db
def test_a_telephone_of_the_directory_is_nobodys_secret(as_: Given, person: Given) -> None:
    User.objects.filter(pk=person("office").pk).update(telephone="+39 333 1234567")
    create(as_("coordinator"), "SP-RETE", **section("Il pulmino risponde al 333.123.4567"))


@pytest.mark.django_db
def test_a_short_note_that_others_read_is_refused_and_stays_typed(as_: Given, person: Given) -> None:
    action = Action.objects.filter(person=person("worker"), done_at=None).first()
    assert action is not None
    close = f"/riunioni/azioni/{action.pk}/"
    refused = unescape(as_("worker").post(close, {"note": f"Fatto per {CODE}"}).content.decode())
    assert "togli quelle parole. Nel portale non si scrivono dati di persone" in refused
    assert f"Fatto per {CODE}" in refused
    action.refresh_from_db()
    assert action.done_at is None


NO_WORDS_OF_THEIR_OWN = {
    "q", "cerca",  # searched for, never kept
    "telephone",  # of whoever works in the network
    "code", "page", "term", "meant", "replaced_by", "source", "people", "holder_text",  # must name what is there
    "text", "rows",  # of a remark: what is new in them is looked at as a whole
}  # fmt: skip


def test_every_form_whose_words_others_read_is_guarded() -> None:
    for package in settings.LAYERS:
        found = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        for name in (each.name for each in found if not re.search(r"migrations|management|extraction|demo", each.name)):
            importlib.import_module(name)
    open_fields = {
        f"{form.__module__}.{form.__name__}.{name}"
        for form in kinds_of(forms.BaseForm)
        if form.__module__.partition(".")[0] in settings.LAYERS and not issubclass(form, guard.Guarded)
        for name, field in getattr(form, "base_fields", {}).items()
        if type(field) is forms.CharField and guard.no_personal_data not in field.validators
        and name not in NO_WORDS_OF_THEIR_OWN and name not in getattr(form, "worded", ())
        and not isinstance(field.widget, forms.HiddenInput | forms.PasswordInput)
    }  # fmt: skip
    assert open_fields == set()


def kinds_of(form: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for kind in form.__subclasses__():
        yield kind
        yield from kinds_of(kind)


@pytest.mark.django_db
def test_what_the_network_s_keepers_write_for_all_is_guarded_too(as_: Given) -> None:
    client, code = as_("coordinator"), planted_codes()[0]
    told = unescape(client.post("/norme/nuova/", {"citation": "L. 1/2026", "title": f"{code} e {code}", "state":
        "vigente"}).content.decode())  # fmt: skip
    assert f"Qui sembra di leggere un codice fiscale («{code}»): togli quelle parole." in told
    body = {"name": "Comune di Prova", "kind": "comune", "organs": f"Giunta\n{code}\nM.R., malato di demenza"}
    told = unescape(client.post("/rete/enti/nuovo/", body).content.decode())
    assert "Qui sembra di leggere un codice fiscale" in told
    assert "iniziali con notizie di salute («M.R.»): togli quelle parole" in told
    assert not Organisation.objects.filter(name="Comune di Prova").exists()


@pytest.mark.django_db
def test_a_tax_code_is_nobody_s_name(as_: Given, person: Given) -> None:
    elena, quarrata = person("worker"), Organisation.objects.get(slug="quarrata")
    names = {"first_name": "Ada", "last_name": f"Nuti {CODE}"}
    doors = {
        "/rete/persone/invita/": ("coordinator", {"email": "ada@raccordo.example", "organisation": quarrata.pk}),
        f"/rete/persone/{elena.pk}/": ("coordinator", {}),
        "/profilo/": ("worker", {}),
        f"/admin/users/edit/{elena.pk}/": ("administrator", {"email": elena.email, "organisation": quarrata.pk}),
    }
    for door, (who, said) in doors.items():
        answer = as_(who).post(door, {**names, **said})
        shown = unescape(answer.content.decode())
        assert answer.status_code == 200 and f"Qui sembra di leggere un codice fiscale («{CODE}»)" in shown, door
        assert f'value="Nuti {CODE}"' in shown, door
    assert not User.objects.filter(last_name__contains=CODE).exists()
    assert not NameProposal.objects.exists()


@pytest.mark.django_db
def test_a_report_of_a_problem_keeps_no_such_words(as_: Given) -> None:
    refused = as_("worker").post("/segnala/", {"page": "/p/PR-02/", "text": "M.R. è diabetico e qui manca"})
    assert "iniziali con notizie di salute" in refused.content.decode()
    assert not ProblemReport.objects.filter(text__contains="M.R.").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", [f"{CODE}.txt", f"relazione_{CODE}.txt"])
def test_a_file_is_not_taken_under_such_a_name(name: str, as_: Given) -> None:
    space = demo.space("SP-RETE")
    before = Document.objects.count()
    file = SimpleUploadedFile(name, b"testo")
    answer = as_("coordinator").post(
        "/admin/documents/add/", {"title": "Relazione", "file": file, "collection": space.collection_id}
    )
    assert "un codice fiscale" in unescape(answer.content.decode())
    assert Document.objects.count() == before
