"""What every engine must do: what is found, in which order, and above all what nobody may guess."""

import threading
from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from search.engines.contract import IndexBusy, IndexDamaged, IndexOutdated, Query, Section
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.older import NEEDED
from search.query import code_form, expand, fold, parse, phrase_key, typed_codes
from tests.library import EVERYONE, HIDDEN, LIBRARY, WARD, document, groups, search
from tests.search import older


class TestRanking:
    def test_the_page_named_by_the_words_comes_first(self, engine):
        assert groups(search(engine, "dimissioni protette"))[0] == "page:1"

    def test_any_word_finds_and_all_words_are_counted_apart(self, engine):
        results = search(engine, "ospedale del presidente")
        assert set(groups(results)) == {"page:1", "page:4"}
        assert results.total == 2
        assert results.all_words == 0
        assert search(engine, "dimissioni del presidente").all_words == 1

    def test_who_shares_only_a_common_word_is_no_result_while_somebody_shares_more(self, engine):
        assert groups(search(engine, "dimissioni del presidente")) == ["page:4"]
        assert set(groups(search(engine, "dimissioni del parroco"))) == {"page:1", "page:4"}

    def test_plural_and_singular_meet(self, engine):
        assert groups(search(engine, "protocolli famiglia")) == ["page:2"]

    def test_an_elided_article_does_not_hide_its_word(self, engine):
        assert groups(search(engine, "università")) == groups(search(engine, "l’universita")) == ["page:2"]

    @pytest.mark.parametrize("words", ["responsabilità", "responsabilita", "RESPONSABILITÀ", "responsabilita\u0300"])
    def test_accents_and_case_do_not_matter(self, engine, words):
        results = search(engine, words)
        assert groups(results) == ["page:3"]
        assert results.corrected is None

    def test_words_too_common_to_rank_are_searched_when_alone(self, engine):
        assert groups(search(engine, "senza il")) == ["page:5"]
        assert "page:3" in groups(search(engine, "quando"))

    def test_io_is_a_word(self, engine):
        assert groups(search(engine, "io")) == ["page:7"]

    def test_pages_of_results_neither_repeat_nor_skip(self, engine):
        engine.write(document(f"page:{n}", f"Verbale {n}", "Assemblea plenaria.") for n in range(100, 125))
        pages = [groups(search(engine, "assemblea", page=page)) for page in (1, 2, 3, 4)]
        assert [len(page) for page in pages] == [10, 10, 5, 0]
        assert len({group for page in pages for group in page}) == 25


class TestNumberAndGender:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("anziano", "anziani"),
            ("anziano solo", "anziane sole"),
            ("reparto", "reparti"),
            ("domiciliare", "domiciliari"),
        ],
    )
    def test_singular_and_plural_masculine_and_feminine_give_the_same_list(self, engine, one, other):
        words = ("anziano", "anziane", "solo", "sola", "reparto", "reparti", "domiciliare", "domiciliari", "verbale")
        engine.write(
            document(f"page:{400 + n}", f"Nota {n}", f"Il {first} di {second}. {second.title()} e {first}.")
            for n, (first, second) in enumerate((a, b) for a in words for b in words)
        )
        found = groups(search(engine, one, per_page=100))
        assert len(found) > 10
        assert found == groups(search(engine, other, per_page=100))

    def test_many_words_are_compared_as_written(self, engine):
        engine.write(
            [
                document("page:481", "Atti", "visite domiciliari urgenti"),
                document("page:482", "Atti", "visita domiciliare urgente"),
            ]
        )
        assert groups(search(engine, "visite domiciliari urgenti"))[0] == "page:481"
        assert groups(search(engine, "visita domiciliare urgente"))[0] == "page:482"


class TestNumbers:
    @pytest.fixture(autouse=True)
    def numbers(self, engine):
        engine.write(
            [
                document("page:410", "Pianta organica", "Un assistente sociale ogni 5.000 abitanti."),
                document("page:411", "Passi", "1 Il primo. 2 Il secondo. 5 Il quinto."),
                document("page:412", "Recapiti", "Chiama lo 0573 000 133 o il 112."),
                document("page:413", "Norme", "Legge 328/2000, art. 22; delibera SDS-0187."),
                document(
                    "page:414", "Norme nuove", "Legge 104/1992, articolo 3; delibera SDS-0188. Art. 403 del codice."
                ),
                document("page:415", "Seduta del 12 marzo", "L’U.V.M. si riunisce."),
                document("page:416", "Seduta del 13 marzo", "La UVM si riunisce il 12 aprile."),
            ]
        )

    @pytest.mark.parametrize(
        ("words", "wanted"),
        [
            ("1:5000", ["page:410"]),
            ("1 ogni 5.000", ["page:410"]),
            ("0573000133", ["page:412"]),
            ("0573/000 133", ["page:412"]),
            ("l. 328/2000", ["page:413"]),
            ("sds 187", ["page:413", "page:414"]),
            ("SDS-0187", ["page:413", "page:414"]),
            ("art. 403", ["page:414", "page:413"]),
            ("articolo 403", ["page:414", "page:413"]),
            ("art. 22", ["page:413"]),
            ("art 3", ["page:414"]),
            ("marzo 12", ["page:415", "page:416"]),
        ],
    )
    def test_a_number_is_found_however_it_is_written_and_never_by_its_digits(self, engine, words, wanted):
        found = groups(search(engine, words))
        assert found[: len(wanted)] == wanted or found[0] == wanted[0]
        assert "page:411" not in found

    @pytest.mark.parametrize("words", ["articolo 405", "art. 405", "allegato 77", "14 marzo", "seduta del 14 marzo"])
    def test_of_a_number_that_nobody_wrote_the_word_beside_it_finds_nothing(self, engine, words):
        assert search(engine, words, kinds={"sedut": ["riunione"], "seduta": ["riunione"]}).total == 0

    def test_a_word_that_says_something_is_found_beside_a_number_that_nobody_wrote(self, engine):
        assert groups(search(engine, "codice 405")) == ["page:414"]

    def test_dots_in_an_acronym_change_nothing(self, engine):
        assert set(groups(search(engine, "U.V.M."))) == {"page:415", "page:416"}
        assert groups(search(engine, "U.V.M.")) == groups(search(engine, "uvm"))


