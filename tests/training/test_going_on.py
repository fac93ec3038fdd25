"""Training goes on: from lesson to lesson, from module to module, to the end of the path; and says nothing hidden."""

from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from portal import demo
from portal.spaces import shares
from tests.shown import body
from training import progress
from training.models import LessonDone, LessonPage, ModulePage, PathPage

pytestmark = pytest.mark.django_db


def lessons_of(code: str) -> list[LessonPage]:
    return list(LessonPage.objects.descendant_of(ModulePage.objects.get(code=code)).order_by("path"))


def do(person: Any, *codes: str) -> None:
    LessonDone.objects.filter(user=person).delete()
    for code in codes:
        for lesson in lessons_of(code):
            LessonDone.objects.create(user=person, lesson=lesson)


def test_after_the_last_lesson_of_a_module_the_next_module_is_offered(as_: Any, person: Any) -> None:
    do(person("newcomer"), "M1")
    last = lessons_of("M2")[-1]
    for lesson in lessons_of("M2")[:-1]:
        LessonDone.objects.create(user=person("newcomer"), lesson=lesson)
    shown = body(as_("newcomer").post(f"/formazione/lezioni/{last.pk}/fatta/", follow=True))
    assert "Hai fatto tutte le lezioni di questo modulo." in shown
    assert 'href="/p/M3/">Vai al modulo M3' in shown
    assert "Settimana di accoglienza" in shown.split("<main")[0]  # the trail


def test_a_module_left_out_is_offered_after_the_last_one(as_: Any, person: Any) -> None:
    do(person("newcomer"), "M1", "M3", "M4", "M5", "M6")
    assert 'href="/p/M2/">Vai al modulo M2' in body(as_("newcomer").get("/p/M6/"))


def test_after_the_last_module_the_path_is_done(as_: Any, person: Any) -> None:
    do(person("newcomer"), "M1", "M2", "M3", "M4", "M5", "M6")
    client = as_("newcomer")
    assert "Hai finito il percorso «Settimana di accoglienza»" in body(client.get("/p/M6/"))
    assert "Hai finito il percorso." in body(client.get(PathPage.objects.get().url))
    assert "Settimana di accoglienza" not in body(client.get("/")).split("<main")[1].split("</main")[0]


def test_a_done_lesson_leads_on_without_being_asked_again(as_: Any) -> None:
    first, second = lessons_of("M1")[:2]
    client = as_("trainee")
    shown = body(client.get(first.url))
    assert "Già fatta" in shown
    assert f'<a class="btn btn-primary" href="{second.url}">Continua</a>' in shown
    assert "Segna la lezione come fatta" not in shown
    undone = lessons_of("M2")[-1]
    assert "Segna la lezione come fatta e torna al modulo" in body(client.get(undone.url))


def test_home_says_where_to_go_on_how_long_it_takes_and_whom_to_ask(as_: Any) -> None:
    shown = body(as_("trainee").get("/"))
    module = ModulePage.objects.get(code="M2")
    lesson = lessons_of("M2")[1]
    assert f"M2 {module.title} · lezione 2 di 4 · {lesson.minutes} minuti" in shown
    tutor = module.tutor
    assert f'href="/rubrica/persone/{tutor.pk}/">{tutor}</a>' in shown
    assert f"tel:{tutor.telephone.replace(' ', '')}" in shown


def test_a_lesson_shared_alone_says_nothing_of_its_module_and_leads_nowhere_hidden(as_: Any, person: Any) -> None:
    lesson, sister = lessons_of("M4")[:2]
    shares.share_page(lesson, demo.space("SP-TERZO"), by=person("coordinator"), reason="Serve ai volontari")
    client, module = as_("partner"), ModulePage.objects.get(code="M4")
    shown = body(client.get(lesson.url))
    for hidden in (module.title, sister.title, "Settimana di accoglienza", "Lezione 1"):
        assert hidden not in shown
    answer = client.post(f"/formazione/lezioni/{lesson.pk}/fatta/", follow=True)
    assert answer.status_code == 200
    assert module.title not in body(answer)
    assert module.title in body(as_("trainee").get(lesson.url))


def test_the_list_of_training_asks_as_often_for_many_paths_as_for_one(as_: Any, person: Any) -> None:
    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    client, author = as_("trainee"), person("coordinator")
    few = queries("/formazione/")
    root = demo.space("SP-FORMA").root_page
    for number in range(8):
        path = demo.publish(root, PathPage(title=f"Percorso {number}"), on=0, by=author)
        module = demo.publish(path, ModulePage(title=f"Modulo {number}", tutor=author), on=0, by=author)
        demo.publish(module, LessonPage(title=f"Lezione {number}", text="Testo."), on=0, by=author)
        demo.publish(root, ModulePage(title=f"Modulo solo {number}", tutor=author), on=0, by=author)
    assert queries("/formazione/") == few


def test_a_lesson_that_one_may_not_read_is_not_done(person: Any) -> None:
    lesson = lessons_of("M4")[0]
    with pytest.raises(Http404):
        progress.finish(lesson, by=person("partner"))
    assert not LessonDone.objects.filter(user=person("partner")).exists()


def test_a_lesson_done_twice_keeps_the_first_day(as_: Any, person: Any) -> None:
    do(person("newcomer"))
    lesson, client = lessons_of("M1")[0], as_("newcomer")
    client.post(f"/formazione/lezioni/{lesson.pk}/fatta/")
    first = LessonDone.objects.get(user=person("newcomer"))
    client.post(f"/formazione/lezioni/{lesson.pk}/fatta/")
    assert LessonDone.objects.get(user=person("newcomer")).at == first.at


def test_a_module_outside_every_path_shows_its_own_lessons(as_: Any, person: Any) -> None:
    author = person("coordinator")
    alone = demo.publish(
        demo.space("SP-FORMA").root_page, ModulePage(title="Modulo solo", tutor=author), on=0, by=author
    )
    lesson = demo.publish(alone, LessonPage(title="Una lezione", text="Testo.", minutes=10), on=0, by=author)
    shown = body(as_("trainee").get(alone.url))
    assert "0 di 1 lezioni" in shown
    assert f'href="{lesson.url}"' in shown
    assert "percorso" not in shown.split("<main")[1].split("</main")[0]


def test_a_draft_stands_after_the_lessons_that_are_out(as_: Any, person: Any) -> None:
    module = ModulePage.objects.get(code="M2")
    draft = LessonPage(
        title="Una lezione in più",
        slug="in-piu",
        text="Testo.",
        change_note="Prova",
        live=False,
        owner=person("coordinator"),
    )
    module.add_child(instance=draft)
    draft.save_revision(user=person("coordinator"))
    assert "Lezione 5 di 5" in body(as_("coordinator").get(f"/admin/pages/{draft.pk}/view_draft/"))


def test_home_offers_a_path_to_those_who_learn_and_to_those_who_have_begun(as_: Any, person: Any) -> None:
    def offered(name: str) -> tuple[bool, ...]:
        shown = body(as_(name).get("/")).split("<main")[1].split("</main")[0]
        return "Settimana di accoglienza" in shown, ">Comincia<" in shown, ">Continua<" in shown

    do(person("trainee"))
    do(person("worker"))
    assert offered("trainee") == (True, True, False)
    assert offered("worker") == (False, False, False)
    do(person("trainee"), "M1")
    do(person("worker"), "M1")
    assert offered("trainee") == (True, False, True)
    assert offered("worker")[0]
