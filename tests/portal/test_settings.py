"""Starting outside the demo: what is refused, and what `setup_network` makes of an empty folder."""

import gettext
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation

from tests.installation import installation

BASE = Path(settings.BASE_DIR)
OWN_KEY = "una-chiave-propria-lunga-abbastanza-da-non-essere-indovinata-0123456789"
SOUND = {"SECRET_KEY": OWN_KEY, "ALLOWED_HOSTS": "portale.example", "BASE_URL": "https://portale.example"}
PASSWORD = "una-frase-lunga-9"
# Only the settings and the guard: quick, because no app is loaded.
GUARD = ["-c", "from portal.checks import refuse_unsafe_start; refuse_unsafe_start(); print('parte')"]


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python in an installation of its own: nothing of the tests' environment but the path to programs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**kept, **own, **environment},
        cwd=BASE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_was_saved_outlives_a_power_cut_and_the_demonstration_may_lose_its_last_second(tmp_path: Path) -> None:
    asked = (
        "import django; django.setup(); from django.db import connection; cursor = connection.cursor();"
        "cursor.execute('PRAGMA synchronous'); print(cursor.fetchone()[0])"
    )
    for environment, level in ((SOUND, "2"), ({"DEMO": "1"}, "1")):
        done = start(tmp_path, "-c", asked, **environment)
        assert done.stdout.strip() == level, done.stderr


# --- What is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({**SOUND, "SECRET_KEY": settings.DEMO_SECRET_KEY}, "Manca una SECRET_KEY propria"),
        ({**SOUND, "SECRET_KEY": ""}, "Manca una SECRET_KEY propria"),
        ({**SOUND, "DEBUG": "1"}, "DEBUG è acceso"),
        ({**SOUND, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS è vuoto"),
        ({}, "Manca una SECRET_KEY propria"),
        ({**SOUND, "SECRET_KEY": "a"}, "La SECRET_KEY si indovina"),
        ({**SOUND, "SECRET_KEY": "a" * 60}, "La SECRET_KEY si indovina"),
        ({**SOUND, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS accetta qualsiasi nome"),
        ({name: value for name, value in SOUND.items() if name != "BASE_URL"}, "Manca BASE_URL"),
        ({**SOUND, "BASE_URL": "https://altrove.example"}, "non è fra gli ALLOWED_HOSTS"),
        ({"DEMO": "1", "ALLOWED_HOSTS": "portale.comune.it"}, "DEMO è acceso su un nome vero"),
        ({"DEMO": "1", "BASE_URL": "https://portale.comune.it"}, "DEMO è acceso su un nome vero"),
        ({"DEMO": "1", "ALLOWED_HOSTS": "*"}, "DEMO è acceso su un nome vero"),
    ],
    ids=[
        "the key of the demo",
        "no key",
        "debug",
        "no host",
        "nothing set",
        "a short key",
        "a dull key",
        "any host",
        "no address",
        "another's address",
        "the demo on a name",
        "the demo at an address",
        "the demo on any name",
    ],
)
def test_production_does_not_start(environment: dict[str, str], reason: str, tmp_path: Path) -> None:
    refused = start(tmp_path, *GUARD, **environment)
    assert refused.returncode != 0
    assert reason in refused.stderr
    assert "parte" not in refused.stdout


def test_production_starts_with_settings_of_its_own_and_the_demo_without_any(tmp_path: Path) -> None:
    assert start(tmp_path, *GUARD, **SOUND).stdout == "parte\n"
    assert start(tmp_path, *GUARD, DEMO="1").stdout == "parte\n"
    shown = "localhost,192.168.1.5,demo.raccordo.example"  # here, in a closed network, by a name that leads nowhere
    assert start(tmp_path, *GUARD, DEMO="1", ALLOWED_HOSTS=shown).stdout == "parte\n"


def test_a_line_of_the_settings_that_is_left_empty_counts_as_none(tmp_path: Path) -> None:
    empty = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "FILES_URL", "BACKUP_TO", "SEARCH_URL"), "")
    assert start(tmp_path, *GUARD, **SOUND, **empty).stdout == "parte\n"


