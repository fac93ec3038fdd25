"""Many persons from a table: the report first, row by row; then all of them or nobody."""

import re
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from portal import demo
from portal.accounts import invitations
from portal.models import Invitation, Job, Organisation, Role, User

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]

ADDRESS = "/rete/persone/da-file/"
TITLES = "e-mail;nome;cognome;ente;professione;telefono;fino al;spazi"
ADA = "ada@raccordo.example;Ada;Nuti;Comune di Quarrata;;+39 0573 000 400;;"
BEA = "Bea@Raccordo.example;Bea;D’Amico;comune di agliana;assistente sociale;;31/12/2099;SP-MINORI: Redattore"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def csv_of(*lines: str, encoding: str = "utf-8") -> SimpleUploadedFile:
    return SimpleUploadedFile("persone.csv", "\r\n".join([TITLES, *lines]).encode(encoding))


def book_of(*rows: list[Any]) -> SimpleUploadedFile:
    book, content = Workbook(), BytesIO()
    for row in [TITLES.split(";"), *rows]:
        book.active.append(row)
    book.save(content)
    return SimpleUploadedFile("persone.xlsx", content.getvalue())


def check(as_: Any, file: SimpleUploadedFile) -> Any:
    return as_("coordinator").post(ADDRESS, {"table": file})


def yes(response: Any) -> str:
    found = re.search(r'name="conferma"\s+value="([^"]+)"', response.content.decode())
    return found[1] if found else ""


def counts() -> tuple[int, int]:
    return User.objects.count(), Invitation.objects.count()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_right_file_is_reported_and_invites_nobody_until_the_yes(encoding: str, as_: Any) -> None:
    before = counts()
    answer = check(as_, csv_of(ADA, BEA, "", encoding=encoding))
    assert "2 inviti" in text(answer) and "D’Amico" in text(answer)
    assert counts() == before
    done = as_("coordinator").post(ADDRESS, {"conferma": yes(answer)})
    assert (done.status_code, done["Location"]) == (302, "/rete/persone/")
    ada, bea = (User.objects.get(email=f"{name}@raccordo.example") for name in ("ada", "bea"))
    assert (ada.organisation.slug, ada.telephone, ada.is_active) == ("quarrata", "+39 0573 000 400", False)
    assert (bea.organisation.slug, str(bea.profession), bea.valid_until.year) == ("agliana", "Assistente sociale", 2099)
    assert bea.memberships.get(space=demo.space("SP-MINORI")).role == Role.EDITOR
    assert Job.objects.filter(key__startswith="invitation:").count() == 2
    assert demo.space("SP-MINORI").role_groups.get(role=Role.EDITOR).group.user_set.filter(pk=bea.pk).exists()


def test_a_book_of_excel_is_read_with_its_days_and_numbers(as_: Any) -> None:
    row = ["ada@raccordo.example", "Ada", "Nuti", "Comune di Quarrata", None, 3330004000, date(2099, 12, 31), None]
    answer = check(as_, book_of(row))
    assert yes(answer), text(answer)
    as_("coordinator").post(ADDRESS, {"conferma": yes(answer)})
    ada = User.objects.get(email="ada@raccordo.example")
    assert (ada.telephone, ada.valid_until.year) == ("3330004000", 2099)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("elena.fedi@raccordo.example;Elena;Fedi;Comune di Quarrata;;;;", "c’è già un account con questo indirizzo"),
        ("ADA@raccordo.example;Un’altra;Nuti;Comune di Quarrata;;;;", "è scritto in più righe"),
        ("storto;Ciro;Nuti;Comune di Quarrata;;;;", "e-mail:"),
        ("c@raccordo.example;;Nuti;Comune di Quarrata;;;;", "nome:"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Atlantide;;;;", "«Comune di Atlantide» non c’è"),
        ("c@raccordo.example;Ciro;Nuti;;;;;", "ente: manca"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;Mago;;;", "«Mago» non c’è"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;chiama;;", "telefono:"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;;31/02/2099;", "fino al:"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;;1/1/2020;", "La data è già passata"),
        ("c@raccordo.example;Ciro;Nuti;Il Filo Rosso ODV;;;;", "ha sempre una fine"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;;;SP-NIENTE: lettore", "non è uno spazio di cui rispondi"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;;;SP-RETE: capo", "«capo» non è un ruolo"),
        ('c@raccordo.example;"=HYPERLINK(""http://x"")";Nuti;Comune di Quarrata;;;;', "c’è una formula"),
        ("c@raccordo.example;@SUM(A1);Nuti;Comune di Quarrata;;;;", "c’è una formula"),
        ("c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;573000400;;", "manca lo zero davanti"),
        ('c@raccordo.example;Ciro;Nuti;Comune di Quarrata;;;;"SP-RETE: lettore; SP-RETE: redattore"', "c’è due volte"),
        ("c@raccordo.example;Ciro;Nuti BNCGNN45C41G713H;Comune di Quarrata;;;;", "cognome: Qui sembra di leggere"),
    ],
)  # fmt: skip
def test_one_wrong_row_is_named_and_nobody_is_invited(line: str, words: str, as_: Any) -> None:
    before = counts()
    answer = check(as_, csv_of(ADA, line))
    assert words in text(answer) and "Nessun invito è partito" in text(answer)
    assert yes(answer) == "" and counts() == before


