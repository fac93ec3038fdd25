"""The register of adoptions: one table of what one may read, its filters and order, its sheets, and the reminder."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from odfdo import Document
from wagtail.models import Page
from wagtail.signal_handlers import disable_reference_index_auto_update

from portal import demo
from portal.background import jobs
from portal.models import Delegation, Job, Organisation
from portal.models.jobs import JobState
from protocols import reminding
from protocols.models import Adoption, AdoptionReminder, Edition, ProtocolPage
from protocols.models.adoptions import State

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
MATRIX = "/recepimenti/"


def table(client: Any, query: str = "") -> tuple[list[str], dict[str, list[str]]]:
    """The heads, and code → the cells of its row, as they are read."""
    found = BeautifulSoup(client.get(MATRIX + query).content, "html.parser").select_one("table.matrix")
    heads = [" ".join(each.get_text(" ").split()) for each in found.select("thead th")]
    rows = {}
    for row in found.select("tbody tr"):
        cells = [" ".join(each.get_text(" ").split()) for each in row.select("th, td")]
        rows[cells[0].split()[0]] = cells
    return heads, rows


def sheet(client: Any, kind: str) -> list[list[Any]]:
    answer = client.get(f"/recepimenti/tabella.{kind}")
    assert re.fullmatch(rf'attachment; filename="?[\w-]+\.{kind}"?', answer["Content-Disposition"])
    content = answer.content
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    if kind == "xlsx":
        return [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]
    return list(Document(io.BytesIO(content)).body.get_table(0).get_values())


def test_each_cell_says_in_words_where_a_body_stands_and_by_what_it_works(as_: Given) -> None:
    heads, rows = table(as_("coordinator"))
    assert list(rows) == ["PR-01", "PR-02", "PR-11"]
    at = heads.index("Montale")
    assert rows["PR-02"][at].startswith("da recepire") and "lavora con la 2.0" in rows["PR-02"][at]
    assert rows["PR-02"][heads.index("Pistoia")].startswith("recepito con adattamento")
    assert rows["PR-11"][heads.index("Abetone Cutigliano")].startswith("non applicabile")
    assert rows["PR-02"][heads.index("Cooperativa Vicinanze")] == "non firma"
    assert rows["PR-02"][-1] == str(sum(cell.startswith(("da recepire", "in esame")) for cell in rows["PR-02"]))


def test_everybody_finds_the_protocols_that_they_read_and_no_other(as_: Given) -> None:
    assert list(table(as_("partner"))[1]) == ["PR-11"]
    assert list(table(as_("newcomer"))[1]) == ["PR-01", "PR-02"]


def test_it_is_narrowed_by_words_area_body_and_state_and_ordered(as_: Given) -> None:
    client = as_("coordinator")
    assert list(table(client, "?cerca=dimissioni")[1]) == ["PR-02"]
    assert table(client, "?area=montagna")[0][1:-1] == ["Abetone Cutigliano", "Sambuca Pistoiese",
                                                        "San Marcello Piteglio"]  # fmt: skip
    assert table(client, "?ente=quarrata")[0][1:-1] == ["Quarrata"]
    assert list(table(client, "?stato=non-applicabile")[1]) == ["PR-11"]
    gaps = {code: int(row[-1]) for code, row in table(client)[1].items()}
    assert list(table(client, "?ordina=mancano")[1]) == sorted(gaps, key=lambda code: (-gaps[code], code))
    assert list(table(client, "?ordina=montale")[1])[0] == "PR-01"
    assert list(table(client, "?ordina=pistoia&ente=pistoia")[1])[-1] == "PR-02"
    assert list(table(client, "?area=luna&stato=mai&ordina=niente")[1]) == list(gaps)
    assert "Con questi filtri non resta niente" in client.get(MATRIX + "?cerca=zzz").content.decode()


def test_ordering_by_a_column_keeps_the_filters_and_begins_at_the_first_piece(as_: Given) -> None:
    answer = as_("coordinator").get(f"{MATRIX}?area=piana&cerca=PR&ordina=quarrata&pagina=1")
    links = [each["href"] for each in BeautifulSoup(answer.content, "html.parser").select("table.matrix thead a")]
    assert {links[0], links[-1]} == {"?area=piana&cerca=PR", "?area=piana&cerca=PR&ordina=mancano"}
    assert "?area=piana&cerca=PR&ordina=montale" in links
    plain = BeautifulSoup(as_("coordinator").get(f"{MATRIX}?ordina=mancano").content, "html.parser")
    assert plain.select_one("table.matrix thead a")["href"] == "?"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_the_sheet_holds_the_same_table_and_no_formula(as_: Given, kind: str) -> None:
    Page.objects.filter(slug="pr-02").update(title="=HYPERLINK(1)")
    rows = sheet(as_("coordinator"), kind)
    heads, shown = table(as_("coordinator"))
    assert [row[0] for row in rows[1:-1]] == list(shown) and len(rows[0]) == len(heads) + 2
    at = rows[0].index("Comune di Pistoia")
    assert rows[2][at].startswith("recepito con adattamento dal")
    assert rows[2][1] == ("'=HYPERLINK(1)" if kind == "csv" else "=HYPERLINK(1)")
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(as_("coordinator").get("/recepimenti/tabella.xlsx").content))
        assert book.active["B3"].data_type == "s"
    assert "PR-02" not in str(sheet(as_("partner"), kind))


# --- The reminder ----------------------------------------------------------------------------------------


def work() -> None:
    for job in Job.objects.filter(state=JobState.WAITING, function="protocols.reminding.remind"):
        jobs.run(job.pk)


def test_a_body_is_reminded_once_a_day_of_what_its_delegate_may_read(as_: Given, mailoutbox: list[Any]) -> None:
    client = as_("coordinator")
    for _press in range(2):
        client.post("/recepimenti/san-marcello-piteglio/sollecita/")
        work()
    assert [mail.to for mail in mailoutbox] == [["sara.begliomini@raccordo.example"]]
    said = mailoutbox[0].body
    assert "PR-02" in said and "PR-11" in said and "PR-01" not in said
    assert "/p/PR-02/recepimenti/san-marcello-piteglio/" in said
    assert AdoptionReminder.objects.count() == 1


def test_who_lost_the_right_is_told_nothing(as_: Given, person: Given, mailoutbox: list[Any]) -> None:
    montale = Organisation.objects.get(slug="montale")
    Delegation.objects.create(organisation=montale, purpose="recepimento", person=person("partner_coop"))
    as_("coordinator").post("/recepimenti/montale/sollecita/")
    work()
    assert "PR-02" not in "".join(mail.body for mail in mailoutbox)


def test_a_body_that_has_nothing_to_adopt_is_not_reminded_of_what_others_have(
    as_: Given, person: Given, mailoutbox: list[Any]
) -> None:
    aside = Organisation.objects.create(name="Comune di Prova", slug="prova", kind="comune")
    Delegation.objects.create(organisation=aside, purpose="recepimento", person=person("worker"))
    assert as_("coordinator").post("/recepimenti/prova/sollecita/").status_code == 404
    reminding.remind(aside.pk, "Chiara Bonacchi")
    assert not mailoutbox and not AdoptionReminder.objects.exists()


def test_where_nobody_is_delegate_it_is_said_and_nothing_leaves(as_: Given, mailoutbox: list[Any]) -> None:
    shown = as_("coordinator").post("/recepimenti/montale/sollecita/", follow=True).content.decode()
    assert "dai prima una delega" in shown and not AdoptionReminder.objects.exists()


@pytest.mark.parametrize("name", ["worker", "director", "office", "partner"])
def test_who_looks_after_no_space_reminds_nobody(as_: Given, name: str) -> None:
    client = as_(name)
    assert "Sollecita" not in client.get(MATRIX).content.decode()
    assert client.post("/recepimenti/agliana/sollecita/").status_code == 404
    assert not AdoptionReminder.objects.exists()


# --- Two hundred protocols, fifty bodies -----------------------------------------------------------------


def many(count: int, bodies: list[Organisation]) -> None:
    root, today = demo.space("SP-RETE").root_page, timezone.localdate()
    with disable_reference_index_auto_update():
        start = ProtocolPage.objects.count()
        for number in range(start, start + count):
            page = ProtocolPage(title=f"Regola {number}", slug=f"regola-{number}", change_note="-", by_body=True)
            root.add_child(instance=page)
            edition = Edition.objects.create(page_id=page.pk, version="1.0", title=page.title, valid_from=today,
                                             sha256="-", published_at=timezone.now())  # fmt: skip
            Adoption.objects.bulk_create(
                Adoption(edition=edition, organisation=body, state=State.TO_ADOPT, since=today) for body in bodies
            )


def test_it_asks_as_often_for_two_hundred_protocols_and_fifty_bodies_as_for_a_few(as_: Given) -> None:
    client = as_("coordinator")
    client.get(MATRIX)
    with CaptureQueriesContext(connection) as few:
        client.get(MATRIX)
    bodies = [Organisation.objects.create(name=f"Comune {at}", slug=f"comune-{at}", kind="comune") for at in range(50)]
    many(200, bodies)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(MATRIX)
    found = BeautifulSoup(answer.content, "html.parser").select("table.matrix tbody tr")
    assert len(found) == 50 and len(found[0].select("td")) == 13 + 50 + 1
    assert len(queries) == len(few) <= 30
    gaps = answer.content.decode().split("Ne mancano")[1].split("</b>")[0].split("<b>")[1]
    assert int(gaps) > 200 * 50  # of all of them, on each piece
    last = BeautifulSoup(client.get(f"{MATRIX}?pagina=5").content, "html.parser").select("table.matrix tbody th")
    assert len(last) == 3 and not {each.get_text() for each in last} & {row.th.get_text() for row in found}
    assert len(sheet(client, "csv")) == 203 + 2  # to work with: all in one
    _what_goes_on_paper(client)


def _what_goes_on_paper(client: Any) -> None:
    """A piece says that it is one and where all is; that page holds all rows that were chosen, and what was chosen."""
    piece = BeautifulSoup(client.get(f"{MATRIX}?cerca=regola&ordina=mancano&pagina=2").content, "html.parser")
    assert "Qui ci sono 50 protocolli su 200" in " ".join(
        piece.select_one("p:-soup-contains('su 200')").get_text().split()
    )
    way = piece.select_one("a:-soup-contains('da stampare')")["href"]
    with CaptureQueriesContext(connection) as queries:
        whole = BeautifulSoup(client.get(MATRIX + way).content, "html.parser")
    assert len(queries) <= 30
    assert len(whole.select("table.matrix tbody tr")) == 200 and not whole.select("nav.more")
    said = whole.select_one("h1 ~ p.only-paper").get_text()
    assert "Codice o parole del titolo: regola" in said and "Ordina per: quanti mancano" in said