def test_outside_the_demo_a_second_factor_is_asked_of_whoever_keeps_the_network(tmp_path: Path) -> None:
    asked = ["-c", "from django.conf import settings; print(settings.SECOND_FACTOR_FOR)"]
    assert start(tmp_path, *asked, **SOUND).stdout == "['administrators', 'coordinators']\n"
    assert start(tmp_path, *asked, DEMO="1").stdout == "[]\n"
    assert start(tmp_path, *asked, **SOUND, SECOND_FACTOR_FOR="managers").stdout == "['managers']\n"


def test_settings_kept_in_the_folder_count_and_the_environment_overrides_them(tmp_path: Path) -> None:
    (tmp_path / "raccordo.env").write_text("".join(f"{name}={value}\n" for name, value in SOUND.items()))
    assert start(tmp_path, *GUARD).stdout == "parte\n"
    assert start(tmp_path, *GUARD, SECRET_KEY=settings.DEMO_SECRET_KEY).returncode != 0


def test_neither_the_web_server_nor_a_command_starts_with_the_key_of_the_demo(tmp_path: Path) -> None:
    unsafe = {**SOUND, "SECRET_KEY": settings.DEMO_SECRET_KEY}
    # Without collected static files WhiteNoise warns; it is not what stops the server.
    server = start(tmp_path, "-W", "ignore", "-c", "import portal.wsgi", **unsafe)
    assert server.returncode != 0
    assert "ImproperlyConfigured: Manca una SECRET_KEY propria" in server.stderr
    command = start(tmp_path, "manage.py", "migrate", **unsafe)
    assert command.returncode != 0
    assert "(portal.E001) Manca una SECRET_KEY propria" in command.stderr
    assert "setup_network" in command.stderr
    with closing(sqlite3.connect(tmp_path / "raccordo.sqlite3")) as database:
        assert database.execute("select count(*) from sqlite_master").fetchone() == (0,), "nothing was migrated"


def test_what_is_written_is_its_users_alone(tmp_path: Path) -> None:
    data = tmp_path / "dati"
    write = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"
    made = start(data, "-c", f"{write}; connection.cursor().execute('create table a (b)')", DEMO="1")
    assert made.returncode == 0, made.stderr
    assert (data / "raccordo.sqlite3").exists()
    open_to_others = {path.name for path in [data, *data.rglob("*")] if path.stat().st_mode & 0o077}
    assert open_to_others == set()


COOKIES = """
import django, json
django.setup()
from django.conf import settings as s
print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,
                  s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.SECURE_HSTS_SECONDS >= 31536000]))
"""


def test_under_https_cookies_are_the_hosts_own_and_browsers_come_back_by_https(tmp_path: Path) -> None:
    found = json.loads(start(tmp_path, "-c", COOKIES, **SOUND).stdout)
    assert found == ["__Host-sessionid", "__Host-csrftoken", True, True, "/", None, True]
    plain = json.loads(start(tmp_path, "-c", COOKIES, **{**SOUND, "BASE_URL": "http://portale.example"}).stdout)
    assert plain[:4] == ["sessionid", "csrftoken", False, False]


NAMED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def test_the_lock_of_those_who_run_the_portal_holds_no_test_tool_and_the_other_the_same_versions() -> None:
    run = dict(NAMED.findall((BASE / "requirements.lock").read_text()))
    test = dict(NAMED.findall((BASE / "requirements-test.lock").read_text()))
    project = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]
    tools = {re.split(r"[\[<>=]", each)[0] for each in project["optional-dependencies"]["test"]}
    needed = {re.split(r"[\[<>=]", each)[0].lower() for each in project["dependencies"]}
    assert len(tools) > 10 and needed <= set(run) and tools <= set(test)
    assert tools & set(run) == set()
    assert {name: version for name, version in run.items() if test.get(name) != version} == {}


