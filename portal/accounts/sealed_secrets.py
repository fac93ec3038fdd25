"""The seeds of the second factor lie sealed in the database: whoever gets a copy of the rows alone computes no code."""

import base64
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
SEALED = "sealed:"
SEALED_IN = ("secret", "seed", "migrated_codes")  # of what allauth keeps beside a second factor


class SealedByAnotherKey(ValidationError):
    """The key of the installation is not the one with which a seed was sealed, nor one of those that it replaced.

    Whoever types a code reads it beside the code.
    """

    def __init__(self) -> None:
        super().__init__(
            _(
                "Il tuo codice non si può controllare: la chiave del portale è cambiata. Avvisa chi tiene il portale: "
                "«manage.py doctor» dice come si rimedia."
            )
        )


def _seal() -> MultiFernet:
    """The key of today first; with those that it replaced what was sealed before is still opened."""
    return MultiFernet([_by(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _by(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + key.encode()).digest()))


def seal(secret: str) -> str:
    return SEALED + _seal().encrypt(secret.encode()).decode()


def unseal(stored: str) -> str:
    """What was stored before seeds were sealed comes back as it is."""
    if not stored.startswith(SEALED):
        return stored
    try:
        return _seal().decrypt(stored.removeprefix(SEALED).encode()).decode()
    except InvalidToken as problem:
        logger.error("SECRET_KEY is not the key with which the second factors were sealed")  # noqa: TRY400
        raise SealedByAnotherKey from problem


# --- Another key -----------------------------------------------------------------------------------------


def renew() -> int:
    """Seal with the key of today what one that it replaced had sealed; returns how many second factors."""
    return sum(_renew(pk) for pk in by_an_earlier_key())


def by_an_earlier_key() -> list[int]:
    return [row.pk for row in _rows() if not _opens(_by(settings.SECRET_KEY), row) and _opens(_seal(), row)]


def by_no_key() -> list[int]:
    return [row.pk for row in _rows() if not _opens(_seal(), row)]


def _rows() -> Any:
    return Authenticator.objects.filter(type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES])


def _renew(pk: int) -> bool:
    """Read and written in one: a code that is used meanwhile stays used."""
    with transaction.atomic():
        row = _rows().select_for_update().filter(pk=pk).first()
        if row is None or not _opens(_seal(), row):
            return False
        row.data |= {name: _changed(row.data[name], lambda each: seal(unseal(each))) for name in _names(row)}
        row.save(update_fields=["data"])
    return True


def _names(row: Authenticator) -> list[str]:
    return [name for name in SEALED_IN if name in row.data]


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    return [change(each) for each in value] if isinstance(value, list) else change(value)


def _sealed(row: Authenticator) -> Iterator[bytes]:
    for value in map(row.data.get, _names(row)):
        for each in value if isinstance(value, list) else [value]:
            if each.startswith(SEALED):
                yield each.removeprefix(SEALED).encode()


def _opens(key: Fernet | MultiFernet, row: Authenticator) -> bool:
    with suppress(InvalidToken):
        return all(key.decrypt(each) is not None for each in _sealed(row))
    return False


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)