class TestCodes:
    @pytest.mark.parametrize("words", ["PR-02", "pr02", "PR 02", "pr2", "protocollo PR-02 dimissioni"])
    def test_a_typed_code_finds_its_page_first(self, engine, words):
        engine.write([document("page:50", "PR 02 PR 02", "PR 02, si veda PR-02, dimissioni, protocollo.")])
        results = search(engine, words)
        assert results.hits[0].group == "page:1"
        assert results.hits[0].code == "PR-02"
        assert results.total >= 1

    def test_spellings_of_a_code_are_one(self):
        assert code_form("PR-02") == code_form("pr02") == code_form("Pr 2") == "pr-2"
        assert "pr-2" in typed_codes(["modulo", "pr02"])

    def test_the_letters_of_a_code_alone_are_nothing_of_a_code_that_is_not_there(self, engine):
        assert groups(search(engine, "PR 20")) == ["page:4"]
        assert search(engine, "PR-99").total == 0
        assert groups(search(engine, "PR-99 affido")) == ["page:2"]
        assert groups(search(engine, "carico 99"))  # no code begins so: the word is looked for without its number


class TestKindsAlone:
    KINDS = {phrase_key("protocollo"): ["protocollo"]}

    def test_a_kind_is_nothing_of_what_somebody_of_that_kind_should_say(self, engine):
        found = groups(search(engine, "protocollo dipendenze", kinds=self.KINDS))
        assert found == ["page:5"]
        assert search(engine, "protocollo qwertyzzz", kinds=self.KINDS).total == 0
        assert groups(search(engine, "protocollo", kinds=self.KINDS)) == ["page:1"]

    def test_a_kind_is_nothing_of_another_year(self, engine):
        assert groups(search(engine, "protocollo 2024", kinds=self.KINDS))[0] == "page:1"
        assert search(engine, "protocollo 2031", kinds=self.KINDS).total == 0


class TestCorrection:
    def test_unknown_words_are_searched_as_their_nearest(self, engine):
        results = search(engine, "dimisioni protete")
        assert groups(results)[0] == "page:1"
        assert results.corrected == "dimissioni protette"

    def test_known_words_stay_as_typed(self, engine):
        results = search(engine, "Affido famigglie")
        assert results.hits[0].group == "page:2"
        assert results.corrected == "Affido famiglie"

    def test_a_mistake_that_somebody_wrote_is_found_first_and_what_was_meant_below_it(self, engine):
        texts = [document(f"page:{n}", f"Telesoccorso {n}", "Il telesoccorso.") for n in range(70, 81)]
        engine.write([document("page:69", "Telescorso", "Per chi chiama."), *texts])
        results = search(engine, "telescorso")
        assert (groups(results)[0], results.corrected) == ("page:69", "telesoccorso")
        assert results.total == len(texts) + 1
        assert search(engine, "telescorso", right={"telescorso"}).corrected is None
        assert search(engine, "telesoccorso").corrected is None

    def test_a_rare_word_is_no_mistake_of_one_that_is_hardly_less_rare(self, engine):
        engine.write([document("page:69", "Telescorso", "Per chi chiama."), document("page:70", "Telesoccorso", "-")])
        assert groups(search(engine, "telescorso")) == ["page:69"]
        assert search(engine, "telescorso").corrected is None

    def test_the_correction_has_its_accents_back(self, engine):
        assert search(engine, "responsabilta").corrected == "responsabilità"

    @pytest.mark.parametrize("words", ["bimissioni", "imisioni", "abdimissioni", "idmisioni", "bimisioni"])
    def test_a_wrong_first_letter_is_forgiven(self, engine, words):
        assert search(engine, words).corrected == "dimissioni"

    @pytest.mark.parametrize("word", ["scappato", "agenzia", "bebè", "azzardo"])
    def test_a_word_that_italians_write_is_no_mistake(self, engine, word):
        engine.write([document("page:64", "Stampato, agenzie e bene", "Agenti stampati, azzardi bebi.")])
        engine.write([document("page:65", "Agenda", "Azzurro stampato: agenzix, bebo, azzarda.")])
        assert search(engine, word).corrected is None
        assert search(engine, f"affido {word}").corrected is None

    def test_a_word_of_the_glossary_is_no_mistake(self, engine):
        assert search(engine, "dimissione protetax").corrected == "dimissione protette"
        assert search(engine, "dimissione protetax", right={"protetax"}).corrected is None

    def test_only_the_nearest_words_stand_for_a_wrong_one(self, engine):
        engine.write([document("page:66", "Decisioni", "Decisioni prese, emissioni.")])
        assert groups(search(engine, "dimisioni")) == groups(search(engine, "dimissioni"))

    def test_where_a_word_of_the_glossary_is_nearer_no_other_stands_for_it(self, engine):
        engine.write([document("page:67", "Officina", "Chi assembla i mobili.")])
        assert search(engine, "asemblea").corrected == "assembla"
        assert search(engine, "asemblea", right={"assemblea"}).corrected is None

    def test_a_word_like_nothing_finds_nothing(self, engine):
        results = search(engine, "xyzzyplugh")
        assert (results.total, results.hits, results.corrected) == (0, [], None)

    def test_numbers_and_short_words_are_not_corrected(self, engine):
        assert search(engine, "49 per").corrected is None
        assert search(engine, "SRD").corrected is None

    def test_a_new_word_corrects_as_soon_as_it_is_written(self, engine):
        assert search(engine, "teleassitenza").corrected is None
        engine.write([document("page:60", "Teleassistenza")])
        assert search(engine, "teleassitenza").corrected == "teleassistenza"


