"""What Django is told of the servers behind mail and files, as their addresses say it."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from resimate import env, servers


def mail(url: str) -> dict[str, Any]:
    """The settings ``EMAIL_…``."""
    parts = urlsplit(url)
    return {
        "EMAIL_HOST": parts.hostname or "127.0.0.1",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }


def files(url: str, folder: Path) -> dict[str, Any]:
    """An entry of ``STORAGES``: the folder, where no address says otherwise."""
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    parts = urlsplit(url)
    options = {
        "bucket_name": parts.path.strip("/"),
        "endpoint_url": f"{'http' if parts.scheme == 's3+http' else 'https'}://{parts.netloc.rpartition('@')[2]}",
        "access_key": unquote(parts.username or ""),
        "secret_key": unquote(parts.password or ""),
        "region_name": servers.query_of(url).get("region", "us-east-1"),
        "keep_days": _days(servers.query_of(url).get("keep_days", "0")),
    }
    return {"BACKEND": "apps.outbound.storage.BucketStorage", "OPTIONS": options}


def _days(written: str) -> int:
    if not written.isdecimal():
        raise env.BadSetting("keep_days of COLD_STORE_URL takes a whole number.")
    return int(written)
