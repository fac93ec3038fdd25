"""The demonstration network: its bodies, people and spaces; and how the other packages load their content.

All names are invented; municipalities and kinds of bodies are real. Dates count from the day of loading.
"""

import csv
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page

from . import access, network
from .accounts import coordinators
from .files import reading
from .models import (
    Activity,
    Delegation,
    Document,
    Holiday,
    Membership,
    NetworkCoordinator,
    NetworkProfile,
    Organ,
    Organisation,
    Position,
    Profession,
    Role,
    Space,
    Term,
    User,
)
from .models.append_only import as_maintenance
from .models.network import Conformance
from .models.pages import FaqPage, NewsPage, PinnedPage, PortalPage, SpacePage, TextPage
from .models.people import OrganisationKind
from .models.spaces import Visibility
from .spaces import opening, roles

Say = Callable[[str], None]
CONTENT = Path(__file__).parent / "demo_content"

# key: name, kind, area, inhabitants (rounded; ISTAT 1.1.2022 for four, estimates for the others)
BODIES = {
    "sds": ("Società della Salute Pistoiese", OrganisationKind.CONSORTIUM, "", None),
    "ausl": ("Azienda USL Toscana Centro", OrganisationKind.HEALTH_UNIT, "", None),
    "abetone-cutigliano": ("Comune di Abetone Cutigliano", OrganisationKind.MUNICIPALITY, "montagna", 1900),
    "agliana": ("Comune di Agliana", OrganisationKind.MUNICIPALITY, "piana", 17900),
    "marliana": ("Comune di Marliana", OrganisationKind.MUNICIPALITY, "centro", 3200),
    "montale": ("Comune di Montale", OrganisationKind.MUNICIPALITY, "piana", 10600),
    "pistoia": ("Comune di Pistoia", OrganisationKind.MUNICIPALITY, "centro", 89500),
    "quarrata": ("Comune di Quarrata", OrganisationKind.MUNICIPALITY, "piana", 26900),
    "sambuca-pistoiese": ("Comune di Sambuca Pistoiese", OrganisationKind.MUNICIPALITY, "montagna", 1500),
    "san-marcello-piteglio": ("Comune di San Marcello Piteglio", OrganisationKind.MUNICIPALITY, "montagna", 7800),
    "serravalle-pistoiese": ("Comune di Serravalle Pistoiese", OrganisationKind.MUNICIPALITY, "centro", 11700),
    "filo-rosso": ("Il Filo Rosso ODV", OrganisationKind.THIRD_SECTOR, "", None),
    "vicinanze": ("Cooperativa Vicinanze", OrganisationKind.THIRD_SECTOR, "", None),
}
SWITCHBOARDS = {key: f"0573 000 3{number:02d}" for number, key in enumerate(BODIES)}
COUNTED_BY_ISTAT = {"pistoia", "agliana", "serravalle-pistoiese", "montale"}
MUNICIPALITIES = [key for key, body in BODIES.items() if body[1] == OrganisationKind.MUNICIPALITY]

# Whoever has one of these finds the own path first.
LEARNERS = {"Assistente sociale neoassunto", "Tirocinante universitaria"}
POSITIONS = {
    "Referente ospedale e territorio": ("Risponde sulle dimissioni protette", "irene.maestripieri"),
    "Referente tutela minori": ("Risponde sulle segnalazioni alla procura", "nadia.elamrani"),
}  # fmt: skip
PATRONS = {
    "pistoia": ("San Jacopo", 7, 25), "quarrata": ("Santa Maria Assunta", 8, 15), "agliana": ("San Piero", 6, 29),
    "sds": ("San Jacopo", 7, 25),
}  # fmt: skip
ORGANS = {"sds": ["Assemblea dei soci", "Giunta esecutiva", "Collegio sindacale"], "pistoia": ["Giunta", "Consiglio"]}

