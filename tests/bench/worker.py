"""One site of the benchmark: reads what to do from its input, answers with milliseconds."""

import os
import sys
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

SETTINGS = {"portal": "portal.settings", "bare": "tests.bench.bare.settings"}


def start(name: str, folder: str) -> None:
    os.environ.update(DJANGO_SETTINGS_MODULE=SETTINGS[name], DATA_DIR=folder, DEMO="1", LOG_LEVEL="ERROR")
    import django

    django.setup()


def portal_acts() -> dict[str, Callable[[], Any]]:
    from django.core.management import call_command
    from wagtail.models import Page

    from portal import access
    from portal.models import User
    from search import index
    from search.engines.contract import Query

    turn = iter(range(1_000_000))

    def publish() -> str:
        page = Page.objects.get(slug="pr-01").specific
        word = f"zufolo{next(turn)}"
        page.summary, page.change_note = f"Regole comuni, {word}.", "Prova."
        page.save_revision().publish()
        return word

    def publish_and_find() -> None:
        word = publish()
        index.apply_pending()
        user = User.objects.get(email="elena.fedi@raccordo.example")
        assert index.engine().search(Query(words=word, tokens=access.tokens(user))).total == 1

    return {
        "migrate": lambda: call_command("migrate", verbosity=0),
        "load_demo": lambda: call_command("load_demo", stdout=StringIO()),
        "publish": publish,
        "publish_and_find": publish_and_find,
    }


def bare_acts() -> dict[str, Callable[[], Any]]:
    from django.core.management import call_command

    from tests.bench.bare import content

    return {"migrate": lambda: call_command("migrate", verbosity=0), "load": content.load}


def client(name: str) -> Any:
    from django.test import Client

    found = Client(SERVER_NAME="localhost")
    if name == "portal":
        from portal.models import User

        found.force_login(User.objects.get(email="elena.fedi@raccordo.example"))
    return found


def main(name: str, folder: str) -> None:
    start(name, folder)
    acts = portal_acts() if name == "portal" else bare_acts()
    browser = None
    for line in sys.stdin:
        what = line.strip()
        if what.startswith("get ") and browser is None:
            browser = client(name)
        began = time.perf_counter()
        if what.startswith("get "):
            assert browser.get(what[4:]).status_code == 200, what
        else:
            acts[what]()
        print(f"{(time.perf_counter() - began) * 1000:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