def test_a_formula_of_excel_is_not_worked_out(as_: Any) -> None:
    answer = check(as_, book_of(["c@raccordo.example", '="Ci"&"ro"', "Nuti", "Comune di Quarrata"]))
    assert "c’è una formula" in text(answer) and yes(answer) == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nome;cognome\r\nAda;Nuti", "mancano queste colonne: e-mail, ente"),
        (b"", "Il file è vuoto"),
        (b"PK\x03\x04 non uno zip", "non si legge"),
        (b"\x00\x01\x02", "non è una tabella"),
        (TITLES.encode(), "non ha righe"),
        ("\n".join([TITLES, *([ADA] * 1001)]).encode(), "più di 1000 righe"),
    ],
)
def test_what_is_no_table_of_people_is_said(content: bytes, words: str, as_: Any) -> None:
    answer = check(as_, SimpleUploadedFile("persone.csv", content))
    assert answer.status_code == 200 and words in text(answer)


def test_what_has_changed_meanwhile_or_was_forged_invites_nobody(as_: Any) -> None:
    answer = check(as_, csv_of(ADA, BEA))
    User.objects.create(email="bea@raccordo.example", first_name="Bea")
    before = counts()
    again = as_("coordinator").post(ADDRESS, {"conferma": yes(answer)})
    assert "c’è già un account" in text(again) and counts() == before
    forged = as_("coordinator").post(ADDRESS, {"conferma": "falsa"}, follow=True)
    assert "carica di nuovo il file" in text(forged) and counts() == before
    assert as_("worker").post(ADDRESS, {"conferma": yes(answer)}).status_code == 404


def test_five_hundred_rows_are_judged_with_a_few_questions_and_invited(
    as_: Any, django_assert_max_num_queries: Any
) -> None:
    lines = [f"p{number}@raccordo.example;Persona;Numero {number};Comune di Quarrata;;;;" for number in range(500)]
    client = as_("coordinator")
    client.get(ADDRESS)
    with django_assert_max_num_queries(40):
        answer = client.post(ADDRESS, {"table": csv_of(*lines)})
    before = counts()
    client.post(ADDRESS, {"conferma": yes(answer)})
    assert counts() == (before[0] + 500, before[1] + 500)


def test_a_file_of_more_than_two_megabytes_is_refused_with_its_measure(as_: Any) -> None:
    big = SimpleUploadedFile("persone.csv", TITLES.encode() + b"\r\n" + b" " * 2 * 1024 * 1024)
    assert "Il file è troppo grande: al massimo 2 MB." in text(check(as_, big))


def test_a_second_space_beyond_the_last_title_does_not_fall_away_unsaid(as_: Any) -> None:
    unquoted = ADA + "SP-RETE: lettore; SP-MINORI: redattore"
    answer = check(as_, csv_of(unquoted))
    assert "«SP-MINORI: redattore» sta oltre l’ultimo titolo" in text(answer) and yes(answer) == ""
    quoted = ADA + '"SP-RETE: lettore; SP-MINORI: redattore"'
    assert yes(check(as_, csv_of(quoted)))
    assert "Rete dei servizi sociali: lettore" not in text(as_("coordinator").get(ADDRESS))


