"""The glossary is written as people write, and holds at once."""

from typing import Any

from portal.models import Term
from portal.models.activity import Activity, Verb


def post(client: Any, address: str, **words: str) -> Any:
    data = {"term": "", "meaning": "", "synonyms": "", "relation": "=", "note": "", **words}
    return client.post(address, data)


ADD = "/rete/glossario/nuovo/"


def test_other_words_for_a_term_are_typed_on_a_line(as_: Any) -> None:
    words = "branda, posto letto;  branda\nletto per la notte"
    answer = post(
        as_("coordinator"), ADD, term="Ricovero notturno", meaning="Un letto per chi non ha casa", synonyms=words
    )
    assert answer.status_code == 302
    term = Term.objects.get(term="Ricovero notturno")
    assert term.synonyms == ["branda", "posto letto", "letto per la notte"]
    shown = as_("coordinator").get(f"/rete/glossario/{term.pk}/").content.decode()
    assert "branda, posto letto, letto per la notte" in shown
    assert "[&quot;branda" not in shown
    act = Activity.objects.filter(verb=Verb.WORDS_CHANGED).latest("pk")
    assert str(act) == "ha aggiunto «Ricovero notturno» al glossario"
    assert act.by is not None and act.by.email.startswith("chiara")


def test_a_term_that_differs_only_in_capitals_is_refused_with_a_sentence(as_: Any) -> None:
    known = Term.objects.filter(term__regex="^[A-Z][a-z]+").first()
    assert known is not None
    refused = post(as_("coordinator"), ADD, term=known.term.swapcase(), meaning="Altro")
    assert refused.status_code == 200
    assert f"«{known.term}» c’è già" in refused.content.decode()
    assert post(as_("coordinator"), ADD, term="Zufolatoio", meaning="Altro").status_code == 302


def test_a_word_holds_in_search_as_soon_as_it_is_saved(as_: Any) -> None:
    def found() -> list[str]:
        answer = as_("worker").get("/cerca/?q=zufolatoio&format=json").json()
        return [each["address"] for each in answer["results"]]

    assert found() == []
    post(as_("coordinator"), ADD, term="Zufolatoio", meaning="Dimissioni protette")
    assert any("/p/PR-02/" in address for address in found())


def test_a_term_says_whether_its_other_words_lead_back_to_it(as_: Any, index: Any) -> None:
    """Two-way, who searches the term finds what says only the other word; one-way, only the reverse."""

    def finds(words: str, code: str) -> bool:
        answer = as_("worker").get(f"/cerca/?q={words}&format=json").json()
        return any(code == each["code"] for each in answer["results"])

    for relation, back in (("=", True), (">", False)):
        Term.objects.filter(term="Zufolatoio").delete()
        post(as_("coordinator"), ADD, term="Zufolatoio", meaning="Un posto da cui si fischia più volte al giorno",
             synonyms="dimissioni protette", relation=relation)  # fmt: skip
        assert finds("Zufolatoio", "PR-02") is back
        assert finds("dimissioni protette", "PR-02")


def test_a_word_is_looked_up_in_the_glossary_by_its_other_names(as_: Any) -> None:
    found = as_("coordinator").get("/rete/glossario/?parola=unità di valutazione multi").content.decode()
    assert "UVM" in found and "LEPS" not in found
    missing = as_("coordinator").get("/rete/glossario/?parola=zufolatoio").content.decode()
    assert "/rete/glossario/nuovo/?termine=zufolatoio" in missing
    begun = as_("coordinator").get("/rete/glossario/nuovo/?termine=zufolatoio").content.decode()
    assert 'value="zufolatoio"' in begun


def test_data_of_a_person_get_into_no_word(as_: Any) -> None:
    refused = post(as_("coordinator"), ADD, term="Zufolatoio", meaning="Altro", synonyms="lei, RSSMRA85T10A562S")
    assert "codice fiscale" in refused.content.decode()
    assert not Term.objects.filter(term="Zufolatoio").exists()


def test_whoever_deletes_a_term_reads_first_what_is_lost_with_it(as_: Any) -> None:
    post(as_("coordinator"), ADD, term="Zufolatoio", meaning="Dimissioni protette", synonyms="fischietto")
    term = Term.objects.get(term="Zufolatoio")
    said = " ".join(as_("coordinator").get(f"/rete/glossario/{term.pk}/togli/").content.decode().split())
    assert "dove c’è scritto «Zufolatoio» la parola non è più spiegata" in said
    assert "chi cerca «Zufolatoio», «fischietto» trova soltanto" in said
    assert as_("office").post(f"/rete/glossario/{term.pk}/togli/").status_code == 404
    assert Term.objects.filter(pk=term.pk).exists()
    as_("coordinator").post(f"/rete/glossario/{term.pk}/togli/")
    assert not Term.objects.filter(pk=term.pk).exists()
