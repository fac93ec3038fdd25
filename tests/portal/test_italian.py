"""The editors' admin says what is so, in one Italian."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils.translation import gettext, ngettext
from wagtail.models import Page

from portal import demo
from portal.models import Space
from portal.pages.blocks import PictureBlock
from portal.spaces import shares

# Words that no Italian sentence holds, and phrases of Wagtail's that are wrong, or say what is not so.
ENGLISH = re.compile(
    r"\b(the|of|your|this|that|are|has|have|been|with|is|was|from|will|page|pages|please|cannot|choose|view|draft|"
    r"published|scheduled|unpublish|live|version|workflow|task|locked|user|users|search|None|slug|privacy|root|"
    r"anyone|maximum|filesize|network error|snippet|schedula\w*)\b",
    re.IGNORECASE,
)
WRONG = re.compile(
    r"(?i:\bquesto pagina|\bquesto (persona|procedura|riunione|notizia|lezione)|e' permesso|tuttle|dastiera|"
    r"\bfiglio\b|\bfigli[ae]\b|\bpadre\b|\bgenitore\b|visibile a tutti|chiunque può visualizzare|visibile al pubblico|"
    r"invia a pubblicazione|flusso di lavoro|flussi di lavoro|moderazione|revisiona questa|vai live|"
    r"pagine che usano|ordine del menu|breadcrumb|azioni massive)|"
    r"^Si, |^Alias$|[a-z]non può|guide\.wagtail\.org"
)
# Addresses that write, or that hold no words of ours; a title may hold any word.
SKIPPED = re.compile(
    r"logout|jsi18n|sprite|export|/api/|editing-sessions|/lock/|/unlock/|view_draft|\.(js|css)|/preview/"
)
TITLES = re.compile(r"Africa/|America/|\bCarta\b")


def sentences(html: str) -> Iterator[str]:
    """What a person reads or hears of a page."""
    soup = BeautifulSoup(html, "html.parser")
    for hidden in [*soup(["script", "style", "code", "kbd", "option"]), *soup.find_all(hidden=True)]:
        hidden.extract()
    for tag in soup.find_all(True):
        for name in ("title", "aria-label", "placeholder", "alt"):
            if tag.get(name):
                yield " ".join(str(tag[name]).split())
        if tag.name == "input" and tag.get("type") in {"submit", "button"}:
            yield str(tag.get("value", ""))
    for text in soup.stripped_strings:
        yield " ".join(text.split())


def addresses(html: str) -> list[str]:
    """Where the page leads inside the admin; its menu stands in the page as data."""
    found = re.findall(r'"(/admin/[^"\\#]*)["#]', unescape(html))
    return [each for each in dict.fromkeys(found) if not SKIPPED.search(each)]


def shape(address: str) -> str:
    return re.sub(r"\d+", "N", address.partition("?")[0])


def walked(client: Any) -> dict[str, str]:
    """Every kind of page of the admin that the person can reach by links, once, by its address."""
    todo, seen, found = ["/admin/"], set(), {}
    while todo:
        address = todo.pop(0)
        if shape(address) in seen:
            continue
        seen.add(shape(address))
        answer = client.get(address, HTTP_ACCEPT="text/html")
        if answer.status_code == 302 and answer["Location"].startswith("/admin/"):
            todo.append(answer["Location"])
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            found[address] = answer.content.decode()
            todo += addresses(found[address])
    return found


@pytest.fixture
def own_words(db: None) -> set[str]:
    """Titles of pages: they may hold any word."""
    return {each.get_admin_display_title() for each in Page.objects.specific()}


@pytest.mark.parametrize("who", ["coordinator", "director", "office"])
def test_an_editor_reads_no_english_and_no_wrong_sentence(who: str, as_: Any, own_words: set[str]) -> None:
    client = as_(who)
    client.raise_request_exception = False
    pages = walked(client)
    assert len(pages) > 30
    wrong = {
        f"{shape(address)}: {said}"
        for address, html in pages.items()
        for said in sentences(html)
        if (ENGLISH.search(said) or WRONG.search(said))
        and len(said) < 300
        and said not in own_words
        and not TITLES.search(said)
    }
    assert not wrong, "\n".join(sorted(wrong))


def panel(client: Any, slug: str) -> str:
    """What the side panel of the editor says about the readers of a page."""
    html = client.get(f"/admin/pages/{Page.objects.get(slug=slug).pk}/edit/").content.decode()
    said = BeautifulSoup(html, "html.parser").find("section", {"aria-labelledby": re.compile("-leggono|-leggeranno")})
    return " ".join(said.get_text(" ").split()) if said else ""


def test_the_panel_says_who_reads_a_page_in_each_space(as_: Any, person: Any) -> None:
    rete, terzo = demo.space("SP-RETE"), demo.space("SP-TERZO")
    director = as_("coordinator")
    page = rete.root_page.get_children().live().first()
    said = panel(director, page.slug)
    bodies = rete.memberships.current().filter(group__organisation__isnull=False).count()
    people = rete.memberships.current().filter(user__isnull=False).count()
    assert said.startswith("La leggono")
    assert f"{bodies} enti e {people} person" in said
    assert rete.name in said
    assert terzo.name not in said
    shares.share_page(page, terzo, by=person("coordinator"), reason="Serve")
    shared = panel(director, page.slug)
    assert terzo.name in shared
    assert shared != said
    public = Space.objects.get(visibility="pubblico").root_page.get_children().live().first()
    assert "Chiunque, anche senza accesso" in panel(as_("administrator"), public.slug)


def test_the_panel_names_no_space_that_the_editor_may_not_read(as_: Any, person: Any) -> None:
    closed = demo.space("SP-COORD")
    shares.share_page(Page.objects.get(slug="r-03"), demo.space("SP-MODULI"), by=person("coordinator"), reason="Serve")
    page = demo.space("SP-MODULI").root_page.get_children().live().first()
    shares.share_page(page, closed, by=person("coordinator"), reason="Serve")
    assert closed.name in panel(as_("coordinator"), page.slug)
    assert "La leggono" in panel(as_("worker"), page.slug)
    assert closed.name not in panel(as_("worker"), page.slug)


def test_a_page_being_written_says_who_will_read_it(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    html = as_("coordinator").get(f"/admin/pages/add/portal/textpage/{root.pk}/").content.decode()
    assert "Quando sarà pubblicata la leggeranno" in html
    assert demo.space("SP-RETE").name in html
    assert "Cambia privacy" not in html


def test_moving_a_page_tells_how_many_stop_and_how_many_start_to_read_it(as_: Any) -> None:
    page, closed = Page.objects.get(slug="pr-02"), demo.space("SP-COORD").root_page
    near = page.get_siblings().exclude(pk=page.pk).first()
    away = as_("coordinator").get(f"/admin/pages/{page.pk}/move/{closed.pk}/confirm/").content.decode()
    assert re.search(r"\d+ persone smettono di leggerla", away)
    assert "Le condivisioni della pagina finiscono" in away
    here = as_("coordinator").get(f"/admin/pages/{page.pk}/move/{page.get_parent().pk}/confirm/").content.decode()
    assert near is not None
    assert "la leggono le stesse persone" in here
    assert "smett" not in here


def test_withdrawing_says_what_happens_to_those_who_read(as_: Any) -> None:
    page = Page.objects.get(slug="pr-02")
    said = as_("coordinator").get(f"/admin/pages/{page.pk}/unpublish/").content.decode()
    assert demo.space("SP-INTEGRA").name in said
    assert "chi apre il suo indirizzo legge che è stata ritirata" in said


def test_each_kind_of_page_is_explained_in_a_line_where_it_is_chosen(as_: Any) -> None:
    html = as_("coordinator").get(f"/admin/pages/{demo.space('SP-RETE').root_page.pk}/add_subpage/").content.decode()
    kinds = BeautifulSoup(html, "html.parser").select(".kinds > li")
    assert len(kinds) > 5
    assert [kind.a.get_text() for kind in kinds if not (kind.p and kind.p.get_text().endswith("."))] == []


def test_the_guide_is_inside_the_portal_and_for_editors(as_: Any) -> None:
    for who in ("office", "coordinator"):
        home = as_(who).get("/admin/").content.decode()
        assert "/admin/come-si-scrive/" in home
        assert "guide.wagtail.org" not in home
    guide = as_("office").get("/admin/come-si-scrive/").content.decode()
    assert "Scheda di un servizio" in guide or "La scheda di un servizio" in guide
    assert as_("trainee").get("/admin/come-si-scrive/").status_code in {302, 404}


def test_our_words_stand_before_those_of_wagtail() -> None:
    assert gettext("Submit to %(workflow_name)s") == "Chiedi l’approvazione"
    assert ngettext("%(num_child_objects)d child page", "%(num_child_objects)d child pages", 2).endswith("pagine")


def test_the_scripts_of_the_admin_speak_our_words(as_: Any) -> None:
    said = as_("coordinator").get("/admin/jsi18n/").content.decode().encode().decode("unicode_escape", "ignore")
    assert "Il portale non risponde." in said


def test_the_page_above_all_spaces_and_the_file_of_a_picture_have_italian_names(as_: Any) -> None:
    assert Page.objects.get(depth=1).title == "Tutto il portale"
    assert str(PictureBlock().child_blocks["picture"].child_blocks["image"].label) == "File"
    found = as_("administrator").get("/admin/pages/search/?q=rete").content.decode()
    assert ">Root<" not in re.sub(r">\s+|\s+<", lambda edge: edge.group().strip(), found)


def test_a_sign_in_a_list_says_yes_and_no(as_: Any, person: Any) -> None:
    left = person("partner")
    left.is_active = False
    left.save()
    html = as_("administrator").get("/admin/users/").content
    said = [cell.get_text(strip=True) for cell in BeautifulSoup(html, "html.parser").select("td.status")]
    assert set(said) == {"sì", "no"}
