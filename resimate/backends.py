"""What Django is told of the servers behind mail and files, as their addresses say it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from resimate import env, servers
from resimate_net.trust import NoCertificates, trusting

#: What the query of an address may name: how the bucket calls these classes of files.
CLASSES: Final = ("hot", "warm", "cold")
TIERS: Final = ("Hot", "Cool", "Cold")


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
    said = servers.query_of(url)
    how = {"classes": {name: said[name] for name in CLASSES if name in said}, "keep_days": _days(said)}
    maker = {"s3": _s3, "azure": _azure, "gs": _google}[urlsplit(url).scheme.removesuffix("+http")]
    backend, options = maker(urlsplit(url), said)
    return {"BACKEND": f"apps.outbound.storage.{backend}", "OPTIONS": {**options, **how}}


def _s3(parts: SplitResult, said: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    return "BucketStorage", {
        "bucket_name": parts.path.strip("/"),
        "endpoint_url": _endpoint(parts),
        "access_key": unquote(parts.username or ""),
        "secret_key": unquote(parts.password or ""),
        "region_name": said.get("region", "us-east-1"),
        "authority": _certificates(said.get("cacert", "")),
    }


def _azure(parts: SplitResult, said: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """What is before the last part of the path belongs to the account, as with emulators."""
    before, _, container = parts.path.rstrip("/").rpartition("/")
    if wrong := {said[name] for name in CLASSES if name in said} - {*TIERS}:
        raise env.BadSetting(
            f"Azure has no tier {', '.join(sorted(wrong))} from which is read; {', '.join(TIERS)} are."
        )
    return "AzureStorage", {
        "account_url": f"{_endpoint(parts)}{before}",
        "account_name": unquote(parts.username or ""),
        "account_key": unquote(parts.password or ""),
        "container": container,
    }


def _google(parts: SplitResult, said: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    return "GoogleStorage", {
        "endpoint_url": _endpoint(parts),
        "bucket_name": parts.path.strip("/"),
        "credentials": said.get("credentials", ""),
    }


def _certificates(file: str) -> str:
    """The same file, if it has any that can be read."""
    try:
        trusting(file=file)
    except NoCertificates as error:
        raise env.BadSetting(f"cacert names {file}, of which no certificates can be read: {error}.") from None
    return file


def _endpoint(parts: SplitResult) -> str:
    return f"{'http' if parts.scheme.endswith('+http') else 'https'}://{parts.netloc.rpartition('@')[2]}"


def _days(said: Mapping[str, str]) -> int:
    written = said.get("keep_days", "0")
    if not written.isdecimal():
        raise env.BadSetting("keep_days of COLD_STORE_URL takes a whole number.")
    return int(written)