def with_titles(titles: str, *lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("persone.csv", "\r\n".join([titles, *lines]).encode())


@pytest.mark.parametrize(
    ("titles", "words"),
    [
        ("e-mail;nome;cognome;ente;proffessione;Scadenza", "«proffessione», «scadenza»"),
        ("e-mail;nome;cognome;ente;telefono;telefono", "c’è due volte: «telefono»"),
        ("e-mail;nome;cognome;ente;;", "«assistente sociale; 31/12/2099» sta in una colonna senza titolo"),
    ],
)
def test_no_column_falls_away_unsaid(titles: str, words: str, as_: Any) -> None:
    row = "c@raccordo.example;Ciro;Nuti;Comune di Quarrata;assistente sociale;31/12/2099"
    answer = check(as_, with_titles(titles, row))
    assert words in text(answer) and yes(answer) == ""


def test_an_empty_column_of_ones_own_disturbs_nobody(as_: Any) -> None:
    titles, row = "matricola; E-Mail ;nome;cognome;ENTE;", ";c@raccordo.example;Ciro;Nuti;Comune di Quarrata;"
    assert yes(check(as_, with_titles(titles, row)))


def test_the_report_says_what_each_invitation_will_be(as_: Any) -> None:
    found = text(check(as_, csv_of(BEA)))
    assert "Comune di Agliana" in found
    assert "Assistente sociale · fino al 31 dicembre 2099 · Tutela minori e famiglie: redattore" in found


def test_of_a_long_file_only_the_wrong_rows_are_shown(as_: Any) -> None:
    right = [f"p{number}@raccordo.example;Persona;Numero {number};Comune di Quarrata;;;;" for number in range(30)]
    found = text(check(as_, csv_of(*right, "", "storto;Ciro;Nuti;Comune di Quarrata;;;;")))
    assert "1 riga su 31" in found and "Le altre righe vanno bene" in found
    assert ">33</th>" in found and "Numero 7" not in found


def test_names_are_known_without_their_accents_and_apostrophes(as_: Any) -> None:
    body = Organisation.objects.get(slug="quarrata")
    body.name = "Comune di Sant’Àgata"
    body.save()
    answer = check(as_, csv_of("c@raccordo.example;Ciro;Nuti;comune di Sant'Agata;;;;"))
    assert yes(answer) and "Comune di Sant’Àgata" in text(answer)


def test_of_two_names_that_differ_in_an_accent_alone_none_is_guessed(as_: Any) -> None:
    for number, name in enumerate(["Comune di Calì", "Comune di Calí"]):
        Organisation.objects.create(name=name, slug=f"cali-{number}", kind="comune")
    assert yes(check(as_, csv_of("c@raccordo.example;Ciro;Nuti;Comune di Cali;;;;"))) == ""
    assert yes(check(as_, csv_of("c@raccordo.example;Ciro;Nuti;Comune di Calì;;;;")))


def test_whose_invitation_was_withdrawn_may_be_invited_again_by_a_file(as_: Any) -> None:
    as_("coordinator").post(ADDRESS, {"conferma": yes(check(as_, csv_of(ADA)))})
    assert yes(check(as_, csv_of(ADA))) == ""
    invitations.withdraw(
        Invitation.objects.get(person__email="ada@raccordo.example"), by=demo.person("chiara.bonacchi")
    )
    as_("coordinator").post(ADDRESS, {"conferma": yes(check(as_, csv_of(ADA)))})
    assert Invitation.objects.waiting().filter(person__email="ada@raccordo.example").exists()


def test_a_row_that_went_wrong_meanwhile_keeps_its_number(as_: Any) -> None:
    answer = check(as_, csv_of("", "", ADA))
    User.objects.create(email="ada@raccordo.example", first_name="Ada")
    assert ">4</th>" in text(as_("coordinator").post(ADDRESS, {"conferma": yes(answer)}))


def test_of_a_new_account_nobody_asks_what_it_leaves_behind(as_: Any, django_assert_max_num_queries: Any) -> None:
    """A thousand are invited in one transaction, which all others wait for."""
    lines = [f"p{number}@raccordo.example;Persona;Numero {number};Comune di Quarrata;;;;" for number in range(50)]
    answer = check(as_, csv_of(*lines))
    with django_assert_max_num_queries(600 + 50 * 22):
        as_("coordinator").post(ADDRESS, {"conferma": yes(answer)})