class TestWordsApart:
    """Joined and split words, and articles that lost their apostrophe."""

    @pytest.fixture(autouse=True)
    def texts(self, engine):
        engine.write(
            [
                document("page:420", "Unità multidimensionale", "Il lavoro sociosanitario della zona."),
                document("page:421", "I soci", "Un volontario del consiglio sanitario, socio della coop."),
            ]
        )

    @pytest.mark.parametrize(
        ("words", "wanted"),
        [
            ("multi dimensionale", "page:420"),
            ("unità multi dimensionale", "page:420"),
            ("socio sanitario", "page:420"),
            ("socio sanitaria", "page:420"),
            ("dimissioniprotette", "page:1"),
            ("modulo dimissioniprotette", "page:1"),
            ("affidofamiliare", "page:2"),
            ("dellospedale", "page:1"),
            ("laffido", "page:2"),
        ],
    )
    def test_what_is_written_in_one_word_and_in_two_is_the_same(self, engine, words, wanted):
        results = search(engine, words)
        assert wanted in groups(results)
        assert results.all_words >= 1
        assert results.corrected is None

    def test_what_was_meant_is_marked(self, engine):
        [snippet] = [hit.snippet for hit in search(engine, "socio sanitario").hits if hit.group == "page:420"]
        assert "<mark>sociosanitario</mark>" in snippet

    def test_words_that_stand_nowhere_side_by_side_are_not_taken_apart(self, engine):
        assert search(engine, "protettedimissioni").total == 0
        assert search(engine, "ospedalemedico").total == 0

    def test_hidden_words_are_neither_joined_nor_taken_apart(self, engine):
        engine.write([document("page:96", "Zolfatore", "Il vecchio mulino.", audience=("space:7",))])
        assert search(engine, "zolfa tore").total == search(engine, "vecchiomulino").total == 0
        assert (
            groups(search(engine, "zolfa tore", WARD)) == groups(search(engine, "vecchiomulino", WARD)) == ["page:96"]
        )


class TestNonsense:
    def test_where_most_words_are_like_nothing_none_is_corrected(self, engine):
        assert search(engine, "xyzzy zqqut dimisioni").corrected is None
        assert search(engine, "xyzzy zqqut dimisioni").total == 0
        assert search(engine, "zqqut dimisioni protete").corrected == "zqqut dimissioni protette"

    def test_words_nobody_wrote_are_corrected_to_what_somebody_wrote_together(self, engine):
        assert search(engine, "palestrw universitw").corrected is None
        assert search(engine, "dimisioni protete").corrected == "dimissioni protette"
        assert search(engine, "ospedale dimisioni universitw").corrected == "ospedale dimissioni università"


class TestPermissions:
    """What a person cannot see must answer exactly as if it did not exist."""

    WORDS = (
        "zefirina",
        "zefirna",
        "querciagrossa affido",
        "XX-77",
        "xx77",
        '"caso zefirina"',
        "affido -zefirina",
        "querelato",
        "dimissioni difficile",
        "procura segreto riservato",
        "nota",
    )

    @pytest.fixture
    def without(self, opened):
        made = opened("without")
        made.write(LIBRARY)
        return made

    @pytest.mark.parametrize("words", WORDS)
    def test_hidden_documents_change_nothing_at_all(self, engine, without, words):
        assert search(engine, words) == search(without, words)

    @pytest.mark.parametrize("words", WORDS)
    def test_filters_on_hidden_values_change_nothing(self, engine, without, words):
        filters = {"space": "segreto", "year": "1999"}
        assert search(engine, words, filters=filters) == search(without, words, filters=filters)

    def test_those_who_hold_the_token_find_them(self, engine):
        results = search(engine, "zefirina", WARD)
        assert set(groups(results)) == {"page:90", "page:2"}
        assert ("segreto", 1) in results.facets["space"]
        assert "<mark>Zefirina</mark>" in "".join(hit.snippet for hit in results.hits)
        assert search(engine, "zefirna", WARD).corrected == "zefirina"

    def test_a_hidden_word_is_corrected_like_an_unknown_one(self, engine):
        engine.write(
            [
                document("page:91", "Querelle", "Dimissione.", audience=("space:7",)),
                document("page:92", "Dimissoni", "Dimissoni.", audience=("space:7",)),
            ]
        )
        results = search(engine, "dimissoni")
        assert results.corrected == "dimissioni"
        assert groups(results)[0] in {"page:1", "page:4"}
        assert search(engine, "dimissoni", WARD).corrected is None

    def test_many_hidden_near_words_do_not_crowd_out_a_visible_one(self, engine):
        near = ["dimissiona", "dimissione", "dimissiono", "dimissionx", "dimissiony"]
        engine.write(
            document(f"page:{n}", word, word, audience=("space:7",)) for n, word in enumerate(near * 3, start=200)
        )
        assert search(engine, "dimissionw").corrected == "dimissioni"

    def test_a_hidden_nearer_word_does_not_stop_the_search_for_a_visible_one(self, engine):
        assert search(engine, "dimissonw").corrected == "dimissioni"
        engine.write([document("page:93", "Dimissonwa", audience=("space:7",))])
        assert search(engine, "dimissonw").corrected == "dimissioni"

    @pytest.mark.parametrize("hidden", ["ambra", "cedro"])
    def test_the_order_of_ones_own_files_does_not_tell_which_words_hidden_ones_hold(self, opened, hidden):
        """Each of two files says another of two words more often: the rarer word's came first."""
        own = [document("page:301", "Nota", "ambra cedro cedro"), document("page:302", "Nota", "cedro ambra ambra")]
        orders = []
        for name, word in ((f"tells-{hidden}", hidden), (f"hides-{hidden}", "nocciolo")):
            engine = opened(name)
            said = f"{word} segreto pino"
            secret = [document(f"page:{n}", "Nota", said, audience=("space:7",)) for n in range(400, 440)]
            engine.write([*own, *secret])
            orders.append(groups(search(engine, "ambra cedro")))
        assert orders[0] == orders[1]
        assert set(orders[0]) == {"page:301", "page:302"}

    def test_suggestions_are_only_of_visible_pages(self, engine):
        assert engine.suggest("zef", EVERYONE, 5) == []
        assert engine.suggest("XX", EVERYONE, 5) == []
        assert [found.title for found in engine.suggest("zef", WARD, 5)] == ["Zefirina Querciagrossa"]

    def test_who_sees_a_section_only_is_shown_that_section(self, engine):
        engine.write(
            [
                document("page:95", "Bilancio riservato", "Capitolo uno.", audience=("space:9",)),
                document("page:95#avviso", "Bilancio", "Avviso sul mecenatismo.", audience=("public",)),
            ]
        )
        [hit] = search(engine, "mecenatismo").hits
        assert (hit.title, hit.url) == ("Bilancio", "/page:95#avviso")
        assert search(engine, "capitolo").total == 0

    def test_without_tokens_nothing_is_found(self, engine):
        assert search(engine, "dimissioni", frozenset()).total == 0
        assert engine.suggest("dim", frozenset(), 5) == []

    def test_a_page_withdrawn_from_a_person_is_gone_at_once(self, engine):
        engine.write([replace(LIBRARY[5], audience=("space:7",))])
        assert "page:2" not in groups(search(engine, "affido familiare"))


