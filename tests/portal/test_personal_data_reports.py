"""«Segnala dati personali»: out of sight at once for all but who reported and who answers, until it is handled."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.test import Client
from django.utils import timezone
from PIL import Image as PILImage

from portal import access, demo
from portal.background import jobs
from portal.files import reading
from portal.models import Activity, Document, Image, Job, Obligation, PersonalDataReport, Space, User
from portal.models.activity import Verb
from portal.models.pages import TextPage, by_code
from portal.models.personal_data import Outcome, What
from portal.pages import bin
from portal.pages.blocks import PictureBlock
from portal.personal_data import reports
from portal.spaces import outsiders
from tests.portal.test_personal_data import planted_codes

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]
PAGE = "/p/PR-02/"


def text_of(client: Client, address: str) -> str:
    return as_read(client.get(address))


def as_read(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def report(client: Client, where: str = "testo", page: str = PAGE) -> Any:
    return client.post("/dati-personali/segnala/", {"page": page, "what": "nome", "where": where})


def form_of(code: str) -> Any:
    page = by_code(code)
    assert page is not None
    return page.specific


def test_the_demo_has_nothing_to_report() -> None:
    assert not PersonalDataReport.objects.exists()


def test_a_reported_page_is_out_of_sight_at_once_but_for_who_reported_and_who_answers(as_: Given) -> None:
    others = ("worker_mountain", "hospital_worker", "office", "director")
    before = {name: as_(name).get(PAGE).status_code for name in others}
    assert set(before.values()) == {200}
    report(as_("worker"))
    row = PersonalDataReport.objects.get()
    answers = {each.email.split("@")[0] for each in reports.who_handles(row)}
    assert answers
    for name in [*sorted(answers), "worker"]:
        assert as_(name).get(PAGE).status_code == 200
    hidden_from = [name for name in others if not access.can(as_user(name), "manage", row)]
    assert hidden_from
    for name in hidden_from:
        assert as_(name).get(PAGE).status_code == 404
        assert PAGE not in text_of(as_(name), "/protocolli/")
        found = as_(name).get("/cerca/?q=PR-02&format=json").json()["results"]
        assert "PR-02" not in [each["code"] for each in found]


def as_user(name: str) -> Any:
    from portal.models import User
    from tests.conftest import CAST

    return User.objects.get(email=f"{CAST.get(name, name)}@raccordo.example")


def test_its_files_go_with_it_and_an_editor_without_the_space_cannot_open_it_in_the_admin(as_: Given) -> None:
    form = form_of("MD-04")
    assert as_("worker_mountain").get(form.document.url).status_code == 200
    report(as_("worker"), page="/p/MD-04/")
    assert as_("worker_mountain").get(form.document.url).status_code == 404
    row = PersonalDataReport.objects.get()
    office = as_user("office")
    assert access.can(office, "manage", row) or as_("office").get(f"/admin/pages/{form.pk}/edit/").status_code != 200


def test_a_file_alone_is_hidden_and_its_page_is_read_without_it(as_: Given) -> None:
    form = form_of("MD-04")
    report(as_("worker"), where=str(form.document.pk), page="/p/MD-04/")
    assert as_("worker_mountain").get("/p/MD-04/").status_code == 200
    assert as_("worker_mountain").get(form.document.url).status_code == 404
    assert as_("worker").get(form.document.url).status_code == 200


def test_with_a_file_go_its_signed_copy_and_its_words_in_search(as_: Given, index: Any) -> None:
    form = form_of("MD-04")
    word = next(each for each in form.document.text_pages[0].split() if len(each) > 11 and each.isalpha())
    asked = f"/cerca/?q={word}&tipo=modulo"
    for name in ("worker", "worker_mountain"):
        assert form.document.url in text_of(as_(name), asked)
    answer = as_("worker").post("/dati-personali/segnala/", {
        "page": "/p/MD-04/", "what": "codice", "where": str(form.document.pk)}, follow=True)  # fmt: skip
    said = unescape(answer.content.decode())
    assert "Ho nascosto anche «MD-04 Segnalazione per dimissione protetta, firmato»" in said
    for file in (form.document, form.signed):
        assert as_("worker_mountain").get(f"{file.url}?contenuto").status_code == 404
    assert form.document.url not in text_of(as_("worker_mountain"), asked)  # before the engine knows
    index.refresh()
    assert form.document.url not in text_of(as_("worker_mountain"), asked)
    assert "/p/MD-04/" in text_of(as_("worker_mountain"), "/cerca/?q=MD-04")  # the form itself is found
    row = PersonalDataReport.objects.get(document=form.document)
    assert Job.objects.filter(key__startswith="personal-data:").count() == 1  # one mail for both
    reports.settle(row, as_user("coordinator"), Outcome.NONE, "È un esempio.")
    index.refresh()
    assert not PersonalDataReport.objects.filter(handled_at=None).exists()
    assert form.document.url in text_of(as_("worker_mountain"), asked)


def test_who_answers_is_asked_and_decides_with_a_reason_that_the_reporter_reads(as_: Given) -> None:
    report(as_("worker"))
    row = PersonalDataReport.objects.get()
    address = f"/dati-personali/{row.pk}/"
    handler = reports.who_handles(row)[0]
    desk = Client()
    desk.force_login(handler)
    assert "Forse ci sono dati di una persona" in text_of(desk, "/")
    assert as_("worker_mountain").get(address).status_code == 404
    reporter = text_of(as_("worker"), address)
    assert "Nascosta agli altri" in reporter
    assert "Chiudi la segnalazione" not in reporter
    assert as_("worker").post(address, {"outcome": "nessuno", "reason": "Lo dico io"}).status_code == 200
    row.refresh_from_db()
    assert row.handled_at is None
    assert "In una frase" in unescape(desk.post(address, {"outcome": "nessuno", "reason": ""}).content.decode())
    assert desk.post(address, {"outcome": "nessuno", "reason": "È una persona inventata."}).status_code == 302
    assert as_("worker_mountain").get(PAGE).status_code == 200
    told = text_of(as_("worker"), address)
    assert "È una persona inventata." in told
    assert str(handler) in told
    assert not Obligation.objects.filter(key=f"personal-data:{row.pk}", settled_at=None).exists()
    verbs = Activity.objects.filter(verb__in=[Verb.DATA_REPORTED, Verb.DATA_HANDLED]).values_list("by", flat=True)
    assert set(verbs) == {row.by_id, handler.pk}


def test_the_mail_and_its_job_hold_nothing_of_it(as_: Given, mailoutbox: list[Any]) -> None:
    report(as_("worker"))
    row = PersonalDataReport.objects.get()
    job = Job.objects.get(key=f"personal-data:{row.pk}")
    assert job.args == [row.pk]
    jobs.run(job.pk)
    assert {mail.to[0] for mail in mailoutbox} == {each.email for each in reports.who_handles(row)}
    for mail in mailoutbox:
        assert "PR-02" not in f"{mail.subject} {mail.body}"
        assert f"/dati-personali/{row.pk}/" in mail.body


def test_who_has_five_waiting_hides_no_sixth(as_: Given) -> None:
    codes = ["PR-01", "PR-02", "PR-03", "PR-07", "PR-08", "OP-04"]
    for code in codes[:5]:
        assert report(as_("worker"), page=f"/p/{code}/").status_code == 302
    refused = unescape(report(as_("worker"), page=f"/p/{codes[5]}/").content.decode())
    assert "Hai già cinque segnalazioni aperte" in refused
    assert as_("worker_mountain").get(f"/p/{codes[5]}/").status_code == 200


def test_strangers_and_who_may_not_read_the_page_report_nothing(as_: Given) -> None:
    assert as_("anonymous").get("/dati-personali/segnala/?pagina=/p/PR-02/").status_code == 302
    assert report(as_("partner"), page="/p/PR-04/").status_code == 404
    assert not PersonalDataReport.objects.exists()


def upload(text: str) -> Document:
    space = demo.space("SP-RETE")
    file = ContentFile(text.encode(), name="relazione.txt")
    document = Document.objects.create(
        title="Relazione", file=file, collection=space.collection, uploaded_by_user=as_user("office")
    )
    reading.read(document.pk)
    return Document.objects.get(pk=document.pk)


def test_a_file_whose_text_holds_a_tax_code_waits_out_of_sight_until_it_is_replaced(as_: Given) -> None:
    document = upload(f"Relazione su {planted_codes()[0]}.")
    row = PersonalDataReport.objects.get(document=document)
    assert (row.found_by_itself, row.is_certain, row.by) == (True, True, as_user("office"))
    assert_unnamed_in_the_admin(as_, document, "documents")
    editors = [name for name in ("coordinator", "director") if not access.can(as_user(name), "manage", row)]
    for name in editors:
        assert not access.can(as_user(name), "view", document)
    assert access.can(as_user("office"), "view", document)
    shown = text_of(as_("office"), f"/dati-personali/{row.pk}/")
    assert "sostituisci il file" in shown
    assert "non sono dati di una persona" not in shown
    document.file = ContentFile(b"Relazione senza nomi.", name="relazione.txt")
    document.save()
    reading.read(document.pk)
    row.refresh_from_db()
    assert row.outcome == Outcome.REMOVED


LETTERHEAD = "Lo sportello risponde al 333 1234567. IBAN IT60X0542811101000000123456."


def test_a_letterhead_hides_no_file_and_its_uploader_says_once_whose_the_numbers_are(
    as_: Given, mailoutbox: list[Any]
) -> None:
    document = upload(LETTERHEAD)
    row = PersonalDataReport.objects.get(document=document)
    assert (row.hides, row.found_by_itself, reports.who_handles(row)) == (False, True, [as_user("office")])
    assert not Job.objects.filter(key=f"personal-data:{row.pk}").exists()  # nobody is written to
    assert access.can(as_user("coordinator"), "view", document)
    assert access.can(as_user("director"), "view", document)
    assert "In «Relazione» c’è un cellulare o un conto: di chi è?" in text_of(as_("office"), "/")
    assert "c’è un cellulare o un conto" not in text_of(as_("coordinator"), "/")
    shown = text_of(as_("office"), f"/dati-personali/{row.pk}/")
    assert "Il file si legge" in shown
    assert "un numero di cellulare («333 1234567», nel testo)" in shown
    assert "un IBAN («IT60X0542811101000000123456», nel testo)" in shown
    assert "Nascosta" not in shown
    decide(as_("office"), row, "nessuno")
    assert row.outcome == Outcome.NONE
    assert not PersonalDataReport.objects.filter(document=upload(f"Altra lettera. {LETTERHEAD}")).exists()
    assert PersonalDataReport.objects.filter(document=upload("Chiami il 349 7654321.")).exists()  # another number


def test_a_number_of_the_directory_in_a_file_is_nobody_s_secret(as_: Given) -> None:
    User.objects.filter(pk=as_user("office").pk).update(telephone="+39 333 1234567")
    assert not PersonalDataReport.objects.filter(document=upload("Risponde al 333 123 4567.")).exists()


def test_somebody_s_number_in_a_file_is_gone_once_the_file_is_another(as_: Given) -> None:
    document = upload("La figlia risponde al 333 1234567.")
    row = PersonalDataReport.objects.get(document=document)
    assert "è ancora quello" in decide(as_("office"), row, "tolti")
    document.file = ContentFile(b"Relazione senza numeri.", name="relazione.txt")
    document.save()
    reading.read(document.pk)
    row.refresh_from_db()
    assert row.outcome == Outcome.REMOVED


def test_a_number_that_nobody_answered_for_takes_no_earlier_version_with_it(as_: Given) -> None:
    document = upload("Lo sportello risponde al 333 1234567.")
    document.file = ContentFile(b"Lo sportello ha cambiato orario.", name="relazione.txt")
    document.save()
    reading.read(document.pk)
    assert PersonalDataReport.objects.get(document=document).outcome == Outcome.REMOVED
    [earlier] = document.versions.all()
    assert earlier.file  # the office's own number, for all that was said
    hidden = upload("La signora abita in via Roma 12.")
    hidden.file = ContentFile(b"Relazione senza indirizzi.", name="relazione.txt")
    hidden.save()
    reading.read(hidden.pk)
    assert not any(each.file for each in hidden.versions.all())


def test_with_the_thing_goes_what_was_asked_about_it(as_: Given) -> None:
    document = upload("La figlia risponde al 333 1234567.")
    assert "c’è un cellulare o un conto" in text_of(as_("office"), "/")
    document.delete()
    assert not PersonalDataReport.objects.exists()
    assert "c’è un cellulare o un conto" not in text_of(as_("office"), "/")


def test_a_file_that_had_a_number_and_then_has_a_home_address_goes_out_of_sight(as_: Given) -> None:
    document = upload("La figlia risponde al 333 1234567.")
    first = PersonalDataReport.objects.get(document=document)
    document.file = ContentFile(b"La signora abita in via Roma 12.", name="relazione.txt")
    document.save()
    reading.read(document.pk)
    first.refresh_from_db()
    assert first.outcome == Outcome.REMOVED
    row = PersonalDataReport.objects.get(document=document, handled_at=None)
    assert (row.hides, row.what) == (True, What.CONTACT)
    assert not access.can(as_user("director"), "view", document)
    shown = text_of(as_("office"), f"/dati-personali/{row.pk}/")
    assert "l’indirizzo di casa di qualcuno («via Roma 12», nel testo)" in shown


def replace_in_the_admin(client: Client, document: Document, text: str) -> str:
    file = ContentFile(text.encode(), name="relazione.txt")
    sent = {"title": document.title, "collection": document.collection_id, "file": file}
    return as_read(client.post(f"/admin/documents/edit/{document.pk}/", sent, follow=True))


@pytest.mark.parametrize("text", ["La figlia risponde al 333 1234567.", "La signora abita in via Roma 12."])
def test_of_a_replaced_file_is_asked_whoever_sent_the_one_of_today(as_: Given, text: str) -> None:
    document = upload("Relazione senza numeri.")
    replace_in_the_admin(as_("coordinator"), document, text)
    row = PersonalDataReport.objects.get(document=document)
    assert row.by == as_user("coordinator")
    assert reports.who_handles(row)[0] == as_user("coordinator")
    assert f"/dati-personali/{row.pk}/" in as_("coordinator").get("/").content.decode()
    replace_in_the_admin(as_("administrator"), document, f"Di nuovo. {text}")
    assert PersonalDataReport.objects.get(document=document, handled_at=None).by == as_user("administrator")
    row.refresh_from_db()
    assert row.outcome == Outcome.REMOVED


def test_who_answers_for_the_space_is_asked_of_a_number_whose_sender_has_left(as_: Given) -> None:
    User.objects.filter(pk=as_user("office").pk).update(is_active=False)
    upload("La figlia risponde al 333 1234567.")
    asked = text_of(as_("coordinator"), "/")
    assert "In «Relazione» c’è un cellulare o un conto: di chi è?" in asked and "che hai caricato" not in asked


def test_whose_the_numbers_are_is_said_once_for_all_the_files_that_wait(as_: Given) -> None:
    first, other = upload(LETTERHEAD), upload(f"Seconda lettera. {LETTERHEAD}")
    twin, unlike = upload(LETTERHEAD), upload(f"{LETTERHEAD} La figlia: 349 7654321.")
    row = PersonalDataReport.objects.get(document=first)
    shown = text_of(as_("office"), f"/dati-personali/{row.pk}/")
    assert "Le stesse cose anche in" in shown and "Nascosto" not in shown
    decide(as_("office"), row, "nessuno")
    closed = PersonalDataReport.objects.filter(outcome=Outcome.NONE).values_list("document", flat=True)
    assert set(closed) == {first.pk, other.pk, twin.pk}
    assert PersonalDataReport.objects.get(document=unlike).handled_at is None
    assert Obligation.objects.filter(person=as_user("office"), settled_at=None, title__contains="un conto").count() == 1


def test_a_file_in_the_bin_has_its_report_closed_and_is_asked_about_again_once_it_is_put_back(as_: Given) -> None:
    document, office = upload("La signora abita in via Roma 12."), as_user("office")
    row = PersonalDataReport.objects.get(document=document)
    [binned] = bin.put([document], by=office)
    decide(as_("office"), row, "tolti")
    assert row.outcome == Outcome.REMOVED
    bin.restore(binned, by=office)
    assert PersonalDataReport.objects.get(document=document, handled_at=None).hides
    assert not access.can(as_user("director"), "view", Document.objects.get(pk=document.pk))


def picture_of(title: str = "Foto della bacheca") -> Image:
    drawn = BytesIO()
    PILImage.new("RGB", (40, 30), "green").save(drawn, "PNG")
    file = ImageFile(BytesIO(drawn.getvalue()), name="bacheca.png")
    return Image.objects.create(title=title, collection=demo.space("SP-RETE").collection, file=file)


def assert_unnamed_in_the_admin(as_: Given, file: Any, kind: str) -> None:
    """To a colleague who writes in the same space; whoever answers finds it in the same lists."""
    lists = [f"/admin/{kind}/", f"/admin/{kind}/results/?q={file.title[:4]}", f"/admin/{kind}/chooser/results/"]
    acts = [f"/admin/bulk/portal/{kind[:-1]}/add_to_collection/?id={ids}" for ids in (file.pk, "all")]
    named = {who: [address for address in [*lists, *acts] if file.title in text_of(as_(who), address)]
             for who in ("director", "coordinator")}  # fmt: skip
    assert named == {"director": [], "coordinator": [*lists, *acts]}


def page_with(picture: Image) -> Any:
    page = TextPage(title="La bacheca dello sportello", slug="bacheca", change_note="Nuova.")
    value = {"picture": {"image": picture.pk, "alt_text": "La bacheca", "decorative": False}, "caption": "All’ingresso"}
    page.body = [("picture", PictureBlock().to_python(value))]
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=as_user("coordinator"))
    return page


def test_a_picture_alone_is_hidden_with_its_twins_until_it_is_another(as_: Given) -> None:
    picture = picture_of()
    page, twin = page_with(picture), picture_of("La stessa foto")
    address = picture.get_rendition("max-1200x1600").url
    assert as_("worker_mountain").get(address).status_code == 200
    offered = text_of(as_("worker"), f"/dati-personali/segnala/?pagina={page.url}")
    assert "nell’immagine «Foto della bacheca»" in offered
    assert picture.get_rendition("max-165x165").url in offered  # a title tells nobody which one of the page it is
    report(as_("worker"), where=f"immagine-{picture.pk}", page=page.url)
    row = PersonalDataReport.objects.get(picture=picture)
    assert PersonalDataReport.objects.filter(picture=twin).exists()
    assert as_("worker_mountain").get(address).status_code == 404
    assert as_("director").get(picture.file.url).status_code == 404
    assert_unnamed_in_the_admin(as_, picture, "images")
    assert "<img" not in figure(as_("worker_mountain"), page.url)
    for name in ("worker", "coordinator"):
        assert as_(name).get(address).status_code == 200
        assert "<img" in figure(as_(name), page.url)
        told = text_of(as_(name), f"/dati-personali/{row.pk}/")
        assert "Nell’immagine «Foto della bacheca»" in told and picture.get_rendition("max-165x165").url in told
    assert as_("worker_mountain").get(f"/dati-personali/{row.pk}/").status_code == 404
    assert "L’immagine è ancora quella che è stata segnalata" in decide(as_("coordinator"), row, "tolti")
    assert as_("worker_mountain").get(address).status_code == 404
    decide(as_("coordinator"), row, "nessuno")
    assert as_("worker_mountain").get(address).status_code == 200


def figure(client: Client, address: str) -> str:
    return client.get(address).content.decode().split("<h1", 1)[1].split("</main>")[0]


def test_the_way_to_report_stands_on_pages_and_on_nothing_else(as_: Given) -> None:
    assert "Segnala dati personali" in text_of(as_("worker"), PAGE)
    for address in ("/", "/protocolli/", "/rubrica/"):
        assert "Segnala dati personali" not in text_of(as_("worker"), address)
    public = TextPage.objects.get(slug="come-si-accede").url
    assert "Segnala dati personali" not in text_of(as_("anonymous"), public)


def decide(client: Client, row: PersonalDataReport, outcome: str) -> Any:
    answer = client.post(f"/dati-personali/{row.pk}/", {"outcome": outcome, "reason": "Ho tolto il nome."}, follow=True)
    row.refresh_from_db()
    return as_read(answer)


def test_data_are_not_said_to_be_gone_while_the_page_reads_as_it_was_reported(as_: Given) -> None:
    page = form_of("R-02")
    report(as_("worker"), page=page.url)
    row, desk = PersonalDataReport.objects.get(), as_("coordinator")
    said = decide(desk, row, "tolti")
    assert "La pagina è ancora quella che è stata segnalata: togli i dati e pubblicala" in said
    assert "Ho tolto il nome." in said
    assert row.handled_at is None
    assert as_("worker_mountain").get(page.url).status_code == 404
    page.summary = "Senza il nome."
    page.save_revision(user=as_user("coordinator")).publish(user=as_user("coordinator"))
    assert "Si vede di nuovo" in decide(desk, row, "tolti")
    assert as_("worker_mountain").get(page.url).status_code == 200


def test_data_are_not_said_to_be_gone_while_the_file_is_the_one_that_was_reported(as_: Given) -> None:
    form = form_of("MD-04")
    report(as_("worker"), where=str(form.document.pk), page="/p/MD-04/")
    row, desk = PersonalDataReport.objects.get(document=form.document), as_("coordinator")
    assert "Il file è ancora quello che è stato segnalato: sostituiscilo" in decide(desk, row, "tolti")
    assert as_("worker_mountain").get(form.document.url).status_code == 404
    file = Document.objects.get(pk=form.document.pk)
    file.file = ContentFile(b"Un modulo vuoto.", name="modulo.txt")
    file.save()
    decide(desk, row, "tolti")
    assert row.outcome == Outcome.REMOVED


def test_nobody_says_that_a_tax_code_is_gone_while_the_portal_reads_one(as_: Given) -> None:
    document = upload(f"Relazione su {planted_codes()[0]}.")
    row = PersonalDataReport.objects.get(document=document)
    document.file = ContentFile(f"Relazione, ancora su {planted_codes()[1]}.".encode(), name="relazione.txt")
    document.save()
    assert "è ancora quello" in decide(as_("office"), row, "tolti")  # before it is read again
    reading.read(document.pk)
    assert "è ancora quello" in decide(as_("office"), row, "tolti")
    assert row.handled_at is None


def test_whoever_reported_is_told_that_it_is_decided_and_the_mail_holds_nothing_of_it(
    as_: Given, mailoutbox: list[Any]
) -> None:
    form = form_of("MD-04")
    report(as_("worker"), where=str(form.document.pk), page="/p/MD-04/")
    row = PersonalDataReport.objects.get(document=form.document)
    decide(as_("coordinator"), row, "nessuno")
    jobs_of_it = Job.objects.filter(key__startswith="personal-data-handled:")
    jobs.run(jobs_of_it.get().pk)  # of what was hidden with it no other
    (mail,) = [each for each in mailoutbox if "decisa" in each.subject]
    assert mail.to == [as_user("worker").email]
    assert f"/dati-personali/{row.pk}/" in mail.body
    assert "MD-04" not in f"{mail.subject} {mail.body}"
    assert "Ho tolto" not in mail.body
    assert row.reason in text_of(as_("worker"), f"/dati-personali/{row.pk}/")


def test_who_decides_on_the_own_report_gets_no_mail_of_it(as_: Given) -> None:
    report(as_("coordinator"))
    decide(as_("coordinator"), PersonalDataReport.objects.get(), "nessuno")
    assert not Job.objects.filter(key__startswith="personal-data-handled:").exists()


def test_what_is_reported_twice_is_one_report(as_: Given) -> None:
    first, second = report(as_("worker")), report(as_("worker"))
    assert first["Location"] == second["Location"]
    assert PersonalDataReport.objects.count() == 1
    report(as_("worker_mountain"), page="/p/MD-04/", where=str(form_of("MD-04").document.pk))
    report(as_("worker_mountain"), page="/p/MD-04/", where=str(form_of("MD-04").signed.pk))
    assert PersonalDataReport.objects.filter(document__isnull=False).count() == 2


def test_who_decides_reads_what_went_out_of_sight_with_it_and_that_it_is_still_hidden_by_another_report(
    as_: Given,
) -> None:
    form = form_of("MD-04")
    report(as_("worker"), where=str(form.document.pk), page="/p/MD-04/")
    row = PersonalDataReport.objects.get(document=form.document)
    address = f"/dati-personali/{row.pk}/"
    said = text_of(as_("coordinator"), address)
    assert f"«{form.signed.title}»" in said
    assert f"«{form.signed.title}»" in text_of(as_("worker"), address)
    report(as_("coordinator"), where=str(form.document.pk), page="/p/MD-04/")
    other = PersonalDataReport.objects.get(document=form.document, by=as_user("coordinator"))
    assert "Si vede di nuovo" not in decide(as_("coordinator"), row, "nessuno")
    assert "Resta nascosta" in text_of(as_("worker"), address)
    decide(as_("coordinator"), other, "nessuno")
    assert "Si vede di nuovo" in text_of(as_("worker"), address)


def test_a_page_that_was_withdrawn_for_it_is_not_said_to_be_seen_again(as_: Given) -> None:
    page = form_of("R-02")
    report(as_("worker"), page=page.url)
    as_("coordinator").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "C’era un nome."})
    said = decide(as_("coordinator"), PersonalDataReport.objects.get(), "tolti")
    assert "La pagina non è pubblicata." in said and "Si vede di nuovo" not in said
    assert as_("worker_mountain").get(page.url).status_code == 410


def test_a_report_made_on_an_edition_closes_the_page_its_editions_and_an_outsider_s_link(as_: Given) -> None:
    page = form_of("PR-02")
    Space.objects.update(opens_to_outsiders=True)
    more = {"until": timezone.localdate() + timedelta(days=3), "reason": "Prova", "asked_as": uuid4()}
    _link, token = outsiders.give(page, access.space_of(page), "Scuola", by=as_user("coordinator"), **more)
    first, *_between, last = page.editions.order_by("pk").values_list("version", flat=True)
    edition = f"/p/PR-02/edizioni/{first}/"
    doors = (edition, PAGE, f"{edition}confronta/{last}/")

    def answers() -> list[int]:
        return [*(as_("director").get(door, follow=True).status_code for door in doors),
                Client().get(f"/esterni/{token}/").status_code]  # fmt: skip

    assert answers() == [200, 200, 200, 200]
    assert report(as_("worker"), page=edition).status_code == 302
    assert answers() == [404, 404, 404, 404]


def test_what_the_portal_found_in_a_file_and_in_its_signed_copy_is_decided_once(as_: Given) -> None:
    form, office = form_of("MD-04"), as_user("office")
    for file in (form.document, form.signed):
        PersonalDataReport.objects.create(by=office, what="nome", document=file, found_by_itself=True)
    row = PersonalDataReport.objects.get(document=form.document)
    assert f"«{form.signed.title}»" in text_of(as_("office"), f"/dati-personali/{row.pk}/")
    decide(as_("office"), row, "nessuno")
    assert not PersonalDataReport.objects.filter(handled_at=None).exists()


def test_who_mended_a_file_is_told_that_its_signed_copy_stays_hidden(as_: Given) -> None:
    form = form_of("MD-04")
    report(as_("worker"), where=str(form.document.pk), page="/p/MD-04/")
    row, twin = (PersonalDataReport.objects.get(document=each) for each in (form.document, form.signed))
    Document.objects.filter(pk=form.document_id).update(file_since=timezone.now())
    said = decide(as_("coordinator"), row, "tolti")
    assert f"«{form.signed.title}» diceva le stesse cose e resta nascosto" in said
    assert f"/dati-personali/{twin.pk}/" in said
    assert as_("worker_mountain").get(form.signed.url).status_code == 404
