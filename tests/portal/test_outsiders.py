"""A page to somebody without an account: by a link with a name and an end, and never to what lies beyond."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from portal import access
from portal.demo import body_of, publish, space
from portal.models import Document, OutsiderLink, OutsiderVisit, Space
from portal.models.activity import Activity, Verb
from portal.models.pages import TextPage
from portal.spaces import outsiders
from protocols.models import ProtocolPage
from tests.shown import body

pytestmark = pytest.mark.django_db
ADDRESS = "/spazi/minori/condivisione/esterni/"


def file_of(home: Space, title: str) -> Document:
    return Document.objects.create(title=title, collection=home.collection, file=ContentFile(b"testo", f"{title}.txt"))


@pytest.fixture
def page(person: Any) -> TextPage:
    """Of a closed space, with a file of its own, a link to a page beyond, and a part for colleagues."""
    home = space("SP-MINORI")
    other = publish(home.root_page, TextPage(title="Altra pagina", slug="altra"), on=-1, by=person("coordinator"))
    [section] = body_of([{"heading": "Per la scuola", "text": "Si telefona al mattino."}])
    section[1]["text"] = f'<p>Si telefona. <a linktype="page" id="{other.pk}">Vedi oltre</a></p>'
    note = {"readers": [{"type": "role", "value": "1"}], "content": [{"type": "text", "value": "<p>Segreto</p>"}]}
    made = TextPage(title="Che fare a scuola", slug="scuola", summary="In breve.",
                    attachments=[("attachment", {"file": file_of(home, "modulo"), "title": ""})])  # fmt: skip
    raw = [{"type": "section", "value": section[1]}, {"type": "reserved", "value": note}]
    made.body = TextPage.body.field.to_python(raw)
    publish(home.root_page, made, on=-1, by=person("coordinator"))
    file_of(home, "altro")
    Space.objects.filter(code="SP-MINORI").update(opens_to_outsiders=True)
    return TextPage.objects.get(pk=made.pk)


def given(page: Page, person: Any, days: int = 10, **more: Any) -> tuple[OutsiderLink, str]:
    more = {"until": timezone.localdate() + timedelta(days=days), "reason": "Prova", "asked_as": uuid4(), **more}
    link, token = outsiders.give(page, space("SP-MINORI"), "Scuola di Montale", by=person("coordinator"), **more)
    return link, f"/esterni/{token}/"


def nothing() -> bytes:
    answer = Client().get("/esterni/mai-dato/")
    assert answer.status_code == 404
    return answer.content


def test_outsider_reads_the_page_and_its_file_and_nothing_beyond(page: Any, person: Any) -> None:
    link, address = given(page, person)
    answer = Client().get(address)
    shown = body(answer)
    assert answer.status_code == 200 and "Per la scuola" in shown and "Scuola di Montale" in shown
    assert answer["Cache-Control"] == "no-store" and "noindex" in answer["X-Robots-Tag"]
    assert "Segreto" not in shown and 'role="search"' not in shown and "<nav" not in shown
    links = re.findall(r'href="([^"]+)"', shown)
    file = Document.objects.get(title="modulo")
    assert {each for each in links if not each.startswith(("/static/", "#"))} == {f"{address}file/{file.pk}/"}
    assert b"".join(Client().get(f"{address}file/{file.pk}/").streaming_content) == b"testo"
    beyond = [f"{address}file/{Document.objects.get(title='altro').pk}/", f"{address}immagini/niente.png"]
    assert {Client().get(each).content for each in beyond} == {nothing()}
    assert {Client().get(each).status_code for each in (file.url, page.url)} <= {302, 404}  # to the login
    assert list(OutsiderVisit.objects.values_list("link", "what")) == [(link.pk, "modulo"), (link.pk, "")]


def test_what_is_over_taken_back_withdrawn_moved_or_no_longer_allowed_answers_as_what_never_was(
    page: Any, person: Any
) -> None:
    missing = nothing()
    ends = {
        "over": lambda link: OutsiderLink.objects.filter(pk=link.pk).update(expires_at=timezone.now()),
        "taken back": lambda link: outsiders.revoke(link, by=person("coordinator")),
        "not allowed": lambda link: outsiders.allow(link.space, False, by=person("coordinator")),
        "allowed": lambda link: outsiders.allow(link.space, True, by=person("coordinator")),
        "moved": lambda link: page.move(space("SP-COORD").root_page, pos="last-child"),
    }
    for name, end in ends.items():
        link, address = given(page, person)
        assert Client().get(address).status_code == (404 if name == "allowed" else 200), name
        end(link)
        if name == "allowed":
            assert Client().get(address).status_code == 200
            continue
        assert Client().get(address).content == missing, name
        page = TextPage.objects.get(pk=page.pk)


def test_only_who_answers_for_a_space_that_allows_it_gives_a_link_and_reads_it_once(page: Any, as_: Any) -> None:
    assert [as_(name).post(ADDRESS).status_code for name in ("worker_minors", "worker", "anonymous")] == [403, 404, 302]
    manager, until = as_("coordinator"), timezone.localdate() + timedelta(days=9)
    said = {"esterno-page": page.pk, "esterno-named": "Il sindaco", "esterno-until": f"{until:%d/%m/%Y}",
            "esterno-reason": "Lo ha chiesto", "esterno-asked_as": str(uuid4())}  # fmt: skip
    answer = body(manager.post(ADDRESS, said))
    [address] = re.findall(r'value="[^"]*(/esterni/[^"]+)"', answer)
    link = OutsiderLink.objects.get()
    assert Client().get(address).status_code == 200
    assert address.split("/")[2] not in body(manager.get(ADDRESS)) and address.split("/")[2] != link.token_hash
    assert "Adesso se ne apre uno." in body(manager.get("/spazi/minori/condivisione/"))
    assert "Il sindaco" in body(manager.get(ADDRESS)) and "aperto una volta" in body(manager.get(ADDRESS))
    assert "a un esterno, Il sindaco" in body(manager.get("/spazi/minori/condivisione/"))
    manager.post(ADDRESS, said)  # pressed twice
    assert OutsiderLink.objects.count() == 1
    assert as_("worker_minors").post(f"{ADDRESS}{link.pk}/").status_code == 403
    assert "non apre più niente" in body(manager.post(f"{ADDRESS}{link.pk}/", follow=True))
    assert Client().get(address).status_code == 404 and "chiuso" in body(manager.get(ADDRESS))
    late = {**said, "esterno-asked_as": str(uuid4()), "esterno-until": f"{until + timedelta(days=200):%d/%m/%Y}"}
    assert "Al massimo per 90 giorni" in body(manager.post(ADDRESS, late))
    manager.post(f"{ADDRESS}permetti/", {"togli": "1"})
    manager.post(ADDRESS, {**said, "esterno-asked_as": str(uuid4())})
    assert OutsiderLink.objects.count() == 1
    assert Activity.objects.filter(verb=Verb.UNSHARED, space__code="SP-MINORI").exists()


@pytest.mark.parametrize(("days", "made"), [(-1, 0), (0, 1), (90, 1), (91, 0)])
def test_a_link_lasts_from_today_to_ninety_days(days: int, made: int, page: Any, as_: Any) -> None:
    until = timezone.localdate() + timedelta(days=days)
    said = {"esterno-page": page.pk, "esterno-named": "Il sindaco", "esterno-until": f"{until:%d/%m/%Y}",
            "esterno-reason": "Lo ha chiesto", "esterno-asked_as": str(uuid4())}  # fmt: skip
    as_("coordinator").post(ADDRESS, said)
    assert OutsiderLink.objects.count() == made


def test_the_edition_of_a_page_without_editions_is_not_given_and_the_form_says_why(page: Any, as_: Any) -> None:
    said = {"esterno-page": page.pk, "esterno-named": "Il sindaco", "esterno-reason": "Lo ha chiesto",
            "esterno-until": f"{timezone.localdate():%d/%m/%Y}", "esterno-asked_as": str(uuid4())}  # fmt: skip
    refused = body(as_("coordinator").post(ADDRESS, said | {"esterno-fixed": "on"}))
    assert "Questa pagina non ha edizioni: togli la spunta." in refused and 'value="Il sindaco"' in refused
    assert not OutsiderLink.objects.exists()
    as_("coordinator").post(ADDRESS, said)
    assert OutsiderLink.objects.get().version == ""


def test_a_page_of_another_space_is_not_given(page: Any, as_: Any) -> None:
    other = Page.objects.get(slug="consultorio")
    said = {"esterno-page": other.pk, "esterno-named": "A", "esterno-reason": "B", "esterno-asked_as": str(uuid4()),
            "esterno-until": f"{timezone.localdate():%d/%m/%Y}"}  # fmt: skip
    as_("coordinator").post(ADDRESS, said)
    assert not OutsiderLink.objects.exists()


def test_a_link_to_an_edition_stays_with_it(page: Any, person: Any) -> None:
    coordinator = person("coordinator")
    day = timezone.localdate() - timedelta(days=2)
    rule = ProtocolPage(title="Regola", slug="regola", version="1.0", valid_from=day,
                        body=body_of([{"heading": "Uno", "text": "Testo di prima."}]))  # fmt: skip
    publish(space("SP-MINORI").root_page, rule, on=-2, by=coordinator)
    assert outsiders.edition_now(Page.objects.get(pk=rule.pk)) == "1.0"
    _link, fixed = given(rule, person, version="1.0")
    _link, following = given(rule, person)
    rule = ProtocolPage.objects.get(pk=rule.pk)
    rule.version, rule.valid_from, rule.change_note = "2.0", timezone.localdate(), "Cambia."
    rule.body = body_of([{"heading": "Uno", "text": "Testo di adesso."}])
    rule.save_revision(user=coordinator).publish(user=None)
    shown = body(Client().get(fixed))
    assert not [each for each in ("PDF da stampare", "Vai alla", "Che cosa è cambiato") if each in shown]  # all beyond
    assert "Protocollo, versione 1.0" in shown  # which has no code
    assert "Testo di prima." in body(Client().get(fixed)) and "Testo di adesso." not in body(Client().get(fixed))
    assert "Testo di adesso." in body(Client().get(following)) and "1.0" not in body(Client().get(following))


def test_an_outsider_is_nobody_else_anywhere(page: Any) -> None:
    reader = access.Outsider(page)
    assert list(access.allowed(Page.objects.filter(depth__gte=access.SPACE_DEPTH), reader)) == [page.page_ptr]
    assert not access.allowed(Space.objects.all(), reader).exists()
    assert list(access.allowed(Document.objects.all(), reader)) == [Document.objects.get(title="modulo")]
    assert not access.can(reader, "view", Page.objects.get(slug="altra")) and not access.can(reader, "edit", page)
    assert not access.can(reader, "view", space("SP-PUBBLICO").root_page)


def test_whoever_tries_many_links_is_stopped_for_a_while(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"outsider": "120/m/ip", "outsider_missed": "20/m/ip"}
    client = Client(REMOTE_ADDR="203.0.113.7")
    answers = [client.get(f"/esterni/prova-{number}/").status_code for number in range(25)]
    assert answers[0] == 404 and answers[-1] == 429


def test_no_button_and_no_other_view_stays_that_leads_nowhere(person: Any) -> None:
    Space.objects.update(opens_to_outsiders=True)
    for code, said, gone in (
        ("op-02", "I passi", ("Un passo alla volta", "Il disegno, con le corsie", "tascabile")),
        ("pr-01", "In breve", ("Come è negli altri enti", "recepito")),
        ("md-02", "Si compila sul tuo computer", ("Scarica il PDF da compilare", "Scarica l’ODT")),
    ):
        page = Page.objects.get(slug=code).specific
        more = {"until": timezone.localdate() + timedelta(days=3), "reason": "Prova", "asked_as": uuid4()}
        _link, token = outsiders.give(page, access.space_of(page), "Scuola", by=person("coordinator"), **more)
        shown = body(Client().get(f"/esterni/{token}/"))
        assert said in shown and not [each for each in gone if each in shown], code


def test_whoever_gave_a_link_reads_that_a_withdrawn_page_opens_no_more(as_: Any, page: TextPage, person: Any) -> None:
    given(page, person)
    assert "non apre niente" not in body(as_("coordinator").get(ADDRESS))
    page.unpublish()
    assert "non apre niente</span>: la pagina è ritirata" in body(as_("coordinator").get(ADDRESS))
