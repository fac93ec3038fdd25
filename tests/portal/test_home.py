"""The desk: what one has said to have seen is not told again; what one was doing is there to resume."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.models import Activity, Space, User
from portal.models.append_only import as_maintenance
from portal.models.pages import TextPage
from portal.models.spaces import Visibility
from portal.notices import digests
from portal.pages import withdrawing
from tests.shown import body

pytestmark = pytest.mark.django_db


# --- Seen ------------------------------------------------------------------------------------------------


def test_news_that_one_has_seen_leave_home_page_and_digest_and_stay_in_the_list(as_: Any, person: Any) -> None:
    client, title = as_("worker"), "OP-06 Attivare l’assistenza domiciliare e i pasti"
    assert title in body(client.get("/"))
    assert digests.preview(person("worker")).changes
    assert client.post("/novita/viste/", {"fino": int(timezone.now().timestamp()) + 1}).status_code == 302
    assert title not in body(client.get("/"))
    assert digests.preview(person("worker")).changes == []
    assert title in body(client.get("/novita/"))
    assert title in body(as_("newcomer").get("/"))  # who has seen it is only the worker


def test_what_changed_after_the_page_was_read_is_not_taken_for_seen(as_: Any, person: Any) -> None:
    read_at = timezone.now() - timedelta(minutes=5)
    page = demo.publish(
        demo.space("SP-RETE").root_page, TextPage(title="Appena uscita"), on=0, by=person("coordinator")
    )
    with as_maintenance("another moment"):
        Activity._base_manager.filter(page=page.pk).update(at=timezone.now())
    as_("worker").post("/novita/viste/", {"fino": int(read_at.timestamp())})
    assert [change.title for change in digests.preview(person("worker")).changes] == ["Appena uscita"]


@pytest.mark.parametrize("until", ["", "ieri", "-5", "²", "9" * 40])
def test_a_moment_that_is_none_changes_nothing_and_is_explained(until: str, as_: Any, person: Any) -> None:
    response = as_("worker").post("/novita/viste/", {"fino": until}, follow=True)
    assert "Non ho capito fino a quando" in body(response)
    assert person("worker").news_seen_until is None


def test_nobody_can_have_seen_the_future_nor_unsee_the_past(as_: Any, person: Any) -> None:
    client, now = as_("worker"), timezone.now()
    client.post("/novita/viste/", {"fino": int((now + timedelta(days=300)).timestamp())})
    seen = person("worker").news_seen_until
    assert now <= seen <= timezone.now()
    client.post("/novita/viste/", {"fino": int((now - timedelta(days=30)).timestamp())})
    assert person("worker").news_seen_until == seen


# --- Resume ----------------------------------------------------------------------------------------------


def test_the_last_searches_are_offered_again_to_whoever_made_them(as_: Any, person: Any) -> None:
    client = as_("worker")
    for words in ("affido", "pacco alimentare", "affido"):
        client.get("/cerca/", {"q": words})
    shown = body(client.get("/"))
    assert shown.index("/cerca/?q=affido") < shown.index("/cerca/?q=pacco+alimentare")
    assert shown.count("/cerca/?q=affido") == 1
    assert "pacco+alimentare" not in body(as_("newcomer").get("/"))
    client.post("/accesso/logout/")
    client.force_login(person("worker"))
    assert "pacco+alimentare" not in body(client.get("/"))  # they ended with the session


def test_software_that_asks_for_json_leaves_no_last_search(as_: Any) -> None:
    client = as_("worker")
    client.get("/cerca/", {"q": "affido", "format": "json"})
    assert "/cerca/?q=affido" not in body(client.get("/"))


def test_a_page_that_was_withdrawn_is_not_being_written(as_: Any, person: Any) -> None:
    worker = person("worker")
    page = demo.publish(demo.space("SP-MODULI").root_page, TextPage(title="Carta che finisce"), on=-3, by=worker)
    with withdrawing.because("Non serve più."):
        page.unpublish(user=person("coordinator"))
    assert "Carta che finisce" not in body(as_("worker").get("/"))
    draft = Page.objects.get(pk=page.pk).specific
    draft.title = "Carta che ricomincia"
    draft.save_revision(user=worker)
    assert "Carta che ricomincia" in body(as_("worker").get("/"))


def test_a_draft_is_there_to_resume_until_it_is_sent_and_only_for_its_author(as_: Any, person: Any) -> None:
    page = Page.objects.get(slug="md-01").specific
    page.title = "Titolo nuovo della scheda"
    page.save_revision(user=person("worker"))
    assert "Titolo nuovo della scheda" in body(as_("worker").get("/"))
    assert "Titolo nuovo della scheda" not in body(as_("office").get("/"))
    page.get_workflow().start(page, person("worker"))
    assert "la stavi scrivendo" not in body(as_("worker").get("/"))


def test_whoever_no_longer_writes_in_a_space_is_not_shown_the_draft(as_: Any, person: Any) -> None:
    page = Page.objects.get(slug="md-01").specific
    page.responsible = person("office")  # else she might go on correcting it: she answers for it
    page.save()
    page.title = "Titolo nuovo della scheda"
    page.save_revision(user=person("worker"))
    assert "Titolo nuovo della scheda" in body(as_("worker").get("/"))
    demo.space("SP-MODULI").memberships.filter(user=person("worker")).delete()
    assert "Titolo nuovo della scheda" not in body(as_("worker").get("/"))


# --- The first day of a network --------------------------------------------------------------------------


def test_whoever_has_no_name_yet_is_greeted_without_a_comma(client: Any, as_: Any) -> None:
    client.force_login(User.objects.create_superuser("prima@rete.example", "una-frase-lunga-92"))
    assert "<h1>Buongiorno</h1>" in body(client.get("/"))
    assert "<h1>Buongiorno, Elena</h1>" in body(as_("worker").get("/"))


def test_whoever_reads_no_space_is_told_so(client: Any, as_: Any) -> None:
    Space.objects.update(visibility=Visibility.PRIVATE)
    client.force_login(User.objects.create_user("nuova@rete.example", "una-frase-lunga-92"))
    words = "Nessuno spazio è condiviso con te"
    assert words in body(client.get("/spazi/"))
    assert words not in body(as_("worker").get("/spazi/"))


@pytest.mark.parametrize(
    ("is_demo", "server", "said"),
    [
        (True, "", "Nella dimostrazione le mail non partono"),
        (False, "", "manca l’indirizzo del server di posta"),
        (False, "smtp://127.0.0.1:25", "Le mail partono dal server di posta"),
    ],
)
def test_sent_mail_says_whether_mails_leave(is_demo: bool, server: str, said: str, as_: Any, settings: Any) -> None:
    settings.DEMO, settings.EMAIL_URL = is_demo, server
    assert said in body(as_("administrator").get("/posta-inviata/"))


def test_who_has_no_name_yet_is_called_by_the_address(person: Any) -> None:
    nameless = person("newcomer")
    User.objects.filter(pk=nameless.pk).update(first_name="", last_name="")
    client = Client()
    client.force_login(User.objects.get(pk=nameless.pk))
    menu = BeautifulSoup(client.get("/").content, "html.parser").select_one(".topbar details.menu > summary")
    assert menu is not None
    assert menu.get_text() == nameless.email
