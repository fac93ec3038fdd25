"""Files in a bucket of S3, or of whoever speaks like it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urljoin

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from storages.backends.s3 import S3Storage

from .storage import BucketAway, Stored

P = ParamSpec("P")
R = TypeVar("R")
PATIENCE = Config(
    connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"},
    s3={"addressing_style": "path"}, signature_version="s3v4",
    # Other makers' servers know no newer checksums than the ones that S3 began with.
    request_checksum_calculation="when_required", response_checksum_validation="when_required",
)  # fmt: skip


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except ClientError as problem:
        if problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            raise FileNotFoundError(str(problem)) from problem
        raise BucketAway(str(problem)) from problem
    except BotoCoreError as problem:
        raise BucketAway(str(problem)) from problem


def _asks(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        with _reached():
            return method(*args, **kwargs)

    return asked


class PrivateBucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """Files in a bucket of S3 or of whoever speaks like it; nobody but the portal reads there."""

    config = PATIENCE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"file_overwrite": False, "default_acl": None, "max_memory_size": 5 * 1024**2, **kwargs})

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return urljoin(settings.MEDIA_URL, str(name))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _reached():
            found = super()._open(name, mode)
            if "r" in mode:
                _taken = found.file  # now: what fails later would fail in the middle of an answer
            return found

    _save = _asks(S3Storage._save)
    delete = _asks(S3Storage.delete)
    exists = _asks(S3Storage.exists)
    listdir = _asks(S3Storage.listdir)
    size = _asks(S3Storage.size)
    get_modified_time = _asks(S3Storage.get_modified_time)

    def place(self) -> str:
        return f"{self.endpoint_url}/{self.bucket_name}"

    def everything(self, beneath: str = "") -> Iterator[Stored]:
        with _reached():
            for row in self.bucket.objects.filter(Prefix=beneath):
                yield Stored(row.key, row.size, row.last_modified)

    @_asks
    def put_beside(self, name: str, target: Path) -> None:
        self.bucket.download_file(name, str(target))

    @_asks
    def take_over(self, source: Path, name: str) -> None:
        self.bucket.upload_file(str(source), name)
        source.unlink()
