"""What the worker does by the clock: one plain function each, safe to run twice."""

import logging

from django.conf import settings
from django.db import connection

from portal.accounts import ends, left_behind, sealed_secrets, working_life
from portal.models.jobs import Lane
from portal.models.spaces import Space
from portal.notices import digests
from portal.pages import scheduling
from portal.spaces import role_copy, roles
from portal.upkeep import backup, telling, terms

from .schedules import every

logger = logging.getLogger(__name__)


@every(minutes=1)
def settle() -> int:
    """Take away the roles whose time is over."""
    return roles.settle_lapsed()


@every(minutes=24 * 60)
def repair() -> int:
    """Bring the admin's copy of every space's roles back to its source; returns what had drifted."""
    spaces = Space.objects.select_related("root_page", "collection")
    drift = {space.code: role_copy.sync_space(space) for space in spaces}
    for code, count in drift.items():
        if count:
            logger.warning("%s: %d permissions had drifted and were repaired", code, count)
    return sum(drift.values())


@every(minutes=24 * 60)
def count_for_the_planner() -> bool:
    """What SQLite knows of its tables, without which it guesses which index to take; PostgreSQL does it by itself."""
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA analysis_limit=1000")  # rows of each index: enough to choose by, and soon done
        cursor.execute("ANALYZE")
    return True


@every(minutes=60)
def keep_terms() -> int:
    """Take away all that has been kept for as long as the page on privacy says."""
    return terms.forget_all()


@every(minutes=24 * 60)
def ask_about_ends() -> int:
    """Ask about the accounts that come to their end."""
    return ends.ask_all()


@every(minutes=24 * 60)
def ask_what_is_left_behind() -> int:
    """Ask that what closed accounts had in hand be handed over."""
    return left_behind.ask_all()


@every(minutes=60)
def settle_moves() -> int:
    """Bring people to the body that begins today."""
    return working_life.settle_moves()


@every(minutes=5, lane=Lane.MAIL)
def send_digests() -> int:
    """Send the digests that are due."""
    return digests.send_due()


@every(minutes=5)
def publish_scheduled() -> int:
    """Publish and expire the pages whose moment has come."""
    return scheduling.publish_due()


@every(minutes=10)
def back_up() -> bool:
    """Begin the day's copy, where a folder for copies is set."""
    return backup.start_if_due()


@every(minutes=15, lane=Lane.MAIL)
def tell_of_faults() -> int:
    """Ask for the mails on faults of ours that are new."""
    return telling.tell()


@every(minutes=10)
def seal_with_the_key_of_today() -> int:
    """After another secret key: returns how many second factors an earlier one had sealed."""
    return sealed_secrets.renew() if settings.SECRET_KEY_FALLBACKS else 0
