"""Two at work on one page: nobody's older text silently takes the place of a newer one, and nothing typed is lost."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from wagtail.models import Page

from portal.pages import concurrent_edits
from tests.typed_pages import create, typed

pytestmark = pytest.mark.django_db
BY_ITSELF = {"accept": "application/json"}


@pytest.fixture
def page(as_: Any) -> Page:
    return create(as_("coordinator"), "SP-RETE", title="Orari")


def opened(client: Any, page: Page) -> str:
    """Somebody opens the page's editor: from which text the form begins."""
    shown = BeautifulSoup(client.get(f"/admin/pages/{page.pk}/edit/").content, "html.parser")
    return str(shown.select_one("#page-edit-form [name=begun_from]")["value"])


def saved(client: Any, page: Page, **changes: Any) -> Any:
    return client.post(f"/admin/pages/{page.pk}/edit/", typed(**changes))


def saves_itself(client: Any, page: Page, **changes: Any) -> Any:
    return client.post(f"/admin/pages/{page.pk}/edit/", typed(**changes), headers=BY_ITSELF)


def title(page: Page) -> str:
    return str(Page.objects.get(pk=page.pk).get_latest_revision_as_object().title)


@pytest.mark.parametrize("button", [{}, {"action-publish": "1", "change_note": "Nuovi."}, {"action-submit": "1"}])
def test_a_button_does_not_go_over_what_another_person_saved_meanwhile(
    button: dict[str, str], page: Page, as_: Any
) -> None:
    mine, other = as_("coordinator"), as_("director")
    begun = opened(mine, page)
    assert saved(other, page, title="Orari di Paolo", begun_from=opened(other, page)).status_code == 302
    refused = saved(mine, page, title="Orari di Chiara", begun_from=begun, **button)
    said = refused.content.decode()
    assert refused.status_code == 200
    assert "Paolo Vannini ha salvato questa pagina alle " in said
    assert 'value="Orari di Chiara"' in said and f'value="{begun}"' in said  # still typed, still of the older text
    newest = Page.objects.get(pk=page.pk).latest_revision
    assert f'data-address="/admin/pages/{page.pk}/revisions/{newest.pk}/view/"' in said
    assert title(page) == "Orari di Paolo"
    assert not Page.objects.get(pk=page.pk).live


def test_what_saves_itself_does_not_go_over_another_persons_text(page: Page, as_: Any) -> None:
    mine, other = as_("coordinator"), as_("director")
    begun = opened(mine, page)
    saves_itself(other, page, title="Orari di Paolo", begun_from=opened(other, page))
    refused = saves_itself(mine, page, title="Orari di Chiara", begun_from=begun)
    answer = refused.json()
    assert (refused.status_code, answer["error_code"]) == (409, "overtaken")
    assert answer["error_message"].startswith("Paolo Vannini ha salvato questa pagina alle ")
    assert title(page) == "Orari di Paolo"


def test_whoever_was_overtaken_keeps_the_own_text_knowing_so_and_the_other_stays_in_the_history(
    page: Page, as_: Any
) -> None:
    mine, other = as_("coordinator"), as_("director")
    begun = opened(mine, page)
    saved(other, page, title="Orari di Paolo", begun_from=opened(other, page))
    said = BeautifulSoup(saved(mine, page, title="Orari di Chiara", begun_from=begun).content, "html.parser")
    over = {"over": said.select_one("#page-edit-form [name=begun_from]")["data-mark"]}
    assert saved(mine, page, title="Orari di Chiara", begun_from=begun, **over).status_code == 302
    assert title(page) == "Orari di Chiara"
    titles = [revision.content["title"] for revision in page.revisions.order_by("pk")]
    assert titles[-2:] == ["Orari di Paolo", "Orari di Chiara"]
    saved(other, page, title="Orari di Paolo, ancora", begun_from=opened(other, page))
    again = saved(mine, page, title="Orari di Chiara", begun_from=begun, **over)  # said of one text, not of any
    assert again.status_code == 200
    assert title(page) == "Orari di Paolo, ancora"


def test_two_windows_of_one_person_are_two(page: Page, as_: Any) -> None:
    client = as_("coordinator")
    first, second = opened(client, page), opened(client, page)
    assert saves_itself(client, page, title="Dalla prima", begun_from=first).status_code == 200
    refused = saves_itself(client, page, title="Dalla seconda", begun_from=second)
    assert refused.json()["error_message"].startswith("Hai salvato questa pagina da un’altra finestra alle ")
    assert "da un’altra finestra" in saved(client, page, title="Dalla seconda", begun_from=second).content.decode()
    assert title(page) == "Dalla prima"


