"""The seeds of the second factor lie sealed in the database: whoever gets a copy of the rows alone computes no code."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SEALED = "sealed:"


class SealedByAnotherKey(ImproperlyConfigured):
    """The key of the installation is not the one with which a seed was sealed, nor one of those that it replaced."""


def _seal() -> MultiFernet:
    """The key of today first; with those that it replaced what was sealed before is still opened."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second factor" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def seal(secret: str) -> str:
    return SEALED + _seal().encrypt(secret.encode()).decode()


def unseal(stored: str) -> str:
    """What was stored before seeds were sealed comes back as it is."""
    if not stored.startswith(SEALED):
        return stored
    try:
        return _seal().decrypt(stored.removeprefix(SEALED).encode()).decode()
    except InvalidToken as problem:
        raise SealedByAnotherKey("SECRET_KEY is not the key with which the second factors were sealed") from problem


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)