class TestGroups:
    def test_sections_are_shown_under_their_page(self, engine):
        results = search(engine, "segnalazione")
        assert results.total == 1
        [hit] = results.hits
        assert (hit.group, hit.title, hit.url) == ("page:1", "Dimissioni protette", "/page:1")
        assert len(hit.sections) == 3
        assert hit.more == 1

    def test_only_sections_holding_the_words_themselves_are_listed(self, engine):
        hit = search(engine, "dimissioni protette medico").hits[0]
        assert hit.sections == [Section("Ruoli", "/page:1#ruoli")]
        assert hit.more == 0

    def test_totals_are_exact_beyond_the_ranking_window(self, engine):
        engine.write(
            document(f"page:{n}#{part}", f"Scheda {n}", "Monitoraggio annuale.")
            for n in range(1000, 1300)
            for part in ("a", "b", "c")
        )
        results = search(engine, "monitoraggio", page=30)
        assert results.total == 300
        assert len(results.hits) == 10
        assert results.facets["kind"] == [("pagina", 300)]


class TestFacets:
    def test_facets_count_pages_not_sections(self, engine):
        facets = search(engine, "dimissioni").facets
        assert facets["kind"] == [("pagina", 1), ("protocollo", 1)]
        assert facets["year"] == [("2024", 2)]

    def test_a_filter_narrows_the_other_facets_and_keeps_its_own_choices(self, engine):
        results = search(engine, "ospedale affido presidente", filters={"kind": "pagina"})
        assert set(groups(results)) == {"page:2", "page:4"}
        assert results.total == 2
        assert results.facets["kind"] == [("pagina", 2), ("protocollo", 1)]
        assert results.facets["space"] == [("minori", 1), ("rete", 1)]

    def test_filters_combine(self, engine):
        results = search(engine, "dimissioni affido", filters={"year": "2023", "space": "minori"})
        assert groups(results) == ["page:2"]

    @pytest.mark.parametrize("filters", [{"year": "ieri"}, {"year": "9" * 40}, {"kind": "\ud800"}, {"space": "x:y"}])
    def test_impossible_filters_find_nothing(self, engine, filters):
        assert search(engine, "dimissioni", filters=filters).total == 0

    def test_unknown_filters_are_ignored(self, engine):
        assert search(engine, "dimissioni", filters={"audience": "space:7"}).total == 2


class TestPhrasesAndExclusions:
    @pytest.mark.parametrize("quoted", ['"presa in carico"', "«presa in carico»", "“presa in carico”"])
    def test_quoted_words_must_stand_side_by_side(self, engine, quoted):
        assert groups(search(engine, quoted)) == ["page:3"]
        assert set(groups(search(engine, "presa in carico"))) == {"page:3", "page:4"}

    def test_a_phrase_is_required_among_other_words(self, engine):
        assert groups(search(engine, 'dimissioni "presa in carico"')) == ["page:3"]

    def test_an_excluded_word_removes_the_whole_page(self, engine):
        assert groups(search(engine, "dimissioni -medico")) == ["page:4"]
        assert groups(search(engine, 'dimissioni -"dimissioni protette"')) == ["page:4"]

    def test_a_hyphen_inside_a_word_excludes_nothing(self):
        assert parse("socio-sanitario -ospedale - fine").excluded == (("ospedale",),)
        assert parse("socio-sanitario").words == ("socio", "sanitario")

    def test_only_exclusions_find_nothing(self, engine):
        assert search(engine, "-dimissioni").total == 0


