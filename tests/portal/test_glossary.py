"""The glossary is written as people write, and holds at once."""

from typing import Any

from portal.models import Term


def post(client: Any, address: str, **words: str) -> Any:
    data = {"term": "", "meaning": "", "synonyms": "", "relation": "=", "note": "", **words}
    return client.post(address, data)


ADD = "/admin/snippets/portal/term/add/"


def test_other_words_for_a_term_are_typed_on_a_line(as_: Any) -> None:
    words = "branda, posto letto;  branda\nletto per la notte"
    answer = post(
        as_("administrator"), ADD, term="Ricovero notturno", meaning="Un letto per chi non ha casa", synonyms=words
    )
    assert answer.status_code == 302
    term = Term.objects.get(term="Ricovero notturno")
    assert term.synonyms == ["branda", "posto letto", "letto per la notte"]
    shown = as_("administrator").get(f"/admin/snippets/portal/term/edit/{term.pk}/").content.decode()
    assert "branda, posto letto, letto per la notte" in shown
    assert "[&quot;branda" not in shown


def test_a_term_that_differs_only_in_capitals_is_refused_with_a_sentence(as_: Any) -> None:
    known = Term.objects.filter(term__regex="^[A-Z][a-z]+").first()
    assert known is not None
    refused = post(as_("administrator"), ADD, term=known.term.swapcase(), meaning="Altro")
    assert refused.status_code == 200
    assert f"«{known.term}» c’è già" in refused.content.decode()
    assert post(as_("administrator"), ADD, term="Zufolatoio", meaning="Altro").status_code == 302


def test_a_word_holds_in_search_as_soon_as_it_is_saved(as_: Any) -> None:
    def found() -> list[str]:
        answer = as_("worker").get("/cerca/?q=zufolatoio&format=json").json()
        return [each["address"] for each in answer["results"]]

    assert found() == []
    post(as_("administrator"), ADD, term="Zufolatoio", meaning="Dimissioni protette")
    assert any("/p/PR-02/" in address for address in found())


def test_whoever_deletes_a_term_reads_first_what_is_lost_with_it(as_: Any) -> None:
    post(as_("administrator"), ADD, term="Zufolatoio", meaning="Dimissioni protette", synonyms="fischietto")
    term = Term.objects.get(term="Zufolatoio")
    said = as_("administrator").get(f"/admin/snippets/portal/term/delete/{term.pk}/").content.decode()
    assert "dove c’è scritto «Zufolatoio» la parola non è più spiegata" in said
    assert "chi cerca «Zufolatoio», «fischietto» trova soltanto" in said
    assert as_("coordinator").post(f"/admin/snippets/portal/term/delete/{term.pk}/").status_code in {302, 404}
    many = f"/admin/bulk/portal/term/delete/?id={term.pk}"
    refused = as_("administrator").post(many, follow=True).content.decode()
    assert "I termini si eliminano uno alla volta" in refused
    assert Term.objects.filter(pk=term.pk).exists()
    as_("administrator").post(f"/admin/snippets/portal/term/delete/{term.pk}/")
    assert not Term.objects.filter(pk=term.pk).exists()