# (first name, last name, profession, body, telephone)
PEOPLE = [
    ("Chiara", "Bonacchi", "Assistente sociale coordinatrice", "sds", "0573 000 140"),
    ("Paolo", "Vannini", "Direttore", "sds", "0573 000 101"),
    ("Franca", "Giuntoli", "Amministrativa, Ufficio di Piano", "sds", "0573 000 142"),
    ("Nadia", "El Amrani", "Assistente sociale, tutela minori", "pistoia", "0573 000 133"),
    ("Elena", "Fedi", "Assistente sociale, adulti e anziani", "quarrata", "0573 000 131"),
    ("Davide", "Tesi", "Assistente sociale, tutela minori", "agliana", "0573 000 134"),
    ("Sara", "Begliomini", "Assistente sociale", "san-marcello-piteglio", "0573 000 135"),
    ("Tommaso", "Lenzi", "Assistente sociale neoassunto", "montale", "0573 000 136"),
    ("Giulia", "Petrucci", "Tirocinante universitaria", "sds", ""),
    ("Irene", "Maestripieri", "Assistente sociale ospedaliera", "ausl", "0573 000 212"),
    ("Andrea", "Salvestrini", "Responsabile servizio sociale", "ausl", "0573 000 210"),
    ("Rosanna", "Cioni", "Referente telefonia", "filo-rosso", "0573 000 221"),
    ("Youssef", "Haddad", "Educatore coordinatore", "vicinanze", "0573 000 222"),
]

# (body, what for, person, substitute)
DELEGATIONS = [
    ("sds", "approvazione", "paolo.vannini", ""),
    ("ausl", "approvazione", "andrea.salvestrini", "irene.maestripieri"),
    ("quarrata", "approvazione", "elena.fedi", ""),
    ("agliana", "approvazione", "davide.tesi", ""),
    ("montale", "approvazione", "davide.tesi", ""),  # in gestione associata
    ("pistoia", "approvazione", "nadia.elamrani", ""),
    ("serravalle-pistoiese", "approvazione", "nadia.elamrani", ""),
    ("marliana", "approvazione", "nadia.elamrani", ""),
    ("san-marcello-piteglio", "approvazione", "sara.begliomini", ""),
    ("abetone-cutigliano", "approvazione", "sara.begliomini", ""),
    ("sambuca-pistoiese", "approvazione", "sara.begliomini", ""),
    ("filo-rosso", "approvazione", "rosanna.cioni", ""),
    ("vicinanze", "approvazione", "youssef.haddad", ""),
    ("quarrata", "recepimento", "elena.fedi", ""),
    ("quarrata", "dati", "elena.fedi", ""),
    ("agliana", "dati", "davide.tesi", ""),
    ("montale", "dati", "davide.tesi", ""),  # in gestione associata
    ("pistoia", "dati", "nadia.elamrani", ""),
    ("serravalle-pistoiese", "dati", "nadia.elamrani", ""),
    ("marliana", "dati", "nadia.elamrani", ""),
    ("san-marcello-piteglio", "dati", "sara.begliomini", ""),
    ("abetone-cutigliano", "dati", "sara.begliomini", ""),
    ("sambuca-pistoiese", "dati", "sara.begliomini", ""),
    ("agliana", "recepimento", "davide.tesi", ""),
    ("sds", "recepimento", "paolo.vannini", ""),
    ("pistoia", "recepimento", "nadia.elamrani", ""),
    ("serravalle-pistoiese", "recepimento", "nadia.elamrani", ""),  # in gestione associata
    ("marliana", "recepimento", "nadia.elamrani", ""),
    ("san-marcello-piteglio", "recepimento", "sara.begliomini", ""),
    ("abetone-cutigliano", "recepimento", "sara.begliomini", ""),
    ("sambuca-pistoiese", "recepimento", "sara.begliomini", ""),
    ("filo-rosso", "recepimento", "rosanna.cioni", ""),
    ("vicinanze", "recepimento", "youssef.haddad", ""),
    ("ausl", "recepimento", "andrea.salvestrini", "irene.maestripieri"),
]

