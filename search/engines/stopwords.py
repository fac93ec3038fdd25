"""Italian words too common to rank by.

Not among them, unlike in the usual lists: `io` (the app IO), `sei` (a number), `contro`, `tutti`.
"""

from search.query import fold

_ARTICLES = """
il lo la i gli le l un uno una
"""

# The elided forms stand alone because the tokenizer cuts at the apostrophe.
_PREPOSITIONS = """
a ad al allo alla ai agli alle all
di d del dello della dei degli delle dell
da dal dallo dalla dai dagli dalle dall
in nel nello nella nei negli nelle nell
con col coi su sul sullo sulla sui sugli sulle sull
per tra fra
"""

_CONJUNCTIONS = """
e ed o od ma se che chi cui né anche come dove quando perché perciò poiché però quindi dunque mentre
c ch s m t v n
"""

_PRONOUNS = """
mi ti si ci vi ne lui lei noi voi loro gli
mio mia miei mie tuo tua tuoi tue suo sua suoi sue nostro nostra nostri nostre vostro vostra vostri vostre
questo questa questi queste quest quello quella quelli quelle quell quel quei quegli
quale quali qual quanto quanta quanti quante
"""

_VERBS = """
è sono era erano sia siano essere stato stata stati state sarà saranno
ha ho hai hanno abbia abbiano avere aveva avevano avrà avranno
può possono deve devono dà fa fanno
"""

_ADVERBS = """
non più sì no già così cosa cos ciò là lì qui qua molto poco tanto solo
"""


def _both_spellings(lists: tuple[str, ...]) -> list[str]:
    words = {word for text in lists for word in text.split()}
    return sorted(words | {fold(word) for word in words})


ITALIAN = _both_spellings((_ARTICLES, _PREPOSITIONS, _CONJUNCTIONS, _PRONOUNS, _VERBS, _ADVERBS))
