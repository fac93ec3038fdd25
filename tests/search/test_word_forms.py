"""Italian as search hears it: endings, little words, numbers and acronyms however they are written."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as some

from search import italian
from search.engines.slots import slots_of
from search.italian import FORMS, STEMS, STOPWORDS, is_word
from search.query import parse, phrase_key, tokens_of, words_of

FAMILIES = [
    "anziano anziani anziana anziane",
    "reparto reparti",
    "domiciliare domiciliari",
    "familiare familiari",
    "tutelare tutelari",
    "solo soli sola sole",
    "pakistano pakistani",
    "medico medici medica mediche",
    "luogo luoghi",
    "rischio rischi",
    "vecchio vecchi vecchia vecchie",
    "ufficio uffici",
    "provincia province provincie",
    "operatore operatrice operatori operatrici",
    "dottore dottoressa dottori dottoresse",
    "studente studentessa studentesse",
    "segnalazione segnalazioni",
    "protetto protetta protetti protette",
    "delibera delibere",
    "qualità qualita QUALITÀ",
    "domicilio domicili",
]


@pytest.mark.parametrize("family", FAMILIES)
def test_number_and_gender_part_no_word_from_itself(family):
    words = [word for written in family.split() for word in words_of(written)]
    assert len({FORMS[word] for word in words}) == 1
    assert len({STEMS[word] for word in words}) == 1


def test_acronyms_that_end_alike_stay_apart():
    assert FORMS["ufsmia"] != FORMS["ufsma"]
    assert STEMS["ufsmia"] != STEMS["ufsma"]
    assert FORMS["centro"] == FORMS["centri"] != "centro"


def test_a_noun_meets_the_verb_of_its_family():
    assert STEMS["segnalare"] == STEMS["segnalato"] == STEMS["segnalazione"]
    assert STEMS["scaduto"] == STEMS["scadere"]


@given(some.text(alphabet="abcdefghilmnopqrstuvz", min_size=1, max_size=20))
def test_words_of_one_form_have_one_stem(word):
    for ending in "oaie":
        if FORMS[word + ending] == FORMS[word + "o"]:
            assert STEMS[word + ending] == STEMS[word + "o"]


def test_no_stopword_is_a_noun_an_adjective_or_a_number():
    assert {"il", "della", "dell", "sono", "hanno", "e", "che"} <= STOPWORDS
    assert not STOPWORDS & {"solo", "sola", "soli", "io", "sei", "non", "senza", "contro", "tutti", "molto", "poco"}


@pytest.mark.parametrize("word", ["scappato", "bebe", "agenzia", "azzardo", "dislessia", "caregiver", "maltrattamento"])
def test_words_that_italians_write_are_no_mistakes(word):
    assert is_word(word)


@pytest.mark.parametrize("word", ["dimisioni", "protete", "famigglie", "servizzio", "ospedalle", "segnalzione"])
def test_words_that_nobody_writes_are(word):
    assert not is_word(word)


@pytest.mark.parametrize(
    "ways",
    [
        ["U.V.M.", "UVM", "u.v.m", "Uvm"],
        ["S.d.S.", "SdS"],
        ["Ser.D.", "SerD", "ser.d"],
        ["C.Or.O.", "COrO"],
        ["1:5000", "1:5.000", "1 ogni 5000", "1 ogni 5.000", "1 su 5000", "1 : 5000"],
        ["0573 000 133", "0573000133", "0573/000133", "0573-000 133", "0573 000133", "+39 0573 000 133"],
        ["l. 328/2000", "L.328/2000", "l 328/2000"],
        ["SDS-0187", "sds 187", "SDS 0187"],
        ["art. 403", "articolo 403", "Art.403", "art 403"],
        ["5.000", "5000"],
        ["protocollo 00123", "protocollo 123"],
        ["dell’A.S.L.", "dell'asl"],
    ],
)
def test_what_is_one_thing_is_one_word_however_it_is_written(ways):
    assert len({words_of(way) for way in ways}) == 1


@pytest.mark.parametrize("text", ["la casa.Il medico", "12.03.2026", "03/12/2026", "art. 403", "ore 9.30"])
def test_what_is_several_things_stays_several(text):
    assert len(words_of(text)) > 1


def test_a_word_of_letters_and_numbers_is_found_by_its_pieces_and_no_other_is():
    pieces = {word: token.pieces for word in ("pr02", "0187", "protocollo") for token in tokens_of(word)}
    assert pieces == {"pr02": ("pr", "2"), "0187": (), "protocollo": ()}


def test_a_number_of_six_digits_is_one_as_it_is_written():
    assert words_of("000123") == ("000123",) and words_of("00123") == ("123",)


def test_what_is_found_by_its_pieces_keeps_them():
    [telephone] = tokens_of("0573 000 133")
    assert telephone.pieces == ("573", "0", "133")
    [ratio] = tokens_of("1:5000")
    assert "5000" in ratio.pieces


def test_a_token_stands_where_it_is_written():
    text = "Chiama lo 0573 000 133, dell’U.V.M. di Pistoia."
    written = {token.word: text[token.start : token.end] for token in tokens_of(text)}
    assert written["0573000133"] == "0573 000 133"
    assert written["uvm"] == "U.V.M"
    assert words_of("opere d’art. Arte e art. 4") == ("opere", "d", "art", "arte", "e", "articolo", "4")


def asked(words):
    return [(tuple(word.exact for word in slot.words), slot.together) for slot in slots_of(parse(words).words, {}, {})]


def test_a_bare_number_is_asked_with_the_word_beside_it():
    assert asked("riunione 12 marzo")[1] == (("riunione", "12"), True)
    [_, number, _] = slots_of(parse("riunione 12 marzo").words, {}, {})
    assert [tuple(word.exact for word in other) for other in number.synonyms] == [("12", "marzo")]
    assert asked("PR-02") == [(("pr",), False), (("pr", "2"), True)]
    assert asked("art. 403") == [(("articolo",), False), (("403",), False)]


def test_a_phrase_of_the_glossary_has_one_key_in_any_number():
    assert phrase_key("dimissione protetta") == phrase_key("Dimissioni Protette")
    assert phrase_key("centro di aiuto") != phrase_key("centro aiuto")


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "1." * 50_000, "a." * 50_000, "0573 " * 20_000, "1:" * 50_000, "/2000" * 9999]
)
def test_no_text_takes_long(text):
    assert sum(1 for _ in tokens_of(text)) <= len(text)


def test_words_that_are_stemmed_at_once_come_out_as_alone() -> None:
    words = ["anziano", "dimissioni", "ospedaliere", "tutelare", "assistenza", "domiciliari", "reparti", "protocollo"]
    alone = [italian._stem(word) for word in words]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as together:
            found = list(together.map(lambda _turn: [italian._stem(word) for word in words], range(2000)))
    finally:
        sys.setswitchinterval(before)
    assert all(each == alone for each in found)