def test_one_window_goes_on_from_save_to_save(page: Page, as_: Any) -> None:
    client = as_("coordinator")
    begun, revision = opened(client, page), ""
    for number in (1, 2, 3):
        answer = saves_itself(
            client, page, title=f"Volta {number}", begun_from=begun, overwrite_revision_id=revision,
            loaded_revision_id=str(page.latest_revision_id),
        )  # fmt: skip
        assert answer.status_code == 200, answer.content.decode()
        begun, revision = answer.json()["field_updates"]["begun_from"], str(answer.json()["revision_id"])
    assert saved(client, page, title="Fine", begun_from=begun).status_code == 302
    assert title(page) == "Fine"


def test_a_new_page_that_saved_itself_goes_on_too(as_: Any, page: Page) -> None:
    client, root = as_("coordinator"), page.get_parent()
    answer = client.post(f"/admin/pages/add/portal/textpage/{root.pk}/", typed(title="Nuova"), headers=BY_ITSELF)
    made, begun = Page.objects.get(pk=answer.json()["pk"]), answer.json()["field_updates"]["begun_from"]
    assert saves_itself(client, made, title="Nuova, oltre", begun_from=begun).status_code == 200
    assert saves_itself(client, made, title="Nuova, indietro", begun_from=begun).status_code == 409


def test_own_text_that_was_published_meanwhile_is_no_other_text(page: Page, as_: Any) -> None:
    client = as_("coordinator")
    answer = saves_itself(client, page, title="Mia", change_note="Nuova.", begun_from=opened(client, page)).json()
    Page.objects.get(pk=page.pk).get_latest_revision().publish()
    after = {"begun_from": answer["field_updates"]["begun_from"], "overwrite_revision_id": str(answer["revision_id"])}
    assert saves_itself(client, page, title="Mia, oltre", **after).status_code == 200
    assert Page.objects.get(pk=page.pk).title == "Mia"  # the published text was not written over


def test_of_two_who_press_at_once_the_second_is_refused(page: Page, as_: Any, monkeypatch: Any) -> None:
    """Between the question and the save another one is saved: the save itself asks again."""
    client, begun, check = as_("coordinator"), opened(as_("coordinator"), page), concurrent_edits.check

    def overtaken_just_after(row: Page, *args: Any) -> None:
        check(row, *args)
        assert row.latest_revision  # read now, as the form does
        Page.objects.get(pk=row.pk).specific.save_revision(clean=False)

    monkeypatch.setattr(concurrent_edits, "check", overtaken_just_after)
    answer = saved(client, page, title="Mia", begun_from=begun)
    monkeypatch.undo()
    assert answer.status_code == 200
    assert 'value="Mia"' in answer.content.decode()
    assert title(page) == "Orari"


def test_two_at_one_page_read_each_others_name_and_what_the_other_does(page: Page, as_: Any) -> None:
    mine, other = as_("coordinator"), as_("director")
    here, there = at_work(mine, page), at_work(other, page)
    assert "Paolo Vannini l’ha aperta" in beside(mine, here)
    beside(mine, here, is_editing="1")
    assert "Chiara Bonacchi sta scrivendo" in beside(other, there)
    assert saved(mine, page, title="Orari di Chiara", begun_from=opened(mine, page)).status_code == 302
    assert "Chiara Bonacchi l’ha salvata" in beside(other, there)


def at_work(client: Any, page: Page) -> tuple[str, dict[str, str]]:
    """Where an open editor asks who else is there, and what it sends."""
    shown = BeautifulSoup(client.get(f"/admin/pages/{page.pk}/edit/").content, "html.parser")
    form = shown.select_one("form.w-editing-sessions")
    assert form is not None
    fields = form.select("input[type=hidden]:not([name=csrfmiddlewaretoken])")
    return str(form["data-w-swap-src-value"]), {str(each["name"]): str(each["value"]) for each in fields}


def beside(client: Any, editor: tuple[str, dict[str, str]], **said: str) -> str:
    """What it says after the next ten seconds of the others."""
    address, sent = editor
    [shown] = BeautifulSoup(client.post(address, sent | said).json()["html"], "html.parser").select("ol")
    return " ".join(shown.get_text().split())