class TestSynonyms:
    ALSO = {"serd": ["servizio dipendenze", "sert"], "servizio dipendenze": ["serd"]}
    SYNONYMS = {phrase_key(key): others for key, others in ALSO.items()}

    def test_a_synonym_finds_but_never_outranks_the_typed_word(self, engine):
        assert groups(search(engine, "serd")) == ["page:6"]
        assert groups(search(engine, "SERD", synonyms=self.SYNONYMS)) == ["page:6", "page:5"]

    def test_a_phrase_has_synonyms_too(self, engine):
        found = groups(search(engine, "servizio dipendenze", synonyms=self.SYNONYMS))
        assert found[0] == "page:5"
        assert "page:6" in found

    def test_what_has_another_name_comes_before_what_has_one_word_of_it_alone(self, engine):
        engine.write(
            [
                document("page:661", "Pasti gratuiti", "Pasti gratuiti a scuola: gratuiti per tutti."),
                document("page:662", "Aiuto a casa", "L’assistenza domiciliare di chi è solo, con gli ausili."),
                document("page:663", "Pannoloni", "Pannoloni gratuiti a chi li chiede."),
            ]
        )
        said = {phrase_key("pannoloni gratuiti"): ["assistenza domiciliare"]}
        assert groups(search(engine, "pannoloni gratuiti", synonyms=said)) == ["page:663", "page:662", "page:661"]

    def test_a_rare_synonym_does_not_outrank_a_common_word(self, engine):
        engine.write(document(f"page:{n}", f"Nota {n}", "Giorni di ferie.") for n in range(300, 320))
        engine.write([document("page:330", "Nota", "Giorni di congedo.")])
        found = groups(search(engine, "ferie", synonyms={phrase_key("ferie"): ["congedo"]}, per_page=30))
        assert found[-1] == "page:330"
        assert len(found) == 21

    def test_a_synonym_of_several_words_is_marked_and_linked_whole_or_not_at_all(self, engine):
        home = phrase_key("dimissioni protette")
        synonyms = {home: ["rientro a casa dall’ospedale"]}
        engine.write(
            [
                document("page:340", "Notizie", "Il rientro a casa dall’ospedale si prepara prima."),
                document("page:340#torna", "Notizie", "Chi torna a casa."),
                document("page:340#rientro", "Notizie", "Un rientro a casa dall’ospedale ben fatto."),
                document("page:341", "Ospedale", "L’ospedale, poi la casa: un rientro."),
            ]
        )
        found = search(engine, "dimissioni protette", synonyms=synonyms)
        hit = next(hit for hit in found.hits if hit.group == "page:340")
        assert "<mark>rientro a casa dall’ospedale</mark>" in hit.snippet
        assert [section.heading for section in hit.sections] == ["Rientro"]
        assert "page:341" not in groups(found)

    @pytest.mark.parametrize("per_page", [1, 3, 10])
    @pytest.mark.parametrize(
        "words",
        [
            "dimissioni protette",
            "serd",
            '"presa in carico"',
            "dimissioni -medico",
            "segnalazione ospedale",
            "PR-02",
            "dimisioni",
        ],
    )
    def test_what_is_counted_is_listed(self, engine, words, per_page):
        synonyms = self.SYNONYMS | {
            phrase_key("dimissioni protette"): ["passaggio dall’ospedale al domicilio", "in carico al settore"]
        }
        assert_listed_as_counted(engine, Query(words, EVERYONE, per_page=per_page, synonyms=synonyms))

    def test_expansion_is_a_lookup(self):
        assert expand(["serd"], self.SYNONYMS) == ("servizio dipendenze", "sert")
        assert expand(["altro"], self.SYNONYMS) == ()
        assert fold("Però") == "pero"


def assert_listed_as_counted(engine, query):
    results = engine.search(query)
    listed = []
    for page in range(1, results.total + 3):
        shown = groups(engine.search(replace(query, page=page)))
        assert bool(shown) == (len(listed) < results.total)
        listed += shown
    assert len(listed) == len(set(listed)) == results.total
    for name in ("kind", "space", "organisation", "year"):
        for value, count in results.facets[name]:
            assert engine.search(replace(query, filters={name: value})).total == count


SAID = [
    "servizio",
    "dipendenze",
    "rientro",
    "a",
    "casa",
    "dall’ospedale",
    "protetto",
    "protette",
    "1:5000",
    "12",
    "marzo",
]


WHATEVER = given(
    texts=some.lists(some.lists(some.sampled_from(SAID), max_size=8), min_size=1, max_size=12),
    words=some.lists(some.sampled_from(SAID), min_size=1, max_size=4),
    synonyms=some.dictionaries(
        some.sampled_from(SAID), some.lists(some.lists(some.sampled_from(SAID), min_size=1, max_size=4), max_size=2)
    ),
    per_page=some.integers(1, 5),
)


@WHATEVER
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_and_asked_what_is_counted_is_listed_embedded(
    tmp_path_factory, texts, words, synonyms, per_page
):
    listed_as_counted(EmbeddedEngine(tmp_path_factory.mktemp("index")), texts, words, synonyms, per_page)


@pytest.mark.elastic
@WHATEVER
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_and_asked_what_is_counted_is_listed_elastic(indices, texts, words, synonyms, per_page):
    """Fewer, for each asks a server a hundred times."""
    listed_as_counted(indices.open("property"), texts, words, synonyms, per_page)


