"""What each process keeps in memory between requests, for as long as its rows are the same.

A version in the database tells: whoever changes the rows writes a new one in the same transaction, and every process
compares before it uses what it keeps. A version is a word made by chance: one that comes back with a rollback or a
restored database belongs to the same rows. While a request lasts the versions are asked once, all together.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from portal import prepared

T = TypeVar("T")
Versions = dict[str, str]
MOMENTS = {"last_login"}  # fields that say when something was, of which nothing is kept


class KeptVersion(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    version = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("versione di ciò che è tenuto in memoria")
        verbose_name_plural = _("versioni di ciò che è tenuto in memoria")

    def __str__(self) -> str:
        return f"{self.name}: {self.version}"


_at_once: ContextVar[Callable[[], Versions] | None] = ContextVar("versions asked at once", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """The versions of everything are asked once in here, with the first; where something is changed, each time."""
    held: Versions | None = None

    def versions() -> Versions:
        nonlocal held
        if held is None:
            held = dict(prepared.answers("versions", _versions))
        return held

    token = _at_once.set(versions)
    try:
        yield
    finally:
        _at_once.reset(token)


def _versions() -> "models.QuerySet[Any, Any]":
    return KeptVersion.objects.order_by().values_list("name", "version")


def _version(name: str) -> str:
    versions = _at_once.get()
    if versions is not None:
        return versions().get(name, "")
    return KeptVersion.objects.filter(name=name).values_list("version", flat=True).first() or ""


class Kept(Generic[T]):
    """Something read from rows, and read again when they change: one question a request, of the versions."""

    def __init__(self, name: str, read: Callable[[], T]) -> None:
        self.name, self.read = name, read
        self.held: tuple[str, T] | None = None

    def get(self) -> T:
        version = _version(self.name)  # before the rows: never older than they are
        held = self.held
        if held is None or held[0] != version:
            held = self.held = version, self.read()
        return held[1]


def change(name: str) -> None:
    """The rows behind it have changed: called in the transaction that changed them."""
    KeptVersion.objects.update_or_create(name=name, defaults={"version": uuid4().hex})
    _at_once.set(None)  # what was read in a transaction that is then taken back holds for nobody


def on_rows_of(model: type[models.Model], name: str) -> None:
    """Whatever is written or deleted of the model changes what is kept under the name; entering the portal does not."""

    def changed(update_fields: Collection[str] | None = None, **kwargs: Any) -> None:
        if update_fields is None or set(update_fields) - MOMENTS:
            change(name)

    for signal in (post_save, post_delete):
        signal.connect(changed, sender=model, weak=False)
