"""The welcome week: six modules and their lessons; how far the trainee is."""

from pathlib import Path
from typing import Any

from django.utils.text import slugify

from portal.demo import Say, moment, person, publish, read_toml, space
from portal.spaces import shares

from .models import LessonDone, LessonPage, ModulePage, PathPage

CONTENT = Path(__file__).parent / "demo_content"


def load(say: Say) -> None:
    say("percorso formativo")
    chiara = person("chiara.bonacchi")
    path = PathPage(
        title="Settimana di accoglienza", slug="settimana-di-accoglienza", hours=30, responsible=chiara,
        summary="Cinque giorni, trenta ore: la rete, gli strumenti, le persone a cui chiedere.",
    )  # fmt: skip
    path = publish(space("SP-FORMA").root_page, path, on=-80, by=chiara)
    for file in sorted(CONTENT.glob("M*.toml")):
        _load_module(path, read_toml(file))
    # Giulia has begun: the first module, and one lesson of the second.
    for lesson in LessonPage.objects.descendant_of(path).order_by("path")[:5]:
        LessonDone.objects.create(user=person("giulia.petrucci"), lesson=lesson, at=moment(-2))


def _load_module(path: PathPage, entry: dict[str, Any]) -> None:
    tutor = person(entry["tutor"])
    module = ModulePage(
        title=entry["title"], code=entry["code"], summary=entry["summary"], day=entry["day"], hours=entry["hours"],
        tutor=tutor, responsible=tutor,
    )  # fmt: skip
    module = publish(path, module, on=-79, by=person("chiara.bonacchi"))
    for lesson in entry["lessons"]:
        page = LessonPage(
            title=lesson["title"], slug=slugify(lesson["title"])[:60], minutes=lesson["minutes"], responsible=tutor,
            text=lesson["text"].strip(), question=lesson["question"],
        )  # fmt: skip
        publish(module, page, on=-78, by=person("chiara.bonacchi"))
    for code in entry["shared_with"]:
        shares.share_page(module, space(code), by=person("chiara.bonacchi"), reason="Serve anche ai volontari")
