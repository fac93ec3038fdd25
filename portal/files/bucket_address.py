"""FILES_URL, read: where the bucket is and who may write there. Read by the settings, so it loads nothing."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def read(url: str) -> dict[str, Any]:
    """What STORAGES says for `s3[+http]://key:secret@host[:port]/bucket[?region=…]`; key and secret are quoted."""
    parts = urlsplit(url)
    name = parts.path.strip("/")
    if parts.scheme not in {"s3", "s3+http"} or not (parts.hostname and parts.username and parts.password and name):
        raise ImproperlyConfigured("FILES_URL: s3://chiave:segreto@host[:porta]/secchio[?region=…]")
    scheme, port = "http" if parts.scheme == "s3+http" else "https", f":{parts.port}" if parts.port else ""
    options = {
        "access_key": unquote(parts.username), "secret_key": unquote(parts.password), "bucket_name": name,
        "endpoint_url": f"{scheme}://{parts.hostname}{port}",
        "region_name": parse_qs(parts.query).get("region", ["us-east-1"])[0],
    }  # fmt: skip
    return {"BACKEND": "portal.files.bucket.PrivateBucket", "OPTIONS": options}