# --- Setting up ------------------------------------------------------------------------------------------

PROBE = """
import sys
import portal.wsgi
from django.core.management import call_command
from portal.models import User
from wagtail.models import Site
call_command("check", deploy=True, fail_level="WARNING")
site, user = Site.objects.get(), User.objects.get()
print(site.site_name, site.hostname, site.port, user.email, user.is_superuser, user.check_password(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def network(
    prepared_in: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A production installation, made once."""
    folder = tmp_path_factory.mktemp("rete")
    shutil.copytree(installation("empty", prepared_in), folder, dirs_exist_ok=True)  # its migrations take a while
    answers = {
        "name": "Rete di prova",
        "domain": "portale.example",
        "email": "Prima@Rete.example",
        "password": PASSWORD,
    }
    options = [f"--{name}={value}" for name, value in answers.items()]
    return folder, start(folder, "manage.py", "setup_network", *options)


def test_setting_up_a_network_makes_it_start_and_pass_the_deployment_check(network: Any) -> None:
    folder, made = network
    assert made.returncode == 0, made.stderr
    assert "La rete «Rete di prova» è pronta" in made.stdout
    started = start(folder, "-W", "ignore", "-c", PROBE, PASSWORD)
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines()[-1] == "Rete di prova portale.example 443 prima@rete.example True True"


def test_the_settings_of_a_network_are_its_own_and_readable_by_its_owner_only(network: Any) -> None:
    folder, _made = network
    file = folder / "raccordo.env"
    kept = dict(line.split("=", 1) for line in file.read_text().splitlines())
    assert kept["ALLOWED_HOSTS"] == "portale.example"
    assert kept["BASE_URL"] == "https://portale.example"
    assert len(kept["SECRET_KEY"]) >= 50
    assert kept["SECRET_KEY"] != settings.DEMO_SECRET_KEY
    assert file.stat().st_mode & 0o077 == 0


ANSWERS = {"name": "Rete", "domain": "portale.example", "email": "prima@rete.example", "password": PASSWORD}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"password": settings.DEMO_PASSWORD}, "quella della dimostrazione"),
        ({"password": "corta"}, "troppo corta"),
        ({"password": "12345678901234"}, "numer"),
        ({"email": "non-un-indirizzo"}, "valido"),
        ({"domain": "https://portale.example/"}, "dominio"),
    ],
    ids=["demo password", "short password", "numeric password", "no e-mail", "no domain"],
)
@pytest.mark.parametrize("demo", [False, True], ids=["production", "demo"])
def test_setting_up_refuses_bad_answers_and_writes_nothing(
    answer: dict[str, str], reason: str, demo: bool, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR, settings.DEMO = tmp_path, demo
    with pytest.raises(CommandError, match=reason):
        call_command("setup_network", **{**ANSWERS, **answer}, stdout=StringIO())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("if_empty", [True, False])
def test_the_demo_is_loaded_only_where_it_is_asked_for(if_empty: bool, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="solo con DEMO=1"):
        call_command("load_demo", if_empty=if_empty, stdout=StringIO())


@pytest.mark.django_db
def test_the_demo_is_never_loaded_over_a_network() -> None:
    with pytest.raises(CommandError, match="C’è già una rete"):
        call_command("load_demo", stdout=StringIO())
    call_command("load_demo", if_empty=True, stdout=StringIO())


def test_the_compiled_words_are_those_that_are_written() -> None:
    folder = BASE / "portal/locale/it/LC_MESSAGES"
    pairs = re.findall(r'msgid "(.+)"\nmsgstr "(.+)"', (folder / "django.po").read_text(encoding="utf-8"))
    with (folder / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    assert len(pairs) > 10
    for said, ours in pairs:
        said, ours = (words.replace('\\"', '"') for words in (said, ours))
        assert catalogue.gettext(said) == ours
        assert translation.gettext(said) == ours  # and nobody else's come before them