SPACES = {
    "SP-RETE": ("Rete dei servizi sociali", "rete", "Le regole e le notizie comuni a tutti i servizi della zona."),
    "SP-COORD": ("Coordinamento e Ufficio di Piano", "coordinamento", "Il lavoro della coordinatrice e dell’ufficio."),
    "SP-MINORI": ("Tutela minori e famiglie", "minori", "Per chi lavora nella tutela dei minori ed è abilitato."),
    "SP-INTEGRA": ("Integrazione sociosanitaria", "integrazione", "Dove Comuni e azienda sanitaria lavorano insieme."),
    "SP-FORMA": ("Formazione e accoglienza", "formazione", "Per chi arriva e per chi accompagna chi arriva."),
    "SP-TERZO": ("Terzo settore e partecipazione", "terzo-settore", "Il lavoro comune con associazioni e cooperative."),
    "SP-MODULI": ("Modulistica e comunicazione", "modulistica", "I moduli in vigore, uno per procedura."),
    "SP-PUBBLICO": ("Carta per la cittadinanza sociale", "carta", "Che cosa i servizi sociali offrono, per chiunque."),
}  # fmt: skip

READER, EDITOR, APPROVER, MANAGER = Role.READER, Role.EDITOR, Role.APPROVER, Role.MANAGER
# space → (who, role, reason); bodies by key, persons by the part of the address before @
ROLES: dict[str, list[tuple[str, Role, str]]] = {
    "SP-RETE": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        ("franca.giuntoli", EDITOR, "Segreteria dell’Ufficio di Piano"),
        *((key, READER, "Servizio sociale del Comune") for key in MUNICIPALITIES),
        ("sds", READER, "Personale della Società della Salute"),
        ("ausl", READER, "Servizio sociale dell’azienda sanitaria"),
    ],
    "SP-COORD": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        ("franca.giuntoli", EDITOR, "Ufficio di Piano"),
    ],
    "SP-MINORI": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        ("nadia.elamrani", EDITOR, "Abilitata alla tutela minori"),
        ("davide.tesi", EDITOR, "Abilitato alla tutela minori"),
        ("sara.begliomini", EDITOR, "Abilitata alla tutela minori"),
    ],
    "SP-INTEGRA": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        ("andrea.salvestrini", APPROVER, "Responsabile per l’azienda sanitaria"),
        *((name, READER, "Lavora con l’ospedale e il distretto") for name in (
            "franca.giuntoli", "nadia.elamrani", "elena.fedi", "davide.tesi", "sara.begliomini", "irene.maestripieri",
        )),
    ],
    "SP-FORMA": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        *((key, READER, "Servizio sociale del Comune") for key in MUNICIPALITIES),
        ("sds", READER, "Personale e tirocinanti"),
        ("ausl", READER, "Servizio sociale dell’azienda sanitaria"),
    ],
    "SP-TERZO": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        *((name, READER, "Segue i progetti con il Terzo settore") for name in (
            "franca.giuntoli", "nadia.elamrani", "elena.fedi", "davide.tesi", "sara.begliomini", "irene.maestripieri",
        )),
        ("filo-rosso", READER, "Accordo per la telefonia sociale"),
        ("vicinanze", READER, "Accordo per i servizi educativi"),
    ],
    "SP-MODULI": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        ("franca.giuntoli", EDITOR, "Gruppo modulistica"),
        ("elena.fedi", EDITOR, "Gruppo modulistica"),
        *((key, READER, "Servizio sociale del Comune") for key in MUNICIPALITIES),
        ("sds", READER, "Personale della Società della Salute"),
        ("ausl", READER, "Servizio sociale dell’azienda sanitaria"),
    ],
    "SP-PUBBLICO": [
        ("chiara.bonacchi", MANAGER, "Coordina la rete"),
        ("paolo.vannini", APPROVER, "Direttore: approva"),
        ("franca.giuntoli", EDITOR, "Cura la carta dei servizi"),
    ],
}  # fmt: skip
PINS = {
    "SP-RETE": ["pr-01", "op-01"], "SP-MINORI": ["pr-05"], "SP-INTEGRA": ["pr-02", "op-04"],
    "SP-TERZO": ["pr-11", "op-11", "pr-07"], "SP-MODULI": ["md-04"],
}  # fmt: skip
# Which of them stand together in lists.
HEADINGS = {
    "SP-RETE": "Tutta la rete", "SP-MODULI": "Tutta la rete", "SP-FORMA": "Tutta la rete",
    "SP-MINORI": "Gruppi di lavoro", "SP-INTEGRA": "Gruppi di lavoro", "SP-TERZO": "Gruppi di lavoro",
    "SP-COORD": "Gruppi di lavoro",
}  # fmt: skip
AGREEMENT_ENDS = {"filo-rosso": 270, "vicinanze": 24}  # days from the loading: partners' access ends with it


