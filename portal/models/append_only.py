"""Rows that are added, and never changed: one by one as little as in bulk."""

from typing import Any

from django.db import models


class Immutable(Exception):
    """Somebody tried to rewrite what is append-only."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise Immutable(f"{self.model.__name__}: never rewritten")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise Immutable(f"{self.model.__name__}: never rewritten")

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("update_conflicts"):
            raise Immutable(f"{self.model.__name__}: never rewritten")
        return super().bulk_create(objs, *args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Immutable(f"{self.model.__name__}: never deleted")


class AppendOnly(models.Model):
    """Its rows are evidence."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Immutable(f"{type(self).__name__}: never rewritten")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Immutable(f"{type(self).__name__}: never deleted")
