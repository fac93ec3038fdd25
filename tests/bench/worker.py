"""One site of the benchmark: reads what to do from its input, answers with milliseconds of its processor."""

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


def portal_acts() -> dict[str, Callable[..., Any]]:
    from django.core.management import call_command

    from portal import access
    from portal.models import User
    from portal.models.pages import FaqPage
    from search import index
    from search.engines.contract import Query
    from tests.bench import mails, rules
    from tests.bench.grown import Size, grow

    turn = iter(range(1_000_000))

    def publish() -> str:
        page = FaqPage.objects.filter(live=True).first()
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
        "grow": lambda *size: grow(Size(*map(int, size))),
        "register": lambda *size: rules.register(*map(int, size)),
        "long_text": lambda sections: rules.long_text(int(sections)),
        "news": lambda server, *size: mails.prepare(server, *map(int, size)),
        "make_due": lambda people: mails.make_due(int(people)),
        "send_digests": lambda people: mails.send(int(people)),
        "publish": publish,
        "publish_and_find": publish_and_find,
    }


def engine_time() -> Callable[[], float]:
    """What the search engine has cost since it was last asked: its own call is not the page's doing."""
    from search import index

    engine, spent = index.engine(), [0.0]
    search: Callable[[Any], Any] = engine.search

    def timed(query: Any) -> Any:
        began = time.process_time()
        try:
            return search(query)
        finally:
            spent[0] += time.process_time() - began

    def taken() -> float:
        found, spent[0] = spent[0], 0.0
        return found

    engine.search = timed  # type: ignore[method-assign]
    return taken


def bare_acts() -> dict[str, Callable[..., Any]]:
    from django.core.management import call_command

    from tests.bench.bare import content, mails

    return {
        "migrate": lambda: call_command("migrate", verbosity=0),
        "load": content.load,
        "send_mails": lambda server, *size: mails.send(server, *map(int, size)),
    }


def client(reader: str) -> Any:
    """The browser of a reader, by the first part of the address; of nobody for «-»."""
    from django.test import Client

    found = Client(SERVER_NAME="localhost")
    if reader != "-":
        from portal.models import User

        found.force_login(User.objects.get(email=f"{reader}@raccordo.example"))
    return found


def main(name: str, folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    start(name, folder)
    acts = portal_acts() if name == "portal" else bare_acts()
    browsers: dict[str, Any] = {}
    engine: Callable[[], float] | None = None
    for line in sys.stdin:
        what, *words = line.split()
        is_page = what in {"get", "beyond"}  # a page; a page without the call of the search engine
        if is_page and words[0] not in browsers:
            browsers[words[0]] = client(words[0])
        if what == "beyond":
            engine = engine or engine_time()
            engine()
        began = time.process_time()
        if is_page:
            assert browsers[words[0]].get(words[1]).status_code == 200, line
        else:
            acts[what](*words)
        took = time.process_time() - began
        if what == "beyond" and engine:
            took -= engine()
        print(f"{took * 1000:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