def listed_as_counted(engine, texts, words, synonyms, per_page):
    written = [
        document(f"page:{n // 2}" + ("#parte" if n % 2 else ""), "Nota", " ".join(text), kind=f"tipo{n // 2 % 2}")
        for n, text in enumerate(texts)
    ]
    engine.write(written, remove=[f"page:{n}{part}" for n in range(6) for part in ("", "#parte")])
    said = {phrase_key(word): [" ".join(other) for other in others] for word, others in synonyms.items()}
    assert_listed_as_counted(engine, Query(" ".join(words), EVERYONE, per_page=per_page, synonyms=said))


HIDING = given(
    texts=some.lists(some.lists(some.sampled_from(SAID), max_size=8), min_size=2, max_size=10),
    hidden=some.lists(some.lists(some.sampled_from(SAID), min_size=1, max_size=8), min_size=1, max_size=20),
    words=some.lists(some.sampled_from(SAID), min_size=1, max_size=4),
)


@HIDING
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_hidden_documents_and_without_a_reader_sees_the_same_embedded(tmp_path_factory, texts, hidden, words):
    folder = tmp_path_factory.mktemp("index")
    seen_the_same([EmbeddedEngine(folder / "told"), EmbeddedEngine(folder / "untold")], texts, hidden, words)


@pytest.mark.elastic
@HIDING
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_hidden_documents_and_without_a_reader_sees_the_same_elastic(indices, texts, hidden, words):
    seen_the_same([indices.open("told"), indices.open("untold")], texts, hidden, words)


def seen_the_same(engines, texts, hidden, words):
    """With hidden texts of the words that are looked for, however many and however long, and without any."""
    said = [document(f"page:{n}", "Nota", " ".join(text), kind=f"tipo{n % 2}") for n, text in enumerate(texts)]
    closed = {"audience": ("space:7",)}
    secret = [document(f"page:{n}", " ".join(text[:2]), " ".join(text), **closed) for n, text in enumerate(hidden, 100)]
    found = []
    for engine, kept in zip(engines, (secret, []), strict=True):
        engine.write([*said, *kept], remove=[f"page:{n}" for n in range(120)])
        found.append([search(engine, " ".join(words)), *(engine.suggest(word, EVERYONE) for word in words)])
    assert found[0] == found[1]


class TestSnippets:
    def test_matches_are_marked_and_the_text_is_escaped(self, engine):
        [hit] = search(engine, "palestra").hits
        assert "<mark>palestre</mark>" in hit.snippet
        assert "<script>" not in hit.snippet
        assert "<b>" not in hit.snippet
        assert "&lt;b&gt;grezzo" in hit.snippet

    def test_a_page_found_by_its_title_shows_how_it_begins(self, engine):
        [hit] = search(engine, "familiare").hits
        assert hit.snippet.startswith("L&#x27;università forma")

    def test_two_lines_are_shown_and_the_summary_unless_a_passage_holds_more(self, engine):
        long = "Parole che non servono a nessuno. " * 30
        engine.write(
            [
                document("page:71", "Piano casa", "Il piano dice chi entra in casa e quando."),
                document("page:71#altro", "Piano casa", f"{long} Il piano di casa con il medico. {long}"),
            ]
        )
        [hit] = [hit for hit in search(engine, "piano casa").hits if hit.group == "page:71"]
        assert hit.snippet.startswith("Il <mark>piano</mark> dice chi entra in <mark>casa</mark>")
        [hit] = [hit for hit in search(engine, "piano casa medico").hits if hit.group == "page:71"]
        assert "<mark>medico</mark>" in hit.snippet
        assert len(hit.snippet) < 300

    def test_a_kind_or_a_year_that_the_page_is_of_needs_no_passage(self, engine):
        said = "Si apre la casa.\nRiunione del 2 ottobre 2024"
        engine.write(
            [
                document("page:73", "Consulta", said, kind="riunione"),
                document("page:74", "Prove", "La prova.\nVerbale del 2024", year=2023),
            ]
        )
        kinds = {phrase_key("verbale"): ["riunione"]}
        found = {hit.group: hit.snippet for hit in search(engine, "verbali 2024", kinds=kinds).hits}
        assert found["page:73"] == "Si apre la casa."
        assert "<mark>Verbale</mark>" in found["page:74"] and "<mark>2024</mark>" in found["page:74"]

    def test_a_snippet_never_runs_from_one_line_of_a_table_into_the_next(self, engine):
        engine.write([document("page:72", "Tabella", "Reparto San Jacopo\nDiagnosi della telemetria\nData di nascita")])
        [hit] = search(engine, "telemetria").hits
        assert hit.snippet == "… Diagnosi della <mark>telemetria</mark> …"

    @pytest.mark.parametrize("words", ["PR-77", "pr 77", "pr77", "edizione PR 77"])
    def test_a_code_is_marked_whole(self, engine, words):
        engine.write([document("page:75", "Notizia", "Esce la prima edizione di PR-77, come detto.")])
        [hit] = [hit for hit in search(engine, words).hits if hit.group == "page:75"]
        assert "<mark>PR-77</mark>, come" in hit.snippet

    def test_accents_before_a_match_do_not_shift_the_mark(self, engine):
        engine.write([document("page:70", "Città", "Perché più qualità è già così: però l'esito è àncora qui.")])
        [hit] = search(engine, "esito").hits
        assert "<mark>esito</mark>" in hit.snippet