def load(say: Say) -> None:
    """Bodies, people, spaces and roles, the glossary, and the pages of the ground."""
    network.set_up("Rete sociale pistoiese")
    say("enti e persone")
    _load_bodies()
    _load_people()
    _load_profile()
    _load_glossary()
    say("spazi e ruoli")
    _load_spaces()
    say("pagine, quesiti e notizie")
    _load_pages(CONTENT / "pages.toml")
    _load_news(CONTENT / "news.toml")


def finish(say: Say) -> None:
    """After the content: what each space puts first; the text of the files, each taken in its own subprocess."""
    for code, slugs in PINS.items():
        page = SpacePage.objects.get(space__code=code)
        for order, slug in enumerate(slugs):
            PinnedPage.objects.create(space_page=page, target=Page.objects.get(slug=slug), sort_order=order)
    say("testo dei file")
    for pk in Document.objects.values_list("pk", flat=True):
        reading.read(pk)


def _load_bodies() -> None:
    for key, (name, kind, area, population) in BODIES.items():
        Organisation.objects.create(
            name=name, slug=key, kind=kind, area=area, population=population,
            population_source=("ISTAT, arrotondato" if key in COUNTED_BY_ISTAT else "stima") if population else "",
            population_date=date(2022, 1, 1) if population else None,
            telephone=SWITCHBOARDS[key], email=f"servizisociali.{key}@raccordo.example",
            **dict(zip(("patron_saint", "patron_month", "patron_day"), PATRONS.get(key, ()), strict=False)),
        )  # fmt: skip
    closed = Organisation.objects.get(slug="quarrata")
    Holiday.objects.create(day=day(20), name="Chiusura per la fiera", organisation=closed)
    for key, names in ORGANS.items():
        body = Organisation.objects.get(slug=key)
        Organ.objects.bulk_create(Organ(organisation=body, name=name, order=n) for n, name in enumerate(names))


def _load_people() -> None:
    password = make_password(settings.DEMO_PASSWORD)  # one hash for all: a demo password protects nothing
    bodies = {body.slug: body for body in Organisation.objects.all()}
    entered = timezone.now() - timedelta(days=90)
    names = dict.fromkeys(profession for _first, _last, profession, _body, _telephone in PEOPLE)
    professions = {name: Profession.objects.create(name=name, is_learner=name in LEARNERS) for name in names}
    for first, last, profession, body, telephone in PEOPLE:
        User.objects.create(
            email=f"{local_part(first, last)}@raccordo.example", first_name=first, last_name=last, password=password,
            profession=professions[profession], organisation=bodies[body], telephone=telephone, date_joined=entered,
            valid_until=moment(AGREEMENT_ENDS[body], 23, 59) if body in AGREEMENT_ENDS else None,
        )  # fmt: skip
    User.objects.create(
        email="admin@raccordo.example", first_name="Amministrazione", last_name="del portale", password=password,
        is_superuser=True, is_staff=True, organisation=bodies["sds"], date_joined=entered,
    )  # fmt: skip
    for name, (meaning, who) in POSITIONS.items():
        person(who).positions.add(Position.objects.create(name=name, meaning=meaning))
    for body, purpose, who, substitute in DELEGATIONS:
        Delegation.objects.create(
            organisation=bodies[body], purpose=purpose, person=person(who), given_by=person("admin"),
            substitute=person(substitute), valid_from=day(-60),
        )  # fmt: skip
    coordinators.entrust(person("chiara.bonacchi"), by=person("admin"), reason="Incarico della Giunta esecutiva")
    NetworkCoordinator.objects.update(since=entered)


