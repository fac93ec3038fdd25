"""What each process keeps in memory between requests, for as long as its rows are the same.

A version in the database tells: whoever changes the rows writes a new one in the same transaction, and every process
compares before it uses what it keeps. A version is a word made by chance: one that comes back with a rollback or a
restored database belongs to the same rows.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

T = TypeVar("T")


class KeptVersion(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    version = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("versione di ciò che è tenuto in memoria")
        verbose_name_plural = _("versioni di ciò che è tenuto in memoria")

    def __str__(self) -> str:
        return f"{self.name}: {self.version}"


class Kept(Generic[T]):
    """Something read from rows, and read again when they change: one question each time, of the version."""

    def __init__(self, name: str, read: Callable[[], T]) -> None:
        self.name, self.read = name, read
        self.held: tuple[str, T] | None = None

    def get(self) -> T:
        rows = KeptVersion.objects.filter(name=self.name)
        version = rows.values_list("version", flat=True).first() or ""  # before the rows: never older than they are
        held = self.held
        if held is None or held[0] != version:
            held = self.held = version, self.read()
        return held[1]


def change(name: str) -> None:
    """The rows behind it have changed: called in the transaction that changed them."""
    KeptVersion.objects.update_or_create(name=name, defaults={"version": uuid4().hex})


def on_rows_of(model: type[models.Model], name: str) -> None:
    """Whatever is written or deleted of the model changes what is kept under the name."""

    def changed(**kwargs: Any) -> None:
        change(name)

    for signal in (post_save, post_delete):
        signal.connect(changed, sender=model, weak=False)