class TestSuggestions:
    def test_each_typed_word_may_begin_a_word_of_the_title(self, engine):
        assert [found.title for found in engine.suggest("prot dim", EVERYONE, 5)] == ["Dimissioni protette"]

    def test_titles_that_begin_so_come_first(self, engine):
        engine.write([document("page:80", "Il piano"), document("page:81", "Piano di zona")])
        titles = [found.title for found in engine.suggest("pian", EVERYONE, 5)]
        assert titles == ["Piano di zona", "Il piano", "Ufficio di piano"]

    @pytest.mark.parametrize("typed", ["PR-0", "pr02", "PR 2"])
    def test_a_code_being_typed_suggests_its_page(self, engine, typed):
        assert "PR-02" in [found.code for found in engine.suggest(typed, EVERYONE, 5)]

    def test_codes_that_go_on_from_what_is_typed_are_suggested_in_their_order(self, engine):
        titles = {1: "La pagina dal titolo più lungo", 10: "Corta", 2: "Mezza pagina"}
        engine.write([document(f"page:{n + 700}", title, code=f"ZU-{n:02d}") for n, title in titles.items()])
        for typed in ("zu", "ZU-", "zu-0"):
            assert [each.code for each in engine.suggest(typed, EVERYONE, 5)] == ["ZU-01", "ZU-02", "ZU-10"]

    def test_titles_as_long_as_each_other_are_suggested_by_their_letters_and_alike_ones_by_their_code(self, engine):
        written = [("Bacheca di Quarrata", ""), ("Bacheca di Agliana!", ""), ("Bacheca di Sambuca.", ""),
                   ("Bacheca di Marliana", "R-10"), ("Bacheca di Marliana", "R-03")]  # fmt: skip
        engine.write(document(f"page:{600 + n}", title, code=code) for n, (title, code) in enumerate(written))
        found = [(each.title, each.code) for each in engine.suggest("bache", EVERYONE, 9)]
        assert found == sorted(written)

    def test_sections_are_not_suggested(self, engine):
        assert len(engine.suggest("dimissioni", EVERYONE, 9)) == 1

    @pytest.mark.parametrize("typed", ["", " ", ".*", "[", "\\", "(((", "-", "'", "a" * 10_000, "\ud800"])
    def test_hostile_prefixes_suggest_nothing(self, engine, typed):
        assert engine.suggest(typed, EVERYONE, 5) == []


HOSTILE = [
    "",
    "   ",
    "\x00",
    "\ud800",
    '"',
    '""',
    "-",
    "--",
    '-"',
    '-""',
    ":",
    "art: 5",
    "title:dimissioni",
    "audience:space:7",
    "(dimissioni",
    "[a TO b]",
    "*",
    "?",
    "dimis*",
    "a AND OR NOT b",
    "^5 ~2 \\",
    "l'",
    "'''",
    "«",
    "“dimissioni",
    '+-&&||!(){}[]^"~*?:\\/',
    "😀 dimissioni",
    "x" * 10_000,
    "dimissioni " * 1000,
    "dimisioni " * 1000,
    '"' * 10_000,
    " ".join(f"parola{n}" for n in range(2000)),
    "è",
    "ﬁne",
]


class TestHostileInput:
    @pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
    def test_no_input_raises_or_shows_what_is_hidden(self, engine, words):
        results = search(engine, words)
        assert "page:90" not in groups(results)
        assert results.total >= len(results.hits)

    def test_typed_text_addresses_no_field(self, engine):
        assert search(engine, "kind:riservato").total == 0

    @pytest.mark.parametrize(("page", "per_page"), [(0, 10), (-3, 10), (10**12, 10), (1, 0), (1, -1)])
    def test_odd_pages_are_harmless(self, engine, page, per_page):
        results = search(engine, "dimissioni", page=page, per_page=per_page)
        assert results.total == 2


class TestWriting:
    def test_an_engine_never_written_finds_nothing(self, opened):
        engine = opened("nowhere")
        assert (engine.count(), search(engine, "x").total, engine.suggest("x", EVERYONE, 3)) == (0, 0, [])

    def test_a_document_written_again_replaces_the_former(self, engine):
        before = engine.count()
        engine.write([replace(LIBRARY[5], title="Accoglienza")], remove=["page:7"])
        assert engine.count() == before - 1
        assert search(engine, "accoglienza").total == 1
        assert search(engine, "notifiche").total == 0

    def test_another_engine_of_the_same_index_sees_the_commit_at_once(self, engine, opened):
        other = opened("library")
        assert search(other, "telesoccorso").total == 0
        engine.write([document("page:61", "Telesoccorso")])
        assert search(other, "telesoccorso").total == 1

    def test_a_second_writer_is_told_the_index_is_busy(self, engine, opened):
        other = opened("library")

        def documents():
            with pytest.raises(IndexBusy):
                other.write([document("page:62", "Perso")])
            yield from LIBRARY

        engine.rebuild(documents())
        assert search(engine, "perso").total == 0
        other.write([document("page:62", "Perso")])
        assert search(engine, "perso").total == 1


class TestRebuilding:
    def test_readers_go_on_while_the_index_is_rebuilt(self, engine, opened):
        reader = opened("library")
        seen, failures, done = [], [], threading.Event()

        def read():
            while not done.is_set():
                try:
                    seen.append(search(reader, "dimissioni").total)
                except (OSError, ValueError, IndexBusy, IndexDamaged) as error:
                    failures.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        for _ in range(5):
            engine.rebuild(LIBRARY)
        done.set()
        thread.join()
        assert not failures
        assert set(seen) == {2}

    def test_a_rebuild_that_fails_leaves_the_old_index(self, engine):
        def documents():
            yield LIBRARY[0]
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError):
            engine.rebuild(documents())
        assert search(engine, "affido").total == 1
        engine.write([document("page:63", "Ancora vivo")])

    def test_progress_is_told(self, engine):
        told = []
        engine.rebuild((document(f"page:{n}", "Pagina") for n in range(2500)), told.append)
        assert told == [1000, 2000]