def _load_profile() -> None:
    """What the network says of itself, with the last declaration made in time."""
    today = timezone.localdate()
    year = today.year if today >= date(today.year, 9, 15) else today.year - 1
    profile = NetworkProfile.load()
    profile.contact_name = "Ufficio di Piano della Società della Salute Pistoiese"
    profile.contact_email, profile.contact_telephone = "accessibilita@raccordo.example", "0573 000 142"
    profile.conformance = Conformance.PARTIAL
    profile.declared_on = date(year, 9, 15)
    profile.method = "autovalutazione, con prove da tastiera, lettore di schermo e verifica automatica"
    profile.not_accessible = "Alcuni moduli in PDF sono senza titoli e senza campi da compilare: li stiamo sostituendo."
    profile.declaration_owner = person("franca.giuntoli")
    profile.enforcement_url = "https://www.agid.gov.it/it/agenzia/difensore-civico-il-digitale"
    profile.controller = "Società della Salute Pistoiese"
    profile.controller_contact = "protocollo@raccordo.example"
    profile.dpo, profile.dpo_contact = "Ufficio per la protezione dei dati della rete", "privacy@raccordo.example"
    profile.legal_bases = (
        "Compiti di interesse pubblico dei servizi sociali (articolo 6, paragrafo 1, lettera e, del regolamento "
        "UE 2016/679; legge 328/2000; legge regionale toscana 41/2005)."
    )
    profile.save()


def local_part(first: str, last: str) -> str:
    """«Nadia El Amrani» → «nadia.elamrani»."""
    return f"{first}.{last}".lower().replace(" ", "")


def _load_glossary() -> None:
    with (CONTENT / "glossary.tsv").open(encoding="utf-8") as rows:
        Term.objects.bulk_create(
            Term(
                term=row["term"], meaning=row["expansion_it"].replace("'", "’"), relation=row["rel"],
                note=row["note"] or "",
                synonyms=[each.strip() for each in row["synonyms"].split(";") if each.strip()],
            )
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)
        )  # fmt: skip


def _load_spaces() -> None:
    administrator, chiara = person("admin"), person("chiara.bonacchi")
    for code, (name, slug, purpose) in SPACES.items():
        visibility = Visibility.PUBLIC if code == "SP-PUBBLICO" else Visibility.PRIVATE
        space = opening.open_space(
            code,
            name,
            slug=slug,
            by=administrator,
            purpose=purpose,
            intro=purpose,
            visibility=visibility,
            heading=HEADINGS.get(code, ""),
        )
        for who, role, reason in ROLES[code]:
            holder = person(who) if "." in who else Organisation.objects.get(slug=who).group
            ends = AGREEMENT_ENDS.get(who)
            roles.give_role(
                space, holder, role, by=administrator if who == "chiara.bonacchi" else chiara, reason=reason,
                expires_at=moment(ends, 23, 59) if ends else None,
            )  # fmt: skip
    opened = timezone.now() - timedelta(days=85)
    _backdate(Activity._base_manager.all(), opened)
    Membership.objects.update(given_at=opened)


# --- What the other packages load with -------------------------------------------------------------------


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def person(name: str | None) -> Any:
    """A person of the demo by the part of the address before @; None for no name."""
    return User.objects.get(email=f"{name}@raccordo.example") if name else None


def space(code: str) -> Space:
    return Space.objects.select_related("root_page", "collection").get(code=code)


def day(offset: int) -> date:
    """So many days from the loading day; weekends move to the nearest working day."""
    found = timezone.localdate() + timedelta(days=offset)
    return found + timedelta(days={5: -1, 6: 1}.get(found.weekday(), 0))


