"""Every kind of page, for each of its readers, on a desk and in a pocket: accessible, within its width, on its own."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.desk import SIZES, Site, Watch, Window, axe, beyond_the_edge

EVERYBODY = ("coordinator", "worker", "trainee", "partner")
STAFF = ("coordinator", "worker", "trainee")
WITHIN = ("coordinator", "worker")  # those who read SP-INTEGRA
ANYBODY = (*EVERYBODY, "anonymous")

# page → (address, the status it answers with, its readers)
PAGES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "home": ("/", 200, ANYBODY),
    "login": ("/accesso/login/", 200, ("anonymous",)),
    "risultati": ("/cerca/?q=telefonia+sociale", 200, ANYBODY),
    "risultati-superati": ("/cerca/?q=segnalazione+72+ore+ricovero", 200, WITHIN),
    "nessun-risultato": ("/cerca/?q=xqzwkj", 200, ANYBODY),
    "sigla-ambigua": ("/cerca/?q=ADI", 200, EVERYBODY),
    "spazi": ("/spazi/", 200, ANYBODY),
    "spazio": ("/spazi/terzo-settore/", 200, ("coordinator", "worker", "partner")),
    "spazio-rete": ("/spazi/rete/", 200, STAFF),
    "spazio-pubblico": ("/spazi/carta/", 200, ("anonymous", "worker")),
    "pagina-pubblica": ("/spazi/carta/come-si-accede/", 200, ("anonymous", "partner")),
    "condivisione": ("/spazi/terzo-settore/condivisione/", 200, ("coordinator",)),
    "vedi-come": ("/spazi/terzo-settore/condivisione/come/?persona={person}", 200, ("coordinator",)),
    "rete": ("/rete/", 200, ("coordinator",)),
    "glossario": ("/rete/glossario/", 200, ("coordinator",)),
    "glossario-parola": ("/rete/glossario/1/", 200, ("coordinator",)),
    "non-si-trova": ("/rete/ricerche/", 200, ("coordinator",)),
    "non-si-trova-risposta": ("/rete/ricerche/1/", 200, ("coordinator",)),
    "le-tue-ricerche": ("/cerca/mie/", 200, ("worker",)),
    "come-si-chiama-da-noi": ("/rubrica/enti/quarrata/parole/", 200, ("worker",)),
    "rete-coordinatori": ("/rete/coordinatori/", 200, ("coordinator", "administrator")),
    "rete-spazi": ("/rete/spazi/", 200, ("coordinator",)),
    "rete-apri-spazio": ("/rete/spazi/apri/", 200, ("coordinator",)),
    "rete-cambia-spazio": ("/rete/spazi/1/", 200, ("coordinator",)),
    "rete-chiudi-spazio": ("/rete/spazi/1/chiudi/", 200, ("coordinator",)),
    "rete-persone": ("/rete/persone/", 200, ("coordinator",)),
    "rete-invita": ("/rete/persone/invita/", 200, ("coordinator",)),
    "rete-da-file": ("/rete/persone/da-file/", 200, ("coordinator",)),
    "rete-persona": ("/rete/persone/{person}/", 200, ("coordinator",)),
    "rete-cambia-ente": ("/rete/persone/{person}/ente/", 200, ("coordinator",)),
    "rete-assenza": ("/rete/persone/{person}/assenza/", 200, ("coordinator",)),
    "rete-consegne": ("/rete/persone/{person}/uscita/", 200, ("coordinator",)),
    "rete-professioni": ("/rete/parole/professioni/", 200, ("coordinator",)),
    "rete-chiusure": ("/rete/parole/chiusure/", 200, ("coordinator",)),
    "invito-scaduto": ("/invito/firma-falsa/", 410, ("anonymous",)),
    "rete-deleghe": ("/rete/enti/quarrata/deleghe/", 200, ("coordinator",)),
    "i-tuoi-dati": ("/profilo/dati/", 200, ("coordinator", "partner")),
    "rete-enti": ("/rete/enti/", 200, ("coordinator",)),
    "rete-ente": ("/rete/enti/pistoia/", 200, ("coordinator",)),
    "non-permesso": ("/spazi/terzo-settore/condivisione/", 403, ("worker",)),
    "protocollo": ("/p/PR-02/", 200, WITHIN),
    "protocollo-condiviso": ("/p/PR-12/", 200, EVERYBODY),
    "edizione-superata": ("/p/PR-02/edizioni/2.0/", 200, WITHIN),
    "edizione-in-vigore": ("/p/PR-02/edizioni/{new}/", 200, WITHIN),
    "confronto": ("/p/PR-02/edizioni/{old}/confronta/{new}/", 200, WITHIN),
    "confronto-testo-intero": ("/p/PR-02/edizioni/{old}/confronta/{new}/?testo=intero", 200, WITHIN),
    "protocollo-in-un-altro-giorno": ("/p/PR-02/?ente=quarrata&giorno=2026-01-02", 200, ("worker",)),
    "protocollo-adattato": ("/p/PR-02/?ente=pistoia", 200, ("worker",)),
    "recepimento": ("/p/PR-02/recepimenti/quarrata/", 200, WITHIN),
    "recepimenti": ("/recepimenti/", 200, ("coordinator", "partner")),
    "procedura": ("/p/OP-04/", 200, WITHIN),
    "procedura-passo": ("/p/OP-04/?passo=2", 200, WITHIN),
    "procedura-disegno": ("/p/OP-07/?vista=disegno", 200, ("worker",)),
    "procedura-lista": ("/p/OP-08/?vista=lista&dal-confronto=2026-11-25", 200, ("worker",)),
    "procedura-terzo-settore": ("/p/OP-11/", 200, ("partner",)),
    "modulo": ("/p/MD-04/", 200, STAFF),
    "riunione": ("/p/R-05/", 200, WITHIN),
    "riunione-terzo-settore": ("/p/R-08/", 200, ("partner",)),
    "servizio": ("/spazi/rete/serd/", 200, STAFF),
    "quesito": ("/spazi/rete/quesito-uvm-urgente/", 200, STAFF),
    "notizia": ("/spazi/integrazione/dimissioni-protette-si-segnala-entro-48-ore/", 200, WITHIN),
    "percorso": ("/spazi/formazione/settimana-di-accoglienza/", 200, STAFF),
    "modulo-formativo": ("/p/M1/", 200, STAFF),
    "modulo-formativo-condiviso": ("/p/M6/", 200, ("partner",)),
    "lezione": ("/spazi/formazione/settimana-di-accoglienza/m1/usare-il-portale/", 200, STAFF),
    "rubrica": ("/rubrica/", 200, EVERYBODY),
    "ente": ("/rubrica/enti/quarrata/", 200, EVERYBODY),
    "persona": ("/rubrica/persone/{person}/", 200, EVERYBODY),
    "profilo": ("/profilo/", 200, EVERYBODY),
    "digest": ("/profilo/digest/", 200, EVERYBODY),
    "password-dimenticata": ("/accesso/password/reset/", 200, ("anonymous",)),
    "posta-inviata": ("/posta-inviata/", 200, ("administrator",)),
    "password": ("/accesso/password/change/", 200, ("worker",)),
    "secondo-fattore": ("/accesso/secondo-fattore/", 200, ("worker",)),
    "segnala": ("/segnala/?pagina=/p/PR-12/", 200, ("worker",)),
    "letture": ("/letture/{read}/", 200, ("coordinator", "administrator")),
    "revisioni": ("/revisioni/", 200, ("coordinator", "worker")),
    "revisione": ("/revisioni/{reviewed}/", 200, ("coordinator",)),
    "cestino": ("/spazi/colmo/cestino/", 200, ("administrator",)),
    "collegamenti-esterni": ("/spazi/colmo/condivisione/esterni/", 200, ("administrator",)),
    "esterno": ("{outsider}", 200, ("anonymous", "worker")),
    "esterno-edizione": ("{outsider_edition}", 200, ("anonymous",)),
    "esterno-finito": ("/esterni/mai-dato/", 404, ("anonymous",)),
    "dati-personali": ("/dati-personali/{report}/", 200, ("administrator",)),
    "segnala-dati-personali": ("/dati-personali/segnala/?pagina=/p/PR-12/", 200, ("worker",)),
    "approvazione": ("/approvazioni/{waiting}/", 200, ("director", "health_manager")),
    "novita": ("/novita/", 200, EVERYBODY),
    "protocolli": ("/protocolli/", 200, EVERYBODY),
    "procedure": ("/procedure/", 200, EVERYBODY),
    "moduli": ("/moduli/", 200, EVERYBODY),
    "riunioni": ("/riunioni/", 200, EVERYBODY),
    "formazione": ("/formazione/", 200, EVERYBODY),
    "non-trovata": ("/p/PR-99/", 404, EVERYBODY),
    "accessibilita": ("/accessibilita/", 200, ANYBODY),
    "riservatezza": ("/riservatezza/", 200, ("anonymous", "worker")),
}
CASES = [(person, name) for name, (_path, _status, readers) in PAGES.items() for person in readers]


@pytest.fixture(scope="module")
def window_of(
    site: Site, new_context: Callable[..., BrowserContext], session_of: Callable[[str], Any]
) -> Iterator[Callable[[str], Window]]:
    """One tab for each person, kept from page to page."""
    windows: dict[str, Window] = {}

    def find(person: str) -> Window:
        if person not in windows:
            state = {} if person == "anonymous" else {"storage_state": session_of(person)}
            context, watch = new_context(**state), Watch(site)
            watch.over(context)
            windows[person] = Window(site, context.new_page(), watch)
        windows[person].watch.problems.clear()
        return windows[person]

    yield find
    for window in windows.values():
        window.page.context.close()


@pytest.fixture(scope="module")
def colleague(window_of: Callable[[str], Window]) -> str:
    """The address of the coordinator in the directory: everybody works with her."""
    window = window_of("coordinator")
    window.go("/rubrica/?nome=Chiara+Bonacchi")
    href = window.page.get_by_role("link", name="Chiara Bonacchi").first.get_attribute("href")
    found = re.fullmatch(r"/rubrica/persone/(\d+)/", href or "")
    assert found
    return found[1]


@pytest.fixture(scope="module")
def waiting(window_of: Callable[[str], Window]) -> str:
    """The number of the approval that waits in the demo: PR-09, which the coordinator proposes."""
    window = window_of("director")
    window.go("/")
    href = window.page.get_by_role("link", name="Decidi").first.get_attribute("href")
    found = re.fullmatch(r"/approvazioni/(\d+)/", href or "")
    assert found
    return found[1]


@pytest.fixture(scope="module")
def filled(site: Site) -> dict[str, Any]:
    """What the demo leaves empty, and the numbers of what it holds."""
    printed = site.manage("shell", "--no-imports", "-c", "from tests.e2e.filled import fill; fill()")
    numbers: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return numbers


@pytest.mark.parametrize(("person", "name"), CASES, ids=[f"{name}-{person}" for person, name in CASES])
def test_a_page_is_accessible_within_its_width_and_asks_nobody_else(
    window_of: Callable[[str], Window], colleague: str, waiting: str, filled: dict[str, Any], person: str, name: str
) -> None:
    path, status, _readers = PAGES[name]
    window = window_of(person)
    answer = window.go(path.format(person=colleague, waiting=waiting, **filled))
    assert answer.status == status
    faults = []
    for width, size in SIZES.items():
        window.page.set_viewport_size(size)
        _shoot(window, f"{person}-{name}-{width}")
        faults += [f"{width}: {fault}" for fault in (*axe(window), *beyond_the_edge(window))]
    faults += window.watch.problems
    assert not faults, "\n".join(faults)


def _shoot(window: Window, name: str) -> None:
    """A picture to look at, where E2E_SHOTS names a folder."""
    folder = os.environ.get("E2E_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        window.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
