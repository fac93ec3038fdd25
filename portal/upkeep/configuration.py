"""Whether the settings are those of an installation that people can use."""

from collections.abc import Iterator
from pathlib import Path
from smtplib import SMTPException

from django.conf import settings
from django.core import mail
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from portal.accounts import sealed_secrets
from portal.checks import check_safe_start

from .doctor import Fault, check


@check("start")
def safe_start() -> Iterator[Fault]:
    """What every other command refuses to start with."""
    for problem in check_safe_start():
        yield Fault(str(problem.msg), str(problem.hint))


@check("key")
def key() -> Iterator[Fault]:
    """Whether what the secret key closes can be opened, and whether the one that it replaced is still needed."""
    if closed := len(sealed_secrets.by_no_key()):
        yield Fault(
            _("Secondi fattori chiusi con un’altra chiave: %(count)d. Chi li usa non può entrare.") % {"count": closed},
            _(
                "Rimetti la SECRET_KEY di prima, oppure scrivila in SECRET_KEY_FALLBACKS, in raccordo.env, e riavvia. "
                "Se è persa: «manage.py forget_second_factor INDIRIZZO»."
            ),
        )
    if not settings.SECRET_KEY_FALLBACKS:
        return
    if waiting := len(sealed_secrets.by_an_earlier_key()):
        yield Fault(
            _("Secondi fattori ancora chiusi con la chiave di prima: %(count)d.") % {"count": waiting},
            _("Entro dieci minuti il portale li chiude con quella nuova: lascia SECRET_KEY_FALLBACKS dov’è."),
            is_grave=False,
        )
    else:
        yield Fault(
            _("SECRET_KEY_FALLBACKS tiene buona la chiave di prima."),
            _("Toglila dopo due settimane dal cambio: fino ad allora apre gli inviti e i link già mandati."),
            is_grave=False,
        )


@check("address")
def address() -> Iterator[Fault]:
    if not settings.DEMO and not settings.HTTPS:
        yield Fault(
            _("Il portale risponde senza HTTPS (%(url)s): le password passano in chiaro.") % {"url": settings.BASE_URL},
            _("Metti un proxy con HTTPS davanti al portale e scrivi BASE_URL=https://… in raccordo.env."),
            is_grave=False,
        )


def is_behind() -> bool:
    """Whether the database is of an earlier version than the code."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@check("version")
def version() -> Iterator[Fault]:
    """Whether what was installed was brought to the database and to the static files too."""
    if is_behind():
        yield Fault(_("La base dati è di una versione precedente."), _("Esegui «manage.py migrate» a portale fermo."))
    if not settings.DEMO and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        yield Fault(
            _("Mancano i file statici: le pagine appaiono senza stile."),
            _("Esegui «manage.py collectstatic --noinput»."),
        )


@check("mail")
def mail_server() -> Iterator[Fault]:
    if settings.DEMO:
        return
    where = _("Scrivi EMAIL_URL in raccordo.env, per esempio smtp+tls://utente:password@posta.ente.example:587.")
    if not settings.EMAIL_URL:
        yield Fault(_("Le mail non partono: manca l’indirizzo del server di posta."), where)
        return
    if settings.DEFAULT_FROM_EMAIL.strip(">").endswith(".example"):
        yield Fault(
            _("Le mail partono da un indirizzo di esempio (%(mail)s).") % {"mail": settings.DEFAULT_FROM_EMAIL},
            _("Scrivi DEFAULT_FROM_EMAIL in raccordo.env."),
        )
    try:
        with mail.get_connection():
            pass
    except (SMTPException, OSError) as problem:
        yield Fault(_("Il server di posta non risponde: %(problem)s.") % {"problem": problem}, where)