def moment(offset: int, hour: int = 9, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day(offset), time(hour, minute)))


def body_of(sections: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Sections of a content file as a BodyBlock stream; a section may have a table and contacts.

    The contacts point at the directory.
    """
    from .templatetags.portal_tags import plain_to_html

    found: list[tuple[str, Any]] = []
    for section in sections:
        rows = [{"term": term, "text": text} for term, text in section.get("rows", [])]
        text = plain_to_html(section.get("text", ""))
        found.append(("section", {"heading": section["heading"], "text": text, "rows": rows}))
        if contacts := section.get("contacts"):
            found.append(("contacts", [_contact(*contact) for contact in contacts]))
        if "table" in section:
            found.append(("table", _table(section)))
    return found


def _contact(purpose: str, whom: str, note: str) -> dict[str, Any]:
    """«persona:elena.fedi», or «servizio:cot» by the last word of the card's address."""
    kind, key = whom.split(":")
    service = Page.objects.get(slug=key, depth__gt=access.SPACE_DEPTH) if kind == "servizio" else None
    return {"purpose": purpose, "person": None if service else person(key), "service": service, "note": note}


def _table(section: dict[str, Any]) -> dict[str, Any]:
    return {
        "caption": "",
        "columns": [{"type": "text", "heading": heading} for heading in section["columns"]],
        "rows": [{"values": row} for row in section["table"]],
    }


def publish(parent: Page, page: PortalPage, *, on: int, by: User | None, note: str = "") -> Any:
    """Add a page below `parent` and publish it as people do, dated so many days from today."""
    page.change_note = note or getattr(page, "summary", "") or "Prima pubblicazione."
    page.live = False
    page.owner = by
    page.slug = page.slug or slugify(page.code or page.title)
    parent.add_child(instance=page)
    page.save_revision(user=by).publish(user=_publisher(page, by))
    at = min(moment(on, 10), timezone.now())
    Page.objects.filter(pk=page.pk).update(first_published_at=at, last_published_at=at, latest_revision_created_at=at)
    _backdate(Activity._base_manager.filter(page=page.pk), at)
    page.refresh_from_db()
    return page


def _backdate(acts: Any, at: datetime) -> None:
    """The past of the demo is written, not lived: the one place where acts are given another moment."""
    with as_maintenance("the past of the demo"):
        acts.update(at=at)


def _publisher(page: Page, author: User | None) -> User | None:
    """The author, where the author may publish; else the director or the coordinator, as in any network."""
    if author is None:
        return None
    people = (author, person("paolo.vannini"), person("chiara.bonacchi"))
    return next((each for each in people if "approve" in access.acts_on(each, page)), None)


def _load_pages(path: Path) -> None:
    """Text pages and questions of a content file."""
    for entry in read_toml(path)["pages"]:
        kind = FaqPage if entry.get("kind") == "quesito" else TextPage
        page = kind(
            title=entry["title"], slug=entry["slug"], summary=entry["summary"], body=body_of(entry["sections"]),
            responsible=person(entry.get("responsible", "chiara.bonacchi")),
        )  # fmt: skip
        root = space(entry["space"]).root_page
        state = entry.get("state", "")
        if state == "bozza":
            page.live, page.change_note = False, "Bozza da completare."
            root.add_child(instance=page)
            page.save_revision(user=person("chiara.bonacchi"))
            continue
        publish(root, page, on=-20, by=person("chiara.bonacchi"), note=page.summary)
        if state == "scaduto":
            page.unpublish(set_expired=True)


def _load_news(path: Path) -> None:
    for entry in read_toml(path)["news"]:
        page = NewsPage(
            title=entry["title"], summary=entry["summary"], news_kind=entry["kind"], slug=slugify(entry["title"])[:60],
            body=body_of([{"heading": "In breve", "text": entry["text"]}]), responsible=person("chiara.bonacchi"),
        )  # fmt: skip
        publish(space(entry["space"]).root_page, page, on=entry["day"], by=person("chiara.bonacchi"),
                note=entry["summary"])  # fmt: skip
