"""«Perché esiste»: from a norm to a form and back, as far as each reader may see; what hangs in the air is listed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page

from coordination.models import Norm, Objective, Project, Reason, ServicePage
from portal import demo
from portal.models import Space, User
from portal.models.pages import NewsPage
from portal.words import dates
from protocols import links, why
from protocols.models import FormPage, ProcedurePage, ProtocolPage, RuleLink
from tests.test_query_counts import steps

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]


def box(response: Any) -> str:
    found = BeautifulSoup(response.content, "html.parser").select(
        "[aria-labelledby=perche-esiste], [aria-labelledby=che-ne-discende]"
    )
    return " ".join(" ".join(section.get_text() for section in found).split())


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def test_a_form_leads_up_to_its_procedure_protocol_norm_and_objective_and_a_protocol_down_to_all(as_: Given) -> None:
    client = as_("worker")
    procedure = ProcedurePage.objects.get(code="OP-03")
    up, down = box(client.get("/p/MD-03/")).split("Che cosa ne discende")[0], box(client.get("/p/PR-03/"))
    for words in ("L.R. Toscana 66/2008 · vigente", "OB-03 Decidere insieme", "PR-03 ", f"OP-03 {procedure.title}"):
        assert words in up, words
    assert "Perché esiste Norme D.lgs. 29/2024, art. 27 · vigente" in down
    for words in (f"OP-03 {procedure.title}", "MD-03 "):
        assert words in down.split("Che cosa ne discende")[1], words
    link = RuleLink.objects.filter(above=procedure.pk).exclude(below__slug="md-03").first()
    assert link is not None and procedure.title in box(client.get(ServicePage.objects.get(pk=link.below_id).url))


def test_a_project_stands_between_the_objectives_that_it_pursues_and_the_pages_that_come_of_it(as_: Given) -> None:
    client, objective = as_("coordinator"), Objective.objects.get(code="OB-05")
    said = {"code": "PG-90", "title": "Pronto intervento", "objectives": [objective.pk]}
    assert "in corso" in text(client.post("/norme/progetti/nuovo/", said, follow=True))
    project, page = Project.objects.get(code="PG-90"), ProtocolPage.objects.get(code="PR-08")
    for same in ("PG-90", " pg-90"):
        assert "già di un altro progetto" in text(client.post("/norme/progetti/nuovo/", {**said, "code": same}))
    assert "PG-90 Pronto intervento" in text(client.get("/norme/orfani/"))
    client.post(f"/pagine/{page.pk}/ragioni/", {"project": project.pk})
    assert "PG-90 Pronto intervento" in box(as_("worker").get("/p/PR-08/"))
    assert "PG-90 Pronto intervento" in text(as_("worker").get(f"/norme/obiettivi/{objective.pk}/"))
    shown = text(as_("worker").get(f"/norme/progetti/{project.pk}/"))
    assert "OB-05 " in shown and page.title in shown
    client.post(f"/norme/progetti/{project.pk}/cambia/", {**said, "until": "01/02/2026"})
    assert "chiuso il 1° febbraio 2026" in text(as_("worker").get(f"/norme/progetti/{project.pk}/"))
    assert as_("director").post(f"/norme/progetti/{project.pk}/cambia/", said).status_code == 404


def test_a_hidden_page_is_not_named_and_leads_no_farther(as_: Given, person: Given) -> None:
    hidden = ProtocolPage(title="Regola coperta", code="PR-91", valid_from=timezone.localdate())
    demo.publish(demo.space("SP-MINORI").root_page, hidden, on=0, by=person("coordinator"))
    Reason.objects.create(page=hidden.page_ptr, norm=Norm.objects.create(citation="L. 9/1999", title="Coperta"))
    step = {"title": "Comincia", "text": "Si comincia.", "who": "Chi accoglie", "form": "MD-01", "rule": "PR-91"}
    open_one = ProcedurePage(
        title="Procedura aperta", code="OP-91", valid_from=timezone.localdate(), protocols="PR-91",
        steps=[("step", step)],
    )  # fmt: skip
    demo.publish(demo.space("SP-RETE").root_page, open_one, on=0, by=person("coordinator"))
    for name, sees in (("worker_minors", True), ("worker", False)):
        for address in ("/p/OP-91/", "/p/MD-01/"):
            shown = box(as_(name).get(address))
            assert ("Regola coperta" in shown, "L. 9/1999" in shown) == (sees, sees), (name, address)
        assert "Procedura aperta" in box(as_(name).get("/p/MD-01/")), name
        assert ("Regola coperta" in text(as_(name).get(f"/norme/{Norm.objects.get(citation='L. 9/1999').pk}/"))) == sees


def test_links_follow_what_is_published_last_and_a_code_that_comes_later(
    person: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = {"title": "Comincia", "text": "Si comincia.", "who": "Chi accoglie", "form": "MD-91"}
    page = ProcedurePage(title="Procedura", code="OP-91", valid_from=timezone.localdate(), steps=[("step", step)])
    root, by = demo.space("SP-RETE").root_page, person("coordinator")
    demo.publish(root, page, on=0, by=by)
    assert not RuleLink.objects.filter(said_by=page.pk).exists()
    form = FormPage(title="Foglio", code="MD-91", valid_from=timezone.localdate(),
                    document=FormPage.objects.get(code="MD-01").document)  # fmt: skip
    demo.publish(root, form, on=0, by=by)
    assert [row.below_id for row in RuleLink.objects.filter(said_by=page.pk)] == [form.pk]
    page = ProcedurePage.objects.get(pk=page.pk)
    page.steps, page.version, page.change_note = [("step", {**step, "form": "MD-01"})], "1.1", "Altro modulo."
    page.valid_from = timezone.localdate() + timedelta(days=3)
    draft = page.save_revision()
    assert [row.below_id for row in RuleLink.objects.filter(said_by=page.pk)] == [form.pk]  # a draft changes nothing
    monkeypatch.setattr(timezone, "now", lambda: dates.midnight(page.valid_from))
    draft.publish()
    assert [row.below.slug for row in RuleLink.objects.filter(said_by=page.pk)] == ["md-01"]


def dates_to_come() -> date:
    return timezone.localdate() + timedelta(days=40)


def test_coordinators_keep_norms_and_say_what_holds_no_more(as_: Given) -> None:
    client = as_("coordinator")
    wrong = client.post("/norme/nuova/", {"citation": "L. 1/1901", "title": "Vecchia legge", "state": "abrogata"})
    assert "Scrivi da quale giorno" in text(wrong) and "Vecchia legge" in wrong.content.decode()
    said = {"citation": "L. 1/1901", "title": "Vecchia legge", "state": "abrogata", "since": "01/02/2020",
            "successor": Norm.objects.get(citation="L. 328/2000").pk}  # fmt: skip
    shown = text(client.post("/norme/nuova/", said, follow=True))
    assert "Abrogata dal 1° febbraio 2020 · al suo posto L. 328/2000" in shown
    row = Norm.objects.get(citation="L. 1/1901")
    for same in ("L. 1/1901", "  l.  1/1901 "):
        assert "Questa norma c’è già" in text(client.post("/norme/nuova/", {**said, "citation": same}))
    other = {**said, "citation": "L. 3/1901", "successor": row.pk, "since": f"{dates_to_come():%d/%m/%Y}"}
    shown = text(client.post("/norme/nuova/", other, follow=True))
    assert f"Vigente , abrogata {dates.in_words(dates_to_come(), article='dal')}" in shown  # until that day
    last = Norm.objects.get(citation="L. 3/1901")
    wrong = text(client.post(f"/norme/{row.pk}/cambia/", {**said, "successor": last.pk}))
    assert "L. 3/1901 ha già questa al suo posto." in wrong
    wrong = text(client.post(f"/norme/{row.pk}/cambia/", {**said, "state": "vigente"}))
    assert "Una norma vigente non ne ha un’altra al suo posto" in wrong
    assert "Vecchia legge" in text(as_("trainee").get(f"/norme/{row.pk}/"))
    assert as_("director").post("/norme/nuova/", {**said, "citation": "L. 2/1901"}).status_code == 404
    assert not Norm.objects.filter(citation="L. 2/1901").exists()


def test_a_reason_is_added_and_taken_away_from_the_page_by_who_approves_there(as_: Given) -> None:
    page, norm = ProcedurePage.objects.get(code="OP-03"), Norm.objects.get(citation="L. 119/2001")
    address = f"/pagine/{page.pk}/ragioni/"
    client = as_("health_manager")
    objective = Objective.objects.get(code="OB-01").pk
    for wrong in ({"article": ""}, {"norm": norm.pk, "objective": objective}):
        shown = text(client.post(address, wrong))
        assert "Scegli una norma, oppure un obiettivo, oppure un progetto." in shown and "vincolo" not in shown
    shown = client.post(address, {"objective": objective, "article": "art. 1"}).content.decode()
    assert "L’articolo è di una norma" in shown and 'value="art. 1"' in shown
    client.post(address, {"norm": norm.pk, "article": "art. 1"})
    assert "L. 119/2001, art. 1 · vigente" in box(as_("worker").get("/p/OP-03/"))
    assert "C’è già." in text(client.post(address, {"norm": norm.pk, "article": "art. 1"}))
    assert as_("worker").post(address, {"norm": norm.pk}).status_code == 403
    assert as_("partner").get(address).status_code == 404
    row = Reason.objects.get(page=page.pk, norm=norm)
    assert as_("worker").post(f"{address}{row.pk}/togli/").status_code == 403
    client.post(f"{address}{row.pk}/togli/")
    assert "Su questa pagina non c’è più." in text(client.post(f"{address}{row.pk}/togli/", follow=True))
    assert "L. 119/2001, art. 1 " not in box(as_("worker").get("/p/OP-03/"))
    news = NewsPage.objects.live().first()
    assert (
        as_("coordinator").get(f"/pagine/{news.pk}/ragioni/").status_code == 404
    )  # a news does not say why it is there


def test_nobody_but_administrators_gives_reasons_in_a_closed_space(as_: Given) -> None:
    page, norm = ProtocolPage.objects.get(code="PR-01"), Norm.objects.get(citation="L. 119/2001")
    Space.objects.filter(code="SP-RETE").update(closed_at=timezone.now())
    for name, answer in (("coordinator", 403), ("administrator", 302)):
        assert as_(name).post(f"/pagine/{page.pk}/ragioni/", {"norm": norm.pk}).status_code == answer, name
        assert ("Cambia norme, obiettivi e progetti" in box(as_(name).get("/p/PR-01/"))) == (answer == 302), name


def test_what_hangs_in_the_air_is_listed_to_coordinators_as_far_as_they_read_it(as_: Given, person: Given) -> None:
    root, by, today = demo.space("SP-RETE").root_page, person("coordinator"), timezone.localdate()
    demo.publish(root, ProcedurePage(title="Procedura sola", code="OP-91", valid_from=today), on=0, by=by)
    demo.publish(root, ProtocolPage(title="Regola senza norma", code="PR-91", valid_from=today), on=0, by=by)
    Objective.objects.create(code="OB-99", title="Senza pagina", plan="Piano")
    shown = text(as_("coordinator").get("/norme/orfani/"))
    for words in ("PR-91 Regola senza norma", "OP-91 Procedura sola", "OB-99 Senza pagina", "OP-05 ",
                  "cita D.P.C.M. 29 novembre 2001"):  # fmt: skip
        assert words in shown, words
    for code in ("OP-03 ", "PR-01 ", "MD-03 "):
        assert code not in shown, code
    assert as_("director").get("/norme/orfani/").status_code == 404


def test_the_box_asks_as_often_for_many_pages_as_for_a_few(person: Given) -> None:
    page, reader = ProtocolPage.objects.get(code="PR-03"), person("worker")

    def asked() -> int:
        who = User.objects.get(pk=reader.pk)
        with CaptureQueriesContext(connection) as queries:
            assert why.of(page, who).below
        return len(queries)

    asked()  # what is cached once per process is not counted
    few = asked()
    form = FormPage.objects.get(code="MD-03")
    for number in range(20):
        copy = ProcedurePage(title=f"Procedura {number}", code=f"OP-{60 + number}", change_note="Prova.")
        demo.space("SP-RETE").root_page.add_child(instance=copy)
        RuleLink.objects.create(said_by=copy.page_ptr, above=page.page_ptr, below=copy.page_ptr)
        RuleLink.objects.create(said_by=copy.page_ptr, above=copy.page_ptr, below=form.page_ptr)
        Reason.objects.create(page=page.page_ptr, objective=Objective.objects.create(code=f"OX-{number}", title="X"))
    assert asked() == few


def test_of_a_rule_that_many_follow_the_first_are_listed_and_the_others_are_found_by_its_code(as_: Given) -> None:
    page, form = ProtocolPage.objects.get(code="PR-03"), FormPage.objects.get(code="MD-03")
    root = demo.space("SP-RETE").root_page
    for number in range(25):
        copy = ProcedurePage(title=f"Procedura {number}", code=f"OP-{60 + number}", change_note="Prova.")
        root.add_child(instance=copy)
        RuleLink.objects.create(said_by=copy.page_ptr, above=page.page_ptr, below=copy.page_ptr)
        RuleLink.objects.create(said_by=copy.page_ptr, above=copy.page_ptr, below=form.page_ptr)
    for code, left in (("PR-03", 7), ("MD-03", 6)):
        address = f"/p/{code}/"
        found = BeautifulSoup(as_("worker").get(address).content, "html.parser")
        more = found.select(f"a[href='/cerca/?q={code}']")
        assert more, address
        for link in more:
            listed = link.find_parent("ul").select("li")
            assert len(listed) == 21 and "OP-03 " in listed[0].get_text(), address
            assert " ".join(listed[-1].get_text().split()) == f"Altre {left}: cerca «{code}»", address
    assert len(found.select("a[href='/cerca/?q=MD-03']")) == 2  # beside the form, and under «Perché esiste»


def test_the_links_of_a_rule_that_everything_names_are_not_all_read(person: Given) -> None:
    page, pages = ProtocolPage.objects.get(code="PR-03"), list(Page.objects.filter(depth__gt=3)[:60])
    read = []
    for below in (pages[:10], pages):
        RuleLink.objects.bulk_create(
            [RuleLink(said_by=said_by, above=page.page_ptr, below=each) for said_by in pages for each in below],
            ignore_conflicts=True,
        )
        why.of(page, person("worker"))
        with steps() as taken:
            why.of(page, User.objects.get(pk=person("worker").pk))
        read.append(taken())
    assert RuleLink.objects.filter(above=page).count() > 3000
    assert read[1] <= 2 * read[0]


def test_by_night_only_the_links_that_are_another_are_written_and_a_batch_is_asked_about_together(
    person: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 50,000 rules each was written anew, in two minutes, though hardly one had changed."""
    card = ServicePage.objects.first()
    page = ProcedurePage.objects.get(code="OP-03")
    page.steps[0].value["services"] = [card]
    page.version, page.valid_from, page.change_note = "9.0", timezone.localdate(), "Chi chiamare."
    page.save_revision().publish()
    links.derive_all()
    edges = set(RuleLink.objects.values_list("said_by", "above", "below"))
    assert (page.pk, page.pk, card.pk) in edges
    kept = set(RuleLink.objects.values_list("pk", flat=True))
    for size in (1, 3, 500):
        monkeypatch.setattr(links, "BATCH", size)
        with CaptureQueriesContext(connection) as asked:
            assert links.derive_all() == ProtocolPage.objects.count() + ProcedurePage.objects.count()
        assert not [each["sql"] for each in asked if not each["sql"].startswith("SELECT")]
    assert len(asked) <= 10
    assert set(RuleLink.objects.values_list("pk", flat=True)) == kept

    RuleLink.objects.filter(said_by=page.pk, below=card.pk).delete()
    RuleLink.objects.create(said_by_id=page.pk, above_id=card.pk, below_id=page.pk)
    links.derive_all()
    assert set(RuleLink.objects.values_list("said_by", "above", "below")) == edges
    FormPage.objects.filter(code="MD-03").update(slug="md-93")
    links.derive_all()
    assert not RuleLink.objects.filter(said_by=page.pk, below__slug="md-93").exists()
