"""Where files are kept: on a private disk, reached only through a view that asks access."""

from typing import Any

from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    """Files on disk; their address leads to `portal.files.serving.media`, never to the web server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700, **kwargs})