NEWER = [  # fields that an older index may not have
    "own",
    "text_form",
    "text_exact",
    "title",
    "title_form",
    "title_exact",
    "code_form",
    "title_start",
    "kind_no",
    "space_no",
    "organisation_no",
    "year",
    "place",
    "impacts",
    "heading",
    "version",
    "body",
    "fingerprint",
    "meaning_no",
]
ASKED = [
    "dimissioni protette",
    "segnalazione",
    "PR-02",
    "dimisioni protete",
    '"dimissioni protette" ospedale -presidente',
    "ospedale 2023 protocollo",
    "zefirina querelato",
    "senza il",
]


class TestAnIndexOfAnotherVersion:
    """One that an upgrade found there: it answers until the new one is written."""

    def everything(self, engine, tokens=EVERYONE, **changes):
        """All that can be asked of an engine."""
        changes = {"kinds": {"protocollo": ["protocollo"]}, "synonyms": {"ospedale": ["reparto"]}, **changes}
        asked = [Query(words, tokens, **changes) for words in ASKED]
        found = [engine.search(each) for each in asked]
        why = [engine.explain(each, 5) for each in asked]
        offered = [engine.suggest(words, tokens, 5) for words in ("dim", "PR-0", "zef", "pian")]
        return found, [[each.code for each in row] for row in why], offered

    @pytest.fixture
    def engine(self, opened):
        older.write(opened("older"), [*LIBRARY, *HIDDEN])
        return opened("older")

    def test_it_answers_as_it_did_whatever_the_order_of_its_fields(self, engine, opened):
        found, why, offered = self.everything(engine)
        assert engine.is_outdated() and all(each.outdated for each in found)
        engine.rebuild([*LIBRARY, *HIDDEN])
        afterwards = self.everything(engine)
        assert not engine.is_outdated()
        assert ([replace(each, outdated=False) for each in found], why, offered) == afterwards

    @pytest.mark.parametrize("field", NEWER)
    def test_what_a_field_that_it_lacks_would_find_is_not_found_and_nothing_raises(self, opened, field):
        older.write(opened("older"), [*LIBRARY, *HIDDEN], lambda _: nullcontext("as left"), lacking=[field])
        engine = opened("older")
        found, _why, offered = self.everything(engine)
        assert engine.stamp() == "as left"
        assert "page:1" in groups(found[0]) and found[6].total == 0 and offered[2] == []
        self.everything(engine, filters={"kind": "protocollo", "year": "2024", "space": "rete"})
        assert {"page:90", "page:2"} <= set(groups(search(engine, "zefirina", WARD)))

    def test_it_may_lack_all_of_them(self, opened):
        older.write(opened("older"), [*LIBRARY, *HIDDEN], lacking=NEWER)
        found, _why, offered = self.everything(opened("older"))
        assert "page:1" in groups(found[0]) and found[0].hits[0].title == "Dimissioni protette"
        assert set(map(len, offered)) == {0} and found[0].facets == dict.fromkeys(found[0].facets, [])

    def test_a_newer_field_of_another_kind_is_as_one_that_it_lacks(self, opened):
        older.write(opened("older"), [*LIBRARY, *HIDDEN], numbers=["title_form", "kind_no", "own"])
        found, _why, _offered = self.everything(opened("older"))
        assert groups(found[0])[0] == "page:1" and found[0].facets["kind"] == []

    @pytest.mark.parametrize("kind", ["lacking", "numbers"])
    @pytest.mark.parametrize("field", sorted(NEEDED))
    def test_without_what_rights_and_counts_rest_on_it_is_not_read_at_all(self, opened, field, kind):
        older.write(opened("older"), [*LIBRARY, *HIDDEN], lambda _: nullcontext("as left"), **{kind: [field]})
        engine = opened("older")
        with pytest.raises(IndexOutdated):
            search(engine, "dimissioni")
        with pytest.raises(IndexOutdated):
            engine.suggest("dim", EVERYONE, 5)
        assert engine.stamp() is None
        engine.rebuild(LIBRARY)
        assert search(engine, "dimissioni").total == 2

    def test_hidden_documents_change_nothing_in_it(self, engine, opened):
        found, _why, _offered = with_hidden = self.everything(engine)
        assert (found[6].total, found[6].corrected) == (0, None)
        older.write(opened("open"), LIBRARY)
        assert self.everything(opened("open")) == with_hidden

    def test_what_the_rights_refuse_now_is_neither_found_nor_counted_nor_suggested(self, engine):
        def admits(asked):
            return {each for each in asked if each != "page:1"}

        found = search(engine, "dimissioni protette", admits=admits)
        assert groups(found) == ["page:4"] and found.total == 1
        assert found.facets["kind"] == [("pagina", 1)]
        assert engine.suggest("dim", EVERYONE, 5, admits) == []

    def test_nothing_is_written_to_it_and_it_answers_until_the_new_one_is_there(self, engine, opened):
        other = opened("older")
        with pytest.raises(IndexOutdated):
            engine.write([document("page:64", "Telesoccorso")], ["page:1"])
        meanwhile = []

        def documents():
            yield document("page:64", "Telesoccorso")
            yield from LIBRARY
            for words in ("telesoccorso", "dimissioni"):
                meanwhile.append(search(other, words))

        engine.rebuild(documents())
        assert [(each.total, each.outdated) for each in meanwhile] == [(0, True), (2, True)]
        after = search(other, "telesoccorso")
        assert (after.total, after.outdated, other.is_outdated()) == (1, False, False)
        other.write([document("page:65", "Telesoccorso di notte")])
        assert search(engine, "telesoccorso").total == 2

    def test_a_rebuild_that_fails_leaves_it_in_use(self, engine):
        def documents():
            yield LIBRARY[0]
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError):
            engine.rebuild(documents())
        assert engine.is_outdated() and search(engine, "affido").total == 1
