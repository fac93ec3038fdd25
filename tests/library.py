"""A small library for the search engines: what everybody reads, what only a ward does, and how it is asked for."""

from dataclasses import replace

from search.engines.contract import Document, Engine, Query, Results

EVERYONE = frozenset({"public"})
WARD = frozenset({"public", "space:7"})


def document(identifier: str, title: str, text: str = "", **changes) -> Document:
    group, _, anchor = identifier.partition("#")
    made = Document(
        id=identifier,
        group=group,
        audience=("public",),
        kind="pagina",
        space="rete",
        organisation="comune",
        year=2024,
        title=title,
        heading=anchor.capitalize(),
        text=text,
        url=f"/{identifier}",
    )
    return replace(made, **changes)


LIBRARY = [
    document(
        "page:1",
        "Dimissioni protette",
        "Il passaggio dall'ospedale al domicilio delle persone anziane non autosufficienti.",
        code="PR-02",
        kind="protocollo",
    ),
    document("page:1#tempi", "Dimissioni protette", "La segnalazione arriva entro 48 ore.", kind="protocollo"),
    document("page:1#ruoli", "Dimissioni protette", "La segnalazione la firma il medico.", kind="protocollo"),
    document("page:1#costi", "Dimissioni protette", "Dopo la segnalazione nessun costo.", kind="protocollo"),
    document("page:1#moduli", "Dimissioni protette", "Il modulo di segnalazione.", kind="protocollo"),
    document("page:2", "Affido familiare", "L'università forma le famiglie affidatarie.", year=2023, space="minori"),
    document("page:3", "Responsabilità del servizio", "Chi risponde e quando; la presa in carico è del comune."),
    document(
        "page:4", "Ufficio di piano", "Dimissioni del presidente. In carico al settore, presa d'atto.", code="PR-20"
    ),
    document(
        "page:5", "Servizio dipendenze", "Il servizio dipendenze accoglie senza appuntamento.", organisation="asl"
    ),
    document("page:6", "Incontro SERD", "Resoconto dell'incontro con il SERD."),
    document("page:7", "App IO", "Le notifiche arrivano sull'app IO del cittadino."),
    document("page:8", "Regolamento", "Testo <b>grezzo</b> & <script>alert(1)</script> sulle palestre comunali."),
]

# As one reads them.
LIBRARY = [replace(each, place=place) for place, each in enumerate(LIBRARY)]

HIDDEN = [
    document(
        "page:90",
        "Zefirina Querciagrossa",
        "Il caso Zefirina, querelato; un caso di affido difficile.",
        audience=("space:7",),
        kind="riservato",
        space="segreto",
        organisation="procura",
        year=1999,
        code="XX-77",
    ),
    document("page:2#nota", "Affido familiare", "Nota su Zefirina.", audience=("space:7",)),
]


def search(engine: Engine, words: str, tokens: frozenset[str] = EVERYONE, **changes) -> Results:
    return engine.search(Query(words=words, tokens=tokens, **changes))


def groups(results: Results) -> list[str]:
    return [hit.group for hit in results.hits]
